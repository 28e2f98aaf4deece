"""Transformations: small random changes of known strength, for series and for latent codes alike.

A transformation is a function ``f(Z, *, eta, rng)``. It takes an array `Z` of shape ``(n_ts, sz,
d)``, float32 or float64 and in units of one standard deviation, and returns a new array of the same
shape and dtype; `Z` may be read-only. Where it needs them it declares more keywords, ``mask`` or
``partner``, and gets only what it declares. To write one, keep these rules:

- ``eta=0`` gives `Z` itself, and a larger `eta` a larger change.
- Draws come first and do not depend on `eta`, so that two strengths with one seed differ in strength alone.
- Draws have the row as their leading axis, ``rng.standard_normal((len(Z), ...))``: what happens to a row depends on that
  row and its draws, never on the other rows.
- Series may differ in length: the rest of a short row is padding. Where it matters where a series ends, declare
  ``mask=None``, True where a value was observed, shape ``(n_ts, sz, d)`` or ``(n_ts, sz, 1)``. A series ends at the last
  step at which any channel was observed; a gap before it is no end. What happens to a series is what would happen to it
  alone, cut at its end; steps beyond come back as they are in `Z`. Draws do not depend on lengths, and None means that
  all series are of full length.

Where the order of the steps has to mean something, set ``f.needs_time_axis = True``. A line in
`TRANSFORMS` gives it a name. `restrict` keeps a transformation to some channels or to a range of
steps.
"""

import functools
import inspect
import math
from numbers import Integral

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

__all__ = [
    "TRANSFORMS",
    "drift",
    "jitter",
    "magnitude_warp",
    "mixup",
    "restrict",
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
def magnitude_warp(Z, *, eta, rng, n_knots=4, mask=None):
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
    mask : ndarray of bool, shape (n_ts, sz, d) or (n_ts, sz, 1), or None, default=None
        True where observed. A series ends with its last observed step; steps beyond it come back as
        they are. None: all series have `sz` steps.

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
    length, beyond = _ends(Z, mask)
    knots = _noise(rng, (n_ts, d, n_knots), eta, Z.dtype)
    curve = _splines(knots, sz, length)
    # Added here and not to the knots: splines through ones are 1 only up to rounding, and eta = 0
    # is exact.
    curve += 1
    curve = np.moveaxis(curve, 1, 2)
    curve *= Z
    return _put_back(np.ascontiguousarray(curve), Z, beyond)


@_along_time
def drift(Z, *, eta, rng, mask=None):
    """Add a random walk to each channel of each series.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the walk at the last step, in the units of `Z`; 0 or more. One step of
        it has ``eta / sqrt(length)``.
    rng : numpy.random.Generator
        Source of randomness.
    mask : ndarray of bool, shape (n_ts, sz, d) or (n_ts, sz, 1), or None, default=None
        True where observed. A series ends with its last observed step; steps beyond it come back as
        they are. None: all series have `sz` steps.

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
    length, beyond = _ends(Z, mask)
    step = _noise(rng, Z.shape, np.expand_dims(eta / np.sqrt(length), -1), Z.dtype)
    return _put_back(_add(Z, np.cumsum(step, axis=1, out=step)), Z, beyond)


@_along_time
def trend(Z, *, eta, rng, mask=None):
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
    mask : ndarray of bool, shape (n_ts, sz, d) or (n_ts, sz, 1), or None, default=None
        True where observed. A series ends with its last observed step; steps beyond it come back as
        they are. None: all series have `sz` steps.

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
    length, beyond = _ends(Z, mask)
    slope = _noise(rng, (n_ts, 1, d), eta, Z.dtype)
    time = (_time(sz, length) - 0.5).astype(Z.dtype)
    return _put_back(_add(Z, slope * time[..., None]), Z, beyond)


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
    # In the dtype of the noise: a float64 would take float32 through float64, and 0.5 give other
    # bits than np.float64(0.5).
    noise *= np.asarray(scale, dtype=dtype)
    return noise


def _add(Z, step):
    """Return Z + step, computed in the memory of `step`."""
    # As Z - (0 - step): -0.0 + 0.0 is 0.0, but subtracting 0.0 leaves every value as it is, to the
    # bit.
    np.subtract(0, step, out=step)
    return np.subtract(Z, step, out=step)


def _splines(knots, sz, length):
    """Evaluate cubic splines at each step of their series, up to its end.

    Parameters
    ----------
    knots : ndarray of shape (n_ts, k, n_knots)
        Values of k splines a series at knots evenly spaced from its first step to its last.
    sz : int
        Steps of the array.
    length : int or ndarray of int, shape (n_ts, 1)
        Steps of all series, or of each.

    Returns
    -------
    ndarray of shape (n_ts, k, sz)
        In the dtype of `knots`.
    """
    n_ts, k, n_knots = knots.shape
    # Full rows go this way also beside short ones, so that these do not alter a bit of them.
    curves = knots.reshape(n_ts * k, n_knots) @ _spline_basis(_time(sz, sz), n_knots, knots.dtype)
    curves = curves.reshape(n_ts, k, sz)
    if np.ndim(length):
        short = length[:, 0] < sz
        lengths, which = np.unique(length[short, 0], return_inverse=True)
        basis = _spline_basis(_time(sz, lengths[:, None]), n_knots, knots.dtype)
        curves[short] = knots[short] @ basis[which]
    return curves


def _spline_basis(time, n_knots, dtype):
    """Tabulate the cubic splines that are 1 at one knot and 0 at the others: (..., sz) to (..., n_knots, sz).

    A spline is linear in its values at the knots, so all splines of a call are one matrix product
    with this table.
    """
    if n_knots < 2:
        raise ValueError(f"n_knots={n_knots}, but a curve needs at least 2 knots, one at each end.")
    splines = CubicSpline(np.linspace(0, 1, n_knots), np.eye(n_knots))
    return np.ascontiguousarray(np.swapaxes(splines(time), -1, -2), dtype=dtype)


# --- Time ---


@_along_time
def time_warp(Z, *, eta, rng, n_knots=4, mask=None):
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
    mask : ndarray of bool, shape (n_ts, sz, d) or (n_ts, sz, 1), or None, default=None
        True where observed. A series ends with its last observed step; steps beyond it come back as
        they are. None: all series have `sz` steps.

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
    length, beyond = _ends(Z, mask)
    knots = _noise(rng, (n_ts, 1, n_knots), eta, Z.dtype)
    log_speed = _splines(knots, sz, length)[:, 0]
    return _put_back(_play(Z, log_speed, length), Z, beyond)


@_along_time
def window_warp(Z, *, eta, rng, window=0.3, mask=None):
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
        Length of the window in the result, as a share of the series; above 0, at most 1.
    mask : ndarray of bool, shape (n_ts, sz, d) or (n_ts, sz, 1), or None, default=None
        True where observed. A series ends with its last observed step; steps beyond it come back as
        they are. None: all series have `sz` steps.

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
    length, beyond = _ends(Z, mask)
    # One draw for both, or the second draw of a row would depend on the number of rows.
    place, log_speed = _noise(rng, (n_ts, 2), 1, Z.dtype).T[..., None]
    steps = np.maximum(1, np.rint(window * length)).astype(Z.dtype)
    last_start = np.asarray(length - steps, dtype=Z.dtype)
    # ndtr turns a normal draw into a uniform one, and a large one into 1.
    start = np.minimum(np.floor(ndtr(place) * (last_start + 1)), last_start)
    step = np.arange(sz)
    inside = (start <= step) & (step < start + steps)
    log_speed = np.where(inside, float(eta) * log_speed, 0)
    return _put_back(_play(Z, log_speed, length), Z, beyond)


def _play(Z, log_speed, length):
    """Resample each series along time, at speed exp(log_speed) (n_ts, sz), its two ends fixed."""
    n_ts, sz, d = Z.shape
    position = _positions(log_speed, length)
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


def _positions(log_speed, length):
    """Integrate exp(log_speed) over time into positions that run from 0 to length - 1: (n_ts, sz), float64."""
    n_ts, sz = log_speed.shape
    speed = log_speed.astype(np.float64)
    if np.ndim(length):
        speed[np.arange(sz) >= length] = -np.inf
    # Only ratios of speeds count. Relative to the fastest step none overflows, and their sum is not
    # zero.
    speed -= speed.max(axis=1, keepdims=True)
    np.exp(speed, out=speed)
    # Trapezoids of twice their area: the next lines set the scale.
    position = np.zeros_like(speed)
    np.add(speed[:, :-1], speed[:, 1:], out=position[:, 1:])
    np.cumsum(position, axis=1, out=position)

    last = np.broadcast_to(length - 1, (n_ts, 1))
    # The fastest step alone makes the sum 1, unless it is the only one.
    position *= last / np.maximum(np.take_along_axis(position, last, axis=1), 1)
    # Rounding must neither miss the last step nor pass it.
    np.minimum(position, last, out=position)
    np.put_along_axis(position, last, last, axis=1)
    return position


# --- Where series end ---


def _ends(Z, mask):
    """Find where each series ends.

    Returns
    -------
    length : int or ndarray of int, shape (n_ts, 1)
        Steps of all series; with a mask of each, at least 1.
    beyond : ndarray of bool, shape (n_ts, sz), or None
        The steps that do not belong to a series; all of a row without any observed step.
    """
    sz = Z.shape[1]
    if mask is None:
        return sz, None
    step = np.arange(1, sz + 1)
    length = (mask.any(axis=2) * step).max(axis=1, keepdims=True)
    return np.maximum(length, 1), step > length


def _put_back(result, Z, beyond):
    """Put what lies beyond the end of a series back as it was."""
    if beyond is not None:
        np.copyto(result, Z, where=beyond[..., None])
    return result


def _time(sz, length):
    """Count time from 0 at the first step to 1 at the last, as linspace does: (sz,), or (n, sz) for lengths (n, 1)."""
    step, last = np.arange(sz), np.maximum(length - 1, 1)
    return np.where(step < last, step * (1 / last), 1.0)


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
    if isinstance(function, Restricted) and keyword == "partner":
        return any(declares(inner, keyword) for inner in function.functions)
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
    if isinstance(function, Restricted):
        return str(function)
    function = getattr(function, "func", function)
    return getattr(function, "__name__", type(function).__name__)


# --- Restricting them ---


def restrict(transformation, *, channels=None, time_range=None):
    """Keep a transformation to some channels, or to a range of steps, or both.

    The transformation sees the part alone, as if that were the whole series: a time warp keeps the
    two ends of the range where they are, a drift starts at the start of the range. All values
    outside stay as they are, to the bit.

    Parameters
    ----------
    transformation : str, callable, or list or tuple of these
        A name in `TRANSFORMS`, a function like those, or several to apply one after the other to
        the part. None of them may be restricted itself.
    channels : int, sequence of int, or None, default=None
        Channels to transform, counted from 0; None is all.
    time_range : tuple of two int, or None, default=None
        Steps to transform, from `start` to before `stop`, counted from 0; None is all. A series that
        ends within the range is transformed up to its end, one that ends before it stays as it is.

    Returns
    -------
    callable
        A transformation that can stand wherever a name can, also in the grid of a search. Two of
        the same content are equal.

    Raises
    ------
    ValueError
        If neither `channels` nor `time_range` is given, if a channel is negative or named twice, or
        if the range is empty or starts before 0. When called, if `Z` has no such channel or step.
    TypeError
        If `channels` or `time_range` holds anything but ints, or `transformation` is restricted
        already.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import restrict
    >>> first_channel = restrict("scaling", channels=0, time_range=(1, 3))
    >>> first_channel
    restrict('scaling', channels=(0,), time_range=(1, 3))
    >>> first_channel(np.ones((1, 4, 2)), eta=0.5, rng=np.random.default_rng(0)).round(2)
    array([[[1.  , 1.  ],
            [1.06, 1.  ],
            [1.06, 1.  ],
            [1.  , 1.  ]]])
    """
    functions = resolve_transformation(transformation)
    if any(isinstance(function, Restricted) for function in functions):
        raise TypeError(
            "restrict cannot hold another restrict. Give one restrict both channels and time_range, "
            "or put several side by side in a list."
        )
    if channels is None and time_range is None:
        raise ValueError("restrict needs channels, time_range or both; both are None.")
    return Restricted(
        functions,
        None if channels is None else _check_channels(channels),
        None if time_range is None else _check_time_range(time_range),
    )


class Restricted:
    """A chain of transformations kept to a part of each series; made by `restrict`, which checks.

    Parameters
    ----------
    functions : list of callable
        The transformations, in the order of application.
    channels : tuple of int or None
        Channels to transform; None is all.
    time_range : tuple of two int or None
        Steps to transform, half open; None is all.
    """

    def __init__(self, functions, channels, time_range):
        self.functions = functions
        self.channels = channels
        self.time_range = time_range

    @property
    def needs_time_axis(self):
        """Whether it means nothing on a single vector."""
        return self.time_range is not None or any(map(needs_time_axis, self.functions))

    def __call__(self, Z, *, eta, rng, mask=None, partner=None):
        """Return a copy of `Z` whose part is transformed; what the arguments are is said in the module."""
        part = locate(self.channels, self.time_range, *Z.shape[1:])
        beyond = None
        if mask is not None:
            mask, beyond = _cut_mask(np.broadcast_to(mask, Z.shape), part)
        if partner is not None:
            partner = np.ascontiguousarray(partner[part])
        before = moved = np.ascontiguousarray(Z[part])
        for function in self.functions:
            moved = call_transformation(
                function, moved, eta=eta, rng=rng, mask=mask, partner=partner
            )
        result = np.array(Z, order="C")
        result[part] = moved if beyond is None else np.where(beyond[..., None], before, moved)
        return result

    def _value(self):
        """Return what makes two of them equal."""
        # Two partials of the same content are not equal, and a copy of an estimator has a copy.
        functions = tuple(
            (f.func, f.args, f.keywords) if isinstance(f, functools.partial) else f
            for f in self.functions
        )
        return functions, self.channels, self.time_range

    def __eq__(self, other):
        if not isinstance(other, Restricted):
            return NotImplemented
        return self._value() == other._value()

    def __hash__(self):
        # By their names: a partial may hold what has no hash.
        return hash((str(self), self.channels, self.time_range))

    def __str__(self):
        words = [", ".join(map(transformation_name, self.functions))]
        if self.channels is not None:
            noun = "channel" if len(self.channels) == 1 else "channels"
            words.append(f"on {noun} {', '.join(map(str, self.channels))}")
        if self.time_range is not None:
            words.append("in steps {} to {}".format(*self.time_range))
        return " ".join(words)

    def __repr__(self):
        names = [_short_repr(function) for function in self.functions]
        arguments = [names[0] if len(names) == 1 else f"[{', '.join(names)}]"]
        if self.channels is not None:
            arguments.append(f"channels={self.channels}")
        if self.time_range is not None:
            arguments.append(f"time_range={self.time_range}")
        return f"restrict({', '.join(arguments)})"


def _cut_mask(mask, part):
    """Return the mask of a part, and which of its steps are beyond the end of their series (n_ts, steps)."""
    _, beyond = _ends(mask, mask)
    beyond = beyond[:, part[1]]
    last = ~beyond
    last[:, :-1] &= beyond[:, 1:]
    # A series ends where all its channels do. If those of the part have a gap there, or one that
    # goes on beyond the range, the last step counts as observed, or the gap would pass for the end.
    return np.ascontiguousarray(mask[part]) | last[..., None], beyond


def stages(transformation):
    """Split a transformation into stages that each have one place: everywhere, or a part of the series.

    Parameters
    ----------
    transformation : str, callable, or list or tuple of these
        What `resolve_transformation` takes.

    Returns
    -------
    list of tuple (functions, channels, time_range)
        In the order of application. Functions that stand side by side without restriction make one
        stage, with None and None.

    Examples
    --------
    >>> from sklaug.transforms import restrict, stages
    >>> for functions, channels, time_range in stages(
    ...     [restrict("drift", channels=1), "trend", "jitter"]
    ... ):
    ...     print([function.__name__ for function in functions], channels, time_range)
    ['drift'] (1,) None
    ['trend', 'jitter'] None None
    """
    found = []
    for function in resolve_transformation(transformation):
        if isinstance(function, Restricted):
            found.append((list(function.functions), function.channels, function.time_range))
        elif found and found[-1][1:] == (None, None):
            found[-1][0].append(function)
        else:
            found.append(([function], None, None))
    return found


def locate(channels, time_range, sz, d):
    """Return the index of some channels and steps in an array, or say which it does not have.

    Parameters
    ----------
    channels : tuple of int or None
        Channels; None is all.
    time_range : tuple of two int or None
        Steps, half open; None is all.
    sz, d : int
        Steps and channels of the array (n_ts, sz, d).

    Returns
    -------
    tuple
        Of a slice of all rows, a slice of steps, and a slice or list of channels.

    Raises
    ------
    ValueError
        If the array has no such channel or step.

    Examples
    --------
    >>> from sklaug.transforms import locate
    >>> locate((0, 2), (10, 20), sz=30, d=3)
    (slice(None, None, None), slice(10, 20, None), [0, 2])
    """
    if channels is not None and max(channels) >= d:
        raise ValueError(
            f"restrict has channels={channels}, but the series have {d} channel(s), counted from 0."
        )
    if time_range is not None and time_range[1] > sz:
        raise ValueError(
            f"restrict has time_range={time_range}, but the series have {sz} steps: stop can be at most {sz}."
        )
    return (
        slice(None),
        slice(None) if time_range is None else slice(*time_range),
        slice(None) if channels is None else list(channels),
    )


def _check_channels(channels):
    given = [channels] if isinstance(channels, Integral) else _listed(channels)
    if given is None or not all(map(_is_int, given)):
        raise TypeError(f"channels must be an int or a sequence of ints, got {channels!r}.")
    if not given:
        raise ValueError("channels is empty. Name at least one, or pass None for all.")
    if min(given) < 0:
        raise ValueError(f"channels count from 0, got {min(given)} in channels={channels!r}.")
    twice = sorted({channel for channel in given if given.count(channel) > 1})
    if twice:
        raise ValueError(
            f"channels={channels!r} names {', '.join(map(str, twice))} more than once. Name each channel once."
        )
    return tuple(map(int, given))


def _check_time_range(time_range):
    given = _listed(time_range)
    if given is None or len(given) != 2 or not all(map(_is_int, given)):
        raise TypeError(f"time_range must be a pair of ints (start, stop), got {time_range!r}.")
    start, stop = map(int, given)
    if not 0 <= start < stop:
        raise ValueError(
            f"time_range=({start}, {stop}), but it is half open and must be 0 <= start < stop."
        )
    return start, stop


def _listed(values):
    """Return an ordered collection as a list; None if it is none."""
    if isinstance(values, (str, bytes, set, dict)) or not hasattr(values, "__iter__"):
        return None
    return list(values)


def _is_int(value):
    return isinstance(value, Integral) and not isinstance(value, bool)


def _short_repr(function):
    if isinstance(function, functools.partial):
        fixed = [repr(value) for value in function.args]
        fixed += [f"{name}={value!r}" for name, value in function.keywords.items()]
        return f"partial({', '.join([_short_repr(function.func), *fixed])})"
    name = transformation_name(function)
    return repr(name) if TRANSFORMS.get(name) is function else name
