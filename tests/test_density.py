"""ManifoldParzen: what it draws, the density that it tells, and where LatentAugmenter uses it."""

import re

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal, norm
from sklearn.base import BaseEstimator, clone
from sklearn.mixture import GaussianMixture
from sklearn.neighbors import KernelDensity, NearestNeighbors
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklaug import LatentAugmenter
from sklaug.density import ManifoldParzen


@parametrize_with_checks([ManifoldParzen(), ManifoldParzen(n_neighbors=1)])
def test_scikit_learn_takes_it(estimator, check):
    check(estimator)


@pytest.fixture
def plane():
    """Rows on a plane in twelve dimensions."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(60, 2)) @ np.linalg.qr(rng.normal(size=(12, 2)))[0].T


def off_plane(X, plane):
    return np.linalg.norm(X - X @ np.linalg.pinv(plane) @ plane, axis=1)


def test_draws_stay_where_rows_are(plane):
    ours = ManifoldParzen(noise=1e-3).fit(plane).sample(500, random_state=0)
    moved = NearestNeighbors(n_neighbors=1).fit(plane).kneighbors(ours)[0].ravel()
    round_ = KernelDensity(bandwidth=np.median(moved) / np.sqrt(12)).fit(plane)
    assert off_plane(ours, plane).max() < 0.01
    assert off_plane(round_.sample(500, random_state=0), plane).mean() > 0.1


def kernel_covariances(X, n_neighbors, bandwidth, noise):
    """Return the covariance of each row's kernel, one by one."""
    found = []
    for row in X:
        order = np.argsort(np.linalg.norm(X - row, axis=1))
        near = X[order[1 : 1 + n_neighbors]] - row
        found.append(bandwidth**2 * near.T @ near / len(near) + noise**2 * np.eye(X.shape[1]))
    return np.array(found)


def test_the_density_is_that_of_its_kernels(plane):
    fitted = ManifoldParzen(n_neighbors=3, bandwidth=0.7, noise=0.3).fit(plane)
    X = plane[:7] + 0.1
    covariances = kernel_covariances(plane, 3, 0.7, 0.3)
    kernels = [multivariate_normal(*of).pdf(X) for of in zip(plane, covariances, strict=True)]
    assert_allclose(fitted.score_samples(X), np.log(np.mean(kernels, axis=0)), rtol=1e-10)
    assert_allclose(fitted.score(X), fitted.score_samples(X).sum())


def test_the_density_is_right_where_noise_is_tiny_beside_the_kernels():
    X = np.array([[0.0, 0, 0], [3e8, 4e8, 0]])  # 5e8 apart; kernels of 2.5e8
    fitted = ManifoldParzen().fit(X)
    along = norm(scale=2.5e8).pdf([0, 5e8]).mean()
    expected = np.log(along) + 2 * norm(scale=0.05).logpdf(0)
    assert_allclose(fitted.score_samples(X), [expected, expected], rtol=1e-9)


def test_draws_spread_as_rows_and_kernels_together():
    X = np.random.default_rng(0).normal(size=(40, 6))
    drawn = ManifoldParzen(bandwidth=0.8, noise=0.1).fit(X).sample(200_000, random_state=0)
    expected = np.cov(X.T, bias=True) + kernel_covariances(X, 5, 0.8, 0.1).mean(axis=0)
    assert_allclose(np.cov(drawn.T), expected, atol=0.02)


def test_draws_follow_the_density_that_it_tells():
    rng = np.random.default_rng(1)
    fitted = ManifoldParzen(noise=0.2).fit(rng.normal(size=(40, 2)))
    drawn = fitted.sample(200_000, random_state=0)
    edges = np.linspace(-1.5, 1.5, 7)
    share = np.histogram2d(*drawn.T, bins=[edges, edges])[0] / len(drawn)
    fine = np.linspace(-1.5, 1.5, 241)
    middle = (fine[1:] + fine[:-1]) / 2
    grid = np.stack(np.meshgrid(middle, middle, indexing="ij"), axis=-1).reshape(-1, 2)
    cells = np.exp(fitted.score_samples(grid)).reshape(6, 40, 6, 40).sum(axis=(1, 3)) / 80**2
    assert_allclose(share, cells, atol=0.002)


def test_bandwidth_is_the_distance_in_units_of_that_to_neighbours(plane):
    fitted = ManifoldParzen(n_neighbors=4, bandwidth=0.7, noise=1e-6).fit(plane[:5])
    drawn = fitted.sample(100_000, random_state=0)
    row = np.random.RandomState(0).randint(5, size=100_000)
    moved = np.square(drawn - plane[row]).sum(axis=1)
    for number in range(5):
        near = np.square(np.delete(plane[:5], number, axis=0) - plane[number]).sum(axis=1)
        assert_allclose(moved[row == number].mean(), 0.7**2 * near.mean(), rtol=0.05)


def test_what_becomes_of_X_afterwards_does_not_matter(plane):
    fitted = ManifoldParzen().fit(plane)
    before = fitted.sample(3, random_state=0)
    plane[:] = 7
    assert_array_equal(fitted.sample(3, random_state=0), before)


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_few_rows_have_few_neighbours(n_rows):
    X = np.arange(3.0 * n_rows).reshape(n_rows, 3)
    fitted = ManifoldParzen(noise=0.1).fit(X)
    assert fitted.neighbors_.shape == (n_rows, n_rows - 1)
    drawn = fitted.sample(300, random_state=0)
    assert np.isfinite(drawn).all() and np.isfinite(fitted.score_samples(drawn)).all()
    if n_rows == 1:
        assert_allclose(drawn.std(axis=0), 0.1, rtol=0.15)


def test_equal_rows_get_noise_alone():
    fitted = ManifoldParzen(noise=0.1).fit(np.ones((20, 2)))
    assert_allclose(fitted.sample(2000, random_state=0).std(axis=0), 0.1, rtol=0.1)


def test_one_seed_gives_one_draw(plane):
    fitted = ManifoldParzen().fit(plane)
    first = fitted.sample(5, random_state=3)
    assert_array_equal(fitted.sample(5, random_state=np.random.RandomState(3)), first)
    assert not np.array_equal(fitted.sample(5, random_state=4), first)
    assert fitted.sample().shape == (1, 12)


@pytest.mark.parametrize(
    ("parameters", "error", "text"),
    [
        ({"n_neighbors": 0}, ValueError, "n_neighbors must be at least 1, got 0"),
        ({"n_neighbors": 2.5}, TypeError, "n_neighbors must be an integer, got 2.5"),
        ({"bandwidth": 0}, ValueError, "bandwidth must be more than 0, got 0"),
        ({"noise": "auto"}, TypeError, "noise must be a number, got 'auto'"),
    ],
)
def test_parameters_are_checked(parameters, error, text):
    with pytest.raises(error, match=text):
        ManifoldParzen(**parameters).fit(np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("n_samples", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), ("a", TypeError)]
)
def test_the_number_of_draws_is_checked(plane, n_samples, error):
    with pytest.raises(error, match="n_samples must be"):
        ManifoldParzen().fit(plane).sample(n_samples)


# -------------------------------------------------------------------------------------------
# As the prior of LatentAugmenter
# -------------------------------------------------------------------------------------------


def test_samples_of_a_class_lie_around_its_own_rows():
    y = np.repeat(["few", "more"], [4, 9])
    X = np.random.default_rng(0).normal(size=(13, 8)) + 20 * (y == "more")[:, None]
    augmenter = LatentAugmenter(prior=ManifoldParzen(), hidden_dim=8, max_epochs=30, random_state=0)
    fitted = augmenter.fit(X, y)
    assert [len(density.rows_) for density in fitted.prior_["densities"]] == [4, 9]
    X_new, _ = fitted.sample(y=["few"] * 20 + ["more"] * 20)
    assert X_new[:20].mean() < 5 < 15 < X_new[20:].mean()


def test_narrow_windows_sample_reconstructions():
    X = np.random.default_rng(0).normal(size=(12, 8))
    prior = ManifoldParzen(bandwidth=1e-6, noise=1e-6)
    fitted = LatentAugmenter(prior=prior, hidden_dim=4, max_epochs=2, random_state=0).fit(X)
    off = np.abs(fitted.sample(30)[0][:, None] - fitted.reconstruct(X)).max(axis=2)
    assert off.min(axis=1).max() < 0.1


def test_a_clone_has_its_parameters():
    parameters = {"bandwidth": 0.2, "n_neighbors": 5, "noise": 0.05}
    assert clone(ManifoldParzen(bandwidth=0.2)).get_params() == parameters


@pytest.mark.parametrize(
    "prior, said",
    [
        (ManifoldParzen(bandwidth=-1), "bandwidth must be more than 0, got -1."),
        (ManifoldParzen(noise=0), "noise must be more than 0, got 0."),
        (ManifoldParzen(n_neighbors=0), "n_neighbors must be at least 1, got 0."),
        (KernelDensity(bandwidth=-1), "The 'bandwidth' parameter of KernelDensity must be"),
        (KernelDensity(kernel="round"), "The 'kernel' parameter of KernelDensity must be"),
        (GaussianMixture(0), "The 'n_components' parameter of GaussianMixture must be"),
    ],
)
def test_a_prior_with_a_parameter_out_of_its_range_is_refused_before_the_training(
    prior, said, monkeypatch
):
    monkeypatch.setattr(LatentAugmenter, "_fit", lambda *_: pytest.fail("it was trained"))
    with pytest.raises(ValueError, match=re.escape(f"prior={prior!r} cannot be fitted: {said}")):
        LatentAugmenter(prior=prior).fit(np.zeros((4, 8)))


def test_a_prior_with_a_parameter_of_a_wrong_type_is_refused_before_the_training():
    with pytest.raises(TypeError, match="cannot be fitted: bandwidth must be a number, got 'wide'"):
        LatentAugmenter(prior=ManifoldParzen(bandwidth="wide")).fit(np.zeros((4, 8)))


class Plain(BaseEstimator):
    """A density that says nothing of what its parameters may be."""

    def __init__(self, width=-1.0):
        self.width = width

    def fit(self, X):
        self.mean_ = X.mean(axis=0)
        return self

    def sample(self, n_samples, random_state):
        noise = np.random.default_rng(random_state).normal(size=(n_samples, len(self.mean_)))
        return self.mean_ + self.width * noise


def test_a_prior_that_does_not_say_what_its_parameters_may_be_is_taken_as_it_is():
    X = np.random.default_rng(0).normal(size=(12, 8))
    drawn = LatentAugmenter(prior=Plain(), max_epochs=1, random_state=0).fit(X).sample(3)[0]
    assert drawn.shape == (3, 8)


def test_a_check_of_another_protocol_is_not_called():
    class Density(BaseEstimator):
        def __init__(self, random_state=None):
            self.random_state = random_state

        def _validate_params(self, X):
            raise AssertionError

        def fit(self, X):
            self.mean_ = X.mean(axis=0)
            return self

        def sample(self, n_samples=1):
            return np.tile(self.mean_, (n_samples, 1)), None

    augmenter = LatentAugmenter(prior=Density(), max_epochs=1, hidden_dim=4, random_state=0)
    augmenter.fit(np.random.default_rng(0).standard_normal((8, 12)))
