"""What comes into a metric: two sets of series, checked and brought into one layout."""

import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np

from sklaug._random import block_generator
from sklaug._series import fit_width, measure_lengths, read_container, refuse_empty, refuse_infinity
from sklaug._validation import check_choice

# From so many channels on, more channels than steps are rather channels that come before time.
_MANY_CHANNELS = 8
_ORDER_TOLD = ContextVar("order_told", default=False)


@dataclass
class Pair:
    """Two sets of series in one layout.

    Attributes
    ----------
    real, synthetic : ndarray of shape (n_real, sz, d) and (n_synthetic, sz, d), float64
        NaN where a value is missing and behind the end of shorter series.
    real_lengths, synthetic_lengths : ndarray of int64, shape (n_real,) and (n_synthetic,)
        Steps to the last observed value of each series.
    """

    real: np.ndarray
    synthetic: np.ndarray
    real_lengths: np.ndarray
    synthetic_lengths: np.ndarray

    @property
    def complete(self):
        """Whether no value is missing and all series are equally long."""
        return not (np.isnan(self.real).any() or np.isnan(self.synthetic).any())

    @property
    def shape(self):
        """Steps and channels of a series: (sz, d)."""
        return self.real.shape[1:]


def check_pair(
    X_real, X_synthetic, caller, *, scale="minmax", min_series=1, names=("X_real", "X_synthetic")
):
    """Check two sets of series and bring them into one layout.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, NaN where values are missing or a series has ended.
    caller : str
        Name of the function that is asked, for messages.
    scale : {"minmax", None}
        Bring each channel of both to [0, 1] by the smallest and largest value of the real one, or
        leave it. A channel that is constant in the real set is only shifted.
    min_series : int
        Fewest series that `caller` needs in each set.
    names : tuple of str
        What the caller's caller calls them.

    Returns
    -------
    Pair

    Raises
    ------
    ValueError, TypeError
        For what is not series, too few of them, sets that do not go together, infinity, series or
        channels without any value.

    Warns
    -----
    UserWarning
        If channels seem to come before time.
    """
    check_scale(scale)
    sides, widths, containers = [], [], []
    for X, name in zip((X_real, X_synthetic), names, strict=True):
        values, container = read_container(X, caller, name, 1)
        if len(values) < min_series:
            raise ValueError(
                f"{name} has {len(values)} series, but {caller} needs at least {min_series} in each set."
            )
        refuse_infinity(values, caller, name)
        observed = np.isfinite(values)
        lengths = measure_lengths(observed)
        refuse_empty(lengths, name)
        _refuse_empty_channels(observed, caller, name)
        # A width means something only where nothing tells that series differ in length.
        fixed = container.kind != "list" and bool((lengths == values.shape[1]).all())
        widths.append(values.shape[1] if fixed else None)
        containers.append(container)
        sides.append((values.astype(np.float64, copy=False), lengths))
    (real, real_lengths), (synthetic, synthetic_lengths) = sides
    _check_together(real, synthetic, widths, caller, names)
    warn_of_order(real, containers[0])
    sz = int(max(real_lengths.max(), synthetic_lengths.max()))
    real, synthetic = fit_width(real, sz), fit_width(synthetic, sz)
    if scale == "minmax":
        low, width = measure_range(real)
        real, synthetic = (real - low) / width, (synthetic - low) / width
    return Pair(real, synthetic, real_lengths, synthetic_lengths)


def warn_of_order(values, container, stacklevel=4):
    """Warn if the channels of an array seem to come before time.

    `stacklevel` leads to the code that called a metric.
    """
    _, sz, d = values.shape
    doubtful = container.kind == "array" and d > sz and d >= _MANY_CHANNELS
    if doubtful and not _ORDER_TOLD.get():
        warnings.warn(
            f"The series have {sz} steps of {d} channels, as sklaug reads arrays of shape (n_ts, steps, channels). If the "
            "channels come first, pass np.swapaxes(X, 1, 2).",
            UserWarning,
            stacklevel=stacklevel,
        )


@contextmanager
def order_told():
    """Say nothing more on the order of axes: for what calls several metrics on the same series."""
    before = _ORDER_TOLD.set(True)
    try:
        yield
    finally:
        _ORDER_TOLD.reset(before)


def check_scale(scale):
    """Raise ValueError unless `scale` is "minmax" or None."""
    if scale is not None:
        check_choice("scale", scale, ("minmax",))


def measure_range(values):
    """Return the smallest value (d,) and the width (d,) of each channel of (n, sz, d); 1 where that is 0."""
    low = np.nanmin(values, axis=(0, 1))
    width = np.nanmax(values, axis=(0, 1)) - low
    return low, np.where(width > 0, width, 1.0)


def measure_spread(values):
    """Return the mean (d,) and the standard deviation (d,) of each channel of (n, sz, d); 1 where that is 0.

    A channel that is constant has its very value for a mean: what is left without it is 0, not rounding.
    """
    low, high = np.nanmin(values, axis=(0, 1)), np.nanmax(values, axis=(0, 1))
    mean = np.where(low < high, np.nanmean(values, axis=(0, 1)), low)
    std = np.nanstd(values, axis=(0, 1))
    return mean, np.where((low < high) & (std > 0), std, 1.0)


def draw_rows(n_rows, n_drawn, seed, purpose):
    """Draw row numbers without replacement, in ascending order: neighbours in time stay neighbours."""
    if n_drawn >= n_rows:
        return np.arange(n_rows)
    return np.sort(block_generator(seed, purpose, 0).permutation(n_rows)[:n_drawn])


def equalise(pair, seed):
    """Return a Pair with as many series on both sides: rows of the larger one are drawn at random."""
    n = min(len(pair.real), len(pair.synthetic))
    real = draw_rows(len(pair.real), n, seed, "real rows")
    synthetic = draw_rows(len(pair.synthetic), n, seed, "synthetic rows")
    return Pair(
        pair.real[real],
        pair.synthetic[synthetic],
        pair.real_lengths[real],
        pair.synthetic_lengths[synthetic],
    )


def _refuse_empty_channels(observed, caller, name):
    empty = np.flatnonzero(~observed.any(axis=(0, 1)))
    if len(empty):
        raise ValueError(
            f"{name} has no value at all in channel(s) {', '.join(map(str, empty))}, so {caller} has nothing to compare there. "
            "Leave them out of both sets."
        )


def _check_together(real, synthetic, widths, caller, names):
    if real.shape[2] != synthetic.shape[2]:
        raise ValueError(
            f"{names[0]} has {real.shape[2]} channel(s) and {names[1]} has {synthetic.shape[2]}, but {caller} compares channel "
            "by channel. Pass arrays of shape (n_ts, sz, d) with the same d, time before channels."
        )
    if None not in widths and widths[0] != widths[1]:
        raise ValueError(
            f"{names[0]} has series of {widths[0]} steps and {names[1]} of {widths[1]}. Resample or cut one of them. (Series "
            "that really differ in length come as lists, or with NaN behind their end.)"
        )
