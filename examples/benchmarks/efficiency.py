"""Size, speed and reconstruction of the light encoder against L-GTA's.

Three tables: parameters and codes at 9 channels; time of an epoch (interleaved, one thread) and
validation error at equal epochs; what `fit` takes out of the box.

Run: python examples/benchmarks/efficiency.py [--quick] [--seeds 3] [--data PATH]
"""

import functools
import time

import numpy as np
import pandas as pd
import torch
from report import Table, parse_arguments

from sklaug import LatentAugmenter
from sklaug._caching import VERSIONS
from sklaug._scaling import fit_scaler, scale_series
from sklaug._training import train_network
from sklaug.datasets import load_trace, make_labelled_series
from sklaug.networks.cvae import CVAE

BASE = {"encoder": "variational_transformer", "decoder": "bilstm"}
LIGHT = {"encoder": "cnn_gru", "decoder": "conv_gru"}
PAIRS = {"base": BASE, "light": LIGHT}
OTHER_RATES = (0.001, 0.002, 0.01)  # beside the default, 0.005


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    sizes = pd.DataFrame(count_parameters())
    epochs = Table(arguments, "efficiency", ["kind", "data", "batch", "seed"])
    measure_epochs(arguments, epochs)
    measure_fits(arguments, epochs)
    epochs.write(
        "Size, speed and reconstruction",
        "`base` is L-GTA's network (variational_transformer + bilstm), `light` the default "
        "(cnn_gru + conv_gru), both with 4 coordinates a code. Ratios are base / light, measured in "
        "turn (A B A B) in one process; each figure is the median over epochs. Errors are mean "
        "squared, at the code mean, per observed value of standardised validation series, after "
        "equal numbers of epochs; an error ratio above 1 means that light is better. Crime: the "
        "last fifth of the windows, with a gap of one window; Trace: the official test series.",
        {
            "Parameters and codes a series at 9 channels": sizes,
            "An epoch, and the error after equally many": summarise(epochs.frame()),
            "Error of a flat line at the training mean": pd.DataFrame(flat_lines(arguments)),
            "Batch 128 at other learning rates, one seed": other_rates(epochs.frame()),
            "Out of the box": fits(epochs.frame()),
        },
    )


# --- Size ---


def count_parameters():
    for sz in (10, 100, 275):
        for name, networks in PAIRS.items():
            augmenter = LatentAugmenter(**networks)
            network = build(augmenter, augmenter._plan(100), (sz, 9))()
            n_parameters = sum(parameter.numel() for parameter in network.parameters())
            yield {
                "length": sz,
                "network": name,
                "parameters": n_parameters,
                "codes": network.n_codes,
                "coordinates": 4,
            }


def build(augmenter, plan, shape):
    """Return the function that builds the network which `augmenter` would train on series of a shape."""
    augmenter.n_timepoints_, augmenter.n_channels_ = shape
    augmenter._condition_channels, augmenter.target_ = (), {"kind": None}
    return functools.partial(CVAE, **augmenter._describe_network(plan))


# --- Epochs ---


def load_sets(arguments):
    """Yield name, training and validation windows."""
    crime = arguments.data / "sf_crime" / "sf_crime_kaggle_weekly_district_category.npz"
    if crime.exists():
        yield "crime (241, 10, 89)", *cut_crime(crime)
    else:
        print(
            f"Skipped: the crime windows, which are not part of sklaug ({crime} is absent; see --data)."
        )
    yield (
        "Trace (100, 275, 1)",
        load_trace("train", as_3d=True)[0],
        load_trace("test", as_3d=True)[0],
    )


def cut_crime(path):
    """Cut 241 windows of 10 weeks of the 89 largest series; hold the last fifth out, after a gap."""
    weeks = np.load(path)["values"][:250].astype(np.float64)
    weeks = weeks[:, np.argsort(-weeks.sum(axis=0), kind="stable")[:89]]
    windows = np.stack([weeks[start : start + 10] for start in range(241)])
    return windows[:193], windows[193 + 9 :]


def measure_epochs(arguments, table):
    n_epochs = 4 if arguments.quick else 60
    for name, train, validation in load_sets(arguments):
        windows = standardise(train, validation)
        for batch in (128,) if arguments.quick else (128, 32, 8):
            for seed in range(1 if arguments.quick else arguments.seeds):
                if not table.has(kind="epoch", data=name, batch=batch, seed=seed):
                    row = compare(*windows, batch, seed, n_epochs)
                    table.add(
                        kind="epoch", data=name, batch=batch, seed=seed, epochs=n_epochs, **row
                    )
        for rate in () if arguments.quick else OTHER_RATES:
            if not table.has(kind="rate", data=name, learning_rate=rate):
                row = compare(*windows, 128, 0, n_epochs, learning_rate=rate)
                table.add(
                    kind="rate",
                    data=name,
                    batch=128,
                    seed=0,
                    epochs=n_epochs,
                    learning_rate=rate,
                    **row,
                )


def standardise(train, validation):
    """Scale both by the mean and standard deviation of each channel over the training windows."""
    mean, scale = fit_scaler(train, np.isfinite(train))
    return [scale_series(X, np.isfinite(X), mean, scale) for X in (train, validation)]


def flat_lines(arguments):
    """Score the training mean as a reconstruction: what a network that learned nothing would get."""
    for name, train, validation in load_sets(arguments):
        _, scaled = standardise(train, validation)
        yield {"data": name, "error": float(np.mean(scaled**2))}


def compare(train, validation, batch, seed, n_epochs, **training):
    """Train both networks in turn; returns milliseconds an epoch and validation error of each."""
    row = {}
    for side, networks in PAIRS.items():
        augmenter = LatentAugmenter(**networks, max_epochs=n_epochs, batch_size=batch, **training)
        row[f"{side}_ms"], row[f"{side}_error"] = train_once(augmenter, train, validation, seed)
    return row


def train_once(augmenter, train, validation, seed):
    """Return milliseconds of the median epoch and the validation error."""
    plan = augmenter._plan(len(train))
    network_build = build(augmenter, plan, train.shape[1:])
    data = {"x": train, "mask": np.ones(train.shape, dtype=bool)}
    ends = []
    result = train_network(
        network_build,
        VERSIONS,
        data,
        plan,
        seed,
        monitor=lambda epoch, history, seconds: ends.append(seconds),
    )
    network = network_build().eval()
    network.load_state_dict({name: torch.tensor(w) for name, w in result["weights"].items()})
    with torch.no_grad():
        decoded = network.decode(network.encode(torch.tensor(validation))).numpy()
    return 1e3 * float(np.median(np.diff(ends))), float(np.mean((decoded - validation) ** 2))


def summarise(frame):
    rows = frame[frame["kind"] == "epoch"]
    groups = rows.groupby(["data", "batch", "epochs"], sort=False)
    return pd.DataFrame(
        [
            {
                "data": data,
                "batch": batch,
                "epochs": epochs,
                "seeds": len(group),
                "base ms/epoch": group["base_ms"].median(),
                "light ms/epoch": group["light_ms"].median(),
                "speed ratio": (group["base_ms"] / group["light_ms"]).median(),
                "base error": group["base_error"].mean(),
                "light error": group["light_error"].mean(),
                "error ratio": group["base_error"].mean() / group["light_error"].mean(),
            }
            for (data, batch, epochs), group in groups
        ]
    )


def other_rates(frame):
    if "learning_rate" not in frame:
        return pd.DataFrame({"not measured in a quick run": []})
    columns = ["data", "learning_rate", "base_error", "light_error"]
    return frame.loc[frame["kind"] == "rate", columns].rename(
        columns=lambda name: name.replace("_", " ")
    )


# --- Out of the box ---


def measure_fits(arguments, table):
    X, y = load_trace("train")
    X_test, y_test = load_trace("test")
    small = make_labelled_series(n_samples=20, n_timepoints=150, random_state=0)
    for seed in range(1 if arguments.quick else arguments.seeds):
        if not table.has(kind="fit", data="Trace", seed=seed):
            seconds, augmenter = time_fit(X, y, seed)
            error = np.sum((augmenter.reconstruct(X_test, y_test) - X_test) ** 2)
            r2 = 1 - error / np.sum((X_test - X_test.mean()) ** 2)
            table.add(
                kind="fit", data="Trace", batch="auto", seed=seed, seconds=seconds, r2=float(r2)
            )
        if not table.has(kind="fit", data="20 simulated series of 150 steps", seed=seed):
            seconds, augmenter = time_fit(*small, seed)
            table.add(
                kind="fit",
                data="20 simulated series of 150 steps",
                batch="auto",
                seed=seed,
                seconds=seconds,
                r2=float("nan"),
            )


def time_fit(X, y, seed):
    augmenter = LatentAugmenter(random_state=seed)
    start = time.perf_counter()
    augmenter.fit(X, y)
    return time.perf_counter() - start, augmenter


def fits(frame):
    rows = frame[frame["kind"] == "fit"]
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
