"""Metrics of whole series as vectors say how far apart two sets are, with gaps and unequal lengths too."""

import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import nan_euclidean_distances

from sklaug.metrics._distances import (
    distinct_rows,
    nearest_rows,
    row_keys,
    squared_distances,
    squared_radii,
)
from sklaug.metrics._vectors import maximum_mean_discrepancy, sliced_wasserstein_distance
from tests.comparing import says

nan = np.nan
METRICS = [sliced_wasserstein_distance, maximum_mean_discrepancy]


def make(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def punch(X, share=0.3, seed=5):
    return np.where(np.random.default_rng(seed).random(X.shape) < share, nan, X)


# -------------------------------------------------------------------------------------------
# Distances
# -------------------------------------------------------------------------------------------


def all_distances(A, B):
    return np.sqrt(np.concatenate([block for _, block in squared_distances(A, B)]))


@pytest.fixture(params=[None, 20], ids=["one block", "many blocks"])
def block_values(request, monkeypatch):
    if request.param:
        monkeypatch.setattr("sklaug.metrics._distances._BLOCK_VALUES", request.param)


@pytest.mark.usefixtures("block_values")
def test_distances_agree_with_scipy_and_with_gaps_with_scikit_learn():
    A, B = make(9, 12), make(7, 12, seed=1)
    assert_allclose(all_distances(A, B), cdist(A, B))
    A, B = punch(A), punch(B, seed=6)
    assert_allclose(all_distances(A, B), nan_euclidean_distances(A, B))


def test_rows_that_share_nothing_are_infinitely_far_apart():
    A = np.array([[1, nan, nan], [nan, 2, 3]])
    assert_allclose(all_distances(A, A), [[0, np.inf], [np.inf, 0]])


def test_a_copy_is_at_distance_0_however_large_its_values_are():
    for scale, offset in [(1, 0), (1e-6, 0), (1e5, 1e9)]:
        for A in (scale * make(50, 300) + offset, punch(scale * make(50, 300) + offset)):
            distances = all_distances(A, A)
            assert (np.diag(distances) == 0).all()
            assert (distances[~np.eye(50, dtype=bool)] > 0).all()


@pytest.mark.usefixtures("block_values")
def test_nearest_rows_and_radii_are_those_of_the_full_matrix():
    A, B = make(9, 4), make(7, 4, seed=1)
    nearest, squared = nearest_rows(A, B)
    assert_allclose(nearest, cdist(A, B).argmin(axis=1))
    assert_allclose(squared, cdist(A, B).min(axis=1) ** 2)
    for k in (1, 3, 8):
        expected = np.sort(cdist(A, A), axis=1)[:, k] ** 2
        assert_allclose(squared_radii(A, k), expected, rtol=1e-8)
        assert (squared_radii(A, k) >= expected).all()


def test_keys_of_rows_are_equal_if_rows_are():
    rows = np.array([[0.0, 1], [-0.0, 1], [nan, 1], [-nan, 1], [1, nan], [0, 1 + 1e-15]])
    keys = row_keys(rows)
    assert keys[0] == keys[1] and keys[2] == keys[3]
    assert len(set(keys)) == 4
    assert_allclose(distinct_rows(rows), rows[[0, 2, 4, 5]])


# -------------------------------------------------------------------------------------------
# Sliced Wasserstein distance
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("m", [30, 17])
def test_sliced_distance_is_the_root_mean_square_of_distances_along_directions(m):
    X, made = make(30, 5, 2), 1.5 * make(m, 5, 2, seed=1) + 0.2
    # For one direction at a time, the value tells which; so take very many, and compare their mean
    # with directions of our own: 4,000 of either leave about 1 %.
    directions = np.random.default_rng(9).normal(size=(4000, 10))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    a, b = X.reshape(30, 10) @ directions.T, made.reshape(m, 10) @ directions.T
    quantiles = (np.arange(30 * m) + 0.5) / (30 * m)  # fine enough to be exact for both
    squares = (
        np.quantile(a, quantiles, axis=0, method="inverted_cdf")
        - np.quantile(b, quantiles, axis=0, method="inverted_cdf")
    ) ** 2
    ours = sliced_wasserstein_distance(X, made, n_projections=4000, scale=None, random_state=0)
    assert_allclose(ours, np.sqrt(squares.mean()), rtol=0.03)


@pytest.mark.parametrize("m", [30, 17])
def test_sliced_distance_agrees_with_optimal_transport(m, monkeypatch):
    ot = pytest.importorskip("ot")
    X, made = make(30, 5, 2), 1.5 * make(m, 5, 2, seed=1) + 0.2
    seen = []

    def record(rows, directions):
        seen.append(directions)
        return rows @ directions

    monkeypatch.setattr("sklaug.metrics._vectors._project", record)
    ours = sliced_wasserstein_distance(X, made, n_projections=40, scale=None, random_state=0)
    assert_allclose(np.linalg.norm(seen[0], axis=0), 1)
    flat = X.reshape(30, 10), made.reshape(m, 10)
    assert_allclose(ours, ot.sliced_wasserstein_distance(*flat, projections=seen[0], p=2))


@pytest.mark.parametrize("sz", [5, 200])
def test_a_shift_has_the_same_sliced_distance_for_any_length(sz):
    X = make(20, sz, 2)
    found = sliced_wasserstein_distance(X, X + 0.3, n_projections=3000, scale=None, random_state=0)
    assert_allclose(found, 0.3, rtol=0.05)  # 3,000 squares scatter by 2.6 %


def test_a_stretch_of_normal_values_has_the_distance_of_their_standard_deviations():
    X, made = make(4000, 6), 3 * make(4000, 6, seed=1)
    found = sliced_wasserstein_distance(X, made, scale=None, random_state=0)
    assert_allclose(found, 2, rtol=0.05)


def test_sliced_distance_is_symmetric_and_grows_with_noise():
    X, noise = np.sin(np.arange(24) / 3 + make(200, 1)), make(200, 24, seed=1)
    options = {"scale": None, "random_state": 3}
    assert_allclose(
        sliced_wasserstein_distance(X, noise[:80], **options),
        sliced_wasserstein_distance(noise[:80], X, **options),
    )
    far = [sliced_wasserstein_distance(X, X + s * noise, **options) for s in (0, 0.1, 0.3, 1)]
    assert far == sorted(far) and far[0] == 0 < far[1]


def test_missing_values_do_not_draw_a_set_together():
    X = make(600, 30, 2)
    train, new = X[:300], X[300:]
    floor = sliced_wasserstein_distance(train, new, random_state=0)
    lengths = np.tile([10, 20, 30], 100)
    shorter = [row[:length] for row, length in zip(new, lengths, strict=True)]
    for made in (punch(new, 0.4), shorter):
        assert sliced_wasserstein_distance(train, made, random_state=0) < 1.3 * floor
    assert sliced_wasserstein_distance(train, punch(0.8 * new, 0.4), random_state=0) > 1.3 * floor


def test_projections_with_gaps_are_those_of_what_is_left():
    from sklaug.metrics._vectors import _project

    rows, directions = punch(make(6, 8)), make(8, 3, seed=1)
    for row, projected in zip(rows, _project(rows, directions), strict=True):
        there = np.isfinite(row)
        expected = row[there] @ directions[there] * np.sqrt(8 / there.sum())
        assert_allclose(projected, expected)


def test_directions_come_from_the_seed_alone():
    X, made = make(20, 9), make(20, 9, seed=1)
    one, again, other = (
        sliced_wasserstein_distance(X, made, n_projections=3, random_state=s) for s in (0, 0, 1)
    )
    assert one == again != other


# -------------------------------------------------------------------------------------------
# Maximum mean discrepancy
# -------------------------------------------------------------------------------------------


def naive_discrepancy(A, B):
    """Go through all pairs of rows, with scikit-learn's distances over what both have."""
    pooled = np.concatenate([A, B])
    distances = nan_euclidean_distances(pooled)
    among = distances[np.triu_indices(len(pooled), 1)]
    unit = np.nanmedian(among) or np.nanmean(among)

    def kernel(distance):
        if np.isnan(distance):
            return 0
        widths = np.array([1 / 4, 1 / 2, 1, 2, 4]) * unit
        return np.exp(-(distance**2) / (2 * widths**2)).mean()

    K = np.array([[kernel(distance) for distance in row] for row in distances])
    n, m = len(A), len(B)
    within_a = sum(K[i, j] for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    within_b = sum(K[n + i, n + j] for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    return within_a + within_b - 2 * K[:n, n:].mean()


@pytest.mark.parametrize("m", [15, 8, 2])
@pytest.mark.parametrize("missing", [False, True])
def test_discrepancy_agrees_with_a_loop_over_pairs(m, missing):
    X, made = make(12, 6, 2), make(m, 6, 2, seed=1) + 0.5
    if missing:
        X, made = punch(X), punch(made, seed=6)
    expected = naive_discrepancy(X.reshape(12, 12), made.reshape(m, 12))
    assert_allclose(maximum_mean_discrepancy(X, made, scale=None), expected)


def test_discrepancy_of_pairs_that_share_nothing_is_finite():
    X, made = make(6, 4), make(5, 4, seed=1)
    X[:3, 2:], X[3:, :2], made[:2, :3] = nan, nan, nan
    assert_allclose(maximum_mean_discrepancy(X, made, scale=None), naive_discrepancy(X, made))
    apart = np.where(np.eye(4), 1.0, nan)
    assert maximum_mean_discrepancy(apart[:2], apart[2:]) == 0


def test_discrepancy_is_unbiased():
    found = [
        maximum_mean_discrepancy(make(15, 4, seed=s), make(10, 4, seed=1000 + s), scale=None)
        for s in range(300)
    ]
    assert min(found) < 0 < max(found)
    assert abs(stats.ttest_1samp(found, 0).statistic) < 3


def test_discrepancy_is_symmetric_and_grows_with_a_shift():
    X, made = make(40, 6), make(30, 6, seed=1)
    one, other = (maximum_mean_discrepancy(*pair, scale=None) for pair in [(X, made), (made, X)])
    assert_allclose(one, other)
    far = [maximum_mean_discrepancy(X, made + s, scale=None) for s in (0, 0.3, 1, 3, 100)]
    assert far == sorted(far) and far[-1] <= 2


def test_discrepancy_sees_shuffled_time_and_collapse():
    X = np.sin(np.arange(24) / 3 + make(300, 1)) + 0.1 * make(300, 24)
    floor = abs(maximum_mean_discrepancy(X[:150], X[150:]))
    shuffled = np.random.default_rng(1).permuted(X[150:], axis=1)
    assert maximum_mean_discrepancy(X[:150], shuffled) > 10 * floor
    assert maximum_mean_discrepancy(X[:150], np.repeat(X[150:153], 50, axis=0)) > 10 * floor


def test_discrepancy_of_mostly_equal_rows_takes_the_mean_distance():
    X, made = np.zeros((9, 3)), np.zeros((8, 3))
    made[0] = 1
    assert np.median(cdist(X, made)) == 0
    expected = naive_discrepancy(X, made)
    assert_allclose(maximum_mean_discrepancy(X, made), expected, atol=1e-12)
    made[:2] = 1
    expected = naive_discrepancy(X, made)
    assert abs(expected) > 1e-3
    assert_allclose(maximum_mean_discrepancy(X, made), expected)
    assert maximum_mean_discrepancy(X, made[2:]) == 0


def test_of_larger_sets_rows_are_drawn():
    X, made = make(60, 5), make(50, 5, seed=1) + 1
    one, again, other = (
        maximum_mean_discrepancy(X, made, max_samples=20, random_state=s) for s in (0, 0, 1)
    )
    assert one == again != other
    assert_allclose(one, maximum_mean_discrepancy(X, made), atol=0.15)
    full = maximum_mean_discrepancy(X, made, max_samples=60, random_state=0)
    assert full == maximum_mean_discrepancy(X, made, random_state=1)


def test_a_kernel_on_many_rows_is_summed_in_parts():
    X, made = make(600, 3), make(520, 3, seed=1)
    pooled = np.concatenate([X, made])
    distances = cdist(pooled, pooled)
    unit = np.median(distances[np.triu_indices(len(pooled), 1)])
    K = sum(np.exp(-(distances**2) / (2 * (w * unit) ** 2)) for w in (1 / 4, 1 / 2, 1, 2, 4)) / 5
    np.fill_diagonal(K, 0)
    expected = (
        K[:600, :600].sum() / (600 * 599) + K[600:, 600:].sum() / (520 * 519)
        - 2 * K[:600, 600:].mean()
    )  # fmt: skip
    assert_allclose(maximum_mean_discrepancy(X, made, scale=None), expected, atol=1e-12)


def test_discrepancy_takes_the_memory_that_its_docstring_says():
    # Of 500 rows a side a sixteenth of what it says for 2,000.
    X, made = make(500, 24), make(500, 24, seed=1)
    tracemalloc.start()
    try:
        maximum_mean_discrepancy(X, made)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert_allclose(16 * peak / 1e6, 230, rtol=0.1)


# -------------------------------------------------------------------------------------------
# Both
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_scaled_values_make_units_irrelevant(metric):
    X, made = make(30, 6, 2), make(20, 6, 2, seed=1)
    expected = metric(X, made, random_state=0)
    units = np.array([1000, 0.01])
    assert_allclose(metric(units * X - 5, units * made - 5, random_state=0), expected, rtol=1e-6)
    assert abs(metric(units * X, units * made, scale=None, random_state=0) - expected) > 1e-3


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("constant", ["real", "synthetic", "both"])
def test_constant_sets_give_finite_values(metric, constant):
    X = np.full((6, 5), 0.1) if constant != "synthetic" else make(6, 5)
    made = np.full((6, 5), 0.1) if constant != "real" else make(6, 5)
    value = metric(X, made, random_state=0)
    assert type(value) is float and np.isfinite(value)
    assert (value == 0) == (constant == "both")


@pytest.mark.parametrize("metric", METRICS)
def test_lists_and_padded_arrays_of_the_same_series_give_the_same(metric):
    X, made = make(6, 7), make(8, 7, seed=1)
    X[:3, 5:] = made[2:5, 4:] = nan
    rows = [[row[np.isfinite(row)] for row in set_] for set_ in (X, made)]
    assert metric(*rows, random_state=0) == metric(X, made, random_state=0)


def test_what_cannot_be_used_is_refused_with_its_numbers():
    X = make(4, 5)
    message = "X_synthetic has 1 series, but maximum_mean_discrepancy needs at least 2"
    with pytest.raises(ValueError, match=says(message)):
        maximum_mean_discrepancy(X, X[:1])
    with pytest.raises(ValueError, match=says("max_samples must be at least 2, got 1.")):
        maximum_mean_discrepancy(X, X, max_samples=1)
    with pytest.raises(ValueError, match=says("n_projections must be at least 1, got 0.")):
        sliced_wasserstein_distance(X, X, n_projections=0)
    for metric in METRICS:
        with pytest.raises(ValueError, match=says("Unknown scale 'std'. Known: minmax.")):
            metric(X, X, scale="std")
