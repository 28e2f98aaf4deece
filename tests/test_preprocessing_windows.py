import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklaug.preprocessing import make_windows

PROPERTY = settings(derandomize=True, deadline=None, max_examples=50)
nan = np.nan


@st.composite
def recordings(draw):
    """Series of unequal length with gaps: a list, or an array padded with NaN."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    lengths = draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))
    d = draw(st.sampled_from([None, 1, 3]))
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    share = draw(st.sampled_from([0, 0.3, 0.8]))
    series = []
    for length in lengths:
        values = rng.normal(size=(length,) if d is None else (length, d)).astype(dtype)
        values[rng.random(values.shape) < share] = nan
        values[-1] = 1  # so that an array shows where a series ends
        series.append(values)
    if draw(st.booleans()):
        return series
    padded = np.full((len(series), max(lengths) + 2, *series[0].shape[1:]), nan, dtype=dtype)
    for row, values in zip(padded, series, strict=True):
        row[: len(values)] = values
    return padded


def assert_same_series(one, other):
    assert type(one) is type(other)
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert a.dtype == b.dtype
        assert_array_equal(a, b)


def longest(X):
    observed = [~np.isnan(row).reshape(len(row), -1).all(axis=1) for row in X]
    return max(np.flatnonzero(row)[-1] + 1 for row in observed)


@PROPERTY
@given(X=recordings(), data=st.data())
def test_windows_as_they_were_cut_merge_to_the_series_as_they_were(X, data):
    length = data.draw(st.integers(1, longest(X)))
    stride = data.draw(st.integers(1, length))
    windows = make_windows(X, length, stride)
    assert_same_series(windows.merge(), X)
    assert_same_series(windows.merge(windows.X), X)


@PROPERTY
@given(X=recordings(), data=st.data())
def test_a_window_is_that_part_of_its_series_and_every_value_is_in_one(X, data):
    length = data.draw(st.integers(1, longest(X)))
    stride = data.draw(st.integers(1, length))
    windows = make_windows(X, length, stride)

    seen = [np.zeros(row.shape, dtype=bool) for row in X]
    for window, parent, start in zip(windows.X, windows.parents, windows.starts, strict=True):
        part = X[parent][start : start + length]
        assert_array_equal(window[: len(part)], part)
        assert np.isnan(window[len(part) :]).all()
        seen[parent][start : start + length] = True
    for row, was_seen in zip(X, seen, strict=True):
        assert was_seen[~np.isnan(row)].all()
    places = list(zip(windows.parents, windows.starts, strict=True))
    assert len(set(places)) == len(places) and places == sorted(places)


@PROPERTY
@given(seed=st.integers(0, 10_000), length=st.integers(1, 9), stride=st.integers(1, 9))
def test_merging_averages_over_the_windows_of_a_step_each_counted_once(seed, length, stride):
    windows = make_windows(np.zeros((3, 9, 2)), length, stride)
    new = np.random.default_rng(seed).normal(size=windows.X.shape)
    new[np.random.default_rng(seed).random(new.shape) < 0.3] = nan

    found = [[[[] for _ in range(2)] for _ in range(9)] for _ in range(3)]
    for window, parent, start in zip(new, windows.parents, windows.starts, strict=True):
        for step, channel in np.argwhere(~np.isnan(window)):
            found[parent][start + step][channel].append(window[step, channel])
    expected = [[[np.mean(c) if c else nan for c in step] for step in row] for row in found]

    assert_allclose(windows.merge(new), expected, rtol=1e-12)


def test_the_last_window_ends_with_its_series():
    windows = make_windows(np.arange(10.0), length=4, stride=3)
    assert_array_equal(windows.starts, [0, 3, 6])
    windows = make_windows(np.arange(11.0), length=4, stride=3)
    assert_array_equal(windows.starts, [0, 3, 6, 7])


def test_the_last_window_and_short_series_are_left_out_by_request():
    windows = make_windows([np.arange(11.0), np.arange(3.0)], length=4, stride=3, drop_last=True)
    assert_array_equal(windows.starts, [0, 3, 6])
    merged = windows.merge()
    assert_array_equal(merged[0], [*range(10), nan])
    assert_array_equal(merged[1], [nan, nan, nan])


def test_a_stride_beyond_the_length_skips_steps():
    windows = make_windows(np.arange(7.0), length=2, stride=5)
    assert_array_equal(windows.X, [[0, 1], [5, 6]])
    assert_array_equal(windows.merge(), [0, 1, nan, nan, nan, 5, 6])


def test_a_short_series_makes_one_window_with_nan_behind_its_end():
    windows = make_windows([np.arange(5.0), np.arange(2.0)], length=4)
    assert_array_equal(windows.parents, [0, 0, 1])
    assert_array_equal(windows.X[2], [0, 1, nan, nan])


def test_windows_without_a_value_are_left_out_and_merge_to_nan_all_the_same():
    X = np.array([1, 2, nan, nan, nan, 6.0])
    windows = make_windows(X, length=2)
    assert_array_equal(windows.starts, [0, 1, 4])
    assert_array_equal(windows.merge(), X)


def test_targets_parents_and_lengths_belong_to_the_windows():
    X = np.arange(15.0).reshape(3, 5)
    X[1, 3:] = nan
    windows = make_windows(X, length=3, y=["a", "b", "c"])
    assert_array_equal(windows.parents, [0, 0, 0, 1, 2, 2, 2])
    assert_array_equal(windows.y, list("aaabccc"))
    assert_array_equal(windows.lengths, [5, 3, 5])
    assert make_windows(X, length=3).y is None
    assert len(windows) == 7


def test_a_recording_stays_one_and_a_frame_a_frame():
    recording = np.arange(6, dtype=np.float32)
    windows = make_windows(recording, length=4)
    assert windows.X.shape == (3, 4) and windows.X.dtype == np.float32
    assert_array_equal(windows.merge(), recording)

    frame = pd.DataFrame(np.arange(10.0).reshape(2, 5), index=["a", "b"])
    pd.testing.assert_frame_equal(make_windows(frame, length=2).merge(), frame)

    series = pd.Series(recording, index=pd.date_range("2024", periods=6))
    assert_array_equal(make_windows(series, length=4).merge(), recording)


def test_a_recording_with_channels_is_a_list_of_one():
    windows = make_windows([np.arange(12.0).reshape(6, 2)], length=4)
    assert windows.X.shape == (3, 4, 2)
    assert windows.merge()[0].shape == (6, 2)


def test_merging_extreme_values_stays_finite():
    largest = np.finfo(np.float64).max
    windows = make_windows(np.zeros(3), length=2)
    merged = windows.merge(np.array([[largest, largest], [-largest, -largest]]))
    assert_array_equal(merged, [largest, 0, -largest])


def test_the_windows_are_copies():
    X = np.zeros((2, 5))
    make_windows(X, length=5).X[:] = 1
    assert not X.any()


@pytest.mark.parametrize(
    "arguments, kind, message",
    [
        (
            {"X": np.zeros((100, 3)), "length": 24},
            ValueError,
            "length=24, but the longest of 100 series has 3 steps. Lower length. If X is one recording of shape "
            "(sz, d), pass [X]",
        ),
        ({"X": np.zeros(9), "length": 0}, ValueError, "length must be at least 1, got 0."),
        ({"X": np.zeros(9), "length": 2, "stride": 0}, ValueError, "stride must be at least 1"),
        ({"X": np.zeros(9), "length": 2, "stride": 1.5}, TypeError, "stride must be an integer"),
        ({"X": np.zeros(9), "length": 2, "drop_last": 1}, TypeError, "drop_last must be True or"),
        (
            {"X": np.zeros((3, 9)), "length": 2, "y": [1, 2]},
            ValueError,
            "y has 2 targets, but X has 3 series.",
        ),
        (
            {"X": np.zeros((3, 9, 1, 1)), "length": 2},
            ValueError,
            "but make_windows takes series of",
        ),
        (
            {"X": [np.zeros((3, 2)), np.zeros((3, 1))], "length": 2},
            ValueError,
            "row 1 has shape (3, 1)",
        ),
    ],
)
def test_wrong_arguments_are_refused(arguments, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        make_windows(**arguments)


def test_merging_needs_a_window_for_each():
    windows = make_windows(np.zeros((2, 5, 3)), length=4)
    with pytest.raises(
        ValueError, match=re.escape("X has shape (3, 4, 3), but the windows have shape (4, 4, 3)")
    ):
        windows.merge(np.zeros((3, 4, 3)))
    with pytest.raises(ValueError, match="X has shape"):
        windows.merge(np.zeros((4, 4)))
