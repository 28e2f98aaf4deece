"""Series as users have them, brought into one layout, and the container to give them back in.

Inside, all series of a call are one array (n_ts, sz, d), padded with NaN behind the end of shorter ones.
What stands in a user's padding, and how wide it is, plays no role from here on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.utils.validation import check_array, validate_data

from sklaug._validation import name_of

_MOST_ROWS_NAMED = 5


@dataclass
class Container:
    """What series came in.

    Attributes
    ----------
    kind : {"array", "list", "frame"}
        An array of two or three dimensions, a list of arrays, a wide DataFrame.
    ndim : {1, 2, 3}
        With an axis of channels (3), without (2), or a single series (1), which `fill` does not know.
    widths : int or ndarray of int, shape (n_ts,)
        Time steps a row, any padding included; an array for a list.
    index, columns : pandas Index or None
        Those of a DataFrame.
    """

    kind: str
    ndim: int
    widths: int | np.ndarray
    index: pd.Index | None = None
    columns: pd.Index | None = None

    def fill(self, values):
        """Put values (n_ts, sz, d) in, with NaN where the container is wider than they are."""
        if self.ndim == 2:
            values = values[:, :, 0]
        if self.kind == "list":
            return [
                fit_width(row[None], width)[0].copy()
                for row, width in zip(values, self.widths, strict=True)
            ]
        values = fit_width(values, self.widths)
        if self.kind == "frame":
            return pd.DataFrame(values, index=self.index, columns=self.columns)
        return values


@dataclass
class Series:
    """Series in one layout.

    Attributes
    ----------
    values : ndarray of shape (n_ts, sz, d), float32 or float64
        The channels that are to be learned, NaN where there is nothing; a view of the caller's array
        where that is possible, so not to be written to.
    mask : ndarray of bool, shape (n_ts, sz, d)
        True where observed.
    known : ndarray of shape (n_ts, sz, d_known) or None
        Channels known in advance, as given.
    lengths : ndarray of int64, shape (n_ts,), or None
        Steps to the last observed value; None where all series have `sz` steps.
    condition_channels : tuple of int
        Numbers of the known channels in the caller's array.
    container : Container
        What they came in.
    """

    values: np.ndarray
    mask: np.ndarray
    known: np.ndarray | None
    lengths: np.ndarray | None
    condition_channels: tuple
    container: Container

    def __len__(self):
        return len(self.values)

    @property
    def one_length(self):
        """Whether all are equally long, and what they came in has room for none that is longer.

        A list has, and padding: one fold of a cross-validation may lack the longest series.
        """
        container = self.container
        padded = container.kind == "list" or container.widths > self.values.shape[1]
        return self.lengths is None and not padded

    def restore(self, values):
        """Put new values of shape (n_ts, sz, d) into the container, beside the known channels as they were."""
        if self.known is not None:
            values = join_channels(values, self.known, self.condition_channels)
        return self.container.fill(values)


@dataclass
class Panel:
    """Series as a network takes them.

    Attributes
    ----------
    series : Series
        What they were.
    x : ndarray of shape (n_ts, sz, d), float32
        Scaled, gaps filled, 0 beyond the end of shorter series.
    known : ndarray of shape (n_ts, sz, d_known), float32, or None
        The known channels, likewise.
    """

    series: Series
    x: np.ndarray
    known: np.ndarray | None

    def __len__(self):
        return len(self.x)

    @property
    def mask(self):
        """True where observed."""
        return self.series.mask

    @property
    def lengths(self):
        """Steps of each series, or None."""
        return self.series.lengths

    @property
    def context(self):
        """What a network has to know beside `x`."""
        return {"known": self.known, "lengths": self.lengths}


def holds_only(X, dtype):
    """Tell whether a container holds numpy arrays, or columns, of this dtype and nothing else."""
    if isinstance(X, pd.DataFrame):
        return bool((X.dtypes == dtype).all())
    rows = X if isinstance(X, list) else [X]
    return all(isinstance(row, np.ndarray) and row.dtype == dtype for row in rows)


def join_channels(values, known, condition_channels):
    """Put learned channels (n_ts, sz, d) and known ones where they belong: (n_ts, sz, d + d_known)."""
    n_channels = values.shape[2] + len(condition_channels)
    joined = np.empty((*values.shape[:2], n_channels), dtype=values.dtype)
    joined[..., list(condition_channels)] = known
    joined[..., other_channels(condition_channels, n_channels)] = values
    return joined


def other_channels(channels, n_channels):
    """Return the numbers from 0 to `n_channels - 1` that are not among `channels`."""
    return [channel for channel in range(n_channels) if channel not in channels]


def fit_width(values, width):
    """Cut or pad with NaN, so that the time axis (the second) has `width` steps."""
    sz = values.shape[1]
    if width <= sz:
        return values[:, :width]
    padding = np.full((len(values), width - sz, *values.shape[2:]), np.nan, dtype=values.dtype)
    return np.concatenate([values, padding], axis=1)


def end_series(values, lengths):
    """Put NaN behind the end of each series, in place; `lengths` is None where all are full."""
    if lengths is not None:
        values[np.arange(values.shape[1]) >= lengths[:, None]] = np.nan
    return values


# -------------------------------------------------------------------------------------------
# Checks
# -------------------------------------------------------------------------------------------


def check_series(
    estimator,
    X,
    *,
    reset,
    nan_tail,
    condition_channels=(),
    name="X",
    min_series=1,
    may_be_longer=False,
):
    """Check series and bring them into one layout.

    Parameters
    ----------
    estimator : estimator
        Remembers the length at fit, and is named in messages.
    X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays (sz_i,) or (sz_i, d), or DataFrame
        Series.
    reset : bool
        True at fit.
    nan_tail : {"padding", "missing"}
        Whether NaN from some step to the last means that a series ends there, or that values are
        missing.
    condition_channels : tuple of int
        Channels known in advance.
    name : str
        What the caller calls `X`.
    min_series : int
        Fewest rows.
    may_be_longer : bool
        Let series pass that are longer than those of the fit.

    Returns
    -------
    Series

    Raises
    ------
    ValueError
        For a wrong number of dimensions, length or channels, for values that are not real numbers,
        and for series without any value.
    """
    values, container = read_container(X, estimator, name, min_series)
    if reset:
        _check_channels(condition_channels, container.ndim, values.shape[2], estimator)
    else:
        _check_layout(estimator, values.shape, container, name)
    observed = np.isfinite(values)
    complete = observed.all()
    if not complete:
        refuse_infinity(values, estimator, name)
    others = other_channels(condition_channels, values.shape[2])
    lengths, extents = None, np.full(len(values), values.shape[1])
    if not complete:
        lengths = measure_lengths(observed[..., others])
        refuse_empty(lengths, name)
        if nan_tail == "missing":
            lengths = np.broadcast_to(container.widths, lengths.shape).astype(np.int64)
        # Known channels may go on where the others have ended.
        extents = np.maximum(lengths, measure_lengths(observed)) if condition_channels else lengths
    sz = longest = int(extents.max())
    if not reset:
        _check_lengths(estimator, values.shape, extents, container, name, complete, may_be_longer)
        sz = max(longest, estimator.n_timepoints_)
    if lengths is None and longest < sz:
        lengths = np.full(len(values), longest, dtype=np.int64)
    elif lengths is not None and (lengths == sz).all():
        lengths = None
    _remember(estimator, X, sz, container, reset)
    values, observed = fit_width(values, sz), _fit_mask(observed, sz)
    known = None
    if condition_channels:
        known = values[..., list(condition_channels)]
        values, observed = values[..., others], observed[..., others]
    # A cache would tell layouts of the mask apart.
    return Series(
        values, np.ascontiguousarray(observed), known, lengths, condition_channels, container
    )


def read_container(X, estimator, name, min_series):
    """Return an array (n_ts, width, d) of floats, and what it came in."""
    if hasattr(X, "detach"):
        raise TypeError(
            f"{name} is a torch tensor. Pass a numpy array: {name}.detach().cpu().numpy()."
        )
    if hasattr(X, "X") and not hasattr(X, "shape"):
        kind = type(X).__name__
        raise TypeError(f"{name} is an object of type {kind}. Pass the series in it: {name}.X.")
    if hasattr(X, "get_params"):
        raise TypeError(
            f"{name} is an estimator, {type(X).__name__}, but {name_of(estimator)} takes series. Pass those that it makes: the "
            "first part of what its sample returns."
        )
    if _is_sampled_pair(X):
        raise TypeError(
            f"{name} is a tuple of two; sample returns (X, y). Pass its first part, the series: {name}[0]."
        )
    if is_list_of_series(X):
        return _read_list(X, estimator, name, min_series)
    if not hasattr(X, "shape"):
        try:
            values = np.asarray(X)
        except ValueError:  # nested lists of unequal length
            return _read_list(X, estimator, name, min_series)
        if values.ndim == 0 and values.dtype.kind in "OSU" and X is not None:
            raise TypeError(
                f"{name} is an object of type {type(X).__name__}, but {name_of(estimator)} takes series of shape (n_ts, sz), "
                "or (n_ts, sz, d) with time before channels."
            )
        X = values
    _check_rank(estimator, X.shape, name)
    if isinstance(X, np.ma.MaskedArray):
        X = X.astype(np.result_type(X.dtype, np.float32)).filled(np.nan)
    values = check_array(
        _to_numbers(X, name),
        dtype=[np.float64, np.float32],
        allow_nd=True,
        ensure_all_finite=False,
        ensure_min_samples=min_series,
        estimator=estimator,
        input_name=name,
    )
    ndim, width = values.ndim, values.shape[1]
    if ndim == 2:
        values = values[:, :, None]
    if isinstance(X, pd.DataFrame):
        return values, Container("frame", ndim, width, X.index, X.columns)
    return values, Container("array", ndim, width)


def is_list_of_series(X):
    """Tell a list or tuple of arrays, or the object array that numpy and pandas make of series."""
    if isinstance(X, np.ndarray | pd.Series):
        return X.dtype == object and X.ndim == 1 and all(np.ndim(row) for row in X)
    return isinstance(X, list | tuple) and len(X) > 0 and all(getattr(row, "ndim", 0) for row in X)


def _is_sampled_pair(X):
    """Tell series with their targets, or with None, from a tuple of two series."""
    if not isinstance(X, tuple) or len(X) != 2:
        return False
    series, targets = X
    holds_series = getattr(series, "ndim", 0) > 1 or is_list_of_series(series)
    return holds_series and (targets is None or getattr(targets, "ndim", 0) == 1)


def _shape_of(X):
    """Return the shape of what numpy can make one array of, None of series of unequal length."""
    try:
        return None if is_list_of_series(X) else np.shape(X)
    except ValueError:
        return None


def _read_list(X, estimator, name, min_series):
    """Pad a list of series into one array."""
    rows = [_read_row(row, number, name) for number, row in enumerate(X)]
    if len(rows) < min_series:
        raise ValueError(
            f"Found array with {len(rows)} sample(s) while a minimum of {min_series} is required by "
            f"{name_of(estimator)}."
        )
    # A single value has no steps at all.
    shapes = {row.shape[1:] if row.ndim else None: n for n, row in reversed(list(enumerate(rows)))}
    if len(shapes) > 1 or len(next(iter(shapes))) > 1:
        examples = ", ".join(
            f"row {number} has shape {rows[number].shape}" for number in sorted(shapes.values())
        )
        raise ValueError(
            f"{name} is a list of series that do not go together: {examples}. {name_of(estimator)} takes series of "
            "shape (sz_i,), or of shape (sz_i, d) with time before channels and the same d for all."
        )
    ndim = rows[0].ndim + 1
    widths = np.array([len(row) for row in rows], dtype=np.int64)
    d = rows[0].shape[1] if ndim == 3 else 1
    if not d or not widths.all():
        refuse_empty(widths * d, name)
    values = np.full((len(rows), widths.max(), d), np.nan, dtype=np.result_type(*rows))
    for row, padded in zip(rows, values, strict=True):
        padded[: len(row)] = row.reshape(len(row), d)
    return values, Container("list", ndim, widths)


def _read_row(row, number, name):
    row = _to_numbers(np.asarray(row), f"{name}[{number}]")
    return row if row.dtype in (np.float32, np.float64) else row.astype(np.float64)


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
            f"channels. Reshape your data: a single series is {name}.reshape(1, -1). Labels and targets belong in y."
        )
    if len(shape) > 3 or (len(shape) == 3 and 0 in shape[1:]):
        raise ValueError(
            f"{name} has shape {tuple(shape)}, but {name_of(estimator)} takes series of shape (n_ts, sz), or (n_ts, sz, d) "
            "with time before channels, none of these 0."
        )


def check_channels(condition_channels):
    """Return the numbers of the known channels as a tuple; raise if they are none."""
    if condition_channels is None:
        return ()
    if isinstance(condition_channels, Integral) and not isinstance(condition_channels, bool):
        condition_channels = [condition_channels]
    channels = list(condition_channels) if isinstance(condition_channels, Iterable) else [None]
    whole = all(isinstance(c, Integral) and not isinstance(c, bool) for c in channels)
    if not whole or min(channels, default=0) < 0 or len(set(channels)) < len(channels):
        raise ValueError(
            f"condition_channels={condition_channels!r}, but it takes different channel numbers, counted from 0, such as "
            "(2, 3)."
        )
    return tuple(map(int, channels))


def _check_channels(condition_channels, ndim, n_channels, estimator):
    """Raise unless the known channels are there, and others too."""
    if not condition_channels:
        return
    if ndim == 2:
        raise ValueError(
            f"condition_channels={condition_channels}, but X has no axis of channels. {name_of(estimator)} then takes "
            "series of shape (n_ts, sz, d)."
        )
    if max(condition_channels) >= n_channels or len(condition_channels) == n_channels:
        raise ValueError(
            f"condition_channels={condition_channels}, but X has {n_channels} channels, numbered from 0. Name channels that "
            "are there, and leave at least one to learn."
        )


def refuse_infinity(values, estimator, name):
    infinite = np.isinf(values)
    if infinite.any():
        rows = np.flatnonzero(infinite.any(axis=(1, 2)))
        raise ValueError(
            f"{name} contains infinity in {name_rows(rows, len(values))}, which {name_of(estimator)} does not accept. Replace "
            "those values, by NaN where they are missing, or drop those rows."
        )


def measure_lengths(observed):
    """Return the steps to the last observed value of each series, 0 where there is none."""
    reversed_steps = observed.any(axis=2)[:, ::-1]
    lengths = reversed_steps.shape[1] - reversed_steps.argmax(axis=1)
    return np.where(reversed_steps.any(axis=1), lengths, 0).astype(np.int64)


def find_gaps(values, widths):
    """Tell which series (n, sz, d) have NaN among their first steps, `widths` for all or for each."""
    inside = np.arange(values.shape[1]) < np.reshape(widths, (-1, 1))
    return (np.isnan(values) & inside[..., None]).any(axis=(1, 2))


def refuse_empty(lengths, name):
    if not lengths.all():
        rows = np.flatnonzero(lengths == 0)
        raise ValueError(
            f"{name} holds no value at all in {name_rows(rows, len(lengths))}. Drop what is empty."
        )


def name_rows(rows, n_rows):
    """Word which rows are meant: "2 of 20 series (rows 3, 7)"."""
    named = ", ".join(map(str, rows[:_MOST_ROWS_NAMED]))
    more = ", ..." if len(rows) > _MOST_ROWS_NAMED else ""
    return f"{len(rows)} of {n_rows} series (row{'s' if len(rows) > 1 else ''} {named}{more})"


def _check_layout(estimator, shape, container, name):
    """Compare rank and channels with those of the fit."""
    sz, d, ndim = estimator.n_timepoints_, estimator.n_channels_, estimator._ndim
    if ndim == container.ndim and shape[2] == d:
        return
    hint = ""
    if container.ndim == ndim == 3 and shape[1:] == (d, sz):
        hint = " The channels seem to come before time: try np.swapaxes(X, 1, 2)."
    _refuse_shape(estimator, shape, container, name, hint)


def _check_lengths(estimator, shape, extents, container, name, complete, may_be_longer):
    """Compare lengths with those of the fit.

    Where the fit had a list, or padding, shorter series may come in any width. For a 2-D width it begins
    as scikit-learn does, whose checks want its words.
    """
    sz, longest = estimator.n_timepoints_, int(extents.max())
    plain = container.kind != "list" and estimator._one_length
    if plain and (shape[1] < sz or (complete and shape[1] > sz)):
        if container.ndim == 3:
            _refuse_shape(estimator, shape, container, name)
        raise ValueError(
            f"{name} has {shape[1]} features, but {name_of(estimator)} is expecting {sz} features as input: it was "
            f"fitted on series of {sz} time steps. Resample or cut the series to that length, or pad shorter ones with "
            "NaN."
        )
    if longest > sz and (plain or not may_be_longer):
        _refuse_long(estimator, np.flatnonzero(extents > sz), shape[0], longest, name)


def _refuse_shape(estimator, shape, container, name, hint=""):
    sz, d, ndim = estimator.n_timepoints_, estimator.n_channels_, estimator._ndim
    fitted = f"sz={sz}" if ndim == 2 else f"sz={sz}, d={d}"
    needed = f"(n_ts, {sz})" if ndim == 2 else f"(n_ts, {sz}, {d})"
    raise ValueError(
        f"{name} has shape {shape[: container.ndim]}, but {name_of(estimator)} was fitted on series of shape ({fitted}). Pass "
        f"an array of shape {needed}.{hint}"
    )


def _refuse_long(estimator, rows, n_rows, longest, name):
    raise ValueError(
        f"{name} has series of up to {longest} time steps, in {name_rows(rows, n_rows)}, but the longest that "
        f"{name_of(estimator)} was fitted on has {estimator.n_timepoints_}. Resample or cut them to that length."
    )


def _fit_mask(observed, sz):
    if sz <= observed.shape[1]:
        return observed[:, :sz]
    padding = np.zeros((len(observed), sz - observed.shape[1], observed.shape[2]), dtype=bool)
    return np.concatenate([observed, padding], axis=1)


def _remember(estimator, X, sz, container, reset):
    """Let scikit-learn note, or compare, the number of features and their names."""
    if container.kind != "frame":
        if not reset and not hasattr(estimator, "feature_names_in_"):
            return
        # After the fit the width of a user's padding is nobody's concern.
        width = sz if container.kind == "list" else container.widths
        X = np.empty((1, width if reset else estimator.n_features_in_))
    validate_data(estimator, X, reset=reset, skip_check_array=True)


# -------------------------------------------------------------------------------------------
# Channels known in advance
# -------------------------------------------------------------------------------------------


def check_condition(estimator, condition, n_rows, name="condition"):
    """Check what a caller gives for the known channels of series that are to be made.

    Parameters
    ----------
    estimator : estimator
        Fitted with known channels.
    condition : array-like of shape (n_rows, sz, d_known) or (sz, d_known), or list of arrays (sz_i, d_known)
        Values of the known channels; two dimensions serve for all rows. Shorter ones, or NaN at the
        tail, make shorter series.
    n_rows : int or None
        Number of series; None takes it from `condition`.
    name : str
        What the caller calls it.

    Returns
    -------
    known : ndarray of shape (n_rows, n_timepoints_, d_known)
        NaN where there is nothing.
    lengths : ndarray of int64, shape (n_rows,), or None
        None where all have `n_timepoints_` steps.
    """
    channels, sz = estimator._condition_channels, estimator.n_timepoints_
    shape = _shape_of(condition)
    known = None
    if shape is None or len(shape) in (2, 3):
        one_for_all = shape is not None and len(shape) == 2
        known, container = read_container(
            np.asarray(condition)[None] if one_for_all else condition, estimator, name, 1
        )
        shape = known.shape[: container.ndim] if shape is None else shape
    if known is None or container.ndim != 3 or known.shape[2] != len(channels):
        came = f"has shape {shape}" if shape else "is a single value"
        raise ValueError(
            f"{name} {came}, but {name_of(estimator)} needs the values of channels {channels}: an array of "
            f"shape (n_samples, {sz}, {len(channels)}), or ({sz}, {len(channels)}) for all series alike."
        )
    if n_rows is not None and len(known) not in (1, n_rows):
        raise ValueError(
            f"{name} is for {len(known)} series, but {n_rows} are to be made. Give one for each, or one for all."
        )
    refuse_infinity(known, estimator, name)
    lengths = measure_lengths(np.isfinite(known))
    refuse_empty(lengths, name)
    if lengths.max() > sz:
        _refuse_long(estimator, np.flatnonzero(lengths > sz), len(known), int(lengths.max()), name)
    known = fit_width(known, sz)
    if n_rows is not None and len(known) < n_rows:
        known, lengths = np.repeat(known, n_rows, axis=0), np.repeat(lengths, n_rows)
    return known, None if (lengths == sz).all() else lengths
