"""Columns of a long table: found, read as numbers, written back in their own dtype; and rows, named in messages."""

import numpy as np
import pandas as pd

_MOST_NAMED = 5


# -------------------------------------------------------------------------------------------
# Finding
# -------------------------------------------------------------------------------------------


def find_column(df, name, role):
    """Return a column, or a level of the index, as a Series on the rows of `df`."""
    if name in df.columns:
        column = df[name]
        if isinstance(column, pd.DataFrame):
            raise ValueError(
                f"df has {column.shape[1]} columns of the name {name!r}, which {role} names. Rename them."
            )
        return column
    if name is not None and name in df.index.names:
        return pd.Series(df.index.get_level_values(name), index=df.index, name=name)
    raise ValueError(
        f"df has no column, and no index level, {name!r} for {role}. Its columns are {_quote(df.columns)}: pass "
        f"{role}=... to name the right one."
    )


def find_values(df, values, taken):
    """Return the names of the columns that hold the values of the series.

    Parameters
    ----------
    df : DataFrame
        Long table.
    values : None, or name, or list of names
        What the user passed.
    taken : dict of str to name
        Columns that play another role.

    Returns
    -------
    list of names
    """
    if values is None:
        found = _default_values(df, taken.values())
    else:
        found = list(values) if isinstance(values, (list, pd.Index, np.ndarray)) else [values]
        if not found:
            raise ValueError("values is an empty list. Name at least one column of df.")
    for name in found:
        column = find_column(df, name, "values")
        for role, other in taken.items():
            if name == other:
                raise ValueError(f"values names the column {name!r}, which is also the {role}.")
        if name not in df.columns:
            raise ValueError(
                f"values names {name!r}, a level of the index. Make it a column: df.reset_index({name!r})."
            )
        if found.count(name) > 1:
            raise ValueError(f"values names the column {name!r} {found.count(name)} times.")
        _check_numeric(df, column)
    return found


def _default_values(df, taken):
    if "y" in df.columns and "y" not in taken:
        return ["y"]
    found = [
        name
        for name, dtype in df.dtypes.items()
        if name not in taken and getattr(dtype, "kind", "O") in "iuf"
    ]
    if not found:
        raise ValueError(
            f"df has neither a column 'y' nor another one of numbers. Its columns are {_quote(df.columns)}: pass values=[...], "
            "and turn text into numbers with pd.to_numeric."
        )
    return found


def _check_numeric(df, column):
    if getattr(column.dtype, "kind", "O") in "biuf" and not isinstance(
        column.dtype, pd.SparseDtype
    ):
        return
    message = f"The column {column.name!r} has dtype {column.dtype}, but values have to be numbers."
    if column.dtype == object or isinstance(column.dtype, pd.StringDtype):
        numbers = pd.to_numeric(column, errors="coerce")
        spoiled = np.flatnonzero(np.asarray(numbers.isna() & column.notna()))
        if len(spoiled):
            example = column.iloc[spoiled[0]]
            message += (
                f" No number is what stands in {name_rows(df, spoiled)}, such as {example!r}."
            )
    raise ValueError(
        f"{message} Convert the column, for example with pd.to_numeric, or name others in values."
    )


def _quote(names):
    return _list(names, repr) if len(names) else "none"


# -------------------------------------------------------------------------------------------
# Reading and writing
# -------------------------------------------------------------------------------------------


def read_numbers(df, columns):
    """Return columns as an array (n_rows, d): float32 if all are, else float64; NaN where one is missing."""
    single = all(getattr(df[name].dtype, "name", "").lower() == "float32" for name in columns)
    numbers = np.empty((len(df), len(columns)), dtype=np.float32 if single else np.float64)
    for place, name in enumerate(columns):
        numbers[:, place] = df[name].to_numpy(dtype=numbers.dtype, na_value=np.nan)
    return numbers


def replace_numbers(column, numbers, describe):
    """Return a column with other values in its own dtype; what has not changed stays to the bit.

    Parameters
    ----------
    column : Series
        Numbers.
    numbers : ndarray of shape (n_rows,), float
        Their new values. Integers are rounded and kept in the range of their dtype.
    describe : callable
        Words the rows, given as positions, for messages.

    Returns
    -------
    Series
    """
    old = column.to_numpy(dtype=np.float64, na_value=np.nan)
    changed = np.flatnonzero((numbers != old) & ~(np.isnan(numbers) & np.isnan(old)))
    array = column.array.copy()
    if len(changed):
        array[changed] = to_dtype(
            numbers[changed], column.dtype, column.name, lambda rows: describe(changed[rows])
        )
    return pd.Series(array, index=column.index, name=column.name)


def to_dtype(numbers, dtype, name, describe):
    """Turn floats into an array of a column's dtype.

    Raises
    ------
    ValueError
        If the dtype has no place for a value: NaN in plain integers, infinity in any.
    """
    if dtype.kind == "f":
        return pd.array(numbers, dtype=dtype)
    plain = isinstance(dtype, np.dtype)
    homeless = np.flatnonzero(~np.isfinite(numbers) if plain else np.isinf(numbers))
    if len(homeless):
        raise ValueError(
            f"The column {name!r} has dtype {dtype}, which has no place for NaN or infinity, but X has one in "
            f"{describe(homeless)}. Fill or replace them, or give the column another dtype before from_long: "
            f"df.astype({{{name!r}: 'Float64'}})."
        )
    missing = np.isnan(numbers)
    whole = np.rint(np.where(missing, 0, numbers))
    if dtype.kind == "b":
        whole = np.clip(whole, 0, 1)
        integers = whole.astype(bool)
    else:
        integers = _to_integers(whole, np.dtype(f"{dtype.kind}{dtype.itemsize}"))
    if plain:
        return integers
    return pd.array(np.where(missing, None, integers), dtype=dtype)


def _to_integers(whole, dtype):
    """Convert whole floats, with the ends of the dtype for what lies beyond."""
    limits = np.iinfo(dtype)
    lowest, highest = float(limits.min), float(limits.max)
    if int(highest) > limits.max:  # 2**63 - 1 is no float, and the next one is too large
        highest = np.nextafter(highest, 0)
    return np.clip(whole, lowest, highest).astype(dtype)


# -------------------------------------------------------------------------------------------
# Naming
# -------------------------------------------------------------------------------------------


def name_rows(df, rows):
    """Word rows by position, and by index label where that tells more: "rows 3, 7 (index 'a', 'b')"."""
    words = "row " if len(rows) == 1 else "rows "
    words += _list(rows)
    plain = isinstance(df.index, pd.RangeIndex) and df.index.start == 0 and df.index.step == 1
    return words if plain else f"{words} (index {_list(df.index[rows[: _MOST_NAMED + 1]], repr)})"


def name_ids(ids):
    """Word ids: "id 'a'", "ids 'a', 'b'"."""
    return ("id " if len(ids) == 1 else "ids ") + _list(ids, repr)


def _list(things, word=str):
    things = [thing.item() if isinstance(thing, np.generic) else thing for thing in things]
    words = ", ".join(map(word, things[:_MOST_NAMED]))
    return words + (", ..." if len(things) > _MOST_NAMED else "")
