"""What `fit` takes as sets grow: seconds and memory beyond the input, by the number of series and by their length.

Each fit runs in a process of its own, on one thread, on random walks in float64.

Run: python examples/benchmarks/large_sets.py [--quick]
"""

import time

import numpy as np
from peak_memory import measure_peak
from report import Table, parse_arguments

from sklaug import LatentAugmenter

MOST_MEMORY = 2048  # MB
NUMBERS = [(n, 100, 5) for n in (10_000, 30_000, 100_000)]
LENGTHS = [(100, sz, 1) for sz in (1000, 3000, 10_000)]
QUICK = {"series": [(n, 100, 5) for n in (1000, 3000)], "length": [(20, n, 1) for n in (300, 1000)]}

TEXT = """LatentAugmenter with `max_epochs=1` on random walks in float64: the fit scales, trains one epoch, encodes and fits the
density of the codes. Each in a fresh process; memory is the highest use beyond what there was with the input in place.
`exponent` is that of a power of the size which leads from the row before to this one: 1 is linear."""


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    table = Table(arguments, "large_sets", ["kind", "shape", "round"])
    shapes = QUICK if arguments.quick else {"series": NUMBERS, "length": LENGTHS}
    for turn in range(1 if arguments.quick else arguments.seeds):
        for kind, of_kind in shapes.items():
            for shape in of_kind:
                if not table.has(kind=kind, shape=str(shape), round=turn):
                    megabytes, seconds = measure_peak(fit, shape)
                    size = shape[0] if kind == "series" else shape[1]
                    table.add(
                        kind=kind,
                        shape=str(shape),
                        round=turn,
                        size=size,
                        input_mb=8 * np.prod(shape) / 2**20,
                        extra_mb=megabytes,
                        **seconds,
                    )
    write(table)


def fit(shape):
    X = np.random.default_rng(0).standard_normal(shape)
    np.cumsum(X, axis=1, out=X)
    small = LatentAugmenter(max_epochs=1, random_state=0)
    small.fit(X[:64, :50])  # what the first fit of a process loads is not the size's
    augmenter = LatentAugmenter(max_epochs=1, random_state=0)
    yield
    start = time.perf_counter()
    augmenter.fit(X)
    fitted = time.perf_counter()
    augmenter.augment(X[:1000])
    return {"fit_s": fitted - start, "augment_1000_s": time.perf_counter() - fitted}


def write(table):
    frame = table.frame()
    columns = ["kind", "shape", "size"]
    rows = frame.groupby(columns, sort=False).median(numeric_only=True).reset_index()
    tables = {}
    for kind, of_kind in rows.groupby("kind", sort=False):
        seconds, size = of_kind["fit_s"].to_numpy(), of_kind["size"].to_numpy()
        exponents = np.diff(np.log(seconds)) / np.diff(np.log(size))
        shown = of_kind.drop(columns=["kind", "size", "round"])
        tables[f"By {kind}"] = shown.assign(exponent=[np.nan, *exponents])
    table.write("Large sets", f"{TEXT}\n\n{judge(rows, tables)}", tables)


def judge(rows, tables):
    most = rows.loc[rows["kind"] == "series"].iloc[-1]
    met = "met" if most["extra_mb"] <= MOST_MEMORY else "not met"
    exponents = "; ".join(
        f"{heading.lower()} at most {np.nanmax(shown['exponent']):.2f}"
        for heading, shown in tables.items()
    )
    return (
        f"**Asked**: at most {MOST_MEMORY} MB beyond the input for (100,000, 100, 5), and time linear in their number and "
        f"length. Found: {most['extra_mb']:.0f} MB for {most['shape']}, {met}; exponents {exponents}."
    )


if __name__ == "__main__":
    main()
