"""Draws of few series of each class, from labelled sets of equal length, or stretched to one."""

import numpy as np
from sets import SETS, load_sets
from tslearn.preprocessing import TimeSeriesResampler

# Its 20 classes take too long.
LABELLED = tuple(name for name in SETS if name != "CharacterTrajectories")


def load_stretched(arguments, names):
    """Return X (n, sz, d), y, X_test and y_test of each set that is there, by name; unequal series stretched to one length."""
    return {name: _stretch(*parts) for name, *parts in load_sets(arguments, names)}


def _stretch(X, y, X_test, y_test):
    if isinstance(X, list):
        resampler = TimeSeriesResampler(sz=int(np.median([len(x) for x in X])))
        X, X_test = (
            np.concatenate([resampler.fit_transform(x[None]) for x in rows]) for rows in (X, X_test)
        )
    return X, np.asarray(y), X_test, np.asarray(y_test)


def draw_few(y, n, seed):
    """Return row numbers: `n` of each class at random, all of a class that has fewer."""
    rng = np.random.default_rng([seed, n])
    rows = [rng.permutation(np.flatnonzero(y == label))[:n] for label in np.unique(y)]
    return np.sort(np.concatenate(rows))


def has_enough(y, n):
    """Tell whether half of the classes have `n` rows, so that drawing them is not just taking all there are."""
    return np.mean(np.unique(y, return_counts=True)[1] >= n) >= 0.5
