"""Fitting generators and drawing from them: seeds, and sets that are like the training series."""

import functools
import os
import pickle
import time

import joblib
import numpy as np
from sklearn.base import clone

from sklaug._caching import hash_value
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

_LARGEST = 1e30


def fit_and_draw(generator, X, y, draws, *, method, classes, seed, name, key, memory=None):
    """Fit a generator and draw sets of series from it.

    A pure function of its arguments but for the seconds. The fit and each set are kept by themselves, so that one
    set more costs no fit, and nothing is fitted where all sets are known.

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
    memory : joblib.Memory or None
        Where fits and sets are kept.

    Returns
    -------
    dict
        ``fit_seconds``, ``sample_seconds`` (a set each), ``n_parameters`` (None if unknown) and
        ``sets``, a list of ``(X, y)``.
    """
    memory = joblib.Memory(None) if memory is None else memory
    given = {"generator": generator, "X": X, "y": y, "seed": seed}
    # Arrays are read once, not for each set; one that is mapped from a file is no other than its copy in memory.
    known_as = None if memory.location is None else hash_value(given)
    if known_as is None:
        memory = joblib.Memory(None)
    of = None if known_as is None else {"fit": known_as, **key}
    fit = memory.cache(_fit, ignore=sorted(given))
    draw = memory.cache(_draw_set, ignore=["fit", "X", "y", "name"])
    known = functools.cache(lambda: _take_fit(fit, given, of))
    with telling(f"This was when {name!r} was fitted and made series."):
        drawn = [
            draw(known, X, y, n_samples, seed_of_draw, method, classes, name, of)
            for n_samples, seed_of_draw in draws
        ]
    return {
        "fit_seconds": drawn[0]["fit_seconds"],
        "sample_seconds": [one["seconds"] for one in drawn],
        "n_parameters": drawn[0]["n_parameters"],
        "sets": [one["set"] for one in drawn],
    }


class _NotStorable(Exception):
    """Carries a fit that no cache can keep."""


def _take_fit(fit, given, of):
    try:
        return fit(**given, of=of)
    except _NotStorable as error:
        return error.args[0]


def _fit(generator, X, y, seed, of):
    """Fit as `fit_timed` does; what cannot be stored is raised, so that a cache does not try. Only a cache reads `of`."""
    fitted = fit_timed(generator, X, y, seed)
    if of is not None:
        try:
            with open(os.devnull, "wb") as nowhere:
                pickle.dump(fitted, nowhere)
        except Exception as error:  # a class may raise anything when it is pickled
            raise _NotStorable(fitted) from error
    return fitted


def _draw_set(fit, X, y, n_samples, seed, method, classes, name, of):
    """Draw a set from the generator that `fit` returns, with the seconds of its fit; only a cache reads `of`."""
    generator, fit_seconds = fit()
    draw = draw_versions if method == "augment" and hasattr(generator, "augment") else draw_new
    start = time.perf_counter()
    made = draw(generator, X, y, n_samples, seed)
    seconds = time.perf_counter() - start
    return {
        "set": check_made(*made, X, y, n_samples, classes, f"What {name} made"),
        "seconds": seconds,
        "fit_seconds": fit_seconds,
        "n_parameters": getattr(generator, "n_parameters_", None),
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


def check_made(X_made, y_made, X, y, n, classes, name, name_of_X="X", name_of_y=None):
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
    name_of_y : str or None
        What they call `y_made`; None speaks of the y of `X_made`.
    """
    X_made = _bring_into_container(X_made, X, n, name, name_of_X)
    return X_made, _check_made_targets(y_made, y, n, classes, name, name_of_y)


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
    made, came = read_container(X_made, "a comparison", name, 1)
    refuse_infinity(made, "a comparison", name)
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
            f"{name} has NaN in {name_rows(gaps, n)}, but none of the {len(real)} training series has."
        )
    refuse_empty(measure_lengths(~np.isnan(made)), name)
    return Container(container.kind, container.ndim, widths, columns=container.columns).fill(made)


def _check_made_targets(made, y, n, classes, name, name_of_y):
    """Return the targets of synthetic series as an array; raise where they are not like `y`."""
    if y is None:
        return None
    if made is None:
        raise ValueError(f"{name} came without y, though it was fitted with y.")
    subject = name_of_y or name
    made = flatten_target(made, n, name_of_y or "y")
    if classes:
        unknown = list_difference(made, y)
        if unknown:
            raise ValueError(
                f"{subject} has classes that no training row has: {', '.join(unknown)}."
            )
    elif made.dtype.kind == "f" and not np.isfinite(made).all():
        rows = np.flatnonzero(~np.isfinite(made))
        of_y = "" if name_of_y else " in y"
        raise ValueError(f"{subject} has NaN or infinity{of_y}, for {name_rows(rows, n)}.")
    return made


def list_difference(some, others):
    """Return the labels that are among some and not among others, as messages show them."""
    return sorted(map(repr, set(some.tolist()) - set(others.tolist())))
