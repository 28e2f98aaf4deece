"""Real series split into training and held-out ones: what is held out, what never overlaps, and the scale of all."""

import ast
import inspect
import re
import warnings

import numpy as np
import pandas as pd
import pytest

from sklaug.model_selection import compare_generators, evaluate
from sklaug.model_selection._real_sets import (
    _ORDERS,
    WIDE_DRIFT,
    RealSets,
    describe_drift,
    describe_shared,
    make_sets,
)

SZ = 8
NAMES = ("X", "y", "X_test", "y_test")


def make_windows(n, sz=SZ):
    """Return windows one step apart: the values of each are the steps that it covers."""
    return np.arange(n)[:, None] + np.arange(sz, dtype=float)


def make_separate(n):
    """Return series of which none continues another, told apart by their first values."""
    return np.arange(n)[:, None] + np.random.default_rng(0).random((n, SZ)) / 2


def split(X, y=None, X_test=None, y_test=None, **options):
    options = {"split": "auto", "test_size": 0.2, "gap": "auto", "seed": 0} | options
    return make_sets(X, y, X_test, y_test, caller="compare_generators", names=NAMES, **options)


def steps_of(windows):
    return set(np.unique(windows).tolist())


LABELS = np.arange(100) % 4


# -------------------------------------------------------------------------------------------
# In time
# -------------------------------------------------------------------------------------------


def test_by_time_the_last_share_is_held_out_after_a_gap_of_one_window():
    X = make_windows(100)
    sets = split(X, split="time")
    assert np.array_equal(sets.X_held_out, X[80:])
    assert np.array_equal(sets.X_train, X[: 80 - (SZ - 1)])
    assert sets.how == "the last 20% in time, after a gap of 7 rows"
    assert sets.in_order


def test_by_time_no_step_is_seen_on_both_sides_and_a_smaller_gap_would_share_one():
    X = make_windows(100)
    sets = split(X, split="time")
    assert not steps_of(sets.X_train) & steps_of(sets.X_held_out)
    close = split(X, split="time", gap=SZ - 2)
    assert steps_of(close.X_train) & steps_of(close.X_held_out)


def test_the_share_and_the_gap_can_be_chosen():
    X = make_windows(100)
    sets = split(X, split="time", test_size=0.5, gap=0)
    assert np.array_equal(sets.X_train, X[:50])
    assert np.array_equal(sets.X_held_out, X[50:])
    assert "the last 50% in time, after a gap of 0 rows" in sets.how


def test_of_long_series_the_gap_takes_at_most_a_quarter_of_the_training_rows():
    sets = split(np.zeros((100, 90)) + np.arange(90), split="time")
    assert len(sets.X_train) == 80 - 20
    assert "gap of 20 rows" in sets.how


def test_without_targets_series_are_split_by_time_and_with_targets_at_random():
    X = make_separate(100)
    assert split(X).how.startswith("the last 20% in time")
    assert split(X, LABELS).how == "20% at random, class by class"
    assert split(X, LABELS + 0.5).how == "20% at random"


@pytest.mark.parametrize("step", [1, 3, SZ // 2])
def test_overlapping_windows_with_targets_are_split_by_blocks(step):
    X = make_windows(step * 200)[::step]
    for y in (np.arange(200) % 4, np.arange(200) + 0.5):
        sets = split(X, y)
        assert sets.how == "blocks of rows, 20% of them, with gaps beside each"
        assert sets.in_order
        assert not steps_of(sets.X_train) & steps_of(sets.X_held_out)
        assert len(sets.y_train) == len(sets.X_train)
    two_channels = np.stack([X, -X], axis=2)
    assert split(two_channels, np.arange(200) % 4).how.startswith("blocks")


def test_windows_that_stand_apart_or_are_shuffled_do_not_overlap():
    apart = make_windows(SZ * 100)[::SZ]
    shuffled = np.random.default_rng(0).permutation(make_windows(100))
    for X in (apart, shuffled, make_separate(100)):
        assert split(X, LABELS).how == "20% at random, class by class"
        assert split(X, split="blocks").how.startswith("blocks")
    assert split(make_windows(100), LABELS, split="random").how == "20% at random, class by class"


# -------------------------------------------------------------------------------------------
# In blocks and at random
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_blocks_hold_out_whole_blocks_and_share_no_step(seed):
    X = make_windows(200)
    sets = split(X, split="blocks", seed=seed)
    assert len(sets.X_held_out) == 40
    assert not steps_of(sets.X_train) & steps_of(sets.X_held_out)
    starts = sets.X_held_out[:, 0].astype(int)
    assert {start // 20 for start in starts} == set(starts // 20) and len(set(starts // 20)) == 2
    assert sets.how == "blocks of rows, 20% of them, with gaps beside each"


def test_another_seed_holds_out_other_blocks():
    X = make_windows(200)
    held = {tuple(split(X, split="blocks", seed=seed).X_held_out[:, 0]) for seed in range(5)}
    assert len(held) > 1


def test_at_random_classes_keep_their_shares():
    X, y = make_separate(100), np.repeat(["rare", "usual"], [10, 90])
    sets = split(X, y)
    assert (sets.y_held_out == "rare").sum() == 2
    assert (sets.y_train == "rare").sum() == 8
    both = np.concatenate([sets.X_train, sets.X_held_out])
    assert np.array_equal(np.sort(both, axis=0), X)
    assert not sets.in_order


@pytest.mark.parametrize("seed", range(3))
def test_the_only_row_of_a_class_is_one_to_train_on(seed):
    X, y = make_separate(100), np.repeat(["one", "single", "rare", "usual"], [1, 1, 10, 88])
    sets = split(X, y, seed=seed)
    assert sets.how == "20% at random, class by class (the only row of a class is one to train on)"
    assert (len(sets.X_train), len(sets.X_held_out)) == (80, 20)
    assert {"one", "single"} <= set(sets.y_train)
    assert np.unique(sets.y_held_out, return_counts=True)[1].tolist() == [2, 18]
    assert set(sets.y_held_out) == {"rare", "usual"}


def test_classes_that_cannot_all_be_held_out_are_split_at_random():
    X = make_separate(60)
    sets = split(X, np.arange(60) // 2)  # 30 classes, 12 rows held out
    assert sets.how == "20% at random"
    assert (len(sets.X_train), len(sets.X_held_out)) == (48, 12)
    assert split(X, np.arange(60)).how == "20% at random"


def test_targets_stay_with_their_series():
    X = make_windows(100)
    y = X[:, 0] + 0.5
    for how in ("time", "blocks", "random"):
        sets = split(X, y, split=how)
        assert np.array_equal(sets.X_train[:, 0] + 0.5, sets.y_train)
        assert np.array_equal(sets.X_held_out[:, 0] + 0.5, sets.y_held_out)


def test_the_same_seed_splits_alike():
    X = make_windows(100)
    one, again, other = (split(X, LABELS, seed=seed).X_held_out for seed in (0, 0, 1))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, other)


# -------------------------------------------------------------------------------------------
# An official split, and containers
# -------------------------------------------------------------------------------------------


def test_an_official_split_stays_as_it_is():
    X, X_test = make_windows(20), 100 + make_windows(12)
    y, y_test = np.arange(20) % 2, np.arange(12) % 2
    sets = split(X, y, X_test, y_test, split="time", test_size=0.9, gap=5)
    assert np.array_equal(sets.X_train, X) and np.array_equal(sets.y_train, y)
    assert np.array_equal(sets.X_held_out, X_test) and np.array_equal(sets.y_held_out, y_test)
    assert sets.how == "as given" and not sets.in_order


def test_series_come_back_as_floats_in_their_container():
    X = make_separate(100)
    for cast, kind in (
        (pd.DataFrame, pd.DataFrame),
        (lambda values: values.tolist(), np.ndarray),  # else a list plus an array would be a sum
        (lambda values: values.astype(int), np.ndarray),
        (lambda values: [row[:6] for row in values], list),
    ):
        sets = split(cast(X), list(LABELS))
        assert isinstance(sets.X_train, kind) and isinstance(sets.X_held_out, kind)
        assert isinstance(sets.y_train, np.ndarray)
        assert np.asarray(sets.X_train, dtype=float).dtype == np.float64
        assert len(sets.X_train) == 80 and len(sets.X_held_out) == 20


def test_unequal_lengths_may_differ_between_the_sets():
    X = [np.ones(5), np.ones(8)] * 10
    sets = split(X, X_test=[np.ones(3), np.ones(11)] * 10)
    assert sets.train.shape == sets.held_out.shape == (20, 11, 1)
    assert np.isnan(sets.train[0, 5:]).all() and np.isfinite(sets.held_out[1]).all()


# -------------------------------------------------------------------------------------------
# Scale, draws, halves
# -------------------------------------------------------------------------------------------


def test_the_scale_is_that_of_the_training_series_channel_by_channel():
    X = np.stack([make_windows(100), -100 * make_windows(100)], axis=2)
    sets = split(X)
    assert np.allclose(sets.train.min(axis=(0, 1)), 0) and np.allclose(sets.train.max((0, 1)), 1)
    # Later values lie beyond, and stay there.
    assert sets.held_out[..., 0].max() > 1 and sets.held_out[..., 1].min() < 0
    highest = X[:73].max(axis=(0, 1)) - X[:73].min(axis=(0, 1))
    assert np.allclose(sets.scale(X[:1]), (X[:1] - X[:73].min(axis=(0, 1))) / highest)


def test_constant_channels_are_only_shifted():
    sets = split(np.full((100, 4), 7.0))
    assert (sets.train == 0).all() and (sets.held_out == 0).all()
    assert np.allclose(sets.scale(np.full((1, 4), 9.0)), 2)


def test_draws_keep_the_order_and_repeat_no_row():
    sets = split(make_windows(100))
    one, again, other = (sets.draw("train", 30, seed) for seed in (0, 0, 1))
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert (np.diff(one[:, 0, 0]) > 0).all()
    assert len(sets.draw("held_out", 500, 0)) == 20


@pytest.mark.parametrize("seed", range(5))
def test_halves_share_no_step(seed):
    sets = split(make_windows(400))
    one, other = sets.halves(1000, seed)
    assert not steps_of(one) & steps_of(other)
    assert 100 < len(one) < 200 and 100 < len(other) < 200


def test_as_many_are_compared_as_the_smallest_set_of_any_draw_has():
    # Blocks of 7 and 8 rows with gaps beside them: halves are not equally large, and not alike in every draw.
    sets = split(make_windows(100), test_size=0.4, gap=0)
    seeds = range(30)
    sizes = {seed: [len(half) for half in sets.halves(1000, seed)] for seed in seeds}
    fewest = min(map(min, sizes.values()))
    assert fewest < min(sizes[0])
    assert sets.count_compared(1000) == 40
    assert sets.count_compared(15) == 15
    assert sets.count_compared(1000, seeds) == fewest
    for seed in seeds:
        assert [len(half) for half in sets.halves(fewest, seed)] == [fewest] * 2


class Shown:
    """An encoder that gives back what it is shown."""

    def transform(self, X):
        return X


def test_an_encoder_in_own_units_is_shown_own_units():
    X = np.stack([make_windows(100), 5 - 100 * make_windows(100)], axis=2)
    sets = split(X)
    encoder = sets.in_own_units(Shown())
    assert np.allclose(encoder.transform(sets.train), sets.X_train, rtol=1e-12)
    assert np.allclose(encoder.transform(sets.held_out), sets.X_held_out, rtol=1e-12)
    assert not np.allclose(sets.train, sets.X_train)


# -------------------------------------------------------------------------------------------
# Drift
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_drift_is_about_one_for_exchangeable_sets_and_large_for_a_shift(seed):
    X = np.random.default_rng(seed).normal(size=(400, SZ))
    assert 0.5 < split(X[:200], X_test=X[200:]).measure_drift(seed) < 2
    shifted = split(X[:200], X_test=X[200:] + 4).measure_drift(seed)
    assert shifted > 3 * WIDE_DRIFT
    assert f"{shifted:.1f} times as much" in describe_drift(shifted)


def test_drift_does_not_depend_on_units():
    X = np.random.default_rng(0).normal(size=(100, SZ))
    one, other = (split(k * X[:60] + k, X_test=k * X[60:] + k) for k in (1, 1000))
    assert one.measure_drift(0) == pytest.approx(other.measure_drift(0))


def test_halves_of_all_training_series_share_no_row():
    sets = split(make_separate(101), LABELS.tolist() + [0])
    one, other = sets.split_train(0)
    both = np.concatenate([one, other])
    assert abs(len(one) - len(other)) <= 1
    assert np.array_equal(np.sort(both, axis=0), np.sort(sets.train, axis=0))
    assert not np.array_equal(one, sets.split_train(1)[0])


# -------------------------------------------------------------------------------------------
# What is refused
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given, options, error, message",
    [
        (
            (make_windows(19),),
            {},
            ValueError,
            "X has 19 series, but a comparison needs at least 10 to train on and 10 held out. Pass more, or X_test.",
        ),
        (
            (make_windows(40),),
            {},
            ValueError,
            "40 series split into 25 to train on and 8 held out (the last 20% in time, after a gap of 7 rows), but a",
        ),
        (
            (make_windows(60),),
            {"gap": 45},
            ValueError,
            "60 series split into 3 to train on and 12 held out (the last 20% in time, after a gap of 45 rows)",
        ),
        (
            (make_windows(60),),
            {"gap": 99},
            ValueError,
            "60 series split into 0 to train on and 12 held out",
        ),
        ((make_windows(60),), {"gap": -1}, ValueError, "gap must be at least 0, got -1."),
        (
            (make_windows(60),),
            {"gap": "wide"},
            TypeError,
            "gap must be an integer or 'auto', got 'wide'.",
        ),
        (
            (make_windows(60),),
            {"test_size": 1},
            ValueError,
            "test_size must be more than 0 and less than 1, got 1.",
        ),
        (
            (make_windows(60),),
            {"split": "fold"},
            ValueError,
            "Unknown split 'fold'. Known: auto, time, blocks, random.",
        ),
        (
            (make_windows(20)[:, 0],),
            {},
            ValueError,
            "X has shape (20,), but compare_generators takes series of shape (n_ts, sz)",
        ),
        ((make_windows(60), LABELS), {}, ValueError, "y has 100 entries, but there are 60 series."),
        (
            (make_windows(100), np.where(LABELS > 2, np.nan, LABELS)),
            {},
            ValueError,
            "y is missing (NaN or None) in 25 of 100 series (rows 3, 7, 11, 15, 19, ...).",
        ),
        (
            (make_windows(20), None, make_windows(9)),
            {},
            ValueError,
            "X has 20 series and X_test has 9, but a comparison needs at least 10 of each.",
        ),
        (
            (make_windows(20), None, make_windows(20, 6)),
            {},
            ValueError,
            "X_test has 6 steps, but X has 8. Resample or cut one of them.",
        ),
        (
            (make_windows(20), None, np.ones((20, SZ, 2))),
            {},
            ValueError,
            "X_test has 2 channel(s), but X has 1.",
        ),
        (
            (make_windows(20), None, np.full((20, SZ), np.inf)),
            {},
            ValueError,
            "X_test contains infinity in 20 of 20 series",
        ),
        (
            (make_windows(20), np.ones(20), make_windows(20)),
            {},
            ValueError,
            "Pass both y and y_test, or neither.",
        ),
        (
            (make_windows(20), None, make_windows(20), np.ones(20)),
            {},
            ValueError,
            "Pass both y and y_test, or neither.",
        ),
        (
            (make_windows(20), np.ones(20), None, np.ones(20)),
            {},
            ValueError,
            "y_test goes with X_test, which is None.",
        ),
    ],
)
def test_what_cannot_be_split_says_what_is_needed(given, options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        split(*given, **options)


def test_halves_that_are_too_small_say_how_many_there_are():
    sets = split(make_windows(20), test_size=0.5, gap=0)
    text = "Halves of the 10 training series have 5 after gaps between them, but a comparison needs at least 10."
    with pytest.raises(ValueError, match=re.escape(text)):
        sets.count_compared(100, [0])


def test_nothing_is_scaled_before_it_is_needed():
    assert not {"train", "held_out", "range"} & set(vars(split(make_windows(100))))
    assert isinstance(split(make_windows(100)), RealSets)


def test_held_out_series_that_were_trained_on_are_refused():
    X = np.random.default_rng(0).normal(size=(20, 6))
    with pytest.raises(
        ValueError, match="100% of X_held_out are series of X_real, so they are not"
    ):
        evaluate(X, X, X_held_out=X)


def rows_with(spoil, n=40):
    X = np.random.default_rng(0).normal(size=(n, 6))
    spoil(X)
    return X


@pytest.mark.parametrize(
    "spoil", [lambda X: None, lambda X: X.__setitem__((3, 2), np.nan), lambda X: X.__setitem__((slice(None), 5), np.nan)],
    ids=["complete", "a gap", "a padded end"],
)  # fmt: skip
def test_series_with_gaps_are_known_again(spoil):
    X = rows_with(spoil)
    with pytest.raises(ValueError, match="60% of X_test are series of X, so they are not held out"):
        split(X[:20], X_test=X[8:28])
    assert split(X[:20], X_test=X[10:30]).shared == 0.5
    assert split(X[:20], X_test=X[20:]).shared == 0


def test_series_are_known_again_in_a_wider_set():
    X = rows_with(lambda X: None)
    wide = np.pad(X[5:30], ((0, 0), (0, 2)), constant_values=np.nan)
    with pytest.raises(ValueError, match="60% of X_test"):
        split(X[:20], X_test=wide)


def test_a_few_shared_series_are_said_to_be_there():
    text = "5% of the held-out series are training series, too: a generator that copies them looks good beside them."
    assert describe_shared(0.05) == text
    assert describe_shared(0.009) == describe_shared(0.0) == ""
    X = np.random.default_rng(0).normal(size=(80, 6))
    said = evaluate(X[:40], X[20:60], X_held_out=X[38:78], metrics="recall", random_state=0).summary
    assert text in said
    said = evaluate(X[:40], X[20:60], X_held_out=X[40:], metrics="recall", random_state=0).summary
    assert "training series, too" not in said


@pytest.mark.parametrize("function", [evaluate, compare_generators])
def test_orders_name_arguments_that_exist(function):
    order = ast.parse(_ORDERS[function.__name__], mode="eval").body
    known = list(inspect.signature(function).parameters)
    assert [argument.id for argument in order.args] == known[: len(order.args)]
    assert {keyword.arg for keyword in order.keywords} <= set(known)


def test_labels_of_two_kinds_are_refused():
    X, y = make_separate(40), np.arange(40) % 2
    text = "y holds numbers and y_test holds text, so no class is in both."
    with pytest.raises(TypeError, match=text):
        split(X, y, X + 1, y.astype(str))


def test_swapped_arguments_are_told_the_order():
    X, y = make_separate(40), np.arange(40) % 2
    text = (
        "y_real has shape (40, 8), but targets are one for each series, of shape (n_ts,). If these are series, the arguments "
        "came in another order than evaluate(X_real, X_synthetic, y_real, y_synthetic)."
    )
    with pytest.raises(ValueError, match=re.escape(text)):
        evaluate(X, y, X + 1, y)
    text = "y has shape (40, 8), but targets are one for each series, of shape (n_ts,). If these are series, the arguments"
    with pytest.raises(ValueError, match=re.escape(text)):
        split(X, X + 1)


def test_targets_are_called_what_the_caller_calls_them():
    X, y = make_separate(40), np.arange(40) % 2
    for targets, text in (
        ((y[:9], y), "y has 9 entries, but there are 40 series."),
        ((y, y[:9]), "y_test has 9 entries, but there are 40 series."),
        ((y, y.reshape(20, 2).tolist()), "y_test should be a 1d array, got an array of shape (20, 2)"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=re.escape(text)):
            split(X, targets[0], X + 1, targets[1])


def test_channels_that_seem_to_come_first_are_told_once_for_all_metrics():
    X = np.random.default_rng(0).normal(size=(60, 3, 24))
    text = "The series have 3 steps of 24 channels, as sklaug reads arrays of shape (n_ts, steps, channels)."
    for held_out in (None, X[40:]):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            metrics = ["marginal_difference", "precision", "authenticity", "nearest_neighbor_ratio"]
            evaluate(X[:20], X[20:40], X_held_out=held_out, metrics=metrics, random_state=0)
        assert [str(entry.message).startswith(text) for entry in caught] == [True]
        assert caught[0].filename == __file__


def test_constant_series_may_be_alike_in_both_sets():
    constant = np.ones((20, 6))
    assert len(evaluate(constant, constant, X_held_out=constant, metrics="fast").table)
