import datetime
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.preprocessing import FunctionTransformer

from sklaug.preprocessing import (
    add_calendar_channels,
    calendar_channel_names,
    calendar_channels,
    from_long,
)

ALL = ["year", "quarter", "month", "week", "day_of_week", "hour"]
quickly = settings(derandomize=True, deadline=None, max_examples=40)
moments = st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2200, 1, 1))


def names_of(times, features="auto"):
    """Names of the features, once each."""
    names = calendar_channel_names(times, features)
    assert all(name.endswith(("_sin", "_cos")[place % 2]) for place, name in enumerate(names))
    assert [name[:-4] for name in names[::2]] == [name[:-4] for name in names[1::2]]
    return [name[:-4] for name in names[::2]]


def phases(moment):
    """Turns of each feature, from Python's own calendar."""
    day, days_in_year = moment.timetuple().tm_yday, datetime.date(moment.year, 12, 31)
    iso_year, week, weekday = moment.isocalendar()
    since_midnight = moment - datetime.datetime.combine(moment.date(), datetime.time())
    return [
        day / days_in_year.timetuple().tm_yday,
        ((moment.month + 2) // 3) / 4,
        moment.month / 12,
        week / datetime.date(iso_year, 12, 28).isocalendar()[1],
        (weekday - 1) / 7,
        since_midnight / datetime.timedelta(days=1),
    ]


# -------------------------------------------------------------------------------------------
# Values
# -------------------------------------------------------------------------------------------


@quickly
@given(st.lists(moments, min_size=1, max_size=2))
def test_the_channels_are_those_of_pythons_calendar(times):
    angles = 2 * np.pi * np.array([phases(moment) for moment in times])

    channels = calendar_channels(pd.DatetimeIndex(times), ALL)

    assert channels.dtype == np.float64
    assert_allclose(channels[:, ::2], np.sin(angles), atol=1e-9)
    assert_allclose(channels[:, 1::2], np.cos(angles), atol=1e-9)


@quickly
@given(moments, st.sampled_from(["15min", "h", "D", "W", "MS", "QE"]), st.integers(2, 40))
def test_each_pair_lies_on_the_unit_circle(start, freq, periods):
    channels = calendar_channels(pd.date_range(start, periods=periods, freq=freq))

    assert_allclose(channels[:, ::2] ** 2 + channels[:, 1::2] ** 2, 1, atol=1e-12)


@quickly
@given(moments, st.integers(1, 30))
def test_a_year_later_month_and_quarter_are_the_same(start, periods):
    times = pd.date_range(start, periods=periods, freq="MS")

    assert_array_equal(
        calendar_channels(times, ["quarter", "month"]),
        calendar_channels(times + pd.DateOffset(years=1), ["quarter", "month"]),
    )


def test_a_known_date_has_known_channels():
    times = pd.DatetimeIndex(["2024-06-30 06:00"])  # a Sunday, in the second quarter of a leap year

    channels = calendar_channels(times, ["hour", "quarter", "month", "day_of_week", "year"])

    year, sunday = 2 * np.pi * 182 / 366, 2 * np.pi * 6 / 7
    expected = [1, 0, 0, -1, 0, -1, np.sin(sunday), np.cos(sunday), np.sin(year), np.cos(year)]
    assert_allclose(channels, [expected], atol=1e-12)


@pytest.mark.parametrize("last_day, next_day", [("2020-12-31", "2021-01-04"), ("2021-12-31", "2022-01-03")])  # fmt: skip
def test_the_last_week_closes_the_circle_in_years_of_52_and_of_53_weeks(last_day, next_day):
    last, following = calendar_channels(pd.DatetimeIndex([last_day, next_day]), "week")

    assert_array_equal(last, [0, 1])
    assert_allclose(following[0], np.sin(2 * np.pi / 52), atol=1e-12)


def test_the_last_day_closes_the_circle_in_leap_years_too():
    channels = calendar_channels(pd.DatetimeIndex(["2023-12-31", "2024-12-31"]), "year")

    assert_array_equal(channels, [[0, 1], [0, 1]])


def test_with_a_time_zone_the_clocks_there_count():
    utc = pd.date_range("2024-03-30 20:00", periods=12, freq="h", tz="UTC")
    vienna = utc.tz_convert("Europe/Vienna")  # the clocks go forward after the fifth step

    shown = pd.DatetimeIndex([time.replace(tzinfo=None) for time in vienna])

    assert_array_equal(calendar_channels(vienna, ALL), calendar_channels(shown, ALL))
    assert names_of(vienna) == ALL
    assert not np.array_equal(calendar_channels(vienna), calendar_channels(utc))


def test_days_of_a_time_zone_are_days_when_the_clocks_change():
    times = pd.DatetimeIndex(pd.date_range("2024-03-30", periods=3, tz="Europe/Vienna"), freq=None)

    assert names_of(times) == ALL[:-1]


@pytest.mark.parametrize("freq, periods", [("h", 50), ("D", 50), ("W", 60), ("M", 20), ("Q", 9)])
def test_periods_count_from_their_start(freq, periods):
    times = pd.period_range("2023-11-06", periods=periods, freq=freq)

    assert_array_equal(calendar_channels(times), calendar_channels(times.to_timestamp(how="start")))


@pytest.mark.parametrize("kind", [pd.Series, np.array, list])
def test_dates_may_come_in_other_containers(kind):
    times = pd.date_range("2024", periods=10)

    assert_array_equal(calendar_channels(kind(times)), calendar_channels(times))


def test_the_unit_of_the_times_does_not_matter():
    times = pd.date_range("2024-02-01 10:30", periods=30, freq="17min")

    for unit in ("s", "ms", "us", "ns"):
        assert_array_equal(calendar_channels(times.as_unit(unit)), calendar_channels(times))


# -------------------------------------------------------------------------------------------
# Several series
# -------------------------------------------------------------------------------------------


def test_a_list_of_indexes_is_padded_with_nan():
    times = [
        pd.date_range("2024-01-01", periods=3, tz="UTC"),
        pd.date_range("2023-05-05", periods=5),
        pd.period_range("2022-05-05", periods=1, freq="D"),
    ]

    channels = calendar_channels(times, ["month", "day_of_week"])

    assert channels.shape == (3, 5, 4)
    for row, index in enumerate(times):
        assert_array_equal(
            channels[row, : len(index)], calendar_channels(index, ["month", "day_of_week"])
        )
        assert np.isnan(channels[row, len(index) :]).all()


def test_an_array_of_dates_has_a_series_a_row():
    times = pd.date_range("2024", periods=12).to_numpy().reshape(3, 4)

    assert_array_equal(calendar_channels(times), calendar_channels(list(times)))


def test_the_frequency_of_a_list_is_that_of_all_its_series():
    monthly = [pd.date_range("2020-01", periods=n, freq="MS") for n in (9, 1, 4)]

    assert names_of(monthly) == ["quarter", "month"]
    assert names_of([pd.DatetimeIndex(index, freq=None) for index in monthly]) == [
        "quarter",
        "month",
    ]


# -------------------------------------------------------------------------------------------
# Features by frequency
# -------------------------------------------------------------------------------------------

FREQUENCIES = [
    *[(freq, ALL) for freq in ("ms", "15min", "h", "bh", "12h")],
    *[(freq, ALL[:-1]) for freq in ("D", "B", "24h", "2D")],
    *[(freq, ALL[:4]) for freq in ("W", "W-WED", "2W", "7D", "SMS")],
    *[(freq, ["quarter", "month"]) for freq in ("MS", "BMS", "2MS")],
    *[(freq, ["quarter"]) for freq in ("QS", "QS-FEB", "BQS", "6MS")],
]


@pytest.mark.parametrize("freq, expected", FREQUENCIES)
def test_auto_takes_the_features_that_the_frequency_has(freq, expected):
    times = pd.date_range("2024-01-04", periods=12, freq=freq)

    assert names_of(times) == expected
    assert names_of(pd.DatetimeIndex(times, freq=None)) == expected
    assert names_of(times[:1]) == expected  # its freq stays
    assert names_of(times[::-1]) == expected


def test_gaps_and_repeated_times_leave_the_features_as_they_are():
    times = pd.date_range("2024", periods=40)[[0, 1, 1, 2, 3, 9, 10, 11, 30, 31]]

    assert names_of(times) == ALL[:-1]


@pytest.mark.parametrize(
    "freq, feature, days, there",
    [
        ("D", "hour", "1", "year, quarter, month, week, day_of_week"),
        ("W", "day_of_week", "7", "year, quarter, month, week"),
        ("MS", "week", "28", "quarter, month"),
        ("QS", "month", "90", "quarter"),
        ("YS", "quarter", "365", "none"),
    ],
)
def test_a_feature_that_the_frequency_lacks_is_refused(freq, feature, days, there):
    times = pd.DatetimeIndex(pd.date_range("2023", periods=6, freq=freq), freq=None)

    message = (
        f"times are {days} days apart or more, and have no '{feature}'. Leave it out of .*: {there}"
    )
    with pytest.raises(ValueError, match=message):
        calendar_channels(times, [feature])


@pytest.mark.parametrize("freq", ["YS", "YE", "2YS", "12MS"])
def test_years_have_no_calendar_features(freq):
    times = pd.date_range("2001", periods=5, freq=freq)

    days = r"730(\.5)?" if freq == "2YS" else "365"
    with pytest.raises(ValueError, match=f"times are {days} days apart, and have no calendar feat"):
        calendar_channels(times)


def test_a_single_time_needs_its_features_named():
    times = pd.DatetimeIndex(["2024-06-30 18:00"])

    with pytest.raises(ValueError, match=r"'auto' needs the frequency .* single time and no freq"):
        calendar_channels(times)
    assert_allclose(calendar_channels(times, "hour"), [[-1, 0]], atol=1e-12)


def test_two_times_with_a_gap_between_have_the_features_named():
    times = pd.DatetimeIndex(["2024-01-01", "2024-03-20"])

    assert calendar_channels(times, ["day_of_week"]).shape == (2, 2)


# -------------------------------------------------------------------------------------------
# Errors
# -------------------------------------------------------------------------------------------


def test_unknown_repeated_and_no_features_are_refused():
    times = pd.date_range("2024", periods=5)

    with pytest.raises(ValueError, match=r"Unknown feature 'minute'. Known: year, quarter"):
        calendar_channels(times, ["year", "minute"])
    with pytest.raises(ValueError, match=r"features=\['year', 'year'\], but it takes different"):
        calendar_channels(times, ["year", "year"])
    with pytest.raises(ValueError, match=r"features=\[\], but it takes different names, at least"):
        calendar_channels(times, [])


def test_missing_times_are_refused_with_their_positions():
    times = pd.Series(pd.date_range("2024", periods=9))
    times[[2, 7]] = pd.NaT

    with pytest.raises(ValueError, match=r"times lacks 2 of 9 times \(NaT at positions 2, 7\)"):
        calendar_channels(times)
    with pytest.raises(ValueError, match=r"times\[1\] lacks 1 of 3 times \(NaT at position 2\)"):
        calendar_channels([times[:2], times[:3]])
    with pytest.raises(
        ValueError, match=r"9 of 9 times \(NaT at positions 0, 1, 2, 3, 4, \.\.\.\)"
    ):
        calendar_channels(pd.DatetimeIndex([pd.NaT] * 9))


@pytest.mark.parametrize("empty", [[], pd.DatetimeIndex([])])
def test_no_times_are_refused(empty):
    with pytest.raises(ValueError, match=r"times is empty. Pass the time of each step"):
        calendar_channels(empty)


def test_an_empty_index_in_a_list_is_refused_with_its_row():
    with pytest.raises(ValueError, match=r"times\[1\] is empty"):
        calendar_channels([pd.date_range("2024", periods=3), pd.DatetimeIndex([])])


def test_what_is_no_date_is_refused():
    with pytest.raises(TypeError, match="times holds no dates, but int64, such as 3 at position 0"):
        calendar_channels(np.arange(3, 9))
    with pytest.raises(TypeError, match=r"times holds no dates, .* such as '2024-01-01' at posit"):
        calendar_channels(["2024-01-01", "2024-01-02"])
    with pytest.raises(TypeError, match=r"times is of type int. Pass a DatetimeIndex"):
        calendar_channels(5)
    with pytest.raises(TypeError, match=r"times\[1\] is of type NoneType. Pass a DatetimeIndex"):
        calendar_channels([pd.date_range("2024", periods=3), None])


# -------------------------------------------------------------------------------------------
# Behind the channels of series
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(4, 7), (4, 7, 3)])
def test_the_channels_stand_behind_those_of_the_series(shape, dtype):
    X = np.random.default_rng(0).normal(size=shape).astype(dtype)
    before = X.copy()
    times = pd.date_range("2024", periods=7, freq="MS")

    joined, channels = add_calendar_channels(X, times)

    d = 1 if len(shape) == 2 else 3
    assert channels == tuple(range(d, d + 4))
    assert joined.dtype == dtype
    assert_array_equal(joined[:, :, :d], X.reshape(4, 7, d))
    for row in joined:
        assert_array_equal(row[:, list(channels)], calendar_channels(times).astype(dtype))
    assert_array_equal(X, before)


def test_a_wide_dataframe_becomes_an_array():
    X = pd.DataFrame(np.arange(6.0).reshape(2, 3), columns=list("abc"))

    joined, channels = add_calendar_channels(X, pd.date_range("2024", periods=3), "month")

    assert isinstance(joined, np.ndarray) and joined.shape == (2, 3, 3) and channels == (1, 2)


def test_a_common_index_goes_on_where_a_series_has_ended():
    X = np.ones((3, 6))
    X[1, 4:] = np.nan
    times = pd.date_range("2024", periods=6)

    joined, channels = add_calendar_channels(X, times, "day_of_week")

    assert_array_equal(joined[:, :, 0], X)
    for row in joined:
        assert_array_equal(row[:, list(channels)], calendar_channels(times, "day_of_week"))


def test_the_times_of_each_series_reach_as_far_as_they_are_given():
    X = np.ones((3, 6, 2))
    X[0, 3:], X[1, 4:], X[2, 2] = np.nan, np.nan, np.nan
    times = [pd.date_range(f"202{row}-05-01", periods=n) for row, n in enumerate((3, 5, 6))]

    joined, channels = add_calendar_channels(X, times, ["month", "year"])

    assert_array_equal(joined[:, :, :2], X)
    for row, index in zip(joined, times, strict=True):
        new = row[:, list(channels)]
        assert_array_equal(new[: len(index)], calendar_channels(index, ["month", "year"]))
        assert np.isnan(new[len(index) :]).all()


def test_a_common_index_shorter_than_the_padding_leaves_nan_behind_it():
    X = np.ones((2, 6))
    X[:, 4:] = np.nan

    joined, _ = add_calendar_channels(X, pd.date_range("2024", periods=5), "month")

    assert_array_equal(np.isnan(joined[:, :, 1]), [[False] * 5 + [True]] * 2)


@pytest.mark.parametrize("d", [None, 2])
def test_a_list_stays_a_list(d):
    X = [np.full((n,) if d is None else (n, d), 1.5) for n in (4, 2, 3)]
    common = pd.date_range("2024", periods=4)

    for times in (common, [common[:4], common[:2], common[:3]]):
        joined, channels = add_calendar_channels(X, times, "year")

        assert isinstance(joined, list) and channels == ((1, 2) if d is None else (2, 3))
        for row, given_row in zip(joined, X, strict=True):
            assert row.base is None
            assert_array_equal(row[:, : -len(channels)], given_row.reshape(len(given_row), -1))
            assert_array_equal(
                row[:, list(channels)], calendar_channels(common, "year")[: len(given_row)]
            )


def test_the_series_of_a_long_table_come_with_their_times():
    table = pd.DataFrame(
        {
            "unique_id": ["a"] * 5 + ["b"] * 3,
            "ds": [
                *pd.date_range("2024-01-01", periods=5),
                *pd.date_range("2024-07-01", periods=3),
            ],
            "y": np.arange(8.0),
        }
    )
    long = from_long(table)

    joined, channels = add_calendar_channels(long.X, long.times)

    assert joined.shape == (2, 5, 11) and channels == tuple(range(1, 11))
    assert_array_equal(np.isnan(joined[1, :, 1:]).all(axis=1), [False] * 3 + [True] * 2)


def test_times_that_end_before_a_series_are_refused_with_the_rows():
    X = np.ones((4, 6))
    X[2, 3:] = np.nan
    times = pd.date_range("2024", periods=5)

    message = r"ends before the series in 3 of 4 series \(rows 0, 1, 3\): it has 5 steps for row 0, which has 6"
    with pytest.raises(ValueError, match=message):
        add_calendar_channels(X, times)
    message = (
        r"ends before the series in 1 of 2 series \(row 1\): it has 2 steps for row 1, which has 3"
    )
    with pytest.raises(ValueError, match=message):
        add_calendar_channels([np.ones(5), np.ones(3)], [times, times[:2]])


def test_times_that_go_on_behind_the_array_are_refused_with_the_rows():
    times = pd.date_range("2024", periods=8)

    message = r"goes on behind X in 2 of 2 series \(rows 0, 1\): it has 8 .* room for 6. Cut times, or pad"
    with pytest.raises(ValueError, match=message):
        add_calendar_channels(np.ones((2, 6)), times)
    message = r"goes on behind X in 1 of 2 series \(row 1\): it has 4 steps for row 1, where X has room for 3"
    with pytest.raises(ValueError, match=message):
        add_calendar_channels([np.ones(8), np.ones(3)], [times, times[:4]])


@pytest.mark.parametrize("n", [1, 4])
def test_another_number_of_indexes_than_series_is_refused(n):
    times = [pd.date_range("2024", periods=6)] * n

    with pytest.raises(ValueError, match=f"times is a list of {n}, but X holds 2 series"):
        add_calendar_channels(np.ones((2, 6)), times)


def test_the_functions_can_be_pickled_inside_a_transformer():
    step = FunctionTransformer(calendar_channels, kw_args={"features": ["month"]})
    times = pd.date_range("2024", periods=4)

    assert_array_equal(
        pickle.loads(pickle.dumps(step)).fit_transform(times), calendar_channels(times, "month")
    )
