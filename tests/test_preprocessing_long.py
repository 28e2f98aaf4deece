import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal
from pandas.testing import assert_frame_equal, assert_index_equal
from pandas.tseries.frequencies import to_offset

from sklaug import LatentAugmenter
from sklaug.preprocessing import add_calendar_channels, from_long, make_windows

PROPERTY = settings(derandomize=True, deadline=None, max_examples=50)
BERLIN = "Europe/Berlin"
nan = np.nan
MONTH_END = pd.tseries.offsets.MonthEnd()  # whose name depends on the version of pandas


# -------------------------------------------------------------------------------------------
# Tables
# -------------------------------------------------------------------------------------------


def table(times, y=None, ids="a", **others):
    y = np.arange(len(times), dtype=float) if y is None else y
    return pd.DataFrame({"unique_id": ids, "ds": times, "y": y} | others)


# Step of the grid, and all of its times that the tables below choose from.
GRIDS = {
    "D": pd.date_range("2024-03-20", periods=40),
    "D in Berlin": pd.date_range("2024-03-20", periods=40, tz=BERLIN),
    "h in Berlin": pd.date_range("2024-10-26 12:00", periods=40, freq="h", tz=BERLIN),
    "15min": pd.date_range("2024-01-01", periods=40, freq="15min", tz="UTC"),
    "B": pd.date_range("2024-01-01", periods=40, freq="B"),
    "W-WED": pd.date_range("2024-01-01", periods=40, freq="W-WED"),
    "MS": pd.date_range("2020-01-01", periods=40, freq="MS", tz=BERLIN),
    "ME": pd.date_range("2020-01-01", periods=40, freq=MONTH_END),
    "QS": pd.date_range("2010-01-01 06:00", periods=40, freq="QS"),
    "2": pd.Index(np.arange(5, 85, 2)),
    "months": pd.period_range("2020-01", periods=40, freq="M"),
    "0.1": pd.Index(np.round(np.arange(40) / 10, 1)),
    "6h": pd.timedelta_range("0h", periods=40, freq="6h"),
}
GIVEN = {"ME": MONTH_END, "2": 2, "months": 1, "0.1": 0.1}

VALUES = {
    "float64": lambda rng, n: np.where(rng.random(n) < 0.2, nan, rng.normal(size=n)),
    "float32": lambda rng, n: rng.normal(size=n).astype(np.float32),
    "int64": lambda rng, n: rng.integers(-(2**62), 2**62, n),
    "uint8": lambda rng, n: rng.integers(0, 256, n).astype(np.uint8),
    "bool": lambda rng, n: rng.random(n) < 0.5,
    "Int64": lambda rng, n: pd.array(np.where(rng.random(n) < 0.2, None, 7), dtype="Int64"),
    "Float32": lambda rng, n: pd.array(
        np.where(rng.random(n) < 0.2, None, np.float32(0.1)), dtype="Float32"
    ),
    "boolean": lambda rng, n: pd.array(np.where(rng.random(n) < 0.2, None, True), dtype="boolean"),
}


@st.composite
def tables(draw):
    """A long table with gaps, in any order, its arguments for from_long, and where its rows belong."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    name = draw(st.sampled_from(list(GRIDS)))
    grid = GRIDS[name]
    ids = draw(
        st.sampled_from([["b", "a", "c"], [3, 1, 2], pd.Categorical(["b", "a"], ["z", "a", "b"])])
    )
    code, place = [], []
    for series in range(len(ids)):
        start, stop = sorted(rng.choice(40, 2, replace=False))
        inner = np.arange(start, stop + 1)
        # Two neighbours at least, from which the step shows.
        kept = (rng.random(len(inner)) < 0.7) | (inner <= start + 1) | (inner == stop)
        code += [series] * kept.sum()
        place += list(inner[kept])
    order = rng.permutation(len(code)) if draw(st.booleans()) else np.arange(len(code))
    code, place = np.array(code)[order], np.array(place)[order]
    n = len(code)
    kinds = draw(st.lists(st.sampled_from(list(VALUES)), min_size=1, max_size=3))
    columns = {f"v{number}": VALUES[kind](rng, n) for number, kind in enumerate(kinds)}
    values = list(columns)
    columns["id"] = pd.Series(ids).take(code).array
    columns["time"] = grid[place]
    columns["label"] = np.array(["x", "y", "z"])[code]
    columns["text"] = np.where(rng.random(n) < 0.5, "t", None)
    columns["day"] = pd.Timestamp("2024-01-01")
    columns["static"] = pd.Categorical(["s"] * n)
    df = pd.DataFrame({name: columns[name] for name in draw(st.permutations(list(columns)))})
    index = draw(st.sampled_from(["range", "labels", "doubles", "levels", "level"]))
    if index == "labels":
        df.index = pd.Index(rng.permutation(n), name="row")
    if index == "doubles":
        df.index = ["same"] * n
    if index == "levels":
        df = df.set_index(["id", "time"])
    if index == "level":
        df = df.set_index("time")
    given = GIVEN.get(name, name.split()[0])
    freq = draw(st.sampled_from([given, "infer", None]))
    arguments = {"id": "id", "time": "time", "values": values, "target": "label", "freq": freq}
    return df, arguments, code, place


@PROPERTY
@given(drawn=tables())
def test_a_table_comes_back_as_it_was(drawn):
    df, arguments, _, _ = drawn
    before = df.copy()
    long = from_long(df, **arguments)
    assert_frame_equal(long.to_long(long.X), df)
    as_list = [x[:length] for x, length in zip(long.X, long.lengths, strict=True)]
    assert_frame_equal(long.to_long(as_list), df)
    assert_frame_equal(df, before)


@PROPERTY
@given(drawn=tables(), data=st.data())
def test_a_table_comes_back_as_it_was_by_way_of_windows(drawn, data):
    df, arguments, _, _ = drawn
    long = from_long(df, **arguments)
    steps = np.flatnonzero((~np.isnan(long.X)).any(axis=(0, 2)))
    assume(len(steps))
    length = data.draw(st.integers(1, int(steps[-1]) + 1))
    windows = make_windows(long.X, length, data.draw(st.integers(1, length)), y=long.y)
    assert_frame_equal(long.to_long(windows.merge(windows.X)), df)


AUGMENTERS = {}


def augmenter(d):
    """Return an augmenter of windows of four steps and d channels, fitted once."""
    if d not in AUGMENTERS:
        X = np.random.default_rng(0).normal(50, 20, size=(12, 4, d))
        AUGMENTERS[d] = LatentAugmenter(hidden_dim=4, max_epochs=2, eta=1, random_state=0).fit(X)
    return AUGMENTERS[d]


@PROPERTY
@given(drawn=tables(), data=st.data())
def test_a_table_of_augmented_windows_has_lost_and_doubled_nothing(drawn, data):
    df, arguments, _, _ = drawn
    long = from_long(df, **arguments)
    assume(long.lengths.max() >= 4)
    windows = make_windows(long.X, 4, data.draw(st.integers(1, 4)))
    made = windows.merge(augmenter(long.X.shape[2]).augment(windows.X))
    assert made.shape == long.X.shape
    back = long.to_long(made)
    values = arguments["values"]
    assert_frame_equal(back.drop(columns=values), df.drop(columns=values))
    assert_index_equal(back.index, df.index)
    assert back.columns.equals(df.columns)
    assert back.dtypes.equals(df.dtypes)
    # Each value that was there has a new one.
    assert not (back[values].isna() & df[values].notna()).any(axis=None)


@PROPERTY
@given(drawn=tables())
def test_every_value_stands_at_its_step_and_nothing_else_does(drawn):
    df, arguments, _, place = drawn
    long = from_long(df, **arguments)
    ids = df.reset_index()["id"]
    times = df.reset_index()["time"]
    assert list(long.ids) == list(ids.unique())
    n_found = 0
    for row, (x, length, index) in enumerate(zip(long.X, long.lengths, long.times, strict=True)):
        mine = np.flatnonzero(np.asarray(ids == long.ids[row]))
        mine = mine[np.argsort(place[mine])]
        gap = np.diff(place[mine], prepend=place[mine[0]])
        steps = np.arange(len(mine)) if arguments["freq"] is None else np.cumsum(gap)
        numbers = df[arguments["values"]].iloc[mine].astype("Float64")
        expected = numbers.to_numpy(dtype=long.X.dtype, na_value=nan)
        assert_array_equal(x[steps], expected)
        assert np.isnan(np.delete(x, steps, axis=0)).all()
        assert length == len(index) == steps[-1] + 1
        fractions = index.dtype.kind == "f"
        assert_index_equal(index[steps], pd.Index(times.iloc[mine]), check_exact=not fractions)
        assert long.y[row] == df["label"].iloc[mine[0]]
        n_found += len(mine)
    assert n_found == len(df)


@PROPERTY
@given(drawn=tables())
def test_other_values_change_the_columns_of_values_and_nothing_else(drawn):
    df, arguments, _, _ = drawn
    long = from_long(df, **arguments)
    new = long.to_long(np.full(long.X.shape, 1.6))
    others = [name for name in df if name not in arguments["values"]]
    assert_frame_equal(new[others], df[others])
    assert list(new) == list(df)
    for name in arguments["values"]:
        kind = df[name].dtype.kind
        assert new[name].dtype == df[name].dtype
        expected = {"f": 1.6, "i": 2, "u": 2, "b": True}[kind]
        assert_allclose(new[name].astype(float), float(expected), rtol=1e-6)


# -------------------------------------------------------------------------------------------
# Grids
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", GRIDS)
def test_the_step_is_found_across_gaps_that_all_series_share(name):
    kept = np.delete(np.arange(40), [2, 3, 5, 9, 10, 11, 30])
    long = from_long(table(GRIDS[name][kept]))
    steps = np.flatnonzero(~np.isnan(long.X[0, :, 0]))
    assert_array_equal(steps, kept)
    if GRIDS[name].dtype.kind == "f":
        assert_allclose(long.times[0], GRIDS[name])
    else:
        assert list(long.times[0]) == list(GRIDS[name])


def test_series_may_be_out_of_phase():
    # All minutes together would be a grid of 30 minutes.
    first = pd.date_range("2024-01-01 00:00", periods=4, freq="h")
    second = pd.date_range("2024-01-01 00:30", periods=4, freq="h")
    long = from_long(table(first.append(second), ids=["a"] * 4 + ["b"] * 4))
    assert long.X.shape == (2, 4, 1) and to_offset(long.freq) == to_offset("h")
    assert not np.isnan(long.X).any()


@pytest.mark.parametrize(
    "first, last, freq, n_steps",
    [
        # Clocks go forward on 2024-03-31 and back on 2024-10-27.
        ("2024-03-30", "2024-04-02", "D", 4),
        ("2024-10-26", "2024-10-29", "D", 4),
        ("2024-03-31 00:00", "2024-03-31 06:00", "h", 6),
        ("2024-10-27 00:00", "2024-10-27 06:00", "h", 8),
    ],
)
@pytest.mark.parametrize("inferred", [True, False])
def test_a_change_of_the_clocks_leaves_the_grid_whole(first, last, freq, n_steps, inferred):
    times = pd.date_range(first, last, freq=freq, tz=BERLIN)
    assert len(times) == n_steps
    df = table(times)
    long = from_long(df, freq="infer" if inferred else freq)
    assert to_offset(long.freq) == to_offset(freq)
    assert_array_equal(long.X[0, :, 0], np.arange(n_steps))
    assert list(long.times[0]) == list(times)
    gap = df.drop(index=2)
    assert np.isnan(from_long(gap, freq="infer" if inferred else freq).X[0, 2, 0])


def test_days_at_a_fixed_hour_elsewhere_are_days_too():
    times = pd.date_range("2024-03-29", periods=5, tz="UTC").tz_convert(BERLIN)
    for freq in ("infer", "D"):
        long = from_long(table(times), freq=freq)
        assert_array_equal(long.X[0, :, 0], np.arange(5))
        assert list(long.times[0]) == list(times)


def test_a_local_time_that_the_clocks_skip_is_the_next_there_is():
    times = pd.to_datetime(["2024-03-30 02:30", "2024-04-01 02:30", "2024-04-02 02:30"])
    long = from_long(table(times.tz_localize(BERLIN)))
    assert_array_equal(long.X[0, :, 0], [0, nan, 1, 2])
    assert long.times[0][1] == pd.Timestamp("2024-03-31 03:00", tz=BERLIN)


def test_days_without_any_weekend_are_working_days():
    times = pd.date_range("2024-01-01", periods=10, freq="B")
    assert from_long(table(times)).X.shape == (1, 10, 1)
    assert from_long(table(times), freq="D").X.shape == (1, 12, 1)


def test_without_a_grid_rows_are_steps_in_the_order_of_time():
    times = pd.to_datetime(["2024-01-05", "2024-01-01", "2024-01-02"])
    long = from_long(table(times), freq=None)
    assert_array_equal(long.X[0, :, 0], [1, 2, 0])
    assert list(long.times[0]) == sorted(times)
    assert long.freq is None


def test_series_of_one_row_need_no_step():
    times = pd.to_datetime(["2024-01-05", "2024-01-01"])
    long = from_long(table(times, ids=["a", "b"]))
    assert_array_equal(long.X, [[[0]], [[1]]])
    assert from_long(table(times, ids=["a", "b"]), freq="D").X.shape == (2, 1, 1)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_dates_plays_no_role_and_stays(unit):
    times = pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 01:30", "2024-01-01 02:00"])
    df = table(times.as_unit(unit))
    for freq in ("infer", "30min"):
        long = from_long(df, freq=freq)
        assert_array_equal(long.X[0, :, 0], [0, nan, nan, 1, 2])
        assert long.times[0].dtype == df["ds"].dtype
        assert_frame_equal(long.to_long(long.X), df)
    months = table(pd.date_range("2024", periods=4, freq="MS").as_unit(unit))
    assert from_long(months).times[0].dtype == months["ds"].dtype


# -------------------------------------------------------------------------------------------
# Columns
# -------------------------------------------------------------------------------------------


def test_values_are_y_or_else_all_columns_of_numbers():
    days = pd.date_range("2024", periods=2)
    df = table(days, other=[1, 2], flag=[True, False], text=["a", "b"])
    assert from_long(df).layout.values == ["y"]
    assert from_long(df.rename(columns={"y": "x"})).layout.values == ["x", "other"]
    assert from_long(df.assign(y=1), target="y").layout.values == ["other"]
    assert from_long(df, values=["other", "y"]).X.shape == (1, 2, 2)
    assert from_long(df, values="other").X.shape == (1, 2, 1)


def test_float32_stays_where_all_values_are():
    days = pd.date_range("2024", periods=2)
    df = table(days, y=np.ones(2, np.float32), other=pd.array([1, None], dtype="Float32"))
    assert from_long(df, values=["y", "other"]).X.dtype == np.float32
    assert from_long(df.astype({"y": float}), values=["y", "other"]).X.dtype == np.float64


@pytest.mark.parametrize(
    "label, dtype",
    [
        (["u", "u", "v"], object),
        (pd.Categorical(["u", "u", "v"]), object),
        ([1, 1, 2], np.int64),
        (pd.array([1, 1, 2], dtype="Int64"), np.int64),
        ([0.5, 0.5, 1.5], np.float64),
    ],
)
def test_a_target_is_one_for_each_series(label, dtype):
    df = table(pd.date_range("2024", periods=3), ids=["a", "a", "b"], label=label)
    long = from_long(df, target="label")
    assert_array_equal(long.y, [label[0], label[2]])
    assert long.y.dtype == dtype


def test_integers_keep_in_the_range_of_their_dtype():
    days = pd.date_range("2024", periods=4)
    df = table(days, y=np.arange(4, dtype=np.uint8), large=np.arange(4))
    long = from_long(df, values=["y", "large"])
    new = np.array([-3, 2.5, 300, 1e30])
    table_ = long.to_long(np.stack([new, -new], axis=1)[None])
    assert table_["y"].tolist() == [0, 2, 255, 255]
    assert table_["large"].tolist()[:3] == [3, -2, -300]
    assert table_["large"][3] < -9e18


def test_what_has_not_changed_stays_to_the_bit():
    y = pd.array([2**62 + 1, 5, None], dtype="Int64")  # the first is no float64
    df = table(pd.date_range("2024", periods=3), y=y)
    long = from_long(df)
    new = long.X.copy()
    new[0, 1] = 6
    assert long.to_long(new)["y"].tolist() == [2**62 + 1, 6, pd.NA]


def test_changing_x_in_place_reaches_the_table():
    df = table(pd.date_range("2024", periods=3))
    long = from_long(df)
    long.X += 1
    assert long.to_long(long.X)["y"].tolist() == [1, 2, 3]


def test_missing_values_become_missing_in_dtypes_that_know_them():
    df = table(pd.date_range("2024", periods=2), n=pd.array([1, 2], dtype="Int64"))
    long = from_long(df, values=["y", "n"])
    new = long.to_long(np.full(long.X.shape, nan))
    assert new["y"].isna().all() and new["n"].isna().all()
    assert new["n"].dtype == "Int64"


def test_an_augmenter_may_stand_between_the_ways():
    rng = np.random.default_rng(0)
    days = pd.date_range("2024", periods=12)
    df = pd.concat(
        [table(days[: 12 - 2 * i], ids=name, label=i % 2) for i, name in enumerate("abcd")]
    )
    df["y"] = rng.integers(0, 50, len(df))
    df = df.sample(frac=0.9, random_state=0)
    long = from_long(df, target="label")
    augmenter = LatentAugmenter(hidden_dim=4, max_epochs=1, random_state=0)
    new = long.to_long(augmenter.fit_transform(long.X, long.y))
    assert_frame_equal(new.drop(columns="y"), df.drop(columns="y"))
    assert new["y"].dtype == df["y"].dtype
    X, y = augmenter.sample(6)
    table_ = long.new_long(X, y)
    assert table_.dtypes.equals(df.dtypes[table_.columns])
    assert table_["unique_id"].nunique() == 6


def test_the_times_of_a_table_make_calendar_channels():
    times = GRIDS["D"]
    df = pd.concat([table(times[:9], ids="a"), table(times[[0, 2, 3]], ids="b")])
    long = from_long(df)
    X, channels = add_calendar_channels(long.X, long.times, ["day_of_week"])
    assert channels == (1, 2)
    assert_allclose(X[1, :4, 1], np.sin(2 * np.pi * times[:4].day_of_week / 7), atol=1e-12)
    assert_frame_equal(long.to_long(X[:, :, :1]), df)


# -------------------------------------------------------------------------------------------
# New series
# -------------------------------------------------------------------------------------------


def test_new_series_have_the_columns_of_the_table_and_the_times_of_its_longest():
    days = pd.date_range("2024", periods=5, tz=BERLIN)
    df = pd.DataFrame(
        {
            "y": np.arange(7),
            "ds": days[:2].append(days),
            "note": "n",
            "unique_id": pd.Categorical(["a"] * 2 + ["b"] * 5),
            "label": ["u"] * 2 + ["v"] * 5,
        }
    )
    long = from_long(df, target="label")
    X = np.array([[0, 1.2, nan, nan], [0, 1.2, 2.6, 9]])[:, :, None]

    new = long.new_long(X, ["v", "u"])

    assert list(new) == ["y", "ds", "unique_id", "label"]
    assert new["y"].tolist() == [0, 1, 0, 1, 3, 9]
    assert list(new["ds"]) == [*days[:2], *days[:4]]
    assert list(new["unique_id"]) == ["synthetic_0"] * 2 + ["synthetic_1"] * 4
    assert list(new["label"]) == ["v"] * 2 + ["u"] * 4
    kept = ["y", "ds", "label"]
    assert new[kept].dtypes.equals(df[kept].dtypes)
    assert_index_equal(new.index, pd.RangeIndex(6))


def test_new_series_read_as_they_were_written():
    times = GRIDS["h in Berlin"]
    long = from_long(table(times))
    X = np.random.default_rng(0).normal(size=(3, 30, 1))
    again = from_long(long.new_long(X))
    assert_array_equal(again.X, X)
    assert list(again.ids) == ["synthetic_0", "synthetic_1", "synthetic_2"]


def test_ids_and_times_of_new_series_may_be_given():
    long = from_long(table(pd.date_range("2024", periods=2)))
    week = pd.date_range("2025", periods=7)
    new = long.new_long([np.ones(3), np.ones(1)], ids=["p", "q"], times=week)
    assert new["unique_id"].tolist() == ["p", "p", "p", "q"]
    assert list(new["ds"]) == [*week[:3], week[0]]
    new = long.new_long([np.ones(3), np.ones(1)], times=[week, week[4:]])
    assert list(new["ds"]) == [*week[:3], week[4]]


def test_numbers_as_ids_go_on_and_names_are_not_taken_twice():
    days = pd.date_range("2024", periods=2)
    numbered = from_long(table(days, ids=[7, 3]))
    assert numbered.new_long(np.ones((2, 1)))["unique_id"].tolist() == [8, 9]
    named = from_long(table(days, ids=["synthetic_0", "x"]))
    assert named.new_long(np.ones((2, 1)))["unique_id"].tolist() == ["synthetic_1", "synthetic_2"]


def test_levels_of_the_index_come_back_in_new_tables():
    df = table(pd.date_range("2024", periods=2)).set_index(["ds", "unique_id"])
    new = from_long(df).new_long(np.ones((1, 2)))
    assert new.index.names == ["ds", "unique_id"]
    assert list(new) == ["y"]


def test_a_number_as_target_keeps_its_dtype():
    days = pd.date_range("2024", periods=2)
    long = from_long(table(days, label=np.array([4, 4], np.int16)), target="label")
    new = long.new_long(np.ones((1, 1)), [6.8])
    assert new["label"].tolist() == [7] and new["label"].dtype == np.int16


def test_a_table_shows_its_size():
    long = from_long(table(pd.date_range("2024", periods=2)))
    assert repr(long) == "LongSeries(n_ts=1, sz=2, d=1, freq='D')"
    assert len(long) == 1


# -------------------------------------------------------------------------------------------
# Errors
# -------------------------------------------------------------------------------------------

DAYS = pd.date_range("2024-01-01", periods=4)
LETTERS = list("pqrs")


def spoiled(column, place, value):
    df = table(DAYS, label=0).astype({column: object} if column != "y" else {})
    df.loc[place, column] = value
    if column == "ds":
        df["ds"] = pd.to_datetime(df["ds"])
    return df


REFUSED = {
    "no frame": (
        TypeError, np.zeros((3, 2)), {},
        "df must be a pandas DataFrame, got an object of type ndarray.",
    ),
    "empty": (ValueError, table(DAYS[:0]), {}, "df has shape (0, 3): there is no series in it."),
    "no such column": (
        ValueError, table(DAYS), {"id": "shop"},
        "df has no column, and no index level, 'shop' for id. Its columns are 'unique_id', 'ds', 'y': pass id=...",
    ),
    "no name": (ValueError, table(DAYS), {"id": None}, "df has no column, and no index level, None for id."),
    "two columns of a name": (
        ValueError, pd.concat([table(DAYS), table(DAYS)[["y"]]], axis=1), {},
        "df has 2 columns of the name 'y', which values names.",
    ),
    "no numbers": (
        ValueError, table(DAYS).rename(columns={"y": "x"}).astype({"x": str}), {},
        "df has neither a column 'y' nor another one of numbers.",
    ),
    "no values": (ValueError, table(DAYS), {"values": []}, "values is an empty list."),
    "values twice": (ValueError, table(DAYS), {"values": ["y", "y"]}, "values names the column 'y' 2 times."),
    "values with another role": (
        ValueError, table(np.arange(4)), {"values": "ds"}, "values names the column 'ds', which is also the time.",
    ),
    "a level as values": (
        ValueError, table(DAYS, x=1).set_index("y"), {"values": "y"}, "values names 'y', a level of the index.",
    ),
    "text among numbers": (
        ValueError, table(DAYS, y=pd.Series([1, "two", 3, "four"], dtype=object)), {},
        "The column 'y' has dtype object, but values have to be numbers. No number is what stands in rows 1, 3, such as "
        "'two'. Convert the column, for example with pd.to_numeric, or name others in values.",
    ),
    "numbers as objects": (
        ValueError, table(DAYS, y=pd.Series([1, 2, 3, 4], dtype=object)), {},
        "The column 'y' has dtype object, but values have to be numbers. Convert the column",
    ),
    "no id": (
        ValueError, spoiled("unique_id", 2, None), {}, "The id 'unique_id' is missing in row 2. Fill it in",
    ),
    "no time": (ValueError, spoiled("ds", 1, pd.NaT), {}, "The time 'ds' is missing in row 1. Fill it in"),
    "no target": (
        ValueError, table(DAYS, label=[1, nan, 1, 1]), {"target": "label"}, "The target 'label' is missing in row 1.",
    ),
    "a target that varies": (
        ValueError, table(DAYS, ids=[5, 6, 5, 6], label=[1, 2, 1, 3]), {"target": "label"},
        "The target 'label' must be the same in all rows of a series, but varies in id 6. The first has 2 different ones, "
        "in rows 1, 3.",
    ),
    "text as time": (
        ValueError, table(DAYS.astype(str)), {},
        "but times are dates, periods, durations or numbers. Convert text and Python's own dates first: "
        "pd.to_datetime(df['ds']).",
    ),
    "two time zones": (
        ValueError,
        table(pd.Series([*DAYS[:3].tz_localize("UTC"), DAYS[3].tz_localize(BERLIN)], dtype=object)), {},
        "The times of 'ds' have 2 time zones: UTC, Europe/Berlin (such as rows 0, 3). Convert them to one: "
        "pd.to_datetime(df['ds'], utc=True).",
    ),
    "infinite times": (
        ValueError, table([0, 1, np.inf, 3]), {}, "The time 'ds' is infinite in row 2.",
    ),
    "a time twice": (
        ValueError, table(DAYS[[0, 1, 2, 1]]).set_axis(LETTERS), {},
        "The table has 2 rows of id 'a' at 2024-01-02 00:00:00: rows 1, 3 (index 'q', 's'). A series takes one row a time",
    ),
    "times twice": (
        ValueError, table(DAYS[[0, 0, 2, 2]]), {}, "rows 0, 1. Of 2 other rows the same is true. A series takes",
    ),
    "two times on a step": (
        ValueError, table([0, 1, 2, 2.00001]), {"freq": 1},
        "The table has 2 rows of id 'a' on the step of freq=1.0 at 2.0: rows 2, 3.",
    ),
    "irregular times": (
        ValueError, table(pd.to_datetime(["2024-01-01 00:00", "2024-01-02 00:00", "2024-01-03 07:00"])).set_axis([5, 6, 9]),
        {},
        "The times of 1 of 1 series fit no regular grid. The first is id 'a': row 2 (index 9) has 2024-01-03 07:00:00, "
        "which is no whole number of steps after its start at 2024-01-01 00:00:00 in row 0 (index 5), with the smallest step "
        "found, 'D'. Resample the table, pass its step as freq, or pass freq=None",
    ),
    "times beside the grid": (
        ValueError, table(DAYS, ids=["a", "b", "b", "a"]), {"freq": "2D"},
        "The times of 2 of 2 series fit no regular grid. The first is id 'a': row 3 has 2024-01-04 00:00:00, which is no "
        "whole number of steps after its start at 2024-01-01 00:00:00 in row 0, with freq='2D'.",
    ),
    "a start beside the calendar": (
        ValueError, table(DAYS[1:]), {"freq": "MS"}, "row 0 has 2024-01-02 00:00:00, which is no time of freq='MS'.",
    ),
    "no step": (
        ValueError, table(DAYS), {"freq": "daily"},
        "freq='daily' is no step of time. Pass an offset of pandas such as 'h', 'D', 'W-MON' or 'MS', 'infer' or None.",
    ),
    "a step backwards": (ValueError, table(DAYS), {"freq": "-1D"}, "freq='-1D' is no step of time."),
    "a number for dates": (ValueError, table(DAYS), {"freq": 1}, "freq=1 is no step of time."),
    "an offset for numbers": (
        ValueError, table([1, 2, 3]), {"freq": "D"},
        "freq='D', but the times are numbers (dtype int64): their step is a whole number above 0, 'infer' or None.",
    ),
    "a fraction for whole numbers": (ValueError, table([1, 2, 3]), {"freq": 0.5}, "their step is a whole number"),
    "an offset for periods": (
        ValueError, table(DAYS.to_period()), {"freq": "D"}, "freq='D', but the times are periods (dtype period[D])",
    ),
    "a calendar for durations": (
        ValueError, table(DAYS - DAYS[0]), {"freq": "MS"}, "freq='MS' is a step of the calendar, but the times are durations.",
    ),
    "a step below the unit": (
        ValueError, table(DAYS.as_unit("s")), {"freq": "100ms"},
        "freq='100ms' is finer than the times, which are in units of 's'.",
    ),
    "a step far too small": (
        ValueError, table(pd.to_datetime(["2024-01-01 00:00:00", "2024-01-01 00:00:01", "2024-12-31 00:00:00"])), {},
        "the series have 31536001 steps together, but only 3 rows.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind, df, arguments, message", REFUSED.values(), ids=REFUSED)
def test_a_wrong_table_is_refused_with_the_rows(kind, df, arguments, message):
    with pytest.raises(kind, match=re.escape(message)):
        from_long(df, **arguments)


NOT_WRITTEN = {
    "too many series": (np.zeros((3, 4, 2)), "X has 3 series, but the table has 2. New ones go into"),
    "another length": (np.zeros((2, 5, 2)), "X has 5 time steps, but the series of the table have 4, padding included."),
    "other channels": (np.zeros((2, 4, 3)), "X has 3 channels, but the table has 2 columns of values: ['y', 'n']."),
    "no channels": (np.zeros((2, 4)), "X has no axis of channels, but the table has 2 columns of values"),
    "another length in a list": (
        [np.zeros((4, 2)), np.zeros((3, 2))], "X[1] has 3 time steps, but id 'b' has 2.",
    ),
    "NaN for integers": (
        np.array([[[0, 1]] * 4, [[0, 1], [0, nan], [0, 1], [0, 1]]]),
        "The column 'n' has dtype int64, which has no place for NaN or infinity, but X has one in row 5 (index 50). Fill",
    ),
}  # fmt: skip


@pytest.mark.parametrize("X, message", NOT_WRITTEN.values(), ids=NOT_WRITTEN)
def test_what_the_table_has_no_place_for_is_refused(X, message):
    df = table(DAYS[[0, 1, 2, 3, 0, 1]], ids=list("aaaabb"), n=np.arange(6))
    long = from_long(df.set_axis(10 * np.arange(6)), values=["y", "n"])
    with pytest.raises(ValueError, match=re.escape(message)):
        long.to_long(X)


NOT_NEW = {
    "longer": (
        {"X": np.ones((2, 5, 1))},
        "X[0] has 5 time steps, but there are times for 4. Pass times=..., an index of at least 5 times",
    ),
    "a list too short": ({"times": [DAYS]}, "times is for 1 series, but X has 2."),
    "other times": ({"times": np.arange(4)}, "times has dtype int64, but the times of the table have dtype datetime64["),
    "another zone": ({"times": DAYS.tz_localize("UTC")}, "UTC], but the times of the table have dtype"),
    "an old id": ({"ids": ["a", "b"]}, "ids names id 'a' again: each new series needs an id that neither"),
    "an id twice": ({"ids": ["p", "p"]}, "ids names id 'p' again"),
    "ids too few": ({"ids": ["p"]}, "ids holds 1 ids, but X has 2 series."),
    "no target": ({"y": None}, "new_long was given no y, but the table has a target."),
    "targets too few": ({"y": ["u"]}, "y has shape (1,), but X has 2 series: it takes (2,)."),
    "a new category": ({"y": ["u", "w"]}, "y has 'w', which is none of the categories of 'label'."),
    "channels": ({"X": np.ones((2, 4, 2))}, "X has 2 channels, but the table has 1 columns of values"),
}  # fmt: skip


@pytest.mark.parametrize("arguments, message", NOT_NEW.values(), ids=NOT_NEW)
def test_new_series_that_fit_no_table_are_refused(arguments, message):
    label = pd.Categorical(["u"] * 4, ["u", "v"])
    long = from_long(table(DAYS, label=label), target="label")
    with pytest.raises(ValueError, match=re.escape(message)):
        long.new_long(**{"X": np.ones((2, 3, 1)), "y": ["u", "v"]} | arguments)


def test_a_target_that_the_table_does_not_know_is_refused():
    long = from_long(table(DAYS))
    with pytest.raises(ValueError, match="was given a y, but the table was read without target"):
        long.new_long(np.ones((1, 2, 1)), [1])


def test_nan_in_new_series_for_integers_is_named_by_id():
    long = from_long(table(DAYS, y=np.arange(4)))
    with pytest.raises(ValueError, match="X has one in id 'synthetic_1'"):
        long.new_long([[[1.0], [2.0]], [[nan], [2.0]]])
