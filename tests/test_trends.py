"""What of the codes follows from known channels, so that samples go with the channels they are asked for."""

import numpy as np
import pytest

from sklaug import LatentAugmenter
from sklaug._trends import fit_known_trend, known_trend

RNG = np.random.default_rng(0)


def calendar(starts, sz=12):
    """Sine and cosine of a year of twelve steps, begun at different steps: (n, sz, 2)."""
    angle = 2 * np.pi * (np.asarray(starts)[:, None] + np.arange(sz)) / 12
    return np.stack([np.sin(angle), np.cos(angle)], axis=2)


def r2(actual, expected):
    return 1 - np.square(actual - expected).mean() / expected.var()


def test_what_follows_in_a_line_from_known_channels_is_found():
    known = RNG.normal(size=(400, 3, 2))
    scores = known.reshape(400, -1) @ RNG.normal(size=(6, 4))
    labels = np.zeros(400, dtype=int)
    state = fit_known_trend(scores[:300], known[:300], labels[:300], 1, seed=0)
    assert r2(known_trend(state, known[300:], labels[300:]), scores[300:]) > 0.95


def test_a_peak_in_one_month_is_found_whatever_month_a_series_starts_in():
    starts = RNG.integers(12, size=600)
    peak = (starts == 7).astype(float)[:, None]  # no line in sine and cosine has such a peak
    labels = np.zeros(600, dtype=int)
    state = fit_known_trend(peak, calendar(starts), labels, 1, seed=0)
    found = known_trend(state, calendar(np.arange(12)), labels[:12])
    assert found.argmax() == 7
    assert r2(found - found.mean(), np.eye(12)[:, [7]] - 1 / 12) > 0.9


def test_each_class_can_follow_known_channels_in_its_own_way():
    known, labels = RNG.normal(size=(400, 1, 1)), np.arange(400) % 2
    scores = np.where(labels == 0, 1, -1)[:, None] * known[:, 0]
    state = fit_known_trend(scores, known, labels, 2, seed=0)
    for label, slope in ((0, 1), (1, -1)):
        up = known_trend(state, np.full((1, 1, 1), 1.0), np.array([label]))
        down = known_trend(state, np.full((1, 1, 1), -1.0), np.array([label]))
        assert abs((up - down) / 2 - slope) < 0.1


def test_known_channels_that_never_vary_have_no_say():
    known, scores = np.ones((30, 4, 2)), RNG.normal(size=(30, 3))
    labels = np.zeros(30, dtype=int)
    state = fit_known_trend(scores, known, labels, 1, seed=0)
    assert not known_trend(state, known, labels).any()


def test_what_is_unrelated_to_known_channels_is_left_alone():
    known, scores = RNG.normal(size=(2000, 2, 1)), RNG.normal(size=(2000, 3))
    labels = np.zeros(2000, dtype=int)
    state = fit_known_trend(scores, known, labels, 1, seed=0)
    # 34 features of 2,000 rows explain 34 / 2,000 of pure noise.
    assert known_trend(state, known, labels).var() < 3 * 34 / 2000


@pytest.mark.parametrize("rows", [2, 3, 5])
def test_few_rows_are_enough(rows):
    known, scores = RNG.normal(size=(rows, 4, 1)), RNG.normal(size=(rows, 2))
    labels = np.arange(rows) % 2
    state = fit_known_trend(scores, known, labels, 2, seed=0)
    assert np.isfinite(known_trend(state, known, labels)).all()


def test_samples_follow_the_calendar_they_are_asked_for():
    """Series that peak in step 7 of the year, begun anywhere: samples have their peak there too."""
    starts = RNG.integers(12, size=300)
    known = calendar(starts)
    values = np.exp(2 * np.cos(2 * np.pi * (starts[:, None] + np.arange(12) - 7) / 12))
    values = values + 0.3 * RNG.normal(size=values.shape)
    X = np.concatenate([values[..., None], known], axis=2)
    augmenter = LatentAugmenter(condition_channels=(1, 2), max_epochs=25, random_state=0).fit(X)
    asked = np.arange(12).repeat(5)
    made = augmenter.sample(condition=calendar(asked))[0][..., 0]
    season = np.exp(2 * np.cos(2 * np.pi * (asked[:, None] + np.arange(12) - 7) / 12))
    assert np.corrcoef(made.ravel(), season.ravel())[0, 1] > 0.8
    wrong = np.roll(season, 6, axis=1)
    assert np.corrcoef(made.ravel(), wrong.ravel())[0, 1] < 0


@pytest.mark.parametrize("rows", [24, 100])
def test_flags_that_say_nothing_of_the_level_change_neither_level_nor_spread(rows):
    """What was drawn for a pattern of flags that no training row had once came with another level."""
    rng = np.random.default_rng(3)
    flags = (rng.random((rows, 12)) < 0.2).astype(float)
    level = rng.normal(100, 10, size=rows)
    values = level[:, None] + 20 * flags + rng.normal(0, 3, size=flags.shape)
    X = np.stack([values, flags], axis=2)
    augmenter = LatentAugmenter(condition_channels=1, max_epochs=30, random_state=0).fit(X)
    for _ in range(5):
        asked = (rng.random(12) < 0.2).astype(float)
        made = augmenter.sample(300, condition=asked[:, None])[0][..., 0]
        means = made.mean(axis=1) - 20 * asked.mean()
        assert abs(means.mean() - level.mean()) < level.std() / 2
        assert 0.5 * level.std() < means.std() < 1.5 * level.std()


def test_a_class_keeps_its_level_for_a_course_that_only_the_other_class_had():
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    known = calendar(6 * y)  # each class has a calendar of its own
    values = np.where(y == 1, 20.0, 5.0)[:, None] + rng.normal(0, 2, size=(40, 12))
    X = np.concatenate([values[..., None], known], axis=2)
    augmenter = LatentAugmenter(condition_channels=(1, 2), max_epochs=30, random_state=0).fit(X, y)
    for label, level in ((0, 5), (1, 20)):
        for start in (0, 6):
            made = augmenter.sample(y=[label] * 100, condition=calendar([start])[0])[0][..., 0]
            assert abs(made.mean() - level) < 4
