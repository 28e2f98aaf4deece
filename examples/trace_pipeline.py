"""The main job, end to end: augment series in a pipeline, search the strength, keep the model.

What a classifier learns from synthetic series it must show on real ones (TSTR: train on synthetic,
test on real), beside the same classifier trained on the real series (TRTR). First on Trace, 100
training series of 275 steps in 4 classes; then a regressor on simulated series.

Run: python examples/trace_pipeline.py [--output outputs] [--max-epochs 60]
"""

import argparse
import hashlib
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import joblib
import matplotlib
import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline
from tslearn.neighbors import KNeighborsTimeSeriesClassifier, KNeighborsTimeSeriesRegressor

from sklaug import LatentAugmenter
from sklaug.datasets import load_trace, make_target_series

matplotlib.use("Agg")
import matplotlib.pyplot as plt

STRENGTHS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0)
ENCODERS = ("cnn_gru", "bilstm")
SHOWN = 0.25  # strength in the picture of series: LatentAugmenter's default
WARPING = {"metric": "dtw", "metric_params": {"sakoe_chiba_radius": 20}}
REAL, MADE, PLAIN = "#000000", "#0072B2", "#D55E00"  # colour-blind-safe
LINES = {"cnn_gru": (MADE, "o"), "bilstm": ("#009E73", "s")}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("outputs"), help="where files go")
    parser.add_argument("--max-epochs", type=int, default=60)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)

    start = time.perf_counter()
    search, real_score = classify(arguments.max_epochs)
    draw(search, real_score, arguments.output / "trace_pipeline.png")
    store_and_load(search.best_estimator_["aug"], arguments.output / "augmenter.joblib")
    predict_target(arguments.max_epochs)
    print(f"\nThe whole took {time.perf_counter() - start:.0f} s.")


def classify(max_epochs):
    """Search encoder and strength on Trace; returns the search and TRTR by cross-validation."""
    X, y = load_trace("train")
    X_test, y_test = load_trace("test")
    classifier = KNeighborsTimeSeriesClassifier(n_neighbors=1, **WARPING)
    folds = StratifiedKFold(3)
    print(f"Trace: {len(X)} training and {len(X_test)} test series of {X.shape[1]} steps.")
    print("Classifier: nearest neighbour under dynamic time warping (tslearn).")

    with tempfile.TemporaryDirectory() as cache:
        augmenter = LatentAugmenter(max_epochs=max_epochs, memory=cache, random_state=0)
        search = GridSearchCV(
            Pipeline([("aug", augmenter), ("clf", classifier)]),
            {"aug__encoder": ENCODERS, "aug__eta": STRENGTHS},
            cv=folds,
        )
        start = time.perf_counter()
        search.fit(X, y)
        seconds = time.perf_counter() - start
        n_models = count_cached(cache)
        search.best_estimator_.set_params(aug__memory=None)  # the cache ends here

    real_score = cross_val_score(clone(classifier), X, y, cv=folds).mean()
    print("\nTSTR by 3-fold cross-validation on the training series:")
    results = pd.DataFrame(search.cv_results_)
    table = results.pivot(
        index="param_aug__encoder", columns="param_aug__eta", values="mean_test_score"
    )
    table.columns = [f"eta={eta:g}" for eta in table.columns]
    table["TRTR"] = real_score
    print(table.rename_axis("encoder").loc[list(ENCODERS)].to_string(float_format="{:.3f}".format))

    chosen = search.best_params_
    real_test = clone(classifier).fit(X, y).score(X_test, y_test)
    print(f"\nChosen: encoder={chosen['aug__encoder']}, eta={chosen['aug__eta']:g}")
    print(f"  TSTR on the test series: {search.score(X_test, y_test):.3f}")
    print(f"  TRTR on the test series: {real_test:.3f}")
    n_fits = len(results) * folds.get_n_splits() + 1
    print(f"  {n_models} models trained for {n_fits} fits of the pipeline, in {seconds:.0f} s")
    return search, real_score


def count_cached(cache):
    """Count the trainings that a cache holds: joblib stores each result in one file."""
    return len(list(Path(cache).rglob("output.pkl")))


def predict_target(max_epochs):
    """Search the strength for a regressor on simulated series with a real-valued target."""
    X, y = make_target_series(n_samples=200, n_timepoints=100, random_state=0)
    X, y, X_test, y_test = X[:100], y[:100], X[100:], y[100:]
    regressor = KNeighborsTimeSeriesRegressor(n_neighbors=3, **WARPING)
    augmenter = LatentAugmenter(transformation="drift", max_epochs=max_epochs, random_state=0)
    with tempfile.TemporaryDirectory() as cache:
        search = GridSearchCV(
            Pipeline([("aug", augmenter.set_params(memory=cache)), ("reg", regressor)]),
            {"aug__eta": (0.1, 0.5, 1.0)},
            cv=KFold(3),
        ).fit(X, y)
        n_models = count_cached(cache)
    print("\nA regressor (3 nearest neighbours) on 100 simulated series with a real target:")
    for eta, score in zip((0.1, 0.5, 1.0), search.cv_results_["mean_test_score"], strict=True):
        print(f"  eta={eta:<4} R2 of TSTR by cross-validation {score:.3f}")
    print(f"  TSTR on 100 test series: R2 {search.score(X_test, y_test):.3f}", end="")
    print(f" (eta={search.best_params_['aug__eta']:g})")
    print(f"  TRTR on 100 test series: R2 {clone(regressor).fit(X, y).score(X_test, y_test):.3f}")
    print(f"  {n_models} models trained")


def store_and_load(augmenter, path):
    """Store a fitted augmenter, load it in a new process, and compare what both draw."""
    joblib.dump(augmenter, path)
    here = digest(augmenter)
    script = f"import joblib, trace_pipeline as t; print(t.digest(joblib.load({str(path)!r})))"
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        f"import sys; sys.path.insert(0, {folder()!r}); {script}",
    ]
    there = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    print(f"\nStored in {path} ({path.stat().st_size / 1e3:.0f} kB).")
    if here != there:
        raise RuntimeError(f"A new process draws other series: {there}, here {here}.")
    print(f"Samples drawn here and in a new process are equal, bit for bit ({here[:12]}...).")


def digest(augmenter):
    """Return a fingerprint of 20 sampled series and their labels."""
    X, y = augmenter.sample(20)
    return hashlib.sha256(X.tobytes() + np.asarray(y).tobytes()).hexdigest()


def folder():
    return str(Path(__file__).resolve().parent)


def draw(search, real_score, path):
    """Draw real, reconstructed and augmented series of each class, and the score by strength."""
    X, y = load_trace("train")
    augmenter = search.best_estimator_["aug"]
    reconstructed = augmenter.reconstruct(X, y)
    augmented = [augmenter.augment(X, y, eta=SHOWN, random_state=seed) for seed in range(3)]

    figure = plt.figure(figsize=(12, 5.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.7, 1])
    panels = left.subplots(2, 2, sharex=True, sharey=True)
    for panel, label in zip(panels.flat, augmenter.classes_, strict=True):
        row = np.flatnonzero(y == label)[0]
        for version in augmented:
            (made,) = panel.plot(version[row], color=MADE, linewidth=1, alpha=0.7)
        (real,) = panel.plot(X[row], color=REAL, linewidth=1.8)
        (plain,) = panel.plot(reconstructed[row], color=PLAIN, linestyle="--", linewidth=1)
        panel.set_title(f"class {label}", fontsize=10)
    names = ["real", "reconstructed", f"augmented, jitter of the codes at eta={SHOWN:g} (3 draws)"]
    left.legend([real, plain, made], names, loc="outside upper center", ncols=3, frameon=False)
    left.supxlabel("time step", fontsize=10)
    left.supylabel("value", fontsize=10)

    axes = right.subplots()
    results = pd.DataFrame(search.cv_results_)
    for encoder, (colour, marker) in LINES.items():
        rows = results[results["param_aug__encoder"] == encoder]
        axes.plot(
            rows["param_aug__eta"],
            rows["mean_test_score"],
            color=colour,
            marker=marker,
            label=encoder,
        )
    axes.axhline(real_score, color=REAL, linestyle=":", label="trained on real series")
    axes.set_xlabel("strength eta")
    axes.set_ylabel("accuracy on real series (3-fold)")
    axes.set_title("Classifier trained on augmented series", fontsize=10)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"\nPicture: {path}")


if __name__ == "__main__":
    main()
