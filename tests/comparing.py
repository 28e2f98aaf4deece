"""What several test files compare with, in which forms they pass series, and whose augmenters."""

import re

import numpy as np
from sklearn.base import BaseEstimator, clone


def says(text):
    """Make a pattern of a text in which ... stands for anything."""
    return ".*".join(re.escape(part) for part in text.split("..."))


def same_bits(one, two):
    """Tell whether two arrays, or two lists of arrays, are equal in dtype, shape and every bit."""
    return len(one) == len(two) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(map(np.asarray, one), map(np.asarray, two), strict=True)
    )


def pad(rows, width=None, filler=np.nan):
    """Put series into one array with a NaN tail, one by one."""
    width = width or max(map(len, rows))
    padded = np.full((len(rows), width, *rows[0].shape[1:]), filler, dtype=rows[0].dtype)
    for series, row in zip(padded, rows, strict=True):
        series[: len(row)] = row
    return padded


def as_objects(rows):
    """Put series into an object array of one dimension."""
    array = np.empty(len(rows), dtype=object)
    for number, row in enumerate(rows):
        array[number] = row
    return array


class Around(BaseEstimator):
    """An augmenter of somebody else, around one of sklaug; only that has a seed."""

    def __init__(self, inner):
        self.inner = inner

    def fit(self, X, y=None):
        self.inner_ = clone(self.inner).fit(X, y)
        return self

    def augment(self, X, y=None, *, random_state=None):
        return self.inner_.augment(X, y)  # with the seed that `inner` has

    def sample(self, n_samples, y=None, random_state=None):
        return self.inner_.sample(n_samples, y)
