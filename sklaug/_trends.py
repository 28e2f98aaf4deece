"""What of the codes follows from a real target and from channels known in advance.

A density is fitted to what remains, so that what is drawn goes with the target and the known channels
that were asked for.
"""

import numpy as np
from scipy.special import softmax
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

_TREND_POINTS = 65
_MAX_FEATURES = 32
_FEWEST_ROWS = 10
_PENALTIES = np.logspace(-2, 4, 13)
_EXPLAINED = 0.99
# How much nearer a typical course must be, in distances between these, to count alone.
_SHARPNESS = 4.0


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
    groups = [np.flatnonzero(labels == n) for n in range(n_labels)]
    state["middle"] = np.array([_mean(features, rows) for rows in groups])
    # Within classes: how these differ is for their densities to say.
    features = features - state["middle"][labels]
    rest = scores - np.array([_mean(scores, rows) for rows in groups])[labels]
    shared = _regress(features, rest)
    rest = rest - features @ shared
    own = [_regress(features[rows], rest[rows]) for rows in groups]
    return {**state, "coefficients": shared + np.array(own)}


def known_trend(state, known, labels):
    """Return what follows from known channels: (n_ts, c)."""
    features = _features(state, known.reshape(len(known), -1).astype(np.float64))
    features -= state["middle"][labels]
    return np.einsum("nf,nfc->nc", features, state["coefficients"][labels])


def _fit_features(flat, seed):
    """Choose what a regression sees of known channels: their main directions, and which typical course is near.

    A calendar has a dozen courses or so, one for each month that a series can start in, and codes
    follow it in no line.
    """
    centre = flat.mean(axis=0)
    if not np.ptp(flat, axis=0).any():
        nothing = np.zeros(0)
        return {
            "centre": centre,
            "components": flat[:0],
            "range": (nothing, nothing),
            "typical": flat[:0, :0],
            "width": 1.0,
        }
    # With nearly as many features as rows anything can be explained, left-out rows included.
    n_most = min(_MAX_FEATURES, len(flat) // _FEWEST_ROWS)
    pca = PCA(max(1, min(n_most, flat.shape[1])), random_state=seed).fit(flat)
    n_kept = 1 + int(np.searchsorted(np.cumsum(pca.explained_variance_ratio_)[:-1], _EXPLAINED))
    components = pca.components_[:n_kept] / np.sqrt(pca.explained_variance_[0])
    scores = (flat - centre) @ components.T
    n_typical = max(1, min(n_most, len(np.unique(scores.round(6), axis=0))))
    typical = KMeans(n_typical, n_init=1, random_state=seed).fit(scores).cluster_centers_
    between = euclidean_distances(typical, squared=True)
    np.fill_diagonal(between, np.inf)
    width = float(np.median(between.min(axis=1))) if n_typical > 1 else 1.0
    return {
        "centre": centre,
        "components": components,
        "range": (scores.min(axis=0), scores.max(axis=0)),
        "typical": typical,
        "width": width,
    }


def _features(state, flat):
    # No line is drawn beyond what was seen.
    scores = np.clip((flat - state["centre"]) @ state["components"].T, *state["range"])
    if not len(state["typical"]):
        return scores
    distance = euclidean_distances(scores, state["typical"], squared=True)
    return np.hstack([scores, softmax(-_SHARPNESS * distance / max(state["width"], 1e-12), axis=1)])


def _mean(values, rows):
    """Return the mean of some rows, 0 of none."""
    return values[rows].mean(axis=0) if len(rows) else np.zeros(values.shape[1])


def _regress(features, scores):
    """Return ridge coefficients (f, c), 0 for scores that do not follow from the features.

    Each score has a penalty of its own, chosen by leaving each row out, and counts as unrelated unless
    that predicts it better than its mean by more than chance would.
    """
    n, n_features = features.shape
    if n < _FEWEST_ROWS or not features.any():
        return np.zeros((n_features, scores.shape[1]))
    # Both are centred already, but to leave a row out is to leave it out of the centre too.
    ridge = RidgeCV(_PENALTIES, alpha_per_target=True).fit(features, scores)
    errors = -np.reshape(ridge.best_score_, -1)
    of_mean = np.square(scores).mean(axis=0) * (n / (n - 1)) ** 2
    related = errors < (1 - 1 / np.sqrt(n)) * of_mean
    return np.where(related, np.reshape(ridge.coef_, (-1, n_features)).T, 0)
