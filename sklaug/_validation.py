"""Checks of parameters, and what they say when something is wrong."""

import inspect
from difflib import get_close_matches
from numbers import Integral, Real

import numpy as np
from sklearn.frozen import FrozenEstimator

_MIDDLEMEN = {"sklaug", "sklearn", "imblearn", "joblib"}


def name_of(caller):
    """Return what messages call an estimator, or a function that goes by its name."""
    return caller if isinstance(caller, str) else type(caller).__name__


def caller_level():
    """Return the `stacklevel` at which a warning of the calling function names the user's line.

    A check may be reached from an estimator, from one around it, or from a pipeline around both.
    """
    frame, level = inspect.currentframe().f_back, 1
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] in _MIDDLEMEN:
        frame, level = frame.f_back, level + 1
    return level


def suggest(value, known):
    """Say which of the `known` names may be meant, if one is like `value`: a sentence after a space, or nothing."""
    near = get_close_matches(str(value), known, 1)
    return f" Did you mean {near[0]!r}?" if near else ""


def check_choice(name, value, known):
    """Raise ValueError unless `value` is one of the `known` names."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(
            f"Unknown {name} {value!r}. Known: {', '.join(known)}.{suggest(value, known)}"
        )


def check_component(name, value, known, example):
    """Raise unless `value` is one of the `known` names or a class of networks."""
    if isinstance(value, type) and hasattr(value, "forward"):
        return
    if isinstance(value, str) and value in known:
        return
    raise ValueError(
        f"Unknown {name} {value!r}. Known: {', '.join(known)}; or pass a subclass of torch.nn.Module built like {example}."
    )


def check_steps(name, value, *, fewest=0, other=()):
    """Raise unless `value` is a number of steps (int), at least `fewest`, or a share of the length (float).

    Unless no step at all is enough, a share must be more than 0.
    """
    whole = isinstance(value, Integral)
    if any(value is entry for entry in other):
        return
    if isinstance(value, bool) or not isinstance(value, Real):
        kinds = ["a number of steps (int)", "a share of the length (float from 0 to 1)"]
        *first, last = [*kinds, *map(repr, other)]
        raise TypeError(f"{name} must be {', '.join(first)} or {last}, got {value!r}.")
    low, high, low_open = (fewest, np.inf, False) if whole else (0, 1, fewest > 0)
    check_number(name, value, low=low, high=high, low_open=low_open)


def check_flag(name, value):
    """Raise TypeError unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def check_number(
    name, value, *, low, high=np.inf, whole=False, low_open=False, high_open=False, other=()
):
    """Raise TypeError unless `value` is a real (or `whole`) number, ValueError unless it lies in the range.

    Parameters
    ----------
    name : str
        Name of the parameter.
    value : object
        Its value.
    low, high : float
        Ends of the range.
    whole : bool
        Accept integers only.
    low_open, high_open : bool
        Exclude that end.
    other : tuple
        Values that are accepted beside numbers, such as None or "auto".
    """
    if any(value is entry or (isinstance(entry, str) and value == entry) for entry in other):
        return
    kind, words = (Integral, "an integer") if whole else (Real, "a number")
    if isinstance(value, bool) or not isinstance(value, kind):
        words = " or ".join([words, *map(repr, other)])
        raise TypeError(f"{name} must be {words}, got {value!r}.")
    if not np.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}.")
    above = value > low if low_open else value >= low
    below = value < high if high_open else value <= high
    if not (above and below):
        limits = f"{'more than' if low_open else 'at least'} {low:g}"
        if high < np.inf:
            limits += f" and {'less than' if high_open else 'at most'} {high:g}"
        raise ValueError(f"{name} must be {limits}, got {value!r}.")


def check_n_samples(n_samples):
    """Raise unless `n_samples` is a whole number of 1 or more; tell targets and series that stand in its place."""
    if not hasattr(n_samples, "__len__") or getattr(n_samples, "ndim", 1) == 0:
        return check_number("n_samples", n_samples, low=1, whole=True)
    shape = n_samples.shape if hasattr(n_samples, "shape") else (len(n_samples),)
    if isinstance(n_samples, str):
        came, advice = repr(n_samples), f"For a target to draw for, call sample(y={n_samples!r})."
    elif len(shape) == 1:
        entries = "entry" if shape[0] == 1 else "entries"
        came = f"{type(n_samples).__name__} with {shape[0]} {entries}"
        advice = "For targets to draw for, one series each, call sample(y=...)."
    else:
        came = f"{type(n_samples).__name__} of shape {tuple(shape)}"
        advice = "sample draws new series; for versions of given ones call augment(X, y)."
    raise TypeError(f"n_samples must be an integer, got {came}. {advice}")


def refuse_frozen(estimator, subject):
    """Raise if an estimator is frozen; `subject` begins the sentence that says so."""
    if isinstance(estimator, FrozenEstimator):
        raise TypeError(
            f"{subject} is a FrozenEstimator, which cannot be fitted anew: what it has seen may be what it is tested on. Pass "
            "what it holds."
        )
