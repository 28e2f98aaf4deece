"""Bad input gets an error that says what came, what is needed and what to do."""

# ruff: noqa: E501 - messages stand here in one piece, to be found by their text

import functools
import re

import numpy as np
import pandas as pd
import pytest
import torch
from comparing import as_objects, says
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity
from sklearn.preprocessing import StandardScaler

from sklaug import LatentAugmenter
from sklaug.transforms import drift, time_warp, window_warp

pytestmark = pytest.mark.filterwarnings("ignore:.*returns X unchanged:UserWarning")

N, SZ, D = 8, 6, 2
RNG = np.random.default_rng(0)
X, X3 = RNG.normal(size=(N, SZ)), RNG.normal(size=(N, SZ, D))
CLASS, REAL, HOLE = np.arange(N) % 2, np.linspace(0.1, 1, N), np.arange(N) == 2
ROW_METHODS = ["transform", "augment", "encode", "reconstruct", "score"]


def augmenter(**parameters):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0} | parameters)


@functools.cache
def fitted(what, **parameters):
    """Fit once for all tests that only read."""
    data = {
        "2-D": (X,),
        "3-D": (X3,),
        "class": (X, CLASS),
        "real": (X, REAL),
        "text": (X, list("ab" * 4)),
    }
    return augmenter(**parameters).fit(*data[what])


def with_value(row, value):
    spoiled = X.copy()
    spoiled[row, 2] = value
    return spoiled


# -------------------------------------------------------------------------------------------
# X: shape
# -------------------------------------------------------------------------------------------

LAYOUT = (
    "LatentAugmenter takes series of shape (n_ts, sz), or (n_ts, sz, d) with time before channels"
)


@pytest.mark.parametrize(
    "bad, came",
    [
        (X[0], "X has shape (6,), but "),
        ([1.0, 2.0], "X has shape (2,), but "),
        ([], "X has shape (0,), but "),
        (pd.Series([1.0, 2.0]), "X has shape (2,), but "),
        (3.0, "X is a single value, but "),
        (None, "X is a single value, but "),
        (X[None, None], "X has shape (1, 1, 8, 6), but "),
        (X3[:, :, :0], "X has shape (8, 6, 0), but "),
        (X3[:, :0], "X has shape (8, 0, 2), but "),
    ],
)
def test_series_of_a_wrong_rank_are_refused(bad, came):
    with pytest.raises(ValueError, match=says(came + LAYOUT)):
        augmenter().fit(bad)
    with pytest.raises(ValueError, match=says(came)):
        fitted("3-D").augment(bad)


def test_one_series_without_a_leading_axis_gets_the_reshape_told():
    with pytest.raises(ValueError, match=says("a single series is X.reshape(1, -1).")):
        augmenter().fit(X[0])


@pytest.mark.parametrize("method", ROW_METHODS)
@pytest.mark.parametrize(
    "what, bad, text",
    [
        ("2-D", X3, "X has shape (8, 6, 2), but LatentAugmenter was fitted on series of shape (sz=6). Pass an array of shape (n_ts, 6)."),
        ("2-D", X[:, :5], "X has 5 features, but LatentAugmenter is expecting 6 features as input"),
        ("3-D", X, "X has shape (8, 6), but LatentAugmenter was fitted on series of shape (sz=6, d=2). Pass an array of shape (n_ts, 6, 2)."),
        ("3-D", X3[:, :5], "X has shape (8, 5, 2), but LatentAugmenter was fitted on series of shape (sz=6, d=2)."),
        ("3-D", X3[:, :, :1], "X has shape (8, 6, 1), but LatentAugmenter was fitted on series of shape (sz=6, d=2)."),
        ("3-D", X3.repeat(2, axis=2), "X has shape (8, 6, 4), but LatentAugmenter was fitted on series of shape (sz=6, d=2)."),
    ],
)  # fmt: skip
def test_series_of_another_rank_length_or_channels_than_at_fit_are_refused(what, bad, text, method):
    with pytest.raises(ValueError, match=says(text)):
        getattr(fitted(what), method)(bad)


@pytest.mark.parametrize("method", ROW_METHODS)
def test_channels_before_time_get_a_hint(method):
    text = "X has shape (8, 2, 6), ... The channels seem to come before time: try np.swapaxes(X, 1, 2)."
    with pytest.raises(ValueError, match=says(text)):
        getattr(fitted("3-D"), method)(np.swapaxes(X3, 1, 2))


def test_interpolate_names_the_argument_that_is_wrong():
    with pytest.raises(ValueError, match=says("X_start has shape (8, 6, 2), but")):
        fitted("2-D").interpolate(X3, X)
    with pytest.raises(ValueError, match=says("X_end has shape (8, 6, 2), but")):
        fitted("2-D").interpolate(X, X3)


def test_both_ends_of_an_interpolation_must_have_as_many_series():
    with pytest.raises(
        ValueError, match=says("X_start has 3 series, but X_end has 4. They must be equally many.")
    ):
        fitted("2-D").interpolate(X[:3], X[:4])


def test_both_ends_of_an_interpolation_must_have_as_many_series_with_y_too():
    text = "X_start has 3 series, but X_end has 4. They must be equally many."
    for n in (3, 4):
        with pytest.raises(ValueError, match=says(text)):
            fitted("class").interpolate(X[:3], X[:4], CLASS[:n])


@pytest.mark.parametrize("n_steps, error, text", [(1, ValueError, "n_steps must be at least 2, got 1."), (2.5, TypeError, "n_steps must be an integer, got 2.5.")])  # fmt: skip
def test_an_interpolation_needs_two_steps(n_steps, error, text):
    with pytest.raises(error, match=says(text)):
        fitted("2-D").interpolate(X, X, n_steps=n_steps)


@pytest.mark.parametrize(
    "bad, text",
    [
        (X[:0], "Found array with 0 sample(s) (shape=(0, 6)) while a minimum of 2 is required by LatentAugmenter."),
        (X3[:0], "Found array with 0 sample(s) (shape=(0, 6, 2)) while a minimum of 2 is required by LatentAugmenter."),
        (X[:, :0], "Found array with 0 feature(s) (shape=(8, 0)) while a minimum of 1 is required by LatentAugmenter."),
        (X[:1], "Found array with 1 sample(s) (shape=(1, 6)) while a minimum of 2 is required by LatentAugmenter."),
        (X3[:1], "Found array with 1 sample(s) (shape=(1, 6, 2)) while a minimum of 2 is required by LatentAugmenter."),
    ],
)  # fmt: skip
def test_a_fit_needs_two_series(bad, text):
    with pytest.raises(ValueError, match=says(text)):
        augmenter().fit(bad)


@pytest.mark.parametrize("method", ROW_METHODS)
def test_an_empty_call_is_refused(method):
    text = "Found array with 0 sample(s) (shape=(0, 6)) while a minimum of 1 is required by LatentAugmenter."
    with pytest.raises(ValueError, match=says(text)):
        getattr(fitted("2-D"), method)(X[:0])


@pytest.mark.parametrize("container", [list, tuple, as_objects])
@pytest.mark.parametrize(
    "shapes, examples",
    [
        ([(4, 2), (3, 2), (5, 3), (4, 3)], "row 0 has shape (4, 2), row 2 has shape (5, 3)"),
        ([(4,), (3, 1), (5,), (5, 2)], "row 0 has shape (4,), row 1 has shape (3, 1), row 3 has shape (5, 2)"),
        ([(4, 2, 2), (3, 2, 2)], "row 0 has shape (4, 2, 2)"),
    ],
)  # fmt: skip
def test_series_of_a_list_must_have_the_same_channels(shapes, examples, container):
    text = (
        f"X is a list of series that do not go together: {examples}. LatentAugmenter takes series of "
        "shape (sz_i,), or of shape (sz_i, d) with time before channels and the same d for all."
    )
    bad = container([np.ones(shape) for shape in shapes])
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        augmenter().fit(bad)
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        fitted("3-D").augment(bad)


def test_columns_of_other_names_than_at_fit_are_refused():
    frame = pd.DataFrame(X, columns=list("abcdef"))
    of_frame = augmenter().fit(frame)
    with pytest.raises(
        ValueError, match=says("The feature names should match those that were passed during fit.")
    ):
        of_frame.augment(frame.rename(columns={"f": "g"}))
    with pytest.raises(
        ValueError, match="Feature names must be in the same order as they were in fit"
    ):
        of_frame.transform(frame[list("fedcba")])


# -------------------------------------------------------------------------------------------
# X: values
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bad, rows",
    [
        (with_value(3, np.inf), "1 of 8 series (row 3)"),
        (with_value([5, 6], np.inf), "2 of 8 series (rows 5, 6)"),
        (with_value([1, 2, 3, 4, 5], np.inf), "5 of 8 series (rows 1, 2, 3, 4, 5)"),
        (with_value(slice(1, 7), np.inf), "6 of 8 series (rows 1, 2, 3, 4, 5, ...)"),
        (with_value(0, -np.inf), "1 of 8 series (row 0)"),
        (with_value([0, 3], [np.nan, np.inf]), "1 of 8 series (row 3)"),
        (with_value(3, np.inf).astype(np.float32)[..., None], "1 of 8 series (row 3)"),
        (pd.DataFrame(with_value(3, np.inf)), "1 of 8 series (row 3)"),
        (pd.DataFrame(with_value(3, np.inf)).astype("Float64"), "1 of 8 series (row 3)"),
        (with_value(3, np.inf).tolist(), "1 of 8 series (row 3)"),
        (list(with_value(3, np.inf)), "1 of 8 series (row 3)"),
        ([x[:n] for x, n in zip(with_value(3, np.inf), [4, 1, 2, 3, 4, 5, 6, 6], strict=True)], "1 of 8 series (row 3)"),
    ],
)  # fmt: skip
def test_infinity_is_counted_and_refused(bad, rows):
    text = (
        f"X contains infinity in {rows}, which LatentAugmenter does not accept. Replace those values, by NaN where they "
        "are missing, or drop those rows."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        augmenter().fit(bad)


@pytest.mark.parametrize("method", ROW_METHODS)
@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_every_method_refuses_infinity(value, method):
    text = "X contains infinity in 1 of 8 series (row 3), which LatentAugmenter does not accept."
    with pytest.raises(ValueError, match=says(text)):
        getattr(fitted("2-D"), method)(with_value(3, value))


def empty(*rows):
    return np.where(np.isin(np.arange(N), rows)[:, None], np.nan, X)


@pytest.mark.parametrize(
    "bad, rows",
    [
        (empty(3), "1 of 8 series (row 3)"),
        (empty(1, 5), "2 of 8 series (rows 1, 5)"),
        (empty(*range(8)), "8 of 8 series (rows 0, 1, 2, 3, 4, ...)"),
        (empty(3)[..., None].repeat(2, axis=2), "1 of 8 series (row 3)"),
        (pd.DataFrame(empty(3)), "1 of 8 series (row 3)"),
        (pd.DataFrame(empty(3)).astype("Float64"), "1 of 8 series (row 3)"),
        (empty(3).tolist(), "1 of 8 series (row 3)"),
        (list(empty(3)), "1 of 8 series (row 3)"),
        ([X[0], X[1][:0], X[2][:4]], "1 of 3 series (row 1)"),
        ([X3[0], X3[1, :0], X3[2, :4]], "1 of 3 series (row 1)"),
    ],
)
@pytest.mark.parametrize("nan_tail", ["padding", "missing"])
def test_series_without_any_value_are_counted_and_refused(bad, rows, nan_tail):
    text = f"X holds no value at all in {rows}. Drop what is empty."
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        augmenter(nan_tail=nan_tail).fit(bad)


@pytest.mark.parametrize(
    "bad, error, text",
    [
        ([["a", "b"], ["c", "d"]], ValueError, "X contains values that are not numbers (could not convert string to float: ...'a'...). Pass numbers only; labels belong in y."),
        (np.array([[1.0, "b"], [2.0, "d"]], dtype=object), ValueError, "X contains values that are not numbers (could not convert string to float: 'b')."),
        (pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}), ValueError, "X contains values that are not numbers (could not convert string to float: 'x'; in column 'b'). Pass numbers only; labels belong in y."),
        (pd.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}).astype({"b": "category"}), ValueError, "X contains values that are not numbers (...). Pass numbers only"),
        (np.array([[1.0, {}], [2.0, 3.0]], dtype=object), TypeError, "X contains values that are not numbers (float() argument must be a string or a real number, not 'dict')."),
        (X + 1j, ValueError, "Complex data not supported: X has dtype complex128. Pass the real and the imaginary parts as channels of their own."),
        ((X3 + 1j).astype(np.complex64), ValueError, "Complex data not supported: X has dtype complex64."),
        (pd.DataFrame(X + 1j), ValueError, "Complex data not supported: X has dtype complex128."),
        (X.astype("datetime64[s]"), TypeError, "X contains dates or durations (dtype datetime64[s]), which are not values of a series. Leave them out, or turn them into numbers."),
        (pd.DataFrame(X).assign(day=pd.Timestamp("2024-01-01")).rename(columns=str), TypeError, "X contains dates or durations (dtype datetime64["),
        (sparse.csr_matrix(X), TypeError, "Sparse data was passed for X, but dense data is required. Use '.toarray()'"),
        (sparse.csr_array(X), TypeError, "Sparse data was passed for X, but dense data is required. Use '.toarray()'"),
    ],
)  # fmt: skip
def test_values_that_are_no_real_numbers_are_refused(bad, error, text):
    with pytest.raises(error, match=says(text)):
        augmenter().fit(bad)


# -------------------------------------------------------------------------------------------
# y
# -------------------------------------------------------------------------------------------

MISSING = "Drop those rows or fill the values in."
MIXED = "y mixes strings and other types; make all class labels strings, or all numbers."


@pytest.mark.parametrize("as_given", [list, np.asarray, pd.Series])
def test_y_must_have_an_entry_for_each_series(as_given):
    text = "y has 5 entries, but there are 8 series. They must be equally many."
    with pytest.raises(ValueError, match=says(text)):
        augmenter().fit(X, as_given(CLASS[:5]))
    with pytest.raises(ValueError, match=says(text)):
        fitted("class").augment(X, as_given(CLASS[:5]))
    with pytest.raises(ValueError, match=says(text)):
        fitted("class").decode(fitted("class").encode(X, CLASS), CLASS[:5])


@pytest.mark.parametrize(
    "y, text",
    [
        (np.c_[CLASS, CLASS], "y should be a 1d array, got an array of shape (8, 2) instead."),
        (1, "y should be a 1d array, got an array of shape () instead."),
        (CLASS + 1j, "Complex data not supported"),
        (sparse.csr_matrix(CLASS), "Sparse data was passed for y, but dense data is required."),
    ],
)
def test_y_must_be_one_column_of_labels_or_numbers(y, text):
    with pytest.raises((ValueError, TypeError), match=says(text)):
        augmenter().fit(X, y)


@pytest.mark.parametrize(
    "y, text",
    [
        (np.where(HOLE, np.nan, REAL), "y is missing (NaN or None) in 1 of 8 rows (first in row 2). " + MISSING),
        (np.where(HOLE, np.nan, CLASS), "y is missing (NaN or None) in 1 of 8 rows (first in row 2). " + MISSING),
        (["a", None] * 4, "y is missing (NaN or None) in 4 of 8 rows (first in row 1). " + MISSING),
        (["a", np.nan] * 4, "y is missing (NaN or None) in 4 of 8 rows (first in row 1). " + MISSING),
        (pd.Series(["a", "b", "b", None] * 2), "y is missing (NaN or None) in 2 of 8 rows (first in row 3). " + MISSING),
        (pd.Series(["a", "b", "b", None] * 2, dtype="category"), "y is missing (NaN or None) in 2 of 8 rows (first in row 3). " + MISSING),
        (pd.Series([0, 1, None, 1] * 2, dtype="Int64"), "y is missing (NaN or None) in 2 of 8 rows (first in row 2). " + MISSING),
        (np.where(HOLE, np.inf, REAL), "y contains NaN or infinity in 1 of 8 rows (first in row 2). " + MISSING),
    ],
)  # fmt: skip
def test_targets_that_are_missing_are_counted_and_refused(y, text):
    with pytest.raises(ValueError, match=says(text)):
        augmenter().fit(X, y)


def test_real_targets_that_are_missing_are_refused():
    y = np.where(HOLE, np.nan, REAL)
    text = says("y contains NaN or infinity in 1 of 8 rows (first in row 2). " + MISSING)
    with pytest.raises(ValueError, match=text):
        augmenter(target_type="continuous").fit(X, y)
    with pytest.raises(ValueError, match=text):
        fitted("real").augment(X, y)
    with pytest.raises(
        ValueError, match=says("y contains NaN or infinity in 1 of 1 rows (first in row 0)")
    ):
        fitted("real").sample(y=[np.nan])


@pytest.mark.parametrize("target_type", ["auto", "class"])
@pytest.mark.parametrize("as_given", [list, tuple, pd.Series, lambda y: np.array(y, dtype=object)])
def test_labels_of_several_types_are_refused(as_given, target_type):
    with pytest.raises(TypeError, match=says(MIXED)):
        augmenter(target_type=target_type).fit(X, as_given(["a", 1] * 4))
    with pytest.raises(TypeError, match=says(MIXED)):
        fitted("class").augment(X, as_given(["a", 1] * 4))


def test_labels_without_an_order_are_refused():
    text = "y holds labels that cannot be put in order (...). Make all class labels strings, or all numbers."
    with pytest.raises(TypeError, match=says(text)):
        augmenter().fit(X, [{}] * N)


def test_words_are_no_real_targets():
    text = "y cannot be read as real targets (...'a'...). Pass numbers, or target_type='class' to LatentAugmenter."
    with pytest.raises(ValueError, match=says(text)):
        augmenter(target_type="continuous").fit(X, list("abababab"))
    with pytest.raises(ValueError, match=says(text)):
        fitted("real").augment(X, list("abababab"))
    with pytest.raises(ValueError, match=says(text)):
        fitted("real").sample(2, y="a")


@pytest.mark.parametrize(
    "what, y, text",
    [
        ("class", CLASS + 1, "y has classes never seen at fit: 2. LatentAugmenter knows: 0, 1."),
        (
            "class",
            ["0", "1"] * 4,
            "y has classes never seen at fit: '0', '1'. LatentAugmenter knows: 0, 1.",
        ),
        (
            "text",
            list("abcdabcd"),
            "y has classes never seen at fit: 'c', 'd'. LatentAugmenter knows: 'a', 'b'.",
        ),
        ("text", CLASS, "y has classes never seen at fit: 0, 1. LatentAugmenter knows: 'a', 'b'."),
    ],
)
@pytest.mark.parametrize("method", ["augment", "encode", "reconstruct", "score"])
def test_a_class_that_was_never_seen_is_refused_with_those_that_were(what, y, text, method):
    with pytest.raises(ValueError, match=says(text)):
        getattr(fitted(what), method)(X, y)


@pytest.mark.parametrize("request_", [{"n_samples": 3, "y": 7}, {"y": [0, 1, 7]}])
def test_samples_of_a_class_that_was_never_seen_are_refused(request_):
    with pytest.raises(
        ValueError, match=says("y has classes never seen at fit: 7. LatentAugmenter knows: 0, 1.")
    ):
        fitted("class").sample(**request_)


def test_of_many_classes_only_some_are_listed():
    y = np.arange(30)
    many = augmenter(max_epochs=1).fit(RNG.normal(size=(30, SZ)), y)
    text = "knows: 0, 1, 2, ..., 19, ... (30 in all)."
    with pytest.raises(ValueError, match=says(text)):
        many.augment(X, CLASS - 5)


@pytest.mark.parametrize("method", ["augment", "encode", "reconstruct", "score"])
def test_y_is_asked_for_where_it_is_needed_and_refused_where_not(method):
    text = "LatentAugmenter was fitted with class labels, so {} needs y of shape (n_ts,): pass those of these rows."
    with pytest.raises(ValueError, match=says(text.format(method))):
        getattr(fitted("class"), method)(X)
    text = "LatentAugmenter was fitted without y, so {} takes no y. Fit with y to make series conditional on it."
    with pytest.raises(ValueError, match=says(text.format(method))):
        getattr(fitted("2-D"), method)(X, CLASS)


# -------------------------------------------------------------------------------------------
# Arguments of methods
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "n_samples, error, text",
    [
        (0, ValueError, "n_samples must be at least 1, got 0."),
        (-1, ValueError, "n_samples must be at least 1, got -1."),
        (2.5, TypeError, "n_samples must be an integer, got 2.5."),
        ("3", TypeError, "n_samples must be an integer, got '3'."),
        (True, TypeError, "n_samples must be an integer, got True."),
    ],
)
@pytest.mark.parametrize("request_", [{}, {"y": 1}], ids=["without y", "for one class"])
def test_a_number_of_samples_is_an_integer_of_at_least_one(request_, n_samples, error, text):
    with pytest.raises(error, match=says(text)):
        fitted("class").sample(n_samples, **request_)


def test_the_number_of_samples_must_not_contradict_y():
    text = "n_samples=5, but y has 8 entries. Leave n_samples out, or make them agree."
    with pytest.raises(ValueError, match=says(text)):
        fitted("class").sample(5, y=CLASS)


def test_samples_for_no_target_at_all_are_refused():
    with pytest.raises(ValueError, match=r"y .*(empty|no entries|0 entries)"):
        fitted("class").sample(y=[])


@pytest.mark.parametrize(
    "first_row, error, text",
    [
        (-1, ValueError, "first_row must be at least 0, got -1."),
        (2.5, TypeError, "first_row must be an integer, got 2.5."),
        (None, TypeError, "first_row must be an integer, got None."),
    ],
)
def test_a_first_row_is_an_integer_of_at_least_zero(first_row, error, text):
    with pytest.raises(error, match=says(text)):
        fitted("2-D").augment(X, first_row=first_row)


BAD_ETA = [
    (-1, ValueError, "eta must be at least 0, got -1."),
    (-0.1, ValueError, "eta must be at least 0, got -0.1."),
    (np.nan, ValueError, "eta must be a finite number, got nan."),
    (np.inf, ValueError, "eta must be a finite number, got inf."),
    ("0.5", TypeError, "eta must be a number, got '0.5'."),
    (True, TypeError, "eta must be a number, got True."),
    ([0.1], TypeError, "eta must be a number, got [0.1]."),
]


@pytest.mark.parametrize(
    "eta, error, text", [*BAD_ETA, (None, TypeError, "eta must be a number, got None.")]
)
def test_eta_is_a_finite_number_of_at_least_zero(eta, error, text):
    with pytest.raises(error, match=says(text)):
        augmenter(eta=eta).fit(X)


@pytest.mark.parametrize("eta, error, text", BAD_ETA)
def test_eta_is_checked_by_augment_too(eta, error, text):
    with pytest.raises(error, match=says(text)):
        fitted("2-D").augment(X, eta=eta)


def test_eta_set_after_the_fit_is_checked():
    late = augmenter().fit(X).set_params(eta=-1)
    with pytest.raises(ValueError, match=says("eta must be at least 0, got -1.")):
        late.augment(X)


@pytest.mark.parametrize(
    "Z, shape",
    [
        (np.zeros((N, SZ, 3)), "(8, 6, 3)"),
        (np.zeros((N, SZ + 1, 4)), "(8, 7, 4)"),
        (np.zeros((SZ, 4)), "(6, 4)"),
        (np.zeros((0, SZ, 4)), "(0, 6, 4)"),
    ],
)
def test_decode_needs_codes_of_the_shape_that_encode_returns(Z, shape):
    text = f"Z has shape {shape}, but the codes of this LatentAugmenter have shape (n_ts, 6, 4)."
    with pytest.raises(ValueError, match=says(text)):
        fitted("2-D").decode(Z)


@pytest.mark.parametrize(
    "place, value",
    [
        (..., np.inf),
        (..., np.nan),
        (3, np.nan),
        ((3, 2), np.nan),
        ((3, slice(None, 2)), np.nan),
        ((3, -1, 0), np.nan),
        ((3, -1), np.inf),
    ],
)
def test_decode_needs_finite_codes_up_to_the_end_of_each_series(place, value):
    Z = np.zeros((N, SZ, 4))
    Z[place] = value
    text = (
        "Z contains NaN or infinity, other than NaN in all codes beyond the end of a shorter series. Pass codes as "
        "encode returns them."
    )
    with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
        fitted("2-D").decode(Z)


@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_decode_needs_real_codes():
    with pytest.raises((ValueError, TypeError), match=r"[Cc]omplex"):
        fitted("2-D").decode(np.zeros((N, SZ, 4), dtype=complex))


def test_random_states_are_scikit_learns():
    text = "'seed' cannot be used to seed a numpy.random.RandomState instance"
    for call in (
        lambda: augmenter(random_state="seed").fit(X),
        lambda: fitted("2-D").augment(X, random_state="seed"),
        lambda: fitted("2-D").sample(random_state="seed"),
    ):
        with pytest.raises(ValueError, match=text):
            call()
    with pytest.raises(ValueError, match=says("Seed must be between 0 and 2**32 - 1")):
        augmenter(random_state=-1).fit(X)


# -------------------------------------------------------------------------------------------
# Parameters
# -------------------------------------------------------------------------------------------

ENCODERS = "Known: cnn_gru, variational_transformer, transformer, bilstm; or pass a subclass of torch.nn.Module built like sklaug.networks.encoders.CNNGRUEncoder."
DECODERS = "Known: conv_gru, gru, bilstm; or pass a subclass of torch.nn.Module built like sklaug.networks.decoders.ConvGRUDecoder."
TRANSFORMATIONS = "Known: jitter, scaling, magnitude_warp, drift, trend, time_warp, window_warp, mixup; or pass a callable f(Z, *, eta, rng)."


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("encoder", "lstm", "Unknown encoder 'lstm'. " + ENCODERS),
        ("encoder", 3, "Unknown encoder 3. " + ENCODERS),
        ("encoder", None, "Unknown encoder None. " + ENCODERS),
        ("encoder", dict, "Unknown encoder <class 'dict'>. " + ENCODERS),
        ("encoder", "conv_gru", "Unknown encoder 'conv_gru'. " + ENCODERS),
        ("decoder", "cnn_gru", "Unknown decoder 'cnn_gru'. " + DECODERS),
        ("decoder", int, "Unknown decoder <class 'int'>. " + DECODERS),
        ("transformation", "warp", "Unknown transformation 'warp'. " + TRANSFORMATIONS),
        ("transformation", ["jitter", "warp"], "Unknown transformation 'warp'. " + TRANSFORMATIONS),
        ("transformation", "", "Unknown transformation ''. " + TRANSFORMATIONS),
        ("residual", "none", "Unknown residual 'none'. Known: drop, keep, resample."),
        ("residual", None, "Unknown residual None. Known: drop, keep, resample."),
        ("latent", "vector", "Unknown latent 'vector'. Known: sequence, global."),
        ("target_type", "real", "Unknown target_type 'real'. Known: auto, class, continuous."),
        ("target_type", None, "Unknown target_type None. Known: auto, class, continuous."),
        ("device", "gpu", "device='gpu' cannot be used here (Expected one of cpu, cuda,...). Pass 'auto' or 'cpu'."),
    ],
)  # fmt: skip
def test_names_that_nobody_knows_are_answered_with_those_that_are_known(name, value, text):
    with pytest.raises(ValueError, match=says(text)):
        augmenter(**{name: value}).fit(X, CLASS)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_absent_is_refused():
    with pytest.raises(
        ValueError, match=says("device='cuda' cannot be used here (...). Pass 'auto' or 'cpu'.")
    ):
        augmenter(device="cuda").fit(X)


@pytest.mark.parametrize("device", [None, "meta"])
def test_a_device_without_memory_is_refused(device):
    with pytest.raises((ValueError, TypeError), match=r"device=.* Pass 'auto' or 'cpu'"):
        augmenter(device=device).fit(X)


@pytest.mark.parametrize("transformation", [None, 3, {}, [["jitter"]], ["jitter", None]])
def test_a_transformation_is_a_name_a_callable_or_a_list(transformation):
    text = "A transformation is a name, a callable f(Z, *, eta, rng) or a list of these; got ... of type "
    with pytest.raises(TypeError, match=says(text)):
        augmenter(transformation=transformation).fit(X)


@pytest.mark.parametrize("empty", [[], ()])
def test_an_empty_chain_is_refused(empty):
    text = "transformation is an empty list. Pass at least one name or callable; eta=0 changes nothing."
    with pytest.raises(ValueError, match=says(text)):
        augmenter(transformation=empty).fit(X)


AT_LEAST_ONE, AT_LEAST_ZERO, ABOVE_ZERO = (
    "must be at least 1",
    "must be at least 0",
    "must be more than 0",
)
INTEGERS = ["latent_dim", "hidden_dim", "warmup_epochs", "max_epochs", "batch_size", "n_iter_no_change", "n_threads"]  # fmt: skip
NUMBERS = [
    "beta",
    "free_bits",
    "equivariance",
    "tol",
    "learning_rate",
    "validation_fraction",
    "max_time",
]


@pytest.mark.parametrize(
    "name, value, text",
    [
        *[(name, 0, AT_LEAST_ONE) for name in INTEGERS if name != "warmup_epochs"],
        *[(name, -1, AT_LEAST_ONE) for name in INTEGERS if name != "warmup_epochs"],
        ("warmup_epochs", -1, AT_LEAST_ZERO),
        *[(name, -0.5, AT_LEAST_ZERO) for name in ("beta", "free_bits", "equivariance", "tol")],
        *[(name, value, ABOVE_ZERO) for name in ("learning_rate", "max_time") for value in (0, -1.5)],
        *[("validation_fraction", value, "must be more than 0 and less than 1") for value in (0, 1, -0.1, 1.5)],
        *[(name, value, "must be a finite number") for name in NUMBERS for value in (np.nan, np.inf, -np.inf)],
    ],
)  # fmt: skip
def test_numbers_out_of_their_range_are_refused(name, value, text):
    with pytest.raises(ValueError, match=says(f"{name} {text}, got {value!r}.")):
        augmenter(**{name: value}).fit(X)


OR_ELSE = dict.fromkeys(["hidden_dim", "max_time"], " or None")
OR_ELSE |= dict.fromkeys(["max_epochs", "batch_size", "learning_rate"], " or 'auto'")


@pytest.mark.parametrize("value", ["4", [1], {}, True, 1j])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_of_another_type_are_refused(name, value):
    with pytest.raises(
        TypeError, match=says(f"{name} must be a number{OR_ELSE.get(name, '')}, got {value!r}.")
    ):
        augmenter(**{name: value}).fit(X)


@pytest.mark.parametrize("value", ["4", 2.5, 2.0, [1], True, np.nan])
@pytest.mark.parametrize("name", INTEGERS)
def test_integers_of_another_type_are_refused(name, value):
    with pytest.raises(
        TypeError, match=says(f"{name} must be an integer{OR_ELSE.get(name, '')}, got {value!r}.")
    ):
        augmenter(**{name: value}).fit(X)


@pytest.mark.parametrize("name", set(INTEGERS + NUMBERS) - {"hidden_dim", "max_time"})
def test_only_some_parameters_may_be_none(name):
    with pytest.raises(TypeError, match=rf"{name} must be an? (number|integer).*, got None\."):
        augmenter(**{name: None}).fit(X)


def test_integers_of_numpy_are_integers():
    parameters = {name: np.int64(3) for name in INTEGERS if name != "n_threads"}
    assert augmenter(**parameters).fit(X).n_iter_ == 3


@pytest.mark.parametrize(
    "name, value",
    [("early_stopping", "no"), ("warm_start", "no"), ("verbose", "a"), ("verbose", -1)],
)
def test_flags_of_another_type_are_refused(name, value):
    with pytest.raises((TypeError, ValueError), match=rf"{name} must be .*got {value!r}"):
        augmenter(**{name: value}).fit(X)


@pytest.mark.parametrize("memory", [3, []])
def test_a_memory_is_a_folder_or_joblibs(memory):
    with pytest.raises(
        ValueError,
        match=says(
            "'memory' should be None, a string or have the same interface as joblib.Memory."
        ),
    ):
        augmenter(memory=memory).fit(X)


@pytest.mark.parametrize("prior", ["kde", 3, GaussianMixture, StandardScaler()], ids=str)
def test_a_prior_is_a_density(prior):
    text = "prior must be None or a density estimator with fit(X), sample(n_samples) and get_params(), such as sklaug.density.ManifoldParzen(); got "
    with pytest.raises(TypeError, match=says(text)):
        augmenter(prior=prior).fit(X)


def test_a_prior_that_needs_more_rows_than_a_class_has_says_so():
    text = "prior=GaussianMixture(n_components=3) could not be fitted to the codes of the 1 series of classes_[2] (...). Choose a density that so few rows allow, or prior=None."
    with pytest.raises(ValueError, match=says(text)):
        augmenter(prior=GaussianMixture(3)).fit(X, [0, 0, 0, 1, 1, 1, 1, 2])
    text = (
        "prior=GaussianMixture(n_components=30) could not be fitted to the codes of 8 series (...)."
    )
    with pytest.raises(ValueError, match=says(text)):
        augmenter(prior=GaussianMixture(30)).fit(X)


def test_a_fit_whose_prior_failed_is_no_fit():
    failed = augmenter(prior=GaussianMixture(30))
    with pytest.raises(ValueError, match="could not be fitted"):
        failed.fit(X)
    with pytest.raises(NotFittedError):
        failed.sample(2)


def test_samples_need_the_residuals_of_a_fit_that_kept_them():
    late = augmenter().fit(X).set_params(residual="resample")
    text = "residual='resample' was set after the fit, so no residuals were kept. Fit again."
    with pytest.raises(ValueError, match=says(text)):
        late.sample(2)


# -------------------------------------------------------------------------------------------
# Transformations
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "transformation, name",
    [
        *[
            (name, name)
            for name in ("magnitude_warp", "drift", "trend", "time_warp", "window_warp")
        ],
        (drift, "drift"),
        (functools.partial(time_warp, n_knots=3), "time_warp"),
        (functools.partial(functools.partial(time_warp, n_knots=3), n_knots=5), "time_warp"),
        (["jitter", "trend"], "trend"),
        (("mixup", functools.partial(window_warp, window=0.5)), "window_warp"),
    ],
)
def test_a_global_code_refuses_transformations_along_time(transformation, name):
    text = says(
        f"transformation '{name}' needs a time axis, which a global code lacks. Use 'jitter', 'scaling' or 'mixup', or latent='sequence'."
    )
    with pytest.raises(ValueError, match=text):
        augmenter(latent="global", transformation=transformation).fit(X)
    with pytest.raises(ValueError, match=text):
        fitted("2-D", latent="global").augment(X, transformation=transformation)


def test_a_users_transformation_may_ask_for_a_time_axis_too():
    def smooth(Z):
        return Z

    smooth.needs_time_axis = True
    with pytest.raises(ValueError, match=says("transformation 'smooth' needs a time axis")):
        fitted("2-D", latent="global").augment(X, transformation=smooth)


def first_rows(Z):
    return Z[:2]


def nothing(Z):
    return None


@pytest.mark.parametrize(
    "transformation, text",
    [
        (first_rows, "The transformation first_rows returned an array of shape (2, 6, 4), but it was given Z of shape (1024, 6, 4). It must return an array of that shape."),
        (functools.partial(first_rows), "The transformation first_rows returned an array of shape (2, 6, 4)"),
        (["jitter", nothing], "The transformation nothing returned an object of type NoneType, but it was given Z of shape (1024, 6, 4)."),
    ],
)  # fmt: skip
def test_a_transformation_must_return_the_shape_that_it_was_given(transformation, text):
    with pytest.raises(ValueError, match=says(text)):
        fitted("2-D").augment(X, transformation=transformation)


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize("request_", [{"transformation": lambda Z: Z * np.nan}, {"eta": 1e300}])
def test_codes_that_are_not_finite_are_refused(request_):
    with pytest.raises(ValueError, match="NaN or infinity"):
        fitted("2-D").augment(X, **request_)


# -------------------------------------------------------------------------------------------
# Training
# -------------------------------------------------------------------------------------------


class LinearEncoder(torch.nn.Module):
    def __init__(self, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.n_outputs = 3
        self.linear = torch.nn.Linear(n_channels, 3)

    def forward(self, x):
        return self.linear(x)


class NaNEncoder(LinearEncoder):
    def forward(self, x):
        return super().forward(x) * float("nan")


class NarrowEncoder(LinearEncoder):
    def forward(self, x):
        return super().forward(x)[..., :2]


class FlatEncoder(LinearEncoder):
    def forward(self, x):
        return super().forward(x).mean(dim=1)


class WidthlessEncoder(LinearEncoder):
    def __init__(self, *arguments):
        super().__init__(*arguments)
        del self.n_outputs


class WideDecoder(torch.nn.Module):
    def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.linear = torch.nn.Linear(code_dim, n_channels + 1)

    def forward(self, z):
        return self.linear(z)


def test_a_loss_that_explodes_names_the_epoch_and_the_remedy():
    text = r"The loss became (NaN|infinite) at epoch \d+\. Lower learning_rate \(now 1e\+06\) or check X for extreme values\."
    with pytest.raises(ValueError, match=text):
        augmenter(learning_rate=1e6, max_epochs=30).fit(X, CLASS)


def test_a_loss_that_is_nan_names_the_epoch_and_the_remedy():
    failed = augmenter(encoder=NaNEncoder)
    text = "The loss became NaN at epoch 1. Lower learning_rate (now 0.005) or check X for extreme values."
    with pytest.raises(ValueError, match=says(text)):
        failed.fit(X)
    with pytest.raises(NotFittedError):
        failed.sample(2)


@pytest.mark.parametrize("encoder", [NarrowEncoder, FlatEncoder, WidthlessEncoder])
def test_a_users_encoder_is_told_what_it_must_return(encoder):
    with pytest.raises((ValueError, TypeError), match=encoder.__name__):
        augmenter(encoder=encoder).fit(X)


@pytest.mark.parametrize("series", [X, X3])
def test_a_users_decoder_is_told_what_it_must_return(series):
    with pytest.raises((ValueError, TypeError), match="WideDecoder"):
        augmenter(decoder=WideDecoder).fit(series)


def test_too_little_time_for_one_step_says_so():
    text = "max_time=1e-09 s ended the training before its first step. Raise it, or lower hidden_dim or the number of series."
    with pytest.raises(ValueError, match=says(text)):
        augmenter(max_time=1e-9).fit(X)


def test_early_stopping_needs_rows_to_train_on():
    with pytest.raises(ValueError, match="validation_fraction"):
        augmenter(early_stopping=True, validation_fraction=0.99).fit(X)


@pytest.mark.parametrize("change", [{"hidden_dim": 8}, {"encoder": "bilstm"}, {"latent_dim": 2}])
def test_a_warm_start_refuses_another_network(change):
    warm = augmenter(warm_start=True).fit(X)
    with pytest.raises(ValueError, match=f"warm_start.*{next(iter(change))}"):
        warm.set_params(**change).fit(X)


def test_a_warm_start_refuses_series_of_another_shape():
    warm = augmenter(warm_start=True).fit(X)
    with pytest.raises(
        ValueError, match=says("X has 5 features, but LatentAugmenter is expecting 6 features")
    ):
        warm.fit(X[:, :5])
    with pytest.raises(
        ValueError,
        match=says(
            "X has shape (8, 6, 2), but LatentAugmenter was fitted on series of shape (sz=6)"
        ),
    ):
        warm.fit(X3)


def test_a_memory_without_an_integer_seed_warns(tmp_path):
    text = "memory is set but random_state is not an int, so no training will be found in the cache. Set random_state."
    with pytest.warns(UserWarning, match=says(text)):
        augmenter(memory=str(tmp_path), random_state=None).fit(X)


def test_a_kernel_density_is_a_prior_without_further_ado():
    assert np.isfinite(augmenter(prior=KernelDensity()).fit(X).sample(3)[0]).all()


def test_the_warning_of_transform_points_to_the_line_that_called_it():
    with pytest.warns(UserWarning, match="LatentAugmenter.transform returns X unchanged") as caught:
        augmenter().fit(X).transform(X)
    assert caught[0].filename == __file__


def test_a_torch_tensor_is_told_apart():
    with pytest.raises(TypeError, match=says("X is a torch tensor. Pass a numpy array: X.detach().cpu().numpy().")):  # fmt: skip
        augmenter().fit(torch.zeros(8, 6))


def test_counts_by_class_are_answered_with_the_way_to_ask():
    with pytest.raises(TypeError, match=says("pass y=[0] * 5 + [1] * 3.")):
        fitted("class").sample(y={0: 5, 1: 3})


def test_a_wrong_length_says_what_to_do():
    for n_steps in (5, 7):
        text = (
            f"X has {n_steps} features, but LatentAugmenter is expecting 6 features as input: it was fitted on series of 6 "
            "time steps. Resample or cut the series to that length, or pad shorter ones with NaN."
        )
        with pytest.raises(ValueError, match=f"^{re.escape(text)}$"):
            fitted("2-D").augment(np.resize(X, (N, n_steps)))


def test_a_last_step_that_went_too_far_is_noticed():
    text = "The codes became infinite or NaN after epoch 1. Lower learning_rate (now 1e+30) or check X for extreme values."
    with pytest.raises(ValueError, match=says(text)):
        augmenter(max_epochs=1, batch_size=64, learning_rate=1e30).fit(X)
