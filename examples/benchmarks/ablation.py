"""What each part of LatentAugmenter's network is worth: the default with one thing changed at a time.

Encoders and decoders, among them L-GTA's variational attention against ordinary attention, which its authors
never ran; one code a step against one a series; more coordinates; the equivariance loss; the three ways with
the residual. Windows of crime, M5 and tourism, and Trace, split and scaled as in the efficiency table.

Run: python examples/benchmarks/ablation.py [--quick] [--seeds 3] [--data PATH]
"""

import tempfile
import time

import numpy as np
import torch
from forecasters import forecast_errors
from report import Table, parse_arguments
from windows import SETS, load_scaled

from sklaug import LatentAugmenter
from sklaug.metrics import autocorrelation_difference, wasserstein_distance
from sklaug.metrics._inputs import order_told

DEFAULT = "default"
VARIANTS = {
    DEFAULT: {},
    "encoder bilstm": {"encoder": "bilstm"},
    "encoder transformer": {"encoder": "transformer"},
    "encoder variational_transformer": {"encoder": "variational_transformer"},
    "decoder gru": {"decoder": "gru"},
    "decoder bilstm": {"decoder": "bilstm"},
    "transformer + bilstm": {"encoder": "transformer", "decoder": "bilstm"},
    "variational_transformer + bilstm": {
        "encoder": "variational_transformer",
        "decoder": "bilstm",
    },
    "global code of 4": {"latent": "global"},
    "global code of 16": {"latent": "global", "latent_dim": 16},
    "16 coordinates": {"latent_dim": 16},
    "equivariance": {"equivariance": 1.0},
    "residual keep": {"residual": "keep"},
    "residual resample": {"residual": "resample"},
}
QUICK = (DEFAULT, "transformer + bilstm", "variational_transformer + bilstm", "residual keep")
ETA = 0.25
# Of each: smaller is better.
MEASURES = {
    "error": "reconstruction",
    "wasserstein": "values",
    "autocorrelation": "autocorrelation",
    "forecast": "forecasts",
    "sample_wasserstein": "values of samples",
    "sample_autocorrelation": "autocorrelation of samples",
    "sample_forecast": "forecasts from samples",
}

TEXT = f"""Each row is LatentAugmenter out of the box but for what its name says, fitted on the training windows. `error` is the
mean square error of the reconstruction of windows held out, in variances of each channel. `distance` is the root mean square
between training windows and their versions at eta={ETA:g} (jitter); `wasserstein` (median over channels) and
`autocorrelation` compare these versions, and `sample_...` as many samples, with the training windows; `forecast` is the
error of a ridge regression that is trained on them and forecasts the end of windows held out, over that of one trained on
the real ones. All is smaller where it is better, but for the distance, which says how strong the change was. `fit s` is
wall-clock time on one thread; what is done with the residual makes no difference to the network, and has none."""


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    table = Table(arguments, "ablation", ["data", "seed", "variant"])
    names = QUICK if arguments.quick else VARIANTS
    for data, train, validation in load_scaled(arguments, SETS):
        for seed in range(1 if arguments.quick else arguments.seeds):
            left = [name for name in names if not table.has(data=data, seed=seed, variant=name)]
            if left:
                real = forecast_errors(train, validation, seed, ["ridge"])["ridge"]
            with order_told(), tempfile.TemporaryDirectory() as cache:
                for name in left:
                    params = {**VARIANTS[name], "memory": cache, "random_state": seed}
                    if arguments.quick:
                        params["max_epochs"] = 3
                    row = measure(LatentAugmenter(**params), train, validation, seed, real)
                    table.add(data=data, seed=seed, variant=name, **row)
    if table.rows:
        write(table)


def measure(augmenter, train, validation, seed, real):
    """Fit, and measure reconstructions, versions and samples."""
    start = time.perf_counter()
    augmenter.fit(train)
    seconds = time.perf_counter() - start
    new = augmenter.augment(train, eta=ETA)
    row = {
        "parameters": augmenter.n_parameters_,
        "fit_s": seconds if augmenter.residual == "drop" else np.nan,
        "error": -augmenter.score(validation),
        "distance": float(np.sqrt(np.mean((new - train) ** 2))),
        **compare(train, new, validation, seed, real),
    }
    X_drawn, _ = augmenter.sample(len(train))
    drawn = compare(train, X_drawn, validation, seed, real)
    return row | {f"sample_{name}": value for name, value in drawn.items()}


def compare(train, new, validation, seed, real):
    error = forecast_errors(new, validation, seed, ["ridge"])["ridge"]
    return {
        "wasserstein": wasserstein_distance(train, new, by="channel")["median"],
        "autocorrelation": autocorrelation_difference(train, new),
        "forecast": error / real,
    }


# --- The page ---


def write(table):
    frame = table.frame()
    relative, n_better = compare_with_default(frame)
    tables = {
        "Times the default, geometric means over data and seeds": relative.reset_index(),
        "In how many cells better than the default": n_better.reset_index(),
    }
    for data, rows in frame.groupby("data", sort=False):
        means = rows.drop(columns=["data", "seed"]).groupby("variant", sort=False).mean()
        tables[f"{data}, means over seeds"] = means.reset_index().rename(columns={"fit_s": "fit s"})
    table.write(
        "What each part of LatentAugmenter is worth",
        f"{TEXT}\n\n{judge(frame, relative, n_better)}",
        tables,
    )


def compare_with_default(frame):
    """Return each measure as a share of the default's, and in how many cells it is better, a row each variant."""
    cells = frame.set_index(["variant", "data", "seed"])[["parameters", "fit_s", *MEASURES]]
    ratios = cells / cells.loc[DEFAULT].reindex(cells.index.droplevel("variant")).to_numpy()
    by_variant = ratios.groupby("variant", sort=False)
    relative = by_variant.agg(lambda values: np.exp(np.log(values).mean()))
    relative.insert(0, "cells", by_variant.size())
    n_better = by_variant[list(MEASURES)].agg(lambda values: int((values < 1).sum()))
    return relative.rename(columns={"fit_s": "fit s"}), n_better


def judge(frame, relative, n_better):
    """Say what beats the default, and what variational attention does."""
    found = []
    for variant in relative.index.drop(DEFAULT):
        n_cells = relative.loc[variant, "cells"]
        better = [
            f"{words} ({relative.loc[variant, name]:.2f} times, better in {n_better.loc[variant, name]} of {n_cells})"
            for name, words in MEASURES.items()
            if relative.loc[variant, name] < 1 and n_better.loc[variant, name] > n_cells / 2
        ]
        found.append(f"- {variant}: {'; '.join(better) or 'nothing'}.")
    return (
        "What is better than the default on average and in most cells:\n\n"
        + "\n".join(found)
        + f"\n\n{judge_attention(frame)}"
    )


def judge_attention(frame):
    """Compare variational with ordinary attention, in the network of L-GTA, cell by cell."""
    cells = frame.set_index(["variant", "data", "seed"])[list(MEASURES)]
    ratios = cells.loc["variational_transformer + bilstm"] / cells.loc["transformer + bilstm"]
    parts = [
        f"{words} {np.exp(np.log(ratios[name]).mean()):.2f} times (better in {int((ratios[name] < 1).sum())} of {len(ratios)})"
        for name, words in MEASURES.items()
    ]
    return (
        f"**Variational attention, over ordinary attention, both with bilstm**: {', '.join(parts)}."
    )


if __name__ == "__main__":
    main()
