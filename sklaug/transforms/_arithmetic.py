"""Noise and sums that are exact where the strength is 0, and rows taken part by part."""

from itertools import repeat

import numpy as np

# A part of this many operations has temporaries that stay in a processor's cache, which halves the
# time of a time warp, and matrix products that OpenBLAS computes in the calling thread: its own cost
# ten times theirs where the cores are busy.
_PART = 2**18


def draw_noise(rng, shape, scale, dtype):
    """Draw normal noise; `scale` is one number, or goes with `shape`."""
    noise = rng.standard_normal(shape, dtype=dtype)
    # In the dtype of the noise: a float64 would take float32 through float64, and 0.5 give other
    # bits than np.float64(0.5).
    noise *= np.asarray(scale, dtype=dtype)
    return noise


def add(Z, step, out=None):
    """Return Z + step, computed in the memory of `step`; the result goes to `out`, or there too."""
    # As Z - (0 - step): -0.0 + 0.0 is 0.0, but subtracting 0.0 leaves every value as it is, to the
    # bit.
    np.subtract(0, step, out=step)
    return np.subtract(Z, step, out=step if out is None else out)


def row_parts(*arrays, per_row):
    """Cut arrays into the same parts of rows, as even as can be.

    Parameters
    ----------
    *arrays : ndarray of shape (n_ts, ...), int or None
        The first is an array; what is none stands beside every part.
    per_row : int
        Operations that a row takes.

    Yields
    ------
    tuple
        Views of the arrays, or what was given instead.
    """
    n_ts = len(arrays[0])
    # With three or more at most, a part has two at least: a product with a single row is computed in
    # another way, to other bits.
    most = max(3, _PART // per_row)
    n_parts = max(1, -(-n_ts // most))
    return zip(
        *(np.array_split(a, n_parts) if np.ndim(a) else repeat(a, n_parts) for a in arrays),
        strict=True,
    )
