"""Strength does what it says: more of it moves series further, and too much of it spoils them."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.neighbors import KNeighborsClassifier

from sklaug import LatentAugmenter
from sklaug.datasets import make_labelled_series
from sklaug.transforms import TRANSFORMS

STRENGTHS = (0, 0.1, 0.25, 0.5, 1, 1.5, 2)
X, y = make_labelled_series(n_samples=120, n_timepoints=40, random_state=0)
X_train, y_train, X_test, y_test = X[:60], y[:60], X[60:], y[60:]


@pytest.fixture(scope="module")
def trained():
    """A model that has learned something: the exception in this suite."""
    return LatentAugmenter(hidden_dim=16, max_epochs=40, random_state=0).fit(X_train, y_train)


def distances(augmenter, transformation):
    """Mean over series of the root mean square distance from the reconstruction."""
    plain = augmenter.reconstruct(X_train, y_train)
    moved = [
        augmenter.augment(X_train, y_train, eta=eta, transformation=transformation)
        for eta in STRENGTHS
    ]
    return [np.sqrt(((made - plain) ** 2).mean(axis=1)).mean() for made in moved]


@pytest.mark.parametrize("transformation", TRANSFORMS)
def test_distance_from_the_reconstruction_rises_with_strength(trained, transformation):
    measured = distances(trained, transformation)
    assert measured[0] == 0
    assert spearmanr(STRENGTHS, measured)[0] >= 0.95


@pytest.mark.parametrize("transformation", ["jitter", "drift", "trend"])
def test_an_additive_transformation_moves_five_times_further_at_1_than_at_a_tenth(
    trained, transformation
):
    measured = distances(trained, transformation)
    assert measured[STRENGTHS.index(1)] >= 5 * measured[STRENGTHS.index(0.1)]


def tstr(augmenter, eta, targets=y_train):
    made = augmenter.augment(X_train, targets, eta=eta)
    return KNeighborsClassifier(1).fit(made, targets).score(X_test, y_test)


def test_a_little_keeps_what_a_classifier_needs_and_a_lot_does_not(trained):
    trtr = KNeighborsClassifier(1).fit(X_train, y_train).score(X_test, y_test)
    assert tstr(trained, 0.1) >= trtr - 0.1
    assert tstr(trained, 4) <= trtr - 0.1


def test_shuffled_labels_teach_nothing():
    shuffled = np.random.default_rng(0).permutation(y_train)
    broken = LatentAugmenter(hidden_dim=16, max_epochs=40, random_state=0).fit(X_train, shuffled)
    # Three classes: guessing is right in a third of 60 rows, give or take 0.06.
    assert tstr(broken, 0.1, shuffled) < 1 / 3 + 3 * 0.061
