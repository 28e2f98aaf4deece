"""TSTR: classifiers trained on latent samples alone, as many as there are training rows, against real training rows.

LatentAugmenter is fitted on the full training set, and `sample` draws a new series for the label of each row. Classifiers are
scored on the official test set, trained on these (TSTR) and on the real rows (TRTR). Samples are drawn out of the box, from
Gaussian mixtures of the codes, and from kernels around the codes of training rows (`prior=ManifoldParzen()`, its bandwidth
chosen on halves of training sets); each also with the residual of a training row of the class (`residual="resample"`).
Reconstructions tell what the network loses from what the density of codes does. Authenticity is the share of series that lie
farther from their nearest training row than that lies from its own; that of the test series stands beside it. Labels are then
shuffled, for three sets with classes of about equal size: TSTR must fall to chance.

Run: python examples/benchmarks/tstr.py [--quick] [--seeds 3] [--data PATH]
"""

import tempfile

import numpy as np
from judges import ABOUT, FeatureForest, Neighbour, RocketRidge
from report import Table, parse_arguments
from sets import load_sets

from sklaug import LatentAugmenter
from sklaug.density import ManifoldParzen
from sklaug.metrics import authenticity

NAMES = (
    "ItalyPowerDemand",
    "ERing",
    "CBF",
    "GunPoint",
    "ECG200",
    "RacketSports",
    "Trace",
    "ToeSegmentation2",
    "SyntheticControl",
    "JapaneseVowels",
    "Epilepsy",
    "MedicalImages",
    "ECG5000",
    "Wafer",
    "Earthquakes",
)
SHUFFLED = ("ItalyPowerDemand", "Trace", "SyntheticControl")
JUDGES = {"dtw": Neighbour, "ridge": RocketRidge, "forest": FeatureForest}
# The nearest neighbour compares all pairs: so many rows of each side at most, drawn by the seed.
MOST_ROWS = 300
TARGET = 0.95
MADE = {
    "samples": (None, "drop", "sample"),
    "samples, residual resample": (None, "resample", "sample"),
    "samples, Parzen windows": (ManifoldParzen(), "drop", "sample"),
    "samples, Parzen windows, residual resample": (ManifoldParzen(), "resample", "sample"),
    "reconstructions": (None, "drop", "augment"),
}


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    table = Table(arguments, "tstr", ["data", "labels", "seed", "made"])
    for seed in range(1 if arguments.quick else arguments.seeds):
        for name, *data in load_sets(arguments, NAMES[:2] if arguments.quick else NAMES):
            for labels in ("true", "shuffled") if name in SHUFFLED else ("true",):
                key = {"data": name, "labels": labels, "seed": seed}
                missing = [m for m in MADE if not table.has(**key, made=m)]
                if missing:
                    epochs = 5 if arguments.quick else "auto"
                    for row in measure(*data, labels, seed, epochs, missing):
                        table.add(**key, **row)
    write(table)


def measure(X, y, X_test, y_test, labels, seed, epochs, kinds):
    """Yield for each kind of series the accuracy of each classifier, trained on real rows and on these."""
    learned = y if labels == "true" else np.random.default_rng(seed).permutation(y)
    judges = make_judges(X, X_test, len(y_test), seed)
    real = score(judges, X, y, y_test, seed)
    trtr = {f"trtr_{judge}": accuracy for judge, accuracy in real.items()}
    about = {
        "n": len(y),
        "n_classes": len(np.unique(y)),
        "agree": np.mean(learned == y),
        "authenticity_test": authenticity(X, X_test),
    }
    with tempfile.TemporaryDirectory() as memory:
        for kind in kinds:
            prior, residual, how = MADE[kind]
            # One training for all. With "resample" at fit, as residuals are to be stored.
            augmenter = LatentAugmenter(
                prior=prior,
                max_epochs=epochs,
                residual="resample",
                memory=memory,
                random_state=seed,
            )
            augmenter.fit(X, learned).set_params(residual=residual)
            if how == "sample":
                made, _ = augmenter.sample(len(y), learned)
            else:
                made = augmenter.augment(X, learned, eta=0)
            accuracies = score(judges, made, learned, y_test, seed)
            tstr = {f"tstr_{judge}": accuracy for judge, accuracy in accuracies.items()}
            tstr["authenticity"] = authenticity(X, made)
            yield {"made": kind, **about, **trtr, **tstr}


def make_judges(X, X_test, n_test, seed):
    """Return each classifier with the rows that it takes of training and of test set."""
    judges = {}
    for name, judge in JUDGES.items():
        if name == "ridge" and isinstance(X, list):
            continue  # MiniRocket takes series of one length
        most = MOST_ROWS if name == "dtw" else None
        rows, tested = draw(len(X), most, seed), draw(n_test, most, seed)
        judges[name] = judge(take(X, rows), take(X_test, tested)), rows, tested
    return judges


def score(judges, X, y, y_test, seed):
    accuracy = {}
    for name, (judge, rows, tested) in judges.items():
        predicted = judge.predict(judge.describe(take(X, rows)), y[rows], seed=seed)
        accuracy[name] = np.mean(predicted == y_test[tested])
    return accuracy


def draw(n_rows, most, seed):
    if most is None or n_rows <= most:
        return np.arange(n_rows)
    return np.sort(np.random.default_rng(seed).permutation(n_rows)[:most])


def take(X, rows):
    return [X[row] for row in rows] if isinstance(X, list) else X[rows]


def write(table):
    frame = table.frame()
    for name in JUDGES:
        frame[f"ratio_{name}"] = frame[f"tstr_{name}"] / frame[f"trtr_{name}"]
    ratios = [f"ratio_{name}" for name in JUDGES]
    frame["ratio"] = frame[ratios].mean(axis=1)
    means = frame.groupby(["labels", "made", "data"], sort=False).mean(numeric_only=True)
    true = means.loc["true"].drop(columns="seed")
    by_kind = true.groupby("made", sort=False)
    overall = by_kind[[*ratios, "ratio", "authenticity", "authenticity_test"]].mean()
    overall["least"] = by_kind["ratio"].min()
    overall["sets_at_target"] = by_kind["ratio"].agg(lambda ratio: int((ratio >= TARGET).sum()))
    reached = ", ".join(
        f"{mean:.3f} for {kind} ({'holds' if mean >= TARGET else 'does not hold'})"
        for kind, mean in overall["ratio"].items()
        if kind.startswith("samples")
    )
    text = (
        f"{__doc__.split('Run:')[0].partition(chr(10))[2].strip()}\n\n{ABOUT} `dtw` is the nearest neighbour under dynamic "
        f"time warping (aeon, a window of 0.1), on at most {MOST_ROWS} training and {MOST_ROWS} test rows, drawn by the seed. "
        "JapaneseVowels, of unequal lengths, is judged without MiniRocket and without a window.\n\n"
        f"Target: TSTR at least {TARGET} of TRTR on average. Mean ratio over {len(true.loc['samples'])} sets and three "
        f"classifiers: {reached}. Means over "
        f"{frame['seed'].nunique()} seed(s)."
    )
    pages = {"Ratio TSTR / TRTR, mean over sets": overall.reset_index()}
    for kind in MADE:
        pages[f"By set: {kind}"] = true.loc[kind].reset_index()
    if "shuffled" in means.index:
        columns = ["n_classes", "agree", *(f"tstr_{name}" for name in JUDGES)]
        broken = means.loc["shuffled"].loc["samples"][columns]
        broken.insert(1, "chance", 1 / broken["n_classes"])
        pages[
            "Samples where labels were shuffled before the fit (`agree`: share that stayed by chance)"
        ] = broken.reset_index()
    table.write("TSTR of latent samples", text, pages)


if __name__ == "__main__":
    main()
