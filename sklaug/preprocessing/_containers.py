"""What every function here does with series first and last: read them, and measure how long they are."""

import numpy as np

from sklaug._series import measure_lengths, read_container


def read_series(X, caller):
    """Bring series into one layout.

    Parameters
    ----------
    X : array of shape (n_ts, sz) or (n_ts, sz, d), list of arrays (sz_i,) or (sz_i, d), or wide DataFrame
        Series.
    caller : str
        What the user called, for messages.

    Returns
    -------
    values : ndarray of shape (n_ts, width, d), float32 or float64
        Padded with NaN behind the end of shorter series; may share memory with `X`.
    container : sklaug._series.Container
        What they came in.
    """
    return read_container(X, caller, "X", 1)


def measure_series(values, container):
    """Return the steps of each series: to its last value in a padded array, all there are in a list."""
    if container.kind == "list":
        return container.widths
    return measure_lengths(~np.isnan(values))
