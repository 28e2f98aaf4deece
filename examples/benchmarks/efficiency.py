"""L-GTA's network against the light one: size, seconds, losses, memory and latency on four sets.

Both have the same latent dimension and train by the same loop. Epochs are interleaved (A B A B) in one
process on one thread.

Run: python examples/benchmarks/efficiency.py [--quick] [--seeds 3] [--data PATH]
"""

import time

import numpy as np
import pandas as pd
import torch
from peak_memory import measure_peak
from report import Table, parse_arguments
from timing import time_in_turn
from trainings import Training, count, describe
from windows import SETS, load_scaled

from sklaug import LatentAugmenter
from sklaug.datasets import load_trace, make_labelled_series

BASE = {"encoder": "variational_transformer", "decoder": "bilstm"}
LIGHT = {"encoder": "cnn_gru", "decoder": "conv_gru"}
PAIRS = {"base": BASE, "light": LIGHT}
OTHER_RATES = (0.001, 0.002, 0.005)  # beside the default, 0.01 at most at batches of 128
BATCHES = (128, 32, 8)
INFERENCE_BATCHES = (1, 256)
FEWER, FASTER = 65.8, 3.0  # per cent and times, as published and as we want it

TEXT = """`base` is L-GTA's network (variational_transformer + bilstm), `light` the default (cnn_gru + conv_gru), both with
4 coordinates a code and trained by the same loop, without labels. Ratios are base / light; epochs take turns (A B A B) in one
process, and milliseconds are the median over epochs, then over seeds. `total` is the loss of the last training epoch,
`validation` that of the held-out series at the mean of their codes, `error` its part from reconstruction (mean square per
value of standardised series), all after equally many epochs; `lowest error` is the lowest over epochs, which early stopping
would keep. An error ratio above 1 means that light is better. Windows are of 10 steps; of crime, M5 and tourism the last
fifth is held out, with a gap of one window; Trace has its official test series. Peak memory is that of a fresh process
above what it had before training. Latency is encoding and decoding by the network alone, and all of `augment`."""


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    table = Table(arguments, "efficiency", ["kind", "data", "batch", "seed"])
    sets = {
        f"{name} {train.shape}": (train, validation)
        for name, train, validation in load_scaled(arguments, SETS)
    }
    for name, data in sets.items():
        measure_epochs(arguments, table, name, *data)
        measure_memory(arguments, table, name, data[0])
        measure_latency(arguments, table, name, data[0])
    measure_fits(arguments, table)
    write(table, sets)


# --- Size ---


def count_parameters(shapes):
    for shape in shapes:
        networks = {
            side: describe((100, *shape), **networks)[1]() for side, networks in PAIRS.items()
        }
        base, light = (count(network) for network in networks.values())
        yield {
            "steps x channels": f"{shape[0]} x {shape[1]}",
            "base parameters": base,
            "light parameters": light,
            "fewer by %": 100 * (1 - light / base),
            "base codes": networks["base"].n_codes,
            "light codes": networks["light"].n_codes,
        }


# --- Epochs ---


def measure_epochs(arguments, table, name, train, validation):
    n_epochs = 2 if arguments.quick else 60
    for batch in BATCHES[:1] if arguments.quick else BATCHES:
        for seed in range(1 if arguments.quick else arguments.seeds):
            if not table.has(kind="epoch", data=name, batch=batch, seed=seed):
                row = compare(train, validation, seed, max_epochs=n_epochs, batch_size=batch)
                table.add(kind="epoch", data=name, batch=batch, seed=seed, epochs=n_epochs, **row)
    for rate in () if arguments.quick else OTHER_RATES:
        if not table.has(kind="rate", data=name, learning_rate=rate):
            plan = {"max_epochs": n_epochs, "batch_size": 128, "learning_rate": rate}
            row = compare(train, validation, 0, **plan)
            table.add(
                kind="rate",
                data=name,
                batch=128,
                seed=0,
                epochs=n_epochs,
                learning_rate=rate,
                **row,
            )


def compare(train, validation, seed, **plan):
    """Train both networks in turn, epoch by epoch; returns the figures of each."""
    trainings = {
        side: Training(train, seed, **networks, **plan) for side, networks in PAIRS.items()
    }
    for epoch in range(plan["max_epochs"]):
        for side in turns(epoch):
            trainings[side].run_epoch(validation)
    return {
        f"{side}_{name}": value
        for side, training in trainings.items()
        for name, value in training.summarise().items()
    }


def turns(number):
    """Return both sides; whoever goes second finds another machine than the first, so they take turns at that too."""
    return list(PAIRS) if number % 2 == 0 else list(PAIRS)[::-1]


# --- Memory and latency ---


def measure_memory(arguments, table, name, train):
    for batch in BATCHES[:1] if arguments.quick else BATCHES:
        if not table.has(kind="memory", data=name, batch=batch):
            peaks = {
                f"{side}_mb": measure_peak(train_two_epochs, train, batch, networks)[0]
                for side, networks in PAIRS.items()
            }
            table.add(kind="memory", data=name, batch=batch, **peaks)


def train_two_epochs(train, batch, networks):
    """Yield before anything of the training is there."""
    torch.set_num_threads(1)
    # What the first multiplication of a process sets up is not the training's.
    torch.nn.Linear(8, 8)(torch.ones(8, 8)).sum().backward()
    yield
    training = Training(train, 0, max_epochs=2, batch_size=batch, **networks)
    for _ in range(2):
        training.run_epoch()


def measure_latency(arguments, table, name, train):
    fitted = {}
    for batch in INFERENCE_BATCHES:
        if not table.has(kind="latency", data=name, batch=batch):
            for side, networks in PAIRS.items():
                if side not in fitted:
                    augmenter = LatentAugmenter(**networks, max_epochs=1, random_state=0)
                    fitted[side] = augmenter.fit(train)
            seconds = 0.2 if arguments.quick else 5
            table.add(
                kind="latency",
                data=name,
                batch=batch,
                **time_sides(fitted, train, batch, seconds),
            )


def time_sides(fitted, train, batch, seconds):
    """Return microseconds a series of each side, by the network alone and by `augment`."""
    X = np.resize(train, (batch, *train.shape[1:]))
    x = torch.tensor(X)
    calls = {}
    for side, augmenter in fitted.items():
        calls[f"{side}_network_us"] = reconstruct_by(augmenter._load().network, x)
        calls[f"{side}_augment_us"] = lambda augmenter=augmenter: augmenter.augment(X)
    return {name: 1e6 * taken / batch for name, taken in time_in_turn(calls, seconds).items()}


def reconstruct_by(network, x):
    def call():
        with torch.inference_mode():
            network.decode(network.encode(x))

    return call


# --- Out of the box ---


def measure_fits(arguments, table):
    X, y = load_trace("train")
    X_test, y_test = load_trace("test")
    small = make_labelled_series(n_samples=20, n_timepoints=150, random_state=0)
    for seed in range(1 if arguments.quick else arguments.seeds):
        if not table.has(kind="fit", data="Trace", seed=seed):
            seconds, augmenter = time_fit(X, y, seed, arguments.quick)
            error = np.sum((augmenter.reconstruct(X_test, y_test) - X_test) ** 2)
            r2 = 1 - float(error / np.sum((X_test - X_test.mean()) ** 2))
            table.add(kind="fit", data="Trace", seed=seed, seconds=seconds, r2=r2)
        name = "20 simulated series of 150 steps"
        if not table.has(kind="fit", data=name, seed=seed):
            seconds, _ = time_fit(*small, seed, arguments.quick)
            table.add(kind="fit", data=name, seed=seed, seconds=seconds)


def time_fit(X, y, seed, quick):
    augmenter = LatentAugmenter(max_epochs=2 if quick else "auto", random_state=seed)
    start = time.perf_counter()
    augmenter.fit(X, y)
    return time.perf_counter() - start, augmenter


# --- The page ---


def write(table, sets):
    frame = table.frame()
    epochs = summarise(frame[frame["kind"] == "epoch"])
    shapes = [(10, 9), (100, 9), (275, 9), *(train.shape[1:] for train, _ in sets.values())]
    sizes = pd.DataFrame(count_parameters(shapes))
    columns = {
        "losses": ["data", "batch", "base total", "light total", "base validation"]
        + ["light validation"],
        "rates": ["data", "learning rate", "base error", "light error", "base lowest error"]
        + ["light lowest error"],
        "memory": ["data", "batch", "base mb", "light mb"],
        "latency": ["data", "batch", "base network us", "light network us", "base augment us"]
        + ["light augment us"],
    }
    spoken = frame.rename(columns=lambda name: name.replace("_", " "))
    kinds = {kind: spoken[spoken["kind"] == kind] for kind in spoken["kind"].unique()}
    tables = {
        "Parameters and codes a series": sizes,
        "An epoch, and the error after equally many": epochs.drop(columns=columns["losses"][2:]),
        "Total and validation loss": epochs[columns["losses"]],
        "Error of a flat line at the training mean": pd.DataFrame(
            {"data": name, "error": float(np.mean(validation**2))}
            for name, (_, validation) in sets.items()
        ),
    }
    if "rate" in kinds:
        tables["Batch 128 at other learning rates, one seed"] = kinds["rate"][columns["rates"]]
    tables["Peak memory of training, in MB"] = kinds["memory"][columns["memory"]]
    tables["Latency, in microseconds a series"] = kinds["latency"][columns["latency"]]
    tables["Out of the box"] = fits(kinds["fit"])
    table.write("Size, speed and reconstruction", f"{TEXT}\n\n{judge(epochs, sizes)}", tables)


def summarise(rows):
    groups = rows.groupby(["data", "batch", "epochs"], sort=False)
    return pd.DataFrame([{**_name(key), **_summarise(group)} for key, group in groups])


def _name(key):
    return dict(zip(("data", "batch", "epochs"), key, strict=True))


def _summarise(group):
    losses = {
        f"{side} {name.replace('_', ' ')}": group[f"{side}_{name}"].mean()
        for name in ("error", "lowest_error", "total", "validation")
        for side in PAIRS
    }
    return {
        "seeds": len(group),
        "base ms": group["base_ms"].median(),
        "light ms": group["light_ms"].median(),
        "speed ratio": (group["base_ms"] / group["light_ms"]).median(),
        **losses,
        "error ratio": losses["base error"] / losses["light error"],
        "lowest error ratio": losses["base lowest error"] / losses["light lowest error"],
    }


def judge(epochs, sizes):
    """Say in words what the figures make of the three things that were asked."""
    large = epochs[epochs["batch"] == 128]
    fewer = dict(zip(sizes["steps x channels"], sizes["fewer by %"], strict=True))
    nine, crime = fewer["10 x 9"], fewer.get("10 x 89")
    parts = [f"**Asked**: at least {FEWER} % fewer parameters at 9 channels: {nine:.1f} %"]
    if crime is not None:
        parts[0] += f" ({crime:.1f} % at the 89 of crime)"
    parts[0] += f", {verdict(min(nine, nine if crime is None else crime) >= FEWER)}."
    for name, column, least in (
        ("an epoch at batch 128 at least 3 times as fast", "speed ratio", FASTER),
        ("a validation error at batch 128 at least as good, after equal epochs", "error ratio", 1),
        ("the same at the best epoch of each", "lowest error ratio", 1),
    ):
        figures = ", ".join(
            f"{data.split()[0]} {ratio:.3g}"
            for data, ratio in zip(large["data"], large[column], strict=True)
        )
        n_met = int((large[column] >= least).sum())
        parts.append(
            f"{name.capitalize()}: {figures}, {verdict(n_met == len(large))} ({n_met} of {len(large)})."
        )
    return " ".join(parts)


def verdict(is_met):
    return "met" if is_met else "not met"


def fits(rows):
    return (
        rows.groupby("data", sort=False)
        .agg(
            seeds=("seed", "size"),
            seconds=("seconds", "median"),
            slowest=("seconds", "max"),
            r2=("r2", "min"),
        )
        .reset_index()
        .rename(columns={"r2": "lowest test R2 of the reconstruction"})
    )


if __name__ == "__main__":
    main()
