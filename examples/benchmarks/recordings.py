"""Long recordings, (time, channels): what lies in the folder --data, and a simulated one; some cut into windows of 24 steps."""

import numpy as np
import pandas as pd
from report import load_present

from sklaug.preprocessing import make_windows

LENGTH = 24


def load_stocks(folder):
    """Stocks: 3,685 days, 6 channels (prices and volume of a share)."""
    return _load_values(folder / "stock" / "stock_data.npz")


def load_etth1(folder):
    """ETTh1: 17,420 hours, 7 channels (an electricity transformer)."""
    return pd.read_csv(folder / "ett" / "ETTh1.csv.gz").iloc[:, 1:].to_numpy(np.float64)


def load_energy(folder):
    """Energy: 19,735 steps of 10 minutes, 28 channels (appliances and weather)."""
    return _load_values(folder / "energy" / "energy_data.npz")


def read_tourism(folder):
    """Visitor nights in Australia: 228 months, 304 regions and purposes."""
    return _load_values(folder / "tourism_large" / "tourism_large.npz")


def read_departments(folder):
    """Sales of M5: 352 days, 10 stores x 7 departments."""
    return _load_values(folder / "m5_store_dept" / "m5_daily_store_dept.npz")


def read_items(folder):
    """Sales of M5: 1,941 days, 149 items of one department and store; five values of six are 0."""
    return _load_values(folder / "m5_items_subset" / "m5_daily_items_afcs2020.npz")


def read_crime(folder):
    """Crimes in San Francisco: 320 weeks, 382 districts and categories.

    Only every second week was published, so a step is 14 days (twice 21), which the papers call a week.
    """
    return _load_values(folder / "sf_crime" / "sf_crime_kaggle_weekly_district_category.npz")


def read_weekly_crime(folder):
    """Crimes in San Francisco: 675 weeks without a gap, 39 categories."""
    days = _load_values(folder / "sf_crime" / "sfpd_daily_category.npz")
    days = days[1:-1]  # the first and the last are not whole days
    n_weeks = len(days) // 7
    return days[: 7 * n_weeks].reshape(n_weeks, 7, -1).sum(axis=1)


def simulate(folder):
    """Simulated: 4,000 steps of one channel, a stochastic oscillation with a period of about 12 steps."""
    rng = np.random.default_rng(0)
    damping, frequency = 0.99, np.pi / 6
    values = np.zeros(4200)
    for step in range(2, len(values)):
        before, long_before = values[step - 1], values[step - 2]
        values[step] = 2 * damping * np.cos(frequency) * before - damping**2 * long_before
        values[step] += 0.1 * rng.standard_normal()
    return values[200:, None]  # without its start from nothing


RECORDINGS = {
    "Stocks": load_stocks,
    "ETTh1": load_etth1,
    "Energy": load_energy,
    "Simulated": simulate,
}


def load_windows(arguments, name):
    """Return all windows of a recording in order of time, (n, 24, d); None, with a word, where its file is absent."""
    for _, values in load_present(arguments, {name: RECORDINGS[name]}):
        return make_windows([values], LENGTH).X
    return None


def _load_values(path):
    with np.load(path) as stored:
        return stored["values"].astype(np.float64)
