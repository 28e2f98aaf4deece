"""tstr_score: train and test on real and synthetic series, fold by fold, as one would by hand."""

import inspect
import re
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import (
    balanced_accuracy_score,
    log_loss,
    make_scorer,
    mean_absolute_error,
    r2_score,
)
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklaug import LatentAugmenter
from sklaug.datasets import make_labelled_series, make_target_series
from sklaug.model_selection import tstr_score
from sklaug.preprocessing import WindowTimeSplit, make_forecasting_windows, make_windows

ALL = ("TRTR", "TSTR", "TRTS", "TR+S")
X, y = make_labelled_series(n_samples=60, n_timepoints=20, n_classes=3, random_state=0)
X_target, target = make_target_series(n_samples=50, n_timepoints=20, random_state=0)


# -------------------------------------------------------------------------------------------
# Generators whose answers are known
# -------------------------------------------------------------------------------------------


class Replay(BaseEstimator):
    """The training rows once more, in their order."""

    def fit(self, X, y=None):
        self.X_, self.y_ = X, y
        return self

    def fit_transform(self, X, y=None):
        return self.fit(X, y).X_

    def sample(self, n, y=None, random_state=None):
        rows = np.arange(n) % len(self.X_)
        return take(self.X_, rows), None if self.y_ is None else self.y_[rows]


class Mirror(Replay):
    """The training rows from the last to the first, a little larger: nothing random, and not a replay."""

    def sample(self, n, y=None, random_state=None):
        X, y = super().sample(n)
        return 1.1 * X[::-1], None if y is None else y[::-1]


class ShuffledLabels(Replay):
    """The training rows with the labels of others."""

    def sample(self, n, y=None, random_state=None):
        X, y = super().sample(n)
        return X, np.random.default_rng(random_state).permutation(y)


class Noise(Replay):
    """What has nothing to do with any training row."""

    def sample(self, n, y=None, random_state=None):
        X, y = super().sample(n)
        return np.random.default_rng(random_state).normal(size=X.shape), y


class Spy(Replay):
    """A replay that writes down what it was given."""

    calls: ClassVar[list] = []

    def __init__(self, random_state=None, inner=None):
        self.random_state = random_state
        self.inner = inner

    def fit(self, X, y=None):
        inner = None if self.inner is None else self.inner.random_state
        self.calls.append({"X": X, "y": y, "seed": self.random_state, "inner": inner})
        return super().fit(X, y)

    def sample(self, n, y=None, random_state=None):
        self.calls[-1].update(n=n, sample_seed=random_state)
        return super().sample(n)


class Makes(Replay):
    """A replay of which something is spoiled by `spoil`, from (X, y) to what is returned."""

    def __init__(self, spoil=None):
        self.spoil = spoil

    def sample(self, n, y=None, random_state=None):
        return self.spoil(*super().sample(n))


class Witness(ClassifierMixin, BaseEstimator):
    """A classifier that writes down what it was given."""

    calls: ClassVar[list] = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.calls.append(("fit", X, y))
        return self

    def predict(self, X):
        self.calls.append(("predict", X))
        return np.repeat(self.classes_[:1], len(X))


class OfLists(ClassifierMixin, BaseEstimator):
    """Nearest neighbour on length and mean of the series of a list."""

    def fit(self, X, y):
        self.inner_ = KNeighborsClassifier(1).fit(self.describe(X), y)
        self.classes_ = self.inner_.classes_
        return self

    def predict(self, X):
        return self.inner_.predict(self.describe(X))

    def describe(self, X):
        assert isinstance(X, list)
        return [[len(row), row.mean()] for row in X]


@pytest.fixture(autouse=True)
def _nothing_written_down_yet():
    Spy.calls.clear()
    Witness.calls.clear()


def take(X, rows):
    if isinstance(X, pd.DataFrame):
        return X.iloc[rows]
    return [X[row] for row in rows] if isinstance(X, list) else X[rows]


def small(**kwargs):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, **kwargs})


def flattened(estimator):
    return make_pipeline(FunctionTransformer(lambda X: X.reshape(len(X), -1)), estimator)


def by_hand(estimator, X, y, splits, make, score):
    """Score all settings with plain loops; `make` returns synthetic series for training rows."""
    scores = {setting: [] for setting in ALL}
    for train, test in splits:
        real, held_out, made = (X[train], y[train]), (X[test], y[test]), make(X[train], y[train])
        both = np.concatenate([real[0], made[0]]), np.concatenate([real[1], made[1]])
        for setting, learn, predict in (
            ("TRTR", real, held_out),
            ("TSTR", made, held_out),
            ("TRTS", real, made),
            ("TR+S", both, held_out),
        ):
            scores[setting].append(score(clone(estimator).fit(*learn), *predict))
    return scores


def mirrored(X, y):
    return 1.1 * X[::-1], y[::-1]


def assert_same_scores(scores, expected, settings=ALL):
    for setting in settings:
        assert_array_equal(scores[setting], expected[setting], err_msg=setting)


# -------------------------------------------------------------------------------------------
# What the four settings are
# -------------------------------------------------------------------------------------------


def test_every_setting_of_a_classifier_is_what_one_computes_by_hand():
    X, y = make_labelled_series(n_samples=60, n_timepoints=20, noise=0.8, random_state=0)
    estimator = KNeighborsClassifier(3)
    scores = tstr_score(estimator, Mirror(), X, y)
    expected = by_hand(
        estimator,
        X,
        y,
        StratifiedKFold(5).split(X, y),
        mirrored,
        lambda model, X, y: model.score(X, y),
    )
    assert_same_scores(scores, expected)
    assert len({tuple(scores[setting]) for setting in ALL}) == 4  # none stands for another
    assert_array_equal(scores["n_train"], [48] * 5)
    assert_array_equal(scores["n_synthetic"], [48] * 5)


def test_every_setting_of_a_regressor_is_what_one_computes_by_hand():
    estimator = KNeighborsRegressor(3)
    scores = tstr_score(estimator, Mirror(), X_target, target, cv=4, scoring="r2")
    expected = by_hand(
        estimator,
        X_target,
        target,
        KFold(4).split(X_target),
        mirrored,
        lambda model, X, y: r2_score(y, model.predict(X)),
    )
    assert_same_scores(scores, expected)
    assert scores["TRTR"].mean() > 0.5


@pytest.mark.parametrize("method", ["sample", "augment"])
def test_an_augmenter_gives_what_it_gives_by_hand_with_the_seeds_of_the_folds(method):
    seen = tstr_score(KNeighborsClassifier(), Spy(), X, y, method=method, cv=2, random_state=3)
    assert seen["TSTR"].shape == (2,)
    seeds = [call["seed"] for call in Spy.calls]
    drawn = [call.get("sample_seed") for call in Spy.calls]
    scores = tstr_score(KNeighborsClassifier(), small(), X, y, method=method, cv=2, random_state=3)
    for number, (train, test) in enumerate(StratifiedKFold(2).split(X, y)):
        augmenter, made = small(random_state=seeds[number]), (None, y[train])
        if method == "sample":
            made = augmenter.fit(X[train], y[train]).sample(len(train), random_state=drawn[number])
        else:
            made = augmenter.fit_transform(X[train], y[train]), y[train]
        model = KNeighborsClassifier().fit(*made)
        assert scores["TSTR"][number] == model.score(X[test], y[test])
        model.fit(X[train], y[train])
        assert scores["TRTS"][number] == model.score(*made)


def test_whole_numbers_are_amounts_to_a_regressor():
    amounts = np.round(1000 * target).astype(int)
    estimator = KNeighborsRegressor(3)
    scores = tstr_score(estimator, Mirror(), X_target, amounts, cv=4)
    expected = by_hand(
        estimator,
        X_target,
        amounts,
        KFold(4).split(X_target),
        mirrored,
        lambda model, X, y: r2_score(y, model.predict(X)),
    )
    assert_same_scores(scores, expected)
    # Nor has a generator to draw every one of them.
    few = tstr_score(estimator, Mirror(), X_target, amounts, cv=4, n_synthetic=0.3)
    assert np.isfinite(few["TSTR"]).all()


def test_for_a_replay_tstr_equals_trtr_to_the_last_bit():
    for estimator, score in (
        (KNeighborsClassifier(), None),
        (LogisticRegression(), "neg_log_loss"),
    ):
        scores = tstr_score(estimator, Replay(), X, y, scoring=score)
        assert scores["TSTR"].tobytes() == scores["TRTR"].tobytes()


@pytest.mark.parametrize("generator", [Noise(), ShuffledLabels()])
def test_noise_and_shuffled_labels_score_no_better_than_chance(generator):
    X, y = make_labelled_series(n_samples=300, n_timepoints=20, n_classes=2, random_state=0)
    scores = tstr_score(KNeighborsClassifier(5), generator, X, y, cv=3, random_state=0)
    means = {setting: scores[setting].mean() for setting in ALL}
    assert means["TRTR"] > 0.95
    # Of 300 test rows, four standard deviations of a fair coin.
    assert abs(means["TSTR"] - 0.5) < 4 * np.sqrt(0.25 / 300)


def test_tr_plus_s_hardly_sees_noise():
    X, y = make_labelled_series(n_samples=300, n_timepoints=20, n_classes=2, random_state=0)
    scores = tstr_score(KNeighborsClassifier(5), Noise(), X, y, cv=3, random_state=0)
    assert scores["TR+S"].mean() > scores["TRTR"].mean() - 0.1


def test_only_the_settings_asked_for_are_there_and_in_that_order():
    scores = tstr_score(KNeighborsClassifier(), Replay(), X, y, settings=["TRTS", "TRTR"], cv=2)
    assert list(scores) == ["TRTS", "TRTR", "fit_time", "sample_time", "n_train", "n_synthetic"]
    one = tstr_score(KNeighborsClassifier(), Replay(), X, y, settings="TRTR", cv=2)
    assert_array_equal(one["TRTR"], scores["TRTR"])


def test_trtr_and_trts_share_one_fit():
    tstr_score(Witness(), Replay(), X, y, cv=[(np.arange(40), np.arange(40, 60))])
    fits = [len(call[1]) for call in Witness.calls if call[0] == "fit"]
    assert fits == [40, 40, 80]


def test_an_estimator_that_works_in_place_changes_no_other_setting():
    scaled = 100 * X + np.arange(20)
    in_place, safe = (
        make_pipeline(StandardScaler(copy=copy), KNeighborsClassifier()) for copy in (False, True)
    )
    before = scaled.copy()
    scores = tstr_score(in_place, Noise(), scaled, y, cv=2, random_state=0)
    assert_same_scores(scores, tstr_score(safe, Noise(), scaled, y, cv=2, random_state=0))
    assert_array_equal(scaled, before)


def test_real_rows_come_first_and_synthetic_ones_behind():
    train, test = np.arange(40), np.arange(40, 60)
    tstr_score(Witness(), Mirror(), X, y, cv=[(train, test)], settings="TR+S")
    (_, learned, labels), (_, predicted) = Witness.calls
    assert_array_equal(learned, np.concatenate([X[train], 1.1 * X[train][::-1]]))
    assert_array_equal(labels, np.concatenate([y[train], y[train][::-1]]))
    assert_array_equal(predicted, X[test])


# -------------------------------------------------------------------------------------------
# What the generator sees and makes
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sample", "augment"])
def test_the_generator_sees_the_training_rows_of_the_fold_alone(method):
    tstr_score(KNeighborsClassifier(), Spy(), X, y, cv=3, method=method)
    splits = list(StratifiedKFold(3).split(X, y))
    assert len(Spy.calls) == 3
    for call, (train, _) in zip(Spy.calls, splits, strict=True):
        assert_array_equal(call["X"], X[train])
        assert_array_equal(call["y"], y[train])


def test_the_callers_estimator_and_generator_stay_as_they_were():
    estimator, generator = KNeighborsClassifier(), Spy(random_state=5)
    tstr_score(estimator, generator, X, y, cv=2)
    assert generator.random_state == 5
    assert not hasattr(generator, "X_") and not hasattr(estimator, "classes_")


@pytest.mark.parametrize("n_synthetic, expected", [(0.5, 20), (1, 40), (2.4, 96), (1e-9, 1)])
def test_n_synthetic_is_a_multiple_of_the_training_rows(n_synthetic, expected):
    split = [(np.arange(40), np.arange(40, 60))]
    scores = tstr_score(
        KNeighborsClassifier(1),
        Spy(),
        X,
        y,
        cv=split,
        n_synthetic=n_synthetic,
        settings=["TRTR", "TR+S"],
    )
    assert Spy.calls[0]["n"] == expected
    assert_array_equal(scores["n_synthetic"], [expected])
    assert_array_equal(scores["n_train"], [40])


def test_times_are_seconds_and_augmentation_counts_as_fitting():
    scores = tstr_score(KNeighborsClassifier(), small(), X, y, cv=2)
    assert (scores["fit_time"] > 0).all() and (scores["sample_time"] > 0).all()
    assert (scores["fit_time"] < 60).all()
    scores = tstr_score(KNeighborsClassifier(), Replay(), X, y, cv=2, method="augment")
    assert (scores["fit_time"] > 0).all()
    assert_array_equal(scores["sample_time"], [0, 0])


# -------------------------------------------------------------------------------------------
# Seeds
# -------------------------------------------------------------------------------------------


def seeds_of(random_state, inner=None):
    Spy.calls.clear()
    tstr_score(KNeighborsClassifier(), Spy(7, inner), X, y, cv=3, random_state=random_state)
    return [(call["seed"], call["inner"], call["sample_seed"]) for call in Spy.calls]


def test_each_fold_has_seeds_of_its_own_which_reach_nested_estimators():
    seeds = seeds_of(0, inner=Spy(7))
    flat = [seed for fold in seeds for seed in fold]
    assert len(set(flat)) == 9 and 7 not in flat
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in flat)


def test_seeds_repeat_with_an_int_and_differ_otherwise():
    assert seeds_of(0) == seeds_of(0)
    assert not set(seeds_of(0)) & set(seeds_of(1))
    assert not set(seeds_of(None)) & set(seeds_of(None))
    assert seeds_of(np.random.RandomState(4)) == seeds_of(np.random.RandomState(4))


def test_the_global_generator_stays_where_it_is():
    before = np.random.get_state()[1].tolist()
    tstr_score(KNeighborsClassifier(), small(), X, y, cv=2)
    assert np.random.get_state()[1].tolist() == before


def test_folds_at_the_same_time_give_the_same_scores():
    arguments = {"cv": 3, "random_state": 0, "scoring": "neg_log_loss"}
    one = tstr_score(LogisticRegression(), small(), X, y, **arguments)
    two = tstr_score(LogisticRegression(), small(), X, y, n_jobs=2, **arguments)
    assert_same_scores(two, one)
    assert len(set(one["TSTR"])) == 3
    # What is raised in a worker tells where it was, too.
    with pytest.raises(ValueError, match=r"fold \d of tstr_score \(3 in all") as raised:
        tstr_score(LogisticRegression(), small(eta=-1), X, y, cv=3, n_jobs=2)
    assert "eta must be at least 0, got -1." in str(raised.value)


# -------------------------------------------------------------------------------------------
# Scorers and folds
# -------------------------------------------------------------------------------------------


def test_a_scorer_is_a_name_a_callable_or_made_from_a_metric():
    estimator = LogisticRegression()
    splits = list(StratifiedKFold(3).split(X, y))
    for scoring, score in (
        ("balanced_accuracy", lambda m, X, y: balanced_accuracy_score(y, m.predict(X))),
        (lambda m, X, y: 2 * m.score(X, y), lambda m, X, y: 2 * m.score(X, y)),
        (
            make_scorer(log_loss, response_method="predict_proba", greater_is_better=False),
            lambda m, X, y: -log_loss(y, m.predict_proba(X)),
        ),
    ):
        scores = tstr_score(estimator, Mirror(), X, y, cv=3, scoring=scoring)
        assert_same_scores(scores, by_hand(estimator, X, y, splits, mirrored, score))


def test_an_official_split_is_one_fold_and_may_be_a_mask():
    train = np.arange(60) < 45
    by_mask = tstr_score(KNeighborsClassifier(), Mirror(), X, y, cv=[(train, ~train)])
    rows = [(list(range(45)), list(range(45, 60)))]
    by_rows = tstr_score(KNeighborsClassifier(), Mirror(), X, y, cv=rows)
    assert_same_scores(by_mask, by_rows)
    assert_array_equal(by_mask["n_train"], [45])
    assert by_mask["TRTR"][0] == KNeighborsClassifier().fit(X[:45], y[:45]).score(X[45:], y[45:])


def test_groups_are_respected():
    groups = np.arange(60) % 4
    rows = X + 100.0 * groups[:, None]
    tstr_score(KNeighborsClassifier(), Spy(), rows, y, cv=GroupKFold(4), groups=groups)
    left_out = [set(range(4)) - set(call["X"][:, 0].round(-2) // 100) for call in Spy.calls]
    assert sorted(left_out, key=min) == [{0}, {1}, {2}, {3}]


def test_labels_of_any_type_are_taken():
    expected = tstr_score(KNeighborsClassifier(), small(), X, y, cv=2, random_state=0)
    for labels in (np.array(["a", "few", "words"])[y], list(y), pd.Series(y), y - 1.0):
        scores = tstr_score(KNeighborsClassifier(), small(), X, labels, cv=2, random_state=0)
        assert_same_scores(scores, expected)


def test_real_targets_are_drawn_by_the_generator():
    scores = tstr_score(Ridge(), small(), X_target, target, cv=2, scoring="neg_mean_absolute_error")
    for setting in ALL:
        assert (-scores[setting] < 3).all() and (scores[setting] < 0).all()


# -------------------------------------------------------------------------------------------
# Forecasting windows
# -------------------------------------------------------------------------------------------


def autoregressive(n_steps, n_channels=1, noise=1.0, seed=0):
    """Simulate x_t = 1.6 x_(t-1) - 0.9 x_(t-2) + noise, for channels that know nothing of each other."""
    rng = np.random.default_rng(seed)
    series = np.ones((n_steps, n_channels))
    for step in range(2, n_steps):
        series[step] = 1.6 * series[step - 1] - 0.9 * series[step - 2]
        series[step] += noise * rng.normal(size=n_channels)
    return series


def forecast_by_hand(estimator, recording, splits, past, horizon, make, targets=None):
    windows = make_forecasting_windows([recording], past, horizon, target_channels=targets)
    whole = make_windows([recording], past + horizon).X
    n_targets = windows.y[0].size // horizon
    channels = list(range(recording.shape[1])) if targets is None else np.atleast_1d(targets)
    scores = {setting: [] for setting in ALL}
    future = windows.y.reshape(len(windows), -1)
    for train, test in splits:
        made = make(whole[train], None)[0]
        made = made[:, :past], made[:, past:, channels].reshape(len(made), horizon * n_targets)
        real, held_out = (windows.X[train], future[train]), (windows.X[test], future[test])
        both = np.concatenate([real[0], made[0]]), np.concatenate([real[1], made[1]])
        for setting, learn, predict in (
            ("TRTR", real, held_out),
            ("TSTR", made, held_out),
            ("TRTS", real, made),
            ("TR+S", both, held_out),
        ):
            model = clone(estimator).fit(*learn)
            scores[setting].append(-mean_absolute_error(predict[1], model.predict(predict[0])))
    return scores


def mirrored_windows(X, y):
    return 1.1 * X[::-1], None


@pytest.mark.parametrize("n_channels, targets", [(1, None), (3, None), (3, 2), (3, [2, 0])])
def test_every_setting_of_a_forecaster_is_what_one_computes_by_hand(n_channels, targets):
    recording = autoregressive(90, n_channels)
    windows = make_windows([recording], 10)
    estimator, splitter = flattened(Ridge()), WindowTimeSplit(2)
    scores = tstr_score(
        estimator,
        Mirror(),
        windows.X,
        horizon=3,
        target_channels=targets,
        scoring="neg_mean_absolute_error",
        cv=splitter,
        groups=windows.starts,
    )
    splits = list(splitter.split(windows.X, groups=windows.starts))
    expected = forecast_by_hand(estimator, recording, splits, 7, 3, mirrored_windows, targets)
    for setting in ALL:
        # The order of axes in memory may change the last bit of a sum.
        assert_allclose(scores[setting], expected[setting], rtol=1e-10)


def test_an_autoregression_without_noise_is_forecast_exactly_and_by_a_replay_too():
    windows = make_windows(autoregressive(60, noise=0)[:, 0], 8).X
    scores = tstr_score(
        Ridge(1e-10), Replay(), windows, horizon=2, cv=3, scoring="neg_mean_absolute_error"
    )
    assert_allclose(scores["TRTR"], 0, atol=1e-5)
    assert scores["TSTR"].tobytes() == scores["TRTR"].tobytes()
    # Noise has no future to learn.
    options = {"horizon": 2, "cv": 3, "scoring": "neg_mean_absolute_error"}
    noise = tstr_score(Ridge(), Noise(), windows, **options, random_state=0)
    assert (noise["TSTR"] < -0.05).all()


def test_the_generator_sees_whole_windows_and_none_that_reaches_into_the_test():
    windows = make_windows(np.arange(60.0), 10)
    tstr_score(
        Ridge(),
        Spy(),
        windows.X,
        horizon=4,
        settings="TSTR",
        cv=WindowTimeSplit(3, gap=2),
        groups=windows.starts,
    )
    splits = WindowTimeSplit(3, gap=2).split(windows.X, groups=windows.starts)
    for call, (_, test) in zip(Spy.calls, splits, strict=True):
        assert call["X"].shape[1] == 10 and call["y"] is None
        assert call["X"].max() + 2 < windows.X[test].min()


@pytest.mark.parametrize("horizon, d, shape", [(1, 1, (20,)), (3, 1, (20, 3)), (2, 2, (20, 4))])
def test_the_past_keeps_its_channels_and_the_future_is_flat(horizon, d, shape):
    class RegressorWitness(Ridge):
        def fit(self, X, y):
            assert X.shape == (20, 8 - horizon, d)
            assert y.shape == shape
            return super().fit(X.reshape(len(X), -1), y)

        def predict(self, X):
            return super().predict(X.reshape(len(X), -1))

    windows = make_windows([autoregressive(47, d)], 8).X
    tstr_score(RegressorWitness(), Replay(), windows, horizon=horizon, cv=2, settings=ALL[:3])


def test_windows_may_stand_in_a_frame_or_a_list():
    windows = make_windows(autoregressive(60)[:, 0], 10).X
    arguments = {"horizon": 2, "cv": 3, "random_state": 0}
    expected = tstr_score(Ridge(), small(), windows, **arguments)
    frame = pd.DataFrame(windows, columns=[f"t{step}" for step in range(10)])
    assert_same_scores(tstr_score(Ridge(), small(), frame, **arguments), expected)
    assert_same_scores(tstr_score(Ridge(), small(), list(windows), **arguments), expected)


@pytest.mark.parametrize("method", ["sample", "augment"])
def test_a_forecaster_may_learn_from_windows_with_known_channels(method):
    windows = make_windows([autoregressive(60, 2)], 10).X
    scores = tstr_score(
        flattened(Ridge()),
        small(condition_channels=1),
        windows,
        horizon=2,
        target_channels=0,
        method=method,
        cv=2,
    )
    assert np.isfinite(scores["TSTR"]).all()


# -------------------------------------------------------------------------------------------
# Containers
# -------------------------------------------------------------------------------------------


def unequal_lists():
    rng = np.random.default_rng(0)
    lengths = rng.integers(8, 15, size=40)
    labels = np.arange(40) % 2
    return [rng.normal(size=n) + 3 * label for n, label in zip(lengths, labels, strict=True)], labels  # fmt: skip


@pytest.mark.parametrize("generator", [Replay(), small()])
def test_lists_of_unequal_series_reach_an_estimator_that_takes_lists(generator):
    rows, labels = unequal_lists()
    scores = tstr_score(OfLists(), generator, rows, labels, cv=2, random_state=0)
    if isinstance(generator, Replay):
        assert_array_equal(scores["TSTR"], scores["TRTR"])
    train, test = next(StratifiedKFold(2).split(labels, labels))
    by_hand = OfLists().fit(take(rows, train), labels[train]).score(take(rows, test), labels[test])
    assert scores["TRTR"][0] == by_hand
    assert_array_equal(scores["n_synthetic"], [20, 20])


def test_padded_series_keep_their_width_where_a_fold_lacks_the_longest():
    padded = np.full((40, 14), np.nan)
    for row, series in zip(padded, unequal_lists()[0], strict=True):
        row[: min(len(series), 12)] = series[:12]
    padded[39] = 1.0  # the only one of 14 steps
    split = [(np.arange(39), np.array([38, 39]))]
    tstr_score(Witness(), small(), padded, np.arange(40) % 2, cv=split)
    assert {call[1].shape[1] for call in Witness.calls} == {14}


def test_a_frame_stays_a_frame_with_its_columns():
    columns = [f"t{step}" for step in range(20)]
    frame = pd.DataFrame(X, columns=columns, index=np.arange(60) + 1000)
    scores = tstr_score(Witness(), small(), frame, y, cv=2, random_state=0)
    assert all(list(call[1].columns) == columns for call in Witness.calls)
    learned = [call[1] for call in Witness.calls if call[0] == "fit"]
    assert [len(rows) for rows in learned] == [30, 30, 60] * 2
    assert learned[2].index.is_unique
    of_array = tstr_score(Witness(), small(), X, y, cv=2, random_state=0)
    assert_same_scores(scores, of_array)


def test_a_generator_may_return_another_container_with_the_same_series():
    frame = pd.DataFrame(X)
    arrays = Makes(lambda X, y: (X.to_numpy(), y))
    scores = tstr_score(KNeighborsClassifier(), arrays, frame, y, cv=2)
    assert_array_equal(scores["TSTR"], scores["TRTR"])


def test_channels_and_float32_reach_the_estimator():
    deep = np.stack([X, 2 * X], axis=2).astype(np.float32)
    tstr_score(Witness(), small(), deep, y, cv=2)
    for call in Witness.calls:
        assert call[1].shape[1:] == (20, 2) and call[1].dtype == np.float32


def test_missing_values_pass_where_real_series_have_them():
    gaps = X.copy()
    gaps[::3, 5] = np.nan
    scores = tstr_score(Witness(), small(missing="keep"), gaps, y, method="augment", cv=2)
    assert np.isfinite(scores["TSTR"]).all()


# -------------------------------------------------------------------------------------------
# What goes wrong
# -------------------------------------------------------------------------------------------


def spoiled(n, value):
    """Make a generator that puts `value` into `n` of its series."""

    def spoil(X, y):
        X = X.copy()
        X[:n, 3] = value
        return X, y

    return Makes(spoil)


def relabelled(old, new):
    return Makes(lambda X, y: (X, np.where(y == old, new, y)))


@pytest.mark.parametrize(
    "generator, message",
    [
        (
            spoiled(n=2, value=np.nan),
            "What Makes made has NaN in 2 of 30 series (rows 0, 1), but none of the 30 training series has.",
        ),
        (spoiled(n=1, value=np.inf), "What Makes made contains infinity in 1 of 30 series (row 0)"),
        (
            Makes(lambda X, y: (X[:7], y[:7])),
            "What Makes made is 7 series of 1 channel(s), but it should be 30 of 1.",
        ),
        (
            Makes(lambda X, y: (np.stack([X, X], axis=2), y)),
            "What Makes made is 30 series of 2 channel(s), but it should be 30 of 1.",
        ),
        (Makes(lambda X, y: (X[:, :8], y)), "What Makes made has 8 steps, but X has 20."),
        (
            Makes(lambda X, y: (np.tile(X, 2), y)),
            "What Makes made has 40 steps, but X has 20.",
        ),
        (Makes(lambda X, y: (X, None)), "What Makes made came without y, though it was fitted"),
        (Makes(lambda X, y: (X, y[:3])), "y has 3 entries, but there are 30 series."),
        (
            relabelled(2, 9),
            "What Makes made has classes that no training row has: 9.",
        ),
    ],
)
def test_a_generator_that_makes_something_else_is_found_out(generator, message):
    with pytest.raises(ValueError, match=re.escape(message)) as raised:
        tstr_score(KNeighborsClassifier(), generator, X, y, cv=2)
    assert raised.value.__notes__ == [
        "This was in fold 0 of tstr_score (2 in all, counted from 0), when the generator was fitted and made series."
    ]


def test_series_without_any_value_are_found_out_where_gaps_are_usual():
    gaps = X.copy()
    gaps[:, 5] = np.nan
    empty = Makes(lambda X, y: (np.where(np.arange(len(X))[:, None] == 4, np.nan, X), y))
    with pytest.raises(ValueError, match=re.escape("no value at all in 1 of 30 series (row 4)")):
        tstr_score(Witness(), empty, gaps, y, cv=2)


def test_a_target_that_is_no_number_is_found_out():
    broken = Makes(lambda X, y: (X, np.where(y > np.median(y), np.nan, y)))
    message = r"What Makes made has NaN or infinity in y, for 12 of 25 series \(rows .*\)\."
    with pytest.raises(ValueError, match=message):
        tstr_score(Ridge(), broken, X_target, target, cv=2)


def test_a_generator_that_returns_no_pair_is_refused():
    message = "Makes.sample must return (X, y), got ndarray."
    with pytest.raises(TypeError, match=re.escape(message)):
        tstr_score(KNeighborsClassifier(), Makes(lambda X, y: X), X, y, cv=2)


def test_a_class_that_synthetic_series_lack_is_named_unless_real_rows_stand_beside_them():
    lacking = relabelled(2, 0)
    for settings, setting in ((ALL, "TSTR"), (("TR+S", "TRTS"), "TRTS")):
        message = (
            "The 30 synthetic series lack class(es) 2, which the 30 training rows have. Raise n_synthetic, or pass "
            "method='augment'"
        )
        with pytest.raises(ValueError, match=re.escape(message)) as raised:
            tstr_score(KNeighborsClassifier(), lacking, X, y, cv=2, settings=settings)
        assert raised.value.__notes__ == [
            f"This was in fold 0 of tstr_score (2 in all, counted from 0), setting {setting}."
        ]
    scores = tstr_score(KNeighborsClassifier(), lacking, X, y, cv=2, settings="TR+S")
    assert np.isfinite(scores["TR+S"]).all()


def test_what_an_estimator_raises_is_raised_again_and_tells_fold_and_setting():
    gaps = X.copy()
    gaps[:30:2, 3] = np.nan
    # The first fold is complete, the second meets the gaps when it is tested, the third when it is fitted.
    late, end = np.arange(30, 45), np.arange(45, 60)
    split = [(late, end), (late, np.arange(30)), (np.arange(30), end)]
    for cv, fold, settings in (
        (split, "fold 1 of tstr_score (3 in all, counted from 0), setting TRTR.", ALL),
        (split[::2], "fold 1 of tstr_score (2 in all, counted from 0), setting TSTR.", "TSTR"),
    ):
        with pytest.raises(ValueError, match="Input X contains NaN") as raised:
            tstr_score(LogisticRegression(), Replay(), gaps, y, cv=cv, settings=settings)
        assert raised.value.__notes__ == [f"This was in {fold}"]


def test_a_score_that_is_nan_is_refused():
    message = "The score of Ridge on 1 series is NaN."
    split = [(np.arange(49), [49])]
    with (
        pytest.warns(UserWarning, match="R.2 score is not well-defined"),
        pytest.raises(ValueError, match=message) as raised,
    ):
        tstr_score(Ridge(), Replay(), X_target, target, cv=split, settings="TSTR")
    assert "setting TSTR" in raised.value.__notes__[0]


@pytest.mark.parametrize("scores", ["good", {"a": 0.5}, [0.5, 0.5], None])
def test_a_scorer_returns_one_number(scores):
    message = f"scoring must return one number, got {scores!r}."
    with pytest.raises(TypeError, match=re.escape(message)):
        tstr_score(KNeighborsClassifier(), Replay(), X, y, scoring=lambda m, X, y: scores)


WINDOWS = np.arange(60.0).reshape(6, 10) % 7


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"y": None}, ValueError, "tstr_score needs y, class labels or real targets; or horizon"),
        ({"horizon": 3}, ValueError, "takes y, or horizon to forecast"),
        ({"target_channels": 0}, ValueError, "target_channels=0 are channels to forecast"),
        ({"y": y[:9]}, ValueError, "y has 9 entries, but there are 60 series."),
        ({"groups": [1, 2]}, ValueError, "inconsistent numbers of samples: [60, 60, 2]"),
        ({"settings": "TSTS"}, ValueError, "Unknown setting 'TSTS'. Known: TRTR, TSTR, TRTS, TR+S."),
        ({"settings": ()}, ValueError, "settings=(). Name one or more of TRTR, TSTR, TRTS, TR+S"),
        ({"settings": ["TSTR"] * 2}, ValueError, "each once"),
        ({"method": "fit"}, ValueError, "Unknown method 'fit'. Known: augment, sample."),
        ({"n_synthetic": 0}, ValueError, "n_synthetic must be more than 0, got 0."),
        ({"n_synthetic": "2"}, TypeError, "n_synthetic must be a number, got '2'."),
        ({"n_synthetic": 2, "method": "augment"}, ValueError, "n_synthetic=2, but method='augment'"),
        ({"scoring": ["accuracy", "f1"]}, TypeError, "scoring must be a single scorer, got a list."),
        ({"scoring": "nonsense"}, ValueError, "'nonsense'"),
        ({"cv": []}, ValueError, "cv makes no fold at all."),
        ({"random_state": "now"}, ValueError, "'now' cannot be used to seed"),
        ({"X": np.where(X[3, 3] == X, np.inf, X)}, ValueError, "X contains infinity in 1 of 60 series"),
        ({"X": X[0]}, ValueError, "X has shape (20,), but tstr_score takes series of shape"),
        (
            {"generator": KNeighborsClassifier()},
            TypeError,
            "method='sample' needs a generator with sample, which KNeighborsClassifier lacks.",
        ),
        (
            {"generator": FrozenEstimator(small().fit(X, y))},
            TypeError,
            "The generator is a FrozenEstimator, which cannot be fitted anew",
        ),
        (
            {"estimator": FrozenEstimator(KNeighborsClassifier().fit(X, y))},
            TypeError,
            "The estimator is a FrozenEstimator",
        ),
        (
            {"X": WINDOWS, "y": None, "horizon": 10},
            ValueError,
            "horizon=10 leaves nothing to forecast from, as the windows in X have 10 steps.",
        ),
        ({"X": WINDOWS, "y": None, "horizon": 0}, ValueError, "horizon must be at least 1, got 0."),
        (
            {"X": WINDOWS, "y": None, "horizon": 2, "target_channels": 1},
            ValueError,
            "target_channels=1, but X has 1 channels, numbered from 0.",
        ),
        (
            {"X": [np.ones(9), np.ones(12)], "y": None, "horizon": 2},
            ValueError,
            "X has windows of 9 to 12 steps, but with horizon all must be equally long.",
        ),
        (
            {"X": np.where(np.arange(60).reshape(6, 10) % 30 > 27, np.nan, WINDOWS), "y": None, "horizon": 2},
            ValueError,
            "2 of 6 series (rows 2, 5) end before step 10, or have no value at all among the first 8 steps or, in the target "
            "channels, the last 2.",
        ),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_before_anything_is_fitted(arguments, error, message):
    class NeverFitted(Replay):
        def fit(self, X, y=None):
            raise RuntimeError

    given = {"estimator": KNeighborsClassifier(), "generator": NeverFitted(), "X": X, "y": y}
    given |= {"cv": 2, **arguments}
    with pytest.raises(error, match=re.escape(message)) as raised:
        tstr_score(**given)
    assert not hasattr(raised.value, "__notes__")


def test_a_folded_set_too_small_for_the_generator_tells_how_small():
    with pytest.raises(ValueError, match=r"(?s)1 sample.* minimum of 2.*fold 0"):
        tstr_score(KNeighborsClassifier(1), small(), X, y, cv=[([0], [1, 2])])


def test_the_four_settings_are_the_default():
    assert inspect.signature(tstr_score).parameters["settings"].default == ALL
