"""Where in the year, the week and the day each step lies: channels that are known in advance."""

from datetime import date

import numpy as np
import pandas as pd

from sklaug._series import fit_width, name_rows
from sklaug._validation import check_choice
from sklaug.preprocessing._containers import measure_series, read_series

# A feature is there where steps are closer than so many days. Months have up to 31 and quarters at
# least 90; years of 52 weeks have 364.
_CLOSER_THAN = {"year": 28, "quarter": 360, "month": 80, "week": 28, "day_of_week": 7, "hour": 1}
_DAY = np.timedelta64(1, "D")
# So many times tell a frequency; two may lie on both sides of a gap.
_FEWEST_TIMES = 3
_MOST_POSITIONS_NAMED = 5


def calendar_channels(times, features="auto"):
    """Tell where in the year, the week and the day each step lies, as sines and cosines.

    A feature is an angle, `2 * pi * value / period`, and makes two channels: its sine, then its cosine.

    ============= ====================================== ========================== =======================
    feature       value                                  period                     there for steps of
    ============= ====================================== ========================== =======================
    "year"        day of the year, 1 to 366              days of that year          weeks or less
    "quarter"     1 to 4                                 4                          less than a year
    "month"       1 to 12                                12                         months or less
    "week"        ISO week, 1 to 53                      weeks of that ISO year     weeks or less
    "day_of_week" 0 (Monday) to 6                        7                          days or less
    "hour"        hour with its fraction, 0 to below 24  24                         less than a day
    ============= ====================================== ========================== =======================

    Parameters
    ----------
    times : DatetimeIndex, PeriodIndex or list of these
        Time of each step. Periods count from their start. With a time zone, what the clocks there show
        counts. The order is free, gaps are too. A list has one index a series; a Series or an array of
        dates will do for an index, an array of two dimensions for a list.
    features : "auto", str or sequence of str, default="auto"
        Names of features. "auto" takes all that steps so far apart have: by `times.freq` where it is
        set, else by the median of the differences between neighbouring times, of all series together.

    Returns
    -------
    ndarray of shape (sz, c), or (n_ts, sz_max, c) for a list, float64
        Values from -1 to 1; NaN behind the end of shorter series.

    Raises
    ------
    TypeError
        If `times` holds no dates.
    ValueError
        If `times` is empty or lacks some times, if a feature is unknown, comes twice, or is one that
        steps so far apart do not have, or if "auto" finds none: steps of a year have none, and a
        single time without `freq` has no frequency. A feature given by name is refused where even
        the closest two of three or more times are too far apart for it.

    See Also
    --------
    calendar_channel_names : Names of these channels.
    add_calendar_channels : Puts them behind the channels of series.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklaug.preprocessing import calendar_channel_names, calendar_channels
    >>> times = pd.date_range("2024-01-31", periods=4, freq="MS")
    >>> calendar_channel_names(times)
    ('quarter_sin', 'quarter_cos', 'month_sin', 'month_cos')
    >>> calendar_channels(times, features="month").round(2)
    array([[ 0.87,  0.5 ],
           [ 1.  ,  0.  ],
           [ 0.87, -0.5 ],
           [ 0.5 , -0.87]])
    """
    walls, freqs, single = _read_times(times)
    flat = _turn(walls, _choose_features(walls, freqs, features))
    if single:
        return flat
    lengths = np.array([len(wall) for wall in walls])
    channels = np.full((len(walls), lengths.max(), flat.shape[1]), np.nan)
    channels[np.arange(lengths.max()) < lengths[:, None]] = flat
    return channels


def calendar_channel_names(times, features="auto"):
    """Name the channels that `calendar_channels` makes.

    Parameters
    ----------
    times : DatetimeIndex, PeriodIndex or list of these
        Time of each step.
    features : "auto", str or sequence of str, default="auto"
        Names of features.

    Returns
    -------
    tuple of str
        The name of each channel: a feature's, with "_sin" or "_cos" behind it.

    Raises
    ------
    TypeError, ValueError
        As `calendar_channels` does.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklaug.preprocessing import calendar_channel_names
    >>> calendar_channel_names(pd.date_range("2024", periods=9, freq="QS"))
    ('quarter_sin', 'quarter_cos')
    """
    walls, freqs, _ = _read_times(times)
    chosen = _choose_features(walls, freqs, features)
    return tuple(f"{feature}_{part}" for feature in chosen for part in ("sin", "cos"))


def add_calendar_channels(X, times, features="auto"):
    """Put calendar channels behind the channels of series.

    Parameters
    ----------
    X : array of shape (n_ts, sz) or (n_ts, sz, d), list of arrays (sz_i,) or (sz_i, d), or wide DataFrame
        Series; without an axis of channels they have one, number 0.
    times : DatetimeIndex, PeriodIndex or list of these
        Time of each step, as for `calendar_channels`: one index that all series begin with, or a list of
        one each, such as the `times` of `from_long`. An index has at least the steps up to the last value of
        its series, and at most those of the array that holds it, padding included.
    features : "auto", str or sequence of str, default="auto"
        Names of features, see `calendar_channels`.

    Returns
    -------
    X : ndarray of shape (n_ts, sz, d + c), or list of ndarray of shape (sz_i, d + c)
        New series, in the float dtype of `X`; a DataFrame becomes an array. The new channels go as far
        as the times go, also where a series has ended before: they are known. Behind that they are NaN.
    condition_channels : tuple of int
        Numbers of the new channels, as the estimators take them.

    Raises
    ------
    TypeError, ValueError
        As `calendar_channels` does, for series that are none, and for times that do not fit them.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklaug.preprocessing import add_calendar_channels
    >>> X = np.random.default_rng(0).normal(size=(20, 24))
    >>> times = pd.date_range("2024-03-01", periods=24, freq="h", tz="Europe/Vienna")
    >>> X_known, channels = add_calendar_channels(X, times, features=["hour"])
    >>> X_known.shape, channels
    ((20, 24, 3), (1, 2))

    The estimators then take `condition_channels=channels`: they learn channel 0 and use the others.
    """
    values, container = read_series(X, "add_calendar_channels")
    new = calendar_channels(times, features).astype(values.dtype)
    n_ts, width, d = values.shape
    if new.ndim == 2:
        steps = np.full(n_ts, len(new))
        room = np.full(n_ts, width)
        new = np.broadcast_to(new, (n_ts, *new.shape))
    else:
        # No value is missing before the end, so a channel's end is the index's.
        steps = np.isfinite(new[:, :, 0]).sum(axis=1)
        room = np.broadcast_to(container.widths, n_ts) if len(new) == n_ts else None
    _check_fit(steps, measure_series(values, container), room, n_ts)
    joined = np.concatenate([values, fit_width(new, width)], axis=2)
    if container.kind == "list":
        joined = [row[:sz].copy() for row, sz in zip(joined, container.widths, strict=True)]
    return joined, tuple(range(d, joined[0].shape[1]))


def _check_fit(steps, lengths, room, n_ts):
    """Raise unless there is one index a series, with enough steps (n_ts,) and not more than it has room for."""
    if len(steps) != n_ts:
        raise ValueError(
            f"times is a list of {len(steps)}, but X holds {n_ts} series. Give one index for each, or one for all."
        )
    short = np.flatnonzero(steps < lengths)
    if len(short):
        row = short[0]
        raise ValueError(
            f"times ends before the series in {name_rows(short, n_ts)}: it has {steps[row]} steps for row {row}, which has "
            f"{lengths[row]}. Give a time for each step."
        )
    long = np.flatnonzero(steps > room)
    if len(long):
        row = long[0]
        raise ValueError(
            f"times goes on behind X in {name_rows(long, n_ts)}: it has {steps[row]} steps for row {row}, where X has room "
            f"for {room[row]}. Cut times, or pad X with NaN where only the calendar is known."
        )


# -------------------------------------------------------------------------------------------
# Times
# -------------------------------------------------------------------------------------------


def _read_times(times):
    """Return what the clocks show, a DatetimeIndex without zone a series, their freq or None, and if it is one."""
    single = not _is_list_of_times(times)
    rows = {"times": times} if single else {f"times[{i}]": row for i, row in enumerate(times)}
    indexes = [_read_index(index, name) for name, index in rows.items()]
    freqs = [index.freq for index in indexes]
    walls = [
        index.to_timestamp() if isinstance(index, pd.PeriodIndex) else index.tz_localize(None)
        for index in indexes
    ]
    return walls, freqs, single


def _is_list_of_times(times):
    """Tell indexes in a list, or in the rows of an array, from one index, which a list of dates is too."""
    if isinstance(times, list | tuple):
        return len(times) > 0 and any(getattr(row, "ndim", 0) for row in times)
    return isinstance(times, np.ndarray) and times.ndim == 2 and len(times) > 0


def _read_index(index, name):
    if not isinstance(index, pd.Index):
        try:
            index = pd.Index(index)
        except (TypeError, ValueError) as error:
            raise TypeError(
                f"{name} is of type {type(index).__name__}. Pass a DatetimeIndex or a PeriodIndex."
            ) from error
    if not len(index):
        raise ValueError(f"{name} is empty. Pass the time of each step.")
    if not isinstance(index, pd.DatetimeIndex | pd.PeriodIndex):
        raise TypeError(
            f"{name} holds no dates, but {index.dtype}, such as {index[:1].tolist()[0]!r} at position 0. Pass a "
            "DatetimeIndex, which pd.to_datetime makes, or a PeriodIndex."
        )
    missing = np.flatnonzero(index.isna())
    if len(missing):
        named = ", ".join(map(str, missing[:_MOST_POSITIONS_NAMED]))
        more = ", ..." if len(missing) > _MOST_POSITIONS_NAMED else ""
        raise ValueError(
            f"{name} lacks {len(missing)} of {len(index)} times (NaT at position{'s' if len(missing) > 1 else ''} "
            f"{named}{more}). A series may have gaps, its times may not."
        )
    return index


def _differences(walls, freqs):
    """Return the days between neighbouring times, of all series one after the other."""
    # A few steps of a given frequency tell more than a short index, which may be a weekend.
    given = {
        freq: pd.date_range("2001-01-01", periods=5, freq=freq) for freq in set(freqs) - {None}
    }
    indexes = [given.get(freq, wall) for wall, freq in zip(walls, freqs, strict=True)]
    return np.concatenate([np.diff(np.unique(index)) / _DAY for index in indexes])


# -------------------------------------------------------------------------------------------
# Features
# -------------------------------------------------------------------------------------------


def _choose_features(walls, freqs, features):
    """Return the names of the features as a tuple; raise if the times do not have them."""
    days = _differences(walls, freqs)
    if isinstance(features, str) and features == "auto":
        return _find_features(days)
    names = (features,) if isinstance(features, str) else tuple(features)
    for name in names:
        check_choice("feature", name, _CLOSER_THAN)
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f"features={features!r}, but it takes different names, at least one, or 'auto'. Known: {', '.join(_CLOSER_THAN)}."
        )
    if len(days) < _FEWEST_TIMES - 1:
        return names
    there = _features_of(days.min())
    for name in names:
        if name not in there:
            others = ", ".join(there) or "none"
            raise ValueError(
                f"times are {days.min():g} days apart or more, and have no {name!r}. Leave it out of features; they have: "
                f"{others}."
            )
    return names


def _find_features(days):
    if not len(days):
        raise ValueError(
            "features='auto' needs the frequency of times, but there is a single time and no freq. Name the features, "
            "such as ('month', 'day_of_week')."
        )
    there = _features_of(np.median(days))
    if not there:
        raise ValueError(
            f"times are {np.median(days):g} days apart, and have no calendar features: those of {', '.join(_CLOSER_THAN)} need "
            "steps of less than a year."
        )
    return there


def _features_of(days):
    return tuple(name for name, limit in _CLOSER_THAN.items() if days < limit)


def _turn(walls, features):
    """Return sines and cosines for all times one after the other: (n_times, 2 * n_features)."""
    wall = pd.DatetimeIndex(np.concatenate([wall.to_numpy() for wall in walls]))
    channels = np.empty((len(wall), 2 * len(features)))
    for place, feature in enumerate(features):
        # The full turn is 0, so that its sine is 0 to the last bit.
        angle = 2 * np.pi * (_PHASES[feature](wall) % 1)
        channels[:, 2 * place] = np.sin(angle)
        channels[:, 2 * place + 1] = np.cos(angle)
    return channels


def _phase_of_year(wall):
    return wall.day_of_year.to_numpy() / np.where(wall.is_leap_year, 366, 365)


def _phase_of_quarter(wall):
    return wall.quarter.to_numpy() / 4


def _phase_of_month(wall):
    return wall.month.to_numpy() / 12


def _phase_of_week(wall):
    calendar = wall.isocalendar()
    years, place = np.unique(calendar["year"].to_numpy(dtype=np.int64), return_inverse=True)
    # The 28th of December is always in the last week.
    n_weeks = np.array([date(year, 12, 28).isocalendar().week for year in years])
    return calendar["week"].to_numpy(dtype=np.int64) / n_weeks[place]


def _phase_of_day_of_week(wall):
    return wall.day_of_week.to_numpy() / 7


def _phase_of_hour(wall):
    return ((wall - wall.normalize()) / pd.Timedelta(days=1)).to_numpy()


# From dates without zone to turns; whole ones count as 0.
_PHASES = {
    "year": _phase_of_year,
    "quarter": _phase_of_quarter,
    "month": _phase_of_month,
    "week": _phase_of_week,
    "day_of_week": _phase_of_day_of_week,
    "hour": _phase_of_hour,
}
