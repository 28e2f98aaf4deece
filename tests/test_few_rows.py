"""Classes of a few rows: what LatentAugmenter samples of them stays close to these, and it says so."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from sklaug import AugmentedClassifier, LatentAugmenter, SyntheticOverSampler
from sklaug._targets import warn_of_few_rows
from sklaug.datasets import make_labelled_series, make_target_series

X, y = make_labelled_series(n_samples=60, n_timepoints=16, random_state=0)


def take(*counts):
    """Return so many series of each class."""
    return np.concatenate([np.flatnonzero(y == label)[:n] for label, n in enumerate(counts)])


def augmenter(**options):
    return LatentAugmenter(hidden_dim=8, max_epochs=1, random_state=0, **options)


def fit(*counts, names=None, **options):
    rows = take(*counts)
    labels = y[rows] if names is None else np.array(names)[y[rows]]
    return augmenter(**options).fit(X[rows], labels)


def say(named):
    return (
        f"{named}: of fewer than 4 rows LatentAugmenter learns little more than these, and what it samples stays close to "
        "them. SyntheticOverSampler warps such rows instead, and so does DirectAugmenter('time_warp')."
    )


def listen(call):
    """Return what a call warns of, each time that it does."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize(
    "counts, named",
    [
        ((10, 10, 1), "class 2"),
        ((10, 10, 3), "class 2"),
        ((2, 10, 3), "class 0, class 2"),
        ((10, 10, 4), ""),
        ((10, 10, 0), ""),
    ],
)
def test_classes_of_fewer_than_four_rows_are_named_once_a_call(counts, named):
    fitted = fit(*counts)
    assert listen(lambda: fitted.sample(200)) == [say(named)] * bool(named)


def test_only_classes_that_are_asked_for_are_named():
    fitted = fit(10, 2, 1, names=["calm", "odd", "wild"])
    assert listen(lambda: fitted.sample(5, "calm")) == []
    assert listen(lambda: fitted.sample(5, "odd")) == [say("class 'odd'")]
    assert listen(lambda: fitted.sample(y=["wild", "calm"])) == [say("class 'wild'")]


def test_versions_of_rows_are_not_warned_of():
    rows = take(10, 10, 1)
    fitted = fit(10, 10, 1)
    assert listen(lambda: fitted.augment(X[rows], y[rows])) == []
    assert listen(lambda: augmenter().fit_transform(X[rows], y[rows])) == []


def test_without_classes_there_is_nothing_to_name():
    X_real, targets = make_target_series(n_samples=3, n_timepoints=16, random_state=0)
    assert listen(lambda: augmenter().fit(X_real, targets).sample(3)) == []
    assert listen(lambda: augmenter().fit(X_real).sample(3)) == []


def test_a_warm_start_counts_the_rows_it_goes_on_with_and_classes_without_any_borrow():
    fitted = fit(10, 10, 10, warm_start=True)
    rows = take(10, 2, 0)
    fitted.fit(X[rows], y[rows])
    assert listen(lambda: fitted.sample(100)) == [say("class 1")]


def test_a_model_without_counts_says_nothing():
    fitted = fit(10, 10, 1)
    del fitted.prior_["counts"]
    assert listen(lambda: fitted.sample(100)) == []


def test_of_many_classes_ten_are_named():
    target = {"kind": "class", "classes": np.arange(30)}
    with pytest.warns(UserWarning, match=r"class 9, ... \(30 in all\): of fewer than 4"):
        warn_of_few_rows(np.arange(30), target, [1] * 30, "LatentAugmenter")


def test_the_warning_names_the_line_of_the_user():
    fitted = fit(10, 10, 1)
    with pytest.warns(UserWarning, match="fewer than 4") as caught:
        fitted.sample(100)
    assert [warning.filename for warning in caught] == [__file__]


def test_an_over_sampler_warns_once_of_a_class_whoever_makes_its_rows():
    rows = take(10, 10, 3)
    said = listen(lambda: SyntheticOverSampler(augmenter()).fit_resample(X[rows], y[rows]))
    assert said == [
        "class 2: fewer than 4 rows, which SyntheticOverSampler warps in time and magnitude to make more. fallback= says how "
        "else."
    ]
    sampler = SyntheticOverSampler(augmenter(), fallback=None)
    assert listen(lambda: sampler.fit_resample(X[rows], y[rows])) == [say("class 2")]


def test_a_classifier_on_several_copies_warns_once():
    rows = take(10, 10, 3)
    model = AugmentedClassifier(LogisticRegression(), augmenter(), n_copies=3, method="sample")
    assert listen(lambda: model.fit(X[rows], y[rows])).count(say("class 2")) == 1
    # And again with the next one.
    assert listen(lambda: model.fit(X[rows], y[rows])).count(say("class 2")) == 1
