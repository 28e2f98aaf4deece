"""Is the synthetic data any good? Every display, one verdict in words, and a table of what the package has.

On simulated labelled series (240 of 48 steps and two channels, in three classes), or on Trace with --trace.

Run: python examples/gallery.py [--output outputs] [--trace] [--quick] [--full]
"""

import argparse
import time
from pathlib import Path

import matplotlib
import numpy as np
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score, train_test_split
from sklearn.pipeline import Pipeline, make_pipeline

from sklaug import DirectAugmenter, LatentAugmenter
from sklaug.datasets import load_trace, make_labelled_series
from sklaug.metrics import SeriesFeatures
from sklaug.model_selection import compare_generators, evaluate

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from sklaug.plotting import (
    AugmentationDisplay,
    DistributionDisplay,
    EmbeddingDisplay,
    LatentSpaceDisplay,
    LossCurveDisplay,
    RobustnessDisplay,
    StrengthDisplay,
    TSTRDisplay,
)

STRENGTHS = (0.1, 0.25, 0.5, 1.0, 2.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("outputs"), help="where files go")
    parser.add_argument("--trace", action="store_true", help="on Trace instead")
    parser.add_argument("--quick", action="store_true", help="a few epochs, to see that it works")
    parser.add_argument(
        "--full",
        action="store_true",
        help="all metrics, also those that train networks (15 minutes)",
    )
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)

    start = time.perf_counter()
    X, y, X_test, y_test = load(arguments.trace)
    augmenter = LatentAugmenter(max_epochs=2 if arguments.quick else "auto", random_state=0)
    augmenter.fit(X, y)

    X_new, y_new = augmenter.sample(len(X))
    metrics = "all" if arguments.full else "fast" if arguments.quick else ["fast", "context_fid"]
    held_out = {"X_held_out": X_test, "y_held_out": y_test}
    print(evaluate(X, X_new, y, y_new, **held_out, metrics=metrics, random_state=0), flush=True)

    draw_displays(augmenter, X, y, X_test, y_test, arguments)
    compare(augmenter, X, y, X_test, y_test, metrics, arguments)
    print(f"The whole took {time.perf_counter() - start:.0f} s.")


def load(trace):
    """Return training and test series with their classes."""
    if trace:
        return *load_trace("train"), *load_trace("test")
    X, y = make_labelled_series(
        n_samples=480, n_timepoints=48, n_channels=2, noise=0.2, random_state=0
    )
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.5, stratify=y, random_state=0)
    return X, y, X_test, y_test


def draw_displays(augmenter, X, y, X_test, y_test, arguments):
    """Draw every display into one picture."""
    figure = plt.figure(figsize=(12, 20), layout="constrained")
    rows = figure.subfigures(6, 1, height_ratios=[1.7, 0.8, 0.85, 1.1, 0.85, 0.85])
    n_classes = len(np.unique(y))

    AugmentationDisplay.from_estimator(
        augmenter, X, y, eta=0.5, random_state=0, ax=rows[0].subplots(n_classes, 3)
    )
    rows[0].suptitle("AugmentationDisplay: eta = 0.5, first channel")
    X_new, y_new = augmenter.sample(len(X))
    DistributionDisplay.from_series(X, X_new, X_held_out=X_test, ax=rows[1].subplots(1, 3))
    rows[1].suptitle("DistributionDisplay: sampled series, first channel")
    EmbeddingDisplay.from_series(
        X,
        X_new,
        y_real=y,
        y_synthetic=y_new,
        X_held_out=X_test,
        y_held_out=y_test,
        random_state=0,
        ax=rows[2].subplots(1, n_classes),
    )
    rows[2].suptitle("EmbeddingDisplay")

    left, right = rows[3].subfigures(1, 2, width_ratios=[0.45, 0.55])
    LatentSpaceDisplay.from_estimator(augmenter, X, y, ax=left.subplots())
    left.suptitle("LatentSpaceDisplay")
    LossCurveDisplay.from_estimator(
        augmenter, parts=["reconstruction", "kl"], ax=right.subplots(1, 2)
    )
    right.suptitle("LossCurveDisplay")

    left, right = rows[4].subfigures(1, 2, width_ratios=[0.45, 0.55])
    search, real_score = search_strength(augmenter, X, y, arguments.output)
    StrengthDisplay.from_search(
        search, score_name="accuracy (TSTR)", floor=real_score, ax=left.subplots()
    )
    left.suptitle("StrengthDisplay: a fitted GridSearchCV")
    TSTRDisplay.from_estimator(
        make_classifier(),
        {"latent": augmenter},
        X,
        y,
        cv=3,
        score_name="accuracy",
        random_state=0,
        ax=right.subplots(),
    )
    right.suptitle("TSTRDisplay: 3 folds")

    left, right = rows[5].subfigures(1, 2, width_ratios=[0.45, 0.55])
    changes = ("jitter", "magnitude_warp", "time_warp")
    display = RobustnessDisplay.from_estimator(
        make_classifier().fit(X, y),
        {name: DirectAugmenter(name).fit(X) for name in changes},  # no y: it must not help
        X_test,
        y_test,
        score_name="accuracy",
        random_state=0,
        ax=left.subplots(),
    )
    left.suptitle("RobustnessDisplay: by strength")
    display.plot(right.subplots(), x="distance")
    right.suptitle("and by how far series moved")

    path = arguments.output / "gallery.png"
    figure.savefig(path, dpi=110)
    print(f"\nWritten: {path}")


def search_strength(augmenter, X, y, output):
    """Search the strength of perturbation by the score of a classifier; returns the search and its score on real rows."""
    pipeline = Pipeline(
        [
            ("aug", clone(augmenter).set_params(memory=str(output / "cache"))),
            ("clf", make_classifier()),
        ]
    )
    search = GridSearchCV(pipeline, {"aug__eta": STRENGTHS}, cv=3).fit(X, y)
    return search, cross_val_score(make_classifier(), X, y, cv=3).mean()


def make_classifier():
    return make_pipeline(SeriesFeatures(), RandomForestClassifier(200, random_state=0))


def compare(augmenter, X, y, X_test, y_test, metrics, arguments):
    """Compare what the package has, print the table, and write it with pictures as a page."""
    table = compare_generators(
        {"latent": clone(augmenter)},
        X,
        y,
        X_test=X_test,
        y_test=y_test,
        metrics=metrics,
        n_trainings=1,
        n_repeats=1 if arguments.quick else 3,
        random_state=0,
    )
    print(f"\n{table}")
    table.to_page(arguments.output / "comparison.html")
    table.to_markdown(arguments.output / "comparison.md")
    table.to_csv(arguments.output / "comparison.csv")
    print(f"\nWritten: {arguments.output / 'comparison.html'}, .md and .csv")


if __name__ == "__main__":
    main()
