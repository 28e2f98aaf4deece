"""Standardising each channel, and back; only observed values count."""

import numpy as np

from sklaug._supports import from_unbounded, round_channels, to_unbounded


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
    # Dividing first keeps the difference of two huge values of opposite sign finite.
    scaled = X / divisor - mean / divisor
    scaled = np.clip(scaled, -1e6, 1e6, out=scaled)
    return np.ascontiguousarray(np.where(mask, scaled, 0), dtype=np.float32)


def unscale_series(Z, mean, scale, dtype, supports=None, uniform=None):
    """Return ``mean + scale * Z`` in `dtype`, within its finite range and the supports of the channels.

    A channel that did not vary is its mean. With `uniform` numbers in the shape of `Z`, channels of so
    many decimals are rounded at random, else to the nearest.
    """
    return _shift(mean, Z, scale, dtype, supports, uniform)


def add_difference(X, Z, scale, supports=None, uniform=None):
    """Return `X` moved by ``scale * Z`` in its dtype, within its finite range and the supports of the channels.

    Where `Z` is 0 it is `X` itself, rounded to the decimals of its channel if it has any.
    """
    if supports is None:
        moved = _shift(X.astype(np.float64), Z, scale, X.dtype)
        return np.where(Z == 0, X, moved)
    moved = _shift(to_unbounded(X, supports), Z, scale, X.dtype, supports, uniform)
    return np.where(Z == 0, round_channels(X, supports), moved)


def _shift(start, Z, scale, dtype, supports=None, uniform=None):
    limits = np.finfo(dtype)
    with np.errstate(over="ignore"):
        X = Z * scale + start
    if supports is not None:
        X = from_unbounded(X, supports, uniform)
    return np.clip(X, limits.min, limits.max, out=X).astype(dtype)
