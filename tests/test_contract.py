"""What scikit-learn asks of every estimator, and the same of series with channels, gaps and unequal lengths."""

import inspect
import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
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

# What has to be given to build one.
PARTS = {
    sklaug.AugmentedClassifier: (LogisticRegression(), sklaug.DirectAugmenter()),
    sklaug.AugmentedRegressor: (Ridge(), sklaug.DirectAugmenter()),
    sklaug.SyntheticOverSampler: (sklaug.DirectAugmenter(),),
}

# A block that is copied may happen to be the one that stood there.
MAY_COPY_WHAT_WAS_THERE = {sklaug.BlockBootstrapGenerator}

N, SZ = 8, 6
LENGTHS = np.array([4, 6, 2, 5, 6, 1, 3, 6])


def shorten(X):
    """Cut each series to its length."""
    return [x[:length].copy() for x, length in zip(X, LENGTHS, strict=True)]


def end_early(X):
    """Put NaN where each series is beyond its length."""
    return np.where((np.arange(SZ) < LENGTHS[:, None])[..., None], X, np.nan)


def punch_holes(X):
    """Take values out inside and at both ends, of one channel and of both, but no whole last step."""
    X = X.copy()
    X[0, 2] = X[1, :2] = X[2, 3:, 0] = X[3, :, 1] = X[5, 1:5] = X[7, -1, 1] = np.nan
    return X


LAYOUTS = {
    "2-D": lambda X: X[:, :, 0].copy(),
    "3-D": np.copy,
    "list": shorten,
    "NaN tails": end_early,
    "gaps": punch_holes,
    "known channel": np.copy,
}
OF_LAYOUT = {"known channel": {"condition_channels": 1}}


def tiny(estimator, layout="3-D", **parameters):
    """Build an estimator that fits in milliseconds, whichever of the parameters it has."""
    small = {"hidden_dim": 4, "max_epochs": 2, "random_state": 0}
    small |= OF_LAYOUT.get(layout, {}) | parameters
    return estimator(
        *PARTS.get(estimator, ()),
        **{k: v for k, v in small.items() if k in inspect.signature(estimator).parameters},
    )


def expected_failures(estimator):
    return BY_DESIGN if isinstance(estimator, BaseGenerator) else {}


def make_data(layout):
    X = np.random.default_rng(0).normal(3, 2, size=(N, SZ, 2))
    return LAYOUTS[layout](X), np.arange(N) % 2


def known_of(estimator, X):
    """Return what `sample` and `decode` have to be told about channels that are known in advance."""
    channel = getattr(estimator, "condition_channels", None)
    return {} if channel is None else {"condition": X[:, :, [channel]]}


def results_of(estimator, X, y):
    """Call every method that returns series, codes or a score."""
    known = known_of(estimator, X)
    few = {name: values[:3] for name, values in known.items()}
    results = {"transform": estimator.transform(X), "sample": estimator.sample(3, **few)[0]}
    if hasattr(estimator, "augment"):
        results["augment"] = estimator.augment(X, y)
    for name in ("encode", "reconstruct", "score"):
        if hasattr(estimator, name):
            results[name] = getattr(estimator, name)(X, y)
    if hasattr(estimator, "decode"):
        results["decode"] = estimator.decode(results["encode"], y, **known)
    if hasattr(estimator, "interpolate"):
        results["interpolate"] = estimator.interpolate(X, X[::-1], y)
    return results


def assert_same(actual, expected, what=""):
    """Compare arrays, lists of arrays or numbers: type, shape, dtype and every bit; NaN equals NaN."""
    assert type(actual) is type(expected), what
    if isinstance(expected, list):
        assert len(actual) == len(expected), what
        for one, other in zip(actual, expected, strict=True):
            assert_same(one, other, what)
    else:
        np.testing.assert_array_equal(actual, expected, err_msg=what, strict=True)


def assert_same_results(actual, expected):
    assert actual.keys() == expected.keys()
    for name, values in expected.items():
        assert_same(actual[name], values, name)


def take(X, rows):
    """Return these rows in the container of `X`."""
    return [X[row] for row in rows] if isinstance(X, list) else X[rows]


def cast(X, dtype):
    return [x.astype(dtype) for x in X] if isinstance(X, list) else X.astype(dtype)


def dtypes_of(X):
    return {x.dtype.name for x in X}


def end_of(x):
    """Return the steps to the last one that holds a value."""
    return 1 + max(step for step, values in enumerate(x) if not np.isnan(values).all())


# -------------------------------------------------------------------------------------------
# scikit-learn's own checks
# -------------------------------------------------------------------------------------------


def test_there_are_estimators_to_check():
    assert len(GENERATORS) >= 5
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


@pytest.mark.parametrize("Generator", GENERATORS)
def test_no_tag_hides_a_check(Generator):
    tags = tiny(Generator).__sklearn_tags__()
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert not tags._skip_test
    assert tags.input_tags.allow_nan
    assert tags.input_tags.three_d_array
    assert set(tags.transformer_tags.preserves_dtype) == {"float32", "float64"}


# -------------------------------------------------------------------------------------------
# The same for series in every layout
# -------------------------------------------------------------------------------------------

on_every_layout = pytest.mark.parametrize("layout", LAYOUTS)
on_every_array = pytest.mark.parametrize("layout", [name for name in LAYOUTS if name != "list"])
on_all_with_channels = pytest.mark.parametrize(
    "layout", [name for name in LAYOUTS if name != "2-D"]
)
on_every_generator = pytest.mark.parametrize("Generator", GENERATORS)


@on_every_layout
@on_every_generator
def test_fit_returns_the_estimator_itself(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout)
    assert generator.fit(X, y) is generator


@on_every_layout
@on_every_generator
def test_fit_leaves_the_parameters_alone(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout)
    before = joblib.hash(generator.get_params())
    assert joblib.hash(generator.fit(X, y).get_params()) == before


@on_every_layout
@on_every_generator
def test_a_fit_adds_only_names_with_an_underscore_at_an_end(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout)
    parameters = set(vars(generator))
    added = set(vars(generator.fit(X, y))) - parameters
    assert added
    assert all(name.startswith("_") or name.endswith("_") for name in added)


@on_every_layout
@on_every_generator
def test_fitting_twice_gives_the_same_as_once(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    once = results_of(generator, X, y)
    assert_same_results(results_of(generator.fit(X, y), X, y), once)


@on_every_layout
@on_every_generator
def test_a_fit_on_other_series_forgets_the_first(Generator, layout):
    X, y = make_data(layout)
    X_other = np.random.default_rng(1).normal(size=(9, 5, 3))
    generator = tiny(Generator, layout).fit(X, y).fit(X_other)
    assert_same_results(
        results_of(generator, X_other, None),
        results_of(tiny(Generator, layout).fit(X_other), X_other, None),
    )
    assert not hasattr(generator, "classes_")


@on_every_layout
@on_every_generator
def test_a_fit_in_every_layout_forgets_another(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout)
    generator.fit(np.random.default_rng(1).normal(size=(9, 5, 3))).fit(X, y)
    assert_same_results(
        results_of(generator, X, y), results_of(tiny(Generator, layout).fit(X, y), X, y)
    )


@on_every_layout
@on_every_generator
def test_no_method_changes_the_fitted_estimator(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    before = joblib.hash(vars(generator))
    results_of(generator, X, y)
    assert joblib.hash(vars(generator)) == before


@on_every_layout
@on_every_generator
def test_a_pickle_gives_the_same_results(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    back = pickle.loads(pickle.dumps(generator))
    assert_same_results(results_of(back, X, y), results_of(generator, X, y))


@on_every_layout
@on_every_generator
def test_skops_stores_it_and_trusts_all_but_its_class(Generator, layout):
    skops = pytest.importorskip("skops.io")
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    data = skops.dumps(generator)
    own = [f"{Generator.__module__}.{Generator.__name__}"]
    assert skops.get_untrusted_types(data=data) == own
    assert_same_results(
        results_of(skops.loads(data, trusted=own), X, y), results_of(generator, X, y)
    )


@on_every_layout
@on_every_generator
def test_what_is_stored_is_stamped_and_damage_to_it_noticed(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    assert generator.__getstate__()["_versions"]["sklaug"] == sklaug.__version__
    data = bytearray(pickle.dumps(generator))
    place = data.find(generator.scale_.tobytes())
    data[place] ^= 1
    with pytest.raises(ValueError, match=f"The stored {Generator.__name__} is damaged"):
        pickle.loads(bytes(data))


@on_every_layout
@on_every_generator
def test_a_clone_has_the_parameters_and_nothing_that_was_learnt(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
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
def test_lengths_and_channels_are_remembered(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    assert generator.n_features_in_ == 6
    assert generator.n_timepoints_ == 6
    assert generator.n_channels_ == (1 if layout == "2-D" else 2)


@on_every_generator
def test_a_count_of_its_parameters_is_given(Generator):
    X, y = make_data("3-D")
    n_parameters = tiny(Generator).fit(X, y).n_parameters_
    assert isinstance(n_parameters, int)
    assert n_parameters >= 0


@on_every_layout
@on_every_generator
def test_fewer_samples_are_the_first_of_more(Generator, layout):
    X, y = make_data(layout)
    for targets in (None, y, np.linspace(0.1, 1, N)):
        generator = tiny(Generator, layout).fit(X, targets)
        known = np.random.default_rng(2).normal(size=(1030, SZ, 1))
        many, many_y = generator.sample(
            1030, **({"condition": known} if layout in OF_LAYOUT else {})
        )
        few, few_y = generator.sample(
            5, **({"condition": known[:5]} if layout in OF_LAYOUT else {})
        )
        assert_same(few, many[:5])
        assert few_y is None if targets is None else (few_y == many_y[:5]).all()


@on_every_layout
@on_every_generator
def test_a_part_augmented_alone_is_that_part_of_the_whole(Generator, layout):
    if not hasattr(Generator, "augment"):
        pytest.skip("augments nothing")
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    whole = generator.augment(X, y)
    part = generator.augment(take(X, range(2, 7)), y[2:7], first_row=2)
    assert_same(part, take(whole, range(2, 7)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@on_every_layout
@on_every_generator
def test_floats_keep_their_precision(Generator, layout, dtype):
    X, y = make_data(layout)
    X = cast(X, dtype)
    generator = tiny(Generator, layout)
    assert dtypes_of(generator.fit_transform(X, y)) == {dtype}
    results = results_of(generator, X, y)
    for name in results.keys() - {"encode", "score"}:
        assert dtypes_of(results[name]) == {dtype}, name


@on_every_layout
@on_every_generator
def test_one_synthetic_row_comes_back_for_each_row_as_long_and_without_gaps(Generator, layout):
    X, y = make_data(layout)
    generated = tiny(Generator, layout).fit_transform(X, y)
    assert type(generated) is type(X)
    for new, x in zip(generated, X, strict=True):
        assert new.shape == x.shape
        assert np.isfinite(new[: end_of(x)]).all()
        assert np.isnan(new[end_of(x) :]).all()
        observed = ~np.isnan(x)
        assert not np.allclose(new[observed], x[observed])


@on_every_generator
def test_known_channels_come_back_as_they_were_given(Generator):
    X, y = make_data("known channel")
    generator = tiny(Generator, "known channel")
    if not hasattr(generator, "condition_channels"):
        pytest.skip("takes no channels that are known in advance")
    generated = generator.fit_transform(X, y)
    results = results_of(generator, X, y)
    for series in (generated, *(results[name] for name in results.keys() & {"augment", "decode"})):
        assert_same(series[:, :, 1], X[:, :, 1])
        changed = ~np.isclose(series[:, :, 0], X[:, :, 0])
        assert changed.any(axis=1).all()
        assert changed.all() or Generator in MAY_COPY_WHAT_WAS_THERE
    assert_same(results["sample"][:, :, 1], X[:3, :, 1])


@pytest.mark.parametrize("memory", ["read-only memmap", "Fortran", "every second", "reversed"])
@on_every_array
@on_every_generator
def test_the_memory_layout_of_the_input_makes_no_difference(Generator, layout, memory, tmp_path):
    X, y = make_data(layout)
    if memory == "read-only memmap":
        np.save(tmp_path / "X.npy", X)
        same = np.load(tmp_path / "X.npy", mmap_mode="r")
    elif memory == "Fortran":
        same = np.asfortranarray(X)
    elif memory == "every second":
        same = np.repeat(X, 2, axis=1)[:, ::2]
    else:
        same = np.ascontiguousarray(X[::-1])[::-1]
    np.testing.assert_array_equal(same, X)
    expected = tiny(Generator, layout).fit_transform(X, y)
    assert_same(tiny(Generator, layout).fit_transform(same, y), expected)


@on_every_layout
@on_every_generator
def test_transform_treats_each_row_by_itself(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    whole = generator.transform(X)
    assert_same(whole, X)
    for row in range(N):
        assert_same(generator.transform(take(X, [row])), take(whole, [row]))
    order = np.random.default_rng(0).permutation(N)
    assert_same(generator.transform(take(X, order)), take(whole, order))


@on_every_layout
@on_every_generator
def test_every_method_says_that_a_fit_is_missing(Generator, layout):
    X, _ = make_data(layout)
    generator = tiny(Generator, layout)
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
    X, y = make_data("2-D")
    numbered = [f"x{step}" for step in range(6)]
    assert tiny(Generator).fit(X, y).get_feature_names_out().tolist() == numbered
    frame = pd.DataFrame(X, columns=list("abcdef"))
    assert tiny(Generator).fit(frame, y).get_feature_names_out().tolist() == list("abcdef")


@on_all_with_channels
@on_every_generator
def test_series_with_channels_have_no_feature_names(Generator, layout):
    X, y = make_data(layout)
    generator = tiny(Generator, layout).fit(X, y)
    with pytest.raises(
        ValueError, match=r"fitted on series of shape \(n_ts, sz, d\).*no columns to name"
    ):
        generator.get_feature_names_out()


@on_every_generator
def test_a_list_of_series_has_no_feature_names(Generator):
    X, y = make_data("list")
    generator = tiny(Generator).fit([x[:, 0] for x in X], y)
    with pytest.raises(ValueError, match=r"fitted on a list of series.*no columns to name"):
        generator.get_feature_names_out()


@on_every_generator
def test_set_output_wraps_what_the_pipeline_passes_on(Generator):
    X, y = make_data("2-D")
    generator = tiny(Generator).set_output(transform="pandas")
    generated = generator.fit_transform(X, y)
    assert isinstance(generated, pd.DataFrame)
    assert generated.columns.tolist() == [f"x{step}" for step in range(6)]
    np.testing.assert_array_equal(generated, tiny(Generator).fit_transform(X, y))
    assert isinstance(generator.transform(X), pd.DataFrame)


@on_every_generator
def test_set_output_keeps_the_index_of_a_frame(Generator):
    X, y = make_data("2-D")
    frame = pd.DataFrame(X, index=list("hgfedcba"), columns=list("abcdef"))
    generated = tiny(Generator).set_output(transform="pandas").fit_transform(frame, y)
    assert generated.index.tolist() == list("hgfedcba")
    assert generated.columns.tolist() == list("abcdef")


@on_every_generator
def test_set_output_is_refused_for_series_with_channels(Generator):
    X, y = make_data("3-D")
    # scikit-learn < 1.9 makes the frame before it asks for names.
    with pytest.raises(ValueError, match=r"no columns to name|Must pass 2-d input"):
        tiny(Generator).set_output(transform="pandas").fit_transform(X, y)
