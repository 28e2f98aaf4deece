"""RobustnessDisplay: the score of a fitted model on series that are changed more and more."""

from collections.abc import Mapping

from sklaug._validation import check_choice
from sklaug.model_selection._robustness import robustness_curve
from sklaug.plotting._style import BLACK, add_legend, check_matplotlib, styles, take_axes

_AXES = {
    "eta": "strength eta",
    "distance": "distance from the unchanged series (standard deviations)",
}


class RobustnessDisplay:
    """The score of a fitted model on series that are changed more and more.

    A line is an augmenter: the mean over repeats, its band from the lowest to the highest of them. The horizontal line
    is the score on the series as they are. Make it with `from_curves` or `from_estimator`.

    Parameters
    ----------
    etas : dict of str to ndarray of shape (n_etas,)
        Strengths of each line, in ascending order.
    scores : dict of str to ndarray of shape (n_etas, n_repeats)
        Scores of each line.
    distances : dict of str to ndarray of shape (n_etas, n_repeats)
        How far the changed series are from what they were.
    reference : float
        Score on the series as they are.
    score_name : str, default="score"
        What the scores are.

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
    reference_line_ : matplotlib Line2D
        The score on the series as they are.
    legend_ : matplotlib Legend
        What the lines are.

    See Also
    --------
    sklaug.model_selection.robustness_curve : Computes the scores, and says how to read them.
    StrengthDisplay : Scores of models *trained* on synthetic series, by strength.

    Examples
    --------
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from sklaug import DirectAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.plotting import RobustnessDisplay
    >>> X, y = make_labelled_series(n_samples=120, n_timepoints=30, random_state=0)
    >>> X, X_test, y, y_test = X[:60], X[60:], y[:60], y[60:]
    >>> classifier = KNeighborsClassifier().fit(X, y)
    >>> augmenters = {name: DirectAugmenter(name).fit(X) for name in ("jitter", "time_warp")}
    >>> display = RobustnessDisplay.from_estimator(
    ...     classifier, augmenters, X_test, y_test, random_state=0
    ... )
    >>> list(display.lines_)
    ['jitter', 'time_warp']
    >>> display = display.plot(x="distance")
    """

    def __init__(self, *, etas, scores, distances, reference, score_name="score"):
        self.etas = etas
        self.scores = scores
        self.distances = distances
        self.reference = reference
        self.score_name = score_name

    @classmethod
    def from_curves(cls, curves, *, score_name=None, x="eta", ax=None):
        """Draw what `robustness_curve` returned, for one augmenter or for several.

        Parameters
        ----------
        curves : Bunch, or dict of str to Bunch
            Of one model on the same series, as `sklaug.model_selection.robustness_curve` returns them.
        score_name : str or None, default=None
            What the scores are; None takes the name in the curves.
        x : {"eta", "distance"}, default="eta"
            What the horizontal axis is, see `plot`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        RobustnessDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_curves")
        curves = _read_curves(curves)
        references = {name: curve["reference"] for name, curve in curves.items()}
        if len(set(references.values())) > 1:
            raise ValueError(
                f"The curves have different references ({references}), so they are not of one model on the same series. Draw "
                "them into axes of their own, by ax."
            )
        first = next(iter(curves.values()))
        display = cls(
            etas={name: curve["etas"] for name, curve in curves.items()},
            scores={name: curve["scores"] for name, curve in curves.items()},
            distances={name: curve["distances"] for name, curve in curves.items()},
            reference=first["reference"],
            score_name=first["score_name"] if score_name is None else score_name,
        )
        return display.plot(ax, x=x)

    @classmethod
    def from_estimator(
        cls,
        estimator,
        augmenter,
        X,
        y,
        *,
        etas=(0.0, 0.1, 0.25, 0.5, 1.0, 2.0),
        score_name=None,
        x="eta",
        ax=None,
        **curve_options,
    ):
        """Score a fitted model on series that are changed more and more, and draw the scores.

        Parameters
        ----------
        estimator : estimator
            Fitted classifier, regressor or forecaster.
        augmenter : augmenter, or dict of str to augmenter
            Fitted on training series; one, or several by name.
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Test series.
        y : array-like of shape (n_ts,) or (n_ts, n_targets)
            Class labels or real targets.
        etas : sequence of float, default=(0.0, 0.1, 0.25, 0.5, 1.0, 2.0)
            Strengths, 0 or more.
        score_name : str or None, default=None
            What the scores are; None takes the name in `scoring`, or "score".
        x : {"eta", "distance"}, default="eta"
            What the horizontal axis is, see `plot`.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **curve_options
            Passed to `sklaug.model_selection.robustness_curve`: `scoring`, `n_repeats`, `n_jobs` and
            `random_state`.

        Returns
        -------
        RobustnessDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        check_choice("x", x, _AXES)
        if not isinstance(augmenter, Mapping):
            augmenter = {type(augmenter).__name__: augmenter}
        curves = robustness_curve(estimator, augmenter, X, y, etas, **curve_options)
        return cls.from_curves(curves, score_name=score_name, x=x, ax=ax)

    def plot(self, ax=None, *, x="eta"):
        """Draw what is stored.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        x : {"eta", "distance"}, default="eta"
            What the horizontal axis is: the strength, whose meaning depends on the transformation, or the mean
            distance of the changed series from what they were, at which augmenters can be compared. Points are
            joined in the order of the strengths.

        Returns
        -------
        RobustnessDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        check_choice("x", x, _AXES)
        axes = take_axes(ax, (1, 1), type(self).__name__, figsize=(6.8, 3.4))
        self.ax_ = axes[0, 0]
        self.figure_ = self.ax_.figure
        self.lines_, self.bands_ = {}, {}
        for (name, scores), look in zip(self.scores.items(), styles(len(self.scores)), strict=True):
            places = self.etas[name] if x == "eta" else self.distances[name].mean(axis=1)
            self._draw_line(name, places, scores, look)
        self.reference_line_ = self.ax_.axhline(
            self.reference, color=BLACK, linestyle=":", linewidth=1.6, label="unchanged series"
        )
        self.ax_.set_xlabel(_AXES[x])
        self.ax_.set_ylabel(self.score_name)
        self.legend_ = add_legend(self.ax_, [*self.lines_.values(), self.reference_line_])
        return self

    def _draw_line(self, name, places, scores, look):
        mean, low, high = scores.mean(axis=1), scores.min(axis=1), scores.max(axis=1)
        (self.lines_[name],) = self.ax_.plot(places, mean, markersize=6, label=name, **look)
        self.bands_[name] = self.ax_.fill_between(
            places, low, high, color=look["color"], alpha=0.15, linewidth=0
        )


def _read_curves(curves):
    """Return curves by name; raise unless they are what `robustness_curve` returns."""
    needed = ("etas", "scores", "distances", "reference", "score_name")
    if isinstance(curves, Mapping) and "scores" in curves:
        curves = {"changed series": curves}
    if not isinstance(curves, Mapping) or not curves:
        raise TypeError(
            f"curves must be what robustness_curve returns, or a dict of such by name, got {curves!r}."
        )
    for name, curve in curves.items():
        lacking = [key for key in needed if not isinstance(curve, Mapping) or key not in curve]
        if lacking:
            raise TypeError(
                f"The curve of {name!r} lacks {', '.join(lacking)}. Pass what robustness_curve returns."
            )
    return dict(curves)
