"""Cross-validation of windows in the order of time."""

import numpy as np
from sklearn.model_selection import BaseCrossValidator

from sklaug._validation import check_number


class WindowTimeSplit(BaseCrossValidator):
    """Cross-validate on windows, those for training ending before those for testing begin.

    Overlapping windows share steps, so a split by rows, as of `KFold` or `TimeSeriesSplit`, trains on
    much of what it tests. Here no step of time is on both sides: not of the same series, and not of
    another, as long as all series have one time axis. In each split the test windows begin within one
    part of time, and the parts follow each other; all windows that end before are for training, and
    windows that reach into the part are left out.

    Pass the windows' starts as `groups`.

    Parameters
    ----------
    n_splits : int, default=5
        Number of splits, 1 or more.
    length : int or None, default=None
        Steps that a window takes, 1 or more. None takes the length of `X`. With
        `make_forecasting_windows` it is ``past + horizon``.
    gap : int, default=0
        Steps to leave out between the end of training and the beginning of testing, 0 or more.

    See Also
    --------
    sklearn.model_selection.GroupKFold : Splits by series, with ``groups=windows.parents``.

    Notes
    -----
    Testing begins where the first of ``n_splits + 1`` parts of time ends, or later, so that the first split too
    has windows for training.

    Series that begin at different times have one time axis when their starts do: add to each window's start the
    step at which its series begins.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.preprocessing import WindowTimeSplit, make_windows
    >>> windows = make_windows(np.arange(9.0), length=3)
    >>> for train, test in WindowTimeSplit(2).split(windows.X, groups=windows.starts):
    ...     print(windows.starts[train], windows.starts[test])
    [0] [3 4]
    [0 1 2] [5 6]

    >>> from sklearn.dummy import DummyRegressor
    >>> from sklearn.model_selection import cross_val_score
    >>> y = windows.X.mean(axis=1)
    >>> scores = cross_val_score(
    ...     DummyRegressor(), windows.X, y, cv=WindowTimeSplit(2), groups=windows.starts
    ... )
    >>> len(scores)
    2
    """

    # The groups are always needed, so that metadata routing passes them on unasked.
    __metadata_request__split = {"groups": True}

    def __init__(self, n_splits=5, *, length=None, gap=0):
        self.n_splits = n_splits
        self.length = length
        self.gap = gap

    def get_n_splits(self, X=None, y=None, groups=None):
        """Return the number of splits.

        Parameters
        ----------
        X : object
            Not used.
        y : object
            Not used.
        groups : object
            Not used.

        Returns
        -------
        int
            `n_splits`.
        """
        check_number("n_splits", self.n_splits, low=1, whole=True)
        return self.n_splits

    def split(self, X, y=None, groups=None):
        """Yield the rows of the windows for training and for testing.

        Parameters
        ----------
        X : array of shape (n_windows, length) or (n_windows, length, d)
            Windows.
        y : object
            Not used.
        groups : array-like of int, shape (n_windows,)
            Step at which each window begins, such as `starts` of `make_windows`.

        Yields
        ------
        train : ndarray of int
            Rows of the windows for training.
        test : ndarray of int
            Rows of the windows for testing.

        Raises
        ------
        ValueError
            If groups are missing or do not fit, or the windows begin at too few different steps.
        """
        n_splits = self.get_n_splits()
        check_number("gap", self.gap, low=0, whole=True)
        starts = _check_starts(groups, len(X))
        length = self._find_length(X)
        first_steps = np.unique(starts)
        reach = length + self.gap
        since = max(
            len(first_steps) // (n_splits + 1), np.searchsorted(first_steps, first_steps[0] + reach)
        )
        if len(first_steps) - since < n_splits:
            raise ValueError(
                f"n_splits={n_splits} is too many: behind the first window, which takes {reach} steps, gap included, windows "
                f"begin at {len(first_steps) - since} different steps only. Lower n_splits or gap, or cut more or shorter "
                "windows."
            )
        for part in np.array_split(first_steps[since:], n_splits):
            train = starts + reach <= part[0]
            test = (part[0] <= starts) & (starts <= part[-1])
            yield np.flatnonzero(train), np.flatnonzero(test)

    def _find_length(self, X):
        check_number("length", self.length, low=1, whole=True, other=(None,))
        if self.length is not None:
            return self.length
        if getattr(X, "ndim", 0) < 2:
            raise ValueError(
                "X does not tell how many steps a window takes. Pass windows in an array of shape (n_windows, length) or "
                "(n_windows, length, d), or give WindowTimeSplit the length."
            )
        return X.shape[1]


def _check_starts(groups, n_windows):
    if groups is None:
        raise ValueError(
            "WindowTimeSplit needs the step at which each window begins: pass groups=windows.starts."
        )
    starts = np.asarray(groups)
    if starts.shape != (n_windows,) or starts.dtype.kind not in "iu":
        raise ValueError(
            f"groups has shape {starts.shape} and dtype {starts.dtype}, but WindowTimeSplit takes the step at which each of "
            f"the {n_windows} windows begins, a whole number: pass groups=windows.starts."
        )
    return starts.astype(np.int64)
