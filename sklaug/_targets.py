"""Targets: what a fit learns of them, their numbers inside, and new ones drawn from their distribution."""

import warnings
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np
import pandas as pd
from sklearn.utils import check_array, column_or_1d

from sklaug._random import block_uniform
from sklaug._validation import caller_level, check_choice, name_of

_MAX_QUANTILES = 257
# Targets further from the mean than this are cut, so that a network gets finite numbers.
_MOST_DEVIATIONS = 1e6
_MAX_SHOWN = 20
_MOST_NAMED = 10
_FEW_CLASSES = 10
# Of fewer rows of a class what is learned is these rows.
FEWEST_ROWS = 4
_FEW_ROWS_TOLD = ContextVar("few rows told", default=False)


def fit_target(y, n_rows, target_type, estimator, name="y", told=None):
    """Learn what the targets are.

    Parameters
    ----------
    y : array-like of shape (n_ts,) or None
        Class labels of any type, or real values.
    n_rows : int
        Number of series.
    target_type : {"auto", "class", "continuous"}
        How to read them; "auto" takes floats with a fractional part as real, all else as classes.
    estimator : estimator
        Named in messages.
    name : str
        What the caller calls `y`.
    told : estimator or None
        Whose `target_type` it is, where it is not that of `estimator`; named in messages.

    Returns
    -------
    dict
        ``kind`` ("class", "continuous" or None), and for classes ``classes`` and their
        ``frequencies``, for real values ``mean``, ``scale`` and the ``quantiles`` at equal steps of
        probability.
    """
    check_choice("target_type", target_type, ("auto", "class", "continuous"))
    if y is None:
        return {"kind": None}
    y = flatten_target(y, n_rows, name)
    guessed = target_type == "auto"
    if guessed:
        fractions = _has_fractions(check_labels(y, name), estimator, name)
        target_type = "continuous" if fractions else "class"
    if target_type == "class":
        classes, counts = _count_labels(check_labels(y, name), name)
        if guessed and len(classes) > max(_FEW_CLASSES, len(y) / 2) and classes.dtype.kind in "iuf":
            warnings.warn(
                f"{name} holds {len(classes)} different whole numbers in {len(y)} rows, and {name_of(estimator)} takes "
                f"them for class labels. If they are real targets, pass target_type='continuous'{_to(told)}; if they "
                "are labels, target_type='class'.",
                UserWarning,
                stacklevel=caller_level(),
            )
        return {"kind": "class", "classes": classes, "frequencies": counts / counts.sum()}
    y = _as_real(y, estimator, name)
    # Squares of 1e300 and of 1e-300 do not fit a float64.
    size = np.abs(y).max() or 1.0
    unit = y / size
    scale = float(unit.std() * size) if unit.std() > 1e-12 else 1.0
    probabilities = np.linspace(0, 1, min(len(y), _MAX_QUANTILES))
    return {
        "kind": "continuous",
        "mean": float(unit.mean() * size),
        "scale": scale,
        "quantiles": np.quantile(y, probabilities),
    }


def _to(told):
    return "" if told is None else f" to {name_of(told)}"


def encode_target(y, target, n_rows, estimator, *, caller):
    """Turn targets into class numbers (int64) or scaled values (float32); None stays None.

    Raises
    ------
    ValueError
        If `y` is there and must not be, or the other way round, or holds a class not seen at fit.
    """
    if target["kind"] is None:
        if y is not None:
            raise ValueError(
                f"{name_of(estimator)} was fitted without y, so {caller} takes no y. Fit with y to make series conditional "
                "on it."
            )
        return None
    if y is None:
        kind = "class labels" if target["kind"] == "class" else "real targets"
        raise ValueError(
            f"{name_of(estimator)} was fitted with {kind}, so {caller} needs y of shape (n_ts,): "
            "pass those of these rows."
        )
    y = flatten_target(y, n_rows)
    if target["kind"] == "continuous":
        mean, scale = target["mean"], target["scale"]
        with np.errstate(over="ignore"):  # the clip takes infinity too
            scaled = _as_real(y, estimator) / scale - mean / scale
        return scaled.clip(-_MOST_DEVIATIONS, _MOST_DEVIATIONS).astype(np.float32)
    classes = target["classes"]
    places = pd.Index(classes).get_indexer(check_labels(y)).astype(np.int64)
    if (places < 0).any():
        unknown = pd.unique(pd.Series(y[places < 0]))
        raise ValueError(
            f"y has classes never seen at fit: {_list_labels(unknown)}. {name_of(estimator)} knows: {_list_labels(classes)}."
        )
    return places


def _list_labels(labels):
    labels = np.asarray(labels).tolist()  # as Python's own types, whose repr is short
    shown = ", ".join(repr(label) for label in labels[:_MAX_SHOWN])
    return shown + (f", ... ({len(labels)} in all)" if len(labels) > _MAX_SHOWN else "")


def name_counted(kind, labels, counts=None):
    """Word which classes, or other kinds of group, are meant: "class 'b' (2 rows), class 'c' (1 row)", or without counts."""
    named = [f"{kind} {label!r}" for label in labels]
    if counts is not None:
        named = [
            f"{name} ({count} row{'s' if count > 1 else ''})"
            for name, count in zip(named, counts, strict=True)
        ]
    more = f", ... ({len(named)} in all)" if len(named) > _MOST_NAMED else ""
    return ", ".join(named[:_MOST_NAMED]) + more


def warn_of_few_rows(asked, target, counts, estimator):
    """Warn where series are drawn of classes of which there were too few rows to learn more than these.

    Parameters
    ----------
    asked : ndarray of int, shape (n,) or None
        Class numbers of the series that are drawn.
    target : dict
        From `fit_target`.
    counts : list of int, or None
        Rows of each class that were learned from. What has none borrows those of all others, and is no copy. None where
        nobody counted: a model may have been stored before that was done.
    estimator : estimator
        Named in the message.
    """
    if target["kind"] != "class" or counts is None:
        return
    codes = np.unique(asked)
    counts = np.asarray(counts)[codes]
    few = (counts > 0) & (counts < FEWEST_ROWS)
    if few.any() and not _FEW_ROWS_TOLD.get():
        # No counts, which differ from fold to fold: Python shows a text once for a line.
        named = name_counted("class", target["classes"][codes[few]].tolist())
        warnings.warn(
            f"{named}: of fewer than {FEWEST_ROWS} rows {name_of(estimator)} learns little more than these, and what it "
            "samples stays close to them. SyntheticOverSampler warps such rows instead, and so does "
            "DirectAugmenter('time_warp').",
            UserWarning,
            stacklevel=caller_level(),
        )


@contextmanager
def few_rows_told(told=True):
    """Say nothing more on classes of few rows: for what draws of the same ones several times."""
    before = _FEW_ROWS_TOLD.set(told or _FEW_ROWS_TOLD.get())
    try:
        yield
    finally:
        _FEW_ROWS_TOLD.reset(before)


def flatten_target(y, n_rows, name="y"):
    """Return targets as an array of shape (n_rows,); a column is flattened with a warning.

    `name` is what the caller calls them.
    """
    if y is None:
        return None
    if isinstance(y, list | tuple) and len({isinstance(label, str) for label in y}) > 1:
        # Beside strings numpy would turn 1 into "1" and NaN into "nan".
        y = pd.Series(y, dtype=object).to_numpy()
    options = {"ensure_2d": False, "ensure_all_finite": False, "ensure_min_samples": 0}
    y = check_array(y, dtype=None, input_name=name, **options)
    if y.ndim == 0 or y.shape[1:] not in ((), (1,)):
        # Said before column_or_1d, which calls everything y.
        raise ValueError(f"{name} should be a 1d array, got an array of shape {y.shape} instead.")
    y = column_or_1d(y, warn=True)
    if len(y) != n_rows:
        raise ValueError(
            f"{name} has {len(y)} entries, but there are {n_rows} series. They must be equally many."
        )
    return y


def check_labels(y, name="y"):
    """Return targets; raise where one is missing, or where strings stand beside other types."""
    missing = np.flatnonzero(pd.isna(y))
    if len(missing):
        raise ValueError(
            f"{name} is missing (NaN or None) in {len(missing)} of {len(y)} rows (first in row {missing[0]}). Drop those rows "
            "or fill the values in."
        )
    if y.dtype == object and len({isinstance(label, str) for label in y}) > 1:
        raise TypeError(
            f"{name} mixes strings and other types; make all class labels strings, or all numbers."
        )
    return y


def _has_fractions(y, estimator, name):
    """Tell real targets from class labels: floats, also as objects, of which one is not whole."""
    if y.dtype == object:
        y = pd.Series(y).infer_objects().to_numpy()
    if y.dtype.kind != "f":
        return False
    y = _as_real(y, estimator, name)
    # Floats beyond 2**53 are all whole.
    return bool(((y != np.round(y)) | (np.abs(y) > 2**53)).any())


def _count_labels(y, name):
    try:
        return np.unique(y, return_counts=True)
    except TypeError as error:
        raise TypeError(
            f"{name} holds labels that cannot be put in order ({error}). Make all class labels strings, or all numbers."
        ) from error


def _as_real(y, estimator, name="y"):
    try:
        y = y.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} cannot be read as real targets ({error}). Pass numbers, or target_type='class' to {name_of(estimator)}."
        ) from error
    if not np.isfinite(y).all():
        rows = np.flatnonzero(~np.isfinite(y))
        raise ValueError(
            f"{name} contains NaN or infinity in {len(rows)} of {len(y)} rows (first in row {rows[0]}). Drop those rows or "
            "fill the values in."
        )
    return y


def refuse_mixed_labels(y, y_other, name, name_of_other):
    """Raise if of two sets of targets, by the names that the caller has for them, one is text and the other is not."""
    if y is None or y_other is None:
        return
    kind, other = ("text" if isinstance(labels[0], str) else "numbers" for labels in (y, y_other))
    if kind != other:
        raise TypeError(
            f"{name} holds {kind} and {name_of_other} holds {other}, so no class is in both. Make all class labels strings, or "
            "all numbers."
        )


def asked_target(estimator, y):
    """Return `y` if a fitted estimator was fitted with targets, and so asks for them; else None."""
    target = getattr(estimator, "target_", None)
    return None if target is not None and target["kind"] is None else y


def draw_targets(target, rows, seed):
    """Draw targets from the training distribution, for `rows` (a slice of absolute row numbers)."""
    if target["kind"] is None:
        return None
    uniform = block_uniform(seed, "targets", rows)
    if target["kind"] == "class":
        edges = np.cumsum(target["frequencies"])
        edges[-1] = 1.0  # what rounding leaves
        return target["classes"][np.searchsorted(edges, uniform, side="right")]
    quantiles = target["quantiles"]
    return np.interp(uniform, np.linspace(0, 1, len(quantiles)), quantiles)
