"""The predictive score agrees with the reference, and means what it says."""

import re

import numpy as np
import plain_metrics
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal

from sklaug.metrics import predictive_score
from sklaug.metrics._predictive import compare_forecasts, learn_real_forecast

nan = np.nan


def sines(n=200, sz=10, d=2, seed=0):
    """Return sines of random speed and phase, in [0, 1]."""
    rng = np.random.default_rng(seed)
    speed, phase = rng.uniform(0.3, 0.9, size=(n, 1, d)), rng.uniform(0, 6.28, size=(n, 1, d))
    return 0.5 + 0.3 * np.sin(speed * np.arange(sz)[:, None] + phase)


def linked(n=200, sz=10, seed=0):
    """Return sines with a last channel that follows the others a step later."""
    X = sines(n, sz, 3, seed)
    X[:, 1:, 2] = (X[:, :-1, 0] + X[:, :-1, 1]) / 2
    return X


def score(X_real, X_synthetic, **options):
    return predictive_score(X_real, X_synthetic, **({"n_iter": 20, "random_state": 0} | options))


# -------------------------------------------------------------------------------------------
# The reference
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "real, synthetic",
    [
        (linked(sz=6), linked(sz=6, seed=1)),
        (linked(sz=6), linked(sz=6, seed=1)[:, ::-1]),
        (sines(sz=6, d=1), sines(sz=6, d=1, seed=1) ** 2),
    ],
    ids=["alike", "time reversed", "one channel"],
)
def test_the_last_target_agrees_with_a_plain_version_of_the_reference(real, synthetic):
    # Their ranges are as good as equal: both are what the sigmoid can say.
    low, high = real.min(axis=(0, 1)), real.max(axis=(0, 1))
    real, synthetic = ((X - low) / (high - low) for X in (real, synthetic))
    own = [
        score(real, synthetic, target="last", relative=False, n_iter=300, scale=None, random_state=seed)
        for seed in range(4)
    ]  # fmt: skip
    plain = [
        plain_metrics.predictive_score(real, synthetic, seed=seed, n_iter=300) for seed in range(4)
    ]
    # The means differ by three standard errors at most; 0.002 stands for a spread of 0 by luck.
    error = np.sqrt((np.var(own, ddof=1) + np.var(plain, ddof=1)) / 4) + 0.002
    assert abs(np.mean(own) - np.mean(plain)) < 3 * error


# -------------------------------------------------------------------------------------------
# What it means
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["all", "last"])
def test_copies_score_exactly_1(target):
    X = sines(50, d=3)
    assert score(X, X, target=target) == 1


@pytest.mark.parametrize("gaps", [False, True])
def test_beside_what_is_known_of_real_series_the_score_is_the_same_to_the_bit(trainings, gaps):
    real, made = sines(40), sines(40, seed=1)
    if gaps:
        real[3, 4] = nan
    expected = predictive_score(real, made, scale=None, n_iter=20, random_state=3)
    known = learn_real_forecast(real, n_iter=20, seed=3)
    assert len(trainings) == 3
    assert compare_forecasts(real, made, known, n_iter=20, seed=3) == expected
    assert len(trainings) == 4


@pytest.mark.parametrize(
    "change",
    [
        lambda made: [*made[:-1], np.pad(made[-1], ((0, 3), (0, 0)))],  # longer
        lambda made: made[:30],  # fewer
        lambda made: np.where(np.arange(10)[:, None] == 4, nan, made),  # with gaps
    ],
)
def test_what_is_known_of_real_series_does_not_stand_for_what_would_be_learned_otherwise(
    trainings, change
):
    real, made = sines(40), change(sines(40, seed=1))
    known = learn_real_forecast(list(real), n_iter=20, seed=3)
    beside = compare_forecasts(list(real), made, known, n_iter=20, seed=3)
    assert len(trainings) == 3
    assert beside == predictive_score(list(real), made, scale=None, n_iter=20, random_state=3)


def test_another_seed_or_training_is_not_taken_for_known(trainings):
    real, made = sines(40), sines(40, seed=1)
    known = learn_real_forecast(real, n_iter=20, seed=3)
    for n_iter, seed in ((20, 4), (21, 3)):
        trainings.clear()
        beside = compare_forecasts(real, made, known, n_iter=n_iter, seed=seed)
        assert len(trainings) == 2
        assert beside == score(real, made, scale=None, n_iter=n_iter, random_state=seed)


def test_series_without_an_order_in_time_are_of_less_use():
    X = sines(300, d=1)
    shuffled = np.random.default_rng(0).permuted(X, axis=1)
    assert score(X, sines(300, d=1, seed=1), n_iter=500) == pytest.approx(1, abs=0.15)
    assert score(X, shuffled, n_iter=500) > 1.15


def test_a_network_that_learned_nothing_is_as_good_as_any():
    """A step at a rate of 0.001 does not tell the sets apart."""
    assert score(sines(), 1 - sines(seed=1) ** 3, n_iter=1) == pytest.approx(1, abs=0.01)


def test_the_last_channel_is_foretold_from_the_others_alone():
    X = linked(60)
    other = X.copy()
    other[:, 0, 2] = 0.5  # the first step of the last channel is an input only, and that it is not
    options = {"target": "last", "relative": False, "scale": None}
    assert score(X, X, **options) == score(X, other, **options)
    other[:, 0, 1] += 1
    assert score(X, X, **options) != score(X, other, **options)


def test_the_error_is_in_the_unit_of_the_scaled_values():
    X, other = sines(60, d=1), sines(60, d=1, seed=1)
    width = X.max() - X.min()
    scaled = score(X, other, relative=False)
    scaled_by_hand = score((X - X.min()) / width, (other - X.min()) / width, relative=False, scale=None)  # fmt: skip
    assert_allclose(scaled, scaled_by_hand, rtol=1e-6)
    # 0.25 is the mean distance from the middle of what is spread evenly, and a sine stays longer outside.
    assert 0.1 < scaled < 0.5
    with_sign_flipped = score(X, 1 - X, relative=False)
    assert 0.1 < with_sign_flipped < 0.5


def test_the_literature_trains_on_all_rows_and_tests_on_all():
    X, other = sines(40), sines(60, seed=1)
    everything = score(X, other, relative=False)
    assert everything == score(X, other, relative=False, split="random", test_size=0.5)
    changed = X.copy()
    for row in (0, 20, 39):
        changed = X.copy()
        changed[row] = changed[row, ::-1]
        assert score(changed, other, relative=False, scale=None) != score(X, other, relative=False, scale=None)  # fmt: skip


# -------------------------------------------------------------------------------------------
# Whatever comes
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["all", "last"])
@pytest.mark.parametrize("relative", [True, False])
def test_series_of_unequal_length_and_with_gaps_have_a_score(target, relative):
    rng = np.random.default_rng(0)
    rows = [rng.normal(size=(rng.integers(2, 9), 2)) for _ in range(30)]
    gappy = [row.copy() for row in rows]
    for row in gappy[::2]:
        row[0, 0] = nan
        row[-1, 1] = nan
    for one, other in ((rows, gappy), (gappy, rows), (rows, sines(40, sz=5))):
        value = score(one, other, target=target, relative=relative)
        assert np.isfinite(value)
        assert value > 0


def test_what_is_missing_counts_in_no_error():
    X = np.full((20, 6), 0.25)
    X[:, 3:5] = nan
    X[:, ::5] = 0.75
    # Nothing but 0.25 and 0.75 is observed: in [0, 1] both are half of a range from the middle.
    assert_allclose(score(X, X, relative=False, n_iter=1), 0.5, atol=0.15)


@pytest.mark.parametrize("scale", ["minmax", None])
def test_constant_series_have_a_score(scale):
    X = np.full((40, 6, 3), 5.0)
    assert score(X, X, scale=scale) == 1
    assert score(X, X, scale=scale, relative=False) < 1
    assert np.isfinite(score(X, X + 1, scale=scale))


@pytest.mark.parametrize("scale", ["minmax", None])
def test_huge_values_have_a_score(scale):
    X = sines(20)
    assert np.isfinite(score(X, 1e300 * X, scale=scale))
    assert np.isfinite(score(1e300 * X, X, scale=scale))


def test_a_single_channel_is_the_same_in_two_and_in_three_dimensions():
    X, other = sines(30, d=1), sines(30, d=1, seed=1)
    expected = score(X, other)
    assert score(X[:, :, 0], other[:, :, 0]) == expected
    assert score(X, other, target="last") == expected


def test_the_unit_of_a_channel_plays_no_role():
    X, other, unit = sines(30), sines(30, seed=1), np.array([1024.0, 0.25])
    assert score(X, other) == score(X * unit, other * unit)


@pytest.mark.parametrize("relative", [True, False])
def test_a_seed_gives_the_same_score_and_leaves_the_global_generators(relative):
    X, other = sines(40), sines(60, seed=1)
    numpys, torchs = np.random.get_state()[1].copy(), torch.get_rng_state()
    values = {score(X, other, relative=relative, random_state=seed) for seed in (3, 3)}
    values |= {score(X, other, relative=relative, random_state=np.random.RandomState(1))}
    assert len(values) == 2
    assert_array_equal(np.random.get_state()[1], numpys)
    assert torch.equal(torch.get_rng_state(), torchs)


def test_the_number_of_threads_is_restored():
    before = torch.get_num_threads()
    score(sines(20), sines(20), n_threads=before + 1)
    assert torch.get_num_threads() == before


# -------------------------------------------------------------------------------------------
# Errors
# -------------------------------------------------------------------------------------------


def test_too_few_series_are_refused_with_how_many_are_needed():
    message = "X_real has 9 series, but predictive_score needs at least 10 in each set."
    with pytest.raises(ValueError, match=re.escape(message)):
        score(sines(9), sines(20))
    assert score(sines(10), sines(10)) > 0


def test_series_of_a_single_step_are_refused():
    message = (
        "X_real, in the rows to test on, has no series with an observed value after the first step"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        score(sines(20, sz=1), sines(20, sz=1))
    rows = [np.ones(1)] * 20
    message = "X_synthetic has no series with an observed value after the first step"
    with pytest.raises(ValueError, match=re.escape(message)):
        score(sines(20, d=1), rows)


@pytest.mark.parametrize(
    "options, error, message",
    [
        ({"target": "first"}, ValueError, "Unknown target 'first'. Known: all, last."),
        ({"relative": 1}, TypeError, "relative must be True or False, got 1."),
        ({"split": "time"}, ValueError, "Unknown split 'time'. Known: blocks, random."),
        ({"test_size": 0}, ValueError, "test_size must be more than 0 and less than 1, got 0."),
        ({"n_iter": 2.5}, TypeError, "n_iter must be an integer, got 2.5."),
        ({"n_threads": 0}, ValueError, "n_threads must be at least 1, got 0."),
        ({"scale": "standard"}, ValueError, "Unknown scale 'standard'. Known: minmax."),
    ],
)
def test_parameters_out_of_range_are_refused(options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        score(sines(20), sines(20), **options)
