"""What transformations cost: series a second, beside copying them or drawing their noise; and a whole DirectAugmenter.

Seconds are those of this process on the processor, so that what else runs counts less; what is compared
runs in turn, and figures are medians over rounds.

Run: python examples/benchmarks/transforms.py [--quick]
"""

import time
from functools import partial

import numpy as np
import pandas as pd
from report import Table, parse_arguments
from scipy.interpolate import CubicSpline

from sklaug import DirectAugmenter
from sklaug.transforms import TRANSFORMS

SZ, SERIES, LOOPED, ETA = 275, 20_000, 500, 0.5
DRAWING = {"jitter", "drift"}  # as many normal numbers as values


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    table = Table(arguments, "transforms", ["transformation", "round"])
    for turn in range(2 if arguments.quick else 7):
        measure(table, turn, 2_000 if arguments.quick else 100_000)
    write(table, arguments.quick)


def measure(table, turn, n_augmented):
    """Add a row for each transformation, and one for a loop that fits the spline of each series."""
    Z = np.random.default_rng(turn).standard_normal((SERIES, SZ, 1), dtype=np.float32)
    X = np.random.default_rng(turn).standard_normal((n_augmented, SZ), dtype=np.float32)
    augmenter = DirectAugmenter(eta=ETA, random_state=turn).fit(X[:1000])
    for name in TRANSFORMS:
        if not table.has(transformation=name, round=turn):
            calls = {
                "function": partial(call, name, Z),
                "copy": Z.copy,
                "draw": partial(np.random.default_rng(0).standard_normal, Z.shape, np.float32),
                "augment": partial(augmenter.augment, X, transformation=name),
            }
            # Whoever goes second finds another machine than the first: take turns at that too.
            order = list(calls) if turn % 2 else list(calls)[::-1]
            seconds = {which: time_of(calls[which]) for which in order}
            row = compare(name, seconds, n_augmented)
            table.add(transformation=name, round=turn, **row)
    name = "one CubicSpline a series"
    if not table.has(transformation=name, round=turn):
        looped = time_of(partial(warp_one_by_one, Z[:LOOPED]))
        table.add(transformation=name, round=turn, series_per_second=LOOPED / looped)


def call(name, Z):
    keywords = {"partner": Z[::-1]} if name == "mixup" else {"rng": np.random.default_rng(0)}
    return TRANSFORMS[name](Z, eta=ETA, **keywords)


def warp_one_by_one(Z):
    """Do what magnitude_warp does without a table of splines."""
    rng, knots, steps = np.random.default_rng(0), np.linspace(0, 1, 4), np.linspace(0, 1, SZ)
    return [x * CubicSpline(knots, rng.normal(1, ETA, 4))(steps)[:, None] for x in Z]


def compare(name, seconds, n_augmented):
    augmented = seconds["augment"] / n_augmented
    return {
        "series_per_second": SERIES / seconds["function"],
        "times_a_copy": seconds["function"] / seconds["copy"],
        "times_a_draw": seconds["function"] / seconds["draw"] if name in DRAWING else None,
        "augmented_per_second": 1 / augmented,
        "around_the_function": 1 - seconds["function"] / SERIES / augmented,
    }


def time_of(call):
    start = time.process_time()
    call()
    return time.process_time() - start


def write(table, quick):
    rows = table.frame()
    grouped = rows.groupby("transformation", sort=False)
    medians = grouped.median(numeric_only=True).drop(columns="round")
    rates = grouped["series_per_second"].agg(
        lambda values: "{:,.0f} to {:,.0f}".format(*np.quantile(values, [0.25, 0.75]))
    )
    whole = ["augmented_per_second", "around_the_function"]
    functions = medians.drop(columns=whole).assign(quartiles=rates)
    functions["series_per_second"] = functions["series_per_second"].map("{:,.0f}".format)
    through = medians[whole].dropna()
    through["augmented_per_second"] = through["augmented_per_second"].map("{:,.0f}".format)
    table.write(
        "What transformations cost",
        f"Univariate series of length {SZ}, float32, strength {ETA}; medians of {rows['round'].nunique()} rounds, process CPU "
        f"time. The functions take {SERIES:,} series at a time. `times_a_copy` is their time over that of copying the "
        "array, `times_a_draw` over that of drawing a normal number for each value. The last line fits and evaluates a "
        f"spline for each of {LOOPED} series, as magnitude_warp does not.\n\n"
        f"`DirectAugmenter.augment` takes {2_000 if quick else 100_000:,} series at a time; `around_the_function` is the "
        "share of its time that goes elsewhere: checks, scaling there and back, noise by blocks of rows.",
        {
            "The functions": pd.DataFrame(functions).reset_index(),
            "Through DirectAugmenter": pd.DataFrame(through).reset_index(),
        },
    )


if __name__ == "__main__":
    main()
