import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklaug import LatentAugmenter
from sklaug.preprocessing import GapFiller

nan = np.nan
GAPPY = np.array([[nan, 1, nan, 3, nan, nan], [1, nan, nan, nan, 9, nan]])
FILLED = np.array([[1, 1, 2, 3, nan, nan], [1, 3, 5, 7, 9, nan]])
FILLED_TO_THE_END = np.array([[1.0, 1, 2, 3, 3, 3], [1, 3, 5, 7, 9, 9]])


@parametrize_with_checks([GapFiller()])
def test_every_check_of_scikit_learn_passes(estimator, check):
    check(estimator)


def test_gaps_are_filled_and_tails_stay():
    before = GAPPY.copy()
    assert_array_equal(GapFiller(5).fit_transform(GAPPY), FILLED)
    assert_array_equal(GAPPY, before)


def test_tails_are_filled_where_they_are_missing_values():
    filled = GapFiller(5, nan_tail="missing").fit_transform(GAPPY)
    assert_array_equal(filled, FILLED_TO_THE_END)


def test_a_gap_beyond_the_limit_repeats_the_value_before_it():
    assert_array_equal(GapFiller(gap_limit=2).fit_transform(GAPPY)[1], [1, 1, 1, 1, 9, nan])


def test_without_a_limit_every_gap_is_interpolated():
    X = np.full((1, 30), nan)
    X[0, [0, -1]] = 0, 29
    assert_allclose(GapFiller(gap_limit=None).fit_transform(X)[0], np.arange(30))


def test_a_series_ends_where_all_of_its_channels_do():
    X = np.stack([GAPPY[0], [1, 2, nan, nan, 5, nan]], axis=1)[None]  # (1, 6, 2)
    filled = GapFiller(5).fit_transform(X)
    assert_array_equal(filled[0, :, 0], [1, 1, 2, 3, 3, nan])
    assert_array_equal(filled[0, :, 1], [1, 2, 3, 4, 5, nan])


def test_a_channel_without_a_value_becomes_0_in_that_series():
    X = np.array([[[1, nan], [2, nan]], [[1, 5], [2, nan]]])
    assert_array_equal(GapFiller(5).fit_transform(X)[:, :, 1], [[0, 0], [5, 5]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_container_and_dtype_stay(dtype):
    X = GAPPY.astype(dtype)
    frame = pd.DataFrame(X, index=["a", "b"], columns=list("uvwxyz"))
    filled = GapFiller(5).fit_transform(frame)
    pd.testing.assert_frame_equal(
        filled, pd.DataFrame(FILLED.astype(dtype), index=["a", "b"], columns=list("uvwxyz"))
    )
    assert GapFiller(5).fit_transform(X[:, :, None]).shape == (2, 6, 1)
    assert GapFiller(5).fit_transform(X).dtype == dtype


def test_a_list_is_read_as_an_array_is():
    rows = [GAPPY[0], GAPPY[1, :5]]
    filled = GapFiller(5).fit_transform(rows)
    assert isinstance(filled, list)
    assert_array_equal(filled[0], FILLED[0])
    assert_array_equal(filled[1], FILLED[1, :5])
    filled = GapFiller(5, nan_tail="missing").fit_transform(rows)
    assert_array_equal(filled[0], FILLED_TO_THE_END[0])
    assert_array_equal(filled[1], FILLED_TO_THE_END[1, :5])


@pytest.mark.parametrize("nan_tail, longest", [("padding", 8), ("missing", 12)])
def test_a_share_counts_in_steps_of_the_longest_series_at_fit(nan_tail, longest):
    X = np.zeros((2, 12))
    X[:, 8:] = nan
    filler = GapFiller(0.5, nan_tail=nan_tail).fit(X)
    assert filler.n_timepoints_ == longest
    for n_missing, interpolated in ((longest // 2, True), (longest // 2 + 1, False)):
        gappy = np.full((1, n_missing + 2, 1), nan)
        gappy[0, [0, -1], 0] = 0, n_missing + 1
        expected = (
            np.arange(n_missing + 2) if interpolated else [0] * (n_missing + 1) + [n_missing + 1]
        )
        assert_array_equal(filler.transform(gappy)[0, :, 0], expected)


def test_lists_and_padded_arrays_may_have_other_lengths_than_at_fit():
    filler = GapFiller(5).fit([np.zeros((5, 2)), np.zeros((4, 2))])
    assert filler.n_features_in_ == 5
    assert filler.transform([np.zeros((9, 2))])[0].shape == (9, 2)
    assert filler.transform(np.zeros((1, 7, 2))).shape == (1, 7, 2)


def test_names_of_columns_are_those_of_the_fit():
    frame = pd.DataFrame(GAPPY, columns=list("uvwxyz"))
    filler = GapFiller(5).fit(frame)
    assert list(filler.get_feature_names_out()) == list("uvwxyz")
    with pytest.raises(ValueError, match="feature names should match"):
        filler.transform(frame.rename(columns={"u": "q"}))


def test_series_with_gaps_reach_a_classifier_complete():
    rng = np.random.default_rng(0)
    y = np.arange(20) % 2
    X = rng.normal(size=(20, 12)) + 5 * y[:, None]
    X[rng.random(X.shape) < 0.2] = nan
    X[:, -1] = y
    pipeline = make_pipeline(
        LatentAugmenter(hidden_dim=4, max_epochs=2, random_state=0),
        GapFiller(5),
        KNeighborsClassifier(1),
    )
    assert clone(pipeline).fit(X, y).predict(X).shape == (20,)


@pytest.mark.parametrize(
    "X, message",
    [
        (
            np.array([[1.0, 2], [nan, nan], [nan, nan]]),
            "no value at all in 2 of 3 series (rows 1, 2)",
        ),
        ([np.ones(3), np.full(2, nan)], "no value at all in 1 of 2 series (row 1)"),
        (
            np.array([[1.0, 2], [np.inf, 3]]),
            "infinity in 1 of 2 series (row 1), which GapFiller does",
        ),
        (np.ones(4), "X has shape (4,), but GapFiller takes series of shape (n_ts, sz)"),
    ],
)
def test_what_cannot_be_filled_is_refused_by_row(X, message):
    for step in (GapFiller().fit, GapFiller().fit(np.zeros((2, 2))).transform):
        with pytest.raises(ValueError, match=re.escape(message)):
            step(X)


@pytest.mark.parametrize(
    "parameters, kind, message",
    [
        ({"gap_limit": -1}, ValueError, "gap_limit must be at least 0, got -1."),
        ({"gap_limit": 1.5}, ValueError, "gap_limit must be at least 0 and at most 1, got 1.5."),
        ({"gap_limit": "all"}, TypeError, "gap_limit must be a number of steps"),
        ({"nan_tail": "end"}, ValueError, "Unknown nan_tail 'end'. Known: padding, missing."),
    ],
)
def test_wrong_parameters_are_refused(parameters, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        GapFiller(**parameters).fit(GAPPY)
