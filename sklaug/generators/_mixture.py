"""GaussianMixtureGenerator: principal components and Gaussian mixtures of the values themselves."""

from sklaug._lengths import resample_series
from sklaug._priors import count_parameters, draw_codes, fit_prior
from sklaug._random import derive_seed
from sklaug.base import BaseGenerator


class GaussianMixtureGenerator(BaseGenerator):
    """Draw series from Gaussian mixtures fitted to the values: the classical baseline.

    Each series, standardised by channel, is one vector. On its principal components a Gaussian mixture
    is fitted for each class, its size chosen by BIC and its covariances shrunk to what the classes
    share; with real targets, one mixture around a smooth trend in the target. It is the density that
    `LatentAugmenter` fits to its codes, here without any network.

    Parameters
    ----------
    target_type : {"auto", "class", "continuous"}, default="auto"
        How to read `y`. "auto" takes numbers with fractional parts as a real target and all else as
        classes.
    condition_channels : int, tuple of int or None, default=None
        Channels of `X` that are known in advance, counted from 0. They come back as they are, `sample`
        wants their values as `condition`, and what of the other channels follows from them is learned
        where there are rows enough.
    missing : {"fill", "keep"}, default="fill"
        What `fit_transform` returns where a value of `X` is missing: a drawn one, or NaN.
    nan_tail : {"padding", "missing"}, default="padding"
        What it means that a series is NaN from some step to the last: that it ends there, as in
        tslearn, or that values are missing there too. A list of arrays is read alike.
    gap_limit : int, float or None, default=0.25
        In the training rows a gap of up to so many steps (a float: such a share of the length) is
        filled linearly, and in a longer one the last value before it stays; None fills all linearly.
    support : {"real", "nonnegative", "count"}, tuple (low, high), list, dict or None, default=None
        What values the channels can take: one for all, a list of one for each channel, or a dict from
        some channel numbers to theirs. Bounded channels are learned on a logarithmic scale (a logistic
        one between two bounds; `low` must be finite, `high` need not), so that nothing passes a bound.
        "count" stands for no negative and only whole numbers. None is "real".
    decimals : int, list, dict or None, default=None
        Decimals that the values of a channel have, likewise for all, each or some. Synthetic series are
        rounded up or down at random, so that means stay what they were.
    random_state : int, RandomState instance or None, default=None
        Seed of the fit and of all draws. With an int, results are the same on every call.

    Attributes
    ----------
    prior_ : dict
        The density: principal components, what they leave out, mixtures and trends.
    n_parameters_ : int
        Numbers that describe it, of a covariance matrix one half and the diagonal.
    classes_ : ndarray of shape (n_classes,)
        Class labels, if the fit had any.
    target_ : dict
        What is kept of `y`.
    n_timepoints_, n_channels_ : int
        Length of the longest series, and channels, known ones included; `n_features_in_` is the length
        too, or the width of an array or DataFrame, any padding included.
    lengths_ : dict or None
        Lengths of the training series, which `sample` draws from; None where all are equally long.
    mean_, scale_ : ndarray of shape (n_channels_,)
        Mean and standard deviation of each channel, on a scale without bounds where it has a support;
        a scale of 0 marks a channel that does not vary.
    supports_ : list of tuple (low, high, decimals, whole), or None
        Of the channels that are not known in advance; None where all are real.

    See Also
    --------
    sklearn.mixture.GaussianMixture : What is fitted.

    Notes
    -----
    Series of unequal length are stretched to the longest to be learned, and drawn ones brought from
    there to their length, linearly between their steps.

    The fitted estimator holds no row of `X`, but of a class of one row the mean is that row, as far as
    the principal components tell it. At most 10,000 rows are used.

    References
    ----------
    .. [1] McLachlan and Peel (2000), Finite mixture models, doi:10.1002/0471721182

    Examples
    --------
    >>> from sklaug import GaussianMixtureGenerator
    >>> from sklaug.datasets import make_labelled_series
    >>> X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
    >>> generator = GaussianMixtureGenerator(random_state=0).fit(X, y)
    >>> X_new, y_new = generator.sample(5)
    >>> X_new.shape, y_new.shape
    ((5, 40), (5,))
    """

    def __init__(
        self,
        *,
        target_type="auto",
        condition_channels=None,
        missing="fill",
        nan_tail="padding",
        gap_limit=0.25,
        support=None,
        decimals=None,
        random_state=None,
    ):
        self.target_type = target_type
        self.condition_channels = condition_channels
        self.missing = missing
        self.nan_tail = nan_tail
        self.gap_limit = gap_limit
        self.support = support
        self.decimals = decimals
        self.random_state = random_state

    def _fit(self, panel, y, seed):
        self.prior_ = fit_prior(
            resample_series(panel.x, panel.lengths, None),
            y,
            self.target_["kind"],
            len(self.target_.get("classes", ())),
            None,
            derive_seed(seed, "prior"),
            panel.known,
        )
        self.n_parameters_ = count_parameters(self.prior_)

    def _sample(self, rows, y, seed, *, lengths, known):
        x = draw_codes(self.prior_, rows, seed, y, self.target_["kind"], known)
        rounding = self._units.draw_rounding(rows, self.n_timepoints_, seed)
        return self._units.unscale(resample_series(x, None, lengths), self._dtype, rounding)
