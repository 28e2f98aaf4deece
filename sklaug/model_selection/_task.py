"""What an estimator learns from series, and the four settings that it is scored in."""

import functools
from collections.abc import Callable
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone, is_classifier
from sklearn.metrics import check_scoring
from sklearn.utils import _safe_indexing

from sklaug._series import Container, name_rows, read_container, refuse_infinity
from sklaug._targets import flatten_target
from sklaug._validation import check_number, name_of
from sklaug.preprocessing._forecasting import make_forecasting_windows

# What the estimator is fitted on, and what it is scored on.
SETTINGS = {
    "TRTR": ("real", "real"),
    "TSTR": ("synthetic", "real"),
    "TRTS": ("real", "synthetic"),
    "TR+S": ("both", "real"),
}


@dataclass(frozen=True)
class Task:
    """An estimator, and how it is fitted and scored.

    Attributes
    ----------
    estimator : estimator
        Cloned for every fit.
    scorer : callable
        ``f(fitted, X, y)``, a number.
    cut : callable
        From series and targets to what the estimator learns from, and what.
    classes : bool
        Whether targets are class labels.
    """

    estimator: BaseEstimator
    scorer: Callable
    cut: Callable
    classes: bool

    def score(self, settings, train, made, test, place=None):
        """Return a score for each of `SETTINGS` that is named.

        Parameters
        ----------
        settings : sequence of str
            Names.
        train, made, test : tuple (X, y)
            Real rows to train on, synthetic ones (None where no setting needs them), and real ones to test
            on.
        place : str or None
            Where this is, for the notes of exceptions.
        """
        learn = {
            "real": train,
            "synthetic": made,
            "both": None if made is None else join(train, made),
        }
        predict = {"real": test, "synthetic": made}
        results, fitted = {}, {}
        for setting in settings:
            learned, predicted = SETTINGS[setting]
            with telling(place and f"{place}, setting {setting}."):
                if learned not in fitted:
                    fitted[learned] = clone(self.estimator)
                    fitted[learned].fit(*self.cut(*learn[learned]))
                results[setting] = score_fitted(
                    self.scorer, fitted[learned], *self.cut(*predict[predicted])
                )
        return results


def make_task(estimator, scoring, X, y, horizon=None, target_channels=None, *, caller):
    """Check what an estimator shall learn; returns the series as floats, the targets as an array, and the Task."""
    scorer = check_scorer(estimator, scoring, caller)
    X, y, cut = _read_task(X, y, horizon, target_channels, caller)
    return X, y, Task(estimator, scorer, cut, is_classifier(estimator) and y is not None)


def check_scorer(estimator, scoring, caller, also=" and the same splits as cv"):
    """Return a scorer; raise for several at once. `also` is what else one call shares with the next."""
    if isinstance(scoring, list | tuple | set | dict):
        raise TypeError(
            f"scoring must be a single scorer, got a {type(scoring).__name__}. Call {caller} once for each, with the same "
            f"int as random_state{also}."
        )
    return check_scoring(estimator, scoring=scoring)


def _read_task(X, y, horizon, target_channels, caller):
    """Return series as an array, list or DataFrame of floats, their targets, and how to cut both for the estimator."""
    values, container = read_container(X, caller, "X", 2)
    refuse_infinity(values, caller, "X")
    if horizon is None:
        if y is None:
            raise ValueError(
                f"{caller} needs y, class labels or real targets; or horizon, to forecast the last steps of windows."
            )
        if target_channels is not None:
            raise ValueError(
                f"target_channels={target_channels!r} are channels to forecast, and go with horizon only."
            )
        return container.fill(values), flatten_target(y, len(values)), _copy
    if y is not None:
        raise ValueError(
            f"{caller} takes y, or horizon to forecast the last steps of windows, but not both."
        )
    container = _check_windows(container, horizon)
    cut = functools.partial(
        _cut_windows,
        past=container.widths - horizon,
        horizon=horizon,
        target_channels=target_channels,
    )
    X = container.fill(values)
    cut(X, None)  # what cannot be cut shall not first cost a fit
    return X, None, cut


def _check_windows(container, horizon):
    """Raise unless windows are longer than the horizon; returns the container, an array where it was a list."""
    check_number("horizon", horizon, low=1, whole=True)
    if container.kind == "list":
        shortest, longest = container.widths.min(), container.widths.max()
        if shortest < longest:
            raise ValueError(
                f"X has windows of {shortest} to {longest} steps, but with horizon all must be equally long. Cut them by "
                "make_windows."
            )
        container = Container("array", container.ndim, int(longest))
    if horizon >= container.widths:
        raise ValueError(
            f"horizon={horizon} leaves nothing to forecast from, as the windows in X have {container.widths} steps. X "
            "holds whole windows, past and future."
        )
    return container


def _copy(X, y):
    """Return other series of the same values: an estimator may work in place, and the next setting wants these too."""
    return deepcopy(X), y


def _cut_windows(X, y, *, past, horizon, target_channels):
    """Return the past (n, past) or (n, past, d) and the flattened future of whole windows; they come without `y`."""
    windows = make_forecasting_windows(X, past, horizon, target_channels=target_channels)
    if len(windows) < len(X):
        left_out = np.setdiff1d(np.arange(len(X)), windows.parents)
        raise ValueError(
            f"{name_rows(left_out, len(X))} end before step {past + horizon}, or have no value at all among the first {past} "
            f"steps or, in the target channels, the last {horizon}. Fill or drop them."
        )
    future = windows.y.reshape(len(X), -1)
    return windows.X, future[:, 0] if future.shape[1] == 1 else future


def score_fitted(scorer, fitted, X, y):
    """Return the score of a fitted estimator, a float; raise if it is no number, or NaN."""
    score = scorer(fitted, X, y)
    if np.ndim(score) or np.asarray(score).dtype.kind not in "biuf":
        raise TypeError(f"scoring must return one number, got {score!r}.")
    if np.isnan(score):
        raise ValueError(
            f"The score of {name_of(fitted)} on {len(X)} series is NaN. Some scores do not exist for a single "
            "class or a single row: pass larger folds or more series, or another scoring."
        )
    return float(score)


# -------------------------------------------------------------------------------------------
# Rows
# -------------------------------------------------------------------------------------------


def take(X, y, rows):
    """Return rows of series and of targets."""
    return _safe_indexing(X, rows), None if y is None else y[rows]


def join(one, other):
    """Put rows of one container, and their targets, behind each other."""
    (X, y), (X_more, y_more) = one, other
    if isinstance(X, pd.DataFrame):
        joined = pd.concat([X, X_more], ignore_index=True)
    else:
        joined = X + X_more if isinstance(X, list) else np.concatenate([X, X_more])
    return joined, None if y is None else np.concatenate([y, y_more])


@contextmanager
def telling(place):
    """Add to what is raised inside where it was: most of it comes from estimators, which do not know."""
    try:
        yield
    except Exception as error:
        if place:
            error.add_note(place)
        raise
