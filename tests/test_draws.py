"""Generators fitted and drawn from: their seeds, and sets in the form of the training rows."""

import re
from collections import deque
from typing import ClassVar

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from sklaug import DirectAugmenter, LatentAugmenter, ReplayGenerator
from sklaug.datasets import make_labelled_series
from sklaug.model_selection._draws import fit_and_draw, seed_estimator

X, y = make_labelled_series(n_samples=20, n_timepoints=12, random_state=0)


class Makes(BaseEstimator):
    """Makes what `make` returns, from (training series, targets, number of rows, seed)."""

    def __init__(self, make=None, random_state=None):
        self.make = make
        self.random_state = random_state

    def fit(self, X, y=None):
        self.X_, self.y_ = X, y
        return self

    def sample(self, n_samples, random_state=None):
        return self.make(self.X_, self.y_, n_samples, random_state)


def repeat(X, y, n, seed=None):
    rows = np.arange(n) % len(X)
    return X[rows], None if y is None else y[rows]


def draw(generator, X=X, y=y, draws=((6, 1),), method="sample", classes=True, **options):
    options = {"seed": 0, "name": "mine", "key": {}} | options
    return fit_and_draw(generator, X, y, draws, method=method, classes=classes, **options)


def small(**options):
    return LatentAugmenter(hidden_dim=4, max_epochs=2, **options)


# -------------------------------------------------------------------------------------------
# Seeds
# -------------------------------------------------------------------------------------------


def test_a_generator_is_cloned_and_stays_unfitted():
    generator = Makes(repeat, random_state=3)
    draw(generator)
    assert generator.random_state == 3 and not hasattr(generator, "X_")


def test_seeds_of_fit_and_draws_decide_alone():
    one, again = (draw(small(), draws=[(6, 1), (6, 2)])["sets"] for _ in range(2))
    assert np.array_equal(one[0][0], again[0][0]) and np.array_equal(one[1][0], again[1][0])
    assert not np.array_equal(one[0][0], one[1][0])
    other = draw(small(), draws=[(6, 1)], seed=1)["sets"]
    assert not np.array_equal(one[0][0], other[0][0])
    # What the caller set plays no role.
    set_before = draw(small(random_state=7), draws=[(6, 1)])["sets"]
    assert np.array_equal(one[0][0], set_before[0][0])


def test_draws_do_not_depend_on_each_other():
    alone = draw(small(), draws=[(6, 2)])["sets"][0][0]
    after = draw(small(), draws=[(9, 1), (6, 2)])["sets"][1][0]
    assert np.array_equal(alone, after)


def test_every_nested_seed_is_another_one():
    pipeline = Pipeline([("one", small()), ("two", DirectAugmenter()), ("three", "passthrough")])
    seeds = {
        name: value
        for name, value in seed_estimator(pipeline, 5).get_params().items()
        if name.endswith("random_state")
    }
    assert set(seeds) == {"one__random_state", "two__random_state"}
    assert len(set(seeds.values())) == 2
    assert all(0 <= seed < 2**31 for seed in seeds.values())


# -------------------------------------------------------------------------------------------
# Memory
# -------------------------------------------------------------------------------------------


class Counts(Makes):
    """Writes down its fits and draws."""

    calls: ClassVar[deque] = deque()

    def fit(self, X, y=None):
        self.calls.append("fit")
        return super().fit(X, y)

    def sample(self, n_samples, random_state=None):
        self.calls.append("draw")
        return repeat(self.X_ + self.random_state, self.y_, n_samples)


@pytest.fixture
def calls():
    Counts.calls.clear()
    return Counts.calls


def test_fits_and_sets_are_kept_by_themselves(tmp_path, calls):
    memory = joblib.Memory(tmp_path, verbose=0)
    first = draw(Counts(), draws=[(6, 1), (6, 2)], memory=memory)
    assert list(calls) == ["fit", "draw", "draw"]
    again = draw(Counts(), draws=[(6, 2)], memory=memory)
    assert len(calls) == 3 and again["fit_seconds"] == first["fit_seconds"]
    assert np.array_equal(again["sets"][0][0], first["sets"][1][0])
    more = draw(Counts(), draws=[(6, 1), (6, 3)], memory=memory)
    assert list(calls)[3:] == ["draw"]
    assert np.array_equal(more["sets"][1][0], draw(Counts(), draws=[(6, 3)])["sets"][0][0])


@pytest.mark.parametrize(
    "change", [{"seed": 1}, {"X": X + 1}, {"y": y[::-1]}, {"key": {"code": "other"}}, {"generator": Counts(1)}]
)  # fmt: skip
def test_what_changes_the_generator_fits_and_draws_again(tmp_path, calls, change):
    memory = joblib.Memory(tmp_path, verbose=0)
    draw(Counts(), memory=memory)
    draw(**{"generator": Counts(), "memory": memory} | change)
    assert list(calls) == ["fit", "draw"] * 2


def test_arrays_that_are_mapped_from_a_file_are_known(tmp_path, calls):
    joblib.dump(X, tmp_path / "X")
    for values in (X, joblib.load(tmp_path / "X", mmap_mode="r")):
        draw(Counts(), values, memory=joblib.Memory(tmp_path / "cache", verbose=0))
    assert list(calls) == ["fit", "draw"]


def test_without_memory_a_generator_is_fitted_once_for_all_sets(calls):
    draw(Counts(), draws=[(6, 1), (6, 2), (6, 3)])
    assert list(calls) == ["fit", "draw", "draw", "draw"]


# -------------------------------------------------------------------------------------------
# What is drawn
# -------------------------------------------------------------------------------------------


def test_costs_are_told():
    result = draw(ReplayGenerator(), draws=[(6, 1), (7, 2), (8, 3)])
    assert set(result) == {"fit_seconds", "sample_seconds", "n_parameters", "sets"}
    assert result["fit_seconds"] > 0 and len(result["sample_seconds"]) == 3
    assert result["n_parameters"] == X.size
    assert [len(made) for made, _ in result["sets"]] == [6, 7, 8]
    assert draw(DirectAugmenter())["n_parameters"] == X.size
    assert draw(Makes(repeat))["n_parameters"] is None


def test_versions_are_made_of_training_rows_each_before_any_comes_again():
    identity = DirectAugmenter(eta=0)
    (made, labels), (more, _) = draw(identity, draws=[(20, 1), (50, 1)], method="augment")["sets"]
    assert not np.array_equal(made, X)
    assert np.array_equal(np.sort(made, axis=0), np.sort(X, axis=0))
    rows = (made[:, None] == X[None]).all(axis=2).argmax(axis=1)
    assert np.array_equal(labels, y[rows])
    counts = np.unique(more, axis=0, return_counts=True)[1]
    assert sorted(set(counts)) == [2, 3]


def test_what_cannot_augment_samples():
    made, _ = draw(Makes(repeat), method="augment")["sets"][0]
    assert np.array_equal(made, X[:6])


def test_known_channels_that_go_on_do_not_make_a_series_longer():
    series = np.stack([X, np.arange(12) + np.zeros_like(X)], axis=2)
    series[::2, 7:, 0] = np.nan
    made, _ = draw(DirectAugmenter(condition_channels=1), series, y, draws=[(40, 1)])["sets"][0]
    assert set(np.isfinite(made[..., 0]).sum(axis=1)) == {7, 12}


@pytest.mark.parametrize("channels", [1, (1,), [1]])
@pytest.mark.parametrize("method", ["sample", "augment"])
def test_known_channels_come_from_training_rows(channels, method):
    known = np.stack([X, np.arange(20)[:, None] + np.zeros_like(X)], axis=2)
    for kind in (small, DirectAugmenter):
        generator = kind(condition_channels=channels)
        made, labels = draw(generator, known, y, draws=[(15, 1)], method=method)["sets"][0]
        rows = made[:, 0, 1].astype(int)
        assert len(set(rows)) == 15
        assert np.array_equal(made[..., 1], known[rows, :, 1])
        assert np.array_equal(labels, y[rows])
        assert not np.array_equal(made[..., 0], known[rows, :, 0])


@pytest.mark.parametrize(
    "cast",
    [
        lambda X: pd.DataFrame(X, columns=[f"h{hour}" for hour in range(12)]),
        lambda X: [row[: 6 + number % 5] for number, row in enumerate(X)],
        lambda X: X[..., None],
    ],
    ids=["frame", "list", "channels"],
)
@pytest.mark.parametrize("generator", [small(), ReplayGenerator(), DirectAugmenter()])
def test_sets_come_in_the_container_of_the_training_rows(cast, generator):
    given = cast(X)
    made, labels = draw(generator, given)["sets"][0]
    assert type(made) is type(given) and len(made) == len(labels) == 6
    if isinstance(given, pd.DataFrame):
        assert list(made.columns) == list(given.columns)
    if isinstance(given, np.ndarray):
        assert made.shape == (6, 12, 1)


def test_arrays_that_are_made_for_a_frame_are_brought_into_one():
    def make(X, y, n, seed):
        made, labels = repeat(X.to_numpy(), y, n)
        return made, labels

    made, _ = draw(Makes(make), pd.DataFrame(X))["sets"][0]
    assert isinstance(made, pd.DataFrame)
    assert np.array_equal(made, X[:6])


# -------------------------------------------------------------------------------------------
# What is found out
# -------------------------------------------------------------------------------------------


def spoiled(value):
    def make(X, y, n, seed):
        made, labels = repeat(X, y, n)
        made[2, 5] = value
        return made, labels

    return make


@pytest.mark.parametrize(
    "make, error, message",
    [
        (spoiled(np.nan), ValueError, "What mine made has NaN in 1 of 6 series (row 2), but none"),
        (spoiled(np.inf), ValueError, "What mine made contains infinity in 1 of 6 series (row 2)"),
        (
            lambda X, y, n, _: repeat(X, y, n - 1),
            ValueError,
            "What mine made is 5 series of 1 channel(s), but it should be 6 of 1.",
        ),
        (
            lambda X, y, n, _: (np.dstack([X[:n]] * 2), y[:n]),
            ValueError,
            "What mine made is 6 series of 2 channel(s), but it should be 6 of 1.",
        ),
        (
            lambda X, y, n, _: (X[:n, :7], y[:n]),
            ValueError,
            "What mine made has 7 steps, but X has 12.",
        ),
        (lambda X, y, n, _: (X[:n], y[:3]), ValueError, "y has 3 entries, but there are 6 series."),
        (
            lambda X, y, n, _: (X[:n], None),
            ValueError,
            "What mine made came without y, though it was fitted with y.",
        ),
        (
            lambda X, y, n, _: (X[:n], y[:n] + 5),
            ValueError,
            "What mine made has classes that no training row has: ",
        ),
        (lambda X, y, n, _: X[:n], TypeError, "Makes.sample must return (X, y), got ndarray."),
        (lambda X, y, n, _: None, TypeError, "Makes.sample must return (X, y), got NoneType."),
    ],
)
def test_a_generator_that_makes_something_else_is_found_out(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        draw(Makes(make))


@pytest.mark.parametrize("value", [2e30, -2e30])
def test_values_that_no_metric_can_take_are_found_out(value):
    text = (
        "What mine made has values up to 2e+30, which no metric can take. Mend it, or leave it out."
    )
    with pytest.raises(ValueError, match=re.escape(text)):
        draw(Makes(spoiled(value)))
    assert draw(Makes(spoiled(value / 10)))["sets"][0][0][2, 5] == value / 10


def test_real_targets_that_are_not_finite_are_found_out():
    def make(X, y, n, seed):
        made, targets = repeat(X, y, n)
        return made, np.where(np.arange(n) == 4, np.nan, targets)

    text = "What mine made has NaN or infinity in y, for 1 of 6 series (row 4)."
    with pytest.raises(ValueError, match=re.escape(text)):
        draw(Makes(make), X, y + 0.5, classes=False)


def test_without_targets_whatever_comes_as_y_is_dropped():
    made, labels = draw(Makes(lambda X, y, n, _: (X[:n], np.ones(n))), X, None, classes=False)[
        "sets"
    ][0]
    assert labels is None and np.array_equal(made, X[:6])
