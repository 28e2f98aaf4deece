"""LatentSpaceDisplay: where the codes of series lie."""

import numpy as np
from sklearn.decomposition import PCA
from sklearn.utils.validation import check_is_fitted

from sklaug._random import derive_seed, draw_seed
from sklaug._validation import check_choice, check_flag
from sklaug.plotting._sets import check_asked_target, check_estimator, read_target, sample_like
from sklaug.plotting._style import (
    BLACK,
    GREY,
    add_legend,
    check_matplotlib,
    styles,
    take_axes,
    value_colors,
)

CODES = ("all", "mean")


class LatentSpaceDisplay:
    """The codes of a fitted `LatentAugmenter` in a plane, by class or by real target.

    Each point is a series. Where classes lie apart, perturbing a code a little leaves its class alone. Make it
    with `from_estimator`.

    Parameters
    ----------
    points : dict of str to ndarray of shape (n, 2)
        Codes of "real" and, if asked for, "sampled" series along the first two principal components of the real ones.
    targets : dict of str to ndarray of shape (n,), or None
        Their class labels or real targets; a set without any is not in it.
    classes : ndarray of shape (n_classes,) or None
        Classes of the targets; None where they are real values, or not there.
    explained_variance_ratio : ndarray of shape (2,)
        Share of the variance of the real codes along each axis.

    Attributes
    ----------
    ax_ : matplotlib Axes
        Axes with the codes.
    figure_ : matplotlib Figure
        Where they are.
    scatters_ : dict of (str, label) to matplotlib PathCollection
        Points by set and class; the class is None where there are none.
    legend_ : matplotlib Legend or None
        What the markers mean; None if there is nothing to tell apart.
    colorbar_ : matplotlib Colorbar or None
        Of real targets.

    See Also
    --------
    EmbeddingDisplay : Values instead of codes, of any generator.

    Notes
    -----
    What it cannot see: codes have many coordinates, and a plane shows two directions; the axes tell how much of the
    variance that is. Sampled series are encoded like real ones, so what the encoder is blind to is not in the
    picture. An augmenter that was fitted with `y` gets the class beside the codes, so these need not tell classes apart.

    Examples
    --------
    >>> from sklaug import LatentAugmenter
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.plotting import LatentSpaceDisplay
    >>> X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
    >>> augmenter = LatentAugmenter(max_epochs=2, random_state=0).fit(X, y)
    >>> display = LatentSpaceDisplay.from_estimator(augmenter, X, y, sampled=True, random_state=0)
    >>> display.points["real"].shape, display.points["sampled"].shape
    ((30, 2), (30, 2))
    """

    def __init__(self, *, points, targets=None, classes=None, explained_variance_ratio):
        self.points = points
        self.targets = targets
        self.classes = classes
        self.explained_variance_ratio = explained_variance_ratio

    @classmethod
    def from_estimator(
        cls,
        augmenter,
        X,
        y=None,
        *,
        codes="all",
        sampled=False,
        random_state=None,
        ax=None,
    ):
        """Encode series, and samples if asked for, and draw where their codes lie.

        Parameters
        ----------
        augmenter : LatentAugmenter
            Fitted; or another estimator with `encode`.
        X : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Real series, at least two.
        y : array-like of shape (n_ts,) or None, default=None
            Their class labels or real targets; needed if the fit had them, and used for colours alone if it
            had not.
        codes : {"all", "mean"}, default="all"
            Project all codes of a series one after the other, or their mean over time. Codes beyond the end of
            a shorter series count as 0, the mean over all.
        sampled : bool, default=False
            Sample as many series as `X` has, for the same targets, and draw their codes too.
        random_state : int, RandomState instance or None, default=None
            Seed of the samples.
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        LatentSpaceDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        check_choice("codes", codes, CODES)
        check_flag("sampled", sampled)
        check_estimator(augmenter, "from_estimator(augmenter, X, y)")
        if not hasattr(augmenter, "encode"):
            raise TypeError(
                f"{type(augmenter).__name__} has no encode, so it has no codes to draw. Pass a LatentAugmenter, or draw its "
                "series with EmbeddingDisplay."
            )
        check_is_fitted(augmenter)
        asked = check_asked_target(augmenter, y)
        rows = {"real": _flatten_codes(augmenter.encode(X, asked), codes)}
        y, kind = read_target(y, len(rows["real"]), cls.__name__, augmenter)
        targets = None if y is None else {"real": y}
        seed = draw_seed(random_state)
        if sampled:
            X_new, y_new = sample_like(augmenter, X, asked, seed)
            rows["sampled"] = _flatten_codes(augmenter.encode(X_new, y_new), codes)
            if asked is not None:
                targets["sampled"] = y_new
        pca = _fit_plane(rows["real"], seed)
        display = cls(
            points={name: pca.transform(flat) for name, flat in rows.items()},
            targets=targets,
            classes=np.unique(y) if kind == "class" else None,
            explained_variance_ratio=pca.explained_variance_ratio_,
        )
        return display.plot(ax)

    def plot(self, ax=None):
        """Draw what is stored.

        Parameters
        ----------
        ax : matplotlib Axes or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        LatentSpaceDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        axes = take_axes(ax, (1, 1), type(self).__name__, figsize=(5.8, 3.8))
        self.ax_ = axes[0, 0]
        self.figure_ = self.ax_.figure
        self.scatters_, self.colorbar_, self.legend_ = {}, None, None
        if self.classes is not None:
            self._draw_classes()
        elif self.targets is not None:
            self._draw_values()
        else:
            self._draw_plain(self.points)
        shares = self.explained_variance_ratio
        self.ax_.set_xlabel(f"PC 1 of the codes ({shares[0]:.0%} of variance)")
        self.ax_.set_ylabel(f"PC 2 of the codes ({shares[1]:.0%} of variance)")
        if len(self.scatters_) > 1:
            # On the right stands the colour bar.
            above = self.colorbar_ is not None
            self.legend_ = add_legend(self.ax_, list(self.scatters_.values()), above=above)
        return self

    def _draw_classes(self):
        """Draw real codes full and sampled ones hollow, a colour and a marker for each class."""
        for label, look in zip(self.classes, styles(len(self.classes)), strict=True):
            for name, labels in self.targets.items():
                words = f"class {label}" + (", sampled" if name == "sampled" else "")
                points = self.points[name][labels == label]
                self._scatter(name, label, points, words, look["color"], look["marker"])
        self._draw_plain(
            {name: points for name, points in self.points.items() if name not in self.targets}
        )

    def _draw_values(self):
        """Draw codes coloured by their real targets."""
        everything = np.concatenate(list(self.targets.values()))
        limits = {"vmin": everything.min(), "vmax": everything.max(), "cmap": value_colors()}
        for name, values in self.targets.items():
            self.scatters_[name, None] = self.ax_.scatter(
                *self.points[name].T,
                c=values,
                label=name,
                s=26,
                marker="o" if name == "real" else "x",
                **limits,
            )
        self._draw_plain(
            {name: points for name, points in self.points.items() if name not in self.targets}
        )
        self.colorbar_ = self.figure_.colorbar(
            self.scatters_["real", None], ax=self.ax_, label="target y"
        )

    def _draw_plain(self, points):
        for name, places in points.items():
            color = BLACK if name == "real" else GREY
            self._scatter(name, None, places, name, color, "o")

    def _scatter(self, name, label, points, words, color, marker):
        self.scatters_[name, label] = self.ax_.scatter(
            *points.T,
            label=words,
            s=24,
            marker=marker,
            facecolors=color if name == "real" else "none",
            edgecolors=color,
            linewidths=0.9,
            zorder=3 if name == "real" else 2,
        )


def _flatten_codes(Z, codes):
    """Return one row (n, t_z * k) or (n, k) for the codes (n, t_z, k) of each series."""
    if codes == "mean":
        return np.nanmean(Z, axis=1)
    return np.nan_to_num(Z, nan=0.0).reshape(len(Z), -1)


def _fit_plane(rows, seed):
    """Fit the plane of the two directions in which codes vary most."""
    if min(rows.shape) < 2:
        raise ValueError(
            f"The codes have {rows.shape[1]} coordinate(s) in {len(rows)} series, but a plane needs at least two of both. Pass "
            "more series, codes='all', or a larger latent_dim."
        )
    if (rows == rows[0]).all():
        raise ValueError("The codes of all series are the same, so nothing tells them apart.")
    # scikit-learn's estimators take 32 bits.
    return PCA(n_components=2, random_state=derive_seed(seed, "codes") % 2**32).fit(rows)
