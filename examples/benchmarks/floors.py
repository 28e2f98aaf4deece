"""How far training and generation are from their arithmetic floor, and where the rest of the time goes.

The floor is what the products of an epoch (forward and backward), or of a call, would take at the rate of a
product of two large matrices, measured in turn with what it is compared to. One thread.

Run: python examples/benchmarks/floors.py [--quick] [--seeds 3]
"""

import time
from collections import defaultdict
from contextlib import ExitStack
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch
from arithmetic import Products, check_count, count_operations, large_product, time_product
from report import Table, parse_arguments
from timing import time_in_turn
from trainings import Training

from sklaug import LatentAugmenter, _training

SHAPES = {"wide": (241, 10, 89), "narrow": (3676, 10, 6)}
TARGETS = {"wide": 2.0, "narrow": 3.0}
BATCHES = ("auto", 32, 64, 128, 256)
GENERATED = {"24 x 6": (24, 6), "275 x 1": (275, 1)}
FASTEST = {"24 x 6": 60_000, "275 x 1": 6000}
PROTOTYPE = {"24 x 6": 45_600, "275 x 1": 2970}
GENERATION_TARGET = 2.5
ROWS = (64, 256, 1024, 4096, 16_384)
PHASES = ("forward and loss", "backward", "clipping", "optimiser", "averaging")

TEXT = f"""Random walks of the shapes that reference points exist for; the light network as LatentAugmenter trains it, `auto`
being its default batch. `floor ms` is the number of operations over the rate of a product of two 1024 x 1024 float32
matrices, both measured in turn. `products ms` are the same products and convolutions, each kind timed by itself at its own
size: what is left if all else cost nothing. Phases are timed around the calls of a step; `rest` is picking rows, adding
losses up and the loop. Of generation, the floor counts the network only; `batch` is the number of rows a call, the fastest
of {", ".join(map(str, ROWS))}. All is wall-clock time: on a busy machine all the ratios are too high."""


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    table = Table(arguments, "floors", ["kind", "shape", "batch", "round"])
    for turn in range(1 if arguments.quick else arguments.seeds):
        for shape in SHAPES:
            for batch in BATCHES[:1] if arguments.quick else BATCHES:
                if not table.has(kind="epoch", shape=shape, batch=batch, round=turn):
                    row = measure_epoch(SHAPES[shape], batch, 3 if arguments.quick else 15)
                    table.add(kind="epoch", shape=shape, batch=batch, round=turn, **row)
        for shape in GENERATED:
            augmenter = None
            for n_rows in ROWS[:3] if arguments.quick else ROWS:
                if not table.has(kind="generation", shape=shape, batch=n_rows, round=turn):
                    augmenter = augmenter or fit(GENERATED[shape])
                    row = measure_generation(augmenter, n_rows, 0.3 if arguments.quick else 3)
                    table.add(kind="generation", shape=shape, batch=n_rows, round=turn, **row)
    write(table)


def walk(shape):
    steps = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    X = steps.cumsum(axis=1)
    return X / X.std(axis=(0, 1))


# --- Epochs ---


def measure_epoch(shape, batch, n_epochs):
    """Return an epoch's seconds, operations and floor, and the parts that its steps consist of."""
    training = Training(walk(shape), 0, batch_size=batch)
    training.run_epoch()
    n_operations = count_operations(training.run_epoch)
    with Products() as products:
        training.run_epoch()
    training.seconds.clear()
    rates = []
    for _ in range(n_epochs):
        rates.append(time_product())
        training.run_epoch()
    seconds, rate = float(np.median(training.seconds)), float(np.median(rates))
    floor = n_operations / rate
    row = {
        "rows_a_step": training.plan.batch_size,
        "gflop": n_operations / 1e9,
        "gflop_s": rate / 1e9,
        "epoch_ms": 1e3 * seconds,
        "floor_ms": 1e3 * floor,
        "times_floor": seconds / floor,
        "products_ms": 1e3 * products.replay(),
    }
    shares = time_phases(training, n_epochs)
    return row | {f"{name} %": 100 * share for name, share in shares.items()}


def time_phases(training, n_epochs):
    """Return what share of an epoch each phase of its steps takes."""
    run, spent = training.run, defaultdict(list)
    places = {
        "forward and loss": (run.network, "loss"),
        "backward": (run.weights, "differentiate"),
        "clipping": (_training, "shorten"),
        "optimiser": (run.optimizer, "step"),
        "averaging": (run.average, "update"),
    }
    first = len(training.seconds)
    with ExitStack() as stack:
        for phase, (owner, name) in places.items():
            timed = _timed(getattr(owner, name), spent[phase])
            stack.enter_context(patch.object(owner, name, timed))
        for _ in range(n_epochs):
            training.run_epoch()
    total = sum(training.seconds[first:])
    shares = {phase: sum(spent[phase]) / total for phase in PHASES}
    return shares | {"rest": 1 - sum(shares.values())}


def _timed(function, spent):
    def call(*args, **kwargs):
        start = time.perf_counter()
        result = function(*args, **kwargs)
        spent.append(time.perf_counter() - start)
        return result

    return call


def profile_epoch(shape, n_largest=14):
    """Return the operators that an epoch at the default batch spends its time in."""
    training = Training(walk(shape), 0)
    training.run_epoch()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        training.run_epoch()
    n_steps = -(-shape[0] // training.plan.batch_size)
    events = sorted(profiler.key_averages(), key=lambda event: -event.self_cpu_time_total)
    total = sum(event.self_cpu_time_total for event in events)
    rows = [
        {
            "operator": event.key,
            "calls a step": event.count / n_steps,
            "microseconds a call": event.self_cpu_time_total / event.count,
            "% of operators' time": 100 * event.self_cpu_time_total / total,
        }
        for event in events[:n_largest]
    ]
    n_calls = sum(event.count for event in events) / n_steps
    return pd.DataFrame(rows), n_calls


def rates_of_products(shape):
    training = Training(walk(shape), 0)
    with Products() as products:
        training.run_epoch()
    return pd.DataFrame(products.rates())


# --- Generation ---


def fit(shape):
    return LatentAugmenter(max_epochs=1, random_state=0).fit(walk((1000, *shape)))


def measure_generation(augmenter, n_rows, seconds):
    """Return series a second and the floor of `augment` and of `sample`, in turn."""
    X = walk((n_rows, augmenter.n_timepoints_, augmenter.n_channels_))
    multiply, n_operations = large_product()
    calls = {
        "product": multiply,
        "augment": lambda: augmenter.augment(X),
        "sample": lambda: augmenter.sample(n_rows),
    }
    network = augmenter._load().network
    x = torch.tensor(X[:64])
    with torch.inference_mode():
        z = network.encode(x)
        decoding = count_operations(lambda: network.decode(z)) / 64
        encoding = count_operations(lambda: network.encode(x)) / 64
    each = {"augment": encoding + decoding, "sample": decoding}
    taken = time_in_turn(calls, seconds)
    rate = n_operations / taken["product"]
    row = {"gflop_s": rate / 1e9}
    for name in each:
        a_series = taken[name] / n_rows
        row[f"{name}_mflop"] = each[name] / 1e6
        row[f"{name}_series_s"] = 1 / a_series
        row[f"{name}_times_floor"] = a_series * rate / each[name]
    return row


# --- The page ---


def write(table):
    frame = table.frame()
    epochs = medians(frame[frame["kind"] == "epoch"]).dropna(axis=1, how="all")
    generation = medians(frame[frame["kind"] == "generation"]).dropna(axis=1, how="all")
    shares = [*(f"{phase} %" for phase in PHASES), "rest %"]
    best = fastest(generation)
    profiles = {shape: profile_epoch(SHAPES[shape]) for shape in SHAPES}
    tables = {
        "An epoch and its floor": epochs.drop(columns=shares),
        "Where an epoch goes": epochs[["shape", "batch", *shares]],
        "Generation and its floor, at the best number of rows a call": best,
        "Generation by rows a call": generation,
        "What the count covers (1 is all)": pd.DataFrame(check_count()),
    }
    for shape, (operators, _) in profiles.items():
        tables[f"Operators of an epoch, {shape}, default batch"] = operators
        tables[f"Products of an epoch, {shape}, default batch"] = rates_of_products(SHAPES[shape])
    words = " ".join(describe(epochs, shape, profiles[shape][1]) for shape in SHAPES)
    text = f"{TEXT}\n\n{judge(epochs, best)}\n\n{words}"
    table.write("Distance from the arithmetic floor", text, tables)


def medians(rows):
    names = ["shape", "batch"]
    return (
        rows.groupby(names, sort=False)
        .median(numeric_only=True)
        .reset_index()
        .drop(columns=["round"])
    )


def fastest(generation):
    """Return a row for each shape and call: the fastest number of rows a call."""
    rows = []
    for shape, of_shape in generation.groupby("shape", sort=False):
        for call in ("augment", "sample"):
            best = of_shape.loc[of_shape[f"{call}_series_s"].idxmax()]
            rows.append(
                {
                    "shape": shape,
                    "call": call,
                    "rows": int(best["batch"]),
                    "series a second": best[f"{call}_series_s"],
                    "asked": FASTEST[shape],
                    "a plain prototype": PROTOTYPE[shape],
                    "times the floor": best[f"{call}_times_floor"],
                }
            )
    return pd.DataFrame(rows)


def judge(epochs, best):
    """Say in words what is met."""
    found = []
    for shape, target in TARGETS.items():
        of_shape = epochs[epochs["shape"] == shape].set_index("batch")
        times = of_shape["times_floor"]
        default = times.loc["auto"]
        found.append(
            f"an epoch within {target:g} times its floor, {shape}: {default:.3g} at the default batch, "
            f"{_met(default <= target)} (best {times.min():.3g} at {times.idxmin()})"
        )
    for row in best.to_dict("records"):
        a_second, times = row["series a second"], row["times the floor"]
        found.append(
            f"{row['call']} of {row['shape']} at {row['asked']:,} series a second: {a_second:,.0f}, "
            f"{_met(a_second >= row['asked'])}, and within {GENERATION_TARGET:g} times its floor: {times:.3g}, "
            f"{_met(times <= GENERATION_TARGET)}"
        )
    return "**Asked**: " + "; ".join(found) + "."


def _met(is_met):
    return "met" if is_met else "not met"


def describe(epochs, shape, n_calls):
    """Say in words where an epoch at the default batch goes."""
    row = epochs[(epochs["shape"] == shape) & (epochs["batch"] == "auto")].iloc[0]
    epoch, floor, products = row["epoch_ms"], row["floor_ms"], row["products_ms"]
    phases = {name: row[f"{name} %"] for name in (*PHASES, "rest")}
    ordered = ", ".join(
        f"{name} {phases[name]:.0f} %" for name in sorted(phases, key=phases.get)[::-1]
    )
    return (
        f"Of an epoch on the {shape} shape ({epoch:.3g} ms) the floor is {100 * floor / epoch:.0f} %. The same products at "
        f"their own sizes take {100 * products / epoch:.0f} %: {products / floor:.2g} times the floor, since they are small. "
        f"The other {100 * (1 - products / epoch):.0f} % are what stands between them: some {n_calls:.0f} operators a step. "
        f"By phase: {ordered}."
    )


if __name__ == "__main__":
    main()
