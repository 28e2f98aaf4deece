import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklaug.preprocessing import from_channels_first, from_nested, to_channels_first, to_nested

quickly = settings(derandomize=True, deadline=None, max_examples=40)
numbers = st.floats(-1e6, 1e6, width=32)
cubes = arrays(np.float32, array_shapes(min_dims=3, max_dims=3, max_side=6), elements=numbers)


@st.composite
def unequal(draw):
    """Draw a list of arrays (sz_i, d), with NaN anywhere."""
    d = draw(st.integers(1, 3))
    return [
        draw(arrays(np.float64, (n, d), elements=st.one_of(numbers, st.just(np.nan))))
        for n in draw(st.lists(st.integers(1, 6), min_size=1, max_size=5))
    ]


# -------------------------------------------------------------------------------------------
# Channels first
# -------------------------------------------------------------------------------------------


def test_channels_and_time_change_places():
    X = np.arange(24).reshape(2, 3, 4)

    swapped = from_channels_first(X)

    assert swapped.shape == (2, 4, 3) and swapped.dtype == X.dtype
    assert swapped[1, 3, 2] == X[1, 2, 3] == 23
    assert swapped.flags.c_contiguous


@quickly
@given(cubes)
def test_there_and_back_gives_the_same_array(X):
    for there, back in [
        (from_channels_first, to_channels_first),
        (to_channels_first, from_channels_first),
    ]:
        again = back(there(X))
        assert again.dtype == X.dtype
        assert_array_equal(again, X)


@quickly
@given(unequal())
def test_there_and_back_gives_the_same_list(X):
    channels_first = to_channels_first(X)

    assert [row.shape for row in channels_first] == [row.shape[::-1] for row in X]
    again = from_channels_first(channels_first)
    assert isinstance(again, list)
    for row, expected in zip(again, X, strict=True):
        assert_array_equal(row, expected)


@pytest.mark.parametrize("swap", [from_channels_first, to_channels_first])
@pytest.mark.parametrize("shape", [(2, 1, 4), (2, 4, 1), (2, 3, 4)])
def test_the_result_shares_no_memory_with_the_input(swap, shape):
    X = np.zeros(shape)

    swap(X)[:] = 1
    for row in swap(list(X)):
        row[:] = 1

    assert not X.any()


def test_an_object_array_of_series_is_taken_as_a_list():
    X = np.empty(2, dtype=object)
    X[0], X[1] = np.zeros((3, 5)), np.zeros((3, 7))

    assert [row.shape for row in from_channels_first(X)] == [(5, 3), (7, 3)]


def test_nested_lists_of_numbers_are_an_array():
    assert_array_equal(from_channels_first([[[1, 2, 3], [4, 5, 6]]]), [[[1, 4], [2, 5], [3, 6]]])


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_series_without_an_axis_of_channels_have_one_channel(kind):
    X = np.arange(6.0).reshape(2, 3)

    assert_array_equal(to_channels_first(kind(X)), X[:, None, :])
    for row, expected in zip(to_channels_first(list(X)), X, strict=True):
        assert_array_equal(row, expected[None])


def test_series_without_channels_cannot_have_these_first():
    message = r"X has shape \(20, 24\), but from_channels_first takes series of shape \(n_ts, d, sz\). .* no axis of channels"
    with pytest.raises(ValueError, match=message):
        from_channels_first(np.zeros((20, 24)))
    message = r"X\[1\] has shape \(7,\), but from_channels_first takes lists of series of shape \(d, sz_i\)"
    with pytest.raises(ValueError, match=message):
        from_channels_first([np.zeros((2, 7)), np.zeros(7)])


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4, 5)])
def test_another_number_of_dimensions_is_refused(shape):
    with pytest.raises(ValueError, match=rf"X has shape \({shape[0]},.*takes series of shape \(n_"):
        from_channels_first(np.zeros(shape))
    with pytest.raises(ValueError, match=rf"X has shape \({shape[0]},.*\(n_ts, sz, d\) or \(n_ts,"):
        to_channels_first(np.zeros(shape))


@pytest.mark.parametrize(
    "swap, rows",
    [
        (from_channels_first, [(3, 5), (3, 7), (2, 5)]),
        (to_channels_first, [(5, 3), (7, 3), (5, 2)]),
    ],
)
def test_series_with_other_channels_are_refused_with_their_row(swap, rows):
    message = rf"X\[0\] has shape \({rows[0][0]}, {rows[0][1]}\), but X\[2\] has shape \({rows[2][0]}, {rows[2][1]}\)"
    with pytest.raises(ValueError, match=message):
        swap([np.zeros(shape) for shape in rows])


def test_a_dataframe_has_no_channels_first():
    with pytest.raises(
        TypeError, match=r"X is a DataFrame of shape \(4, 6\), but from_channels_fi"
    ):
        from_channels_first(pd.DataFrame(np.zeros((4, 6))))


# -------------------------------------------------------------------------------------------
# Nested DataFrames
# -------------------------------------------------------------------------------------------


def test_the_cells_become_the_channels_of_a_padded_array():
    index = pd.date_range("2024", periods=3)
    X = pd.DataFrame(
        {
            "a": [pd.Series([1, 2, 3], index=index), pd.Series([4, 5])],
            "b": [pd.Series([6, 7, 8], index=index), pd.Series([9.5, np.nan])],
        },
        index=["x", "y"],
    )

    values = from_nested(X)

    expected = [[[1, 6], [2, 7], [3, 8]], [[4, 9.5], [5, np.nan], [np.nan, np.nan]]]
    assert values.dtype == np.float64
    assert_array_equal(values, expected)


def test_single_precision_stays_single():
    X = to_nested(np.ones((2, 3, 2), dtype=np.float32))

    assert X.loc[0, "dim_0"].dtype == np.float32
    assert from_nested(X).dtype == np.float32


@quickly
@given(cubes)
def test_an_array_nested_and_back_is_the_same(X):
    nested = to_nested(X)

    assert nested.shape == (X.shape[0], X.shape[2])
    assert list(nested.columns) == [f"dim_{channel}" for channel in range(X.shape[2])]
    assert_array_equal(from_nested(nested), X)


@quickly
@given(unequal())
def test_a_list_nested_and_back_is_the_same_but_for_the_padding(X):
    values = from_nested(to_nested(X))

    assert values.shape == (len(X), max(map(len, X)), X[0].shape[1])
    for padded, row in zip(values, X, strict=True):
        assert_array_equal(padded[: len(row)], row)
        assert np.isnan(padded[len(row) :]).all()


def test_padding_is_cut_off_and_gaps_are_kept():
    X = np.array([[1, np.nan, 3, np.nan, np.nan], [1, 2, 3, 4, np.nan]])

    nested = to_nested(X)

    assert nested.shape == (2, 1)
    assert_array_equal(nested.loc[0, "dim_0"], [1, np.nan, 3])
    assert_array_equal(from_nested(nested)[:, :, 0], X[:, :4])


def test_nesting_keeps_the_index_of_a_dataframe_and_shares_no_memory():
    X = pd.DataFrame(np.zeros((2, 3)), index=["x", "y"])

    nested = to_nested(X)
    nested.loc["x", "dim_0"][:] = 1

    assert list(nested.index) == ["x", "y"]
    assert not X.to_numpy().any()


def test_columns_of_the_same_name_are_channels_of_their_own():
    X = pd.DataFrame({0: [pd.Series([1.0, 2.0])], 1: [pd.Series([3.0, 4.0])]})
    X.columns = ["a", "a"]

    assert_array_equal(from_nested(X), [[[1, 3], [2, 4]]])


def test_channels_of_unequal_length_are_refused_with_their_row():
    X = pd.DataFrame({"a": [np.zeros(3), np.zeros(4)], "b": [np.zeros(3), np.zeros(2)]})

    with pytest.raises(
        ValueError, match=r"The channels of row 1 have 4, 2 steps. Give all channels"
    ):
        from_nested(X)


def test_cells_without_a_series_are_refused_with_their_place():
    with pytest.raises(TypeError, match=r"X holds .*0.5.* in row 1, column 'b', but from_nested"):
        from_nested(pd.DataFrame({"a": [np.zeros(3)] * 2, "b": [np.zeros(3), 0.5]}))
    with pytest.raises(
        TypeError, match=r"row 0, column 0.*A wide DataFrame of numbers goes to the"
    ):
        from_nested(pd.DataFrame(np.zeros((2, 3))))


def test_what_is_no_nested_dataframe_is_refused():
    with pytest.raises(TypeError, match="X is of type ndarray, but from_nested takes a DataFrame"):
        from_nested(np.zeros((2, 3)))
    with pytest.raises(ValueError, match=r"X has shape \(0, 1\). from_nested needs a row"):
        from_nested(pd.DataFrame({"a": []}))


def test_empty_cells_and_text_are_refused_with_their_row():
    with pytest.raises(ValueError, match=r"no value at all in 1 of 2 series \(row 1\)"):
        from_nested(pd.DataFrame({"a": [np.zeros(3), np.zeros(0)]}))
    with pytest.raises(ValueError, match=r"X\[1\] contains values that are not numbers"):
        from_nested(pd.DataFrame({"a": [np.zeros(2), pd.Series(["one", "two"])]}))


# -------------------------------------------------------------------------------------------
# Inside a pipeline
# -------------------------------------------------------------------------------------------


class SignOfTheFirstChannel(ClassifierMixin, BaseEstimator):
    """Right only where time comes before channels."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return (X[:, :, 0].mean(axis=1) > 0).astype(int)


def test_the_functions_are_steps_of_a_pipeline():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(12, 3, 5)), np.arange(12) % 2
    X[:, 0] += 10 * (2 * y[:, None] - 1)
    nested = to_nested(np.swapaxes(X, 1, 2))

    for function, series in [(from_channels_first, X), (from_nested, nested)]:
        pipeline = make_pipeline(FunctionTransformer(function), SignOfTheFirstChannel())
        pipeline = pickle.loads(pickle.dumps(pipeline))
        assert cross_val_score(pipeline, series, y, cv=3).mean() == 1


def test_a_transformer_finds_its_inverse_right():
    step = FunctionTransformer(
        from_channels_first, inverse_func=to_channels_first, check_inverse=False
    )
    X = [np.arange(6.0).reshape(2, 3), np.arange(8.0).reshape(2, 4)]

    again = step.inverse_transform(step.fit_transform(X))

    for row, expected in zip(again, X, strict=True):
        assert_array_equal(row, expected)
