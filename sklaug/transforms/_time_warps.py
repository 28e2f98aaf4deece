"""Transformations of time: the values stay, the steps at which they stand change."""

import numpy as np
from scipy.special import ndtr

from sklaug.transforms._arithmetic import add, draw_noise, row_parts
from sklaug.transforms._splines import Splines
from sklaug.transforms._time_axis import along_time, find_ends, put_back


@along_time
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
    n_ts, sz, d = Z.shape
    length, beyond = find_ends(Z, mask)
    knots = draw_noise(rng, (n_ts, 1, n_knots), eta, Z.dtype)
    splines = Splines(n_knots, sz, length, Z.dtype)
    warped = np.empty(Z.shape, dtype=Z.dtype)
    for z, those, ends, out in row_parts(Z, knots, length, warped, per_row=d * n_knots * sz):
        _play(z, splines.through(those, ends)[:, 0], ends, out)
    return put_back(warped, Z, beyond)


@along_time
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
    n_ts, sz, d = Z.shape
    length, beyond = find_ends(Z, mask)
    # One draw for both, or the second draw of a row would depend on the number of rows.
    draws = draw_noise(rng, (n_ts, 2), 1, Z.dtype)
    warped = np.empty(Z.shape, dtype=Z.dtype)
    for z, those, ends, out in row_parts(Z, draws, length, warped, per_row=4 * d * sz):
        place, log_speed = those.T[..., None]
        inside = _place_window(place, sz, window, ends)
        _play(z, np.where(inside, float(eta) * log_speed, 0), ends, out)
    return put_back(warped, Z, beyond)


def _place_window(place, sz, window, length):
    """Tell which steps are in the windows that normal draws (n_ts, 1) place anywhere alike: (n_ts, sz)."""
    steps = np.maximum(1, np.rint(window * length)).astype(place.dtype)
    last_start = np.asarray(length - steps, dtype=place.dtype)
    # ndtr turns a normal draw into a uniform one, and a large one into 1.
    start = np.minimum(np.floor(ndtr(place) * (last_start + 1)), last_start)
    step = np.arange(sz)
    return (start <= step) & (step < start + steps)


def _play(Z, log_speed, length, out):
    """Resample each series along time, at speed exp(log_speed) (n_ts, sz), its two ends fixed."""
    n_ts, sz, d = Z.shape
    position = _positions(log_speed, length)
    before = position.astype(np.intp)
    position -= before
    weight = position.astype(Z.dtype)[..., None]
    # Rounded up, not 1 more: on a step both neighbours are that step, and the one beyond it is not
    # touched.
    after = before + (position > 0)

    steps = Z.reshape(n_ts * sz, d)
    first_step = sz * np.arange(n_ts)[:, None]
    before += first_step
    after += first_step
    start, step = steps.take(before, axis=0), steps.take(after, axis=0)
    step -= start
    step *= weight
    add(start, step, out=out)


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
