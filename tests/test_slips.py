"""Slips that are easily made: a message that names what seems to be meant."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from sklaug import AugmentedClassifier, DirectAugmenter, LatentAugmenter
from sklaug._validation import check_n_samples
from sklaug.datasets import make_labelled_series
from sklaug.transforms import TRANSFORMS

X, y = make_labelled_series(n_samples=20, n_timepoints=16, random_state=0)


@pytest.mark.parametrize("name", [*TRANSFORMS, ["drift", "jitter"], ("drift",)])
@pytest.mark.parametrize("place", ["encoder", "decoder"])
def test_a_transformation_in_the_place_of_a_network_is_told_where_it_belongs(place, name):
    text = f"{place}={name!r} is a transformation. Pass LatentAugmenter(transformation={name!r})."
    with pytest.raises(ValueError, match=re.escape(text)):
        LatentAugmenter(**{place: name}).fit(X, y)
    assert LatentAugmenter(transformation=name, max_epochs=1, hidden_dim=4).fit(X, y).n_iter_ == 1


@pytest.mark.parametrize("value", ["lstm", ["drift", "lstm"], [], 3])
def test_what_is_no_transformation_is_an_unknown_encoder(value):
    with pytest.raises(ValueError, match=re.escape(f"Unknown encoder {value!r}.")):
        LatentAugmenter(value).fit(X, y)


def test_a_transformation_in_the_place_of_an_augmenter_is_told_from_a_list_of_them_too():
    for name in ("drift", ["drift", "jitter"]):
        text = f"augmenter={name!r} is a transformation. Pass DirectAugmenter({name!r})."
        with pytest.raises(TypeError, match=re.escape(text)):
            AugmentedClassifier(LogisticRegression(), name).fit(X, y)
        DirectAugmenter(name).fit(X, y)


TARGETS = "For targets to draw for, one series each, call sample(y=...)."
VERSIONS = "sample draws new series; for versions of given ones call augment(X, y)."


@pytest.mark.parametrize(
    "given, said",
    [
        (y[:3], f"got ndarray with 3 entries. {TARGETS}"),
        (["a", "b"], f"got list with 2 entries. {TARGETS}"),
        ((0,), f"got tuple with 1 entry. {TARGETS}"),
        (pd.Series(y), f"got Series with 20 entries. {TARGETS}"),
        ("calm", "got 'calm'. For a target to draw for, call sample(y='calm')."),
        (X, f"got ndarray of shape (20, 16). {VERSIONS}"),
        (pd.DataFrame(X), f"got DataFrame of shape (20, 16). {VERSIONS}"),
    ],
)
def test_targets_or_series_in_the_place_of_a_number_are_told_where_they_belong(given, said):
    with pytest.raises(TypeError, match=re.escape(f"n_samples must be an integer, {said}")):
        check_n_samples(given)


@pytest.mark.parametrize("given, said", [(y[:3], TARGETS), (X, VERSIONS)])
def test_sample_tells_targets_and_series_from_a_number(given, said):
    with pytest.raises(TypeError, match=re.escape(said)):
        DirectAugmenter().fit(X, y).sample(given)


@pytest.mark.parametrize("given", [1, 50, np.int64(3)])
def test_a_number_of_samples_is_taken(given):
    check_n_samples(given)


@pytest.mark.parametrize(
    "given, error, said",
    [
        (0, ValueError, "n_samples must be at least 1, got 0."),
        (2.5, TypeError, "n_samples must be an integer, got 2.5."),
        (None, TypeError, "n_samples must be an integer, got None."),
        (True, TypeError, "n_samples must be an integer, got True."),
        (np.array(3), TypeError, "n_samples must be an integer, got array(3)."),
    ],
)
def test_any_other_number_of_samples_is_refused_as_before(given, error, said):
    with pytest.raises(error, match=re.escape(said)):
        check_n_samples(given)
