"""Series made for a class or a target, how they depend on the parameters, and what ends a training."""

import functools
import time
import warnings

import numpy as np
import pytest
from scipy import stats
from sklearn.base import clone
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity, KNeighborsClassifier
from sklearn.pipeline import Pipeline

from sklaug import LatentAugmenter
from sklaug._priors import fit_prior, sample_codes
from sklaug.density import ManifoldParzen
from sklaug.transforms import TRANSFORMS, drift, jitter, magnitude_warp, time_warp

try:
    from sklearn.callback import ProgressBar
except ImportError:
    ProgressBar = None

pytestmark = pytest.mark.filterwarnings("ignore:.*returns X unchanged:UserWarning")

N, SZ = 12, 7
CLASS = np.arange(N) % 2
REAL = np.linspace(0.1, 3.4, N)
NEED_Y = ["augment", "encode", "reconstruct", "score"]


def augmenter(**parameters):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0} | parameters)


def make_series(shape=(N, SZ)):
    return np.random.default_rng(0).normal(3, 2, size=shape)


def call(fitted, method, X, y=None):
    if method == "decode":
        return fitted.decode(np.zeros((len(X), *fitted.code_shape_)), y)
    if method == "interpolate":
        return fitted.interpolate(X, X[::-1], y)
    return getattr(fitted, method)(X, y)


# -------------------------------------------------------------------------------------------
# Who needs y
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [*NEED_Y, "decode", "interpolate"])
@pytest.mark.parametrize("y, kind", [(CLASS, "class labels"), (REAL, "real targets")])
def test_methods_need_y_after_a_fit_with_y(y, kind, method):
    X = make_series()
    fitted = augmenter().fit(X, y)
    text = rf"LatentAugmenter was fitted with {kind}, so {method} needs y of shape \(n_ts,\)"
    with pytest.raises(ValueError, match=text):
        call(fitted, method, X)


@pytest.mark.parametrize("method", [*NEED_Y, "decode", "interpolate"])
@pytest.mark.parametrize("y", [CLASS, REAL])
def test_methods_refuse_y_after_a_fit_without(y, method):
    X = make_series()
    fitted = augmenter().fit(X)
    text = rf"LatentAugmenter was fitted without y, so {method} takes no y\. Fit with y"
    with pytest.raises(ValueError, match=text):
        call(fitted, method, X, y)


@pytest.mark.parametrize("y", [0, [0, 1], REAL])
def test_sample_refuses_y_after_a_fit_without(y):
    with pytest.raises(ValueError, match=r"fitted without y, so sample takes no y\. Fit with y"):
        augmenter().fit(make_series()).sample(y=y)


@pytest.mark.parametrize("y", [None, CLASS, REAL])
def test_transform_never_needs_y(y):
    X = make_series()
    np.testing.assert_array_equal(augmenter().fit(X, y).transform(X), X)


@pytest.mark.parametrize("y", [CLASS, REAL])
def test_what_is_made_depends_on_y(y):
    X = make_series()
    fitted = augmenter(max_epochs=10).fit(X, y)
    for method in [*NEED_Y, "decode", "interpolate"]:
        assert not np.array_equal(call(fitted, method, X, y), call(fitted, method, X, y[::-1]))


# -------------------------------------------------------------------------------------------
# What y is
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "y, kind",
    [
        (CLASS, "class"),
        (CLASS.astype(float), "class"),
        (np.arange(N), "class"),
        (CLASS > 0, "class"),
        (["a", "b"] * (N // 2), "class"),
        (REAL, "continuous"),
        (REAL.astype(np.float32), "continuous"),
        (np.array([0.5] + [1.0] * (N - 1)), "continuous"),
        (np.linspace(1, 2, N) * 1e300, "continuous"),
        (None, None),
    ],
)
def test_auto_takes_fractions_for_a_real_target_and_all_else_for_classes(y, kind):
    fitted = augmenter().fit(make_series(), y)
    assert fitted.target_["kind"] == kind
    assert hasattr(fitted, "classes_") == (kind == "class")


def test_integers_can_be_a_real_target():
    y = np.arange(N)
    fitted = augmenter(target_type="continuous").fit(make_series(), y)
    assert not hasattr(fitted, "classes_")
    _, y_new = fitted.sample(50)
    assert y_new.min() >= 0 and y_new.max() <= N - 1
    assert (y_new % 1 != 0).any()
    assert fitted.sample(2, y=4.5)[0].shape == (2, SZ)


def test_fractions_can_be_classes():
    y = np.where(CLASS, 0.5, 1.5)
    fitted = augmenter(target_type="class").fit(make_series(), y)
    assert fitted.classes_.tolist() == [0.5, 1.5]
    assert set(fitted.sample(30)[1]) == {0.5, 1.5}


@pytest.mark.parametrize("size", [1e-300, 1.0, 1e300])
def test_real_targets_may_be_of_any_size(size):
    X = make_series()
    expected = augmenter().fit_transform(X, REAL)
    fitted = augmenter(target_type="continuous")
    np.testing.assert_allclose(fitted.fit_transform(X, REAL * size), expected, atol=1e-4)
    assert np.isfinite(fitted.augment(X, np.full(N, 1e305))).all()
    assert np.isfinite(fitted.sample(5)[1]).all()


def test_a_real_target_may_be_constant():
    X = make_series()
    fitted = augmenter(target_type="continuous").fit(X, np.full(N, 2.5))
    np.testing.assert_array_equal(fitted.sample(3)[1], 2.5)
    assert np.isfinite(fitted.sample(3)[0]).all()


# -------------------------------------------------------------------------------------------
# Drawing y, and series for it
# -------------------------------------------------------------------------------------------


def test_sample_draws_classes_as_often_as_they_were_in_training():
    y = np.repeat(["rare", "some", "most"], [6, 18, 36])
    fitted = augmenter(max_epochs=1).fit(make_series((60, SZ)), y)
    _, y_new = fitted.sample(2000)
    names, counts = np.unique(y_new, return_counts=True)
    assert names.tolist() == ["most", "rare", "some"]
    assert stats.chisquare(counts, np.array([0.6, 0.1, 0.3]) * 2000).pvalue > 0.01


@pytest.mark.parametrize("distribution", [stats.norm(3, 2), stats.expon(), stats.uniform(-1, 2)])
def test_sample_draws_real_targets_as_they_were_in_training(distribution):
    y = distribution.rvs(200, random_state=0)
    fitted = augmenter(max_epochs=1).fit(make_series((200, SZ)), y)
    _, y_new = fitted.sample(2000)
    assert stats.ks_2samp(y_new, y).pvalue > 0.01
    assert y_new.min() >= y.min() and y_new.max() <= y.max()


@functools.cache
def fitted_on_levels(kind):
    """Fit series that are a level plus noise, where the level follows from y."""
    rng = np.random.default_rng(0)
    y = np.repeat(["high", "low"], 20) if kind == "class" else rng.uniform(-2, 2, 60)
    level = np.where(y == "high", 1.0, -1.0) if kind == "class" else y
    X = level[:, None] + 0.3 * rng.normal(size=(len(y), 10))
    return augmenter(hidden_dim=16, max_epochs=40).fit(X, y), X, y


def test_samples_for_a_class_are_near_the_mean_of_that_class():
    fitted, X, y = fitted_on_levels("class")
    means = {label: X[y == label].mean(axis=0) for label in ("high", "low")}
    for label, other in (("high", "low"), ("low", "high")):
        X_new, _ = fitted.sample(50, y=label)
        near = np.linalg.norm(X_new - means[label], axis=1)
        far = np.linalg.norm(X_new - means[other], axis=1)
        assert (near < far).mean() >= 0.95


def test_samples_follow_a_real_target():
    fitted, _, _ = fitted_on_levels("continuous")
    y = np.linspace(-2, 2, 100)
    X_new, _ = fitted.sample(y=y)
    assert np.corrcoef(X_new.mean(axis=1), y)[0, 1] > 0.9
    X_new, y_new = fitted.sample(100)
    assert np.corrcoef(X_new.mean(axis=1), y_new)[0, 1] > 0.9


def test_synthetic_versions_stay_in_their_class():
    fitted, X, y = fitted_on_levels("class")
    level = fitted.augment(X, y).mean(axis=1)
    assert ((level > 0) == (y == "high")).mean() >= 0.95


# -------------------------------------------------------------------------------------------
# Residuals
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("transformation", TRANSFORMS)
@pytest.mark.parametrize("shape", [(N, SZ), (N, SZ, 3)])
def test_without_strength_nothing_is_perturbed(shape, transformation, dtype):
    X = make_series(shape).astype(dtype)
    fitted = augmenter(transformation=transformation, eta=0).fit(X, CLASS)
    np.testing.assert_array_equal(fitted.augment(X, CLASS), fitted.reconstruct(X, CLASS))
    fitted.set_params(residual="keep")
    np.testing.assert_array_equal(fitted.augment(X, CLASS), X)


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_keeping_the_residual_without_strength_is_exact_at_any_size(size):
    X = make_series() * size
    np.testing.assert_array_equal(augmenter(residual="keep", eta=0).fit_transform(X, CLASS), X)


def test_keep_adds_to_the_series_what_the_perturbation_changes():
    X = make_series()
    fitted = augmenter(eta=1.0).fit(X, CLASS)
    change = fitted.augment(X, CLASS) - fitted.reconstruct(X, CLASS)
    kept = fitted.set_params(residual="keep").augment(X, CLASS)
    np.testing.assert_allclose(kept, X + change, atol=1e-4)


@pytest.mark.parametrize("shape", [(N, SZ), (N, SZ, 3)])
def test_resample_adds_the_residual_of_another_row_of_the_class(shape):
    X = make_series(shape)
    fitted = augmenter(eta=1.0).fit(X, CLASS)
    residuals = (X - fitted.reconstruct(X, CLASS)).reshape(N, -1)
    dropped = fitted.augment(X, CLASS)
    resampled = fitted.set_params(residual="resample").augment(X, CLASS)
    added = (resampled - dropped).reshape(N, -1)
    donors = [np.abs(residuals - row).max(axis=1).argmin() for row in added]
    np.testing.assert_allclose(added, residuals[donors], atol=1e-4)
    assert (np.array(donors) != np.arange(N)).all()
    np.testing.assert_array_equal(CLASS[donors], CLASS)


def test_resample_adds_the_residual_of_a_row_of_near_target():
    X = make_series()
    fitted = augmenter().fit(X, REAL)
    residuals = X - fitted.reconstruct(X, REAL)
    dropped = fitted.augment(X, REAL)
    added = fitted.set_params(residual="resample").augment(X, REAL) - dropped
    for row, values in enumerate(added):
        donor = np.abs(residuals - values).max(axis=1).argmin()
        np.testing.assert_allclose(values, residuals[donor], atol=1e-4)
        assert donor != row
        nearest = np.argsort(np.abs(REAL - REAL[row]), kind="stable")[1:7]  # a tie for the fifth
        assert donor in nearest


def test_resample_adds_nothing_where_no_other_row_has_the_class():
    X, y = make_series(), np.array([0] * (N - 1) + [1])
    fitted = augmenter().fit(X, y)
    dropped = fitted.augment(X, y)
    resampled = fitted.set_params(residual="resample").augment(X, y)
    np.testing.assert_array_equal(resampled[-1], dropped[-1])
    assert (resampled[:-1] != dropped[:-1]).any(axis=1).all()


def test_samples_get_residuals_of_training_rows_of_their_class():
    X = make_series()
    fitted = augmenter(residual="resample").fit(X, CLASS)
    residuals = X - fitted.reconstruct(X, CLASS)
    X_new, y_new = fitted.sample(40)
    plain, _ = fitted.set_params(residual="drop").sample(40)
    for values, label in zip(X_new - plain, y_new, strict=True):
        distances = np.abs(residuals[label == CLASS] - values).max(axis=1)
        assert distances.min() < 1e-4


def test_reconstruct_and_score_do_not_look_at_residual():
    X = make_series()
    fitted = augmenter().fit(X, CLASS)
    expected, score = fitted.reconstruct(X, CLASS), fitted.score(X, CLASS)
    for residual in ("keep", "resample"):
        fitted.set_params(residual=residual, eta=2.0)
        np.testing.assert_array_equal(fitted.reconstruct(X, CLASS), expected)
        assert fitted.score(X, CLASS) == score


# -------------------------------------------------------------------------------------------
# Transformations and strength
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transformation", TRANSFORMS)
def test_a_name_and_its_function_do_the_same(transformation):
    X = make_series()
    fitted = augmenter(eta=1.0).fit(X, CLASS)
    by_name = fitted.augment(X, CLASS, transformation=transformation)
    by_function = fitted.augment(X, CLASS, transformation=TRANSFORMS[transformation])
    np.testing.assert_array_equal(by_name, by_function)
    assert not np.array_equal(by_name, fitted.reconstruct(X, CLASS))


def test_arguments_of_augment_take_the_place_of_parameters():
    X = make_series()
    fitted = augmenter(transformation="drift", eta=1.5).fit(X, CLASS)
    expected = fitted.augment(X, CLASS)
    fitted.set_params(transformation="jitter", eta=0.1)
    assert not np.array_equal(fitted.augment(X, CLASS), expected)
    overridden = fitted.augment(X, CLASS, transformation="drift", eta=1.5)
    np.testing.assert_array_equal(overridden, expected)
    assert fitted.get_params()["transformation"] == "jitter"


def test_an_eta_of_zero_is_an_override_too():
    X = make_series()
    fitted = augmenter(eta=1.5).fit(X, CLASS)
    np.testing.assert_array_equal(fitted.augment(X, CLASS, eta=0), fitted.reconstruct(X, CLASS))


def test_the_same_seed_gives_the_same_noise_at_every_strength():
    X = make_series()
    fitted = augmenter().fit(X, CLASS)
    Z = fitted.encode(X, CLASS)

    def record(Z, *, eta, rng, seen):
        seen.append(jitter(Z, eta=eta, rng=rng)[: len(X)])
        return Z

    weak, strong = [], []
    fitted.augment(X, CLASS, eta=0.5, transformation=functools.partial(record, seen=weak))
    fitted.augment(X, CLASS, eta=2.0, transformation=functools.partial(record, seen=strong))
    np.testing.assert_allclose(strong[0] - Z, 4 * (weak[0] - Z), atol=1e-4)


def test_a_transformation_gets_the_standardised_codes():
    X, seen = make_series(), []

    def look(Z):
        seen.append(Z.copy())
        return Z

    fitted = augmenter().fit(X, CLASS)
    np.testing.assert_array_equal(
        fitted.augment(X, CLASS, transformation=look), fitted.reconstruct(X, CLASS)
    )
    np.testing.assert_allclose(seen[0][:N], fitted.encode(X, CLASS), atol=1e-6)


def test_a_list_is_applied_in_its_order():
    X = make_series()

    def add_one(Z):
        return Z + 1

    def double(Z):
        return Z * 2

    fitted = augmenter().fit(X, CLASS)
    Z = fitted.encode(X, CLASS)
    chained = fitted.augment(X, CLASS, transformation=[add_one, double])
    np.testing.assert_allclose(chained, fitted.decode((Z + 1) * 2, CLASS), atol=1e-4)
    chained = fitted.augment(X, CLASS, transformation=(double, add_one))
    np.testing.assert_allclose(chained, fitted.decode(Z * 2 + 1, CLASS), atol=1e-4)


@pytest.mark.parametrize(
    "transformation",
    [
        ["jitter", "drift"],
        ["jitter", "jitter"],
        functools.partial(magnitude_warp, n_knots=6),
        functools.partial(time_warp, n_knots=3),
        [drift, "mixup", functools.partial(magnitude_warp, n_knots=3)],
    ],
    ids=["names", "twice", "partial", "partial in time", "mixed"],
)
def test_chains_and_partials_make_finite_series_in_a_fit_too(transformation):
    X = make_series()
    fitted = augmenter(transformation=transformation, eta=1.0)
    generated = fitted.fit_transform(X, CLASS)
    assert np.isfinite(generated).all()
    np.testing.assert_array_equal(fitted.augment(X, CLASS), generated)
    np.testing.assert_array_equal(clone(fitted).fit_transform(X, CLASS), generated)


def test_both_steps_of_a_chain_get_noise_of_their_own():
    X = make_series()
    fitted = augmenter(eta=1.0).fit(X, CLASS)
    Z, moves = fitted.encode(X, CLASS), []

    def jitter_and_look(Z, *, eta, rng):
        moved = jitter(Z, eta=eta, rng=rng)
        moves.append((moved - Z)[:N])
        return moved

    fitted.augment(X, CLASS, transformation=[jitter_and_look, jitter_and_look])
    assert abs(np.corrcoef(moves[0].ravel(), moves[1].ravel())[0, 1]) < 0.3
    assert moves[0].shape == Z.shape


def test_mixup_moves_towards_a_row_of_the_same_class():
    X = make_series()
    fitted = augmenter().fit(X, CLASS)
    Z = fitted.encode(X, CLASS)
    # At this strength the weight of the partner is 1.
    mixed = fitted.augment(X, CLASS, transformation="mixup", eta=50)
    of_partners = np.array([fitted.decode(Z, np.full(N, label)) for label in (0, 1)])
    for row, label in enumerate(CLASS):
        distances = np.abs(of_partners[label] - mixed[row]).max(axis=1)
        partner = distances.argmin()
        assert distances[partner] < 1e-3
        assert partner != row
        assert CLASS[partner] == label


@pytest.mark.parametrize("transformation", ["jitter", "scaling", "mixup", ["jitter", "scaling"]])
@pytest.mark.parametrize("encoder", ["cnn_gru", "variational_transformer", "transformer", "bilstm"])
def test_a_global_code_takes_what_needs_no_time_axis(encoder, transformation):
    X = make_series()
    fitted = augmenter(encoder=encoder, latent="global", transformation=transformation)
    assert np.isfinite(fitted.fit_transform(X, CLASS)).all()
    assert fitted.code_shape_ == (1, 4)
    assert fitted.encode(X, CLASS).shape == (N, 1, 4)
    assert np.isfinite(fitted.sample(5)[0]).all()


# -------------------------------------------------------------------------------------------
# Priors
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "prior",
    [
        None,
        ManifoldParzen(),
        KernelDensity(),
        KernelDensity(kernel="tophat", bandwidth=0.2),
        GaussianMixture(2, reg_covar=1e-3),
        GaussianMixture(2, reg_covar=1e-3, random_state=3),
        BayesianGaussianMixture(n_components=2, reg_covar=1e-3, max_iter=500, random_state=0),
    ],
    ids=str,
)
@pytest.mark.parametrize("y", [CLASS, REAL, None], ids=["class", "real", "without y"])
def test_samples_come_from_any_density(y, prior):
    fitted = augmenter(prior=prior).fit(make_series(), y)
    X_new, _ = fitted.sample(20)
    assert np.isfinite(X_new).all()
    assert len(np.unique(X_new, axis=0)) == 20
    np.testing.assert_array_equal(fitted.sample(20)[0], X_new)
    np.testing.assert_array_equal(fitted.sample(7)[0], X_new[:7])
    assert not np.array_equal(fitted.sample(20, random_state=1)[0], X_new)


def test_a_prior_is_cloned_and_not_fitted():
    prior = KernelDensity()
    augmenter(prior=prior).fit(make_series(), CLASS)
    assert not hasattr(prior, "tree_")


def test_codes_of_one_coordinate_follow_a_real_target_too():
    fitted = augmenter(latent="global", latent_dim=1).fit(make_series(), REAL)
    assert fitted.code_shape_ == (1, 1)
    assert np.isfinite(fitted.sample(30)[0]).all()


def test_rare_classes_keep_their_place_in_large_sets():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1], [20_000, 3])
    codes = rng.normal(size=(len(y), 1, 2)) * 0.1 + 10 * y[:, None, None]
    state = fit_prior(codes, y, "class", 2, KernelDensity(bandwidth=1e-3), 0)
    drawn = sample_codes(state, 0, 0, slice(0, 50), np.ones(50, dtype=int), "class")
    nearest = np.linalg.norm(drawn - codes[-3:, 0], axis=2).min(axis=1)
    assert nearest.max() < 0.2


def test_a_narrow_kernel_density_samples_reconstructions_of_the_class():
    X = make_series()
    fitted = augmenter(prior=KernelDensity(bandwidth=1e-6)).fit(X, CLASS)
    reconstructions = fitted.reconstruct(X, CLASS)
    for label in (0, 1):
        X_new, _ = fitted.sample(30, y=label)
        own = reconstructions[label == CLASS]
        # Not nearer: what the principal components leave out comes back as noise.
        assert np.abs(X_new[:, None] - own).max(axis=2).min(axis=1).max() < 0.1


def test_a_prior_that_cannot_be_seeded_is_refused():
    class Unseeded(KernelDensity):
        def sample(self, n_samples=1):
            return super().sample(n_samples)

    text = r"prior=Unseeded\(\) cannot be seeded: give it a parameter random_state, or its sample an argument random_state"
    with pytest.raises(TypeError, match=text):
        augmenter(prior=Unseeded()).fit(make_series())


# -------------------------------------------------------------------------------------------
# Small and odd data
# -------------------------------------------------------------------------------------------


def assert_all_methods_are_finite(fitted, X, y):
    for method in [*NEED_Y, "decode", "interpolate"]:
        assert np.isfinite(call(fitted, method, X, y)).all(), method
    assert np.isfinite(fitted.sample(10)[0]).all()


@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
@pytest.mark.parametrize("y", [None, [0, 0], [0, 1], [0.5, 0.7]])
@pytest.mark.parametrize("shape", [(2, SZ), (2, 1), (2, 1, 1), (2, SZ, 3)])
def test_two_series_are_enough(shape, y, residual):
    X = make_series(shape)
    fitted = augmenter(residual=residual)
    assert np.isfinite(fitted.fit_transform(X, y)).all()
    assert_all_methods_are_finite(fitted, X, y)


@pytest.mark.parametrize("n_rare", [1, 2])
def test_a_class_may_have_one_or_two_rows(n_rare):
    X = make_series()
    y = np.repeat(["rare", "many"], [n_rare, N - n_rare])
    for transformation in ("jitter", "mixup"):
        fitted = augmenter(transformation=transformation, residual="resample").fit(X, y)
        assert_all_methods_are_finite(fitted, X, y)
        assert np.isfinite(fitted.sample(5, y="rare")[0]).all()
        assert len(np.unique(fitted.sample(5, y="rare")[0], axis=0)) == 5


def test_every_row_may_have_a_class_of_its_own():
    X = make_series()
    fitted = augmenter().fit(X, np.arange(N))
    assert_all_methods_are_finite(fitted, X, np.arange(N))


@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
@pytest.mark.parametrize("y", [None, CLASS, REAL], ids=["without y", "class", "real"])
@pytest.mark.parametrize("value", [0.0, 0.1, -1e300, 1e-300])
def test_constant_series_come_back_exactly(value, y, residual):
    X = np.full((N, SZ), value)
    fitted = augmenter(residual=residual, eta=2.0)
    np.testing.assert_array_equal(fitted.fit_transform(X, y), X)
    np.testing.assert_array_equal(fitted.reconstruct(X, y), X)
    np.testing.assert_array_equal(fitted.sample(3)[0], X[:3])
    assert fitted.score(X, y) == 0


@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
def test_a_constant_channel_comes_back_exactly(residual):
    X = make_series((N, SZ, 3))
    X[..., 1] = 0.1
    fitted = augmenter(residual=residual, eta=2.0)
    generated = fitted.fit_transform(X, CLASS)
    np.testing.assert_array_equal(generated[..., 1], X[..., 1])
    assert (generated[..., [0, 2]] != X[..., [0, 2]]).all()
    np.testing.assert_array_equal(fitted.sample(3)[0][..., 1], 0.1)
    np.testing.assert_array_equal(fitted.reconstruct(X, CLASS)[..., 1], 0.1)


def test_equal_rows_are_no_trouble():
    X = np.repeat(make_series()[:1], N, axis=0)
    assert_all_methods_are_finite(augmenter().fit(X), X, None)
    assert_all_methods_are_finite(augmenter().fit(X, CLASS), X, CLASS)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("residual", ["drop", "keep", "resample"])
@pytest.mark.parametrize("size", [1e300, 1e-300])
@pytest.mark.parametrize("shape", [(N, SZ), (N, SZ, 3)])
def test_very_large_and_very_small_values_stay_finite_and_float64(shape, size, residual):
    X = make_series(shape)
    fitted = augmenter(residual=residual, eta=2.0)
    generated = fitted.fit_transform(X * size, CLASS)
    assert generated.dtype == np.float64
    assert_all_methods_are_finite(fitted, X * size, CLASS)
    assert fitted.sample(3)[0].dtype == np.float64
    # The size is only a unit.
    same = augmenter(residual=residual, eta=2.0).fit_transform(X, CLASS)
    np.testing.assert_allclose(generated / size, same, rtol=1e-3, atol=1e-3)


def test_channels_may_differ_by_hundreds_of_orders_of_magnitude():
    X = make_series((N, SZ, 3)) * np.array([1e300, 1, 1e-300])
    fitted = augmenter()
    generated = fitted.fit_transform(X, CLASS)
    assert np.isfinite(generated).all()
    spread = (generated / np.array([1e300, 1, 1e-300])).std(axis=(0, 1))
    assert ((spread > 1e-3) & (spread < 10)).all()
    assert_all_methods_are_finite(fitted, X, CLASS)


# -------------------------------------------------------------------------------------------
# Training
# -------------------------------------------------------------------------------------------


def test_the_loss_of_every_epoch_is_recorded():
    fitted = augmenter(max_epochs=5).fit(make_series(), CLASS)
    assert fitted.n_iter_ == 5
    assert fitted.best_epoch_ == 5
    assert fitted.stopped_by_ == "max_epochs"
    assert len(fitted.loss_curve_) == 5
    assert np.isfinite(fitted.loss_curve_).all()
    assert not hasattr(fitted, "validation_loss_curve_")
    assert {"loss", "reconstruction", "kl"} <= fitted.history_.keys()


def test_training_lowers_the_loss():
    fitted, X, y = fitted_on_levels("class")
    assert fitted.loss_curve_[-1] < 0.5 * fitted.loss_curve_[0]
    assert fitted.score(X, y) > -0.5


def test_early_stopping_stops_when_the_held_out_loss_no_longer_improves():
    fitted = augmenter(
        early_stopping=True, max_epochs=200, n_iter_no_change=2, warmup_epochs=1, tol=0.5
    ).fit(make_series(), CLASS)
    assert fitted.stopped_by_ == "early_stopping"
    assert fitted.n_iter_ == len(fitted.loss_curve_) == len(fitted.validation_loss_curve_) < 200
    assert fitted.best_epoch_ <= fitted.n_iter_ - 2
    # Within the tolerance, no later epoch is better than the one that was kept.
    later = fitted.validation_loss_curve_[fitted.best_epoch_ :]
    assert min(later) >= 0.5 * fitted.validation_loss_curve_[fitted.best_epoch_ - 1]


@pytest.mark.parametrize("validation_fraction", [0.01, 0.5])
def test_early_stopping_holds_at_least_one_row_out(validation_fraction):
    fitted = augmenter(early_stopping=True, validation_fraction=validation_fraction)
    fitted.fit(make_series())
    assert len(fitted.validation_loss_curve_) == 2
    assert np.isfinite(fitted.validation_loss_curve_).all()


def test_warm_start_goes_on_from_the_last_fit():
    X = make_series()
    fitted = augmenter(warm_start=True).fit(X, CLASS)
    weights, curve = fitted.weights_, list(fitted.loss_curve_)
    fitted.set_params(max_epochs=3).fit(X, CLASS)
    assert fitted.n_iter_ == 5
    assert fitted.loss_curve_[:2] == curve
    assert len(fitted.loss_curve_) == len(fitted.history_["kl"]) == 5
    assert fitted.best_epoch_ == 5
    assert any((fitted.weights_[name] != weights[name]).any() for name in weights)


def test_warm_start_goes_on_where_a_cold_start_begins_anew():
    X = make_series()
    warm = augmenter(warm_start=True, max_epochs=15).fit(X, CLASS).fit(X, CLASS)
    cold = augmenter(max_epochs=15).fit(X, CLASS).fit(X, CLASS)
    assert cold.n_iter_ == 15
    assert warm.loss_curve_[15] < cold.loss_curve_[0]


def test_warm_start_keeps_the_scaling_and_the_classes():
    X = make_series()
    fitted = augmenter(warm_start=True).fit(X, CLASS)
    mean, scale = fitted.mean_, fitted.scale_
    fitted.fit(X[CLASS == 1] + 5, CLASS[CLASS == 1])
    np.testing.assert_array_equal(fitted.classes_, [0, 1])
    np.testing.assert_array_equal(fitted.mean_, mean)
    np.testing.assert_array_equal(fitted.scale_, scale)


def test_warm_start_refuses_other_classes():
    X = make_series()
    fitted = augmenter(warm_start=True).fit(X, CLASS)
    with pytest.raises(
        ValueError, match=r"classes never seen at fit: 2\. LatentAugmenter knows: 0, 1"
    ):
        fitted.fit(X, CLASS + 1)
    with pytest.raises(
        ValueError, match="fitted with class labels, so fit with warm_start needs y"
    ):
        fitted.fit(X)
    assert fitted.n_iter_ == 2


def test_max_time_ends_a_training():
    start = time.perf_counter()
    fitted = augmenter(max_epochs=10**6, max_time=0.3).fit(make_series(), CLASS)
    assert time.perf_counter() - start < 5
    assert fitted.stopped_by_ == "max_time"
    assert 0 < fitted.n_iter_ < 10**6
    assert np.isfinite(fitted.sample(3)[0]).all()


def test_max_time_that_is_long_enough_changes_nothing():
    X = make_series()
    unlimited = augmenter().fit(X, CLASS)
    limited = augmenter(max_time=300).fit(X, CLASS)
    assert limited.stopped_by_ == "max_epochs"
    np.testing.assert_array_equal(limited.augment(X, CLASS), unlimited.augment(X, CLASS))


@pytest.mark.parametrize(
    "parameter", [{"free_bits": 0.5}, {"equivariance": 1.0}, {"beta": 0.0}, {"warmup_epochs": 0}]
)
def test_the_parts_of_the_loss_can_be_weighted(parameter):
    X = make_series()
    fitted = augmenter(**parameter, max_epochs=3).fit(X, CLASS)
    assert np.isfinite(fitted.loss_curve_).all()
    assert np.isfinite(fitted.augment(X, CLASS)).all()
    assert ("equivariance" in fitted.history_) == ("equivariance" in parameter)


def test_free_bits_let_the_codes_cost_more():
    fitted, X, y = fitted_on_levels("class")
    dear = clone(fitted).set_params(beta=1.0).fit(X, y)
    free = clone(fitted).set_params(beta=1.0, free_bits=1.0).fit(X, y)
    assert free.history_["kl"][-1] > dear.history_["kl"][-1]


def test_verbose_prints_epoch_loss_and_time_left(capsys):
    augmenter(verbose=1, max_epochs=3).fit(make_series(), CLASS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    for number, line in enumerate(lines, start=1):
        assert line.startswith(f"[LatentAugmenter] epoch {number}/3: loss ")
        assert line.endswith(" s left")
    assert "at most 0.0 s left" in lines[-1]


@pytest.mark.parametrize("verbose, n_lines", [(0, 0), (1, 20), (2, 40)])
def test_verbose_says_how_many_lines_are_printed(verbose, n_lines, capsys):
    augmenter(verbose=verbose, max_epochs=40).fit(make_series(), CLASS)
    assert len(capsys.readouterr().out.splitlines()) == n_lines


# -------------------------------------------------------------------------------------------
# Callbacks
# -------------------------------------------------------------------------------------------

needs_callbacks = pytest.mark.skipif(
    ProgressBar is None, reason="scikit-learn has callbacks from version 1.9"
)


class Recorder:
    """A callback that notes every task and may ask to stop."""

    max_propagation_depth = None

    def __init__(self, stop_at=None):
        self.stop_at = stop_at
        self.begun, self.ended = [], []

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.begun.append((context.estimator_name, context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        self.ended.append((context.estimator_name, context.task_name, context.task_id, metadata))
        return context.task_name == "epoch" and context.task_id == self.stop_at

    def epochs(self, tasks):
        return [task for task in tasks if task[:2] == ("LatentAugmenter", "epoch")]


def grid_over_pipeline():
    pipeline = Pipeline([("aug", augmenter(max_epochs=3)), ("clf", KNeighborsClassifier(1))])
    return GridSearchCV(pipeline, {"aug__eta": [0.1, 1.0]}, cv=2)


@needs_callbacks
def test_callbacks_get_a_task_for_each_epoch():
    recorder = Recorder()
    fitted = augmenter(max_epochs=3).set_callbacks(recorder).fit(make_series(), CLASS)
    assert [task[2] for task in recorder.epochs(recorder.begun)] == [0, 1, 2]
    losses = [task[3]["loss"] for task in recorder.epochs(recorder.ended)]
    assert losses == fitted.loss_curve_


@needs_callbacks
def test_callbacks_of_a_grid_get_a_task_for_each_epoch_of_each_fit():
    recorder = Recorder()
    grid_over_pipeline().set_callbacks(recorder).fit(make_series(), CLASS)
    n_fits = 2 * 2 + 1
    assert (
        len(recorder.epochs(recorder.begun)) == len(recorder.epochs(recorder.ended)) == 3 * n_fits
    )
    assert len(recorder.begun) == len(recorder.ended)


@needs_callbacks
def test_callbacks_do_not_change_what_is_learnt():
    X = make_series()
    with_callback = augmenter().set_callbacks(Recorder()).fit(X, CLASS)
    np.testing.assert_array_equal(
        with_callback.augment(X, CLASS), augmenter().fit(X, CLASS).augment(X, CLASS)
    )


@needs_callbacks
def test_a_callback_that_returns_true_stops_the_training():
    recorder = Recorder(stop_at=1)
    fitted = augmenter(max_epochs=50).set_callbacks(recorder).fit(make_series(), CLASS)
    assert fitted.n_iter_ == 2
    assert fitted.stopped_by_ == "monitor"
    assert np.isfinite(fitted.sample(3)[0]).all()


@needs_callbacks
def test_the_progress_bar_nests_epochs_under_a_grid(capsys):
    pytest.importorskip("rich")
    grid = grid_over_pipeline().set_callbacks(ProgressBar(max_propagation_depth=None))
    grid.fit(make_series(), CLASS)
    printed = capsys.readouterr().out
    for name in ("GridSearchCV", "Pipeline", "LatentAugmenter"):
        assert name in printed
    assert "100%" in printed


def test_samples_of_rough_series_are_as_rough_as_their_reconstructions():
    rng = np.random.default_rng(0)
    X = 0.1 * rng.normal(size=(300, 100)).cumsum(axis=1) + rng.normal(size=(300, 100))
    rough = LatentAugmenter(hidden_dim=8, max_epochs=4, random_state=0).fit(X)
    made, plain = rough.sample(300)[0], rough.reconstruct(X)
    ratio = np.diff(made, axis=1).var() / np.diff(plain, axis=1).var()
    assert 0.8 < ratio < 1.25


def test_a_failed_warm_start_leaves_the_last_fit_as_it_was():
    X = make_series()
    warm = augmenter(warm_start=True).fit(X, CLASS)
    before = warm.sample(5)[0]
    warm.set_params(encoder="bilstm")
    with pytest.raises(ValueError, match="warm_start cannot change encoder"):
        warm.fit(X, CLASS)
    assert np.array_equal(warm.sample(5)[0], before)


def test_bad_series_do_not_cost_a_fitted_estimator_its_fit():
    X = make_series()
    fitted = augmenter().fit(X, CLASS)
    before = fitted.sample(5)[0]
    with pytest.raises(ValueError, match="contains infinity"):
        fitted.fit(np.where(X.mean() < X, np.inf, X), CLASS)
    with pytest.raises(ValueError, match="holds no value at all in 1 of"):
        fitted.fit(np.where(np.arange(N)[:, None] == 3, np.nan, X), CLASS)
    assert np.array_equal(fitted.sample(5)[0], before)


def test_a_warm_start_joins_histories_of_different_parts():
    X = make_series()
    warm = augmenter(warm_start=True, max_epochs=2).fit(X, CLASS)
    warm.set_params(early_stopping=True, n_iter_no_change=50).fit(X, CLASS)
    assert len(warm.loss_curve_) == len(warm.validation_loss_curve_) == warm.n_iter_ == 4
    assert np.isnan(warm.validation_loss_curve_[:2]).all()
    assert np.isfinite(warm.validation_loss_curve_[2:]).all()


def test_the_fitted_network_says_which_transformations_are_possible():
    X = make_series()
    fitted = augmenter(latent="global").fit(X, CLASS).set_params(latent="sequence")
    with pytest.raises(ValueError, match="'time_warp' needs a time axis"):
        fitted.augment(X, CLASS, transformation="time_warp")


def test_active_units_are_counted_between_rows():
    X = np.repeat(make_series()[:1], 20, axis=0)
    assert augmenter().fit(X).n_active_units_ == 0


def test_time_that_runs_out_in_the_first_epoch_leaves_what_was_learned():
    X = np.tile(make_series(), (400, 1))
    stopped = augmenter(max_time=1.0, batch_size=1).fit(X)
    assert (stopped.stopped_by_, stopped.n_iter_) == ("max_time", 1)
    assert np.isfinite(stopped.augment(X[:5])).all()


def test_many_different_whole_numbers_ask_whether_they_are_targets():
    X = np.tile(make_series(), (4, 1))
    with pytest.warns(UserWarning, match="different whole numbers.*target_type='continuous'"):
        augmenter().fit(X, np.arange(len(X)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        augmenter(target_type="class").fit(X, np.arange(len(X)))
        augmenter(target_type="continuous").fit(X, np.arange(len(X)))
        augmenter().fit(X, np.arange(len(X)) % 4)
