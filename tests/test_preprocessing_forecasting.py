import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklaug.preprocessing import make_forecasting_windows

PROPERTY = settings(derandomize=True, deadline=None, max_examples=50)
nan = np.nan


@PROPERTY
@given(
    lengths=st.lists(st.integers(1, 15), min_size=1, max_size=4),
    past=st.integers(1, 5),
    horizon=st.integers(1, 4),
    stride=st.integers(1, 4),
    d=st.sampled_from([None, 2]),
    as_list=st.booleans(),
)
def test_what_follows_a_window_continues_it(lengths, past, horizon, stride, d, as_list):
    if max(lengths) < past + horizon:
        return
    # Each value tells its series, step and channel.
    X = [100 * row + np.arange(length) for row, length in enumerate(lengths)]
    X = [x.astype(float) if d is None else x[:, None] + np.array([0, 0.5]) for x in X]
    if not as_list:
        padded = np.full((len(X), max(lengths), *X[0].shape[1:]), nan)
        for row, values in zip(padded, X, strict=True):
            row[: len(values)] = values
        X = padded

    windows = make_forecasting_windows(X, past, horizon, stride)

    for x, y, row, start in zip(windows.X, windows.y, windows.parents, windows.starts, strict=True):
        assert_array_equal(np.concatenate([x, y]), X[row][start : start + past + horizon])
        assert start % stride == 0
    expected = [
        (row, start)
        for row, length in enumerate(lengths)
        for start in range(0, length - past - horizon + 1, stride)
    ]
    assert list(zip(windows.parents, windows.starts, strict=True)) == expected


@pytest.mark.parametrize(
    "target_channels, channels, shape",
    [(None, [0, 1, 2], (2, 2, 3)), (1, 1, (2, 2)), ([2], 2, (2, 2)), ((2, 0), [2, 0], (2, 2, 2))],
)
def test_targets_are_the_channels_asked_for(target_channels, channels, shape):
    X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
    windows = make_forecasting_windows(X, 3, 2, target_channels=target_channels)
    assert windows.X.shape == (2, 3, 3) and windows.X.dtype == np.float32
    assert windows.y.shape == shape
    assert_array_equal(windows.y, X[:, 3:, channels])


def test_a_recording_without_channels_makes_plain_tables():
    windows = make_forecasting_windows(np.arange(6.0), past=3, horizon=2)
    assert_array_equal(windows.X, [[0, 1, 2], [1, 2, 3]])
    assert_array_equal(windows.y, [[3, 4], [4, 5]])
    assert len(windows) == 2


def test_windows_without_a_value_on_either_side_are_left_out():
    X = np.array([nan, nan, 2, 3, nan, nan, 6.0])
    windows = make_forecasting_windows(X, past=2, horizon=2)
    assert_array_equal(windows.starts, [1, 3])


@pytest.mark.parametrize(
    "X, arguments, message",
    [
        (
            np.zeros((5, 12)),
            {"past": 10, "horizon": 5},
            "past=10 and horizon=5 take 15 steps, but the longest of 5 series has 12. Lower them.",
        ),
        (
            np.array([1.0, nan, nan, 2]),
            {"past": 1, "horizon": 1},
            "None of the 3 windows has a value both among its 1 steps and among the 1 that follow.",
        ),
        (
            np.zeros((5, 12, 2)),
            {"past": 1, "horizon": 1, "target_channels": 2},
            "target_channels=2, but X has 2 channels, numbered from 0.",
        ),
        (np.zeros(9), {"past": 1, "horizon": 1, "target_channels": [0, 0]}, "each once"),
        (np.zeros(9), {"past": 1, "horizon": 1, "target_channels": []}, "one or more of them"),
        (np.zeros(9), {"past": 0, "horizon": 1}, "past must be at least 1, got 0."),
        (np.zeros(9), {"past": 1, "horizon": 0}, "horizon must be at least 1, got 0."),
        (np.zeros(9), {"past": 1, "horizon": 1, "stride": 0}, "stride must be at least 1, got 0."),
    ],
)
def test_wrong_arguments_are_refused(X, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make_forecasting_windows(X, **arguments)
