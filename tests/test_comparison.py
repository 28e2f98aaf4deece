"""compare_generators: what its table holds, that no figure flatters, and that nothing is done twice."""

import copy
import multiprocessing
import os
import random
import re
from collections import Counter, deque
from typing import ClassVar

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklaug import BlockBootstrapGenerator, DirectAugmenter, LatentAugmenter, ReplayGenerator
from sklaug._caching import fingerprint, fingerprint_parts
from sklaug._random import derive_seed
from sklaug.datasets import make_labelled_series, make_target_series
from sklaug.metrics import ContextEncoder, _predictive, predictive_score
from sklaug.metrics._panel import MEASURES, NETWORKS
from sklaug.model_selection import _comparison, _judgement, compare_generators
from sklaug.model_selection._scores import HeldOutScorer

X, y = make_labelled_series(n_samples=60, n_timepoints=12, random_state=0)
FLOOR, HALVES = "real (held out)", "real (halves)"
BASELINES = ["replay", "block bootstrap", "PCA + GMM", "interpolation", "direct"]
COSTS = ["fit_seconds", "samples_per_second", "n_parameters"]
QUICK = ["spectral_difference", "authenticity"]
COPYING = ["authenticity", "nearest_neighbor_ratio", "duplicate_share"]


class Fake(BaseEstimator):
    """Draws training rows with a little noise, and writes down its fits."""

    # Not a list: what a class holds in lists and numbers is part of its code to a cache.
    fits: ClassVar[deque] = deque()

    def __init__(self, noise=0.1, random_state=None):
        self.noise = noise
        self.random_state = random_state

    def fit(self, X, y=None):
        self.fits.append((X, y, self.random_state))
        self.X_, self.y_ = X, y
        return self

    def sample(self, n_samples, random_state=None):
        rng = np.random.default_rng([self.random_state, random_state])
        rows = rng.integers(len(self.X_), size=n_samples)
        made = self.X_[rows] + self.noise * rng.normal(size=(n_samples, *self.X_.shape[1:]))
        return made, None if self.y_ is None else self.y_[rows]


class Noise(Fake):
    """Random values with random labels."""

    def sample(self, n_samples, random_state=None):
        rng = np.random.default_rng(random_state)
        made, labels = super().sample(n_samples, random_state)
        return rng.normal(5, 1, size=made.shape), labels


class ShuffledLabels(Fake):
    """Good series with the labels of others."""

    def sample(self, n_samples, random_state=None):
        made, labels = super().sample(n_samples, random_state)
        return made, np.random.default_rng(random_state).permutation(labels)


class Spoiled(Fake):
    """Puts a value into one of its series."""

    def __init__(self, value=np.nan, random_state=None):
        self.value = value
        self.random_state = random_state
        self.noise = 0.1

    def sample(self, n_samples, random_state=None):
        made, labels = super().sample(n_samples, random_state)
        made[2, 3] = self.value
        return made, labels


class Single(Fake):
    """Makes copies in single precision."""

    def sample(self, n_samples, random_state=None):
        made, labels = super().sample(n_samples, random_state)
        return made.astype(np.float32).astype(float), labels


class Unstorable(Fake):
    """Holds after its fit what no pickle takes."""

    def fit(self, X, y=None):
        self.open_ = lambda: None
        return super().fit(X, y)


class Wrapped(Fake):
    """Holds another generator."""

    def __init__(self, inner=None, noise=0.1, random_state=None):
        super().__init__(noise, random_state)
        self.inner = inner


class Interrupted(Fake):
    """Raises in its fit, as long as it is told to."""

    broken: ClassVar[bool] = True

    def fit(self, X, y=None):
        if self.broken:
            raise KeyboardInterrupt
        return super().fit(X, y)


class Lasting(Fake):
    """Ends its process in the fit, if a file says so."""

    def __init__(self, stop=None, random_state=None):
        self.stop = stop
        self.random_state = random_state
        self.noise = 0.1

    def fit(self, X, y=None):
        if os.path.exists(self.stop):
            os._exit(9)
        return super().fit(X, y)


class Witness(ClassifierMixin, BaseEstimator):
    """A classifier that writes down what it learns from and predicts."""

    calls: ClassVar[list] = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.calls.append(("fit", X, y))
        return self

    def predict(self, X):
        self.calls.append(("predict", X))
        return np.repeat(self.classes_[:1], len(X))


@pytest.fixture(autouse=True)
def _forget():
    Fake.fits.clear()
    Witness.calls.clear()
    Interrupted.broken = True


@pytest.fixture
def measured(monkeypatch):
    """Write down what is measured: real and synthetic series."""
    pairs = []
    measure = _judgement.measure

    def write_down(names, real, synthetic, **options):
        pairs.append((real, synthetic))
        return measure(names, real, synthetic, **options)

    # The name by which joblib.Memory knows `judge` stays what it is.
    monkeypatch.setattr(_judgement, "measure", write_down)
    return pairs


def compare(generators=None, X=X, y=y, **options):
    """Compare, quickly: one training, two evaluations, two metrics, a simple classifier."""
    defaults = {
        "metrics": QUICK,
        "estimator": None if y is None else KNeighborsClassifier(1),
        "n_trainings": 1,
        "n_repeats": 2,
        "random_state": 0,
    }
    return compare_generators({} if generators is None else generators, X, y, **defaults | options)


def means(table, metric, reference):
    return table[metric, reference, "mean"]


def without_seconds(table):
    return table.drop(columns=["fit_seconds", "samples_per_second"], level="metric")


def small(**options):
    return LatentAugmenter(hidden_dim=4, max_epochs=2, **options)


# -------------------------------------------------------------------------------------------
# The table
# -------------------------------------------------------------------------------------------


def test_rows_are_floors_then_the_generators_of_the_caller_then_classical_ones():
    mine = {"zeta": Fake(), "alpha": Fake()}
    assert list(compare(mine).index) == [FLOOR, "zeta", "alpha", *BASELINES]
    assert list(compare(mine, y=None).index) == [FLOOR, HALVES, "zeta", "alpha", *BASELINES]
    assert list(compare(mine, baselines=False).index) == [FLOOR, "zeta", "alpha"]
    assert list(compare().index) == [FLOOR, *BASELINES]


def test_columns_are_metrics_in_the_order_of_the_panel_then_scores_then_costs():
    table = compare(metrics=["authenticity", "recall", "spectral_difference"])
    pairs = list(dict.fromkeys((metric, reference) for metric, reference, _ in table.columns))
    assert pairs == [
        ("spectral_difference", "train"),
        ("spectral_difference", "held out"),
        ("recall", "train"),
        ("recall", "held out"),
        ("authenticity", "train"),
        ("nearest_neighbor_ratio", "train"),
        ("duplicate_share", "train"),
        ("TSTR", "held out"),
        ("TRTS", "held out"),
        ("TR+S", "held out"),
        *((cost, "") for cost in COSTS),
    ]
    assert table.columns.names == ["metric", "reference", "statistic"]
    assert set(table.columns.get_level_values("statistic")) == {"mean", "std"}


def test_every_figure_is_there_but_what_a_floor_cannot_have():
    table = compare({"mine": small()}, y=None)
    synthetic = table.loc[[*BASELINES, "mine"]].xs("mean", axis=1, level="statistic")
    assert np.isfinite(synthetic).all(axis=None)
    floors = table.loc[[FLOOR, HALVES]].xs("mean", axis=1, level="statistic")
    assert floors[COSTS].isna().all(axis=None)
    assert floors.loc[FLOOR, ["spectral_difference", *COPYING]].notna().all()
    assert list(floors.columns[floors.loc[HALVES].notna()]) == [("spectral_difference", "train")]


def test_the_score_of_real_rows_stands_in_the_floor():
    table = compare()
    assert np.isfinite(table.loc[FLOOR, ("TSTR", "held out", "mean")])
    assert table.loc[FLOOR, [("TRTS", "held out", "mean"), ("TR+S", "held out", "mean")]].isna().all()  # fmt: skip


def test_means_and_spreads_are_those_of_the_records():
    table = compare({"mine": Fake()}, n_trainings=2, n_repeats=3)
    records = table.details_.records
    one = records.query("generator == 'mine' and metric == 'spectral_difference' and reference == 'train'")  # fmt: skip
    assert list(one["training"]) == [0, 1, 0] and list(one["repeat"]) == [0, 1, 2]
    first, second, third = one["value"]
    # As much of the training that was evaluated once as of the one that was evaluated twice.
    expected = ((first + third) / 2 + second) / 2
    assert table.loc["mine", ("spectral_difference", "train", "mean")] == pytest.approx(expected)
    assert table.loc["mine", ("spectral_difference", "train", "std")] == one["value"].std()
    real = records.query("generator == @FLOOR and metric == 'spectral_difference' and reference == 'train'")  # fmt: skip
    first, second, third = real["value"]
    expected = ((first + third) / 2 + second) / 2
    assert table.loc[FLOOR, ("spectral_difference", "train", "mean")] == pytest.approx(expected)
    fits = records.query("generator == 'mine' and metric == 'fit_seconds'")
    assert list(fits["training"]) == [0, 1] and fits["repeat"].isna().all()


def test_one_repeat_has_no_spread():
    table = compare({"mine": Fake()}, n_repeats=1)
    spreads = table.xs("std", axis=1, level="statistic", drop_level=False)
    assert spreads.isna().all(axis=None)
    assert "±" not in table.to_text(200).split("* best")[0]
    assert "nan" not in table.to_text(200)


def test_the_details_say_what_was_done():
    table = compare({"mine": Fake()}, y=None, estimator=None, random_state=7)
    details = table.details_
    assert details.floors == (FLOOR, HALVES) and details.baselines == tuple(BASELINES)
    settings = details.settings
    assert settings["series"] == "37 to train on and 12 held out, 12x1 (steps x channels)"
    assert settings["split"] == "the last 20% in time, after a gap of 11 rows"
    assert settings["compared"].startswith("12 series on each side")
    assert settings["repeats"] == (
        "2 evaluations of 1 training; mean, to which each training adds the same, and standard deviation of all evaluations"
    )
    assert settings["scores"] == "none" and settings["seed"] == "7"
    assert len(details.X_train) == 37 and len(details.X_held_out) == 12
    assert set(details.series) == {*BASELINES, "mine"}
    assert details.titles["spectral_difference"] == MEASURES["spectral_difference"].title
    assert details.better == {
        "spectral_difference": 0, "authenticity": 1, "nearest_neighbor_ratio": 1, "duplicate_share": 0,
        "TSTR": "higher", "TRTS": "higher", "TR+S": "higher",
        "fit_seconds": "lower", "samples_per_second": "higher", "n_parameters": "lower",
    }  # fmt: skip


def test_the_scores_are_named_without_addresses():
    def own_scorer(estimator, X, y):
        return estimator.score(X, y)

    nearest, on_scaled = KNeighborsClassifier(1), make_pipeline(StandardScaler(), KNeighborsClassifier(1))  # fmt: skip
    searched = GridSearchCV(nearest, {"n_neighbors": [1]}, cv=2)
    for estimator, scoring, words in (
        (nearest, None, "accuracy of KNeighborsClassifier"),
        (nearest, own_scorer, "own_scorer of KNeighborsClassifier"),
        (nearest, make_scorer(accuracy_score), "accuracy_score of KNeighborsClassifier"),
        (nearest, "f1_macro", "f1_macro of KNeighborsClassifier"),
        (on_scaled, None, "accuracy of KNeighborsClassifier on StandardScaler"),
        (searched, None, "own score of GridSearchCV"),
    ):
        options = {"estimator": estimator, "scoring": scoring, "n_repeats": 1}
        table = compare({"mine": Fake()}, baselines=False, **options)
        assert table.details_.settings["scores"] == words


def test_costs_are_of_each_generator():
    table = compare({"mine": Fake(), "latent": small()})
    assert (table.loc[BASELINES, ("fit_seconds", "", "mean")] > 0).all()
    assert table.loc["replay", ("n_parameters", "", "mean")] == 48 * 12
    # It keeps its rows too.
    assert table.loc["direct", ("n_parameters", "", "mean")] == 48 * 12
    assert np.isnan(table.loc["mine", ("n_parameters", "", "mean")])
    assert table.loc["latent", ("n_parameters", "", "mean")] > 100


# -------------------------------------------------------------------------------------------
# Nothing flatters
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"y": None}, {"n_samples": 10}, {"split": "blocks", "y": None}])  # fmt: skip
def test_every_comparison_has_as_many_series_on_both_sides(measured, options):
    table = compare({"mine": Fake()}, n_repeats=4, **options)
    sizes = {len(side) for pair in measured for side in pair}
    assert len(sizes) == 1
    assert table.details_.settings["compared"].startswith(f"{sizes.pop()} series on each side")


def test_halves_are_as_large_as_all_else_in_every_draw(measured):
    # Whose halves have other sizes in every draw.
    X = np.random.default_rng(0).normal(size=(110, 8))
    compare({}, X, None, test_size=0.4, gap=0, n_repeats=8, metrics="spectral_difference")
    assert len({len(side) for pair in measured for side in pair}) == 1


def test_every_row_is_compared_with_the_same_real_series(measured):
    compare({"mine": Fake()}, n_repeats=1)
    train, held_out = measured[0]  # of the floor
    assert np.array_equal(measured[1][0], held_out) and np.array_equal(measured[1][1], train)
    for real, _ in measured[2::2]:
        assert np.array_equal(real, train)
    for real, _ in measured[3::2]:
        assert np.array_equal(real, held_out)
    assert len(measured) == 2 * (1 + len(BASELINES) + 1)


def test_generators_are_fitted_on_training_rows_alone_with_seeds_of_their_own():
    table = compare({"mine": Fake(random_state=5), "other": Fake()}, n_trainings=3, n_repeats=3)
    assert len(Fake.fits) == 6
    for fitted, targets, _ in Fake.fits:
        assert np.array_equal(fitted, table.details_.X_train)
        assert np.array_equal(targets, table.details_.y_train)
    seen = {row.tobytes() for row in table.details_.X_train}
    assert not seen & {row.tobytes() for row in table.details_.X_held_out}
    seeds = [seed for _, _, seed in Fake.fits]
    # All generators get the same seeds, each training another.
    assert seeds[:3] == seeds[3:] and len(set(seeds)) == 3


def test_no_more_trainings_than_evaluations():
    compare({"mine": Fake()}, n_trainings=5, n_repeats=2)
    assert len(Fake.fits) == 2


def test_an_official_test_set_is_held_out_whole():
    table = compare({"mine": Fake()}, X[:30], y[:30], X_test=X[30:], y_test=y[30:])
    assert len(Fake.fits[0][0]) == 30
    assert np.array_equal(Fake.fits[0][0], X[:30])
    assert np.array_equal(table.details_.X_held_out, X[30:])
    assert table.details_.settings["split"] == "as given"
    assert FLOOR in table.index and HALVES not in table.index


def test_values_are_scaled_by_the_training_series(measured):
    rising = X + np.linspace(0, 50, len(X))[:, None]
    compare({}, rising, None, n_repeats=1, metrics="spectral_difference", baselines=True)
    train, held_out = measured[0]
    assert train.min() >= 0 and train.max() <= 1
    assert held_out.max() > 1.1


def test_as_many_synthetic_rows_are_learned_from_as_real_ones_and_real_ones_predicted():
    compare({"mine": Fake()}, baselines=False, estimator=Witness(), n_repeats=1)
    sizes = [(call, len(rows)) for call, rows, *_ in Witness.calls]
    floor = [("fit", 48), ("predict", 12)]
    # TSTR; TRTS, from real rows; TR+S, from both.
    mine = [("fit", 48), ("predict", 12), ("fit", 48), ("predict", 48), ("fit", 96), ("predict", 12)]  # fmt: skip
    assert sizes == floor + mine


def test_the_replay_row_has_no_authenticity_and_is_flagged_in_words():
    table = compare(metrics=COPYING)
    assert means(table, "authenticity", "train")["replay"] == 0
    assert means(table, "authenticity", "train")[FLOOR] > 0
    (flag,) = table.details_.flags["replay"]
    assert flag.startswith("copies training series: authenticity 0.00, that of other real series")
    text = " ".join(table.to_text(200).split())
    assert f"replay: {' '.join(flag.split())}" in text


def test_a_replay_is_flagged_whatever_metrics_are_asked_for():
    table = compare(metrics=["spectral_difference"])
    assert set(COPYING) < set(table.columns.get_level_values("metric"))
    assert table.details_.flags["replay"][0].endswith("100% exact copies")
    assert "replay" in table.details_.copies
    assert table.details_.unranked == tuple(COPYING)


def test_near_copies_do_not_compete_and_get_no_mark():
    near = {"near": Fake(noise=1e-6), "single": Single(noise=0)}
    table = compare(near | {"latent": small()}, metrics=["spectral_difference", "recall"])
    details = table.details_
    assert {"near", "single", "replay"} <= set(details.copies)
    assert "latent" not in details.copies and FLOOR not in details.copies
    for name in near:
        assert details.flags[name][0].startswith("copies training series: authenticity 0.00")
    # They would have the best of some columns: among training series they are perfect.
    best = means(table, "spectral_difference", "train").drop(FLOOR).idxmin()
    assert best in details.copies
    layout = table._lay_out()
    rows = [row for section in layout.sections.values() for row in section]
    marked = {
        (row.metric, column.name)
        for row in rows
        for column, cell in zip(layout.columns, row.cells, strict=True)
        if cell.best
    }
    assert marked and not {name for _, name in marked} & set(details.copies)
    assert not {metric for metric, _ in marked} & set(COPYING)


def test_a_memoriser_wins_against_training_series_and_the_table_says_so():
    table = compare(metrics=["spectral_difference", "duplicate_share"], X=X, n_samples=60, y=y)
    # Among all training rows it is perfect; what is held out it has not seen.
    caveats = " ".join(table.details_.caveats)
    assert "a generator that copies them wins: read the held-out column" in caveats
    assert f"{FLOOR} is real against real: differences below it mean nothing" in caveats


def test_noise_with_random_labels_ranks_last_by_tstr_and_real_rows_beside_it_hide_that():
    X, y = make_labelled_series(n_samples=150, n_timepoints=12, random_state=0)
    table = compare(
        {"good": Fake(), "broken": Noise()}, X, y, n_repeats=3,
        estimator=ExtraTreesClassifier(20, random_state=0), metrics="spectral_difference",
    )  # fmt: skip
    scores, beside = (means(table, name, "held out") for name in ("TSTR", "TR+S"))
    assert scores.idxmin() == "broken"
    assert beside["broken"] > scores[FLOOR] - 0.1 > scores["broken"] + 0.3
    (flag,) = table.details_.flags["broken"]
    assert flag == (
        f"is bad to train on: TSTR {scores['broken']:.2f}, real {scores[FLOOR]:.2f}; TR+S "
        f"({beside['broken']:.2f}) cannot see that"
    )
    # Series of training rows with a little noise stay close to them, and train well.
    assert not any("train on" in said for said in table.details_.flags.get("good", []))
    text = " ".join(table.to_text(100).split())
    assert "TR+S cannot see a broken generator" in text and "Rank generators by TSTR" in text
    assert f"broken: {flag}" in text


def test_shuffled_labels_rank_last_though_the_series_look_good():
    X, y = make_labelled_series(n_samples=150, n_timepoints=12, random_state=0)
    table = compare({"good": Fake(), "shuffled": ShuffledLabels()}, X, y, n_repeats=3)
    assert means(table, "TSTR", "held out").idxmin() == "shuffled"
    values = means(table, "spectral_difference", "held out")
    assert values["shuffled"] == pytest.approx(values["good"])


def test_without_an_estimator_nothing_is_said_of_scores():
    table = compare(estimator=None)
    assert not {"TSTR", "TRTS", "TR+S"} & set(table.columns.get_level_values("metric"))
    assert "TR+S" not in table.to_text(100)


# -------------------------------------------------------------------------------------------
# Seeds
# -------------------------------------------------------------------------------------------


def test_an_int_gives_the_same_table_bit_for_bit_and_leaves_global_generators_alone():
    before = np.random.get_state()[1].copy(), torch.get_rng_state(), random.getstate()
    options = {"metrics": ["spectral_difference", "sliced_wasserstein_distance", "authenticity"]}
    mine = {"latent": small(), "mine": Fake()}
    one, again = (without_seconds(compare(mine, **options)) for _ in range(2))
    pd.testing.assert_frame_equal(one, again, check_exact=True)
    other = without_seconds(compare(mine, random_state=1, **options))
    assert not one.equals(other)
    assert np.array_equal(before[0], np.random.get_state()[1])
    assert torch.equal(before[1], torch.get_rng_state())
    assert before[2] == random.getstate()


def test_a_row_does_not_depend_on_the_others():
    alone = without_seconds(compare({"mine": Fake()}, baselines=False))
    among = without_seconds(compare({"first": small(), "mine": Fake(), "last": Noise()}))
    pd.testing.assert_frame_equal(alone, among.loc[[FLOOR, "mine"]], check_exact=True)


def test_generators_stay_as_they_were():
    latent = small(random_state=3)
    compare({"latent": latent}, baselines=False)
    assert latent.random_state == 3 and not hasattr(latent, "n_iter_")


# -------------------------------------------------------------------------------------------
# Memory
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["path", "Memory"])
def test_a_second_call_fits_and_measures_nothing(tmp_path, measured, kind):
    memory = str(tmp_path) if kind == "path" else joblib.Memory(tmp_path, verbose=0)
    first = compare({"mine": Fake()}, memory=memory)
    assert len(Fake.fits) == 1 and len(measured) == 2 * 2 * (1 + len(BASELINES) + 1)
    Fake.fits.clear()
    measured.clear()
    second = compare({"mine": Fake()}, memory=memory)
    assert not Fake.fits and measured == []
    # Seconds included.
    pd.testing.assert_frame_equal(first, second, check_exact=True)
    assert first.details_.flags == second.details_.flags


def test_with_memory_figures_are_what_they_are_without(tmp_path):
    with_memory = without_seconds(compare({"mine": Fake()}, memory=str(tmp_path)))
    pd.testing.assert_frame_equal(with_memory, without_seconds(compare({"mine": Fake()})))


def test_another_generator_costs_its_own_row_only(tmp_path, measured):
    compare({"mine": Fake()}, memory=str(tmp_path))
    Fake.fits.clear()
    measured.clear()
    compare({"new": Fake(noise=0.2), "mine": Fake()}, memory=str(tmp_path))
    assert len(Fake.fits) == 1 and len(measured) == 2 * 2
    # What it is without baselines, or in another order, was known before.
    compare({"mine": Fake(), "new": Fake(noise=0.2)}, memory=str(tmp_path), baselines=False)
    assert len(Fake.fits) == 1 and len(measured) == 2 * 2


def test_a_class_is_the_same_after_its_first_copy():
    class Fresh(Fake):
        pass

    before = fingerprint(Fresh)
    copy.copy(Fresh())
    assert fingerprint(Fresh) == before


def test_other_code_of_a_nested_part_has_another_key():
    def make(factor):
        class Inner(Fake):
            def scaled(self):
                return factor * self.noise

        return Inner()

    one, same, other = (fingerprint_parts(Wrapped(make(factor))) for factor in (1, 1, 2))
    assert one == same != other
    assert len(one) == 2
    # Also where it is deeper, and where a grid or a pipeline of scikit-learn holds it.
    deep = [fingerprint_parts(Wrapped(Wrapped(make(factor)))) for factor in (1, 2)]
    piped = [fingerprint_parts(make_pipeline(Wrapped(make(factor)))) for factor in (1, 2)]
    assert deep[0] != deep[1] and piped[0] != piped[1]


def test_another_name_costs_no_fit(tmp_path):
    compare({"mine": Fake()}, memory=str(tmp_path), baselines=False)
    compare({"yours": Fake()}, memory=str(tmp_path), baselines=False)
    assert len(Fake.fits) == 1


@pytest.mark.parametrize(
    "change, fits",
    [
        ({"random_state": 1}, 1),
        ({"test_size": 0.3}, 1),
        ({"n_trainings": 2}, 1),
        ({"n_repeats": 3}, 0),
        ({"method": "augment"}, 0),
        ({"n_samples": 11}, 0),
        ({"metrics": "recall"}, 0),
        ({"estimator": KNeighborsClassifier(3)}, 0),
        ({"verbose": 1}, 0),
    ],
)
def test_what_changes_the_fit_fits_again_and_nothing_else_does(tmp_path, change, fits):
    compare({"mine": Fake()}, memory=str(tmp_path), baselines=False)
    Fake.fits.clear()
    compare({"mine": Fake()}, memory=str(tmp_path), baselines=False, **change)
    assert len(Fake.fits) == fits


@pytest.fixture
def asked(monkeypatch):
    """Write down what is computed: groups of measures, "copying" and "scores"."""
    found = []
    measure, copying, score = _judgement.measure, _judgement.measure_copying, HeldOutScorer.score

    def write_down(name, function):
        def call(*positional, **options):
            found.append(name or positional[0][0])
            return function(*positional, **options)

        return call

    monkeypatch.setattr(_judgement, "measure", write_down(None, measure))
    monkeypatch.setattr(_judgement, "measure_copying", write_down("copying", copying))
    monkeypatch.setattr(HeldOutScorer, "score", write_down("scores", score))
    return found


def test_another_metric_costs_that_metric_only(tmp_path, asked, monkeypatch):
    monkeypatch.setitem(ContextEncoder.__init__.__kwdefaults__, "n_iter", 2)
    options = {"memory": str(tmp_path), "baselines": False}
    compare({"mine": Fake()}, **options)
    # Of two rows in two evaluations: against both references, and once.
    assert Counter(asked) == {"spectral_difference": 8, "copying": 4, "scores": 4}
    for more in ("recall", "context_fid"):
        asked.clear()
        together = compare({"mine": Fake()}, metrics=["spectral_difference", more], **options)
        assert asked == [more] * 8
    assert len(Fake.fits) == 1
    alone = compare({"mine": Fake()}, metrics=["spectral_difference", more], baselines=False)
    pd.testing.assert_frame_equal(without_seconds(together), without_seconds(alone))


def test_another_repeat_costs_that_repeat_only(tmp_path, asked):
    options = {"memory": str(tmp_path), "baselines": False}
    compare({"mine": Fake()}, **options)
    asked.clear()
    more = compare({"mine": Fake()}, n_repeats=3, **options)
    assert Counter(asked) == {"spectral_difference": 4, "copying": 2, "scores": 2}
    assert len(Fake.fits) == 1
    alone = compare({"mine": Fake()}, n_repeats=3, baselines=False)
    pd.testing.assert_frame_equal(without_seconds(more), without_seconds(alone))


def test_another_estimator_costs_the_scores_only(tmp_path, asked):
    options = {"memory": str(tmp_path), "baselines": False}
    compare({"mine": Fake()}, **options)
    asked.clear()
    compare({"mine": Fake()}, estimator=KNeighborsClassifier(3), **options)
    assert asked == ["scores"] * 4


def test_other_code_of_the_estimator_costs_the_scores_only(tmp_path, asked, monkeypatch):
    options = {"memory": str(tmp_path), "baselines": False, "estimator": Witness()}
    compare({"mine": Fake()}, **options)
    asked.clear()
    monkeypatch.setattr(Witness, "predict", lambda self, X: np.repeat(self.classes_[1:2], len(X)))
    compare({"mine": Fake()}, **options)
    assert asked == ["scores"] * 4


def test_what_another_state_of_the_package_computed_is_not_taken(tmp_path, asked, monkeypatch):
    options = {"memory": str(tmp_path), "baselines": False}
    compare({"mine": Fake()}, **options)
    n_asked = len(asked)
    monkeypatch.setattr(_comparison, "fingerprint_package", lambda: "another")
    compare({"mine": Fake()}, **options)
    assert len(Fake.fits) == 2 and len(asked) == 2 * n_asked


def test_a_generator_that_cannot_be_stored_is_fitted_for_new_draws_only(tmp_path, recwarn):
    options = {"memory": str(tmp_path), "baselines": False}
    for n_repeats, fits in ((2, 1), (2, 1), (3, 2)):
        table = compare({"mine": Unstorable()}, n_repeats=n_repeats, **options)
        assert len(Fake.fits) == fits
    assert [str(warning.message) for warning in recwarn] == []
    alone = compare({"mine": Unstorable()}, n_repeats=3, baselines=False)
    pd.testing.assert_frame_equal(without_seconds(table), without_seconds(alone))


@pytest.mark.parametrize("inner", [lambda: None, {"a": [lambda: None]}], ids=["bare", "deep"])
def test_what_cannot_be_told_from_others_is_computed_anew_and_all_else_is_kept(
    tmp_path, measured, inner
):
    options = {"memory": str(tmp_path), "baselines": False}
    rows = {"mine": Fake(), "unkept": Wrapped(inner)}
    alone = compare(rows, baselines=False)
    for fits in (2, 1):
        Fake.fits.clear()
        with pytest.warns(
            UserWarning, match=r"memory keeps nothing that needs generators\['unkept'\], as"
        ):
            table = compare(rows, **options)
        assert len(Fake.fits) == fits
        pd.testing.assert_frame_equal(without_seconds(table), without_seconds(alone))


def test_a_scorer_that_cannot_be_told_from_others_scores_anew(tmp_path, asked):
    options = {"memory": str(tmp_path), "baselines": False, "scoring": lambda model, X, y: 0.5}
    for _ in range(2):
        asked.clear()
        with pytest.warns(
            UserWarning, match="memory keeps nothing that needs estimator or scoring"
        ):
            table = compare({"mine": Fake()}, **options)
    assert asked == ["scores"] * 4
    assert len(Fake.fits) == 1
    assert table.loc["mine", ("TSTR", "held out", "mean")] == 0.5


def test_networks_learn_from_real_series_once_for_all_rows(trainings, monkeypatch):
    for function in (_predictive.compare_forecasts, _predictive.learn_real_forecast):
        monkeypatch.setitem(function.__kwdefaults__, "n_iter", 2)
    rows = {"mine": Fake(), "other": Noise()}
    table = compare(rows, metrics="predictive_score", baselines=False)
    # In each of two evaluations, against both references: of the real series, and of three rows.
    assert len(trainings) == 2 * 2 * (1 + 3)
    details = table.details_
    low, width = details.X_train.min(), np.ptp(details.X_train)
    # As many series as are held out, all of which are compared.
    made = (details.series["mine"][0][:12] - low) / width
    real = (details.X_held_out - low) / width
    seed = derive_seed(derive_seed(0, "evaluation 0") % 2**31, "predictive_score")
    expected = predictive_score(real, made, scale=None, n_iter=2, random_state=seed)
    first = details.records.query("generator == 'mine' and reference == 'held out' and repeat == 0")
    first = first[first["metric"] == "predictive_score"]
    assert first["value"].iloc[0] == expected


def test_with_memory_the_networks_of_real_series_are_kept(tmp_path, trainings, monkeypatch):
    for function in (_predictive.compare_forecasts, _predictive.learn_real_forecast):
        monkeypatch.setitem(function.__kwdefaults__, "n_iter", 2)
    options = {"metrics": "predictive_score", "baselines": False, "memory": str(tmp_path), "n_repeats": 1}  # fmt: skip
    compare({"mine": Fake()}, **options)
    assert len(trainings) == 2 * (1 + 2)
    compare({"mine": Fake(), "other": Noise()}, **options)
    assert len(trainings) == 2 * (1 + 3)


def test_the_encoder_is_trained_once(tmp_path, trainings, monkeypatch):
    monkeypatch.setitem(ContextEncoder.__init__.__kwdefaults__, "n_iter", 2)
    for generators in ({"mine": Fake()}, {"mine": Fake(), "other": Noise()}):
        compare(generators, metrics="context_fid", memory=str(tmp_path), baselines=False)
        assert len(trainings) == 1
    compare({"mine": Fake()}, metrics="context_fid", baselines=False)
    assert len(trainings) == 2


def test_after_an_interrupt_it_goes_on_where_it_was(tmp_path, measured):
    rows = {"first": Fake(), "second": Interrupted(), "third": Noise()}
    with pytest.raises(KeyboardInterrupt):
        compare(rows, memory=str(tmp_path))
    assert len(Fake.fits) == 1
    Interrupted.broken = False
    table = compare(rows, memory=str(tmp_path))
    assert len(Fake.fits) == 3
    assert list(table.index)[1:4] == ["first", "second", "third"]
    pd.testing.assert_frame_equal(without_seconds(table), without_seconds(compare(rows)))


def test_an_interrupt_between_evaluations_loses_none_of_those_before(tmp_path, monkeypatch):
    asked, measure = [], _judgement.measure

    def break_off(*positional, **options):
        asked.append(1)
        if len(asked) == 5:
            raise KeyboardInterrupt
        return measure(*positional, **options)

    monkeypatch.setattr(_judgement, "measure", break_off)
    with pytest.raises(KeyboardInterrupt):
        compare({"mine": Fake()}, memory=str(tmp_path))
    compare({"mine": Fake()}, memory=str(tmp_path))
    # Two evaluations, of two comparisons each, were kept.
    assert len(asked) == 5 + 2 * 2 * (1 + len(BASELINES) + 1) - 4
    assert len(Fake.fits) == 1


def _compare_until_killed(cache, stop):
    compare({"mine": Fake(), "lasting": Lasting(stop)}, memory=cache)


def test_a_killed_comparison_goes_on_where_it_was(tmp_path):
    stop = tmp_path / "stop"
    stop.touch()
    cache = str(tmp_path / "cache")
    worker = multiprocessing.get_context("spawn").Process(
        target=_compare_until_killed, args=(cache, str(stop))
    )
    worker.start()
    worker.join(120)
    assert worker.exitcode == 9
    stop.unlink()
    _compare_until_killed(cache, str(stop))
    assert len(Fake.fits) == 1  # of the one that was killed


@pytest.mark.parametrize("random_state", [None, np.random.RandomState(0)])
def test_memory_without_an_int_seed_warns(tmp_path, random_state):
    text = "memory is set but random_state is not an int, so nothing will be found in the cache"
    with pytest.warns(UserWarning, match=text):
        compare(baselines=False, generators={"mine": Fake()}, memory=str(tmp_path), random_state=random_state)  # fmt: skip


def test_two_processes_give_the_same_and_share_the_cache_with_one(tmp_path, measured):
    # Training rows of more than a megabyte: joblib would hand such arrays to processes as files.
    X = np.random.default_rng(0).normal(size=(600, 500)).cumsum(axis=1)
    rows = {"direct again": DirectAugmenter(), "replay again": ReplayGenerator()}
    options = {"baselines": False, "metrics": "spectral_difference", "n_repeats": 1}
    two = compare(rows, X, None, n_jobs=2, memory=str(tmp_path), **options)
    one = compare(rows, X, None, memory=str(tmp_path), **options)
    assert measured == []
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    pd.testing.assert_frame_equal(without_seconds(two), without_seconds(compare(rows, X, None, **options)))  # fmt: skip


# -------------------------------------------------------------------------------------------
# Data of all kinds
# -------------------------------------------------------------------------------------------


class WithoutLast(Fake):
    """Draws no row of the last class; in the first set, if only there."""

    def __init__(self, always=True, noise=0.1, random_state=None):
        super().__init__(noise, random_state)
        self.always = always

    def fit(self, X, y):
        self.n_draws_ = 0
        return super().fit(X, y)

    def sample(self, n_samples, random_state=None):
        self.n_draws_ += 1
        made, labels = super().sample(n_samples, random_state)
        if self.always or self.n_draws_ == 1:
            last = labels == self.y_.max()
            made[last], labels[last] = self.X_[self.y_ == 0][0], 0
        return made, labels


Z, classes = make_labelled_series(n_samples=90, n_timepoints=12, n_classes=3, random_state=0)


def test_scores_that_need_a_class_that_was_never_drawn_are_left_out_and_said():
    table = compare({"mine": WithoutLast(), "fine": Fake()}, Z, classes, scoring="roc_auc_ovr", baselines=False)  # fmt: skip
    scores = table.xs(("held out", "mean"), axis=1, level=(1, 2))[["TSTR", "TRTS", "TR+S"]]
    assert scores.loc["mine"].isna().tolist() == [True, True, False]
    assert scores.loc["fine"].notna().all() and np.isfinite(table.loc[FLOOR, ("TSTR", "held out", "mean")])  # fmt: skip
    assert np.isfinite(table.loc["mine", ("spectral_difference", "held out", "mean")])
    assert table.details_.flags["mine"][-2:] == [
        "lacks classes: none of class 2, real 33%",
        "has no TSTR and TRTS, which cannot be computed without series of each class: none of class 2 in 2 of 2 evaluations",
    ]
    assert not any("class" in said for said in table.details_.flags.get("fine", []))
    rows = [row for section in table._lay_out().sections.values() for row in section]
    assert [row.cells[1].text for row in rows if row.metric in ("TSTR", "TRTS")] == ["-", "-"]


def test_a_score_that_lacks_a_single_evaluation_is_no_mean_of_the_others():
    table = compare({"mine": WithoutLast(always=False)}, Z, classes, scoring="roc_auc_ovr", baselines=False)  # fmt: skip
    assert np.isnan(table.loc["mine", ("TSTR", "held out", "mean")])
    values = table.details_.records.query("generator == 'mine' and metric == 'TSTR'")["value"]
    assert values.isna().tolist() == [True, False]
    assert table.details_.flags["mine"][-1].endswith("none of class 2 in 1 of 2 evaluations")


def test_a_score_that_needs_no_class_is_there_though_one_was_never_drawn():
    table = compare({"mine": WithoutLast()}, Z, classes, baselines=False)
    assert table.loc["mine"].xs("mean", level=2)[["TSTR", "TRTS", "TR+S"]].notna().all()
    assert table.details_.flags["mine"][-1] == "lacks classes: none of class 2, real 33%"


def test_other_errors_of_an_estimator_are_raised():
    with pytest.raises(ValueError, match="n_neighbors"):
        compare({"mine": Fake()}, Z, classes, estimator=KNeighborsClassifier(80), baselines=False)


def test_the_kind_of_the_estimator_decides_what_whole_numbers_are():
    amounts = np.arange(60)[np.argsort(np.argsort(X.max(axis=1)))]
    table = compare({"mine": Fake()}, X, amounts, estimator=KNeighborsRegressor(1), baselines=False)
    assert "class by class" not in table.details_.settings["split"]
    assert table.details_.settings["scores"] == "R² of KNeighborsRegressor"
    assert np.isfinite(means(table, "TSTR", "held out")).all()
    assert not any("class" in said for said in table.details_.flags.get("mine", []))
    # A classifier takes the same numbers for labels.
    labels = compare({"mine": Fake()}, X, amounts // 20, estimator=KNeighborsClassifier(1), baselines=False)  # fmt: skip
    assert labels.details_.settings["scores"] == "accuracy of KNeighborsClassifier"


def test_few_series_on_each_side_are_said():
    said = "With 12 series on each side only gross faults show."
    assert said in compare().details_.caveats
    many = compare(X=np.tile(X, (5, 1)), y=np.tile(y, 5), split="random")
    assert not any("gross faults" in said for said in many.details_.caveats)


def test_of_halves_it_is_said_that_they_differ_among_themselves():
    caveats = compare(y=None, estimator=None).details_.caveats
    (said,) = [said for said in caveats if HALVES in said]
    assert "how much they differ among themselves" in said and "may come nearer" in said


def test_real_targets_are_learned():
    X, target = make_target_series(n_samples=80, n_timepoints=12, random_state=0)
    table = compare({"mine": Fake()}, X, target, estimator=Ridge(), n_repeats=1)
    assert "class by class" not in table.details_.settings["split"]
    assert means(table, "TSTR", "held out")["replay"] == pytest.approx(
        means(table, "TSTR", "held out")[FLOOR], abs=0.2
    )


def test_by_itself_a_forest_on_features_is_the_estimator():
    _, target = make_target_series(n_samples=60, n_timepoints=12, random_state=0)
    for targets, words in (
        (y, "balanced_accuracy of RandomForestClassifier on SeriesFeatures"),
        (target, "R² of RandomForestRegressor on SeriesFeatures"),
    ):
        table = compare(
            {"mine": Fake()}, X, targets, estimator="auto", baselines=False, n_repeats=1
        )
        scores = table.details_.settings["scores"]
        assert scores == words
        assert np.isfinite(means(table, "TSTR", "held out")).all()
        if targets is y:
            assert means(table, "TSTR", "held out")[FLOOR] > 0.8


def test_windows_are_forecast():
    steps = np.arange(100)[:, None] + np.arange(14)
    windows = np.sin(0.5 * steps) + 0.1 * np.random.default_rng(0).normal(size=steps.shape)
    table = compare({"mine": Fake(noise=0.01)}, windows, None, estimator=Ridge(), horizon=3)
    scores = means(table, "TSTR", "held out")
    assert scores[FLOOR] > 0.9 and scores["mine"] > 0.9
    assert scores["block bootstrap"] < scores["PCA + GMM"]
    words = table.details_.settings["scores"]
    assert words == "R² of Ridge, which forecasts the last 3 steps of each series"


def test_lists_of_unequal_lengths_are_compared_by_length():
    rng = np.random.default_rng(0)
    rows = [row[:n] for row, n in zip(X, rng.integers(8, 13, len(X)), strict=True)]
    table = compare({"latent": small()}, rows, y, metrics=["length_ks", *QUICK], estimator=None)
    assert ("length_ks", "held out") in table.columns.droplevel("statistic")
    assert np.isfinite(means(table, "length_ks", "held out")).all()
    assert all(isinstance(made, list) for made, _ in table.details_.series.values())
    # Where all are equally long there is nothing to compare.
    assert "length_ks" not in compare(metrics=["length_ks", *QUICK]).columns.get_level_values(0)


def test_gaps_lead_to_no_nan():
    gappy = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
    names = [name for name in MEASURES if name not in (*NETWORKS, "discriminative_auc")]
    table = compare({"latent": small()}, gappy, y, metrics=names, estimator=None)
    assert np.isfinite(table.loc[[*BASELINES, "latent"]].xs("mean", axis=1, level=2)).all(axis=None)


@pytest.mark.parametrize("method", ["sample", "augment"])
def test_known_channels_are_those_of_training_rows(method):
    hours = np.tile(np.arange(12.0), (len(X), 1))
    both = np.stack([X, hours], axis=2)
    generators = {"latent": small(condition_channels=1), "mine": DirectAugmenter(condition_channels=1)}  # fmt: skip
    table = compare(generators, both, y, method=method, estimator=None, baselines=False)
    for made, _ in table.details_.series.values():
        assert np.array_equal(made[..., 1], hours[: len(made)])


def test_versions_can_be_compared_in_the_place_of_new_series():
    table = compare({"identity": DirectAugmenter(eta=0)}, method="augment", metrics=["duplicate_share", "recall"])  # fmt: skip
    assert means(table, "duplicate_share", "train")["identity"] == 1
    assert table.details_.flags["identity"][0].startswith("copies training series")
    assert table.details_.settings["drawn by"] == "augment"


def test_channels_are_correlated_only_where_there_are_several():
    names = ["recall", "correlational_score"]
    assert "correlational_score" not in compare(metrics=names).columns.get_level_values("metric")
    table = compare(X=np.stack([X, -X], axis=2), metrics=names, estimator=None)
    assert np.isfinite(means(table, "correlational_score", "held out")).all()


def test_constant_series_have_finite_figures_and_flags_nobody():
    names = [name for name in MEASURES if name not in (*NETWORKS, "discriminative_auc")]
    table = compare({"latent": small()}, np.ones((60, 12)), y, metrics=names)
    assert np.isfinite(table.loc[BASELINES].xs("mean", axis=1, level="statistic")).all(axis=None)
    assert table.details_.flags == {}


def test_frames_nested_lists_and_integers_are_taken():
    expected = without_seconds(compare(X=np.round(100 * X)))
    for cast in (pd.DataFrame, lambda rows: rows.tolist(), lambda rows: rows.astype(int)):
        table = without_seconds(compare(X=cast(np.round(100 * X)), y=list(y)))
        pd.testing.assert_frame_equal(table, expected)


def test_labels_may_be_words():
    words = np.array(["calm", "odd", "wild"])[y]  # in the order of the numbers
    table = compare({"mine": Fake()}, y=words)
    assert set(table.details_.series["mine"][1]) <= set(words)
    expected = without_seconds(compare({"mine": Fake()}))
    scores = [("TSTR", "held out", "mean"), ("TSTR", "held out", "std")]
    pd.testing.assert_frame_equal(without_seconds(table)[scores], expected[scores])


# -------------------------------------------------------------------------------------------
# Progress
# -------------------------------------------------------------------------------------------


def test_verbose_prints_a_line_for_every_fit_and_evaluation(capsys):
    compare({"mine": Fake()}, baselines=False, verbose=1, n_trainings=2)
    lines = capsys.readouterr().out.splitlines()
    fit = r"\[{}/2\] mine, training {} of 2: \d+\.\d s, 1 sets of 48 in \d+\.\d s"
    assert re.fullmatch(fit.format(1, 1), lines[0]) and re.fullmatch(fit.format(2, 2), lines[1])
    assert lines[2:] == [
        f"[1/4] {FLOOR}, evaluation 1 of 2",
        "[2/4] mine, evaluation 1 of 2",
        f"[3/4] {FLOOR}, evaluation 2 of 2",
        "[4/4] mine, evaluation 2 of 2",
    ]


def test_else_nothing_is_printed_or_warned(capfd, recwarn):
    compare({"mine": Fake()})
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
    assert [str(warning.message) for warning in recwarn] == []


# -------------------------------------------------------------------------------------------
# What goes wrong
# -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, message",
    [
        (np.nan, "What odd made has NaN in 1 of 48 series (row 2), but none of the 48 training series has."),
        (np.inf, "What odd made contains infinity in 1 of 48 series (row 2)"),
    ],
)  # fmt: skip
def test_a_generator_that_returns_nan_or_infinity_is_named(value, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        compare({"fine": Fake(), "odd": Spoiled(value)})


def test_an_error_in_a_fit_names_the_generator():
    with pytest.raises(ValueError, match="block_length=40 steps") as raised:
        compare({"long blocks": BlockBootstrapGenerator(40)})
    assert raised.value.__notes__ == ["This was when 'long blocks' was fitted and made series."]


HINT = "generators must be a dict from names to generators, such as"
WRONG_VALUES = [
    (
        {"generators": {"replay": Fake()}},
        "The name 'replay' is that of a row which compare_generators adds. Call yours otherwise.",
    ),
    (
        {"generators": {FLOOR: Fake()}, "baselines": False},
        "The name 'real (held out)' is that of a row which compare_generators adds.",
    ),
    (
        {"generators": {}, "baselines": False},
        "There is nothing to compare: generators is empty and baselines=False.",
    ),
    ({"metrics": ["recall", "fid"]}, "metrics names 'fid'. Known: 'all', 'fast', context_fid"),
    ({"metrics": []}, "metrics is empty."),
    (
        {"metrics": "correlational_score"},
        "metrics names correlational_score, of which none has anything to compare here: ",
    ),
    ({"split": "fold"}, "Unknown split 'fold'. Known: auto, time, blocks, random."),
    ({"method": "draw"}, "Unknown method 'draw'. Known: augment, sample."),
    ({"n_samples": 9}, "n_samples must be at least 10, got 9."),
    ({"n_trainings": 0}, "n_trainings must be at least 1, got 0."),
    ({"n_repeats": 0}, "n_repeats must be at least 1, got 0."),
    ({"X": X[:40], "y": None}, "40 series split into 24 to train on and 8 held out"),
    ({"y": y[:-1]}, "y has 59 entries, but there are 60 series."),
    ({"y_test": y}, "y_test goes with X_test, which is None."),
    (
        {"X_test": np.dstack([X, X]), "y_test": y},
        "X_test has 2 channel(s), but X has 1.",
    ),
    ({"X_test": X[:, :9], "y_test": y}, "X_test has 9 steps, but X has 12."),
    (
        {"y": None, "horizon": 3},
        "horizon=3 needs an estimator that forecasts, such as Ridge(); got none.",
    ),
    (
        {"horizon": 3},
        "compare_generators takes y, or horizon to forecast the last steps of windows, but not both.",
    ),
    (
        {"y": None, "horizon": 12, "estimator": Ridge()},
        "horizon=12 leaves nothing to forecast from",
    ),
    (
        {"y": None, "estimator": Ridge()},
        "compare_generators needs y, class labels or real targets; or horizon",
    ),
    ({"memory": 3}, "'memory' should be None, a string or"),
]
WRONG_TYPES = [
    ({"generators": [Fake()]}, f'{HINT} {{"latent": LatentAugmenter()}}, got list.'),
    ({"generators": Fake()}, HINT),
    ({"generators": {1: Fake()}}, HINT),
    ({"generators": {"mine": Fake}}, "generators['mine'] is a class. Pass an instance: Fake()."),
    (
        {"generators": {"mine": Ridge()}},
        "generators['mine'] is Ridge(), which has no fit and sample. Pass an unfitted generator.",
    ),
    (
        {"generators": {"mine": FrozenEstimator(Fake().fit(X, y))}},
        "generators['mine'] is a FrozenEstimator, which cannot be fitted anew: what it has seen may be what it is tested on.",
    ),
    (
        {"estimator": FrozenEstimator(KNeighborsClassifier().fit(X, y))},
        "estimator is a FrozenEstimator, which cannot be fitted anew",
    ),
    ({"metrics": 3}, "metrics must be 'all', 'fast' or a list of names, got 3."),
    ({"baselines": "some"}, "baselines must be True or False, got 'some'."),
    ({"n_repeats": 0.5}, "n_repeats must be an integer, got 0.5."),
    ({"estimator": "forest"}, "estimator must be 'auto', None, or a classifier or regressor"),
    ({"estimator": Ridge}, "estimator must be 'auto', None, or a classifier or regressor such as"),
    (
        {"scoring": ["accuracy", "f1"]},
        "scoring must be a single scorer, got a list. Call compare_generators once for each",
    ),
]


@pytest.mark.parametrize(
    "options, error, message",
    [(options, ValueError, message) for options, message in WRONG_VALUES]
    + [(options, TypeError, message) for options, message in WRONG_TYPES],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_fitted(options, error, message):
    with pytest.raises(error, match=re.escape(message)):
        compare(**{"generators": {"mine": Fake()}} | options)
    assert not Fake.fits
