"""Real targets: what AugmentedRegressor and augmented windows change for regressors of tourism and sales.

Windows of monthly tourism (76 regions of Australia: 24 months, and 3 that follow) and of daily sales (M5, 70 departments of
stores: 28 days, and 7 that follow), each divided by the mean of its past. Regression: the mean of what follows, one number;
augmented by AugmentedRegressor. Forecasting: all steps that follow; whole windows are augmented, past and future together,
and split afterwards.

Training windows are drawn from the first two thirds of time; test windows begin after these have ended. How many copies, 0, 1,
3 or 10, is chosen within the training windows: their time is halved, models are fitted on windows that lie in one half and
judged on those in the other, and copies are added only where both halves say that the error falls, as many as make it fall
most. The penalty of the ridge is chosen likewise, anew for each number of copies, as it grows with the number of rows. "latent,
chosen" and "classical, chosen" take the method too by these halves. Errors are root mean squares, divided by that without
copies in the same draw.

Run: python examples/benchmarks/targets.py [--quick] [--draws 3] [--data PATH]
"""

import tempfile
from dataclasses import dataclass

import numpy as np
import pandas as pd
from recordings import read_departments
from report import Table, load_present, parse_arguments
from scipy.stats import t
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from sklaug import (
    AugmentedRegressor,
    DirectAugmenter,
    GaussianMixtureGenerator,
    InterpolationGenerator,
    LatentAugmenter,
)
from sklaug.preprocessing import make_forecasting_windows

TASKS = ("regression", "forecasting")
SIZES = (20, 40, 80, 320)
MOST_TESTED = 1000
COPIES = (1, 3, 10)
PENALTIES = (0.1, 1.0, 10.0, 100.0, 1000.0, 10000.0)


@dataclass(frozen=True)
class Method:
    """What makes copies: a generator, its parameters, and how.

    Attributes
    ----------
    kind : type
        Class of the generator.
    parameters : dict
        Its parameters.
    how : {"augment", "sample"}
        Versions of rows, or new ones.
    windows : bool
        Whole windows in both tasks, so that what follows is drawn with the past; otherwise AugmentedRegressor in the
        regression, which keeps the targets that there are.
    """

    kind: type
    parameters: dict
    how: str
    windows: bool = False


METHODS = {
    "latent augment": Method(LatentAugmenter, {}, "augment"),
    "latent mixup 0.5 keep": Method(
        LatentAugmenter, {"transformation": "mixup", "eta": 0.5, "residual": "keep"}, "augment"
    ),
    "latent sample": Method(LatentAugmenter, {}, "sample", windows=True),
    "latent sample given y": Method(LatentAugmenter, {}, "sample"),
    "direct jitter": Method(DirectAugmenter, {}, "augment"),
    "interpolation": Method(InterpolationGenerator, {}, "sample"),
    "Gaussian mixture": Method(GaussianMixtureGenerator, {}, "sample", windows=True),
}
# In forecasting it is "latent sample".
ONLY_REGRESSION = ("latent sample given y",)
FAMILIES = {
    "latent, chosen": [name for name in METHODS if name.startswith("latent")],
    "classical, chosen": [name for name in METHODS if not name.startswith("latent")],
}


def main():
    arguments = parse_arguments(
        __doc__.splitlines()[0],
        draws={"type": int, "default": 3, "help": "draws of training windows"},
        first={"type": int, "default": 10, "help": "number of the first draw"},
    )
    if arguments.quick:
        arguments.draws = 1
    table = Table(arguments, "targets", ["data", "task", "n", "draw", "estimator"])
    with tempfile.TemporaryDirectory() as memory:
        for draw in range(arguments.first, arguments.first + arguments.draws):
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
    for name, (series, past, horizon, stride) in load_present(arguments, SERIES):
        cut = make_forecasting_windows(series, past, horizon, stride)
        windows = np.concatenate([cut.X, cut.y], axis=1)
        yield name, past, windows / cut.X.mean(axis=1, keepdims=True), cut.starts


def load_tourism(folder):
    """Visitor nights in the 76 regions of Australia, 228 months; steps of past and future, and between windows."""
    with np.load(folder / "tourism_large" / "tourism_large.npz") as stored:
        values, regions = stored["values"].astype(np.float64), stored["region"]
    series = [values[:, regions == region].sum(axis=1) for region in np.unique(regions)]
    return np.array(series), 24, 3, 3


def load_m5(folder):
    """Units sold in 70 departments of stores, 352 days; steps of past and future, and between windows."""
    return read_departments(folder).T, 28, 7, 7


SERIES = {"Tourism": load_tourism, "M5": load_m5}


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


class Candidates(RegressorMixin, BaseEstimator):
    """Several estimators that are fitted to the same rows: what they predict has one axis more, in front."""

    def __init__(self, estimators):
        self.estimators = estimators

    def fit(self, X, y):
        self.estimators_ = [clone(estimator).fit(X, y) for estimator in self.estimators]
        return self

    def predict(self, X):
        return np.stack([estimator.predict(X) for estimator in self.estimators_])


class Maker:
    """Fits models of one task in one draw."""

    def __init__(self, task, past, seed, memory, epochs):
        self.task, self.past, self.seed, self.memory, self.epochs = task, past, seed, memory, epochs

    def estimator(self, name):
        if name == "ridge":
            return Candidates([make_pipeline(StandardScaler(), Ridge(p)) for p in PENALTIES])
        trees = HistGradientBoostingRegressor(
            max_iter=50, min_samples_leaf=5, early_stopping=False, random_state=0
        )
        return Candidates([trees if self.task == "regression" else StepwiseForecaster(trees)])

    def methods(self):
        return [
            name for name in METHODS if self.task == "regression" or name not in ONLY_REGRESSION
        ]

    def cut(self, windows):
        """Return the past, and what is to be predicted."""
        X, future = windows[:, : self.past], windows[:, self.past :]
        return X, future.mean(axis=1) if self.task == "regression" else future

    def errors(self, estimator, train, test, method=None, n_copies=0):
        """Return the root mean squared error of each candidate fitted on windows and their copies."""
        X, y = self.cut(test)
        predicted = self._fit(clone(estimator), train, method, n_copies).predict(X)
        return np.sqrt(np.mean((predicted - y) ** 2, axis=tuple(range(1, predicted.ndim))))

    def _fit(self, estimator, windows, name, n_copies):
        if not n_copies:
            return estimator.fit(*self.cut(windows))
        method = METHODS[name]
        augmenter = self._augmenter(method)
        if self.task == "regression" and not method.windows:
            model = AugmentedRegressor(
                estimator, augmenter, n_copies=n_copies, method=method.how, random_state=self.seed
            )
            return model.fit(*self.cut(windows))
        augmenter.fit(windows)
        seeds = np.random.SeedSequence(self.seed).generate_state(n_copies)
        copies = [self._copy(augmenter, method.how, windows, int(seed)) for seed in seeds]
        return estimator.fit(*self.cut(np.concatenate([windows, *copies])))

    def _augmenter(self, method):
        shared = {}
        if method.kind is LatentAugmenter:
            # One training for all of its methods.
            shared = {"memory": self.memory, "max_epochs": self.epochs}
        return method.kind(random_state=self.seed, **shared, **method.parameters)

    def _copy(self, augmenter, how, windows, seed):
        if how == "sample":
            return augmenter.sample(len(windows), random_state=seed)[0]
        return augmenter.augment(windows, random_state=seed)


@dataclass
class Tried:
    """What copies of one method and number reach: copies, errors on the halves, and on the test windows."""

    copies: int
    inner: np.ndarray
    test: float


def measure(make, windows, starts, train, test):
    """Yield for each estimator its errors without copies, with each number of copies, and with that chosen."""
    halves = [
        (windows[train[fit]], windows[train[judge]])
        for fit, judge in halve(starts[train], windows.shape[1])
    ]
    whole = windows[train], windows[test]
    for name in ("ridge", "boosting"):
        estimator = make.estimator(name)
        none = attempt(make, estimator, halves, whole)
        row = {"estimator": name, "none": none.test}
        tried = {
            method: [attempt(make, estimator, halves, whole, method, k) for k in COPIES]
            for method in make.methods()
        }
        groups = {method: [method] for method in tried}
        groups |= {
            family: [method for method in methods if method in tried]
            for family, methods in FAMILIES.items()
        }
        for method, attempts in tried.items():
            row |= {f"{method}: x{one.copies}": one.test / none.test for one in attempts}
        for group, methods in groups.items():
            chosen = choose([one for method in methods for one in tried[method]], none)
            row |= {
                f"{group}: copies": chosen.copies,
                f"{group}: chosen": chosen.test / none.test,
            }
        yield row


def attempt(make, estimator, halves, whole, method=None, n_copies=0):
    """Return the errors of the candidate that is best on the halves of time."""
    inner = np.array([make.errors(estimator, *half, method, n_copies) for half in halves])
    best = inner.mean(axis=0).argmin()
    test = make.errors(estimator, *whole, method, n_copies)[best]
    return Tried(n_copies, inner[:, best], test)


def choose(attempts, none):
    """Return the attempt whose error falls most, if it falls in both halves; otherwise that without copies."""
    falls = [one for one in attempts if (one.inner < none.inner).all()]
    return min(falls, key=lambda one: one.inner.mean(), default=none)


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
    relative = relative.dropna(subset="error")
    chosen = relative[relative["copies"] == "chosen"]
    errors = frame.groupby(["data", "task", "estimator", "n"], sort=False)["none"].mean()
    added = pd.DataFrame(
        {
            name: (chosen["error"] != 1)[chosen["method"] == name].groupby(chosen["n"]).mean()
            for name in [*METHODS, *FAMILIES]
        }
    )
    text = (
        f"{__doc__.split('Run:')[0].partition(chr(10))[2].strip()}\n\nRidge, and HistGradientBoostingRegressor (50 trees, "
        "leaves of 5 rows; forecasting: one model, with the step as a feature). Augmenters out of the box, but for the "
        f"strength that a name tells. {frame['draw'].nunique()} draws, which draw windows and noise; each number is a mean of "
        "errors relative to those without copies, below 1 is better, with the half width of a 95 % interval over draws and "
        "sets (Student's t). Left out, for the time: choosing the strength, and more training windows than "
        f"{SIZES[-1]}.\n\n" + judge_target(relative)
    )
    pages = {
        "Copies chosen within training windows, by their number": spread(chosen, "n"),
        "Copies chosen, by estimator": spread(chosen, ["estimator", "n"]),
        "Copies chosen, by set, task and estimator": spread(
            chosen, ["data", "task", "estimator"], half=False
        ),
        **{
            f"Always {k} {'copy' if k == 1 else 'copies'}, by estimator": spread(
                relative[relative["copies"] == f"x{k}"], ["estimator", "n"]
            )
            for k in COPIES
        },
        "How often copies were chosen": added.reset_index(),
        "Errors without copies": errors.unstack().reset_index(),
    }
    table.write("Real targets", text, pages)


def judge_target(relative):
    """Return words: where intervals are above 1, and where below."""
    always = relative[relative["copies"] == f"x{COPIES[-1]}"]
    chosen = relative[relative["copies"] == "chosen"]
    return (
        "Target: errors not worse than without copies, and better at small n. With copies chosen within training windows: "
        f"{name_beyond(chosen, ['method'])}. Always {COPIES[-1]} copies: {name_beyond(always, ['method', 'estimator'])}. Many "
        "cells are looked at, and none of these intervals is corrected for that."
    )


def name_beyond(errors, by):
    """Say in which cells the interval is above 1, and in which below."""
    means, half = average(errors, [*by, "n"])

    def name(which):
        return (
            ", ".join(f"{', '.join(of)} at n = {n}" for *of, n in means.index[which]) or "nowhere"
        )

    return f"worse beyond the interval: {name(means - half > 1)}; better beyond it: {name(means + half < 1)}"


def average(errors, by):
    """Return means, and half the widths of their 95 % intervals: tasks and estimators of one draw of windows count once."""
    clusters = errors.groupby([*by, "data", "draw"], sort=False)["error"].mean()
    cells = clusters.groupby(by, sort=False)
    return cells.mean(), cells.sem() * t.ppf(0.975, cells.size() - 1)


def spread(relative, by, *, half=True):
    """Return mean errors, methods by columns, each with half the width of its interval."""
    means, widths = average(relative, [*([by] if isinstance(by, str) else by), "method"])
    means, widths = means.unstack(), widths.unstack()
    names = [name for name in [*METHODS, *FAMILIES] if name in means]
    if not half:
        return means[names].reset_index()
    shown = {
        m: [f"{a:.3f} ± {b:.3f}" for a, b in zip(means[m], widths[m], strict=True)] for m in names
    }
    return pd.DataFrame(shown, index=means.index).reset_index()


if __name__ == "__main__":
    main()
