"""One set of synthetic series, judged in plain words."""

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import type_of_target

from sklaug._random import derive_seed, draw_seed
from sklaug._series import read_container
from sklaug._validation import check_number
from sklaug.metrics._inputs import draw_rows
from sklaug.metrics._panel import choose_measures, keep_applicable
from sklaug.model_selection._draws import check_made
from sklaug.model_selection._judgement import judge, learn_from_real
from sklaug.model_selection._real_sets import (
    FEWEST_TO_COMPARE,
    WIDE_DRIFT,
    describe_drift,
    describe_shared,
    make_sets,
)
from sklaug.model_selection._report import Evaluation
from sklaug.model_selection._scores import SCORES, make_scorer
from sklaug.model_selection._task import take
from sklaug.model_selection._verdict import (
    describe_classes,
    describe_collapse,
    describe_few,
    describe_shares,
    doubt_verdict,
    flag_set,
    judge_value,
)


def evaluate(
    X_real,
    X_synthetic,
    y_real=None,
    y_synthetic=None,
    *,
    X_held_out=None,
    y_held_out=None,
    metrics="all",
    estimator="auto",
    scoring=None,
    horizon=None,
    encoder=None,
    n_samples=2000,
    n_repeats=3,
    verbose=0,
    random_state=None,
):
    """Say what is good and what is off in a set of synthetic series, and by how much against real ones.

    Every measure is taken twice: for the synthetic series, and for real series that were not used for the
    comparison (the floor). A measure is good where the first is no larger than the second, give or take
    a tenth and two standard deviations of the floor over repeats; slightly off up to twice the floor and three
    standard deviations; else off. A score is good down to 2 % below that of real rows, and slightly off down
    to 10 %, or good within two standard deviations.

    With few series chance reaches far. What would be good then cannot tell, where two standard deviations worse would be a
    gross fault: half of the way from real series to useless ones (an AUC of 1, a recall of 0, twice the error of
    forecasts), or half of a score. Such a fault is off as soon as it is more than chance and twice the floor. Measures
    without a worst value, such as distances, are judged by chance alone, but where each draw takes all series, as of 10:
    these cannot tell at all. How far a share can be off by chance, an AUC among them, has a bound that falls with the number of
    series, so that repeats that differ by luck do not make everything doubtful.

    Where held-out series drifted, more than three times as far from the training series as halves of these are from each
    other, a floor may be high and hide faults. A measure whose floor is not good beside the halves cannot tell, unless the
    synthetic series are off even so, or good beside the halves. Scores and measures of copying keep their verdicts.

    Parameters
    ----------
    X_real : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
        The series that the generator was fitted on; windows in order of time.
    X_synthetic : array-like of shape (n_synthetic, sz) or (n_synthetic, sz, d), list of arrays, or wide DataFrame
        What it made.
    y_real, y_synthetic : array-like or None
        Their class labels or real targets, both or neither.
    X_held_out, y_held_out : array-like or None
        Real series that the generator has not seen. Without them one random half of `X_real` is compared with the
        synthetic series, and with the other half for the floor; and there are no scores, as every test row would
        have been seen by the generator.
    metrics : str or list of str, default="all"
        As for `compare_generators`. "all" trains networks, which takes minutes, few series or many: try "fast" first.
    estimator : "auto", None, or classifier or regressor, default="auto"
        As for `compare_generators`; only with `X_held_out`.
    scoring : str, callable or None, default=None
        As for `compare_generators`: any scorer of scikit-learn; None is the estimator's own, but the balanced accuracy
        for classes with ``estimator="auto"``.
    horizon : int or None, default=None
        Without `y_real`: steps at the end of each window that `estimator`, a regressor, forecasts from those before;
        only with `X_held_out`.
    encoder : ContextEncoder or None
        Fitted on series in the units of `X_real`, for Context-FID; None fits one.
    n_samples : int, default=2000
        Most series on each side of a comparison, 10 or more. With several repeats at most a half of each set is drawn,
        so that draws differ as sets do.
    n_repeats : int, default=3
        Times that rows are drawn and measured. With 1 nothing tells a fault from chance, and what is no worse than
        real series comes out as (slightly) off about every second time.
    verbose : int, default=0
        1 prints a line for every set that is measured.
    random_state : int, RandomState instance or None, default=None
        Seed of what is random.

    Returns
    -------
    Evaluation
        Printed, it says the verdict in words; ``.table`` holds the figures.

    Raises
    ------
    ValueError
        If sets do not go together, or are too small.

    See Also
    --------
    compare_generators : The same for several generators, with classical ones beside them.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.model_selection import evaluate
    >>> X, _ = make_labelled_series(n_samples=200, n_timepoints=24, random_state=0)
    >>> noise = np.random.default_rng(0).normal(size=X.shape)
    >>> result = evaluate(X, noise, metrics="fast", random_state=0)
    >>> result.table.loc["spectral_difference", "verdict"]
    'off'
    """
    names = choose_measures(metrics)
    check_number("n_samples", n_samples, low=FEWEST_TO_COMPARE, whole=True)
    check_number("n_repeats", n_repeats, low=1, whole=True)
    seed = draw_seed(random_state)
    sets = make_sets(
        X_real,
        y_real,
        X_held_out,
        y_held_out,
        split="random",
        test_size=0.5,
        gap="auto",
        seed=seed,
        caller="evaluate",
        names=("X_real", "y_real", "X_held_out", "y_held_out"),
    )
    names = keep_applicable(names, sets.train)
    n_made = _count_made(X_synthetic)
    if (y_synthetic is None) != (y_real is None):
        raise ValueError("Pass both y_real and y_synthetic, or neither.")
    scorer = _make_scorer(estimator, scoring, horizon, sets, X_held_out)
    made = _take_made(X_synthetic, y_synthetic, n_made, X_real, sets, scorer)
    if "context_fid" in names:
        encoder = sets.fit_encoder(seed) if encoder is None else sets.in_own_units(encoder)
    judges = {"encoder": encoder, "scorer": scorer, "key": {}}
    counts = _count_drawn(sets, made, n_samples, n_repeats)
    drift = 1.0 if X_held_out is None else sets.measure_drift(seed)
    # All real series may have been copied, whichever half plays the training set here.
    everything = sets.scale(X_real)
    unseen = None if X_held_out is None else sets.held_out
    found = {"synthetic": [], "floor": []} | ({"halves": []} if drift > WIDE_DRIFT else {})
    for repeat in range(n_repeats):
        of_repeat = derive_seed(seed, f"evaluation {repeat}") % 2**31
        calls = _calls(sets, made, everything, unseen, counts, of_repeat)
        measured = _measure_draw(names, calls, len(found), judges, of_repeat)
        for (of, values), of_call in zip(found.items(), measured, strict=True):
            values.append(of_call)
            if verbose:
                sys.stdout.write(f"repeat {repeat + 1} of {n_repeats}, {_MEASURED[of]}\n")
                sys.stdout.flush()
    frames = {of: pd.DataFrame(values) for of, values in found.items()}
    lost = [name for name in SCORES if frames["synthetic"].get(name, pd.Series()).isna().any()]
    values = frames["synthetic"].drop(columns=lost)
    table = _tabulate(values, frames["floor"], counts, halves=frames.get("halves"))
    summary = [_summarise(sets, made, counts, n_repeats)]
    if scorer is not None:
        summary.append(_describe_scores(scorer, lost))
    summary += filter(
        None, [_describe_shares(sets, made), describe_few(counts.compared, np.isinf(counts.shared))]
    )
    if X_held_out is not None:
        summary += filter(None, [describe_shared(sets.shared)])
    if drift > WIDE_DRIFT:
        summary.append(describe_drift(drift))
    return Evaluation(table, _flag(table, sets, made), "\n".join(summary))


# What is measured in turn, in words.
_MEASURED = {
    "synthetic": "synthetic series",
    "floor": "real series in their place",
    "halves": "halves of the real series",
}


def _measure_draw(names, calls, n_wanted, judges, seed):
    """Return what the first calls of `judge` find, a dict each."""
    # Halves come last: without drift nobody looks at them.
    calls = [*calls][:n_wanted]
    if "predictive_score" in names:
        held_out, _ = calls[0]["comparisons"]["held out"]
        forecast = learn_from_real(held_out, seed=seed, key=judges["key"])
        judges = judges | {"real_forecasts": {"held out": forecast}}
    for call in calls:
        by_reference = judge(names, **call, **judges, seed=seed)
        yield {name: value for of in by_reference.values() for name, value in of.items()}


def _make_scorer(estimator, scoring, horizon, sets, X_held_out):
    """Return what scores on held-out series; None where there are none, or there is nothing to learn."""
    if X_held_out is not None:
        return make_scorer(
            estimator, scoring, sets.X_train, sets.y_train, horizon, caller="evaluate"
        )
    if horizon is not None:
        raise ValueError(
            f"horizon={horizon!r} goes with X_held_out, which is None: the generator has seen all other series."
        )
    return None


@dataclass
class _Counts:
    """How many rows a draw takes of every set: to compare, and to learn from.

    `shared` is how many times as far apart as draws are whole sets of real series, as draws of more than a half of a set
    have rows in common: infinite where they are all the same.
    """

    compared: int
    learned: int
    shared: float = 1.0


def _count_drawn(sets, made, n_samples, n_repeats):
    """Return how many rows each draw takes: as many of all sets.

    Halves of a set differ from each other about as much as it does from another one of its size. All of
    it would be the same rows every time, and so have no spread.
    """
    compared = min(len(sets.train), len(sets.held_out), len(made.scaled))
    learned = min(len(sets.train), len(made.scaled))
    if n_repeats == 1:
        return _Counts(min(n_samples, compared), learned)
    compared, learned = max(compared // 2, FEWEST_TO_COMPARE), max(learned // 2, 2)
    compared = min(n_samples, compared)
    # The variance between draws goes with the share of a set that they leave out, which of halves is one half.
    left_out = np.mean([1 - compared / len(of) for of in (sets.train, sets.held_out)])
    shared = max(1.0, np.sqrt(0.5 / left_out)) if left_out else np.inf
    return _Counts(compared, learned, shared)


@dataclass
class _Made:
    """Synthetic series in the container of the real ones, their targets, the series scaled, and whether targets are classes."""

    X: object
    y: np.ndarray | None
    scaled: np.ndarray
    classes: bool


def _count_made(X):
    """Return how many synthetic series there are; raise for too few."""
    n = len(read_container(X, "evaluate", "X_synthetic", 1)[0])
    if n < FEWEST_TO_COMPARE:
        raise ValueError(
            f"X_synthetic has {n} series, but a comparison needs at least {FEWEST_TO_COMPARE}."
        )
    return n


def _take_made(X, y, n, X_real, sets, scorer):
    """Check the synthetic series and their targets."""
    classes = _hold_classes(sets.y_train) if scorer is None else scorer.task.classes
    # Of halves of the real series one may lack a rare class.
    whole = classes and scorer is not None
    X, y = check_made(X, y, X_real, sets.y_train, n, whole, "X_synthetic", "X_real", "y_synthetic")
    return _Made(X, y, sets.scale(X), classes)


def _hold_classes(y):
    return y is not None and type_of_target(y) in ("binary", "multiclass")


def _calls(sets, made, everything, unseen, counts, seed):
    """Yield the arguments of `judge` for a draw of synthetic series, for real ones in their place, and for halves of these."""
    n = counts.compared
    train, held_out = (sets.draw(which, n, seed) for which in ("train", "held_out"))
    drawn = made.scaled[draw_rows(len(made.scaled), n, seed, "synthetic rows")]
    learn = [
        take(
            X, y, _draw_to_learn(y if made.classes else np.zeros(n_rows), counts.learned, seed, of)
        )
        for X, y, n_rows, of in (
            (sets.X_train, sets.y_train, len(sets.train), "real"),
            (made.X, made.y, len(made.scaled), "synthetic"),
        )
    ]
    yield {
        "comparisons": {"held out": (held_out, drawn)},
        "copying": (everything, drawn, unseen),
        "scored": sets.scored(learn[1]) | {"train": learn[0], "partial": True},
    }
    halves = sets.split_train(seed)
    yield {
        "comparisons": {"held out": (held_out, train)},
        "copying": (*halves, None if unseen is None else sets.held_out),
        "scored": sets.scored(None) | {"train": learn[0]},
    }
    n = min(n, *map(len, halves))
    one, other = (half[draw_rows(len(half), n, seed, "rows of halves")] for half in halves)
    yield {"comparisons": {"held out": (one, other)}, "copying": None, "scored": None}


def _draw_to_learn(labels, n_drawn, seed, of):
    """Draw rows without replacement, of each class its share and one at least."""
    rows = []
    for number, label in enumerate(np.unique(labels)):
        of_label = np.flatnonzero(labels == label)
        n = -(-len(of_label) * n_drawn // len(labels))
        rows.append(of_label[draw_rows(len(of_label), n, seed, f"{of} rows, class {number}")])
    return np.sort(np.concatenate(rows))


def _tabulate(values, floors, counts, halves=None):
    """Bring values, a row each repeat, into the table; `halves` are given where held-out series drifted."""
    of_real_rows = floors.get("TSTR")
    floors = floors.reindex(columns=values.columns)
    for name in SCORES:  # what real rows would reach in their place is one number
        if name in floors:
            floors[name] = of_real_rows
    table = pd.DataFrame(
        {
            "value": values.mean(),
            "value_std": _spread(values),
            "floor": floors.mean(),
            "floor_std": _spread(floors),
        }
    )
    table["verdict"] = _judge_column(table["value"], floors, counts)
    if halves is not None:
        compared = table.loc[halves.columns]
        beside, raised = (_judge_column(compared[of], halves, counts) for of in ("value", "floor"))
        for name, verdict in compared["verdict"].items():
            table.loc[name, "verdict"] = doubt_verdict(verdict, beside[name], raised[name])
    table.index.name = "metric"
    return table


def _spread(values):
    """Return the standard deviation of each column; NaN where a value is infinite."""
    return values.mask(np.isinf(values)).std(skipna=False)


def _judge_column(values, floors, counts):
    """Return a verdict for each value, beside floors with a row each repeat."""
    # Of a difference, if the set varied between draws as real series do; one repeat has none.
    spreads = np.sqrt(2) * _spread(floors).fillna(0)
    # Scores come of other draws, to learn from.
    compared = [name for name in spreads.index if name not in SCORES]
    # That the same rows gave the same every time, a spread of 0, says nothing.
    spreads[compared] = np.inf if np.isinf(counts.shared) else spreads[compared] * counts.shared
    return pd.Series(
        {
            name: judge_value(name, value, floors[name].mean(), spreads[name], counts.compared)
            for name, value in values.items()
        }
    )


def _flag(table, sets, made):
    """Return what is to be said beyond single measures; a score that is good, or may be, is nothing to talk about."""
    values = table["value"].to_dict()
    if "TSTR" in values and table.loc["TSTR", "verdict"] in ("good", "cannot tell"):
        del values["TSTR"]
    missing = describe_classes(made.y, sets.y_train) if made.classes else ""
    flags = [describe_collapse(made.scaled, sets.train), missing]
    return [*filter(None, flags), *flag_set(values, table["floor"].to_dict())]


def _describe_shares(sets, made):
    return describe_shares(made.y, sets.y_train) if made.classes else ""


def _summarise(sets, made, counts, n_repeats):
    steps, channels = sets.train.shape[1:]
    times = (
        "once, so that nothing tells faults from chance" if n_repeats == 1 else f"{n_repeats} times"
    )
    return (
        f"{len(made.scaled):,} synthetic series beside real ones of {steps} steps and {channels} channel(s): "
        f"{counts.compared:,} of each compared, {times}."
    )


def _describe_scores(scorer, lost):
    """Say what scores are, and which could not be computed."""
    said = (
        f"Scores: {scorer.words}. TSTR is trained on synthetic series and tested on held-out real ones, TRTS the other way "
        "round; TR+S is trained on both."
    )
    if lost:
        said += f" {' and '.join(lost)} cannot be computed without series of every class."
    return said
