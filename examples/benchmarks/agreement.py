"""Whether sklaug's scores by networks are those of plain implementations at the reference settings.

Context-FID, discriminative score (split="random") and predictive score (target="last", relative=False, 5,000 steps) of fixed
synthetic sets, by sklaug and by plain_metrics.py, which shares no line with it: the networks, optimisers, steps and batches
that the papers give, in torch. Both get the same arrays; only the seed of training, split and batches changes.

Run: python examples/benchmarks/agreement.py [--quick] [--seeds 3] [--data PATH]
"""

import time

import numpy as np
import pandas as pd
import plain_metrics
import torch
from faults import jitter
from recordings import load_windows
from report import Table, parse_arguments
from scipy.linalg import sqrtm
from scipy.stats import t as student

from sklaug import GaussianMixtureGenerator
from sklaug.metrics import ContextEncoder, context_fid, discriminative_score, predictive_score
from sklaug.metrics._frechet import covariance_root, frechet_distance

RECORDINGS = ("Stocks", "Simulated")
JITTERED = "other half, jitter"
QUICK_STEPS = 20
# More seeds for what varies most beside its difference.
MORE_SEEDS = {"discriminative_score": 2, "context_fid": 10, "predictive_score": 5}


def main():
    arguments = parse_arguments(
        __doc__.splitlines()[0],
        rows={"type": int, "default": 1000, "help": "windows on each side"},
    )
    if arguments.quick:
        arguments.rows, arguments.seeds = 100, 2
    torch.set_num_threads(1)
    table = Table(arguments, "agreement", ["measure", "data", "set", "seed"])
    for name in RECORDINGS:
        windows = load_windows(arguments, name)
        if windows is not None:
            compare(table, name, *make_sets(windows, arguments.rows), arguments)
    for name, vectors in make_vectors().items():
        if not table.has(measure="square root", data=name):
            table.add(measure="square root", data=name, **compare_roots(*vectors))
    write(table, arguments)


def make_sets(windows, n_rows):
    """Return real windows and the synthetic sets, all in the scale in which the real ones are in [0, 1]."""
    rng = np.random.default_rng(0)
    order = rng.permutation(len(windows))
    half = len(windows) // 2
    # Each part in order of time again, as sets come.
    real, other = (windows[np.sort(part[:n_rows])] for part in (order[:half], order[half:]))
    low, high = real.min(axis=(0, 1)), real.max(axis=(0, 1))
    real, other = ((X - low) / (high - low) for X in (real, other))
    mixture = GaussianMixtureGenerator(random_state=0).fit(real)
    return real, {
        "other half": other,
        JITTERED: jitter(0.05)(other, rng),
        "mixture": mixture.sample(len(real))[0],
    }


# -------------------------------------------------------------------------------------------
# Scores
# -------------------------------------------------------------------------------------------


def clock(function, *arguments, **keywords):
    """Return what a function returns, and the seconds of the processor that it takes."""
    start = time.process_time()
    value = function(*arguments, **keywords)
    return value, time.process_time() - start


def compare(table, data, real, sets, arguments):
    """Add the rows of one recording that are not there yet."""
    quick = QUICK_STEPS if arguments.quick else None
    scores = {
        "context_fid": (compare_context_fid, quick),
        "discriminative_score": (compare_discriminative_score, quick or 2000),
        "predictive_score": (compare_predictive_score, quick or 5000),
    }
    for measure, (compare_one, n_iter) in scores.items():
        for seed in range(arguments.seeds + MORE_SEEDS.get(measure, 0)):
            key = {"measure": measure, "data": data, "seed": seed}
            missing = {name: made for name, made in sets.items() if not table.has(set=name, **key)}
            for name, (own, own_s), (plain, plain_s) in compare_one(real, missing, seed, n_iter):
                values = {"sklaug": own, "plain": plain, "sklaug_s": own_s, "plain_s": plain_s}
                table.add(**key, set=name, **values)


def compare_context_fid(real, sets, seed, n_iter):
    """Yield the name of each set and, by both, distance and seconds: those of the training and of one distance."""
    if not sets:
        return
    encoder, own_s = clock(ContextEncoder(n_iter=n_iter or "auto", random_state=seed).fit, real)
    network, plain_s = clock(plain_metrics.train_ts2vec, real, seed=seed, n_iter=n_iter)
    for name, made in sets.items():
        own, more_own_s = clock(context_fid, real, made, encoder=encoder)
        plain, more_plain_s = clock(plain_metrics.context_fid, network, real, made)
        yield name, (own, own_s + more_own_s), (plain, plain_s + more_plain_s)


def compare_discriminative_score(real, sets, seed, n_iter):
    """Yield the name of each set with both scores and seconds."""
    options = {"split": "random", "n_iter": n_iter, "random_state": seed}
    for name, made in sets.items():
        own = clock(discriminative_score, real, made, **options)
        plain = plain_metrics.discriminative_score
        yield name, own, clock(plain, real, made, seed=seed, n_iter=n_iter)


def compare_predictive_score(real, sets, seed, n_iter):
    """Yield the name of each set, but for the jittered one, with both errors and seconds."""
    options = {"target": "last", "relative": False, "n_iter": n_iter, "random_state": seed}
    for name, made in sets.items():
        if name == JITTERED:
            continue  # for time: a forecast averages noise out
        own = clock(predictive_score, real, made, **options)
        plain = plain_metrics.predictive_score
        yield name, own, clock(plain, real, made, seed=seed, n_iter=n_iter)


# -------------------------------------------------------------------------------------------
# The square root of a covariance
# -------------------------------------------------------------------------------------------


def make_vectors():
    """Return pairs of sets of vectors: with covariances of full rank, and singular ones."""
    rng = np.random.default_rng(0)

    def draw(n, k):
        mixed, _ = np.linalg.qr(rng.normal(size=(k, k)))
        return rng.normal(size=(n, k)) * np.linspace(1, 3, k) @ mixed

    def spoil(X):
        X[:, 0], X[:, 1] = 7.0, X[:, 2]
        return X

    return {
        "1,000 of 40 numbers": (draw(1000, 40), draw(1000, 40)),
        "5,000 of 320": (draw(5000, 320), draw(5000, 320)),
        "60 of 320 (singular)": (draw(60, 320), draw(60, 320)),
        "1,000 of 40, one constant, two alike (singular)": (
            spoil(draw(1000, 40)),
            spoil(draw(1000, 40)),
        ),
        "5 equal ones of 40 (zero)": (np.ones((5, 40)), np.ones((5, 40))),
    }


def compare_roots(A, B):
    """Return how far sklaug's root is from scipy's, both from being a root, and what the distance is."""
    covariance = np.cov(A, rowvar=False)
    own, scipys = covariance_root(A), sqrtm(covariance)
    distance = frechet_distance(A, B)
    return {
        "condition": float(np.linalg.cond(covariance)),
        "largest difference": largest(own - scipys),
        "own root squared": largest(own @ own - covariance),
        "scipy's squared": largest(scipys @ scipys - covariance),
        "all finite": "yes" if np.isfinite(own).all() and np.isfinite(distance) else "no",
        "distance": distance,
        "by formula": float(plain_metrics.frechet_distance(A, B)),
    }


def largest(difference):
    return float(np.abs(difference).max())


# -------------------------------------------------------------------------------------------
# The page
# -------------------------------------------------------------------------------------------


def write(table, arguments):
    frame = table.frame()
    is_root = frame["measure"] == "square root"
    rows = summarise(frame[~is_root])
    agree = (rows["within 2 s.e."] == "yes").sum()
    close = (rows["in spreads"].replace("-", 0).astype(float) <= 1).sum()
    by_chance = sum(2 * student.sf(2, 2 * n - 2) for n in rows["seeds"])
    outcome = (
        f"{close} of {len(rows)} pairs of means are no further apart than values vary with the seed (one standard deviation); "
        f"{agree} of {len(rows)} pairs of means lie within 2 standard errors of their difference. By chance alone, with so few "
        f"seeds, {by_chance:.1f} of {len(rows)} are beyond them where nothing but the seeds differs, and several at a time, as "
        "the sets of a recording share the seeds."
    )
    method = __doc__.partition("\n\n")[2].partition("\n\nRun:")[0]
    note = QUICK_NOTE if arguments.quick else FULL_NOTE
    tables = {name: part.drop(columns="measure") for name, part in rows.groupby("measure")}
    roots = frame[is_root].dropna(axis=1, how="all").drop(columns="measure")
    tables["Square root of a covariance"] = roots.rename(columns={"data": "vectors"})
    table.write(
        "Agreement with plain implementations",
        "\n\n".join([outcome, method, SETS.format(rows=arguments.rows), note, COLUMNS]),
        tables,
    )


SETS = """Stocks and a simulated recording of one channel are cut into all windows of 24 steps, which are split at random into
halves, and {rows:,} windows of each half are taken: those of the first are real, and their smallest and largest value of a
channel are 0 and 1. `other half` are windows of the second half, `jitter` adds noise of 0.05 standard deviations of the
channel to them, `mixture` is a sample of GaussianMixtureGenerator fitted to the real ones."""

FULL_NOTE = """Trainings are of full length: TS2Vec 200 or, for more than 100,000 values, 600 steps, the GRUs 2,000 and 5,000.
Left out, for time: the other windows, ETTh1 and Energy, the predictive score of the jittered set (a forecast
averages noise out); and the authors' own code, whose GRUs have the gates and initial weights of TensorFlow, both sides here
torch's."""

QUICK_NOTE = f"A quick run: {QUICK_STEPS} steps a training, which says only that it works."

COLUMNS = """`+-` is the standard deviation over seeds, `in spreads` the difference of the means in such deviations (of both
sides together), `apart` the same in its standard errors. Seconds are of the processor, one thread, means over seeds; those of
Context-FID include training the encoder, which serves all sets of a recording.

The last table compares square roots. `largest difference` is that of an entry from scipy.linalg.sqrtm's, the next two columns
are the largest error of each root's square; `distance` is the Frechet distance of two such sets by sklaug, and `by formula` as
it is written, with scipy's root of the product of both covariances. In a singular covariance an eigenvalue of 0 is one of
1e-15 after rounding, of which the root is 3e-8: so far apart two good roots may be there (scipy warns)."""


def summarise(frame):
    """Return means and spreads over seeds for each measure, recording and set."""
    rows = []
    for key, part in frame.groupby(["measure", "data", "set"], sort=False):
        own, plain, n = part["sklaug"], part["plain"], len(part)
        difference = own.mean() - plain.mean()
        error = np.sqrt((own.var(ddof=1) + plain.var(ddof=1)) / n)
        rows.append(
            {
                **dict(zip(["measure", "data", "set"], key, strict=True)),
                "seeds": n,
                "sklaug": spread(own),
                "plain": spread(plain),
                "difference": f"{difference:+.4f}",
                "in spreads": f"{abs(difference) / (error * np.sqrt(n / 2)):.2f}" if error else "-",
                "apart": f"{abs(difference) / error:.2f}" if error else "-",
                "within 2 s.e.": "yes" if abs(difference) <= 2 * error else "no",
                "sklaug, s": part["sklaug_s"].mean(),
                "plain, s": part["plain_s"].mean(),
            }
        )
    return pd.DataFrame(rows)


def spread(values):
    return f"{values.mean():.4f} +- {values.std(ddof=1):.4f}"


if __name__ == "__main__":
    main()
