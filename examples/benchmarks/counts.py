"""Counts with many zeros: what LatentAugmenter makes of daily sales of single items, with and without a declared support.

M5 items (149 items of one department in one shop, 1,941 days): windows of 28 days, without overlap, from the
first 80 % of the days; the rest, after a gap of a window, is held out.

Run: python examples/benchmarks/counts.py [--quick] [--seeds 3] [--data PATH]
"""

import numpy as np
import pandas as pd
from recordings import read_items
from report import Table, load_present, parse_arguments
from scipy.stats import wasserstein_distance

from sklaug import LatentAugmenter
from sklaug.preprocessing import make_windows

LENGTH, STRIDE = 28, 28
WAYS = {
    "as they are": {},
    "rounded": {"decimals": 0},
    "nonnegative": {"support": "nonnegative"},
    "count": {"support": "count"},
    "count, residual=resample": {"support": "count", "residual": "resample"},
}


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    for _, values in load_present(arguments, {"M5 items": read_items}):
        run(arguments, *cut(values))


def run(arguments, train, held_out):
    table = Table(arguments, "counts", ["way", "seed"])
    if arguments.quick:
        train = train[::20]
    for seed in range(1 if arguments.quick else arguments.seeds):
        for way, options in WAYS.items():
            if not table.has(way=way, seed=seed):
                table.add(way=way, seed=seed, **measure(train, held_out, seed, options))
        if not table.has(way="real, held out", seed=seed):
            table.add(way="real, held out", seed=seed, **describe(held_out, train, "sampled"))
    write(table, describe(train, train, "real"))


def cut(values):
    n_train = int(0.8 * len(values))
    items = values.T
    parts = (items[:, :n_train], items[:, n_train + LENGTH :])
    return (make_windows(part, LENGTH, STRIDE).X for part in parts)


def measure(train, held_out, seed, options):
    augmenter = LatentAugmenter(random_state=seed, **options).fit(train)
    augmented, sampled = augmenter.augment(train), augmenter.sample(len(train))[0]
    return describe(augmented, train, "augmented") | describe(sampled, train, "sampled")


def describe(X, train, name):
    """Return what one would look at: impossible values, zeros, mean, and the distance of the values."""
    return {
        f"{name}_negative": float((X < 0).mean()),
        f"{name}_not_whole": float((np.round(X) != X).mean()),
        f"{name}_zeros": float((X == 0).mean()),
        f"{name}_mean": float(X.mean()),
        f"{name}_w1": wasserstein_distance(X.ravel(), train.ravel()) / train.std(),
    }


def write(table, real):
    means = table.frame().groupby("way", sort=False).mean(numeric_only=True).drop(columns="seed")
    parts = {"augmented": "Augmented, eta = 0.25", "sampled": "Sampled"}
    tables = {"Training windows": pd.DataFrame([real])}
    for name, heading in parts.items():
        part = means[[column for column in means.columns if column.startswith(name)]].dropna()
        tables[heading] = part.reset_index()
    table.write(
        "Counts with many zeros (M5 items)",
        "Shares of values that are negative, not whole, and zero; the mean; and `w1`, the Wasserstein distance of all values "
        "to those of the training windows, in their standard deviations. `real, held out` is what later days look like. Means "
        "over the seeds.",
        tables,
    )


if __name__ == "__main__":
    main()
