"""Transformations: small random changes of known strength, for series and for latent codes alike.

A transformation is a function ``f(Z, *, eta, rng)``. It takes an array `Z` of shape ``(n_ts, sz,
d)``, float32 or float64 and in units of one standard deviation, and returns a new array of the same
shape and dtype; `Z` may be read-only. Where it needs them it declares more keywords, ``mask`` or
``partner``, and gets only what it declares. To write one, keep three rules:

- ``eta=0`` gives `Z` itself, and a larger `eta` a larger change.
- Draws come first and do not depend on `eta`, so that two strengths with one seed differ in strength alone.
- Draws have the row as their leading axis, ``rng.standard_normal((len(Z), ...))``: what happens to a row depends on that
  row and its draws, never on the other rows.

Where the order of the steps has to mean something, set ``f.needs_time_axis = True``. A line in
`TRANSFORMS` gives it a name.
"""

import inspect
import math

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

__all__ = [
    "TRANSFORMS",
    "drift",
    "jitter",
    "magnitude_warp",
    "mixup",
    "scaling",
    "time_warp",
    "trend",
    "window_warp",
]


def _along_time(function):
    """Mark a transformation that means nothing on a single vector."""
    function.needs_time_axis = True
    return function


# --- Values ---


def jitter(Z, *, eta, rng):
    """Add independent Gaussian noise to every value.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the noise, in the units of `Z`; 0 or more.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Um et al. (2017), Data augmentation of wearable sensor data for Parkinson's disease monitoring using
       convolutional neural networks, doi:10.1145/3136755.3136817

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import jitter
    >>> noisy = jitter(np.zeros((100, 50, 2)), eta=0.5, rng=np.random.default_rng(0))
    >>> print(f"{noisy.std():.2f}")
    0.50
    """
    return _add(Z, _noise(rng, Z.shape, eta, Z.dtype))


def scaling(Z, *, eta, rng):
    """Multiply each channel of each series by one random factor.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the factors, whose mean is 1; 0 or more.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Um et al. (2017), doi:10.1145/3136755.3136817

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import scaling
    >>> scaled = scaling(np.ones((1, 3, 2)), eta=0.5, rng=np.random.default_rng(0))
    >>> scaled.round(2)  # one factor a channel
    array([[[1.06, 0.93],
            [1.06, 0.93],
            [1.06, 0.93]]])
    """
    n_ts, _, d = Z.shape
    factor = _noise(rng, (n_ts, 1, d), eta, Z.dtype)
    factor += 1
    return Z * factor


@_along_time
def magnitude_warp(Z, *, eta, rng, n_knots=4):
    """Multiply each channel of each series by a smooth random curve.

    The curve is the cubic spline through `n_knots` random values, evenly spaced from the first step
    to the last.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the curve at its knots, where its mean is 1; 0 or more.
    rng : numpy.random.Generator
        Source of randomness.
    n_knots : int, default=4
        Number of knots, at least 2; more knots make a livelier curve.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Um et al. (2017), doi:10.1145/3136755.3136817

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import magnitude_warp
    >>> warped = magnitude_warp(np.ones((1, 5, 1)), eta=0.5, rng=np.random.default_rng(0))
    >>> warped.ravel().round(2)
    array([1.06, 0.87, 1.14, 1.36, 1.05])
    """
    n_ts, sz, d = Z.shape
    knots = _noise(rng, (n_ts, d, n_knots), eta, Z.dtype)
    curve = knots.reshape(n_ts * d, n_knots) @ _spline_basis(sz, n_knots, Z.dtype)
    # Added here and not to the knots: splines through ones are 1 only up to rounding, and eta = 0
    # is exact.
    curve += 1
    curve = np.moveaxis(curve.reshape(n_ts, d, sz), 1, 2)
    curve *= Z
    return np.ascontiguousarray(curve)


@_along_time
def drift(Z, *, eta, rng):
    """Add a random walk to each channel of each series.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the walk at the last step, in the units of `Z`; 0 or more. One step of
        it has ``eta / sqrt(sz)``.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import drift
    >>> drifted = drift(np.zeros((10_000, 20, 1)), eta=0.5, rng=np.random.default_rng(0))
    >>> drifted.std(axis=0)[[0, 4, 19], 0].round(2)
    array([0.11, 0.25, 0.5 ])
    """
    step = _noise(rng, Z.shape, eta / math.sqrt(Z.shape[1]), Z.dtype)
    return _add(Z, np.cumsum(step, axis=1, out=step))


@_along_time
def trend(Z, *, eta, rng):
    """Add a straight line through the middle of the time axis to each channel of each series.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the rise from the first step to the last, in the units of `Z`; 0 or
        more.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import trend
    >>> trend(np.zeros((1, 5, 1)), eta=8, rng=np.random.default_rng(0)).ravel().round(2)
    array([-0.5 , -0.25,  0.  ,  0.25,  0.5 ])
    """
    n_ts, sz, d = Z.shape
    slope = _noise(rng, (n_ts, 1, d), eta, Z.dtype)
    time = np.linspace(-0.5, 0.5, sz, dtype=Z.dtype)
    return _add(Z, slope * time[:, None])


def mixup(Z, *, eta, partner):
    """Move each row towards its partner.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Strength, 0 or more: the partner's weight is ``1 - exp(-eta)``.
    partner : ndarray of shape (n_ts, sz, d)
        For each row the values of its partner (see `partner_rows`); a row without one holds itself
        and stays as it is.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Zhang et al. (2018), mixup: beyond empirical risk minimization, arXiv:1710.09412

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import mixup
    >>> Z = np.array([[[0.0]], [[1.0]]])
    >>> mixup(Z, eta=np.log(2), partner=Z[::-1]).ravel()
    array([0.5, 0.5])
    """
    step = np.subtract(partner, Z, dtype=Z.dtype)
    step *= -math.expm1(-eta)
    return _add(Z, step)


def _noise(rng, shape, scale, dtype):
    noise = rng.standard_normal(shape, dtype=dtype)
    # As a Python float: numpy's would take float32 through float64, and 0.5 give other bits than
    # np.float64(0.5).
    noise *= float(scale)
    return noise


def _add(Z, step):
    """Return Z + step, computed in the memory of `step`."""
    # As Z - (0 - step): -0.0 + 0.0 is 0.0, but subtracting 0.0 leaves every value as it is, to the
    # bit.
    np.subtract(0, step, out=step)
    return np.subtract(Z, step, out=step)


def _spline_basis(sz, n_knots, dtype):
    """Tabulate the cubic splines that are 1 at one knot and 0 at the others: (n_knots, sz).

    A spline is linear in its values at the knots, so all splines of a call are one matrix product
    with this table.
    """
    if n_knots < 2:
        raise ValueError(f"n_knots={n_knots}, but a curve needs at least 2 knots, one at each end.")
    splines = CubicSpline(np.linspace(0, 1, n_knots), np.eye(n_knots))
    return np.ascontiguousarray(splines(np.linspace(0, 1, sz)).T, dtype=dtype)


# --- Time ---


@_along_time
def time_warp(Z, *, eta, rng, n_knots=4):
    """Play each series at a speed that varies smoothly, all its channels alike.

    The first and the last step stay where they are; between them values are interpolated linearly.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the logarithm of the speed at its knots; 0 or more.
    rng : numpy.random.Generator
        Source of randomness.
    n_knots : int, default=4
        Number of knots of the cubic spline that is the logarithm of the speed, at least 2.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Um et al. (2017), doi:10.1145/3136755.3136817

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import time_warp
    >>> ramp = np.arange(6.0).reshape(1, 6, 1)
    >>> time_warp(ramp, eta=1, rng=np.random.default_rng(0)).ravel().round(2)
    array([0.  , 0.71, 1.38, 2.4 , 3.81, 5.  ])
    """
    n_ts, sz, _ = Z.shape
    knots = _noise(rng, (n_ts, n_knots), eta, Z.dtype)
    return _play(Z, knots @ _spline_basis(sz, n_knots, Z.dtype))


@_along_time
def window_warp(Z, *, eta, rng, window=0.3):
    """Play one random window of each series faster or slower than the rest, all channels alike.

    The length stays: what the window gains, the rest gives. The first and the last step stay where
    they are; between them values are interpolated linearly.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the logarithm of the window's speed relative to the rest; 0 or more.
    rng : numpy.random.Generator
        Source of randomness.
    window : float, default=0.3
        Length of the window in the result, as a share of `sz`; above 0, at most 1.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Le Guennec et al. (2016), Data augmentation for time series classification using convolutional neural networks,
       HAL hal-01357973

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import window_warp
    >>> ramp = np.arange(6.0).reshape(1, 6, 1)
    >>> window_warp(ramp, eta=3, rng=np.random.default_rng(0), window=0.5).ravel().round(2)
    array([0.  , 1.24, 2.28, 3.12, 3.96, 5.  ])
    """
    if not 0 < window <= 1:
        raise ValueError(f"window={window}, but it is a share of the series: above 0, at most 1.")
    n_ts, sz, _ = Z.shape
    # One draw for both, or the second draw of a row would depend on the number of rows.
    place, log_speed = _noise(rng, (n_ts, 2), 1, Z.dtype).T[..., None]
    length = max(1, round(window * sz))
    # ndtr turns a normal draw into a uniform one, and a large one into 1.
    start = np.minimum(np.floor(ndtr(place) * (sz - length + 1)), sz - length)
    step = np.arange(sz)
    inside = (start <= step) & (step < start + length)
    return _play(Z, np.where(inside, float(eta) * log_speed, 0))


def _play(Z, log_speed):
    """Resample each series along time, at speed exp(log_speed) (n_ts, sz), its two ends fixed."""
    n_ts, sz, d = Z.shape
    if sz == 1:
        return Z.copy()
    position = _positions(log_speed)
    # Rounding up, not adding 1: on a step both neighbours are that step, and the one beyond it is
    # not touched.
    before, after = np.floor(position), np.ceil(position)
    weight = (position - before).astype(Z.dtype)[..., None]

    steps = Z.reshape(n_ts * sz, d)
    first_step = sz * np.arange(n_ts)[:, None]
    before = steps.take(first_step + before.astype(np.intp), axis=0)
    after = steps.take(first_step + after.astype(np.intp), axis=0)
    after -= before
    after *= weight
    return _add(before, after)


def _positions(log_speed):
    """Integrate exp(log_speed) over time into positions that run from 0 to sz - 1: (n_ts, sz), float64."""
    # Only ratios of speeds count. Relative to the fastest step none overflows, and their sum is not
    # zero.
    speed = log_speed.astype(np.float64)
    speed -= speed.max(axis=1, keepdims=True)
    np.exp(speed, out=speed)
    # Trapezoids of twice their area: the next lines set the scale.
    position = np.zeros_like(speed)
    np.add(speed[:, :-1], speed[:, 1:], out=position[:, 1:])
    np.cumsum(position, axis=1, out=position)

    last = position.shape[1] - 1
    position *= last / position[:, -1:]
    # Rounding must neither miss the last step nor pass it.
    np.minimum(position, last, out=position)
    position[:, -1] = last
    return position


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


# --- Finding and calling them ---


def resolve_transformation(transformation):
    """Turn what a user may pass as `transformation` into a list of functions.

    Parameters
    ----------
    transformation : str, callable, or list or tuple of these
        A name in `TRANSFORMS`, a function like those, or several to apply one after the other.

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
    >>> from sklaug.transforms import resolve_transformation
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
            f"or pass a callable f(Z, *, eta, rng)."
        )
    return TRANSFORMS[entry]


def declares(function, keyword):
    """Tell whether a transformation takes a keyword: by its name, or any at all."""
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == keyword or p.kind is p.VAR_KEYWORD for p in parameters)


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
    >>> from sklaug.transforms import call_transformation
    >>> def shift(Z, *, eta):
    ...     return Z + eta
    >>> rng = np.random.default_rng(0)
    >>> Z = np.zeros((1, 2, 1))
    >>> call_transformation(shift, Z, eta=3, rng=rng, mask=None, partner=None).ravel()
    array([3., 3.])
    """
    keywords = {"eta": eta, "rng": rng, "mask": mask, "partner": partner}
    result = function(Z, **{name: of for name, of in keywords.items() if declares(function, name)})
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
