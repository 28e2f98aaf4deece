"""Real targets: what AugmentedRegressor and augmented windows change for regressors of tourism and sales.

Windows of monthly tourism (76 regions of Australia: 24 months, and 3 that follow) and of daily sales (M5, 70 departments of
stores: 28 days, and 7 that follow), each divided by the mean of its past. Regression: the mean of what follows, one number;
augmented by AugmentedRegressor. Forecasting: all steps that follow; whole windows are augmented, past and future together,
and split afterwards.

Training windows are drawn from the first two thirds of time; test windows begin after these have ended. How many copies, 0, 1
or 3, is chosen within the training windows: their time is halved, models are fitted on windows that lie in one half and
judged on those in the other, and copies are added only where both halves say that the error falls, as many as make it fall
most. The penalty of the ridge is chosen likewise, without copies. Errors are root mean squares, divided by that without
copies in the same draw.

Run: python examples/benchmarks/targets.py [--quick] [--draws 3] [--data PATH]
"""

import tempfile

import numpy as np
import pandas as pd
from report import Table, parse_arguments
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklaug import AugmentedRegressor, DirectAugmenter, InterpolationGenerator, LatentAugmenter
from sklaug.preprocessing import make_forecasting_windows

TASKS = ("regression", "forecasting")
SIZES = (20, 40, 80, 320)
MOST_TESTED = 1000
COPIES = (1, 3)
PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0)
METHODS = {
    "latent augment": (LatentAugmenter, {}, "augment"),
    "latent mixup 0.5 keep": (
        LatentAugmenter,
        {"transformation": "mixup", "eta": 0.5, "residual": "keep"},
        "augment",
    ),
    "latent sample": (LatentAugmenter, {}, "sample"),
    "direct jitter": (DirectAugmenter, {}, "augment"),
    "interpolation": (InterpolationGenerator, {}, "sample"),
}


def main():
    arguments = parse_arguments(
        __doc__.splitlines()[0],
        draws={"type": int, "default": 3, "help": "draws of training windows"},
    )
    if arguments.quick:
        arguments.draws = 1
    table = Table(arguments, "targets", ["data", "task", "n", "draw", "estimator"])
    with tempfile.TemporaryDirectory() as memory:
        for draw in range(arguments.draws):
            for n in SIZES[:1] if arguments.quick else SIZES:
                for name, past, windows, starts in load_windows(arguments):
                    for task in TASKS:
                        key = {"data": name, "task": task, "n": n, "draw": draw}
                        if not table.has(**key):
                            epochs = 5 if arguments.quick else "auto"
                            rows = draw_rows(starts, windows.shape[1], n, draw)
                            make = Maker(task, past, draw, memory, epochs)
                            for row in measure(make, windows, starts, *rows):
                                table.add(**key, **row)
    write(table)


# -------------------------------------------------------------------------------------------
# Windows
# -------------------------------------------------------------------------------------------


def load_windows(arguments):
    """Yield name, steps of the past, whole windows in units of the mean of their past, and where they begin."""
    for name, load, past, horizon, stride in (
        ("Tourism", load_tourism, 24, 3, 3),
        ("M5", load_m5, 28, 7, 7),
    ):
        try:
            series = load(arguments.data)
        except FileNotFoundError as absent:
            print(f"Skipped: {name} ({absent.filename} is absent; see --data).")
            continue
        cut = make_forecasting_windows(series, past, horizon, stride)
        windows = np.concatenate([cut.X, cut.y], axis=1)
        yield name, past, windows / cut.X.mean(axis=1, keepdims=True), cut.starts


def load_tourism(folder):
    """Visitor nights in the 76 regions of Australia, 228 months."""
    with np.load(folder / "tourism_large" / "tourism_large.npz") as stored:
        values, regions = stored["values"].astype(np.float64), stored["region"]
    return np.array([values[:, regions == region].sum(axis=1) for region in np.unique(regions)])


def load_m5(folder):
    """Units sold in 70 departments of stores, 352 days."""
    with np.load(folder / "m5_store_dept" / "m5_daily_store_dept.npz") as stored:
        return stored["values"].T.astype(np.float64)


def draw_rows(starts, length, n, draw):
    """Return training windows, and test windows that begin after the training time has ended."""
    rng = np.random.default_rng(draw)
    end = (starts.max() + length) * 2 // 3
    train = rng.permutation(np.flatnonzero(starts + length <= end))[:n]
    test = rng.permutation(np.flatnonzero(starts >= end))[:MOST_TESTED]
    return np.sort(train), test


def halve(starts, length):
    """Yield rows to fit on and rows to judge on, each within one half of time, in both directions."""
    middle = (starts.min() + starts.max() + length) // 2
    early, late = np.flatnonzero(starts + length <= middle), np.flatnonzero(starts >= middle)
    yield early, late
    yield late, early


# -------------------------------------------------------------------------------------------
# Models
# -------------------------------------------------------------------------------------------


class StepwiseForecaster(RegressorMixin, BaseEstimator):
    """One gradient-boosted model for all steps ahead: the step is a feature."""

    def __init__(self, estimator):
        self.estimator = estimator

    def fit(self, X, y):
        self.horizon_ = y.shape[1]
        self.estimator_ = clone(self.estimator).fit(self._stretch(X), y.ravel())
        return self

    def predict(self, X):
        return self.estimator_.predict(self._stretch(X)).reshape(len(X), self.horizon_)

    def _stretch(self, X):
        steps = np.tile(np.arange(self.horizon_), len(X))[:, None]
        return np.hstack([np.repeat(X, self.horizon_, axis=0), steps])


class Maker:
    """Fits models of one task in one draw."""

    def __init__(self, task, past, seed, memory, epochs):
        self.task, self.past, self.seed, self.memory, self.epochs = task, past, seed, memory, epochs

    def estimator(self, name, penalty):
        if name == "ridge":
            return make_pipeline(StandardScaler(), Ridge(penalty))
        trees = HistGradientBoostingRegressor(max_iter=50, min_samples_leaf=5, random_state=0)
        return trees if self.task == "regression" else StepwiseForecaster(trees)

    def cut(self, windows):
        """Return the past, and what is to be predicted."""
        X, future = windows[:, : self.past], windows[:, self.past :]
        return X, future.mean(axis=1) if self.task == "regression" else future

    def augmenter(self, method):
        kind, parameters, how = METHODS[method]
        if kind is LatentAugmenter:
            # One training for all of its methods.
            parameters = {"memory": self.memory, "max_epochs": self.epochs, **parameters}
        return kind(random_state=self.seed, **parameters), how

    def error(self, estimator, train, test, method=None, n_copies=0):
        """Return the root mean squared error of a regressor fitted on windows and their copies."""
        X, y = self.cut(test)
        predicted = self._fit(clone(estimator), train, method, n_copies).predict(X)
        return np.sqrt(np.mean((predicted - y) ** 2))

    def _fit(self, estimator, windows, method, n_copies):
        if not n_copies:
            return estimator.fit(*self.cut(windows))
        augmenter, how = self.augmenter(method)
        if self.task == "regression":
            model = AugmentedRegressor(
                estimator, augmenter, n_copies=n_copies, method=how, random_state=self.seed
            )
            return model.fit(*self.cut(windows))
        augmenter.fit(windows)
        copies = [self._copy(augmenter, how, windows, number) for number in range(n_copies)]
        return estimator.fit(*self.cut(np.concatenate([windows, *copies])))

    def _copy(self, augmenter, how, windows, number):
        if how == "sample":
            return augmenter.sample(len(windows), random_state=number)[0]
        return augmenter.augment(windows, random_state=number)


def measure(make, windows, starts, train, test):
    """Yield for each estimator its errors without copies, with each number of copies, and with that chosen."""
    halves = [
        (windows[train[fit]], windows[train[judge]])
        for fit, judge in halve(starts[train], windows.shape[1])
    ]
    whole = windows[train], windows[test]
    for name in ("ridge", "boosting"):
        tried = {p: within(make, make.estimator(name, p), halves) for p in PENALTIES[:1]}
        if name == "ridge":
            tried = {p: within(make, make.estimator(name, p), halves) for p in PENALTIES}
        penalty = min(tried, key=lambda p: tried[p].mean())
        estimator = make.estimator(name, penalty)
        none = make.error(estimator, *whole)
        row = {"estimator": name, "penalty": penalty, "none": none}
        for method in METHODS:
            errors = {k: make.error(estimator, *whole, method, k) for k in COPIES}
            inner = {k: within(make, estimator, halves, method, k) for k in COPIES}
            falls = [k for k in COPIES if (inner[k] < tried[penalty]).all()]
            chosen = min(falls, key=lambda k: inner[k].mean(), default=0)
            row |= {f"{method}: x{k}": error / none for k, error in errors.items()}
            row |= {
                f"{method}: copies": chosen,
                f"{method}: chosen": errors.get(chosen, none) / none,
            }
        yield row


def within(make, estimator, halves, method=None, n_copies=0):
    """Return the error on each half of time."""
    return np.array([make.error(estimator, *half, method, n_copies) for half in halves])


# -------------------------------------------------------------------------------------------
# Report
# -------------------------------------------------------------------------------------------


def write(table):
    frame = table.frame()
    frame["n"] = frame["n"].astype(int)
    relative = frame.melt(
        ["data", "task", "n", "draw", "estimator"],
        [name for name in frame if ": " in name and not name.endswith("copies")],
        var_name="method",
        value_name="error",
    )
    relative[["method", "copies"]] = relative["method"].str.split(": ", expand=True)
    chosen = relative[relative["copies"] == "chosen"]
    errors = frame.groupby(["data", "task", "estimator", "n"], sort=False)["none"].mean()
    added = pd.DataFrame(
        {method: frame[f"{method}: copies"].gt(0).groupby(frame["n"]).mean() for method in METHODS}
    )
    text = (
        f"{__doc__.split('Run:')[0].partition(chr(10))[2].strip()}\n\nRidge, and HistGradientBoostingRegressor (50 trees, "
        "leaves of 5 rows; forecasting: one model, with the step as a feature). Augmenters out of the box, but for the "
        f"strength that a name tells. {frame['draw'].nunique()} draws, which draw windows and noise; each number is a mean of "
        "errors relative to those without copies, below 1 is better, with the half width of a 95 % interval over draws, sets, "
        "tasks and estimators. Left out, for the time: choosing strength or transformation, and more training windows than "
        f"{SIZES[-1]}.\n\n" + judge_target(chosen)
    )
    pages = {
        "Copies chosen within training windows, by their number": spread(chosen, "n"),
        "Copies chosen, by set, task and estimator": spread(
            chosen, ["data", "task", "estimator"], half=False
        ),
        "Always 1 copy": spread(relative[relative["copies"] == "x1"], "n"),
        "Always 3 copies": spread(relative[relative["copies"] == "x3"], "n"),
        "How often copies were chosen": added.reset_index(),
        "Errors without copies": errors.unstack().reset_index(),
    }
    table.write("Real targets", text, pages)


def judge_target(chosen):
    """Return words: where the interval is above 1, and where below."""
    cells = chosen.groupby(["method", "n"], sort=False)["error"]
    half = 1.96 * cells.sem()
    worse, better = cells.mean() - half > 1, cells.mean() + half < 1

    def name(which):
        return ", ".join(f"{method} at n = {n}" for method, n in which.index[which]) or "nowhere"

    return (
        "Target: errors with copies chosen not worse than without, and better at small n. Worse beyond its interval: "
        f"{name(worse)}. Better beyond its interval: {name(better)}."
    )


def spread(relative, by, *, half=True):
    """Return mean errors, methods by columns, each with half the width of its interval."""
    cells = relative.groupby([*([by] if isinstance(by, str) else by), "method"], sort=False)[
        "error"
    ]
    means, widths = cells.mean().unstack(), 1.96 * cells.sem().unstack()
    if not half:
        return means[list(METHODS)].reset_index()
    shown = {
        m: [f"{a:.3f} ± {b:.3f}" for a, b in zip(means[m], widths[m], strict=True)] for m in METHODS
    }
    return pd.DataFrame(shown, index=means.index).reset_index()


if __name__ == "__main__":
    main()
