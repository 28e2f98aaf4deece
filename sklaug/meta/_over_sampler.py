"""SyntheticOverSampler: synthetic rows for the classes, or ranges of targets, that have too few."""

import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, OneToOneFeatureMixin

from sklaug._random import block_generator, derive_random_state
from sklaug._series import check_channels, check_series, join_channels
from sklaug._targets import FEWEST_ROWS, fit_target, flatten_target
from sklaug._validation import caller_level, check_choice, name_of
from sklaug.generators._direct import DirectAugmenter
from sklaug.meta._parts import MAKES, check_augmenter, fit_clone, settle_seed
from sklaug.meta._rows import Rows, join
from sklaug.meta._sampling_targets import check_ranges, count_new_rows, group_rows
from sklaug.transforms._calling import declares
from sklaug.transforms._restricting import stages

# Smooth, and each row by itself: of a single row too they make as many versions as are wanted.
_FALLBACK, _FALLBACK_ETA = ("time_warp", "magnitude_warp"), 0.2
# What a series is, which the fallback has to see as the augmenter does.
_DESCRIBES_SERIES = (
    "condition_channels",
    "missing",
    "nan_tail",
    "gap_limit",
    "support",
    "decimals",
)


class SyntheticOverSampler(OneToOneFeatureMixin, BaseEstimator):
    """Balance classes, or ranges of real targets, by adding synthetic series.

    A sampler for `imblearn.pipeline.Pipeline`: `fit_resample` returns the real rows, in their order, and
    behind them synthetic ones for the classes that have too few. That Pipeline calls it when it is
    fitted and never when it predicts, so test rows stay as they are, and in a cross-validation what is
    made for a fold is made of its training rows alone. Nothing of imbalanced-learn is needed to use it
    by itself.

    Parameters
    ----------
    augmenter : estimator
        Augmenter or generator that makes the rows. A clone is fitted, once, on all rows of all classes
        and their targets; a FrozenEstimator, which may have seen what a score is taken on, is refused.
    sampling_strategy : str, dict, float or callable, default="auto"
        Which classes get how many rows, as in imbalanced-learn. "not majority" (or "auto") makes all
        classes as large as the largest, "minority" only the smallest, "not minority" all but the
        smallest, and "all" all, which is the same as "not majority". A dict says how many rows classes
        shall have afterwards, ``{class: rows}``, no fewer than they have: right for one set, wrong for
        the folds of a search, which have fewer rows; there a callable counts anew. A float, above 0 and at most
        1, for two classes: rows of the smaller for each of the larger afterwards. A callable gets the
        class of each row, an array of shape (n_ts,), and returns such a dict. Where targets are real,
        the numbers of their ranges stand for classes.
    method : {"sample", "augment"}, default="sample"
        Draw new series of a class, or make versions of its rows, each as often as the others, give or
        take one. "augment" needs an augmenter that has it.
    fallback : "auto", augmenter or None, default="auto"
        What makes the rows of a class that has fewer than 4, from which little can be learned: versions
        of these rows, whatever `method` says. "auto" warps time and magnitude a little
        (`DirectAugmenter` with `eta` 0.2), and warns that it does; an augmenter is cloned, and fitted on
        all rows; None leaves these classes to `augmenter`, like the others.
    ranges : int or array-like of shape (n_ranges - 1,), default=5
        For real targets: how many ranges of equal width there are from the smallest to the largest, or
        the boundaries between them, increasing: ``[10, 20]`` makes three, below 10, from 10 to below
        20, and from 20. They are numbered from 0; a range without rows stays so. What is real and what
        a class label, the `target_type` of the augmenter says.
    random_state : int, RandomState instance or None, default=None
        Seed of all that is drawn, and of an augmenter or fallback, or what is in it, that has none of its
        own; what is set there stays, so that a `memory` recognises the training. An int makes results the
        same on every call. None takes the `random_state` of the augmenter; if it has none either, each
        call is another.

    Attributes
    ----------
    sampling_strategy_ : dict
        How many rows were added, by class, or by number of the range; for those aimed at.
    sample_indices_ : ndarray of int, shape (n_ts_new,)
        For each row that was returned the row of `X` that it is, or is a version of; -1 for one that was
        sampled.
    is_synthetic_ : ndarray of bool, shape (n_ts_new,)
        Which rows that were returned are synthetic.
    augmenter_ : estimator or None
        The fitted augmenter; None where nothing was to be made by it.
    fallback_ : estimator or None
        The fitted fallback; None where no class had so few rows.
    boundaries_ : ndarray or None
        Boundaries between ranges of targets; None where these are classes.
    n_features_in_ : int
        Length of the longest series, or width of an array or DataFrame.
    feature_names_in_ : ndarray of str
        Names of the columns, if `X` is a DataFrame with names.

    See Also
    --------
    AugmentedClassifier : More rows of every class, whose shares stay, in any Pipeline.
    DirectAugmenter : A cheap augmenter, and the fallback.

    Notes
    -----
    Resample inside a cross-validation, never before it: versions of a test row among the training rows
    make any score look good. As a step of imbalanced-learn's Pipeline it is inside.

    It hands on rows and cannot see which step gets them. One that holds rows out by itself, such as a `GridSearchCV`,
    `LogisticRegressionCV` or `RidgeClassifierCV`, or ``early_stopping=True``, trains on versions of those: its scores
    are too good, it chooses what fits too closely, and nothing warns, as AugmentedClassifier would. Put the search
    around the Pipeline.

    A sampled series of a class gets a target drawn from that class, or range, and its known channels
    (`condition_channels`) and where these end are those of the same real row. A version has those of
    its parent. Real rows are drawn without replacement until none is left, then all over again.

    Versions of one parent differ, but for what is not random: "mixup" moves a row by a fixed weight
    towards another of its class, so that ``n * (n - 1)`` versions of n rows exist. With
    ``method="augment"`` a partner is always another row; that takes a call of `augment` for each
    version of a row.

    With None as fallback a class of one row has no partner, and rows of it that "mixup",
    BlockBootstrapGenerator with ``position="same"`` or ReplayGenerator make are copies.

    With ``residual="keep"``, or a small strength, rows are nearly copies too, and what is trained on
    them is told the same thing many times: compare with imbalanced-learn's RandomOverSampler.

    Integers become float64, as with every augmenter. A DataFrame comes back with a RangeIndex; `y` comes
    back as a list, Series or one-column DataFrame where it came as one.

    References
    ----------
    .. [1] Lemaître, Nogueira and Aridas (2017), Imbalanced-learn: a Python toolbox to tackle the curse of imbalanced
       datasets in machine learning, JMLR 18(17)
    .. [2] Torgo, Branco, Ribeiro and Pfahringer (2015), Resampling strategies for regression, doi:10.1111/exsy.12081

    Examples
    --------
    >>> from collections import Counter
    >>> import numpy as np
    >>> from sklaug import DirectAugmenter, SyntheticOverSampler
    >>> from sklaug.datasets import make_labelled_series
    >>> X, y = make_labelled_series(n_samples=60, n_timepoints=40, random_state=0)
    >>> rare = np.flatnonzero(y == 2)[5:]
    >>> X, y = np.delete(X, rare, axis=0), np.delete(y, rare)
    >>> augmenter = DirectAugmenter("time_warp", eta=0.2)
    >>> sampler = SyntheticOverSampler(augmenter, method="augment", random_state=0)
    >>> X_new, y_new = sampler.fit_resample(X, y)
    >>> sorted(Counter(y.tolist()).items())
    [(0, 20), (1, 20), (2, 5)]
    >>> sorted(Counter(y_new.tolist()).items())
    [(0, 20), (1, 20), (2, 20)]
    >>> sampler.sampling_strategy_
    {1: 0, 2: 15}
    >>> np.array_equal(X_new[~sampler.is_synthetic_], X)
    True
    """

    _estimator_type = "sampler"  # by which imbalanced-learn knows one

    def __init__(
        self,
        augmenter,
        *,
        sampling_strategy="auto",
        method="sample",
        fallback="auto",
        ranges=5,
        random_state=None,
    ):
        self.augmenter = augmenter
        self.sampling_strategy = sampling_strategy
        self.method = method
        self.fallback = fallback
        self.ranges = ranges
        self.random_state = random_state

    def fit(self, X, y):
        """Check everything and count how many rows `fit_resample` would add; trains and makes nothing.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Series.
        y : array-like of shape (n_ts,)
            Class labels or real targets.

        Returns
        -------
        self : estimator
            With `sampling_strategy_`.
        """
        self._read(X, y)
        return self

    def fit_resample(self, X, y):
        """Fit the augmenter, and return the series with synthetic ones behind them.

        Where nothing is to be added, nothing is trained.

        Parameters
        ----------
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
            Series, as the augmenter takes them.
        y : array-like of shape (n_ts,)
            Class labels or real targets.

        Returns
        -------
        X_resampled : ndarray, list or DataFrame
            The real series and then the synthetic ones, class by class, in the container and dtype of
            `X`.
        y_resampled : ndarray, list, Series or DataFrame
            Their targets.

        Raises
        ------
        ValueError, TypeError
            If an argument or a parameter is not as described, or if there is one class only.

        Warns
        -----
        UserWarning
            If ``fallback="auto"`` makes the rows of a class, or if rows that were added are exact copies.
        """
        real = self._read(X, y)
        seed, is_set = settle_seed(self.random_state, self.augmenter)
        parents = _draw_parents(real.groups, self.sampling_strategy_, seed)
        rare = self._are_rare(real.groups)[real.groups.codes[parents]]
        joined = join([real.series, *self._make(real, parents, rare, seed, is_set)])
        self._warn_of_copies(joined, real, parents)
        sampled = ~rare & (self.method == "sample")

        n_real, n_new = len(real), len(parents)
        rows = np.concatenate([np.arange(n_real), parents])
        self.is_synthetic_ = np.arange(n_real + n_new) >= n_real
        self.sample_indices_ = np.where(np.concatenate([np.zeros(n_real, bool), sampled]), -1, rows)
        X_new = joined.fill()
        as_list = isinstance(X, list) and isinstance(X_new, np.ndarray)
        return X_new.tolist() if as_list else X_new, _take_targets(y, real.y, rows)

    # -------------------------------------------------------------------------------------------
    # What there is
    # -------------------------------------------------------------------------------------------

    def _read(self, X, y):
        """Check parameters and data, and count; returns the real rows."""
        self._check_parameters()
        for name in [name for name in vars(self) if name.endswith("_")]:
            delattr(self, name)
        if y is None:
            raise ValueError(
                f"{name_of(self)} requires y to be passed, but the target y is None. It makes classes, or ranges of "
                "targets, equally large."
            )
        series = check_series(
            self,
            X,
            reset=True,
            nan_tail=getattr(self.augmenter, "nan_tail", "padding"),
            condition_channels=check_channels(getattr(self.augmenter, "condition_channels", None)),
        )
        y = flatten_target(y, len(series))
        target_type = getattr(self.augmenter, "target_type", "auto")
        kind = fit_target(y, len(series), target_type, self, told=self.augmenter)["kind"]
        groups = group_rows(y, kind, self.ranges)
        self.sampling_strategy_ = count_new_rows(self.sampling_strategy, groups, y, self)
        self.boundaries_ = groups.boundaries
        return _RealRows(series, y, kind, groups)

    def _check_parameters(self):
        check_choice("method", self.method, MAKES)
        check_augmenter("augmenter", self.augmenter, self.method)
        if not (self.fallback is None or self.fallback == "auto"):
            advice = "It may also be 'auto' or None."
            check_augmenter("fallback", self.fallback, "augment", advice)
        check_ranges(self.ranges)

    def _are_rare(self, groups):
        """Tell of each group whether the fallback makes its rows."""
        return (groups.counts < FEWEST_ROWS) & (self.fallback is not None)

    # -------------------------------------------------------------------------------------------
    # What is made
    # -------------------------------------------------------------------------------------------

    def _make(self, real, parents, rare, seed, is_set):
        """Make a row for each parent, by the fallback where they are `rare`; returns a list of one set, or none."""
        self.augmenter_ = self.fallback_ = None
        makers, fitted_with = [], seed if is_set else None
        if rare.any():
            fallback = self._choose_fallback(real, parents[rare])
            self.fallback_ = real.teach(fallback, fitted_with)
            makers.append(("fallback", _make_versions, self.fallback_, np.flatnonzero(rare)))
        if not rare.all():
            self.augmenter_ = real.teach(self.augmenter, fitted_with)
            make = _draw_new if self.method == "sample" else _make_versions
            makers.append(("augmenter", make, self.augmenter_, np.flatnonzero(~rare)))
        places, parts = [], []
        for role, make, augmenter, asked in makers:
            apart = derive_random_state(seed, role)
            for part, rows in make(augmenter, real, parents[asked], apart):
                places.append(asked[part])
                parts.append(rows)
        return [join(parts).take(np.argsort(np.concatenate(places)))] if parts else []

    def _warn_of_copies(self, joined, real, parents):
        """Warn where rows that were added are those that there were, or each other."""
        copied = pd.Series([row.tobytes() for row in joined.values]).duplicated()[len(real) :]
        if copied.any():
            codes = np.unique(real.groups.codes[parents[copied]])
            warnings.warn(
                f"{real.groups.name(codes, counted=False)}: of the rows that {name_of(self)} added some are exact copies, from "
                "which nothing new is learned. Take another augmenter or fallback, or a larger eta.",
                UserWarning,
                stacklevel=caller_level(),
            )

    def _choose_fallback(self, real, parents):
        if self.fallback != "auto":
            return self.fallback
        few = np.unique(real.groups.codes[parents])
        warnings.warn(
            # No counts, which differ from fold to fold: Python shows a text once for a line.
            f"{real.groups.name(few, counted=False)}: fewer than {FEWEST_ROWS} rows, which {name_of(self)} warps in time and "
            "magnitude to make more. fallback= says how else.",
            UserWarning,
            stacklevel=caller_level(),
        )
        described = {
            name: getattr(self.augmenter, name)
            for name in _DESCRIBES_SERIES
            if hasattr(self.augmenter, name)
        }
        return DirectAugmenter(list(_FALLBACK), _FALLBACK_ETA, **described)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.estimator_type = "sampler"
        tags.target_tags.required = True
        tags.input_tags.three_d_array = True
        tags.input_tags.allow_nan = True
        return tags


class _RealRows:
    """The rows of a call: series, targets and groups."""

    def __init__(self, series, y, kind, groups):
        values = series.values
        if series.known is not None:
            values = join_channels(values, series.known, series.condition_channels)
        self.series = Rows(values, series.container)
        self.y, self.kind, self.groups = y, kind, groups

    def __len__(self):
        return len(self.y)

    def teach(self, augmenter, seed):
        """Return a clone that is fitted on these rows."""
        return fit_clone(augmenter, self.series.fill(), self.y, self.kind, seed)


def _draw_parents(groups, n_new, seed):
    """Draw real rows for new ones, group by group, each row once before any comes again."""
    parents = [np.empty(0, dtype=int)]
    for code, label in enumerate(groups.labels):
        rows = np.flatnonzero(groups.codes == code)
        rng = block_generator(seed, f"parents {code}", 0)
        n = n_new.get(label, 0)
        rounds = [rng.permutation(rows) for _ in range(-(-n // len(rows)))]
        parents += [np.concatenate(rounds)[:n]] if rounds else []
    return np.concatenate(parents)


def _draw_new(augmenter, real, parents, seed):
    """Yield a new series for the target of each of some rows."""
    known = real.series.known_to(augmenter)
    condition = {} if known is None else {"condition": known[parents]}
    X, _ = augmenter.sample(len(parents), real.y[parents], random_state=seed, **condition)
    yield slice(None), real.series.read(X, len(parents), augmenter)


def _make_versions(augmenter, real, parents, seed):
    """Yield a version of each of some rows, of which some come several times: where it stands, and the versions."""
    if not _takes_partners(augmenter):
        yield slice(None), _augment(augmenter, real, parents, seed)
        return
    # A row that met itself would stay as it is. So each comes once in a call, with all of its group.
    turn = pd.Series(parents).groupby(parents).cumcount().to_numpy()
    for number in range(turn.max() + 1):
        now = parents[turn == number]
        group = np.flatnonzero(np.isin(real.groups.codes, real.groups.codes[now]))
        rows = np.concatenate([now, np.setdiff1d(group, now)])
        versions = _augment(augmenter, real, rows, derive_random_state(seed, f"turn {number}"))
        yield np.flatnonzero(turn == number), versions.take(slice(len(now)))


def _augment(augmenter, real, rows, seed):
    made = augmenter.augment(real.series.take(rows).fill(), real.y[rows], random_state=seed)
    return real.series.read(made, len(rows), augmenter)


def _takes_partners(augmenter):
    """Tell whether what becomes of a row may depend on the others of the call; of a stranger it may."""
    if not hasattr(augmenter, "transformation"):
        return True
    functions = [f for functions, *_ in stages(augmenter.transformation) for f in functions]
    resampled = getattr(augmenter, "residual", None) == "resample"
    return resampled or any(declares(function, "partner") for function in functions)


def _take_targets(y, flat, rows):
    """Return targets of real rows in what they came in."""
    if isinstance(y, pd.Series | pd.DataFrame):
        return y.iloc[rows].reset_index(drop=True)
    return [y[row] for row in rows] if isinstance(y, list) else flat[rows]
