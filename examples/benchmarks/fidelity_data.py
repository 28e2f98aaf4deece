"""Windows of several series at once, split in time: tourism, M5 and San Francisco crime from the folder --data."""

from dataclasses import dataclass

import numpy as np

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


def read_tourism(folder):
    """Visitor nights in Australia: 228 months, 304 regions and purposes."""
    return np.load(folder / "tourism_large" / "tourism_large.npz")["values"]


def read_departments(folder):
    """Sales of M5: 352 days, 10 stores x 7 departments."""
    return np.load(folder / "m5_store_dept" / "m5_daily_store_dept.npz")["values"]


def read_items(folder):
    """Sales of M5: 1,941 days, 149 items of one department and store; five values of six are 0."""
    return np.load(folder / "m5_items_subset" / "m5_daily_items_afcs2020.npz")["values"]


def read_crime(folder):
    """Crimes in San Francisco: 320 weeks, 382 districts and categories.

    Only every second week was published, so a step is 14 days (twice 21), which the papers call a week.
    """
    return np.load(folder / "sf_crime" / "sf_crime_kaggle_weekly_district_category.npz")["values"]


def read_weekly_crime(folder):
    """Crimes in San Francisco: 675 weeks without a gap, 39 categories."""
    days = np.load(folder / "sf_crime" / "sfpd_daily_category.npz")["values"]
    days = days[1:-1]  # the first and the last are not whole days
    n_weeks = len(days) // 7
    return days[: 7 * n_weeks].reshape(n_weeks, 7, -1).sum(axis=1)


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
    for data, (read, lengths, n_largest) in RECORDINGS.items():
        lengths = [n for n in lengths if chosen is None or (data, n) in chosen]
        if not lengths:
            continue
        try:
            values = read(arguments.data).astype(np.float64)
        except FileNotFoundError as absent:
            print(
                f"Skipped: {data}, which is not part of sklaug ({absent.filename} is absent; see --data)."
            )
            continue
        for length in lengths:
            yield split_windows(data, values, length, n_largest)


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
