"""robustness_curve: a fitted model on series that are changed more and more."""

import copy
import inspect
import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import (
    balanced_accuracy_score,
    make_scorer,
    mean_absolute_error,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklaug import BlockBootstrapGenerator, DirectAugmenter, LatentAugmenter
from sklaug._random import derive_seed
from sklaug.datasets import make_labelled_series, make_target_series
from sklaug.model_selection import robustness_curve
from sklaug.preprocessing import make_forecasting_windows

ETAS = [0, 0.5, 2]


def halves(X, y):
    half = len(X) // 2
    return X[:half], X[half:], y[:half], y[half:]


X, X_test, y, y_test = halves(
    *make_labelled_series(n_samples=120, n_timepoints=20, n_classes=3, random_state=0)
)
X_3d, X_3d_test, _, _ = halves(
    *make_labelled_series(n_samples=120, n_timepoints=20, n_channels=2, random_state=0)
)
X_target, X_target_test, target, target_test = halves(
    *make_target_series(n_samples=80, n_timepoints=20, random_state=0)
)
MODEL = KNeighborsClassifier().fit(X, y)
JITTER = DirectAugmenter("jitter").fit(X)


def curve_of(estimator=MODEL, augmenter=JITTER, X=X_test, y=y_test, etas=ETAS, **options):
    return robustness_curve(estimator, augmenter, X, y, etas, **{"random_state": 0} | options)


class Augmenter(BaseEstimator):
    """Has the methods of an augmenter, and one to be told what to do."""

    def __init__(self, change=lambda X, eta: X):
        self.change = change

    def fit(self, X, y=None):
        self.fitted_ = True
        return self

    def augment(self, X, y=None, *, eta=None, random_state=None):
        return self.change(X, eta)


def changing(change):
    return Augmenter(change).fit(X)


# -------------------------------------------------------------------------------------------
# Scores
# -------------------------------------------------------------------------------------------


def test_scores_are_those_of_the_model_on_what_the_augmenter_makes():
    curve = curve_of(n_repeats=2, random_state=7)
    assert curve.scores.shape == curve.distances.shape == (3, 2)
    for place, eta in enumerate(ETAS):
        for repeat in range(2):
            seed = derive_seed(7, f"repeat {repeat}") % 2**32
            made = JITTER.augment(X_test, eta=eta, random_state=seed)
            assert curve.scores[place, repeat] == np.mean(MODEL.predict(made) == y_test)
    assert curve.reference == MODEL.score(X_test, y_test)
    assert_allclose(curve.mean, curve.scores.mean(axis=1))
    assert_allclose(curve.std, curve.scores.std(axis=1), atol=1e-12)
    assert_array_equal(curve.distance, curve.distances.mean(axis=1))


@pytest.mark.parametrize("transformation", ["jitter", "time_warp", "mixup", ["drift", "scaling"]])
def test_strength_0_of_a_direct_augmenter_is_exactly_the_reference(transformation):
    curve = curve_of(augmenter=DirectAugmenter(transformation).fit(X), etas=[0, 1])
    assert (curve.scores[0] == curve.reference).all()
    assert curve.mean[0] == curve.reference
    assert curve.std[0] == curve.distance[0] == curve.table["drop"].iloc[0] == 0
    assert curve.distance[1] > 0


def test_the_score_falls_steadily_under_jitter():
    # Two constant levels, 2 apart: the mean of 4 steps tells them, and jitter of sd s leaves it right
    # with a probability of Phi(1 / (s / 2)).
    level = np.repeat([-1.0, 1.0], 2000)
    series = np.repeat(level[:, None], 4, axis=1)
    model = make_pipeline(
        FunctionTransformer(lambda X: X.mean(axis=1, keepdims=True)), LogisticRegression()
    ).fit(series, level)
    augmenter = DirectAugmenter("jitter").fit(series)
    curve = curve_of(model, augmenter, series, level, [0, 1, 2, 4, 8])
    assert curve.reference == 1
    # Phi(2), Phi(1), Phi(1/2), Phi(1/4); a channel's sd is 1.
    assert_allclose(curve.mean, [1, 0.9772, 0.8413, 0.6915, 0.5987], atol=0.01)
    assert (np.diff(curve.mean) < 0).all()
    assert_allclose(curve.distance, [0, 0.92, 1.84, 3.68, 7.36], rtol=0.03)


def test_a_model_that_does_not_look_stays_where_it_was():
    curve = curve_of(DummyClassifier().fit(X, y), etas=[0, 10])
    assert (curve.scores == curve.reference).all()


def test_shuffled_labels_leave_nothing_to_lose():
    shuffled = np.random.default_rng(0).permutation(y_test)
    curve = curve_of(y=shuffled, etas=[0, 5])
    assert abs(curve.reference - 1 / 3) < 0.15
    assert abs(curve.mean[1] - 1 / 3) < 0.15


def test_the_distance_is_that_of_values_in_standard_deviations_of_their_channel():
    wide = X_3d_test * [1, 1000]
    moved = changing(lambda X, eta: X + eta * np.array([0.5, 2000]))
    model = make_pipeline(FunctionTransformer(lambda X: X[..., 0]), MODEL)
    curve = curve_of(model, moved, wide, etas=[0, 1, 3])
    parts = np.array([0.5, 2000]) / wide.std(axis=(0, 1))
    assert_allclose(curve.distance, np.array([0, 1, 3]) * np.sqrt((parts**2).mean()))


def test_the_distance_of_jitter_is_its_strength():
    assert_allclose(curve_of(etas=[0.1, 1, 10]).distance, [0.1, 1, 10], rtol=0.05)


def test_a_constant_channel_is_measured_in_its_own_unit():
    flat = np.stack([X_test, np.full_like(X_test, 3.0)], axis=2)
    moved = changing(lambda X, eta: X + [0, 4.0])
    model = make_pipeline(FunctionTransformer(lambda X: X[..., 0]), MODEL)
    assert_allclose(curve_of(model, moved, flat, etas=[1]).distance, np.sqrt(4**2 / 2))


def test_strengths_come_in_ascending_order_each_once():
    curve = curve_of(etas=(2, 0.5, 0, 2))
    assert_array_equal(curve.etas, ETAS)
    assert_array_equal(curve.scores, curve_of().scores)


def test_the_table_says_the_same():
    curve = curve_of(scoring="balanced_accuracy")
    assert list(curve.table.columns) == ["mean", "std", "drop", "distance"]
    assert curve.table.index.name == "eta" and list(curve.table.index) == ETAS
    assert_array_equal(curve.table["mean"], curve.mean)
    assert_allclose(curve.table["drop"], curve.reference - curve.scores.mean(axis=1), atol=1e-12)
    assert curve.score_name == "balanced accuracy"


def test_several_augmenters_share_reference_and_noise():
    augmenters = {"one": JITTER, "same": copy.deepcopy(JITTER), "warp": DirectAugmenter("drift")}
    augmenters["warp"].fit(X)
    curves = curve_of(augmenter=augmenters)
    assert list(curves) == ["one", "same", "warp"]
    assert_array_equal(curves["one"].scores, curves["same"].scores)
    assert_array_equal(curves["one"].scores, curve_of().scores)
    assert (curves["warp"].distances[1:] != curves["one"].distances[1:]).all()
    assert len({curve.reference for curve in curves.values()}) == 1


# -------------------------------------------------------------------------------------------
# Latent augmenters
# -------------------------------------------------------------------------------------------


def test_strength_0_of_a_latent_augmenter_is_the_series_or_its_reconstruction():
    augmenter = LatentAugmenter(hidden_dim=4, max_epochs=2, random_state=0).fit(X, y)
    keep = copy.deepcopy(augmenter).set_params(residual="keep")
    curves = curve_of(augmenter={"drop": augmenter, "keep": keep}, etas=[0, 1], n_repeats=2)
    reconstructed = augmenter.augment(X_test, y_test, eta=0)
    assert (curves["drop"].scores[0] == MODEL.score(reconstructed, y_test)).all()
    assert curves["drop"].distance[0] > 0.01
    assert (curves["keep"].scores[0] == curves["keep"].reference).all()
    assert curves["drop"].reference == curves["keep"].reference == MODEL.score(X_test, y_test)


def test_targets_go_only_to_augmenters_that_were_fitted_with_some():
    seen = []

    class Noting(DirectAugmenter):
        __init__ = DirectAugmenter.__init__

        def augment(self, X, y=None, **options):
            seen.append(y)
            return super().augment(X, y, **options)

    curve_of(augmenter=Noting().fit(X), etas=[1], n_repeats=1)
    curve_of(augmenter=Noting().fit(X, y), etas=[1], n_repeats=1)
    assert seen[0] is None
    assert_array_equal(seen[1], y_test)


def test_an_augmenter_that_is_told_the_labels_flatters_the_model():
    noisy = halves(
        *make_labelled_series(
            n_samples=200, n_timepoints=30, n_classes=3, noise=1.0, random_state=0
        )
    )
    train, test, labels, labels_test = noisy
    augmenters = {
        "told": DirectAugmenter("mixup").fit(train, labels),
        "not told": DirectAugmenter("mixup").fit(train),
    }
    model = KNeighborsClassifier().fit(train, labels)
    curves = curve_of(model, augmenters, test, labels_test, [2])
    assert curves["told"].mean[0] > curves["not told"].mean[0] + 0.1


# -------------------------------------------------------------------------------------------
# Nothing is fitted or changed
# -------------------------------------------------------------------------------------------


class Spy(ClassifierMixin, BaseEstimator):
    """Notes what is asked of it, and spoils the series that it is given."""

    def __init__(self):
        self.calls = []

    def fit(self, X, y):
        self.calls.append("fit")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.calls.append("predict")
        prediction = np.where(X.mean(axis=1) > 0, *self.classes_[:2])
        X[:] = 0
        return prediction


def test_the_estimator_is_never_fitted_again():
    spy = Spy().fit(X, y)
    curve_of(spy, n_repeats=2)
    assert spy.calls == ["fit"] + ["predict"] * (1 + 3 * 2)


def test_series_and_targets_stay_as_they_are_whatever_works_in_place():
    def spoil(X, eta):
        X += eta
        return X

    series, targets = X_test.copy(), y_test.copy()
    curve = curve_of(Spy().fit(X, y), changing(spoil), series, targets, n_repeats=1)
    assert_array_equal(series, X_test)
    assert_array_equal(targets, y_test)
    assert_allclose(curve.distance, np.array(ETAS) / X_test.std())


def test_the_augmenter_keeps_its_parameters_and_state():
    augmenter = DirectAugmenter("jitter", eta=0.3, random_state=5).fit(X, y)
    before = copy.deepcopy(vars(augmenter))
    curve_of(augmenter=augmenter)
    assert vars(augmenter).keys() == before.keys()
    assert augmenter.get_params() == DirectAugmenter(eta=0.3, random_state=5).get_params()
    assert_array_equal(augmenter.rows_, before["rows_"])


def test_an_int_gives_the_same_curve_and_none_a_fresh_one():
    state = np.random.get_state()[1].copy()
    assert_array_equal(curve_of(etas=[3]).distances, curve_of(etas=[3]).distances)
    fresh = [curve_of(etas=[3], random_state=None).distances for _ in range(2)]
    assert (fresh[0] != fresh[1]).all()
    assert_array_equal(np.random.get_state()[1], state)


def test_a_repeat_has_its_own_noise_the_same_for_all_strengths():
    curve = curve_of(etas=[1, 2], n_repeats=3)
    assert len(set(curve.distances[0])) == 3
    assert_allclose(curve.distances[1], 2 * curve.distances[0], rtol=1e-4)
    # A further strength changes nothing.
    assert_array_equal(curve_of(etas=[1, 1.5, 2], n_repeats=3).scores[::2], curve.scores)


def test_the_number_of_jobs_plays_no_role():
    one, two = curve_of(n_jobs=1, n_repeats=2), curve_of(n_jobs=2, n_repeats=2)
    assert_array_equal(one.scores, two.scores)
    assert_array_equal(one.distances, two.distances)


# -------------------------------------------------------------------------------------------
# Models, scorers, containers
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scoring, score",
    [
        ("balanced_accuracy", balanced_accuracy_score),
        (make_scorer(balanced_accuracy_score), balanced_accuracy_score),
        (lambda model, X, y: int((model.predict(X) == y).sum()), lambda y, p: (y == p).sum()),
    ],
)
def test_any_scorer_will_do(scoring, score):
    curve = curve_of(scoring=scoring, etas=[1], n_repeats=1)
    made = JITTER.augment(X_test, eta=1, random_state=derive_seed(0, "repeat 0") % 2**32)
    assert curve.reference == score(y_test, MODEL.predict(X_test))
    assert curve.scores[0, 0] == score(y_test, MODEL.predict(made))
    assert curve.score_name == ("balanced accuracy" if isinstance(scoring, str) else "score")


@pytest.mark.parametrize(
    "model", [make_pipeline(StandardScaler(), clone(MODEL)), FrozenEstimator(MODEL), "search"]
)
def test_pipelines_searches_and_frozen_models_are_fitted_models(model):
    if model == "search":
        model = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 5]}, cv=2)
    model.fit(X, y)
    curve = curve_of(model, etas=[0, 5])
    assert (curve.scores[0] == model.score(X_test, y_test)).all()
    assert curve.mean[1] < curve.reference


def test_a_regressor_is_scored_by_its_own_score():
    model = Ridge().fit(X_target, target)
    augmenter = DirectAugmenter("jitter").fit(X_target, target)
    curve = curve_of(model, augmenter, X_target_test, target_test, [0, 1, 4])
    assert (curve.scores[0] == model.score(X_target_test, target_test)).all()
    assert (np.diff(curve.mean) < 0).all()
    error = curve_of(
        model, augmenter, X_target_test, target_test, [0], scoring="neg_mean_absolute_error"
    )
    expected = -mean_absolute_error(target_test, model.predict(X_target_test))
    assert (error.scores == expected).all()


def test_a_forecaster_of_several_steps_is_scored_on_changed_pasts():
    waves = np.sin(np.arange(30) * 0.4 + np.arange(40)[:, None])
    windows = make_forecasting_windows(waves, 20, 3)
    past, future = windows.X.reshape(len(windows), -1), windows.y.reshape(len(windows), -1)
    model, augmenter = LinearRegression().fit(past, future), DirectAugmenter().fit(past)
    curve = curve_of(model, augmenter, past, future, [0, 0.5, 2])
    assert curve.reference == pytest.approx(1)
    assert curve.mean[0] == curve.reference
    assert (np.diff(curve.mean) < 0).all()
    with pytest.raises(ValueError, match=r"y has 4 rows, but there are \d+ series"):
        curve_of(model, augmenter, past, future[:4])


def flatten(X):
    """Bring series of any container into an array (n, 20), 0 beyond their end."""
    if isinstance(X, list):
        X = np.stack([np.pad(row, (0, 20 - len(row))) for row in X])
    return np.nan_to_num(np.asarray(X).reshape(len(X), 20, -1)[..., 0])


CONTAINERS = {
    "array": lambda X: X,
    "float32": lambda X: X.astype(np.float32),
    "3-D": lambda X: X[..., None],
    "list": lambda X: [row[: 15 + number % 6] for number, row in enumerate(X)],
    "padded": lambda X: np.where(np.arange(20) < 20 - np.arange(len(X))[:, None] % 4, X, np.nan),
    "frame": lambda X: pd.DataFrame(X, columns=[f"t{step}" for step in range(20)]),
}


@pytest.mark.parametrize("kind", CONTAINERS)
def test_series_come_in_any_container_and_reach_the_model_in_it(kind):
    train, test = CONTAINERS[kind](X), CONTAINERS[kind](X_test)
    seen = []

    def note(X):
        seen.append(X)
        return flatten(X)

    model = make_pipeline(FunctionTransformer(note), KNeighborsClassifier()).fit(train, y)
    curve = curve_of(model, DirectAugmenter().fit(train), test, etas=[0, 3], n_repeats=2)
    assert {type(X) for X in seen} == {type(train)}
    first = seen[-1][0] if kind == "list" else seen[-1]
    assert np.asarray(first).dtype == (np.float32 if kind == "float32" else np.float64)
    assert (curve.scores[0] == model.score(test, y_test)).all()
    assert curve.mean[1] < curve.reference
    assert curve.distance[1] == pytest.approx(3, rel=0.05)


def test_names_of_columns_reach_a_model_that_knows_them():
    frame = CONTAINERS["frame"]
    model = KNeighborsClassifier().fit(frame(X), y)
    curve = curve_of(model, DirectAugmenter().fit(frame(X)), frame(X_test), etas=[0])
    assert (curve.scores == model.score(frame(X_test), y_test)).all()


def test_missing_values_stay_where_the_augmenter_keeps_them():
    gaps = X_test.copy()
    gaps[:, 7] = np.nan
    counts = []

    def note(X):
        counts.append(np.isnan(X).sum())
        return np.nan_to_num(X)

    model = make_pipeline(FunctionTransformer(note), KNeighborsClassifier()).fit(X, y)
    keep = DirectAugmenter(missing="keep").fit(X)
    curve = curve_of(model, keep, gaps, etas=[0], n_repeats=1)
    assert curve.mean[0] == curve.reference
    assert counts[1:] == [60, 60]
    curve_of(model, DirectAugmenter(missing="fill").fit(X), gaps, etas=[0], n_repeats=1)
    assert counts[3:] == [60, 0]


def test_labels_may_be_strings_and_targets_a_series():
    names = np.array(["a", "b", "c"])
    model = KNeighborsClassifier().fit(X, names[y])
    augmenter = DirectAugmenter("mixup").fit(X, names[y])
    curve = curve_of(model, augmenter, y=pd.Series(names[y_test], index=range(5, 65)))
    assert_array_equal(curve.scores, curve_of(augmenter=DirectAugmenter("mixup").fit(X, y)).scores)


def test_one_series_is_enough():
    curve = curve_of(X=X_test[:1], y=y_test[:1], etas=[0])
    assert curve.reference in (0, 1) and curve.distance[0] == 0


def test_constant_series_can_be_changed():
    curve = curve_of(X=np.ones((4, 20)), y=y_test[:4], etas=[1])
    assert curve.distance[0] == pytest.approx(X.std(), rel=0.2)


# -------------------------------------------------------------------------------------------
# What is refused
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options, kind, message",
    [
        (
            {"estimator": KNeighborsClassifier()},
            NotFittedError,
            "scores a model that is fitted, but this KNeighborsClassifier is not. Fit it on training series",
        ),
        (
            {"augmenter": DirectAugmenter()},
            NotFittedError,
            "This DirectAugmenter is not fitted. Fit it on training series",
        ),
        (
            {"augmenter": {"a": JITTER, "b": LatentAugmenter()}},
            NotFittedError,
            "This LatentAugmenter is not fitted. Fit it on training series",
        ),
        (
            {"augmenter": BlockBootstrapGenerator().fit(X)},
            TypeError,
            "needs an augmenter with augment(X, y, eta=...), which BlockBootstrapGenerator lacks",
        ),
        ({"augmenter": {}}, ValueError, "augmenter is an empty dict"),
        ({"etas": []}, ValueError, "etas must be a sequence of one strength or more"),
        ({"etas": 0.5}, ValueError, "such as [0, 0.25, 1], got 0.5"),
        ({"etas": "abc"}, ValueError, "such as [0, 0.25, 1], got 'abc'"),
        ({"etas": [0, -1]}, ValueError, "Each of etas must be at least 0, got -1"),
        ({"etas": [np.nan]}, ValueError, "Each of etas must be a finite number, got nan"),
        ({"etas": ["1"]}, TypeError, "Each of etas must be a number, got '1'"),
        ({"n_repeats": 0}, ValueError, "n_repeats must be at least 1, got 0"),
        ({"n_repeats": 1.5}, TypeError, "n_repeats must be an integer, got 1.5"),
        ({"y": None}, ValueError, "robustness_curve needs y, the class labels or real targets"),
        ({"y": y_test[:5]}, ValueError, "y has 5 entries, but there are 60 series"),
        ({"X": X_test[0]}, ValueError, "X has shape (20,), but robustness_curve takes series"),
        ({"X": np.full((60, 20), np.inf)}, ValueError, "X contains infinity in 60 of 60 series"),
        ({"X": X_test[:, :12]}, ValueError, "X has 12 features, but"),
        ({"scoring": "beauty"}, ValueError, "beauty"),
        ({"scoring": ["accuracy", "recall"]}, TypeError, "must be a single scorer, got a list"),
        ({"scoring": lambda *_: {"a": 1.0}}, TypeError, "must return one number, got {'a': 1.0}"),
        ({"scoring": lambda *_: "good"}, TypeError, "scoring must return one number, got 'good'"),
        (
            {"scoring": lambda *_: np.nan},
            ValueError,
            "The score of KNeighborsClassifier on 60 series is NaN",
        ),
    ],
)
def test_what_makes_no_curve_is_refused(options, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        curve_of(**options)


def test_an_augmenter_is_not_fitted_on_test_series():
    augmenter = DirectAugmenter()
    with pytest.raises(NotFittedError):
        curve_of(augmenter=augmenter)
    assert not hasattr(augmenter, "rows_")


def test_series_of_other_channels_than_those_of_the_fit_name_the_augmenter():
    model = make_pipeline(FunctionTransformer(flatten), KNeighborsClassifier()).fit(X, y)
    with pytest.raises(ValueError, match=r"but DirectAugmenter was fitted on series") as raised:
        curve_of(model, X=X_3d_test)
    assert raised.value.__notes__ == [
        "This was in robustness_curve, at eta=0, when 'DirectAugmenter' (DirectAugmenter) changed the series."
    ]


def test_classes_that_the_augmenter_does_not_know_are_told():
    with pytest.raises(ValueError, match="y has classes never seen at fit: 2"):
        curve_of(augmenter=DirectAugmenter("mixup").fit(X[y < 2], y[y < 2]))


def test_an_augmenter_that_breaks_is_named_with_its_strength():
    def break_down(X, eta):
        if eta > 1:
            raise RuntimeError("no more")
        return X

    with pytest.raises(RuntimeError, match="no more") as raised:
        curve_of(augmenter={"good": JITTER, "bad": changing(break_down)})
    assert raised.value.__notes__ == [
        "This was in robustness_curve, at eta=2, when 'bad' (Augmenter) changed the series."
    ]


class Refusing(KNeighborsClassifier):
    """Takes no series with large values."""

    def predict(self, X):
        if np.abs(X).max() > 100:
            raise ValueError("too large for me")
        return super().predict(X)


def test_a_model_that_breaks_is_told_from_the_augmenter():
    model = Refusing().fit(X, y)
    with pytest.raises(ValueError, match="too large for me") as raised:
        curve_of(model, etas=[0, 1000])
    assert raised.value.__notes__ == [
        "This was in robustness_curve, at eta=1000, when the model was scored on what 'DirectAugmenter' made."
    ]
    with pytest.raises(ValueError, match="too large for me") as raised:
        curve_of(model, X=1000 * X_test)
    assert raised.value.__notes__ == ["This was in robustness_curve, on the 60 series as they are."]


@pytest.mark.parametrize(
    "change, message",
    [
        (
            lambda X, eta: X[:-1],
            "Augmenter made an array of shape (59, 20), but an array of shape (60, 20) is needed",
        ),
        (
            lambda X, eta: X[:, :9],
            "Augmenter made an array of shape (60, 9), but an array of shape (60, 20) is needed",
        ),
        (
            lambda X, eta: np.stack([X, X], axis=2),
            "Augmenter made an array of shape (60, 20, 2), but an array of shape (60, 20) is needed",
        ),
        (
            lambda X, eta: np.where(np.arange(20) == 4, np.nan, X),
            "What Augmenter made has NaN where X has values, in 60 of 60 series",
        ),
        (lambda X, eta: X + np.inf, "What Augmenter made contains infinity in 60 of 60 series"),
        (lambda X, eta: None, "Augmenter made None. Its augment must return the series."),
        (
            lambda X, eta: pd.DataFrame(X),
            "Augmenter made a DataFrame of shape (60, 20), but an array",
        ),
        (lambda X, eta: list(X), "Augmenter made a list"),
        (lambda X, eta: X[..., np.newaxis], "Augmenter made an array of shape (60, 20, 1)"),
    ],
)
def test_what_is_no_version_of_the_series_is_refused(change, message):
    with pytest.raises((ValueError, TypeError), match=re.escape(message)):
        curve_of(augmenter=changing(change))


def test_a_score_that_needs_two_classes_is_told_to_need_more_series():
    model = LogisticRegression().fit(X[y < 2], y[y < 2])
    one = y_test == 0

    def auc(model, X, y):
        one_class = len(np.unique(y)) < 2
        return np.nan if one_class else roc_auc_score(y, model.predict_proba(X)[:, 1])

    with pytest.raises(ValueError, match=r"is NaN. Some scores do not exist for a single class"):
        curve_of(model, X=X_test[one], y=y_test[one], scoring=auc)


def test_all_but_what_is_changed_is_given_by_name():
    kinds = [p.kind for p in inspect.signature(robustness_curve).parameters.values()]
    assert (
        kinds
        == [inspect.Parameter.POSITIONAL_OR_KEYWORD] * 5 + [inspect.Parameter.KEYWORD_ONLY] * 4
    )
