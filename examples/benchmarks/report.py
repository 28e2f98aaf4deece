"""What every benchmark prints and writes: rows as CSV and Markdown, with versions, machine and seconds."""

import argparse
import datetime
import os
import platform
import time
from pathlib import Path

import joblib
import numpy
import pandas as pd
import sklearn
import torch

import sklaug

RESULTS = Path(__file__).resolve().parent / "results"


def parse_arguments(description, **options):
    """Read the options that all benchmarks share, and `options`: names with their keywords for `add_argument`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--data",
        type=Path,
        default=Path("../shared/data"),
        help="folder of real data sets; what it lacks is skipped",
    )
    parser.add_argument("--quick", action="store_true", help="a smaller run, to see that it works")
    parser.add_argument("--seeds", type=int, default=3, help="trainings a cell")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where tables go")
    parser.add_argument("--fresh", action="store_true", help="forget earlier rows, do not resume")
    for name, keywords in options.items():
        parser.add_argument(f"--{name}", **keywords)
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.results = arguments.results / "quick"
    return arguments


def load_present(arguments, loaders):
    """Yield name and what `loaders` (functions of a folder, by name) find under --data; say what is absent."""
    for name, load in loaders.items():
        try:
            loaded = load(arguments.data)
        except FileNotFoundError as absent:
            print(
                f"Skipped: {name}, which is not part of sklaug ({absent.filename} is absent; see --data)."
            )
            continue
        except ModuleNotFoundError as absent:
            print(f"Skipped: {name}, which {absent.name} ships (it is not installed).")
            continue
        yield name, loaded


class Table:
    """Rows that are kept as soon as they are measured, so that a run can be broken off and resumed.

    Parameters
    ----------
    arguments : Namespace
        From `parse_arguments`.
    name : str
        Name of the files.
    keys : list of str
        Columns that tell one row from another.
    """

    def __init__(self, arguments, name, keys):
        self.folder, self.name, self.keys = arguments.results, name, keys
        self.folder.mkdir(parents=True, exist_ok=True)
        self.path = self.folder / f"{name}.csv"
        self.rows, self.last = [], time.perf_counter()
        if self.path.exists() and not arguments.fresh:
            self.rows = pd.read_csv(self.path).to_dict("records")

    def has(self, **key):
        """Tell whether a row is there already."""
        return any(all(_same(row[name], value) for name, value in key.items()) for row in self.rows)

    def add(self, **row):
        """Print a row and write it to the CSV file, with the seconds it took, the date and what it ran on."""
        print(
            "  " + ", ".join(f"{name} {_format(value)}" for name, value in row.items()), flush=True
        )
        took = round(time.perf_counter() - self.last, 1)
        self.last = time.perf_counter()
        today = datetime.date.today().isoformat()
        self.rows.append({**row, "took_s": took, "date": today, **environment()})
        pd.DataFrame(self.rows).to_csv(self.path, index=False)

    def frame(self):
        """Return the rows without date and environment."""
        return pd.DataFrame(self.rows).drop(columns=["took_s", "date", *environment()])

    def write(self, title, text, tables):
        """Write the Markdown page: `tables` maps a heading to a DataFrame."""
        lines = [f"# {title}", "", text.strip(), ""]
        for heading, table in tables.items():
            lines += [f"## {heading}", "", markdown(table), ""]
        lines += [f"Measured in {self.seconds():.0f} s: " + "; ".join(self.provenance()) + ".", ""]
        page = self.folder / f"{self.name}.md"
        page.write_text("\n".join(lines))
        print(f"\n{page.read_text()}\nWritten: {page} and {self.path.name}")

    def seconds(self):
        return sum(row["took_s"] for row in self.rows)

    def provenance(self):
        names = ["date", *environment()]
        return [
            ", ".join(str(value) for value in row)
            for row in pd.DataFrame(self.rows)[names].drop_duplicates().to_numpy()
        ]


def environment():
    """Return versions and machine."""
    return {
        "versions": f"sklaug {sklaug.__version__} torch {torch.__version__} scikit-learn {sklearn.__version__} "
        f"numpy {numpy.__version__} joblib {joblib.__version__} Python {platform.python_version()}",
        "machine": f"{platform.machine()} {_processor()} {os.cpu_count()} cores, 1 torch thread",
    }


def markdown(table):
    """Return a DataFrame as a Markdown table."""
    rows = [[_format(value) for value in row] for row in table.to_numpy()]
    lines = [list(map(str, table.columns)), ["---"] * table.shape[1], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _same(read, value):
    # A file gives text as it was, but whole numbers as floats where other rows lack them.
    return read == value or str(read) == str(value)


def _format(value):
    if isinstance(value, bool | str):
        return str(value)
    if pd.isna(value):
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), ""
    )
