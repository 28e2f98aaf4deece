"""Fitting generators and drawing from them: seeds, and sets that are like the training series."""

import time

import numpy as np
from sklearn.base import clone

from sklaug._random import block_generator, derive_random_state
from sklaug._series import (
    Container,
    check_channels,
    find_gaps,
    measure_lengths,
    name_rows,
    read_container,
    refuse_empty,
    refuse_infinity,
)
from sklaug._targets import flatten_target
from sklaug._validation import name_of
from sklaug.meta._rows import Rows
from sklaug.model_selection._task import take, telling
from sklaug.preprocessing._containers import measure_series

METHODS = ("sample", "augment")
_LARGEST = 1e30


def fit_and_draw(generator, X, y, draws, *, method, classes, seed, name, key):
    """Fit a generator and draw sets of series from it.

    A pure function of its arguments but for the seconds, fit for `joblib.Memory`.

    Parameters
    ----------
    generator : estimator
        A clone is fitted.
    X, y : array-like
        Training series and targets.
    draws : list of tuple (n_samples, seed)
        How many series each set shall have, and its seed.
    method : {"sample", "augment"}
        Draw new series, or make versions of training rows drawn at random; a generator without
        `augment` samples.
    classes : bool
        Whether targets are class labels.
    seed : int
        Seed of the fit.
    name : str
        What messages call the generator.
    key : dict
        What else tells one result from another: code and versions. Only a cache reads it.

    Returns
    -------
    dict
        ``fit_seconds``, ``sample_seconds`` (a set each), ``n_parameters`` (None if unknown) and
        ``sets``, a list of ``(X, y)``.
    """
    with telling(f"This was when {name!r} was fitted and made series."):
        generator, fit_seconds = fit_timed(generator, X, y, seed)
        draw = draw_versions if method == "augment" and hasattr(generator, "augment") else draw_new
        sets, seconds = [], []
        for n_samples, seed_of_draw in draws:
            start = time.perf_counter()
            made = draw(generator, X, y, n_samples, seed_of_draw)
            seconds.append(time.perf_counter() - start)
            sets.append(check_made(*made, X, y, n_samples, classes, f"What {name} made"))
    return {
        "fit_seconds": fit_seconds,
        "sample_seconds": seconds,
        "n_parameters": getattr(generator, "n_parameters_", None),
        "sets": sets,
    }


def fit_timed(generator, X, y, seed):
    """Fit a clone with seeds of its own; returns it and the seconds."""
    generator = seed_estimator(clone(generator), seed)
    start = time.perf_counter()
    generator.fit(X, y)
    return generator, time.perf_counter() - start


def draw_new(generator, X, y, n_samples, seed):
    """Draw new series, ``(X, y)``; those of known channels are of training rows drawn at random."""
    seed = derive_random_state(seed, "sample")
    if check_channels(getattr(generator, "condition_channels", None)):
        X, y = take(X, y, _draw_training_rows(len(X), n_samples, seed))
        rows = Rows(*read_container(X, name_of(generator), "X", 1))
        made = generator.sample(n_samples, y, random_state=seed, condition=rows.known_to(generator))
    else:
        made = generator.sample(n_samples, random_state=seed)
    if not (isinstance(made, tuple) and len(made) == 2):
        raise TypeError(
            f"{name_of(generator)}.sample must return (X, y), got {type(made).__name__}."
        )
    return made


def draw_versions(generator, X, y, n_samples, seed):
    """Make versions of training rows drawn at random, each once before any comes again."""
    seed = derive_random_state(seed, "versions")
    X, y = take(X, y, _draw_training_rows(len(X), n_samples, seed))
    return generator.augment(X, y, random_state=seed), y


def check_made(X_made, y_made, X, y, n, classes, name, name_of_X="X"):
    """Return series and targets that a generator made in the form of the training rows; raise where they are not like these.

    Parameters
    ----------
    X_made, y_made : array-like
        What it made.
    X, y : array-like
        Its training rows.
    n : int
        How many it should have made.
    classes : bool
        Whether targets are class labels.
    name, name_of_X : str
        What messages call `X_made` and `X`.
    """
    X_made = _bring_into_container(X_made, X, n, name, name_of_X)
    return X_made, _check_made_targets(y_made, y, n, classes, name)


def _draw_training_rows(n_rows, n_drawn, seed):
    rng = block_generator(seed, "training rows", 0)
    rounds = [rng.permutation(n_rows) for _ in range(-(-n_drawn // n_rows))]
    return np.concatenate(rounds)[:n_drawn]


def seed_estimator(generator, seed):
    """Set every `random_state` of an estimator and of what is nested in it, each to a seed of its own."""
    names = [name for name in generator.get_params() if name.split("__")[-1] == "random_state"]
    return generator.set_params(**{name: derive_random_state(seed, name) for name in names})


def _bring_into_container(X_made, X, n, name, name_of_X):
    """Return synthetic series in the container of the training rows `X`; raise where they are not like these."""
    real, container = read_container(X, name, "X", 1)
    made, came = read_container(X_made, name, name, 1)
    refuse_infinity(made, name, name)
    largest = np.nanmax(np.abs(made))
    if largest > _LARGEST:
        raise ValueError(
            f"{name} has values up to {largest:.3g}, which no metric can take. Mend it, or leave it out."
        )
    if len(made) != n or made.shape[2] != real.shape[2]:
        raise ValueError(
            f"{name} is {len(made)} series of {made.shape[2]} channel(s), but it should be {n} of {real.shape[2]}."
        )
    may_have_gaps = find_gaps(real, container.widths).any()
    lengths, widths = measure_series(made, came), container.widths
    if container.kind == "list":
        widths = lengths
    elif lengths.max() > widths or (made.shape[1] < widths and not may_have_gaps):
        raise ValueError(f"{name} has {made.shape[1]} steps, but {name_of_X} has {widths}.")
    gaps = np.flatnonzero(find_gaps(made, widths))
    if len(gaps) and not may_have_gaps:
        raise ValueError(
            f"{name} has NaN in {name_rows(gaps, n)}, but none of the {len(real)} series that it was fitted on has."
        )
    refuse_empty(measure_lengths(~np.isnan(made)), name)
    return Container(container.kind, container.ndim, widths, columns=container.columns).fill(made)


def _check_made_targets(made, y, n, classes, name):
    """Return the targets of synthetic series as an array; raise where they are not like `y`."""
    if y is None:
        return None
    if made is None:
        raise ValueError(f"{name} came without y, though it was fitted with y.")
    made = flatten_target(made, n)
    if classes:
        unknown = list_difference(made, y)
        if unknown:
            raise ValueError(f"{name} has classes that are not in its training rows: {unknown}.")
    elif made.dtype.kind == "f" and not np.isfinite(made).all():
        rows = np.flatnonzero(~np.isfinite(made))
        raise ValueError(f"{name} has NaN or infinity in y, for {name_rows(rows, n)}.")
    return made


def list_difference(some, others):
    """Word which labels are among some and not among others; empty where none is."""
    return ", ".join(sorted(map(repr, set(some.tolist()) - set(others.tolist()))))
