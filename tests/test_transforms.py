import re
from functools import partial

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal, assert_array_less
from scipy.integrate import trapezoid
from scipy.interpolate import CubicSpline
from scipy.stats import kstest, norm

from sklaug.transforms import (
    TRANSFORMS,
    call_transformation,
    drift,
    jitter,
    magnitude_warp,
    mixup,
    resolve_transformation,
    scaling,
    time_warp,
    trend,
    window_warp,
)

NAMES = list(TRANSFORMS)
TIME_WARPS = ["time_warp", "window_warp"]
SIZES = [(5, sz, d) for sz in (1, 2, 3, 7, 275) for d in (1, 3)]


def make_Z(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def apply(name, Z, eta, seed=1, partner=None):
    """Every transformation in one form; mixup's partner is the next row."""
    partner = np.roll(Z, 1, axis=0) if partner is None else partner
    rng = np.random.default_rng(seed)
    return call_transformation(TRANSFORMS[name], Z, eta=eta, rng=rng, mask=None, partner=partner)


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

    assert needing == {"magnitude_warp", "drift", "trend", "time_warp", "window_warp"}


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
        "time_warp, window_warp, mixup; or pass a callable f(Z, *, eta, rng)."
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
