"""What of the codes follows from a real target and from channels known in advance.

A density is fitted to what remains, so that what is drawn goes with the target and the known channels
that were asked for.
"""

import numpy as np
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

_TREND_POINTS = 65
_MAX_FEATURES = 32
_EXPLAINED = 0.99
_SHARPNESS = (
    4.0  # how much nearer a typical course must be, in distances between these, to count alone
)


def fit_target_trend(scores, y):
    """Regress codes on a real target.

    The splines are tabulated: scikit-learn keeps scipy's objects in them, which no file should need.

    Parameters
    ----------
    scores : ndarray of shape (n_ts, c)
        Codes, in few coordinates.
    y : ndarray of shape (n_ts,)
        Scaled targets.

    Returns
    -------
    dict
        State for `target_trend`.
    """
    n_knots = int(np.clip(len(y) // 10, 2, 8))
    splines = SplineTransformer(n_knots, degree=min(3, n_knots - 1), extrapolation="linear")
    regression = make_pipeline(splines, Ridge(alpha=0.1)).fit(y[:, None], scores)
    grid = np.linspace(y.min(), y.max(), _TREND_POINTS)
    values = regression.predict(grid[:, None]).reshape(
        _TREND_POINTS, -1
    )  # Ridge drops a lone column
    return {"targets": grid, "scores": values}


def target_trend(state, y):
    """Interpolate the tabulated trend, flat beyond its ends: (n_ts, c)."""
    place = np.interp(y, state["targets"], np.arange(_TREND_POINTS))
    below = np.minimum(place.astype(int), _TREND_POINTS - 2)
    share = (place - below)[:, None]
    return (1 - share) * state["scores"][below] + share * state["scores"][below + 1]


def fit_known_trend(scores, known, labels, n_labels, seed):
    """Regress codes on the channels known in advance: what all classes share, then what each has of its own.

    Parameters
    ----------
    scores : ndarray of shape (n_ts, c)
        Codes, in few coordinates.
    known : ndarray of shape (n_ts, sz, d_known)
        Known channels, scaled.
    labels : ndarray of int, shape (n_ts,)
        Class of each row.
    n_labels : int
        Number of classes.
    seed : int
        Seed of the choice of typical courses.

    Returns
    -------
    dict
        State for `known_trend`.
    """
    flat = known.reshape(len(known), -1).astype(np.float64)
    state = _fit_features(flat, seed)
    features = _features(state, flat)
    shared = _regress(features, scores)
    rest = scores - features @ shared
    own = [_regress(features[labels == n], rest[labels == n]) for n in range(n_labels)]
    return {**state, "coefficients": shared + np.array(own)}


def known_trend(state, known, labels):
    """Return what follows from known channels: (n_ts, c)."""
    features = _features(state, known.reshape(len(known), -1).astype(np.float64))
    return np.einsum("nf,nfc->nc", features, state["coefficients"][labels])


def _fit_features(flat, seed):
    """Choose what a regression sees of known channels: their main directions, and which typical course is near.

    A calendar has a dozen courses or so, one for each month that a series can start in, and codes
    follow it in no line.
    """
    centre = flat.mean(axis=0)
    if not np.ptp(flat, axis=0).any():
        return {"centre": centre, "components": flat[:0], "typical": flat[:0, :0], "width": 1.0}
    pca = PCA(min(_MAX_FEATURES, *flat.shape), svd_solver="full").fit(flat)
    n_kept = 1 + int(np.searchsorted(np.cumsum(pca.explained_variance_ratio_)[:-1], _EXPLAINED))
    components = pca.components_[:n_kept] / np.sqrt(pca.explained_variance_[0])
    scores = (flat - centre) @ components.T
    n_typical = min(_MAX_FEATURES, len(np.unique(scores.round(6), axis=0)))
    typical = KMeans(n_typical, n_init=1, random_state=seed).fit(scores).cluster_centers_
    between = euclidean_distances(typical, squared=True)
    np.fill_diagonal(between, np.inf)
    width = float(np.median(between.min(axis=1))) if n_typical > 1 else 1.0
    return {"centre": centre, "components": components, "typical": typical, "width": width}


def _features(state, flat):
    scores = (flat - state["centre"]) @ state["components"].T
    if not len(state["typical"]):
        return scores
    distance = euclidean_distances(scores, state["typical"], squared=True)
    nearness = softmax(-_SHARPNESS * distance / max(state["width"], 1e-12), axis=1)
    return np.hstack([scores, nearness - 1 / nearness.shape[1]])


def _regress(features, scores):
    """Return ridge coefficients (f, c) without intercept, small where rows are few."""
    penalty = np.eye(features.shape[1])
    return np.linalg.solve(features.T @ features + penalty, features.T @ scores)
