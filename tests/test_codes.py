"""How many codes a series has, where they stand in time, and codes that a user passes."""

# ruff: noqa: E501 - messages stand here in one piece, to be found by their text

import functools

import numpy as np
import pytest
from comparing import says
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklaug import LatentAugmenter
from sklaug._codes import CodeSpace, measure_codes
from sklaug.networks.decoders import DECODERS
from sklaug.networks.encoders import ENCODERS

PROPERTY = settings(derandomize=True, deadline=None, max_examples=100)
nan = np.nan


def space(n_codes=3, n_timepoints=12, k=2, mean=0.0, scale=1.0):
    full = np.full(k, 1, dtype=np.float32)
    return CodeSpace(n_codes, n_timepoints, mean * full, scale * full)


# -------------------------------------------------------------------------------------------
# How many, and where
# -------------------------------------------------------------------------------------------


def test_a_series_has_every_code_that_stands_for_one_of_its_steps():
    assert_array_equal(space().count(np.arange(1, 13)), np.repeat([1, 2, 3], 4))
    assert_array_equal(space(1, 12).count(np.arange(1, 13)), 1)
    assert_array_equal(space(12, 12).count(np.arange(1, 13)), np.arange(1, 13))
    assert_array_equal(space(5, 9).count(np.arange(1, 10)), [1, 1, 2, 2, 3, 3, 4, 4, 5])


def test_codes_within_the_series_are_told_and_nothing_where_all_are_full():
    assert_array_equal(space().inside(np.array([1, 5, 12]))[..., 0], [[1, 0, 0], [1, 1, 0], [1, 1, 1]])  # fmt: skip
    assert space().inside(None) is None


@PROPERTY
@given(n_codes=st.integers(1, 20), n_timepoints=st.integers(1, 40), data=st.data())
def test_the_codes_of_a_range_of_steps_are_those_that_stand_for_one_of_them(
    n_codes, n_timepoints, data
):
    codes = space(min(n_codes, n_timepoints), n_timepoints)
    start = data.draw(st.integers(0, n_timepoints - 1))
    stop = data.draw(st.integers(start + 1, n_timepoints))
    # The code of a step is the last that a series has which ends with that step.
    expected = {int(codes.count(step + 1)) - 1 for step in range(start, stop)}
    span = codes.span((start, stop))
    assert set(range(*span.indices(codes.n_codes))) >= expected
    assert span.start == min(expected) and span.stop == max(expected) + 1


def test_no_range_is_all_codes():
    assert space().span(None) == slice(None)
    assert space().span((0, 12)) == slice(0, 3)


@PROPERTY
@given(n_codes=st.integers(1, 20), n_timepoints=st.integers(1, 40))
def test_codes_reach_as_far_as_the_longest_series_that_has_so_many(n_codes, n_timepoints):
    codes = space(min(n_codes, n_timepoints), n_timepoints)
    lengths = np.arange(1, n_timepoints + 1)
    counts = codes.count(lengths)
    for n in np.unique(counts):
        assert codes.reach(np.array([n])) == lengths[counts == n].max()


def test_standardised_codes_come_back():
    codes = space(mean=3.0, scale=0.5)
    z = np.random.default_rng(0).normal(size=(4, 3, 2)).astype(np.float32)
    assert_allclose(codes.standardise(z), (z - 3) / 0.5, rtol=1e-6)
    assert_allclose(codes.destandardise(codes.standardise(z)), z, rtol=1e-5, atol=1e-6)


def test_codes_are_stretched_from_the_count_of_one_length_to_that_of_another():
    z = np.arange(6, dtype=np.float32).reshape(1, 6, 1)
    codes = space(6, 12, k=1)
    made = codes.resample(z, np.array([5]), None)  # three codes on six places
    assert_allclose(made.ravel(), np.linspace(0, 2, 6), rtol=1e-6)
    back = codes.resample(made, None, np.array([5]))
    assert_allclose(back.ravel(), [0, 1, 2, 0, 0, 0], atol=1e-6)
    assert codes.resample(z, None, None) is z


# -------------------------------------------------------------------------------------------
# Their scale
# -------------------------------------------------------------------------------------------


def test_mean_and_scale_are_those_of_all_codes():
    z = np.random.default_rng(0).normal(3, [1, 2], size=(50, 4, 2)).astype(np.float32)
    mean, scale, n_active = measure_codes(z, None)
    assert_allclose(mean, z.reshape(-1, 2).mean(axis=0), rtol=1e-6)
    assert_allclose(scale, z.reshape(-1, 2).std(axis=0), rtol=1e-6)
    assert mean.dtype == scale.dtype == np.float32
    assert n_active == 2


def test_codes_beyond_the_end_are_not_measured():
    rng = np.random.default_rng(0)
    z = rng.normal(3, 2, size=(40, 4, 2)).astype(np.float32)
    inside = (np.arange(4) < rng.integers(1, 5, size=40)[:, None])[..., None]
    mean, scale, _ = measure_codes(np.where(inside, z, 1e6), inside)
    assert_allclose(mean, z[inside[..., 0]].mean(axis=0), rtol=1e-5)
    assert_allclose(scale, z[inside[..., 0]].std(axis=0), rtol=1e-5)


def test_all_inside_measures_as_none_does():
    z = np.random.default_rng(0).normal(size=(20, 3, 2)).astype(np.float32)
    for one, two in zip(measure_codes(z, None), measure_codes(z, np.ones((20, 3, 1), dtype=bool)), strict=True):  # fmt: skip
        assert_allclose(one, two, rtol=1e-6)


def test_a_coordinate_is_active_where_it_varies_over_rows_and_not_only_over_time():
    z = np.zeros((30, 4, 3), dtype=np.float32)
    z[..., 0] = np.arange(4)  # the same in each row
    z[..., 1] = np.arange(30)[:, None] % 2
    assert measure_codes(z, None)[2] == 1


def test_a_place_that_no_series_has_does_not_count():
    z = np.random.default_rng(0).normal(size=(20, 3, 2)).astype(np.float32)
    inside = np.ones((20, 3, 1), dtype=bool)
    inside[:, 2] = False
    with np.errstate(all="raise"):
        mean, scale, n_active = measure_codes(np.where(inside, z, 0), inside)
    assert_allclose(mean, z[:, :2].mean(axis=(0, 1)), rtol=1e-5)
    assert np.isfinite(scale).all()
    assert n_active == 2


def test_a_coordinate_that_does_not_vary_has_a_scale_above_zero():
    assert (measure_codes(np.ones((5, 2, 1), dtype=np.float32), None)[1] > 0).all()


# -------------------------------------------------------------------------------------------
# Codes that a user passes
# -------------------------------------------------------------------------------------------


def test_complete_codes_pass_with_no_lengths():
    Z = np.random.default_rng(0).normal(size=(4, 3, 2))
    checked, reach = space().check(Z)
    assert_array_equal(checked, Z.astype(np.float32))
    assert reach is None


def test_codes_before_nan_tell_how_far_a_series_reaches():
    Z = np.ones((3, 3, 2))
    Z[0, 1:] = Z[1, 2:] = nan
    before = Z.copy()
    checked, reach = space().check(Z)
    assert_array_equal(reach, [4, 8, 12])
    assert_array_equal(checked[:, :, 0], [[1, 0, 0], [1, 1, 0], [1, 1, 1]])
    assert_array_equal(Z, before)


def spoil(place, value=nan):
    Z = np.ones((2, 3, 2))
    Z[place] = value
    return Z


@pytest.mark.parametrize(
    "bad, text",
    [
        (spoil((0, 0)), "Z contains NaN or infinity, other than NaN in all codes beyond the end of a shorter series."),
        (spoil(0), "Z contains NaN or infinity"),
        (spoil((0, 1)), "Z contains NaN or infinity"),
        (spoil((0, 2, 0)), "Z contains NaN or infinity"),
        (spoil((0, 2), np.inf), "Z contains NaN or infinity"),
        (spoil((1, 0, 0), -np.inf), "Z contains NaN or infinity"),
        (np.ones((2, 4, 2)), "Z has shape (2, 4, 2), but the codes of this LatentAugmenter have shape (n_ts, 3, 2). Pass codes as encode returns them."),
        (np.ones((2, 3)), "Z has shape (2, 3), but"),
        (np.ones((0, 3, 2)), "Z has shape (0, 3, 2), but"),
    ],
)  # fmt: skip
def test_codes_that_cannot_be_decoded_are_refused(bad, text):
    with pytest.raises(ValueError, match=says(text)):
        space().check(bad)


@pytest.mark.parametrize("bad", [np.full((2, 3, 2), "a"), np.ones((2, 3, 2)) * 1j, np.full((2, 3, 2), None)])  # fmt: skip
def test_codes_that_are_no_real_numbers_are_refused(bad):
    with pytest.raises(TypeError, match=says("Z must hold real numbers, got dtype")):
        space().check(bad)


# -------------------------------------------------------------------------------------------
# encode and decode
# -------------------------------------------------------------------------------------------

LENGTHS = np.array([12, 1, 5, 9, 12, 4, 8, 3])
X = [np.random.default_rng(n).normal(size=(size, 2)) for n, size in enumerate(LENGTHS)]
y = np.arange(len(X)) % 2


@functools.cache
def fitted(encoder="cnn_gru", decoder="conv_gru", latent="sequence"):
    model = LatentAugmenter(
        encoder, decoder, latent=latent, hidden_dim=4, max_epochs=2, random_state=0
    )
    return model.fit(X, y)


def assert_series_close(padded, rows):
    for series, row in zip(padded, rows, strict=True):
        assert_allclose(series[: len(row)], row, rtol=1e-4, atol=1e-5)
        assert np.isnan(series[len(row) :]).all()


every_pair = pytest.mark.parametrize("encoder", ENCODERS), pytest.mark.parametrize("decoder", DECODERS)  # fmt: skip


@every_pair[0]
@every_pair[1]
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_decoding_the_codes_to_the_same_lengths_is_the_reconstruction(encoder, decoder, latent):
    model = fitted(encoder, decoder, latent)
    Z = model.encode(X, y)
    assert_series_close(model.decode(Z, y, lengths=LENGTHS), model.reconstruct(X, y))


@pytest.mark.parametrize("encoder", ENCODERS)
def test_codes_are_nan_beyond_the_end_and_nowhere_else(encoder):
    model = fitted(encoder)
    Z = model.encode(X, y)
    assert Z.dtype == np.float32
    n_codes = model._codes.count(LENGTHS)
    for z, n in zip(Z, n_codes, strict=True):
        assert np.isfinite(z[:n]).all() and np.isnan(z[n:]).all()


def test_a_global_code_is_always_there():
    assert np.isfinite(fitted(latent="global").encode(X, y)).all()


def test_without_lengths_series_are_as_long_as_their_codes_reach():
    model = fitted()
    decoded = model.decode(model.encode(X, y), y)
    ends = (~np.isnan(decoded[..., 0])).sum(axis=1)
    assert model.code_shape_[0] == 6
    assert_array_equal(ends, -(-LENGTHS // 2) * 2)


def test_complete_codes_are_decoded_to_full_series():
    model = fitted()
    decoded = model.decode(np.zeros((3, *model.code_shape_)), [0, 1, 0])
    assert decoded.shape == (3, 12, 2)
    assert np.isfinite(decoded).all()


def test_complete_codes_may_be_decoded_to_shorter_series():
    model = fitted()
    decoded = model.decode(np.zeros((3, *model.code_shape_)), [0, 1, 0], lengths=[12, 3, 1])
    assert_array_equal((~np.isnan(decoded[..., 0])).sum(axis=1), [12, 3, 1])


def test_codes_beyond_the_length_that_is_asked_for_play_no_role():
    model = fitted()
    Z = np.random.default_rng(0).normal(size=(2, *model.code_shape_)).astype(np.float32)
    other = Z.copy()
    other[:, 2:] += 5  # a length of 4 has two codes
    one, two = (model.decode(codes, [0, 1], lengths=[4, 4]) for codes in (Z, other))
    assert_array_equal(one, two)


@pytest.mark.parametrize(
    "lengths, text",
    [
        ([13, 1], "lengths must be whole numbers from 1 to 12, one for each of 2 series; got array([13,  1])."),
        ([0, 1], "lengths must be whole numbers from 1 to 12"),
        ([1.5, 2], "lengths must be whole numbers from 1 to 12"),
        ([3], "lengths must be whole numbers from 1 to 12, one for each of 2 series"),
        (3, "lengths must be whole numbers from 1 to 12, one for each of 2 series"),
        ([], "lengths must be whole numbers from 1 to 12"),
        (["a", "b"], "lengths must be whole numbers from 1 to 12"),
        ([[1], [2]], "lengths must be whole numbers from 1 to 12"),
    ],
)  # fmt: skip
def test_lengths_that_are_none_are_refused(lengths, text):
    model = fitted()
    with pytest.raises(ValueError, match=says(text)):
        model.decode(np.zeros((2, *model.code_shape_)), [0, 1], lengths=lengths)


def test_codes_cannot_be_decoded_beyond_their_reach():
    model = fitted()
    with pytest.raises(ValueError, match=says("lengths[1]=3, but the codes of that row reach only to step 2. Lower it, or pass all its codes.")):  # fmt: skip
        model.decode(model.encode(X, y), y, lengths=[12, 3, *LENGTHS[2:]])
