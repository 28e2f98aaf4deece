"""Windows cut from long series, and put together to series again."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sklaug._series import Container, fit_width
from sklaug._validation import check_flag, check_number
from sklaug.preprocessing._containers import measure_series, read_series


@dataclass(repr=False)
class Windows:
    """Windows of series, and where they come from; made by `make_windows`.

    Parameters
    ----------
    X : ndarray of shape (n_windows, length) or (n_windows, length, d), float32 or float64
        The windows, series by series and by time. NaN where a value is missing, and behind the end of a
        series that is shorter than a window.
    parents : ndarray of int64, shape (n_windows,)
        Row of the series that a window comes from: the `groups` for
        `sklearn.model_selection.GroupKFold`, so that no series is on both sides of a split.
    starts : ndarray of int64, shape (n_windows,)
        Step of its series at which a window begins: the `groups` for `WindowTimeSplit`.
    y : ndarray of shape (n_windows,) or None
        Target of a window's series.
    lengths : ndarray of int64, shape (n_ts,)
        Steps of the series.
    container : object
        What the series came in; for `merge`.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.preprocessing import Windows, make_windows
    >>> windows = make_windows(np.arange(12.0).reshape(2, 6), length=4, stride=2)
    >>> isinstance(windows, Windows), windows
    (True, Windows(n_windows=4, length=4, n_ts=2))
    >>> windows.parents, windows.starts
    (array([0, 0, 1, 1]), array([0, 2, 0, 2]))
    """

    X: np.ndarray
    parents: np.ndarray
    starts: np.ndarray
    y: np.ndarray | None
    lengths: np.ndarray
    container: Container

    def __len__(self):
        return len(self.X)

    def __repr__(self):
        return (
            f"Windows(n_windows={len(self.X)}, length={self.X.shape[1]}, n_ts={len(self.lengths)})"
        )

    def merge(self, X=None):
        """Put windows together to series again: where they overlap, to their mean.

        Missing values do not count. A step that no window holds, or none has a value for, is NaN. A mean
        of augmented windows is augmented less than each of them, and that of whole numbers need not be
        whole: with a stride of `length` windows do not overlap and stay as they are.

        Parameters
        ----------
        X : array of the shape of `X`, or None
            Windows in the same order, such as those from an augmenter. None takes the windows as they
            were cut, and so returns the series as they were.

        Returns
        -------
        ndarray, list of ndarray or DataFrame
            Series in the container that they came in.

        Raises
        ------
        ValueError
            If the shape is not that of the windows.

        Examples
        --------
        >>> import numpy as np
        >>> from sklaug.preprocessing import make_windows
        >>> windows = make_windows(np.array([1.0, 2.0, 3.0, 4.0]), length=2)
        >>> windows.X
        array([[1., 2.],
               [2., 3.],
               [3., 4.]])
        >>> windows.merge(windows.X + [0, 10])
        array([ 1.,  7.,  8., 14.])
        """
        values, container = read_series(self.X if X is None else X, "merge")
        if values.shape[: container.ndim] != self.X.shape:
            raise ValueError(
                f"X has shape {values.shape[: container.ndim]}, but the windows have shape {self.X.shape}: one for each is "
                "needed, in the same order."
            )
        merged = _mean_by_step(values, self.parents, self.starts, self.lengths)
        if self.container.ndim == 1:
            return merged[0, :, 0]
        return self.container.fill(merged)


def make_windows(X, length, stride=1, *, y=None, drop_last=False):
    """Cut series into windows of equal length, which may overlap.

    Windows begin every `stride` steps of each series. Nothing of a series is lost: if the last of
    these windows ends before the series does, one more is cut that ends with it, and a series that is
    shorter than `length` makes one window with NaN behind its end. Only windows without any value are
    left out, since there is nothing to learn from.

    Parameters
    ----------
    X : array of shape (n_ts, sz), (n_ts, sz, d) or (sz,), list of arrays (sz_i,) or (sz_i, d), or wide DataFrame
        Series, with NaN at the tail of shorter ones in an array; one dimension is a single recording. A
        recording with channels, of shape (sz, d), is a list of one: ``[recording]``.
    length : int
        Steps of a window, 1 or more.
    stride : int, default=1
        Steps from one window to the next, 1 or more. With more than `length`, the steps between windows
        are left out.
    y : array-like of shape (n_ts,) or None
        Targets of the series, to repeat for each window.
    drop_last : bool, default=False
        Whether to leave out the window that ends with its series where `stride` does not lead there, and
        series shorter than `length`.

    Returns
    -------
    Windows
        With the windows as `X`, the series and step at which each begins, and a method that puts windows
        together to series.

    Raises
    ------
    ValueError
        If all series are shorter than `length`, or numbers of series and targets differ.

    See Also
    --------
    make_forecasting_windows : Windows with what follows them.
    WindowTimeSplit : Cross-validation with windows that end before others begin.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.preprocessing import make_windows
    >>> series = [np.arange(7.0), np.arange(3.0)]
    >>> windows = make_windows(series, length=4, stride=2, y=["a", "b"])
    >>> windows.X
    array([[ 0.,  1.,  2.,  3.],
           [ 2.,  3.,  4.,  5.],
           [ 3.,  4.,  5.,  6.],
           [ 0.,  1.,  2., nan]])
    >>> windows.parents, windows.starts, windows.y
    (array([0, 0, 0, 1]), array([0, 2, 3, 0]), array(['a', 'a', 'a', 'b'], dtype='<U1'))
    >>> windows.merge()
    [array([0., 1., 2., 3., 4., 5., 6.]), array([0., 1., 2.])]
    """
    check_number("length", length, low=1, whole=True)
    check_number("stride", stride, low=1, whole=True)
    check_flag("drop_last", drop_last)
    values, lengths, container = read_recordings(X, "make_windows")
    y = _read_targets(y, len(values))
    if lengths.max() < length:
        raise ValueError(
            f"length={length}, but the longest of {len(values)} series has {lengths.max()} steps. Lower length. If X is one "
            "recording of shape (sz, d), pass [X]: two dimensions are (n_ts, sz)."
        )
    values = fit_width(values, max(values.shape[1], length))
    parents, starts = place_windows(lengths, length, stride, drop_last=drop_last)
    windows = cut_windows(values, parents, starts, length)
    some = ~np.isnan(windows).all(axis=(1, 2))
    if not some.all():
        windows, parents, starts = windows[some], parents[some], starts[some]
    return Windows(
        windows if container.ndim == 3 else windows[:, :, 0],
        parents,
        starts,
        None if y is None else y[parents],
        lengths,
        container,
    )


def read_recordings(X, caller):
    """Return series (n_ts, width, d), their lengths, and what they came in; with one dimension, a single one."""
    if getattr(X, "ndim", None) == 1 and X.dtype != object:
        values, container = read_series(np.asarray(X)[None], caller)
        container.ndim = 1
    else:
        values, container = read_series(X, caller)
    return values, measure_series(values, container), container


def _read_targets(y, n_ts):
    if y is None:
        return None
    y = np.asarray(y)
    if len(y) != n_ts:
        raise ValueError(f"y has {len(y)} targets, but X has {n_ts} series.")
    return y


def place_windows(lengths, length, stride, *, drop_last):
    """Return parent and start of each window."""
    room = lengths - length  # steps that the first window can be moved by
    if drop_last:
        counts = np.where(room < 0, 0, room // stride + 1)
    else:
        counts = np.where(lengths < 1, 0, np.maximum(-(-room // stride), 0) + 1)
    parents = np.repeat(np.arange(len(lengths), dtype=np.int64), counts)
    number = np.arange(len(parents)) - (np.cumsum(counts) - counts)[parents]
    return parents, np.minimum(number * stride, np.maximum(room, 0)[parents])


def cut_windows(values, parents, starts, length):
    """Copy windows out of series: (n_windows, length, d)."""
    views = sliding_window_view(values, length, axis=1)  # (n_ts, places, d, length)
    return np.ascontiguousarray(np.swapaxes(views[parents, starts], 1, 2))


def _mean_by_step(windows, parents, starts, lengths):
    """Average windows over the steps of their series: (n_ts, longest, d)."""
    shape = (len(lengths), lengths.max(), windows.shape[2])
    mean, count = np.zeros(shape, windows.dtype), np.zeros(shape, np.int64)
    for offset in range(windows.shape[1]):
        # No two windows of a series begin at one step, so that no place occurs twice here.
        inside = np.flatnonzero(starts + offset < lengths[parents])
        place = parents[inside], starts[inside] + offset
        new, so_far = windows[inside, offset], mean[place]
        observed = ~np.isnan(new)
        count[place] += observed
        # A running mean: that of equal values is this value, to the bit.
        n = np.maximum(count[place], 1).astype(windows.dtype)
        mean[place] = np.where(observed, so_far + (new / n - so_far / n), so_far)
    mean[count == 0] = np.nan
    return mean
