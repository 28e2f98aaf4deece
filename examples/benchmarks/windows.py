"""Windows of the real sets on which size and speed are measured, split so that no step is on both sides, and scaled."""

import numpy as np
from recordings import load_stocks, read_crime, read_departments, read_tourism
from report import load_present

from sklaug._scaling import fit_scaler, scale_series
from sklaug.datasets import load_trace
from sklaug.preprocessing import make_windows

LENGTH = 10  # of the windows in the published tables
EVERY = 5  # block of windows is held out


def load_crime(folder):
    """San Francisco, weekly counts: 241 windows of the 89 largest series."""
    return split_in_time(cut(read_largest_crimes(folder)[:250]))


def load_m5(folder):
    """M5, daily sales of 70 departments of stores."""
    return split_in_time(cut(read_departments(folder)))


def load_tourism(folder):
    """TourismLarge, monthly nights of 304 series."""
    return split_in_time(cut(read_tourism(folder)))


def load_trace_set(folder):
    """Trace: whole series, official split."""
    return load_trace("train", as_3d=True)[0], load_trace("test", as_3d=True)[0]


def load_wide(folder):
    """Return windows of 10 x 89 of all of crime's weeks: every fifth block of 30 is held out."""
    return split_in_blocks(cut(read_largest_crimes(folder)), 30)


def load_wide_later(folder):
    """Return 241 windows of 10 x 89 to train on, crime's, and those of the 70 weeks after them."""
    weeks = read_largest_crimes(folder)
    return cut(weeks[:250]), cut(weeks[250:])


def load_narrow(folder):
    """Return windows of 10 x 6 of 3,685 days of a stock: every fifth block of 100 is held out.

    Not the last fifth: prices there are several times those before, so that one would measure how a
    network extrapolates.
    """
    return split_in_blocks(cut(load_stocks(folder)), 100)


SETS = {
    "crime": load_crime,
    "M5": load_m5,
    "tourism": load_tourism,
    "Trace": load_trace_set,
}
SHAPES = {"wide": load_wide, "wide, later": load_wide_later, "narrow": load_narrow}


def load_scaled(arguments, loaders):
    """Yield name, training and validation series, scaled, of what `loaders` find; say what is absent."""
    for name, (train, validation) in load_present(arguments, loaders):
        yield name, *standardise(train, validation)


def read_largest_crimes(folder):
    """Return (320, 89): weeks of the 89 series that are largest in the first 250 of them."""
    weeks = read_crime(folder)
    return weeks[:, np.argsort(-weeks[:250].sum(axis=0), kind="stable")[:89]]


def cut(values):
    """Cut (time, channels) into windows that begin at every step."""
    return make_windows([values], LENGTH).X


def split_in_time(windows):
    """Hold the last fifth of the windows out, after a gap of one window."""
    n_train = round(0.8 * len(windows))
    return windows[:n_train], windows[n_train + LENGTH - 1 :]


def split_in_blocks(windows, size):
    """Hold every fifth block of windows out, and leave those out that share a step with one of them."""
    held_out = np.arange(len(windows)) // size % EVERY == EVERY - 1
    near = np.convolve(held_out, np.ones(2 * LENGTH - 1), mode="same") > 0
    return windows[~near], windows[held_out]


def standardise(train, validation):
    """Scale both by the mean and standard deviation of each channel over the training windows."""
    mean, scale = fit_scaler(train, np.isfinite(train))
    return [scale_series(X, np.isfinite(X), mean, scale) for X in (train, validation)]
