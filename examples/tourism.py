"""From a long table to augmented series, and back to a long table: monthly tourism, with the calendar known.

The table has a row for each region, purpose and month. It becomes series with calendar channels, cut into
windows of four years; LatentAugmenter learns them with the calendar as a condition, makes versions of
every window, and these go back into a table like the first. Then it draws new series for years that
begin in January or in July, as the calendar asks.

Run: python examples/tourism.py [--data PATH] [--output outputs] [--max-epochs 30]
--data is a folder with tourism_large/tourism_large.npz (Australian domestic tourism, 304 series); without
it a table like that is simulated.
"""

import argparse
import time
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd

from sklaug import LatentAugmenter
from sklaug.preprocessing import (
    add_calendar_channels,
    calendar_channels,
    from_long,
    make_windows,
)

matplotlib.use("Agg")
import matplotlib.pyplot as plt

PURPOSES = ("holiday", "visiting", "business", "other")
YEARS = 4
REAL, MADE, OTHER = "#000000", "#0072B2", "#D55E00"  # colour-blind-safe


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="real data")
    parser.add_argument("--output", type=Path, default=Path("outputs"), help="where files go")
    parser.add_argument("--max-epochs", type=int, default=30)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)

    table, source = load_table(arguments.data)
    print(f"{source}: a long table of {len(table):,} rows.\n{table.head(3).to_string()}\n")

    long = from_long(table, id="series", time="month", values="nights", target="purpose", freq="MS")
    X, known = add_calendar_channels(long.X, long.times)
    # A stride of 7 lets windows begin in every month of the year.
    windows = make_windows(X, length=12 * YEARS, stride=7, y=long.y)
    print(f"{long}, channels {known} are the calendar; {windows}")

    start = time.perf_counter()
    augmenter = LatentAugmenter(
        transformation="drift",
        eta=0.25,
        condition_channels=known,
        support={0: "nonnegative"},
        max_epochs=arguments.max_epochs,
        random_state=0,
    ).fit(windows.X, windows.y)
    print(f"Fitted in {time.perf_counter() - start:.0f} s.")

    augmented = windows.merge(augmenter.augment(windows.X, windows.y))[..., :1]
    new_table = long.to_long(augmented)
    check_table(table, new_table)
    sampled = {month: sample_years(augmenter, month) for month in (1, 7)}
    print_profiles(long, augmented, sampled)
    draw(long, augmented, sampled, arguments.output / "tourism.png")


def load_table(folder):
    """Return the long table, shuffled as tables are, and where it comes from."""
    path = folder / "tourism_large" / "tourism_large.npz"
    if path.exists():
        stored = np.load(path)
        values, series, months = stored["values"], stored["series"], pd.to_datetime(stored["dates"])
        names = dict(zip(("Hol", "Vis", "Bus", "Oth"), PURPOSES, strict=True))
        purposes = [names[name] for name in stored["purpose"]]
        source = "Australian domestic tourism"
    else:
        values, series, months, purposes = simulate()
        source = f"Simulated tourism ({path} is absent; see --data)"
    n_months, n_series = values.shape
    table = pd.DataFrame(
        {
            "series": np.repeat(series, n_months),
            "purpose": np.repeat(purposes, n_months),
            "month": np.tile(months, n_series),
            "nights": values.T.ravel().astype(np.float64),
        }
    )
    return table.sample(frac=1, random_state=0), source


def simulate():
    """Make 80 series of 15 years: each purpose has a season of its own, each region a level."""
    rng = np.random.default_rng(0)
    months = pd.date_range("2002-01", periods=180, freq="MS")
    peaks = dict(zip(PURPOSES, (1, 12, 9, 5), strict=True))
    purposes = np.tile(PURPOSES, 20)
    level = rng.lognormal(3.5, 1.0, size=80)
    away = (months.month.to_numpy()[:, None] - [peaks[name] for name in purposes]) % 12
    season = np.exp(0.8 * np.cos(2 * np.pi * away / 12))
    noise = rng.gamma(4, 1 / 4, size=season.shape)
    return level * season * noise, [f"region {n}" for n in range(80)], months, purposes


def check_table(table, new_table):
    """Say whether the new table is like the first but for the values."""
    same = (
        new_table.index.equals(table.index)
        and new_table.dtypes.equals(table.dtypes)
        and new_table.drop(columns="nights").equals(table.drop(columns="nights"))
    )
    if not same:
        raise RuntimeError("The new table has lost its index, columns or dtypes on the way.")
    print(
        f"Back in a table: index, columns, dtypes and all else as before; {len(new_table):,} nights are new, the "
        f"lowest {new_table['nights'].min():.2f}.\n"
    )


def sample_years(augmenter, first_month, n_samples=300):
    """Draw holiday series whose first month is a January, a July, ..."""
    months = pd.date_range(f"2017-{first_month:02d}", periods=12 * YEARS, freq="MS")
    X, _ = augmenter.sample(y=["holiday"] * n_samples, condition=calendar_channels(months))
    return months, X[..., 0]


def profile(X, months):
    """Return the share of a year's nights that falls in each month, on average over series."""
    by_month = np.array([X[:, months.month == month].mean(axis=1) for month in range(1, 13)])
    return (by_month / by_month.sum(axis=0).clip(1e-9)).mean(axis=1)


def print_profiles(long, augmented, sampled):
    """Compare the year of holiday series: real, augmented, and sampled from January and from July."""
    holiday, months = long.y == "holiday", long.times[0]
    rows = {
        "real": profile(long.X[holiday][..., 0], months),
        "augmented": profile(augmented[holiday][..., 0], months),
    }
    for months, X in sampled.values():
        rows[f"sampled from {months[0]:%B}"] = profile(X, months)
    names = [f"{month:%b}" for month in pd.date_range("2000-01", periods=12, freq="MS")]
    print("Holiday nights by month, % of the year:")
    print((100 * pd.DataFrame(rows, index=names).T).to_string(float_format="{:.1f}".format))


def draw(long, augmented, sampled, path):
    """Draw a region's series and what was made of them, and the year as samples have it."""
    figure = plt.figure(figsize=(12, 5.4), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.7, 1])
    panels = left.subplots(2, 2, sharex=True)
    for panel, purpose in zip(panels.flat, PURPOSES, strict=True):
        rows = np.flatnonzero(long.y == purpose)
        # One of the busier regions of each purpose, its last six years.
        row = rows[np.argsort(np.nanmean(long.X[rows, :, 0], axis=1))[int(0.9 * len(rows))]]
        months = long.times[row][-72:]
        (real,) = panel.plot(months, long.X[row, -72:, 0], color=REAL, linewidth=1.5)
        (made,) = panel.plot(months, augmented[row, -72:, 0], color=MADE, linewidth=1.2)
        panel.set_title(f"{purpose}: {long.ids[row]}", fontsize=10)
        panel.set_ylim(bottom=0)
    left.legend(
        [real, made], ["real", "augmented"], loc="outside upper center", ncols=2, frameon=False
    )
    left.supylabel("visitor nights, thousands", fontsize=10)

    axes = right.subplots()
    for (months, X), colour in zip(sampled.values(), (MADE, OTHER), strict=True):
        years = X[:, :24] / X.mean(axis=1, keepdims=True).clip(1e-9)
        middle = np.median(years, axis=0)
        low, high = np.quantile(years, (0.25, 0.75), axis=0)
        label = f"begins in {months[0]:%B}"
        axes.plot(np.arange(24), middle, color=colour, label=label)
        axes.fill_between(np.arange(24), low, high, color=colour, alpha=0.2, linewidth=0)
    axes.set_xlabel("months from the start of the series")
    axes.set_ylabel("nights, relative to the series' mean")
    axes.set_title("300 sampled holiday series: median and quartiles", fontsize=10)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    print(f"\nPicture: {path}")


if __name__ == "__main__":
    main()
