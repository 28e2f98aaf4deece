"""How much sooner LatentAugmenter's network reaches the validation loss at which plain L-GTA stops improving.

Two shapes: wide (10 x 89, San Francisco's crime) and narrow (10 x 6, a stock's days), of which every fifth
block of windows is held out; wide once more with the 70 weeks after 241 windows held out, where levels
have changed. The plain model is `plain_lgta.py`, one thread for both.

Run: python examples/benchmarks/time_to_loss.py [--quick] [--seeds 3] [--data PATH]
"""

import numpy as np
import pandas as pd
import torch
from plain_lgta import COUNTED, PlainLGTA, PlainTraining
from report import Table, parse_arguments
from trainings import Training, count
from windows import SHAPES, load_scaled

PATIENCE, MOST_EPOCHS = 20, 400
TARGETS = {"wide": 15, "wide, later": 15, "narrow": 10}
LEVELS = (1.0, 1.02, 1.1)  # times the lowest loss of the plain model
BUDGETS = {
    "default": {},
    "as many coordinates": {"latent_dim": 8},  # on half as many codes
    "20 epochs": {"max_epochs": 20},
    "10 epochs": {"max_epochs": 10},
    "20 epochs, batch 128, rate 0.01": {"max_epochs": 20, "batch_size": 128, "learning_rate": 0.01},
}

TEXT = f"""The plain model (batch 8, default Adam, DataLoader, flatten-and-dense head) trains until its validation error has not
improved for {PATIENCE} epochs, at most {MOST_EPOCHS}. `plain s` are its seconds of training up to its lowest error, `light s`
those of LatentAugmenter's network, by its own loop, until its error first is as low. The error is the mean square per value
of standardised windows, decoded from the mean of their codes. Only training counts, not the scoring after each epoch. Both
models run in one process on one thread, who comes first alternates with the seed; figures are medians over seeds, and `reached`
counts the trainings that came as low. "Default" is LatentAugmenter as it comes; "as many coordinates" has 8 on each of its
5 codes, as the plain model has 4 on each of 10; the others show what its schedule costs.
Infinite is never. A level of 1.02 asks both for an error of 1.02 times the plain model's lowest."""


def main():
    arguments = parse_arguments(__doc__.splitlines()[0])
    torch.set_num_threads(1)
    table = Table(arguments, "time_to_loss", ["shape", "seed", "budget", "level"])
    sizes = []
    for shape, train, validation in load_scaled(arguments, SHAPES):
        sizes.append(describe_size(shape, train, validation))
        for seed in range(1 if arguments.quick else arguments.seeds):
            if not table.has(shape=shape, seed=seed):
                for row in race(arguments, train, validation, seed):
                    table.add(shape=shape, seed=seed, **row)
    if table.rows:
        write(table, sizes)


def describe_size(shape, train, validation):
    n_plain = count(PlainLGTA(*train.shape[1:]))
    return {
        "shape": shape,
        "windows": str(train.shape),
        "plain parameters": n_plain,
        "counted for the authors' code": int(COUNTED[shape.split(",")[0]]),
        "ratio": n_plain / COUNTED[shape.split(",")[0]],
        "light parameters": Training(train, 0).n_parameters,
        "error of a flat line": float(np.mean(validation**2)),
    }


def race(arguments, train, validation, seed):
    """Train everything once and compare the curves; yields a row for each budget and level."""
    runs = {name: lambda p=p: run_light(train, validation, seed, p) for name, p in BUDGETS.items()}
    runs["plain"] = lambda: run_plain(arguments, train, validation, seed)
    if arguments.quick:
        runs = {name: runs[name] for name in ("10 epochs", "plain")}
    names = list(runs) if seed % 2 else list(runs)[::-1]
    curves = {name: runs[name]() for name in names}
    plain = curves.pop("plain")
    for name, curve in curves.items():
        for level in LEVELS:
            bar = level * min(plain[1])
            yield {
                "budget": name,
                "level": level,
                "error": bar,
                "plain_s": first_below(bar, *plain),
                "light_s": first_below(bar, *curve),
                "plain_epochs": len(plain[0]),
                "plain_epoch_ms": 1e3 * float(np.median(np.diff(plain[0], prepend=0))),
                "light_epoch_ms": 1e3 * float(np.median(np.diff(curve[0], prepend=0))),
                "light_lowest": min(curve[1]),
                "light_last": curve[1][-1],
            }


def run_plain(arguments, train, validation, seed):
    """Return seconds and validation errors by epoch."""
    training = PlainTraining(train, seed)
    for _ in range(3 if arguments.quick else MOST_EPOCHS):
        training.run_epoch(validation)
        if training.is_stuck(PATIENCE):
            break
    return np.cumsum(training.seconds), training.errors


def run_light(train, validation, seed, parameters):
    training = Training(train, seed, **parameters)
    for _ in range(training.plan.max_epochs):
        training.run_epoch(validation)
    return np.cumsum(training.seconds), [parts["reconstruction"] for parts in training.scores]


def first_below(bar, seconds, errors):
    """Return the seconds after which an error is no higher than `bar`, infinite if none is."""
    low = np.flatnonzero(np.asarray(errors) <= bar)
    return float(seconds[low[0]]) if len(low) else float("inf")


def write(table, sizes):
    groups = table.frame().groupby(["shape", "budget", "level"], sort=False)
    rows = pd.DataFrame([summarise(key, group) for key, group in groups])
    table.write(
        "Seconds to the validation loss of plain L-GTA",
        f"{TEXT}\n\n{judge(rows)}",
        {
            "Sizes, and what the training mean would score": pd.DataFrame(sizes),
            "Seconds to an error": rows,
        },
    )


def summarise(key, group):
    return {
        **dict(zip(("shape", "budget", "level"), key, strict=True)),
        "seeds": len(group),
        "reached": int(np.isfinite(group["light_s"]).sum()),
        "error": group["error"].median(),
        "plain s": group["plain_s"].median(),
        "light s": group["light_s"].median(),
        "sooner by": (group["plain_s"] / group["light_s"]).median(),
        "plain ms/epoch": group["plain_epoch_ms"].median(),
        "light ms/epoch": group["light_epoch_ms"].median(),
        "light's lowest error": group["light_lowest"].median(),
    }


def judge(rows):
    """Say in words whether the plain model's lowest error was reached soon enough."""
    parts = []
    for shape, target in TARGETS.items():
        of_shape = rows[(rows["shape"] == shape) & (rows["level"] == 1)]
        for row in of_shape.to_dict("records"):
            ratio = row["sooner by"]
            found = f"{ratio:.3g} times as soon" if ratio else "never"
            met = "met" if ratio >= target else "not met"
            parts.append(f"{shape}, {row['budget']}: {found}, {met}")
    return f"**Asked**: {TARGETS['wide']} times as soon (wide), {TARGETS['narrow']} times (narrow). Found: {'; '.join(parts)}."


if __name__ == "__main__":
    main()
