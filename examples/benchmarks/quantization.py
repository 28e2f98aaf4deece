"""What weights of a byte each cost: size of a file, latency, reconstruction and TSTR, before and after.

For the default network and L-GTA's, trained out of the box, `LatentAugmenter.quantize` is compared with the
augmenter it comes from, on the same series and with the same seeds.

Run: python examples/benchmarks/quantization.py [--quick] [--seeds 3] [--data PATH]
"""

import functools
import io

import joblib
import numpy as np
import pandas as pd
import torch
from efficiency import PAIRS
from forecasters import forecast_errors
from report import Table, parse_arguments
from strength import make_classifier
from timing import time_in_turn
from windows import SETS, load_scaled

from sklaug import LatentAugmenter
from sklaug.datasets import load_trace

SIDES = ("before", "after")
BATCHES = (1, 256)

TEXT = """`light` is the default network, `base` L-GTA's (variational_transformer + bilstm), both out of the box; means
over the seeds. `weights` are the bytes of `weights_`; `file` is what joblib.dump writes, `compressed` with compress=3.
A file also holds what is not rounded: the density of codes that `sample` draws from, the loss curves, scales. Latency
is all of `reconstruct` in microseconds a series, building the network included, the median of calls before and after in
turn (A B A B). `error` is the mean square error of the reconstruction of series held out, in variances of each channel;
`moved` is the root mean square by which their codes move, in standard deviations of the codes. TSTR: what trains on
`augment` (or on `sample`) of the training series, out of the box, is tested on the real series held out; on Trace the
accuracy of the nearest neighbour under dynamic time warping (higher is better), elsewhere the root mean square error of
a ridge regression that forecasts the last step of a window (lower is better); `real` trains on the real series.
Windows, splits and scales are those of the efficiency table."""


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    table = Table(arguments, "quantization", ["data", "network", "seed"])
    for name, train, validation in load_scaled(arguments, SETS):
        y, y_validation = load_labels(name)
        judge = functools.partial(judge_tstr, validation, y_validation)
        for network, networks in PAIRS.items():
            for seed in range(1 if arguments.quick else arguments.seeds):
                key = {"data": f"{name} {train.shape}", "network": network, "seed": seed}
                if not table.has(**key):
                    epochs = 3 if arguments.quick else "auto"
                    augmenter = LatentAugmenter(**networks, max_epochs=epochs, random_state=seed)
                    augmenter.fit(train, y)
                    both = dict(zip(SIDES, (augmenter, augmenter.quantize()), strict=True))
                    seconds = 0.2 if arguments.quick else 5
                    table.add(
                        **key,
                        **measure_size(both),
                        **measure_latency(both, train, y, seconds),
                        **measure_error(both, validation, y_validation),
                        **measure_tstr(both, train, y, judge, seed),
                    )
    write(table)


def load_labels(name):
    """Return labels of training and held-out series: Trace has some."""
    if name != "Trace":
        return None, None
    return load_trace("train")[1], load_trace("test")[1]


# --- What is measured ---


def measure_size(both):
    row = {}
    for side, augmenter in both.items():
        row[f"weights_{side}"] = sum(array.nbytes for array in augmenter.weights_.values())
        row[f"file_{side}"] = count_bytes(augmenter)
        row[f"compressed_{side}"] = count_bytes(augmenter, compress=3)
    return row


def count_bytes(augmenter, **how):
    file = io.BytesIO()
    joblib.dump(augmenter, file, **how)
    return len(file.getvalue())


def measure_latency(both, train, y, seconds):
    """Return microseconds a series of each side at each batch, in turn."""
    row = {}
    for batch in BATCHES:
        rows = np.resize(np.arange(len(train)), batch)
        X, labels = train[rows], None if y is None else y[rows]
        calls = {
            side: functools.partial(augmenter.reconstruct, X, labels)
            for side, augmenter in both.items()
        }
        times = time_in_turn(calls, seconds)
        row |= {f"us_at_{batch}_{side}": 1e6 * taken / batch for side, taken in times.items()}
    return row


def measure_error(both, validation, y):
    row = {f"error_{side}": -augmenter.score(validation, y) for side, augmenter in both.items()}
    before, after = (augmenter.encode(validation, y) for augmenter in both.values())
    return row | {"moved": float(np.sqrt(np.mean((after - before) ** 2)))}


def measure_tstr(both, train, y, judge, seed):
    row = {"tstr_real": judge(train, y, seed)}
    for side, augmenter in both.items():
        row[f"tstr_augment_{side}"] = judge(augmenter.augment(train, y), y, seed)
        row[f"tstr_sample_{side}"] = judge(*augmenter.sample(len(train), y), seed)
    return row


def judge_tstr(validation, y_validation, made, labels, seed):
    """Train on `made`, test on real series held out: an accuracy where there are labels, else an error."""
    if labels is None:
        return forecast_errors(made, validation, seed, ["ridge"])["ridge"]
    return float(make_classifier().fit(made, labels).score(validation, y_validation))


# --- Tables ---


def write(table):
    frame = table.frame()
    means = frame.drop(columns="seed").groupby(["data", "network"], sort=False).mean()
    table.write(
        "Weights of a byte each",
        TEXT,
        {
            "Kilobytes": compare(means / 1e3, "weights", "file", "compressed"),
            "Microseconds a series": compare(means, *(f"us_at_{batch}" for batch in BATCHES)),
            "Reconstruction of series held out": compare(means, "error", also=["moved"]),
            "TSTR": compare(means, "tstr_augment", "tstr_sample", also=["tstr_real"]),
        },
    )


def compare(means, *names, also=()):
    """Put what was before beside what is after, and the ratio after / before."""
    columns = {}
    for name in names:
        before, after = (means[f"{name}_{side}"] for side in SIDES)
        columns |= {
            f"{name} before": before,
            f"{name} after": after,
            f"{name} ratio": after / before,
        }
    return pd.DataFrame(columns | {name: means[name] for name in also}).reset_index()


if __name__ == "__main__":
    main()
