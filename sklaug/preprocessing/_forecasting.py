"""Windows for forecasting: what was known, and what followed."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np

from sklaug._validation import check_number
from sklaug.preprocessing._windows import cut_windows, place_windows, read_recordings


@dataclass(repr=False)
class ForecastingWindows:
    """Windows of series and the steps that follow each; made by `make_forecasting_windows`.

    Parameters
    ----------
    X : ndarray of shape (n_windows, past) or (n_windows, past, d), float32 or float64
        The windows, series by series and by time.
    y : ndarray of shape (n_windows, horizon) or (n_windows, horizon, n_targets)
        The steps right behind each window, without the last axis for a single target channel.
    parents : ndarray of int64, shape (n_windows,)
        Row of the series that a window comes from, such as `groups` for
        `sklearn.model_selection.GroupKFold`.
    starts : ndarray of int64, shape (n_windows,)
        Step of its series at which a window begins, such as `groups` for `WindowTimeSplit`, whose
        `length` then is ``past + horizon``.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.preprocessing import ForecastingWindows, make_forecasting_windows
    >>> windows = make_forecasting_windows(np.arange(9.0), past=4, horizon=2, stride=3)
    >>> isinstance(windows, ForecastingWindows), windows
    (True, ForecastingWindows(n_windows=2, past=4, horizon=2))
    """

    X: np.ndarray
    y: np.ndarray
    parents: np.ndarray
    starts: np.ndarray

    def __len__(self):
        return len(self.X)

    def __repr__(self):
        past, horizon = self.X.shape[1], self.y.shape[1]
        return f"ForecastingWindows(n_windows={len(self.X)}, past={past}, horizon={horizon})"


def make_forecasting_windows(X, past, horizon, stride=1, *, target_channels=None):
    """Cut series into windows and the steps that follow each, to fit a regressor on.

    No window, and nothing that follows one, reaches beyond the end of its series: series shorter than
    ``past + horizon`` make none. Missing values stay; a window is left out if it, or what follows it in
    the target channels, has no value at all.

    Parameters
    ----------
    X : array of shape (n_ts, sz), (n_ts, sz, d) or (sz,), list of arrays (sz_i,) or (sz_i, d), or wide DataFrame
        Series, with NaN at the tail of shorter ones in an array; one dimension is a single recording. A
        recording with channels, of shape (sz, d), is a list of one: ``[recording]``.
    past : int
        Steps of a window, 1 or more.
    horizon : int
        Steps that follow, 1 or more.
    stride : int, default=1
        Steps from one window to the next, 1 or more.
    target_channels : None, int or sequence of int
        Channels to forecast, counted from 0; None for all.

    Returns
    -------
    ForecastingWindows
        With windows as `X`, what follows them as `y`, and the series and step at which each begins.

    Raises
    ------
    ValueError
        If there is no window, or a target channel is not there.

    See Also
    --------
    make_windows : Windows that can be put together to series again.
    WindowTimeSplit : Cross-validation with windows that end before others begin.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LinearRegression
    >>> from sklaug.preprocessing import make_forecasting_windows
    >>> windows = make_forecasting_windows(np.arange(8.0), past=3, horizon=2)
    >>> windows.X[0], windows.y[0]
    (array([0., 1., 2.]), array([3., 4.]))
    >>> LinearRegression().fit(windows.X, windows.y).predict([[10, 11, 12]]).round(2)
    array([[13., 14.]])
    """
    check_number("past", past, low=1, whole=True)
    check_number("horizon", horizon, low=1, whole=True)
    check_number("stride", stride, low=1, whole=True)
    values, lengths, container = read_recordings(X, "make_forecasting_windows")
    targets = _check_targets(target_channels, values.shape[2])
    length = past + horizon
    if lengths.max() < length:
        raise ValueError(
            f"past={past} and horizon={horizon} take {length} steps, but the longest of {len(values)} series has "
            f"{lengths.max()}. Lower them. If X is one recording of shape (sz, d), pass [X]: two dimensions are (n_ts, sz)."
        )
    parents, starts = place_windows(lengths, length, stride, drop_last=True)
    windows = cut_windows(values, parents, starts, length)
    before, after = windows[:, :past], windows[:, past:, targets]
    some = ~(np.isnan(before).all(axis=(1, 2)) | np.isnan(after).all(axis=(1, 2)))
    if not some.any():
        raise ValueError(
            f"None of the {len(some)} windows has a value both among its {past} steps and among the {horizon} that follow. "
            "Fill the gaps of X, for example with GapFiller."
        )
    before, after = before[some], after[some]
    return ForecastingWindows(
        before if container.ndim == 3 else before[:, :, 0],
        after[:, :, 0] if len(targets) == 1 else after,
        parents[some],
        starts[some],
    )


def _check_targets(target_channels, n_channels):
    """Return the numbers of the target channels as a list."""
    if target_channels is None:
        return list(range(n_channels))
    single = isinstance(target_channels, Integral)
    channels = [target_channels] if single else list(target_channels)
    known = all(
        isinstance(c, Integral) and not isinstance(c, bool) and 0 <= c < n_channels
        for c in channels
    )
    if not channels or not known or len(set(channels)) < len(channels):
        raise ValueError(
            f"target_channels={target_channels!r}, but X has {n_channels} channels, numbered from 0. Name one or more of them, "
            "each once."
        )
    return [int(channel) for channel in channels]
