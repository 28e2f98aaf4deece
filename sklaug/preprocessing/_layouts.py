"""Layouts of other packages, to and fro: channels before time, and series in the cells of a DataFrame."""

import numpy as np
import pandas as pd

from sklaug.preprocessing._containers import measure_series, read_series


def from_channels_first(X):
    """Bring series with channels before time, as aeon and sktime have them, into time before channels.

    Parameters
    ----------
    X : array-like of shape (n_ts, d, sz), or list of arrays (d, sz_i)
        Series.

    Returns
    -------
    ndarray of shape (n_ts, sz, d), or list of ndarray of shape (sz_i, d)
        New arrays of the same dtype.

    Raises
    ------
    TypeError
        For a DataFrame.
    ValueError
        For a wrong number of dimensions, or if the series in a list differ in the number of channels.

    Notes
    -----
    An array that has time before channels already looks no different and is swapped too.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.preprocessing import FunctionTransformer
    >>> from sklaug.preprocessing import from_channels_first, to_channels_first
    >>> X = np.zeros((10, 3, 24))
    >>> from_channels_first(X).shape
    (10, 24, 3)

    As a step of a pipeline, with the way back:

    >>> step = FunctionTransformer(from_channels_first, inverse_func=to_channels_first)
    >>> step.inverse_transform(step.fit_transform(X)).shape
    (10, 3, 24)
    """
    return _swap(X, "from_channels_first", "(n_ts, d, sz)", "(d, sz_i)")


def to_channels_first(X):
    """Bring series with time before channels into channels before time, as aeon and sktime have them.

    Parameters
    ----------
    X : array-like of shape (n_ts, sz, d) or (n_ts, sz), list of arrays (sz_i, d) or (sz_i,), or wide DataFrame
        Series. Without an axis of channels they have one channel.

    Returns
    -------
    ndarray of shape (n_ts, d, sz), or list of ndarray of shape (d, sz_i)
        New arrays of the same dtype. NaN behind the end of shorter series stays there.

    Raises
    ------
    ValueError
        For a wrong number of dimensions, or if the series in a list differ in the number of channels.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.preprocessing import to_channels_first
    >>> to_channels_first(np.zeros((10, 24, 3))).shape
    (10, 3, 24)
    >>> [row.shape for row in to_channels_first([np.zeros(5), np.zeros(8)])]
    [(1, 5), (1, 8)]
    """
    if isinstance(X, pd.DataFrame):
        X = X.to_numpy()
    if _is_list(X):
        X = [row[:, None] if getattr(row, "ndim", 0) == 1 else row for row in X]
    elif np.ndim(X) == 2:
        X = np.asarray(X)[:, :, None]
    return _swap(X, "to_channels_first", "(n_ts, sz, d) or (n_ts, sz)", "(sz_i, d) or (sz_i,)")


def _swap(X, caller, shape, row_shape):
    """Swap the last two axes of an array, or of each array in a list."""
    if isinstance(X, pd.DataFrame):
        raise TypeError(
            f"X is a DataFrame of shape {X.shape}, but {caller} takes an array of shape {shape}. For a DataFrame with series "
            "in its cells there is from_nested; a wide one goes to the estimators as it is."
        )
    if not _is_list(X):
        X = np.asarray(X)
        if X.ndim != 3:
            hint = " These have no axis of channels and need no change." if X.ndim == 2 else ""
            raise ValueError(
                f"X has shape {X.shape}, but {caller} takes series of shape {shape}.{hint}"
            )
        return np.swapaxes(X, 1, 2).copy()
    rows = [np.asarray(row) for row in X]
    for number, row in enumerate(rows):
        if row.ndim != 2:
            raise ValueError(
                f"X[{number}] has shape {row.shape}, but {caller} takes lists of series of shape {row_shape}."
            )
    swapped = [row.T.copy() for row in rows]
    axis = 1 if caller == "from_channels_first" else 0
    _check_same_channels(rows, [row.shape[axis] for row in swapped], caller)
    return swapped


def _is_list(X):
    """Tell a list of arrays, or an object array of them, from nested lists of numbers."""
    if isinstance(X, np.ndarray):
        return X.dtype == object and X.ndim == 1
    return isinstance(X, list | tuple) and any(getattr(row, "ndim", 0) for row in X)


def _check_same_channels(rows, n_channels, caller):
    for number, d in enumerate(n_channels):
        if d != n_channels[0]:
            raise ValueError(
                f"X[0] has shape {rows[0].shape}, but X[{number}] has shape {rows[number].shape}. {caller} takes series with "
                "the same number of channels."
            )


# -------------------------------------------------------------------------------------------
# Series in the cells of a DataFrame
# -------------------------------------------------------------------------------------------


def from_nested(X):
    """Bring a DataFrame with a series in each cell, sktime's "nested_univ", into an array.

    Parameters
    ----------
    X : DataFrame of shape (n_ts, d)
        A row holds one series, a column one channel, a cell a pandas Series or an array of shape (sz_i,).

    Returns
    -------
    ndarray of shape (n_ts, sz_max, d), float32 or float64
        NaN behind the end of shorter series. The index of the series in the cells is left out.

    Raises
    ------
    TypeError
        If `X` is no DataFrame, or a cell holds no series.
    ValueError
        If the channels of a series differ in length, or a series is empty.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklaug.preprocessing import from_nested
    >>> X = pd.DataFrame({"dim_0": [pd.Series([1.0, 2.0, 3.0]), pd.Series([4.0, 5.0])]})
    >>> from_nested(X)[:, :, 0]
    array([[ 1.,  2.,  3.],
           [ 4.,  5., nan]])
    """
    if not isinstance(X, pd.DataFrame):
        raise TypeError(
            f"X is of type {type(X).__name__}, but from_nested takes a DataFrame with a series in each cell."
        )
    if not X.size:
        raise ValueError(f"X has shape {X.shape}. from_nested needs a row and a column at least.")
    rows = [
        _join_cells(cells, number, X.columns)
        for number, cells in enumerate(zip(*(X.iloc[:, c] for c in range(X.shape[1])), strict=True))
    ]
    return read_series(rows, "from_nested")[0]


def _join_cells(cells, number, columns):
    """Put the channels of one series, a cell each, into an array (sz_i, d)."""
    for cell, column in zip(cells, columns, strict=True):
        if getattr(cell, "ndim", 0) != 1:
            raise TypeError(
                f"X holds {cell!r} in row {number}, column {column!r}, but from_nested takes a pandas Series, or an array of "
                "one dimension, in each cell. A wide DataFrame of numbers goes to the estimators as it is."
            )
    lengths = [len(cell) for cell in cells]
    if len(set(lengths)) > 1:
        raise ValueError(
            f"The channels of row {number} have {', '.join(map(str, lengths))} steps. Give all channels of a series the same "
            "length, with NaN where values are missing."
        )
    return np.column_stack([np.asarray(cell) for cell in cells])


def to_nested(X):
    """Put each channel of each series into a cell of a DataFrame, sktime's "nested_univ".

    Parameters
    ----------
    X : array of shape (n_ts, sz, d) or (n_ts, sz), list of arrays (sz_i, d) or (sz_i,), or wide DataFrame
        Series. NaN behind the end of shorter series in an array is cut off.

    Returns
    -------
    DataFrame of shape (n_ts, d)
        Columns "dim_0", "dim_1", ...; a cell holds a pandas Series of shape (sz_i,). The index is that
        of a DataFrame, else 0 to `n_ts - 1`.

    Raises
    ------
    ValueError
        For a wrong number of dimensions, or values that are not numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.preprocessing import to_nested
    >>> X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, np.nan]])
    >>> to_nested(X).loc[1, "dim_0"].tolist()
    [4.0, 5.0]
    """
    values, container = read_series(X, "to_nested")
    lengths = measure_series(values, container)
    columns = {}
    for channel in range(values.shape[2]):
        cells = np.empty(len(values), dtype=object)
        for row, length in enumerate(lengths):
            cells[row] = pd.Series(values[row, :length, channel].copy())
        columns[f"dim_{channel}"] = cells
    return pd.DataFrame(columns, index=container.index)
