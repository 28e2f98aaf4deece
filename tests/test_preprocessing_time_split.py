import re

import numpy as np
import pytest
import sklearn
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from sklearn.linear_model import Ridge
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline

from sklaug.preprocessing import WindowTimeSplit, make_forecasting_windows, make_windows

PROPERTY = settings(derandomize=True, deadline=None, max_examples=50)


def steps(starts, length):
    return {step for start in starts for step in range(start, start + length)}


@PROPERTY
@given(
    lengths=st.lists(st.integers(10, 60), min_size=1, max_size=4),
    length=st.integers(1, 9),
    stride=st.integers(1, 5),
    n_splits=st.integers(1, 4),
    gap=st.integers(0, 3),
)
def test_training_windows_end_before_test_windows_begin(lengths, length, stride, n_splits, gap):
    windows = make_windows([np.arange(n, dtype=float) for n in lengths], length, stride)
    starts = windows.starts
    splitter = WindowTimeSplit(n_splits, gap=gap)
    assume(len(np.unique(starts[starts >= length + gap])) >= n_splits)

    splits = list(splitter.split(windows.X, groups=starts))

    assert len(splits) == n_splits == splitter.get_n_splits()
    tested = np.concatenate([test for _, test in splits])
    assert len(set(tested)) == len(tested)
    for train, test in splits:
        assert len(train) and len(test)
        assert not steps(starts[train], length) & steps(starts[test], length)
        assert starts[train].max() + length + gap <= starts[test].min()
        # Nothing that ends early enough is left out.
        assert set(train) == set(np.flatnonzero(starts + length + gap <= starts[test].min()))
    firsts = [starts[test].min() for _, test in splits]
    assert firsts == sorted(firsts)
    assert_array_equal(np.sort(tested), np.flatnonzero(starts >= firsts[0]))


def test_parts_of_time_are_alike_and_the_first_is_for_training():
    windows = make_windows(np.arange(120.0), length=1)
    for train, test in WindowTimeSplit(5).split(windows.X, groups=windows.starts):
        assert len(test) == 20
        assert len(train) == test[0]


def test_scikit_learn_takes_it_with_groups():
    rng = np.random.default_rng(0)
    windows = make_forecasting_windows(rng.normal(size=(3, 40)).cumsum(axis=1), 5, 2)
    cv = WindowTimeSplit(3, length=7)

    scores = cross_val_score(Ridge(), windows.X, windows.y, cv=cv, groups=windows.starts)

    for score, (train, test) in zip(
        scores, cv.split(windows.X, groups=windows.starts), strict=True
    ):
        assert windows.starts[train].max() + 7 <= windows.starts[test].min()
        expected = Ridge().fit(windows.X[train], windows.y[train])
        assert score == expected.score(windows.X[test], windows.y[test])
    search = GridSearchCV(Ridge(), {"alpha": [1, 2]}, cv=cv)
    search.fit(windows.X, windows.y, groups=windows.starts)
    assert search.n_splits_ == 3


def test_a_list_of_splits_serves_as_well():
    windows = make_windows(np.random.default_rng(0).normal(size=(4, 30)), 5, y=np.arange(4.0))
    cv = list(WindowTimeSplit(2).split(windows.X, groups=windows.starts))
    assert len(cross_val_score(Ridge(), windows.X, windows.y, cv=cv)) == 2


def test_metadata_routing_passes_the_groups_unasked():
    windows = make_windows(np.random.default_rng(0).normal(size=(4, 30)), 5, y=np.arange(4.0))
    with sklearn.config_context(enable_metadata_routing=True):
        scores = cross_val_score(
            make_pipeline(Ridge()), windows.X, windows.y, cv=WindowTimeSplit(2),
            params={"groups": windows.starts},
        )  # fmt: skip
    assert len(scores) == 2


def test_parents_as_groups_keep_each_series_on_one_side():
    windows = make_windows(np.zeros((6, 9)) + np.arange(6.0)[:, None], 4)
    for train, test in GroupKFold(3).split(windows.X, groups=windows.parents):
        assert not set(windows.parents[train]) & set(windows.parents[test])


def test_its_parameters_show():
    assert repr(WindowTimeSplit(3, length=7)) == "WindowTimeSplit(gap=0, length=7, n_splits=3)"


@pytest.mark.parametrize(
    "splitter, X, groups, kind, message",
    [
        (
            WindowTimeSplit(), np.zeros((4, 3)), None, ValueError,
            "WindowTimeSplit needs the step at which each window begins: pass groups=windows.starts.",
        ),
        (
            WindowTimeSplit(), np.zeros((4, 3)), [0, 1, 2], ValueError,
            "groups has shape (3,) and dtype int64, but WindowTimeSplit takes the step at which each of the 4 windows begins",
        ),
        (
            WindowTimeSplit(), np.zeros((2, 3)), ["a", "b"], ValueError, "a whole number: pass groups=windows.starts",
        ),
        (
            WindowTimeSplit(5, gap=1), np.zeros((8, 3)), np.arange(8), ValueError,
            "n_splits=5 is too many: behind the first window, which takes 4 steps, gap included, windows begin at 4 "
            "different steps only.",
        ),
        (WindowTimeSplit(0), np.zeros((8, 3)), np.arange(8), ValueError, "n_splits must be at least 1, got 0."),
        (WindowTimeSplit(1, gap=-1), np.zeros((8, 3)), np.arange(8), ValueError, "gap must be at least 0, got -1."),
        (WindowTimeSplit(1, length=0), np.zeros((8, 3)), np.arange(8), ValueError, "length must be at least 1"),
        (WindowTimeSplit(1), [[0]] * 8, np.arange(8), ValueError, "or give WindowTimeSplit the length"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(splitter, X, groups, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        list(splitter.split(X, groups=groups))
