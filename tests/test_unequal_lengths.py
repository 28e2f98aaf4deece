"""Series of unequal length: in any container, beside any padding, each is treated as if it were alone."""

# ruff: noqa: E501 - messages stand here in one piece, to be found by their text

import copy
import functools
import io
import itertools
import pickle
import re

import joblib
import numpy as np
import pandas as pd
import pytest
from comparing import as_objects, pad, same_bits
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.neighbors import KernelDensity
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklaug import LatentAugmenter
from sklaug.networks.decoders import DECODERS
from sklaug.networks.encoders import ENCODERS
from sklaug.transforms import TRANSFORMS

pytestmark = pytest.mark.filterwarnings("ignore:.*returns X unchanged:UserWarning")

LENGTHS = np.array([12, 5, 1, 9, 12, 3, 8, 7, 2, 11])
N, SZ = len(LENGTHS), 12
PAIRS = list(itertools.product(ENCODERS, DECODERS))
y = np.arange(N) % 2
every_pair = pytest.mark.parametrize("encoder, decoder", PAIRS)


def draw(lengths=LENGTHS, d=2, dtype=np.float64):
    """Draw series (sz_i, d), or (sz_i,) where d is None, around 3 with a standard deviation of 2."""
    rng = np.random.default_rng(0)
    return [rng.normal(3, 2, size=n if d is None else (n, d)).astype(dtype) for n in lengths]


def cut(padded, lengths=LENGTHS):
    """Return each series up to its end; what stands beyond must be NaN."""
    for series, n in zip(padded, lengths, strict=True):
        assert np.isnan(series[n:]).all()
    return [series[:n] for series, n in zip(padded, lengths, strict=True)]


def as_rows(X):
    return X if isinstance(X, list) else list(np.asarray(X))


def sizes(X):
    if isinstance(X, list):
        return np.array([len(row) for row in X])
    return (~np.isnan(np.asarray(X)).reshape(len(X), X.shape[1], -1).all(axis=2)).sum(axis=1)


def small(**parameters):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0} | parameters)


X = draw()


@functools.cache
def fitted(**parameters):
    """Fit once for all tests that only read."""
    return small(**parameters).fit(X, y)


def results(train, call, widths=LENGTHS, **parameters):
    """Return what all methods make, each as a list of arrays."""
    model = small(**parameters)
    made = {"fit_transform": model.fit_transform(train, y)}
    for name in ("transform", "augment", "reconstruct"):
        arguments = (call,) if name == "transform" else (call, y)
        made[name] = getattr(model, name)(*arguments)
    for name, value in made.items():
        made[name] = value if isinstance(value, list) else cut(value, widths)
        assert [len(row) for row in made[name]] == list(widths)
    made["encode"] = model.encode(call, y)
    made["score"] = [model.score(call, y)]
    made["decode"] = model.decode(made["encode"], y)
    made["interpolate"] = model.interpolate(call, call[::-1], y)
    sampled, labels = model.sample(6)
    made["sample"] = [row[:n] for row, n in zip(sampled, sizes(sampled), strict=True)]
    made["labels"] = [labels]
    made["curves"] = [np.array(curve) for curve in model.history_.values()]
    made["weights"] = list(model.weights_.values())
    made["codes"] = [model.code_mean_, model.code_scale_]
    made["units"] = [model.mean_, model.scale_]
    return made


def assert_same_results(one, two):
    assert one.keys() == two.keys()
    for name in one:
        assert same_bits(one[name], two[name]), name


# -------------------------------------------------------------------------------------------
# Containers and padding
# -------------------------------------------------------------------------------------------


@every_pair
def test_a_list_and_its_padded_array_give_the_same_to_the_bit(encoder, decoder):
    parameters = {"encoder": encoder, "decoder": decoder}
    assert_same_results(results(X, X, **parameters), results(pad(X), pad(X), **parameters))


@every_pair
def test_more_padding_alters_no_bit(encoder, decoder):
    parameters = {"encoder": encoder, "decoder": decoder}
    expected = results(pad(X), pad(X), **parameters)
    for at_fit, at_call in [(SZ, 15), (15, SZ), (19, 33)]:
        assert_same_results(results(pad(X, at_fit), pad(X, at_call), **parameters), expected)


@pytest.mark.parametrize("latent", ["sequence", "global"])
@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
def test_more_padding_alters_no_bit_for_any_latent_and_residual(latent, residual):
    parameters = {"latent": latent, "residual": residual}
    expected = results(X, X, **parameters)
    assert_same_results(results(pad(X, 17), pad(X, 40), **parameters), expected)


@pytest.mark.parametrize("transformation", TRANSFORMS)
def test_more_padding_alters_no_bit_for_any_transformation(transformation):
    parameters = {"transformation": transformation, "eta": 1}
    expected = results(X, X, **parameters)
    assert_same_results(results(pad(X, 17), pad(X, 40), **parameters), expected)


def test_more_padding_alters_no_bit_with_early_stopping_and_equivariance():
    parameters = {"early_stopping": True, "warmup_epochs": 0, "equivariance": 0.5, "free_bits": 0.1}
    assert_same_results(results(pad(X, 17), pad(X, 40), **parameters), results(X, X, **parameters))


def test_it_does_not_matter_with_which_nan_the_padding_is_made():
    payload = np.array([0xFFF8000000000ABC], dtype=np.uint64).view(np.float64)[0]
    expected = results(pad(X), pad(X))
    for filler in (-np.nan, payload):
        assert_same_results(results(pad(X, SZ, filler), pad(X, 15, filler)), expected)


def test_rows_of_a_list_may_end_in_padding_of_their_own():
    ragged = [pad([row], len(row) + number % 4)[0] for number, row in enumerate(X)]
    made = small().fit_transform(ragged, y)
    expected = small().fit_transform(X, y)
    for row, new, plain in zip(ragged, made, expected, strict=True):
        assert len(new) == len(row)
        assert same_bits([new[: len(plain)]], [plain])
        assert np.isnan(new[len(plain) :]).all()


def test_a_list_of_series_of_equal_length_gives_what_its_array_gives():
    rows = draw([SZ] * N)
    array = np.stack(rows)
    assert_same_results(results(rows, rows, [SZ] * N), results(array, array, [SZ] * N))


CONTAINERS = {
    "list of (sz_i, d)": (draw(), list),
    "list of (sz_i, 1)": (draw(d=1), list),
    "list of (sz_i,)": (draw(d=None), list),
    "tuple": (draw(), tuple),
    "object array": (draw(), as_objects),
    "object array of (sz_i,)": (draw(d=None), as_objects),
    "nested lists": (draw(d=None), lambda rows: [row.tolist() for row in rows]),
    "pandas Series": (draw(d=None), lambda rows: [pd.Series(row) for row in rows]),
}


@pytest.mark.parametrize("rows, put", CONTAINERS.values(), ids=CONTAINERS)
def test_every_kind_of_list_comes_back_as_a_list_of_arrays_of_the_same_lengths(rows, put):
    given = put(rows)
    model = small()
    for made in (
        model.fit_transform(given, y),
        model.augment(given, y),
        model.reconstruct(given, y),
        model.sample(N, y)[0],
    ):
        assert isinstance(made, list)
        assert all(type(row) is np.ndarray and row.dtype == np.float64 for row in made)
        assert all(np.isfinite(row).all() for row in made)
        assert made[0].shape[1:] == rows[0].shape[1:]
    for made in (model.fit_transform(given, y), model.augment(given, y), model.reconstruct(given, y)):  # fmt: skip
        assert [row.shape for row in made] == [row.shape for row in rows]
    assert same_bits(list(model.transform(given)), rows)


def test_transform_returns_the_very_list_that_came():
    assert fitted().transform(X) is X


@pytest.mark.parametrize("put", [list, pad, lambda rows: pad(rows, 15)], ids=["list", "array", "wider"])  # fmt: skip
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("d", [None, 1, 2])
def test_the_container_shape_and_dtype_of_the_input_come_back(put, dtype, d):
    given = put(draw(d=d, dtype=dtype))
    model = small()
    for made in (model.fit_transform(given, y), model.augment(given, y), model.reconstruct(given, y)):  # fmt: skip
        assert type(made) is type(given)
        assert [row.shape for row in made] == [row.shape for row in given]
        assert all(row.dtype == dtype for row in made)
        for new, old in zip(made, given, strict=True):
            assert_array_equal(np.isnan(new), np.isnan(old))
    assert all(row.dtype == dtype for row in model.sample(3)[0])


def test_whole_numbers_in_a_list_become_float64():
    rows = [np.arange(n) for n in LENGTHS]
    assert {row.dtype for row in small().fit_transform(rows, y)} == {np.dtype(np.float64)}


def test_nothing_is_written_to_the_rows_of_a_list():
    rows = draw()
    for row in rows:
        row.flags.writeable = False
    results(rows, rows)
    assert same_bits(rows, X)


# -------------------------------------------------------------------------------------------
# Names and numbers of features
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given, width", [(X, SZ), (pad(X), SZ), (pad(X, 20), 20)], ids=["list", "array", "wider"]
)
def test_the_number_of_features_is_the_longest_length_of_a_list_and_the_width_of_an_array(
    given, width
):
    model = small().fit(given, y)
    assert model.n_features_in_ == width
    assert model.n_timepoints_ == SZ
    assert not hasattr(model, "feature_names_in_")
    assert_array_equal(np.sort(model.lengths_["lengths"]), np.sort(LENGTHS))


def test_series_of_equal_length_leave_no_lengths():
    assert small().fit(np.stack(draw([SZ] * N)), y).lengths_ is None
    assert small().fit(pad(draw([7] * N)), y).lengths_ is None
    assert small().fit(draw([7] * N), y).lengths_ is None


def test_lists_have_no_feature_names():
    text = "LatentAugmenter was fitted on a list of series, which have no columns to name. Feature names exist after a fit on shape (n_ts, sz)."
    with pytest.raises(ValueError, match=re.escape(text)):
        small().fit(draw(d=None), y).get_feature_names_out()


def make_frame(width=15, dtype=np.float64):
    return pd.DataFrame(
        pad(draw(d=None, dtype=dtype), width),
        index=pd.date_range("2024-01-01", periods=N),
        columns=[f"hour {t}" for t in range(width)],
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_frame_with_nan_tails_keeps_index_columns_and_tails(dtype):
    frame = make_frame(dtype=dtype)
    model = small()
    assert_array_equal(model.fit(frame, y).get_feature_names_out(), frame.columns)
    for made in (model.fit_transform(frame, y), model.augment(frame, y), model.reconstruct(frame, y)):  # fmt: skip
        assert isinstance(made, pd.DataFrame)
        assert made.index.equals(frame.index) and made.columns.equals(frame.columns)
        assert (made.dtypes == dtype).all()
        assert_array_equal(made.isna(), frame.isna())
    assert model.n_features_in_ == 15
    assert model.n_timepoints_ == SZ
    sampled, _ = model.sample(4)
    assert sampled.columns.equals(frame.columns)
    assert list(sampled.index) == [0, 1, 2, 3]
    assert set(sizes(sampled)) <= set(LENGTHS)


def test_a_frame_gives_what_its_array_gives():
    frame = make_frame()
    assert_array_equal(small().fit_transform(frame, y), small().fit_transform(frame.to_numpy(), y))


# -------------------------------------------------------------------------------------------
# Longer and shorter than at fit
# -------------------------------------------------------------------------------------------

LONGER = [*draw(), np.ones((14, 2)), np.ones((13, 2))]
LABELS = np.arange(len(LONGER)) % 2
TOO_LONG = "series of up to 14 time steps, in 2 of 12 series (rows 10, 11), but the longest that LatentAugmenter was fitted on has 12. Resample or cut them to that length."


@pytest.mark.parametrize("method", ["augment", "encode", "reconstruct", "score"])
@pytest.mark.parametrize("put", [list, lambda rows: pad(rows, 14), lambda rows: pad(rows, 20)])
def test_a_series_longer_than_any_at_fit_is_refused_with_its_row(method, put):
    with pytest.raises(ValueError, match=re.escape("X has " + TOO_LONG)):
        getattr(fitted(), method)(put(LONGER), LABELS)


@pytest.mark.parametrize("longer", ["X_start", "X_end"])
def test_interpolate_says_on_which_side_a_series_is_too_long(longer):
    sides = {"X_start": [*X, *X[:2]], "X_end": [*X, *X[:2]], longer: LONGER}
    with pytest.raises(ValueError, match=re.escape(f"{longer} has " + TOO_LONG)):
        fitted().interpolate(**sides, y=LABELS)


@pytest.mark.parametrize("put", [list, lambda rows: pad(rows, 14), lambda rows: pad(rows, 20)])
def test_transform_lets_longer_series_pass_unchanged(put):
    given = put(LONGER)
    assert fitted().transform(given) is given


def test_transform_refuses_other_lengths_where_the_fit_had_one_length():
    model = small().fit(np.stack(draw([SZ] * N)), y)
    with pytest.raises(ValueError, match=re.escape("X has shape (3, 14, 2), but LatentAugmenter was fitted on series of shape (sz=12, d=2).")):  # fmt: skip
        model.transform(np.ones((3, 14, 2)))


def test_shorter_series_may_come_in_an_array_of_their_own_width():
    rows = draw([5, 3, 4])
    made = fitted().augment(pad(rows, 5), [0, 1, 0])
    assert made.shape == (3, 5, 2)
    assert same_bits(cut(made, [5, 3, 4]), fitted().augment(rows, [0, 1, 0]))


def test_a_fit_on_one_length_takes_shorter_series_from_lists_and_padded_arrays():
    model = small().fit(np.stack(draw([SZ] * N)), y)
    made = model.augment(X, y)
    assert_array_equal(sizes(made), LENGTHS)
    assert same_bits(cut(model.augment(pad(X), y)), made)


# -------------------------------------------------------------------------------------------
# Very short series
# -------------------------------------------------------------------------------------------


@every_pair
def test_series_of_one_step_are_made_beside_longer_ones(encoder, decoder):
    rows = draw([1, 9, 1, 1, 9, 2])
    made = small(encoder=encoder, decoder=decoder).fit_transform(rows, [0, 1] * 3)
    assert [row.shape for row in made] == [row.shape for row in rows]
    assert all(np.isfinite(row).all() for row in made)


@pytest.mark.parametrize("latent", ["sequence", "global"])
@every_pair
def test_all_series_may_have_one_step(encoder, decoder, latent):
    model = small(encoder=encoder, decoder=decoder, latent=latent)
    made = model.fit_transform(draw([1] * 6), [0, 1] * 3)
    assert all(row.shape == (1, 2) and np.isfinite(row).all() for row in made)
    assert model.n_timepoints_ == 1
    assert all(len(row) == 1 for row in model.sample(3)[0])


@pytest.mark.parametrize("width", [1, 4])
def test_all_series_of_a_padded_array_may_have_one_step(width):
    made = small().fit_transform(pad(draw([1] * 6), width), [0, 1] * 3)
    assert all(np.isfinite(row[:1]).all() and np.isnan(row[1:]).all() for row in made)


@pytest.mark.parametrize("transformation", TRANSFORMS)
@pytest.mark.filterwarnings("error")
def test_every_transformation_takes_series_of_one_step(transformation):
    for rows in (draw([1] * 6), draw([1, 9, 1, 1, 9, 2])):
        made = small(transformation=transformation, eta=1).fit_transform(rows, [0, 1] * 3)
        assert all(np.isfinite(row).all() for row in made)


# -------------------------------------------------------------------------------------------
# A row is what it is alone
# -------------------------------------------------------------------------------------------


@every_pair
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_a_full_series_gives_the_same_bits_whether_shorter_ones_stand_beside_it_or_not(
    encoder, decoder, latent
):
    model = fitted(encoder=encoder, decoder=decoder, latent=latent)
    full = np.flatnonzero(LENGTHS == SZ)
    alone = X.copy()
    for row in set(range(N)) - set(full):
        alone[row] = X[full[0]]  # the call now holds full series only
    for method in ("augment", "reconstruct", "encode"):
        beside, among = (getattr(model, method)(rows, y) for rows in (X, alone))
        assert same_bits([beside[row] for row in full], [among[row] for row in full]), method


@every_pair
def test_a_series_gives_the_same_bits_whatever_the_lengths_of_the_others(encoder, decoder):
    model = fitted(encoder=encoder, decoder=decoder)
    others = draw(LENGTHS[::-1])
    others[3] = X[3]
    for method in ("augment", "reconstruct"):
        one, two = (getattr(model, method)(rows, y)[3] for rows in (X, others))
        assert same_bits([one], [two]), method


@pytest.mark.parametrize("transformation", [name for name in TRANSFORMS if name != "mixup"])
@pytest.mark.parametrize("a, b", [(0, 3), (2, 3), (4, 5), (5, 10)])
def test_a_part_of_the_rows_is_augmented_as_in_the_whole(transformation, a, b):
    model = fitted()
    options = {"transformation": transformation, "eta": 0.7}
    whole = model.augment(X, y, **options)
    assert same_bits(model.augment(X[a:b], y[a:b], first_row=a, **options), whole[a:b])


def test_a_part_is_augmented_as_in_the_whole_across_blocks():
    rows, labels = X * 110, np.tile(y, 110)
    whole = fitted().augment(rows, labels)
    for a, b in [(60, 70), (1015, 1035)]:
        assert same_bits(fitted().augment(rows[a:b], labels[a:b], first_row=a), whole[a:b])


@pytest.mark.parametrize("method", ["augment", "reconstruct"])
def test_rows_that_differ_only_beyond_the_end_of_a_series_do_not_differ_in_it(method):
    # What a longer series has beyond the end of a shorter one must not come into that by the padding.
    rows = draw()
    rows[0] = rows[0] + 100
    one, two = (getattr(fitted(), method)(given, y) for given in (X, rows))
    assert same_bits(one[1:], two[1:])


# -------------------------------------------------------------------------------------------
# Every way to fit and to perturb
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transformation", [*TRANSFORMS, ["drift", "time_warp", "mixup"]], ids=str)
@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
def test_every_transformation_and_residual_makes_finite_series_that_differ(
    transformation, residual
):
    made = fitted(residual=residual).augment(X, y, transformation=transformation, eta=1)
    other = fitted(residual=residual).augment(X, y, transformation=transformation, eta=0)
    assert [row.shape for row in made] == [row.shape for row in X]
    assert all(np.isfinite(row).all() for row in made)
    assert not same_bits(made, other)


@pytest.mark.parametrize("transformation", ["jitter", "scaling", "mixup"])
def test_a_global_code_is_perturbed_too(transformation):
    made = fitted(latent="global").augment(X, y, transformation=transformation, eta=1)
    assert [row.shape for row in made] == [row.shape for row in X]
    assert not same_bits(made, fitted(latent="global").reconstruct(X, y))


@pytest.mark.parametrize("transformation", TRANSFORMS)
def test_no_strength_gives_the_reconstruction(transformation):
    made = fitted().augment(X, y, transformation=transformation, eta=0)
    assert same_bits(made, fitted().reconstruct(X, y))


@every_pair
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_strength_with_the_residual_kept_gives_the_series_bit_for_bit(encoder, decoder, dtype):
    rows = draw(dtype=dtype)
    model = small(encoder=encoder, decoder=decoder, residual="keep", eta=0)
    assert same_bits(model.fit_transform(rows, y), rows)
    assert same_bits(cut(model.augment(pad(rows, 15), y)), rows)


def test_a_residual_of_a_shorter_series_adds_nothing_beyond_its_end():
    # Both rows of a class are each other's partner.
    rows = draw([12, 4, 12, 4])
    labels = [0, 0, 1, 1]
    model = small(residual="resample", eta=0).fit(rows, labels)
    made, plain = model.augment(rows, labels), model.reconstruct(rows, labels)
    for full in (0, 2):
        assert_allclose(made[full][4:], plain[full][4:], rtol=1e-6)
        residual = rows[full + 1] - plain[full + 1]
        assert_allclose(made[full][:4] - plain[full][:4], residual, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("targets", [None, LENGTHS / 3.7, list("ab" * 5)], ids=["none", "real", "text"])  # fmt: skip
def test_targets_of_any_kind_go_with_unequal_lengths(targets):
    model = small()
    made = model.fit_transform(X, targets)
    assert [row.shape for row in made] == [row.shape for row in X]
    sampled, labels = model.sample(5)
    assert set(sizes(sampled)) <= set(LENGTHS)
    assert (labels is None) == (targets is None)


def test_early_stopping_holds_out_series_of_unequal_length():
    model = small(early_stopping=True, validation_fraction=0.3, warmup_epochs=0).fit(X, y)
    assert np.isfinite(model.validation_loss_curve_).all()


def test_a_warm_start_goes_on_with_series_of_unequal_length():
    model = small(warm_start=True).fit(X, y)
    before = model.weights_["mean.weight"].copy()
    model.fit(X[::-1], y[::-1])
    assert model.n_iter_ == 4
    assert not np.array_equal(before, model.weights_["mean.weight"])
    assert_array_equal(sizes(model.augment(X, y)), LENGTHS)


def test_a_warm_start_takes_shorter_series_and_refuses_longer_ones():
    model = small(warm_start=True).fit(X, y)
    model.fit(draw([5, 3, 4, 4]), [0, 1, 0, 1])
    assert model.n_timepoints_ == SZ
    assert all(np.isfinite(row).all() for row in model.augment(X, y))
    with pytest.raises(ValueError, match=re.escape("series of up to 14 time steps")):
        model.fit(LONGER, LABELS)
    assert model.n_iter_ == 4


@pytest.mark.parametrize("prior", [None, KernelDensity()])
def test_sampled_series_are_finite_up_to_their_end(prior):
    model = small(prior=prior).fit(pad(X), y)
    sampled, _ = model.sample(30)
    assert sampled.shape == (30, SZ, 2)
    ends = sizes(sampled)
    for row, n in zip(sampled, ends, strict=True):
        assert np.isfinite(row[:n]).all() and np.isnan(row[n:]).all()
    assert len(set(ends)) > 3


@pytest.mark.parametrize("put", [list, pad, lambda rows: pad(rows, 20)])
def test_samples_come_in_the_container_of_the_fit_and_fewer_are_the_first_of_more(put):
    model = small().fit(put(X), y)
    (few, few_y), (many, many_y) = model.sample(5), model.sample(50)
    assert isinstance(few, list if put is list else np.ndarray)
    if put is not list:
        assert few.shape == (5, SZ, 2)
    assert same_bits(few, many[:5])
    assert_array_equal(few_y, many_y[:5])


# -------------------------------------------------------------------------------------------
# From one length to another
# -------------------------------------------------------------------------------------------


@every_pair
def test_an_interpolation_begins_and_ends_at_the_reconstructions(encoder, decoder):
    model = fitted(encoder=encoder, decoder=decoder)
    end = X[::-1]
    way = model.interpolate(X, end, y, n_steps=3)
    assert way.shape == (N, 3, SZ, 2)
    for first, row in zip(cut(way[:, 0]), model.reconstruct(X, y), strict=True):
        assert_allclose(first, row, rtol=1e-5, atol=1e-5)
    for last, row in zip(cut(way[:, -1], LENGTHS[::-1]), model.reconstruct(end, y), strict=True):
        assert_allclose(last, row, rtol=1e-5, atol=1e-5)


def test_lengths_change_evenly_along_an_interpolation():
    way = fitted().interpolate(X[1:3], X[3:5], [0, 0], n_steps=5)
    assert_array_equal(sizes(way[0]), [5, 6, 7, 8, 9])
    assert_array_equal(sizes(way[1]), [1, 4, 6, 9, 12])  # 1, 3.75, 6.5, 9.25, 12; halves to even
    assert all(np.isfinite(row[:n]).all() for row, n in zip(way[0], [5, 6, 7, 8, 9], strict=True))


def test_an_interpolation_between_full_series_has_no_end():
    assert np.isfinite(fitted().interpolate(X[:1], X[4:5], [0])).all()


# -------------------------------------------------------------------------------------------
# Beside scikit-learn and tslearn
# -------------------------------------------------------------------------------------------


class MeanClassifier(ClassifierMixin, BaseEstimator):
    """Nearest mean of the values of a series; takes lists."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        values = self.measure(X)
        self.means_ = np.array([values[np.asarray(y) == c].mean() for c in self.classes_])
        return self

    def predict(self, X):
        return self.classes_[np.abs(self.measure(X)[:, None] - self.means_).argmin(axis=1)]

    @staticmethod
    def measure(X):
        return np.array([np.nanmean(row) for row in X])


def labelled(n=18):
    rng = np.random.default_rng(3)
    labels = np.arange(n) % 2
    lengths = rng.integers(3, 12, size=n)
    lengths[0] = 15  # the longest, in a test fold of its own sooner or later
    return [
        rng.normal(0.6 * c, 1, size=(k, 2)) for k, c in zip(lengths, labels, strict=True)
    ], labels


@pytest.mark.parametrize("put", [list, lambda rows: pad(rows, 15)], ids=["list", "array"])
def test_cross_validation_goes_through_when_the_longest_series_is_in_a_test_fold(put):
    from tslearn.neighbors import KNeighborsTimeSeriesClassifier
    from tslearn.utils import to_time_series_dataset

    rows, labels = labelled()
    # tslearn's classifier itself takes no list.
    as_array = FunctionTransformer(lambda X: to_time_series_dataset(list(X)))
    classifier = make_pipeline(small(), as_array, KNeighborsTimeSeriesClassifier(1))
    scores = cross_val_score(classifier, put(rows), labels, cv=KFold(3), error_score="raise")
    assert np.isfinite(scores).all()


def test_cross_validation_goes_through_when_the_only_other_length_is_in_a_test_fold():
    rows, labels = labelled()
    rows = [row[:3] for row in rows[:-1]] + [rows[0]]
    scores = cross_val_score(make_pipeline(small(), MeanClassifier()), rows, labels, cv=KFold(3), error_score="raise")  # fmt: skip
    assert np.isfinite(scores).all()


def search(memory=None, n_jobs=1):
    rows, labels = labelled()
    grid = {"latentaugmenter__eta": [0.1, 0.5, 2], "latentaugmenter__encoder": ["cnn_gru", "bilstm"]}  # fmt: skip
    pipeline = make_pipeline(small(memory=memory), MeanClassifier())
    return GridSearchCV(pipeline, grid, cv=3, n_jobs=n_jobs, error_score="raise").fit(rows, labels)


def test_a_grid_trains_once_for_each_fold_and_encoder(tmp_path, trainings):
    search(str(tmp_path))
    assert len(trainings) == 2 * 3 + 1


def test_scores_are_the_same_with_and_without_memory_and_with_two_jobs(tmp_path):
    scores = [
        search(memory, n_jobs).cv_results_["mean_test_score"]
        for memory, n_jobs in [(None, 1), (str(tmp_path), 1), (str(tmp_path / "two"), 2)]
    ]
    assert len(set(scores[0])) > 1
    for other in scores[1:]:
        assert_array_equal(scores[0], other)


@pytest.mark.parametrize("again", [lambda: pad(X), lambda: pad(X, 30), lambda: as_objects(X)])
def test_another_container_or_more_padding_finds_the_network_in_the_cache(tmp_path, trainings, again):  # fmt: skip
    for given in (X, again()):
        small(memory=str(tmp_path)).fit(given, y)
    assert len(trainings) == 1


def test_other_lengths_train_again(tmp_path, trainings):
    zeros = [np.zeros((n, 2)) for n in LENGTHS]
    zeros[0][0] = 1
    longer = [*zeros[:-1], np.zeros((12, 2))]
    for given in (zeros, longer):
        small(memory=str(tmp_path)).fit(given, y)
    assert len(trainings) == 2


def through_skops(model):
    skops = pytest.importorskip("skops.io")
    data = skops.dumps(model)
    untrusted = skops.get_untrusted_types(data=data)
    assert set(untrusted) <= {"sklaug.generators._latent.LatentAugmenter"}
    return skops.loads(data, trusted=untrusted)


def through_joblib(model):
    file = io.BytesIO()
    joblib.dump(model, file)
    file.seek(0)
    return joblib.load(file)


WAYS = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "skops": through_skops,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("given", [X, pad(X, 15), make_frame()], ids=["list", "array", "frame"])
def test_a_model_that_was_stored_makes_the_same_series(way, given):
    targets = LENGTHS / 3.7  # neighbours in y decide on lengths
    model = small().fit(given, targets)
    stored = way(model)
    for name in ("augment", "reconstruct"):
        one, two = (getattr(each, name)(given, targets) for each in (model, stored))
        assert same_bits(as_rows(one), as_rows(two))
    (one, labels), (two, again) = model.sample(7), stored.sample(7)
    assert type(one) is type(two)
    assert same_bits(as_rows(one), as_rows(two))
    assert_array_equal(labels, again)


def test_a_clone_has_learned_nothing_and_learns_the_same():
    model = clone(fitted())
    assert not hasattr(model, "lengths_")
    assert same_bits(model.fit_transform(X, y), small().fit_transform(X, y))


def test_a_second_fit_forgets_lengths_and_container():
    model = small().fit(X, y)
    model.fit(np.stack(draw([9] * N)), y)
    assert model.lengths_ is None
    assert model.n_features_in_ == 9
    assert model.sample(3)[0].shape == (3, 9, 2)


def test_padding_that_all_series_share_has_names_too():
    rows = pad(draw(d=None), 15)
    made = small().set_output(transform="pandas").fit_transform(rows, y)
    assert made.columns.tolist() == [f"x{step}" for step in range(15)]
    assert made.iloc[:, SZ:].isna().all(axis=None)


def test_a_fold_of_padded_series_that_lacks_the_longest_lets_it_pass():
    rows = np.random.default_rng(0).normal(size=(8, 12))
    rows[:7, 9:] = np.nan
    model = small().fit(rows[:7])
    assert_array_equal(model.transform(rows), rows)
    with pytest.raises(ValueError, match="series of up to 12 time steps, in 1 of 8 series"):
        model.augment(rows)
