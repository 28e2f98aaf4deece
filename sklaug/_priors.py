"""Densities fitted to codes after training, from which new codes are drawn.

A variational autoencoder is trained towards standard normal codes and never quite gets there. So
`sample` draws from a density of the codes that the encoder really gives: principal components, and
on these a density for each class.
"""

import copy
import inspect
import threading
import warnings

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.covariance import ledoit_wolf
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from sklaug._random import BLOCK_ROWS, block_generator, derive_seed, row_blocks
from sklaug._trends import fit_known_trend, fit_target_trend, known_trend, target_trend

# References: ex-post density estimation, Ghosh et al. (2020), arXiv:1903.12436.

_MAX_COMPONENTS = 256
_EXPLAINED = 0.99
_MAX_FIT_ROWS = 10_000
_warnings_lock = threading.Lock()
_FEWEST_ROWS_A_CLASS = 100
_MIN_ROWS_A_MIXTURE_COMPONENT = 10
_MAX_MIXTURE_COMPONENTS = 10
# Chosen by the TSTR of samples in cross-validation on training rows (Trace and simulated series).
_POOLED_WEIGHT = 0.25
_REG_COVAR = 1e-6


def check_prior(prior):
    """Raise unless `prior` is None or an unfitted density that can be fitted, drawn from and seeded.

    Its parameters are checked where it says what they may be, so that a training is not for nothing.
    """
    if prior is None:
        return
    missing = [name for name in ("fit", "sample", "get_params") if not hasattr(prior, name)]
    if missing or isinstance(prior, type):
        raise TypeError(
            f"prior must be None or a density estimator with fit(X), sample(n_samples) and get_params(), such as "
            f"sklaug.density.ManifoldParzen(); got {prior!r}."
        )
    if not _sample_takes_seed(prior) and "random_state" not in prior.get_params():
        raise TypeError(
            f"prior={prior!r} cannot be seeded: give it a parameter random_state, or its sample an argument random_state."
        )
    if _checks_parameters(prior):
        try:
            prior._validate_params()
        except (TypeError, ValueError) as error:
            kind = ValueError if isinstance(error, ValueError) else TypeError
            raise kind(f"prior={prior!r} cannot be fitted: {error}") from error


def fit_prior(codes, y, kind, n_classes, prior, seed, known=None):
    """Fit the densities of the codes.

    Parameters
    ----------
    codes : ndarray of shape (n_ts, t_z, k)
        Standardised codes of the training rows.
    y : ndarray of shape (n_ts,) or None
        Class numbers or scaled real targets.
    kind : {"class", "continuous", None}
        What `y` is.
    n_classes : int
        Number of classes, 0 unless `kind` is "class".
    prior : estimator or None
        Density to clone for every class; None means Gaussian mixtures, their size by BIC, shrunk to
        the pooled covariance.
    seed : int
        Seed of whatever is random in the fit.
    known : ndarray of shape (n_ts, sz, d_known) or None
        Channels known in advance, scaled.

    Returns
    -------
    dict
        State for `sample_codes`.
    """
    flat = codes.reshape(len(codes), -1).astype(np.float64)
    rng = block_generator(seed, "prior rows", 0)
    if len(flat) > _MAX_FIT_ROWS:
        rows = _choose_rows(len(flat), y if kind == "class" else None, rng)
        flat, y = flat[rows], None if y is None else y[rows]
        known = None if known is None else known[rows]
    fit_seed = derive_seed(seed, "prior fit") % 2**32
    pca = PCA(min(_MAX_COMPONENTS, len(flat) - 1, flat.shape[1]), random_state=fit_seed)
    with np.errstate(invalid="ignore"):  # 0 / 0 where codes do not vary
        pca.fit(flat)
    explained = np.cumsum(pca.explained_variance_) / max(flat.var(axis=0, ddof=1).sum(), 1e-300)
    n_kept = 1 + int(np.searchsorted(explained[:-1], _EXPLAINED))
    components = pca.components_[:n_kept]
    scores = (flat - pca.mean_) @ components.T
    # What the components leave out comes back as noise, or samples would be smoother than series are.
    rest = (flat - pca.mean_ - scores @ components).std(axis=0)
    # In units of its own spread no component is too small for the mixtures' regularisation.
    spread = np.maximum(scores.std(axis=0), 1e-9)
    scores = scores / spread
    labels, trend, dependence = _labels(y, kind, len(scores)), None, None
    if kind == "continuous":
        trend = fit_target_trend(scores, y)
        scores = scores - target_trend(trend, y)
    if known is not None:
        dependence = fit_known_trend(scores, known, labels, max(1, n_classes), fit_seed)
        scores = scores - known_trend(dependence, known, labels)
    groups = [scores]
    if kind == "class":
        groups = [scores[y == label] for label in range(n_classes)]
    counts = [len(group) for group in groups]
    if kind == "class":
        # A warm start may lack rows of a class that it knows: it then borrows the codes of all.
        groups = [group if len(group) else scores for group in groups]
    fit = _fit_mixtures if prior is None else _fit_clones
    return {
        "mean": pca.mean_,
        "components": components * spread[:, None],
        "rest": rest,
        "trend": trend,
        "known_trend": dependence,
        "densities": fit(groups, prior, fit_seed),
        "counts": counts,
        "shape": codes.shape[1:],
    }


def count_parameters(state):
    """Return how many numbers describe the densities that `fit_prior` chooses by itself.

    Those of the principal components, of what they leave out, of the mixtures and of trends; of a
    covariance matrix one half and the diagonal, of weights all but the last.
    """
    n_numbers = sum(state[name].size for name in ("mean", "components", "rest"))
    for mixture in state["densities"]:
        n_components, n_features = mixture.means_.shape
        n_covariances = n_features * (n_features + 1) // 2
        n_numbers += n_components * (1 + n_features + n_covariances) - 1
    trends = [state[name] or {} for name in ("trend", "known_trend")]
    return n_numbers + sum(np.size(values) for trend in trends for values in trend.values())


def draw_codes(state, rows, seed, y, kind, known=None):
    """Draw codes for `rows`, a slice of absolute row numbers; the rest is as for `sample_codes`.

    Returns
    -------
    ndarray of shape (n_rows, t_z, k), float32
        Standardised codes.
    """
    z = np.empty((rows.stop - rows.start, *state["shape"]), dtype=np.float32)
    for block, inside, places in row_blocks(rows.start, len(z)):
        of = None if y is None else y[inside]
        z[inside] = sample_codes(
            state, seed, block, places, of, kind, None if known is None else known[inside]
        )
    return z


def sample_codes(state, seed, block, places, y, kind, known=None):
    """Draw codes for some rows of a block.

    Parameters
    ----------
    state : dict
        From `fit_prior`.
    seed : int
        Seed of the draw.
    block : int
        Number of the block.
    places : slice
        Places within the block.
    y : ndarray or None
        Class numbers or scaled targets of those places.
    kind : {"class", "continuous", None}
        What `y` is.
    known : ndarray of shape (n_places, sz, d_known) or None
        Their known channels, scaled.

    Returns
    -------
    ndarray of shape (n_places, t_z, k)
        Standardised codes.
    """
    labels = _labels(y, kind, places.stop - places.start)
    scores = np.empty((len(labels), len(state["components"])))
    for label in np.unique(labels):
        drawn = _draw_block(state["densities"][label], seed, block, label)
        own = labels == label
        scores[own] = drawn[places][own]
    if kind == "continuous":
        scores += target_trend(state["trend"], y)
    if known is not None:
        scores += known_trend(state["known_trend"], known, labels)
    flat = scores @ state["components"] + state["mean"]
    noise = block_generator(seed, "prior rest", block).standard_normal((places.stop, flat.shape[1]))
    noise *= state["rest"]
    flat += noise[places]
    return flat.reshape(-1, *state["shape"])


def _checks_parameters(density):
    """Tell whether a density can check its parameters alone, and by scikit-learn's protocol."""
    check = getattr(type(density), "_validate_params", None)
    if check is None or len(inspect.signature(check).parameters) != 1:
        return False
    # The check that is inherited needs constraints to check by.
    inherited = check is getattr(BaseEstimator, "_validate_params", None)
    return not inherited or hasattr(density, "_parameter_constraints")


def _labels(y, kind, n_rows):
    """Return the number of each row's density."""
    return y if kind == "class" else np.zeros(n_rows, dtype=int)


def _choose_rows(n_rows, y, rng):
    """Choose `_MAX_FIT_ROWS` rows at random, of each class in `y` some in any case."""
    order = rng.permutation(n_rows)
    if y is not None:
        rank = pd.Series(y[order]).groupby(y[order]).cumcount().to_numpy()
        order = order[np.argsort(rank.clip(max=_FEWEST_ROWS_A_CLASS), kind="stable")]
    return np.sort(order[:_MAX_FIT_ROWS])


def _draw_block(density, seed, block, label):
    """Draw a whole block of one density; scikit-learn's mixtures return their draws sorted, so mix them."""
    rng = block_generator(seed, f"prior {label}", block)
    draw_seed = int(rng.integers(2**32))
    if _sample_takes_seed(density):
        drawn = density.sample(BLOCK_ROWS, random_state=draw_seed)
    else:
        density = copy.copy(density).set_params(random_state=draw_seed)
        drawn = density.sample(BLOCK_ROWS)
    if isinstance(drawn, tuple):  # mixtures also return the component
        drawn = drawn[0]
    return drawn[rng.permutation(BLOCK_ROWS)]


def _sample_takes_seed(density):
    return "random_state" in inspect.signature(density.sample).parameters


def _fit_clones(groups, prior, seed):
    densities = []
    for label, scores in enumerate(groups):
        density = clone(prior)
        if "random_state" in density.get_params():
            density.set_params(random_state=seed)
        try:
            densities.append(density.fit(scores))
        except ValueError as error:
            of = (
                f"the {len(scores)} series of classes_[{label}]"
                if len(groups) > 1
                else f"{len(scores)} series"
            )
            raise ValueError(
                f"prior={prior!r} could not be fitted to the codes of {of} ({error}). Choose a density that so few rows "
                "allow, or prior=None."
            ) from error
    return densities


def _fit_mixtures(groups, _, seed):
    """Fit a mixture a class, each component's covariance shrunk towards what all classes have in common."""
    mixtures = [_choose_mixture(scores, seed) for scores in groups]
    assigned = [mixture.predict(scores) for mixture, scores in zip(mixtures, groups, strict=True)]
    centred = np.concatenate(
        [
            scores - mixture.means_[of]
            for scores, mixture, of in zip(groups, mixtures, assigned, strict=True)
        ]
    )
    pooled = _pool(centred)
    for scores, mixture, of in zip(groups, mixtures, assigned, strict=True):
        _shrink(mixture, scores, of, pooled)
    return mixtures


def _choose_mixture(scores, seed):
    """Return the diagonal mixture with the lowest BIC."""
    best, lowest = None, np.inf
    largest = min(_MAX_MIXTURE_COMPONENTS, max(1, len(scores) // _MIN_ROWS_A_MIXTURE_COMPONENT))
    for n_components in range(1, largest + 1):
        mixture = GaussianMixture(
            n_components,
            covariance_type="diag",
            reg_covar=1e-3,
            init_params="k-means++",
            random_state=seed,
        )
        if len(scores) == 1:
            # scikit-learn wants two rows; a repeated row has the same mean, and its covariance is
            # replaced below.
            scores = np.repeat(scores, 2, axis=0)
        with _warnings_lock, warnings.catch_warnings():  # which swaps what all threads share
            # A mixture that has not settled can still be the best by BIC, and the user chose none
            # of its settings.
            warnings.simplefilter("ignore", ConvergenceWarning)
            mixture.fit(scores)
        bic = mixture.bic(scores)
        if bic < lowest:
            best, lowest = mixture, bic
        elif n_components > best.n_components + 1:
            break
    return best


def _pool(centred):
    """Estimate the covariance around the means, shrunk to its diagonal.

    In units of the spread that remains within classes: Ledoit and Wolf shrink to equal variances,
    which along what separates the classes would be far too large.
    """
    spread = np.sqrt(np.square(centred).mean(axis=0) + _REG_COVAR)
    pooled = ledoit_wolf(centred / spread, assume_centered=True)[0]
    pooled.flat[:: len(pooled) + 1] += _REG_COVAR  # codes that do not vary have none
    return pooled * np.outer(spread, spread)


def _shrink(mixture, scores, assigned, pooled):
    """Replace diagonal covariances by full ones: the rows' own, shrunk a little to the pooled one."""
    covariances = []
    for component, mean in enumerate(mixture.means_):
        rows = scores[assigned == component] - mean
        weight = len(rows) + _POOLED_WEIGHT
        covariances.append((rows.T @ rows + _POOLED_WEIGHT * pooled) / weight)
    mixture.set_params(covariance_type="full")
    mixture.covariances_ = np.array(covariances)
    mixture.precisions_cholesky_ = np.linalg.cholesky(np.linalg.inv(mixture.covariances_))
