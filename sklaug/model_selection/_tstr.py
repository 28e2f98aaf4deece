"""Train on synthetic, test on real, and its relatives: what synthetic series are worth to a model."""

import time
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import check_cv
from sklearn.utils import indexable
from sklearn.utils.parallel import Parallel, delayed

from sklaug._random import derive_seed, draw_seed
from sklaug._validation import check_choice, check_number, name_of, refuse_frozen
from sklaug.meta._parts import MAKES
from sklaug.model_selection._draws import (
    check_made,
    draw_new,
    fit_timed,
    list_difference,
    seed_estimator,
)
from sklaug.model_selection._task import SETTINGS, Task, make_task, take, telling


def tstr_score(
    estimator,
    generator,
    X,
    y=None,
    *,
    horizon=None,
    target_channels=None,
    settings=("TRTR", "TSTR", "TRTS", "TR+S"),
    method="sample",
    n_synthetic=1.0,
    scoring=None,
    cv=None,
    groups=None,
    n_jobs=None,
    verbose=0,
    random_state=None,
):
    """Score an estimator that is trained or tested on synthetic series, by cross-validation.

    In each fold the generator is fitted anew, on the training rows alone, and makes one set of synthetic
    series. The estimator is then scored in up to four settings:

    - "TRTR", train on real, test on real: what there is to reach;
    - "TSTR", train on synthetic, test on real: near TRTR if the synthetic series hold what the estimator
      needs, as varied as it needs it;
    - "TRTS", train on real, test on synthetic: near TRTR if they are true to their targets; it does not ask
      for variety;
    - "TR+S", train on real and synthetic rows together, test on real: above TRTR if they help.

    "Test on real" is always the held-out rows, which the generator has not seen.

    Parameters
    ----------
    estimator : estimator
        Any scikit-learn classifier or regressor that takes series in the container of `X`, or a Pipeline that
        makes them into what it takes. Each fit is on a clone, and its `random_state` is left alone.
    generator : estimator
        Any with ``fit(X, y)`` and ``sample(n, random_state=...)`` that returns ``(X, y)``, or with
        ``fit_transform(X, y)`` for ``method="augment"``, such as `LatentAugmenter`. Each fold has a clone.
    X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays (sz_i,) or (sz_i, d), or wide DataFrame
        Real series; whole windows, past and future, with `horizon`. NaN stands for missing values and, at the tail,
        for the end of shorter series.
    y : array-like of shape (n_ts,) or None
        Class labels or real targets; None with `horizon`.
    horizon : int or None, default=None
        Forecast: the estimator learns the last `horizon` steps of a window from those before, while the
        generator is fitted on whole windows. At least 1, less than the steps of a window.
    target_channels : None, int or sequence of int
        Channels to forecast, counted from 0; None for all. Only with `horizon`.
    settings : sequence of str, default=("TRTR", "TSTR", "TRTS", "TR+S")
        Which of the four.
    method : {"sample", "augment"}, default="sample"
        "sample" draws new series, with targets that the generator draws too; "augment" takes one synthetic version of
        each training row, with the target of that row, by ``fit_transform``. New series of a generator with
        `condition_channels` get the known channels of training rows drawn at random.
    n_synthetic : float, default=1.0
        Synthetic series as a multiple of the training rows of the fold, rounded, one at least; more than 0.
        ``method="augment"`` makes one a row, so it must be 1 there.
    scoring : str, callable or None, default=None
        One scorer: a name that scikit-learn knows, a callable ``f(estimator, X, y)`` that returns a number, or None
        for the estimator's `score`.
    cv : int, cross-validation generator, iterable of (train, test) or None, default=None
        As in scikit-learn: None is 5 folds, stratified for a classifier; an official split is
        ``[(train_rows, test_rows)]``.
    groups : array-like of shape (n_ts,) or None
        Passed on to the split of `cv`, such as the parents of windows for `GroupKFold`, or their starts for
        `WindowTimeSplit`.
    n_jobs : int or None, default=None
        Folds to run at the same time, as in scikit-learn. The result does not depend on it.
    verbose : int, default=0
        How much joblib tells about the progress.
    random_state : int, RandomState instance or None, default=None
        Where the seeds of the generator come from: each fold has its own, which replace every `random_state` among
        its parameters, nested ones too.

    Returns
    -------
    dict of ndarray of shape (n_folds,)
        A score for each of `settings`, under its name; ``fit_time`` and ``sample_time``, the seconds that the generator
        took (with ``method="augment"`` all of it is ``fit_time``); ``n_train`` and ``n_synthetic``, how many real
        series it was fitted on and how many synthetic ones it made. No score is ever NaN.

    Raises
    ------
    ValueError, TypeError
        If an argument is not as described; if a generator returns what is not like the series it was fitted on, or
        NaN where they have none; if synthetic series that stand alone lack a class of the training rows; or if
        a score is NaN. What estimators raise is raised again. A note of the exception tells fold and setting.

    See Also
    --------
    sklaug.preprocessing.WindowTimeSplit : Folds of windows that do not share steps of time.
    sklaug.preprocessing.make_forecasting_windows : Cuts past and future as it is done here.

    Notes
    -----
    Read every setting as its difference to TRTR, from the same folds, and beside the spread over these.

    What it cannot see: a generator that repeats its training rows makes nothing new, but its TSTR is that of TRTR, so
    read it beside `sklaug.metrics.authenticity`. TR+S hardly sees a broken generator: with all the real rows there,
    most estimators shrug off noise. And each number holds for this estimator only.

    TRTS tests on the same synthetic series that TSTR trains on. This lends it nothing, as the estimator of TRTS has never
    seen them; but it has seen the rows that they were made from, so with ``method="augment"``, or a generator that
    repeats, TRTS is flattered.

    Real and synthetic rows come to the estimator in the container of `X`, in float; synthetic series are padded with
    NaN to its width where it holds shorter series. TRTR and TRTS share one fit.

    With `horizon` the estimator gets what `make_forecasting_windows` cuts, as arrays: the past keeps its axis of
    channels, and the future is flattened to (n, horizon * n_targets), or (n,) for a single value. Windows of one
    recording overlap, and a plain `cv` then tests on steps that were trained on: pass ``cv=WindowTimeSplit()`` and
    ``groups=windows.starts``.

    With an int `random_state` the generator makes the same series on every call, and one with `memory` is trained once for
    each fold, whatever the estimator. Give the estimator an int of its own if it has a `random_state`; otherwise its
    luck is part of every difference.

    References
    ----------
    .. [1] Esteban, Hyland and Rätsch (2017), "Real-valued (medical) time series generation with recurrent
       conditional GANs", arXiv:1706.02633: TSTR and TRTS

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklaug import LatentAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.model_selection import tstr_score
    >>> X, y = make_labelled_series(n_samples=30, n_timepoints=16, random_state=0)
    >>> generator = LatentAugmenter(hidden_dim=4, max_epochs=2)
    >>> scores = tstr_score(KNeighborsClassifier(), generator, X, y, cv=3, random_state=0)
    >>> list(scores)
    ['TRTR', 'TSTR', 'TRTS', 'TR+S', 'fit_time', 'sample_time', 'n_train', 'n_synthetic']
    >>> scores["TRTR"].shape, scores["n_synthetic"]
    ((3,), array([20, 20, 20]))

    A forecaster, tested on later windows than those that it and the generator have seen:

    >>> import numpy as np
    >>> from sklearn.linear_model import Ridge
    >>> from sklaug.preprocessing import WindowTimeSplit, make_windows
    >>> windows = make_windows(np.sin(np.arange(60.0)), length=12)
    >>> scores = tstr_score(
    ...     Ridge(1e-6),
    ...     generator,
    ...     windows.X,
    ...     horizon=2,
    ...     settings=["TRTR", "TSTR"],
    ...     scoring="neg_mean_absolute_error",
    ...     cv=WindowTimeSplit(2),
    ...     groups=windows.starts,
    ...     random_state=0,
    ... )
    >>> bool((scores["TRTR"] > scores["TSTR"]).all())
    True
    """
    settings = _check_settings(settings)
    _check_method(generator, method, n_synthetic)
    refuse_frozen(estimator, "The estimator")
    refuse_frozen(generator, "The generator")
    X, y, task = make_task(estimator, scoring, X, y, horizon, target_channels, caller="tstr_score")
    plan = _Plan(generator, task, settings, method, n_synthetic, draw_seed(random_state))
    _, _, groups = indexable(X, y, groups)
    splits = list(check_cv(cv, y, classifier=task.classes).split(X, y, groups))
    if not splits:
        raise ValueError("cv makes no fold at all. Pass one (train, test) or more.")
    folds = Parallel(n_jobs=n_jobs, verbose=verbose)(
        delayed(_run_fold)(plan, X, y, train, test, number, len(splits))
        for number, (train, test) in enumerate(splits)
    )
    return {name: np.array([fold[name] for fold in folds]) for name in folds[0]}


@dataclass(frozen=True)
class _Plan:
    """What is the same in all folds."""

    generator: BaseEstimator
    task: Task
    settings: tuple
    method: str
    n_synthetic: float
    seed: int


# -------------------------------------------------------------------------------------------
# What is asked for
# -------------------------------------------------------------------------------------------


def _check_settings(settings):
    settings = (settings,) if isinstance(settings, str) else tuple(settings)
    for setting in settings:
        check_choice("setting", setting, SETTINGS)
    if not settings or len(set(settings)) < len(settings):
        raise ValueError(
            f"settings={settings!r}. Name one or more of {', '.join(SETTINGS)}, each once."
        )
    return settings


def _check_method(generator, method, n_synthetic):
    check_choice("method", method, MAKES)
    check_number("n_synthetic", n_synthetic, low=0, low_open=True)
    needed, name = "fit_transform" if method == "augment" else "sample", name_of(generator)
    if not hasattr(generator, needed):
        raise TypeError(f"method={method!r} needs a generator with {needed}, which {name} lacks.")
    if method == "augment" and n_synthetic != 1:
        raise ValueError(
            f"n_synthetic={n_synthetic:g}, but method='augment' makes one version of each training row. Leave n_synthetic "
            "out, or pass method='sample'."
        )


# -------------------------------------------------------------------------------------------
# A fold
# -------------------------------------------------------------------------------------------


def _run_fold(plan, X, y, train, test, number, n_folds):
    """Return the scores of a fold by setting, and what the generator took and made."""
    place = f"This was in fold {number} of tstr_score ({n_folds} in all, counted from 0)"
    train, test = take(X, y, train), take(X, y, test)
    with telling(f"{place}, when the generator was fitted and made series."):
        seed = derive_seed(plan.seed, f"fold {number}")
        *made, fit_time, sample_time = _make(plan, *train, seed)
    for setting in plan.settings:
        if plan.task.classes and "synthetic" in SETTINGS[setting]:
            with telling(f"{place}, setting {setting}."):
                _refuse_missing_classes(made[1], train[1])
    return {
        **plan.task.score(plan.settings, train, made, test, place),
        "fit_time": fit_time,
        "sample_time": sample_time,
        "n_train": len(train[0]),
        "n_synthetic": len(made[0]),
    }


# -------------------------------------------------------------------------------------------
# Synthetic series
# -------------------------------------------------------------------------------------------


def _make(plan, X, y, seed):
    """Return synthetic series, their targets, and the seconds that the fit and the draw took."""
    start = time.perf_counter()
    if plan.method == "augment":
        n = len(X)
        made = seed_estimator(clone(plan.generator), seed).fit_transform(X, y), y
        fit_time, sample_time = time.perf_counter() - start, 0.0
    else:
        n = max(1, round(plan.n_synthetic * len(X)))
        generator, fit_time = fit_timed(plan.generator, X, y, seed)
        made = draw_new(generator, X, y, n, seed)
        sample_time = time.perf_counter() - start - fit_time
    name = f"What {name_of(plan.generator)} made"
    made = check_made(*made, X, y, n, plan.task.classes, name)
    return *made, fit_time, sample_time


def _refuse_missing_classes(made, y):
    missing = list_difference(y, made)
    if missing:
        raise ValueError(
            f"The {len(made)} synthetic series lack class(es) {', '.join(missing)}, which the {len(y)} training rows have. "
            "Raise n_synthetic, or pass method='augment', which makes one of each row."
        )
