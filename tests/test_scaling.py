import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from sklaug._scaling import fit_scaler, scale_series, unscale_series


def observed(X):
    return np.ones(X.shape, dtype=bool)


def test_channels_are_standardised_as_by_scikit_learn():
    X = np.random.default_rng(0).normal(3, [1, 20], size=(10, 7, 2))
    mean, scale = fit_scaler(X, observed(X))
    expected = StandardScaler().fit_transform(X.reshape(-1, 2)).reshape(X.shape)
    np.testing.assert_allclose(scale_series(X, observed(X), mean, scale), expected, atol=1e-6)


def test_unscaling_undoes_scaling():
    X = np.random.default_rng(0).normal(3, [1, 20], size=(10, 7, 2))
    mean, scale = fit_scaler(X, observed(X))
    back = unscale_series(scale_series(X, observed(X), mean, scale), mean, scale, "float64")
    np.testing.assert_allclose(back, X, atol=1e-5)


def test_what_is_masked_out_does_not_count():
    X = np.random.default_rng(0).normal(size=(10, 7, 2))
    mask = np.random.default_rng(1).random(X.shape) < 0.7
    spoiled = np.where(mask, X, np.nan)
    mean, scale = fit_scaler(spoiled, mask)
    np.testing.assert_allclose(mean, np.nanmean(spoiled, axis=(0, 1)))
    np.testing.assert_allclose(scale, np.nanstd(spoiled, axis=(0, 1)))
    assert (scale_series(spoiled, mask, mean, scale)[~mask] == 0).all()


@pytest.mark.parametrize("size", [1e300, 1e-300, 1.7e308, 1.0])
def test_extreme_magnitudes_stay_finite_and_exact(size):
    X = np.random.default_rng(0).uniform(-1, 1, size=(10, 7, 1)) * size
    mean, scale = fit_scaler(X, observed(X))
    scaled = scale_series(X, observed(X), mean, scale)
    assert abs(scaled.mean()) < 1e-6 and abs(scaled.std() - 1) < 1e-6
    back = unscale_series(scaled, mean, scale, "float64")
    np.testing.assert_allclose(back / size, X / size, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e300, -5])
def test_a_constant_channel_comes_back_as_the_constant(value):
    X = np.full((4, 5, 1), value)
    mean, scale = fit_scaler(X, observed(X))
    assert scale == 0
    noise = np.random.default_rng(0).normal(size=X.shape)
    assert np.array_equal(unscale_series(noise, mean, scale, "float64"), X)


def test_results_never_leave_the_range_of_their_dtype():
    X = unscale_series(np.full((1, 1, 1), 10.0), np.array([0.0]), np.array([3e38]), "float32")
    assert X.dtype == np.float32 and np.isfinite(X).all()
