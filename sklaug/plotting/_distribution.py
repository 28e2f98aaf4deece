"""DistributionDisplay: values, autocorrelation and spectrum of real and synthetic series."""

import numpy as np

from sklaug._random import draw_seed
from sklaug._validation import check_number
from sklaug.metrics._dependence import autocorrelation, mean_log_spectrum
from sklaug.plotting._sets import (
    check_asked_target,
    name_value,
    read_sets,
    sample_like,
    take_channel,
)
from sklaug.plotting._style import (
    GREY,
    SIDE_LAYERS,
    SIDE_LINES,
    add_legend,
    check_matplotlib,
    take_axes,
)

# How far beyond the real values the bins go, in widths of their range: one wild value must not squeeze
# all others into one bin.
_MARGIN = 0.25


class DistributionDisplay:
    """Values, autocorrelation and spectrum of real and synthetic series, side by side.

    Make it with `from_series` or `from_estimator`.

    Parameters
    ----------
    edges : ndarray of shape (n_bins + 1,)
        Edges of the bins of values.
    densities : dict of str to ndarray of shape (n_bins,)
        Share of all observed values in each bin, by its width; of "real", "synthetic" and, where there
        are any, "held out" series.
    outside : dict of str to float
        Share of values beyond the bins; 0 for real and held-out series.
    autocorrelations : dict of str to ndarray of shape (n_lags + 1,)
        Autocorrelation at each lag from 0.
    frequencies : ndarray of shape (n_frequencies,)
        Frequencies of the spectrum, in cycles a step.
    spectra : dict of str to ndarray of shape (n_frequencies,)
        Mean over series of the logarithm of their power at each frequency.
    value_label : str, default="value"
        Label of the axis of values.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes, shape (3,)
        Panels of values, autocorrelation and spectrum.
    figure_ : matplotlib Figure
        Where they are.
    lines_ : dict of str to list
        By set, what draws it in each panel: a matplotlib StepPatch and two Line2D.
    legend_ : matplotlib Legend
        What the lines are.

    See Also
    --------
    sklaug.metrics.marginal_difference : The first panel, step by step, in a number.
    sklaug.metrics.autocorrelation_difference : The second, in a number.
    sklaug.metrics.spectral_difference : The third, in a number.

    Notes
    -----
    What it cannot see: each channel stands by itself, and means over all series hide classes that differ.

    Examples
    --------
    >>> from sklaug.datasets import make_labelled_series
    >>> from sklaug.plotting import DistributionDisplay
    >>> X, y = make_labelled_series(n_samples=60, n_timepoints=40, random_state=0)
    >>> display = DistributionDisplay.from_series(X[:30], X[30:], n_bins=20)
    >>> display.densities["real"].shape
    (20,)
    >>> [ax.get_xlabel() for ax in display.axes_]
    ['value', 'lag (steps)', 'frequency (cycles per step)']
    """

    def __init__(
        self,
        *,
        edges,
        densities,
        outside,
        autocorrelations,
        frequencies,
        spectra,
        value_label="value",
    ):
        self.edges = edges
        self.densities = densities
        self.outside = outside
        self.autocorrelations = autocorrelations
        self.frequencies = frequencies
        self.spectra = spectra
        self.value_label = value_label

    @classmethod
    def from_series(
        cls, X_real, X_synthetic, *, X_held_out=None, channel=0, n_bins=50, n_lags=None, ax=None
    ):
        """Measure one channel of two or three sets of series and draw it.

        Parameters
        ----------
        X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
            Series, at least two of each. Missing values are left out.
        X_held_out : array-like, list, DataFrame or None, default=None
            Real series that the generator has not seen: how far apart sets of real series are.
        channel : int, default=0
            Channel to look at.
        n_bins : int, default=50
            Bins of values, 1 or more. They cover the real values and reach for the synthetic ones up to a
            quarter of that range further on either side; how many lie beyond is told in the picture.
        n_lags : int or None, default=None
            Longest lag, from 1 to the length of the series less one; None takes half of their steps, and 50
            at most.
        ax : array-like of matplotlib Axes, shape (3,), or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        DistributionDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_series")
        check_number("n_bins", n_bins, low=1, whole=True)
        sets = read_sets(X_real, X_synthetic, X_held_out, cls.__name__, scale=None)
        sz, d = sets["real"].shape[1:]
        if sz < 2:
            raise ValueError(
                "The series have one step each, so they have neither autocorrelation nor spectrum. Pass longer ones."
            )
        check_number("n_lags", n_lags, low=1, high=sz - 1, whole=True, other=(None,))
        n_lags = min(50, max(1, sz // 2)) if n_lags is None else n_lags
        sets = {name: take_channel(values, channel)[..., None] for name, values in sets.items()}
        edges = _bin_edges(sets, n_bins)
        shares = {name: _bin_shares(values, edges) for name, values in sets.items()}
        spectra = {name: mean_log_spectrum(values) for name, values in sets.items()}
        display = cls(
            edges=edges,
            densities={name: share / np.diff(edges) for name, share in shares.items()},
            outside={name: max(0.0, 1 - float(share.sum())) for name, share in shares.items()},
            autocorrelations={
                name: autocorrelation(values, n_lags)[:, 0] for name, values in sets.items()
            },
            frequencies=spectra["real"][0],
            spectra={name: spectrum[:, 0] for name, (_, spectrum) in spectra.items()},
            value_label=name_value(channel, d),
        )
        return display.plot(ax)

    @classmethod
    def from_estimator(
        cls,
        generator,
        X,
        y=None,
        *,
        X_held_out=None,
        channel=0,
        n_bins=50,
        n_lags=None,
        random_state=None,
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
            Their class labels or real targets, which the samples then have too.
        X_held_out : array-like, list, DataFrame or None, default=None
            Real series that the generator has not seen.
        channel : int, default=0
            Channel to look at.
        n_bins : int, default=50
            As for `from_series`.
        n_lags : int or None, default=None
            As for `from_series`.
        random_state : int, RandomState instance or None, default=None
            Seed of the samples.
        ax : array-like of matplotlib Axes, shape (3,), or None, default=None
            Where to draw; None makes a figure.

        Returns
        -------
        DistributionDisplay
            With everything that is drawn.
        """
        check_matplotlib(f"{cls.__name__}.from_estimator")
        y = check_asked_target(generator, y)
        X_new, _ = sample_like(generator, X, y, draw_seed(random_state))
        return cls.from_series(
            X, X_new, X_held_out=X_held_out, channel=channel, n_bins=n_bins, n_lags=n_lags, ax=ax
        )

    def plot(self, ax=None):
        """Draw what is stored.

        Parameters
        ----------
        ax : array-like of matplotlib Axes, shape (3,), or None, default=None
            For values, autocorrelation and spectrum; None makes a figure.

        Returns
        -------
        DistributionDisplay
            The display itself.
        """
        check_matplotlib(f"{type(self).__name__}.plot")
        self.axes_ = take_axes(ax, (1, 3), type(self).__name__, figsize=(10, 2.9)).ravel()
        self.figure_ = self.axes_[0].figure
        values, lags, frequencies = self.axes_
        self.lines_ = {}
        for name, density in self.densities.items():
            look = SIDE_LINES[name] | {"label": name, "zorder": SIDE_LAYERS[name]}
            correlation = self.autocorrelations[name]
            self.lines_[name] = [
                values.stairs(density, self.edges, **look),
                *lags.plot(np.arange(len(correlation)), correlation, **look),
                *frequencies.plot(self.frequencies, self.spectra[name], **look),
            ]
        self._tell_outside(values)
        values.set(xlabel=self.value_label, ylabel="density", ylim=(0, None))
        lags.set(xlabel="lag (steps)", ylabel="autocorrelation")
        lags.axhline(0, color=GREY, linewidth=0.6, zorder=0)
        frequencies.set(xlabel="frequency (cycles per step)", ylabel="mean log power")
        handles = [lines[1] for lines in self.lines_.values()]
        self.legend_ = add_legend(frequencies, handles)
        return self

    def _tell_outside(self, panel):
        """Say how many synthetic values no bin holds."""
        share = self.outside["synthetic"]
        if share > 0:
            words = f"{share:.1%}" if share >= 0.0005 else "< 0.1%"
            panel.set_title(f"{words} of synthetic values lie outside", fontsize="small")


def _bin_edges(sets, n_bins):
    """Return edges that hold all real values, and the synthetic ones near them."""
    real = [values for name, values in sets.items() if name != "synthetic"]
    low = min(np.nanmin(values) for values in real)
    high = max(np.nanmax(values) for values in real)
    margin = _MARGIN * (high - low)
    low = max(low - margin, min(low, np.nanmin(sets["synthetic"])))
    high = min(high + margin, max(high, np.nanmax(sets["synthetic"])))
    if low == high:  # constant series
        half = 0.5 * max(1.0, abs(low) * 1e-3)
        low, high = low - half, high + half
    return np.linspace(low, high, n_bins + 1)


def _bin_shares(values, edges):
    values = values[~np.isnan(values)]
    return np.histogram(values, edges)[0] / len(values)
