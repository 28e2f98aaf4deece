"""evaluate: what is said of noise, of good series, of copies, and of what does not go together."""

import re
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from sklaug.datasets import make_labelled_series, make_target_series
from sklaug.metrics import (
    ContextEncoder,
    SeriesFeatures,
    authenticity,
    context_fid,
    spectral_difference,
)
from sklaug.metrics._panel import MEASURES
from sklaug.model_selection import _evaluation, evaluate
from sklaug.model_selection._verdict import VERDICTS
from sklaug.model_selection._words import write_figure

X, y = make_labelled_series(n_samples=300, n_timepoints=16, random_state=0)
REAL, MADE, UNSEEN = X[:120], X[120:220], X[220:]
Y_REAL, Y_MADE, Y_UNSEEN = y[:120], y[120:220], y[220:]
LOGISTIC = make_pipeline(SeriesFeatures(), StandardScaler(), LogisticRegression())
NOISE = np.random.default_rng(0).normal(size=MADE.shape)
QUICK = ["spectral_difference", "autocorrelation_difference", "recall", "precision"]
COPYING = ["authenticity", "nearest_neighbor_ratio", "duplicate_share"]
# All that neither trains networks nor trees.
MOST = [name for name in MEASURES if "score" not in name and name not in ("context_fid", "discriminative_auc")]  # fmt: skip


def look(made, *more, metrics=QUICK, **options):
    """Evaluate a set beside REAL and UNSEEN, with a quick estimator."""
    if more and "y_held_out" not in options:
        options["y_held_out"] = Y_UNSEEN
    options = {"X_held_out": UNSEEN, "estimator": KNeighborsClassifier(1), "random_state": 0} | options  # fmt: skip
    if not more and not isinstance(options["estimator"], Ridge):
        options["estimator"] = None
    return evaluate(REAL, made, *more, metrics=metrics, **options)


class Witness(ClassifierMixin, BaseEstimator):
    """A classifier that writes down what it learns from."""

    learned: ClassVar[list] = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.learned.append((X, y))
        return self

    def predict(self, X):
        return np.repeat(self.classes_[:1], len(X))


# -------------------------------------------------------------------------------------------
# What it finds
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("held_out", [None, UNSEEN], ids=["half of the real ones", "held out"])
def test_noise_is_off(held_out):
    verdicts = look(NOISE, X_held_out=held_out).table["verdict"]
    assert verdicts["spectral_difference"] == "off"
    assert verdicts["precision"] == "off"


@pytest.mark.parametrize("held_out", [None, UNSEEN], ids=["half of the real ones", "held out"])
@pytest.mark.parametrize("seed", [0, 1])
def test_other_real_series_are_good(seed, held_out):
    result = look(MADE, X_held_out=held_out, metrics=MOST, random_state=seed)
    verdicts = result.table["verdict"]
    # Two standard deviations, of few draws: one of fifteen may be off by chance.
    assert (verdicts == "off").sum() <= 1
    assert (verdicts == "good").mean() > 0.8
    assert result.flags == []


def test_other_real_series_are_seldom_off_over_many_sets():
    # Of 6 sets with 9 measures each, 5 % would be 3.
    off = 0
    for seed in range(6):
        X, _ = make_labelled_series(n_samples=180, n_timepoints=16, random_state=seed)
        result = evaluate(
            X[:60], X[60:120], X_held_out=X[120:], metrics=MOST, random_state=seed, estimator=None
        )
        off += (result.table["verdict"] != "good").sum()
    assert off <= 6


SETS = {
    "others": lambda real, others: others,
    "noise": lambda real, others: np.random.default_rng(0).normal(size=others.shape),
    "replay": lambda real, others: real,
}


def tell(of, n, seed, metrics):
    """Evaluate a set of n series beside n real ones and n others; returns the verdicts."""
    X, _ = make_labelled_series(n_samples=3 * n, n_timepoints=16, random_state=seed)
    made = SETS[of](X[:n], X[n : 2 * n])
    return evaluate(X[:n], made, X_held_out=X[2 * n :], metrics=metrics, random_state=seed).table[
        "verdict"
    ]


@pytest.mark.parametrize("of", SETS)
def test_ten_series_are_too_few_to_tell_anything_but_copies(of):
    verdicts = tell(of, 10, 0, "fast")
    assert set(verdicts.drop(index=COPYING)) == {"cannot tell"}
    assert verdicts["duplicate_share"] == ("off" if of == "replay" else "good")


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("n", [12, 20, 60])
def test_what_a_classifier_tells_apart_is_not_good_among_few_series(n, seed):
    verdict = tell("noise", n, seed, "discriminative_auc")["discriminative_auc"]
    assert verdict == ("off" if n == 60 else "cannot tell")


@pytest.mark.parametrize("n", [200, 300])
@pytest.mark.parametrize("of", SETS)
def test_some_hundred_series_tell_the_good_from_the_bad(of, n):
    verdicts = tell(of, n, 0, "fast").drop(index=COPYING)
    assert verdicts["discriminative_auc"] == ("off" if of == "noise" else "good")
    assert "cannot tell" not in set(verdicts)
    if of == "noise":
        assert (verdicts == "good").sum() <= 4
    else:  # by chance one of thirteen may be slightly off
        assert (verdicts == "good").sum() >= 12


def test_spreads_of_draws_that_share_rows_are_widened():
    # The mean of 12 of 16 varies by a quarter of the variance of 12 new ones, that of halves by a half.
    rng = np.random.default_rng(0)
    values = rng.normal(size=16)
    draws = np.array([rng.choice(values, 12, replace=False).mean() for _ in range(20_000)])
    halves = np.array([rng.choice(values, 8, replace=False).mean() for _ in range(20_000)])
    per_row = np.sqrt(12) * draws.std(), np.sqrt(8) * halves.std()
    counts = _evaluation._count_drawn(_Sets(16), _Sets(16), 12, 3)
    # Of 16 halves are less than what can be compared, so 10 are drawn.
    assert counts.compared == 10
    assert counts.shared == pytest.approx(np.sqrt((1 / 2) / (6 / 16)))
    assert per_row[1] / per_row[0] == pytest.approx(np.sqrt((1 / 2) / (4 / 16)), rel=0.03)
    assert _evaluation._count_drawn(_Sets(40), _Sets(40), 2000, 3).shared == 1
    assert _evaluation._count_drawn(_Sets(10), _Sets(10), 2000, 3).shared == np.inf
    # Few synthetic rows beside many real ones: floors are drawn of the many.
    assert _evaluation._count_drawn(_Sets(500), _Sets(10), 2000, 3).shared == 1
    assert _evaluation._count_drawn(_Sets(10), _Sets(10), 2000, 1).shared == 1


class _Sets:
    """Sets of so many series, by the names under which they are counted."""

    def __init__(self, n):
        self.train = self.held_out = self.scaled = range(n)


def test_too_few_series_to_tell_are_said_to_be():
    result = evaluate(REAL[:10], MADE[:10], X_held_out=UNSEEN[:10], metrics=QUICK, random_state=0)
    text = " ".join(str(result).split())
    assert "Of 7 measures 3 are good and 4 cannot tell." in text
    assert "With 10 series on each side every draw takes the same real ones" in text
    assert "Cannot tell: no further off than real series may be by chance or drift" in text


def test_a_score_that_cannot_be_told_is_not_flagged():
    values = pd.DataFrame({"TSTR": [0.5, 0.6, 0.4]})
    table = _evaluation._tabulate(
        values, pd.DataFrame({"TSTR": [1.0, 0.5, 0.9]}), _evaluation._Counts(30, 30)
    )
    assert table.loc["TSTR", "verdict"] == "cannot tell"
    made = _evaluation._Made(MADE, None, MADE[..., None], False)
    assert _evaluation._flag(table, _RealSets(), made) == []


class _RealSets:
    """Real series for what is flagged."""

    train, y_train = REAL[..., None], None


def test_one_repeat_has_no_spread_and_says_so():
    result = look(MADE, n_repeats=1)
    assert result.table[["value_std", "floor_std"]].isna().all(axis=None)
    assert "compared, once, so that nothing tells faults from chance." in " ".join(
        str(result).split()
    )
    assert "±" not in str(result) and "nan" not in str(result)
    assert set(result.table["verdict"]) <= {"good", "slightly off", "off"}


def test_a_replay_is_flagged_with_and_without_held_out_series():
    for held_out in (UNSEEN, None):
        result = look(REAL, X_held_out=held_out, metrics=COPYING)
        (flag,) = result.flags
        assert flag.startswith("copies training series: authenticity 0.00, that of other real")
        assert "100% exact copies" in flag
        assert ("0.00 times as far" in flag) == (held_out is not None)
        assert set(result.table["verdict"]) == {"off"}
        assert ("nearest_neighbor_ratio" in result.table.index) == (held_out is not None)


def test_a_replay_looks_good_to_all_else():
    verdicts = look(REAL, metrics=QUICK).table["verdict"]
    assert set(verdicts[COPYING]) == {"off"}
    assert set(verdicts[QUICK]) == {"good"}


def test_copies_with_a_little_noise_are_flagged():
    result = look(REAL + 0.01 * np.resize(NOISE, REAL.shape), metrics=COPYING)
    (flag,) = result.flags
    assert flag.startswith("stays close to training series: authenticity 0.00")
    assert "exact copies" not in flag
    assert dict(result.table["verdict"]) == {
        "authenticity": "off",
        "nearest_neighbor_ratio": "off",
        "duplicate_share": "good",
    }


def test_a_replay_is_flagged_whatever_metrics_are_asked_for():
    result = look(REAL, metrics=["spectral_difference"])
    assert list(result.table.index) == ["spectral_difference", *COPYING]
    (flag,) = result.flags
    assert flag.startswith("copies training series") and flag.endswith("100% exact copies")


@pytest.mark.parametrize(
    "copy",
    [
        REAL + 1e-6 * np.ptp(REAL) / 10 * np.resize(NOISE, REAL.shape),
        REAL.astype(np.float32).astype(float),
    ],
    ids=["noise", "float32"],
)
def test_near_copies_are_copies(copy):
    result = look(copy, metrics=["spectral_difference"])
    assert result.flags[0].startswith("copies training series: authenticity 0.00")
    assert result.table.loc["duplicate_share", "value"] == 1


def test_a_share_of_few_series_may_miss_one_by_chance():
    # Real series reached all of the others in every draw: that nothing varied does not mean that nothing may.
    values = pd.DataFrame({"recall": [1.0, 29 / 30, 1.0], "coverage": [0.7, 0.8, 0.7]})
    verdicts = _evaluation._tabulate(values, values * 0 + 1.0, _evaluation._Counts(30, 30))[
        "verdict"
    ]
    assert dict(verdicts) == {"recall": "good", "coverage": "off"}


def test_all_real_series_may_have_been_copied_whichever_half_is_compared():
    copied = evaluate(REAL, REAL[60:], metrics="duplicate_share", random_state=0)
    assert copied.table.loc["duplicate_share", "value"] == 1


def test_shuffled_labels_are_off_and_right_ones_are_good():
    names = ["spectral_difference"]
    right = look(MADE, Y_REAL, Y_MADE, metrics=names).table["verdict"]
    shuffled = np.random.default_rng(0).permutation(Y_MADE)
    wrong = look(MADE, Y_REAL, shuffled, metrics=names).table["verdict"]
    assert set(right[["TSTR", "TRTS"]]) <= {"good", "slightly off"}
    assert set(wrong[["TSTR", "TRTS"]]) == {"off"}
    # The values alone do not tell.
    assert right["spectral_difference"] == wrong["spectral_difference"] == "good"


def test_noise_with_random_labels_is_said_to_be_hidden_by_real_rows():
    labels = np.random.default_rng(1).permutation(Y_MADE)
    result = look(10 + NOISE, Y_REAL, labels, metrics=["spectral_difference"])
    row = result.table.loc[["TSTR", "TR+S"]]
    assert list(row["verdict"]) == ["off", "good"]
    (flag,) = result.flags
    score, beside = row["value"]
    real = row["floor"].iloc[0]
    assert flag == (
        f"is bad to train on: TSTR {score:.2f}, real {real:.2f}; TR+S ({beside:.2f}) cannot see that"
    )


def test_real_targets_are_scored_too():
    X, y = make_target_series(n_samples=90, n_timepoints=16, random_state=0)
    result = evaluate(
        X[:30], X[30:60], y[:30], y[30:60], X_held_out=X[60:], y_held_out=y[60:],
        estimator=Ridge(), metrics="spectral_difference", random_state=0,
    )  # fmt: skip
    assert list(result.table.index) == ["spectral_difference", "TSTR", "TRTS", "TR+S", *COPYING]
    assert np.isfinite(result.table[["value", "floor"]]).all(axis=None)


def test_a_set_of_three_series_is_said_to_repeat_itself():
    # Also without held-out series, and whatever is measured.
    for held_out in (UNSEEN, None):
        result = look(np.repeat(MADE[:3], 30, axis=0), X_held_out=held_out, metrics="recall")
        n = 120 if held_out is not None else 60
        repeats, part = result.flags
        assert repeats == f"repeats itself: only 3 distinct series among 90, real {n} among {n}"
        assert part.startswith("shows only a part of what real series do: recall 0.")


def test_series_near_a_few_real_ones_show_only_a_part():
    near = np.repeat(MADE[:5], 20, axis=0) + 0.001 * NOISE
    (flag,) = look(near, metrics=["precision", "recall"]).flags
    assert flag.startswith("shows only a part of what real series do: recall 0.")
    assert look(NOISE, metrics=["precision", "recall"]).flags == []


@pytest.mark.parametrize("held_out", [(None, None), (UNSEEN, Y_UNSEEN)], ids=["without", "with"])
def test_a_missing_class_is_named(held_out):
    rows = Y_MADE != 2
    options = {"X_held_out": held_out[0], "y_held_out": held_out[1], "metrics": "recall"}
    flags = look(MADE[rows], Y_REAL, Y_MADE[rows], **options).flags
    assert re.fullmatch(r"lacks classes: none of class 2, real \d\d%", flags[0])
    assert not any("classes" in flag for flag in look(MADE, Y_REAL, Y_MADE, **options).flags)


def test_where_a_single_class_was_made_what_can_be_scored_is_tabled():
    alone = Y_MADE == 1
    result = look(MADE[alone], Y_REAL, Y_MADE[alone], estimator=LOGISTIC)
    table = result.table
    assert "TSTR" not in table.index
    assert {"TRTS", "TR+S"} <= set(table.index)
    # Of what it learns from real rows in their place it guesses more than one of three.
    assert 0.5 < table.loc["TRTS", "floor"] == table.loc["TR+S", "floor"] <= 1
    assert "TSTR cannot be computed without series of every class." in result.summary


def test_a_rare_class_of_noise_is_off_by_itself():
    # Of class 2 a tenth is there, and in its place noise was made.
    rare = np.concatenate([np.flatnonzero(y != 2), np.flatnonzero(y == 2)[:22]])
    rows = np.random.default_rng(0).permutation(rare)
    (train, made, unseen), noise = np.split(rows[:210], 3), np.random.default_rng(1)
    spoiled = X[made].copy()
    spoiled[y[made] == 2] = noise.normal(size=spoiled[y[made] == 2].shape)
    sets = {
        "X_held_out": X[unseen],
        "y_held_out": y[unseen],
        "metrics": "recall",
        "random_state": 0,
    }
    result = evaluate(X[train], spoiled, y[train], y[made], **sets)
    assert "Scores: balanced_accuracy of RandomForestClassifier" in result.summary
    assert result.table.loc["TSTR", "verdict"] == "off"
    by_hand = evaluate(X[train], spoiled, y[train], y[made], scoring="balanced_accuracy", **sets)
    pd.testing.assert_frame_equal(result.table, by_hand.table)


def test_made_even_classes_are_said_to_change_the_figures():
    said = "Class shares differ from those of the real series, and so does what follows."
    rows = np.concatenate([np.flatnonzero(Y_REAL != 0), np.flatnonzero(Y_REAL == 0)[:5]])
    result = evaluate(REAL[rows], MADE, Y_REAL[rows], Y_MADE, metrics="recall", random_state=0)
    assert said in result.summary
    assert said not in look(MADE, *LABELS, metrics="recall").summary
    assert said not in look(MADE, metrics="recall").summary


def test_real_targets_are_no_classes_to_miss():
    X, y = make_target_series(n_samples=60, n_timepoints=16, random_state=0)
    result = evaluate(X[:30], X[30:], y[:30], y[30:], metrics="recall", random_state=0)
    assert not any("classes" in flag for flag in result.flags)


def drift(made, **options):
    """Evaluate a set beside held-out series of another level."""
    return look(made, X_held_out=UNSEEN + 4, metrics=MOST, **options)


def test_beside_drifted_series_what_the_drift_hides_cannot_be_told():
    assert (look(MADE, metrics=MOST).table["verdict"] == "good").mean() > 0.8
    result = drift(MADE)
    verdicts = result.table["verdict"]
    hidden = [
        "marginal_difference",
        "wasserstein_distance",
        "sliced_wasserstein_distance",
        "recall",
    ]
    assert set(verdicts[hidden]) == {"cannot tell"}
    # A level changes neither how steps go together nor what is a copy.
    assert set(verdicts[["autocorrelation_difference", "kurtosis_difference", *COPYING]]) == {
        "good"
    }
    text = str(result)
    assert re.match(r"Of 15 measures \d+ are good, \d+ cannot tell and ", text)
    assert text.index("Cannot tell: ") < text.index("Good: ")
    assert "The held-out series differ from the training series" in " ".join(text.split())


def test_beside_drifted_series_what_is_off_is_off_and_what_drifted_along_is_good():
    noise = drift(NOISE).table["verdict"]
    assert noise["spectral_difference"] == "off"
    assert noise["marginal_difference"] == "cannot tell"
    along = drift(MADE + 4).table["verdict"]
    assert set(along[["marginal_difference", "wasserstein_distance", "recall"]]) == {"good"}
    assert set(drift(REAL).table["verdict"][COPYING]) == {"off"}


def test_scores_are_told_beside_drifted_series_too():
    result = drift(MADE, y_held_out=None)
    assert "TSTR" not in result.table.index
    # Features of which none is a level: what is learned holds there too.
    shapes = make_pipeline(FunctionTransformer(np.diff), LOGISTIC)
    options = {"X_held_out": UNSEEN + 4, "metrics": "marginal_difference", "estimator": shapes}
    labelled = look(MADE, Y_REAL, Y_MADE, **options).table["verdict"]
    assert labelled["marginal_difference"] == "cannot tell"
    assert "cannot tell" not in set(labelled[["TSTR", "TRTS", "TR+S"]])


def test_a_forecaster_is_scored_on_held_out_windows():
    result = look(MADE, metrics="recall", estimator=Ridge(), horizon=4, n_repeats=1, random_state=0)
    # One repeat learns from all of the 100 made windows, and is tested on all that are unseen.
    model = Ridge().fit(MADE[:, :-4], MADE[:, -4:])
    expected = model.score(UNSEEN[:, :-4], UNSEEN[:, -4:])
    assert result.table.loc["TSTR", "value"] == pytest.approx(expected)
    assert "Scores: R² of Ridge, which forecasts the last 4 steps of each series." in result.summary


# -------------------------------------------------------------------------------------------
# Figures
# -------------------------------------------------------------------------------------------


def test_the_table_has_a_row_for_each_measure_and_score():
    table = look(MADE, Y_REAL, Y_MADE, metrics=QUICK + COPYING).table
    assert list(table.columns) == ["value", "value_std", "floor", "floor_std", "verdict"]
    scores = ["TSTR", "TRTS", "TR+S"]
    assert set(table.index) == {*QUICK, *COPYING, *scores}
    assert table.index.name == "metric"
    # Halves of the real series tell what their copying would be.
    assert table[["value", "floor"]].notna().all(axis=None)
    assert table.loc[scores, "floor"].nunique() == 1


def test_figures_are_those_of_the_metrics():
    # 20 made series and one repeat: all of them, beside as many real ones.
    result = look(MADE[:20], n_repeats=1, metrics=["spectral_difference", "authenticity"])
    table = result.table
    low, width = REAL.min(), np.ptp(REAL)
    real, made, unseen = ((values - low) / width for values in (REAL, MADE[:20], UNSEEN))
    assert table.loc["authenticity", "value"] == authenticity(real, made, scale=None)
    # With as few unseen series all of them are drawn.
    result = look(MADE[:20], X_held_out=UNSEEN[:20], n_repeats=1, metrics="spectral_difference")
    expected = spectral_difference(unseen[:20], made)
    assert result.table.loc["spectral_difference", "value"] == pytest.approx(expected)


def test_both_sides_have_as_many_series_and_the_floor_has_too(monkeypatch):
    shapes = []

    def judge(names, comparisons, copying, scored, **_):
        shapes.extend((len(one), len(other)) for one, other in comparisons.values())
        if len(copying[0]) == len(REAL):
            shapes.append((len(copying[1]),) * 2)
        else:  # the floor: halves of the real ones
            assert [len(half) for half in copying[:2]] == [60, 60]
        return {"held out": {"recall": 1.0}}

    monkeypatch.setattr(_evaluation, "judge", judge)
    look(MADE, metrics="recall")
    assert set(shapes) == {(40, 40)}  # a half of UNSEEN
    for options, expected in [
        ({"n_samples": 25}, 25),
        ({"n_repeats": 1}, 80),
        ({"n_repeats": 1, "n_samples": 30}, 30),
    ]:
        shapes.clear()
        look(MADE, metrics="recall", **options)
        assert set(shapes) == {(expected, expected)}
    shapes.clear()
    look(MADE[:12], metrics="recall")
    assert set(shapes) == {(10, 10)}


def test_draws_differ_so_that_there_is_a_spread():
    table = look(MADE).table
    assert (table[["value_std", "floor_std"]].loc[["spectral_difference"]] > 0).all(axis=None)


def test_no_more_synthetic_rows_are_learned_from_than_real_ones():
    many, labels = np.concatenate([MADE] * 4), np.concatenate([Y_MADE] * 4)
    for made, y_made, n_repeats, n in [
        (many, labels, 1, 120),
        (MADE, Y_MADE, 1, 100),
        (many, labels, 2, 60),
        (MADE, Y_MADE, 2, 50),
    ]:
        Witness.learned.clear()
        look(made, Y_REAL, y_made, metrics="recall", estimator=Witness(), n_repeats=n_repeats)
        # Of TSTR, TRTS (from real rows), TR+S, and TRTR of the floor; classes are rounded up.
        sizes = [len(X) for X, _ in Witness.learned]
        assert np.allclose(sizes, [n, n, 2 * n, n] * n_repeats, atol=4)


def test_real_rows_and_synthetic_ones_are_learned_from_class_by_class():
    rare = np.where(np.arange(120) < 3, 9, Y_REAL)
    made = np.where(np.arange(100) < 1, 9, Y_MADE)
    Witness.learned.clear()
    look(MADE, rare, made, metrics="recall", estimator=Witness())
    counts = [np.unique(y, return_counts=True) for _, y in Witness.learned]
    assert all(list(labels) == [0, 1, 2, 9] for labels, _ in counts)
    assert {of[-1] for _, of in counts} == {1, 2, 3}


def test_the_same_real_rows_are_learned_from_in_the_place_of_synthetic_ones():
    Witness.learned.clear()
    look(MADE, Y_REAL, Y_MADE, metrics="recall", estimator=Witness(), n_repeats=2)
    learned = [X for X, _ in Witness.learned]
    for repeat in (0, 4):
        assert np.array_equal(learned[repeat + 1], learned[repeat + 3])
    assert not np.array_equal(learned[1], learned[5])


def test_an_int_gives_the_same_figures_and_leaves_global_generators_alone():
    state = np.random.get_state()[1].copy()
    one, again = (look(MADE, Y_REAL, Y_MADE) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, again.table, check_exact=True)
    assert str(one) == str(again)
    other = look(MADE, Y_REAL, Y_MADE, random_state=1)
    assert not one.table["value"].equals(other.table["value"])
    assert np.array_equal(state, np.random.get_state()[1])


def test_a_fitted_encoder_is_used(monkeypatch):
    encoder = ContextEncoder(n_iter=1, random_state=0).fit(REAL)

    def refuse(*_, **__):
        raise AssertionError("trained")

    monkeypatch.setattr(ContextEncoder, "fit", refuse)
    result = look(MADE, metrics="context_fid", encoder=encoder, n_repeats=1)
    assert result.table.loc["context_fid", "value"] > 0
    with pytest.raises(AssertionError, match="trained"):
        look(MADE, metrics="context_fid")


def test_an_encoder_is_for_series_in_the_units_of_the_real_ones():
    real, made, unseen = (1000 + 10 * values for values in (REAL, MADE[:80], UNSEEN))
    encoder = ContextEncoder(n_iter=2, random_state=0).fit(real)
    # As many of both, and one repeat: all of them.
    result = evaluate(
        real, made, X_held_out=unseen, encoder=encoder, metrics="context_fid", n_repeats=1, random_state=0
    )  # fmt: skip
    expected = context_fid(unseen, made, encoder=encoder)
    assert result.table.loc["context_fid", "value"] == pytest.approx(expected, rel=1e-3)
    # In other units it is another one.
    assert encoder.transform(made) != pytest.approx(encoder.transform(MADE[:80]), rel=1e-3)


def test_without_held_out_series_there_are_no_scores():
    result = look(MADE, Y_REAL, Y_MADE, X_held_out=None, y_held_out=None)
    assert set(result.table.index) == {*QUICK, "authenticity", "duplicate_share"}
    assert "TSTR" not in str(result)


def test_scale_and_units_play_no_role():
    names = ["spectral_difference", "marginal_difference", "authenticity", "recall"]
    one = look(MADE, metrics=names).table
    other = evaluate(
        1000 * REAL - 7, 1000 * MADE - 7, X_held_out=1000 * UNSEEN - 7, metrics=names, random_state=0
    ).table  # fmt: skip
    pd.testing.assert_frame_equal(one, other, rtol=1e-6, atol=1e-9)


# -------------------------------------------------------------------------------------------
# Containers
# -------------------------------------------------------------------------------------------


def test_lists_of_unequal_lengths_are_compared_by_length_too():
    rng = np.random.default_rng(0)

    def cut(values):
        return [row[:n] for row, n in zip(values, rng.integers(10, 17, len(values)), strict=True)]

    real, unseen, alike = cut(REAL), cut(UNSEEN), cut(MADE)
    short = [row[:10] for row in MADE]
    for made, verdict in ((alike, "good"), (short, "off")):
        result = evaluate(
            real, made, X_held_out=unseen, metrics=["length_ks", "recall"], random_state=0
        )
        assert result.table.loc["length_ks", "verdict"] == verdict


def test_gaps_are_taken_and_lead_to_no_nan():
    rng = np.random.default_rng(0)
    real, made, unseen = (
        np.where(rng.random(values.shape) < 0.1, np.nan, values) for values in (REAL, MADE, UNSEEN)
    )
    result = evaluate(real, made, X_held_out=unseen, metrics=MOST, random_state=0)
    assert result.table["value"].notna().all()
    assert "nan" not in str(result)


def test_other_containers_give_the_same():
    expected = look(MADE, Y_REAL, Y_MADE, metrics="recall").table
    for cast in (pd.DataFrame, lambda values: values.tolist(), np.asfortranarray):
        result = evaluate(
            cast(REAL), cast(MADE), list(Y_REAL), list(Y_MADE), X_held_out=cast(UNSEEN),
            y_held_out=list(Y_UNSEEN), metrics="recall", estimator=KNeighborsClassifier(1), random_state=0,
        )  # fmt: skip
        pd.testing.assert_frame_equal(result.table, expected)


def test_a_list_beside_an_array_is_brought_into_it():
    expected = look(MADE, Y_REAL, Y_MADE, metrics="recall").table
    result = look(list(MADE), Y_REAL, Y_MADE, metrics="recall").table
    pd.testing.assert_frame_equal(result, expected)


def test_held_out_series_that_were_drawn_are_infinitely_near_and_nothing_warns(recwarn):
    result = look(UNSEEN, metrics=COPYING)
    assert result.table.loc["nearest_neighbor_ratio", "value"] == np.inf
    assert np.isnan(result.table.loc["nearest_neighbor_ratio", "value_std"])
    assert "copies held-out series" in " ".join(result.flags)
    assert [str(warning.message) for warning in recwarn] == []


def test_every_set_that_is_measured_has_a_line_if_asked_for(capsys):
    look(MADE, n_repeats=2)
    assert capsys.readouterr().out == ""
    look(MADE, n_repeats=2, verbose=1)
    assert capsys.readouterr().out.splitlines() == [
        f"repeat {repeat} of 2, {what}"
        for repeat in (1, 2)
        for what in ("synthetic series", "real series in their place")
    ]


def test_several_channels_are_compared_with_each_other():
    real, made, unseen = (np.stack([values, -values], axis=2) for values in (REAL, MADE, UNSEEN))
    apart = made.copy()
    apart[..., 1] = made[::-1, :, 1]
    names = ["correlational_score", "recall"]
    for synthetic, verdict in ((made, "good"), (apart, "off")):
        result = evaluate(real, synthetic, X_held_out=unseen, metrics=names, random_state=0)
        assert result.table.loc["correlational_score", "verdict"] == verdict
    assert list(look(MADE, metrics=names).table.index) == ["recall", *COPYING]


def test_constant_series_are_good_and_no_figure_is_nan():
    flat = np.ones((40, 8))
    result = evaluate(flat, flat[:20], X_held_out=flat, metrics=MOST, random_state=0)
    assert set(result.table["verdict"]) == {"good"}
    assert result.table["value"].notna().all()
    assert result.flags == []


# -------------------------------------------------------------------------------------------
# Words
# -------------------------------------------------------------------------------------------


def all_texts():
    labels = np.random.default_rng(1).permutation(Y_MADE)
    yield str(look(MADE, metrics=MOST))
    yield str(look(NOISE, Y_REAL, labels, metrics=MOST))
    yield str(look(REAL, Y_REAL, Y_REAL, metrics=MOST))
    yield str(look(NOISE, X_held_out=None, metrics=QUICK, n_repeats=1))


def test_words_can_be_read():
    for text in all_texts():
        for word in ("nan", "np.", "float64", "array(", "inf", "None", "e-0", "_"):
            assert word not in text
        for line in text.split("\n"):
            assert line == line.rstrip() and len(line) <= 110


def read_rows(text):
    """Return {measure: (verdict, looks at, this set, real series, times)} of the words, by where columns begin."""
    rows, starts, about, verdict = {}, None, "", None
    for line in text.split("\n"):
        if line.partition(":")[0].lower() in VERDICTS:
            verdict, last = line.partition(":")[0].lower(), None
        elif line.startswith("  looks at"):
            heads = ["looks at", "measure", "this set", "real series", "times"]
            starts = [line.index(head) for head in heads if head in line]
        elif starts and verdict and line.strip() not in ("", "as far"):
            bounds = zip(starts, [*starts[1:], None], strict=True)
            cells = [line[start:end].strip() for start, end in bounds]
            if len(cells) > 2 and cells[2]:
                about, last = cells[0] or about, cells[1]
                rows[last] = [verdict, about, *cells[2:]]
            else:  # what did not fit
                rows[f"{last} {cells[1]}".strip()] = rows.pop(last)
                last = f"{last} {cells[1]}".strip()
    return rows


def test_words_begin_with_how_many_measures_are_good_and_then_say_what_was_compared():
    first, compared = str(look(MADE)).split("\n\n")[:2]
    assert first == "All 7 measures are good."
    assert compared == (
        "100 synthetic series beside real ones of 16 steps and 1 channel(s): 40 of each compared, 3 times.\n"
        "With 40 series on each side only gross faults show."
    )
    assert "gross faults" not in str(look(MADE, n_repeats=1))


def test_the_first_sentence_counts_verdicts_and_names_what_is_most_off():
    result = look(NOISE, metrics=["spectral_difference", "skewness_difference"])
    counts = result.table["verdict"].value_counts()
    assert dict(counts) == {"good": 3, "off": 2}
    errors = result.table.loc[["spectral_difference", "skewness_difference"]]
    times = errors["value"] / errors[["floor", "floor_std"]].max(axis=1)
    assert times.idxmax() == "skewness_difference" and times.max() >= 10
    assert str(result).split("\n\n")[0] == (
        "Of 5 measures 3 are good and 2 are off; most off: Skewness difference "
        f"({times.max():.0f} times as far as real series)."
    )


def test_flags_are_sentences():
    text = str(look(REAL, metrics="recall"))
    (flag,) = look(REAL, metrics="recall").flags
    paragraph = text.split("\n\n")[1]
    head, *lines = paragraph.split("\n")
    assert head == "Beware:"
    assert " ".join(" ".join(lines).split()) == f"This set {flag}."
    assert "Beware" not in str(look(MADE, metrics="recall"))


def test_words_say_the_worst_first_and_every_row_once():
    result = look(NOISE, Y_REAL, np.random.default_rng(1).permutation(Y_MADE))
    text = str(result)
    assert repr(result) == text
    places = [text.find(f"\n{head}: ") for head in ("Off", "Slightly off", "Good")]
    places = [place for place in places if place >= 0]
    assert len(places) > 1 and places == sorted(places)
    titles = {name: MEASURES[name].title for name in result.table.index if name in MEASURES}
    titles |= {"TSTR": "TSTR (of real rows: TRTR)", "TRTS": "TRTS", "TR+S": "TR+S"}
    rows = read_rows(text)
    assert set(rows) == set(titles.values())
    for name, title in titles.items():
        assert rows[title][0] == result.table.loc[name, "verdict"]
        if name in MEASURES:
            assert MEASURES[name].about.startswith(rows[title][1])
    assert text.index("Beware:") < places[0]
    assert text.count("looks at") == 1


def test_what_several_measures_look_at_is_said_once():
    text = str(look(MADE, Y_REAL, Y_MADE))
    assert [row[0] for row in read_rows(text).values()].count("good") > 2
    assert text.count("what a model learns from them") == len(
        set(look(MADE, Y_REAL, Y_MADE).table["verdict"][["TSTR", "TRTS", "TR+S"]])
    )


def test_words_say_by_how_much():
    result = look(NOISE, metrics=["spectral_difference", "authenticity"])
    row = result.table.loc["spectral_difference"]
    verdict, about, value, floor, times = read_rows(str(result))["Log-spectrum difference"]
    assert (verdict, about) == ("off", "how strong slow and fast movements are")
    assert value == write_figure(row["value"], row["value_std"])
    assert floor == write_figure(row["floor"], row["floor_std"])
    assert float(times) == pytest.approx(row["value"] / row["floor"], abs=0.5)


def test_words_say_what_was_scored_and_by_what():
    labels = (Y_REAL, Y_MADE)
    forest = make_pipeline(SeriesFeatures(), RandomForestClassifier(5, random_state=0))
    for options, said in [
        ({"scoring": "f1_macro"}, "f1_macro of KNeighborsClassifier"),
        ({"estimator": forest}, "accuracy of RandomForestClassifier on SeriesFeatures"),
    ]:
        summary = look(MADE, *labels, metrics="recall", n_repeats=1, **options).summary
        assert f"\nScores: {said}. TSTR is trained on synthetic series and tested on" in summary
    assert "Scores" not in look(MADE, metrics="recall").summary


def test_copies_are_not_said_to_be_times_as_far_off():
    text = str(look(REAL, metrics=COPYING))
    assert text.startswith("All 3 measures are off.\n")
    assert "times\n" not in text


# -------------------------------------------------------------------------------------------
# What does not go together
# -------------------------------------------------------------------------------------------


def spoil(value):
    """Return the made series with a value put into one."""
    spoiled = MADE.copy()
    spoiled[3, 2] = value
    return spoiled


LABELS = (Y_REAL, Y_MADE)
UNLABELLED = {"y_held_out": None}
SERIES = [
    (MADE[:9], {}, "X_synthetic has 9 series, but a comparison needs at least 10."),
    (MADE[:, :12], {}, "X_synthetic has 12 steps, but X_real has 16."),
    (np.tile(MADE, 2), {}, "X_synthetic has 32 steps, but X_real has 16."),
    (
        np.dstack([MADE] * 3), {},
        "X_synthetic is 100 series of 3 channel(s), but it should be 100 of 1.",
    ),
    (
        spoil(np.nan), {},
        "X_synthetic has NaN in 1 of 100 series (row 3), but none of the 120 training series has.",
    ),
    (spoil(np.inf), {}, "X_synthetic contains infinity in 1 of 100 series (row 3)"),
    (MADE[0], {}, "X_synthetic has shape (16,), but evaluate takes series of shape (n_ts, sz)"),
    (
        MADE, {"X_held_out": UNSEEN[:9]},
        "X_real has 120 series and X_held_out has 9, but a comparison needs at least 10 of each.",
    ),
    (
        MADE, {"X_held_out": UNSEEN[:, :9]},
        "X_held_out has 9 steps, but X_real has 16. Resample or cut one of them.",
    ),
    (MADE, {"X_held_out": np.dstack([UNSEEN] * 2)}, "X_held_out has 2 channel(s), but X_real has 1."),
    (MADE, {"metrics": "fid"}, "metrics names 'fid'. Known: 'all', 'fast', context_fid"),
    (
        MADE, {"metrics": "correlational_score"},
        "metrics names correlational_score, of which none has anything to compare here",
    ),
    (MADE, {"n_samples": 9}, "n_samples must be at least 10, got 9."),
    (MADE, {"n_repeats": 0}, "n_repeats must be at least 1, got 0."),
    (MADE, {"y_held_out": Y_UNSEEN}, "Pass both y_real and y_held_out, or neither."),
    (
        MADE, {"X_held_out": None, "estimator": Ridge(), "horizon": 4},
        "horizon=4 goes with X_held_out, which is None: the generator has seen all other series.",
    ),
    (
        MADE, {"estimator": Ridge()},
        "evaluate needs y, class labels or real targets; or horizon, to forecast the last steps of windows.",
    ),
    (MADE, {"horizon": 4}, "horizon=4 needs an estimator that forecasts, such as Ridge(); got none."),
    (
        MADE, {"estimator": Ridge(), "horizon": 16},
        "horizon=16 leaves nothing to forecast from, as the windows in X have 16 steps.",
    ),
]  # fmt: skip
TARGETS = [
    ((Y_REAL,), {}, "Pass both y_real and y_synthetic, or neither."),
    ((None, Y_MADE), UNLABELLED, "Pass both y_real and y_synthetic, or neither."),
    (LABELS, UNLABELLED, "Pass both y_real and y_held_out, or neither."),
    (LABELS, {"X_held_out": None}, "y_held_out goes with X_held_out, which is None."),
    ((Y_REAL[:9], Y_MADE), {}, "y_real has 9 entries, but there are 120 series."),
    ((Y_REAL, Y_MADE[:9]), {}, "y_synthetic has 9 entries, but there are 100 series."),
    (
        (np.where(Y_REAL == 1, np.nan, Y_REAL), Y_MADE), {},
        "y_real is missing (NaN or None) in 40 of 120 series",
    ),
    (
        (Y_REAL, Y_MADE + 5), {},
        "y_synthetic has classes that no training row has: 5, 6, 7.",
    ),
]  # fmt: skip


@pytest.mark.parametrize("made, options, message", SERIES)
def test_series_that_do_not_go_together_are_refused(made, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        look(made, **options)


@pytest.mark.parametrize("targets, options, message", TARGETS)
def test_targets_that_do_not_go_together_are_refused(targets, options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        look(MADE, *targets, **options)


@pytest.mark.parametrize(
    "options, message",
    [
        (
            {"estimator": "forest"},
            "estimator must be 'auto', None, or a classifier or regressor such as RandomForestClassifier(), got 'forest'.",
        ),
        (
            {"scoring": ["accuracy"]},
            "scoring must be a single scorer, got a list. Call evaluate once for each",
        ),
    ],
)
def test_what_cannot_score_is_refused(options, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        look(MADE, *LABELS, **options)


def test_what_sample_returns_is_told_from_series_whatever_else_is_there():
    for targets in ((), (Y_REAL,)):
        with pytest.raises(
            TypeError, match=re.escape("X_synthetic is a tuple of two; sample returns (X, y)")
        ):
            evaluate(REAL, (MADE, Y_MADE), *targets)


def test_too_few_real_series_are_refused():
    text = (
        "X_real has 19 series, but a comparison needs at least 10 to train on and 10 held out. "
        "Pass more, or X_held_out."
    )
    with pytest.raises(ValueError, match=re.escape(text)):
        evaluate(REAL[:19], MADE)


def test_a_function_as_scoring_is_called():
    scorer = make_scorer(accuracy_score)
    expected = look(MADE, Y_REAL, Y_MADE, metrics="recall", scoring="accuracy").table
    result = look(MADE, Y_REAL, Y_MADE, metrics="recall", scoring=scorer).table
    pd.testing.assert_frame_equal(result, expected)
