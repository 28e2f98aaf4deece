import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.linear_model import RidgeClassifier
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from sklaug.datasets import load_trace, make_labelled_series, make_target_series

MAKERS = [make_labelled_series, make_target_series]


# --- Trace ---


@pytest.mark.parametrize(
    "split, counts",
    [("train", [26, 21, 22, 31]), ("test", [24, 29, 28, 19])],
)
def test_trace_has_the_published_size_and_class_counts(split, counts):
    X, y = load_trace(split)

    assert X.shape == (100, 275)
    assert X.dtype == np.float64
    assert np.issubdtype(y.dtype, np.integer)
    assert_array_equal(np.unique(y), [1, 2, 3, 4])
    assert_array_equal(np.bincount(y)[1:], counts)


def test_trace_series_have_mean_0_and_standard_deviation_1():
    X, _ = load_trace()

    assert_allclose(X.mean(axis=1), 0, atol=1e-4)
    assert_allclose(X.std(axis=1, ddof=1), 1, atol=1e-4)


def test_trace_in_3d_has_the_same_values():
    X, y = load_trace()
    X_3d, y_3d = load_trace(as_3d=True)

    assert X_3d.shape == (100, 275, 1)
    assert_array_equal(X_3d[:, :, 0], X)
    assert_array_equal(y_3d, y)


def test_trace_halves_share_no_series():
    X_train, _ = load_trace("train")
    X_test, _ = load_trace("test")

    assert len(np.unique(np.concatenate([X_train, X_test]), axis=0)) == 200


def test_trace_arrays_can_be_changed_without_changing_the_next_load():
    X, y = load_trace()
    X[:] = 0
    y[:] = 0

    X_again, y_again = load_trace()

    assert X_again.any()
    assert y_again.any()


def test_trace_names_the_splits_there_are():
    with pytest.raises(ValueError, match="split is 'validation', but must be \"train\" or"):
        load_trace("validation")


# --- both simulations ---


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "n_channels, shape",
    [(None, (12, 20)), (1, (12, 20, 1)), (3, (12, 20, 3))],
)
def test_layout_follows_n_channels(make, n_channels, shape):
    X, y = make(12, 20, n_channels, random_state=0)

    assert X.shape == shape
    assert X.dtype == np.float64
    assert np.isfinite(X).all()
    assert y.shape == (12,)


@pytest.mark.parametrize("make", MAKERS)
def test_one_channel_differs_from_none_only_by_its_axis(make):
    X, y = make(12, 20, None, random_state=0)
    X_3d, y_3d = make(12, 20, 1, random_state=0)

    assert_array_equal(X_3d[:, :, 0], X)
    assert_array_equal(y_3d, y)


@pytest.mark.parametrize("make", MAKERS)
def test_an_int_seed_repeats_the_series_and_leaves_the_global_generator_alone(make):
    before = np.random.get_state()
    X, y = make(12, 20, random_state=3)
    X_again, y_again = make(12, 20, random_state=3)
    after = np.random.get_state()

    assert_array_equal(X, X_again)
    assert_array_equal(y, y_again)
    assert before[0] == after[0]
    assert_array_equal(before[1], after[1])
    assert before[2:] == after[2:]


@pytest.mark.parametrize("make", MAKERS)
def test_another_seed_and_a_used_random_state_give_other_series(make):
    X, _ = make(12, 20, random_state=3)
    rng = np.random.RandomState(3)
    X_first, _ = make(12, 20, random_state=rng)
    X_second, _ = make(12, 20, random_state=rng)

    assert_array_equal(X_first, X)
    assert (X_second != X).any()
    assert (make(12, 20, random_state=4)[0] != X).any()


@pytest.mark.parametrize("make", MAKERS)
def test_noise_is_added_with_its_standard_deviation(make):
    clean, _ = make(200, 50, 2, noise=0, random_state=0)
    noisy, _ = make(200, 50, 2, noise=0.3, random_state=0)

    # 20,000 values: the standard error of their standard deviation is 0.3 / sqrt(40,000).
    assert_allclose((noisy - clean).std(), 0.3, atol=5 * 0.3 / 200)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize(
    "params, error, message",
    [
        ({"n_samples": 0}, ValueError, "n_samples must be at least"),
        ({"n_samples": 2.0}, TypeError, "n_samples must be an integer, got 2.0"),
        ({"n_timepoints": 8}, ValueError, "n_timepoints must be at least 9, got 8"),
        ({"n_timepoints": "50"}, TypeError, "n_timepoints must be an integer, got '50'"),
        ({"n_channels": 0}, ValueError, "n_channels must be at least 1"),
        ({"n_channels": True}, TypeError, "n_channels must be an integer or None, got True"),
        ({"noise": -0.5}, ValueError, "noise must be at least 0, got -0.5"),
        ({"noise": np.nan}, ValueError, "noise must be a finite number, got nan"),
        ({"noise": None}, TypeError, "noise must be a number, got None"),
    ],
)
def test_wrong_parameters_are_named_with_their_value(make, params, error, message):
    with pytest.raises(error, match=message):
        make(**params)


# --- labelled series ---


@pytest.mark.parametrize(
    "n_samples, n_classes, weights, counts",
    [
        (9, 3, None, [3, 3, 3]),
        (10, 3, None, [4, 3, 3]),
        (20, 2, [0.9, 0.1], [18, 2]),
        (20, 2, [9, 1], [18, 2]),
        (10, 3, [0.65, 0.25, 0.1], [7, 2, 1]),
        (10, 2, [0.999, 0.001], [9, 1]),
        (3, 3, [100, 1, 1], [1, 1, 1]),
    ],
)
def test_class_counts_follow_the_weights(n_samples, n_classes, weights, counts):
    _, y = make_labelled_series(n_samples, 20, n_classes=n_classes, weights=weights, random_state=0)

    assert_array_equal(np.bincount(y, minlength=n_classes), counts)


def test_classes_come_in_random_order():
    _, y = make_labelled_series(60, 20, random_state=0)

    assert (np.diff(y) < 0).any()


def test_a_class_oscillates_in_its_band_of_frequencies():
    # The bump is +1 in one channel and -1 in the other, so their sum is a sine; and every sine
    # has x[t - 1] + x[t + 1] = 2 cos(w) x[t], with w in radians a step.
    X, y = make_labelled_series(300, 200, 2, n_classes=3, noise=0, random_state=0)
    x = X.sum(axis=2)
    neighbours, middle = x[:, :-2] + x[:, 2:], x[:, 1:-1]
    cosine = (neighbours * middle).sum(axis=1) / (middle**2).sum(axis=1) / 2
    cycles = np.arccos(cosine) * 199 / (2 * np.pi)

    # With three classes the bands are [1, 2), [2, 3) and [3, 4).
    assert_array_equal(np.floor(cycles), 1 + y)
    assert np.ptp(cycles[y == 0]) > 0.9


def test_a_class_has_its_bump_in_its_window():
    # The mean over many series leaves the bumps: sines of random phase cancel.
    X, y = make_labelled_series(20_000, 101, n_classes=2, noise=0, random_state=0)
    t = np.linspace(0, 1, 101)

    for label, center in enumerate([0.4, 0.6]):
        # A bump of height 1 on average and width 0.06, placed uniformly up to 0.1 from the center.
        places = np.linspace(center - 0.1, center + 0.1, 401)
        expected = np.exp(-0.5 * ((t[:, None] - places) / 0.06) ** 2).mean(axis=1)
        assert_allclose(X[y == label].mean(axis=0), expected, atol=0.04)


def test_classes_can_be_learned_but_not_from_their_means_nor_by_a_linear_model():
    X, y = make_labelled_series(60, 60, random_state=0)
    X_test, y_test = make_labelled_series(300, 60, random_state=1)
    means, means_test = X.mean(axis=1, keepdims=True), X_test.mean(axis=1, keepdims=True)

    assert 0.85 < KNeighborsClassifier(1).fit(X, y).score(X_test, y_test) < 1
    assert KNeighborsClassifier(1).fit(means, y).score(means_test, y_test) < 0.6
    assert RidgeClassifier().fit(X, y).score(X_test, y_test) < 0.8


def test_every_pair_of_many_classes_differs():
    X, y = make_labelled_series(600, 60, n_classes=6, random_state=0)
    X_test, y_test = make_labelled_series(600, 60, n_classes=6, random_state=1)

    for pair in combinations(range(6), 2):
        rows, rows_test = np.isin(y, pair), np.isin(y_test, pair)
        model = KNeighborsClassifier(1).fit(X[rows], y[rows])
        assert model.score(X_test[rows_test], y_test[rows_test]) > 0.7


@pytest.mark.parametrize(
    "params, error, message",
    [
        ({"n_classes": 1}, ValueError, "n_classes must be at least 2, got 1"),
        (
            {"n_samples": 3, "n_classes": 4},
            ValueError,
            r"n_samples must be at least 4, got 3",
        ),
        ({"weights": [1, 2]}, ValueError, r"weights has shape \(2,\), but n_classes=3 needs"),
        ({"weights": [1, 2, 0]}, ValueError, r"weights are \[1.0, 2.0, 0.0\], but each must"),
        ({"weights": [1, 2, np.inf]}, ValueError, "each must be positive and finite"),
    ],
)
def test_labelled_series_reject_impossible_classes(params, error, message):
    with pytest.raises(error, match=message):
        make_labelled_series(**params)


# --- series with a target ---


def test_targets_are_uniform_between_0_and_1():
    _, y = make_target_series(4000, 9, random_state=0)

    assert y.min() >= 0
    assert y.max() < 1
    assert_allclose(np.quantile(y, [0.25, 0.5, 0.75]), [0.25, 0.5, 0.75], atol=0.04)


@pytest.mark.parametrize("n_channels", [None, 3])
def test_targets_can_be_learned_from_the_series(n_channels):
    X, y = make_target_series(200, 60, n_channels, random_state=0)
    X_test, y_test = make_target_series(200, 60, n_channels, random_state=1)
    X, X_test = X.reshape(200, -1), X_test.reshape(200, -1)
    y_shuffled = np.random.default_rng(0).permutation(y)

    assert KNeighborsRegressor(5).fit(X, y).score(X_test, y_test) > 0.8
    assert KNeighborsRegressor(5).fit(X, y_shuffled).score(X_test, y_test) < 0.2


def test_the_bump_is_highest_for_a_target_near_a_quarter():
    # The bump points down in the second channel, so half the difference keeps it and, on
    # average, cancels the sweep, which both channels have.
    X, y = make_target_series(20_000, 50, 2, noise=0, random_state=0)
    bump = (X[:, :, 0] - X[:, :, 1]) / 2
    heights = [bump[np.abs(y - center) < 0.01].mean(axis=0).max() for center in (0.25, 0.75)]

    # Places vary by 0.03, which widens the mean of bumps of width 0.08 and lowers it as much.
    blur = 0.08 / np.hypot(0.08, 0.03)
    assert_allclose(heights, [1.5 * blur, 0.5 * blur], atol=0.08)


# --- import ---


def test_importing_the_module_loads_neither_torch_nor_tslearn():
    code = (
        "import sys, sklaug.datasets; "
        "print(sorted({'torch', 'tslearn', 'numba'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
