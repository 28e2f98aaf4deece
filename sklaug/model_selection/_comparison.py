"""One table for several generators, beside real series, a memoriser and classical rows."""

import functools
import os
import platform
import sys
import time
import warnings
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils.parallel import Parallel, delayed
from sklearn.utils.validation import check_memory

from sklaug._caching import VERSIONS, fingerprint_package, fingerprint_parts, hash_value
from sklaug._random import derive_seed, draw_seed
from sklaug._validation import caller_level, check_choice, check_flag, check_number, refuse_frozen
from sklaug.generators._bootstrap import BlockBootstrapGenerator
from sklaug.generators._direct import DirectAugmenter
from sklaug.generators._interpolation import InterpolationGenerator
from sklaug.generators._mixture import GaussianMixtureGenerator
from sklaug.generators._replay import ReplayGenerator
from sklaug.meta._parts import MAKES
from sklaug.metrics._panel import MEASURES, choose_measures, keep_applicable
from sklaug.model_selection._draws import fit_and_draw, list_difference
from sklaug.model_selection._judgement import judge, learn_from_real
from sklaug.model_selection._real_sets import (
    FEWEST_TO_COMPARE,
    WIDE_DRIFT,
    describe_drift,
    describe_shared,
    make_sets,
)
from sklaug.model_selection._scores import SCORES, make_scorer
from sklaug.model_selection._table import ComparisonTable, Details
from sklaug.model_selection._verdict import (
    allow_chance,
    describe_classes,
    describe_collapse,
    describe_few,
    find_copies,
    flag_rows,
)

HELD_OUT_FLOOR = "real (held out)"
HALVES_FLOOR = "real (halves)"
FLOORS = (HELD_OUT_FLOOR, HALVES_FLOOR)
BASELINES = {
    "replay": ReplayGenerator,
    "block bootstrap": BlockBootstrapGenerator,
    "PCA + GMM": GaussianMixtureGenerator,
    "interpolation": InterpolationGenerator,
    "direct": DirectAugmenter,
}
_REFERENCES = {"train": "train", "held_out": "held out"}
_COSTS = {
    "fit_seconds": ("Seconds to fit", "lower"),
    "samples_per_second": ("Series drawn a second", "higher"),
    "n_parameters": ("Parameters (or stored values)", "lower"),
}


def compare_generators(
    generators,
    X,
    y=None,
    *,
    X_test=None,
    y_test=None,
    split="auto",
    test_size=0.2,
    gap="auto",
    metrics="all",
    estimator="auto",
    scoring=None,
    horizon=None,
    method="sample",
    baselines=True,
    n_samples=2000,
    n_trainings=3,
    n_repeats=5,
    n_jobs=None,
    memory=None,
    verbose=0,
    random_state=None,
):
    """Fit generators on the same series and measure what they draw, beside real series and classical rows.

    Every generator is fitted on training rows alone. What it draws is compared with training series
    (as the literature does, which a memoriser wins) and with held-out ones. Two kinds of rows make
    the figures readable: real series against real ones (the floor, below which no difference
    means anything), and classical generators: the training rows themselves ("replay"), a block
    bootstrap, principal components with Gaussian mixtures, interpolation between neighbours, and direct
    augmentation.

    Parameters
    ----------
    generators : dict of str to generator
        What to compare, by the names of the rows: estimators with ``fit(X, y)`` and
        ``sample(n_samples, random_state=...)``. They are cloned and get seeds of their own.
    X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or wide DataFrame
        Series. Where they are windows of a long recording, rows must be in order of time.
    y : array-like of shape (n_ts,) or None
        Class labels or real targets.
    X_test, y_test : array-like or None
        Held-out series and targets of an official split; `split`, `test_size` and `gap` then play no role.
    split : {"auto", "time", "blocks", "random"}, default="auto"
        How to hold series out: the last ones after a gap; ten blocks of rows, some held out, with gaps;
        or at random, class by class. "auto" is "time" without `y`, "blocks" with it where rows are windows that
        overlap, else "random".
    test_size : float, default=0.2
        Share of the rows to hold out, between 0 and 1.
    gap : int or "auto", default="auto"
        Rows left out before the held-out ones with ``split="time"``; "auto" is one fewer than a series has steps,
        as for windows that begin one step apart, at most a quarter of the training rows.
    metrics : str or list of str, default="all"
        Names of columns, "all", "fast" (all but those that train networks: "context_fid", "discriminative_score",
        "predictive_score"), or a list, such as ``["fast", "context_fid"]``.
    estimator : "auto", None, or classifier or regressor, default="auto"
        What is trained on synthetic and tested on held-out real rows. "auto" is a random forest on
        `sklaug.metrics.SeriesFeatures` where there is `y`, a classifier if `y` holds words or whole numbers; None
        leaves these scores out. Pass a regressor where whole numbers are amounts.
    scoring : str, callable or None, default=None
        Any scorer of scikit-learn; None is the estimator's own. With ``estimator="auto"`` None is the balanced accuracy for
        classes, in which a rare one counts as much as any other.
    horizon : int or None, default=None
        Without `y`: steps at the end of each window that `estimator`, a regressor, forecasts from those before.
    method : {"sample", "augment"}, default="sample"
        Draw new series, or versions of training rows where a generator can.
    baselines : bool, default=True
        Whether to add the classical rows.
    n_samples : int, default=2000
        Most series on each side of a comparison, 10 or more; fewer if fewer are held out. All rows of the table have as many.
    n_trainings : int, default=3
        Fits of each generator, with different seeds; at most `n_repeats`.
    n_repeats : int, default=5
        Evaluations, each on a new draw of real and synthetic rows; they take the trainings in turn.
    n_jobs : int or None, default=None
        Processes for fits and evaluations.
    memory : None, str or joblib.Memory, default=None
        Where to keep fitted generators, what they draw, and each figure, so that a broken-off comparison goes on
        where it was, and another generator, metric or repeat costs only what is new. Needs an int `random_state`.
        Seconds are those of the first run. With another version of this package nothing is found. A generator that
        cannot be pickled once it is fitted is fitted again whenever something new is to be drawn from it; nothing is kept
        that needs an unfitted generator, an estimator or a scorer that cannot be pickled.
    verbose : int, default=0
        1 prints a line for every fit and evaluation.
    random_state : int, RandomState instance or None, default=None
        Seed of everything.

    Returns
    -------
    ComparisonTable
        A DataFrame with a row for each set of real series, for each of `generators` and for each baseline, in this
        order, and columns (metric, reference, statistic); its `details_` say the rest. It prints as a readable table;
        `to_markdown`, `to_csv` and `to_page` export it.

    Raises
    ------
    ValueError
        For names that collide, too few rows, sets that do not go together, an unknown metric or split, or a
        generator that returns NaN or infinity.
    TypeError
        If `generators` is no dict of unfitted generators, or `estimator` no estimator.

    Warns
    -----
    UserWarning
        If `memory` is set and `random_state` is not an int, or something cannot be pickled.

    See Also
    --------
    evaluate : The same for one set of synthetic series.
    tstr_score : Train on synthetic, test on real, cross-validated.

    Notes
    -----
    Values are scaled to [0, 1] by the training series, channel by channel. The encoder of Context-FID is
    trained once, on training series. Seconds depend on the machine: compare them within a table.

    A mean is that over the trainings of their means, so that each training weighs the same where `n_repeats` is no
    multiple of `n_trainings`; the rows of real series weigh their evaluations alike. A standard deviation is that of all
    evaluations of a row (for costs, of all trainings), with one degree of freedom less, so it holds the luck of training
    and of drawing together.

    A score that does not exist for a generator that never drew some class, such as the area under the ROC curve, is
    NaN in its row, and a flag names the class. It is NaN too if that happens in a single evaluation: a mean of the
    others would flatter.

    Examples
    --------
    >>> from sklaug import LatentAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.model_selection import compare_generators
    >>> X, y = make_labelled_series(n_samples=60, n_timepoints=24, random_state=0)
    >>> table = compare_generators(
    ...     {"latent": LatentAugmenter(max_epochs=2)},
    ...     X,
    ...     y,
    ...     metrics=["spectral_difference", "authenticity"],
    ...     n_trainings=1,
    ...     n_repeats=2,
    ...     random_state=0,
    ... )
    >>> list(table.index)[:3]
    ['real (held out)', 'latent', 'replay']
    >>> float(table.loc["replay", ("authenticity", "train", "mean")])
    0.0
    """
    start = time.perf_counter()
    names = choose_measures(metrics)
    check_choice("method", method, MAKES)
    check_flag("baselines", baselines)
    check_number("n_samples", n_samples, low=FEWEST_TO_COMPARE, whole=True)
    check_number("n_trainings", n_trainings, low=1, whole=True)
    check_number("n_repeats", n_repeats, low=1, whole=True)
    rows = _collect_rows(generators, baselines)
    memory = check_memory(memory)
    if memory.location is not None and not isinstance(random_state, Integral):
        warnings.warn(
            "memory is set but random_state is not an int, so nothing will be found in the cache. Set random_state.",
            UserWarning,
            stacklevel=2,
        )
    seed = draw_seed(random_state)
    sets = make_sets(
        X,
        y,
        X_test,
        y_test,
        split=split,
        test_size=test_size,
        gap=gap,
        seed=seed,
        caller="compare_generators",
        names=("X", "y", "X_test", "y_test"),
    )
    names = keep_applicable(names, sets.train)
    scorer = make_scorer(
        estimator, scoring, sets.X_train, sets.y_train, horizon, caller="compare_generators"
    )
    if memory.location is not None:
        _warn_of_unkept(rows, scorer)
    repeats = [_repeat_seed(seed, repeat) for repeat in range(n_repeats)]
    n_compared = sets.count_compared(n_samples, repeats if sets.in_order else ())
    plan = _Plan(
        names=names,
        method=method,
        n_compared=n_compared,
        n_drawn=n_compared if scorer is None else max(n_compared, len(sets.train)),
        n_trainings=min(n_trainings, n_repeats),
        n_repeats=n_repeats,
        scorer=scorer,
        encoder=sets.fit_encoder(seed, memory) if "context_fid" in names else None,
        origin=VERSIONS | {"package": fingerprint_package()},
        memory=memory,
        n_jobs=n_jobs,
        verbose=verbose,
        seed=seed,
    )
    drawn, costs = _draw_all(rows, sets, plan)
    records = costs + _judge_all(drawn, sets, plan)
    return _tabulate(pd.DataFrame(records), drawn, sets, plan, time.perf_counter() - start)


# -------------------------------------------------------------------------------------------
# What is compared, and how
# -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Plan:
    """How a comparison is run.

    Attributes
    ----------
    names : list of str
        Measures.
    method : str
        "sample" or "augment".
    n_compared, n_drawn : int
        Series on each side of a comparison, and in each set that is drawn.
    n_trainings, n_repeats : int
        Fits, and evaluations that take them in turn.
    scorer : HeldOutScorer or None
        For scores on held-out rows.
    encoder : ContextEncoder or None
        Fitted, for Context-FID.
    origin : dict
        Versions of the libraries, and a fingerprint of this one.
    memory : joblib.Memory
        Where results are kept.
    n_jobs, verbose, seed : int
        As for `compare_generators`.
    """

    names: list
    method: str
    n_compared: int
    n_drawn: int
    n_trainings: int
    n_repeats: int
    scorer: object
    encoder: object
    origin: dict
    memory: object
    n_jobs: int | None
    verbose: int
    seed: int

    def repeat_seed(self, repeat):
        """Return the seed of an evaluation, for all rows alike."""
        return _repeat_seed(self.seed, repeat)

    def training_seed(self, training):
        """Return the seed of a fit, for all generators alike."""
        return derive_seed(self.seed, f"training {training}") % 2**31

    def run(self, function, calls, describe):
        """Call a function with each of some keywords, in processes if there are any; yields results in order."""
        run = delayed(functools.partial(function, memory=self.memory))
        # Arrays travel as they are: a cache takes one that a process maps from a file for another.
        parallel = Parallel(n_jobs=self.n_jobs, return_as="generator", max_nbytes=None)
        jobs = parallel(run(**call) for call in calls)
        for number, (call, result) in enumerate(zip(calls, jobs, strict=True), start=1):
            if self.verbose:
                sys.stdout.write(f"[{number}/{len(calls)}] {describe(call, result)}\n")
                sys.stdout.flush()
            yield result


def _repeat_seed(seed, repeat):
    return derive_seed(seed, f"evaluation {repeat}") % 2**31


def _collect_rows(generators, baselines):
    """Return all rows but the floors: the caller's, then the classical ones."""
    if not isinstance(generators, dict) or not all(isinstance(name, str) for name in generators):
        raise TypeError(
            'generators must be a dict from names to generators, such as {"latent": LatentAugmenter()}, got '
            f"{type(generators).__name__}."
        )
    classical = {name: make() for name, make in BASELINES.items()} if baselines else {}
    taken = [name for name in generators if name in classical or name in FLOORS]
    if taken:
        raise ValueError(
            f"The name {taken[0]!r} is that of a row which compare_generators adds. Call yours otherwise."
        )
    for name, generator in generators.items():
        if isinstance(generator, type):
            raise TypeError(
                f"generators[{name!r}] is a class. Pass an instance: {generator.__name__}()."
            )
        if not hasattr(generator, "sample") or not hasattr(generator, "fit"):
            raise TypeError(
                f"generators[{name!r}] is {generator!r}, which has no fit and sample. Pass an unfitted generator."
            )
        refuse_frozen(generator, f"generators[{name!r}]")
    rows = generators | classical
    if not rows:
        raise ValueError("There is nothing to compare: generators is empty and baselines=False.")
    return rows


def _warn_of_unkept(rows, scorer):
    """Warn of what no cache can tell from another of its kind, and so cannot keep."""
    lost = [f"generators[{name!r}]" for name, row in rows.items() if hash_value(row) is None]
    if scorer is not None and hash_value(scorer) is None:
        lost.append("estimator or scoring")
    if lost:
        warnings.warn(
            f"memory keeps nothing that needs {_enumerate(lost)}, as pickle cannot take what is in there, such as a lambda. "
            "Write functions by def, at the top of a module.",
            UserWarning,
            stacklevel=caller_level(),
        )


# -------------------------------------------------------------------------------------------
# Draws
# -------------------------------------------------------------------------------------------


def _draw_all(rows, sets, plan):
    """Fit every generator and draw from it; returns a list of sets for each row, one an evaluation, and the costs."""
    cells = [(name, training) for name in rows for training in range(plan.n_trainings)]
    repeats = {
        training: range(training, plan.n_repeats, plan.n_trainings)
        for training in range(plan.n_trainings)
    }
    calls = [
        {
            "generator": rows[name],
            "X": sets.X_train,
            "y": sets.y_train,
            "draws": [(plan.n_drawn, plan.repeat_seed(repeat)) for repeat in repeats[training]],
            "method": plan.method,
            "classes": plan.scorer is not None and plan.scorer.task.classes,
            "name": name,
            "seed": plan.training_seed(training),
            "key": plan.origin | {"code": fingerprint_parts(rows[name])},
        }
        for name, training in cells
    ]
    where = iter(cells)

    def describe(call, result):
        name, training = next(where)
        return (
            f"{name}, training {training + 1} of {plan.n_trainings}: {result['fit_seconds']:.1f} s, "
            f"{len(result['sets'])} sets of {plan.n_drawn} in {sum(result['sample_seconds']):.1f} s"
        )

    drawn, costs = {name: [None] * plan.n_repeats for name in rows}, []
    results = plan.run(fit_and_draw, calls, describe)
    for (name, training), result in zip(cells, results, strict=True):
        seconds = np.median(result["sample_seconds"])
        cost = {
            "fit_seconds": result["fit_seconds"],
            "samples_per_second": plan.n_drawn / max(seconds, 1e-9),
            "n_parameters": result["n_parameters"],
        }
        costs += _record(name, training, None, "", cost)
        for repeat, (X, y) in zip(repeats[training], result["sets"], strict=True):
            drawn[name][repeat] = (X, y)
    return drawn, costs


def _record(name, training, repeat, reference, values):
    return [
        {
            "generator": name,
            "training": training,
            "repeat": repeat,
            "metric": metric,
            "reference": reference,
            "value": np.nan if value is None else float(value),
        }
        for metric, value in values.items()
    ]


# -------------------------------------------------------------------------------------------
# Judgement
# -------------------------------------------------------------------------------------------


def _judge_all(drawn, sets, plan):
    """Measure every drawn set, and the floors."""
    forecasts = _learn_from_real(sets, plan)
    calls, cells = [], []
    for repeat in range(plan.n_repeats):
        for name, call in _calls_of_repeat(drawn, sets, plan, repeat, forecasts[repeat]):
            training = repeat % plan.n_trainings if name in drawn else None
            cells.append((name, training, repeat))
            calls.append(call)
    where = iter(cells)

    def describe(call, result):
        name, _, repeat = next(where)
        return f"{name}, evaluation {repeat + 1} of {plan.n_repeats}"

    records = []
    results = plan.run(judge, calls, describe)
    for (name, training, repeat), by_reference in zip(cells, results, strict=True):
        for reference, values in by_reference.items():
            records += _record(name, training, repeat, reference, values)
    return records


def _learn_from_real(sets, plan):
    """Return what all rows of a table need to know of the real series they are compared with: a dict by reference a repeat."""
    forecasts = [{} for _ in range(plan.n_repeats)]
    if "predictive_score" not in plan.names:
        return forecasts
    cells = [(repeat, which) for repeat in range(plan.n_repeats) for which in _REFERENCES]
    calls = []
    for repeat, which in cells:
        seed = plan.repeat_seed(repeat)
        real = sets.draw(which, plan.n_compared, seed)
        calls.append({"real": real, "seed": seed, "key": plan.origin})
    where = iter(cells)

    def describe(call, result):
        repeat, which = next(where)
        return f"forecasts of real series, {_REFERENCES[which]}, evaluation {repeat + 1} of {plan.n_repeats}"

    for (repeat, which), forecast in zip(
        cells, plan.run(learn_from_real, calls, describe), strict=True
    ):
        forecasts[repeat][_REFERENCES[which]] = forecast
    return forecasts


def _calls_of_repeat(drawn, sets, plan, repeat, forecasts):
    """Yield the name of each row with the arguments of `judge`; the real series are the same for all rows."""
    n, seed = plan.n_compared, plan.repeat_seed(repeat)
    shared = {
        "names": plan.names,
        "encoder": plan.encoder,
        "scorer": plan.scorer,
        "seed": seed,
        "key": plan.origin,
        "real_forecasts": forecasts,
    }
    train, held_out = (sets.draw(which, n, seed) for which in _REFERENCES)

    yield (
        HELD_OUT_FLOOR,
        shared
        | {"comparisons": {"train": (train, held_out), "held out": (held_out, train)}}
        | {"copying": (*sets.split_train(seed), sets.held_out), "scored": sets.scored(None)},
    )
    if sets.in_order:
        halves = sets.halves(n, seed)
        yield (
            HALVES_FLOOR,
            shared | {"comparisons": {"train": halves}, "copying": None, "scored": None},
        )
    for name, draws in drawn.items():
        X, y = draws[repeat]
        synthetic = sets.scale(X)[:n]
        yield (
            name,
            shared
            | {"comparisons": {"train": (train, synthetic), "held out": (held_out, synthetic)}}
            | {"copying": (sets.train, synthetic, sets.held_out)}
            | {"scored": sets.scored((X, y)) | {"partial": True}},
        )


# -------------------------------------------------------------------------------------------
# The table
# -------------------------------------------------------------------------------------------


def _tabulate(records, drawn, sets, plan, seconds):
    """Bring all records into the table."""
    wide = _average(records, plan.n_trainings).stack().unstack(["metric", "reference", None])
    titles = {name: MEASURES[name].title for name in plan.names}
    titles |= SCORES | {name: title for name, (title, _) in _COSTS.items()}
    columns = [
        (metric, reference, statistic)
        for metric in titles
        for reference in ("train", "held out", "")
        for statistic in ("mean", "std")
        if (metric, reference, statistic) in wide.columns
    ]
    floors = tuple(name for name in FLOORS if name in wide.index)
    table = ComparisonTable(wide.loc[[*floors, *drawn], columns])
    table.index.name = "generator"
    table.columns.names = ["metric", "reference", "statistic"]
    means = table.xs("mean", axis=1, level="statistic")
    table.details_ = Details(
        titles={metric: title for metric, title in titles.items() if metric in wide.columns},
        better={name: MEASURES[name].best for name in plan.names}
        | dict.fromkeys(SCORES, "higher")
        | {name: better for name, (_, better) in _COSTS.items()},
        floors=floors,
        baselines=tuple(name for name in BASELINES if name in drawn),
        flags=_join_flags(
            flag_rows(means, HELD_OUT_FLOOR, floors),
            _flag_collapsed(drawn, sets),
            _flag_missing(records, drawn, sets, plan),
        ),
        caveats=_caveats(plan, sets),
        settings=_settings(plan, sets, seconds),
        records=records,
        X_train=sets.X_train,
        y_train=sets.y_train,
        X_held_out=sets.X_held_out,
        y_held_out=sets.y_held_out,
        series={name: draws[0] for name, draws in drawn.items()},
        copies=find_copies(means, HELD_OUT_FLOOR, floors),
        allowances={name: allow_chance(name, plan.n_compared) for name in plan.names},
        unranked=tuple(name for name in plan.names if MEASURES[name].of_training),
    )
    return table


def _average(records, n_trainings):
    """Return mean and standard deviation by generator, metric and reference; NaN where any value is, so that none flatters.

    Each training weighs the same in a mean. Floors have none, and take the weights of the rows beside them.
    """
    keys = ["generator", "metric", "reference"]
    turns = records["repeat"].mod(n_trainings).fillna(records["training"]).rename("turn")
    of_turns = records.groupby([*keys, turns], sort=False)["value"].apply(_mean)
    mean = of_turns.groupby(level=keys, sort=False).apply(_mean)
    std = records.groupby(keys, sort=False)["value"].apply(lambda values: values.std(skipna=False))
    return pd.DataFrame({"mean": mean, "std": std})


def _mean(values):
    return values.mean(skipna=False)


def _join_flags(*flags):
    """Return the sentences on each row, of several sources."""
    rows = dict.fromkeys(row for some in flags for row in some)
    return {row: [said for some in flags for said in some.get(row, ())] for row in rows}


def _flag_collapsed(drawn, sets):
    """Return a sentence on each row whose first set repeats itself."""
    said = {
        name: describe_collapse(sets.scale(X), sets.train) for name, ((X, _), *_) in drawn.items()
    }
    return {name: [sentence] for name, sentence in said.items() if sentence}


def _flag_missing(records, drawn, sets, plan):
    """Return sentences on each row that draws some class too seldom, or that has no score for want of one."""
    if plan.scorer is None or not plan.scorer.task.classes:
        return {}
    of_scores = records["metric"].isin(SCORES) & records["value"].isna()
    unknown = set(
        records.loc[of_scores, ["generator", "metric"]].itertuples(index=False, name=None)
    )
    flags = {}
    for name, draws in drawn.items():
        labels = [y for _, y in draws]
        lost = [score for score in SCORES if (name, score) in unknown]
        said = [describe_classes(np.concatenate(labels), sets.y_train)]
        said.append(_describe_lost(lost, labels, sets.y_train))
        flags[name] = [sentence for sentence in said if sentence]
    return {name: said for name, said in flags.items() if said}


def _describe_lost(lost, labels, y_train):
    """Say which scores do not exist for a generator, and of which classes it drew no series in how many evaluations."""
    if not lost:
        return ""
    missing = [list_difference(y_train, drawn) for drawn in labels]
    classes = sorted({label for some in missing for label in some})
    kind = "class" if len(classes) == 1 else "classes"
    return (
        f"has no {_enumerate(lost)}, which cannot be computed without series of each class: none of {kind} "
        f"{_enumerate(classes)} in {sum(map(bool, missing))} of {_count(len(missing), 'evaluation')}"
    )


def _enumerate(words):
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _caveats(plan, sets):
    """Say what the table cannot see."""
    said = [
        "Against the training series a generator that copies them wins: read the held-out column, and the flags.",
        f"{HELD_OUT_FLOOR} is real against real: differences below it mean nothing.",
    ]
    if sets.in_order:
        said.append(
            f"{HELD_OUT_FLOOR} holds series of another time, which may differ. {HALVES_FLOOR} compares blocks of the "
            "training series with other blocks of them, so it says how much they differ among themselves. A generator "
            "draws from all of their time, and may come nearer."
        )
    said += filter(None, [describe_few(plan.n_compared), describe_shared(sets.shared)])
    drift = sets.measure_drift(plan.seed)
    if drift > WIDE_DRIFT:
        said.append(describe_drift(drift))
    if plan.scorer is not None:
        said.append(
            "TR+S cannot see a broken generator: real rows are in it, and noise beside them does little harm. Rank "
            "generators by TSTR."
        )
    return said


def _settings(plan, sets, seconds):
    """Say what was compared, and how."""
    shape = "x".join(map(str, sets.train.shape[1:]))
    versions = " ".join(f"{name} {version}" for name, version in VERSIONS.items())
    return {
        "series": f"{len(sets.train)} to train on and {len(sets.held_out)} held out, {shape} (steps x channels)",
        "split": sets.how,
        "compared": f"{plan.n_compared} series on each side, values scaled to [0, 1] by the training series",
        "repeats": f"{_count(plan.n_repeats, 'evaluation')} of {_count(plan.n_trainings, 'training')}; mean, to which each "
        "training adds the same, and standard deviation of all evaluations",
        "scores": "none" if plan.scorer is None else plan.scorer.words,
        "drawn by": plan.method,
        "seed": str(plan.seed),
        "versions": f"{versions} Python {platform.python_version()}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, one torch thread",
        "seconds": f"{seconds:.0f}",
    }


def _count(number, word):
    return f"{number} {word}" + ("" if number == 1 else "s")
