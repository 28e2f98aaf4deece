"""The discriminative score agrees with the reference, and means what it says."""

import re

import numpy as np
import plain_metrics
import pytest
import torch
from numpy.testing import assert_array_equal
from scipy.signal import lfilter
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline

from sklaug import _training
from sklaug.metrics import SeriesFeatures, discriminative_score

nan = np.nan


def sines(n=200, sz=10, d=2, seed=0, noise=0.0):
    """Return sines of random speed and phase, in [0, 1] without the noise."""
    rng = np.random.default_rng(seed)
    speed, phase = rng.uniform(0.3, 0.9, size=(n, 1, d)), rng.uniform(0, 6.28, size=(n, 1, d))
    return 0.5 + 0.3 * np.sin(speed * np.arange(sz)[:, None] + phase) + noise * rng.normal(size=(n, sz, d))  # fmt: skip


def windows(n=400, sz=20, seed=0):
    """Return windows, a step apart, of one long autoregression of order 1."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=n + sz + 100)
    series = lfilter([1], [1, -0.8], noise)[-(n + sz - 1) :]
    return np.lib.stride_tricks.sliding_window_view(series, sz).copy()


def score(X_real, X_synthetic, **options):
    """Score with few steps of the GRU, or by features."""
    return discriminative_score(
        X_real, X_synthetic, **({"n_iter": 20, "random_state": 0} | options)
    )


# -------------------------------------------------------------------------------------------
# The reference
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "synthetic, n_iter",
    [
        (sines(400, sz=6, seed=1), 100),
        (sines(400, sz=6, seed=1, noise=0.6), 150),
        (sines(400, sz=6) + 0.3, 300),  # versions of the real rows
    ],
    ids=["alike", "noisier", "shifted versions"],
)
def test_the_gru_agrees_with_a_plain_version_of_the_reference(synthetic, n_iter):
    real = sines(400, sz=6)
    own = [
        discriminative_score(real, synthetic, split="random", scale=None, n_iter=n_iter, random_state=seed)
        for seed in range(5)
    ]  # fmt: skip
    plain = [
        plain_metrics.discriminative_score(real, synthetic, seed=seed, n_iter=n_iter)
        for seed in range(5)
    ]
    # The means differ by three standard errors at most; 0.01 stands for a spread of 0 by luck.
    error = np.sqrt((np.var(own, ddof=1) + np.var(plain, ddof=1)) / 5) + 0.01
    assert abs(np.mean(own) - np.mean(plain)) < 3 * error


def test_the_gru_finds_a_shift_and_nothing_between_sets_alike():
    found = score(sines(), sines(seed=1) + 0.5, n_iter=600)
    # An accuracy on 80 series has a standard deviation of 0.056.
    alike = score(sines(), sines(seed=1), n_iter=600)
    assert found > 0.4
    assert alike < 3 * 0.056


# -------------------------------------------------------------------------------------------
# Features and other classifiers
# -------------------------------------------------------------------------------------------


def test_sets_alike_score_what_chance_gives():
    scores, aucs = [], []
    for seed in range(6):
        X_real, X_synthetic = sines(300, seed=seed), sines(300, seed=100 + seed)
        scores.append(score(X_real, X_synthetic, classifier="features", random_state=seed))
        aucs.append(score(X_real, X_synthetic, classifier="features", metric="auc", random_state=seed))  # fmt: skip
    # 60 series of each set are held out: the score is 0.28 / sqrt(60) = 0.036 by chance, with a standard
    # deviation of 0.028, and an AUC has one of 0.053; means of six.
    assert np.mean(scores) < 0.036 + 3 * 0.028 / np.sqrt(6)
    assert abs(np.mean(aucs) - 0.5) < 3 * 0.053 / np.sqrt(6)


@pytest.mark.parametrize("metric, expected", [("accuracy", 0.5), ("auc", 1.0)])
def test_what_is_plainly_different_scores_the_highest(metric, expected):
    noisy = sines(seed=1, noise=0.3)
    assert score(sines(), noisy, classifier="features", metric=metric) == expected
    assert score(sines(), sines(seed=1) + 2, classifier="features", metric=metric) == expected
    assert score(noisy, sines(), classifier="features", metric=metric) == expected


def test_more_noise_is_easier_to_tell():
    scores = [
        score(sines(400), sines(400, seed=1, noise=noise), classifier="features", metric="auc")
        for noise in (0, 0.003, 0.1)
    ]
    assert scores[0] < scores[1] < scores[2]


def test_copies_in_another_order_score_below_a_half():
    X = sines(400)
    copies = np.random.default_rng(0).permutation(X)
    assert score(X, copies, classifier="features", metric="auc") < 0.3
    # In the same order they are held out with their originals.
    assert score(X, X, classifier="features", metric="auc") == pytest.approx(0.5)
    assert score(X, X, classifier="features") == 0


def test_random_rows_leak_where_windows_overlap_and_blocks_do_not():
    """Two recordings of one process: only a window's neighbours tell which one it is of."""
    leaking, honest = (
        [
            score(windows(seed=seed), windows(seed=seed + 100), classifier="features", metric="auc", split=split)
            for seed in range(6)
        ]
        for split in ("random", "blocks")
    )  # fmt: skip
    assert np.mean(leaking) > 0.9
    # Held out are 80 windows of each, as good as 80 / 20 of them independent: a standard deviation of
    # sqrt(1 / (6 * 4)) = 0.2 for one AUC, and of 0.2 / sqrt(6) = 0.08 for the mean of six.
    assert abs(np.mean(honest) - 0.5) < 2 * 0.08


class Recorder(ClassifierMixin, BaseEstimator):
    """Remember what comes."""

    seen = {}

    def __init__(self, random_state=None):
        self.random_state = random_state

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.seen.update(X=X, y=y, random_state=self.random_state)
        return self

    def predict(self, X):
        self.seen.update(X_test=X)
        return np.ones(len(X), dtype=int)


def test_a_classifier_gets_scaled_series_of_both_sets_in_equal_numbers():
    real, synthetic = np.arange(60.0).reshape(20, 3), -np.arange(90.0).reshape(30, 3)
    given = Recorder()
    assert score(real, synthetic, classifier=given) == 0  # always "real": right for half of them
    seen = given.seen
    assert seen["X"].shape[1:] == (3,)
    assert seen["X_test"].shape == (8, 3)
    is_real = seen["y"] == 1
    assert is_real.sum() == (~is_real).sum()
    assert (seen["X"][is_real] >= 0).all() and (seen["X"] <= 1).all()
    assert not hasattr(given, "classes_")
    assert given.random_state is None
    assert isinstance(seen["random_state"], int)
    score(sines(20), sines(20), classifier=Recorder(random_state=7))
    assert seen["X"].shape[1:] == (10, 2)
    assert seen["random_state"] == 7


def test_the_same_rows_are_held_out_of_both_sets():
    X = np.repeat(np.arange(50.0), 4).reshape(50, 4)
    for split in ("blocks", "random"):
        score(X, X + 100, classifier=Recorder(), split=split, scale=None)
        seen = Recorder.seen["X_test"][:, 0]
        assert_array_equal(seen[:10], seen[10:] - 100)


def test_a_pipeline_is_fitted_on_series_and_gets_a_seed():
    pipeline = make_pipeline(SeriesFeatures(), RandomForestClassifier(10))
    real, synthetic = sines(100), sines(100, seed=1, noise=0.01)
    one, same = (score(real, synthetic, classifier=pipeline, metric="auc") for _ in range(2))
    assert one == same
    assert 0.5 < one <= 1


def test_a_classifier_that_always_says_the_same_cannot_tell():
    X = sines(50)[:, :, 0]
    for metric, expected in (("accuracy", 0), ("auc", 0.5)):
        assert score(X, X + 1, classifier=DummyClassifier(), metric=metric) == expected


# -------------------------------------------------------------------------------------------
# Whatever comes
# -------------------------------------------------------------------------------------------

CLASSIFIERS = pytest.mark.parametrize("classifier", ["gru", "features"])


@CLASSIFIERS
def test_series_of_unequal_length_and_with_gaps_have_a_score(classifier):
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(rng.integers(1, 9), 2)) for _ in range(30)]
    gappy = [row.copy() for row in rows]
    for row in gappy[::2]:
        row[0, 0] = nan
    for one, other in ((rows, rows), (rows, gappy), (gappy, rows), (rows, sines(30, sz=5))):
        for metric in ("accuracy", "auc"):
            value = score(one, other, classifier=classifier, metric=metric)
            assert 0 <= value <= (0.5 if metric == "accuracy" else 1)


def test_lengths_alone_are_seen_by_the_features():
    rng = np.random.default_rng(0)
    long = [rng.normal(size=rng.integers(10, 20)) for _ in range(200)]
    longer = [rng.normal(size=rng.integers(15, 25)) for _ in range(200)]
    assert score(long, longer, classifier="features", metric="auc") > 0.8


def test_a_gap_is_told_from_the_value_that_fills_it():
    constant = np.ones((100, 3, 1))
    gappy = constant.copy()
    gappy[:, 1] = nan
    assert score(constant, gappy, n_iter=800) > 0.4


@CLASSIFIERS
def test_constant_series_that_are_the_same_cannot_be_told_apart(classifier):
    X = np.full((40, 6, 3), 5.0)
    assert score(X, X, classifier=classifier) == 0
    assert score(X, X, classifier=classifier, metric="auc") == 0.5


@CLASSIFIERS
def test_huge_values_have_a_score(classifier):
    X = sines(20)
    assert 0 <= score(X, 1e300 * X, classifier=classifier) <= 0.5


def test_a_constant_shift_of_constants_is_found():
    X = np.full((40, 6), 5.0)
    assert score(X, X + 1, classifier="features") == 0.5


@CLASSIFIERS
def test_a_single_channel_is_the_same_in_two_and_in_three_dimensions(classifier):
    X, other = sines(30, d=1), sines(30, d=1, seed=1)
    flat = score(X[:, :, 0], other[:, :, 0], classifier=classifier, metric="auc")
    assert flat == score(X, other, classifier=classifier, metric="auc")


@CLASSIFIERS
def test_the_unit_of_a_channel_plays_no_role(classifier):
    X, other, unit = sines(30), sines(30, seed=1), np.array([1024.0, 0.25])
    value = score(X, other, classifier=classifier, metric="auc")
    assert value == score(X * unit, other * unit, classifier=classifier, metric="auc")


@CLASSIFIERS
def test_a_seed_gives_the_same_score_and_leaves_the_global_generators(classifier):
    X, other = sines(40), sines(60, seed=1, noise=0.02)
    numpys, torchs = np.random.get_state()[1].copy(), torch.get_rng_state()
    values = {score(X, other, classifier=classifier, metric="auc", random_state=seed) for seed in (3, 3)}  # fmt: skip
    values |= {score(X, other, classifier=classifier, metric="auc", random_state=np.random.RandomState(1))}  # fmt: skip
    assert len(values) == 2
    assert_array_equal(np.random.get_state()[1], numpys)
    assert torch.equal(torch.get_rng_state(), torchs)


def test_the_number_of_threads_is_restored():
    before = torch.get_num_threads()
    score(sines(20), sines(20), n_threads=before + 1)
    assert torch.get_num_threads() == before


def test_what_is_passed_stays_as_it_is():
    X, other = sines(20), sines(20, seed=1)
    X[3, 4, 1] = nan
    copies = X.copy(), other.copy()
    score(X, other)
    assert_array_equal(X, copies[0])
    assert_array_equal(other, copies[1])


def test_an_interrupt_is_an_interrupt(monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_training._Run, "run_epoch", stop)
    with pytest.raises(KeyboardInterrupt):
        score(sines(20), sines(20))


# -------------------------------------------------------------------------------------------
# Errors
# -------------------------------------------------------------------------------------------


def test_too_few_series_are_refused_with_how_many_are_needed():
    message = "X_synthetic has 9 series, but discriminative_score needs at least 10 in each set."
    with pytest.raises(ValueError, match=re.escape(message)):
        score(sines(20), sines(9))
    assert 0 <= score(sines(10), sines(10)) <= 0.5


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"classifier": "cnn"}, ValueError, "Unknown classifier 'cnn'. Known: gru, features."),
        ({"classifier": 3}, TypeError, "or a classifier of scikit-learn's kind, got 3."),
        ({"classifier": DummyClassifier}, TypeError, "must be one of 'gru', 'features' or a classifier"),
        ({"metric": "f1"}, ValueError, "Unknown metric 'f1'. Known: accuracy, auc."),
        ({"split": "time"}, ValueError, "Unknown split 'time'. Known: blocks, random."),
        ({"test_size": 1.0}, ValueError, "test_size must be more than 0 and less than 1, got 1.0."),
        ({"n_iter": 0}, ValueError, "n_iter must be at least 1, got 0."),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, got 0."),
        ({"scale": "standard"}, ValueError, "Unknown scale 'standard'. Known: minmax."),
    ],
)  # fmt: skip
def test_parameters_out_of_range_are_refused(options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        score(sines(20), sines(20), **options)
