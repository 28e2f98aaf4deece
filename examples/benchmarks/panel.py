"""The panel of metrics tests itself: real series with faults on purpose, which each metric must find if it says so.

The floor is training against held-out series, windows of a recording being held out at random (ECG5000: its test
set). Faults are put into the held-out series, and the error of a metric that declares a fault must then be
larger than at the floor, and rise with the strength of jitter. Left out, for the time: networks for faults
that they do not declare, and recurrent ones on series of more than 100 steps (ECG5000) but for the first draw.
"""

import time

import numpy as np
import pandas as pd
from faults import FAULTS, WEAKER
from recordings import load_windows
from report import Table, parse_arguments
from sets import load_sets

from sklaug.metrics import ContextEncoder
from sklaug.metrics._inputs import draw_rows, measure_range
from sklaug.metrics._panel import MEASURES, NETWORKS, measure, measure_copying
from sklaug.metrics._splits import split_rows

RECORDINGS = ("Stocks", "ETTh1", "Simulated")
LONG = 100
LAST = {"fast": "replay", "networks": "collapse"}


def main():
    arguments = parse_arguments(
        __doc__,
        draws={"type": int, "default": 5, "help": "draws of rows and faults"},
        first={"type": int, "default": 0, "help": "number of the first draw"},
        parts={"nargs": "+", "default": [*LAST], "help": "fast, networks, or both"},
        rows={"type": int, "default": 1000, "help": "series on each side"},
    )
    if arguments.quick:
        arguments.draws, arguments.rows = 2, 200
    table = Table(arguments, "panel", ["set", "draw", "case", "part"])
    for name, train, held_out in load_splits(arguments):
        for part in arguments.parts:
            encoder = None
            for draw in range(arguments.first, arguments.first + arguments.draws):
                names = choose(part, draw, train)
                if table.has(set=name, draw=draw, case=LAST[part], part=part) or not names:
                    continue
                if part == "networks":
                    encoder = encoder or ContextEncoder(scale=None, random_state=0).fit(train)
                cases = measure_cases(train, held_out, names, encoder, arguments.rows, draw)
                for case, values in cases:
                    table.add(set=name, draw=draw, case=case, part=part, **values)
    write(table)


def choose(part, draw, train):
    """Return the measures of a part; recurrent networks read long series in the first draw alone, for the time."""
    if part == "fast":
        return [name for name in MEASURES if name not in NETWORKS]
    return NETWORKS[:1] if draw and train.shape[1] > LONG else NETWORKS


def load_splits(arguments):
    """Yield name, training and held-out series of each set, scaled by the training ones."""
    for name in RECORDINGS:
        X = load_windows(arguments, name)
        if X is not None:
            # At random: a later part is of another kind, and a small fault is nothing beside that.
            train, test = split_rows(len(X), X.shape[1], split="random", test_share=0.5, seed=0)
            yield name, *scale(X[train], X[test])
    for name, X, _, X_test, _ in load_sets(arguments, ["ECG5000"]):
        yield name, *scale(X, X_test)


def scale(train, held_out):
    low, width = measure_range(train)
    return (train - low) / width, (held_out - low) / width


def measure_cases(train, held_out, names, encoder, n_rows, draw):
    """Yield the name of each case with its values: the floor, every fault, and replay."""
    n = min(n_rows, len(train), len(held_out))
    real = train[draw_rows(len(train), n, draw, "reference")]
    other = held_out[draw_rows(len(held_out), n, draw, "held out")]
    rng = np.random.default_rng(draw)
    cases = {"floor": other} | {case: fault(other, rng) for case, fault in FAULTS.items()}
    for case, made in cases.items():
        start = time.perf_counter()
        # Networks take part only where they declare the fault.
        wanted = [
            name
            for name in names
            if name not in NETWORKS or case == "floor" or case in MEASURES[name].detects
        ]
        values = measure(wanted, real, made, encoder=encoder, seed=draw)
        if "authenticity" in names:
            values |= measure_copying(train, made, None if case == "floor" else held_out, seed=draw)
        if values:
            yield case, values | {"seconds": time.perf_counter() - start}
    if "authenticity" in names:
        copies = train[rng.permutation(len(train))[:n]]
        yield "replay", measure_copying(train, copies, held_out, seed=draw) | {"seconds": 0.0}


def find_failures(means):
    """Yield the declarations that do not hold on a set: means of its values, cases by measures."""
    for name in means:
        about = MEASURES[name]
        errors = (means[name] - about.best).abs()
        for fault in about.detects:
            if fault == "channels" and means["correlational_score"]["floor"] == 0:
                continue  # a single channel cannot be out of step with others
            compared, found = _compare(means[name], errors, fault)
            if not found:
                shown = ", ".join(f"{case} {means[name][case]:.4g}" for case in compared)
                yield name, fault, shown


def _compare(values, errors, fault):
    """Return the cases that tell whether a fault is found, and whether it is."""
    if fault == "replay":  # closer to the training series than anything else is
        others = values.drop("replay")
        closer = (
            values["replay"] < others.min() if others.min() > 0 else values["replay"] > others.max()
        )
        return ["floor", "replay"], closer
    cases = ["floor", fault]
    if WEAKER.get(fault) in errors.dropna():
        cases.insert(1, WEAKER[fault])
    # A fault that is found for certain cannot be found any better when it is stronger: 1 % is chance.
    return cases, errors[fault] > errors["floor"] and errors[fault] >= 0.99 * errors[cases[-2]]


def write(table):
    frame = table.frame()
    names = [name for name in MEASURES if name in frame]
    pages, failures = {}, []
    for name, rows in frame.groupby("set", sort=False):
        means = rows.groupby("case", sort=False)[names].mean()
        failures += [(name, *failure) for failure in find_failures(means)]
        pages[name] = means.T.rename_axis("metric").reset_index()
    declared = sum(len(MEASURES[name].detects) for name in names)
    failed = pd.DataFrame(failures, columns=["set", "metric", "fault", "means"])
    draws = frame["draw"]
    text = (
        f"Means over draws {draws.min()} to {draws.max()}. {declared} declarations (a metric must find a fault) on each of "
        f"{len(pages)} sets, those of channels only where there are several; {len(failures)} do not hold"
        + (":" if failures else ".")
    )
    print(text)
    if failures:
        pages = {"What does not hold": failed} | pages
    table.write("The panel tests itself", __doc__ + "\n" + text, pages)


if __name__ == "__main__":
    main()
