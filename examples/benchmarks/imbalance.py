"""Balancing classes: SyntheticOverSampler against doing nothing, class weights, copies and SMOTE.

Five sets with rare classes. A draw is half of the official training rows, class by class, at most 200 and 2 of a class at
least. ToeSegmentation2, whose training half has 18 rows of each class, keeps one row of the rare one for four of the other,
a different one in each draw. All methods make all classes as large as the largest; "all classes" makes all twice as large,
so that the largest gets as many synthetic rows as it has real ones. (These candidates were added after a first round, in which
versions of rare rows alone cost the ridge its accuracy on Earthquakes, within training rows as on the test set: what is made
for one class only is known by being made. What that round chose is on this page too.)

Transformation, residual and strength are chosen once for all sets, within training rows only: models are fitted on one part
of these and judged on the rest, and what has the largest mean of balanced accuracy and macro-F1 over sets, classifiers and
draws is taken, for the latent and the direct augmenters alike. What was chosen, and what runs out of the box, is then
judged on the official test sets.

Run: python examples/benchmarks/imbalance.py [--quick] [--draws 3] [--data PATH]
"""

import tempfile
from collections import Counter
from importlib.metadata import version
from itertools import chain

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from judges import ABOUT, FeatureForest, RocketRidge
from report import Table, parse_arguments
from sets import load_sets
from sklearn.metrics import balanced_accuracy_score, f1_score

from sklaug import DirectAugmenter, InterpolationGenerator, LatentAugmenter, SyntheticOverSampler

NAMES = ("ToeSegmentation2", "MedicalImages", "ECG5000", "Wafer", "Earthquakes")
BALANCED = {"ToeSegmentation2": 1 / 4}  # rows of the rare class for each of the other
SHARE, MOST_ROWS, FEWEST = 0.5, 200, 2
FEWEST_LEARNED = 4  # rows of a class below which SyntheticOverSampler leaves it to its fallback
MOST_JUDGED = 300  # of the training rows that a choice is made on
JUDGES = {"ridge": RocketRidge, "forest": FeatureForest}
BASELINES = ("none", "class weights", "copies", "SMOTE", "interpolation")
SAMPLED = {
    "latent sample": {},
    "latent sample, residual resample": {"residual": "resample"},
}
CHANGED = {
    "latent augment": {},
    "latent augment, mixup 0.5": {"transformation": "mixup", "eta": 0.5},
    "latent augment, mixup 0.5 keep": {"transformation": "mixup", "eta": 0.5, "residual": "keep"},
    "latent augment, time_warp + magnitude_warp 0.25 keep": {
        "transformation": ["time_warp", "magnitude_warp"],
        "eta": 0.25,
        "residual": "keep",
    },
    "latent augment, time_warp 0.25 keep": {
        "transformation": "time_warp",
        "eta": 0.25,
        "residual": "keep",
    },
    "latent augment, magnitude_warp 0.25 keep": {
        "transformation": "magnitude_warp",
        "eta": 0.25,
        "residual": "keep",
    },
    "latent augment, time_warp + mixup 0.25 keep": {
        "transformation": ["time_warp", "mixup"],
        "eta": 0.25,
        "residual": "keep",
    },
}
DIRECT = {
    "direct augment, time_warp 0.1": {"transformation": "time_warp", "eta": 0.1},
    "direct augment, time_warp 0.25": {"transformation": "time_warp", "eta": 0.25},
    "direct augment, mixup 0.5": {"transformation": "mixup", "eta": 0.5},
    "direct augment, time_warp + mixup 0.2": {
        "transformation": ["time_warp", "mixup"],
        "eta": 0.2,
    },
    "direct augment, time_warp + magnitude_warp 0.2": {
        "transformation": ["time_warp", "magnitude_warp"],
        "eta": 0.2,
    },
}
# What is made for rare classes alone tells them apart by being made: so rows for all classes, too.
ALL = ", all classes"
FAMILIES = {
    "latent sample": [*SAMPLED, f"latent sample{ALL}"],
    "latent augment": [
        *CHANGED,
        f"latent augment{ALL}",
        f"latent augment, magnitude_warp 0.25 keep{ALL}",
        f"latent augment, time_warp + magnitude_warp 0.25 keep{ALL}",
    ],
    "direct augment": [
        *DIRECT,
        f"direct augment, time_warp 0.25{ALL}",
        f"direct augment, time_warp + magnitude_warp 0.2{ALL}",
    ],
}
FIRST_ROUND = (
    "latent augment, time_warp + magnitude_warp 0.25 keep",
    "direct augment, time_warp + magnitude_warp 0.2",
)
OUT_OF_THE_BOX = ("latent sample", "latent augment")
SCORES = ["balanced_accuracy", "macro_f1"]


def main():
    arguments = parse_arguments(
        __doc__.splitlines()[0],
        draws={"type": int, "default": 3, "help": "draws of training rows"},
        memory={"default": None, "help": "folder that keeps trained networks between runs"},
        inner={"type": int, "default": 3, "help": "draws within training rows, for the choice"},
    )
    if arguments.quick:
        arguments.draws = arguments.inner = 1
    keys = ["data", "draw", "method", "classifier"]
    candidates = [*BASELINES, *chain.from_iterable(FAMILIES.values())]
    inner = Table(arguments, "imbalance_choice", keys)
    with tempfile.TemporaryDirectory() as temporary:
        memory = arguments.memory or temporary
        fill(inner, arguments, memory, arguments.inner, draw_within, candidates)
        chosen = choose(inner.frame())
        methods = dict.fromkeys([*BASELINES, *OUT_OF_THE_BOX, *FIRST_ROUND, *chosen.values()])
        table = Table(arguments, "imbalance", keys)
        fill(table, arguments, memory, arguments.draws, draw_outside, list(methods))
    write(table, inner, chosen)


def fill(table, arguments, memory, n_draws, draw, methods):
    """Measure what a table lacks."""
    for number in range(n_draws):
        for name, *data in load_sets(arguments, NAMES[:2] if arguments.quick else NAMES):
            key = {"data": name, "draw": number}
            missing = [m for m in methods if not table.has(**key, method=m)]
            if missing:
                rows = draw(*data, BALANCED.get(name), np.random.default_rng(number))
                epochs = 5 if arguments.quick else "auto"
                for row in measure(*rows, missing, number, memory, epochs):
                    table.add(**key, **row)


# -------------------------------------------------------------------------------------------
# Rows
# -------------------------------------------------------------------------------------------


def draw_outside(X, y, X_test, y_test, ratio, rng):
    """Return training rows of a draw, and the official test set."""
    rows = draw_rows(y, find_rare(y_test), ratio, rng)
    return X[rows], y[rows], X_test, y_test


def draw_within(X, y, X_test, y_test, ratio, rng):
    """Return training rows of a draw and other training rows; of the test set only which class is rare is used."""
    if (
        ratio
    ):  # few rows: all of the rare class that would be trained on, and a third of the others left
        y_drawn = np.where(rng.permutation(len(y)) % 3 > 0, y, -99)
        rows = draw_rows(y_drawn, find_rare(y_test), ratio, rng, left_out=-99)
    else:
        rows = draw_rows(y, None, None, rng)
    others = rng.permutation(np.setdiff1d(np.arange(len(y)), rows))[:MOST_JUDGED]
    return X[rows], y[rows], X[others], y[others]


def find_rare(y):
    classes, counts = np.unique(y, return_counts=True)
    return classes[counts.argmin()]


def draw_rows(y, rare, ratio, rng, left_out=None):
    """Draw a share of each class; with a `ratio` all rows but of the rare class."""
    share = min(SHARE, MOST_ROWS / len(y))
    counts = {label: np.sum(y == label) for label in np.unique(y) if label != left_out}
    rows = []
    for label, count in counts.items():
        if ratio is None:
            wanted = max(FEWEST, round(share * count))
        else:
            others = sum(counts.values()) - counts[rare]
            wanted = max(FEWEST_LEARNED, round(ratio * others)) if label == rare else count
        rows.append(rng.permutation(np.flatnonzero(y == label))[:wanted])
    return np.sort(np.concatenate(rows))


# -------------------------------------------------------------------------------------------
# Methods
# -------------------------------------------------------------------------------------------


def measure(X, y, X_test, y_test, methods, seed, memory, epochs):
    """Yield a row for each method and classifier."""
    judges = {name: judge(X, X_test) for name, judge in JUDGES.items()}
    real = {name: judge.describe(X) for name, judge in judges.items()}
    for method in methods:
        X_more, y_more = make_rows(method, X, y, seed, memory, epochs)
        weight = "balanced" if method == "class weights" else None
        for name, judge in judges.items():
            rows = real[name]
            if len(X_more):
                rows = np.concatenate([rows, judge.describe(X_more)])
            predicted = judge.predict(
                rows, np.concatenate([y, y_more]), seed=seed, class_weight=weight, real=len(y)
            )
            yield {
                "method": method,
                "classifier": name,
                "n": len(X),
                "n_added": len(X_more),
                "rarest": min(np.unique(y, return_counts=True)[1]),
                "balanced_accuracy": balanced_accuracy_score(y_test, predicted),
                "macro_f1": f1_score(y_test, predicted, average="macro", labels=np.unique(y_test)),
            }


def make_rows(method, X, y, seed, memory, epochs):
    """Return the rows that a method adds, and their classes."""
    if method in ("none", "class weights"):
        return X[:0], y[:0]
    if method == "SMOTE":
        return over_sample_smote(X, y, seed)
    if method == "copies":
        rows = RandomOverSampler(random_state=seed)
        rows.fit_resample(np.arange(len(y))[:, None], y)
        added = rows.sample_indices_[len(y) :]
        return X[added], y[added]
    sampler = make_sampler(method, seed, memory, epochs)
    X_new, y_new = sampler.fit_resample(X, y)
    return X_new[len(X) :], y_new[len(X) :]


def over_sample_smote(X, y, seed):
    """SMOTE of imbalanced-learn on flattened values, class by class, with fewer neighbours where a class has fewer."""
    classes, counts = np.unique(y, return_counts=True)
    flat, made = X.reshape(len(X), -1), []
    for label, count in zip(classes, counts, strict=True):
        if count < counts.max():
            smote = SMOTE(
                sampling_strategy={label: counts.max()},
                k_neighbors=min(5, count - 1),
                random_state=seed,
            )
            X_new, y_new = smote.fit_resample(flat, y)
            made.append((X_new[len(y) :], y_new[len(y) :]))
    X_more, y_more = (np.concatenate(part) for part in zip(*made, strict=True))
    return X_more.reshape(-1, *X.shape[1:]), y_more


def make_sampler(method, seed, memory, epochs):
    if method == "interpolation":
        return SyntheticOverSampler(InterpolationGenerator(random_state=seed))
    strategy = double if method.endswith(ALL) else "auto"
    method = method.removesuffix(ALL)
    if method in DIRECT:
        augmenter = DirectAugmenter(random_state=seed, **DIRECT[method])
    else:
        parameters = (SAMPLED | CHANGED)[method]
        augmenter = LatentAugmenter(
            max_epochs=epochs, memory=memory, random_state=seed, **parameters
        )
    how = "sample" if method in SAMPLED else "augment"
    return SyntheticOverSampler(augmenter, method=how, sampling_strategy=strategy)


def double(y):
    """Make all classes twice as large as the largest is."""
    counts = Counter(y.tolist())
    return dict.fromkeys(counts, 2 * max(counts.values()))


# -------------------------------------------------------------------------------------------
# Choice and report
# -------------------------------------------------------------------------------------------


def choose(frame):
    """Return the best of each family by the mean of both scores."""
    means = frame.groupby("method")[SCORES].mean().mean(axis=1)
    return {family: means[methods].idxmax() for family, methods in FAMILIES.items()}


def write(table, inner, chosen):
    frame = table.frame()
    within = inner.frame()
    best = max(
        (chosen[family] for family in OUT_OF_THE_BOX),
        key=within.groupby("method")[SCORES].mean().mean(axis=1).get,
    )
    words = ", ".join(f"{family}: `{name}`" for family, name in chosen.items())
    text = (
        f"{__doc__.split('Run:')[0].partition(chr(10))[2].strip()}\n\n{ABOUT} SMOTE and copies are those of imbalanced-learn "
        f"{version('imbalanced-learn')}; SMOTE takes flattened values, and fewer than 5 neighbours where a class has fewer "
        "rows. `class weights` are balanced. Classes of fewer than 4 rows get warped copies from SyntheticOverSampler, "
        "whatever its augmenter. Where rows are added, the ridge has its penalty from the real rows alone, left out one by one "
        "with balanced classes: with versions of a left-out row among the others the smallest penalty always looks best.\n\n"
        f"Chosen within training rows, {within['draw'].nunique()} draws: {words}. Of the latent ones `{best}` is the one that "
        "was chosen, with which others are compared below. Test: "
        f"{frame['draw'].nunique()} draws. `behind` is how far a method is behind it, mean of both scores, "
        "with the half width of a 95 % interval over sets and draws; negative is better. `rank` is by set and classifier, of "
        "the mean of both scores. " + judge_target(frame, best)
    )
    by_set = frame.assign(score=frame[SCORES].mean(axis=1)).pivot_table(
        index="method", columns=["data", "classifier"], values="score", sort=False
    )
    by_set.columns = [" ".join(column) for column in by_set.columns]
    pages = {
        "On test sets": summarise(frame, best),
        "Mean of both scores, by set and classifier": by_set.reset_index(),
        "Within training rows": summarise(within, best).drop(columns=["rank"]),
    }
    table.write("Balancing classes", text, pages)


def summarise(frame, best):
    means = frame.groupby("method", sort=False)[SCORES].mean()
    score = frame[SCORES].mean(axis=1)
    cells = frame.assign(score=score).pivot_table(
        index=["data", "classifier"], columns="method", values="score"
    )
    means["rank"] = cells.rank(axis=1, ascending=False).mean()
    behind = compare(frame, best)
    means["behind"], means["half_width"] = behind["mean"], behind["half_width"]
    return means.sort_values("balanced_accuracy", ascending=False).reset_index()


def compare(frame, best):
    """Return by method how far it is behind `best`: mean over sets and draws, and half the width of its interval."""
    cells = frame.assign(score=frame[SCORES].mean(axis=1)).pivot_table(
        index=["data", "draw"], columns="method", values="score"
    )
    behind = -cells.sub(cells[best], axis=0)
    half = 1.96 * behind.std() / np.sqrt(behind.count())
    return pd.DataFrame({"mean": behind.mean(), "half_width": half})


def judge_target(frame, best):
    others = compare(frame, best).loc[["none", "class weights", "copies", "SMOTE"]]
    better = others[others["mean"] + others["half_width"] < 0]
    if (others["mean"] > 0).all():
        return "The target, best or tied on average of what is not sklaug's, holds: it is the best."
    if better.empty:
        names = ", ".join(others.index[others["mean"] <= 0])
        return f"The target, best or tied on average, holds as a tie: {names} is ahead, but within the interval."
    return (
        f"The target, best or tied on average, does not hold: {', '.join(better.index)} is better."
    )


if __name__ == "__main__":
    main()
