"""What displays are given: sets of series in one layout, a channel of them, targets, and samples to set beside them."""

import numpy as np
from sklearn.utils.validation import check_is_fitted

from sklaug._series import (
    check_channels,
    fit_width,
    measure_lengths,
    read_container,
    refuse_empty,
    refuse_infinity,
)
from sklaug._targets import asked_target, fit_target, flatten_target, refuse_mixed_labels
from sklaug._validation import check_number
from sklaug.metrics._inputs import check_pair, order_told


def read_series(X, caller, name="X"):
    """Return series as one array (n, sz, d), NaN where there is nothing."""
    values, _ = read_container(X, caller, name, 1)
    refuse_infinity(values, caller, name)
    refuse_empty(measure_lengths(~np.isnan(values)), name)
    return values


@order_told()
def read_sets(X_real, X_synthetic, X_held_out, caller, *, scale):
    """Bring two or three sets of series into one layout.

    Parameters
    ----------
    X_real, X_synthetic : array-like, list or DataFrame
        Series.
    X_held_out : array-like, list, DataFrame or None
        Real series that no generator has seen.
    caller : str
        Name of the display.
    scale : {"minmax", None}
        As in `check_pair`: by the real set.

    Returns
    -------
    dict of ndarray of shape (n, sz, d)
        "real", "synthetic" and, if given, "held out".
    """
    pair = check_pair(X_real, X_synthetic, caller, scale=scale, min_series=2)
    sets = {"real": pair.real, "synthetic": pair.synthetic}
    if X_held_out is not None:
        names = ("X_real", "X_held_out")
        other = check_pair(X_real, X_held_out, caller, scale=scale, min_series=2, names=names)
        sets["held out"] = other.synthetic
    sz = max(values.shape[1] for values in sets.values())
    return {name: fit_width(values, sz) for name, values in sets.items()}


def take_channel(values, channel):
    """Return one channel (n, sz) of series (n, sz, d); raise unless it is there."""
    check_number("channel", channel, low=0, whole=True)
    if channel >= values.shape[2]:
        raise ValueError(
            f"channel={channel}, but the series have {values.shape[2]} channel(s), numbered from 0."
        )
    return values[:, :, channel]


def name_value(channel, n_channels):
    """Return the label of an axis of values."""
    return "value" if n_channels == 1 else f"value of channel {channel}"


def read_target(y, n_rows, caller, estimator=None, name="y"):
    """Return targets as an array, and whether they are a "class", "continuous", or None."""
    if y is None:
        return None, None
    y = flatten_target(y, n_rows, name)
    kind = getattr(estimator, "target_", {"kind": None})["kind"]
    return y, kind or fit_target(y, n_rows, "auto", caller, name)["kind"]


def read_two_targets(y_real, y_synthetic, n_real, n_synthetic, caller):
    """Return the targets of a real and a synthetic set, and what they are; raise if only one of them is there."""
    if (y_real is None) != (y_synthetic is None):
        there, lacking = ("y_real", "y_synthetic")[:: 1 if y_synthetic is None else -1]
        raise ValueError(f"{there} is given, but {lacking} is not. Pass both, or neither.")
    y_real, kind = read_target(y_real, n_real, caller, name="y_real")
    y_synthetic, other = read_target(y_synthetic, n_synthetic, caller, name="y_synthetic")
    refuse_mixed_labels(y_real, y_synthetic, "y_real", "y_synthetic")
    if "continuous" in (kind, other):  # whole numbers may be real targets too, fractions no classes
        kind = "continuous"
    return y_real, y_synthetic, kind


def check_estimator(estimator, order="from_estimator(estimator, X, y)"):
    """Raise TypeError unless `estimator` is one; `order` says where it belongs."""
    if not hasattr(estimator, "fit"):
        raise TypeError(
            f"Got an object of type {type(estimator).__name__} where an estimator belongs. The order is {order}."
        )


def check_fitted(estimator):
    """Raise unless `estimator` is one, and fitted."""
    check_estimator(estimator)
    check_is_fitted(estimator)


def check_asked_target(estimator, y):
    """Return `y` if the estimator asks for targets, else None; raise unless it is one, and fitted."""
    check_fitted(estimator)
    return asked_target(estimator, y)


def sample_like(generator, X, y, seed):
    """Sample as many series as `X` has, for its targets and known channels; returns them and their targets."""
    y = check_asked_target(generator, y)
    values = read_series(X, type(generator).__name__)
    options = {"random_state": seed}
    channels = check_channels(getattr(generator, "condition_channels", None))
    if channels:
        options["condition"] = values[..., list(channels)]
    if y is not None:
        return generator.sample(y=flatten_target(y, len(values)), **options)
    X_new, y_new = generator.sample(len(values), **options)
    return X_new, y_new
