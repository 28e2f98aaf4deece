"""Classifiers that compare training sets: their features are fitted on real rows alone, and computed once for each row."""

from importlib.metadata import version

import numpy as np
from aeon.distances import dtw_pairwise_distance
from aeon.transformations.collection.convolution_based import MiniRocket
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier, RidgeClassifierCV
from sklearn.preprocessing import StandardScaler

from sklaug.metrics import SeriesFeatures

N_KERNELS, N_TREES = 2000, 100
PENALTIES = np.logspace(-3, 3, 7)
WINDOW = 0.1
ABOUT = (
    f"Classifiers: `ridge` is ridge classification on {N_KERNELS:,} standardised MiniRocket features (aeon "
    f"{version('aeon')}), its penalty chosen by leave-one-out among {len(PENALTIES)}; `forest` has {N_TREES} trees on "
    "sklaug.metrics.SeriesFeatures. Features are fitted on the real training rows of the draw, whatever the classifier is "
    "then trained on."
)


class RocketRidge:
    """Ridge classification on MiniRocket features of series of one length.

    Like the others it is made of real training rows and test rows. `describe` turns series into what
    `predict` is trained on, which returns the classes of the test rows.

    What is left out to choose a penalty must not come back as a version of itself: where rows are
    added, pass as `real` how many rows at the beginning are real. The penalty is then chosen on these
    alone, with balanced classes, and grows with the number of rows, as their errors do.
    """

    def __init__(self, X, X_test):
        self._rocket = MiniRocket(n_kernels=N_KERNELS, random_state=0, n_jobs=1)
        self._rocket.fit(_channels_first(X))
        self._test = self.describe(X_test)

    def describe(self, X):
        return np.asarray(self._rocket.transform(_channels_first(X)))

    def predict(self, rows, y, *, seed=0, class_weight=None, real=None):
        scaler = StandardScaler().fit(rows[:real])
        rows = scaler.transform(rows)
        if real is None or real == len(y):
            ridge = RidgeClassifierCV(PENALTIES, class_weight=class_weight)
        else:
            ridge = RidgeClassifierCV(PENALTIES, class_weight="balanced").fit(rows[:real], y[:real])
            ridge = RidgeClassifier(ridge.alpha_ * len(y) / real)
        return ridge.fit(rows, y).predict(scaler.transform(self._test))


class FeatureForest:
    """A random forest on simple features, for series of any length."""

    def __init__(self, X, X_test):
        self._features = SeriesFeatures().fit(X)
        self._test = self.describe(X_test)

    def describe(self, X):
        return self._features.transform(X)

    def predict(self, rows, y, *, seed=0, class_weight=None, real=None):
        forest = RandomForestClassifier(N_TREES, class_weight=class_weight, random_state=seed)
        return forest.fit(rows, y).predict(self._test)


class Neighbour:
    """The nearest neighbour under dynamic time warping; rows are distances to the test series."""

    def __init__(self, X, X_test):
        # A band is a share of one length; series of several lengths are aligned without one.
        self._window = None if isinstance(X, list) else WINDOW
        self._test = _channels_first(X_test)

    def describe(self, X):
        return dtw_pairwise_distance(_channels_first(X), self._test, window=self._window)

    def predict(self, rows, y, *, seed=0, class_weight=None, real=None):
        return y[rows.argmin(axis=0)]


def _channels_first(X):
    """Return series as aeon has them; float64, since numba would compile for each type."""
    if isinstance(X, list):
        return [np.ascontiguousarray(x.T, dtype=np.float64) for x in X]
    return np.ascontiguousarray(np.transpose(X, (0, 2, 1)), dtype=np.float64)
