"""What scikit-learn asks of every estimator, and the same of series with channels."""

import inspect
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

import sklaug
from sklaug.base import BaseGenerator

pytestmark = pytest.mark.filterwarnings("ignore:.*returns X unchanged:UserWarning")

ESTIMATORS = [
    public
    for public in (getattr(sklaug, name) for name in sklaug.__all__)
    if isinstance(public, type) and hasattr(public, "fit")
]
GENERATORS = [estimator for estimator in ESTIMATORS if issubclass(estimator, BaseGenerator)]
REASON = (
    "By design fit_transform returns synthetic rows and transform real ones, so that a Pipeline trains on synthetic "
    "and predicts on real series; the check wants both to be equal."
)
BY_DESIGN = dict.fromkeys(
    ["check_transformer_general", "check_transformer_data_not_an_array"], REASON
)
SHAPES = [(8, 6), (8, 6, 2)]


def tiny(estimator, **parameters):
    """Build an estimator that fits in milliseconds, whichever of the parameters it has."""
    small = {"hidden_dim": 4, "max_epochs": 2, "random_state": 0} | parameters
    return estimator(
        **{k: v for k, v in small.items() if k in inspect.signature(estimator).parameters}
    )


def expected_failures(estimator):
    return BY_DESIGN if isinstance(estimator, BaseGenerator) else {}


def make_data(shape):
    X = np.random.default_rng(0).normal(3, 2, size=shape)
    return X, np.arange(len(X)) % 2


def results_of(estimator, X, y):
    """Call every method that returns an array."""
    results = {"transform": estimator.transform(X), "sample": estimator.sample(3)[0]}
    if hasattr(estimator, "augment"):
        results["augment"] = estimator.augment(X, y)
    for name in ("encode", "reconstruct", "score"):
        if hasattr(estimator, name):
            results[name] = getattr(estimator, name)(X, y)
    if hasattr(estimator, "decode"):
        results["decode"] = estimator.decode(results["encode"], y)
    if hasattr(estimator, "interpolate"):
        results["interpolate"] = estimator.interpolate(X, X[::-1], y)
    return results


def assert_same_results(actual, expected):
    assert actual.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(actual[name], values, err_msg=name)


# -------------------------------------------------------------------------------------------
# scikit-learn's own checks
# -------------------------------------------------------------------------------------------


def test_there_are_estimators_to_check():
    assert sklaug.LatentAugmenter in GENERATORS


# pyproject.toml makes every xfail strict, in every version of scikit-learn.
@parametrize_with_checks(
    [tiny(estimator) for estimator in ESTIMATORS], expected_failed_checks=expected_failures
)
def test_scikit_learns_check_passes(estimator, check):
    check(estimator)


@pytest.mark.parametrize("Estimator", ESTIMATORS)
def test_exactly_the_checks_that_ask_for_equal_fit_transform_and_transform_fail(Estimator):
    estimator = tiny(Estimator)
    results = check_estimator(estimator, on_fail=None)
    failed = [result for result in results if result["status"] == "failed"]
    assert {result["check_name"] for result in failed} == set(expected_failures(estimator))
    for result in failed:
        assert "fit_transform and transform outcomes not consistent" in str(result["exception"])


def test_no_tag_hides_a_check():
    tags = tiny(sklaug.LatentAugmenter).__sklearn_tags__()
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert not tags._skip_test
    assert not tags.input_tags.allow_nan
    assert tags.input_tags.three_d_array
    assert set(tags.transformer_tags.preserves_dtype) == {"float32", "float64"}


# -------------------------------------------------------------------------------------------
# The same for series with channels
# -------------------------------------------------------------------------------------------

on_every_layout = pytest.mark.parametrize("shape", SHAPES, ids=["2-D", "3-D"])
on_every_generator = pytest.mark.parametrize("Generator", GENERATORS)


@on_every_layout
@on_every_generator
def test_fit_returns_the_estimator_itself(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator)
    assert generator.fit(X, y) is generator


@on_every_layout
@on_every_generator
def test_fit_leaves_the_parameters_alone(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator)
    before = joblib.hash(generator.get_params())
    assert joblib.hash(generator.fit(X, y).get_params()) == before


@on_every_layout
@on_every_generator
def test_a_fit_adds_only_names_with_an_underscore_at_an_end(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator)
    parameters = set(vars(generator))
    added = set(vars(generator.fit(X, y))) - parameters
    assert added
    assert all(name.startswith("_") or name.endswith("_") for name in added)


@on_every_layout
@on_every_generator
def test_fitting_twice_gives_the_same_as_once(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator).fit(X, y)
    once = results_of(generator, X, y)
    assert_same_results(results_of(generator.fit(X, y), X, y), once)


@on_every_generator
def test_a_fit_on_other_series_forgets_the_first(Generator):
    X, y = make_data((8, 6))
    X_other, _ = make_data((9, 5, 3))
    generator = tiny(Generator).fit(X, y).fit(X_other)
    assert_same_results(
        results_of(generator, X_other, None),
        results_of(tiny(Generator).fit(X_other), X_other, None),
    )
    assert not hasattr(generator, "classes_")


@on_every_layout
@on_every_generator
def test_no_method_changes_the_fitted_estimator(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator).fit(X, y)
    before = joblib.hash(vars(generator))
    results_of(generator, X, y)
    assert joblib.hash(vars(generator)) == before


@on_every_layout
@on_every_generator
def test_a_pickle_gives_the_same_results(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator).fit(X, y)
    back = pickle.loads(pickle.dumps(generator))
    assert_same_results(results_of(back, X, y), results_of(generator, X, y))


@on_every_layout
@on_every_generator
def test_a_clone_has_the_parameters_and_nothing_that_was_learnt(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator).fit(X, y)
    copied = clone(generator)
    assert joblib.hash(copied.get_params()) == joblib.hash(generator.get_params())
    with pytest.raises(NotFittedError):
        copied.transform(X)
    assert_same_results(results_of(copied.fit(X, y), X, y), results_of(generator, X, y))


@on_every_generator
def test_every_argument_of_init_is_stored_as_it_is(Generator):
    names = inspect.signature(Generator).parameters
    marks = {name: object() for name in names}
    assert Generator(**marks).get_params(deep=False) == marks
    assert Generator().set_params(**marks).get_params(deep=False) == marks


@on_every_generator
def test_set_params_refuses_a_name_that_is_none(Generator):
    with pytest.raises(ValueError, match="Invalid parameter 'strength' for estimator"):
        Generator().set_params(strength=1)


@on_every_layout
@on_every_generator
def test_lengths_and_channels_are_remembered(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator).fit(X, y)
    assert generator.n_features_in_ == 6
    assert generator.n_timepoints_ == 6
    assert generator.n_channels_ == (1 if len(shape) == 2 else 2)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@on_every_layout
@on_every_generator
def test_floats_keep_their_precision(Generator, shape, dtype):
    X, y = make_data(shape)
    X = X.astype(dtype)
    generator = tiny(Generator)
    assert generator.fit_transform(X, y).dtype == dtype
    assert generator.transform(X).dtype == dtype
    assert generator.sample(3)[0].dtype == dtype


@on_every_layout
@on_every_generator
def test_one_synthetic_row_comes_back_for_each_row(Generator, shape):
    X, y = make_data(shape)
    generated = tiny(Generator).fit_transform(X, y)
    assert generated.shape == shape
    assert np.isfinite(generated).all()
    assert not np.isclose(generated, X).all(axis=tuple(range(1, X.ndim))).any()


@pytest.mark.parametrize("layout", ["read-only memmap", "Fortran", "every second", "reversed"])
@on_every_layout
@on_every_generator
def test_the_memory_layout_of_the_input_makes_no_difference(Generator, shape, layout, tmp_path):
    X, y = make_data(shape)
    if layout == "read-only memmap":
        np.save(tmp_path / "X.npy", X)
        same = np.load(tmp_path / "X.npy", mmap_mode="r")
    elif layout == "Fortran":
        same = np.asfortranarray(X)
    elif layout == "every second":
        same = np.repeat(X, 2, axis=1)[:, ::2]
    else:
        same = np.ascontiguousarray(X[::-1])[::-1]
    np.testing.assert_array_equal(same, X)
    expected = tiny(Generator).fit_transform(X, y)
    np.testing.assert_array_equal(tiny(Generator).fit_transform(same, y), expected)


@on_every_layout
@on_every_generator
def test_transform_treats_each_row_by_itself(Generator, shape):
    X, y = make_data(shape)
    generator = tiny(Generator).fit(X, y)
    whole = generator.transform(X)
    np.testing.assert_array_equal(np.concatenate([generator.transform(x[None]) for x in X]), whole)
    order = np.random.default_rng(0).permutation(len(X))
    np.testing.assert_array_equal(generator.transform(X[order]), whole[order])


@on_every_layout
@on_every_generator
def test_every_method_says_that_a_fit_is_missing(Generator, shape):
    X, _ = make_data(shape)
    generator = tiny(Generator)
    for name in ("transform", "augment", "encode", "decode", "reconstruct", "score"):
        if hasattr(generator, name):
            with pytest.raises(
                NotFittedError, match=rf"This {Generator.__name__} instance is not fitted yet"
            ):
                getattr(generator, name)(X)
    if hasattr(generator, "interpolate"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            generator.interpolate(X, X)
    for name in ("sample", "get_feature_names_out"):
        with pytest.raises(NotFittedError, match="not fitted yet"):
            getattr(generator, name)()


@on_every_generator
def test_feature_names_are_those_of_the_frame_or_numbered(Generator):
    X, y = make_data((8, 6))
    numbered = [f"x{step}" for step in range(6)]
    assert tiny(Generator).fit(X, y).get_feature_names_out().tolist() == numbered
    frame = pd.DataFrame(X, columns=list("abcdef"))
    assert tiny(Generator).fit(frame, y).get_feature_names_out().tolist() == list("abcdef")


@on_every_generator
def test_series_with_channels_have_no_feature_names(Generator):
    X, y = make_data((8, 6, 2))
    generator = tiny(Generator).fit(X, y)
    with pytest.raises(
        ValueError, match=r"fitted on series of shape \(n_ts, sz, d\).*no columns to name"
    ):
        generator.get_feature_names_out()


@on_every_generator
def test_set_output_wraps_what_the_pipeline_passes_on(Generator):
    X, y = make_data((8, 6))
    generator = tiny(Generator).set_output(transform="pandas")
    generated = generator.fit_transform(X, y)
    assert isinstance(generated, pd.DataFrame)
    assert generated.columns.tolist() == [f"x{step}" for step in range(6)]
    np.testing.assert_array_equal(generated, tiny(Generator).fit_transform(X, y))
    assert isinstance(generator.transform(X), pd.DataFrame)


@on_every_generator
def test_set_output_keeps_the_index_of_a_frame(Generator):
    X, y = make_data((8, 6))
    frame = pd.DataFrame(X, index=list("hgfedcba"), columns=list("abcdef"))
    generated = tiny(Generator).set_output(transform="pandas").fit_transform(frame, y)
    assert generated.index.tolist() == list("hgfedcba")
    assert generated.columns.tolist() == list("abcdef")


@on_every_generator
def test_set_output_is_refused_for_series_with_channels(Generator):
    X, y = make_data((8, 6, 2))
    # scikit-learn < 1.9 makes the frame before it asks for names.
    with pytest.raises(ValueError, match=r"no columns to name|Must pass 2-d input"):
        tiny(Generator).set_output(transform="pandas").fit_transform(X, y)
