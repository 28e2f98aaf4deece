"""Standardising each channel, and back; only observed values count."""

import numpy as np


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


def unscale_series(Z, mean, scale, dtype):
    """Return ``mean + scale * Z`` in `dtype`, within its finite range.

    A channel that did not vary is its mean.
    """
    return _shift(mean, Z, scale, dtype)


def add_difference(X, Z, scale):
    """Return ``X + scale * Z`` in the dtype of `X`, within its finite range."""
    return _shift(X.astype(np.float64), Z, scale, X.dtype)


def _shift(start, Z, scale, dtype):
    limits = np.finfo(dtype)
    with np.errstate(over="ignore"):
        X = Z * scale + start
    return np.clip(X, limits.min, limits.max, out=X).astype(dtype)
