"""Checks of series, targets and parameters, and what they say when something is wrong."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import pandas as pd
from sklearn.utils import column_or_1d
from sklearn.utils.validation import validate_data

# -------------------------------------------------------------------------------------------
# Series
# -------------------------------------------------------------------------------------------


@dataclass
class Series:
    """Series as the estimators work on them, and the container to give them back in.

    Attributes
    ----------
    values : ndarray of shape (n_ts, sz, d), float32 or float64
        The values; a view of the caller's array where that is possible, so not to be written to.
    mask : ndarray of bool, shape (n_ts, sz, d)
        True where observed.
    ndim : {2, 3}
        Dimensions of the caller's array.
    index, columns : pandas Index or None
        Those of the caller's DataFrame.
    """

    values: np.ndarray
    mask: np.ndarray
    ndim: int
    index: pd.Index | None = None
    columns: pd.Index | None = None

    def __len__(self):
        return len(self.values)

    def restore(self, values):
        """Put new values of shape (n_ts, sz, d) into the container that the series came in."""
        if self.ndim == 3:
            return values
        values = values[:, :, 0]
        return (
            values
            if self.index is None
            else pd.DataFrame(values, index=self.index, columns=self.columns)
        )


def check_series(estimator, X, *, reset, name="X", min_series=1):
    """Check series and bring them into one layout.

    Parameters
    ----------
    estimator : estimator
        Remembers the length at fit, and is named in messages.
    X : array-like of shape (n_ts, sz) or (n_ts, sz, d), or DataFrame
        Series.
    reset : bool
        True at fit.
    name : str
        What the caller calls `X`.
    min_series : int
        Fewest rows.

    Returns
    -------
    Series

    Raises
    ------
    ValueError
        For a wrong number of dimensions, length or channels, and for values that are not finite
        real numbers.
    """
    if not hasattr(X, "shape") or _holds_arrays(X):
        X = _stack(X, name)
    shape = X.shape
    _check_rank(estimator, shape, name)
    X = _to_numbers(X, name)
    if not reset:
        _check_shape(estimator, shape, name)
    values = validate_data(
        estimator,
        X,
        reset=reset,
        dtype=[np.float64, np.float32],
        allow_nd=True,
        ensure_all_finite=False,
        ensure_min_samples=min_series,
    )
    ndim = values.ndim
    if ndim == 2:
        values = values[:, :, None]
    _check_values(values, estimator, name)
    frame = isinstance(X, pd.DataFrame)
    return Series(
        values,
        ~np.isnan(values),
        ndim,
        X.index if frame else None,
        X.columns if frame else None,
    )


def _holds_arrays(X):
    """Tell a one-dimensional object array, as numpy and pandas make one of a list of series."""
    return isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1


def _stack(X, name):
    try:
        return np.asarray(list(X) if isinstance(X, np.ndarray) else X)
    except ValueError as error:
        raise ValueError(
            f"{name} cannot be made into one array ({error}). Series of unequal length are not supported "
            "yet: pass an array of shape (n_ts, sz) or (n_ts, sz, d)."
        ) from error


def _to_numbers(X, name):
    """Turn text and objects that stand for numbers into these; refuse what is no real number."""
    dtypes = X.dtypes if isinstance(X, pd.DataFrame) else [getattr(X, "dtype", np.dtype(float))]
    kinds = {dtype.kind: dtype for dtype in dtypes}
    if "c" in kinds:
        raise ValueError(
            f"Complex data not supported: {name} has dtype {kinds['c']}. Pass the real and the imaginary parts as "
            "channels of their own."
        )
    for kind in kinds.keys() & {"m", "M"}:
        raise TypeError(
            f"{name} contains dates or durations (dtype {kinds[kind]}), which are not values of a series. Leave them "
            "out, or turn them into numbers."
        )
    if not kinds.keys() & {"O", "S", "U"}:
        return X
    try:
        return X.astype(np.float64)
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(
            f"{name} contains values that are not numbers ({error}). Pass numbers only; labels belong in y."
        ) from error


def _check_rank(estimator, shape, name):
    if len(shape) < 2:
        came = f"has shape {tuple(shape)}" if shape else "is a single value"
        raise ValueError(
            f"{name} {came}, but {_name(estimator)} takes series of shape (n_ts, sz), or (n_ts, sz, d) with time before "
            f"channels. Reshape your data: a single series is {name}.reshape(1, -1)."
        )
    if len(shape) > 3 or (len(shape) == 3 and 0 in shape[1:]):
        raise ValueError(
            f"{name} has shape {tuple(shape)}, but {_name(estimator)} takes series of shape (n_ts, sz), or (n_ts, sz, d) "
            "with time before channels, none of these 0."
        )


def _check_shape(estimator, shape, name):
    """Compare with the fit, except a 2-D length: for that scikit-learn has words of its own."""
    sz, d, ndim = estimator.n_timepoints_, estimator.n_channels_, estimator._ndim
    needed = f"(n_ts, {sz})" if ndim == 2 else f"(n_ts, {sz}, {d})"
    wrong_rank = len(shape) in (2, 3) and len(shape) != ndim
    if wrong_rank or (len(shape) == 3 and shape[1:] != (sz, d)):
        fitted = f"(sz={sz})" if ndim == 2 else f"(sz={sz}, d={d})"
        hint = ""
        if len(shape) == 3 and shape[1:] == (d, sz):
            hint = " The channels seem to come before time: try np.swapaxes(X, 1, 2)."
        raise ValueError(
            f"{name} has shape {tuple(shape)}, but {_name(estimator)} was fitted on series of shape {fitted}. Pass an array "
            f"of shape {needed}.{hint}"
        )


def _check_values(values, estimator, name):
    finite = np.isfinite(values)
    if finite.all():
        return
    rows = np.flatnonzero(~finite.all(axis=(1, 2)))
    kind = "NaN" if np.isnan(values).any() else "infinity"
    remedy = (
        "Missing values and unequal lengths are not supported yet: interpolate them, or drop those rows."
        if kind == "NaN"
        else "Replace or drop those values."
    )
    raise ValueError(
        f"{name} contains {kind} in {len(rows)} of {len(values)} series (first in row {rows[0]}), which {_name(estimator)} "
        f"does not accept. {remedy}"
    )


def _name(estimator):
    return type(estimator).__name__


# -------------------------------------------------------------------------------------------
# Targets
# -------------------------------------------------------------------------------------------

_MAX_QUANTILES = 257
# Targets further from the mean than this are cut, so that a network gets finite numbers.
_MOST_DEVIATIONS = 1e6
_MAX_SHOWN = 20


def fit_target(y, n_rows, target_type, estimator):
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
    y = _as_column(y, n_rows)
    if target_type == "auto":
        target_type = "continuous" if _has_fractions(_check_labels(y), estimator) else "class"
    if target_type == "class":
        classes, counts = _count_labels(_check_labels(y))
        return {"kind": "class", "classes": classes, "frequencies": counts / counts.sum()}
    y = _as_real(y, estimator)
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
                f"{_name(estimator)} was fitted without y, so {caller} takes no y. Fit with y to make series conditional "
                "on it."
            )
        return None
    if y is None:
        kind = "class labels" if target["kind"] == "class" else "real targets"
        raise ValueError(
            f"{_name(estimator)} was fitted with {kind}, so {caller} needs y of shape (n_ts,)."
        )
    y = _as_column(y, n_rows)
    if target["kind"] == "continuous":
        mean, scale = target["mean"], target["scale"]
        with np.errstate(over="ignore"):  # the clip takes infinity too
            scaled = _as_real(y, estimator) / scale - mean / scale
        return scaled.clip(-_MOST_DEVIATIONS, _MOST_DEVIATIONS).astype(np.float32)
    classes = target["classes"]
    places = pd.Index(classes).get_indexer(_check_labels(y)).astype(np.int64)
    if (places < 0).any():
        unknown = pd.unique(pd.Series(y[places < 0]))
        raise ValueError(
            f"y has classes never seen at fit: {_list_labels(unknown)}. {_name(estimator)} knows: {_list_labels(classes)}."
        )
    return places


def _list_labels(labels):
    labels = np.asarray(labels).tolist()  # as Python's own types, whose repr is short
    shown = ", ".join(repr(label) for label in labels[:_MAX_SHOWN])
    return shown + (f", ... ({len(labels)} in all)" if len(labels) > _MAX_SHOWN else "")


def _as_column(y, n_rows):
    if isinstance(y, list | tuple) and len({isinstance(label, str) for label in y}) > 1:
        # Beside strings numpy would turn 1 into "1" and NaN into "nan".
        y = pd.Series(y, dtype=object).to_numpy()
    y = column_or_1d(y, warn=True)
    if len(y) != n_rows:
        raise ValueError(
            f"y has {len(y)} entries, but there are {n_rows} series. They must be equally many."
        )
    return y


def _check_labels(y):
    missing = np.flatnonzero(pd.isna(y))
    if len(missing):
        raise ValueError(
            f"y is missing (NaN or None) in {len(missing)} of {len(y)} rows (first in row {missing[0]}). Drop those rows or "
            "fill the values in."
        )
    if y.dtype == object and len({isinstance(label, str) for label in y}) > 1:
        raise TypeError(
            "y mixes strings and other types; make all class labels strings, or all numbers."
        )
    return y


def _has_fractions(y, estimator):
    """Tell real targets from class labels: floats, also as objects, of which one is not whole."""
    if y.dtype == object:
        y = pd.Series(y).infer_objects().to_numpy()
    if y.dtype.kind != "f":
        return False
    y = _as_real(y, estimator)
    # Floats beyond 2**53 are all whole.
    return bool(((y != np.round(y)) | (np.abs(y) > 2**53)).any())


def _count_labels(y):
    try:
        return np.unique(y, return_counts=True)
    except TypeError as error:
        raise TypeError(
            f"y holds labels that cannot be put in order ({error}). Make all class labels strings, or all numbers."
        ) from error


def _as_real(y, estimator):
    try:
        y = y.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"y cannot be read as real targets ({error}). Pass numbers, or target_type='class' to {_name(estimator)}."
        ) from error
    if not np.isfinite(y).all():
        rows = np.flatnonzero(~np.isfinite(y))
        raise ValueError(
            f"y contains NaN or infinity in {len(rows)} of {len(y)} rows (first in row {rows[0]}). Drop those rows or fill "
            "the values in."
        )
    return y


# -------------------------------------------------------------------------------------------
# Parameters
# -------------------------------------------------------------------------------------------


def check_choice(name, value, known):
    """Raise ValueError unless `value` is one of the `known` names."""
    if not isinstance(value, str) or value not in known:
        raise ValueError(f"Unknown {name} {value!r}. Known: {', '.join(known)}.")


def check_component(name, value, known, example):
    """Raise unless `value` is one of the `known` names or a class of networks."""
    if isinstance(value, type) and hasattr(value, "forward"):
        return
    if isinstance(value, str) and value in known:
        return
    raise ValueError(
        f"Unknown {name} {value!r}. Known: {', '.join(known)}; or pass a subclass of torch.nn.Module built like {example}."
    )


def check_number(name, value, *, low, high=np.inf, whole=False, low_open=False, high_open=False):
    """Raise TypeError unless `value` is a real (or `whole`) number, ValueError unless it lies in the range.

    Parameters
    ----------
    name : str
        Name of the parameter.
    value : object
        Its value.
    low, high : float
        Ends of the range.
    whole : bool
        Accept integers only.
    low_open, high_open : bool
        Exclude that end.
    """
    kind, words = (Integral, "an integer") if whole else (Real, "a number")
    if isinstance(value, bool) or not isinstance(value, kind):
        raise TypeError(f"{name} must be {words}, got {value!r}.")
    if not np.isfinite(value):
        raise ValueError(f"{name} must be a finite number, got {value!r}.")
    above = value > low if low_open else value >= low
    below = value < high if high_open else value <= high
    if not (above and below):
        limits = f"{'more than' if low_open else 'at least'} {low:g}"
        if high < np.inf:
            limits += f" and {'less than' if high_open else 'at most'} {high:g}"
        raise ValueError(f"{name} must be {limits}, got {value!r}.")
