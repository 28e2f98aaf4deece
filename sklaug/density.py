"""Densities to draw from, in the manner of `sklearn.neighbors.KernelDensity`."""

import numpy as np
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
    bandwidth : float, default=0.5
        Size of the kernels, more than 0, in units of the root mean square of the differences: what is
        drawn from a row lies about so many times as far from it as its neighbours do.
    noise : float, default=0.05
        Standard deviation that is added in every direction, more than 0, in the units of `X`. All that
        a row gets that is alone, or has only copies of itself for neighbours.

    Attributes
    ----------
    rows_ : ndarray of shape (n_samples, n_features)
        The training rows.
    neighbors_ : ndarray of int, shape (n_samples, at most n_neighbors)
        The numbers of the neighbours of each row, nearest first.
    n_features_in_ : int
        Features.
    feature_names_in_ : ndarray of str
        Names of the features, if `X` had names.

    See Also
    --------
    sklaug.LatentAugmenter : Takes it as `prior`.
    sklearn.neighbors.KernelDensity : Round kernels of one bandwidth.

    Notes
    -----
    The fitted estimator stores the training rows, and draws lie nearer to one of them than new rows would.
    They spread more than the rows do: with many features and few rows their variance is about
    ``1 + 2 * bandwidth**2`` times as large. All neighbours weigh the same and all of their directions are
    kept; [1]_ also has weights that fall with the distance, and leading directions alone. Among neighbours
    that are equally far the choice is arbitrary.

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
    0.02
    """

    def __init__(self, *, n_neighbors=5, bandwidth=0.5, noise=0.05):
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
        self._validate_params()
        X = validate_data(self, X, dtype=np.float64, copy=True)
        n_neighbors = min(self.n_neighbors, len(X) - 1)
        self.rows_ = X
        self.neighbors_ = np.empty((len(X), 0), dtype=int)
        if n_neighbors:
            search = NearestNeighbors(n_neighbors=n_neighbors).fit(X)
            self.neighbors_ = search.kneighbors(return_distance=False)
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

        Raises
        ------
        ValueError, TypeError
            If `n_samples` is not a whole number of 1 or more.
        """
        check_is_fitted(self)
        check_number("n_samples", n_samples, low=1, whole=True)
        rng = check_random_state(random_state)
        row = rng.randint(len(self.rows_), size=n_samples)
        along = rng.standard_normal((n_samples, 1, self.neighbors_.shape[1]))
        around = rng.standard_normal((n_samples, self.n_features_in_)) * self.noise
        return self.rows_[row] + (along @ self._span(row))[:, 0] + around

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
        logs = np.full(len(X), -np.inf)
        for row in range(len(self.rows_)):
            logs = np.logaddexp(logs, self._log_kernel(row, X))
        return logs - np.log(len(self.rows_))

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

    def _validate_params(self):
        """Raise unless the parameters are in their ranges, under the name of scikit-learn's own check."""
        check_number("n_neighbors", self.n_neighbors, low=1, whole=True)
        for name in ("bandwidth", "noise"):
            check_number(name, getattr(self, name), low=0, low_open=True)

    def _span(self, row):
        """Return what spans the kernels of some rows: scaled so that a covariance is the sum of their outer products."""
        differences = self.rows_[self.neighbors_[row]] - self.rows_[row][..., None, :]
        return differences * (self.bandwidth / np.sqrt(max(1, self.neighbors_.shape[1])))

    def _log_kernel(self, row, X):
        """Return the logarithm of one row's kernel, from the few directions in which it is longer than the noise."""
        _, lengths, directions = np.linalg.svd(self._span(row), full_matrices=False)
        noise, lengths = self.noise**2, np.square(lengths)
        off = X - self.rows_[row]
        along = off @ directions.T
        # Apart, since a difference of the two would cancel where noise is small.
        rest = np.square(off - along @ directions).sum(axis=1) / noise
        squares = rest + (np.square(along) / (lengths + noise)).sum(axis=1)
        log_det = np.log1p(lengths / noise).sum() + self.n_features_in_ * np.log(noise)
        return -0.5 * (squares + log_det + self.n_features_in_ * np.log(2 * np.pi))
