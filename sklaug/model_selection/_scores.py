"""Scores on held-out series, for tables that compare sets: TSTR, TRTS, TR+S, and TRTR as their floor."""

from dataclasses import dataclass

import numpy as np
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils.multiclass import type_of_target

from sklaug._caching import fingerprint_parts
from sklaug._validation import name_of, refuse_frozen
from sklaug.metrics._features import SeriesFeatures
from sklaug.model_selection._draws import list_difference
from sklaug.model_selection._task import Task, make_task

SCORES = {
    "TSTR": "TSTR (of real rows: TRTR)",
    "TRTS": "TRTS",
    "TR+S": "TR+S",
}
_N_TREES = 200


@dataclass(frozen=True)
class HeldOutScorer:
    """Scores a set of synthetic series by what an estimator learns from it, or of it.

    Attributes
    ----------
    task : Task
        The estimator, and how it is fitted and scored.
    words : str
        Score and model, for readers.
    code : dict
        Fingerprints of the code of both, by which a cache tells them from others of the same name.
    """

    task: Task
    words: str
    code: dict

    def score(self, train, synthetic, test, *, partial=False):
        """Return the scores of a synthetic set ``(X, y)``; None in its place makes that of the real one.

        If `partial`, a score that cannot be computed as the set lacks classes of the training rows is NaN.
        """
        if synthetic is None:
            return {"TSTR": self.task.score(["TRTR"], train, None, test)["TRTR"]}
        if not (partial and self.task.classes and list_difference(train[1], synthetic[1])):
            return self.task.score(SCORES, train, synthetic, test)
        scores = {}
        for setting in SCORES:
            try:
                scores |= self.task.score([setting], train, synthetic, test)
            except ValueError:
                # Of another cause it is raised all the same: where the floor scores real rows, which lack no class.
                scores[setting] = np.nan
        return scores


def make_scorer(estimator, scoring, X, y, horizon, *, caller):
    """Return a HeldOutScorer, or None where there is nothing to learn; see `compare_generators`."""
    if isinstance(estimator, str) and estimator == "auto":
        estimator, own_score = (None, None) if y is None else _default_estimator(y)
        scoring = own_score if scoring is None else scoring
    if estimator is None:
        if horizon is not None:
            raise ValueError(
                f"horizon={horizon!r} needs an estimator that forecasts, such as Ridge(); got none."
            )
        return None
    if isinstance(estimator, type) or not hasattr(estimator, "fit"):
        raise TypeError(
            f"estimator must be 'auto', None, or a classifier or regressor such as RandomForestClassifier(), got {estimator!r}."
        )
    refuse_frozen(estimator, "estimator")
    _, _, task = make_task(estimator, scoring, X, y, horizon, caller=caller)
    words = f"{_name_score(estimator, scoring)} of {_name_model(estimator)}"
    if horizon is not None:
        steps = "step" if horizon == 1 else f"{horizon} steps"
        words += f", which forecasts the last {steps} of each series"
    code = {"estimator": fingerprint_parts(estimator), "scoring": fingerprint_parts(scoring)}
    return HeldOutScorer(task, words, code)


def _name_score(estimator, scoring):
    if scoring is None:
        last = estimator[-1] if isinstance(estimator, Pipeline) else estimator
        known = {ClassifierMixin: "accuracy", RegressorMixin: "R²"}
        return next((name for kind, name in known.items() if isinstance(last, kind)), "own score")
    if isinstance(scoring, str):
        return scoring
    # A function's repr holds its address, which no two runs share.
    return getattr(getattr(scoring, "_score_func", scoring), "__name__", name_of(scoring))


def _name_model(estimator):
    """Return the names of what an estimator is made of, the last step of a pipeline first."""
    steps = [estimator]
    if isinstance(estimator, Pipeline):
        steps = [step for _, step in reversed(estimator.steps) if step not in (None, "passthrough")]
    return " on ".join(map(name_of, steps))


def _default_estimator(y):
    """Return an estimator for targets, and the score that it gets; accuracy would hardly see a rare class."""
    classes = type_of_target(y) in ("binary", "multiclass")
    forest = RandomForestClassifier if classes else RandomForestRegressor
    estimator = make_pipeline(SeriesFeatures(), forest(_N_TREES, random_state=0))
    return estimator, "balanced_accuracy" if classes else None
