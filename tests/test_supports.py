"""Counts stay counts and bounded channels within their bounds, on the way to the network and back."""

# ruff: noqa: E501 - messages stand here in one piece, to be found by their text

import functools
import warnings

import numpy as np
import pandas as pd
import pytest
from comparing import says
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from sklaug import LatentAugmenter
from sklaug._supports import Support, check_supports, from_unbounded, read_supports, to_unbounded

PROPERTY = settings(derandomize=True, deadline=None, max_examples=100)
inf, nan = np.inf, np.nan
REAL, COUNT, SHARE = Support(), Support(0.0, inf, 0, whole=True), Support(0.0, 1.0)


# -------------------------------------------------------------------------------------------
# What can be said of channels
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "support, decimals, expected",
    [
        (None, None, None),
        ("real", None, None),
        (["real", None], None, None),
        ({}, {}, None),
        ("nonnegative", None, [Support(0.0)] * 2),
        ("count", None, [COUNT, COUNT]),
        ((0, 1), None, [SHARE, SHARE]),
        ((0, inf), None, [Support(0.0)] * 2),
        (["count", (0, 1)], None, [COUNT, SHARE]),
        (["count", None], None, [COUNT, REAL]),
        ({1: "count"}, None, [REAL, COUNT]),
        ({np.int64(1): (-5, np.float32(5))}, None, [REAL, Support(-5.0, 5.0)]),
        (None, 2, [Support(decimals=2)] * 2),
        (None, [None, 1], [REAL, Support(decimals=1)]),
        (None, {0: 0}, [Support(decimals=0), REAL]),
        ("count", {0: 2}, [Support(0.0, inf, 2), COUNT]),
        ((0, 100), np.int64(1), [Support(0.0, 100.0, 1)] * 2),
        (None, -2, [Support(decimals=-2)] * 2),
    ],
)
def test_supports_are_said_for_all_channels_for_each_or_for_some(support, decimals, expected):
    assert read_supports(support, decimals, 2) == expected


@pytest.mark.parametrize(
    "support, text",
    [
        ("counts", "Unknown support 'counts'. Known: 'real', 'nonnegative', 'count', or a tuple (low, high); a list has one of these for each channel, a dict for some."),
        (3, "Unknown support 3."),
        ((0, 1, 2), "Unknown support (0, 1, 2)."),
        (("count", "real"), "Unknown support ('count', 'real')."),
        ((1, 0), "support=(1, 0), but bounds are (low, high) with a finite low, and high above it or infinite."),
        ((0, 0), "support=(0, 0), but bounds are"),
        ((-inf, 0), "support=(-inf, 0), but bounds are"),
        ((0, nan), "support=(0, nan), but bounds are"),
        ((nan, 0), "support=(nan, 0), but bounds are"),
        (["count"], "support is a list of 1, but X has 2 channel(s). Give one entry a channel, or a dict of channel numbers."),
        (["count"] * 3, "support is a list of 3, but X has 2 channel(s)."),
        ([(0, 1), "all"], "Unknown support 'all'."),
        ({2: "count"}, "support names channel 2, but X has 2 channel(s), numbered from 0."),
        ({-1: "count"}, "support names channel -1, but X has 2 channel(s), numbered from 0."),
        ({"a": "count"}, "support names channel 'a', but X has 2 channel(s), numbered from 0."),
        ({True: "count"}, "support names channel True, but X has 2 channel(s)"),
        ({0: "all"}, "Unknown support 'all'."),
    ],
)  # fmt: skip
def test_a_support_that_is_none_is_refused(support, text):
    with pytest.raises(ValueError, match=says(text)):
        read_supports(support, None, 2)


@pytest.mark.parametrize(
    "decimals, error, text",
    [
        (1.0, TypeError, "decimals must be an integer or None, got 1.0."),
        (True, TypeError, "decimals must be an integer or None, got True."),
        ("2", TypeError, "decimals must be an integer or None, got '2'."),
        ([1, "2"], TypeError, "decimals must be an integer or None, got '2'."),
        ([1], ValueError, "decimals is a list of 1, but X has 2 channel(s)."),
        ({5: 1}, ValueError, "decimals names channel 5, but X has 2 channel(s), numbered from 0."),
    ],
)
def test_decimals_that_are_none_are_refused(decimals, error, text):
    with pytest.raises(error, match=says(text)):
        read_supports(None, decimals, 2)


# -------------------------------------------------------------------------------------------
# There and back
# -------------------------------------------------------------------------------------------


def test_a_channel_without_bounds_stays_as_it_is():
    x = np.random.default_rng(0).normal(size=20)
    assert_array_equal(REAL.to_unbounded(x), x)
    assert_array_equal(REAL.from_unbounded(x), x)


def test_one_bound_makes_a_logarithmic_scale():
    assert_allclose(Support(2.0).to_unbounded(np.array([2, 3, 1 + np.e])), [0, np.log(2), 1])


def test_two_bounds_make_a_logistic_scale_on_which_the_bounds_are_finite_and_opposite():
    low, middle, high = Support(-3.0, 5.0).to_unbounded(np.array([-3.0, 1.0, 5.0]))
    assert np.isfinite(low) and low == pytest.approx(-high)
    assert middle == pytest.approx(0)


@PROPERTY
@given(
    x=st.lists(st.floats(0, 1e12), min_size=1, max_size=20),
    low=st.sampled_from([0.0, -3.5, 100.0]),
)
def test_the_logarithmic_scale_has_its_inverse(x, low):
    support = Support(low)
    x = low + np.array(x)
    back = support.from_unbounded(support.to_unbounded(x))
    assert_allclose(back, x, rtol=1e-12, atol=1e-12 * max(1, abs(low)))
    assert (back >= low).all()


@PROPERTY
@given(
    share=st.lists(st.floats(0, 1), min_size=1, max_size=20),
    bounds=st.sampled_from([(0.0, 1.0), (0.0, 100.0), (-7.0, 3.0), (1e6, 1e6 + 1)]),
)
def test_the_logistic_scale_has_its_inverse(share, bounds):
    low, high = bounds
    support = Support(low, high)
    x = np.clip(low + (high - low) * np.array(share), low, high)
    back = support.from_unbounded(support.to_unbounded(x))
    assert_allclose(back, x, rtol=0, atol=1e-12 * (high - low) + 1e-15 * abs(low))
    assert (back >= low).all() and (back <= high).all()


@pytest.mark.parametrize("bounds", [(0, inf), (-2.3, inf), (0, 1), (0, 100), (-5, 5), (1, 3), (0, 0.1), (-0.3, 1e6)])  # fmt: skip
def test_the_bounds_themselves_come_back_exactly(bounds):
    support = Support(*map(float, bounds))
    x = np.array([bound for bound in bounds if np.isfinite(bound)], dtype=float)
    assert_array_equal(support.from_unbounded(support.to_unbounded(x)), x)


@pytest.mark.parametrize(
    "support, values",
    [
        (COUNT, np.arange(20_001.0)),
        (COUNT, 10.0 ** np.arange(10)),
        (Support(0.0, inf, 2), np.arange(5_001) / 100),
        (Support(0.0, 100.0, 1), np.arange(1_001) / 10),
        (Support(0.0, 1.0, 3), np.arange(1_001) / 1000),
        (Support(-40.0, 60.0, 0), np.arange(-40.0, 61)),
        (Support(0.0, inf, -2), 100.0 * np.arange(500)),
        (Support(0.0, inf, -1), 10.0 * np.arange(5000)),
        (Support(decimals=2), np.arange(-500, 501) / 100),
    ],
)
def test_rounded_values_come_back_exactly_also_when_rounding_is_random(support, values):
    back = support.from_unbounded(support.to_unbounded(values))
    uniform = np.random.default_rng(0).random(values.shape)
    assert_array_equal(support.round(back.copy()), values)
    assert_array_equal(support.round(back.copy(), uniform), values)
    assert_array_equal(support.round(back.copy(), 0 * uniform + np.nextafter(1, 0)), values)


@pytest.mark.parametrize("support", [COUNT, Support(-2.5), SHARE, Support(-3.0, 7.0), Support(0, 10, 1)])  # fmt: skip
def test_nothing_passes_a_bound_however_far_out_it_lies(support):
    v = np.array([-1e308, -1e5, -10, -1e-300, 0, 1e-300, 10, 1e5, 1e308])
    with np.errstate(over="raise", invalid="raise"):
        x = support.round(support.from_unbounded(v))
    assert np.isfinite(x).all()
    assert (x >= support.low).all() and (x <= support.high).all()
    assert (np.diff(x) >= 0).all()


def test_rounding_to_the_nearest_is_that_of_python():
    x = np.random.default_rng(0).normal(scale=100, size=500)
    expected = [round(value, 1) for value in x]
    assert_allclose(Support(decimals=1).round(x), expected, rtol=1e-15)


def test_random_rounding_goes_up_in_proportion():
    # Of 40,000 draws the mean deviates by 0.5 / 200 at most; four of these are 0.01.
    uniform = np.random.default_rng(0).random(40_000)
    for value in (0.02, 0.2, 3.5, 7.9):
        rounded = COUNT.round(np.full(40_000, value), uniform)
        assert set(rounded) <= {np.floor(value), np.ceil(value)}
        assert rounded.mean() == pytest.approx(value, abs=0.01)


def test_random_rounding_of_decimals_keeps_the_mean():
    # One unit is 0.01: four standard errors of 0.005 / 200 are 0.0001.
    uniform = np.random.default_rng(0).random(40_000)
    rounded = Support(decimals=2).round(np.full(40_000, -1.2345), uniform)
    assert rounded.mean() == pytest.approx(-1.2345, abs=1e-4)
    assert set(rounded) == {-1.24, -1.23}


def test_rounding_stays_within_bounds_that_have_more_decimals():
    x = np.array([0.5, 0.9, 2.4, 2.5])
    assert_array_equal(Support(0.5, 2.5, 0).round(x), [0.5, 1, 2, 2])
    assert_array_equal(Support(0.5, 2.5, 0).round(x, np.full(4, 0.99)), [1, 1, 2.5, 2.5])


def test_missing_values_stay_missing():
    x = np.array([[[nan, nan, 1.0]]])
    supports = [COUNT, SHARE, REAL]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        back = from_unbounded(to_unbounded(x, supports), supports, np.zeros_like(x))
    assert_array_equal(back, x)


def test_each_channel_goes_by_its_own_support_and_the_array_is_not_written_to():
    X = np.random.default_rng(0).integers(0, 2, size=(3, 4, 3)).astype(np.float32)
    X.flags.writeable = False
    supports = [COUNT, SHARE, REAL]
    v = to_unbounded(X, supports)
    assert v.dtype == np.float64
    for channel, support in enumerate(supports):
        assert_array_equal(v[..., channel], support.to_unbounded(X[..., channel].astype(float)))
    assert_allclose(from_unbounded(v, supports), X, atol=1e-14)


@pytest.mark.parametrize(
    "X, text",
    [
        ([[0, 0], [0, -2]], "X holds -2 in channel 7 (row 1, step 1), but support says that this channel lies between 0 and inf; 1 of 2 series break that. Correct the values, or the support."),
        ([[-1, -1], [0, -3]], "X holds -1 in channel 7 (row 0, step 0), but support says that this channel lies between 0 and inf; 2 of 2 series break that."),
    ],
)  # fmt: skip
def test_a_value_outside_is_named_by_channel_row_and_step(X, text):
    with pytest.raises(ValueError, match=says(text)):
        check_supports(np.array(X, dtype=float)[..., None], [COUNT], [7])


def test_missing_values_lie_nowhere():
    check_supports(np.full((2, 3, 1), nan), [SHARE], [0])


# -------------------------------------------------------------------------------------------
# LatentAugmenter
# -------------------------------------------------------------------------------------------

N, SZ = 12, 10
RNG = np.random.default_rng(0)
# Counts with many zeros, a percentage that reaches both ends, and a real channel.
X = np.stack(
    [
        RNG.poisson(0.7, size=(N, SZ)),
        RNG.normal(50, 60, size=(N, SZ)).clip(0, 100),
        RNG.normal(size=(N, SZ)),
    ],
    axis=2,
)
y = np.arange(N) % 2
SUPPORT = {0: "count", 1: (0, 100)}
FORMS = {"dict": SUPPORT, "list": ["count", (0, 100), None]}


def augmenter(**parameters):
    defaults = {"hidden_dim": 4, "max_epochs": 2, "random_state": 0, "support": SUPPORT}
    return LatentAugmenter(**defaults | parameters)


@functools.cache
def fitted(**parameters):
    return augmenter(**parameters).fit(X, y)


def everything(model):
    yield "augment", model.augment(X, y)
    yield "reconstruct", model.reconstruct(X, y)
    yield "sample", model.sample(30)[0]
    yield "interpolate", model.interpolate(X[::-1], X, y)
    yield "decode", model.decode(3 * model.encode(X, y), y)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
@pytest.mark.parametrize("eta", [0, 0.5, 1e3])
def test_counts_stay_counts_and_percentages_percentages_at_any_strength(residual, eta):
    model = fitted(residual=residual)
    for name, made in [*everything(model), ("augment", model.augment(X, y, eta=eta))]:
        counts, percent = made[..., 0], made[..., 1]
        assert np.isfinite(made).all(), name
        assert (counts >= 0).all() and (counts == np.round(counts)).all(), name
        assert (percent >= 0).all() and (percent <= 100).all(), name


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("bounds", [(0, 0.1), (-0.3, 0.7), (1e-3, 1e3)])
def test_bounds_hold_as_their_dtype_has_them(dtype, bounds):
    values = np.clip(RNG.normal(size=(N, SZ)), *bounds).astype(dtype)
    model = augmenter(support=bounds).fit(values)
    for made in (model.augment(values, eta=50), model.sample(20)[0]):
        assert made.dtype == dtype
        assert (made >= dtype(bounds[0])).all() and (made <= dtype(bounds[1])).all()
        model.augment(made)  # what comes out can go in


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("decimals", [0, 3, 12])
def test_a_strength_beyond_all_bounds_leaves_finite_values_without_a_warning(decimals):
    model = augmenter(support="nonnegative", decimals=decimals).fit(X[..., 0], y)
    assert np.isfinite(model.augment(X[..., 0], y, eta=1e6)).all()


def test_zeros_among_counts_do_not_disappear():
    # The share of zeros in what a network of two epochs makes is not that of the data, but neither is it none.
    made = fitted().augment(X, y)[..., 0]
    assert 0.2 < (made == 0).mean() < 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("decimals", [None, {1: 1}])
def test_no_strength_with_the_residual_kept_returns_the_series_bit_for_bit(dtype, decimals):
    values = X.astype(dtype)
    if decimals:
        values[..., 1] = values[..., 1].round(1)
    made = augmenter(residual="keep", eta=0, decimals=decimals).fit_transform(values, y)
    assert made.tobytes() == values.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("decimals", [-3, -1, 0, 2, 5])
def test_values_that_have_their_decimals_are_not_rounded_to_others(dtype, decimals):
    values = (RNG.integers(0, 5000, size=(N, SZ)) / 10.0**decimals).astype(dtype)
    model = augmenter(support=None, decimals=decimals, residual="keep", eta=0)
    assert model.fit_transform(values, y).tobytes() == values.tobytes()


def test_reconstructions_are_rounded_to_the_nearest():
    # The same network on the same scale, once with decimals and once without.
    plain = augmenter(support={0: "nonnegative", 1: (0, 100)}).fit(X, y)
    assert_array_equal(
        fitted().reconstruct(X, y)[..., 0], np.round(plain.reconstruct(X, y)[..., 0])
    )
    assert_allclose(fitted().reconstruct(X, y)[..., 1:], plain.reconstruct(X, y)[..., 1:])


def test_random_rounding_keeps_the_mean_of_what_is_made():
    plain = augmenter(support={0: "nonnegative", 1: (0, 100)}).fit(X, y)
    rows, labels = np.tile(X, (40, 1, 1)), np.tile(y, 40)
    exact = plain.augment(rows, labels)[..., 0]
    rounded = fitted().augment(rows, labels)[..., 0]
    assert (np.abs(rounded - exact) < 1).all()
    # 4,800 values, each off by at most 1/2 in standard deviation: four standard errors are 0.03.
    assert rounded.mean() == pytest.approx(exact.mean(), abs=0.03)


def test_rounding_belongs_to_the_row_and_not_to_the_call():
    model = fitted()
    rows, labels = np.tile(X, (100, 1, 1)), np.tile(y, 100)
    whole = model.augment(rows, labels)
    for a, b in [(0, 3), (5, 9), (1020, 1030)]:
        assert_array_equal(model.augment(rows[a:b], labels[a:b], first_row=a), whole[a:b])
    assert_array_equal(model.sample(5)[0], model.sample(50)[0][:5])


@pytest.mark.parametrize("support", FORMS.values(), ids=FORMS)
def test_a_dict_and_a_list_say_the_same(support):
    made = augmenter(support=support).fit_transform(X, y)
    assert_array_equal(made, augmenter().fit_transform(X, y))


@pytest.mark.parametrize("put", [np.asarray, pd.DataFrame, list])
def test_one_support_is_that_of_series_without_channels(put):
    counts = X[..., 0]
    made = augmenter(support="count").fit_transform(put(counts), y)
    made = np.asarray(made)
    assert (made >= 0).all() and (made == np.round(made)).all()


def test_decimals_need_no_bounds():
    model = augmenter(support=None, decimals={2: 1}).fit(X, y)
    made = model.augment(X, y)[..., 2]
    assert_array_equal(made, np.round(made, 1))
    assert model.supports_ == [
        (-inf, inf, None, False),
        (-inf, inf, None, False),
        (-inf, inf, 1, False),
    ]


def test_real_channels_alone_have_no_supports():
    model = augmenter(support="real").fit(X, y)
    assert model.supports_ is None
    assert_array_equal(model.augment(X, y), augmenter(support=None).fit(X, y).augment(X, y))


def test_means_and_scales_are_those_of_the_scale_without_bounds():
    model = fitted()
    assert_allclose(model.mean_[0], np.log1p(X[..., 0]).mean())
    assert_allclose(model.scale_[0], np.log1p(X[..., 0]).std())
    assert_allclose(model.mean_[2], X[..., 2].mean())


def test_a_value_outside_is_refused_at_fit_and_after_it():
    bad = X.copy()
    bad[3, 4, 1] = 100.5
    text = "X holds 100.5 in channel 1 (row 3, step 4), but support says that this channel lies between 0 and 100; 1 of 12 series break that."
    for call in (augmenter().fit, fitted().augment, fitted().encode, fitted().reconstruct):
        with pytest.raises(ValueError, match=says(text)):
            call(bad, y)


def test_values_beyond_the_end_or_missing_are_not_outside():
    rows = [row[: 4 + n % 5].copy() for n, row in enumerate(X)]
    rows[2][1] = nan
    made = augmenter(missing="keep").fit_transform(rows, y)
    for row, new in zip(rows, made, strict=True):
        assert_array_equal(np.isnan(row), np.isnan(new))
        assert (new[..., 0][~np.isnan(new[..., 0])] >= 0).all()


def test_a_support_may_be_said_of_channels_beside_known_ones_by_their_own_numbers():
    model = augmenter(support={2: "count"}, condition_channels=1)
    values = X[..., [1, 2, 0]].copy()
    values[..., 1] -= 1000  # known, and without bounds
    made = model.fit_transform(values, y)
    assert_array_equal(made[..., 1], values[..., 1])
    assert (made[..., 2] >= 0).all() and (made[..., 2] == np.round(made[..., 2])).all()
    assert model.supports_ == [(-inf, inf, None, False), (0.0, inf, 0, True)]


def test_a_constant_channel_with_a_support_is_made_as_it_is():
    values = X.copy()
    values[..., 0] = 3
    assert (augmenter().fit_transform(values, y)[..., 0] == 3).all()


def test_a_support_for_a_channel_that_is_not_there_is_refused_at_fit():
    with pytest.raises(ValueError, match=says("support names channel 3, but X has 3 channel(s), numbered from 0.")):  # fmt: skip
        augmenter(support={3: "count"}).fit(X, y)


@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
def test_values_with_more_decimals_than_their_channel_has_come_out_with_as_many(residual):
    made = augmenter(residual=residual, eta=0, decimals={1: 1}).fit_transform(X, y)
    assert_array_equal(made[..., 1], np.round(made[..., 1], 1))
    if residual == "keep":
        assert_array_equal(made[..., 1], np.round(X[..., 1], 1))
        assert_array_equal(made[..., [0, 2]], X[..., [0, 2]])


def test_fractions_in_a_channel_of_counts_are_refused():
    values = X.copy()
    values[2, 3, 0] = 1.5
    text = "X holds 1.5 in channel 0 (row 2, step 3), but support='count' says that this channel holds whole numbers."
    with pytest.raises(ValueError, match=says(text)):
        augmenter().fit(values, y)
    augmenter(support="count", decimals=1).fit(np.abs(values))  # with decimals it may have them


def test_a_warm_start_cannot_change_what_values_channels_take():
    model = augmenter(warm_start=True).fit(X, y)
    with pytest.raises(ValueError, match="warm_start cannot change support or decimals"):
        model.set_params(support=None).fit(X, y)
