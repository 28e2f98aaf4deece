"""Transformations by name: found, called with what they declare, and what they return checked."""

import inspect

import numpy as np

from sklaug._validation import suggest
from sklaug.transforms._time_warps import time_warp, window_warp
from sklaug.transforms._values import drift, jitter, magnitude_warp, mixup, scaling, trend

TRANSFORMS = {
    "jitter": jitter,
    "scaling": scaling,
    "magnitude_warp": magnitude_warp,
    "drift": drift,
    "trend": trend,
    "time_warp": time_warp,
    "window_warp": window_warp,
    "mixup": mixup,
}


def resolve_transformation(transformation):
    """Turn what a user may pass as `transformation` into a list of functions.

    Parameters
    ----------
    transformation : str, callable, or list or tuple of these
        A name in `TRANSFORMS`, a function like those, what `restrict` returns, or several to apply
        one after the other.

    Returns
    -------
    list of callable
        In the order of application.

    Raises
    ------
    ValueError
        If a name is not known, or a list is empty.
    TypeError
        If an entry is neither a name nor a callable.

    Examples
    --------
    >>> from sklaug.transforms._calling import resolve_transformation
    >>> [function.__name__ for function in resolve_transformation(["drift", "jitter"])]
    ['drift', 'jitter']
    """
    if not isinstance(transformation, (list, tuple)):
        return [_resolve_one(transformation)]
    if not transformation:
        raise ValueError(
            "transformation is an empty list. Pass at least one name or callable; eta=0 changes nothing."
        )
    return [_resolve_one(entry) for entry in transformation]


def _resolve_one(entry):
    if callable(entry):
        return entry
    if not isinstance(entry, str):
        raise TypeError(
            f"A transformation is a name, a callable f(Z, *, eta, rng) or a list of these; "
            f"got {entry!r} of type {type(entry).__name__}."
        )
    if entry not in TRANSFORMS:
        raise ValueError(
            f"Unknown transformation {entry!r}. Known: {', '.join(TRANSFORMS)}; "
            f"or pass a callable f(Z, *, eta, rng).{suggest(entry, TRANSFORMS)}"
        )
    return TRANSFORMS[entry]


def is_named_transformation(value):
    """Tell whether this is the name of a transformation, or a list of such, which may stand in a wrong place."""
    names = value if isinstance(value, list | tuple) else [value]
    return bool(names) and all(isinstance(name, str) and name in TRANSFORMS for name in names)


def declares(function, keyword):
    """Tell whether a transformation takes a keyword: by its name, or any at all.

    What passes keywords on to others can have an attribute `needs_partner`, False where none takes a partner.
    """
    return keyword in _declared(function, [keyword])


def _declared(function, keywords):
    parameters = inspect.signature(function).parameters.values()
    names = {p.name for p in parameters}
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        names.update(keywords)
    if not getattr(function, "needs_partner", True):
        names.discard("partner")
    return names.intersection(keywords)


def needs_time_axis(function):
    """Tell whether a transformation is marked as needing a time axis, also inside a `functools.partial`."""
    return getattr(getattr(function, "func", function), "needs_time_axis", False)


def call_transformation(function, Z, *, eta, rng, mask, partner):
    """Call a transformation with the keywords that it declares, and check what it returns.

    Parameters
    ----------
    function : callable
        A transformation; `functools.partial` and objects with ``__call__`` are fine.
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Strength, 0 or more.
    rng : numpy.random.Generator
        Source of randomness.
    mask : ndarray of bool, shape (n_ts, sz, d), or None
        True where observed.
    partner : ndarray of shape (n_ts, sz, d) or None
        For each row the values of its partner.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        In the dtype of `Z`.

    Raises
    ------
    ValueError
        If the function returns anything but an array of the shape of `Z`, of finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms._calling import call_transformation
    >>> def shift(Z, *, eta):
    ...     return Z + eta
    >>> rng = np.random.default_rng(0)
    >>> Z = np.zeros((1, 2, 1))
    >>> call_transformation(shift, Z, eta=3, rng=rng, mask=None, partner=None).ravel()
    array([3., 3.])
    """
    keywords = {"eta": eta, "rng": rng, "mask": mask, "partner": partner}
    result = function(Z, **{name: keywords[name] for name in _declared(function, keywords)})
    if not isinstance(result, np.ndarray) or result.shape != Z.shape:
        if isinstance(result, np.ndarray):
            came = f"an array of shape {result.shape}"
        else:
            came = f"an object of type {type(result).__name__}"
        raise ValueError(
            f"The transformation {transformation_name(function)} returned {came}, but it was given Z of shape {Z.shape}. "
            f"It must return an array of that shape."
        )
    result = result.astype(Z.dtype, copy=False)
    if not np.isfinite(result).all():
        raise ValueError(
            f"The transformation {transformation_name(function)} returned NaN or infinity at eta={eta:g}. "
            "Lower eta, or check the function."
        )
    return result


def transformation_name(function):
    """Name a function, the function inside a `functools.partial`, or the class of a callable object."""
    function = getattr(function, "func", function)
    return getattr(function, "__name__", type(function).__name__)
