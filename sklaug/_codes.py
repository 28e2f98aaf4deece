"""Sequences of codes: how many a series has, their scale, and sequences of unequal length brought to one."""

from dataclasses import dataclass

import numpy as np

from sklaug._lengths import resample_sequences
from sklaug._scaling import at_every_step
from sklaug.networks.padding import n_codes_within

_ACTIVE_VARIANCE = 0.01


@dataclass
class CodeSpace:
    """What the codes of one network look like.

    Attributes
    ----------
    n_codes : int
        Codes of a series of full length.
    n_timepoints : int
        That length.
    mean, scale : ndarray of shape (k,)
        By which codes are standardised.
    """

    n_codes: int
    n_timepoints: int
    mean: np.ndarray
    scale: np.ndarray

    def count(self, lengths):
        """Return how many codes series of these lengths have."""
        return n_codes_within(lengths, self.n_codes, self.n_timepoints)

    def inside(self, lengths):
        """Tell which codes lie within the series: (n, n_codes, 1), or None where all do."""
        if lengths is None:
            return None
        return (np.arange(self.n_codes) < self.count(lengths)[:, None])[..., None]

    def span(self, time_range):
        """Return the codes of a range of steps, as a slice; None is all."""
        if time_range is None:
            return slice(None)
        start, stop = time_range
        if start >= stop:
            return slice(0, 0)
        return slice(self.count(start + 1) - 1, self.count(stop))

    def reach(self, n_codes):
        """Return the longest lengths that series of so many codes can have."""
        counts = self.count(np.arange(1, self.n_timepoints + 1))
        return np.searchsorted(counts, n_codes, side="right")

    def standardise(self, z):
        """Return codes in standard deviations of each coordinate."""
        Z = z - at_every_step(self.mean, self.n_codes)
        Z /= at_every_step(self.scale, self.n_codes)
        return Z

    def destandardise(self, Z):
        """Undo `standardise`."""
        z = Z * at_every_step(self.scale, self.n_codes)
        z += at_every_step(self.mean, self.n_codes)
        return z

    def move(self, z, start, end):
        """Return codes moved by the difference of two standardised ones; where there is none, to the last bit `z`."""
        step = end - start
        step *= at_every_step(self.scale, self.n_codes)
        step += z
        return step

    def resample(self, z, lengths_from, lengths_to):
        """Bring the codes of series from one length each to another; None stands for full length."""
        if lengths_from is None and lengths_to is None:
            return z
        n_from, n_to = (
            self.n_codes if lengths is None else self.count(lengths)
            for lengths in (lengths_from, lengths_to)
        )
        return resample_sequences(z, n_from, n_to, self.n_codes)

    def check(self, Z):
        """Check codes that a user passes.

        Returns
        -------
        Z : ndarray of shape (n_ts, n_codes, k), float32
            Without NaN.
        lengths : ndarray of int, shape (n_ts,), or None
            How far the codes before NaN reach, in steps; None where all are there.
        """
        Z = np.asarray(Z)
        if Z.dtype.kind not in "fiub":
            raise TypeError(
                f"Z must hold real numbers, got dtype {Z.dtype}; complex and text are not."
            )
        k = len(self.mean)
        if Z.ndim != 3 or Z.shape[1:] != (self.n_codes, k) or not len(Z):
            raise ValueError(
                f"Z has shape {Z.shape}, but the codes of this LatentAugmenter have shape "
                f"(n_ts, {self.n_codes}, {k}). Pass codes as encode returns them."
            )
        Z = Z.astype(np.float32)
        missing = np.isnan(Z)
        n_codes = (~missing).all(axis=2).sum(axis=1)
        beyond = np.arange(self.n_codes) >= n_codes[:, None]
        if np.isinf(Z).any() or (missing != beyond[..., None]).any() or not n_codes.all():
            raise ValueError(
                "Z contains NaN or infinity, other than NaN in all codes beyond the end of a shorter series. Pass codes "
                "as encode returns them."
            )
        if not missing.any():
            return Z, None
        return np.where(missing, np.float32(0), Z), self.reach(n_codes)


def measure_codes(z, inside):
    """Measure the codes of training rows.

    Parameters
    ----------
    z : ndarray of shape (n_ts, n_codes, k)
        Codes.
    inside : ndarray of bool, shape (n_ts, n_codes, 1), or None
        Which of them lie within the series.

    Returns
    -------
    mean, scale : ndarray of shape (k,), float32
        Over all rows and codes.
    n_active : int
        Coordinates that vary over the rows.
    """
    where, somewhere = True, True
    if inside is not None:
        # A place that no row has, as after a warm start on shorter ones, has a variance all the same.
        where, somewhere = inside, inside | ~inside.any(axis=0)
    mean = z.mean(axis=(0, 1), dtype=np.float64, where=where)
    variance = z.var(axis=(0, 1), dtype=np.float64, where=where)
    between_rows = z.var(axis=0, dtype=np.float64, where=somewhere).mean(axis=0)
    scale = np.sqrt(np.maximum(variance, 1e-12))
    n_active = int((between_rows > _ACTIVE_VARIANCE).sum())
    return mean.astype(np.float32), scale.astype(np.float32), n_active
