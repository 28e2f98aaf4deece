"""Standardising each channel, and back; only observed values count."""

import math

import numpy as np
from sklearn.utils import gen_batches

from sklaug._supports import from_unbounded, round_channels, to_unbounded

# Values at a time, so that what is computed in float64 on the way stays in a processor's cache.
_PART = 2**15


def fit_scaler(X, mask):
    """Measure mean and standard deviation of each channel.

    Parameters
    ----------
    X : ndarray of shape (n_ts, sz, d)
        Series, of any finite magnitude.
    mask : ndarray of bool, shape (n_ts, sz, d)
        True where observed.

    Returns
    -------
    mean, scale : ndarray of shape (d,), float64
        The scale of a channel that does not vary is 0.
    """
    # Both are taken of values in [-1, 1]: neither a sum of 1e300 nor a square of 1e-300 fits a
    # float64.
    largest = np.max(np.abs(X), axis=(0, 1), where=mask, initial=0).astype(np.float64)
    unit = np.where(largest > 0, largest, 1.0)
    mean, scale = np.empty_like(unit), np.empty_like(unit)
    for channel, size in enumerate(unit):
        values = X[..., channel][mask[..., channel]].astype(np.float64) / size
        mean[channel] = values.mean() if values.size else 0.0
        scale[channel] = values.std() if values.size else 0.0
    # What rounding leaves of a constant is no variation.
    scale[scale < 1e-12] = 0.0
    return mean * unit, scale * unit


def scale_series(X, mask, mean, scale):
    """Return ``(X - mean) / scale`` as contiguous float32, zero where not observed.

    A channel that did not vary at fit is only centred, and what lies beyond a million standard
    deviations is cut, so that the result is finite.
    """
    divisor = np.where(scale > 0, scale, 1.0)
    centre, divisor = at_every_step(mean / divisor, X.shape[1]), at_every_step(divisor, X.shape[1])
    result = np.empty(X.shape, dtype=np.float32)
    for rows in _parts(X.shape):
        # Dividing first keeps the difference of two huge values of opposite sign finite.
        scaled = X[rows] / divisor
        scaled -= centre
        result[rows] = np.clip(scaled, -1e6, 1e6, out=scaled)
        if not mask[rows].all():
            np.copyto(result[rows], 0, where=~mask[rows])
    return result


def unscale_series(Z, mean, scale, dtype, supports=None, uniform=None):
    """Return ``mean + scale * Z`` in `dtype`, within its finite range and the supports of the channels.

    A channel that did not vary is its mean. With `uniform` numbers in the shape of `Z`, channels of so
    many decimals are rounded at random, else to the nearest.
    """
    start, scale = at_every_step(mean, Z.shape[1]), at_every_step(scale, Z.shape[1])
    X = np.empty(Z.shape, dtype=dtype)
    for rows in _parts(Z.shape):
        draws = None if uniform is None else uniform[rows]
        X[rows] = _shift(start, Z[rows], scale, dtype, supports, draws)
    return X


def add_difference(X, Z, scale, supports=None, uniform=None):
    """Return `X` moved by ``scale * Z`` in its dtype, within its finite range and the supports of the channels.

    Where `Z` is 0 it is `X` itself, rounded to the decimals of its channel if it has any.
    """
    scale = at_every_step(scale, X.shape[1])
    moved = np.empty(X.shape, dtype=X.dtype)
    for rows in _parts(X.shape):
        start, plain, draws = X[rows].astype(np.float64), X[rows], None
        if supports is not None:
            start, plain = to_unbounded(plain, supports), round_channels(plain, supports)
            draws = None if uniform is None else uniform[rows]
        shifted = _shift(start, Z[rows], scale, X.dtype, supports, draws)
        moved[rows] = np.where(Z[rows] == 0, plain, shifted)
    return moved


def at_every_step(values, n_steps):
    """Repeat what there is of each channel (d,) for every step: (n_steps, d).

    What numpy computes with (n, n_steps, d) and this is one long loop a row, with (d,) a loop a step.
    """
    return np.tile(values, (n_steps, 1))


def _parts(shape):
    """Cut rows into parts whose float64 stays in a processor's cache."""
    return gen_batches(shape[0], max(1, _PART // math.prod(shape[1:])))


def _shift(start, Z, scale, dtype, supports, uniform):
    limits = np.finfo(dtype)
    with np.errstate(over="ignore"):
        X = Z * scale
        X += start
    if supports is not None:
        X = from_unbounded(X, supports, uniform)
    return np.clip(X, limits.min, limits.max, out=X)
