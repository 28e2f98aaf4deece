"""Real and synthetic rows that go together: what was made checked, and put behind what there was."""

from dataclasses import dataclass, replace

import numpy as np

from sklaug._series import (
    Container,
    check_channels,
    end_series,
    fit_width,
    measure_lengths,
    other_channels,
    read_container,
)
from sklaug._validation import name_of


@dataclass(frozen=True)
class Rows:
    """Rows of a set.

    Attributes
    ----------
    values : ndarray of shape (n_ts, sz, d), float32 or float64
        Series, NaN where there is nothing.
    container : Container
        What they came in.
    """

    values: np.ndarray
    container: Container

    def __len__(self):
        return len(self.values)

    def take(self, rows):
        """Return some of them."""
        widths = self.container.widths
        if self.container.kind == "list":
            widths = widths[rows]
        return Rows(self.values[rows], replace(self.container, widths=widths, index=None))

    def fill(self):
        """Return them in what they came in."""
        return self.container.fill(self.values)

    def known_to(self, augmenter):
        """Return the channels that an augmenter knows in advance, up to where each series ends; None where there are none.

        They may go on where the series has ended, but where `sample` is given values it makes a series.
        """
        channels = check_channels(getattr(augmenter, "condition_channels", None))
        if not channels:
            return None
        known = self.values[..., list(channels)]
        if getattr(augmenter, "nan_tail", "padding") == "missing":
            return known
        others = other_channels(channels, self.values.shape[2])
        return end_series(known, measure_lengths(np.isfinite(self.values[..., others])))

    def read(self, made, n_rows, augmenter):
        """Return what an augmenter made as rows that go behind these; raise where it does not.

        Parameters
        ----------
        made : array-like
            What it returned.
        n_rows : int
            How many rows were asked for.
        augmenter : estimator
            Named in messages.
        """
        name, container = name_of(augmenter), self.container
        values, came = read_container(made, name, f"What {name} made", 1)
        wanted = (n_rows, *self.values.shape[1:])
        message = f"{name} made {_describe(came, values.shape)}, but {_describe(container, wanted)} is needed, to go with X."
        if (came.kind, came.ndim) != (container.kind, container.ndim):
            raise TypeError(message)
        if (len(values), values.shape[2]) != (n_rows, wanted[2]) or not self._are_as_wide(values):
            raise ValueError(message)
        if container.kind == "frame" and not came.columns.equals(container.columns):
            raise ValueError(
                f"{name} made a DataFrame with columns {list(came.columns)}, but those of X are {list(container.columns)}."
            )
        return Rows(values.astype(self.values.dtype, copy=False), came)

    def _are_as_wide(self, values):
        """Tell whether an array has the width of these, but for what is padding to all of them; lists may vary."""
        width = values.shape[1]
        return self.container.kind == "list" or (
            width <= self.container.widths and bool(np.isnan(self.values[:, width:]).all())
        )


def join(parts):
    """Put rows behind each other, in a container like the first; a DataFrame counts its rows anew."""
    container = parts[0].container
    widths = container.widths
    if container.kind == "list":
        widths = np.concatenate([part.container.widths for part in parts])
    widest = max(part.values.shape[1] for part in parts)
    values = np.concatenate([fit_width(part.values, widest) for part in parts])
    return Rows(values, replace(container, widths=widths, index=None))


def _describe(container, shape):
    what = {"array": "an array", "list": "a list of arrays", "frame": "a DataFrame"}
    return f"{what[container.kind]} of shape {shape[: container.ndim]}"
