"""Times of a long table, put on a regular grid: which step of its series each row is."""

from dataclasses import dataclass
from functools import cached_property
from numbers import Real

import numpy as np
import pandas as pd
from pandas.tseries.frequencies import to_offset

_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_DAY = 86_400 * 10**9
# Times that are fractions carry rounding errors; so far, in steps, they may lie beside the grid.
_TOLERANCE = 1e-3


@dataclass
class Stamps:
    """Times of rows, and the series these belong to.

    Attributes
    ----------
    times : Index of length n_rows
        DatetimeIndex with or without time zone, PeriodIndex, TimedeltaIndex, or numbers; none missing.
    codes : ndarray of int, shape (n_rows,)
        Number of each row's series, from 0.
    """

    times: pd.Index
    codes: np.ndarray

    @cached_property
    def ticks(self):
        """Times as numbers: of ticks of the clock where they are dates."""
        return _ticks(self.times)

    @cached_property
    def order(self):
        """Rows, series by series and by time within each."""
        return np.lexsort((self.ticks, self.codes))

    @cached_property
    def first_places(self):
        """Where in `order` each series begins."""
        return np.flatnonzero(np.diff(self.codes[self.order], prepend=-1))

    @cached_property
    def first_rows(self):
        """Row of the first time of each series."""
        return self.order[self.first_places]

    def differences(self, ticks):
        """Differences of consecutive times of the same series, given the numbers for all rows."""
        steps = np.diff(ticks[self.order])
        return np.delete(steps, self.first_places[1:] - 1)

    @property
    def zone(self):
        """Time zone, or None."""
        return getattr(self.times, "tz", None)

    @property
    def unit(self):
        """Nanoseconds of a tick where times are dates or durations, else None."""
        return _NANOSECONDS.get(getattr(self.times, "unit", None))

    @cached_property
    def wall(self):
        """Dates without time zone, as the clocks there show them."""
        return self.times.tz_localize(None) if self.zone is not None else self.times


@dataclass
class Grid:
    """Rows on a regular grid.

    Attributes
    ----------
    steps : ndarray of int64, shape (n_rows,)
        Step of each row, 0 for the first of its series; -1 for rows that lie off the grid.
    freq : str, number, DateOffset or None
        The step of the grid as `from_long` takes it; None where rows are steps.
    build : callable
        Returns the times of one series, given its first row and its length.
    """

    steps: np.ndarray
    freq: object
    build: object

    @property
    def fits(self):
        """Whether all rows lie on the grid."""
        return bool((self.steps >= 0).all())


def place_on_grid(stamps, freq):
    """Find the step of each row.

    Parameters
    ----------
    stamps : Stamps
        Times, none twice in a series.
    freq : "infer", None, str, number, timedelta or DateOffset
        The step of the grid: found, rows as they come, or given.

    Returns
    -------
    Grid
        With -1 among its steps where no grid fits.
    """
    inferred = isinstance(freq, str) and freq == "infer"
    single = len(stamps.codes) == len(stamps.first_rows)
    if freq is None or (inferred and single):
        return _grid_of_rows(stamps)
    grids = _likely_grids(stamps) if inferred else _given_grids(stamps, freq)
    # The first that fits; else the first, for the message.
    first = None
    for grid in grids:
        if grid.fits:
            return grid
        first = first or grid
    return first


def _likely_grids(stamps):
    """Yield grids whose step may be that of the times, more likely ones first."""
    absolute = _fixed_grid(stamps, stamps.ticks, _smallest(stamps.differences(stamps.ticks)))
    if not isinstance(stamps.times, pd.DatetimeIndex):
        yield absolute
        return
    yield from _month_grids(stamps)
    wall = _ticks(stamps.wall)
    steps = stamps.differences(wall)
    step = steps.min().item()
    if (steps * stamps.unit % _DAY).any() or not step:
        yield absolute
        if stamps.zone is not None and step > 0:
            yield _fixed_grid(stamps, wall, step, wall=True)
        return
    a_week_or_more = np.ptp(wall) * stamps.unit >= 7 * _DAY
    if step * stamps.unit == _DAY and a_week_or_more and (stamps.wall.day_of_week < 5).all():
        yield _calendar_grid(stamps, pd.tseries.offsets.BusinessDay())
    yield _fixed_grid(stamps, wall, step, wall=True)


def _smallest(differences):
    """Return the smallest difference, of fractions without the last digits, which are rounding's."""
    smallest = differences.min().item()
    return float(f"{smallest:.12g}") if isinstance(smallest, float) else smallest


def _month_grids(stamps):
    """Yield grids of whole months, for times at most once a month and always at the same hour."""
    wall = stamps.wall
    months = np.asarray(wall.year * 12 + wall.month)
    step = int(stamps.differences(months).min())
    if step < 1 or stamps.differences(_ticks(wall - wall.normalize())).any():
        return
    kinds = pd.tseries.offsets
    starts = wall[stamps.first_rows].unique()
    for offset in (kinds.MonthBegin(step), kinds.MonthEnd(step)):
        if all(map(offset.is_on_offset, starts)):
            yield _calendar_grid(stamps, offset)
    if starts.day.max() <= 28:
        yield _calendar_grid(stamps, pd.DateOffset(months=step))
    for offset in (kinds.BusinessMonthBegin(step), kinds.BusinessMonthEnd(step)):
        if all(map(offset.is_on_offset, starts)):
            yield _calendar_grid(stamps, offset)


def _given_grids(stamps, freq):
    """Yield the grids that a user may mean by `freq`."""
    if stamps.unit is None:
        yield _fixed_grid(stamps, stamps.ticks, _check_step(stamps.times, freq))
        return
    offset = _check_offset(stamps.times, freq)
    step = _fixed_step(offset)
    if step is None:
        yield _calendar_grid(stamps, offset)
        return
    if step % stamps.unit:
        raise ValueError(
            f"freq={freq!r} is finer than the times, which are in units of {stamps.times.unit!r}. Convert them first: "
            "df[time].dt.as_unit('ns')."
        )
    step //= stamps.unit
    absolute = _fixed_grid(stamps, stamps.ticks, step)
    if stamps.zone is None:
        yield absolute
        return
    # Days are as long as the calendar has them, hours as long as they are; but who knows.
    local = _fixed_grid(stamps, _ticks(stamps.wall), step, wall=True)
    yield from (local, absolute) if step * stamps.unit % _DAY == 0 else (absolute, local)


def _check_step(times, freq):
    """Return the step of times that are numbers or periods."""
    whole = isinstance(times, pd.PeriodIndex) or times.dtype.kind != "f"
    number = isinstance(freq, Real) and not isinstance(freq, bool)
    if not number or not 0 < freq < np.inf or (whole and freq % 1):
        what = "periods" if isinstance(times, pd.PeriodIndex) else "numbers"
        words = "a whole number" if whole else "a number"
        raise ValueError(
            f"freq={freq!r}, but the times are {what} (dtype {times.dtype}): their step is {words} above 0, 'infer' or None."
        )
    return int(freq) if whole else float(freq)


def _check_offset(times, freq):
    try:
        offset = to_offset(freq)
    except (TypeError, ValueError):
        offset = None
    if offset is None or offset.n < 1:
        raise ValueError(
            f"freq={freq!r} is no step of time. Pass an offset of pandas such as 'h', 'D', 'W-MON' or 'MS', 'infer' or None."
        )
    if isinstance(times, pd.TimedeltaIndex) and _fixed_step(offset) is None:
        raise ValueError(
            f"freq={freq!r} is a step of the calendar, but the times are durations. Pass a fixed step such as 'h' or 'D'."
        )
    return offset


def _fixed_step(offset):
    """Return the nanoseconds of an offset, or None if these depend on the date."""
    if isinstance(offset, pd.tseries.offsets.Day):
        return offset.n * _DAY
    if isinstance(offset, pd.tseries.offsets.Tick):
        return pd.Timedelta(offset).as_unit("ns").value
    return None


# -------------------------------------------------------------------------------------------
# Grids
# -------------------------------------------------------------------------------------------


def _grid_of_rows(stamps):
    """Take rows as steps, in the order of their times."""
    n_rows = len(stamps.codes)
    places = np.arange(n_rows)
    steps = np.empty(n_rows, dtype=np.int64)
    steps[stamps.order] = places - stamps.first_places[stamps.codes[stamps.order]]
    place_of = dict(zip(stamps.first_rows, stamps.first_places, strict=True))

    def build(first_row, length):
        place = place_of[first_row]
        return stamps.times[stamps.order[place : place + length]]

    return Grid(steps, None, build)


def _fixed_grid(stamps, ticks, step, *, wall=False):
    """Count steps of always the same length, each series from its first time."""
    passed = ticks - ticks[stamps.first_rows][stamps.codes]
    if passed.dtype.kind == "f":
        places = passed / step
        steps = np.rint(places)
        on_grid = np.abs(places - steps) <= _TOLERANCE
    else:
        steps, rest = np.divmod(passed, step)
        on_grid = (rest == 0) & (passed >= 0)

    def build(first_row, length):
        return _restore(stamps, ticks[first_row] + step * np.arange(length), wall=wall)

    freq = step if stamps.unit is None else _name_step(step * stamps.unit)
    return Grid(np.where(on_grid, steps, -1).astype(np.int64), freq, build)


def _calendar_grid(stamps, offset):
    """Count steps of a calendar, each series from its first time."""
    steps = np.full(len(stamps.codes), -1, dtype=np.int64)
    starts = stamps.wall[stamps.first_rows]
    start_codes, unique_starts = pd.factorize(starts)
    start_codes = start_codes[stamps.codes]
    for code, start in enumerate(unique_starts):
        rows = np.flatnonzero(start_codes == code)
        times = stamps.wall[rows]
        steps[rows] = pd.date_range(start, times.max(), freq=offset).get_indexer(times)

    def build(first_row, length):
        times = pd.date_range(stamps.wall[first_row], periods=length, freq=offset)
        return _localize(times.as_unit(stamps.times.unit), stamps)

    freq = offset if type(offset) is pd.DateOffset else offset.freqstr
    return Grid(steps, freq, build)


def _name_step(nanoseconds):
    """Word a fixed step as pandas does: "D", "15min"."""
    if nanoseconds % _DAY == 0:
        return pd.tseries.offsets.Day(nanoseconds // _DAY).freqstr
    return to_offset(pd.Timedelta(nanoseconds, unit="ns")).freqstr


# -------------------------------------------------------------------------------------------
# Times as numbers
# -------------------------------------------------------------------------------------------


def _ticks(times):
    """Return times as integers, or as floats if they are fractions."""
    if hasattr(times, "asi8"):
        return times.asi8
    return times.to_numpy(dtype=np.float64 if times.dtype.kind == "f" else np.int64)


def _restore(stamps, ticks, *, wall):
    """Turn numbers back into times like those of `stamps`."""
    like = stamps.times
    if isinstance(like, pd.DatetimeIndex):
        times = pd.DatetimeIndex(ticks.view(f"datetime64[{like.unit}]"))
        return _localize(times, stamps) if wall else _set_zone(times, stamps)
    if isinstance(like, pd.TimedeltaIndex):
        return pd.TimedeltaIndex(ticks.view(f"timedelta64[{like.unit}]"), name=like.name)
    if isinstance(like, pd.PeriodIndex):
        return pd.PeriodIndex(pd.arrays.PeriodArray(ticks, dtype=like.dtype), name=like.name)
    return pd.Index(ticks, dtype=like.dtype, name=like.name)


def _set_zone(times, stamps):
    if stamps.zone is not None:
        times = times.tz_localize("UTC").tz_convert(stamps.zone)
    return times.rename(stamps.times.name)


def _localize(times, stamps):
    """Read times off the clocks of the time zone; where these jump, the next time that there is."""
    if stamps.zone is not None:
        ambiguous = np.ones(len(times), dtype=bool)
        times = times.tz_localize(stamps.zone, ambiguous=ambiguous, nonexistent="shift_forward")
    return times.rename(stamps.times.name)
