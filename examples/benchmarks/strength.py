"""What strength does to Trace, transformation by transformation, and whether TSTR can be trusted.

For each transformation: the distance from the reconstruction at rising eta with the same noise, and
the test TSTR at the eta (0.1 or more) that cross-validation on the training rows chooses. Then two
attempts to break the score: shuffled labels and pure noise must score like guessing.

Run: python examples/benchmarks/strength.py [--quick] [--seeds 3]
"""

import tempfile

import numpy as np
import pandas as pd
from report import Table, parse_arguments
from scipy.stats import spearmanr
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import Pipeline
from tslearn.neighbors import KNeighborsTimeSeriesClassifier

from sklaug import LatentAugmenter
from sklaug.datasets import load_trace
from sklaug.transforms import TRANSFORMS

STRENGTHS = (0, 0.1, 0.25, 0.5, 1, 1.5, 2)
ADDITIVE = ("jitter", "drift", "trend")


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    table = Table(arguments, "strength", ["kind", "transformation", "seed"])
    X, y, X_test, y_test = load_sets()
    real = make_classifier().fit(X, y).score(X_test, y_test)
    seeds = range(1 if arguments.quick else arguments.seeds)
    names = ["jitter", "mixup"] if arguments.quick else list(TRANSFORMS)
    epochs = 5 if arguments.quick else "auto"
    with tempfile.TemporaryDirectory() as cache:
        for seed in seeds:
            augmenter = LatentAugmenter(max_epochs=epochs, memory=cache, random_state=seed)
            for name in names:
                if not table.has(kind="strength", transformation=name, seed=seed):
                    measure(augmenter.set_params(transformation=name), name, seed, real, table)
            if not table.has(kind="control", transformation="shuffled labels", seed=seed):
                control(augmenter.set_params(transformation="jitter"), seed, real, table)
    write(table)


def load_sets():
    return *load_trace("train"), *load_trace("test")


def make_classifier():
    return KNeighborsTimeSeriesClassifier(
        n_neighbors=1, metric="dtw", metric_params={"sakoe_chiba_radius": 20}
    )


def measure(augmenter, name, seed, real, table):
    X, y, X_test, y_test = load_sets()
    chosen = choose_strength(augmenter, X, y)
    augmenter.fit(X, y)
    plain = augmenter.reconstruct(X, y)
    distances = [rms(augmenter.augment(X, y, eta=eta) - plain) for eta in STRENGTHS]
    table.add(
        kind="strength",
        transformation=name,
        seed=seed,
        **{f"distance at {eta:g}": d for eta, d in zip(STRENGTHS, distances, strict=True)},
        rank_correlation=float(spearmanr(STRENGTHS, distances)[0]),
        ratio_1_to_01=distances[4] / distances[1],
        chosen_eta=chosen,
        tstr=tstr(augmenter, X, y, X_test, y_test, chosen),
        tstr_at_2=tstr(augmenter, X, y, X_test, y_test, 2),
        trtr=real,
    )


def choose_strength(augmenter, X, y):
    """Choose eta >= 0.1 by cross-validation on the training rows."""
    pipeline = Pipeline([("aug", augmenter), ("clf", make_classifier())])
    grid = {"aug__eta": STRENGTHS[1:]}
    search = GridSearchCV(pipeline, grid, cv=StratifiedKFold(3), refit=False).fit(X, y)
    return float(
        search.cv_results_["param_aug__eta"][np.argmin(search.cv_results_["rank_test_score"])]
    )


def rms(difference):
    """Root of the mean square over time, then the mean over series."""
    return float(np.sqrt((difference**2).mean(axis=1)).mean())


def tstr(augmenter, X, y, X_test, y_test, eta):
    return make_classifier().fit(augmenter.augment(X, y, eta=eta), y).score(X_test, y_test)


def control(augmenter, seed, real, table):
    """Score what must not work: a fit on shuffled labels, and a fit on noise in place of series."""
    X, y, X_test, y_test = load_sets()
    rng = np.random.default_rng(seed)
    noise = X.mean() + X.std() * rng.standard_normal(X.shape)
    for name, series, labels in [("shuffled labels", X, rng.permutation(y)), ("noise", noise, y)]:
        augmenter.fit(series, labels)
        score = tstr(augmenter, series, labels, X_test, y_test, 0.1)
        table.add(kind="control", transformation=name, seed=seed, tstr=score, trtr=real)


def write(table):
    rows = table.frame()
    strengths, controls = rows[rows["kind"] == "strength"], rows[rows["kind"] == "control"]
    means = strengths.groupby("transformation", sort=False)
    distances = means[[f"distance at {eta:g}" for eta in STRENGTHS]].mean()
    distances["lowest rank correlation"] = means["rank_correlation"].min()
    distances["lowest ratio 1 : 0.1"] = means["ratio_1_to_01"].min()
    scores = means.agg(
        seeds=("seed", "size"),
        chosen_eta=("chosen_eta", lambda values: ", ".join(f"{value:g}" for value in values)),
        tstr=("tstr", "mean"),
        lowest_tstr=("tstr", "min"),
        tstr_at_2=("tstr_at_2", "mean"),
        trtr=("trtr", "mean"),
    )
    table.write(
        "Strength on Trace",
        'LatentAugmenter out of the box, residual="drop". Distances are root mean squares from the '
        "reconstruction, averaged over the training series, in the units of the data (standard "
        "deviation 1), with the same noise at every eta. The classifier is the nearest neighbour under "
        "dynamic time warping; `chosen_eta` (0.1 or more, one a seed) has the best 3-fold TSTR on the "
        "training rows, `tstr` is its accuracy on the official test series.",
        {
            "Distance from the reconstruction": distances.reset_index(),
            "TSTR": scores.reset_index(),
            "What must score like guessing (4 classes)": pd.DataFrame(
                controls.groupby("transformation", sort=False)[["tstr", "trtr"]].mean()
            ).reset_index(),
        },
    )


if __name__ == "__main__":
    main()
