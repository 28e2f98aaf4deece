import copy
import pickle
import re
import sys
import tracemalloc
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_array_less
from scipy.integrate import trapezoid
from scipy.interpolate import CubicSpline
from scipy.stats import kstest, norm
from sklearn.base import BaseEstimator, clone
from sklearn.model_selection import GridSearchCV

from sklaug.transforms import (
    TRANSFORMS,
    _arithmetic,
    _splines,
    drift,
    jitter,
    magnitude_warp,
    mixup,
    restrict,
    scaling,
    time_warp,
    trend,
    window_warp,
)
from sklaug.transforms._arithmetic import row_parts
from sklaug.transforms._calling import (
    call_transformation,
    declares,
    needs_time_axis,
    resolve_transformation,
    transformation_name,
)
from sklaug.transforms._restricting import locate, stages

NAMES = list(TRANSFORMS)
TIME_WARPS = ["time_warp", "window_warp"]
ALONG_TIME = ["magnitude_warp", "drift", "trend", "time_warp", "window_warp"]
SIZES = [(5, sz, d) for sz in (1, 2, 3, 7, 275) for d in (1, 3)]


def make_Z(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def apply(transformation, Z, eta, seed=1, partner=None, mask=None):
    """Every transformation in one form; mixup's partner is the next row."""
    [function] = resolve_transformation(transformation)
    partner = np.roll(Z, 1, axis=0) if partner is None else partner
    rng = np.random.default_rng(seed)
    return call_transformation(function, Z, eta=eta, rng=rng, mask=mask, partner=partner)


def warped_positions(name, n_ts, sz, eta, seed=1):
    """Where a time warp reads: what it makes of the series 0, 1, 2, ..."""
    ramp = np.tile(np.arange(float(sz))[:, None], (n_ts, 1, 1))
    return apply(name, ramp, eta, seed)[..., 0]


# --- What all have in common ---


def test_the_names_stand_in_the_documented_order():
    assert NAMES == [
        "jitter",
        "scaling",
        "magnitude_warp",
        "drift",
        "trend",
        "time_warp",
        "window_warp",
        "mixup",
    ]


def test_five_transformations_need_a_time_axis():
    needing = {name for name, f in TRANSFORMS.items() if getattr(f, "needs_time_axis", False)}

    assert needing == set(ALONG_TIME)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SIZES)
def test_the_result_is_a_new_finite_array_like_Z_which_stays_as_it_was(name, dtype, shape):
    Z = make_Z(shape, dtype)
    before = Z.copy()
    Z.flags.writeable = False

    result = apply(name, Z, 0.5)

    assert result.shape == shape
    assert result.dtype == dtype
    assert np.isfinite(result).all()
    assert not np.shares_memory(result, Z)
    assert result.flags.writeable
    assert result.flags.c_contiguous
    assert_array_equal(Z, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SIZES)
def test_strength_0_returns_Z_to_the_bit(name, dtype, shape):
    Z = make_Z(shape, dtype)
    Z[0] = -0.0

    assert apply(name, Z, 0).tobytes() == Z.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_view_gives_what_its_contiguous_copy_gives(name):
    view = make_Z((3, 50, 12)).transpose(2, 1, 0)[::2, ::-1]

    assert_array_equal(apply(name, view, 0.5), apply(name, np.ascontiguousarray(view), 0.5))


@pytest.mark.parametrize("name", NAMES)
def test_a_strength_changes_every_row(name):
    Z = make_Z((30, 40, 2))

    assert (apply(name, Z, 0.5) != Z).any(axis=(1, 2)).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", SIZES)
def test_strength_100_stays_finite(name, dtype, shape):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        result = apply(name, make_Z(shape, dtype), 100)

    assert np.isfinite(result).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_row_does_not_depend_on_the_values_of_the_others(name):
    Z, partner = make_Z((6, 30, 2)), make_Z((6, 30, 2), seed=5)
    others = Z.copy()
    others[np.arange(6) != 2] = 1e3

    assert_array_equal(
        apply(name, Z, 0.7, partner=partner)[2],
        apply(name, others, 0.7, partner=partner)[2],
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_first_rows_do_not_depend_on_how_many_follow(name):
    Z, partner = make_Z((64, 30, 2)), make_Z((64, 30, 2), seed=5)

    assert_allclose(
        apply(name, Z[:16], 0.7, partner=partner[:16]),
        apply(name, Z, 0.7, partner=partner)[:16],
        rtol=1e-10,
        atol=1e-10,
    )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_numpy_number_as_strength_gives_the_bits_of_a_python_number(name, dtype):
    Z = make_Z((4, 30, 2), dtype)

    assert_array_equal(apply(name, Z, np.float64(0.3)), apply(name, Z, 0.3))


@pytest.mark.parametrize("name", ["jitter", "scaling", "magnitude_warp", "drift", "trend"])
def test_twice_the_strength_makes_twice_the_difference(name):
    Z = make_Z((4, 30, 2))

    assert_allclose(apply(name, Z, 1) - Z, 2 * (apply(name, Z, 0.5) - Z), atol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_no_rows_at_all_stay_none(name, masked):
    Z, rng = np.empty((0, 5, 2)), np.random.default_rng(0)
    mask = np.ones(Z.shape, dtype=bool) if masked else None
    moved = call_transformation(TRANSFORMS[name], Z, eta=0.5, rng=rng, mask=mask, partner=Z)
    assert moved.shape == (0, 5, 2)


@pytest.mark.parametrize("name", TIME_WARPS)
def test_a_stronger_time_warp_bends_the_same_way_further(name):
    displacement = [warped_positions(name, 50, 40, eta) - np.arange(40) for eta in (1e-6, 2e-6)]

    assert_allclose(displacement[1], 2 * displacement[0], rtol=1e-3, atol=1e-9)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "mixup"])
def test_the_number_of_draws_does_not_depend_on_the_strength(name):
    generators = [np.random.default_rng(0) for _ in range(2)]
    for rng, eta in zip(generators, (0, 3), strict=True):
        TRANSFORMS[name](make_Z((4, 30, 2)), eta=eta, rng=rng)

    assert generators[0].random() == generators[1].random()


# --- Values ---


def test_jitter_adds_normal_noise_of_standard_deviation_eta():
    noise = jitter(np.zeros((2000, 10, 2)), eta=0.3, rng=np.random.default_rng(0))

    assert kstest(noise.ravel(), norm(scale=0.3).cdf).pvalue > 0.01
    assert abs(np.corrcoef(noise.reshape(2000, 20).T) - np.eye(20)).max() < 0.1


def test_scaling_multiplies_by_one_normal_factor_per_series_and_channel():
    Z = make_Z((20_000, 3, 2))

    factors = scaling(Z, eta=0.3, rng=np.random.default_rng(1)) / Z

    assert_allclose(factors, factors[:, :1] * np.ones((1, 3, 1)), rtol=1e-12)
    assert kstest(factors[:, 0].ravel(), norm(loc=1, scale=0.3).cdf).pvalue > 0.01
    assert abs(np.corrcoef(factors[:, 0].T)[0, 1]) < 0.03


@pytest.mark.parametrize("n_knots", [2, 3, 4, 7])
@pytest.mark.parametrize("sz", [1, 2, 3, 50])
def test_magnitude_warp_multiplies_by_the_cubic_spline_through_its_knots(n_knots, sz):
    Z = make_Z((5, sz, 2))

    warped = magnitude_warp(Z, eta=0.4, rng=np.random.default_rng(3), n_knots=n_knots)

    noise = np.random.default_rng(3).standard_normal((5, 2, n_knots))
    for row in range(5):
        for channel in range(2):
            spline = CubicSpline(np.linspace(0, 1, n_knots), 1 + 0.4 * noise[row, channel])
            expected = Z[row, :, channel] * spline(np.linspace(0, 1, sz))
            assert_allclose(warped[row, :, channel], expected, rtol=1e-10)


def test_magnitude_warp_varies_by_eta_at_both_ends():
    curve = magnitude_warp(np.ones((20_000, 20, 1)), eta=0.3, rng=np.random.default_rng(0))

    assert_allclose(curve[:, [0, -1], 0].std(axis=0), 0.3, rtol=0.03)
    assert_allclose(curve[:, [0, -1], 0].mean(axis=0), 1, atol=0.01)


def test_a_curve_through_a_single_knot_is_refused():
    with pytest.raises(ValueError, match="n_knots=1, but a curve needs at least 2 knots"):
        magnitude_warp(np.ones((1, 5, 1)), eta=1, rng=np.random.default_rng(0), n_knots=1)


def test_drift_is_a_random_walk_that_ends_with_standard_deviation_eta():
    walk = drift(np.zeros((20_000, 16, 1)), eta=0.8, rng=np.random.default_rng(0))[..., 0]
    steps = np.diff(walk, axis=1, prepend=0)

    assert walk[:, -1].std() == pytest.approx(0.8, rel=0.03)
    assert_allclose(steps.std(axis=0), 0.8 / 4, rtol=0.03)
    assert abs(np.corrcoef(steps.T) - np.eye(16)).max() < 0.04


def test_trend_adds_a_straight_line_whose_rise_has_standard_deviation_eta():
    line = trend(np.zeros((20_000, 11, 2)), eta=0.6, rng=np.random.default_rng(0))

    assert_allclose(np.diff(line, n=2, axis=1), 0, atol=1e-12)
    assert_allclose(line[:, 5], 0, atol=1e-12)
    assert_allclose((line[:, -1] - line[:, 0]).std(axis=0), 0.6, rtol=0.03)
    assert abs(np.corrcoef(line[:, -1].T)[0, 1]) < 0.03


@pytest.mark.parametrize("eta, weight", [(0, 0), (np.log(2), 0.5), (1, 0.632120558828), (100, 1)])
def test_mixup_moves_by_1_minus_exp_of_minus_eta(eta, weight):
    Z, partner = make_Z((4, 5, 2)), make_Z((4, 5, 2), seed=7)

    expected = (1 - weight) * Z + weight * partner
    assert_allclose(mixup(Z, eta=eta, partner=partner), expected, rtol=1e-9)


def test_mixup_leaves_a_row_that_is_its_own_partner():
    Z = make_Z((4, 5, 2), np.float32)
    partner = Z[[1, 0, 2, 0]]

    assert_array_equal(mixup(Z, eta=0.7, partner=partner)[2], Z[2])


# --- Time ---


def test_time_warp_reads_where_the_integral_of_its_speed_says():
    Z = make_Z((6, 40, 2))

    warped = time_warp(Z, eta=0.9, rng=np.random.default_rng(3))

    noise = np.random.default_rng(3).standard_normal((6, 4))
    time = np.arange(40)
    for row in range(6):
        speed = np.exp(CubicSpline(np.linspace(0, 39, 4), 0.9 * noise[row])(time))
        position = np.array([trapezoid(speed[: t + 1]) for t in time])
        position *= 39 / position[-1]
        for channel in range(2):
            expected = np.interp(position, time, Z[row, :, channel])
            assert_allclose(warped[row, :, channel], expected, rtol=1e-8, atol=1e-10)


def test_window_warp_plays_a_window_of_one_speed_among_steps_of_another():
    positions = warped_positions("window_warp", 200, 100, eta=0.5)

    for position in positions:
        speeds, counts = np.unique(np.diff(position).round(9), return_counts=True)
        # The rest, the window, and where they meet steps at the mean of both.
        window, rest = np.argsort(counts)[-2:]
        assert 29 <= counts[window] <= 30
        assert 68 <= counts[rest] <= 70
        if len(speeds) == 3:
            assert speeds[1] == pytest.approx((speeds[0] + speeds[2]) / 2, abs=1e-6)
            assert {window, rest} == {0, 2}


def test_window_warp_interpolates_as_numpy_does():
    Z = make_Z((20, 60, 2))

    warped = apply("window_warp", Z, 0.8)

    for row, position in enumerate(warped_positions("window_warp", 20, 60, 0.8)):
        for channel in range(2):
            expected = np.interp(position, np.arange(60), Z[row, :, channel])
            assert_allclose(warped[row, :, channel], expected, atol=1e-9)


def test_window_warp_varies_the_logarithm_of_the_speed_by_eta():
    rates = np.diff(warped_positions("window_warp", 20_000, 100, eta=0.2), axis=1)
    fastest, slowest, middle = rates.max(axis=1), rates.min(axis=1), np.median(rates, axis=1)

    # The rest is longer than the window, so the median is the speed of the rest.
    ratio = np.where(fastest - middle > middle - slowest, fastest, slowest) / middle
    assert kstest(np.log(ratio), norm(scale=0.2).cdf).pvalue > 0.01


def test_the_window_starts_anywhere_alike():
    rates = np.diff(warped_positions("window_warp", 20_000, 41, eta=0.5), axis=1)
    middle = np.median(rates, axis=1, keepdims=True)
    inside = abs(np.log(rates / middle)) > 0.75 * abs(np.log(rates / middle)).max(
        axis=1, keepdims=True
    )
    start = inside.argmax(axis=1)

    # 12 of 41 steps are the window: 30 places.
    shares = np.bincount(start, minlength=30) / 20_000
    assert len(shares) == 30
    assert_allclose(shares, 1 / 30, atol=0.008)


def test_a_window_as_long_as_the_series_changes_nothing():
    Z = make_Z((4, 30, 2))

    warped = window_warp(Z, eta=1, rng=np.random.default_rng(0), window=1)

    assert_allclose(warped, Z, atol=1e-12)


@pytest.mark.parametrize("window", [0, -0.1, 1.5, float("nan")])
def test_a_window_that_is_no_share_is_refused(window):
    with pytest.raises(ValueError, match=f"window={window}, but it is a share of the series"):
        window_warp(make_Z((2, 5, 1)), eta=1, rng=np.random.default_rng(0), window=window)


@pytest.mark.parametrize("name", TIME_WARPS)
@pytest.mark.parametrize("eta", [0.1, 1, 10, 100, 10_000])
@pytest.mark.parametrize("sz", [2, 7, 275])
def test_a_time_warp_never_runs_back_and_keeps_both_ends(name, eta, sz):
    position = warped_positions(name, 200, sz, eta)

    assert (np.diff(position, axis=1) >= -1e-12).all()
    assert_array_equal(position[:, 0], 0)
    assert_array_equal(position[:, -1], sz - 1)


@pytest.mark.parametrize("name", TIME_WARPS)
def test_a_time_warp_stays_within_the_range_of_the_series_and_warps_channels_alike(name):
    Z = make_Z((50, 30, 1)).repeat(3, axis=2)

    warped = apply(name, Z, 2)

    assert_array_less(warped.max(axis=1), Z.max(axis=1) + 1e-12)
    assert_array_less(Z.min(axis=1) - 1e-12, warped.min(axis=1))
    assert_array_equal(warped, warped[..., :1].repeat(3, axis=2))


# --- Series of unequal length ---

LENGTHS = np.array([1, 2, 3, 4, 5, 8, 13, 21, 34, 40, 40, 0])


def mask_of(lengths, sz=40):
    """True up to the end of each series, (n_ts, sz, 1)."""
    return np.arange(sz)[:, None] < np.asarray(lengths)[:, None, None]


class Recorder:
    """A generator that remembers what it drew."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.drawn = []

    def standard_normal(self, shape, dtype=np.float64):
        self.drawn.append(self.rng.standard_normal(shape, dtype=dtype))
        return self.drawn[-1].copy()

    def of_row(self, row):
        return OneRow(iter([drawn[row : row + 1] for drawn in self.drawn]))


class OneRow:
    """A generator that gives one row alone what it got among others, and the first steps if it is cut."""

    def __init__(self, drawn):
        self.drawn = drawn

    def standard_normal(self, shape, dtype=np.float64):
        drawn = next(self.drawn)[tuple(slice(size) for size in shape)]
        assert drawn.shape == shape and drawn.dtype == dtype
        return drawn.copy()


def test_where_a_series_ends_matters_to_five_transformations():
    assert [name for name in NAMES if declares(TRANSFORMS[name], "mask")] == ALONG_TIME


@pytest.mark.parametrize("name", ALONG_TIME)
@pytest.mark.parametrize("dtype, rtol", [(np.float32, 1e-4), (np.float64, 1e-10)])
@pytest.mark.parametrize("d", [1, 3])
def test_what_happens_to_a_short_series_is_what_would_happen_to_it_alone(name, dtype, rtol, d):
    Z = make_Z((12, 40, d), dtype)
    recorder = Recorder(3)

    together = TRANSFORMS[name](Z, eta=0.7, rng=recorder, mask=mask_of(LENGTHS))

    for row, length in enumerate(LENGTHS[:-1]):
        alone = TRANSFORMS[name](
            Z[row : row + 1, :length], eta=0.7, rng=recorder.of_row(row), mask=None
        )
        assert_allclose(together[row, :length], alone[0], rtol=rtol, atol=rtol)


@pytest.mark.parametrize("name", ALONG_TIME)
@pytest.mark.parametrize("beyond", [-0.0, 1e30, np.nan, np.inf])
def test_what_lies_beyond_the_end_stays_to_the_bit_and_has_no_influence(name, beyond):
    Z, mask = make_Z((12, 40, 2), np.float32), mask_of(LENGTHS)
    padded = np.where(mask, Z, np.float32(beyond))

    with np.errstate(all="ignore"):
        result = TRANSFORMS[name](padded, eta=0.7, rng=np.random.default_rng(0), mask=mask)

    plain = TRANSFORMS[name](Z, eta=0.7, rng=np.random.default_rng(0), mask=mask)
    assert result.tobytes() == np.where(mask, plain, padded).tobytes()
    assert result[-1].tobytes() == padded[-1].tobytes()


@pytest.mark.parametrize("name", ALONG_TIME)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_full_series_gets_the_same_bits_beside_short_ones_as_without_a_mask(name, dtype):
    Z = make_Z((12, 40, 2), dtype)

    beside = apply(name, Z, 0.7, mask=mask_of(LENGTHS))
    all_full = apply(name, Z, 0.7, mask=np.ones((12, 40, 2), dtype=bool))

    assert_array_equal(beside[LENGTHS == 40], apply(name, Z, 0.7)[LENGTHS == 40])
    assert_array_equal(all_full, apply(name, Z, 0.7))


@pytest.mark.parametrize("name", ALONG_TIME)
def test_a_short_series_does_not_depend_on_the_length_of_the_others(name):
    Z = make_Z((64, 40, 3), np.float32)
    lengths = np.random.default_rng(0).integers(0, 41, size=(2, 64))
    lengths[:, 20:30] = np.arange(1, 40, 4)

    one, other = (apply(name, Z, 0.7, mask=mask_of(those)) for those in lengths)

    assert_array_equal(one[20:30], other[20:30])


@pytest.mark.parametrize("name", ALONG_TIME)
def test_a_series_ends_at_the_last_step_of_any_channel_whatever_gaps_it_has(name):
    Z = make_Z((3, 12, 2))
    mask = np.zeros((3, 12, 2), dtype=bool)
    mask[0, [2, 3, 7], 0] = True
    mask[0, [0, 4], 1] = True
    mask[1, 5, 1] = True
    mask[2, 11, 0] = True

    assert_array_equal(
        apply(name, Z, 0.7, mask=mask), apply(name, Z, 0.7, mask=mask_of([8, 6, 12], 12))
    )


@pytest.mark.parametrize("name", ALONG_TIME)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_strength_0_returns_short_series_to_the_bit(name, dtype):
    Z = make_Z((12, 40, 2), dtype)
    Z[::2] = -0.0

    assert apply(name, Z, 0, mask=mask_of(LENGTHS)).tobytes() == Z.tobytes()


@pytest.mark.parametrize("name", ALONG_TIME)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("sz", [1, 2, 40])
def test_short_series_stay_finite_at_any_strength(name, dtype, sz):
    lengths = np.minimum(LENGTHS, sz)

    with np.errstate(over="raise", invalid="raise", divide="raise"):
        result = apply(name, make_Z((12, sz, 2), dtype), 100, mask=mask_of(lengths, sz))

    assert np.isfinite(result).all()


@pytest.mark.parametrize("name", ALONG_TIME)
def test_draws_do_not_depend_on_lengths(name):
    generators = [np.random.default_rng(0) for _ in range(3)]
    for rng, mask in zip(generators, (None, mask_of(LENGTHS), mask_of(LENGTHS[::-1])), strict=True):
        TRANSFORMS[name](make_Z((12, 40, 2)), eta=0.5, rng=rng, mask=mask)

    assert len({rng.random() for rng in generators}) == 1


def test_drift_ends_with_standard_deviation_eta_at_the_end_of_a_short_series():
    walk = drift(
        np.zeros((20_000, 16, 1)),
        eta=0.8,
        rng=np.random.default_rng(0),
        mask=mask_of(np.tile([4, 9], 10_000), 16),
    )[..., 0]

    assert walk[::2, 3].std() == pytest.approx(0.8, rel=0.03)
    assert walk[1::2, 8].std() == pytest.approx(0.8, rel=0.03)
    assert walk[1::2, 0].std() == pytest.approx(0.8 / 3, rel=0.03)


def test_trend_rises_by_the_same_over_a_short_series_as_over_a_long_one():
    line = trend(
        np.zeros((2, 11, 1)), eta=1, rng=np.random.default_rng(0), mask=mask_of([5, 11], 11)
    )[..., 0]
    rise = np.random.default_rng(0).standard_normal(2)

    assert_allclose(line[0, :5], rise[0] * np.array([-0.5, -0.25, 0, 0.25, 0.5]), atol=1e-12)
    assert_allclose(line[1], rise[1] * np.linspace(-0.5, 0.5, 11), atol=1e-12)


def test_magnitude_warp_spreads_its_knots_over_the_length_of_each_series():
    curve = magnitude_warp(
        np.ones((2, 30, 1)), eta=0.4, rng=np.random.default_rng(3), mask=mask_of([7, 30], 30)
    )[..., 0]

    knots = 1 + 0.4 * np.random.default_rng(3).standard_normal((2, 4))
    assert_allclose(curve[0, :7], CubicSpline(np.linspace(0, 6, 4), knots[0])(np.arange(7)))
    assert_allclose(curve[1], CubicSpline(np.linspace(0, 29, 4), knots[1])(np.arange(30)))


@pytest.mark.parametrize("name", TIME_WARPS)
@pytest.mark.parametrize("eta", [0.1, 10, 10_000])
def test_a_time_warp_keeps_both_ends_of_a_short_series(name, eta):
    lengths = np.arange(1, 41)
    ramp = np.tile(np.arange(40.0)[:, None], (40, 1, 1))

    position = apply(name, ramp, eta, mask=mask_of(lengths))[..., 0]

    assert_array_equal(position[:, 0], 0)
    assert_array_equal(position[np.arange(40), lengths - 1], lengths - 1)
    assert (np.diff(position, axis=1) >= -1e-12).all()


def test_a_window_as_long_as_a_short_series_changes_nothing():
    Z = make_Z((12, 40, 2))

    warped = apply(partial(window_warp, window=1), Z, 1000, mask=mask_of(LENGTHS))

    assert_allclose(warped, Z, atol=1e-12)


# --- Work: counted, not timed ---


@pytest.mark.parametrize("name", ["magnitude_warp", "time_warp"])
@pytest.mark.parametrize("lengths", [None, np.arange(3000) % 41])
def test_one_call_builds_one_spline_whatever_the_number_of_series(name, lengths, monkeypatch):
    built = []

    def counted(*arguments):
        built.append(arguments)
        return CubicSpline(*arguments)

    monkeypatch.setattr(_splines, "CubicSpline", counted)
    apply(name, make_Z((3000, 40, 1)), 0.5, mask=None if lengths is None else mask_of(lengths))

    assert len(built) == 1


@pytest.mark.parametrize("name", NAMES)
def test_no_transformation_takes_its_series_one_by_one(name):
    def lines_run(n_ts):
        count = 0

        def trace(frame, event, argument):
            nonlocal count
            count += "sklaug" in frame.f_code.co_filename
            return trace

        Z = make_Z((n_ts, 40, 1), np.float32)
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            apply(name, Z, 0.5)
        finally:
            sys.settrace(before)
        return count

    assert lines_run(1600) == lines_run(16)


@pytest.mark.parametrize("name", NAMES)
def test_many_series_take_no_float64_array_of_their_size(name):
    """Two arrays of float32 beside one another at the most; 0.6 is for what the parts take."""
    Z = make_Z((8000, 100, 1), np.float32)
    partner = Z[::-1]
    apply(name, Z[:10], 0.5, partner=partner[:10])
    tracemalloc.start()
    try:
        TRANSFORMS[name](
            Z,
            eta=0.5,
            **({"partner": partner} if name == "mixup" else {"rng": np.random.default_rng(0)}),
        )
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 2.6 * Z.nbytes


@pytest.mark.parametrize("n_ts", [1, 2, 3, 4, 5, 7, 1024, 1025])
@pytest.mark.parametrize("per_row", [1, 400, 2**16, 2**20])
def test_parts_cover_all_rows_in_order_and_none_is_a_single_row_among_many(n_ts, per_row):
    rows = np.arange(n_ts)

    parts = list(row_parts(rows, 2 * rows[:, None], None, 7, per_row=per_row))

    assert_array_equal(np.concatenate([part for part, *_ in parts]), rows)
    assert_array_equal(np.concatenate([part for _, part, *_ in parts])[:, 0], 2 * rows)
    assert all(rest == [None, 7] for _, _, *rest in parts)
    sizes = [len(part) for part, *_ in parts]
    assert min(sizes) > 1 or n_ts == 1
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= max(3, 2**18 // per_row)
    assert all(np.shares_memory(part, rows) for part, *_ in parts)


@pytest.mark.parametrize("name", ["magnitude_warp", "time_warp"])
@pytest.mark.parametrize("shape", [(1024, 275, 1), (1024, 64, 1), (300, 40, 3), (2, 90_000, 1)])
def test_taking_series_in_parts_changes_nothing_beyond_rounding(name, shape, monkeypatch):
    Z = make_Z(shape, np.float32)
    in_parts = apply(name, Z, 0.7)

    monkeypatch.setattr(_arithmetic, "_PART", 2**40)

    assert_allclose(in_parts, apply(name, Z, 0.7), rtol=1e-4, atol=1e-4)


# --- Finding and calling them ---


def shift(Z, *, eta):
    return Z + eta


class Shift:
    def __call__(self, Z, eta, mask):
        return Z + eta if mask is None else Z


def test_names_and_callables_and_lists_of_them_resolve_in_order():
    half = partial(window_warp, window=0.5)

    assert resolve_transformation("drift") == [drift]
    assert resolve_transformation(half) == [half]
    assert resolve_transformation(["trend", shift, "jitter"]) == [trend, shift, jitter]
    assert resolve_transformation(("scaling",)) == [scaling]


def test_an_unknown_name_is_answered_with_the_known_ones():
    message = (
        "Unknown transformation 'jiter'. Known: jitter, scaling, magnitude_warp, drift, trend, "
        "time_warp, window_warp, mixup; or pass a callable f(Z, *, eta, rng). Did you mean 'jitter'?"
    )

    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        resolve_transformation(["jitter", "jiter"])


@pytest.mark.parametrize(
    "transformation, came",
    [
        (3, "3 of type int"),
        (None, "None of type NoneType"),
        (["jitter", ["drift"]], "of type list"),
    ],
)
def test_neither_name_nor_callable_is_refused_saying_what_came(transformation, came):
    with pytest.raises(TypeError, match=f"is a name, a callable .* got .*{came}"):
        resolve_transformation(transformation)


@pytest.mark.parametrize("empty", [[], ()])
def test_an_empty_list_is_refused(empty):
    with pytest.raises(ValueError, match=r"empty list\. Pass at least one name or callable"):
        resolve_transformation(empty)


@pytest.mark.parametrize(
    "function",
    [shift, Shift(), partial(shift), lambda Z, **keywords: Z + keywords["eta"]],
    ids=["function", "object", "partial", "any keywords"],
)
def test_a_callable_gets_the_keywords_that_it_declares(function):
    Z = make_Z((2, 3, 1))

    result = call_transformation(function, Z, eta=2, rng=None, mask=None, partner=None)

    assert_array_equal(result, Z + 2)


def test_a_callable_with_any_keywords_gets_all():
    received = {}

    def collect(Z, **keywords):
        received.update(keywords)
        return Z

    call_transformation(collect, make_Z((1, 1, 1)), eta=1, rng=2, mask=3, partner=4)

    assert received == {"eta": 1, "rng": 2, "mask": 3, "partner": 4}


def test_a_partial_keeps_what_it_fixed():
    Z = make_Z((3, 20, 1))

    result = call_transformation(
        partial(magnitude_warp, n_knots=6),
        Z,
        eta=1,
        rng=np.random.default_rng(0),
        mask=None,
        partner=None,
    )

    assert_array_equal(result, magnitude_warp(Z, eta=1, rng=np.random.default_rng(0), n_knots=6))


def test_the_result_of_a_callable_is_cast_to_the_dtype_of_Z():
    Z = make_Z((2, 3, 1), np.float32)

    result = call_transformation(
        lambda Z: Z.astype(np.float64), Z, eta=1, rng=None, mask=None, partner=None
    )

    assert result.dtype == np.float32


def shorten(Z):
    return Z[:, :-1]


def listing(Z):
    return Z.tolist()


@pytest.mark.parametrize(
    "function, message",
    [
        (shorten, r"shorten returned an array of shape \(4, 5, 2\), .* Z of shape \(4, 6, 2\)"),
        (partial(shorten), r"shorten returned an array of shape \(4, 5, 2\)"),
        (listing, r"listing returned an object of type list, .* Z of shape \(4, 6, 2\)"),
        (lambda Z: None, "<lambda> returned an object of type NoneType"),
    ],
)
def test_a_result_of_another_shape_is_refused_naming_function_and_shapes(function, message):
    with pytest.raises(ValueError, match=message):
        call_transformation(function, make_Z((4, 6, 2)), eta=1, rng=None, mask=None, partner=None)


def test_a_callable_object_is_named_by_its_class():
    class Flatten:
        def __call__(self, Z):
            return Z.ravel()

    with pytest.raises(ValueError, match="transformation Flatten returned"):
        call_transformation(Flatten(), make_Z((2, 2, 2)), eta=1, rng=0, mask=None, partner=None)


# --- Restricting them ---

PARTS = [
    ((1,), None),
    ((3, 0), None),
    (None, (5, 20)),
    ((0, 2), (10, 30)),
    (None, (0, 30)),
    ((2,), (29, 30)),
]


def scaled_by_2(Z, *, eta):
    return Z * 2


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("channels, time_range", PARTS)
def test_a_restricted_transformation_does_to_a_part_what_it_does_to_a_series(
    name, dtype, channels, time_range
):
    Z, partner = make_Z((6, 30, 4), dtype), make_Z((6, 30, 4), dtype, seed=5)
    Z[0] = -0.0
    Z.flags.writeable = False
    restricted = restrict(name, channels=channels, time_range=time_range)
    start, stop = time_range or (0, 30)
    those = list(channels or range(4))

    result = apply(restricted, Z, 0.7, partner=partner)

    part = np.stack([Z[:, start:stop, channel] for channel in those], axis=2)
    of_partner = np.stack([partner[:, start:stop, channel] for channel in those], axis=2)
    expected = Z.copy()
    for place, moved in enumerate(np.moveaxis(apply(name, part, 0.7, partner=of_partner), 2, 0)):
        expected[:, start:stop, those[place]] = moved
    assert result.tobytes() == expected.tobytes()
    assert result.dtype == dtype
    assert result.flags.c_contiguous and result.flags.writeable
    assert not np.shares_memory(result, Z)


@pytest.mark.parametrize("name", NAMES)
def test_a_restricted_transformation_of_strength_0_returns_Z_to_the_bit(name):
    Z = make_Z((6, 30, 3), np.float32)
    Z[0] = -0.0

    assert apply(restrict(name, channels=1, time_range=(3, 9)), Z, 0).tobytes() == Z.tobytes()


def test_a_restricted_chain_draws_in_order():
    Z = make_Z((6, 30, 3))

    result = apply(restrict(["drift", scaled_by_2, "jitter"], channels=[2, 0]), Z, 0.7)

    rng = np.random.default_rng(1)
    part = Z[..., [2, 0]]
    part = jitter(2 * drift(part, eta=0.7, rng=rng), eta=0.7, rng=rng)
    assert_array_equal(result[..., [2, 0]], part)
    assert_array_equal(result[..., 1], Z[..., 1])


def test_a_function_sees_the_cut_out_part_alone_and_contiguous():
    seen = {}

    def look(Z, *, eta, mask, partner):
        seen.update(Z=Z, eta=eta, mask=mask, partner=partner)
        return Z

    Z, partner = make_Z((4, 10, 3)), make_Z((4, 10, 3), seed=5)
    mask = np.random.default_rng(0).random((4, 10, 3)) < 0.7
    mask[:, 6:] = True

    result = apply(
        restrict(look, channels=(2, 0), time_range=(3, 7)), Z, 0.4, partner=partner, mask=mask
    )

    for name, whole in {"Z": Z, "mask": mask, "partner": partner}.items():
        assert_array_equal(seen[name], whole[:, 3:7][..., [2, 0]])
        assert seen[name].flags.c_contiguous
    assert seen["eta"] == 0.4
    assert_array_equal(result, Z)


@pytest.mark.parametrize("name", ALONG_TIME)
def test_a_series_that_ends_in_the_range_counts_up_to_its_end(name):
    Z = make_Z((5, 20, 2))
    lengths = np.array([3, 8, 12, 15, 20])  # before, at the start of, in, at the end of, after

    result = apply(restrict(name, time_range=(8, 15)), Z, 0.7, mask=mask_of(lengths, 20))

    inner = mask_of([0, 0, 4, 7, 7], 7)
    expected = Z.copy()
    expected[:, 8:15] = apply(name, Z[:, 8:15], 0.7, mask=inner)
    assert_array_equal(result, expected)
    assert_array_equal(result[:2], Z[:2])


@pytest.mark.parametrize("name", ["jitter", "scaling", "mixup", scaled_by_2])
def test_steps_beyond_the_end_stay_whatever_the_transformation_knows_of_masks(name):
    Z = make_Z((3, 20, 2))

    result = apply(restrict(name, time_range=(8, 15)), Z, 0.7, mask=mask_of([3, 12, 20], 20))

    changed = (result != Z).any(axis=2)
    assert_array_equal(changed.sum(axis=1), [0, 4, 7])
    assert changed[1, 8:12].all()


@pytest.mark.parametrize("name", ALONG_TIME)
def test_a_gap_at_the_edge_of_a_part_is_not_the_end_of_the_series(name):
    Z = make_Z((3, 20, 2))
    mask = np.ones((3, 20, 2), dtype=bool)
    mask[0, 10:16] = False  # over the end of the range
    mask[1, 5:, 0] = False  # one channel stops, the other goes on
    mask[2, 6:18] = False  # over the whole range
    restricted = restrict(name, channels=0, time_range=(8, 15))

    assert_array_equal(apply(restricted, Z, 0.7, mask=mask), apply(restricted, Z, 0.7))


def test_a_restricted_transformation_leaves_the_mask_as_it_was():
    mask = np.zeros((2, 6, 2), dtype=bool)
    mask[:, 5, 1] = True
    before = mask.copy()
    mask.flags.writeable = False

    apply(restrict("drift", channels=0), make_Z((2, 6, 2)), 0.7, mask=mask)

    assert_array_equal(mask, before)


def test_a_restricted_transformation_stands_in_a_list_among_others():
    restricted = restrict("drift", channels=[0])

    assert resolve_transformation(["jitter", restricted]) == [jitter, restricted]
    assert resolve_transformation(restricted) == [restricted]


@pytest.mark.parametrize(
    "transformation, partner, time_axis",
    [
        (restrict("jitter", channels=0), False, False),
        (restrict("mixup", channels=0), True, False),
        (restrict(["jitter", "drift"], channels=0), False, True),
        (restrict(["jitter", "mixup"], time_range=(0, 2)), True, True),
        (restrict("scaling", time_range=(0, 2)), False, True),
        (restrict(partial(window_warp, window=0.5), channels=0), False, True),
    ],
    ids=str,
)
def test_what_is_restricted_decides_what_is_needed(transformation, partner, time_axis):
    assert declares(transformation, "partner") == partner
    assert needs_time_axis(transformation) == time_axis
    assert declares(transformation, "mask")


def test_stages_hold_what_stands_side_by_side_without_restriction():
    one, two = restrict("drift", channels=[0]), restrict(["trend", shift], time_range=(2, 5))

    assert stages("jitter") == [([jitter], None, None)]
    assert stages(one) == [([drift], (0,), None)]
    assert stages(["jitter", one, "trend", "scaling", two, two, shift]) == [
        ([jitter], None, None),
        ([drift], (0,), None),
        ([trend, scaling], None, None),
        ([trend, shift], None, (2, 5)),
        ([trend, shift], None, (2, 5)),
        ([shift], None, None),
    ]

    stages(one)[0][0].append(jitter)
    assert one.functions == [drift]


@pytest.mark.parametrize("channels, time_range", PARTS)
def test_locate_indexes_the_part(channels, time_range):
    Z = make_Z((2, 30, 4))
    start, stop = time_range or (0, 30)

    part = Z[locate(channels, time_range, 30, 4)]

    assert_array_equal(part, Z[:, start:stop].take(channels or range(4), axis=2))


def test_equal_restrictions_are_equal_and_hash_alike():
    first = restrict("drift", channels=[0, 2], time_range=[3, 9])
    same = restrict([drift], channels=np.array([0, 2]), time_range=(np.int64(3), 9))

    assert first == same
    assert hash(first) == hash(same)
    assert joblib.hash(first) == joblib.hash(same)
    assert first.channels == (0, 2) and first.time_range == (3, 9)
    others = [
        restrict("trend", channels=[0, 2], time_range=(3, 9)),
        restrict("drift", channels=[2, 0], time_range=(3, 9)),
        restrict("drift", channels=[0, 2]),
        restrict("drift", time_range=(3, 9)),
        "drift",
    ]
    assert all(first != other for other in others)
    assert len({joblib.hash(other) for other in others}) == len(set(others)) == len(others)


@pytest.mark.parametrize(
    "restricted",
    [
        restrict("drift", channels=1),
        restrict(["jitter", shift], time_range=(2, 5)),
        restrict(partial(window_warp, window=0.5), channels=[0]),
    ],
    ids=str,
)
def test_a_copy_of_a_restriction_is_equal_and_does_the_same(restricted):
    Z = make_Z((2, 6, 2))

    for twin in (
        pickle.loads(pickle.dumps(restricted)),
        copy.deepcopy(restricted),
        clone(restricted, safe=False),
    ):
        assert twin == restricted
        assert hash(twin) == hash(restricted)
        assert_array_equal(apply(twin, Z, 0.5), apply(restricted, Z, 0.5))


@pytest.mark.parametrize(
    "restricted, name, representation",
    [
        (
            restrict("jitter", channels=0),
            "jitter on channel 0",
            "restrict('jitter', channels=(0,))",
        ),
        (
            restrict("drift", time_range=(10, 20)),
            "drift in steps 10 to 20",
            "restrict('drift', time_range=(10, 20))",
        ),
        (
            restrict(["drift", shift], channels=(2, 0), time_range=(0, 1)),
            "drift, shift on channels 2, 0 in steps 0 to 1",
            "restrict(['drift', shift], channels=(2, 0), time_range=(0, 1))",
        ),
        (
            restrict(partial(window_warp, window=0.5), channels=0),
            "window_warp on channel 0",
            "restrict(partial('window_warp', window=0.5), channels=(0,))",
        ),
        (restrict(Shift(), channels=0), "Shift on channel 0", "restrict(Shift, channels=(0,))"),
    ],
)
def test_a_restriction_says_what_it_does_and_where(restricted, name, representation):
    assert transformation_name(restricted) == name
    assert repr(restricted) == representation


class Sum(BaseEstimator):
    """An estimator with a transformation for a parameter, and a score that depends on it."""

    def __init__(self, transformation="jitter"):
        self.transformation = transformation

    def fit(self, X, y=None):
        self.sum_ = apply(self.transformation, X[..., None], 1).sum()
        return self

    def score(self, X, y=None):
        return self.sum_


def test_restrictions_stand_in_the_grid_of_a_search_and_in_the_table_of_its_results():
    grid = [restrict(scaled_by_2, channels=0), "jitter", restrict(scaled_by_2, time_range=(0, 2))]

    search = GridSearchCV(Sum(), {"transformation": grid}, cv=2).fit(np.ones((6, 5)))

    table = pd.DataFrame(search.cv_results_)
    assert table["param_transformation"].tolist() == grid
    assert search.best_params_ == {"transformation": restrict(scaled_by_2, channels=[0])}
    assert len(table.groupby("param_transformation", sort=False)) == 3
    assert "scaled_by_2 in steps 0 to 2" in table.to_string()
    assert clone(search.best_estimator_).transformation == grid[0]


@pytest.mark.parametrize(
    "keywords, error, message",
    [
        ({}, ValueError, "restrict needs channels, time_range or both; both are None"),
        ({"channels": -1}, ValueError, r"channels count from 0, got -1 in channels=-1"),
        ({"channels": [2, 0, 2]}, ValueError, r"channels=\[2, 0, 2\] names 2 more than once"),
        ({"channels": []}, ValueError, "channels is empty. Name at least one"),
        ({"channels": "0"}, TypeError, "an int or a sequence of ints, got '0'"),
        ({"channels": 1.0}, TypeError, "an int or a sequence of ints, got 1.0"),
        ({"channels": [True, False]}, TypeError, r"a sequence of ints, got \[True, False\]"),
        ({"channels": {0, 1}}, TypeError, r"a sequence of ints, got \{0, 1\}"),
        ({"time_range": (5, 5)}, ValueError, r"time_range=\(5, 5\), but .* 0 <= start < stop"),
        ({"time_range": (-1, 5)}, ValueError, r"time_range=\(-1, 5\), but .* 0 <= start < stop"),
        ({"time_range": 5}, TypeError, r"pair of ints \(start, stop\), got 5"),
        ({"time_range": (1, 2, 3)}, TypeError, r"pair of ints .* got \(1, 2, 3\)"),
        ({"time_range": (0.1, 0.5)}, TypeError, r"pair of ints .* got \(0.1, 0.5\)"),
        ({"time_range": slice(1, 5)}, TypeError, r"pair of ints .* got slice\(1, 5, None\)"),
    ],
)
def test_a_part_that_cannot_be_is_refused_saying_what_came(keywords, error, message):
    with pytest.raises(error, match=message):
        restrict("jitter", **keywords)


def test_a_restriction_of_a_restriction_is_refused():
    inner = restrict("jitter", channels=0)

    for transformation in (inner, ["drift", inner]):
        with pytest.raises(TypeError, match="restrict cannot hold another restrict"):
            restrict(transformation, time_range=(0, 2))


def test_a_restriction_of_what_is_unknown_is_refused():
    with pytest.raises(ValueError, match="Unknown transformation 'jiter'"):
        restrict("jiter", channels=0)


@pytest.mark.parametrize(
    "keywords, message",
    [
        (
            {"channels": [0, 3]},
            r"channels=\(0, 3\), but the series have 3 channel\(s\), counted from 0",
        ),
        (
            {"time_range": (2, 7)},
            r"time_range=\(2, 7\), but the series have 6 steps: stop can be at most 6",
        ),
    ],
)
def test_a_part_that_Z_does_not_have_is_refused_with_its_shape(keywords, message):
    with pytest.raises(ValueError, match=message):
        apply(restrict("jitter", **keywords), make_Z((4, 6, 3)), 0.5)


def test_a_restricted_function_that_fails_is_named():
    with pytest.raises(ValueError, match=r"shorten returned an array of shape \(4, 1, 3\)"):
        apply(restrict(shorten, time_range=(1, 3)), make_Z((4, 6, 3)), 0.5)
