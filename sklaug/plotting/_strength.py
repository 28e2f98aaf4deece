"""StrengthDisplay: a score or a metric against the strength of the augmentation."""

import inspect
import warnings
from collections.abc import Mapping
from importlib import import_module

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklaug._random import derive_seed, draw_seed
from sklaug._validation import check_choice, check_number
from sklaug.metrics._inputs import order_told
from sklaug.plotting._sets import check_asked_target
from sklaug.plotting._style import BLACK, add_legend, check_matplotlib, styles, take_axes

_MOST_TICKS = 9
_MOST_LETTERS = 30


class StrengthDisplay:
    """A score, or a metric, against the strength eta, with a floor.

    A line is the mean over folds or repeats, its band one standard deviation to both sides. Make it with
    `from_search` or `from_estimator`.

    Parameters
    ----------
    etas : dict of str to ndarray of shape (n_etas,)
        Strengths of each line, in ascending order.
    scores : dict of str to ndarray of shape (n_etas, n_repeats)
        Scores of each line.
    score_name : str, default="score"
        What the scores are.
    floor : float, dict of str to float, or None, default=None
        What no strength can be expected to beat: a horizontal line, or one for each line by name.
    floor_name : str, default="floor"
        What the floor is.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the lines.
    figure_ : matplotlib Figure
        Where they are.
    lines_ : dict of str to matplotlib Line2D
        Means.
    bands_ : dict of str to matplotlib FillBetweenPolyCollection
        Spreads.
    floor_lines_ : dict of str to matplotlib Line2D
        Floors, a common one by `floor_name`.
    legend_ : matplotlib Legend or None
        None where there is a single line and no floor.

    See Also
    --------
    sklearn.model_selection.ValidationCurveDisplay : The same for any parameter of one estimator.

    Examples
    --------
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklearn.pipeline import Pipeline
    >>> from sklaug import LatentAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.plotting import StrengthDisplay
    >>> X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
    >>> augmenter = LatentAugmenter(hidden_dim=4, max_epochs=2, random_state=0)
    >>> pipeline = Pipeline([("aug", augmenter), ("clf", KNeighborsClassifier(1))])
    >>> search = GridSearchCV(pipeline, {"aug__eta": [0.1, 0.5, 1.0]}, cv=2).fit(X, y)
    >>> display = StrengthDisplay.from_search(search, floor=0.9, floor_name="trained on real")
    >>> display.scores["score"].shape
    (3, 2)
    """

    def __init__(self, *, etas, scores, score_name="score", floor=None, floor_name="floor"):
        self.etas = etas
        self.scores = scores
        self.score_name = score_name
        self.floor = floor
        self.floor_name = floor_name

    @classmethod
    def from_search(
        cls,
        search,
        *,
        eta="aug__eta",
        scorer="score",
        score_name=None,
        floor=None,
        floor_name="trained on real series",
        ax=None,
    ):
        """Draw the scores of a fitted search over the strength, a line for each value of its other parameters.

        Parameters
        ----------
        search : GridSearchCV or another search of scikit-learn
            Fitted. Where it tried a candidate more than once, as successive halving does, the last time counts.
        eta : str, default="aug__eta"
            Name of the strength among the search's parameters.
        scorer : str, default="score"
            Which of several scorers to draw.
        score_name : str or None, default=None
            Label of the scores; None takes the name of the scorer.
        floor : float, dict of str to float, or None, default=None
            What there is to reach, such as the mean score of the same model trained on real series.
        floor_name : str, default="trained on real series"
            What the floor is.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        StrengthDisplay
            With everything that is drawn.

        Warns
        -----
        UserWarning
            If scores are NaN because fits failed; these strengths have no point.
        """
        check_matplotlib(f"{cls.__name__}.from_search")
        check_is_fitted(search)
        results = search.cv_results_
        if f"param_{eta}" not in results:
            known = [name.removeprefix("param_") for name in results if name.startswith("param_")]
            raise ValueError(
                f"The search has no parameter {eta!r}. It varied: {', '.join(known)}. Name the strength by eta=."
            )
        etas, scores = _read_search(search, eta, scorer)
        if score_name is None:
            score_name = _name_score(search, scorer)
        display = cls(
            etas=etas, scores=scores, score_name=score_name, floor=floor, floor_name=floor_name
        )
        return display.plot(ax)

    @classmethod
    def from_estimator(
        cls,
        augmenter,
        X,
        y=None,
        *,
        etas=(0.1, 0.25, 0.5, 1.0, 2.0),
        metric="sliced_wasserstein_distance",
        n_repeats=3,
        X_held_out=None,
        floor=None,
        floor_name=None,
        random_state=None,
        ax=None,
    ):
        """Augment series at several strengths, measure how far that leads from them, and draw it.

        Parameters
        ----------
        augmenter : augmenter
            Fitted; it is not changed.
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Real series, to be augmented and compared with.
        y : array-like of shape (n_ts,) or None, default=None
            Their targets; needed if, and only if, the fit had them.
        etas : sequence of float, default=(0.1, 0.25, 0.5, 1.0, 2.0)
            Strengths, 0 or more.
        metric : str or callable, default="sliced_wasserstein_distance"
            A name in `sklaug.metrics`, or ``metric(X_real, X_synthetic)`` that returns a float, or a dict of
            floats, each of which makes a line. One that has a parameter `random_state` gets a seed.
        n_repeats : int, default=3
            Augmentations of each strength, with other noise.
        X_held_out : array-like, list, DataFrame or None, default=None
            Real series that the augmenter has not seen: the metric between `X` and them is the floor.
        floor : float, dict of str to float, or None, default=None
            The floor, where it is known already.
        floor_name : str or None, default=None
            What the floor is; None says "held-out real series" or "floor".
        random_state : int, RandomState instance or None, default=None
            Seed of all noise.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        StrengthDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        if floor is not None and X_held_out is not None:
            raise ValueError(
                "Pass floor or X_held_out, not both: the floor is computed from the latter."
            )
        etas = _check_etas(etas)
        check_number("n_repeats", n_repeats, low=1, whole=True)
        measure, name = _find_metric(metric)
        seed, y = draw_seed(random_state), check_asked_target(augmenter, y)
        seeds = [derive_seed(seed, f"repeat {repeat}") for repeat in range(n_repeats)]
        values = []
        for eta in etas:
            made = (augmenter.augment(X, y, eta=eta, random_state=s) for s in seeds)
            values.append([measure(X, X_new, s) for X_new, s in zip(made, seeds, strict=True)])
        if X_held_out is not None:
            floor = measure(X, X_held_out, seed)
            floor = floor if len(floor) > 1 else floor[name]
        floor_name = floor_name or ("floor" if X_held_out is None else "held-out real series")
        scores = {
            line: np.array([[value[line] for value in repeats] for repeats in values])
            for line in values[0][0]
        }
        display = cls(
            etas=dict.fromkeys(scores, etas),
            scores=scores,
            score_name=name.replace("_", " "),
            floor=floor,
            floor_name=floor_name,
        )
        return display.plot(ax)

    def plot(self, ax=None):
        """Draw what is stored.

        The axis of strengths is logarithmic if all are above 0 and their distances differ by more than five
        times.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        StrengthDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        axes = take_axes(ax, (1, 1), type(self).__name__, figsize=(6.8, 3.4))
        self.ax_ = axes[0, 0]
        self.figure_ = self.ax_.figure
        self.lines_, self.bands_, self.floor_lines_ = {}, {}, {}
        looks = dict(zip(self.scores, styles(len(self.scores)), strict=True))
        for name, scores in self.scores.items():
            self._draw_line(name, self.etas[name], scores, looks[name])
        self._draw_floor(looks)
        self._scale_etas()
        self.ax_.set_xlabel("strength eta")
        self.ax_.set_ylabel(self.score_name)
        handles = [*self.lines_.values(), *self.floor_lines_.values()]
        self.legend_ = add_legend(self.ax_, handles) if len(handles) > 1 else None
        return self

    def _draw_line(self, name, etas, scores, look):
        mean, spread = scores.mean(axis=1), scores.std(axis=1)
        (self.lines_[name],) = self.ax_.plot(etas, mean, markersize=6, label=name, **look)
        self.bands_[name] = self.ax_.fill_between(
            etas, mean - spread, mean + spread, color=look["color"], alpha=0.15, linewidth=0
        )

    def _draw_floor(self, looks):
        if self.floor is None:
            return
        if not isinstance(self.floor, Mapping):
            self.floor_lines_[self.floor_name] = self.ax_.axhline(
                self.floor, color=BLACK, linestyle=":", linewidth=1.6, label=self.floor_name
            )
            return
        for name, floor in self.floor.items():
            self.floor_lines_[name] = self.ax_.axhline(
                floor,
                color=looks[name]["color"] if name in looks else BLACK,
                linestyle=":",
                linewidth=1.6,
                label=f"{name}, {self.floor_name}",
            )

    def _scale_etas(self):
        from matplotlib.ticker import NullLocator

        etas = np.unique(np.concatenate(list(self.etas.values())))
        gaps = np.diff(etas)
        if len(gaps) and etas[0] > 0 and gaps.max() > 5 * gaps.min():
            self.ax_.set_xscale("log")
            if len(etas) <= _MOST_TICKS:
                self.ax_.set_xticks(etas, [f"{eta:g}" for eta in etas])
                self.ax_.xaxis.set_minor_locator(NullLocator())


def _check_etas(etas):
    etas = np.atleast_1d(np.asarray(etas, dtype=float))
    if etas.ndim != 1 or not len(etas) or not np.isfinite(etas).all() or etas.min() < 0:
        raise ValueError(f"etas must be finite numbers of 0 or more, got {etas.tolist()}.")
    return np.unique(etas)


def _find_metric(metric):
    """Return ``measure(X_real, X_synthetic, seed)`` that gives a dict of floats, and the metric's name."""
    if isinstance(metric, str):
        home = import_module("sklaug.metrics")
        known = [name for name in home.__all__ if name.islower()]  # the others are estimators
        check_choice("metric", metric, known)
        name, metric = metric, getattr(home, metric)
    elif callable(metric):
        name = getattr(metric, "__name__", type(metric).__name__)
        name = "metric" if name == "<lambda>" else name
    else:
        raise TypeError(f"metric must be a name in sklaug.metrics or a function, got {metric!r}.")
    seeded = "random_state" in inspect.signature(metric).parameters

    @order_told()
    def measure(X_real, X_synthetic, seed):
        # Functions of scikit-learn take 32 bits.
        options = {"random_state": seed % 2**32} if seeded else {}
        value = metric(X_real, X_synthetic, **options)
        value = value if isinstance(value, Mapping) else {name: value}
        value = {line: float(number) for line, number in value.items()}
        for line, number in value.items():
            if not np.isfinite(number):
                raise ValueError(f"metric returned {number} for {line!r}. It must be finite.")
        return value

    return measure, name


def _read_search(search, eta, scorer):
    """Return strengths and scores by the values of all other parameters that were varied."""
    results = search.cv_results_
    columns = [f"split{fold}_test_{scorer}" for fold in range(search.n_splits_)]
    if columns[0] not in results:
        known = sorted(
            name.removeprefix("mean_test_") for name in results if name.startswith("mean_test_")
        )
        raise ValueError(f"The search has no scorer {scorer!r}. Known: {', '.join(known)}.")
    scores = np.stack([results[column] for column in columns], axis=1)
    failed = np.isnan(scores).any(axis=1)
    if failed.any():
        warnings.warn(
            f"{failed.sum()} of {len(failed)} candidates have NaN among their scores, since fits failed. They are left out.",
            UserWarning,
            stacklevel=3,
        )
    others = _varied_parameters(results["params"], eta)
    lines = {}
    for parameters, row, lacks in zip(results["params"], scores, failed, strict=True):
        if eta in parameters and not lacks:
            lines.setdefault(_name_line(parameters, others), {})[float(parameters[eta])] = row
    if not lines:
        raise ValueError(
            f"No candidate with a value of {eta!r} has scores, so there is nothing to draw."
        )
    etas = {name: np.array(sorted(points)) for name, points in lines.items()}
    return etas, {
        name: np.stack([points[value] for value in etas[name]]) for name, points in lines.items()
    }


def _varied_parameters(candidates, eta):
    """Return the names of parameters, other than `eta`, that do not have one value in all candidates."""
    values = {}
    for parameters in candidates:
        for name in parameters:
            values.setdefault(name, [])
    for name, seen in values.items():
        seen.extend({repr(parameters.get(name)) for parameters in candidates})
    return [name for name, seen in values.items() if name != eta and len(seen) > 1]


def _name_line(parameters, names):
    words = [
        f"{name.rpartition('__')[2]}={_name_value(parameters[name])}"
        for name in names
        if name in parameters
    ]
    return ", ".join(words) or "score"


def _name_value(value):
    if isinstance(value, str):
        return value
    if isinstance(value, type) or inspect.isroutine(value):
        return value.__name__
    words = f"{value:g}" if isinstance(value, float) else " ".join(repr(value).split())
    return words if len(words) <= _MOST_LETTERS else words[: _MOST_LETTERS - 3] + "..."


def _name_score(search, scorer):
    name = search.scoring if isinstance(search.scoring, str) else scorer
    return f"{name.replace('_', ' ')} (mean of {search.n_splits_} folds)"
