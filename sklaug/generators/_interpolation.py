"""InterpolationGenerator: new series between a training row and its nearest neighbours."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from sklaug._filling import count_steps
from sklaug._lengths import repeat_steps
from sklaug._random import block_uniform
from sklaug._series import Series
from sklaug._validation import check_choice, check_number, check_steps
from sklaug.base import BaseGenerator
from sklaug.generators._stored_rows import StoredRows

METRICS = ("euclidean", "dtw")
# "Average selected": a row, two of its neighbours together, and all other neighbours together.
_WEIGHT_OF_ROW, _WEIGHT_OF_SELECTED, _WEIGHT_OF_OTHERS = 0.5, 0.3, 0.2
_MOST_ITERATIONS = 10  # the row that weighs half is where it starts, so it is nearly there


class InterpolationGenerator(StoredRows, BaseGenerator):
    """Make new series between a training row and its nearest neighbours of the same class, as SMOTE does.

    A new series is ``x + u (x_neighbor - x)``: `x` a random training row of the class, `x_neighbor` one
    of the nearest of that class, `u` uniform between 0 and 1, one for the whole series. It knows no
    time: where neighbours have the same shape at different times, what lies between them has both,
    half as high. With ``metric="dtw"`` neighbours are found, and averaged, along the alignment of
    dynamic time warping: a weighted barycentre of a row and its neighbours.

    `sample` starts from random training rows; `fit_transform` starts from each row once, and returns
    for it a series on the way to one of its neighbours.

    Parameters
    ----------
    n_neighbors : int, default=5
        Nearest rows that are neighbours, 1 or more; where a class has fewer, all of it. With real
        targets they are the nearest in `y`, without `y` the nearest of all rows.
    metric : {"euclidean", "dtw"}, default="euclidean"
        How near rows are, channels standardised, and what lies between them. "euclidean" compares step
        by step and interpolates linearly, as SMOTE does [1]_. "dtw" compares by dynamic time warping,
        and averages [2]_ a row (weight 0.5), two of its neighbours at random (0.15 each) and all its
        others (0.2 together), with the time axis of the first.
    sakoe_chiba_radius : int, float or None, default=0.1
        With ``metric="dtw"``: how many steps an alignment may be off (a float: such a share of the
        longest series, rounded down); None sets no limit. A narrow band is faster, and for most data
        better [3]_. 0 aligns step with step.
    target_type : {"auto", "class", "continuous"}, default="auto"
        How to read `y`. "auto" takes numbers with fractional parts as a real target and all else as
        classes.
    condition_channels : int, tuple of int or None, default=None
        Channels of `X` that are known in advance, counted from 0. They come back as they are, `sample`
        wants their values as `condition`, and they play no part in what is near or interpolated.
    missing : {"fill", "keep"}, default="fill"
        What `fit_transform` returns where a value of `X` is missing: an interpolated one, or NaN.
    nan_tail : {"padding", "missing"}, default="padding"
        What it means that a series is NaN from some step to the last: that it ends there, as in
        tslearn, or that values are missing there too. A list of arrays is read alike.
    gap_limit : int, float or None, default=0.25
        In the training rows a gap of up to so many steps (a float: such a share of the length) is
        filled linearly, and in a longer one the last value before it stays; None fills all linearly.
    support : {"real", "nonnegative", "count"}, tuple (low, high), list, dict or None, default=None
        What values the channels can take: one for all, a list of one for each channel, or a dict from
        some channel numbers to theirs. Bounded channels are interpolated on a logarithmic scale (a
        logistic one between two bounds; `low` must be finite, `high` need not). "count" stands for no
        negative and only whole numbers. None is "real".
    decimals : int, list, dict or None, default=None
        Decimals that the values of a channel have, likewise for all, each or some. What is interpolated
        is rounded up or down at random, so that means stay what they were.
    random_state : int, RandomState instance or None, default=None
        Seed of all draws. With an int, results are the same on every call.

    Attributes
    ----------
    neighbors_ : ndarray of int, shape (n_ts, at most n_neighbors)
        The numbers of the neighbours of each training row, nearest first; -1 where a class has fewer.
    metric_ : str
        What `metric` was at fit.
    sakoe_chiba_radius_ : int or None
        Steps that an alignment may be off.
    rows_ : ndarray of shape (n_ts, n_timepoints_, d)
        The training rows without known channels, in their own units, gaps filled. What stands beyond
        the end of a shorter one means nothing.
    row_targets_ : ndarray of shape (n_ts,) or None
        Their targets: class numbers, or real ones in standard deviations.
    n_parameters_ : int
        Observed values that are stored.
    classes_ : ndarray of shape (n_classes,)
        Class labels, if the fit had any.
    target_ : dict
        What is kept of `y`.
    n_timepoints_, n_channels_ : int
        Length of the longest series, and channels, known ones included; `n_features_in_` is the length
        too, or the width of an array or DataFrame, any padding included.
    lengths_ : dict or None
        Lengths of the training series; None where all are equally long.
    mean_, scale_ : ndarray of shape (n_channels_,)
        Mean and standard deviation of each channel, on a scale without bounds where it has a support;
        a scale of 0 marks a channel that does not vary, and is not changed.
    supports_ : list of tuple (low, high, decimals, whole), or None
        Of the channels that are not known in advance; None where all are real.

    See Also
    --------
    DirectAugmenter : Its "mixup" moves all rows by one weight, towards any row of the class.

    Notes
    -----
    The fitted estimator stores the training rows, and what it makes lies close to them: neither is
    confidential.

    The sole row of a class comes back as it is, and with two rows all new ones lie between these two.
    What is interpolated varies less than what it was made of. With ``metric="dtw"`` weights are fixed,
    so that there are at most ten different series for a row with five neighbours, and one for a row
    with one or two; a fit compares all pairs of rows of a class.

    A new series is as long as the row it starts from. Between series of unequal length the Euclidean
    distance is that over the steps that both have, scaled to the full length, and beyond the end of a
    neighbour a row stays as it is. Where `condition` asks for another length, steps are repeated or
    left out.

    The authors of [2]_ share the last 0.2 among all rows of the class; here it is shared among the
    neighbours, so that a series costs the same in a class of any size.

    References
    ----------
    .. [1] Chawla et al. (2002), SMOTE: synthetic minority over-sampling technique, doi:10.1613/jair.953
    .. [2] Forestier et al. (2017), Generating synthetic time series to augment sparse datasets,
       doi:10.1109/ICDM.2017.106: "average selected" weights of DTW barycentre averaging
    .. [3] Ratanamahatana and Keogh (2005), Three myths about dynamic time warping data mining,
       doi:10.1137/1.9781611972757.50

    Examples
    --------
    >>> from sklaug import InterpolationGenerator
    >>> from sklaug.datasets import make_labelled_series
    >>> X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
    >>> generator = InterpolationGenerator(random_state=0).fit(X, y)
    >>> X_new, y_new = generator.sample(5)
    >>> X_new.shape, y_new.shape
    ((5, 40), (5,))
    >>> bool((generator.fit_transform(X, y).std(axis=0) < X.std(axis=0)).mean() > 0.9)
    True
    """

    def __init__(
        self,
        n_neighbors=5,
        *,
        metric="euclidean",
        sakoe_chiba_radius=0.1,
        target_type="auto",
        condition_channels=None,
        missing="fill",
        nan_tail="padding",
        gap_limit=0.25,
        support=None,
        decimals=None,
        random_state=None,
    ):
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.sakoe_chiba_radius = sakoe_chiba_radius
        self.target_type = target_type
        self.condition_channels = condition_channels
        self.missing = missing
        self.nan_tail = nan_tail
        self.gap_limit = gap_limit
        self.support = support
        self.decimals = decimals
        self.random_state = random_state

    def _check_parameters(self):
        check_number("n_neighbors", self.n_neighbors, low=1, whole=True)
        check_choice("metric", self.metric, METRICS)
        check_steps("sakoe_chiba_radius", self.sakoe_chiba_radius, other=(None,))

    def _fit(self, panel, y, seed):
        self._keep_rows(panel, y)
        self.metric_ = self.metric
        self.sakoe_chiba_radius_ = count_steps(self.sakoe_chiba_radius, self.n_timepoints_)
        self.neighbors_ = self._find_neighbors(panel, y)
        self.n_parameters_ = int(panel.mask.sum())

    def _synthesize(self, panel, y, seed):
        rows = slice(0, len(panel))
        return self._interpolate(np.arange(len(panel)), rows, seed)

    def _sample(self, rows, y, seed, *, lengths, known):
        chosen = self._choose_rows(rows, y, seed)
        own = None if self._row_lengths is None else self._row_lengths[chosen]
        return repeat_steps(self._interpolate(chosen, rows, seed), own, lengths)

    def _find_neighbors(self, panel, y):
        """Return the numbers of the nearest rows, nearest first: of the same class, or in a real target."""
        if self.target_["kind"] == "continuous":
            return _nearest_by_step(y[:, None], min(self.n_neighbors, len(y) - 1))
        y = np.zeros(len(panel), dtype=int) if y is None else y
        most = min(self.n_neighbors, np.bincount(y).max() - 1)
        neighbors = np.full((len(y), most), -1)
        for label in np.unique(y):
            rows = np.flatnonzero(y == label)
            n_near = min(most, len(rows) - 1)
            if n_near:
                neighbors[rows, :n_near] = rows[self._nearest(panel, rows, n_near)]
        return neighbors

    def _nearest(self, panel, rows, n_near):
        """Return which among some rows are the nearest of each."""
        if self.metric_ == "dtw":
            series = [panel.x[row, : self._ends[row]] for row in rows]
            return _nearest_by_warping(series, n_near, self._band)
        x = panel.x[rows]
        if panel.lengths is not None:
            inside = np.arange(x.shape[1]) < panel.lengths[rows, None]
            x = np.where(inside[..., None], x.astype(np.float64), np.nan)
        return _nearest_by_step(x.reshape(len(x), -1), n_near)

    @property
    def _ends(self):
        """Steps of each stored row."""
        lengths = self._row_lengths
        return np.full(len(self.rows_), self.n_timepoints_) if lengths is None else lengths

    @property
    def _band(self):
        """What tslearn has to know of the alignment.

        Without the name of the constraint, which follows from the radius: given by name, it is ignored
        by the barycentre of tslearn 0.10.
        """
        radius = self.sakoe_chiba_radius_
        return {} if radius is None else {"sakoe_chiba_radius": radius}

    def _interpolate(self, chosen, rows, seed):
        """Return a series (n, sz, d), in its own units, between each chosen row and its neighbours."""
        x = self._units.scale_series(self._as_series(self.rows_)).x
        neighbors = self.neighbors_[chosen]
        draws = (block_uniform(seed, of, rows) for of in ("neighbor", "other neighbor", "weight"))
        first, second, weight = draws
        n_near = (neighbors >= 0).sum(axis=1)
        first = (first * n_near).astype(int)
        if self.metric_ == "dtw":
            turn = 1 + (second * (n_near - 1)).astype(int)
            second = np.where(n_near > 1, (first + turn) % np.maximum(n_near, 1), first)
            moved = self._average(x, chosen, first, second)
        else:
            neighbor = _take(neighbors, first, chosen)
            moved = self._move(x, chosen, neighbor, weight.astype(x.dtype))
        rounding = self._units.draw_rounding(rows, self.n_timepoints_, seed)
        # The difference is added, so that a sole row comes back to the last bit.
        return self._units.shift(self._as_series(self.rows_[chosen]), moved, x[chosen], rounding)

    def _move(self, x, chosen, neighbor, weight):
        """Move rows towards a neighbour each, as far as that one goes."""
        inside = np.arange(self.n_timepoints_) < self._ends[neighbor, None]
        way = np.where(inside[..., None], x[neighbor] - x[chosen], 0)
        return x[chosen] + weight[:, None, None] * way

    def _average(self, x, chosen, first, second):
        """Return DTW barycentres of rows and their neighbours, two of which weigh more."""
        moved = x[chosen]
        mixtures = np.column_stack([chosen, np.minimum(first, second), np.maximum(first, second)])
        # There are few that differ.
        mixtures, of = np.unique(mixtures, axis=0, return_inverse=True)
        for number, (row, *selected) in enumerate(mixtures):
            neighbors = self.neighbors_[row]
            members = [row, *neighbors[neighbors >= 0]]
            if len(members) > 1:
                series = [x[member, : self._ends[member]] for member in members]
                weights = _average_selected_weights(len(members) - 1, selected)
                center = _barycenter(series, weights, self._band)
                moved[of.ravel() == number, : len(center)] = center
        return moved

    def _as_series(self, values):
        """Wrap stored rows, which have no gaps; what stands beyond the end of one stays there."""
        mask = np.ones(values.shape, dtype=bool)
        return Series(values, mask, None, None, self._condition_channels, None)


def _take(neighbors, place, otherwise):
    """Return the neighbour at a place for each row; where there is none, the row itself."""
    if not neighbors.shape[1]:
        return otherwise
    taken = np.take_along_axis(neighbors, place[:, None], axis=1)[:, 0]
    return np.where(taken >= 0, taken, otherwise)


def _nearest_by_step(vectors, n_near):
    """Return the nearest rows of each by Euclidean distance, over what both observe."""
    metric = "nan_euclidean" if np.isnan(vectors).any() else "euclidean"
    nearest = NearestNeighbors(n_neighbors=n_near, metric=metric).fit(vectors)
    return nearest.kneighbors(return_distance=False)


def _nearest_by_warping(series, n_near, band):
    """Return the nearest rows of each by dynamic time warping."""
    # tslearn takes seconds to import.
    from tslearn.metrics import cdist_dtw

    distances = cdist_dtw(series, **band)
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1, kind="stable")[:, :n_near]


def _average_selected_weights(n_neighbors, selected):
    """Return the weights of a row and of its neighbours, of which one or two are selected."""
    selected = np.unique(selected)
    weights = np.full(n_neighbors, _WEIGHT_OF_OTHERS / max(n_neighbors - len(selected), 1))
    weights[selected] = _WEIGHT_OF_SELECTED / len(selected)
    return np.array([_WEIGHT_OF_ROW, *weights])


def _barycenter(series, weights, band):
    """Return the DTW barycentre (sz, d) of some series (sz_i, d) that starts from the first."""
    from tslearn.barycenters import dtw_barycenter_averaging

    return dtw_barycenter_averaging(
        series,
        init_barycenter=series[0],
        weights=weights,
        max_iter=_MOST_ITERATIONS,
        metric_params=band,
    )
