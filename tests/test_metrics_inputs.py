"""What comes into a metric is checked once and brought into one layout."""

import warnings

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklaug.generators._replay import ReplayGenerator
from sklaug.metrics._inputs import (
    check_pair,
    check_scale,
    draw_rows,
    equalise,
    measure_range,
    measure_spread,
    order_told,
)
from sklaug.metrics._neighbors import duplicate_share, nearest_neighbor_ratio
from tests.comparing import says

nan = np.nan


def make(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# -------------------------------------------------------------------------------------------
# One layout
# -------------------------------------------------------------------------------------------


def test_arrays_become_float64_with_an_axis_of_channels():
    pair = check_pair(make(4, 5).astype(np.float32), make(3, 5), "metric", scale=None)
    assert pair.real.shape == (4, 5, 1) and pair.synthetic.shape == (3, 5, 1)
    assert pair.real.dtype == pair.synthetic.dtype == np.float64
    assert pair.shape == (5, 1)
    assert pair.complete


def test_containers_of_the_same_series_give_the_same_pair():
    X, made = make(4, 5), make(3, 5, seed=1)
    expected = check_pair(X, made, "metric")
    frames = check_pair(pd.DataFrame(X), pd.DataFrame(made), "metric")
    lists = check_pair(list(X), [row[:, None] for row in made], "metric")
    mixed = check_pair(X[:, :, None], list(made), "metric")
    for pair in (frames, lists, mixed):
        assert_array_equal(pair.real, expected.real)
        assert_array_equal(pair.synthetic, expected.synthetic)


def test_lengths_are_steps_to_the_last_observed_value():
    X = np.array([[1, nan, 3, nan], [1, 2, nan, nan], [nan, 2, 3, 4]])
    pair = check_pair(X, [np.arange(3.0), np.arange(6.0)], "metric", scale=None)
    assert_array_equal(pair.real_lengths, [3, 2, 4])
    assert_array_equal(pair.synthetic_lengths, [3, 6])
    assert pair.real.shape == (3, 6, 1) and pair.synthetic.shape == (2, 6, 1)
    assert not pair.complete


def test_padding_that_nobody_needs_is_cut():
    X = np.pad(make(3, 4), [(0, 0), (0, 5)], constant_values=nan)
    assert check_pair(X, make(2, 4), "metric").shape == (4, 1)


def test_what_the_caller_passed_stays_as_it_was():
    X, made = make(4, 5, 2), make(3, 5, 2)
    before = X.copy(), made.copy()
    pair = check_pair(X, made, "metric")
    pair.real[:] = 0
    assert_array_equal(X, before[0])
    assert_array_equal(made, before[1])


# -------------------------------------------------------------------------------------------
# Scale
# -------------------------------------------------------------------------------------------


def test_each_channel_of_both_is_scaled_by_the_range_of_the_real_one():
    X, made = make(6, 5, 2) * [1, 100], make(4, 5, 2) * [1, 100] + 3
    X[0, 2] = nan
    pair = check_pair(X, made, "metric")
    low, high = np.nanmin(X, axis=(0, 1)), np.nanmax(X, axis=(0, 1))
    assert_allclose(np.nanmin(pair.real, axis=(0, 1)), 0)
    assert_allclose(np.nanmax(pair.real, axis=(0, 1)), 1)
    assert_allclose(pair.synthetic, (made - low) / (high - low))


def test_a_constant_channel_is_only_shifted():
    pair = check_pair(np.full((3, 4), 7.0), np.full((3, 4), 9.0), "metric")
    assert_array_equal(pair.real, np.zeros((3, 4, 1)))
    assert_array_equal(pair.synthetic, np.full((3, 4, 1), 2.0))


def test_the_range_is_that_of_what_is_observed():
    low, width = measure_range(np.array([[[1, 5.0], [nan, 5]], [[3, nan], [-1, 5]]]))
    assert_array_equal(low, [-1, 5])
    assert_array_equal(width, [4, 1])


def test_the_spread_is_that_of_what_is_observed_and_a_constant_leaves_nothing():
    values = make(5, 6, 3)
    values[:, :, 1] = 0.1  # thirty times 0.1 do not add up to 3
    values[0, 3, 2] = nan
    mean, std = measure_spread(values)
    assert_allclose(mean, np.nanmean(values, axis=(0, 1)))
    assert_allclose(std[[0, 2]], np.nanstd(values, axis=(0, 1))[[0, 2]])
    assert std[1] == 1
    assert_array_equal(values[:, :, 1] - mean[1], 0)


def test_an_unknown_scale_is_refused():
    check_scale(None)
    with pytest.raises(ValueError, match=says("Unknown scale 'zscore'. Known: minmax.")):
        check_pair(make(3, 4), make(3, 4), "metric", scale="zscore")


# -------------------------------------------------------------------------------------------
# Rows
# -------------------------------------------------------------------------------------------


def test_rows_are_drawn_without_repetition_and_in_order():
    rows = draw_rows(50, 20, 3, "rows")
    assert len(set(rows)) == 20
    assert_array_equal(rows, np.sort(rows))
    assert_array_equal(rows, draw_rows(50, 20, 3, "rows"))
    assert not np.array_equal(rows, draw_rows(50, 20, 4, "rows"))
    assert not np.array_equal(rows, draw_rows(50, 20, 3, "other rows"))


@pytest.mark.parametrize("n_drawn", [5, 8])
def test_all_rows_are_taken_where_no_more_are_there(n_drawn):
    assert_array_equal(draw_rows(5, n_drawn, 0, "rows"), np.arange(5))


@pytest.mark.parametrize("n_real, n_synthetic", [(9, 4), (4, 9), (4, 4)])
def test_equalised_sets_have_the_rows_of_the_smaller_one(n_real, n_synthetic):
    X, made = make(n_real, 6), make(n_synthetic, 6, seed=1)
    X[:, 5] = np.where(np.arange(n_real) % 2, nan, 1)
    pair = equalise(check_pair(X, made, "metric", scale=None), seed=0)
    assert pair.real.shape == pair.synthetic.shape == (4, 6, 1)
    assert_array_equal(pair.real_lengths, np.where(np.isnan(pair.real[:, 5, 0]), 5, 6))
    assert len(pair.synthetic_lengths) == 4
    rows = {row.tobytes() for row in X}
    assert all(row.tobytes() in rows for row in pair.real)


# -------------------------------------------------------------------------------------------
# What is refused
# -------------------------------------------------------------------------------------------


EMPTY_ROW, EMPTY_CHANNEL = make(4, 5), make(4, 5, 2)
EMPTY_ROW[2], EMPTY_CHANNEL[:, :, 0] = nan, nan


@pytest.mark.parametrize(
    "real, synthetic, message",
    [
        (make(4, 5, 3), make(4, 5, 2), "X_real has 3 channel(s) and X_synthetic has 2, but metric compares channel"),
        (make(4, 5, 3), make(4, 3, 5), "X_real has 3 channel(s) and X_synthetic has 5"),
        (make(4, 5), make(4, 6), "X_real has series of 5 steps and X_synthetic of 6."),
        (make(4, 5), make(1, 5), "X_synthetic has 1 series, but metric needs at least 2 in each set."),
        (make(5), make(4, 5), "X_real has shape (5,), but metric takes series of shape"),
        (make(4, 5), np.where(np.eye(4, 5), np.inf, 0), "X_synthetic contains infinity in 4 of 4 series"),
        (EMPTY_ROW, make(4, 5), "X_real holds no value at all in 1 of 4 series (row 2)"),
        (make(4, 5, 2), EMPTY_CHANNEL, "X_synthetic has no value at all in channel(s) 0, so metric"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused_with_its_numbers(real, synthetic, message):
    with pytest.raises(ValueError, match=says(message)):
        check_pair(real, synthetic, "metric", min_series=2)


DRAWN = ReplayGenerator(random_state=0).fit(make(4, 5), [0, 1, 0, 1])


@pytest.mark.parametrize(
    "synthetic, message",
    [
        (DRAWN.sample(3), "X_synthetic is a tuple of two; sample returns (X, y). Pass its first part, the series:"),
        ((make(3, 5), None), "X_synthetic is a tuple of two; sample returns (X, y)."),
        ((list(make(3, 5)), np.ones(3)), "X_synthetic is a tuple of two; sample returns (X, y)."),
        (DRAWN, "X_synthetic is an estimator, ReplayGenerator, but metric takes series."),
        (DRAWN.sample, "X_synthetic is an object of type method, but metric takes series of shape (n_ts, sz), or"),
        ("series.csv", "X_synthetic is an object of type str, but metric takes series"),
    ],
)  # fmt: skip
def test_what_is_no_series_is_named(synthetic, message):
    with pytest.raises(TypeError, match=says(message)):
        check_pair(make(4, 5), synthetic, "metric")
    with pytest.raises(TypeError, match=says(message.replace("X_synthetic", "X_real"))):
        check_pair(synthetic, make(4, 5), "metric")


def test_labels_in_the_place_of_series_are_told_where_they_belong():
    text = "X_synthetic has shape (4,), but metric takes series of shape (n_ts, sz), or (n_ts, sz, d) with time before"
    with pytest.raises(ValueError, match=says(text)) as caught:
        check_pair(make(4, 5), np.arange(4), "metric")
    assert str(caught.value).endswith("Labels and targets belong in y.")


def test_two_series_in_a_tuple_are_two_series():
    assert check_pair((make(5, 2), make(6, 2)), make(3, 6, 2), "metric").shape == (6, 2)
    assert check_pair((np.ones(5), np.ones(6)), make(3, 6), "metric").shape == (6, 1)


def test_more_channels_than_steps_are_doubted_from_eight_on():
    text = says("The series have 3 steps of 8 channels, as sklaug reads arrays of shape (n_ts, steps, channels).")  # fmt: skip
    with pytest.warns(UserWarning, match=text) as caught:
        check_pair(make(4, 3, 8), make(5, 3, 8), "metric")
    assert len(caught) == 1
    with pytest.warns(UserWarning, match=text) as caught:
        nearest_neighbor_ratio(*make(3, 4, 3, 8))
    assert len(caught) == 1
    with pytest.warns(UserWarning, match=text) as caught:
        duplicate_share(*make(2, 4, 3, 8))
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_pair(make(4, 3, 7), make(5, 3, 7), "metric")
        check_pair(make(4, 8, 8), make(5, 8, 8), "metric")
        check_pair(list(make(4, 3, 8)), make(5, 3, 8), "metric")
        with order_told():
            check_pair(make(4, 3, 8), make(5, 3, 8), "metric")


def test_series_that_really_differ_in_length_may_differ_in_width():
    X = make(4, 6)
    X[0, 4:] = nan
    assert check_pair(X, make(3, 5), "metric").shape == (6, 1)
    assert check_pair(list(make(4, 6)), make(3, 5), "metric").shape == (6, 1)


def test_messages_use_the_names_that_the_caller_has():
    with pytest.raises(
        ValueError, match=says("X_held_out has 1 series, but metric needs at least 2")
    ):
        check_pair(make(4, 5), make(1, 5), "metric", min_series=2, names=("X_train", "X_held_out"))
