"""Densities to draw from, in the manner of `sklearn.neighbors.KernelDensity`."""

import numpy as np
from scipy.special import logsumexp
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from sklaug._validation import check_number

__all__ = ["ManifoldParzen"]


class ManifoldParzen(BaseEstimator):
    """A Gaussian kernel on each row, stretched along the differences to the row's nearest neighbours.

    The round kernels of `sklearn.neighbors.KernelDensity` reach into all directions alike, and with
    more than a few features nearly all of them lead away from the data. Manifold Parzen windows [1]_
    have at each row a covariance of their own, that of its neighbours around it: what is drawn goes
    from a row where the data goes.

    Parameters
    ----------
    n_neighbors : int, default=5
        Nearest rows whose differences span the kernel of a row, 1 or more; where there are fewer, all.
    bandwidth : float, default=1.0
        Size of the kernels, more than 0, in units of the root mean square of the differences: what is
        drawn from a row lies about so many times as far from it as its neighbours do. At 1 it is about
        as near to a row as new rows would be, below it is nearer.
    noise : float, default=0.05
        Standard deviation that is added in every direction, more than 0, in the units of `X`. All that a
        sole row gets.

    Attributes
    ----------
    rows_ : ndarray of shape (n_samples, n_features)
        The training rows.
    differences_ : ndarray of shape (n_samples, n_neighbors, n_features)
        What the kernels are spanned by: neighbours less rows, scaled, so that a kernel's covariance is
        the sum of their outer products, and the noise.
    n_features_in_ : int
        Features.
    feature_names_in_ : ndarray of str
        Names of the features, if `X` had names.

    See Also
    --------
    sklaug.LatentAugmenter : Takes it as `prior`, and uses it for classes of few rows.
    sklearn.neighbors.KernelDensity : Round kernels of one bandwidth.

    Notes
    -----
    The fitted estimator stores the training rows. All neighbours weigh the same and all of their
    directions are kept; [1]_ also has weights that fall with the distance, and leading directions alone.

    References
    ----------
    .. [1] Vincent and Bengio (2003), Manifold Parzen windows, Advances in Neural Information
       Processing Systems 15

    Examples
    --------
    Rows on a circle: what is drawn stays near it.

    >>> import numpy as np
    >>> from sklaug.density import ManifoldParzen
    >>> angle = np.linspace(0, 2 * np.pi, 50, endpoint=False)
    >>> X = np.column_stack([np.cos(angle), np.sin(angle)])
    >>> drawn = ManifoldParzen(noise=0.01).fit(X).sample(1000, random_state=0)
    >>> float(np.abs(np.linalg.norm(drawn, axis=1) - 1).mean().round(2))
    0.04
    """

    def __init__(self, *, n_neighbors=5, bandwidth=1.0, noise=0.05):
        self.n_neighbors = n_neighbors
        self.bandwidth = bandwidth
        self.noise = noise

    def fit(self, X, y=None):
        """Find the neighbours of each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Training rows.
        y : None
            Ignored.

        Returns
        -------
        self : ManifoldParzen
            The fitted estimator.

        Raises
        ------
        ValueError
            If `X` has NaN or infinity, or a parameter is out of its range.
        TypeError
            If a parameter is no number.
        """
        check_number("n_neighbors", self.n_neighbors, low=1, whole=True)
        for name in ("bandwidth", "noise"):
            check_number(name, getattr(self, name), low=0, low_open=True)
        X = validate_data(self, X, dtype=np.float64)
        n_neighbors = min(self.n_neighbors, len(X) - 1)
        self.rows_ = X
        self.differences_ = np.zeros((len(X), n_neighbors, X.shape[1]))
        if n_neighbors:
            near = (
                NearestNeighbors(n_neighbors=n_neighbors).fit(X).kneighbors(return_distance=False)
            )
            self.differences_ = (X[near] - X[:, None]) * (self.bandwidth / np.sqrt(n_neighbors))
        return self

    def sample(self, n_samples=1, random_state=None):
        """Draw rows: one of the training rows at random, and a draw from its kernel.

        Parameters
        ----------
        n_samples : int, default=1
            How many.
        random_state : int, RandomState instance or None, default=None
            Seed of the draws.

        Returns
        -------
        X : ndarray of shape (n_samples, n_features)
            New rows.
        """
        check_is_fitted(self)
        rng = check_random_state(random_state)
        row = rng.randint(len(self.rows_), size=n_samples)
        along = rng.standard_normal((n_samples, 1, self.differences_.shape[1]))
        around = rng.standard_normal((n_samples, self.n_features_in_)) * self.noise
        return self.rows_[row] + (along @ self.differences_[row])[:, 0] + around

    def score_samples(self, X):
        """Return the logarithm of the density at each row.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.

        Returns
        -------
        density : ndarray of shape (n_samples,)
            Logarithm of the density, natural.
        """
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        logs = [self._log_kernel(number, X) for number in range(len(self.rows_))]
        return logsumexp(logs, axis=0) - np.log(len(self.rows_))

    def score(self, X, y=None):
        """Return the total log-likelihood, as `sklearn.neighbors.KernelDensity` does.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features)
            Rows.
        y : None
            Ignored.

        Returns
        -------
        score : float
            Sum of the logarithms of the density; larger is better.
        """
        return float(self.score_samples(X).sum())

    def _log_kernel(self, number, X):
        """Return the logarithm of one row's kernel, from the few directions in which it is longer than the noise."""
        _, lengths, directions = np.linalg.svd(self.differences_[number], full_matrices=False)
        off = X - self.rows_[number]
        noise, along = self.noise**2, np.square(lengths)
        shorter = along / (along + noise)
        squares = np.square(off).sum(axis=1) - np.square(off @ directions.T) @ shorter
        log_det = np.log1p(along / noise).sum() + self.n_features_in_ * np.log(noise)
        return -0.5 * (squares / noise + log_det + self.n_features_in_ * np.log(2 * np.pi))
