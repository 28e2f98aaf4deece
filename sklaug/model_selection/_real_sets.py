"""Real series for a comparison: split into training and held-out ones, and scaled by the training ones."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing
from sklearn.utils.multiclass import type_of_target

from sklaug._random import block_generator, derive_seed
from sklaug._series import fit_width, name_rows, read_container, refuse_infinity
from sklaug._targets import flatten_target, refuse_mixed_labels
from sklaug._validation import check_choice, check_number
from sklaug.metrics._distances import flatten, row_keys
from sklaug.metrics._inputs import draw_rows, measure_range, order_told, warn_of_order
from sklaug.metrics._splits import split_rows
from sklaug.metrics._vectors import sliced_wasserstein_distance

SPLITS = ("auto", "time", "blocks", "random")
FEWEST_TO_COMPARE = 10
WIDE_DRIFT = 3.0
_ROWS_LOOKED_AT = 1000
# Shares of held-out series that are training series: what is refused, and what is worth a sentence.
_MOST_SHARED, _SOME_SHARED = 0.5, 0.01
# What is passed where, for whoever mixed it up.
_ORDERS = {
    "evaluate": "evaluate(X_real, X_synthetic, y_real, y_synthetic)",
    "compare_generators": "compare_generators(generators, X, y, X_test=..., y_test=...)",
}


@dataclass
class RealSets:
    """Training and held-out series.

    Attributes
    ----------
    X_train, X_held_out : array, list or DataFrame
        Floats, in the container that the caller passed.
    y_train, y_held_out : ndarray or None
        Their targets.
    how : str
        How they were split, in words.
    in_order : bool
        Whether rows are taken to be in order of time.
    """

    X_train: object
    y_train: np.ndarray | None
    X_held_out: object
    y_held_out: np.ndarray | None
    how: str
    in_order: bool

    @cached_property
    def sz(self):
        """Steps of the longest series."""
        return max(_as_array(X).shape[1] for X in (self.X_train, self.X_held_out))

    @cached_property
    def range(self):
        """Smallest value and width of each channel of the training series."""
        return measure_range(_as_array(self.X_train))

    @cached_property
    def train(self):
        """Training series (n, sz, d), scaled to [0, 1], NaN where there is nothing."""
        return self.scale(self.X_train)

    @cached_property
    def held_out(self):
        """Held-out series, likewise."""
        return self.scale(self.X_held_out)

    @cached_property
    def shared(self):
        """Share of the held-out series that are training series."""
        return _measure_shared(_as_array(self.X_train), _as_array(self.X_held_out))

    def scale(self, X):
        """Return series as one array (n, sz, d), each channel in units of the range of the training series."""
        low, width = self.range
        values = (_as_array(X) - low) / width
        return fit_width(values, self.sz) if values.shape[1] < self.sz else values

    def halves(self, n_samples, seed):
        """Return two sets of training series that share nothing: blocks of rows, drawn at random."""
        purposes = "one half", "other half"
        return tuple(
            self.train[rows[draw_rows(len(rows), n_samples, seed, purpose)]]
            for rows, purpose in zip(self._halve_rows(seed), purposes, strict=True)
        )

    def _halve_rows(self, seed):
        return split_rows(
            len(self.train),
            self.sz,
            split="blocks",
            test_share=0.5,
            seed=derive_seed(seed, "halves"),
        )

    def scored(self, synthetic):
        """Return what a scorer wants of these sets and a synthetic one, ``(X, y)`` or None."""
        return {
            "train": (self.X_train, self.y_train),
            "synthetic": synthetic,
            "test": (self.X_held_out, self.y_held_out),
        }

    def fit_encoder(self, seed, memory=None):
        """Train the encoder of Context-FID, on the training series."""
        from sklaug.metrics._context import ContextEncoder

        seed = derive_seed(seed, "encoder") % 2**31
        return ContextEncoder(scale=None, memory=memory, random_state=seed).fit(self.train)

    def in_own_units(self, encoder):
        """Return an encoder for scaled series made of one for series in their own units."""
        return _Unscaled(encoder, *self.range)

    def split_train(self, seed):
        """Return two halves of all training series, drawn at random: how close real series are to each other."""
        rows = block_generator(derive_seed(seed, "close"), "order", 0).permutation(len(self.train))
        middle = len(rows) // 2
        return self.train[np.sort(rows[:middle])], self.train[np.sort(rows[middle:])]

    @order_told()
    def measure_drift(self, seed):
        """Tell how many times as far from held-out series training series are as from each other."""
        one, other = self.split_train(seed)
        n = min(len(one), len(self.held_out))
        options = {"scale": None, "random_state": derive_seed(seed, "drift")}
        apart, least = (
            sliced_wasserstein_distance(one[:n], rows[:n], **options)
            for rows in (self.draw("held_out", n, seed), other)
        )
        return apart / least if least > 0 else 1.0

    def count_compared(self, n_samples, seeds=()):
        """Return how many series each side of every comparison can have, at most `n_samples`.

        `seeds` are those of the halves that are to be compared as well.
        """
        halves = [len(rows) for seed in seeds for rows in self._halve_rows(seed)]
        if halves and min(halves) < FEWEST_TO_COMPARE:
            raise ValueError(
                f"Halves of the {len(self.train)} training series have {min(halves)} after gaps between them, but a comparison "
                f"needs at least {FEWEST_TO_COMPARE}. Pass more series, or a smaller test_size."
            )
        return min([n_samples, len(self.train), len(self.held_out), *halves])

    def draw(self, which, n_samples, seed):
        """Draw series of one of both sets, "train" or "held_out", in the order they have there."""
        values = getattr(self, which)
        return values[draw_rows(len(values), n_samples, seed, which)]


@dataclass
class _Unscaled:
    """An encoder that gets scaled series and shows them to another one in their own units."""

    encoder: object
    low: np.ndarray
    width: np.ndarray

    def transform(self, X):
        return self.encoder.transform(X * self.width + self.low)


def describe_drift(drift):
    """Say what it means that held-out series are of another kind."""
    return (
        f"The held-out series differ from the training series {drift:.1f} times as much as halves of the training series from "
        "each other: beside that, faults may hide."
    )


def describe_shared(share):
    """Say what it means that some held-out series are training series; "" where hardly any are."""
    if share < _SOME_SHARED:
        return ""
    return f"{share:.0%} of the held-out series are training series, too: a generator that copies them looks good beside them."


def make_sets(X, y, X_held_out, y_held_out, *, split, test_size, gap, seed, caller, names):
    """Take series and targets that come split, or split them; see `compare_generators`.

    `names` are what `caller` calls the first four.
    """
    if X_held_out is not None:
        return _take_split(X, y, X_held_out, y_held_out, caller, names)
    if y_held_out is not None:
        raise ValueError(f"{names[3]} goes with {names[2]}, which is None.")
    return _make_split(X, y, split, test_size, gap, seed, caller, names)


def _take_split(X, y, X_held_out, y_held_out, caller, names):
    if (y is None) != (y_held_out is None):
        raise ValueError(f"Pass both {names[1]} and {names[3]}, or neither.")
    X, y, values = _read_rows(X, y, caller, names[:2])
    with order_told():
        X_held_out, y_held_out, others = _read_rows(X_held_out, y_held_out, caller, names[2:])
    refuse_mixed_labels(y, y_held_out, names[1], names[3])
    if others.shape[2] != values.shape[2]:
        raise ValueError(
            f"{names[2]} has {others.shape[2]} channel(s), but {names[0]} has {values.shape[2]}."
        )
    # A width means something only where nothing tells that series differ in length.
    fixed = not any(isinstance(rows, list) for rows in (X, X_held_out))
    fixed &= not (np.isnan(values).any() or np.isnan(others).any())
    if fixed and others.shape[1] != values.shape[1]:
        raise ValueError(
            f"{names[2]} has {others.shape[1]} steps, but {names[0]} has {values.shape[1]}. Resample or cut one of them."
        )
    if min(len(values), len(others)) < FEWEST_TO_COMPARE:
        raise ValueError(
            f"{names[0]} has {len(values)} series and {names[2]} has {len(others)}, but a comparison needs at least "
            f"{FEWEST_TO_COMPARE} of each."
        )
    sets = RealSets(X, y, X_held_out, y_held_out, "as given", False)
    if sets.shared > _MOST_SHARED:
        raise ValueError(
            f"{sets.shared:.0%} of {names[2]} are series of {names[0]}, so they are not held out. Split before you fit."
        )
    return sets


def _measure_shared(train, held_out):
    """Return the share of held-out series that are training series; 0 where most of these repeat each other."""
    sz = max(train.shape[1], held_out.shape[1])
    keys, others = (row_keys(flatten(fit_width(values, sz))) for values in (train, held_out))
    known = set(keys)
    # Among constants it is no wonder.
    if len(known) <= _MOST_SHARED * len(keys):
        return 0.0
    return float(np.mean([key in known for key in others]))


def _make_split(X, y, split, test_size, gap, seed, caller, names):
    check_choice("split", split, SPLITS)
    check_number("test_size", test_size, low=0, high=1, low_open=True, high_open=True)
    check_number("gap", gap, low=0, whole=True, other=("auto",))
    X, y, values = _read_rows(X, y, caller, names[:2])
    n_rows, sz, _ = values.shape
    if split == "auto":
        split = "time" if y is None else "blocks" if _overlap(values) else "random"
    if n_rows < 2 * FEWEST_TO_COMPARE:
        raise ValueError(
            f"{names[0]} has {n_rows} series, but a comparison needs at least {FEWEST_TO_COMPARE} to train on and "
            f"{FEWEST_TO_COMPARE} held out. Pass more, or {names[2]}."
        )
    train, test, how = _SPLITTERS[split](n_rows, sz, y, test_size, gap, seed)
    if min(len(train), len(test)) < FEWEST_TO_COMPARE:
        raise ValueError(
            f"{n_rows} series split into {len(train)} to train on and {len(test)} held out ({how}), but a "
            f"comparison needs at least {FEWEST_TO_COMPARE} of each. Pass more series, or {names[2]}."
        )
    take = [(_safe_indexing(X, rows), None if y is None else y[rows]) for rows in (train, test)]
    return RealSets(*take[0], *take[1], how, in_order=split != "random")


def _overlap(values):
    """Tell whether most series continue the one before them: windows of one recording."""
    values = values[:_ROWS_LOOKED_AT]
    sz = values.shape[1]
    continued = np.zeros(max(len(values) - 1, 1), dtype=bool)
    for shift in range(1, sz // 2 + 1):
        same = values[1:, :-shift] == values[:-1, shift:]
        continued[: len(same)] |= same.all(axis=(1, 2))
    return sz > 1 and continued.mean() > 0.5


def _split_by_time(n_rows, sz, y, test_size, gap, seed):
    n_test = round(n_rows * test_size)
    if gap == "auto":
        gap = min(sz - 1, (n_rows - n_test) // 4)
    how = f"the last {test_size:.0%} in time, after a gap of {gap} rows"
    return np.arange(max(n_rows - n_test - gap, 0)), np.arange(n_rows - n_test, n_rows), how


def _split_by_blocks(n_rows, sz, y, test_size, gap, seed):
    train, test = split_rows(
        n_rows, sz, split="blocks", test_share=test_size, seed=derive_seed(seed, "split")
    )
    return train, test, f"blocks of rows, {test_size:.0%} of them, with gaps beside each"


def _split_at_random(n_rows, sz, y, test_size, gap, seed):
    single = _find_single_rows(y, test_size)
    classes = single is not None
    rows = np.flatnonzero(~single) if classes else np.arange(n_rows)
    train, test = train_test_split(
        rows,
        test_size=test_size,
        random_state=derive_seed(seed, "split") % 2**32,
        stratify=y[rows] if classes else None,
    )
    how = f"{test_size:.0%} at random" + (", class by class" if classes else "")
    if classes and single.any():
        train = np.concatenate([train, np.flatnonzero(single)])
        how += " (the only row of a class is one to train on)"
    return train, test, how


def _find_single_rows(y, test_size):
    """Tell which rows are the only one of their class; None unless all other classes have rows for both sides.

    Those rows are to train on: who is tested on a class must have seen it.
    """
    if y is None or type_of_target(y) not in ("binary", "multiclass"):
        return None
    _, class_of, counts = np.unique(y, return_inverse=True, return_counts=True)
    single = counts[class_of] == 1
    n_shared, n_rows = (counts > 1).sum(), (~single).sum()
    n_test = int(np.ceil(test_size * n_rows))
    return single if 0 < n_shared <= min(n_test, n_rows - n_test) else None


_SPLITTERS = {"time": _split_by_time, "blocks": _split_by_blocks, "random": _split_at_random}


def _read_rows(X, y, caller, names):
    """Return series as floats in their container, targets as an array or None, and the series as an array (n, sz, d)."""
    values, container = read_container(X, caller, names[0], 1)
    refuse_infinity(values, caller, names[0])
    warn_of_order(values, container, stacklevel=6)
    _refuse_series_as_targets(y, caller, names[1])
    y = flatten_target(y, len(values), names[1])
    missing = np.flatnonzero(pd.isna(y)) if y is not None else []
    if len(missing):
        raise ValueError(
            f"{names[1]} is missing (NaN or None) in {name_rows(missing, len(values))}. Drop those rows."
        )
    return container.fill(values), y, values


def _refuse_series_as_targets(y, caller, name):
    """Raise if targets look like series: arguments in another order."""
    shape = getattr(y, "shape", ())
    if len(shape) > 1 and shape[1] > 1 and caller in _ORDERS:
        raise ValueError(
            f"{name} has shape {shape}, but targets are one for each series, of shape (n_ts,). If these are series, the "
            f"arguments came in another order than {_ORDERS[caller]}."
        )


def _as_array(X):
    """Return series that have been checked as one array (n, sz, d)."""
    values, _ = read_container(X, "a comparison", "X", 1)
    return values.astype(np.float64, copy=False)
