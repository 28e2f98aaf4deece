"""Series that came from a long table, and their way back into it."""

from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import pandas as pd

from sklaug._series import fit_width
from sklaug.preprocessing._containers import measure_series, read_series
from sklaug.preprocessing._table import find_column, name_ids, name_rows, replace_numbers, to_dtype


@dataclass
class Layout:
    """How a long table was laid out: what `LongSeries` needs to write one.

    Attributes
    ----------
    frame : DataFrame
        A copy of the table.
    id, time, target : name
        Columns or index levels; no target if None.
    values : list of names
        Columns, one a channel.
    codes, steps : ndarray of int, shape (n_rows,)
        Series and step of each row.
    """

    frame: pd.DataFrame
    id: object
    time: object
    target: object
    values: list
    codes: np.ndarray
    steps: np.ndarray


@dataclass(repr=False)
class LongSeries:
    """Series of a long table, and the way back; made by `from_long`.

    Parameters
    ----------
    X : ndarray of shape (n_ts, sz, d), float32 or float64
        The series, in the order in which their ids appear first. NaN where a value is missing, where
        the table lacks a row, and behind the end of shorter series.
    y : ndarray of shape (n_ts,) or None
        Target of each series.
    ids : Index of length n_ts
        Id of each series.
    times : list of n_ts Index
        Times of the steps of each series, from its first row to its last, without a gap.
    lengths : ndarray of int64, shape (n_ts,)
        Steps of each series.
    freq : str, number, DateOffset or None
        Step of the grid of time; None where rows are steps.
    layout : object
        How the table was laid out; for the methods.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklaug.preprocessing import LongSeries, from_long
    >>> days = pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-04"])
    >>> long = from_long(pd.DataFrame({"unique_id": "a", "ds": days, "y": [1.0, 2.0, 4.0]}))
    >>> isinstance(long, LongSeries), long
    (True, LongSeries(n_ts=1, sz=4, d=1, freq='D'))
    >>> long.X.ravel()
    array([ 1.,  2., nan,  4.])
    >>> long.times[0].day
    Index([1, 2, 3, 4], dtype='int32', name='ds')
    """

    X: np.ndarray
    y: np.ndarray | None
    ids: pd.Index
    times: list
    lengths: np.ndarray
    freq: object
    layout: Layout

    def __len__(self):
        return len(self.X)

    def __repr__(self):
        n_ts, sz, d = self.X.shape
        return f"LongSeries(n_ts={n_ts}, sz={sz}, d={d}, freq={self.freq!r})"

    def to_long(self, X):
        """Write series into the table that these came from.

        Index, order of rows, columns and their dtypes are those of the table, and so is all else
        beside the values. Integers are rounded. Steps that the table has no row for are left out.

        Parameters
        ----------
        X : array of shape (n_ts, sz, d), or (n_ts, sz) if d = 1, or list of arrays (sz_i, d) or (sz_i,)
            As many series as there are, in their order, such as `X` after an augmenter. NaN becomes a
            missing value.

        Returns
        -------
        DataFrame
            A new table.

        Raises
        ------
        ValueError
            If there are more or fewer series, steps or channels, or NaN for a column of integers.

        Examples
        --------
        >>> import pandas as pd
        >>> from sklaug.preprocessing import from_long
        >>> days = pd.to_datetime(["2024-01-02", "2024-01-01"])
        >>> df = pd.DataFrame({"unique_id": "a", "ds": days, "y": [5, 7], "shop": ["s", "t"]})
        >>> long = from_long(df)
        >>> long.to_long(long.X + 1.2)
          unique_id         ds  y shop
        0         a 2024-01-02  6    s
        1         a 2024-01-01  8    t
        """
        values = self._read_like(X)
        layout = self.layout
        numbers = values[layout.codes, layout.steps]  # (n_rows, d)
        table = layout.frame.copy()
        for channel, name in enumerate(layout.values):
            place = table.columns.get_loc(name)
            column = replace_numbers(
                table[name], numbers[:, channel], lambda rows: name_rows(layout.frame, rows)
            )
            table.isetitem(place, column)
        return table

    def new_long(self, X, y=None, *, ids=None, times=None):
        """Write new series, such as those of ``sample``, as a table like the one that these came from.

        The table has a row for each step of each series, and of the columns those for id, time, values
        and target, in their order and dtypes. Other columns are left out: nothing is known of them.

        Parameters
        ----------
        X : array of shape (n_new, sz, d), or (n_new, sz) if d = 1, or list of arrays (sz_i, d) or (sz_i,)
            New series. NaN at the tail of an array makes a shorter series.
        y : array-like of shape (n_new,) or None
            Their targets; needed if, and only if, `from_long` was given a target.
        ids : array-like of shape (n_new,) or None
            Their ids, each another. None continues after the largest number where ids are numbers, and
            makes "synthetic_0", "synthetic_1", ... otherwise.
        times : Index, or list of n_new Index, or None
            Times of the steps, the same for all series or one each; those of the longest series of the
            table if None. A shorter series takes the first ones.

        Returns
        -------
        DataFrame
            A new table.

        Raises
        ------
        ValueError
            If lengths, numbers of series or channels do not go together, or ids are not new.

        Examples
        --------
        >>> import pandas as pd
        >>> from sklaug.preprocessing import from_long
        >>> days = pd.date_range("2024-01-01", periods=2)
        >>> df = pd.DataFrame({"unique_id": "a", "ds": days, "y": [5, 7]})
        >>> from_long(df).new_long([[[6.0], [6.9]]])
             unique_id         ds  y
        0  synthetic_0 2024-01-01  6
        1  synthetic_0 2024-01-02  7
        """
        values, container = read_series(X, "new_long")
        self._check_channels(values, container)
        lengths = measure_series(values, container)
        ids = self._new_ids(len(values), ids)
        times = self._new_times(lengths, times)
        rows = np.repeat(np.arange(len(values)), lengths)
        steps = np.concatenate([np.arange(length) for length in lengths])
        layout = self.layout
        columns = {layout.id: ids.take(rows), layout.time: times}
        if (y is None) != (layout.target is None):
            came, needed = ("no", "has a") if y is None else ("a", "was read without")
            raise ValueError(f"new_long was given {came} y, but the table {needed} target.")
        if layout.target is not None:
            columns[layout.target] = self._new_targets(y, len(values)).take(rows)
        for channel, name in enumerate(layout.values):
            columns[name] = self._new_column(name, values[rows, steps, channel], ids, rows)
        return self._assemble(columns)

    def _read_like(self, X):
        """Return series for all ids as an array (n_ts, sz, d)."""
        values, container = read_series(X, "to_long")
        self._check_channels(values, container)
        n_ts, sz = self.X.shape[:2]
        if len(values) != n_ts:
            raise ValueError(
                f"X has {len(values)} series, but the table has {n_ts}. New ones go into a table with new_long."
            )
        if container.kind != "list":
            if values.shape[1] != sz:
                raise ValueError(
                    f"X has {values.shape[1]} time steps, but the series of the table have {sz}, padding included."
                )
            return values
        wrong = np.flatnonzero((container.widths != self.lengths) & (container.widths != sz))
        if len(wrong):
            row = wrong[0]
            raise ValueError(
                f"X[{row}] has {container.widths[row]} time steps, but {name_ids(self.ids[[row]])} has {self.lengths[row]}."
            )
        return fit_width(values, sz)

    def _check_channels(self, values, container):
        d = self.X.shape[2]
        if values.shape[2] != d:
            came = "no axis of channels" if container.ndim == 2 else f"{values.shape[2]} channels"
            raise ValueError(
                f"X has {came}, but the table has {d} columns of values: {self.layout.values}. Pass an array of shape "
                f"(n_ts, sz, {d}), or a list of arrays (sz_i, {d})."
            )

    def _new_ids(self, n_new, ids):
        if ids is None:
            ids = _continue_ids(self.ids, n_new)
        ids = pd.Index(ids)
        if len(ids) != n_new:
            raise ValueError(f"ids holds {len(ids)} ids, but X has {n_new} series.")
        known = ids.isin(self.ids) | ids.duplicated()
        if known.any():
            raise ValueError(
                f"ids names {name_ids(ids[known])} again: each new series needs an id that neither the table nor another "
                "new series has."
            )
        if isinstance(self.ids.dtype, pd.CategoricalDtype):
            return pd.CategoricalIndex(ids, categories=self.ids.categories.append(ids))
        return ids.astype(self.ids.dtype)

    def _new_times(self, lengths, times):
        """Return the times of all rows of new series."""
        if times is None:
            times = self.times[int(np.argmax(self.lengths))]
        one_each = isinstance(times, (list, tuple)) and all(map(pd.api.types.is_list_like, times))
        if one_each and len(times) != len(lengths):
            raise ValueError(f"times is for {len(times)} series, but X has {len(lengths)}.")
        times = [pd.Index(index) for index in (times if one_each else [times])]
        times = [self._like_times(index) for index in times]
        parts = []
        for row, length in enumerate(lengths):
            index = times[row if one_each else 0]
            if len(index) < length:
                raise ValueError(
                    f"X[{row}] has {length} time steps, but there are times for {len(index)}. Pass times=..., an index of at "
                    f"least {lengths.max()} times, or a list of one index a series."
                )
            parts.append(index[:length])
        return parts[0].append(parts[1:])

    def _like_times(self, index):
        """Bring times to the dtype of the table's."""
        dtype = self.times[0].dtype
        if index.dtype == dtype:
            return index
        zones = {getattr(one, "tz", "") for one in (index, self.times[0])}
        numbers = index.dtype.kind in "iu" and dtype.kind in "iu"
        if not numbers and (len(zones) > 1 or "" in zones):
            raise ValueError(
                f"times has dtype {index.dtype}, but the times of the table have dtype {dtype}. Convert them first."
            )
        return index.astype(dtype)

    def _new_targets(self, y, n_new):
        y = np.asarray(y)
        if y.shape != (n_new,):
            raise ValueError(
                f"y has shape {y.shape}, but X has {n_new} series: it takes ({n_new},)."
            )
        dtype = find_column(self.layout.frame, self.layout.target, "target").dtype
        if getattr(dtype, "kind", "O") in "biuf":
            return to_dtype(y.astype(np.float64), dtype, self.layout.target, "y at {}".format)
        if isinstance(dtype, pd.CategoricalDtype):
            other = sorted(set(y.tolist()) - set(dtype.categories))
            if other:
                raise ValueError(
                    f"y has {other[0]!r}, which is none of the categories of {self.layout.target!r}."
                )
        return pd.Series(y).astype(dtype).array

    def _new_column(self, name, numbers, ids, rows):
        """Return values of all rows of new series, in the dtype of the column."""

        def describe(places):
            return name_ids(ids[np.unique(rows[places])])

        return to_dtype(numbers, self.layout.frame[name].dtype, name, describe)

    def _assemble(self, columns):
        """Order columns and index levels as the table has them."""
        frame = self.layout.frame
        table = pd.DataFrame(
            {name: columns[name] for name in frame.columns if name in columns}
            | {name: columns[name] for name in frame.index.names if name in columns}
        )
        levels = [name for name in frame.index.names if name in columns]
        table = table.set_index(levels) if levels else table
        return table.rename_axis(columns=frame.columns.name)


def _continue_ids(ids, n_new):
    """Make ids that are not there yet."""
    if ids.dtype.kind in "iuf":
        return int(ids.max()) + 1 + np.arange(n_new)
    known = set(ids)
    names = (f"synthetic_{number}" for number in count())
    return list(islice((name for name in names if name not in known), n_new))
