"""A fitted augmenter on its way through files, copies and processes."""

import copy
import functools
import io
import pickle
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KernelDensity

import sklaug
from sklaug import LatentAugmenter, _persistence
from sklaug.datasets import make_labelled_series

ROOT = Path(__file__).resolve().parents[1]
OWN = "sklaug.generators._latent.LatentAugmenter"
X, LABELS = make_labelled_series(n_samples=12, n_timepoints=16, random_state=0)
FRAME = pd.DataFrame(X, columns=[f"hour {t}" for t in range(16)], index=list("abcdefghijkl"))
UNEQUAL = [row[: 5 + number].copy() for number, row in enumerate(X)]
PAIRS, COUNTS = np.stack([X, -X], axis=2), np.stack([np.exp(X) // 1, X], axis=2)
GAPS = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)

CASES = {
    "no y": ({}, X, None),
    "classes": ({}, X, LABELS),
    "strings": ({}, X, np.array(["low", "high"])[LABELS % 2]),
    "objects": ({}, X, np.array(["low", "high"], dtype=object)[LABELS % 2]),
    "real y": ({}, X, np.linspace(0.1, 2.3, 12)),
    "frame": ({}, FRAME, pd.Series(LABELS, index=FRAME.index)),
    "channels": ({}, PAIRS, LABELS),
    "float32": ({}, X.astype(np.float32), LABELS),
    "kernel density": ({"prior": KernelDensity()}, X, LABELS),
    "resample": ({"residual": "resample"}, X, LABELS),
    "base model": ({"encoder": "variational_transformer", "decoder": "bilstm"}, X, LABELS),
    "global": ({"latent": "global"}, X, LABELS),
    "early stopping": ({"early_stopping": True, "warmup_epochs": 0}, X, LABELS),
    "chain": ({"transformation": ["drift", "jitter"]}, X, LABELS),
    "unequal": ({}, UNEQUAL, LABELS),
    "unequal and real y": ({}, UNEQUAL, np.linspace(0.1, 2.3, 12)),
    "gaps": ({"residual": "resample"}, GAPS, LABELS),
    "known channel": ({"condition_channels": (1,)}, PAIRS, LABELS),
    "bounds": ({"support": {0: "count", 1: (-9, 9)}}, COUNTS, LABELS),
}
# What skops does not trust by itself, beside the class of this package: the splines that follow a
# real target are scipy's, and a kernel density keeps a tree.
TREE = {"sklearn.metrics._dist_metrics.EuclideanDistance64", "sklearn.neighbors._kd_tree.KDTree"}
MAY_BE_UNTRUSTED = {"kernel density": TREE}


@functools.cache
def fitted(case):
    params, X, y = CASES[case]
    params = {"hidden_dim": 4, "max_epochs": 2, "random_state": 0, **params}
    return LatentAugmenter(**params).fit(X, y)


def outputs(augmenter, case):
    """Return what an augmenter makes as arrays; the series of a list one by one, frames with their names."""
    _, X, y = CASES[case]
    known = {} if augmenter.condition_channels is None else {"condition": X[:5, :, [1]]}
    made = [*augmenter.sample(5, **known), augmenter.augment(X, y), augmenter.reconstruct(X, y)]
    for thing in list(made):
        if isinstance(thing, pd.DataFrame):
            made += [np.array(thing.columns), np.array(thing.index)]
        elif isinstance(thing, list):
            made += thing
    return [np.asarray(thing) for thing in made if thing is not None and type(thing) is not list]


def assert_the_same(stored, case):
    before, after = outputs(fitted(case), case), outputs(stored, case)
    assert len(before) == len(after)
    for first, second in zip(before, after, strict=True):
        np.testing.assert_array_equal(first, second, strict=True)


def through_joblib(augmenter, folder):
    joblib.dump(augmenter, folder / "augmenter.joblib")
    return joblib.load(folder / "augmenter.joblib")


WAYS = {
    **{
        f"pickle {protocol}": lambda augmenter, _, protocol=protocol: pickle.loads(
            pickle.dumps(augmenter, protocol)
        )
        for protocol in (2, 4, 5)
    },
    "joblib": through_joblib,
    "deepcopy": lambda augmenter, _: copy.deepcopy(augmenter),
    "copy": lambda augmenter, _: copy.copy(augmenter),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_comes_back_makes_the_same_series_to_the_last_bit(way, case, tmp_path):
    assert_the_same(way(fitted(case), tmp_path), case)


@pytest.mark.parametrize("case", CASES)
def test_skops_stores_it_and_asks_for_trust_in_its_class_alone(case):
    skops = pytest.importorskip("skops.io")
    data = skops.dumps(fitted(case))
    untrusted = skops.get_untrusted_types(data=data)
    assert OWN in untrusted
    assert set(untrusted) - {OWN} <= MAY_BE_UNTRUSTED.get(case, set())
    assert_the_same(skops.loads(data, trusted=untrusted), case)


def test_an_unfitted_augmenter_is_stored_as_well():
    augmenter = LatentAugmenter(eta=0.7, transformation=["drift"])
    stored = pickle.loads(pickle.dumps(augmenter))
    assert stored.get_params() == augmenter.get_params()
    assert not hasattr(stored, "weights_")


def test_a_stored_augmenter_is_the_same_in_a_new_process(tmp_path):
    joblib.dump(fitted("classes"), tmp_path / "augmenter.joblib")
    joblib.dump((X, LABELS), tmp_path / "data.joblib")
    code = """
import sys, joblib
augmenter = joblib.load(sys.argv[1] + "/augmenter.joblib")
X, y = joblib.load(sys.argv[1] + "/data.joblib")
made = [*augmenter.sample(5), augmenter.augment(X, y), augmenter.reconstruct(X, y)]
joblib.dump(made, sys.argv[1] + "/made.joblib")
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=True)
    made = joblib.load(tmp_path / "made.joblib")
    for first, second in zip(outputs(fitted("classes"), "classes"), made, strict=True):
        assert np.array_equal(first, second)


def test_a_stored_augmenter_can_be_trained_further():
    augmenter = pickle.loads(pickle.dumps(fitted("classes"))).set_params(warm_start=True)
    augmenter.fit(X, LABELS)
    assert augmenter.n_iter_ == 4
    assert len(augmenter.loss_curve_) == 4


# -------------------------------------------------------------------------------------------------
# What a file holds
# -------------------------------------------------------------------------------------------------


def traces_of_rows(data, *arrays):
    """Count how many runs of four neighbouring values, along time or over rows, are in the bytes."""
    n_found = 0
    for array in arrays:
        for dtype in (np.float32, np.float64):
            values = array.astype(dtype)
            for lines in (values, values.T):
                for line in lines:
                    runs = (line[start : start + 4] for start in range(len(line) - 3))
                    n_found += sum(np.ascontiguousarray(run).tobytes() in data for run in runs)
    return n_found


@pytest.mark.parametrize(
    "case", ["no y", "classes", "real y", "frame", "float32", "resample", "unequal", "gaps"]
)
def test_a_file_holds_no_row_of_the_data(case):
    augmenter = fitted(case)
    scaled = ((X - augmenter.mean_) / augmenter.scale_).astype(np.float32)
    assert traces_of_rows(pickle.dumps(augmenter), X, X.astype(np.float32), scaled) == 0


def test_a_row_would_be_found():
    assert traces_of_rows(pickle.dumps({"some": [X[3:4, 2:8].astype(np.float32)]}), X) >= 3
    assert traces_of_rows(pickle.dumps(np.asfortranarray(X[2:8])), X) >= 3


def globals_of(data):
    """Return the names that a pickle asks for."""
    names = []

    class Recorder(pickle.Unpickler):
        def find_class(self, module, name):
            names.append(f"{module}.{name}")
            return super().find_class(module, name)

    Recorder(io.BytesIO(data)).load()
    return names


@pytest.mark.parametrize("case", ["classes", "real y", "base model"])
def test_a_file_holds_nothing_of_torch(case):
    names = globals_of(pickle.dumps(fitted(case)))
    assert OWN in names
    assert [name for name in names if name.startswith("torch")] == []


def test_a_fitted_augmenter_holds_arrays_and_small_values_alone():
    def kinds(thing):
        if isinstance(thing, dict):
            return set().union(*map(kinds, thing.values())) if thing else set()
        if isinstance(thing, list | tuple):
            return set().union(*map(kinds, thing)) if thing else set()
        return {type(thing)}

    for kind in kinds(vars(fitted("classes"))):
        assert kind.__module__.partition(".")[0] in ("builtins", "numpy", "sklearn")


def test_a_stored_state_names_its_format_and_the_versions_that_wrote_it():
    state = fitted("classes").__getstate__()
    assert state["_format"] == _persistence.FORMAT
    assert state["_versions"]["sklaug"] == sklaug.__version__
    assert {"torch", "numpy", "scikit-learn"} <= state["_versions"].keys()
    assert {type(version) for version in state["_versions"].values()} == {str}
    assert "_format" not in vars(fitted("classes"))


def test_using_an_augmenter_does_not_change_what_is_stored():
    augmenter = copy.deepcopy(fitted("classes"))
    before = joblib.hash(augmenter.__getstate__())
    outputs(augmenter, "classes")
    assert joblib.hash(augmenter.__getstate__()) == before


def test_equal_fits_have_equal_hashes_and_others_have_others():
    def fit(seed):
        return LatentAugmenter(hidden_dim=4, max_epochs=2, random_state=seed).fit(X, LABELS)

    first, again, other = fit(0), fit(0), fit(1)
    assert joblib.hash(first.weights_) == joblib.hash(again.weights_)
    assert joblib.hash(first.weights_) != joblib.hash(other.weights_)
    assert joblib.hash(first) == joblib.hash(again)


# -------------------------------------------------------------------------------------------------
# What is refused
# -------------------------------------------------------------------------------------------------


def test_a_file_of_an_older_format_is_refused(monkeypatch):
    monkeypatch.setattr(_persistence, "FORMAT", _persistence.FORMAT - 1)
    data = pickle.dumps(fitted("classes"))
    monkeypatch.undo()
    with pytest.raises(ValueError, match=r"stored in format 1 by sklaug .*Fit and store it again"):
        pickle.loads(data)


def test_a_file_of_a_newer_format_is_refused(monkeypatch):
    monkeypatch.setattr(_persistence, "FORMAT", _persistence.FORMAT + 1)
    data = pickle.dumps(fitted("classes"))
    monkeypatch.undo()
    with pytest.raises(ValueError, match="Upgrade") as caught:
        pickle.loads(data)
    assert str(caught.value) == (
        f"This LatentAugmenter was stored in format {_persistence.FORMAT + 1} by sklaug "
        f"{sklaug.__version__}; the installed version reads format {_persistence.FORMAT}. "
        "Upgrade sklaug."
    )


ARRAYS = {
    "first weights": lambda augmenter: next(iter(augmenter.weights_.values())),
    "last weights": lambda augmenter: list(augmenter.weights_.values())[-1],
    "mean_": lambda augmenter: augmenter.mean_,
    "scale_": lambda augmenter: augmenter.scale_,
    "code_mean_": lambda augmenter: augmenter.code_mean_,
    "code_scale_": lambda augmenter: augmenter.code_scale_,
    "components of prior_": lambda augmenter: augmenter.prior_["components"],
    "mean of prior_": lambda augmenter: augmenter.prior_["mean"],
}


@pytest.mark.parametrize("choose", ARRAYS.values(), ids=ARRAYS)
def test_a_damaged_array_is_refused(choose):
    content = choose(fitted("classes")).tobytes(order="A")
    data = bytearray(pickle.dumps(fitted("classes")))
    place = data.find(content)
    assert place > 0
    data[place + len(content) // 2] ^= 1
    with pytest.raises(ValueError, match="damaged") as caught:
        pickle.loads(bytes(data))
    assert str(caught.value) == (
        "The stored LatentAugmenter is damaged: its arrays do not match their checksum. Fit and "
        "store it again."
    )


UNREADABLE = (EOFError, pickle.UnpicklingError, ValueError, OSError, KeyError, IndexError)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(share, tmp_path):
    data = pickle.dumps(fitted("classes"))
    with pytest.raises(UNREADABLE):
        pickle.loads(data[: int(len(data) * share)])
    path = tmp_path / "augmenter.joblib"
    joblib.dump(fitted("classes"), path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(UNREADABLE):
        joblib.load(path)


def test_a_truncated_skops_file_is_refused(tmp_path):
    skops = pytest.importorskip("skops.io")
    path = tmp_path / "augmenter.skops"
    skops.dump(fitted("classes"), path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(Exception, match="zip"):
        skops.load(path, trusted=[OWN])
