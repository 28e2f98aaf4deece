"""The panel: every measure finds the faults that it declares, and a false declaration would be noticed."""

import dataclasses
import functools
import re

import numpy as np
import pandas as pd
import pytest
from faults import FAULTS as PUT_IN

from sklaug.metrics import ContextEncoder, _discriminative, _panel, _predictive
from sklaug.metrics._panel import (
    FAULTS,
    MEASURES,
    NETWORKS,
    choose_measures,
    group_measures,
    keep_applicable,
    learn_real_forecast,
    measure,
    measure_copying,
)

N_DRAWS, N_SERIES = 5, 120
OF_TRAINING = [name for name, about in MEASURES.items() if about.of_training]
FAST = [name for name in MEASURES if name not in NETWORKS]
# The weaker form of a fault.
WEAKER = {"jitter": "small jitter"}
# What rounding alone may add to an error is no detection.
MARGIN = 1.02


def simulate(n, n_channels, seed):
    """Return sines of two free parameters, phase and height, the same for all channels of a series."""
    rng = np.random.default_rng(seed)
    phase = rng.uniform(0, 2 * np.pi, (n, 1, 1)) + 0.7 * np.arange(n_channels)
    height = 1 + rng.gamma(2, 0.25, (n, 1, 1))
    return height * np.sin(np.arange(16)[:, None] * np.pi / 6 + phase)


def measure_faults(n_channels):
    """Return the mean of every fast measure over draws, for the floor, each fault and a replay."""
    train, held_out = (simulate(2 * N_SERIES, n_channels, seed) for seed in (0, 1))
    values = []
    for draw in range(N_DRAWS):
        rng = np.random.default_rng(draw)
        real, other, copies = (
            X[rng.permutation(len(X))[:N_SERIES]] for X in (train, held_out, train)
        )
        cases = {"floor": other} | {name: add(other, rng) for name, add in PUT_IN.items()}
        for case, made in cases.items():
            found = measure(FAST, real, made, seed=draw)
            # Of real series, copying is measured between halves of the training series.
            near = np.split(rng.permutation(train), 2) if case == "floor" else (train, made)
            found |= measure_copying(*near, held_out, seed=draw)
            values.append({"case": case, **found})
        values.append({"case": "replay", **measure_copying(train, copies, held_out)})
    return pd.DataFrame(values).groupby("case", sort=False).mean()


@pytest.fixture(scope="module")
def means():
    return {"one channel": measure_faults(1), "two channels": measure_faults(2)}


def find_failures(means, measures):
    """Return (measure, fault) of the declarations that do not hold."""
    failures = []
    for name, about in measures.items():
        values = means[name].dropna()
        errors = (values - about.best).abs()
        for fault in about.detects:
            if fault == "replay":
                copies, others = errors["replay"], errors.drop("replay")
                # Far from the best, and on the side where nothing else is.
                below = (values["replay"] < values.drop("replay")).all()
                found = below if about.best else copies > others.max()
            else:
                found = errors[fault] > MARGIN * errors["floor"]
                if fault in WEAKER:
                    found &= errors[fault] >= errors[WEAKER[fault]]
            if not found:
                failures.append((name, fault))
    return failures


def declared(names, faults):
    """Return the measures of these names with those of their declarations that can be tested."""
    return {
        name: dataclasses.replace(
            MEASURES[name], detects=tuple(f for f in MEASURES[name].detects if f in faults)
        )
        for name in names
    }


# -------------------------------------------------------------------------------------------
# What measures declare
# -------------------------------------------------------------------------------------------


TESTED = [name for name in FAST if name != "length_ks"]


def test_with_two_channels_every_fast_measure_finds_every_fault_that_it_declares(means):
    assert find_failures(means["two channels"], declared(TESTED, FAULTS)) == []


def test_with_one_channel_too_but_for_channels_that_are_not_there(means):
    faults = set(FAULTS) - {"channels"}
    assert find_failures(means["one channel"], declared(TESTED, faults)) == []


@pytest.mark.parametrize(
    "name, fault",
    [
        ("wasserstein_distance", "time"),
        ("skewness_difference", "time"),
        ("correlational_score", "time"),
        ("spectral_difference", "channels"),
        ("autocorrelation_difference", "channels"),
        ("authenticity", "jitter"),
        ("precision", "replay"),
    ],
)
def test_a_false_declaration_is_noticed(means, name, fault):
    values = means["two channels"].assign(precision=lambda table: table["precision"].fillna(1.0))
    false = {name: dataclasses.replace(MEASURES[name], detects=(fault,))}
    assert find_failures(values, false) == [(name, fault)]


def test_floors_are_near_the_best_value(means):
    for table in means.values():
        floor = table.loc["floor"]
        assert 0.4 < floor["discriminative_auc"] < 0.6
        for name in ("precision", "recall", "density", "coverage"):
            assert 0.9 < floor[name] < 1.1
        for name in ("maximum_mean_discrepancy", "correlational_score"):
            assert abs(floor[name]) < 0.01


def test_a_replay_has_no_authenticity_no_distance_and_nothing_but_copies(means):
    for table in means.values():
        replay = table.loc["replay"]
        assert replay["authenticity"] == 0
        assert replay["nearest_neighbor_ratio"] == 0
        assert replay["duplicate_share"] == 1


def test_time_is_not_seen_by_what_says_that_it_ignores_it(means):
    blind = [name for name, about in MEASURES.items() if "ignores time" in about.blind_to]
    assert {"wasserstein_distance", "skewness_difference", "kurtosis_difference"} == set(blind)
    for table in means.values():
        for name in blind:
            assert table.loc["time", name] == pytest.approx(table.loc["floor", name], rel=1e-9)


def test_every_fault_is_declared_by_a_measure_and_every_declaration_is_of_a_fault():
    found = {fault for about in MEASURES.values() for fault in about.detects}
    assert found == set(FAULTS)
    assert set(PUT_IN) == set(FAULTS) - {"replay"}
    assert set(WEAKER) | set(WEAKER.values()) <= set(FAULTS)


def test_the_words_of_measures_can_be_read():
    titles = [about.title for about in MEASURES.values()]
    assert len(set(titles)) == len(titles)
    for about in MEASURES.values():
        assert about.title[0].isupper()
        assert re.fullmatch(r"[A-Z].*\.", about.blind_to)
        assert about.about[0].islower() and not about.about.endswith(".")


# -------------------------------------------------------------------------------------------
# What they compute
# -------------------------------------------------------------------------------------------


@pytest.fixture
def short_trainings(monkeypatch):
    """Let the networks train for two steps."""
    for module, name in (
        (_discriminative, "discriminative_score"),
        (_predictive, "compare_forecasts"),
        (_predictive, "learn_real_forecast"),
    ):
        monkeypatch.setattr(module, name, functools.partial(getattr(module, name), n_iter=2))


def test_every_measure_is_computed(short_trainings):
    train, held_out, made = (simulate(20, 2, seed) for seed in range(3))
    encoder = ContextEncoder(n_iter=1, scale=None, random_state=0).fit(train)
    values = measure(list(MEASURES), train, made, encoder=encoder)
    copying = measure_copying(train, made, held_out)
    assert [*values, *copying] == list(MEASURES)
    assert list(copying) == OF_TRAINING
    for name, value in (values | copying).items():
        assert type(value) is float and np.isfinite(value), name


def test_every_measure_alone_is_what_it_is_among_all():
    train, made = simulate(20, 2, 0), simulate(20, 2, 2)
    together = measure(FAST, train, made, seed=3)
    for name in FAST:
        alone = {} if name in OF_TRAINING else {name: together[name]}
        assert measure([name], train, made, seed=3) == alone


def test_what_is_known_of_real_series_changes_no_value(short_trainings, trainings):
    train, made = simulate(20, 2, 0), simulate(20, 2, 2)
    alone = measure(["predictive_score"], train, made, seed=3)
    known = learn_real_forecast(train, seed=3)
    assert len(trainings) == 3
    assert measure(["predictive_score"], train, made, real_forecast=known, seed=3) == alone
    assert len(trainings) == 4


def test_groups_are_of_what_is_computed_together():
    names = ["context_fid", "recall", "authenticity", "precision", "skewness_difference"]
    expected = [["context_fid"], ["skewness_difference"], ["precision", "recall"]]
    assert group_measures(names) == expected
    found = [name for group in group_measures(MEASURES) for name in group]
    assert sorted(found) == sorted(set(MEASURES) - set(OF_TRAINING))


def test_only_what_is_asked_for_is_computed(monkeypatch):
    asked = []
    groups = {
        names: lambda *_, names=names, **__: asked.append(names) or dict.fromkeys(names, 0)
        for names in _panel._GROUPS
    }
    monkeypatch.setattr(_panel, "_GROUPS", groups)
    assert measure(["recall", "context_fid", "authenticity"], None, None) == {
        "recall": 0,
        "context_fid": 0,
    }
    assert asked == [("context_fid",), ("precision", "recall", "density", "coverage")]


def test_without_held_out_series_there_is_no_ratio():
    train, made = simulate(20, 1, 0), simulate(20, 1, 1)
    assert list(measure_copying(train, made, None)) == ["authenticity", "duplicate_share"]


def test_copies_are_found_but_for_noise():
    train, held_out = simulate(20, 2, 0), simulate(20, 2, 1)
    rounded = train.astype(np.float32).astype(float)
    assert not (rounded == train).all(axis=(1, 2)).any()
    assert measure_copying(train, rounded, held_out)["duplicate_share"] == 1
    assert measure_copying(train, train + 0.001, held_out)["duplicate_share"] == 0


def test_one_channel_of_three_that_is_off_shows_in_the_distance_of_values():
    train = simulate(20, 3, 0)
    made = train + [0, 0, 1]
    found = measure(["wasserstein_distance"], train, made)["wasserstein_distance"]
    assert found == pytest.approx(0.5 / train[..., 2].std())


def test_seeds_decide():
    train, made = simulate(60, 2, 0), simulate(60, 2, 1)
    names = ["sliced_wasserstein_distance", "discriminative_auc"]
    one, again, other = (measure(names, train, made, seed=seed) for seed in (0, 0, 1))
    assert one == again
    assert all(one[name] != other[name] for name in names)


def test_a_set_is_as_near_to_itself_as_can_be():
    train = simulate(40, 2, 0)
    for name, value in measure(FAST, train, train).items():
        if name not in ("discriminative_auc", "maximum_mean_discrepancy", "density"):
            assert value == pytest.approx(MEASURES[name].best, abs=1e-12), name


# -------------------------------------------------------------------------------------------
# What is chosen
# -------------------------------------------------------------------------------------------


def test_choices_come_in_the_order_of_the_panel():
    assert choose_measures("all") == list(MEASURES)
    assert choose_measures("fast") == FAST
    assert choose_measures(("recall", "density", "recall")) == ["recall", "density", *OF_TRAINING]


@pytest.mark.parametrize("metrics", ["recall", ["recall"], ("authenticity", "recall")])
def test_copies_are_looked_for_whatever_is_chosen(metrics):
    assert choose_measures(metrics) == ["recall", *OF_TRAINING]


@pytest.mark.parametrize(
    "metrics, error, message",
    [
        ("fid", ValueError, "metrics names 'fid'. Known: 'all', 'fast', context_fid, "),
        (["recall", "fid", "FID"], ValueError, "metrics names 'fid', 'FID'. Known: 'all', "),
        ([], ValueError, "metrics is empty. Known: 'all', 'fast', context_fid, "),
        (3, TypeError, "metrics must be 'all', 'fast' or a list of names, got 3."),
        (None, TypeError, "metrics must be 'all', 'fast' or a list of names, got None."),
    ],
)
def test_a_wrong_choice_says_what_there_is(metrics, error, message):
    with pytest.raises(error, match=re.escape(message)):
        choose_measures(metrics)


def test_what_cannot_differ_is_left_out():
    one, two = simulate(5, 1, 0), simulate(5, 2, 0)
    shorter = two.copy()
    shorter[2, 10:] = np.nan
    gap = two.copy()
    gap[2, 10] = np.nan
    names = ["correlational_score", "length_ks", "recall"]
    assert keep_applicable(names, one) == ["recall"]
    assert keep_applicable(names, two) == ["correlational_score", "recall"]
    assert keep_applicable(names, gap) == ["correlational_score", "recall"]
    assert keep_applicable(names, shorter) == names


def test_if_nothing_is_left_it_says_why():
    text = (
        "metrics names correlational_score, length_ks, of which none has anything to compare here: correlational_score "
        "needs two channels, length_ks series of unequal lengths."
    )
    with pytest.raises(ValueError, match=re.escape(text)):
        keep_applicable(["correlational_score", "length_ks"], simulate(5, 1, 0))
