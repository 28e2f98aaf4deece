"""What 30 % of missing values, removed in blocks, cost: reconstruction error and TSTR against complete data.

From every channel of every series blocks are removed at random until 30 % of its values are missing,
in training and test series alike. The reconstruction error is that of observed test values. TSTR is
the accuracy on the test series of a classifier (nearest neighbour under dynamic time warping; a random
forest where series are many or of unequal length) that was trained on what LatentAugmenter makes of the
training series; where test series have gaps, a GapFiller behind the augmenter fills them.

Run: python examples/benchmarks/gaps.py [--quick] [--seeds 3] [--data PATH]
"""

import numpy as np
import pandas as pd
from classifier import choose_classifier
from report import Table, parse_arguments
from sets import load_sets
from sklearn.pipeline import Pipeline

from sklaug import LatentAugmenter
from sklaug.preprocessing import GapFiller

NAMES = ("Trace", "Epilepsy", "RacketSports", "JapaneseVowels", "CharacterTrajectories", "ECG5000")
SHARE = 0.3
BLOCKS = (0.03, 0.1)  # of the length of a series
ETA = 0.1


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    table = Table(arguments, "gaps", ["data", "block", "seed"])
    seeds = range(1 if arguments.quick else arguments.seeds)
    epochs = 5 if arguments.quick else "auto"
    for name, *data in load_sets(arguments, NAMES[:1] if arguments.quick else NAMES):
        data = keep_lengths(*data)
        for seed in seeds:
            if all(table.has(data=name, block=block, seed=seed) for block in BLOCKS):
                continue
            complete = measure(*data, *data, seed, epochs)
            for block in BLOCKS:
                if not table.has(data=name, block=block, seed=seed):
                    missing = measure(*remove_blocks(data, block, seed), *data, seed, epochs)
                    table.add(data=name, block=block, seed=seed, **compare(complete, missing))
    write(table)


def keep_lengths(X, y, X_test, y_test):
    """Leave out the test series that are longer than any training series, which no model knows."""
    longest = max(map(len, X))
    kept = [i for i, x in enumerate(X_test) if len(x) <= longest]
    return X, y, [X_test[i] for i in kept] if isinstance(X_test, list) else X_test, y_test[kept]


def remove_blocks(data, block, seed):
    X, y, X_test, y_test = data
    rng = np.random.default_rng(seed)
    return _remove(X, block, rng), y, _remove(X_test, block, rng), y_test


def _remove(X, block, rng):
    """Set blocks to NaN; the first and last step stay, as a NaN tail would be a shorter series."""
    removed = [x.copy() for x in X]
    for x in removed:
        sz, d = x.shape
        n_steps = max(1, round(block * sz))
        for channel in range(d):
            while np.isnan(x[:, channel]).mean() < SHARE and sz > 2:
                start = rng.integers(1, max(2, sz - n_steps))
                x[start : min(start + n_steps, sz - 1), channel] = np.nan
    return removed if isinstance(X, list) else np.array(removed)


def measure(
    X, y, X_test, y_test, X_complete, y_complete, X_test_complete, y_test_complete, seed, epochs
):
    """Fit once, and score what was learned on the series as given and on complete test series."""
    pipeline = Pipeline(
        [
            ("augmenter", LatentAugmenter(eta=ETA, max_epochs=epochs, random_state=seed)),
            ("filler", GapFiller()),
            ("classifier", choose_classifier(X, X_test, seed)),
        ]
    ).fit(X, y)
    filled = GapFiller().fit_transform(X)
    return {
        "error": -pipeline["augmenter"].score(X_test, y_test),
        "tstr": pipeline.score(X_test, y_test),
        "tstr_complete": pipeline.score(X_test_complete, y_test),
        "trtr": choose_classifier(X, X_test, seed)
        .fit(filled, y)
        .score(GapFiller().fit_transform(X_test), y_test),
    }


def compare(complete, missing):
    return {
        "error": complete["error"],
        "error_with_gaps": missing["error"],
        "error_ratio": missing["error"] / complete["error"],
        "trtr": complete["trtr"],
        "trtr_with_gaps": missing["trtr"],
        "tstr": complete["tstr"],
        "tstr_with_gaps": missing["tstr"],
        "tstr_gaps_in_training_only": missing["tstr_complete"],
    }


def write(table):
    rows = table.frame()
    means = rows.groupby(["data", "block"], sort=False).mean(numeric_only=True).drop(columns="seed")
    means["worst_ratio"] = rows.groupby(["data", "block"], sort=False)["error_ratio"].max()
    means["tstr_falls_by"] = means["tstr"] - means["tstr_with_gaps"]
    table.write(
        "30 % of missing values",
        "LatentAugmenter with eta = 0.1, else out of the box. `block` is the length of a removed block as a share of the "
        "series. Errors are mean squared, of observed values of test series, in units of the channel's variance; "
        "`error_ratio` is with gaps : complete, the target at most 1.3. `tstr_with_gaps` has gaps in training and test series, "
        "the target is a fall of at most 0.05. Means over the seeds, which draw the network and the gaps.",
        {"By set and length of block": pd.DataFrame(means).reset_index()},
    )


if __name__ == "__main__":
    main()
