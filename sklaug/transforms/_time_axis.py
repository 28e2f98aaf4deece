"""Where series end, and what happens there."""

import numpy as np


def along_time(function):
    """Mark a transformation that means nothing on a single vector."""
    function.needs_time_axis = True
    return function


def find_ends(Z, mask):
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


def put_back(result, Z, beyond):
    """Put what lies beyond the end of a series back as it was."""
    if beyond is not None:
        np.copyto(result, Z, where=beyond[..., None])
    return result


def count_time(sz, length):
    """Count time from 0 at the first step to 1 at the last, as linspace does: (sz,), or (n, sz) for lengths (n, 1)."""
    step, last = np.arange(sz), np.maximum(length - 1, 1)
    return np.where(step < last, step * (1 / last), 1.0)
