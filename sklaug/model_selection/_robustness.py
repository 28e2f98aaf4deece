"""robustness_curve: how a fitted model scores on series that are changed more and more."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils import Bunch
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_is_fitted

from sklaug._random import derive_seed, draw_seed
from sklaug._series import name_rows, read_container, refuse_infinity
from sklaug._targets import asked_target, flatten_target
from sklaug._validation import check_number, name_of
from sklaug.meta._rows import Rows
from sklaug.metrics._inputs import check_pair, measure_spread
from sklaug.model_selection._task import check_scorer, score_fitted, telling

_CALLER = "robustness_curve"


def robustness_curve(
    estimator,
    augmenter,
    X,
    y,
    etas,
    *,
    scoring=None,
    n_repeats=5,
    n_jobs=None,
    random_state=None,
):
    """Score a fitted model on test series that are changed more and more.

    Nothing is fitted here. The augmenter makes a version of each test series at each strength, the model predicts
    from it, and the score says how much of a change it stands.

    Parameters
    ----------
    estimator : estimator
        Fitted classifier, regressor or forecaster, or a Pipeline that ends in one. It is not changed.
    augmenter : augmenter, or dict of str to augmenter
        Fitted on training series: `DirectAugmenter`, `LatentAugmenter`, or any other with
        ``augment(X, y, eta=..., random_state=...)``; or several by name, such as one for each transformation.
    X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays (sz_i,) or (sz_i, d), or wide DataFrame
        Test series, at least one, which neither has seen. NaN stands for missing values and, at the tail, for the end of
        shorter series.
    y : array-like of shape (n_ts,) or (n_ts, n_targets)
        Their class labels or real targets; they stay as they are. An augmenter that was fitted with targets gets them,
        and takes one a series only.
    etas : sequence of float
        Strengths, 0 or more, in the unit of the transformation.
    scoring : str, callable or None, default=None
        One scorer: a name that scikit-learn knows, a callable ``f(estimator, X, y)`` that returns a number, or None
        for the estimator's `score`. More must be better.
    n_repeats : int, default=5
        Versions of each series at each strength, with other noise; 1 or more.
    n_jobs : int or None, default=None
        Sets of changed series to make and score at the same time, as in scikit-learn. The result does not depend on it.
    random_state : int, RandomState instance or None, default=None
        Where the seeds of the noise come from. A repeat has one seed for all strengths and all augmenters, so that a
        curve does not jump because its noise is another.

    Returns
    -------
    Bunch, or dict of str to Bunch
        One for each augmenter where these are a dict, with:

        - ``etas``, ndarray of shape (n_etas,): the strengths, in ascending order, each once;
        - ``scores``, ndarray of shape (n_etas, n_repeats), and ``mean`` and ``std``, of shape (n_etas,), over its
          repeats;
        - ``distances``, ndarray of shape (n_etas, n_repeats), and its mean ``distance``, of shape (n_etas,): how far the
          changed series are from `X`, in standard deviations of a channel in `X`; the root of the mean square over a
          series, then the mean over series. Jitter of strength eta moves series by about eta;
        - ``reference``, float: the score on `X` unchanged, the same for all augmenters;
        - ``score_name``, str: what the scores are;
        - ``table``, DataFrame of shape (n_etas, 4): mean, std, drop (the reference less the mean) and distance by eta.

        No score is ever NaN.

    Raises
    ------
    NotFittedError
        If the estimator or an augmenter is not fitted.
    ValueError, TypeError
        If an argument is not as described; if an augmenter returns other series than versions of `X`; or if a score is
        NaN. What estimators and augmenters raise is raised again. A note of the exception tells which, and at what eta.

    See Also
    --------
    sklaug.plotting.RobustnessDisplay : Draws it.
    tstr_score : What a model is worth that is *trained* on synthetic series.

    Notes
    -----
    Strengths of two transformations are not the same thing. Compare augmenters at the same ``distance`` instead. It is
    taken step by step: a warp that shifts a steep edge by little moves its values by much.

    A score is only fair while a changed series still is of its class, or has its target. That is for you to judge:
    look at series of the largest eta, by `sklaug.plotting.AugmentationDisplay`.

    With ``residual="drop"`` (the default of `LatentAugmenter`), ``eta=0`` is the reconstruction of a series: the drop
    there is what the network lost, not what the transformation did. With "keep", and with `DirectAugmenter`, it is the
    series itself, and the score the reference. Gaps of `X` are filled by an augmenter unless it has ``missing="keep"``.

    An augmenter that was fitted with y is told the labels of the test series: a network then draws each towards its
    class, and mixup mixes within it, which flatters the model up to a score above the reference. Fit one without y
    for a disturbance that knows nothing.

    To try several transformations with one training, copy the fitted augmenter:
    ``{name: deepcopy(augmenter).set_params(transformation=name) for name in ("jitter", "drift")}``.

    References
    ----------
    .. [1] "L-GTA: Latent Generative Modeling for Time Series Augmentation" (2025), arXiv:2507.23615, whose open question
       this is

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklaug import DirectAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.model_selection import robustness_curve
    >>> X, y = make_labelled_series(n_samples=120, n_timepoints=30, random_state=0)
    >>> X, X_test, y, y_test = X[:60], X[60:], y[:60], y[60:]
    >>> classifier = KNeighborsClassifier().fit(X, y)
    >>> augmenter = DirectAugmenter("jitter").fit(X)
    >>> curve = robustness_curve(classifier, augmenter, X_test, y_test, [0, 1, 4], random_state=0)
    >>> curve.scores.shape
    (3, 5)
    >>> bool(curve.mean[0] == curve.reference)
    True
    >>> bool(curve.mean[2] < curve.mean[1] < curve.reference)
    True
    >>> curve.distance.round(1)
    array([0., 1., 4.])
    """
    etas = _check_etas(etas)
    check_number("n_repeats", n_repeats, low=1, whole=True)
    augmenters = _check_augmenters(augmenter)
    check_is_fitted(
        estimator,
        msg=f"{_CALLER} scores a model that is fitted, but this %(name)s is not. Fit it on training series first.",
    )
    rows, y = _read_test_rows(X, y)
    trial = _Trial(estimator, check_scorer(estimator, scoring, _CALLER, also=""), rows, y)
    with telling(f"This was in {_CALLER}, on the {len(rows)} series as they are."):
        reference = trial.score(rows.fill())
    seed = draw_seed(random_state)
    # Whoever draws by numpy's RandomState takes no more than 32 bits.
    seeds = [derive_seed(seed, f"repeat {repeat}") % 2**32 for repeat in range(n_repeats)]
    results = Parallel(n_jobs=n_jobs)(
        delayed(trial.run)(name, entry, eta, repeat_seed)
        for name, entry in augmenters.items()
        for eta in etas
        for repeat_seed in seeds
    )
    results = np.reshape(results, (len(augmenters), len(etas), n_repeats, 2))
    score_name = scoring.replace("_", " ") if isinstance(scoring, str) else "score"
    curves = {
        name: _make_curve(etas, part[..., 0], part[..., 1], reference, score_name)
        for name, part in zip(augmenters, results, strict=True)
    }
    return curves if isinstance(augmenter, Mapping) else next(iter(curves.values()))


@dataclass(frozen=True)
class _Trial:
    """A fitted model, how it is scored, and the series that are changed for it."""

    estimator: BaseEstimator
    scorer: Callable
    rows: Rows
    y: np.ndarray

    def run(self, name, augmenter, eta, seed):
        """Return the score on one set of changed series, and how far these are from what they were."""
        place = f"This was in {_CALLER}, at eta={eta:g}"
        with telling(f"{place}, when {name!r} ({name_of(augmenter)}) changed the series."):
            y = asked_target(augmenter, self.y)
            # An augmenter may work in place.
            X = augmenter.augment(deepcopy(self.rows.fill()), y, eta=float(eta), random_state=seed)
            distance = _measure_distance(self.rows, X, augmenter)
        with telling(f"{place}, when the model was scored on what {name!r} made."):
            return self.score(X), distance

    def score(self, X):
        """Return the score on some version of the series."""
        # A model may work in place, and others want these series too.
        return score_fitted(self.scorer, self.estimator, deepcopy(X), self.y)


# -------------------------------------------------------------------------------------------
# What is asked for
# -------------------------------------------------------------------------------------------


def _check_etas(etas):
    if isinstance(etas, str) or np.ndim(etas) != 1 or not len(etas):
        raise ValueError(
            f"etas must be a sequence of one strength or more, such as [0, 0.25, 1], got {etas!r}."
        )
    for eta in etas:
        check_number("Each of etas", eta, low=0)
    return np.unique(np.asarray(etas, dtype=float))


def _check_augmenters(augmenter):
    """Return augmenters by name; raise unless each is one, and fitted."""
    named = isinstance(augmenter, Mapping)
    augmenters = dict(augmenter) if named else {name_of(augmenter): augmenter}
    if not augmenters:
        raise ValueError("augmenter is an empty dict. Pass one augmenter, or several by name.")
    for entry in augmenters.values():
        if not hasattr(entry, "augment"):
            raise TypeError(
                f"{_CALLER} needs an augmenter with augment(X, y, eta=...), which {name_of(entry)} lacks: it cannot make "
                "versions of given series at a given strength. Pass a DirectAugmenter or a LatentAugmenter."
            )
        check_is_fitted(
            entry,
            msg="This %(name)s is not fitted. Fit it on training series, such as those of the model; X are test series, on "
            "which nothing is fitted here.",
        )
    return augmenters


def _read_test_rows(X, y):
    """Return test series as Rows, and their targets as an array."""
    values, container = read_container(X, _CALLER, "X", 1)
    refuse_infinity(values, _CALLER, "X")
    if y is None:
        raise ValueError(f"{_CALLER} needs y, the class labels or real targets of the series in X.")
    targets = np.asarray(y)
    if targets.ndim != 2 or targets.shape[1] == 1:
        return Rows(values, container), flatten_target(y, len(values))
    if len(targets) != len(values):
        raise ValueError(
            f"y has {len(targets)} rows, but there are {len(values)} series. They must be equally many."
        )
    return Rows(values, container), targets


# -------------------------------------------------------------------------------------------
# What comes of it
# -------------------------------------------------------------------------------------------


def _measure_distance(rows, X_changed, augmenter):
    """Return how far series are from what they were, in standard deviations of a channel; raise if they are no versions."""
    if X_changed is None:
        raise TypeError(f"{name_of(augmenter)} made None. Its augment must return the series.")
    rows.read(X_changed, len(rows), augmenter)
    made = f"What {name_of(augmenter)} made"
    pair = check_pair(rows.fill(), X_changed, _CALLER, scale=None, names=("X", made))
    there = np.isfinite(pair.real)
    lost = np.flatnonzero((there & np.isnan(pair.synthetic)).any(axis=(1, 2)))
    if len(lost):
        raise ValueError(
            f"{made} has NaN where X has values, in {name_rows(lost, len(pair.real))}."
        )
    _, scale = measure_spread(pair.real)
    moved = np.where(there, pair.synthetic - pair.real, 0) / scale
    squares = (moved**2).sum(axis=(1, 2)) / there.sum(axis=(1, 2))
    return float(np.sqrt(squares).mean())


def _make_curve(etas, scores, distances, reference, score_name):
    # The mean of differences is exactly 0 where all scores are the reference; that of the scores is not.
    drops = reference - scores
    drop, std, distance = drops.mean(axis=1), drops.std(axis=1), distances.mean(axis=1)
    mean = reference - drop
    columns = {"mean": mean, "std": std, "drop": drop, "distance": distance}
    return Bunch(
        etas=etas,
        scores=scores,
        mean=mean,
        std=std,
        distances=distances,
        distance=distance,
        reference=reference,
        score_name=score_name,
        table=pd.DataFrame(columns, index=pd.Index(etas, name="eta")),
    )
