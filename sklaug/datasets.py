"""Small data sets to try sklaug on: one that ships with tslearn, and two that are simulated.

The simulated series depend on their label or target in a known way, so that a generator which
ignores `y` shows: a model trained on its series cannot predict real ones.
"""

import numpy as np

from sklaug._random import draw_seed
from sklaug._validation import check_number

__all__ = ["load_trace", "make_labelled_series", "make_target_series"]

# The fastest oscillation below makes 4 cycles over a series: 2 steps a cycle are the least.
_MIN_TIMEPOINTS = 9


def load_trace(split="train", *, as_3d=False):
    """Load one half of the Trace data set, from the copy that tslearn installs.

    Trace simulates failures of instruments in a nuclear power plant: four kinds of transient, each
    one channel of 275 time points. Series of classes 1 and 2 drop and recover, those of classes 3
    and 4 rise, at a moment that varies; class 1 has a peak before the drop and class 3 a short
    oscillation after the rise. Every series comes with mean 0 and standard deviation 1. Nothing
    is downloaded.

    Parameters
    ----------
    split : {"train", "test"}, default="train"
        Which half of the archive's fixed split to return.
    as_3d : bool, default=False
        Whether to keep the axis of channels.

    Returns
    -------
    X : ndarray of shape (100, 275), or (100, 275, 1) if `as_3d`
        The series, float64.
    y : ndarray of shape (100,)
        The class of each series, an integer from 1 to 4. The classes are not balanced: the
        training half has 26, 21, 22 and 31 series of them, the test half 24, 29, 28 and 19.

    Raises
    ------
    ValueError
        If `split` is neither "train" nor "test".

    Notes
    -----
    The data were made by Davide Roverso for a benchmark of transient classification; this is
    the part of it that the UCR archive [1]_ distributes, and tslearn [2]_ includes.

    References
    ----------
    .. [1] Dau et al. (2019), The UCR time series archive, doi:10.1109/JAS.2019.1911747
    .. [2] Tavenard et al. (2020), Tslearn, a machine learning toolkit for time series data,
       Journal of Machine Learning Research 21(118)

    Examples
    --------
    >>> from sklaug.datasets import load_trace
    >>> X, y = load_trace()
    >>> X.shape, y.shape
    ((100, 275), (100,))
    >>> X_test, y_test = load_trace("test", as_3d=True)
    >>> X_test.shape
    (100, 275, 1)
    """
    if split not in ("train", "test"):
        raise ValueError(f'split is {split!r}, but must be "train" or "test".')

    # tslearn takes seconds to import (numba, statsmodels), and only this function needs it.
    from tslearn.datasets import CachedDatasets

    X_train, y_train, X_test, y_test = CachedDatasets().load_dataset("Trace")
    X, y = (X_train, y_train) if split == "train" else (X_test, y_test)
    return (X if as_3d else X[:, :, 0]), y


def make_labelled_series(
    n_samples=100,
    n_timepoints=100,
    n_channels=None,
    n_classes=3,
    *,
    noise=0.1,
    weights=None,
    random_state=None,
):
    """Simulate series whose class decides how fast they oscillate and where they have a bump.

    A series is a sine plus a Gaussian bump. The classes divide the frequencies from 1 to 4 cycles
    a series into bands of equal width, and the stretch from 0.3 to 0.7 of the length into as
    many windows; class `c` has its sine in band `c` and its bump in window `c`, both uniformly.
    The phase of the sine is free, and the heights of both vary. So a class is a kind of shape:
    its members differ from each other, and its mean or a single time point do not give it away.

    Parameters
    ----------
    n_samples : int, default=100
        Number of series; at least `n_classes`.
    n_timepoints : int, default=100
        Number of time points of each series; at least 9, as fewer do not resolve the
        fastest sine.
    n_channels : int or None, default=None
        Number of channels. The channels of a series share the frequency and the bump, which
        points up in even channels and down in odd ones; each has its own phase and height of
        the sine. None gives one channel without an axis for it.
    n_classes : int, default=3
        Number of classes; at least 2.
    noise : float, default=0.1
        Standard deviation of the Gaussian noise added to each value; the sine has height 1
        on average. At least 0.
    weights : array-like of shape (n_classes,) or None, default=None
        Positive proportions of the classes, in any unit. The counts are the nearest
        whole numbers, but each class has one series at least. None makes equal classes.
    random_state : int, RandomState instance or None, default=None
        Source of randomness. With an int, each call returns the same series.

    Returns
    -------
    X : ndarray of shape (n_samples, n_timepoints), or (n_samples, n_timepoints, n_channels)
        The series, float64.
    y : ndarray of shape (n_samples,)
        The class of each series, an integer from 0 to `n_classes - 1`, in random order.

    Raises
    ------
    ValueError
        If a number is below its least value, or if `weights` has the wrong length or
        an entry that is not positive and finite.
    TypeError
        If a count is not an integer, or `noise` is not a number.

    Examples
    --------
    >>> from sklaug.datasets import make_labelled_series
    >>> X, y = make_labelled_series(n_samples=20, n_timepoints=48, random_state=0)
    >>> X.shape, y.shape
    ((20, 48), (20,))

    Three channels, and a rare class:

    >>> X, y = make_labelled_series(20, 48, 3, n_classes=2, weights=[0.9, 0.1], random_state=0)
    >>> X.shape
    (20, 48, 3)
    >>> [int((y == label).sum()) for label in (0, 1)]
    [18, 2]
    """
    check_number("n_classes", n_classes, low=2, whole=True)
    check_number("n_samples", n_samples, low=n_classes, whole=True)
    _check_layout(n_timepoints, n_channels)
    check_number("noise", noise, low=0)
    counts = _class_counts(n_samples, n_classes, weights)

    rng = _make_rng(random_state)
    y = rng.permutation(np.repeat(np.arange(n_classes), counts))
    shape = (n_samples, 1, n_channels or 1)

    t = np.linspace(0, 1, n_timepoints)[:, np.newaxis]  # (sz, 1)
    c = y[:, np.newaxis, np.newaxis]  # (n, 1, 1)

    # One frequency and one bump a series: events that all of its channels see.
    frequency = 1 + 3 * _inside(c, n_classes, rng)
    place = 0.3 + 0.4 * _inside(c, n_classes, rng)
    size = rng.uniform(0.5, 1.5, size=c.shape)

    phase = rng.uniform(0, 2 * np.pi, size=shape)
    height = rng.uniform(0.7, 1.3, size=shape)
    wave = height * np.sin(2 * np.pi * frequency * t + phase)
    bump = size * _signs(n_channels) * _gaussian(t, place, width=0.06)

    X = wave + bump + noise * rng.normal(size=wave.shape)
    return _drop_channel_axis(X, n_channels), y


def make_target_series(
    n_samples=100,
    n_timepoints=100,
    n_channels=None,
    *,
    noise=0.1,
    random_state=None,
):
    """Simulate series whose shape follows a real-valued target.

    The target `y` is uniform on [0, 1]. It sets, each in a nonlinear way, how strongly the
    oscillation of a series speeds up (from 1 cycle to 4 at the end, with `y` squared), where its
    bump lies, and how high the bump is, highest for `y` near 1/4 and lowest near 3/4.

    Parameters
    ----------
    n_samples : int, default=100
        Number of series; at least 1.
    n_timepoints : int, default=100
        Number of time points of each series; at least 9.
    n_channels : int or None, default=None
        Number of channels. The channels of a series share the sweep and the bump, which
        points up in even channels and down in odd ones; each has its own phase and height of
        the sweep. None gives one channel without an axis for it.
    noise : float, default=0.1
        Standard deviation of the Gaussian noise added to each value; the oscillation has
        height 1 on average. At least 0.
    random_state : int, RandomState instance or None, default=None
        Source of randomness. With an int, each call returns the same series.

    Returns
    -------
    X : ndarray of shape (n_samples, n_timepoints), or (n_samples, n_timepoints, n_channels)
        The series, float64.
    y : ndarray of shape (n_samples,)
        The target of each series, float64 in [0, 1).

    Raises
    ------
    ValueError
        If a number is below its least value.
    TypeError
        If a count is not an integer, or `noise` is not a number.

    Examples
    --------
    >>> from sklaug.datasets import make_target_series
    >>> X, y = make_target_series(n_samples=20, n_timepoints=48, n_channels=2, random_state=0)
    >>> X.shape, y.shape
    ((20, 48, 2), (20,))
    >>> bool(0 <= y.min() and y.max() < 1)
    True
    """
    check_number("n_samples", n_samples, low=1, whole=True)
    _check_layout(n_timepoints, n_channels)
    check_number("noise", noise, low=0)

    rng = _make_rng(random_state)
    y = rng.uniform(size=n_samples)
    shape = (n_samples, 1, n_channels or 1)

    t = np.linspace(0, 1, n_timepoints)[:, np.newaxis]  # (sz, 1)
    v = y[:, np.newaxis, np.newaxis]  # (n, 1, 1)

    # The frequency is the slope of the cycles: 1 + 3 v² t. Phases stay close together here, as a
    # random one would hide the sweep from a regressor that compares series point by point.
    phase = rng.normal(scale=0.5, size=shape)
    height = rng.uniform(0.8, 1.2, size=shape)
    cycles = t + 1.5 * v**2 * t**2
    sweep = height * np.sin(2 * np.pi * cycles + phase)

    place = 0.2 + 0.6 * np.sqrt(v) + rng.normal(scale=0.03, size=v.shape)
    size = 1 + 0.5 * np.sin(2 * np.pi * v)
    bump = size * _signs(n_channels) * _gaussian(t, place, width=0.08)

    X = sweep + bump + noise * rng.normal(size=sweep.shape)
    return _drop_channel_axis(X, n_channels), y


def _inside(c, n_classes, rng):
    """Draw uniformly from part `c` of [0, 1) divided into `n_classes` equal parts."""
    return (c + rng.uniform(size=c.shape)) / n_classes


def _gaussian(t, place, width):
    """Return a bump of height 1."""
    return np.exp(-0.5 * ((t - place) / width) ** 2)


def _signs(n_channels):
    """Return +1 for even channels and -1 for odd ones."""
    return 1 - 2 * (np.arange(n_channels or 1) % 2)


def _drop_channel_axis(X, n_channels):
    return X[:, :, 0] if n_channels is None else X


def _class_counts(n_samples, n_classes, weights):
    """Share out `n_samples` by the method of the largest remainder, one a class at least."""
    weights = np.ones(n_classes) if weights is None else np.asarray(weights, dtype=float)
    if weights.shape != (n_classes,):
        raise ValueError(
            f"weights has shape {weights.shape}, but n_classes={n_classes} needs one weight a "
            f"class: shape ({n_classes},)."
        )
    if not (np.isfinite(weights).all() and (weights > 0).all()):
        raise ValueError(f"weights are {weights.tolist()}, but each must be positive and finite.")

    shares = n_samples * weights / weights.sum()
    counts = np.floor(shares).astype(int)
    by_remainder = np.argsort(counts - shares, kind="stable")
    counts[by_remainder[: n_samples - counts.sum()]] += 1

    for empty in np.flatnonzero(counts == 0):
        counts[counts.argmax()] -= 1
        counts[empty] = 1
    return counts


def _check_layout(n_timepoints, n_channels):
    # Fewer steps do not resolve the oscillation.
    check_number("n_timepoints", n_timepoints, low=_MIN_TIMEPOINTS, whole=True)
    check_number("n_channels", n_channels, low=1, whole=True, other=(None,))


def _make_rng(random_state):
    """Return a RandomState that is nobody else's: None must not draw from numpy's global generator."""
    if isinstance(random_state, np.random.RandomState):
        return random_state
    return np.random.RandomState(draw_seed(random_state) % 2**32)
