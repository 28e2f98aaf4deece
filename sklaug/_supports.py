"""Channels that take only some values: counts, percentages, whatever has a bound or so many decimals.

A channel with a bound is learned on a scale that has none, and what is generated comes back through the
inverse, so that no bound can be passed. With one bound the scale is logarithmic, with two it is logistic.
"""

from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np
from scipy.special import expit, logit

from sklaug._validation import check_number

# Logistic scales have their bounds at infinity; this share of the range is left beyond either, so that a
# value on the bound is finite and the way back can reach it.
_MARGIN = 0.005
_MOST_EXPONENT = 700.0
_MOST_EXACT = 2.0**52
_MOST_DECIMALS = 15
# What the way there and back leaves of a number with so many decimals still is that number.
_ROUNDING_ERROR = 1e-6


@dataclass(frozen=True)
class Support:
    """What values a channel can take.

    Attributes
    ----------
    low, high : float
        Bounds, which may be infinite.
    decimals : int or None
        Decimals that what is generated is rounded to; None rounds nothing.
    whole : bool
        Whether what is given must be whole numbers.
    """

    low: float = -np.inf
    high: float = np.inf
    decimals: int | None = None
    whole: bool = False

    def to_unbounded(self, x):
        """Return values on a scale without bounds."""
        if np.isinf(self.low):
            return x
        if np.isinf(self.high):
            return np.log1p(x - self.low)
        share = (x - self.low) / (self.high - self.low)
        return logit(_MARGIN + (1 - 2 * _MARGIN) * share)

    def from_unbounded(self, v):
        """Undo `to_unbounded`, and cut what lies beyond the bounds."""
        if np.isinf(self.low):
            return v
        if np.isinf(self.high):
            return self.low + np.expm1(np.clip(v, 0, _MOST_EXPONENT))
        share = (expit(v) - _MARGIN) / (1 - 2 * _MARGIN)
        x = self.low + (self.high - self.low) * share
        # What rounding leaves of a bound is that bound.
        x = np.where(share < _ROUNDING_ERROR**2, self.low, x)
        return np.where(share > 1 - _ROUNDING_ERROR**2, self.high, x)

    def round(self, x, uniform=None):
        """Round to the decimals, to the nearest or, with a `uniform` number for each value, up or down at random.

        At random, the mean stays what it was: 0.2 becomes 1 in one of five cases. Rounding rare
        events to the nearest whole number would leave none of them.
        """
        if self.decimals is None:
            return x
        unit = 10.0**self.decimals
        # Larger numbers have no decimals.
        scaled = np.clip(x, -_MOST_EXACT / unit, _MOST_EXACT / unit) * unit
        nearest = np.round(scaled)
        if uniform is not None:
            close = np.abs(scaled - nearest) <= _ROUNDING_ERROR * np.maximum(1, np.abs(nearest))
            nearest = np.where(close, nearest, np.floor(scaled + uniform))
        rounded = np.where(np.abs(scaled) < _MOST_EXACT, nearest / unit, x)
        # Bounds need not have so few decimals.
        return np.clip(rounded, self.low, self.high)


_NAMES = {
    "real": Support(),
    "nonnegative": Support(low=0.0),
    "count": Support(low=0.0, decimals=0, whole=True),
}


def read_supports(support, decimals, n_channels):
    """Turn the parameters `support` and `decimals` into one Support a channel.

    Parameters
    ----------
    support : None, str, (low, high), list of these, or dict of channel to one of these
        As the estimators document it.
    decimals : None, int, list of these, or dict of channel to one of these
        Likewise.
    n_channels : int
        Number of channels.

    Returns
    -------
    list of Support or None
        None where no channel has bounds or decimals.

    Raises
    ------
    ValueError, TypeError
        If a channel does not exist, or what is said of one is not understood.
    """
    supports = [
        _read_support(entry) for entry in _by_channel("support", support, n_channels, "real")
    ]
    for channel, places in enumerate(_by_channel("decimals", decimals, n_channels, None)):
        low, high = -_MOST_DECIMALS, _MOST_DECIMALS
        check_number("decimals", places, low=low, high=high, whole=True, other=(None,))
        if places is not None:
            whole = supports[channel].whole and places == 0
            supports[channel] = replace(supports[channel], decimals=int(places), whole=whole)
    return None if all(entry == Support() for entry in supports) else supports


def _by_channel(name, value, n_channels, default):
    """Spread what is said of all channels, of each, or of some."""
    if isinstance(value, dict):
        for channel in value:
            whole = isinstance(channel, Integral) and not isinstance(channel, bool)
            if not whole or not 0 <= channel < n_channels:
                raise ValueError(
                    f"{name} names channel {channel!r}, but X has {n_channels} channel(s), numbered from 0."
                )
        return [value.get(channel, default) for channel in range(n_channels)]
    if isinstance(value, list):
        if len(value) != n_channels:
            raise ValueError(
                f"{name} is a list of {len(value)}, but X has {n_channels} channel(s). Give one entry a channel, or a dict "
                "of channel numbers."
            )
        return value
    return [default if value is None else value] * n_channels


def _read_support(value):
    if value is None:
        return _NAMES["real"]
    if isinstance(value, str) and value in _NAMES:
        return _NAMES[value]
    if isinstance(value, tuple) and len(value) == 2 and all(isinstance(v, Real) for v in value):
        low, high = map(float, value)
        if np.isfinite(low) and low < high:
            return Support(low, high)
        raise ValueError(
            f"support={value!r}, but bounds are (low, high) with a finite low, and high above it or infinite."
        )
    raise ValueError(
        f"Unknown support {value!r}. Known: {', '.join(map(repr, _NAMES))}, or a tuple (low, high); a list has one of these "
        "for each channel, a dict for some."
    )


def to_unbounded(X, supports):
    """Return all channels on scales without bounds, float64."""
    X = X.astype(np.float64)
    for channel, support in enumerate(supports):
        X[..., channel] = support.to_unbounded(X[..., channel])
    return X


def from_unbounded(X, supports, uniform=None):
    """Undo `to_unbounded` and round, in the memory of `X`; `uniform` has a channel for each that is rounded."""
    rounded = rounded_channels(supports)
    for channel, support in enumerate(supports):
        draws = None
        if uniform is not None and channel in rounded:
            draws = uniform[..., rounded.index(channel)]
        X[..., channel] = support.round(support.from_unbounded(X[..., channel]), draws)
    return X


def rounded_channels(supports):
    """Return the numbers of the channels that have so many decimals."""
    return [n for n, support in enumerate(supports or ()) if support.decimals is not None]


def round_channels(X, supports):
    """Return series with each channel rounded to its decimals, to the nearest."""
    rounded = X.copy()
    for channel, support in enumerate(supports):
        rounded[..., channel] = support.round(X[..., channel].astype(np.float64))
    return rounded


def check_supports(X, supports, channels):
    """Raise ValueError where a value lies outside its channel's bounds; NaN lies nowhere.

    Parameters
    ----------
    X : ndarray of shape (n_ts, sz, d)
        Series.
    supports : list of Support
        One a channel.
    channels : list of int
        By what numbers the user knows the channels.
    """
    for place, (support, channel) in enumerate(zip(supports, channels, strict=True)):
        values = X[..., place]
        outside = (values < support.low) | (values > support.high)
        if outside.any():
            row, step = np.argwhere(outside)[0]
            n_rows = int(outside.any(axis=1).sum())
            raise ValueError(
                f"X holds {values[row, step]:g} in channel {channel} (row {row}, step {step}), but support says that this "
                f"channel lies between {support.low:g} and {support.high:g}; {n_rows} of {len(X)} series break that. "
                "Correct the values, or the support."
            )
        fractional = support.whole & (values != np.floor(values)) & ~np.isnan(values)
        if fractional.any():
            row, step = np.argwhere(fractional)[0]
            raise ValueError(
                f"X holds {values[row, step]:g} in channel {channel} (row {row}, step {step}), but support='count' says that "
                "this channel holds whole numbers. Correct the values, or pass support='nonnegative'."
            )
