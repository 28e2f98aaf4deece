"""Windows of several series at once, split in time: tourism, M5 and San Francisco crime from the folder --data."""

from dataclasses import dataclass

import numpy as np
from recordings import read_crime, read_departments, read_items, read_tourism, read_weekly_crime
from report import load_present

from sklaug.preprocessing import make_windows

_FUTURE = 0.2  # share of the recording, at its end, that nothing is fitted on
_LIVELY = 0.05  # share of steps that are not 0, below which a series is left out
_LARGEST_CRIMES = 89  # so many has the table of the papers


@dataclass(frozen=True)
class WindowSet:
    """Windows before and after a gap in time, in standard deviations of each channel before it.

    Attributes
    ----------
    data : str
        Name in `RECORDINGS`.
    length : int
        Steps of a window.
    train, future : ndarray of shape (n, length, d), float64
        All windows of either part; steps as many as a window has lie between the two.
    """

    data: str
    length: int
    train: np.ndarray
    future: np.ndarray


# The recording, the lengths of its windows (first the papers', then some period of the data), and how
# many of its series are kept: the largest.
RECORDINGS = {
    "tourism": (read_tourism, (10, 24), None),
    "M5 departments": (read_departments, (10, 28), None),
    "M5 items": (read_items, (10, 28), None),
    "crime": (read_crime, (10,), _LARGEST_CRIMES),
    "crime weekly": (read_weekly_crime, (10, 52), None),
}


def load_window_sets(arguments, chosen=None):
    """Yield the WindowSets of what is there, and say what is not; `chosen` are pairs of data and length."""
    wanted = {
        data: [n for n in lengths if chosen is None or (data, n) in chosen]
        for data, (_, lengths, _) in RECORDINGS.items()
    }
    readers = {data: RECORDINGS[data][0] for data, lengths in wanted.items() if lengths}
    for data, values in load_present(arguments, readers):
        for length in wanted[data]:
            yield split_windows(data, values, length, RECORDINGS[data][2])


def split_windows(data, values, length, n_largest=None):
    """Cut a recording (time, series) in two, with a gap of a window, and both parts into windows."""
    first_future = len(values) - round(_FUTURE * len(values))
    past, future = values[: first_future - length], values[first_future:]
    kept = choose_series(past, n_largest)
    train, future = (make_windows([part[:, kept]], length).X for part in (past, future))
    mean, std = train.mean(axis=(0, 1)), train.std(axis=(0, 1))
    return WindowSet(data, length, (train - mean) / std, (future - mean) / std)


def choose_series(past, n_largest):
    """Return numbers of the series to keep, chosen by what was known before the gap."""
    lively = np.flatnonzero((past != 0).mean(axis=0) >= _LIVELY)
    order = np.argsort(-past[:, lively].sum(axis=0), kind="stable")
    return lively[order[:n_largest]]


def flatten_channels(X):
    """Put each channel of each window into a row: (n, length, d) to (n * d, length)."""
    return X.swapaxes(1, 2).reshape(-1, X.shape[1])
