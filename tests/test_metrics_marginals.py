"""Metrics of single values say how far distributions are apart, whatever the order of the values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import stats

from sklaug.metrics._marginals import (
    length_ks,
    marginal_difference,
    moment_differences,
    transport_costs,
    wasserstein_distance,
)
from tests.comparing import says

PROPERTY = settings(derandomize=True, deadline=None, max_examples=50)
nan = np.nan
QUARTILES = ("median", "lower_quartile", "upper_quartile")


def make(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def punch(X, share=0.3, seed=5):
    """Take some values away, at random."""
    return np.where(np.random.default_rng(seed).random(X.shape) < share, nan, X)


def flat(scores):
    return list(scores.values()) if isinstance(scores, dict) else [scores]


def seen(values):
    return values[np.isfinite(values)]


METRICS = [
    wasserstein_distance,
    lambda X, made: wasserstein_distance(X, made, by="series"),
    marginal_difference,
    moment_differences,
]


# -------------------------------------------------------------------------------------------
# Wasserstein distance
# -------------------------------------------------------------------------------------------


def naive_wasserstein(X, made, by):
    """Compute distances one by one, with scipy."""
    distances = []
    for c in range(X.shape[2]):
        mean, std = np.nanmean(X[:, :, c]), np.nanstd(X[:, :, c])
        a, b = (X[:, :, c] - mean) / std, (made[:, :, c] - mean) / std
        pairs = [(a, b)] if by == "channel" else zip(a, b, strict=True)
        distances += [stats.wasserstein_distance(seen(u), seen(v)) for u, v in pairs]
    return np.quantile(distances, [0.5, 0.25, 0.75])


@pytest.mark.parametrize("by, n", [("channel", 7), ("channel", 5), ("series", 7)])
@pytest.mark.parametrize("missing", [False, True])
def test_wasserstein_distance_agrees_with_scipy(by, n, missing):
    X, made = make(7, 9, 3), 2 * make(n, 9, 3, seed=1) + 1
    if missing:
        X, made = punch(X), punch(made, seed=6)
    scores = wasserstein_distance(X, made, by=by)
    assert_allclose([scores[key] for key in QUARTILES], naive_wasserstein(X, made, by))


@pytest.mark.parametrize("power", [1, 2])
@pytest.mark.parametrize("m", [7, 12, 5, 1])
def test_transport_costs_agree_with_optimal_transport(power, m):
    ot = pytest.importorskip("ot")
    U, V = make(7, 4), make(m, 4, seed=1) + 0.3
    expected = [ot.wasserstein_1d(U[:, k], V[:, k], p=power) for k in range(4)]
    assert_allclose(transport_costs(U, V, power=power), expected)


@PROPERTY
@given(
    u=st.lists(st.integers(-20, 20), min_size=1, max_size=12),
    v=st.lists(st.integers(-20, 20), min_size=1, max_size=12),
)
def test_transport_costs_agree_with_scipy_for_any_numbers_of_values(u, v):
    cost = transport_costs(np.array(u, float)[:, None], np.array(v, float)[:, None])
    assert_allclose(cost, [stats.wasserstein_distance(u, v)], atol=1e-12)


def test_a_shift_is_found_in_units_of_the_real_standard_deviation():
    X = make(20, 10, 3) * [1, 50, 0.01]
    scores = wasserstein_distance(X, X + 0.7 * X.std(axis=(0, 1)))
    assert_allclose(flat(scores), 0.7)


def test_wasserstein_distance_ignores_time_and_by_channel_the_series_too():
    X, made = make(20, 10, 2), make(20, 10, 2, seed=1)
    shuffled = np.random.default_rng(2).permuted(made, axis=1)
    for by in ("channel", "series"):
        expected = flat(wasserstein_distance(X, made, by=by))
        assert_allclose(flat(wasserstein_distance(X, shuffled, by=by)), expected)
    assert_allclose(flat(wasserstein_distance(X, made[::-1])), flat(wasserstein_distance(X, made)))
    assert wasserstein_distance(X, X[::-1], by="series")["median"] > 0.2


def test_wasserstein_distance_takes_the_real_scale_so_its_order_matters():
    X = make(20, 10)
    assert_allclose(wasserstein_distance(X, 3 * X)["median"], 3 * wasserstein_distance(3 * X, X)["median"])  # fmt: skip


def test_quartiles_are_those_over_channels():
    X = make(50, 10, 5)
    made = X + np.array([0, 1, 2, 3, 4]) * X.std(axis=(0, 1))
    scores = wasserstein_distance(X, made)
    assert_allclose([scores[key] for key in QUARTILES], [2, 1, 3])


def test_a_channel_that_is_constant_in_the_real_set_keeps_its_units():
    scores = wasserstein_distance(np.full((4, 5), 0.1), np.full((6, 5), 2.1))
    assert_allclose(flat(scores), 2)


def test_by_series_needs_equally_many_rows():
    with pytest.raises(ValueError, match=says("X_real has 5 series and X_synthetic has 4, but with by='series'")):  # fmt: skip
        wasserstein_distance(make(5, 6), make(4, 6), by="series")
    with pytest.raises(ValueError, match=says("Unknown by 'row'. Known: channel, series.")):
        wasserstein_distance(make(5, 6), make(5, 6), by="row")


def test_by_series_passes_over_channels_that_one_of_two_rows_lacks():
    X, made = make(3, 6, 2), make(3, 6, 2, seed=1)
    X[0, :, 1], made[1, :, 0] = nan, nan
    mean, std = np.nanmean(X, axis=(0, 1)), np.nanstd(X, axis=(0, 1))
    a, b = (X - mean) / std, (made - mean) / std
    expected = [
        stats.wasserstein_distance(a[i, :, c], b[i, :, c])
        for i, c in [(0, 0), (1, 1), (2, 0), (2, 1)]
    ]
    assert_allclose(wasserstein_distance(X, made, by="series")["median"], np.median(expected))


def test_rows_without_any_channel_in_common_are_refused():
    X, made = make(2, 4, 2), make(2, 4, 2)
    X[0, :, 0] = X[1, :, 1] = made[0, :, 1] = made[1, :, 0] = nan
    with pytest.raises(ValueError, match=says("No channel has values in row i of both X_real and X_synthetic")):  # fmt: skip
        wasserstein_distance(X, made, by="series")


# -------------------------------------------------------------------------------------------
# Marginal difference
# -------------------------------------------------------------------------------------------


def naive_marginal_difference(X, made, n_bins):
    """Go through steps and channels, with numpy's histogram."""
    low, high = np.nanmin(X, axis=(0, 1)), np.nanmax(X, axis=(0, 1))
    X, made = (X - low) / (high - low), (made - low) / (high - low)
    found = []
    for t in range(X.shape[1]):
        for c in range(X.shape[2]):
            a, b = seen(X[:, t, c]), seen(made[:, t, c])
            if not len(a) or not len(b):
                continue
            edges = np.linspace(a.min(), a.max(), n_bins + 1)
            width = edges[1] - edges[0]
            density = [np.histogram(v, edges)[0] / len(v) / width for v in (a, b)]
            outside = np.mean((b < a.min()) | (b > a.max())) / (a.max() - a.min())
            found.append(np.abs(density[0] - density[1]).mean() + outside)
    return np.mean(found)


@pytest.mark.parametrize("n_bins", [1, 7, 50])
@pytest.mark.parametrize("missing", [False, True])
def test_marginal_difference_agrees_with_a_loop_over_histograms(n_bins, missing):
    X, made = make(60, 5, 2) * [1, 30], make(40, 5, 2, seed=1) * [1, 30] + 0.5
    if missing:
        X, made = punch(X), punch(made, seed=6)
        X[:, 4, 0] = made[:, 2, 1] = nan
    expected = naive_marginal_difference(X, made, n_bins)
    assert_allclose(marginal_difference(X, made, n_bins=n_bins), expected)


def test_marginal_difference_of_values_that_never_meet_is_known():
    X = np.linspace(0, 1, 101)[:, None] * np.ones(4)
    # All of the one set inside, all of the other outside: the most there is, 2 divided by a range of 1.
    assert_allclose([marginal_difference(X, X + 5), marginal_difference(X, X - 5)], 2)
    # Inside the range, and in bins without real values: the most there is, 2 divided by a range of 0.5.
    X, made = np.array([[0, 0.5], [0.5, 1]]), np.array([[0.2, 0.7], [0.3, 0.8]])
    assert_allclose(marginal_difference(X, made), 4)


def test_values_far_outside_raise_the_marginal_difference():
    X, made = np.random.default_rng(0).uniform(size=(2, 200, 6))
    inside = marginal_difference(X, made)
    far = np.where(np.arange(200)[:, None] % 2, 50, -50) * np.ones(6)
    assert marginal_difference(X, far) >= inside + 1
    # Half of the values, to either side: half of what all of them would.
    assert marginal_difference(X, np.concatenate([X, far])) == pytest.approx(
        marginal_difference(X, far) / 2
    )


def test_marginal_difference_tells_steps_apart():
    X = make(200, 6) + 5 * np.arange(6)
    swapped = X[:, ::-1]
    assert marginal_difference(X, swapped) > 2 * marginal_difference(X, X + 0.05) > 0
    assert_allclose(flat(wasserstein_distance(X, swapped)), 0, atol=1e-12)


def test_a_step_that_is_constant_in_the_real_set_gets_bins_of_the_channel():
    X = np.concatenate([np.linspace(0, 1, 51)[:, None], np.full((51, 1), 0.3)], axis=1)
    made = X.copy()
    assert marginal_difference(X, made, n_bins=50) == 0
    made[:, 1] = 0.3 + 0.009  # still in the bin in the middle, of width 0.02
    assert marginal_difference(X, made, n_bins=50) == 0
    made[:, 1] = 0.3 + 0.011
    # All values in one bin, and all in the next: densities of 50 in two of 50 bins, at one of two steps.
    assert_allclose(marginal_difference(X, made, n_bins=50), 2 / 2)


def test_a_narrow_step_does_not_outweigh_the_others():
    X = np.concatenate([make(100, 3), 1e-9 * make(100, 1)], axis=1)
    made = np.concatenate([make(100, 3, seed=1), 1e-9 * make(100, 1, seed=1)], axis=1)
    assert marginal_difference(X, made) < 2


def test_marginal_difference_needs_a_step_in_common():
    X, made = make(3, 4), make(3, 4)
    X[:, ::2] = made[:, 1::2] = nan
    with pytest.raises(ValueError, match=says("X_real and X_synthetic have values at no common step and channel")):  # fmt: skip
        marginal_difference(X, made)


@pytest.mark.parametrize(
    "n_real, n_synthetic, n_bins",
    [(9, 99, 3), (99, 39, 3), (40, 99, 4), (123, 456, 12), (500, 600, 50), (700, 900, 50)],
)
def test_there_is_a_bin_for_every_ten_series_of_the_smaller_set(n_real, n_synthetic, n_bins):
    X, made = make(n_real, 3), make(n_synthetic, 3, seed=1)
    found = marginal_difference(X, made)
    assert found == marginal_difference(X, made, n_bins=n_bins)
    assert found != marginal_difference(X, made, n_bins=n_bins + 1)


def test_a_shift_of_half_a_standard_deviation_is_seen_in_30_series():
    sets = [make(2, 30, 24, seed=seed) for seed in range(20)]
    floors = [marginal_difference(X, other) for X, other in sets]
    shifted = [marginal_difference(X, other + 0.5) for X, other in sets]
    # Measured: 18 of 20, and with 50 bins 1.
    assert np.mean(np.array(shifted) > max(floors)) > 0.7


def test_the_number_of_bins_is_checked():
    with pytest.raises(ValueError, match=says("n_bins must be at least 1, got 0.")):
        marginal_difference(make(3, 4), make(3, 4), n_bins=0)


# -------------------------------------------------------------------------------------------
# Moments
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [False, True])
def test_moment_differences_agree_with_scipy(missing):
    X, made = np.exp(make(30, 8, 2)), np.exp(0.7 * make(20, 8, 2, seed=1)) * [1, 2]
    if missing:
        X, made = punch(X), punch(made, seed=6)
    expected = {"mean": [], "std": [], "skewness": [], "kurtosis": []}
    for c in range(2):
        a, b = seen(X[:, :, c]), seen(made[:, :, c])
        expected["mean"].append(abs(a.mean() - b.mean()) / a.std())
        expected["std"].append(abs(a.std() - b.std()) / a.std())
        expected["skewness"].append(abs(stats.skew(a) - stats.skew(b)))
        expected["kurtosis"].append(abs(stats.kurtosis(a) - stats.kurtosis(b)))
    scores = moment_differences(X, made)
    assert list(scores) == list(expected)
    assert_allclose(list(scores.values()), [np.mean(v) for v in expected.values()])


def test_moments_of_known_distributions_are_found():
    rng = np.random.default_rng(0)
    normal, exponential = rng.normal(size=(500, 100)), rng.exponential(size=(500, 100))
    scores = moment_differences(normal, exponential)
    # An exponential distribution has mean 1, standard deviation 1, skewness 2 and excess kurtosis 6;
    # the kurtosis of 50,000 values scatters by 0.3.
    assert_allclose(list(scores.values()), [1, 0, 2, 6], atol=1)
    assert_allclose(list(scores.values())[:3], [1, 0, 2], atol=0.1)


def test_moments_of_constants_are_finite():
    X = make(5, 6)
    skewness, kurtosis = stats.skew(X, axis=None), stats.kurtosis(X, axis=None)
    collapsed = moment_differences(X, np.full((5, 6), 0.1))
    assert_allclose(collapsed["std"], 1)
    assert_allclose([collapsed["skewness"], collapsed["kurtosis"]], np.abs([skewness, kurtosis]))
    assert_allclose(flat(moment_differences(np.full((5, 6), 0.1), np.full((5, 6), 2.1))), [2, 0, 0, 0])  # fmt: skip


# -------------------------------------------------------------------------------------------
# Lengths
# -------------------------------------------------------------------------------------------


def of_lengths(lengths, seed=0):
    return [make(length, 2, seed=seed) for length in lengths]


def test_the_statistic_is_the_largest_difference_of_shares():
    a, b = [3, 4, 4, 5, 9, 9, 9], [3, 3, 5, 5, 5, 7]
    scores = length_ks(of_lengths(a), of_lengths(b))
    shares = [abs(np.mean(np.array(a) <= x) - np.mean(np.array(b) <= x)) for x in range(12)]
    assert_allclose(scores["statistic"], max(shares))
    assert_allclose(scores["p_value"], stats.ks_2samp(a, b).pvalue)


def test_lengths_from_one_distribution_and_from_two_are_told_apart():
    rng = np.random.default_rng(0)
    a, b, longer = rng.integers(5, 30, 80), rng.integers(5, 30, 60), rng.integers(12, 40, 60)
    assert length_ks(of_lengths(a), of_lengths(b))["p_value"] > 0.05
    assert length_ks(of_lengths(a), of_lengths(longer))["p_value"] < 1e-3


def test_equal_lengths_are_equal():
    assert length_ks(make(4, 6), make(9, 6)) == {"statistic": 0.0, "p_value": 1.0}
    assert length_ks(of_lengths([4]), of_lengths([4])) == {"statistic": 0.0, "p_value": 1.0}


def test_a_missing_value_before_the_end_makes_no_series_shorter():
    X = make(5, 6)
    X[:, 2] = nan
    assert length_ks(X, make(5, 6))["statistic"] == 0
    X[:, 5] = nan
    assert length_ks(X, make(5, 6))["statistic"] == 1


# -------------------------------------------------------------------------------------------
# All of them
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_identical_sets_are_at_0(metric):
    for X in (make(8, 9, 2), punch(make(8, 9, 2)), make(8, 9)):
        assert_allclose(flat(metric(X, X)), 0, atol=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_units_of_a_channel_make_no_difference(metric):
    X, made = make(30, 6, 2), make(30, 6, 2, seed=1)
    units, offset = np.array([1000, 0.01]), np.array([-5, 7])
    expected = flat(metric(X, made))
    assert_allclose(flat(metric(units * X + offset, units * made + offset)), expected, rtol=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_more_noise_is_farther_away(metric):
    X, noise = np.sin(np.arange(24) / 3 + make(200, 1)), make(200, 24, seed=1)
    far = [np.sum(flat(metric(X, X + s * noise))) for s in (0, 0.3, 1)]
    assert far[0] < far[1] < far[2]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("constant", ["real", "synthetic", "both"])
def test_constant_sets_give_finite_values(metric, constant):
    X = np.full((6, 5), 0.1) if constant != "synthetic" else make(6, 5)
    made = np.full((6, 5), 0.1) if constant != "real" else make(6, 5)
    values = flat(metric(X, made))
    assert np.isfinite(values).all()
    if constant == "both":
        assert_allclose(values, 0)


@pytest.mark.parametrize("metric", METRICS)
def test_lists_and_padded_arrays_of_the_same_series_give_the_same(metric):
    X, made = make(6, 7), make(6, 7, seed=1)
    X[:3, 5:] = made[2:5, 4:] = nan
    rows = [[row[np.isfinite(row)] for row in set_] for set_ in (X, made)]
    assert_allclose(flat(metric(*rows)), flat(metric(X, made)))


@pytest.mark.parametrize("metric", [*METRICS, length_ks])
def test_one_series_is_enough_and_results_are_plain_floats(metric):
    values = flat(metric(make(1, 6), make(1, 6, seed=1)))
    assert all(type(value) is float and np.isfinite(value) for value in values)


@pytest.mark.parametrize(
    "metric", [wasserstein_distance, marginal_difference, moment_differences, length_ks]
)
def test_sets_that_do_not_go_together_are_refused_by_name(metric):
    message = f"X_real has 2 channel(s) and X_synthetic has 3, but {metric.__name__} compares"
    with pytest.raises(ValueError, match=says(message)):
        metric(make(3, 4, 2), make(3, 4, 3))
