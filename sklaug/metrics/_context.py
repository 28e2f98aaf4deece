"""Context-FID: the Frechet distance between series as a TS2Vec encoder of the real ones sees them."""

import functools

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from sklaug._caching import VERSIONS, cache_training, fingerprint
from sklaug._inference import Codec, run_in_blocks
from sklaug._random import derive_seed, draw_seed
from sklaug._series import (
    fit_width,
    measure_lengths,
    name_rows,
    read_container,
    refuse_empty,
    refuse_infinity,
)
from sklaug._training import TrainingPlan, UnfinishedTraining, train_network
from sklaug._validation import check_number
from sklaug.metrics._frechet import frechet_distance
from sklaug.metrics._inputs import check_pair, check_scale, equalise, measure_range
from sklaug.networks.ts2vec import TS2Vec

_MANY_VALUES, _FEW_STEPS, _MANY_STEPS = 100_000, 200, 600
# Beyond this, float32 may not hold what the network makes of a scaled value.
_LARGEST = 1e25


class ContextEncoder(TransformerMixin, BaseEstimator):
    """Turn series into vectors by a TS2Vec encoder that is trained on them, without labels.

    The encoder of Context-FID, at its reference settings [1]_ [2]_. Training it is nearly all of the
    cost, so fit one on the real series and give it to `context_fid` for every generator. It takes
    series of any length.

    Parameters
    ----------
    output_dim : int, default=320
        Numbers in a vector.
    hidden_dim : int, default=64
        Width of the network.
    depth : int, default=10
        Residual blocks before the last one; a vector sees ``2 * (2**(depth + 1) - 1)`` steps to both sides.
    batch_size : int, default=8
        Series a step of the training.
    learning_rate : float, default=0.001
        Of AdamW, constant.
    n_iter : int or "auto", default="auto"
        Steps of the training. "auto" takes 200 if `X` has at most 100,000 values, missing ones included,
        else 600.
    scale : {"minmax", None}, default="minmax"
        Bring each channel to [0, 1] by its smallest and largest value at fit, or leave it.
    memory : None, str or joblib.Memory, default=None
        Where to cache trained networks. Needs an int `random_state`.
    n_threads : int, default=1
        Torch threads; not in the cache's key.
    random_state : int, RandomState instance or None, default=None
        Seed of the training. With an int, vectors are the same bit for bit on one type of machine.

    Attributes
    ----------
    n_timepoints_, n_channels_ : int
        Length of the longest series at fit, and channels.
    n_features_in_ : int
        Time steps of the array at fit, padding included.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Names of the columns at fit; only there if they were all strings.
    data_min_, data_range_ : ndarray of shape (n_channels_,)
        By which channels are scaled; 0 and 1 with ``scale=None``.
    weights_ : dict of ndarray
        Weights of the network, float32: the mean over all steps of the training.
    loss_curve_ : list of float
        Mean loss of each pass over the series.
    n_parameters_ : int
        Parameters of the network.

    See Also
    --------
    context_fid : The distance that it serves.

    Notes
    -----
    A step at which any channel is missing is missing for the encoder, which then goes by the steps
    around it; a series ends at its last value. What lies beyond the end plays no part. Training draws
    a window of 3,000 steps from series that are longer.

    References
    ----------
    .. [1] Jeha et al. (2022), "PSA-GAN: Progressive Self Attention GANs for Synthetic Time Series".
    .. [2] Yue et al. (2022), "TS2Vec: Towards Universal Representation of Time Series", arXiv:2106.10466.

    Examples
    --------
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.metrics import ContextEncoder
    >>> X, _ = make_labelled_series(n_samples=20, n_timepoints=30, random_state=0)
    >>> encoder = ContextEncoder(output_dim=16, hidden_dim=8, n_iter=5, random_state=0)
    >>> encoder.fit_transform(X).shape
    (20, 16)
    """

    def __init__(
        self,
        output_dim=320,
        hidden_dim=64,
        depth=10,
        *,
        batch_size=8,
        learning_rate=1e-3,
        n_iter="auto",
        scale="minmax",
        memory=None,
        n_threads=1,
        random_state=None,
    ):
        self.output_dim = output_dim
        self.hidden_dim = hidden_dim
        self.depth = depth
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.n_iter = n_iter
        self.scale = scale
        self.memory = memory
        self.n_threads = n_threads
        self.random_state = random_state

    def fit(self, X, y=None):
        """Train the encoder.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays (sz_i,) or (sz_i, d), or DataFrame
            Series; NaN where a value is missing, or behind the end of shorter ones.
        y : object
            Not used.

        Returns
        -------
        ContextEncoder
            The estimator itself.

        Raises
        ------
        ValueError, TypeError
            For wrong parameters, wrong dimensions, infinity, a series without any step at which all channels have a value.
        """
        self._check_parameters()
        values, lengths = self._read(X, reset=True)
        self.n_timepoints_, self.n_channels_ = map(int, values.shape[1:])
        self.data_min_, self.data_range_ = np.zeros(self.n_channels_), np.ones(self.n_channels_)
        if self.scale == "minmax":
            self.data_min_, self.data_range_ = measure_range(values)
        self._network_params = {
            "n_channels": self.n_channels_,
            "output_dim": int(self.output_dim),
            "hidden_dim": int(self.hidden_dim),
            "depth": int(self.depth),
        }
        x, mask, lengths = self._prepare(values, lengths)
        result = self._train({"x": x, "mask": mask, "lengths": lengths})
        self.weights_ = result["weights"]
        self.loss_curve_ = result["history"]["loss"]
        self.n_parameters_ = result["n_parameters"]
        return self

    def transform(self, X):
        """Return the vectors of series.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays (sz_i,) or (sz_i, d), or DataFrame
            Series with the channels of those at fit; with two dimensions, also as long.

        Returns
        -------
        ndarray of shape (n_ts, output_dim), float32
            For each coordinate its largest value over the steps of the series.

        Raises
        ------
        ValueError, TypeError
            As for `fit`; for values beyond what float32 can hold.
        """
        check_is_fitted(self, "weights_")
        check_number("n_threads", self.n_threads, low=1, whole=True)
        values, lengths = self._read(X, reset=False)
        if values.shape[2] != self.n_channels_:
            raise ValueError(
                f"X has {values.shape[2]} channel(s), but ContextEncoder was fitted on series with {self.n_channels_}."
            )
        network = Codec(self._build(), self.weights_, "cpu", self.n_threads).network
        return run_in_blocks(
            network.embed, *self._prepare(values, lengths), n_threads=self.n_threads
        )

    def _check_parameters(self):
        for name in ("output_dim", "hidden_dim", "batch_size", "n_threads"):
            check_number(name, getattr(self, name), low=1, whole=True)
        check_number("depth", self.depth, low=0, high=30, whole=True)
        check_number("learning_rate", self.learning_rate, low=0, low_open=True)
        check_number("n_iter", self.n_iter, low=1, whole=True, other=("auto",))
        check_scale(self.scale)

    def _read(self, X, *, reset):
        """Return series (n, longest, d) and their lengths; remember or compare the width."""
        values, container = read_container(X, self, "X", 1)
        if container.kind != "list" and container.ndim == 2:
            validate_data(self, X, reset=reset, skip_check_array=True)
        elif reset:
            # Only in two dimensions does scikit-learn say that a length has to stay.
            validate_data(self, values[:1, :, 0], reset=True, skip_check_array=True)
        refuse_infinity(values, self, "X")
        observed = np.isfinite(values)
        lengths = measure_lengths(observed)
        refuse_empty(lengths, "X")
        unseen = np.flatnonzero(~observed.all(axis=2).any(axis=1))
        if len(unseen):
            raise ValueError(
                f"X has no step with a value in every channel in {name_rows(unseen, len(values))}, so ContextEncoder sees "
                "nothing there. Fill gaps first (sklaug.preprocessing.GapFiller), or drop those series."
            )
        return fit_width(values, lengths.max()), lengths

    def _prepare(self, values, lengths):
        """Return what the network takes: scaled values without NaN, a mask of complete steps, lengths or None."""
        scaled = (values - self.data_min_) / self.data_range_
        observed = np.isfinite(scaled)
        scaled = np.where(observed, scaled, 0)
        far = np.abs(scaled).max(axis=(1, 2)) > _LARGEST
        if far.any():
            raise ValueError(
                f"X has values that are, once scaled, beyond {_LARGEST:g}, in {name_rows(np.flatnonzero(far), len(far))}. "
                "Drop or clip them: float32 cannot follow."
            )
        mask = observed.all(axis=2)
        x = np.where(mask[..., None], scaled, 0).astype(np.float32)
        return x, mask, None if (lengths == values.shape[1]).all() else lengths

    def _build(self):
        return functools.partial(TS2Vec, **self._network_params)

    def _train(self, data):
        """Train the network, or take its weights from the cache."""
        n_iter = self.n_iter
        if n_iter == "auto":
            n_iter = _FEW_STEPS if data["x"].size <= _MANY_VALUES else _MANY_STEPS
        plan = TrainingPlan.of_steps(
            int(n_iter),
            len(data["x"]),
            int(self.batch_size),
            float(self.learning_rate),
            drop_last=True,
            weight_decay=0.01,
            averaging="mean",
        )
        key = {"network": fingerprint(TS2Vec)} | self._network_params | VERSIONS
        data = {name: values for name, values in data.items() if values is not None}
        train = cache_training(self.memory, self.random_state, train_network, key, data)
        try:
            return train(
                build=self._build(),
                plan=plan,
                seed=derive_seed(draw_seed(self.random_state), "training"),
                n_threads=self.n_threads,
            )
        except UnfinishedTraining:
            # Nothing but the user ends this one early.
            raise KeyboardInterrupt from None

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.three_d_array = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


def context_fid(X_real, X_synthetic, *, encoder=None, scale="minmax", random_state=None):
    """Return the Frechet distance between real and synthetic series, as an encoder of the real ones sees them.

    A TS2Vec encoder turns each series into a vector; both sets of vectors are taken for Gaussians.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, NaN where values are missing or a series has ended. Of the larger set as many are drawn
        at random as the other has.
    encoder : ContextEncoder or None, default=None
        Fitted on real series and used as it is, its `scale` included; any fitted estimator whose
        `transform` turns series (n_ts, sz, d) into vectors (n_ts, k) does. None fits a ContextEncoder on
        all of `X_real`, which is nearly all of the cost: to judge several generators, fit one and pass
        it.
    scale : {"minmax", None}, default="minmax"
        Bring each channel of both to [0, 1] by the smallest and largest value of the real one, as
        published figures do, or leave it. Another scale changes the figure by orders of magnitude.
    random_state : int, RandomState instance or None, default=None
        Seed of the encoder's training and of rows drawn.

    Returns
    -------
    float
        0 or more; 0 is best. Real against other real series is not at 0, and figures are comparable
        only for the same real series, encoder and numbers of series: always give that floor beside.

    Raises
    ------
    ValueError, TypeError
        For what is not series, less than 2 in a set, sets that do not go together, an encoder that cannot
        transform, or is not fitted, or not on as many channels.

    See Also
    --------
    ContextEncoder : The encoder.
    frechet_distance : The distance between vectors.

    Notes
    -----
    What it cannot see: copies of real series (they score like real ones), and what the encoder, trained
    anew from each seed, did not learn to tell apart. It varies with that seed: compare under one
    encoder, and give the spread over several. With fewer series than the 320 numbers of a vector it is
    dominated by chance.

    References
    ----------
    .. [1] Jeha et al. (2022), "PSA-GAN: Progressive Self Attention GANs for Synthetic Time Series".
    .. [2] Yuan and Qiao (2024), "Diffusion-TS: Interpretable Diffusion for General Time Series Generation",
       arXiv:2403.01742.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.metrics import ContextEncoder, context_fid
    >>> X, _ = make_labelled_series(n_samples=60, n_timepoints=30, random_state=0)
    >>> encoder = ContextEncoder(output_dim=8, hidden_dim=8, n_iter=10, random_state=0).fit(X[:30])
    >>> noise = np.random.default_rng(0).normal(size=(30, 30))
    >>> other_half, noisy = (
    ...     context_fid(X[:30], made, encoder=encoder) for made in (X[30:], X[:30] + noise)
    ... )
    >>> other_half < noisy
    True
    """
    check_scale(scale)
    if encoder is not None and not hasattr(encoder, "transform"):
        raise TypeError(
            f"encoder must be a fitted ContextEncoder, or another transformer of series into vectors, got {encoder!r}."
        )
    pair = check_pair(X_real, X_synthetic, "context_fid", scale=None, min_series=2)
    seed = draw_seed(random_state)
    if encoder is None:
        encoder = ContextEncoder(scale=scale, random_state=derive_seed(seed, "encoder"))
        encoder.fit(pair.real)
    pair = equalise(pair, seed)
    return frechet_distance(encoder.transform(pair.real), encoder.transform(pair.synthetic))
