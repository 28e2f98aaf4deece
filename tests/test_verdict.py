"""From figures to words: thresholds by known numbers, and what the words say."""

import math

import numpy as np
import pandas as pd
import pytest

from sklaug.metrics._panel import MEASURES
from sklaug.model_selection._verdict import (
    VERDICTS,
    allow_chance,
    describe_classes,
    describe_collapse,
    describe_few,
    describe_shares,
    doubt_verdict,
    find_copies,
    flag_rows,
    flag_set,
    judge_value,
)

NAN = float("nan")
REAL = {"authenticity": 0.4, "duplicate_share": 0.0, "TSTR": 0.9}


# -------------------------------------------------------------------------------------------
# One value
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, floor, spread, verdict",
    [
        (0.10, 0.10, 0.0, "good"),
        (0.05, 0.10, 0.0, "good"),
        (0.109, 0.10, 0.0, "good"),  # within a tenth
        (0.111, 0.10, 0.0, "slightly off"),
        (0.20, 0.10, 0.0, "slightly off"),
        (0.21, 0.10, 0.0, "off"),
        # Two standard deviations are given.
        (0.149, 0.10, 0.02, "good"),
        (0.151, 0.10, 0.02, "slightly off"),
        (0.24, 0.10, 0.02, "slightly off"),
        (0.259, 0.10, 0.02, "slightly off"),
        (0.261, 0.10, 0.02, "off"),
        # Beside a floor without error everything is off, but what draws differ by.
        (0.00, 0.00, 0.0, "good"),
        (0.01, 0.00, 0.0, "off"),
        (0.01, 0.00, 0.01, "good"),
        (0.029, 0.00, 0.01, "slightly off"),
        (0.031, 0.00, 0.01, "off"),
    ],
)
def test_an_error_is_good_up_to_that_of_real_series_and_off_beyond_twice_that(
    value, floor, spread, verdict
):
    assert judge_value("spectral_difference", value, floor, spread) == verdict


@pytest.mark.parametrize(
    "name, value, floor, verdict",
    [
        # Below one half a classifier guesses, whatever the side; so does the floor.
        ("discriminative_auc", 0.56, 0.54, "slightly off"),
        ("discriminative_auc", 0.56, 0.23, "off"),
        ("discriminative_auc", 0.3, 0.55, "good"),
        ("discriminative_auc", 1.0, 0.55, "off"),
        # An error is the distance from the best value, on either side.
        ("density", 1.1, 0.95, "slightly off"),
        ("density", 1.3, 0.95, "off"),
        ("recall", 0.9, 0.95, "slightly off"),
        ("recall", 0.5, 0.95, "off"),
        # Unbiased, so it may be below 0.
        ("maximum_mean_discrepancy", -0.02, 0.01, "good"),
        ("maximum_mean_discrepancy", 0.02, 0.01, "slightly off"),
    ],
)
def test_the_error_is_the_distance_from_the_best_value(name, value, floor, verdict):
    assert judge_value(name, value, floor, 0.0) == verdict


@pytest.mark.parametrize(
    "value, floor, spread, verdict",
    [
        (0.95, 0.90, 0.0, "good"),
        (0.89, 0.90, 0.0, "good"),  # 0.018 is within 2 %
        (0.88, 0.90, 0.0, "slightly off"),
        (0.82, 0.90, 0.0, "slightly off"),
        (0.80, 0.90, 0.0, "off"),
        (0.82, 0.90, 0.05, "good"),
        (0.70, 0.90, 0.05, "off"),
        # Scores that are errors, negated: less far below zero is better.
        (-1.0, -1.0, 0.0, "good"),
        (-1.05, -1.0, 0.0, "slightly off"),
        (-1.2, -1.0, 0.0, "off"),
        (-0.5, -1.0, 0.0, "good"),
    ],
)
@pytest.mark.parametrize("name", ["TSTR", "TRTS", "TR+S"])
def test_a_score_may_lose_a_little_of_that_of_real_rows(name, value, floor, spread, verdict):
    assert judge_value(name, value, floor, spread) == verdict


@pytest.mark.parametrize(
    "name, value, floor, verdict",
    [
        ("authenticity", 0.0, 0.4, "off"),
        ("authenticity", 0.19, 0.4, "off"),
        ("authenticity", 0.21, 0.4, "good"),
        ("authenticity", 1.0, 0.4, "good"),
        ("nearest_neighbor_ratio", 0.49, NAN, "off"),
        ("nearest_neighbor_ratio", 0.51, NAN, "good"),
        # Where real series are nearer to the training series themselves, half of that.
        ("nearest_neighbor_ratio", 0.31, 0.6, "good"),
        ("nearest_neighbor_ratio", 0.29, 0.6, "off"),
        ("nearest_neighbor_ratio", 0.51, 3.0, "good"),
        ("nearest_neighbor_ratio", 0.49, 3.0, "off"),
        ("nearest_neighbor_ratio", 5.0, NAN, "good"),
        # Held-out series that the set equals were not held out.
        ("nearest_neighbor_ratio", math.inf, NAN, "off"),
        ("duplicate_share", 0.0, 0.0, "good"),
        ("duplicate_share", 0.01, 0.0, "good"),
        ("duplicate_share", 0.02, 0.0, "off"),
        # Where real series repeat each other, so may synthetic ones.
        ("duplicate_share", 0.3, 0.3, "good"),
        ("duplicate_share", 1.0, 0.3, "off"),
    ],
)
def test_closeness_to_training_series_is_off_and_distance_never_is(name, value, floor, verdict):
    assert judge_value(name, value, floor, 0.0) == verdict


@pytest.mark.parametrize(
    "name, value, floor, spread, verdict",
    [
        # A gross fault, half of the way from 0.5 to 1, is 0.75. Two standard deviations may not reach it.
        ("discriminative_auc", 0.55, 0.5, 0.09, "good"),
        ("discriminative_auc", 0.55, 0.5, 0.11, "cannot tell"),
        ("discriminative_auc", 0.98, 0.5, 0.25, "cannot tell"),
        ("discriminative_auc", 0.98, 0.5, 0.01, "off"),
        # Below one half is chance, which reaches as far there.
        ("discriminative_auc", 0.40, 0.31, 0.12, "good"),
        ("discriminative_auc", 0.40, 0.31, 0.13, "cannot tell"),
        # Where the floor is 0.7 it is 0.85.
        ("discriminative_auc", 0.7, 0.7, 0.07, "good"),
        ("discriminative_auc", 0.7, 0.7, 0.08, "cannot tell"),
        # A floor that is as bad as can be tells nothing.
        ("discriminative_auc", 1.0, 1.0, 0.0, "cannot tell"),
        # Beyond chance what is gross is off, and not slightly so, but for twice the floor.
        ("discriminative_auc", 0.74, 0.5, 0.1, "slightly off"),
        ("discriminative_auc", 0.76, 0.5, 0.1, "off"),
        ("discriminative_auc", 0.89, 0.7, 0.0, "slightly off"),
        ("discriminative_score", 0.2, 0.05, 0.1, "cannot tell"),
        ("precision", 0.9, 1.0, 0.15, "good"),
        ("precision", 0.71, 1.0, 0.15, "cannot tell"),
        ("precision", 0.45, 1.0, 0.25, "off"),
        ("coverage", 0.7, 0.8, 0.16, "cannot tell"),
        # More than 1 is on the side where there is no worst.
        ("density", 2.0, 2.0, 0.0, "good"),
        ("density", 1.2, 1.2, 0.2, "good"),
        ("density", 1.2, 1.2, 0.3, "cannot tell"),
        ("predictive_score", 1.05, 1.02, 0.1, "good"),
        ("predictive_score", 1.05, 1.02, 0.3, "cannot tell"),
        ("length_ks", 0.2, 0.1, 0.2, "cannot tell"),
        # Of what has no worst value a gross fault is not known, and chance alone decides.
        ("spectral_difference", 0.5, 0.1, 0.3, "good"),
        ("spectral_difference", 0.5, 0.1, math.inf, "cannot tell"),
        ("recall", 1.0, 1.0, math.inf, "cannot tell"),
        ("authenticity", 0.0, 0.4, math.inf, "off"),
        # Half of a score, an R², or an error that is negated.
        ("TSTR", 0.85, 0.9, 0.19, "good"),
        ("TSTR", 0.85, 0.9, 0.21, "cannot tell"),
        ("TSTR", 0.5, 0.9, 0.25, "cannot tell"),
        ("TSTR", 1.0, 0.9, 0.25, "good"),
        ("TRTS", 0.01, 0.01, 0.01, "cannot tell"),
        ("TR+S", -1.1, -1.0, 0.19, "good"),
        ("TR+S", -1.1, -1.0, 0.21, "cannot tell"),
    ],
)
def test_nothing_is_good_where_chance_reaches_as_far_as_a_gross_fault(
    name, value, floor, spread, verdict
):
    assert judge_value(name, value, floor, spread) == verdict


def test_no_auc_near_one_is_good_whatever_the_floor_and_its_spread():
    for floor in np.linspace(0.2, 1, 33):
        for spread in np.linspace(0, 1, 41):
            assert judge_value("discriminative_auc", 0.98, floor, spread) != "good" or (
                floor > 0.9 and spread < 0.05
            )
            assert judge_value("discriminative_auc", 1.0, floor, spread) != "good"


def test_the_worst_value_of_a_measure_is_far_from_its_best():
    measured = {name: about for name, about in MEASURES.items() if about.worst is not None}
    assert {name for name in measured if measured[name].of_training} == set()
    for name, about in measured.items():
        assert about.worst != about.best
        # One-sided measures err upwards only.
        assert about.worst > about.best or not about.one_sided
        assert judge_value(name, about.worst, about.best, 0.0) == "off"


@pytest.mark.parametrize("name", ["precision", "recall", "coverage"])
def test_a_share_of_few_series_may_miss_two_of_them_by_chance(name):
    assert allow_chance(name, 40) == pytest.approx(2 / 40)
    assert judge_value(name, 38.1 / 40, 1.0, 0.0, 40) == "good"
    assert judge_value(name, 37.9 / 40, 1.0, 0.0, 40) == "slightly off"
    assert judge_value(name, 35.9 / 40, 1.0, 0.0, 40) == "off"
    # What draws differ by counts instead where it is more.
    assert judge_value(name, 0.81, 1.0, 0.1, 40) == "good"
    assert judge_value(name, 38.1 / 40, 1.0, 0.0) == "off"


def test_what_is_no_share_of_series_gets_no_allowance():
    for name in ("density", "spectral_difference", "authenticity", "TSTR"):
        assert allow_chance(name, 40) == 0
    assert judge_value("density", 0.97, 1.0, 0.0, 40) == "off"


def test_beside_a_floor_that_drift_has_raised_only_what_is_good_beside_halves_stays_good():
    for raised in ("off", "slightly off"):
        assert doubt_verdict("good", "good", raised) == "good"
        for verdict in ("good", "slightly off"):
            for beside in ("off", "slightly off"):
                assert doubt_verdict(verdict, beside, raised) == "cannot tell"
        assert doubt_verdict("off", "off", raised) == doubt_verdict("off", "good", raised) == "off"


def test_beside_a_floor_that_drift_has_not_raised_verdicts_stand():
    for verdict in ("good", "slightly off", "off"):
        for beside in ("good", "slightly off", "off"):
            assert doubt_verdict(verdict, beside, "good") == verdict


# -------------------------------------------------------------------------------------------
# What is wrong with a set
# -------------------------------------------------------------------------------------------


def test_a_set_without_faults_has_no_flags():
    good = {"authenticity": 0.4, "nearest_neighbor_ratio": 1.0, "duplicate_share": 0.0}
    assert flag_set(good | {"TSTR": 0.88, "TRTS": 0.9, "TR+S": 0.91}, REAL) == []
    assert flag_set({}, {}) == []
    assert flag_set({"authenticity": NAN, "TSTR": NAN, "TR+S": 0.9}, REAL) == []


def test_a_replay_is_said_to_copy():
    values = {"authenticity": 0.0, "nearest_neighbor_ratio": 0.0, "duplicate_share": 1.0}
    assert flag_set(values, REAL) == [
        "copies training series: authenticity 0.00, that of other real series 0.40; "
        "0.00 times as far from the training series as from held-out ones; 100% exact copies"
    ]


def test_copies_with_noise_are_said_to_stay_close():
    values = {"authenticity": 0.05, "nearest_neighbor_ratio": 0.3, "duplicate_share": 0.0}
    assert flag_set(values, REAL) == [
        "stays close to training series: authenticity 0.05, that of other real series 0.40; "
        "0.30 times as far from the training series as from held-out ones"
    ]
    assert flag_set({"nearest_neighbor_ratio": 0.3}, {}) == [
        "stays close to training series: 0.30 times as far from the training series as from held-out ones"
    ]


def test_a_few_copies_among_many_series_are_counted():
    values = {"authenticity": 0.4, "nearest_neighbor_ratio": 1.0, "duplicate_share": 0.05}
    assert flag_set(values, REAL) == ["copies training series: 5% exact copies"]


def test_words_never_hold_nan():
    for values in ({"authenticity": 0.0}, {"duplicate_share": 1.0}, {"TSTR": 0.1, "TR+S": 0.9}):
        for real in ({}, {"authenticity": NAN, "duplicate_share": NAN, "TSTR": NAN}, REAL):
            assert "nan" not in " ".join(flag_set(values, real))


@pytest.mark.parametrize(
    "score, beside, flagged",
    [
        (0.3, 0.9, "hidden"),
        (0.3, 0.95, "hidden"),
        (0.3, 0.76, "hidden"),  # a quarter of what TSTR loses
        (0.3, 0.74, "seen"),  # TR+S sees it too
        (0.82, 0.9, ""),  # within a tenth
        (0.80, 0.9, "hidden"),
        (0.95, 0.9, ""),
    ],
)
def test_what_is_bad_to_train_on_is_flagged_and_whether_real_rows_beside_it_hide_that(
    score, beside, flagged
):
    said = flag_set({"TSTR": score, "TR+S": beside}, REAL)
    text = f"is bad to train on: TSTR {score:.2f}, real 0.90"
    text += f"; TR+S ({beside:.2f}) cannot see that" if flagged == "hidden" else ""
    assert said == ([text] if flagged else [])


def test_negative_scores_are_flagged_alike():
    said = flag_set({"TSTR": -5.0, "TR+S": -1.0}, {"TSTR": -1.0})
    assert said == ["is bad to train on: TSTR -5.00, real -1.00; TR+S (-1.00) cannot see that"]
    assert flag_set({"TSTR": -1.0, "TR+S": -1.0}, {"TSTR": -1.0}) == []


REACH = {"precision": 0.9, "recall": 0.98, "coverage": 0.96}


@pytest.mark.parametrize(
    "values, said",
    [
        ({"precision": 1.0, "recall": 0.1, "coverage": 0.2}, "recall 0.10, real 0.98; coverage 0.20, real 0.96"),
        ({"precision": 0.46, "recall": 0.48}, "recall 0.48, real 0.98"),
        ({"coverage": 0.47}, "coverage 0.47, real 0.96"),
        ({"precision": 1.0, "recall": 0.5, "coverage": 0.5}, ""),  # a half is reached
        ({"precision": 0.44, "recall": 0.1, "coverage": 0.1}, ""),  # it lies elsewhere, as noise does
        ({"precision": 1.0, "recall": NAN}, ""),
    ],
)  # fmt: skip
def test_a_set_among_real_series_that_reaches_few_of_them_shows_only_a_part(values, said):
    expected = [f"shows only a part of what real series do: {said}"] if said else []
    assert flag_set(values, REACH) == expected
    assert flag_set(values, {}) == []


# -------------------------------------------------------------------------------------------
# What measures do not say
# -------------------------------------------------------------------------------------------

SERIES = np.random.default_rng(0).random((100, 8, 2))


def test_a_set_of_few_distinct_series_repeats_itself():
    three = np.tile(SERIES[:3], (100, 1, 1))
    text = "repeats itself: only 3 distinct series among 300, real 100 among 100"
    assert describe_collapse(three, SERIES) == text
    assert describe_collapse(three[::-1], SERIES) == text
    # What is the same to six digits is the same.
    assert describe_collapse(three + 1e-9, SERIES) == text
    gaps = np.where(np.arange(8)[:, None] > 5, np.nan, three)
    assert describe_collapse(gaps, SERIES) == text


def test_a_set_of_distinct_series_does_not_repeat_itself_however_large():
    for values in (SERIES, SERIES[:10], np.random.default_rng(1).random((1500, 8, 2))):
        assert describe_collapse(values, SERIES) == ""
    # Each real series twice is a fault of its own, and not this one.
    assert describe_collapse(np.repeat(SERIES[:60], 2, axis=0), SERIES) == ""


def test_where_real_series_repeat_each_other_synthetic_ones_may_too():
    rng = np.random.default_rng(0)
    real, few, many = (rng.integers(0, 2, (n, 5, 1)).astype(float) for n in (100, 100, 3000))
    # At most 32 are distinct; of 3,000 as few, which is no collapse.
    assert len(np.unique(many, axis=0)) == 32
    assert describe_collapse(few, real) == describe_collapse(many, real) == ""
    assert describe_collapse(many[:1].repeat(90, axis=0), real).startswith(
        "repeats itself: only 1 distinct series among 90, real 3"
    )
    constant = np.ones((40, 5, 1))
    assert describe_collapse(constant[:20], constant) == ""


@pytest.mark.parametrize(
    "counts, said",
    [
        ([50, 50, 50], ""),
        ([50, 50, 0], "none of class 2, real 33%"),
        ([80, 13, 7], ""),  # 7 % are more than a fifth of a third
        ([80, 14, 6], "6% of class 2, real 33%"),
        ([100, 0, 0], "none of class 1, real 33%; none of class 2, real 33%"),
        # Of a third three are expected among nine, but fewer among eight.
        ([9, 0, 0], "none of class 1, real 33%; none of class 2, real 33%"),
        ([8, 0, 0], ""),
    ],
)
def test_missing_classes_are_named(counts, said):
    y_real = np.repeat([0, 1, 2], 20)
    text = describe_classes(np.repeat([0, 1, 2], counts), y_real)
    assert text == (f"lacks classes: {said}" if said else "")


def test_classes_are_named_as_they_are_called():
    words = np.repeat(["calm", "wild"], 30)
    expected = "lacks classes: none of class 'wild', real 50%"
    assert describe_classes(words[:30], words) == expected
    assert describe_classes(words[:30].astype(object), words.astype(object)) == expected


def test_of_many_missing_classes_five_are_named():
    y_real = np.arange(20).repeat(5)
    text = describe_classes(np.zeros(200, dtype=int), y_real)
    assert text.count("none of class") == 5 and text.endswith("real 5%; and 14 more")


@pytest.mark.parametrize(
    "n_made, n_real, said",
    [
        ((90, 10), (90, 10), False),
        ((900, 100), (90, 10), False),
        ((84, 16), (90, 10), False),  # by chance
        ((5, 5), (9, 3), False),
        ((90, 90), (90, 10), True),  # made even, as an over-sampler does
        ((10, 90), (90, 10), True),
        ((90, 0), (60, 30), True),
    ],
)
def test_other_shares_of_classes_are_told_from_chance(n_made, n_real, said):
    text = (
        "Class shares differ from those of the real series, and so does what follows. To judge a generator, draw with the "
        "real shares: generator.sample(n)."
    )
    words = np.array(["calm", "wild"])
    assert describe_shares(np.repeat(words, n_made), np.repeat(words, n_real)) == text * said


def test_few_series_are_said_to_show_only_gross_faults():
    assert describe_few(11) == "With 11 series on each side only gross faults show."
    assert describe_few(49) != "" and describe_few(50) == describe_few(2000) == ""


def test_draws_of_all_series_are_said_to_tell_nothing():
    text = "With 10 series on each side every draw takes the same real ones, so that nothing tells faults from chance."
    assert describe_few(10, True) == text


# -------------------------------------------------------------------------------------------
# The rows of a table
# -------------------------------------------------------------------------------------------


def make_means(**rows):
    columns = [("authenticity", "train"), ("TSTR", "held out"), ("TR+S", "held out")]
    return pd.DataFrame(
        rows.values(), index=rows.keys(), columns=pd.MultiIndex.from_tuples(columns)
    )


def test_rows_of_real_series_are_not_flagged_and_all_others_are_by_the_same_floor():
    means = make_means(
        real=[0.4, 0.9, NAN], halves=[0.0, NAN, NAN], copy=[0.0, 0.9, 0.9], noise=[1.0, 0.3, 0.9],
        fine=[0.4, 0.9, 0.9],
    )  # fmt: skip
    flags = flag_rows(means, "real", ("real", "halves"))
    assert flags == {
        "copy": ["stays close to training series: authenticity 0.00, that of other real series 0.40"],
        "noise": ["is bad to train on: TSTR 0.30, real 0.90; TR+S (0.90) cannot see that"],
    }  # fmt: skip


def test_copies_are_found_whatever_else_is_said_of_a_row():
    means = make_means(
        real=[0.4, 0.9, NAN], halves=[0.0, NAN, NAN], copy=[0.0, 0.9, 0.9], noise=[1.0, 0.3, 0.9],
        both=[0.0, 0.3, 0.9], fine=[0.4, 0.9, 0.9],
    )  # fmt: skip
    assert find_copies(means, "real", ("real", "halves")) == ("copy", "both")
    assert find_copies(means.loc[["real", "fine"]], "real", ("real",)) == ()


def test_a_row_may_deserve_two_sentences():
    means = make_means(real=[0.4, 0.9, NAN], both=[0.0, 0.3, 0.9])
    (said,) = flag_rows(means, "real", ("real",)).values()
    assert [sentence.split()[0] for sentence in said] == ["stays", "is"]


def test_reach_counts_beside_held_out_series():
    columns = pd.MultiIndex.from_product([["recall"], ["train", "held out"]])
    means = pd.DataFrame(
        [[1.0, 0.9], [0.1, 0.9], [1.0, 0.1]], index=["real", "fine", "part"], columns=columns
    )
    assert flag_rows(means, "real", ("real",)) == {
        "part": ["shows only a part of what real series do: recall 0.10, real 0.90"]
    }


def test_a_table_of_other_measures_has_no_flags():
    means = pd.DataFrame(
        [[0.1, 0.2], [5.0, 6.0]],
        index=["real", "noise"],
        columns=pd.MultiIndex.from_product([["spectral_difference"], ["train", "held out"]]),
    )
    assert flag_rows(means, "real", ("real",)) == {}


def test_verdicts_are_listed_from_the_worst_to_the_best():
    assert list(VERDICTS) == ["off", "slightly off", "cannot tell", "good"]
    assert all(np.char.isalpha(meaning[0]) for meaning in VERDICTS.values())


@pytest.mark.parametrize("n_compared, verdict", [(30, "cannot tell"), (100, "good")])
def test_repeats_that_vary_by_luck_make_nothing_doubtful_among_many_series(n_compared, verdict):
    # An area under a curve of 100 series a side cannot vary by as much as its three repeats did.
    assert judge_value("discriminative_auc", 0.55, 0.53, 0.2, n_compared) == verdict
    assert judge_value("discriminative_auc", 0.55, 0.53, 0.2) == "cannot tell"
