"""Smooth random curves: cubic splines through random values."""

import numpy as np
from scipy.interpolate import CubicSpline

from sklaug.transforms._time_axis import count_time


class Splines:
    """Cubic splines through knots that are evenly spaced from the first step of a series to its last.

    A spline is linear in its values at the knots, so all splines of a call are one matrix product
    with a table: the splines that are 1 at one knot and 0 at the others.

    Parameters
    ----------
    n_knots : int
        Number of knots, at least 2.
    sz : int
        Steps of the array.
    length : int or ndarray of int, shape (n_ts, 1)
        Steps of all series, or of each.
    dtype : dtype
        That of the curves.
    """

    def __init__(self, n_knots, sz, length, dtype):
        if n_knots < 2:
            raise ValueError(
                f"n_knots={n_knots}, but a curve needs at least 2 knots, one at each end."
            )
        splines = CubicSpline(np.linspace(0, 1, n_knots), np.eye(n_knots))
        self.dtype = dtype
        self.full = self._tabulate(splines, count_time(sz, sz))
        if np.ndim(length):
            self.lengths = np.unique(length[length < sz])
            self.short = self._tabulate(splines, count_time(sz, self.lengths[:, None]))

    def _tabulate(self, splines, time):
        """Return the splines at these times: (..., sz) to (..., n_knots, sz)."""
        return np.ascontiguousarray(np.swapaxes(splines(time), -1, -2), dtype=self.dtype)

    def through(self, knots, length):
        """Return the curves through knots (n_ts, k, n_knots) of series so long: (n_ts, k, sz)."""
        (n_ts, k, n_knots), sz = knots.shape, self.full.shape[1]
        # Full rows go this way also beside short ones, so that these do not alter a bit of them.
        curves = (knots.reshape(n_ts * k, n_knots) @ self.full).reshape(n_ts, k, sz)
        if np.ndim(length):
            short = length[:, 0] < sz
            table = self.short[np.searchsorted(self.lengths, length[short, 0])]
            curves[short] = knots[short] @ table
        return curves
