"""What goes in comes back: containers, shapes, dtypes, and inputs that nobody wrote to."""

import numpy as np
import pandas as pd
import pytest
from comparing import as_objects

from sklaug import LatentAugmenter

pytestmark = pytest.mark.filterwarnings("ignore:.*returns X unchanged:UserWarning")

N, SZ = 9, 7
SHAPES = [(N, SZ), (N, SZ, 1), (N, SZ, 3)]
ROWWISE = ["fit_transform", "transform", "augment", "reconstruct"]

every_shape = pytest.mark.parametrize("shape", SHAPES, ids=["2-D", "d=1", "d=3"])


def augmenter(**parameters):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0} | parameters)


def make_data(shape=(N, SZ)):
    X = np.random.default_rng(0).normal(3, 2, size=shape)
    return X, np.arange(len(X)) % 2


def make_frame(**options):
    X, y = make_data()
    return pd.DataFrame(
        X, **{"index": pd.date_range("2024-01-01", periods=N), "columns": list("abcdefg")} | options
    ), y


def all_results(X, y, **parameters):
    """Fit on X, and call every method on it."""
    fitted = augmenter(**parameters)
    results = {"fit_transform": fitted.fit_transform(X, y)}
    results["transform"] = fitted.transform(X)
    for name in ("augment", "reconstruct", "encode", "score"):
        results[name] = getattr(fitted, name)(X, y)
    results["decode"] = fitted.decode(results["encode"], y)
    results["interpolate"] = fitted.interpolate(X, X, y)
    results["sample"] = fitted.sample(4)[0]
    return results


# -------------------------------------------------------------------------------------------
# Shapes
# -------------------------------------------------------------------------------------------


@every_shape
def test_rowwise_methods_return_the_shape_of_their_input(shape):
    results = all_results(*make_data(shape))
    for name in ROWWISE:
        assert isinstance(results[name], np.ndarray)
        assert results[name].shape == shape, name
        assert np.isfinite(results[name]).all()


@every_shape
def test_augment_takes_another_number_of_rows_than_the_fit_had(shape):
    X, y = make_data(shape)
    fitted = augmenter().fit(X, y)
    for n in (1, 3):
        assert fitted.augment(X[:n], y[:n]).shape == (n, *shape[1:])
    doubled = fitted.augment(np.concatenate([X, X]), np.concatenate([y, y]))
    assert doubled.shape == (2 * N, *shape[1:])


@every_shape
def test_codes_have_the_shape_that_the_estimator_tells(shape):
    X, y = make_data(shape)
    fitted = augmenter(latent_dim=2).fit(X, y)
    Z = fitted.encode(X, y)
    assert Z.shape == (N, *fitted.code_shape_)
    assert fitted.code_shape_[1] == 2
    assert Z.dtype == np.float32


def test_codes_are_standardised_over_the_training_rows():
    X, y = make_data()
    Z = augmenter().fit(X, y).encode(X, y)
    np.testing.assert_allclose(Z.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(Z.std(axis=(0, 1)), 1, atol=1e-3)


@every_shape
def test_decode_undoes_encode_up_to_the_reconstruction(shape):
    X, y = make_data(shape)
    fitted = augmenter().fit(X, y)
    decoded = fitted.decode(fitted.encode(X, y), y)
    assert decoded.shape == shape
    np.testing.assert_allclose(decoded, fitted.reconstruct(X, y), atol=1e-4)


@every_shape
def test_interpolation_begins_and_ends_at_the_reconstructions(shape):
    X, y = make_data(shape)
    fitted = augmenter().fit(X, y)
    ways = fitted.interpolate(X, X[::-1], y, n_steps=4)
    assert ways.shape == (N, 4, *shape[1:])
    np.testing.assert_allclose(ways[:, 0], fitted.reconstruct(X, y), atol=1e-4)
    np.testing.assert_allclose(ways[:, -1], fitted.reconstruct(X[::-1], y), atol=1e-4)


def test_the_middle_of_an_interpolation_decodes_the_middle_of_the_codes():
    X, y = make_data()
    fitted = augmenter().fit(X, y)
    middle = (fitted.encode(X, y) + fitted.encode(X[::-1], y)) / 2
    ways = fitted.interpolate(X, X[::-1], y, n_steps=3)
    np.testing.assert_allclose(ways[:, 1], fitted.decode(middle, y), atol=1e-4)


def test_interpolation_has_five_steps_if_nothing_is_said():
    X, y = make_data()
    assert augmenter().fit(X, y).interpolate(X, X, y).shape == (N, 5, SZ)


@every_shape
def test_the_score_is_minus_the_squared_error_in_standard_deviations(shape):
    X, y = make_data(shape)
    X = X * (np.arange(shape[-1]) + 1 if len(shape) == 3 else 1)
    X_new = np.random.default_rng(1).normal(3, 2, size=shape)
    fitted = augmenter().fit(X, y)
    axes = (0, 1) if len(shape) == 3 else None
    for rows in (X, X_new):
        error = (rows - fitted.reconstruct(rows, y)) / X.std(axis=axes)
        np.testing.assert_allclose(fitted.score(rows, y), -np.mean(error**2), rtol=1e-4)
    assert type(fitted.score(X, y)) is float


@every_shape
def test_samples_have_the_shape_of_the_training_series(shape):
    X, y = make_data(shape)
    fitted = augmenter().fit(X, y)
    for n in (1, 2, 50):
        X_new, y_new = fitted.sample(n)
        assert X_new.shape == (n, *shape[1:])
        assert y_new.shape == (n,)
        assert np.isfinite(X_new).all()
    assert fitted.sample()[0].shape == (1, *shape[1:])


def test_a_sample_has_no_y_if_the_fit_had_none():
    X, _ = make_data()
    X_new, y_new = augmenter().fit(X).sample(3)
    assert X_new.shape == (3, SZ)
    assert y_new is None


@pytest.mark.parametrize("as_given", [list, np.asarray, tuple, pd.Series])
def test_samples_are_drawn_for_each_target_that_is_asked_for(as_given):
    X, y = make_data()
    fitted = augmenter().fit(X, y)
    X_new, y_new = fitted.sample(y=as_given([1, 0, 0, 1]))
    assert X_new.shape == (4, SZ)
    np.testing.assert_array_equal(y_new, [1, 0, 0, 1])


def test_samples_are_drawn_for_one_target_alike():
    X, y = make_data()
    fitted = augmenter().fit(X, y)
    X_new, y_new = fitted.sample(3, y=1)
    assert X_new.shape == (3, SZ)
    np.testing.assert_array_equal(y_new, [1, 1, 1])
    np.testing.assert_array_equal(X_new, fitted.sample(y=[1, 1, 1])[0])


def test_the_number_of_samples_may_agree_with_the_number_of_targets():
    X, y = make_data()
    assert augmenter().fit(X, y).sample(3, y=[0, 1, 0])[0].shape == (3, SZ)


# -------------------------------------------------------------------------------------------
# Frames
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ROWWISE)
def test_index_and_columns_of_a_frame_come_back(method):
    frame, y = make_frame()
    result = all_results(frame, y)[method]
    assert isinstance(result, pd.DataFrame)
    pd.testing.assert_index_equal(result.index, frame.index)
    pd.testing.assert_index_equal(result.columns, frame.columns)


def test_a_frame_gives_the_same_values_as_its_array():
    frame, y = make_frame()
    of_frame, of_array = all_results(frame, y), all_results(frame.to_numpy(), y)
    for name, values in of_array.items():
        np.testing.assert_array_equal(of_frame[name], values, err_msg=name)


def test_transform_returns_the_values_of_a_frame_bit_for_bit():
    frame, y = make_frame()
    pd.testing.assert_frame_equal(augmenter().fit(frame, y).transform(frame), frame)


def test_samples_come_as_a_frame_with_the_columns_and_a_range_index():
    frame, y = make_frame()
    X_new, y_new = augmenter().fit(frame, y).sample(4)
    assert isinstance(X_new, pd.DataFrame)
    pd.testing.assert_index_equal(X_new.index, pd.RangeIndex(4), exact=True)
    assert X_new.columns.tolist() == list("abcdefg")
    assert isinstance(y_new, np.ndarray)


def test_the_index_of_each_call_counts_and_not_that_of_the_fit():
    frame, y = make_frame()
    fitted = augmenter().fit(frame, y)
    later = frame.iloc[2:5].set_axis(list("xyz"))
    assert fitted.augment(later, y[2:5]).index.tolist() == list("xyz")
    assert fitted.reconstruct(later, y[2:5]).index.tolist() == list("xyz")


@pytest.mark.parametrize(
    "columns",
    [pd.RangeIndex(SZ), pd.Index([10, 20, 30, 40, 50, 60, 70])],
    ids=["range", "integers"],
)
def test_columns_may_be_integers(columns):
    frame, y = make_frame(columns=columns)
    fitted = augmenter()
    assert fitted.fit_transform(frame, y).columns.tolist() == columns.tolist()
    assert fitted.augment(frame, y).columns.tolist() == columns.tolist()
    assert fitted.sample(3)[0].columns.tolist() == columns.tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_frames_keep_their_precision(dtype):
    frame, y = make_frame()
    results = all_results(frame.astype(dtype), y)
    for name in (*ROWWISE, "sample"):
        assert (results[name].dtypes == dtype).all(), name


def test_columns_of_several_dtypes_become_float64():
    frame, y = make_frame()
    frame = frame.astype({"a": np.float32}).assign(b=np.arange(N), c=np.arange(N) % 2 == 0)
    results = all_results(frame, y)
    for name in (*ROWWISE, "sample"):
        assert (results[name].dtypes == np.float64).all(), name


def test_nullable_columns_without_gaps_are_numbers_like_others():
    frame, y = make_frame()
    expected = all_results(frame, y)
    results = all_results(frame.astype("Float64"), y)
    for name in ROWWISE:
        pd.testing.assert_frame_equal(results[name], expected[name])


def test_what_is_missing_in_nullable_columns_is_missing_as_nan_is():
    frame, y = make_frame()
    frame = frame.mask(np.random.default_rng(1).random(frame.shape) < 0.3)
    assert frame.isna().any(axis=1).all()
    expected = all_results(frame, y)
    results = all_results(frame.astype("Float64"), y)
    for name in ROWWISE:
        pd.testing.assert_frame_equal(results[name], expected[name])
    pd.testing.assert_frame_equal(expected["transform"], frame)


def test_an_array_after_a_frame_gives_an_array():
    frame, y = make_frame()
    fitted = augmenter().fit(frame, y)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        augmented = fitted.augment(frame.to_numpy(), y)
    assert isinstance(augmented, np.ndarray)
    np.testing.assert_array_equal(augmented, fitted.augment(frame, y))


# -------------------------------------------------------------------------------------------
# Dtypes
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@every_shape
def test_every_method_keeps_the_precision_of_floats(shape, dtype):
    X, y = make_data(shape)
    results = all_results(X.astype(dtype), y)
    for name in (*ROWWISE, "decode", "interpolate", "sample"):
        assert results[name].dtype == dtype, name


@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_residual_keeps_the_precision_of_floats(residual, dtype):
    X, y = make_data()
    results = all_results(X.astype(dtype), y, residual=residual)
    for name in (*ROWWISE, "sample"):
        assert results[name].dtype == dtype, name


def test_row_methods_follow_the_dtype_of_the_call_and_samples_that_of_the_fit():
    X, y = make_data()
    fitted = augmenter().fit(X, y)
    assert fitted.augment(X.astype(np.float32), y).dtype == np.float32
    assert fitted.reconstruct(X.astype(np.float32), y).dtype == np.float32
    assert fitted.sample()[0].dtype == np.float64


@pytest.mark.parametrize("dtype", ["int8", "uint16", "int64", "bool", "float16", ">f8", ">i4"])
@pytest.mark.parametrize("shape", [(N, SZ), (N, SZ, 3)])
def test_other_numbers_become_float64(shape, dtype):
    X, y = make_data(shape)
    X = np.round(X).clip(0).astype(dtype)
    results, expected = all_results(X, y), all_results(X.astype(np.float64), y)
    for name in (*ROWWISE, "sample"):
        assert results[name].dtype == np.float64, name
        np.testing.assert_array_equal(results[name], expected[name], err_msg=name)


@pytest.mark.parametrize("shape", [(N, SZ), (N, SZ, 3)])
def test_nested_lists_and_objects_are_read_as_numbers(shape):
    X, y = make_data(shape)
    expected = augmenter().fit_transform(X, y)
    for same in (X.tolist(), X.astype(object)):
        generated = augmenter().fit_transform(same, y)
        assert generated.dtype == np.float64
        np.testing.assert_array_equal(generated, expected)


# -------------------------------------------------------------------------------------------
# Lists of series
# -------------------------------------------------------------------------------------------


LISTS = {"list": list, "tuple": tuple, "object array": as_objects}
as_every_list = pytest.mark.parametrize("as_list", LISTS.values(), ids=LISTS)


@as_every_list
@every_shape
def test_a_list_of_equal_series_gives_the_values_of_their_array_as_a_list(shape, as_list):
    X, y = make_data(shape)
    of_list, of_array = all_results(as_list(X), y), all_results(X, y)
    for name in (*ROWWISE, "sample"):
        assert type(of_list[name]) is list, name
        assert {type(x) for x in of_list[name]} == {np.ndarray}
        assert {x.shape for x in of_list[name]} == {shape[1:]}
    for name, values in of_array.items():
        np.testing.assert_array_equal(of_list[name], values, err_msg=name)


def test_a_list_of_several_dtypes_takes_the_one_that_holds_them_all():
    X, y = make_data()
    mixed = [x.astype(np.float32) for x in X[:-1]]
    results = all_results([*mixed, X[-1]], y)
    of_integers = all_results([*mixed, np.arange(SZ)], y)
    for name in (*ROWWISE, "sample"):
        assert {x.dtype for x in results[name]} == {np.dtype(np.float64)}, name
        assert {x.dtype for x in of_integers[name]} == {np.dtype(np.float64)}, name


def test_the_container_of_each_call_counts_and_samples_come_in_that_of_the_fit():
    X, y = make_data()
    of_array, of_list = augmenter().fit(X, y), augmenter().fit(list(X), y)
    for name in ("augment", "reconstruct"):
        assert type(getattr(of_array, name)(list(X), y)) is list
        assert type(getattr(of_list, name)(X, y)) is np.ndarray
    assert type(of_array.transform(list(X))) is list
    assert type(of_list.transform(X)) is np.ndarray
    assert type(of_array.sample(3)[0]) is np.ndarray
    assert type(of_list.sample(3)[0]) is list


# -------------------------------------------------------------------------------------------
# Memory
# -------------------------------------------------------------------------------------------


def as_memmap(X, folder):
    path = folder / "X.dat"
    X.tofile(path)
    return np.memmap(path, dtype=X.dtype, mode="r", shape=X.shape)


def as_read_only(X, _):
    X = X.copy()
    X.flags.writeable = False
    return X


def as_unaligned(X, _):
    raw = np.zeros(X.nbytes + 1, dtype=np.uint8)
    raw[1:] = X.ravel().view(np.uint8)
    return raw[1:].view(X.dtype).reshape(X.shape)


LAYOUTS = {
    "memmap": as_memmap,
    "read-only": as_read_only,
    "unaligned": as_unaligned,
    "Fortran": lambda X, _: np.asfortranarray(X),
    "strided": lambda X, _: np.repeat(X, 2, axis=1)[:, ::2],
    "reversed": lambda X, _: np.ascontiguousarray(np.flip(X)[...])[
        tuple([slice(None, None, -1)] * X.ndim)
    ],
    "channels first": lambda X, _: np.moveaxis(np.ascontiguousarray(np.moveaxis(X, -1, 0)), 0, -1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(N, SZ), (N, SZ, 3)])
def test_every_memory_layout_gives_what_a_plain_copy_gives(shape, dtype, layout, tmp_path):
    X, y = make_data(shape)
    X = X.astype(dtype)
    same = LAYOUTS[layout](X, tmp_path)
    np.testing.assert_array_equal(same, X)
    results, expected = all_results(same, y), all_results(X, y)
    for name, values in expected.items():
        np.testing.assert_array_equal(results[name], values, err_msg=name)


@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
@pytest.mark.parametrize("shape", [(N, SZ), (N, SZ, 3)])
def test_no_method_writes_to_its_input(shape, residual):
    X, y = make_data(shape)
    X_before, y_before = X.copy(), y.copy()
    results = all_results(X, y, residual=residual)
    Z_before = results["encode"].copy()
    augmenter().fit(X, y).decode(results["encode"], y)
    np.testing.assert_array_equal(X, X_before)
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(results["encode"], Z_before)


def test_no_method_writes_to_a_frame():
    frame, y = make_frame()
    before = frame.copy(deep=True)
    all_results(frame, y, residual="keep")
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("residual", ["drop", "keep"])
@pytest.mark.parametrize("container", [np.asarray, list])
def test_writing_to_a_result_leaves_the_input_alone(container, residual):
    X, y = make_data()
    before = X.copy()
    fitted = augmenter(residual=residual, eta=0)
    given = container(X)
    for result in (
        fitted.fit_transform(given, y),
        fitted.augment(given, y),
        fitted.reconstruct(given, y),
    ):
        for x in result:
            x[:] = 0
    np.testing.assert_array_equal(X, before)


# -------------------------------------------------------------------------------------------
# Targets
# -------------------------------------------------------------------------------------------

ODD = pd.Index(np.arange(100, 100 + N)[::-1])
LABELS = {
    "list": [0, 1, 2] * 3,
    "tuple": (0, 1, 2) * 3,
    "integers": np.array([5, -1, 7] * 3),
    "int8": np.array([5, -1, 7] * 3, dtype=np.int8),
    "whole floats": np.array([0.0, 1.0, 2.0] * 3),
    "bool": np.array([True, False, True] * 3),
    "strings": ["cat", "dog", "elephant"] * 3,
    "string array": np.array(["cat", "dog", "elephant"] * 3),
    "object strings": np.array(["cat", "dog", "elephant"] * 3, dtype=object),
    "object integers": np.array([0, 1, 2] * 3, dtype=object),
    "Series": pd.Series([0, 1, 2] * 3, index=ODD),
    "Series of strings": pd.Series(["cat", "dog", "elephant"] * 3, index=ODD),
    "category": pd.Series(["cat", "dog", "elephant"] * 3, dtype="category", index=ODD),
    "category of numbers": pd.Series([3, 1, 2] * 3, dtype="category"),
    "Categorical": pd.Categorical(["cat", "dog", "elephant"] * 3),
    "nullable integers": pd.Series([0, 1, 2] * 3, dtype="Int64"),
    "days": np.array(["2024-01-01", "2024-01-02", "2024-01-03"] * 3, dtype="datetime64[D]"),
}


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_class_labels_may_be_of_any_kind(labels):
    X, _ = make_data()
    fitted = augmenter()
    generated = fitted.fit_transform(X, labels)
    np.testing.assert_array_equal(fitted.classes_, np.unique(np.asarray(labels)))
    np.testing.assert_array_equal(fitted.augment(X, labels), generated)
    _, y_new = fitted.sample(20)
    assert y_new.dtype == fitted.classes_.dtype
    assert set(y_new.tolist()) <= set(np.asarray(labels).tolist())
    # Labels are names: what stands behind them is the same network.
    numbers = np.unique(np.asarray(labels), return_inverse=True)[1]
    np.testing.assert_array_equal(generated, augmenter().fit_transform(X, numbers))


def test_labels_come_back_in_the_dtype_in_which_they_came():
    X, y = make_data()
    for dtype in ("int8", "int64", "bool", "float64", "<U3"):
        assert augmenter().fit(X, y.astype(dtype)).sample(3)[1].dtype == dtype


def test_a_series_is_read_by_position_and_not_by_its_index():
    X, y = make_data()
    fitted = augmenter().fit(pd.DataFrame(X), pd.Series(y, index=ODD))
    expected = augmenter().fit(X, y)
    np.testing.assert_array_equal(
        fitted.augment(pd.DataFrame(X), pd.Series(y, index=ODD[::-1])), expected.augment(X, y)
    )


def test_real_targets_come_as_float64():
    X, _ = make_data()
    for y in (
        np.linspace(0.1, 0.9, N),
        np.linspace(0.1, 0.9, N).astype(np.float32),
        np.linspace(0.1, 0.9, N).tolist(),
        pd.Series(np.linspace(0.1, 0.9, N), index=ODD),
        np.linspace(0.1, 0.9, N).astype(object),
    ):
        fitted = augmenter().fit(X, y)
        assert not hasattr(fitted, "classes_")
        _, y_new = fitted.sample(5)
        assert y_new.dtype == np.float64
        assert ((y_new >= 0.1 - 1e-6) & (y_new <= 0.9 + 1e-6)).all()


def test_a_column_of_targets_is_flattened_with_scikit_learns_warning():
    X, y = make_data()
    with pytest.warns(match="A column-vector y was passed when a 1d array was expected"):
        generated = augmenter().fit_transform(X, y[:, None])
    np.testing.assert_array_equal(generated, augmenter().fit_transform(X, y))
