"""Labelled sets of real series: what an installed package ships, and what lies in the folder --data."""

from functools import partial
from itertools import pairwise

import numpy as np
from report import load_present

from sklaug.datasets import load_trace


def load_trace_set(folder):
    """Trace: (100, 275, 1), four classes, official split; tslearn ships it."""
    return *load_trace("train", as_3d=True), *load_trace("test", as_3d=True)


def load_ecg5000(folder):
    """ECG5000: (500, 140, 1), five classes of very unequal size, official split."""
    return load_ucr(folder, "ECG5000")


def load_ucr(folder, name):
    """Return a set of the UCR archive: one channel, official split."""
    stored = np.load(folder / "ucr" / f"{name}.npz")
    X, X_test = (stored[name][..., None].astype(np.float64) for name in ("X_train", "X_test"))
    return X, stored["y_train"], X_test, stored["y_test"]


def load_uea(folder, name):
    """Return a set of the UEA archive with series of one length: several channels, official split."""
    stored = np.load(folder / "uea" / f"{name}.npz")
    X, X_test = (
        stored[part].transpose(0, 2, 1).astype(np.float64) for part in ("X_train", "X_test")
    )
    return X, stored["y_train"], X_test, stored["y_test"]


def load_epilepsy(folder):
    """Epilepsy: (137, 206, 3), four classes, official split."""
    return load_uea(folder, "Epilepsy")


def load_racket_sports(folder):
    """RacketSports: (151, 30, 6), four classes, official split."""
    return load_uea(folder, "RacketSports")


def load_japanese_vowels(folder):
    """JapaneseVowels: 270 series of 7 to 26 steps and 12 channels, nine classes, official split."""
    stored = np.load(folder / "uea" / "JapaneseVowels.npz")
    X, X_test = (_cut(stored[f"flat_{s}"], stored[f"offsets_{s}"]) for s in ("train", "test"))
    return X, stored["y_train"], X_test, stored["y_test"]


def load_character_trajectories(folder):
    """CharacterTrajectories: its 1,429 labelled series of 109 to 205 steps and 3 channels, 20 classes, halved at random."""
    stored = np.load(folder / "character_trajectories" / "character_trajectories.npz")
    X, y = _cut(stored["flat_train"], stored["offsets_train"]), stored["y_train"]
    order = np.random.default_rng(0).permutation(len(X))
    train, test = order[: len(X) // 2], order[len(X) // 2 :]
    return [X[i] for i in train], y[train], [X[i] for i in test], y[test]


def load_shipped_by_aeon(folder, name):
    """Return a set that aeon ships, with its official split."""
    from aeon.datasets import load_classification

    parts = [load_classification(name, split=split) for split in ("train", "test")]
    return tuple(part for X, y in parts for part in (X.transpose(0, 2, 1), y))


def _cut(flat, offsets):
    return [flat[start:stop].astype(np.float64) for start, stop in pairwise(offsets)]


SETS = {
    "Trace": load_trace_set,
    "ECG5000": load_ecg5000,
    "Epilepsy": load_epilepsy,
    "RacketSports": load_racket_sports,
    "JapaneseVowels": load_japanese_vowels,
    "CharacterTrajectories": load_character_trajectories,
    "ERing": partial(load_uea, name="ERing"),
}
UCR = (
    "CBF",
    "ECG200",
    "Earthquakes",
    "GunPoint",
    "ItalyPowerDemand",
    "MedicalImages",
    "SyntheticControl",
    "ToeSegmentation2",
    "Wafer",
)
SHIPPED_BY_AEON = ("ArrowHead", "BasicMotions", "OSULeaf")
SETS |= {name: partial(load_ucr, name=name) for name in UCR}
SETS |= {name: partial(load_shipped_by_aeon, name=name) for name in SHIPPED_BY_AEON}


def load_sets(arguments, names):
    """Yield name, X, y, X_test and y_test of the sets that are there, and say which are not."""
    for name, loaded in load_present(arguments, {name: SETS[name] for name in names}):
        yield name, *loaded
