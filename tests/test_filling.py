import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklaug import _filling
from sklaug._filling import fill_gaps

PROPERTY = settings(derandomize=True, deadline=None, max_examples=50)


def filled_by_pandas(column, limit):
    """Fill one channel of one series as the definition says, step by step."""
    series = pd.Series(column)
    if series.isna().all():
        return np.zeros(len(series))
    lines = series.interpolate(limit_area="inside")
    gap = (series.isna() != series.isna().shift()).cumsum()
    short = series.isna().groupby(gap).transform("size") <= (np.inf if limit is None else limit)
    lines = lines.where(short | series.notna())
    return lines.ffill().bfill().to_numpy()


def broken_series(n_ts, sz, d, share, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n_ts, sz, d))
    X[rng.random(X.shape) < share] = np.nan
    return X


@PROPERTY
@given(
    seed=st.integers(0, 10_000),
    share=st.sampled_from([0.1, 0.5, 0.8]),
    limit=st.sampled_from([None, 0, 1, 2, 5]),
    some_shorter=st.booleans(),
)
def test_gaps_are_filled_as_pandas_fills_them(seed, share, limit, some_shorter):
    X = broken_series(6, 17, 2, share, seed)
    lengths = np.random.default_rng(seed).integers(1, 18, size=6) if some_shorter else None

    filled = fill_gaps(X, ~np.isnan(X), lengths, limit=limit)

    for row in range(6):
        length = 17 if lengths is None else lengths[row]
        for channel in range(2):
            expected = filled_by_pandas(X[row, :length, channel], limit)
            assert_allclose(filled[row, :length, channel], expected, rtol=1e-12)
        assert_array_equal(filled[row, length:], 0)


def test_a_gap_of_the_limit_is_interpolated_and_a_longer_one_is_not():
    X = np.array([0, np.nan, np.nan, 3, np.nan, np.nan, np.nan, 7.0]).reshape(1, 8, 1)
    assert_array_equal(fill_gaps(X, ~np.isnan(X), limit=2).ravel(), [0, 1, 2, 3, 3, 3, 3, 7])


def test_what_was_observed_stays_and_the_input_is_not_touched():
    X = broken_series(5, 9, 3, 0.4)
    before = X.copy()
    mask = ~np.isnan(X)

    filled = fill_gaps(X, mask, limit=3)

    assert_array_equal(filled[mask], X[mask])
    assert np.isfinite(filled).all()
    assert_array_equal(X, before)


def test_complete_series_come_back_as_a_copy():
    X = np.ones((2, 3, 1))
    filled = fill_gaps(X, np.ones(X.shape, dtype=bool), limit=5)
    assert_array_equal(filled, X)
    assert not np.shares_memory(filled, X)


def test_what_the_mask_hides_does_not_matter():
    X = broken_series(5, 9, 2, 0.4)
    mask = ~np.isnan(X)
    spoiled = np.where(mask, X, np.inf)
    assert_array_equal(fill_gaps(spoiled, mask, limit=3), fill_gaps(X, mask, limit=3))


def test_what_lies_beyond_the_end_of_a_series_does_not_fill_its_gaps():
    X = np.array([1, np.nan, 5, 9.0]).reshape(1, 4, 1)
    filled = fill_gaps(X, ~np.isnan(X), np.array([2]), limit=None)
    assert_array_equal(filled.ravel(), [1, 1, 0, 0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_dtype_stays_and_equal_values_are_joined_by_that_value(dtype):
    values = np.random.default_rng(0).normal(size=50).astype(dtype)
    X = np.full((50, 6, 1), np.nan, dtype)
    X[:, 0, 0] = X[:, 5, 0] = values

    filled = fill_gaps(X, ~np.isnan(X), limit=None)

    assert filled.dtype == dtype
    assert_array_equal(filled[:, :, 0], np.repeat(values[:, None], 6, axis=1))


def test_extreme_values_of_opposite_sign_are_joined_without_a_warning():
    largest = np.finfo(np.float32).max
    X = np.array([largest, np.nan, -largest], np.float32).reshape(1, 3, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        filled = fill_gaps(X, ~np.isnan(X), limit=1)
    assert_array_equal(filled.ravel(), [largest, 0, -largest])


def test_many_series_are_filled_block_by_block_alike(monkeypatch):
    X = broken_series(50, 8, 2, 0.5)
    lengths = np.random.default_rng(1).integers(1, 9, size=50)
    whole = fill_gaps(X, ~np.isnan(X), lengths, limit=2)
    monkeypatch.setattr(_filling, "_BLOCK", 100)
    assert_array_equal(fill_gaps(X, ~np.isnan(X), lengths, limit=2), whole)
