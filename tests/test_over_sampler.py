"""SyntheticOverSampler: how many rows, of which class, made of what, and in imbalanced-learn's Pipeline."""

# ruff: noqa: E501 - messages stand here in one piece, to be found by their text

import pickle
import re
import sys
import warnings
from collections import Counter
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from comparing import Around, pad, same_bits, says
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator, clone
from sklearn.frozen import FrozenEstimator
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklaug import (
    BlockBootstrapGenerator,
    DirectAugmenter,
    GaussianMixtureGenerator,
    LatentAugmenter,
    ReplayGenerator,
    SyntheticOverSampler,
)
from sklaug.datasets import make_labelled_series
from sklaug.meta._over_sampler import _takes_partners
from sklaug.meta._sampling_targets import count_new_rows, group_rows
from sklaug.transforms import restrict

pytestmark = pytest.mark.filterwarnings("ignore:.*fewer than 4 rows:UserWarning")

SZ, D = 10, 2
COUNTS = {"a": 9, "b": 6, "c": 4}
y = np.random.default_rng(5).permutation(np.repeat(list(COUNTS), list(COUNTS.values())))
N = len(y)
X = np.random.default_rng(0).normal(3, 2, size=(N, SZ, D))
LENGTHS = np.random.default_rng(1).integers(3, SZ + 1, size=N)
LENGTHS[0] = SZ
ROWS = [row[:n].copy() for row, n in zip(X, LENGTHS, strict=True)]
REAL = np.random.default_rng(2).exponential(size=N) + 0.25
LABELS = {
    "strings": y,
    "objects": y.astype(object),
    "ints": np.searchsorted(["a", "b", "c"], y),
    "floats": np.searchsorted(["a", "b", "c"], y).astype(float),
    "bools": y == "c",
}


def latent(**parameters):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0, **parameters})


MAKERS = {
    "latent sample": (latent(), "sample"),
    "latent augment": (latent(), "augment"),
    "direct sample": (DirectAugmenter(), "sample"),
    "direct augment": (DirectAugmenter(), "augment"),
    "mixup augment": (DirectAugmenter("mixup"), "augment"),
    "bootstrap": (BlockBootstrapGenerator(), "sample"),
    "mixture": (GaussianMixtureGenerator(), "sample"),
}
every_maker = pytest.mark.parametrize("augmenter, method", MAKERS.values(), ids=MAKERS)


def sampler(augmenter=None, **parameters):
    augmenter = DirectAugmenter() if augmenter is None else augmenter
    return SyntheticOverSampler(augmenter, **{"random_state": 0, **parameters})


def rows_of(X):
    """Return series as a list of arrays without what is behind their end."""
    X = X.to_numpy() if isinstance(X, pd.DataFrame) else X
    found = []
    for row in X:
        row = row.reshape(len(row), -1)
        there = np.flatnonzero(~np.isnan(row).all(axis=1))
        found.append(row[: there[-1] + 1])
    return found


def n_distinct(X):
    return len({row.tobytes() for row in np.ascontiguousarray(X)})


def with_rare(*sizes):
    """Return series and labels of a class of 8 rows and of others of these sizes."""
    labels = np.repeat(np.arange(len(sizes) + 1), [8, *sizes])
    return np.random.default_rng(3).normal(size=(len(labels), SZ, D)) + labels[
        :, None, None
    ], labels


# -------------------------------------------------------------------------------------------
# How many rows
# -------------------------------------------------------------------------------------------

STRATEGIES = [
    "auto",
    "not majority",
    "not minority",
    "minority",
    "all",
    {"c": 7},
    {"b": 6, "c": 30},
    {},
    lambda labels: dict.fromkeys(np.unique(labels).tolist(), 11),
]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_classes_get_as_many_rows_as_imbalanced_learn_says(strategy):
    imblearn = pytest.importorskip("imblearn.utils")
    expected = imblearn.check_sampling_strategy(strategy, y, "over-sampling")
    over = sampler(sampling_strategy=strategy)
    _, y_new = over.fit_resample(X, y)
    assert over.sampling_strategy_ == dict(expected)
    assert list(over.sampling_strategy_) == list(expected)
    assert Counter(y_new.tolist()) == {c: COUNTS[c] + expected.get(c, 0) for c in COUNTS}


@pytest.mark.parametrize(
    "strategy", ["auto", "minority", "not minority", "all", {"c": 12}], ids=str
)
def test_counts_are_those_of_random_over_sampling(strategy):
    over_sampling = pytest.importorskip("imblearn.over_sampling")
    flat = X.reshape(N, -1)
    _, theirs = over_sampling.RandomOverSampler(
        sampling_strategy=strategy, random_state=0
    ).fit_resample(flat, y)
    _, ours = sampler(sampling_strategy=strategy).fit_resample(flat, y)
    assert Counter(ours.tolist()) == Counter(theirs.tolist())


def count(strategy, labels):
    groups = group_rows(labels, "class", 5)
    return count_new_rows(strategy, groups, labels, "SyntheticOverSampler")


def test_for_random_classes_and_strategies_imbalanced_learn_counts_alike():
    imblearn = pytest.importorskip("imblearn.utils")
    rng = np.random.default_rng(0)
    compared = refused = 0
    for _ in range(300):
        counts = rng.integers(1, 9, size=rng.integers(1, 5))
        labels = rng.permutation(np.repeat(np.arange(len(counts)) * 3, counts))
        strategies = ["auto", "minority", "not minority", "not majority", "majority", "all", "some"]
        strategies += [float(rng.uniform(-0.1, 1.2)), 1, 0]
        strategies += [{int(c): int(rng.integers(-2, 14)) for c in rng.integers(0, 13, size=2)}]
        strategies += [{0: 9, 3: 9}]
        for strategy in strategies:
            try:
                expected = imblearn.check_sampling_strategy(strategy, labels, "over-sampling")
            except ValueError:
                refused += 1
                with pytest.raises(ValueError):  # noqa: PT011 - any of ours, each tested below
                    count(strategy, labels)
            else:
                compared += 1
                assert count(strategy, labels) == dict(expected)
    assert compared > 1000 and refused > 500


def test_a_ratio_is_rows_of_the_smaller_class_for_each_of_the_larger():
    labels = np.repeat(["large", "small"], [16, 4])
    over = sampler(sampling_strategy=0.75)
    _, y_new = over.fit_resample(X[:1].repeat(20, axis=0) + np.arange(20)[:, None, None], labels)
    assert Counter(y_new.tolist()) == {"large": 16, "small": 12}


def test_of_several_largest_or_smallest_classes_the_first_is_meant():
    labels = np.repeat([0, 1, 2, 3], [5, 5, 2, 2])
    assert count("auto", labels) == {1: 0, 2: 3, 3: 3}
    assert count("minority", labels) == {2: 3}
    assert count("not minority", labels) == {0: 0, 1: 0, 3: 3}


def test_a_callable_gets_the_labels_as_an_array():
    seen = []

    def strategy(labels):
        seen.append(labels)
        return {"c": 5}

    _, y_new = sampler(sampling_strategy=strategy).fit_resample(X, y.tolist())
    assert_array_equal(seen[0], y)
    assert Counter(y_new) == {**COUNTS, "c": 5}


@pytest.mark.parametrize(
    "strategy, error, message",
    [
        ("some", ValueError, "Unknown sampling_strategy 'some'. Known: auto, not majority, minority, not minority, all."),
        ("minorty", ValueError, "Unknown sampling_strategy 'minorty'. ... Did you mean 'minority'?"),
        ("majority", ValueError, "Unknown sampling_strategy 'majority'. ... An over-sampler adds no rows to the largest class."),
        ({"c": 3}, ValueError, "sampling_strategy wants 3 rows of 'c', but there are 4 already, and no row is taken away. Name 4 or more: how many there shall be after resampling."),
        ({"c": -1}, ValueError, "sampling_strategy wants -1 rows of 'c', but there are 4 already"),
        ({"d": 9, "e": 1, "c": 9}, ValueError, "sampling_strategy names classes of which y has no row: 'd', 'e'. It has class 'a' (9 rows), class 'b' (6 rows), class 'c' (4 rows)."),
        ({"c": 4.5}, TypeError, "sampling_strategy wants 4.5 rows of 'c', which is no whole number."),
        ({"c": True}, TypeError, "sampling_strategy wants True rows of 'c', which is no whole number."),
        (0.5, ValueError, "sampling_strategy=0.5 is a ratio of two classes, but y has 3 classes. Pass a dict: {class: rows after resampling}."),
        (1.5, ValueError, "sampling_strategy must be more than 0 and at most 1, got 1.5."),
        (0, ValueError, "sampling_strategy must be more than 0 and at most 1, got 0."),
        (float("nan"), ValueError, "sampling_strategy must be a finite number, got nan."),
        (True, TypeError, "sampling_strategy must be a str, a dict, a float or a callable, got True."),
        (["c"], TypeError, "sampling_strategy must be a str, a dict, a float or a callable, got ['c']."),
        (None, TypeError, "sampling_strategy must be a str, a dict, a float or a callable, got None."),
        (lambda labels: 9, TypeError, "sampling_strategy returned 9, but it must return a dict: {class: rows after resampling}."),
    ],
    ids=str,
)  # fmt: skip
def test_a_strategy_that_cannot_be_is_refused(strategy, error, message):
    with pytest.raises(error, match=says(message)):
        sampler(sampling_strategy=strategy).fit_resample(X, y)


def test_a_ratio_that_would_take_rows_away_is_refused():
    labels = np.repeat([7, 8], [10, 9])
    with pytest.raises(
        ValueError,
        match=says(
            "sampling_strategy=0.5 wants 5 rows of 8 beside 10 of 7, but there are 9 already. Pass a ratio above 0.9"
        ),
    ):
        sampler(sampling_strategy=0.5).fit_resample(X, labels)


def test_one_class_is_refused():
    with pytest.raises(
        ValueError,
        match=says(
            "y has one class only, class 'a' (9 rows), but SyntheticOverSampler needs rows of 2 or more"
        ),
    ):
        sampler().fit_resample(X[:9], np.repeat("a", 9))


# -------------------------------------------------------------------------------------------
# What comes back
# -------------------------------------------------------------------------------------------


@every_maker
def test_real_rows_come_first_in_their_order_and_synthetic_ones_behind_class_by_class(
    augmenter, method
):
    over = sampler(augmenter, method=method)
    X_new, y_new = over.fit_resample(X, y)
    assert same_bits(X_new[:N], X)
    assert_array_equal(y_new[:N], y)
    assert_array_equal(y_new[N:], ["b"] * 3 + ["c"] * 5)
    assert_array_equal(over.is_synthetic_, np.arange(N + 8) >= N)
    assert np.isfinite(X_new).all()
    assert n_distinct(X_new) == N + 8


@every_maker
def test_versions_name_their_parents_and_samples_have_none(augmenter, method):
    over = sampler(augmenter, method=method)
    _, y_new = over.fit_resample(X, y)
    assert over.sample_indices_.dtype == np.int64
    assert_array_equal(over.sample_indices_[:N], np.arange(N))
    parents = over.sample_indices_[N:]
    if method == "sample":
        assert_array_equal(parents, -1)
    else:
        assert_array_equal(y[parents], y_new[N:])


def test_each_row_is_a_parent_as_often_as_the_others_give_or_take_one():
    over = sampler(method="augment", sampling_strategy={"c": 4 + 10, "b": 6 + 4})
    over.fit_resample(X, y)
    parents = Counter(over.sample_indices_[N:].tolist())
    assert sorted(parents[row] for row in np.flatnonzero(y == "c")) == [2, 2, 3, 3]
    assert sorted(parents[row] for row in np.flatnonzero(y == "b")) == [0, 0, 1, 1, 1, 1]


def test_versions_of_one_row_are_the_row_at_no_strength_and_differ_from_each_other_else():
    strategy = {"c": 4 + 40}
    over = sampler(DirectAugmenter(eta=0), method="augment", sampling_strategy=strategy)
    X_new, _ = over.fit_resample(X, y)
    assert same_bits(X_new, X[over.sample_indices_])
    X_new, _ = clone(over).set_params(augmenter__eta=0.1).fit_resample(X, y)
    assert n_distinct(X_new) == N + 40


def test_which_rows_are_parents_is_drawn_by_the_seed():
    drawn = set()
    for seed in range(20):
        over = sampler(method="augment", sampling_strategy={"b": 8}, random_state=seed)
        over.fit_resample(X, y)
        drawn |= {frozenset(over.sample_indices_[N:].tolist())}
    # Of 15 pairs, 20 draws miss no more than a few.
    assert len(drawn) > 7 and set.union(*map(set, drawn)) == set(np.flatnonzero(y == "b").tolist())


@pytest.mark.parametrize(
    "augmenter, expected",
    [
        (DirectAugmenter(["jitter", "time_warp"]), False),
        (DirectAugmenter(lambda Z, *, eta, rng: Z), False),
        (DirectAugmenter(["jitter", "mixup"]), True),
        (DirectAugmenter(restrict("mixup", channels=1)), True),
        (LatentAugmenter(residual="keep"), False),
        (LatentAugmenter(residual="resample"), True),
    ],
    ids=str,
)
def test_what_takes_something_of_other_rows_is_known(augmenter, expected):
    assert _takes_partners(augmenter) is expected


def mix_halfway():
    return DirectAugmenter("mixup", eta=np.log(2))


def test_a_partner_is_another_row_of_the_class_in_every_version():
    over = sampler(mix_halfway(), method="augment", sampling_strategy={"c": 4 + 41})
    X_new, _ = over.fit_resample(X, y)
    members = X[y == "c"]
    for row, parent in zip(X_new[N:], over.sample_indices_[N:], strict=True):
        partner = 2 * row - X[parent]
        distance = np.abs(members - partner).max(axis=(1, 2))
        assert distance.min() < 1e-4
        assert not np.array_equal(members[distance.argmin()], X[parent])


def test_a_stranger_gets_the_rows_of_a_class_together_and_each_once_a_call():
    calls = []

    class Stranger(BaseEstimator):
        def fit(self, X, y=None):
            return self

        def augment(self, X, y=None, *, random_state=None):
            calls.append((X[:, 0, 0].tolist(), y.tolist(), random_state))
            return X + 1

    over = sampler(Stranger(), method="augment", sampling_strategy={"c": 4 + 10})
    X_new, _ = over.fit_resample(X, y)
    assert same_bits(X_new[N:], X[over.sample_indices_[N:]] + 1)
    assert len(calls) == 3 and len({seed for *_, seed in calls}) == 3
    for values, labels, _ in calls:
        assert sorted(values) == sorted(X[y == "c", 0, 0]) and set(labels) == {"c"}


def test_what_does_not_make_what_it_was_asked_for_is_refused():
    class Lazy(DirectAugmenter):
        def sample(self, n_samples=1, y=None, random_state=None, *, condition=None):
            return super().sample(1, y[:1], random_state)

    with pytest.raises(
        ValueError,
        match=says(
            "Lazy made an array of shape (1, 10, 2), but an array of shape (8, 10, 2) is needed, to go with X."
        ),
    ):
        sampler(Lazy()).fit_resample(X, y)


def test_samples_are_of_their_class():
    shifted = X + 100 * LABELS["ints"][:, None, None]
    for augmenter in (DirectAugmenter(), BlockBootstrapGenerator(), GaussianMixtureGenerator()):
        X_new, y_new = sampler(augmenter).fit_resample(shifted, LABELS["ints"])
        assert_array_equal((X_new.mean(axis=(1, 2)) // 100).astype(int), y_new)


@pytest.mark.parametrize("labels", LABELS.values(), ids=LABELS)
def test_labels_of_every_type_come_back_as_they_came(labels):
    for came in (labels, labels.tolist(), pd.Series(labels, index=np.arange(N) + 5, name="kind")):
        X_new, back = sampler().fit_resample(X, came)
        assert type(back) is type(came)
        flat = np.asarray(back)
        counts = np.unique(labels, return_counts=True)[1]
        assert len(X_new) == len(flat) == len(counts) * counts.max()
        assert_array_equal(flat[:N], labels)
        assert len(set(Counter(flat.tolist()).values())) == 1
        if not isinstance(came, list):
            assert back.dtype == came.dtype
        if isinstance(came, pd.Series):
            assert back.name == "kind"
            assert_array_equal(back.index, np.arange(len(flat)))


def test_categories_and_a_frame_of_one_column_come_back_as_they_came():
    categories = pd.Series(pd.Categorical(y, categories=["c", "b", "a", "never"]))
    _, back = sampler().fit_resample(X, categories)
    assert back.dtype == categories.dtype
    assert Counter(back) == {"a": 9, "b": 9, "c": 9}
    with pytest.warns(match="A column-vector y was passed"):
        _, back = sampler().fit_resample(X, pd.DataFrame({"kind": y}))
    assert list(back.columns) == ["kind"] and Counter(back["kind"]) == {"a": 9, "b": 9, "c": 9}


@every_maker
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_containers_and_dtypes_are_kept(augmenter, method, dtype):
    over = sampler(augmenter, method=method)
    for series in (X, X[:, :, 0]):
        X_new, _ = over.fit_resample(series.astype(dtype), y)
        assert X_new.dtype == dtype and X_new.shape == (27, *series.shape[1:])

    frame = pd.DataFrame(X[:, :, 0].astype(dtype), index=np.arange(N) * 7)
    frame.columns = [f"t{step}" for step in range(SZ)]
    X_new, _ = over.fit_resample(frame, y)
    assert isinstance(X_new, pd.DataFrame) and set(X_new.dtypes) == {np.dtype(dtype)}
    assert list(X_new.columns) == list(frame.columns) == over.feature_names_in_.tolist()
    assert X_new.index.equals(pd.RangeIndex(27))
    assert_array_equal(X_new[:N], frame)
    assert np.isfinite(X_new.to_numpy()).all()


@every_maker
def test_lists_and_padding_are_kept_and_synthetic_series_have_lengths_of_their_class(
    augmenter, method
):
    over = sampler(augmenter, method=method)
    X_list, y_new = over.fit_resample(ROWS, y)
    assert isinstance(X_list, list) and same_bits(X_list[:N], ROWS)
    lengths = {label: set(LENGTHS[y == label]) for label in COUNTS}
    for number in range(N, len(X_list)):
        assert np.isfinite(X_list[number]).all()
        assert len(X_list[number]) in lengths[y_new[number]]
        if method == "augment":
            assert len(X_list[number]) == LENGTHS[over.sample_indices_[number]]
    # Wider padding than any series needs stays as wide.
    padded = pad(ROWS, SZ + 3)
    X_new, _ = over.fit_resample(padded, y)
    assert X_new.shape == (27, SZ + 3, D)
    assert_array_equal(X_new[:N], padded)
    assert same_bits(rows_of(X_new), X_list)


def test_lists_without_an_axis_of_channels_and_nested_ones_work():
    rows = [row[:, 0] for row in ROWS]
    X_new, _ = sampler().fit_resample(rows, y)
    assert {row.ndim for row in X_new} == {1} and same_bits(X_new[:N], rows)
    X_new, y_new = sampler().fit_resample(X.tolist(), y.tolist())
    assert isinstance(X_new, list) and isinstance(y_new, list)
    assert_array_equal(np.array(X_new), sampler().fit_resample(X, y)[0])


def test_gaps_stay_in_real_rows_and_are_filled_or_kept_in_versions():
    gaps = np.where(np.random.default_rng(4).random(X.shape) < 0.2, np.nan, X)
    for missing in ("fill", "keep"):
        over = sampler(DirectAugmenter(missing=missing), method="augment")
        X_new, _ = over.fit_resample(gaps, y)
        assert_array_equal(X_new[:N], gaps)
        kept = np.isnan(gaps[over.sample_indices_[N:]])
        assert_array_equal(np.isnan(X_new[N:]), kept if missing == "keep" else np.zeros_like(kept))


def test_integers_become_floats_whether_rows_are_added_or_not():
    whole = np.random.default_rng(0).integers(0, 9, size=(N, SZ))
    for strategy in ("auto", {}):
        X_new, _ = sampler(sampling_strategy=strategy).fit_resample(whole, y)
        assert X_new.dtype == np.float64
        assert_array_equal(X_new[:N], whole)


def test_what_a_user_passes_is_never_written_to():
    for series in (X.copy(), [row.copy() for row in ROWS]):
        before = pickle.dumps(series)
        X_new, y_new = sampler(method="augment").fit_resample(series, y)
        for row in X_new:
            row[:] = 0
        y_new[:] = "z"
        assert pickle.dumps(series) == before


# -------------------------------------------------------------------------------------------
# Nothing to add
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", [{}, {"a": 9, "c": 4}])
def test_where_nothing_is_to_be_added_nothing_is_trained_and_a_copy_comes_back(strategy, trainings):
    over = sampler(latent(), sampling_strategy=strategy)
    X_new, y_new = over.fit_resample(X, y)
    assert trainings == []
    assert over.augmenter_ is None and over.fallback_ is None
    assert same_bits(X_new, X) and same_bits(y_new, y)
    assert not np.shares_memory(X_new, X) and not np.shares_memory(y_new, y)
    assert not over.is_synthetic_.any()
    assert_array_equal(over.sample_indices_, np.arange(N))


def test_balanced_classes_get_nothing():
    labels = np.arange(18) % 3
    X_new, _ = sampler().fit_resample(X[:18], labels)
    assert same_bits(X_new, X[:18])
    X_new, _ = sampler().fit_resample(X[:2], [0, 1])  # one row each
    assert same_bits(X_new, X[:2])


def test_only_a_fallback_is_fitted_where_only_rare_classes_get_rows(trainings):
    series, labels = with_rare(2)
    over = sampler(latent())
    _, y_new = over.fit_resample(series, labels)
    assert trainings == [] and over.augmenter_ is None
    assert isinstance(over.fallback_, DirectAugmenter)
    assert Counter(y_new.tolist()) == {0: 8, 1: 8}


def test_fit_counts_and_trains_nothing(trainings):
    over = sampler(latent())
    assert over.fit(X, y) is over
    assert over.sampling_strategy_ == {"b": 3, "c": 5} and over.n_features_in_ == SZ
    assert trainings == []
    assert not hasattr(over, "augmenter_")


# -------------------------------------------------------------------------------------------
# Rare classes
# -------------------------------------------------------------------------------------------


@every_maker
@pytest.mark.parametrize("fallback", ["auto", None])
def test_classes_of_one_two_and_three_rows_get_rows_of_their_class_that_differ(
    augmenter, method, fallback
):
    series, labels = with_rare(5, 3, 2, 1)
    over = sampler(augmenter, method=method, fallback=fallback)
    X_new, y_new = over.fit_resample(series, labels)
    assert Counter(y_new.tolist()) == dict.fromkeys(range(5), 8)
    assert np.isfinite(X_new).all()
    if fallback == "auto":
        assert [n_distinct(X_new[y_new == label]) for label in (2, 3, 4)] == [8, 8, 8]
        few = over.is_synthetic_ & (y_new > 1)
        assert_array_equal(labels[over.sample_indices_[few]], y_new[few])


@pytest.mark.parametrize("layout", ["2-D", "list", "frame", "one step", "gaps"])
def test_the_fallback_works_for_every_layout(layout):
    series, labels = with_rare(3, 2, 1)
    lengths = 1 + np.arange(len(labels)) % SZ
    series = {
        "2-D": series[:, :, 0],
        "list": [row[:n] for row, n in zip(series, lengths, strict=True)],
        "frame": pd.DataFrame(series[:, :, 0]),
        "one step": series[:, :1],
        "gaps": np.where(np.random.default_rng(0).random(series.shape) < 0.3, np.nan, series),
    }[layout]
    X_new, y_new = sampler().fit_resample(series, labels)
    assert Counter(y_new.tolist() if hasattr(y_new, "tolist") else y_new) == dict.fromkeys(
        range(4), 8
    )
    X_new = X_new.to_numpy() if layout == "frame" else X_new
    for row in X_new[len(labels) :]:
        assert np.isfinite(row).all()


def test_the_fallback_keeps_what_the_augmenter_knows_of_the_channels():
    series, labels = with_rare(2)
    counts = np.abs(series).round()
    counts[..., 1] = np.arange(SZ)  # known in advance
    augmenter = DirectAugmenter(support="count", condition_channels=1)
    X_new, _ = sampler(augmenter).fit_resample(counts, labels)
    assert_array_equal(X_new[..., 1], np.broadcast_to(np.arange(SZ), X_new.shape[:2]))
    assert (X_new >= 0).all() and (X_new == X_new.round()).all()


def test_the_default_fallback_says_what_it_does_and_a_chosen_one_does_not():
    series, labels = with_rare(3, 1)
    with pytest.warns(
        UserWarning,
        match=says(
            "class 1, class 2: fewer than 4 rows, which SyntheticOverSampler warps in time and magnitude to make more. "
            "fallback= says how else."
        ),
    ) as caught:
        sampler(latent()).fit_resample(series, labels)
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler(fallback=None).fit_resample(series, labels)
        sampler(fallback=DirectAugmenter("drift")).fit_resample(series, labels)
        # No row of them is wanted, or they have four.
        sampler(sampling_strategy={1: 3}).fit_resample(series, labels)
        sampler().fit_resample(*with_rare(4))


def test_a_chosen_fallback_makes_the_rows_of_rare_classes_and_only_these():
    series, labels = with_rare(4, 3)
    over = sampler(DirectAugmenter(eta=0.5), fallback=DirectAugmenter(eta=0), method="sample")
    X_new, y_new = over.fit_resample(series, labels)
    made = over.is_synthetic_
    copies = made & (y_new == 2)
    assert same_bits(X_new[copies], series[over.sample_indices_[copies]])
    assert_array_equal(over.sample_indices_[made & (y_new == 1)], -1)
    assert not hasattr(over.fallback, "n_parameters_")  # a clone was fitted


def test_noise_of_the_fallback_is_not_that_of_the_augmenter():
    series, labels = np.zeros((16, SZ)), np.repeat([0, 1, 2], [8, 5, 3])
    series[:, 0] = np.arange(16) % 2
    jitter = DirectAugmenter(eta=0.5)
    X_new, _ = sampler(jitter, fallback=jitter, method="augment").fit_resample(
        series + 1e-9 * np.arange(SZ), labels
    )
    made = X_new[16:, 1:]
    assert abs(np.corrcoef(made[:3].ravel(), made[3:6].ravel())[0, 1]) < 0.6  # 27 pairs: 3 sigma


def test_without_a_fallback_a_prior_that_needs_more_rows_says_so():
    series, labels = with_rare(5, 1)
    augmenter = latent(prior=GaussianMixture(2))
    with pytest.raises(ValueError, match="Choose a density that so few rows allow"):
        sampler(augmenter, fallback=None).fit_resample(series, labels)


def test_without_a_fallback_a_single_row_without_partner_is_copied():
    series, labels = with_rare(1)
    for augmenter, method in [(DirectAugmenter("mixup"), "augment"), (ReplayGenerator(), "sample")]:
        over = sampler(augmenter, method=method, fallback=None)
        X_new, y_new = over.fit_resample(series, labels)
        assert n_distinct(X_new[y_new == 1]) == 1
        assert (
            n_distinct(clone(over).set_params(fallback="auto").fit_resample(series, labels)[0])
            == 16
        )


# -------------------------------------------------------------------------------------------
# Real targets
# -------------------------------------------------------------------------------------------


@every_maker
@pytest.mark.parametrize("ranges", [3, [0.8, 1.6]], ids=str)
def test_ranges_of_real_targets_become_equally_large(augmenter, method, ranges):
    over = sampler(augmenter, method=method, ranges=ranges)
    X_new, y_new = over.fit_resample(X, REAL)
    low, high = REAL.min(), REAL.max()
    inner = [low + (high - low) / 3, low + 2 * (high - low) / 3] if ranges == 3 else ranges
    np.testing.assert_allclose(over.boundaries_, inner)
    of = [sum(value >= edge for edge in inner) for value in y_new.tolist()]
    before = Counter(of[:N])
    most = max(before.values())
    assert len(before) == 3 and min(before.values()) < most
    assert Counter(of) == dict.fromkeys(range(3), most)
    largest = max(sorted(before), key=before.get)
    assert over.sampling_strategy_ == {k: most - before[k] for k in range(3) if k != largest}
    assert np.isfinite(X_new).all() and same_bits(y_new[:N], REAL)


@every_maker
def test_a_synthetic_row_has_the_target_of_a_row_of_its_range(augmenter, method):
    over = sampler(augmenter, method=method, ranges=3)
    _, y_new = over.fit_resample(X, REAL)
    assert np.isin(y_new, REAL).all()
    versions = over.sample_indices_ >= 0
    assert versions[N:].any()
    assert_array_equal(y_new[versions], REAL[over.sample_indices_[versions]])


def test_samples_of_a_range_follow_its_targets():
    target = np.concatenate([np.linspace(0.05, 1, 40), [8.25, 8.5, 9.5, 9.75]])
    level = target[:, None] * np.ones(SZ)
    noise = np.random.default_rng(0).normal(scale=0.01, size=level.shape)
    X_new, y_new = sampler(DirectAugmenter(), ranges=[5.0]).fit_resample(level + noise, target)
    # A training row that is drawn is one of the five nearest in y: of four above 8 sometimes one of below 1.
    made, y_made = X_new[44:].mean(axis=1), y_new[44:]
    assert (y_made > 8).all() and Counter(y_made.tolist()) == dict.fromkeys(target[40:].tolist(), 9)
    assert np.median(made) > 8


def test_a_range_without_rows_stays_so_and_a_strategy_goes_by_numbers_of_ranges():
    over = sampler(ranges=[10, 20, 30], sampling_strategy={3: 9})
    target = np.array([1.5] * 8 + [10.0] * 6 + [30.0, 31.0, 32.0, 33.0])
    _, y_new = over.fit_resample(X[:18], target)
    assert over.sampling_strategy_ == {3: 5}
    assert Counter((y_new // 10).astype(int).tolist()) == {0: 8, 1: 6, 3: 9}
    with pytest.raises(
        ValueError,
        match=says(
            "sampling_strategy names ranges of which y has no row: 2. It has range 0 (8 rows), range 1 (6 rows), range 3 (4 rows)."
        ),
    ):
        over.set_params(sampling_strategy={2: 9}).fit_resample(X[:18], target)


def test_a_callable_gets_numbers_of_ranges():
    seen = []

    def strategy(ranges):
        seen.append(ranges)
        return {}

    sampler(ranges=[1.0], sampling_strategy=strategy).fit_resample(X, REAL)
    assert_array_equal(seen[0], (REAL >= 1).astype(int))


def test_what_is_real_the_augmenter_says():
    whole = np.repeat([1, 5, 9], [9, 6, 4])
    over = sampler(DirectAugmenter(target_type="continuous"), ranges=2)
    _, y_new = over.fit_resample(X, whole)
    assert y_new.dtype == whole.dtype
    assert_array_equal(over.boundaries_, [5])
    assert Counter(y_new >= 5) == {False: 10, True: 10}
    over = sampler(DirectAugmenter(target_type="class"))
    over.fit_resample(X, whole + 0.5)
    assert over.boundaries_ is None and over.sampling_strategy_ == {5.5: 3, 9.5: 5}


@pytest.mark.parametrize(
    "ranges, error, message",
    [
        (1, ValueError, "ranges must be at least 2, got 1."),
        (2.5, TypeError, "ranges must be an integer, got 2.5."),
        ("all", TypeError, "ranges must be an integer, got 'all'."),
        ([2, 1], ValueError, "ranges=[2, 1], but it takes a number of ranges (int), or increasing boundaries between them: [10, 20] makes three ranges."),
        ([1, 1], ValueError, "ranges=[1, 1], but"),
        ([], ValueError, "ranges=[], but"),
        ([1, np.inf], ValueError, "ranges=[1, inf], but"),
        ([[1, 2]], ValueError, "ranges=[[1, 2]], but"),
        (["a"], ValueError, "ranges=['a'], but"),
    ],
    ids=str,
)  # fmt: skip
def test_ranges_that_cannot_be_are_refused(ranges, error, message):
    with pytest.raises(error, match=says(message)):
        sampler(ranges=ranges).fit_resample(X, REAL)


@pytest.mark.parametrize("target", [np.full(N, 0.5), REAL], ids=["constant", "in one range"])
def test_one_range_is_refused(target):
    over = sampler(ranges=[50])
    with pytest.raises(
        ValueError, match=says("y has one range of targets only, range 0 (19 rows), but")
    ):
        over.fit_resample(X, target)


def test_a_ratio_of_ranges_is_of_two():
    _, y_new = sampler(ranges=[1.0], sampling_strategy=1.0).fit_resample(X, REAL)
    assert len(set(Counter(y_new >= 1).values())) == 1
    with pytest.raises(ValueError, match="a ratio of two classes, but y has 3 ranges"):
        sampler(ranges=3, sampling_strategy=0.5).fit_resample(X, REAL)


# -------------------------------------------------------------------------------------------
# Known channels
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["array", "list"])
@pytest.mark.parametrize("method", ["sample", "augment"])
def test_a_synthetic_row_has_the_known_channel_of_a_row_of_its_class(method, kind):
    series = X.copy()
    series[..., 1] = 100 * np.arange(N)[:, None] + np.arange(SZ)
    lengths = np.full(N, SZ) if kind == "array" else LENGTHS
    rows = [row[:n] for row, n in zip(series, lengths, strict=True)]
    over = sampler(DirectAugmenter(condition_channels=1), method=method)
    X_new, y_new = over.fit_resample(series if kind == "array" else rows, y)
    for row, label, parent in zip(X_new[N:], y_new[N:], over.sample_indices_[N:], strict=True):
        source = int(row[0, 1]) // 100
        assert y[source] == label and len(row) == lengths[source]
        assert_array_equal(row[:, 1], rows[source][:, 1])
        assert parent in (-1, source) and np.isfinite(row).all()


def test_a_known_channel_that_goes_on_does_not_make_a_series_longer():
    series = pad(ROWS)
    series[..., 1] = np.arange(SZ)
    X_new, y_new = sampler(DirectAugmenter(condition_channels=1)).fit_resample(series, y)
    for row, label in zip(X_new[N:], y_new[N:], strict=True):
        length = int((~np.isnan(row[:, 0])).sum())
        assert length in set(LENGTHS[y == label])
        assert_array_equal(row[:length, 1], np.arange(length))


def test_where_a_tail_is_missing_and_no_end_a_known_channel_goes_on():
    series = pad(ROWS)
    series[..., 1] = np.arange(SZ)
    augmenter = DirectAugmenter(condition_channels=1, nan_tail="missing")
    X_new, _ = sampler(augmenter).fit_resample(series, y)
    assert np.isfinite(X_new[N:]).all()
    assert_array_equal(X_new[..., 1], np.broadcast_to(np.arange(SZ), X_new.shape[:2]))


# -------------------------------------------------------------------------------------------
# Seeds, parameters, storing
# -------------------------------------------------------------------------------------------


@every_maker
@pytest.mark.parametrize("target", [y, REAL], ids=["classes", "real"])
def test_an_int_makes_results_the_same_on_every_call_whatever_the_augmenter_has(
    augmenter, method, target
):
    over = sampler(clone(augmenter).set_params(random_state=None), method=method)
    one, two = over.fit_resample(X, target), clone(over).fit_resample(X, target)
    again = over.fit_resample(X, target)
    other = clone(over).set_params(random_state=1).fit_resample(X, target)
    assert same_bits(one[0], two[0]) and same_bits(one[0], again[0])
    assert same_bits(one[1], two[1]) and same_bits(one[1], again[1])
    assert not same_bits(one[0][N:], other[0][N:])


def test_none_takes_the_seed_of_the_augmenter():
    over = sampler(DirectAugmenter(random_state=4), random_state=None)
    assert same_bits(over.fit_resample(X, y)[0], over.fit_resample(X, y)[0])
    free = sampler(DirectAugmenter(), random_state=None)
    assert not same_bits(free.fit_resample(X, y)[0], free.fit_resample(X, y)[0])


def test_a_random_state_instance_goes_on_and_repeats_from_its_seed():
    over = sampler(random_state=np.random.RandomState(3))
    one, two = over.fit_resample(X, y)[0], over.fit_resample(X, y)[0]
    assert not same_bits(one, two)
    over.set_params(random_state=np.random.RandomState(3))
    assert same_bits(over.fit_resample(X, y)[0], one)


def test_the_global_generator_is_left_alone():
    np.random.seed(0)
    before = np.random.get_state()[1].tolist()
    for random_state in (0, None):
        sampler(latent(), random_state=random_state).fit_resample(X, y)
    assert np.random.get_state()[1].tolist() == before


@every_maker
def test_the_augmenter_of_the_user_stays_as_it_was(augmenter, method):
    over = sampler(clone(augmenter), method=method)
    before = joblib.hash(vars(over.augmenter))
    over.fit_resample(X, y)
    assert joblib.hash(vars(over.augmenter)) == before
    assert over.augmenter_ is not over.augmenter
    assert len(over.augmenter_.classes_) == 3  # it has seen all of them


def test_parameters_are_stored_as_they_are_and_reach_the_augmenter():
    marks = {name: object() for name in sampler().get_params(deep=False)}
    assert SyntheticOverSampler(**marks).get_params(deep=False) == marks
    over = sampler(latent()).set_params(augmenter__eta=0.7, fallback=DirectAugmenter())
    over.set_params(fallback__eta=0.3)
    assert over.augmenter.eta == 0.7 and over.get_params()["fallback__eta"] == 0.3


@every_maker
def test_a_pickle_has_what_was_made_and_makes_the_same(augmenter, method):
    over = sampler(augmenter, method=method)
    X_new, _ = over.fit_resample(X, y)
    back = pickle.loads(pickle.dumps(over))
    assert_array_equal(back.is_synthetic_, over.is_synthetic_)
    assert same_bits(back.augmenter_.sample(3)[0], over.augmenter_.sample(3)[0])
    assert same_bits(back.fit_resample(X, y)[0], X_new)


def test_skops_stores_it_and_trusts_all_but_the_classes_of_sklaug():
    skops = pytest.importorskip("skops.io")
    for target in (LABELS["ints"], REAL):
        over = sampler()
        X_new, _ = over.fit_resample(X, target)
        data = skops.dumps(over)
        own = skops.get_untrusted_types(data=data)
        assert {name.split(".")[-1] for name in own} == {"SyntheticOverSampler", "DirectAugmenter"}
        back = skops.loads(data, trusted=own)
        assert back.sampling_strategy_ == over.sampling_strategy_
        assert same_bits(back.fit_resample(X, target)[0], X_new)


def test_a_second_call_forgets_the_first():
    over = sampler(ranges=2)
    over.fit_resample(pd.DataFrame(X[:, :, 0], columns=list("abcdefghij")), REAL)
    over.fit_resample(X[:, :5], y)
    assert not hasattr(over, "feature_names_in_") and over.boundaries_ is None
    assert over.n_features_in_ == 5 and len(over.sample_indices_) == 27
    over.fit(X, y)
    assert not hasattr(over, "sample_indices_") and not hasattr(over, "augmenter_")


@pytest.mark.parametrize("role", ["augmenter", "fallback"])
def test_a_frozen_part_which_may_have_seen_the_test_rows_is_refused(role):
    frozen = FrozenEstimator(DirectAugmenter().fit(X, y))
    with pytest.raises(TypeError, match=f"The {role} is a FrozenEstimator"):
        sampler().set_params(**{role: frozen}).fit_resample(X, y)


def test_the_warning_of_few_rows_is_the_same_short_text_in_all_folds():
    pipelines = pytest.importorskip("imblearn.pipeline")
    rng = np.random.default_rng(0)
    series, labels = rng.normal(size=(30, SZ)), np.repeat([0, 1], [26, 4])
    pipeline = pipelines.make_pipeline(sampler(), KNeighborsClassifier(1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cross_val_score(pipeline, series, labels, cv=3)
    [text] = {str(w.message) for w in caught}
    assert "fewer than 4 rows" in text and len(text) < 150


@pytest.mark.parametrize(
    "augmenter", [DirectAugmenter(eta=0), ReplayGenerator(), DirectAugmenter("mixup")], ids=str
)
def test_copies_among_what_was_added_are_warned_of_once(augmenter):
    series, labels = with_rare(1)
    method = "augment" if hasattr(augmenter, "augment") else "sample"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sampler(augmenter, method=method, fallback=None).fit_resample(series, labels)
    assert [str(w.message).partition(", from")[0] for w in caught] == [
        "class 1: of the rows that SyntheticOverSampler added some are exact copies"
    ]
    assert caught[0].filename == __file__


def test_rows_that_were_there_twice_are_no_copies_of_ours():
    series, labels = with_rare(5)
    series[1] = series[0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler().fit_resample(series, labels)


def test_a_seed_reaches_what_is_in_an_augmenter_and_so_does_the_kind_of_targets():
    over = sampler(Around(DirectAugmenter()))
    one, two = (over.fit_resample(X, y)[0] for _ in range(2))
    assert same_bits(one, two)
    assert over.augmenter_.inner.target_type == "class"
    assert over.augmenter.inner.random_state is None


def test_a_random_state_of_the_augmenter_stays_and_each_call_repeats_it():
    over = sampler(DirectAugmenter(random_state=np.random.RandomState(3)), random_state=None)
    one, two = (over.fit_resample(X, y)[0] for _ in range(2))
    assert same_bits(one, two)


def test_many_whole_numbers_are_warned_of_once_and_not_again_by_the_augmenter():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sampler().fit_resample(X, np.append(np.arange(N - 1), 0))
    said = [w for w in caught if "different whole numbers" in str(w.message)]
    assert len(said) == 1 and said[0].filename == __file__
    assert "SyntheticOverSampler takes them for class labels" in str(said[0].message)
    assert "pass target_type='continuous' to DirectAugmenter;" in str(said[0].message)


def test_a_warning_names_the_line_of_the_user_through_a_pipeline_too():
    pipelines = pytest.importorskip("imblearn.pipeline")
    many = np.append(np.arange(N - 1), 0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pipelines.make_pipeline(sampler(), KNeighborsClassifier(1)).fit(X[:, :, 0], many)
    assert len(caught) == 2  # of the labels, and of the fallback
    assert {warning.filename for warning in caught} == {__file__}


# -------------------------------------------------------------------------------------------
# What cannot be
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parameters, error, message",
    [
        ({"method": "copy"}, ValueError, "Unknown method 'copy'. Known: augment, sample."),
        ({"method": "samples"}, ValueError, "Unknown method 'samples'. Known: augment, sample. Did you mean 'sample'?"),
        ({"fallback": "copy"}, TypeError, "fallback must be an augmenter or generator, such as DirectAugmenter(), got 'copy'. It may also be 'auto' or None."),
        ({"fallback": "drift"}, TypeError, "fallback='drift' is a transformation. Pass DirectAugmenter('drift')."),
        ({"augmenter": "time_warp"}, TypeError, "augmenter='time_warp' is a transformation. Pass DirectAugmenter('time_warp')."),
        ({"fallback": 3}, TypeError, "fallback must be an augmenter or generator, such as DirectAugmenter(), got 3."),
        ({"fallback": ReplayGenerator()}, TypeError, "fallback must have the method augment, which ReplayGenerator lacks. Take one that makes versions of rows, such as DirectAugmenter()."),
        ({"augmenter": None}, TypeError, "augmenter must be an augmenter or generator, such as DirectAugmenter(), got None."),
        ({"augmenter": DirectAugmenter}, TypeError, "augmenter is a class. Pass an instance: DirectAugmenter()."),
        ({"augmenter": KNeighborsClassifier()}, TypeError, "augmenter must have the method sample, which KNeighborsClassifier lacks. Pass an augmenter or generator of sklaug."),
        ({"augmenter": BlockBootstrapGenerator(), "method": "augment"}, TypeError, "augmenter must have the method augment, which BlockBootstrapGenerator lacks. Set method='sample'."),
    ],
    ids=str,
)  # fmt: skip
def test_wrong_parameters_are_refused_even_where_nothing_is_to_be_added(parameters, error, message):
    over = sampler(sampling_strategy={}).set_params(**parameters)
    for method in (over.fit, over.fit_resample):
        with pytest.raises(error, match=says(message)):
            method(X, y)


@pytest.mark.parametrize(
    "values, targets, message",
    [
        (X, None, "SyntheticOverSampler requires y to be passed, but the target y is None. It makes classes"),
        (X, y[:5], "y has 5 entries, but there are 19 series. They must be equally many."),
        (X, np.where(y == "a", np.nan, 1.0), "y is missing (NaN or None) in 9 of 19 rows"),
        (np.where(X > 7, np.inf, X), y, "X contains infinity in ... of 19 series ... which SyntheticOverSampler does not accept."),
        (X[0, :, 0], y, "X has shape (10,), but SyntheticOverSampler takes series of shape (n_ts, sz)"),
        (X[:, :, :, None], y, "X has shape (19, 10, 2, 1), but SyntheticOverSampler takes"),
    ],
    ids=range(6),
)  # fmt: skip
def test_wrong_data_are_refused_by_name(values, targets, message):
    with pytest.raises(ValueError, match=says(message)):
        sampler().fit_resample(values, targets)


def test_shuffled_labels_and_constant_series_change_nothing_of_the_form():
    shuffled = np.random.default_rng(0).permutation(y)
    for series, labels in [(X, shuffled), (np.ones_like(X), y), (np.zeros((N, 1)), y)]:
        for augmenter, method in MAKERS.values():
            X_new, y_new = sampler(augmenter, method=method).fit_resample(series, labels)
            assert np.isfinite(X_new).all()
            assert Counter(y_new.tolist()) == {"a": 9, "b": 9, "c": 9}


# -------------------------------------------------------------------------------------------
# In pipelines
# -------------------------------------------------------------------------------------------


def imbalanced(n_samples=60):
    series, labels = make_labelled_series(n_samples=n_samples, n_timepoints=24, random_state=0)
    few = np.flatnonzero(labels == 2)[n_samples // 6 :]
    return np.delete(series, few, axis=0), np.delete(labels, few)


class Remembering(KNeighborsClassifier):
    """Tell how many rows were learned, and what was predicted for."""

    def fit(self, X, y):
        self.learned_ = Counter(np.asarray(y).tolist())
        return super().fit(np.asarray(X), y)

    def predict(self, X):
        self.asked_ = X
        return super().predict(np.asarray(X))


def test_imbalanced_learns_pipeline_balances_what_it_learns_and_leaves_alone_what_it_predicts():
    pipelines = pytest.importorskip("imblearn.pipeline")
    series, labels = imbalanced()
    pipeline = pipelines.make_pipeline(sampler(latent()), Remembering(1)).fit(
        series[:40], labels[:40]
    )
    counts = Counter(labels[:40].tolist())
    assert len(set(counts.values())) > 1
    assert pipeline[-1].learned_ == dict.fromkeys(counts, max(counts.values()))
    predicted = pipeline.predict(series[40:])
    assert same_bits(pipeline[-1].asked_, series[40:])
    assert predicted.shape == labels[40:].shape


def test_imbalanced_learns_pipeline_resamples_as_a_last_step_too():
    pipelines = pytest.importorskip("imblearn.pipeline")
    pipeline = pipelines.make_pipeline(sampler(method="augment"))
    assert same_bits(
        pipeline.fit_resample(X, y)[0], sampler(method="augment").fit_resample(X, y)[0]
    )


def test_a_grid_over_strength_in_imbalanced_learns_pipeline_trains_once_a_fold(tmp_path, trainings):
    pipelines = pytest.importorskip("imblearn.pipeline")
    series, labels = imbalanced()
    over = sampler(latent(memory=str(tmp_path)), method="augment")
    grid = {
        "syntheticoversampler__augmenter__eta": [0.1, 0.5, 1.0],
        "syntheticoversampler__method": ["augment", "sample"],
    }
    search = GridSearchCV(
        pipelines.make_pipeline(over, KNeighborsClassifier(1)), grid, cv=StratifiedKFold(3)
    ).fit(series, labels)
    assert len(trainings) == 3 + 1
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_a_seed_of_the_sampler_alone_is_enough_for_the_memory(tmp_path, trainings):
    for eta in (0.1, 0.5):
        augmenter = latent(memory=str(tmp_path), random_state=None, eta=eta)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            sampler(augmenter).fit_resample(X, y)
    assert len(trainings) == 1
    with pytest.warns(UserWarning, match="memory"):
        sampler(latent(memory=str(tmp_path), random_state=None), random_state=None).fit_resample(
            X, y
        )


def test_a_cross_validation_finds_what_the_rare_class_is_like_and_nothing_in_shuffled_labels():
    pipelines = pytest.importorskip("imblearn.pipeline")
    series, labels = imbalanced(120)
    pipeline = pipelines.make_pipeline(sampler(method="augment"), KNeighborsClassifier(5))
    scores = cross_val_score(pipeline, series, labels, cv=4, scoring="balanced_accuracy")
    assert scores.mean() > 0.7
    shuffled = np.random.default_rng(0).permutation(labels)
    scores = cross_val_score(pipeline, series, shuffled, cv=4, scoring="balanced_accuracy")
    # Guessing is right in a third; recall of a class of 20 rows varies by 0.1, the mean of three by 0.07.
    assert scores.mean() < 1 / 3 + 3 * 0.07


def test_scikit_learns_pipeline_refuses_it():
    with pytest.raises(TypeError, match="All intermediate steps should be transformers"):
        make_pipeline(sampler(), KNeighborsClassifier(1)).fit(X[:, :, 0], y)


def test_routing_of_metadata_does_not_disturb_it():
    pipelines = pytest.importorskip("imblearn.pipeline")
    sklearn = pytest.importorskip("sklearn")
    with sklearn.config_context(enable_metadata_routing=True):
        pipeline = pipelines.make_pipeline(sampler(), Remembering(1)).fit(X[:, :, 0], y)
    assert pipeline[-1].learned_ == {"a": 9, "b": 9, "c": 9}


def test_it_imports_nothing_of_imbalanced_learn():
    sources = [
        Path(sys.modules[name].__file__) for name in sys.modules if name.startswith("sklaug.")
    ]
    assert any(path.name == "_over_sampler.py" for path in sources)
    for path in sources:
        assert not re.search(r"(import|from) imblearn\b", path.read_text(encoding="utf-8")), path


def test_it_has_no_transform_beside_fit_resample():
    for name in ("transform", "fit_transform", "inverse_transform"):
        assert not hasattr(sampler(), name)


def test_lists_go_through_imbalanced_learns_pipeline_and_a_cross_validation():
    pipelines = pytest.importorskip("imblearn.pipeline")

    class OfLengths(KNeighborsClassifier):
        def fit(self, X, y):
            return super().fit([[len(row)] for row in X], y)

        def predict(self, X):
            return super().predict([[len(row)] for row in X])

    labels = (LENGTHS > 7).astype(int)
    pipeline = pipelines.make_pipeline(sampler(), OfLengths(1))
    assert_array_equal(pipeline.fit(ROWS, labels).predict(ROWS), labels)
    assert cross_val_score(pipeline, ROWS, labels, cv=2).mean() > 0.5


# -------------------------------------------------------------------------------------------
# Checks of others
# -------------------------------------------------------------------------------------------


@parametrize_with_checks([sampler(DirectAugmenter(random_state=0))])
def test_scikit_learns_check_passes_with_none_excused(estimator, check):
    check(estimator)


NOT_OURS = {
    "check_target_type": "It refuses real targets, which are balanced here by ranges.",
    "check_samplers_nan": "It passes rows that hold NaN alone: series without any value.",
    "check_samplers_multiclass_ova": "Targets are one label a series; sklaug takes no indicator matrices.",
}


def imbalanced_learns_checks():
    """Return its checks of a sampler, by name; none where it is not installed."""
    try:
        from imblearn.utils.estimator_checks import estimator_checks_generator
    except ImportError:
        return {}
    return {
        check.func.__name__: (estimator, check)
        for estimator, check in estimator_checks_generator(tagged(sampler(DirectAugmenter())))
    }


def tagged(over):
    """Give a sampler the tags that these checks want of it, of classes that only imbalanced-learn has."""
    from imblearn.utils._tags import InputTags, SamplerTags, Tags, TargetTags

    class Tagged(type(over)):
        def __sklearn_tags__(self):
            return Tags(
                estimator_type="sampler",
                target_tags=TargetTags(required=True),
                sampler_tags=SamplerTags(sample_indices=True),
                input_tags=InputTags(allow_nan=True),
            )

    return Tagged(**over.get_params(deep=False))


def test_imbalanced_learn_knows_it_for_a_sampler():
    base = pytest.importorskip("imblearn.base")
    assert base.is_sampler(sampler())


@pytest.mark.parametrize("name", imbalanced_learns_checks() or [None])
def test_imbalanced_learns_check_passes_or_is_not_meant(name):
    pytest.importorskip("imblearn")
    estimator, check = imbalanced_learns_checks()[name]
    if name in NOT_OURS:
        with pytest.raises((ValueError, AssertionError)):
            check(estimator)
    else:
        check(estimator)


def test_checks_that_are_not_meant_exist():
    pytest.importorskip("imblearn")
    assert NOT_OURS.keys() <= imbalanced_learns_checks().keys()
