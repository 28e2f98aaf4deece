"""A transformation that is kept to some channels or steps changes these, and nothing else by a bit."""

# ruff: noqa: E501 - messages stand here in one piece, to be found by their text

import functools
import itertools
import pickle

import numpy as np
import pandas as pd
import pytest
from comparing import same_bits, says
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from sklaug import LatentAugmenter
from sklaug.networks.decoders import DECODERS
from sklaug.networks.encoders import ENCODERS
from sklaug.transforms import TRANSFORMS, restrict

N, SZ, D = 10, 12, 3
PAIRS = list(itertools.product(ENCODERS, DECODERS))
every_pair = pytest.mark.parametrize("encoder, decoder", PAIRS)
y = np.arange(N) % 2
LENGTHS = np.array([12, 5, 1, 9, 12, 3, 8, 7, 2, 11])
X = np.random.default_rng(0).normal(3, 2, size=(N, SZ, D))
ROWS = [row[:n] for row, n in zip(X, LENGTHS, strict=True)]

# What is restricted, and where it may act in (n_ts, sz, d).
PARTS = {
    "a channel": ({"channels": 1}, np.s_[:, :, 1]),
    "two channels": ({"channels": [2, 0]}, np.s_[:, :, [2, 0]]),
    "a range": ({"time_range": (4, 9)}, np.s_[:, 4:9]),
    "the first step": ({"time_range": (0, 1)}, np.s_[:, :1]),
    "the last steps": ({"time_range": (10, 12)}, np.s_[:, 10:]),
    "a channel in a range": ({"channels": 2, "time_range": (3, 8)}, np.s_[:, 3:8, 2]),
}
every_part = pytest.mark.parametrize("options, part", PARTS.values(), ids=PARTS)


def small(**parameters):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0} | parameters)


@functools.cache
def fitted(**parameters):
    """Fit once for all tests that only read."""
    return small(**parameters).fit(X, y)


@functools.cache
def fitted_on_rows(**parameters):
    return small(**parameters).fit(ROWS, y)


def outside(part, shape=X.shape):
    """Tell where nothing may change."""
    places = np.ones(shape, dtype=bool)
    places[part] = False
    return places


# -------------------------------------------------------------------------------------------
# Inside and outside
# -------------------------------------------------------------------------------------------


@every_pair
@every_part
def test_outside_stands_the_reconstruction_and_inside_something_else(encoder, decoder, options, part):  # fmt: skip
    model = fitted(encoder=encoder, decoder=decoder)
    plain = model.reconstruct(X, y)
    made = model.augment(X, y, transformation=restrict("jitter", **options), eta=1)
    rest = outside(part)
    assert same_bits(made[rest], plain[rest])
    assert (made[~rest] != plain[~rest]).all()


@every_part
@pytest.mark.parametrize("transformation", [*TRANSFORMS, ["drift", "scaling", "mixup"]], ids=str)
def test_every_transformation_can_be_restricted(transformation, options, part):
    model = fitted()
    plain = model.reconstruct(X, y)
    made = model.augment(X, y, transformation=restrict(transformation, **options), eta=1)
    rest = outside(part)
    assert same_bits(made[rest], plain[rest])
    assert np.isfinite(made).all()
    # One code has no shape in time that a warp could change.
    if "time_range" not in options or options["time_range"] == (4, 9):
        assert not np.array_equal(made[~rest], plain[~rest])


@every_part
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_with_the_residual_kept_the_series_itself_stands_outside(dtype, options, part):
    values = X.astype(dtype)
    model = fitted(residual="keep")
    made = model.augment(values, y, transformation=restrict("jitter", **options), eta=1)
    rest = outside(part)
    assert same_bits(made[rest], values[rest])
    assert (made[~rest] != values[~rest]).mean() > 0.95


@every_part
def test_with_the_residual_of_another_row_outside_stands_what_no_strength_gives(options, part):
    model = fitted(residual="resample")
    transformation = restrict("jitter", **options)
    one, two = (model.augment(X, y, transformation=transformation, eta=eta) for eta in (0, 1))
    rest = outside(part)
    assert same_bits(one[rest], two[rest])
    assert (one[~rest] != two[~rest]).all()


@every_part
@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
def test_no_strength_is_that_without_any_restriction(residual, options, part):
    model = fitted(residual=residual)
    restricted = model.augment(X, y, transformation=restrict("drift", **options), eta=0)
    assert same_bits(restricted, model.augment(X, y, transformation="drift", eta=0))


@pytest.mark.parametrize("options", [{"channels": (0, 1, 2)}, {"time_range": (0, SZ)}], ids=str)
@pytest.mark.parametrize("transformation", TRANSFORMS)
def test_restricted_to_everything_is_nearly_not_restricted(transformation, options):
    model = fitted()
    one, two = (model.augment(X, y, transformation=given, eta=1) for given in (transformation, restrict(transformation, **options)))  # fmt: skip
    assert_allclose(one, two, rtol=1e-4, atol=1e-4)


def test_inside_a_channel_stands_what_no_restriction_would_give():
    model = fitted()
    free = model.augment(X, y, transformation="jitter", eta=1)
    made = model.augment(X, y, transformation=restrict("jitter", channels=1), eta=1)
    assert_allclose(made[..., 1], free[..., 1], rtol=1e-4, atol=1e-4)


def test_a_larger_strength_makes_a_larger_change():
    model = fitted()
    plain = model.reconstruct(X, y)
    transformation = restrict("jitter", channels=1, time_range=(3, 8))
    changes = [
        np.abs(model.augment(X, y, transformation=transformation, eta=eta) - plain).mean()
        for eta in (0, 0.1, 0.5, 2)
    ]
    assert changes[0] == 0
    assert (np.diff(changes) > 0).all()


def test_fit_transform_restricts_as_augment_does():
    transformation = restrict("jitter", channels=1)
    made = small(transformation=transformation).fit_transform(X, y)
    assert same_bits(made, small().fit(X, y).augment(X, y, transformation=transformation))


@pytest.mark.parametrize("transformation", ["jitter", "scaling", "mixup", ["jitter", "scaling"]], ids=str)  # fmt: skip
def test_a_global_code_takes_a_restriction_to_channels(transformation):
    model = fitted(latent="global")
    plain = model.reconstruct(X, y)
    made = model.augment(X, y, transformation=restrict(transformation, channels=[0, 2]), eta=1)
    assert same_bits(made[..., 1], plain[..., 1])
    assert (made[..., [0, 2]] != plain[..., [0, 2]]).any()


def test_series_without_channels_have_the_channel_0():
    values = X[..., 0]
    model = small().fit(values, y)
    made = model.augment(values, y, transformation=restrict("jitter", channels=0))
    assert_allclose(made, model.augment(values, y), rtol=1e-4, atol=1e-5)
    made = model.augment(values, y, transformation=restrict("jitter", time_range=(4, 9)))
    rest = outside(np.s_[:, 4:9], values.shape)
    assert same_bits(made[rest], model.reconstruct(values, y)[rest])


def test_a_frame_is_changed_in_the_range_alone():
    frame = pd.DataFrame(X[..., 0], columns=[f"t{t}" for t in range(SZ)])
    model = small(residual="keep").fit(frame, y)
    made = model.augment(frame, y, transformation=restrict("jitter", time_range=(4, 9)))
    changed = (made != frame).any()
    assert list(frame.columns[changed]) == ["t4", "t5", "t6", "t7", "t8"]


# -------------------------------------------------------------------------------------------
# Several, one after the other
# -------------------------------------------------------------------------------------------


def test_a_chain_changes_each_part_by_what_is_for_it():
    model = fitted()
    first = restrict("jitter", channels=0)
    both = model.augment(X, y, transformation=[first, restrict("drift", channels=2)], eta=1)
    alone = model.augment(X, y, transformation=first, eta=1)
    plain = model.reconstruct(X, y)
    assert same_bits(both[..., 0], alone[..., 0])
    assert same_bits(both[..., 1], plain[..., 1])
    assert (both[..., 2] != plain[..., 2]).all()


@pytest.mark.parametrize("order", [1, -1], ids=["restricted first", "restricted last"])
def test_what_is_not_restricted_acts_everywhere_beside_what_is(order):
    model = fitted()
    chain = [restrict("jitter", channels=0), "drift"][::order]
    made = model.augment(X, y, transformation=chain, eta=1)
    assert (made != model.reconstruct(X, y)).all()
    # The jitter of the first channel does not come into the last one, where it stands last.
    if order == -1:
        drift = model.augment(X, y, transformation="drift", eta=1)
        assert_allclose(made[..., 1:], drift[..., 1:], rtol=1e-4, atol=1e-4)
        assert not np.allclose(made[..., 0], drift[..., 0], rtol=1e-2)


def test_an_outside_of_all_stages_stays_as_it_is():
    model = fitted(residual="keep")
    chain = [
        restrict("jitter", channels=0, time_range=(2, 6)),
        restrict("scaling", channels=1),
        restrict(["trend", "drift"], channels=0, time_range=(8, 10)),
    ]
    made = model.augment(X, y, transformation=chain, eta=1)
    rest = outside(np.s_[:, 2:6, 0]) & outside(np.s_[..., 1]) & outside(np.s_[:, 8:10, 0])
    assert same_bits(made[rest], X[rest])
    assert (made[~rest] != X[~rest]).mean() > 0.95


def test_the_same_restriction_twice_is_drawn_twice():
    model = fitted()
    one = restrict("jitter", channels=0)
    once, twice = (model.augment(X, y, transformation=chain, eta=1) for chain in (one, [one, one]))
    assert not np.array_equal(once[..., 0], twice[..., 0])
    assert same_bits(once[..., 1:].copy(), twice[..., 1:].copy())


# -------------------------------------------------------------------------------------------
# Unequal lengths, gaps, known channels, supports
# -------------------------------------------------------------------------------------------


@every_pair
@pytest.mark.parametrize("residual", ["drop", "keep"])
def test_a_series_that_ends_before_the_range_stays_and_one_that_ends_in_it_changes(encoder, decoder, residual):  # fmt: skip
    model = fitted_on_rows(encoder=encoder, decoder=decoder, residual=residual)
    plain = model.augment(ROWS, y, eta=0)
    made = model.augment(ROWS, y, transformation=restrict("jitter", time_range=(4, 9)), eta=1)
    for new, old, n in zip(made, plain, LENGTHS, strict=True):
        assert new.shape == old.shape
        assert same_bits(new[:4], old[:4]) and same_bits(new[9:], old[9:])
        assert (new[4:9] != old[4:9]).mean() > 0.9 if n > 4 else same_bits(new, old)


@pytest.mark.parametrize("transformation", TRANSFORMS)
@every_part
def test_every_transformation_can_be_restricted_in_series_of_unequal_length(transformation, options, part):  # fmt: skip
    model = fitted_on_rows(residual="keep")
    made = model.augment(ROWS, y, transformation=restrict(transformation, **options), eta=1)
    for new, old in zip(made, ROWS, strict=True):
        rest = outside(part[1:], (SZ, D))[: len(old)]
        assert new.shape == old.shape
        assert np.isfinite(new).all()
        assert same_bits(new[rest], old[rest])


@pytest.mark.parametrize("missing", ["fill", "keep"])
def test_gaps_are_filled_or_kept_inside_and_outside(missing):
    values = X.copy()
    values[:, 2:5, 1] = values[:, 7, 2] = np.nan
    model = small(residual="keep", missing=missing).fit(values, y)
    made = model.augment(values, y, transformation=restrict("jitter", channels=1), eta=1)
    assert_array_equal(np.isnan(made), np.isnan(values) & (missing == "keep"))
    rest = outside(np.s_[..., 1]) & ~np.isnan(values)
    assert same_bits(made[rest], values[rest])
    if missing == "fill":
        assert_array_equal(made[:, 7, 2], model.reconstruct(values, y)[:, 7, 2])


@pytest.mark.parametrize("known, channels", [(0, 2), ((2, 0), 1), ((1,), (2, 0))])
def test_channels_are_counted_as_in_X_also_beside_known_ones(known, channels):
    model = small(condition_channels=known, residual="keep").fit(X, y)
    made = model.augment(X, y, transformation=restrict("jitter", channels=channels), eta=1)
    rest = outside(np.s_[..., channels if isinstance(channels, int) else list(channels)])
    assert same_bits(made[rest], X[rest])
    assert (made[~rest] != X[~rest]).mean() > 0.95


def test_a_range_is_one_of_all_channels_but_known_ones():
    model = small(condition_channels=0, residual="keep").fit(X, y)
    made = model.augment(X, y, transformation=restrict("jitter", time_range=(4, 9)), eta=1)
    rest = outside(np.s_[:, 4:9, 1:])
    assert same_bits(made[rest], X[rest])
    assert (made[~rest] != X[~rest]).mean() > 0.95


@pytest.mark.parametrize("residual", ["drop", "keep"])
def test_counts_outside_are_rounded_as_without_strength(residual):
    counts = np.random.default_rng(1).poisson(2, size=X.shape).astype(float)
    model = small(support="count", residual=residual).fit(counts, y)
    plain = model.augment(counts, y, eta=0)
    made = model.augment(counts, y, transformation=restrict("jitter", channels=1), eta=20)
    rest = outside(np.s_[..., 1])
    assert same_bits(made[rest], plain[rest])
    assert not np.array_equal(made[~rest], plain[~rest])


@pytest.mark.parametrize("a, b", [(0, 3), (4, 5), (5, 10)])
@pytest.mark.parametrize("given", [X, ROWS], ids=["equal", "unequal"])
def test_a_part_of_the_rows_is_augmented_as_in_the_whole(given, a, b):
    model = fitted_on_rows()
    chain = [restrict("jitter", channels=0), restrict("drift", time_range=(2, 9))]
    whole = model.augment(given, y, transformation=chain)
    part = model.augment(given[a:b], y[a:b], transformation=chain, first_row=a)
    assert all(same_bits(one, two) for one, two in zip(part, whole[a:b], strict=True))


# -------------------------------------------------------------------------------------------
# As a parameter
# -------------------------------------------------------------------------------------------


def search(memory=None, n_jobs=1):
    grid = {
        "latentaugmenter__transformation": [
            "jitter",
            restrict("jitter", time_range=(0, 6)),
            ["drift", restrict("scaling", channels=0)],
        ],
        "latentaugmenter__eta": [0.5, 3],
    }
    pipeline = make_pipeline(small(memory=memory), KNeighborsClassifier(1))
    values = np.concatenate([X[..., 0], X[..., 1]])
    return GridSearchCV(pipeline, grid, cv=3, n_jobs=n_jobs, error_score="raise").fit(values, np.tile(y, 2))  # fmt: skip


def test_a_grid_over_restrictions_trains_once_a_fold(tmp_path, trainings):
    found = search(str(tmp_path))
    assert len(trainings) == 3 + 1
    scores = found.cv_results_["mean_test_score"]
    assert_array_equal(scores, search().cv_results_["mean_test_score"])
    assert_array_equal(scores, search(n_jobs=2).cv_results_["mean_test_score"])


def test_a_clone_and_a_stored_model_keep_the_restriction():
    transformation = restrict(["drift", "jitter"], channels=(2, 0), time_range=(1, 7))
    model = small(transformation=transformation).fit(X, y)
    assert clone(model).transformation == transformation
    stored = pickle.loads(pickle.dumps(model))
    assert stored.transformation == transformation
    assert same_bits(stored.augment(X, y), model.augment(X, y))


def test_a_restriction_shows_in_the_representation_of_the_estimator():
    shown = repr(small(transformation=restrict("jitter", channels=0)))
    assert "restrict('jitter', channels=(0,))" in shown


# -------------------------------------------------------------------------------------------
# What is refused
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, text",
    [
        ({"time_range": (2, 13)}, "restrict has time_range=(2, 13), but the series have"),
        ({"time_range": (20, 30)}, "restrict has time_range=(20, 30), but the series have"),
        ({"channels": 3}, "restrict has channels=(3,), but the series have"),
        ({"channels": (0, 7)}, "restrict has channels=(0, 7), but the series have"),
    ],
)
def test_channels_and_steps_that_are_not_there_are_refused_before_any_training(options, text, trainings):  # fmt: skip
    transformation = restrict("jitter", **options)
    with pytest.raises(ValueError, match=says(text)):
        fitted().augment(X, y, transformation=transformation)
    trainings.clear()
    for method in ("fit", "fit_transform"):
        with pytest.raises(ValueError, match=says(text)):
            getattr(small(transformation=transformation), method)(X, y)
        assert not trainings


def test_a_range_may_reach_beyond_series_of_unequal_length():
    fitted_on_rows().augment(ROWS, y, transformation=restrict("jitter", time_range=(9, 12)))
    # Also where no series of the call is so long.
    made = fitted_on_rows().augment(ROWS[1:3], y[1:3], transformation=restrict("jitter", time_range=(9, 12)))  # fmt: skip
    plain = fitted_on_rows().augment(ROWS[1:3], y[1:3], eta=0)
    assert all(same_bits(one, two) for one, two in zip(made, plain, strict=True))
    # A fold of a cross-validation may lack the series that reach into the range.
    whole = fitted_on_rows().augment(ROWS, y, transformation=restrict("jitter", time_range=(9, 12)))
    beyond = fitted_on_rows().augment(
        ROWS, y, transformation=restrict("jitter", time_range=(9, 30))
    )
    assert same_bits(whole, beyond)
    none = fitted_on_rows().augment(ROWS, y, transformation=restrict("jitter", time_range=(20, 30)))
    assert same_bits(none, fitted_on_rows().augment(ROWS, y, eta=0))


@pytest.mark.parametrize("transformation", [restrict("jitter", time_range=(0, 3)), restrict("drift", channels=0)], ids=str)  # fmt: skip
@pytest.mark.parametrize("method", ["fit", "augment"])
def test_a_global_code_has_no_steps(transformation, method):
    model = small(latent="global")
    if method == "augment":
        model.fit(X, y)
    model.set_params(transformation=transformation)
    with pytest.raises(ValueError, match="needs a time axis, which a global code lacks"):
        getattr(model, method)(X, y)
