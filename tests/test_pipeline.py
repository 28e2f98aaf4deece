"""In a Pipeline: trained on synthetic rows, predicting on real ones."""

import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from sklaug import LatentAugmenter
from sklaug.datasets import make_labelled_series, make_target_series

X, y = make_labelled_series(n_samples=40, n_timepoints=24, n_channels=2, random_state=0)


def small(**kwargs):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0, **kwargs})


class Witness(ClassifierMixin, BaseEstimator):
    """A classifier that keeps what it was given."""

    seen = None

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.trained_on_ = X, y
        return self

    def predict(self, X):
        self.predicted_on_ = X
        return np.repeat(self.classes_[:1], len(X))


class Flat(KNeighborsClassifier):
    """Nearest neighbours on the flattened series."""

    def fit(self, X, y):
        return super().fit(X.reshape(len(X), -1), y)

    def predict(self, X):
        return super().predict(X.reshape(len(X), -1))


def test_what_follows_trains_on_synthetic_rows_and_predicts_on_the_real_ones_bit_for_bit():
    pipeline = make_pipeline(small(), Witness()).fit(X[:30], y[:30])
    trained_on, targets = pipeline[-1].trained_on_
    assert np.array_equal(trained_on, small().fit_transform(X[:30], y[:30]))
    assert not np.isin(trained_on, X).any()
    assert np.array_equal(targets, y[:30])
    pipeline.predict(X[30:])
    assert pipeline[-1].predicted_on_.tobytes() == X[30:].tobytes()


def test_its_score_is_tstr_made_by_hand():
    folds = StratifiedKFold(4)
    scores = cross_val_score(make_pipeline(small(eta=1), Flat(1)), X, y, cv=folds)
    by_hand = []
    for train, test in folds.split(X, y):
        synthetic = small(eta=1).fit(X[train], y[train]).augment(X[train], y[train])
        by_hand.append(Flat(1).fit(synthetic, y[train]).score(X[test], y[test]))
    assert np.array_equal(scores, by_hand)


def test_test_rows_never_reach_training():
    """Other test rows, even absurd ones, change nothing that was learned."""
    train, test = np.arange(30), np.arange(30, 40)

    def synthetic_rows(X):
        pipeline = make_pipeline(small(), Witness())
        search = GridSearchCV(
            pipeline, {"latentaugmenter__eta": [1.0]}, cv=[(train, test)], refit=False
        )
        seen = []
        Witness.fit, fit = lambda self, X, y: (seen.append(X), fit(self, X, y))[1], Witness.fit
        try:
            search.fit(X, y)
        finally:
            Witness.fit = fit
        return seen[0]

    spoiled = X.copy()
    spoiled[test] = 1e6
    assert np.array_equal(synthetic_rows(X), synthetic_rows(spoiled))


def test_transform_returns_its_input_and_says_nothing_after_fit_transform():
    augmenter = small()
    augmenter.fit_transform(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert augmenter.transform(X) is X


def test_a_frozen_estimator_in_a_pipeline_warns_that_it_trains_on_real_rows():
    frozen = FrozenEstimator(small().fit(X, y))
    with pytest.warns(UserWarning, match=r"FrozenEstimator in a Pipeline trains .* on real rows"):
        pipeline = make_pipeline(frozen, Witness()).fit(X, y)
    assert np.array_equal(pipeline[-1].trained_on_[0], X)


def test_after_fit_transform_a_frozen_estimator_cannot_be_told_from_a_prediction():
    """The limit that the README names: no warning, and real rows."""
    augmenter = small()
    augmenter.fit_transform(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pipeline = make_pipeline(FrozenEstimator(augmenter), Witness()).fit(X, y)
    assert np.array_equal(pipeline[-1].trained_on_[0], X)


def test_fit_alone_then_transform_warns():
    with pytest.warns(UserWarning, match="returns X unchanged"):
        small().fit(X, y).transform(X)


def test_it_goes_before_a_regressor():
    X, y = make_target_series(n_samples=40, n_timepoints=24, random_state=0)
    pipeline = make_pipeline(small(), Ridge()).fit(X[:30], y[:30])
    assert pipeline.predict(X[30:]).shape == (10,)
    assert pipeline[0].target_["kind"] == "continuous"


def test_a_grid_reaches_its_parameters_by_name():
    pipeline = Pipeline([("aug", small()), ("clf", Flat(1))])
    grid = {
        "aug__eta": [0.1, 1],
        "aug__encoder": ["cnn_gru", "bilstm"],
        "aug__transformation": ["drift", ["jitter", "scaling"]],
    }
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert len(search.cv_results_["params"]) == 8
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_pipeline_with_memory_gives_the_same_predictions(tmp_path):
    plain = make_pipeline(small(), Flat(1)).fit(X, y)
    for _ in range(2):
        cached = make_pipeline(small(), Flat(1), memory=str(tmp_path)).fit(X, y)
        assert np.array_equal(cached.predict(X), plain.predict(X))


def test_a_clone_is_unfitted_and_fits_the_same():
    augmenter = small().fit(X, y)
    assert not hasattr(clone(augmenter), "weights_")
    assert np.array_equal(clone(augmenter).fit(X, y).augment(X, y), augmenter.augment(X, y))
