"""ManifoldParzen: what it draws, the density that it tells, and where LatentAugmenter uses it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import multivariate_normal
from sklearn.base import clone
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


def test_the_density_is_that_of_its_kernels(plane):
    fitted = ManifoldParzen(n_neighbors=3, noise=0.3).fit(plane)
    X = plane[:7] + 0.1
    kernels = [
        multivariate_normal(row, of.T @ of + 0.3**2 * np.eye(12)).pdf(X)
        for row, of in zip(fitted.rows_, fitted.differences_, strict=True)
    ]
    assert_allclose(fitted.score_samples(X), np.log(np.mean(kernels, axis=0)), rtol=1e-10)
    assert_allclose(fitted.score(X), fitted.score_samples(X).sum())


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
    fitted = ManifoldParzen(n_neighbors=4, bandwidth=0.7, noise=1e-6).fit(plane)
    near = NearestNeighbors(n_neighbors=5).fit(plane).kneighbors(plane)[0][:, 1:]
    assert_allclose(
        np.square(fitted.differences_).sum(axis=(1, 2)), 0.7**2 * np.square(near).mean(axis=1)
    )


@pytest.mark.parametrize("n_rows", [1, 2, 3])
def test_few_rows_have_few_neighbours(n_rows):
    X = np.arange(3.0 * n_rows).reshape(n_rows, 3)
    fitted = ManifoldParzen(noise=0.1).fit(X)
    assert fitted.differences_.shape == (n_rows, n_rows - 1, 3)
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


# -------------------------------------------------------------------------------------------
# As the prior of LatentAugmenter
# -------------------------------------------------------------------------------------------


def fit(n_rows, prior="auto"):
    """Fit classes of so many rows."""
    y = np.repeat(np.arange(len(n_rows)), n_rows)
    X = np.random.default_rng(0).normal(size=(len(y), 8)) + y[:, None]
    return LatentAugmenter(hidden_dim=4, max_epochs=1, prior=prior, random_state=0).fit(X, y)


def test_classes_of_few_rows_get_windows_and_others_mixtures():
    kinds = [type(density) for density in fit([4, 5, 499, 500]).prior_["densities"]]
    assert kinds == [GaussianMixture, ManifoldParzen, ManifoldParzen, GaussianMixture]


@pytest.mark.parametrize("y", [None, np.linspace(0.5, 2.2, 30)], ids=["no y", "real y"])
def test_without_classes_there_are_mixtures(y):
    X = np.random.default_rng(0).normal(size=(30, 8))
    fitted = LatentAugmenter(hidden_dim=4, max_epochs=1, random_state=0).fit(X, y)
    assert [type(density) for density in fitted.prior_["densities"]] == [GaussianMixture]


def test_mixtures_keep_no_code():
    fitted = fit([10, 12], "mixture")
    assert {type(density) for density in fitted.prior_["densities"]} == {GaussianMixture}
    assert max(len(density.means_) for density in fitted.prior_["densities"]) < 3


def test_it_is_a_prior_by_itself():
    fitted = fit([4, 9], ManifoldParzen(bandwidth=0.1))
    assert [density.bandwidth for density in fitted.prior_["densities"]] == [0.1, 0.1]
    assert np.isfinite(fitted.sample(6)[0]).all()


def test_a_clone_has_its_parameters():
    assert clone(ManifoldParzen(bandwidth=0.2)).get_params() == {
        "bandwidth": 0.2,
        "n_neighbors": 5,
        "noise": 0.05,
    }
