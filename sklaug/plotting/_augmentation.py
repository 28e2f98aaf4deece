"""AugmentationDisplay: real series, and what a model makes of them."""

import numpy as np

from sklaug._random import block_generator, draw_seed
from sklaug._validation import check_number
from sklaug.metrics._inputs import draw_rows
from sklaug.plotting._sets import (
    check_asked_target,
    check_fitted,
    name_value,
    read_series,
    read_target,
    read_two_targets,
    sample_like,
    take_channel,
)
from sklaug.plotting._style import (
    BLACK,
    BLUE,
    VERMILION,
    check_matplotlib,
    share_limits,
    styles,
    take_axes,
    value_colors,
)

_COLUMN_COLORS = {"real": BLACK, "reconstructed": VERMILION}


class AugmentationDisplay:
    """Real series beside reconstructed, augmented or sampled ones, class by class.

    A row of panels is a class, a column a kind of series; all share their axes, and of axes that are passed the
    panels of a row have the same limits. Make it with
    `from_estimator` or `from_series`.

    Parameters
    ----------
    series : dict of str to ndarray of shape (n_shown, sz)
        Series to draw by title of their column, NaN where there is nothing.
    targets : dict of str to ndarray of shape (n_shown,), or None
        Their class labels or real targets, by column.
    classes : ndarray of shape (n_classes,) or None
        The rows. None is a single one; lines are then coloured by their real targets, if there are any.
    paired : bool, default=False
        Whether the same places in two columns are versions of one series. They are then drawn in one colour
        and line style.
    value_label : str, default="value"
        Label of the axes of values.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, shape (n_classes or 1, n_columns)
        Panels.
    figure_ : matplotlib Figure
        Where they are.
    lines_ : dict of str to list of list of matplotlib Line2D
        Lines by column, one list for each row of panels.
    colorbar_ : matplotlib Colorbar or None
        Of real targets.

    See Also
    --------
    EmbeddingDisplay : All series at once, as points.
    DistributionDisplay : Values, autocorrelation and spectrum.

    Examples
    --------
    >>> from sklaug import LatentAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.plotting import AugmentationDisplay
    >>> X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
    >>> augmenter = LatentAugmenter(max_epochs=2, random_state=0).fit(X, y)
    >>> display = AugmentationDisplay.from_estimator(augmenter, X, y, n_series=3, random_state=0)
    >>> list(display.series)
    ['real', 'reconstructed', 'augmented (eta = 0.25)']
    >>> display.axes_.shape
    (3, 3)
    """

    def __init__(self, *, series, targets=None, classes=None, paired=False, value_label="value"):
        self.series = series
        self.targets = targets
        self.classes = classes
        self.paired = paired
        self.value_label = value_label

    @classmethod
    def from_estimator(
        cls,
        estimator,
        X,
        y=None,
        *,
        n_series=5,
        channel=0,
        classes=None,
        eta=None,
        random_state=None,
        ax=None,
    ):
        """Reconstruct and augment real series, or sample beside them, and draw some of each class.

        All of `X` is augmented, since a transformation may mix its rows: of a large set pass a part.

        Parameters
        ----------
        estimator : generator or augmenter
            Fitted. A column is drawn for each of `reconstruct` and `augment` that it has; if it cannot
            augment, `sample` draws as many series for the same targets.
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Real series.
        y : array-like of shape (n_ts,) or None, default=None
            Their class labels or real targets.
        n_series : int, default=5
            Most series of a class, chosen at random. With real targets they are spread over these.
        channel : int, default=0
            Channel to draw.
        classes : array-like or None, default=None
            Classes to draw, in this order; None draws all.
        eta : float or None, default=None
            Strength of the augmentation; None takes the estimator's own.
        random_state : int, RandomState instance or None, default=None
            Seed of the choice, and of the noise.
        ax : array-like of matplotlib Axes or None, default=None
            A panel for each class and column; None makes a figure.

        Returns
        -------
        AugmentationDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        check_fitted(estimator)
        seed = draw_seed(random_state)
        values = read_series(X, cls.__name__)
        real = take_channel(values, channel)
        y, kind = read_target(y, len(values), cls.__name__, estimator)
        classes = _find_classes(classes, kind, y)
        shown = _choose(len(values), y, kind, classes, n_series, seed, "real series")
        made = _make_columns(estimator, X, y, shown, eta, seed)
        series = {"real": real[shown]}
        for title, made_values in made.items():
            series[title] = take_channel(made_values, channel)
        display = cls(
            series=series,
            targets=None if y is None else dict.fromkeys(series, y[shown]),
            classes=classes,
            paired=hasattr(estimator, "augment"),
            value_label=name_value(channel, values.shape[2]),
        )
        return display.plot(ax)

    @classmethod
    def from_series(
        cls,
        X_real,
        X_synthetic,
        *,
        y_real=None,
        y_synthetic=None,
        n_series=5,
        channel=0,
        classes=None,
        random_state=None,
        ax=None,
    ):
        """Draw some series of two sets side by side, class by class.

        Parameters
        ----------
        X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Series; they may differ in number and in length.
        y_real, y_synthetic : array-like of shape (n_ts,) or None, default=None
            Their class labels or real targets; both or neither.
        n_series : int, default=5
            Most series of a class and set, chosen at random. With real targets they are spread over these.
        channel : int, default=0
            Channel to draw.
        classes : array-like or None, default=None
            Classes to draw, in this order; None draws all that either set has.
        random_state : int, RandomState instance or None, default=None
            Seed of the choice.
        ax : array-like of matplotlib Axes or None, default=None
            A panel for each class and set; None makes a figure.

        Returns
        -------
        AugmentationDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_series")
        seed = draw_seed(random_state)
        sides = {
            "real": read_series(X_real, cls.__name__, "X_real"),
            "synthetic": read_series(X_synthetic, cls.__name__, "X_synthetic"),
        }
        counts = [len(values) for values in sides.values()]
        *targets, kind = read_two_targets(y_real, y_synthetic, *counts, cls.__name__)
        classes = _find_classes(classes, kind, *targets)
        series, shown_targets = {}, {}
        for (title, values), y in zip(sides.items(), targets, strict=True):
            shown = _choose(len(values), y, kind, classes, n_series, seed, f"{title} series")
            series[title] = take_channel(values, channel)[shown]
            shown_targets[title] = None if y is None else y[shown]
        display = cls(
            series=series,
            targets=None if kind is None else shown_targets,
            classes=classes,
            value_label=name_value(channel, sides["real"].shape[2]),
        )
        return display.plot(ax)

    def plot(self, ax=None):
        """Draw what is stored.

        Parameters
        ----------
        ax : array-like of matplotlib Axes or None, default=None
            A panel for each class and column, row by row; None makes a figure.

        Returns
        -------
        AugmentationDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        rows = [None] if self.classes is None else list(self.classes)
        shape = (len(rows), len(self.series))
        self.axes_ = take_axes(
            ax,
            shape,
            type(self).__name__,
            figsize=(1 + 2.3 * shape[1], 0.9 + 1.35 * shape[0]),
            sharex=True,
            sharey=True,
        )
        self.figure_ = self.axes_[0, 0].figure
        self.lines_ = {title: [] for title in self.series}
        colors = self._value_colors()
        for column, title in enumerate(self.series):
            for row, label in enumerate(rows):
                panel = self.axes_[row, column]
                self.lines_[title].append(self._draw_panel(panel, title, label, colors))
            self.axes_[0, column].set_title(title, fontsize="medium")
            self.axes_[-1, column].set_xlabel("time step")
        if ax is not None:
            share_limits(self.axes_)
        for panel, label in zip(self.axes_[:, 0], rows, strict=True):
            panel.set_ylabel(
                self.value_label if label is None else f"class {label}\n{self.value_label}"
            )
        self.colorbar_ = None
        if colors is not None:
            self.colorbar_ = self.figure_.colorbar(
                colors, ax=list(self.axes_.flat), label="target y"
            )
        return self

    def _value_colors(self):
        """Return what turns real targets into colours, or None if there are none."""
        if self.targets is None or self.classes is not None:
            return None
        from matplotlib.cm import ScalarMappable

        colors = ScalarMappable(cmap=value_colors())
        colors.set_array(np.concatenate(list(self.targets.values())))
        colors.autoscale()
        return colors

    def _draw_panel(self, panel, title, label, colors):
        """Draw the series of one column and class; returns the lines."""
        series = self.series[title]
        places = np.arange(len(series))
        if label is not None:
            places = np.flatnonzero(self.targets[title] == label)
        if not len(places):
            panel.text(0.5, 0.5, "none", ha="center", va="center", transform=panel.transAxes)
        looks = styles(len(places))
        lines = []
        for place, look in zip(places, looks, strict=True):
            if colors is not None:
                look = {"color": colors.to_rgba(self.targets[title][place])}
            elif not self.paired:
                look = {"color": _COLUMN_COLORS.get(title, BLUE), "alpha": 0.8}
            else:
                look = {"color": look["color"], "linestyle": look["linestyle"]}
            lines += panel.plot(series[place], linewidth=1.1, **look, **_mark_lonely(series[place]))
        return lines


def _find_classes(classes, kind, *targets):
    """Return the classes to draw; None where there are none."""
    if kind != "class":
        if classes is not None:
            raise ValueError(
                "classes is given, but there are no class labels to draw by. Pass labels, or leave classes out."
            )
        return None
    there = np.unique(np.concatenate(targets))
    if classes is None:
        return there
    classes = np.atleast_1d(classes)
    unknown = classes[~np.isin(classes, there)]
    if len(unknown) or not len(classes):
        raise ValueError(
            f"classes={classes.tolist()}, but those there are {there.tolist()}. Name some of these, or leave classes out."
        )
    return classes


def _choose(n_rows, y, kind, classes, n_series, seed, purpose):
    """Choose rows at random: some of each class, or spread over a real target."""
    check_number("n_series", n_series, low=1, whole=True)
    if kind is None:
        return draw_rows(n_rows, n_series, seed, purpose)
    if kind == "continuous":
        bands = np.array_split(np.argsort(y, kind="stable"), min(n_series, n_rows))
        rng = block_generator(seed, purpose, 0)
        return np.array([rng.choice(band) for band in bands])
    members = [np.flatnonzero(y == label) for label in classes]
    return np.concatenate(
        [
            rows[draw_rows(len(rows), n_series, seed, f"{purpose} of class {label}")]
            for rows, label in zip(members, classes, strict=True)
        ]
    )


def _make_columns(estimator, X, y, shown, eta, seed):
    """Return series (n_shown, sz, d) by title: what the estimator makes of the rows that are shown."""
    name = type(estimator).__name__
    asked = check_asked_target(estimator, y)
    columns = {}
    if hasattr(estimator, "reconstruct"):
        columns["reconstructed"] = read_series(estimator.reconstruct(X, asked), name)[shown]
    if hasattr(estimator, "augment"):
        eta = estimator.eta if eta is None else eta
        made = estimator.augment(X, asked, eta=eta, random_state=seed)
        columns[f"augmented (eta = {eta:g})"] = read_series(made, name)[shown]
        return columns
    if y is not None and asked is None:
        raise ValueError(
            f"{name} was fitted without y, so its samples have no targets to draw them by. Leave y out, or fit with y."
        )
    values = read_series(X, name)[shown]
    made, _ = sample_like(estimator, values, None if asked is None else asked[shown], seed)
    columns["sampled"] = read_series(made, name)
    return columns


def _mark_lonely(series):
    """Return options that mark values between two gaps, which no line would show."""
    observed = np.concatenate([[False], ~np.isnan(series), [False]])
    lonely = np.flatnonzero(observed[1:-1] & ~observed[:-2] & ~observed[2:])
    return {"marker": ".", "markersize": 4, "markevery": lonely.tolist()} if len(lonely) else {}
