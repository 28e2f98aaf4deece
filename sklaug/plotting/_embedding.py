"""EmbeddingDisplay: real and synthetic series as points of a plane."""

import numpy as np
from sklearn.base import clone
from sklearn.decomposition import PCA

from sklaug._filling import fill_gaps
from sklaug._random import derive_seed, draw_seed
from sklaug._targets import refuse_mixed_labels
from sklaug._validation import check_choice, check_number
from sklaug.metrics._inputs import draw_rows
from sklaug.plotting._sets import (
    check_asked_target,
    read_sets,
    read_target,
    read_two_targets,
    sample_like,
)
from sklaug.plotting._style import (
    SIDE_LAYERS,
    SIDE_MARKERS,
    add_legend,
    check_matplotlib,
    styles,
    take_axes,
    value_colors,
)

_METHOD_NAMES = {"pca": "PC", "tsne": "t-SNE"}
_MOST_COLUMNS = 4


class EmbeddingDisplay:
    """Real and synthetic series as points of a plane, by class.

    Series that are alike lie close together. Where one set lies and the other does not, something is
    missing or made up; where each point of one lies on a point of the other, they may be copies. Make it
    with `from_series` or `from_estimator`.

    Parameters
    ----------
    points : dict of str to ndarray of shape (n, 2)
        Points of "real", "synthetic" and, where there are any, "held out" series.
    targets : dict of str to ndarray of shape (n,), or None
        Class labels or real targets of "real" and "synthetic".
    classes : ndarray of shape (n_classes,) or None
        Classes of the targets; None where they are real values, or not there.
    method_name : str, default="component"
        What the axes are numbered as.
    explained_variance_ratio : ndarray of shape (2,) or None, default=None
        Share of the real set's variance along each axis, where PCA found them.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, shape (n_panels,)
        Panels.
    figure_ : matplotlib Figure
        Where they are.
    scatters_ : dict of str to list of matplotlib PathCollection
        Points of each set, one collection for each panel or class; None where a panel shows none.
    legend_ : matplotlib Legend
        What the markers mean.
    colorbar_ : matplotlib Colorbar or None
        Of real targets.

    See Also
    --------
    LatentSpaceDisplay : Codes instead of values.
    sklaug.metrics.prdc : Which share lies near the other set, in numbers.

    Notes
    -----
    What it cannot see: a plane shows little of what series of many steps are. Two sets that look alike here
    may differ, and t-SNE moves apart what is close and the other way round: distances between its groups,
    and their sizes, mean nothing.

    Examples
    --------
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.plotting import EmbeddingDisplay
    >>> X, y = make_labelled_series(n_samples=60, n_timepoints=40, random_state=0)
    >>> display = EmbeddingDisplay.from_series(
    ...     X[:30], X[30:], y_real=y[:30], y_synthetic=y[30:], random_state=0
    ... )
    >>> display.points["real"].shape, len(display.axes_)
    ((30, 2), 3)
    """

    def __init__(
        self,
        *,
        points,
        targets=None,
        classes=None,
        method_name="component",
        explained_variance_ratio=None,
    ):
        self.points = points
        self.targets = targets
        self.classes = classes
        self.method_name = method_name
        self.explained_variance_ratio = explained_variance_ratio

    @classmethod
    def from_series(
        cls,
        X_real,
        X_synthetic,
        *,
        y_real=None,
        y_synthetic=None,
        X_held_out=None,
        y_held_out=None,
        method="pca",
        scale="minmax",
        max_series=1000,
        random_state=None,
        by="panel",
        ax=None,
    ):
        """Project two or three sets of series on a plane and draw them.

        Gaps are interpolated, and a shorter series keeps its last value to the length of the longest. A
        channel that a series lacks altogether stands at that channel's mean over the real set.

        Parameters
        ----------
        X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Series, at least two of each.
        y_real, y_synthetic : array-like of shape (n_ts,) or None, default=None
            Their class labels or real targets; both or neither.
        X_held_out : array-like, list, DataFrame or None, default=None
            Real series that the generator has not seen; drawn in grey in every panel.
        y_held_out : array-like or None, default=None
            Class labels or real targets of these. Without them, where classes have panels, all held-out series are
            in each.
        method : {"pca", "tsne"} or transformer, default="pca"
            "pca" finds the plane on the real set alone and projects the others on it. "tsne" places all
            together. A transformer of scikit-learn's kind is fitted to the real set, or if it only has
            `fit_transform`, as t-SNE does, to all together; it gets arrays (n, sz * d), and its first two
            columns are drawn.
        scale : {"minmax", None}, default="minmax"
            Bring each channel to [0, 1] by the real set, or leave it.
        max_series : int, default=1000
            Most series of each set, chosen at random; 2 or more.
        random_state : int, RandomState instance or None, default=None
            Seed of the choice and of the method.
        by : {"panel", "marker"}, default="panel"
            How to tell classes apart, see `plot`.
        ax : matplotlib Axes, array-like of Axes, or None, default=None
            Where to draw, see `plot`.

        Returns
        -------
        EmbeddingDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_series")
        _check_method(method)
        check_number("max_series", max_series, low=2, whole=True)
        if y_held_out is not None and (X_held_out is None or y_real is None):
            lacking = "X_held_out" if X_held_out is None else "y_real"
            raise ValueError(f"y_held_out goes with {lacking}, which is None.")
        seed = draw_seed(random_state)
        sets = read_sets(X_real, X_synthetic, X_held_out, cls.__name__, scale=scale)
        counts = [len(sets[name]) for name in ("real", "synthetic")]
        *targets, kind = read_two_targets(y_real, y_synthetic, *counts, cls.__name__)
        chosen = {
            name: draw_rows(len(values), max_series, seed, f"{name} rows")
            for name, values in sets.items()
        }
        flat = _flatten({name: values[chosen[name]] for name, values in sets.items()})
        points, ratio = _project(flat, method, seed)
        if kind is not None:
            pairs = zip(("real", "synthetic"), targets, strict=True)
            targets = {name: y[chosen[name]] for name, y in pairs}
            if y_held_out is not None:
                n_held_out = len(sets["held out"])
                y, _ = read_target(y_held_out, n_held_out, cls.__name__, name="y_held_out")
                refuse_mixed_labels(targets["real"], y, "y_real", "y_held_out")
                targets["held out"] = y[chosen["held out"]]
        display = cls(
            points=points,
            targets=None if kind is None else targets,
            classes=np.unique(np.concatenate(list(targets.values()))) if kind == "class" else None,
            method_name=_METHOD_NAMES[method] if isinstance(method, str) else type(method).__name__,
            explained_variance_ratio=ratio,
        )
        return display.plot(ax, by=by)

    @classmethod
    def from_estimator(
        cls,
        generator,
        X,
        y=None,
        *,
        X_held_out=None,
        method="pca",
        scale="minmax",
        max_series=1000,
        random_state=None,
        by="panel",
        ax=None,
    ):
        """Sample as many series as `X` has, for the same targets, and draw both.

        Parameters
        ----------
        generator : generator or augmenter
            Fitted.
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Real series.
        y : array-like of shape (n_ts,) or None, default=None
            Their class labels or real targets. The picture is by `y` if the generator was fitted with it.
        X_held_out : array-like, list, DataFrame or None, default=None
            Real series that the generator has not seen.
        method : {"pca", "tsne"} or transformer, default="pca"
            As for `from_series`.
        scale : {"minmax", None}, default="minmax"
            As for `from_series`.
        max_series : int, default=1000
            Most series of each set.
        random_state : int, RandomState instance or None, default=None
            Seed of the samples, of the choice and of the method.
        by : {"panel", "marker"}, default="panel"
            How to tell classes apart.
        ax : matplotlib Axes, array-like of Axes, or None, default=None
            Where to draw.

        Returns
        -------
        EmbeddingDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        y = check_asked_target(generator, y)
        seed = draw_seed(random_state)
        X_new, y_new = sample_like(generator, X, y, seed)
        return cls.from_series(
            X,
            X_new,
            y_real=y,
            y_synthetic=None if y is None else y_new,
            X_held_out=X_held_out,
            method=method,
            scale=scale,
            max_series=max_series,
            random_state=seed,
            by=by,
            ax=ax,
        )

    def plot(self, ax=None, *, by="panel"):
        """Draw what is stored.

        Without targets there is one panel. Real targets are told by colour, real and synthetic series then
        have a panel each.

        Parameters
        ----------
        ax : matplotlib Axes, array-like of Axes, or None, default=None
            One for each panel; None makes a figure.
        by : {"panel", "marker"}, default="panel"
            How to tell classes apart: a panel for each, or a marker for each in a single panel.

        Returns
        -------
        EmbeddingDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        check_choice("by", by, ("panel", "marker"))
        self.colorbar_ = None
        self.scatters_ = {name: [] for name in self.points}
        if self.targets is not None and self.classes is None:
            self._draw_values(ax)
        elif self.classes is not None and by == "marker":
            self._draw_markers(ax)
        else:
            self._draw_panels(ax)
        self._label_axes()
        self.figure_ = self.axes_[0].figure
        return self

    def _label_axes(self):
        for number, panel in enumerate(self.axes_):
            if number + self._n_columns >= len(self.axes_):  # none below it
                panel.set_xlabel(self._label_axis(0))
                panel.tick_params(labelbottom=True)
            if number % self._n_columns == 0:
                panel.set_ylabel(self._label_axis(1))

    def _label_axis(self, number):
        label = f"{self.method_name} {number + 1}"
        if self.explained_variance_ratio is None:
            return label
        return f"{label} ({self.explained_variance_ratio[number]:.0%} of variance)"

    def _take_axes(self, ax, n_panels):
        """Take the panels that are given, in one row, or make them in rows of four at most."""
        n_rows = -(-n_panels // _MOST_COLUMNS) if ax is None else 1
        self._n_columns = -(-n_panels // n_rows)
        shape = (n_rows, self._n_columns)
        size = 3.6 if n_panels == 1 else 2.4
        axes = take_axes(
            ax,
            shape,
            type(self).__name__,
            figsize=(2 + size * shape[1], 0.5 + size * shape[0]),
            sharex=True,
            sharey=True,
        ).ravel()
        for spare in axes[n_panels:]:
            spare.remove()
        self.axes_ = axes[:n_panels]

    def _draw_panels(self, ax):
        """Draw a panel a class, or a single one without classes."""
        labels = [None] if self.classes is None else list(self.classes)
        self._take_axes(ax, len(labels))
        for panel, label in zip(self.axes_, labels, strict=True):
            for name, points in self.points.items():
                if label is not None and name in self.targets:
                    points = points[self.targets[name] == label]
                everyone = label is not None and name not in self.targets
                words = f"{name} (all classes)" if everyone else name
                self._scatter(panel, name, points, words, **SIDE_MARKERS[name])
            if label is not None:
                panel.set_title(f"class {label}", fontsize="medium")
        self.legend_ = add_legend(
            self.axes_[min(self._n_columns, len(labels)) - 1], self._side_handles()
        )

    def _draw_markers(self, ax):
        """Draw all classes in one panel, real ones hollow and synthetic ones full."""
        self._take_axes(ax, 1)
        panel = self.axes_[0]
        handles = []
        if "held out" in self.points:
            handles.append(
                self._scatter(
                    panel, "held out", self.points["held out"], **SIDE_MARKERS["held out"]
                )
            )
        for label, look in zip(self.classes, styles(len(self.classes)), strict=True):
            for name, hollow in (("real", True), ("synthetic", False)):
                handle = self._scatter(
                    panel,
                    name,
                    self.points[name][self.targets[name] == label],
                    label=f"class {label}, {name}",
                    marker=look["marker"],
                    s=24,
                    facecolors="none" if hollow else look["color"],
                    edgecolors=look["color"],
                    linewidths=0.9,
                )
                handles.append(handle)
        self.legend_ = add_legend(panel, handles)

    def _draw_values(self, ax):
        """Draw real and synthetic series in a panel each, coloured by their targets."""
        self._take_axes(ax, 2)
        everything = np.concatenate(list(self.targets.values()))
        colors = {
            "cmap": value_colors(),
            "vmin": everything.min(),
            "vmax": everything.max(),
        }
        handles = []
        for panel, name in zip(self.axes_, ("real", "synthetic"), strict=True):
            if "held out" in self.points:
                points = self.points["held out"]
                handles = [self._scatter(panel, "held out", points, **SIDE_MARKERS["held out"])]
            marker = SIDE_MARKERS[name]["marker"]
            handle = self._scatter(
                panel, name, self.points[name], c=self.targets[name], marker=marker, s=24, **colors
            )
            panel.set_title(name, fontsize="medium")
        figure = self.axes_[0].figure
        self.colorbar_ = figure.colorbar(handle, ax=list(self.axes_), label="target y")
        self.legend_ = add_legend(self.colorbar_.ax, handles, above=True) if handles else None

    def _scatter(self, panel, name, points, label=None, **look):
        collection = panel.scatter(
            points[:, 0], points[:, 1], label=label or name, zorder=SIDE_LAYERS[name], **look
        )
        self.scatters_[name].append(collection)
        return collection

    def _side_handles(self):
        return [collections[0] for collections in self.scatters_.values()]


def _check_method(method):
    if isinstance(method, str) or not hasattr(method, "fit_transform"):
        check_choice("method", method, _METHOD_NAMES)


def _flatten(sets):
    """Fill what is missing and return the series of each set as rows (n, sz * d)."""
    mean = np.nanmean(sets["real"], axis=(0, 1))
    flat = {}
    for name, values in sets.items():
        # Measured from the mean, since a channel that a series lacks altogether is filled with 0.
        centered = values - mean
        filled = fill_gaps(centered, ~np.isnan(centered), limit=None) + mean
        flat[name] = filled.reshape(len(filled), -1)
    return flat


def _project(flat, method, seed):
    """Return points (n, 2) of each set, and the share of variance along both axes if that is known."""
    n_values = flat["real"].shape[1]
    if n_values < 2:
        raise ValueError(
            "The series have one value each, which makes no plane. EmbeddingDisplay needs two steps or channels at least."
        )
    if (flat["real"] == flat["real"][0]).all():
        raise ValueError(
            "The real series that are drawn are all the same, so nothing tells in which direction to look at them. Pass "
            "real series that differ, or a larger max_series."
        )
    # scikit-learn's estimators take 32 bits.
    method_seed = derive_seed(seed, "embedding") % 2**32
    if method == "pca":
        method = PCA(n_components=2, random_state=method_seed).fit(flat["real"])
        points = {name: method.transform(rows) for name, rows in flat.items()}
        return points, method.explained_variance_ratio_
    rows = np.concatenate(list(flat.values()))
    if method == "tsne":
        from sklearn.manifold import TSNE

        perplexity = min(30.0, (len(rows) - 1) / 3)
        placed = TSNE(perplexity=perplexity, random_state=method_seed).fit_transform(rows)
    else:
        method = clone(method)
        if hasattr(method, "transform"):
            placed = method.fit(flat["real"]).transform(rows)
        else:
            placed = method.fit_transform(rows)
    placed = np.asarray(placed)
    if placed.ndim != 2 or placed.shape[1] < 2:
        raise ValueError(
            f"method returned an array of shape {placed.shape}, but two columns are needed. Set its n_components to 2."
        )
    ends = np.cumsum([len(part) for part in flat.values()])[:-1]
    return dict(zip(flat, np.split(placed[:, :2], ends), strict=True)), None
