"""Long tables, one row a time and series, read into arrays of series."""

import numpy as np
import pandas as pd

from sklaug.preprocessing._long_series import Layout, LongSeries
from sklaug.preprocessing._table import find_column, find_values, name_ids, name_rows, read_numbers
from sklaug.preprocessing._time_grid import Stamps, place_on_grid

# A found step that fills less than this share of an array, and an array of more cells than this,
# are a mistake rather than gaps.
_LEAST_FILLED = 0.01
_MANY_STEPS = 10_000_000


def from_long(df, *, id="unique_id", time="ds", values=None, target=None, freq="infer"):
    """Read series from a long table: a row for each time of each series.

    Each series runs from its first time to its last on a regular grid. Times that lack in between
    become NaN, which sklaug's estimators take as missing values. Rows may come in any order.

    Parameters
    ----------
    df : DataFrame
        Long table; not modified.
    id : name, default="unique_id"
        Column, or level of the index, that says which series a row belongs to.
    time : name, default="ds"
        Column, or level of the index, of the times: dates with or without time zone, periods, durations
        or numbers.
    values : None, name, or list of names
        Columns of numbers, one a channel. None takes the column "y" if there is one, else all columns
        of numbers that have no other role.
    target : None or name
        Column of a label or real target, the same in all rows of a series.
    freq : "infer", None, str, timedelta, DateOffset or number, default="infer"
        The step of the grid of time. "infer" takes the smallest difference between times of a series if all
        others are its multiples, where months count as equally long, and so do days in local time;
        daily times that leave out all weekends are working days. Or the step itself: an offset of pandas such as
        "h", "D", "W-MON" or "MS", or a number where times are numbers or periods. None takes rows as
        steps, in the order of their times.

    Returns
    -------
    LongSeries
        With the series as `X`, targets as `y`, and methods that write series back into a table.

    Raises
    ------
    ValueError
        For a column that is not there or does not hold what it should, a missing id or time, a time that
        a series has twice, times that no regular grid fits, and a target that varies within a series;
        with the rows or ids.

    See Also
    --------
    LongSeries.to_long : Back into the same table.
    LongSeries.new_long : New series as a table of the same columns.

    Notes
    -----
    With a time zone, days and longer steps are counted by the local clock and shorter ones in absolute
    time, so neither a day of 23 hours nor the hour that a clock shows twice breaks the grid.

    The defaults of `id`, `time` and `values` are the names that Nixtla's libraries use.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklaug.preprocessing import from_long
    >>> df = pd.DataFrame(
    ...     {
    ...         "unique_id": ["b", "b", "a", "b"],
    ...         "ds": pd.to_datetime(["2024-03-01", "2024-01-01", "2024-01-01", "2024-04-01"]),
    ...         "y": [3.0, 1.0, 7.0, 4.0],
    ...     }
    ... )
    >>> long = from_long(df)
    >>> long
    LongSeries(n_ts=2, sz=4, d=1, freq='MS')
    >>> long.X[:, :, 0]
    array([[ 1., nan,  3.,  4.],
           [ 7., nan, nan, nan]])
    >>> long.lengths, list(long.ids)
    (array([4, 1]), ['b', 'a'])
    >>> long.to_long(10 * long.X)
      unique_id         ds     y
    0         b 2024-03-01  30.0
    1         b 2024-01-01  10.0
    2         a 2024-01-01  70.0
    3         b 2024-04-01  40.0
    """
    _check_frame(df)
    codes, ids = _read_ids(df, id)
    times = _read_times(df, time)
    roles = {"id": id, "time": time} | ({} if target is None else {"target": target})
    values = find_values(df, values, roles)
    stamps = Stamps(times, codes)
    _refuse_doubles(df, stamps, stamps.ticks, ids, "at {}")
    y = None if target is None else _read_targets(df, target, stamps, ids)
    grid = place_on_grid(stamps, freq)
    _check_grid(df, stamps, grid, ids, freq)

    last_rows = stamps.order[np.append(stamps.first_places[1:], len(codes)) - 1]
    lengths = grid.steps[last_rows] + 1
    _check_size(len(df), lengths, grid)
    numbers = read_numbers(df, values)
    X = np.full((len(ids), lengths.max(), len(values)), np.nan, dtype=numbers.dtype)
    X[codes, grid.steps] = numbers
    layout = Layout(df.copy(), id, time, target, values, codes, grid.steps)
    return LongSeries(X, y, ids, _grid_times(stamps, grid, lengths), lengths, grid.freq, layout)


# -------------------------------------------------------------------------------------------
# Reading
# -------------------------------------------------------------------------------------------


def _check_frame(df):
    if not isinstance(df, pd.DataFrame):
        raise TypeError(
            f"df must be a pandas DataFrame, got an object of type {type(df).__name__}."
        )
    if df.empty:
        raise ValueError(f"df has shape {df.shape}: there is no series in it.")


def _read_ids(df, name):
    """Return the number of each row's series, and the ids in the order in which they appear."""
    codes, ids = pd.factorize(find_column(df, name, "id"))
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise ValueError(
            f"The id {name!r} is missing in {name_rows(df, missing)}. Fill it in, or drop what belongs to no series."
        )
    return codes.astype(np.int64), pd.Index(ids, name=name)


def _read_times(df, name):
    """Return the times of the rows as an Index."""
    column = find_column(df, name, "time")
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise ValueError(
            f"The time {name!r} is missing in {name_rows(df, missing)}. Fill it in, or drop these rows."
        )
    dtype = column.dtype
    kind = getattr(dtype, "kind", "O")
    if isinstance(dtype, pd.PeriodDtype) or kind in "iu":
        return pd.Index(column)
    if kind == "f":
        _refuse_infinite_times(df, column)
        return pd.Index(column)
    if kind == "M":
        return pd.DatetimeIndex(column)
    if kind == "m":
        return pd.TimedeltaIndex(column)
    zones = {}
    for row, time in enumerate(column):
        zones.setdefault(str(getattr(time, "tzinfo", None)), row)
    if len(zones) > 1:
        rows = list(zones.values())
        raise ValueError(
            f"The times of {name!r} have {len(zones)} time zones: {', '.join(zones)} (such as {name_rows(df, rows)}). Convert "
            f"them to one: pd.to_datetime(df[{name!r}], utc=True)."
        )
    raise ValueError(
        f"The time {name!r} has dtype {dtype}, but times are dates, periods, durations or numbers. Convert text and Python's "
        f"own dates first: pd.to_datetime(df[{name!r}])."
    )


def _refuse_infinite_times(df, column):
    infinite = np.flatnonzero(np.isinf(column.to_numpy(dtype=np.float64)))
    if len(infinite):
        raise ValueError(f"The time {column.name!r} is infinite in {name_rows(df, infinite)}.")


def _read_targets(df, name, stamps, ids):
    """Return the target of each series."""
    column = find_column(df, name, "target")
    missing = np.flatnonzero(column.isna())
    if len(missing):
        raise ValueError(
            f"The target {name!r} is missing in {name_rows(df, missing)}. Fill it in, or drop these series."
        )
    labels = pd.factorize(column)[0]
    other = labels != labels[stamps.first_rows][stamps.codes]
    if other.any():
        varying = np.unique(stamps.codes[other])
        first = np.flatnonzero(stamps.codes == varying[0])
        raise ValueError(
            f"The target {name!r} must be the same in all rows of a series, but varies in {name_ids(ids[varying])}. The first "
            f"has {column.iloc[first].nunique()} different ones, in {name_rows(df, first)}. What varies with time is a "
            "channel: name it in values."
        )
    targets = column.iloc[stamps.first_rows]
    return np.asarray(targets, dtype=getattr(column.dtype, "numpy_dtype", None))


# -------------------------------------------------------------------------------------------
# Checks of the grid
# -------------------------------------------------------------------------------------------


def _refuse_doubles(df, stamps, places, ids, what):
    """Raise if two rows of a series have one place in time."""
    ordered = places[stamps.order]
    same = np.diff(ordered) == 0
    same[stamps.first_places[1:] - 1] = False
    if not same.any():
        return
    first = stamps.order[np.flatnonzero(same)[0]]
    code = stamps.codes[first]
    rows = np.flatnonzero((stamps.codes == code) & (places == places[first]))
    others = int((np.append(same, False) | np.append(False, same)).sum()) - len(rows)
    others = f" Of {others} other rows the same is true." if others else ""
    raise ValueError(
        f"The table has {len(rows)} rows of {name_ids(ids[[code]])} {what.format(stamps.times[first])}: "
        f"{name_rows(df, rows)}.{others} A series takes one row a time: aggregate them with df.groupby, or drop all but one."
    )


def _check_grid(df, stamps, grid, ids, freq):
    """Raise if a row lies off the grid, or two on one step."""
    if grid.fits:
        _refuse_doubles(df, stamps, grid.steps, ids, f"on the step of freq={grid.freq!r} at {{}}")
        return
    off = stamps.order[grid.steps[stamps.order] < 0]
    row, code = off[0], stamps.codes[off[0]]
    start = stamps.first_rows[code]
    n_off = len(np.unique(stamps.codes[off]))
    grid_words = f"the smallest step found, {grid.freq!r}" if freq == "infer" else f"freq={freq!r}"
    if row == start:
        where = f"which is no time of {grid_words}"
    else:
        where = (
            f"which is no whole number of steps after its start at {stamps.times[start]} in {name_rows(df, [start])}, with "
            f"{grid_words}"
        )
    raise ValueError(
        f"The times of {n_off} of {len(ids)} series fit no regular grid. The first is {name_ids(ids[[code]])}: "
        f"{name_rows(df, [row])} has {stamps.times[row]}, {where}. Resample the table, pass its step as freq, or pass "
        "freq=None, which takes rows as steps, whatever the time between them."
    )


def _check_size(n_rows, lengths, grid):
    """Raise if hardly a step of the grid has a row."""
    n_steps = int(lengths.sum())
    if n_steps > _MANY_STEPS and n_rows < _LEAST_FILLED * n_steps:
        raise ValueError(
            f"With the step {grid.freq!r} the series have {n_steps} steps together, but only {n_rows} rows. Pass a longer "
            "freq, or freq=None, which takes rows as steps."
        )


def _grid_times(stamps, grid, lengths):
    """Return the times of each series; those that run alike share one Index."""
    if grid.freq is None:
        return [grid.build(*pair) for pair in zip(stamps.first_rows, lengths, strict=True)]
    built = {}
    for row, start, length in zip(
        stamps.first_rows, stamps.ticks[stamps.first_rows], lengths, strict=True
    ):
        if (start, length) not in built:
            built[start, length] = grid.build(row, length)
    return [built[key] for key in zip(stamps.ticks[stamps.first_rows], lengths, strict=True)]
