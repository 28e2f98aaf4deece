"""InterpolationGenerator: SMOTE, and weighted DTW barycentres."""

# ruff: noqa: E501 - messages stand here in one piece, to be found by their text

import pickle
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from comparing import pad, same_bits, says
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import chisquare, kstest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from sklaug import InterpolationGenerator
from sklaug.datasets import make_labelled_series

N, SZ, D = 24, 12, 2
RNG = np.random.default_rng(0)
X = RNG.normal([3, -200], [2, 50], size=(N, SZ, D))  # channels of very different scale
y, REAL = np.arange(N) % 2, RNG.permutation(np.linspace(0.1, 2.3, N))
LENGTHS = RNG.integers(2, SZ + 1, size=N)
LENGTHS[0] = SZ
ROWS = [row[:n].copy() for row, n in zip(X, LENGTHS, strict=True)]

both_metrics = pytest.mark.parametrize("metric", ["euclidean", "dtw"])


def smote(**parameters):
    return InterpolationGenerator(random_state=0, **parameters)


def warped(**parameters):
    return smote(metric="dtw", **parameters)


def standardize(made, series=X):
    """Scale channels as the fit on some series does."""
    return (made - series.mean(axis=(0, 1))) / series.std(axis=(0, 1))


def nearest_of_class(distances, labels, n_neighbors):
    """Return the nearest rows of the class of each row, from all distances."""
    distances = np.where(labels[:, None] == labels, distances, np.inf)
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1)[:, :n_neighbors]


def segments(made, series, neighbors):
    """Find the row, the neighbour and the place between them that each new series is of."""
    found = []
    for new in made:
        misfit, best = np.inf, None
        for row, near in enumerate(neighbors):
            for other in near[near >= 0]:
                way = series[other] - series[row]
                place = np.clip(((new - series[row]) * way).sum() / (way**2).sum(), 0, 1)
                off = np.abs(new - series[row] - place * way).max()
                if off < misfit:
                    misfit, best = off, (row, other, place)
        assert misfit < 1e-5
        found.append(best)
    return found


def align(one, other, radius=None):
    """Return the pairs of steps of the best alignment, by the textbook recursion."""
    cost = np.full((len(one) + 1, len(other) + 1), np.inf)
    cost[0, 0] = 0
    for i in range(len(one)):
        for j in range(len(other)):
            if radius is None or abs(i - j) <= radius:
                before = min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
                cost[i + 1, j + 1] = ((one[i] - other[j]) ** 2).sum() + before
    i, j, path = len(one), len(other), []
    while i:
        path.append((i - 1, j - 1))
        i, j = min([(i - 1, j - 1), (i - 1, j), (i, j - 1)], key=lambda place: cost[place])
    return path[::-1], np.sqrt(cost[-1, -1])


def barycenter(members, weights, radius=None):
    """Average series along their alignment with the first, again and again."""
    center = members[0]
    for _ in range(10):
        total, weight = np.zeros_like(center), np.zeros((len(center), 1))
        for member, share in zip(members, weights, strict=True):
            for i, j in align(center, member, radius)[0]:
                total[i] += share * member[j]
                weight[i] += share
        center = total / weight
    return center


def bump(place, length=60):
    return np.exp(-0.5 * ((np.arange(length) - place) / 2.5) ** 2)


# -------------------------------------------------------------------------------------------
# Both metrics
# -------------------------------------------------------------------------------------------


@both_metrics
def test_fewer_samples_are_the_first_of_more(metric):
    for values, targets in [(X, y), (X, None), (X, REAL), (ROWS, y), (ROWS, REAL)]:
        generator = smote(metric=metric).fit(values, targets)
        assert same_bits(generator.sample(3)[0], generator.sample(40)[0][:3])


@both_metrics
def test_a_seed_repeats_all_and_another_does_not(metric):
    made = smote(metric=metric).fit_transform(X, y)
    assert same_bits(made, smote(metric=metric).fit_transform(X, y))
    other = InterpolationGenerator(metric=metric, random_state=1)
    assert not same_bits(made, other.fit_transform(X, y))


@both_metrics
def test_the_sole_row_of_a_class_comes_back_to_the_bit(metric):
    labels = np.array(["rare"] + ["often"] * (N - 1))
    generator = smote(metric=metric)
    assert same_bits(generator.fit_transform(X, labels)[:1], X[:1])
    made, targets = generator.sample(3, y="rare")
    assert same_bits(made, np.repeat(X[:1], 3, axis=0))
    assert list(targets) == ["rare"] * 3
    assert (generator.neighbors_[0] == -1).all()


@both_metrics
def test_where_each_class_is_one_row_all_come_back(metric):
    generator = smote(metric=metric)
    assert same_bits(generator.fit_transform(X[:3], ["a", "b", "c"]), X[:3])
    assert same_bits(generator.sample(y=["c", "a"])[0], X[[2, 0]])


@both_metrics
def test_equal_rows_and_constant_ones_come_back(metric):
    made = smote(metric=metric).fit_transform(np.repeat(X[:1], 7, axis=0))
    assert_allclose(made, np.repeat(X[:1], 7, axis=0), rtol=1e-5)
    assert_array_equal(smote(metric=metric).fit_transform(np.full((7, SZ), 5.0)), 5)


@both_metrics
@pytest.mark.parametrize("targets", [None, y, REAL], ids=["none", "class", "real"])
def test_series_are_as_long_as_the_row_they_start_from(metric, targets):
    generator = smote(metric=metric)
    made = generator.fit_transform(ROWS, targets)
    assert [len(row) for row in made] == list(LENGTHS)
    assert all(np.isfinite(row).all() for row in made)
    padded = generator.fit_transform(pad(ROWS), targets)
    assert same_bits([row[:n] for row, n in zip(padded, LENGTHS, strict=True)], made)
    drawn = [len(row) for row in generator.sample(100)[0]]
    assert set(drawn) <= set(LENGTHS)


@both_metrics
def test_a_condition_says_how_long_series_are_and_known_channels_play_no_part(metric):
    known = np.random.default_rng(3).normal(size=(N, SZ, 1))
    generator = smote(metric=metric, condition_channels=1)
    made = generator.fit_transform(np.concatenate([X[..., :1], known], axis=2), y)
    plain = smote(metric=metric).fit_transform(X[..., :1], y)
    assert same_bits(made[..., :1], plain)
    assert same_bits(made[..., 1:], known)
    short, _ = generator.sample(4, condition=known[:4, :7])
    assert np.isfinite(short[:, :7]).all()
    assert np.isnan(short[:, 7:]).all()


@both_metrics
def test_counts_stay_whole_and_between_the_rows_they_were_made_of(metric):
    counts = np.random.default_rng(0).poisson(2.0, size=(40, SZ)).astype(float)
    generator = smote(metric=metric, support="count")
    for made in (generator.fit_transform(counts), generator.sample(50)[0]):
        assert_array_equal(made, np.round(made))
        assert made.min() >= 0
        assert made.max() <= counts.max()


@both_metrics
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_stay_within_those_of_the_class_and_keep_their_dtype(metric, dtype):
    made = smote(metric=metric).fit_transform(X.astype(dtype), y)
    assert made.dtype == dtype
    for label in (0, 1):
        own = X[y == label]
        margin = 1e-5 * np.abs(own).max()
        assert (made[y == label].min(axis=(0, 1)) >= own.min(axis=(0, 1)) - margin).all()
        assert (made[y == label].max(axis=(0, 1)) <= own.max(axis=(0, 1)) + margin).all()


@both_metrics
def test_what_is_made_for_a_class_teaches_a_classifier_and_with_shuffled_labels_nothing(metric):
    series, labels = make_labelled_series(n_samples=160, n_timepoints=40, random_state=0)
    pipeline = make_pipeline(smote(metric=metric), KNeighborsClassifier(1))
    score = pipeline.fit(series[:80], labels[:80]).score(series[80:], labels[80:])
    # Three classes: guessing is right in a third of 80 rows, give or take 0.053.
    assert score > 1 / 3 + 7 * 0.053
    shuffled = np.random.default_rng(1).permutation(labels[:80])
    assert pipeline.fit(series[:80], shuffled).score(series[80:], labels[80:]) < 1 / 3 + 3 * 0.053


@both_metrics
def test_parameters_set_after_the_fit_count_from_the_next_fit_on(metric):
    generator = smote(metric=metric).fit(X, y)
    before = generator.sample(5)[0]
    other = {"dtw": "euclidean", "euclidean": "dtw"}[metric]
    generator.set_params(metric=other, n_neighbors=1, sakoe_chiba_radius=0)
    assert same_bits(generator.sample(5)[0], before)
    assert same_bits(pickle.loads(pickle.dumps(generator)).sample(5)[0], before)
    assert not same_bits(generator.fit(X, y).sample(5)[0], before)


@pytest.mark.parametrize(
    "parameters, error, text",
    [
        ({"n_neighbors": 0}, ValueError, "n_neighbors must be at least 1, got 0."),
        ({"n_neighbors": 2.5}, TypeError, "n_neighbors must be an integer, got 2.5."),
        ({"metric": "cosine"}, ValueError, "Unknown metric 'cosine'. Known: euclidean, dtw."),
        ({"sakoe_chiba_radius": -1}, ValueError, "sakoe_chiba_radius must be at least 0, got -1."),
        ({"sakoe_chiba_radius": 1.5}, ValueError, "sakoe_chiba_radius must be at least 0 and at most 1, got 1.5."),
        ({"sakoe_chiba_radius": "wide"}, TypeError, "sakoe_chiba_radius must be a number of steps (int), a share of the length (float from 0 to 1) or None, got 'wide'."),
    ],
)  # fmt: skip
def test_neighbours_that_cannot_be_are_refused(parameters, error, text):
    with pytest.raises(error, match=says(text)):
        InterpolationGenerator(**parameters).fit(X, y)


# -------------------------------------------------------------------------------------------
# Step by step: SMOTE
# -------------------------------------------------------------------------------------------


def test_neighbours_are_the_nearest_of_the_class_channels_standardised():
    z = standardize(X).reshape(N, -1)
    distances = np.linalg.norm(z[:, None] - z, axis=2)
    assert_array_equal(smote().fit(X, y).neighbors_, nearest_of_class(distances, y, 5))
    assert_array_equal(
        smote(n_neighbors=3).fit(X).neighbors_, nearest_of_class(distances, np.zeros(N), 3)
    )


def test_every_series_lies_between_a_row_and_one_of_its_five_nearest_of_the_class():
    generator = smote().fit(X, y)
    made, targets = generator.sample(600)
    found = segments(standardize(made), standardize(X), generator.neighbors_)
    rows, others, places = map(np.array, zip(*found, strict=True))
    assert_array_equal(y[rows], targets)
    assert_array_equal(y[others], targets)
    # Rows, neighbours and places are all drawn alike: three p values of true hypotheses.
    assert chisquare(np.bincount(rows, minlength=N)).pvalue > 1e-3
    ranks = (generator.neighbors_[rows] == others[:, None]).argmax(axis=1)
    assert chisquare(np.bincount(ranks, minlength=5)).pvalue > 1e-3
    assert kstest(places, "uniform").pvalue > 1e-3


def test_fit_transform_starts_from_each_row_once():
    generator = smote()
    made = generator.fit_transform(X, y)
    for row, new in enumerate(standardize(made)):
        only = np.full_like(generator.neighbors_, -1)
        only[row] = generator.neighbors_[row]
        assert segments([new], standardize(X), only)[0][0] == row


def test_it_is_the_smote_of_imbalanced_learn():
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    series, labels = X[..., 0], np.r_[np.zeros(17, dtype=int), np.ones(7, dtype=int)]
    generator = smote(n_neighbors=3).fit(series, labels)
    wanted = {0: 17, 1: 400}
    theirs, _ = over_sampling.SMOTE(
        sampling_strategy=wanted, k_neighbors=3, random_state=0
    ).fit_resample(series, labels)
    neighbors = np.where(labels[:, None] == 1, generator.neighbors_, -1)
    ours, _ = generator.sample(y=[1] * 393)
    pairs, places = [], []
    for made in (theirs[N:], ours):
        found = segments(made, series, neighbors)
        # Two rows that are neighbours of each other make one segment.
        pairs.append({frozenset(pair) for *pair, _ in found})
        places.append([min(place, 1 - place) for *_, place in found])
    assert pairs[0] == pairs[1]
    assert kstest(*places).pvalue > 1e-3


def test_two_rows_of_a_class_have_all_series_between_them():
    labels = np.where(np.arange(N) < 2, "rare", "often")
    made, _ = smote().fit(X, labels).sample(200, y="rare")
    places = [((new - X[0]) * (X[1] - X[0])).sum() / ((X[1] - X[0]) ** 2).sum() for new in made]
    assert_allclose(made, X[0] + np.reshape(places, (-1, 1, 1)) * (X[1] - X[0]), atol=1e-3)
    assert kstest(places, "uniform").pvalue > 1e-3


def test_a_class_of_three_has_two_neighbours_and_larger_ones_have_all_five():
    labels = np.where(np.arange(N) < 3, "rare", "often")
    neighbors = smote().fit(X, labels).neighbors_
    assert_array_equal(np.sort(neighbors[:3, :2]), [[1, 2], [0, 2], [0, 1]])
    assert (neighbors[:3, 2:] == -1).all()
    assert (neighbors[3:] >= 3).all()
    assert neighbors.shape == (N, 5)


@both_metrics
def test_with_a_real_target_neighbours_are_the_nearest_in_it(metric):
    generator = smote(metric=metric).fit(X, REAL)
    distances = np.abs(REAL[:, None] - REAL)
    np.fill_diagonal(distances, np.inf)
    for row, near in enumerate(generator.neighbors_):
        assert_allclose(np.sort(distances[row, near]), np.sort(distances[row])[:5], rtol=1e-5)
    assert_array_equal(generator.sample(y=[1.0] * 4)[1], 1.0)


def test_samples_for_a_real_target_start_from_the_five_nearest():
    generator = smote().fit(X, REAL)
    found = segments(
        standardize(generator.sample(y=[1.0] * 60)[0]), standardize(X), generator.neighbors_
    )
    near = np.argsort(np.abs(REAL - 1.0))[:5]
    # From which end a series comes is not to be seen: one of both is near.
    assert all({row, other} & set(near) for row, other, _ in found)


def test_of_shorter_series_the_steps_of_both_are_compared_and_moved():
    generator = smote(n_neighbors=2)
    made = generator.fit_transform(ROWS, y)
    mean, scale = (f(np.concatenate(ROWS), axis=0) for f in (np.mean, np.std))
    z = [(row - mean) / scale for row in ROWS]
    common = np.minimum(LENGTHS[:, None], LENGTHS)
    distances = np.array(
        [[np.sqrt(((a[:n] - b[:n]) ** 2).sum() / n) for b, n in zip(z, of, strict=True)] for a, of in zip(z, common, strict=True)]
    )  # fmt: skip
    assert_array_equal(generator.neighbors_, nearest_of_class(distances, y, 2))
    reached = []
    for row, new in enumerate(made):
        changed = np.flatnonzero((new != ROWS[row]).any(axis=1))
        reached.append(changed[-1] + 1)
        assert reached[-1] in common[row, generator.neighbors_[row]]
    assert (reached < LENGTHS).any()


def test_on_a_bounded_channel_it_interpolates_logarithms():
    series = np.random.default_rng(0).exponential(5, size=(N, SZ))
    generator = smote(support="nonnegative").fit(series, y)
    segments(np.log1p(generator.sample(50)[0]), np.log1p(series), generator.neighbors_)


def test_decimals_are_kept_and_means_too():
    series = np.array([[0.0] * SZ, [0.1] * SZ])
    made, _ = smote(decimals=1).fit(series).sample(2000)
    assert set(np.round(np.unique(made), 12)) == {0.0, 0.1}
    # Weights have a standard deviation of 0.29: the mean of 2,000 of them a standard error of 0.0065.
    assert_allclose(made.mean(), 0.05, atol=0.003)


def test_gaps_are_interpolated_or_kept():
    gaps = np.where(np.random.default_rng(1).random(X.shape) < 0.1, np.nan, X)
    filled, kept = (
        smote(missing=missing, nan_tail="missing").fit_transform(gaps, y)
        for missing in ("fill", "keep")
    )
    assert np.isfinite(filled).all()
    assert_array_equal(kept, np.where(np.isnan(gaps), np.nan, filled))


def test_the_plain_metric_loads_no_tslearn():
    code = (
        "import sys, numpy as np, sklaug; "
        "sklaug.InterpolationGenerator().fit(np.eye(8)).sample(); print('tslearn' in sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"


# -------------------------------------------------------------------------------------------
# Along the alignment: weighted DTW barycentres
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [None, 2, 0])
def test_neighbours_are_the_nearest_by_dynamic_time_warping(radius):
    series, labels = X[:12], y[:12]
    z = standardize(series, series)
    distances = np.array([[align(a, b, radius)[1] for b in z] for a in z])
    neighbors = warped(n_neighbors=4, sakoe_chiba_radius=radius).fit(series, labels).neighbors_
    assert_array_equal(neighbors, nearest_of_class(distances, labels, 4))


@pytest.mark.parametrize("radius", [None, 2])
def test_a_series_is_the_barycentre_of_a_row_and_its_neighbours_two_of_which_weigh_more(radius):
    series = X[:12]
    generator = warped(sakoe_chiba_radius=radius)
    made = standardize(generator.fit_transform(series, y[:12]), series)
    z = standardize(series, series)
    for row in (0, 1, 2):
        members = z[[row, *generator.neighbors_[row]]]
        misfit = [
            np.abs(made[row] - barycenter(members, weights, radius)).max()
            for weights in average_selected(5)
        ]
        assert min(misfit) < 1e-4


def average_selected(n_neighbors):
    """List all weights of "average selected": a row, and its neighbours, two of them at a time."""
    for pair in combinations(range(n_neighbors), 2):
        weights = np.full(n_neighbors + 1, 0.2 / (n_neighbors - 2))
        weights[0] = 0.5
        weights[np.add(pair, 1)] = 0.15
        yield weights


def test_step_by_step_alignment_gives_the_weighted_means_and_all_pairs_are_drawn():
    generator = warped(sakoe_chiba_radius=0).fit(X, y)
    made, _ = generator.sample(600)
    means = [
        np.average(X[[row, *near]], axis=0, weights=weights)
        for row, near in enumerate(generator.neighbors_)
        for weights in average_selected(5)
    ]
    misfit = np.abs((made[:, None] - np.array(means)) / X.std(axis=(0, 1))).max(axis=(2, 3))
    assert (misfit.min(axis=1) < 1e-5).all()
    assert chisquare(np.bincount(misfit.argmin(axis=1) % 10, minlength=10)).pvalue > 1e-3


@pytest.mark.parametrize("n_rows, weights", [(2, [5, 3]), (3, [10, 3, 3])])
def test_one_or_two_neighbours_share_what_selected_ones_weigh(n_rows, weights):
    made = warped(sakoe_chiba_radius=0).fit_transform(X[:n_rows])
    for row, new in enumerate(made):
        others = np.delete(X[:n_rows], row, axis=0)
        mean = np.average([X[row], *others], axis=0, weights=weights)
        assert_allclose(new, mean, rtol=1e-4)


def test_a_share_of_the_length_is_the_radius_rounded_down():
    assert warped().fit(X, y).sakoe_chiba_radius_ == 1
    assert warped(sakoe_chiba_radius=0.5).fit(X, y).sakoe_chiba_radius_ == 6
    assert warped(sakoe_chiba_radius=None).fit(X, y).sakoe_chiba_radius_ is None
    made = [warped(sakoe_chiba_radius=radius).fit_transform(X, y) for radius in (0.5, 6, 1, 0.1)]
    assert same_bits(made[0], made[1])
    assert same_bits(made[2], made[3])
    assert not same_bits(made[0], made[2])


def test_bumps_at_different_times_stay_one_bump_where_interpolation_makes_two():
    series = np.array([bump(place) for place in np.linspace(20, 40, 8)])
    lowest = {
        metric: smote(metric=metric, sakoe_chiba_radius=None)
        .fit_transform(series)
        .max(axis=1)
        .min()
        for metric in ("euclidean", "dtw")
    }
    assert lowest["dtw"] > 0.95
    assert lowest["euclidean"] < 0.8
