"""TSTRDisplay: what synthetic series are worth to a model, beside real ones."""

from collections.abc import Mapping

import numpy as np

from sklaug.model_selection._tstr import SETTINGS, tstr_score
from sklaug.plotting._sets import check_estimator
from sklaug.plotting._style import BLACK, add_legend, check_matplotlib, styles, take_axes

REFERENCE = "TRTR"


class TSTRDisplay:
    """Scores of models trained or tested on synthetic series, beside those of real ones.

    A row is a generator. A large mark is the mean over folds with its standard deviation to both sides, the
    small ones are the folds. The line and the band are TRTR, train on real, test on real: what there is to
    reach. Make it with `from_scores` or `from_estimator`.

    Parameters
    ----------
    scores : dict of str to dict of str to ndarray of shape (n_folds,)
        By generator, then by setting: "TRTR", "TSTR", "TRTS", "TR+S", or some of these.
    score_name : str, default="score"
        What the scores are.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the scores.
    figure_ : matplotlib Figure
        Where they are.
    means_, folds_ : dict of (str, str) to matplotlib Line2D
        Marks of the means and of the folds by generator and setting.
    spreads_ : dict of (str, str) to matplotlib LineCollection
        The standard deviations, likewise.
    references_, bands_ : dict of str to matplotlib LineCollection and Rectangle
        TRTR in the row of each generator, and its standard deviation; nothing where there is none.
    legend_ : matplotlib Legend
        What the marks mean.

    See Also
    --------
    sklaug.model_selection.tstr_score : Computes the scores, and says what they cannot see.

    Examples
    --------
    >>> from sklaug.plotting import TSTRDisplay
    >>> real = [0.95, 0.97, 0.96]
    >>> scores = {
    ...     "replay": {"TRTR": real, "TSTR": real},
    ...     "noise": {"TRTR": real, "TSTR": [0.5, 0.4, 0.6]},
    ... }
    >>> display = TSTRDisplay.from_scores(scores, score_name="accuracy")
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['replay', 'noise']
    """

    def __init__(self, *, scores, score_name="score"):
        self.scores = scores
        self.score_name = score_name

    @classmethod
    def from_scores(cls, scores, *, score_name="score", ax=None):
        """Draw what `tstr_score` returned, for one generator or for several.

        Parameters
        ----------
        scores : dict, or dict of str to dict
            Scores of one generator as `sklaug.model_selection.tstr_score` returns them, or such by name of
            the generator. Times and counts in them are passed over.
        score_name : str, default="score"
            What the scores are, such as "accuracy".
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        TSTRDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_scores")
        if not isinstance(scores, Mapping) or not scores:
            raise TypeError(
                f"scores must be the dict that tstr_score returns, or a dict of such by name, got {scores!r}."
            )
        if not all(isinstance(entry, Mapping) for entry in scores.values()):
            scores = {"synthetic": scores}
        read = {name: _read_scores(name, entry) for name, entry in scores.items()}
        return cls(scores=read, score_name=score_name).plot(ax)

    @classmethod
    def from_estimator(
        cls, estimator, generator, X, y=None, *, score_name=None, ax=None, **tstr_options
    ):
        """Score an estimator with synthetic series by cross-validation, and draw the scores.

        Parameters
        ----------
        estimator : estimator
            Classifier, regressor or forecaster.
        generator : generator, or dict of str to generator
            One, or several by name. Each is fitted anew in each fold.
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Real series.
        y : array-like of shape (n_ts,) or None, default=None
            Class labels or real targets.
        score_name : str or None, default=None
            What the scores are; None takes the name in `scoring`, or "score".
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.
        **tstr_options
            Passed to `sklaug.model_selection.tstr_score`, such as `cv`, `scoring`, `n_jobs` and
            `random_state`.

        Returns
        -------
        TSTRDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        order = "from_estimator(estimator, generator, X, y)"
        check_estimator(estimator, order)
        if not isinstance(generator, Mapping):
            check_estimator(generator, order)
            generator = {type(generator).__name__: generator}
        scores = {
            name: tstr_score(estimator, entry, X, y, **tstr_options)
            for name, entry in generator.items()
        }
        if score_name is None:
            scoring = tstr_options.get("scoring")
            score_name = scoring.replace("_", " ") if isinstance(scoring, str) else "score"
        return cls.from_scores(scores, score_name=score_name, ax=ax)

    def plot(self, ax=None):
        """Draw what is stored.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        TSTRDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        names = list(self.scores)
        settings = [
            setting
            for setting in SETTINGS
            if setting != REFERENCE and any(setting in entry for entry in self.scores.values())
        ]
        size = (8, 1.3 + len(names) * (0.25 + 0.22 * len(settings)))
        axes = take_axes(ax, (1, 1), type(self).__name__, figsize=size)
        self.ax_ = axes[0, 0]
        self.figure_ = self.ax_.figure
        self.means_, self.folds_, self.spreads_ = {}, {}, {}
        self.references_, self.bands_ = {}, {}
        looks = dict(zip(settings, styles(len(settings)), strict=True))
        # The settings of a generator share its row, one above the other.
        shifts = (np.arange(len(settings)) - (len(settings) - 1) / 2) * 0.3
        for row, name in enumerate(names):
            self._draw_reference(row, name)
            for setting, shift in zip(settings, shifts, strict=True):
                if setting in self.scores[name]:
                    self._draw_scores(row + shift, name, setting, looks[setting])
        self.ax_.set_yticks(range(len(names)), names)
        self.ax_.set_ylim(len(names) - 0.5, -0.5)
        for edge in range(1, len(names)):
            self.ax_.axhline(edge - 0.5, color="#DDDDDD", linewidth=0.8, zorder=0)
        self.ax_.set_xlabel(self.score_name)
        self.legend_ = add_legend(self.ax_, self._handles(settings), title="train → test")
        return self

    def _draw_reference(self, row, name):
        if REFERENCE not in self.scores[name]:
            return
        folds = self.scores[name][REFERENCE]
        mean, spread = folds.mean(), folds.std()
        (band,) = self.ax_.barh(
            row, 2 * spread, left=mean - spread, height=1, color="#E4E4E4", zorder=0
        )
        # A bar lets no margin beside its ends, and marks at the best score were cut in half.
        band.sticky_edges.x.clear()
        self.bands_[name] = band
        self.references_[name] = self.ax_.vlines(
            mean,
            row - 0.5,
            row + 0.5,
            color=BLACK,
            linestyle="--",
            linewidth=1.2,
            zorder=1,
            label=_describe(REFERENCE),
        )

    def _draw_scores(self, height, name, setting, look):
        folds = self.scores[name][setting]
        mean, spread = folds.mean(), folds.std()
        key, color, marker = (name, setting), look["color"], look["marker"]
        (self.folds_[key],) = self.ax_.plot(
            folds,
            np.full(len(folds), height),
            linestyle="",
            marker=marker,
            markersize=4,
            markerfacecolor="none",
            markeredgecolor=color,
            markeredgewidth=0.8,
            zorder=2,
        )
        self.spreads_[key] = self.ax_.hlines(
            height, mean - spread, mean + spread, color=color, linewidth=1.5, zorder=3
        )
        (self.means_[key],) = self.ax_.plot(
            [mean],
            [height],
            linestyle="",
            marker=marker,
            markersize=8,
            color=color,
            label=_describe(setting),
            zorder=4,
        )

    def _handles(self, settings):
        """Return one of each kind of mark."""
        references = list(self.references_.values())[:1]
        first = {}
        for (_, setting), mark in self.means_.items():
            first.setdefault(setting, mark)
        return references + [first[setting] for setting in settings]


def _describe(setting):
    return f"{setting} ({' → '.join(SETTINGS[setting])})"


def _read_scores(name, scores):
    """Return the settings of one generator as arrays, in their usual order."""
    read = {
        setting: np.atleast_1d(np.asarray(scores[setting], dtype=float))
        for setting in SETTINGS
        if setting in scores
    }
    if not read:
        raise ValueError(
            f"The scores of {name!r} hold none of {', '.join(SETTINGS)}, but {', '.join(map(repr, scores))}. Pass what "
            "tstr_score returns."
        )
    for setting, folds in read.items():
        if folds.ndim != 1 or not len(folds) or not np.isfinite(folds).all():
            raise ValueError(
                f"The {setting} scores of {name!r} are {folds.tolist()}, but must be one finite number a fold."
            )
    return read
