"""Any estimator, trained on real and synthetic rows, and tested on real ones that nobody has seen."""

import re
import warnings

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from comparing import Around
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.frozen import FrozenEstimator
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifierCV,
    RidgeCV,
    SGDClassifier,
)
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC
from sklearn.utils import estimator_html_repr, get_tags
from sklearn.utils.estimator_checks import check_classifiers_train, parametrize_with_checks
from sklearn.utils.validation import has_fit_parameter

import sklaug.meta
from sklaug import (
    AugmentedClassifier,
    AugmentedRegressor,
    BlockBootstrapGenerator,
    DirectAugmenter,
    LatentAugmenter,
    ReplayGenerator,
)
from sklaug.datasets import make_labelled_series
from sklaug.preprocessing import GapFiller, to_channels_first

X, y = make_labelled_series(n_samples=24, n_timepoints=12, random_state=0)
N = len(X)
X3 = np.stack([X, np.sin(X)], axis=2)
TARGETS = X.mean(axis=1)


class Spy(ClassifierMixin, BaseEstimator):
    """Remembers what it is fitted on."""

    def fit(self, X, y, sample_weight=None, names=None, depth=None):
        self.X_, self.y_, self.weight_ = X, y, sample_weight
        self.names_, self.depth_ = names, depth
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


class SpyAugmenter(DirectAugmenter):
    """Remembers, over all clones, the rows that it is shown."""

    shown = []

    def fit(self, X, y=None):
        self.shown.append(("fit", X))
        return super().fit(X, y)

    def augment(self, X, y=None, **options):
        self.shown.append(("augment", X))
        return super().augment(X, y, **options)


def spy(augmenter=None, **parameters):
    augmenter = DirectAugmenter(random_state=0) if augmenter is None else augmenter
    return AugmentedClassifier(Spy(), augmenter, **parameters)


def seen(model, X=X, y=y, **fit_params):
    """Fit, and return what the estimator was fitted on."""
    return model.fit(X, y, **fit_params).estimator_


def unequal(X):
    """Cut series to different lengths."""
    lengths = np.random.default_rng(1).integers(5, X.shape[1] + 1, size=len(X))
    return [x[:length].copy() for x, length in zip(X, lengths, strict=True)]


def tails(X):
    """Put NaN behind different lengths, and leave the last step to none."""
    X = X.copy()
    for x, short in zip(X, unequal(X), strict=True):
        x[min(len(short), X.shape[1] - 1) :] = np.nan
    return X


CONTAINERS = {
    "2-D": X,
    "3-D": X3,
    "float32": X.astype(np.float32),
    "NaN tails": tails(X),
    "NaN tails, channels": tails(X3),
    "list": unequal(X),
    "list with channels": unequal(X3),
    "DataFrame": pd.DataFrame(X, columns=[f"t{i}" for i in range(12)], index=range(100, 100 + N)),
}


# -------------------------------------------------------------------------------------------
# scikit-learn's own checks, none excused
# -------------------------------------------------------------------------------------------

TINY = {"hidden_dim": 4, "max_epochs": 1}


@parametrize_with_checks(
    [
        # Those with nothing but their parts are among all of tests/test_contract.py.
        AugmentedClassifier(LogisticRegression(), DirectAugmenter(), mode="replace"),
        AugmentedRegressor(Ridge(), DirectAugmenter(), method="sample", mode="replace"),
        AugmentedClassifier(LogisticRegression(), DirectAugmenter(), n_copies=0),
        AugmentedRegressor(Ridge(), DirectAugmenter(), n_copies=0),
        AugmentedClassifier(KNeighborsClassifier(), ReplayGenerator(), method="sample"),
        AugmentedRegressor(Ridge(), DirectAugmenter("mixup"), n_copies=2, synthetic_weight=0.5),
        AugmentedClassifier(LogisticRegression(), LatentAugmenter(**TINY)),
        AugmentedRegressor(Ridge(), LatentAugmenter(**TINY), method="sample"),
    ]
)
def test_scikit_learns_check_passes(estimator, check):
    check(estimator)


def test_synthetic_rows_alone_teach_what_the_check_asks_for_once_a_network_has_learned():
    network = LatentAugmenter(hidden_dim=4, max_epochs=20, random_state=0)
    for method in ("augment", "sample"):
        model = AugmentedClassifier(LogisticRegression(), network, method=method, mode="replace")
        check_classifiers_train("AugmentedClassifier", model)


def test_weights_stay_out_of_the_signature_which_the_checks_of_equal_weights_and_repeats_go_by():
    assert not has_fit_parameter(spy(), "sample_weight")


@pytest.mark.parametrize("n_copies", [0, 1])
@pytest.mark.parametrize("wrapped", [LogisticRegression(), KNeighborsClassifier()])
def test_tags_are_those_that_the_whole_can_keep(wrapped, n_copies):
    tags = get_tags(AugmentedClassifier(wrapped, DirectAugmenter(), n_copies=n_copies))
    own = get_tags(wrapped)
    assert not tags.input_tags.allow_nan
    assert not tags.input_tags.three_d_array
    assert tags.input_tags.sparse == (own.input_tags.sparse and not n_copies)
    assert tags.classifier_tags.multi_label == (own.classifier_tags.multi_label and not n_copies)
    assert tags.target_tags.required


def test_it_takes_gaps_and_channels_where_both_parts_do():
    tslearn = pytest.importorskip("tslearn.neighbors")
    model = AugmentedClassifier(tslearn.KNeighborsTimeSeriesClassifier(), DirectAugmenter())
    assert get_tags(model).input_tags.allow_nan
    assert get_tags(model).input_tags.three_d_array


def test_a_classifier_is_one_and_a_regressor_another():
    assert is_classifier(spy()) and not is_regressor(spy())
    regressor = AugmentedRegressor(Ridge(), DirectAugmenter())
    assert is_regressor(regressor) and not is_classifier(regressor)


# -------------------------------------------------------------------------------------------
# Rows
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["augment", "sample"])
@pytest.mark.parametrize("n_copies", [1, 2, 5])
def test_real_rows_stand_first_and_each_has_so_many_copies_of_its_label(n_copies, method):
    model = spy(n_copies=n_copies, method=method)
    got = seen(model)
    assert got.X_.shape == (N * (1 + n_copies), 12)
    np.testing.assert_array_equal(got.X_[:N], X)
    np.testing.assert_array_equal(got.y_, np.tile(y, 1 + n_copies))
    assert model.n_synthetic_ == N * n_copies
    assert not (got.X_[N:, None] == X).all(axis=2).any()


def test_a_copy_is_of_the_row_that_stands_a_set_before():
    got = seen(spy(DirectAugmenter(eta=0.01), n_copies=3, random_state=0))
    distance = np.abs(got.X_[N:, None] - X).max(axis=2)
    np.testing.assert_array_equal(distance.argmin(axis=1), np.tile(np.arange(N), 3))


@pytest.mark.parametrize("transformation", ["jitter", "time_warp", "mixup"])
def test_copies_of_a_row_differ(transformation):
    got = seen(spy(DirectAugmenter(transformation, random_state=0), n_copies=3))
    _, one, two, three = got.X_.reshape(4, N, 12)
    for these, those in [(one, two), (two, three), (one, three)]:
        # Mixing takes one of few partners, so some rows agree by chance.
        assert (these != those).any(axis=1).mean() > 0.5


def test_fewer_copies_are_the_first_of_more():
    few, many = (seen(spy(n_copies=n_copies)).X_ for n_copies in (2, 4))
    np.testing.assert_array_equal(many[: len(few)], few)


@pytest.mark.parametrize("method", ["augment", "sample"])
def test_replacing_leaves_the_synthetic_rows_of_adding(method):
    added, replaced = (seen(spy(n_copies=2, method=method, mode=m)) for m in ("add", "replace"))
    np.testing.assert_array_equal(replaced.X_, added.X_[N:])
    np.testing.assert_array_equal(replaced.y_, added.y_[N:])


@pytest.mark.parametrize("method", ["augment", "sample"])
@pytest.mark.parametrize("name", CONTAINERS)
def test_rows_come_in_the_container_that_they_were_given_in(name, method):
    given = CONTAINERS[name]
    got = seen(spy(n_copies=2, method=method), given).X_
    assert type(got) is type(given)
    assert len(got) == 3 * N
    if isinstance(given, list):
        for one, other in zip(got[:N], given, strict=True):
            np.testing.assert_array_equal(one, other, strict=True)
        assert all(np.isfinite(row).all() and row.dtype == given[0].dtype for row in got)
    elif isinstance(given, pd.DataFrame):
        pd.testing.assert_frame_equal(got[:N], given.reset_index(drop=True))
        assert list(got.index) == list(range(3 * N))
    else:
        np.testing.assert_array_equal(got[:N], given, strict=True)
        assert np.isfinite(got[N:]).any(axis=tuple(range(1, got.ndim))).all()


def test_copies_are_as_long_as_their_rows():
    for name in ("list", "NaN tails"):
        got = seen(spy(n_copies=2), CONTAINERS[name]).X_
        lengths = [np.isfinite(row).sum() for row in got]
        assert lengths == lengths[:N] * 3


def test_whole_numbers_become_floats_beside_synthetic_rows():
    whole = (10 * X).astype(int)
    got = seen(spy(), whole).X_
    assert got.dtype == np.float64
    np.testing.assert_array_equal(got[:N], whole)
    nested = seen(spy(), whole.tolist()).X_
    np.testing.assert_array_equal(nested, got)


def test_a_frame_of_floats_and_whole_numbers_becomes_one_of_floats():
    frame = pd.DataFrame(X).rename(columns=str).assign(**{"11": np.arange(N)})
    got = seen(spy(), frame).X_
    assert (got.dtypes == np.float64).all()
    np.testing.assert_array_equal(got["11"][:N], np.arange(N))


@pytest.mark.parametrize("method", ["augment", "sample"])
@pytest.mark.parametrize("kind", ["array", "list"])
def test_known_channels_of_a_copy_are_those_of_its_row(kind, method):
    given = X3 if kind == "array" else unequal(X3)
    augmenter = DirectAugmenter(condition_channels=1, random_state=0)
    got = seen(spy(augmenter, n_copies=2, method=method), given).X_
    for number, row in enumerate(got[N:]):
        parent = given[number % N]
        np.testing.assert_array_equal(row[:, 1], parent[:, 1])
        assert (row[:, 0] != parent[:, 0]).all()


@pytest.mark.parametrize("method", ["augment", "sample"])
def test_a_known_channel_that_goes_on_does_not_make_a_copy_longer(method):
    given = tails(X3)
    given[..., 1] = np.arange(12)
    augmenter = DirectAugmenter(condition_channels=1, random_state=0)
    got = seen(spy(augmenter, method=method), given).X_
    ends = np.isfinite(given[..., 0]).sum(axis=1)
    assert ends.min() < 11
    np.testing.assert_array_equal(np.isfinite(got[N:, :, 0]).sum(axis=1), ends)
    if method == "sample":
        np.testing.assert_array_equal(np.isfinite(got[N:, :, 1]).sum(axis=1), ends)


def test_where_a_tail_is_missing_and_no_end_copies_have_all_steps():
    given = tails(X3)
    given[..., 1] = np.arange(12)
    augmenter = DirectAugmenter(condition_channels=1, nan_tail="missing", random_state=0)
    got = seen(spy(augmenter, method="sample"), given).X_
    assert np.isfinite(got[N:]).all()


@pytest.mark.parametrize("generator", [BlockBootstrapGenerator, ReplayGenerator])
def test_a_generator_draws_rows_of_the_label(generator):
    shifted = X + 100 * y[:, None]
    got = seen(spy(generator(random_state=0), method="sample", n_copies=2), shifted)
    np.testing.assert_array_equal(np.round(got.X_.mean(axis=1) / 100), np.tile(y, 3))


def test_without_copies_all_goes_as_it_is_and_no_augmenter_is_trained():
    given, labels = (10 * X).astype(int).tolist(), list(map(str, y))
    SpyAugmenter.shown.clear()
    model = spy(SpyAugmenter(), n_copies=0)
    got = seen(model, given, labels)
    assert got.X_ is given and got.y_ is labels and got.weight_ is None
    assert model.augmenter_ is None and model.n_synthetic_ == 0
    assert SpyAugmenter.shown == []


@pytest.mark.parametrize("estimator", [LogisticRegression(), SVC(), KNeighborsClassifier(3)])
def test_without_copies_predictions_are_those_of_the_estimator_alone(estimator):
    model = AugmentedClassifier(estimator, DirectAugmenter(), n_copies=0).fit(X, y)
    alone = clone(estimator).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), alone.predict(X))
    for name in ("predict_proba", "predict_log_proba", "decision_function"):
        assert hasattr(model, name) == hasattr(alone, name)
        if hasattr(alone, name):
            np.testing.assert_array_equal(getattr(model, name)(X), getattr(alone, name)(X))
    assert model.score(X, y) == alone.score(X, y)
    assert model.n_features_in_ == 12


def test_the_estimator_is_the_one_that_is_fitted_by_hand_on_these_rows():
    augmenter = DirectAugmenter(random_state=0)
    model = AugmentedRegressor(Ridge(), augmenter, n_copies=2).fit(X, TARGETS)
    rows = spy(augmenter, n_copies=2).fit(X, y).estimator_.X_
    alone = Ridge().fit(rows, np.tile(TARGETS, 3))
    np.testing.assert_array_equal(model.estimator_.coef_, alone.coef_)


# -------------------------------------------------------------------------------------------
# Targets
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "labels",
    [
        np.where(y == 0, "a", "b"),
        np.where(y == 0, "a", "b").astype(object),
        y == 0,
        y.astype(float),
        y / 1 + 100,
        np.arange(N) // 2,  # two of each
        pd.Series(np.where(y == 0, "a", "b"), index=range(50, 50 + N)),
    ],
)
def test_labels_of_any_kind_are_kept(labels):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = spy(DirectAugmenter("mixup", random_state=0))
        got = seen(model, y=labels)
    np.testing.assert_array_equal(got.y_, np.tile(np.asarray(labels), 2), strict=True)
    assert model.augmenter_.target_["kind"] == "class"
    np.testing.assert_array_equal(model.classes_, np.unique(labels))


@pytest.mark.parametrize("targets", [TARGETS, np.arange(N), np.arange(N, dtype=float)])
def test_real_targets_are_real_to_the_augmenter_whole_numbers_too(targets):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = AugmentedRegressor(Ridge(), DirectAugmenter(random_state=0)).fit(X, targets)
    assert model.augmenter_.target_["kind"] == "continuous"
    assert model.augmenter.target_type == "auto"


def test_an_augmenter_that_is_told_what_targets_are_believes_that():
    augmenter = DirectAugmenter(target_type="class")
    model = AugmentedRegressor(Ridge(), augmenter).fit(X, y)
    assert model.augmenter_.target_["kind"] == "class"


def test_several_targets_are_refused_and_go_through_a_wrapper():
    two = np.column_stack([TARGETS, -TARGETS])
    model = AugmentedRegressor(Ridge(), DirectAugmenter(random_state=0))
    with pytest.raises(
        ValueError, match=r"y has shape \(24, 2\).*one target.*MultiOutputRegressor"
    ):
        model.fit(X, two)
    assert MultiOutputRegressor(model).fit(X, two).predict(X).shape == (N, 2)
    assert clone(model).set_params(n_copies=0).fit(X, two).predict(X).shape == (N, 2)


def test_one_class_alone_is_augmented():
    got = seen(spy(), y=np.zeros(N))
    assert got.X_.shape == (2 * N, 12)


# -------------------------------------------------------------------------------------------
# Weights and other parameters of fit
# -------------------------------------------------------------------------------------------


def test_nobody_weighs_anything_unless_asked():
    assert seen(spy()).weight_ is None
    assert seen(spy(), sample_weight=None).weight_ is None


def test_each_synthetic_row_has_the_synthetic_weight():
    np.testing.assert_array_equal(
        seen(spy(n_copies=2, synthetic_weight=0.25)).weight_, [1] * N + [0.25] * 2 * N
    )
    np.testing.assert_array_equal(
        seen(spy(mode="replace", synthetic_weight=2)).weight_, np.full(N, 2)
    )


def test_a_synthetic_row_has_the_weight_of_its_row_times_its_own():
    weight = np.arange(N)
    got = seen(spy(n_copies=2, synthetic_weight=0.5), sample_weight=weight).weight_
    np.testing.assert_array_equal(got, np.concatenate([weight, weight / 2, weight / 2]))
    np.testing.assert_array_equal(seen(spy(), sample_weight=list(weight)).weight_, [*weight] * 2)
    np.testing.assert_array_equal(seen(spy(), sample_weight=3).weight_, np.full(2 * N, 3))


def test_synthetic_rows_without_weight_change_nothing():
    model = AugmentedRegressor(Ridge(), DirectAugmenter(), synthetic_weight=0).fit(X, TARGETS)
    np.testing.assert_allclose(model.predict(X), Ridge().fit(X, TARGETS).predict(X))


def test_copies_that_weigh_together_what_their_row_does_equal_the_row_twice():
    """Known: with eta=0 each copy is its row, so 4 of weight 1/4 double every row."""
    model = AugmentedRegressor(
        Ridge(), DirectAugmenter(eta=0, random_state=0), n_copies=4, synthetic_weight=0.25
    ).fit(X, TARGETS)
    twice = Ridge().fit(np.tile(X, (2, 1)), np.tile(TARGETS, 2))
    np.testing.assert_allclose(model.predict(X), twice.predict(X))


def test_what_has_an_entry_for_each_row_is_handed_on_and_all_else_left():
    names = np.array([f"row {i}" for i in range(N)])
    got = seen(spy(n_copies=2), names=names, depth=[1, 2])
    np.testing.assert_array_equal(got.names_, np.tile(names, 3))
    assert got.depth_ == [1, 2]


def test_a_pipeline_gets_the_weights_in_its_last_step():
    pipeline = make_pipeline(StandardScaler(), Spy())
    model = AugmentedClassifier(pipeline, DirectAugmenter(), synthetic_weight=0.5)
    np.testing.assert_array_equal(model.fit(X, y).estimator_[-1].weight_, np.repeat([1, 0.5], N))
    got = model.fit(X, y, spy__sample_weight=np.full(N, 3)).estimator_[-1]
    np.testing.assert_array_equal(got.weight_, np.repeat([3, 1.5], N))
    nested = clone(model).set_params(estimator=Pipeline([("inner", pipeline)]))
    got = nested.fit(X, y).estimator_["inner"]["spy"]
    np.testing.assert_array_equal(got.weight_, np.repeat([1, 0.5], N))


def test_a_search_inside_hands_the_weights_on():
    search = GridSearchCV(Spy(), {}, cv=[(np.arange(N), np.arange(N))], scoring="accuracy")
    got = seen(AugmentedClassifier(search, DirectAugmenter(), synthetic_weight=0.5))
    np.testing.assert_array_equal(got.best_estimator_.weight_, np.repeat([1, 0.5], N))


@pytest.mark.parametrize(
    "estimator, name",
    [
        (KNeighborsClassifier(), "KNeighborsClassifier"),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), "Pipeline"),
        (GridSearchCV(KNeighborsClassifier(), {}), "GridSearchCV"),
        # These take anything, and hand nothing on; or have no last step.
        (OneVsRestClassifier(LogisticRegression()), "OneVsRestClassifier"),
        (make_pipeline(StandardScaler(), "passthrough"), "Pipeline"),
    ],
)
@pytest.mark.parametrize("n_copies", [0, 1])
def test_a_synthetic_weight_needs_an_estimator_that_takes_weights(estimator, name, n_copies):
    model = AugmentedClassifier(
        estimator, DirectAugmenter(), n_copies=n_copies, synthetic_weight=0.5
    )
    message = f"synthetic_weight=0.5 needs an estimator whose fit takes sample_weight.*{name}"
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


def test_a_regressor_of_transformed_targets_hands_the_weights_on():
    inside = TransformedTargetRegressor(Ridge(), func=np.exp, inverse_func=np.log)
    model = AugmentedRegressor(inside, DirectAugmenter(), synthetic_weight=0).fit(X, TARGETS)
    np.testing.assert_allclose(model.predict(X), clone(inside).fit(X, TARGETS).predict(X))


def test_weights_of_another_number_are_refused():
    with pytest.raises(ValueError, match=r"sample_weight has shape \(5,\), but there are 24"):
        spy().fit(X, y, sample_weight=np.ones(5))
    with pytest.raises(ValueError, match=r"sample_weight has shape \(24, 2\)"):
        spy().fit(X, y, sample_weight=np.ones((N, 2)))


@pytest.mark.filterwarnings("error")
def test_a_cross_validation_cuts_weights_with_the_rows():
    weight = np.arange(N, dtype=float)
    model = spy(DirectAugmenter(random_state=0), synthetic_weight=0.5)
    search = GridSearchCV(model, {"n_copies": [1]}, cv=3).fit(X, y, sample_weight=weight)
    got = search.best_estimator_.estimator_.weight_
    np.testing.assert_array_equal(got, np.concatenate([weight, weight / 2]))


def test_routed_weights_reach_an_estimator_that_requests_them():
    weight = np.arange(N, dtype=float)
    with sklearn.config_context(enable_metadata_routing=True):
        wrapped = Spy().set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        model = AugmentedClassifier(wrapped, DirectAugmenter(), synthetic_weight=0.5)
        got = seen(model, sample_weight=weight).weight_
        np.testing.assert_array_equal(got, np.concatenate([weight, weight / 2]))
        np.testing.assert_array_equal(seen(model).weight_, np.repeat([1, 0.5], N))
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        pipeline = clone(model).set_params(estimator=make_pipeline(scaler, wrapped))
        got = seen(pipeline)[-1].weight_
        np.testing.assert_array_equal(got, np.repeat([1, 0.5], N))
        # A scorer of its own: scikit-learn 1.6 asks a model that hands weights on for a request of its own.
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=False)
        search = GridSearchCV(model, {"n_copies": [2]}, cv=3, scoring=scorer)
        search.fit(X, y, sample_weight=weight)
        got = search.best_estimator_.estimator_.weight_
        np.testing.assert_array_equal(got, np.concatenate([weight, weight / 2, weight / 2]))


def test_routed_weights_that_nobody_requests_are_refused():
    with (
        sklearn.config_context(enable_metadata_routing=True),
        pytest.raises(UnsetMetadataPassedError, match="sample_weight"),
    ):
        spy().fit(X, y, sample_weight=np.ones(N))


@pytest.mark.parametrize("request_of", [None, False, "other_name"])
def test_a_synthetic_weight_that_nobody_requests_is_refused_before_an_augmenter_is_trained(
    request_of,
):
    SpyAugmenter.shown.clear()
    with sklearn.config_context(enable_metadata_routing=True):
        wrapped = Spy().set_fit_request(sample_weight=request_of)
        for estimator in (wrapped, make_pipeline(FunctionTransformer(), wrapped)):
            model = AugmentedClassifier(estimator, SpyAugmenter(), synthetic_weight=2)
            words = rf"requests sample_weight under this name, which {type(estimator).__name__} "
            with pytest.raises(ValueError, match=words):
                model.fit(X, y)
    assert SpyAugmenter.shown == []


def test_a_score_takes_weights():
    model = AugmentedClassifier(LogisticRegression(), DirectAugmenter(random_state=0)).fit(X, y)
    right = model.predict(X[::-1]) == y
    assert model.score(X[::-1], y, sample_weight=right) == 1
    with sklearn.config_context(enable_metadata_routing=True):
        model = AugmentedClassifier(
            LogisticRegression().set_score_request(sample_weight=True), DirectAugmenter()
        ).fit(X, y)
        right = model.predict(X[::-1]) == y
        assert model.score(X[::-1], y, sample_weight=right) == 1


def test_what_predict_takes_beside_series_is_handed_on():
    model = AugmentedRegressor(
        GaussianProcessRegressor(alpha=1, optimizer=None), DirectAugmenter(random_state=0)
    )
    mean, deviation = model.fit(X, TARGETS).predict(X, return_std=True)
    assert mean.shape == deviation.shape == (N,)
    with sklearn.config_context(enable_metadata_routing=True):
        model.estimator.set_predict_request(return_std=True)
        np.testing.assert_array_equal(
            model.fit(X, TARGETS).predict(X, return_std=True)[1], deviation
        )


# -------------------------------------------------------------------------------------------
# Searches and cross-validation
# -------------------------------------------------------------------------------------------


def test_nothing_of_the_test_rows_is_ever_shown_to_the_augmenter():
    SpyAugmenter.shown.clear()
    numbered = X.copy()
    numbered[:, 0] = np.arange(N)
    cv = KFold(4, shuffle=True, random_state=0)
    cross_val_score(spy(SpyAugmenter(), n_copies=2), numbered, y, cv=cv)
    shown = iter(SpyAugmenter.shown)
    for train, _ in cv.split(numbered):
        for expected in ("fit", "augment", "augment"):
            what, rows = next(shown)
            assert what == expected
            np.testing.assert_array_equal(rows[:, 0], train)
    assert next(shown, None) is None


def test_prediction_shows_the_estimator_the_rows_as_they_are():
    class Echo(Spy):
        def predict(self, X):
            return X

    model = AugmentedClassifier(Echo(), DirectAugmenter()).fit(X, y)
    assert model.predict(X) is X


def test_labels_without_meaning_stay_without():
    """A leak would lift the score: rows that are tested on would come back, changed, as training rows."""
    rng = np.random.default_rng(0)
    noise, labels = rng.normal(size=(120, 6)), rng.integers(2, size=120)
    model = AugmentedClassifier(KNeighborsClassifier(1), DirectAugmenter(eta=0.01), n_copies=3)
    score = cross_val_score(model, noise, labels, cv=5).mean()
    assert abs(score - 0.5) < 3 * 0.5 / np.sqrt(120)  # three standard errors of 120 coins
    augmented = DirectAugmenter(eta=0.01, random_state=0).fit(noise, labels).augment(noise, labels)
    leaky = cross_val_score(
        KNeighborsClassifier(1),
        np.concatenate([noise, augmented]),
        np.tile(labels, 2),
        cv=KFold(5, shuffle=True, random_state=0),
    ).mean()
    assert leaky > 0.8


def test_a_grid_over_copies_strength_and_the_estimator_trains_once_for_each_fold(
    tmp_path, trainings
):
    augmenter = LatentAugmenter(**TINY, memory=str(tmp_path), random_state=0)
    model = AugmentedClassifier(LogisticRegression(), augmenter)
    grid = {"n_copies": [0, 1, 3], "augmenter__eta": [0.1, 0.5], "estimator__C": [0.1, 1]}
    search = GridSearchCV(model, grid, cv=3, refit=False).fit(X, y)
    assert len(trainings) == 3
    assert len(search.cv_results_["params"]) == 12


def test_a_seed_from_outside_makes_an_augmenter_with_memory_train_once(tmp_path, trainings):
    augmenter = LatentAugmenter(**TINY, memory=str(tmp_path))
    model = AugmentedClassifier(LogisticRegression(), augmenter, random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="memory is set")
        GridSearchCV(model, {"n_copies": [0, 1, 3]}, cv=3, refit=False).fit(X, y)
    assert len(trainings) == 3


def test_a_search_may_choose_to_add_nothing():
    """Known: noise of 50 standard deviations hurts, so that none is best."""
    model = AugmentedRegressor(Ridge(), DirectAugmenter(eta=50, random_state=0), n_copies=3)
    search = GridSearchCV(model, {"n_copies": [0, 3]}, cv=3).fit(X, TARGETS)
    assert search.best_params_ == {"n_copies": 0}
    assert search.best_estimator_.augmenter_ is None


def test_a_search_gives_the_same_in_two_threads():
    model = AugmentedClassifier(LogisticRegression(), DirectAugmenter(), random_state=0)
    grid = {"n_copies": [0, 1, 3], "augmenter__eta": [0.1, 2]}
    with joblib.parallel_config("threading"):
        one, two = (
            GridSearchCV(model, grid, cv=3, n_jobs=n_jobs).fit(X, y).cv_results_["mean_test_score"]
            for n_jobs in (1, 2)
        )
    np.testing.assert_array_equal(one, two)


# -------------------------------------------------------------------------------------------
# Seeds
# -------------------------------------------------------------------------------------------

SEEDED = {
    "both": (0, 0),
    "outside": (0, None),
    "augmenter": (None, 0),
}


@pytest.mark.parametrize("method", ["augment", "sample"])
@pytest.mark.parametrize("seeds", SEEDED)
@pytest.mark.parametrize("augmenter", [DirectAugmenter(), LatentAugmenter(**TINY)])
def test_an_int_seed_gives_the_same_rows_bit_for_bit(augmenter, seeds, method):
    outside, own = SEEDED[seeds]
    augmenter = clone(augmenter).set_params(random_state=own)
    model = spy(augmenter, n_copies=2, method=method, random_state=outside)
    once = seen(model).X_
    np.testing.assert_array_equal(seen(model).X_, once)
    np.testing.assert_array_equal(seen(clone(model)).X_, once)


def test_without_a_seed_every_fit_is_another():
    model = spy(DirectAugmenter())
    assert (seen(model).X_[N:] != seen(model).X_[N:]).any()


def test_other_seeds_give_other_copies_of_the_same_augmenter():
    augmenter = LatentAugmenter(**TINY, random_state=0)
    one, two = (spy(augmenter, random_state=seed).fit(X, y) for seed in (1, 2))
    assert (one.estimator_.X_[N:] != two.estimator_.X_[N:]).any()
    assert joblib.hash(one.augmenter_.weights_) == joblib.hash(two.augmenter_.weights_)


def test_the_augmenter_keeps_its_own_seed_and_gets_one_only_if_it_has_none():
    assert (
        spy(DirectAugmenter(random_state=7), random_state=1).fit(X, y).augmenter_.random_state == 7
    )
    given = spy(DirectAugmenter(), random_state=1).fit(X, y)
    assert isinstance(given.augmenter_.random_state, int)
    assert given.augmenter.random_state is None
    assert spy(DirectAugmenter()).fit(X, y).augmenter_.random_state is None


def test_a_seed_reaches_what_is_in_an_augmenter_and_so_does_the_kind_of_targets():
    model = AugmentedRegressor(Ridge(), Around(DirectAugmenter()), random_state=0)
    one, two = (model.fit(X, np.arange(N)).estimator_.coef_ for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert model.augmenter_.inner.target_type == "continuous"
    assert model.augmenter.inner.random_state is None


def test_a_random_state_of_the_augmenter_stays_and_each_fit_repeats_it():
    model = spy(DirectAugmenter(random_state=np.random.RandomState(3)))
    once = seen(model).X_
    np.testing.assert_array_equal(seen(model).X_, once)


def test_a_random_state_is_drawn_from_and_the_global_one_is_not():
    before = np.random.get_state()[1].copy()
    one, two = (
        seen(spy(DirectAugmenter(), random_state=np.random.RandomState(3))).X_ for _ in range(2)
    )
    np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


# -------------------------------------------------------------------------------------------
# Estimators of other packages
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["augment", "sample"])
@pytest.mark.parametrize("name", ["2-D", "3-D", "NaN tails", "NaN tails, channels"])
def test_tslearns_neighbours_learn_from_both(name, method):
    tslearn = pytest.importorskip("tslearn.neighbors")
    model = AugmentedClassifier(
        tslearn.KNeighborsTimeSeriesClassifier(1), DirectAugmenter(random_state=0), method=method
    )
    model.fit(CONTAINERS[name], y)
    assert model.score(CONTAINERS[name], y) == 1  # each row is its own nearest
    assert cross_val_score(model, CONTAINERS[name], y, cv=3).shape == (3,)


@pytest.mark.parametrize("name", ["list", "list with channels"])
def test_lists_of_unequal_length_go_to_tslearn_through_its_own_converter(name):
    tslearn = pytest.importorskip("tslearn.neighbors")
    from tslearn.utils import to_time_series_dataset

    model = AugmentedClassifier(
        make_pipeline(
            FunctionTransformer(to_time_series_dataset),
            tslearn.KNeighborsTimeSeriesClassifier(1),
        ),
        DirectAugmenter(random_state=0),
        n_copies=2,
    )
    assert model.fit(CONTAINERS[name], y).score(CONTAINERS[name], y) == 1
    search = GridSearchCV(model, {"n_copies": [0, 1]}, cv=3).fit(CONTAINERS[name], y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_aeon_takes_the_rows_with_channels_first():
    aeon = pytest.importorskip("aeon.classification.distance_based")
    neighbours = aeon.KNeighborsTimeSeriesClassifier(n_neighbors=1)
    model = AugmentedClassifier(
        make_pipeline(FunctionTransformer(to_channels_first), neighbours),
        DirectAugmenter(random_state=0),
        n_copies=2,
    )
    for name in ("3-D", "2-D", "list with channels"):
        model.fit(CONTAINERS[name], y)
        assert model.score(CONTAINERS[name], y) == 1
        assert model.predict_proba(CONTAINERS[name]).shape == (N, len(np.unique(y)))


# -------------------------------------------------------------------------------------------
# What is refused
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters, error, message",
    [
        ({"n_copies": -1}, ValueError, "n_copies must be at least 0, got -1"),
        ({"n_copies": 1.5}, TypeError, "n_copies must be an integer, got 1.5"),
        ({"n_copies": True}, TypeError, "n_copies must be an integer, got True"),
        ({"method": "draw"}, ValueError, "Unknown method 'draw'. Known: augment, sample"),
        ({"mode": "mix"}, ValueError, "Unknown mode 'mix'. Known: add, replace"),
        ({"synthetic_weight": -0.5}, ValueError, "synthetic_weight must be at least 0, got -0.5"),
        ({"synthetic_weight": "half"}, TypeError, "synthetic_weight must be a number"),
        (
            {"n_copies": 0, "mode": "replace"},
            ValueError,
            "n_copies=0 with mode='replace' leaves no",
        ),
        (
            {"synthetic_weight": 0, "mode": "replace"},
            ValueError,
            "synthetic_weight=0 with mode='replace' leaves no row with a weight",
        ),
        ({"random_state": "seed"}, ValueError, "'seed' cannot be used to seed"),
    ],
)
def test_a_wrong_parameter_is_refused(parameters, error, message):
    with pytest.raises(error, match=re.escape(message)):
        spy(**parameters).fit(X, y)


@pytest.mark.parametrize("n_copies", [0, 1])
def test_a_generator_without_versions_is_told_the_other_method(n_copies):
    with pytest.raises(TypeError, match=r"BlockBootstrapGenerator lacks\. Set method='sample'"):
        spy(BlockBootstrapGenerator(), n_copies=n_copies).fit(X, y)


def test_what_is_no_augmenter_is_refused():
    with pytest.raises(TypeError, match=r"StandardScaler lacks\. Pass an augmenter"):
        spy(StandardScaler()).fit(X, y)


@pytest.mark.parametrize(
    "estimator, augmenter, message",
    [
        (None, DirectAugmenter(), "estimator must be an estimator with fit, got None."),
        (
            LogisticRegression,
            DirectAugmenter(),
            "estimator is a class. Pass an instance: LogisticRegression().",
        ),
        (
            LogisticRegression(),
            DirectAugmenter,
            "augmenter is a class. Pass an instance: DirectAugmenter().",
        ),
        (
            LogisticRegression(),
            None,
            "augmenter must be an augmenter or generator, such as DirectAugmenter(), got None. n_copies=0 adds no rows.",
        ),
        (
            LogisticRegression(),
            "time_warp",
            "augmenter='time_warp' is a transformation. Pass DirectAugmenter('time_warp').",
        ),
        (
            DirectAugmenter(),
            LogisticRegression(),
            "The two seem to be swapped: AugmentedClassifier(estimator, augmenter).",
        ),
    ],
    ids=str,
)
def test_parts_that_are_none_are_refused_in_words(estimator, augmenter, message):
    model = AugmentedClassifier(estimator, augmenter)
    assert is_classifier(model)
    with pytest.raises(TypeError, match=re.escape(message)):
        model.fit(X, y)


def test_a_message_of_python_names_no_private_class():
    with pytest.raises(TypeError, match=r"^[A-Z]\w*\.__init__\(\) takes 3 positional"):
        AugmentedClassifier(LogisticRegression(), DirectAugmenter(), 2)
    with pytest.raises(TypeError, match=r"^[A-Z]\w*\.fit\(\) missing 1 required"):
        spy().fit(X)


def test_labels_that_are_missing_are_counted():
    labels = [None if i == 3 else "a" for i in range(N)]
    with pytest.raises(ValueError, match=r"y is missing \(NaN or None\) in 1 of 24 rows"):
        spy().fit(X, labels)
    targets = np.array([None, *TARGETS[1:]], dtype=object)
    with pytest.raises(ValueError, match=r"y is missing \(NaN or None\) in 1 of 24 rows"):
        AugmentedRegressor(Ridge(), DirectAugmenter()).fit(X, targets)


@pytest.mark.parametrize("n_copies", [0, 1])
def test_channels_before_time_are_noticed_where_the_estimator_would_not(n_copies):
    model = spy(n_copies=n_copies).fit(X3, y)
    swapped = X3.swapaxes(1, 2)
    for ask in (model.predict, lambda rows: model.score(rows, y)):
        with pytest.raises(
            ValueError, match=r"X has shape \(24, 2, 12\), but Augmented.* of 2 channels.*swapaxes"
        ):
            ask(swapped)
    with pytest.raises(ValueError, match=r"\(24, 12, 1\), but .* fitted on series of 2 channels"):
        model.predict(X3[..., :1])
    assert len(model.predict(X3[:, :6])) == N  # how long series may be is for the estimator to say


def test_a_frozen_part_is_refused():
    frozen = FrozenEstimator(DirectAugmenter().fit(X, y))
    with pytest.raises(TypeError, match="The augmenter is a FrozenEstimator"):
        spy(frozen).fit(X, y)
    frozen = FrozenEstimator(LogisticRegression().fit(X, y))
    with pytest.raises(TypeError, match="The estimator is a FrozenEstimator"):
        AugmentedClassifier(frozen, DirectAugmenter()).fit(X, y)


def test_an_estimator_of_the_other_kind_is_refused():
    with pytest.raises(TypeError, match=r"Ridge is a regressor\. Use AugmentedRegressor"):
        AugmentedClassifier(Ridge(), DirectAugmenter()).fit(X, y)
    with pytest.raises(TypeError, match=r"SVC is a classifier\. Use AugmentedClassifier"):
        AugmentedRegressor(SVC(), DirectAugmenter()).fit(X, TARGETS)


def test_real_targets_are_refused_before_an_augmenter_is_trained():
    SpyAugmenter.shown.clear()
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        spy(SpyAugmenter()).fit(X, TARGETS)
    assert SpyAugmenter.shown == []


def test_targets_that_are_no_numbers_are_refused_by_the_regressor():
    with pytest.raises(ValueError, match=r"y cannot be read as real targets.*AugmentedClassifier"):
        AugmentedRegressor(Ridge(), DirectAugmenter()).fit(X, np.where(y == 0, "a", "b"))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("wrong, word", [(np.nan, "NaN"), (np.inf, "infinity")])
@pytest.mark.parametrize(
    "model", [spy(), AugmentedRegressor(Ridge(), DirectAugmenter())], ids=["classes", "real"]
)
def test_targets_that_are_not_finite_are_refused(model, wrong, word):
    targets = np.r_[TARGETS[:-1].round(), wrong]
    with pytest.raises(ValueError, match=f"Input y contains {word}"):
        model.fit(X, targets)


def test_series_and_targets_must_be_equally_many_and_more_than_one():
    with pytest.raises(ValueError, match="y has 23 entries, but there are 24 series"):
        spy().fit(X, y[:-1])
    with pytest.raises(ValueError, match=r"1 sample.*minimum of 2 is required by Augmented"):
        spy().fit(X[:1], y[:1])
    with pytest.raises(ValueError, match="requires y to be passed"):
        spy().fit(X, None)


def test_missing_values_are_left_to_the_estimator_to_refuse():
    gaps = X.copy()
    gaps[3, 4] = np.nan
    with pytest.raises(ValueError, match="Input X contains NaN"):
        AugmentedClassifier(LogisticRegression(), DirectAugmenter()).fit(gaps, y)
    got = seen(spy(), gaps).X_
    assert np.isnan(got).sum() == 1  # the real row keeps it, its copy is filled


@pytest.mark.parametrize("method", ["augment", "sample"])
@pytest.mark.parametrize("kind", ["array", "list"])
def test_they_are_refused_for_it_where_it_would_see_filled_rows_alone(kind, method):
    gaps = X.copy()
    gaps[3, 4] = gaps[7, 2] = np.nan
    gaps = gaps if kind == "array" else [row[: 12 - n % 3] for n, row in enumerate(gaps)]
    refusing = AugmentedClassifier(
        LogisticRegression(), DirectAugmenter(), method=method, mode="replace"
    )
    words = (
        r"Input X contains NaN, in 2 of 24 series \(rows 3, 7\), which LogisticRegression does not"
    )
    with pytest.raises(ValueError, match=words):
        refusing.fit(gaps, y)
    assert not get_tags(refusing).input_tags.allow_nan


@pytest.mark.parametrize("mode", ["add", "replace"])
@pytest.mark.parametrize("first", [GapFiller(), FunctionTransformer(np.nan_to_num)])
def test_a_pipeline_takes_them_where_its_first_step_does(first, mode):
    gaps = X.copy()
    gaps[3, 4] = np.nan
    inside = make_pipeline("passthrough", first, LogisticRegression())
    model = AugmentedClassifier(inside, DirectAugmenter(), mode=mode).fit(gaps, y)
    assert len(model.predict(gaps)) == N
    assert get_tags(model).input_tags.allow_nan


def test_lists_of_unequal_length_are_not_missing_anything():
    ends = FunctionTransformer(lambda rows: np.array([[len(row), row[-1]] for row in rows]))
    inside = make_pipeline(ends.set_params(validate=False), LogisticRegression())
    model = AugmentedClassifier(inside, DirectAugmenter(), mode="replace").fit(unequal(X), y)
    assert model.n_synthetic_ == N


@pytest.mark.parametrize(
    "change, error, message",
    [
        (lambda X: X[:-1], ValueError, r"made an array of shape \(23, 12\), but .*\(24, 12\)"),
        (lambda X: X[:, :-1], ValueError, r"made an array of shape \(24, 11\), but .*\(24, 12\)"),
        (lambda X: np.hstack([X, X]), ValueError, r"shape \(24, 24\), but .*\(24, 12\)"),
        (
            lambda X: X[:, :, None],
            TypeError,
            r"shape \(24, 12, 1\), but an array of shape \(24, 12\) is needed",
        ),
        (list, TypeError, "made a list of arrays of shape .*, but an array of shape"),
        (pd.DataFrame, TypeError, "made a DataFrame of shape .*, but an array of shape"),
    ],
)
def test_rows_that_do_not_go_with_the_real_ones_are_refused(change, error, message):
    class Odd(DirectAugmenter):
        def augment(self, X, y=None, **options):
            return change(super().augment(X, y, **options))

    with pytest.raises(error, match=message):
        spy(Odd()).fit(X, y)


def test_other_columns_are_refused():
    class Renaming(DirectAugmenter):
        def augment(self, X, y=None, **options):
            return super().augment(X, y, **options).add_prefix("new ")

    with pytest.raises(ValueError, match=r"columns \['new t0'.*those of X are \['t0'"):
        spy(Renaming()).fit(CONTAINERS["DataFrame"], y)


def test_a_failed_fit_keeps_the_last_one():
    model = AugmentedClassifier(LogisticRegression(), DirectAugmenter(random_state=0)).fit(X, y)
    before = joblib.hash(vars(model))
    with pytest.raises(ValueError, match="y has 23 entries"):
        model.fit(X, y[:-1])
    assert joblib.hash(vars(model)) == before


# -------------------------------------------------------------------------------------------
# The estimator as scikit-learn knows estimators
# -------------------------------------------------------------------------------------------


def test_methods_are_there_where_the_estimator_has_them():
    for wrapped in (LogisticRegression(), SVC(), SVC(probability=False), Spy()):
        model = AugmentedClassifier(wrapped, DirectAugmenter())
        for name in ("predict", "predict_proba", "predict_log_proba", "decision_function", "score"):
            assert hasattr(model, name) == hasattr(wrapped, name), name
    assert not hasattr(AugmentedRegressor(Ridge(), DirectAugmenter()), "predict_proba")


def test_the_score_is_the_estimators_own():
    class Seven(Spy):
        def score(self, X, y):
            return 7.0

    assert AugmentedClassifier(Seven(), DirectAugmenter()).fit(X, y).score(X, y) == 7

    class Silent(BaseEstimator):
        def fit(self, X, y):
            return self

    assert not hasattr(AugmentedClassifier(Silent(), DirectAugmenter()), "score")


def test_before_the_fit_nothing_is_answered():
    model = AugmentedClassifier(LogisticRegression(), DirectAugmenter())
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(model, name)(X)
    with pytest.raises(NotFittedError):
        model.score(X, y)
    for name in ("classes_", "n_features_in_", "feature_names_in_"):
        assert not hasattr(model, name)


def test_names_of_columns_are_checked_by_the_estimator():
    frame = CONTAINERS["DataFrame"]
    model = AugmentedClassifier(LogisticRegression(), DirectAugmenter()).fit(frame, y)
    assert list(model.feature_names_in_) == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={"t0": "other"}))
    assert not hasattr(model.fit(X, y), "feature_names_in_")


def test_a_fit_leaves_the_parts_alone():
    model = AugmentedRegressor(LinearRegression(), DirectAugmenter(), random_state=0)
    before = joblib.hash(model.get_params())
    model.fit(X, TARGETS)
    assert joblib.hash(model.get_params()) == before
    assert not hasattr(model.estimator, "coef_")
    assert not hasattr(model.augmenter, "rows_")


def test_parameters_of_the_parts_are_reached_by_their_names():
    model = AugmentedRegressor(Ridge(), DirectAugmenter())
    model.set_params(augmenter__eta=3, estimator__alpha=2, n_copies=4)
    assert (model.augmenter.eta, model.estimator.alpha, model.n_copies) == (3, 2, 4)
    assert model.get_params()["augmenter__eta"] == 3


def test_a_clone_has_the_parameters_and_is_not_fitted():
    model = AugmentedClassifier(
        LogisticRegression(C=3), DirectAugmenter(eta=2), n_copies=2, random_state=0
    ).fit(X, y)
    copied = clone(model)
    assert joblib.hash(copied.get_params()) == joblib.hash(model.get_params())
    assert not hasattr(copied, "estimator_")
    np.testing.assert_array_equal(copied.fit(X, y).predict_proba(X), model.predict_proba(X))


def test_a_stored_one_predicts_the_same(tmp_path):
    model = AugmentedClassifier(LogisticRegression(), LatentAugmenter(**TINY, random_state=0))
    joblib.dump(model.fit(X, y), tmp_path / "model")
    back = joblib.load(tmp_path / "model")
    np.testing.assert_array_equal(back.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(back.augmenter_.augment(X, y), model.augmenter_.augment(X, y))


def test_its_picture_shows_both_parts():
    picture = estimator_html_repr(AugmentedRegressor(Ridge(), DirectAugmenter()))
    for name in ("AugmentedRegressor", "Ridge", "DirectAugmenter"):
        assert name in picture


def test_it_stands_in_a_pipeline_and_in_a_regressor_of_neighbours():
    model = make_pipeline(
        StandardScaler(), AugmentedRegressor(KNeighborsRegressor(1), DirectAugmenter(eta=1e-6))
    )
    assert model.fit(X, TARGETS).score(X, TARGETS) == 1


def test_the_names_are_found_in_the_package_and_in_its_folder():
    assert sklaug.meta.AugmentedClassifier is AugmentedClassifier
    assert {"AugmentedClassifier", "AugmentedRegressor"} <= set(dir(sklaug.meta))
    with pytest.raises(AttributeError, match=r"module 'sklaug.meta' has no attribute 'Nonsense'"):
        _ = sklaug.meta.Nonsense


# -------------------------------------------------------------------------------------------
# Rows that an estimator holds out by itself
# -------------------------------------------------------------------------------------------

STOPPING = SGDClassifier(early_stopping=True, validation_fraction=0.3, random_state=0)


@pytest.mark.parametrize(
    ("estimator", "part"),
    [
        (RidgeClassifierCV(), "RidgeClassifierCV"),
        (make_pipeline(StandardScaler(), RidgeClassifierCV(cv=3)), "RidgeClassifierCV"),
        (GridSearchCV(SVC(), {"C": [1, 10]}, cv=2), "GridSearchCV"),
        (GridSearchCV(SVC(), {"C": [1, 10]}, cv=KFold(2, shuffle=True)), "GridSearchCV"),
        (STOPPING, "SGDClassifier"),
    ],
    ids=["alone", "in a Pipeline", "search", "splitter", "early stopping"],
)
def test_an_estimator_that_holds_rows_out_by_itself_is_told_of(estimator, part):
    model = AugmentedClassifier(estimator, DirectAugmenter(random_state=0))
    text = f"{part} holds out some of the rows that it is given. Synthetic rows that AugmentedClassifier made"
    with pytest.warns(UserWarning, match=text) as told:
        model.fit(X, y)
    assert told[0].filename == __file__


def test_a_regressor_that_holds_rows_out_is_told_of():
    with pytest.warns(UserWarning, match="RidgeCV holds out .* around AugmentedRegressor"):
        AugmentedRegressor(RidgeCV(), DirectAugmenter(random_state=0)).fit(X, TARGETS)


@pytest.mark.parametrize(
    ("estimator", "options"),
    [
        (RidgeClassifierCV(), {"n_copies": 0}),
        (RidgeClassifierCV(), {"mode": "replace"}),
        (GridSearchCV(SVC(), {"C": [1, 10]}, cv=[(np.arange(12), np.arange(12, N))]), {}),
        (SVC(), {}),
    ],
    ids=["no copies", "one version each", "own folds", "no search"],
)
def test_where_nothing_leaks_or_the_user_splits_nobody_is_warned(estimator, options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        AugmentedClassifier(estimator, DirectAugmenter(random_state=0), **options).fit(X, y)
