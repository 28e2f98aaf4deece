"""Classifiers for series of any length: a nearest neighbour under dynamic time warping, and a random forest for larger sets."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from tslearn.neighbors import KNeighborsTimeSeriesClassifier

_N_STEPS = 32
_MANY_PAIRS = 200_000


def choose_classifier(X, X_test, seed):
    """Return the nearest neighbour for series of one length, so few that it takes seconds; else the forest."""
    few = len(X) * len(X_test) < _MANY_PAIRS
    return make_neighbour() if few and not isinstance(X, list) else make_forest(seed)


def make_neighbour():
    """Return the nearest neighbour under dynamic time warping, 20 steps at most out of step."""
    return KNeighborsTimeSeriesClassifier(
        n_neighbors=1, metric="dtw", metric_params={"sakoe_chiba_radius": 20}
    )


def make_forest(seed):
    """Return a random forest on each series stretched to 32 steps, and its length."""
    forest = RandomForestClassifier(300, random_state=seed)
    return make_pipeline(FunctionTransformer(stretch), forest)


def stretch(X):
    """Return one row of features a series; arrays may have NaN tails, but no gaps."""
    return np.array([_stretch_one(np.asarray(x)) for x in X])


def _stretch_one(x):
    length = np.flatnonzero(np.isfinite(x).any(axis=1))[-1] + 1
    place = np.linspace(0, length - 1, _N_STEPS)
    values = [np.interp(place, np.arange(length), channel[:length]) for channel in x.T]
    return np.append(np.ravel(values), length)
