"""Checks of series and parameters, and what they say when something is wrong."""

from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np
import pandas as pd
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
    elif hasattr(X, "detach"):
        raise TypeError(
            f"{name} is a torch tensor. Pass a numpy array: {name}.detach().cpu().numpy()."
        )
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
        np.ascontiguousarray(~np.isnan(values)),  # a cache would tell layouts apart
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
            f"{name} contains values that are not numbers ({error}{_name_columns(X)}). Pass numbers only; "
            "labels belong in y."
        ) from error


def _name_columns(X):
    """Name the columns of a DataFrame that do not hold numbers."""
    if not isinstance(X, pd.DataFrame):
        return ""
    names = [repr(name) for name, dtype in X.dtypes.items() if dtype.kind not in "biuf"]
    return f"; in column {', '.join(names[:5])}"


def _check_rank(estimator, shape, name):
    if len(shape) < 2:
        came = f"has shape {tuple(shape)}" if shape else "is a single value"
        raise ValueError(
            f"{name} {came}, but {name_of(estimator)} takes series of shape (n_ts, sz), or (n_ts, sz, d) with time before "
            f"channels. Reshape your data: a single series is {name}.reshape(1, -1)."
        )
    if len(shape) > 3 or (len(shape) == 3 and 0 in shape[1:]):
        raise ValueError(
            f"{name} has shape {tuple(shape)}, but {name_of(estimator)} takes series of shape (n_ts, sz), or (n_ts, sz, d) "
            "with time before channels, none of these 0."
        )


def _check_shape(estimator, shape, name):
    """Compare with the fit; for a 2-D length begin as scikit-learn does, whose checks want its words."""
    sz, d, ndim = estimator.n_timepoints_, estimator.n_channels_, estimator._ndim
    needed = f"(n_ts, {sz})" if ndim == 2 else f"(n_ts, {sz}, {d})"
    if ndim == len(shape) == 2 and shape[1] not in (0, sz):
        raise ValueError(
            f"{name} has {shape[1]} features, but {name_of(estimator)} is expecting {sz} features as input: it was "
            f"fitted on series of {sz} time steps. Resample or cut the series to that length."
        )
    wrong_rank = len(shape) in (2, 3) and len(shape) != ndim
    if wrong_rank or (len(shape) == 3 and shape[1:] != (sz, d)):
        fitted = f"(sz={sz})" if ndim == 2 else f"(sz={sz}, d={d})"
        hint = ""
        if len(shape) == 3 and shape[1:] == (d, sz):
            hint = " The channels seem to come before time: try np.swapaxes(X, 1, 2)."
        raise ValueError(
            f"{name} has shape {tuple(shape)}, but {name_of(estimator)} was fitted on series of shape {fitted}. Pass an array "
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
        f"{name} contains {kind} in {len(rows)} of {len(values)} series (first in row {rows[0]}), which {name_of(estimator)} "
        f"does not accept. {remedy}"
    )


def name_of(estimator):
    """Return what messages call an estimator."""
    return type(estimator).__name__


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


def check_flag(name, value):
    """Raise TypeError unless `value` is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False, got {value!r}.")


def check_number(
    name, value, *, low, high=np.inf, whole=False, low_open=False, high_open=False, other=()
):
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
    other : tuple
        Values that are accepted beside numbers, such as None or "auto".
    """
    if any(value is entry or (isinstance(entry, str) and value == entry) for entry in other):
        return
    kind, words = (Integral, "an integer") if whole else (Real, "a number")
    if isinstance(value, bool) or not isinstance(value, kind):
        words = " or ".join([words, *map(repr, other)])
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
