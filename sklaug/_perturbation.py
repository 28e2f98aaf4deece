"""Applying a chain of transformations to standardised codes or series, with noise by absolute row."""

import numpy as np

from sklaug._random import block_generator, pad_block, row_blocks
from sklaug.transforms._calling import call_transformation, declares
from sklaug.transforms._restricting import stages


def perturb(Z, inside, transformation, *, eta, seed, first_row, locate, draw_partners):
    """Apply the stages of a transformation one after the other.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, t, k)
        Standardised codes, or series.
    inside : ndarray of bool, shape (n_ts, t, 1), or None
        Which of them lie within the series; None for all.
    transformation : str, callable or list
        What `stages` takes.
    eta : float
        Strength.
    seed : int
        Seed of the noise.
    first_row : int
        Absolute number of the first row.
    locate : callable
        Returns what of `Z` a stage may change, given the channels and the range of steps of the series
        that it is restricted to (each None for all): an index whose second entry is a slice of steps.
    draw_partners : callable
        Returns the row number of a partner for each row, and among which rows: their values (m, t, k)
        and what of these lies within the series; or None for those of `Z`, as the transformations
        before have left them.

    Yields
    ------
    moved : ndarray of shape (n_ts, t, k)
        `Z` after the stage.
    channels, time_range : tuple or None
        What of the series the stage is restricted to.
    """
    step = 0
    for functions, channels, time_range in stages(transformation):
        index = locate(channels, time_range)
        part, part_inside = _cut(index, Z, inside)
        for number, function in enumerate(functions, start=step):
            if not part.shape[1]:  # no series reaches that far
                break
            partner = None
            if declares(function, "partner"):
                partners, others = draw_partners()
                others = (part, part_inside) if others is None else _cut(index, *others)
                partner = _meet(part, *others, partners)
            part = _transform(
                function,
                part,
                part_inside,
                partner=partner,
                eta=eta,
                seed=seed,
                purpose=f"transformation {number}",
                first_row=first_row,
            )
        step += len(functions)
        if channels is None and time_range is None:
            Z = part
        else:
            Z = Z.copy()
            Z[index] = part
        yield Z, channels, time_range


def _cut(index, Z, inside):
    """Return the part of `Z` that a stage may change, and what of it lies within the series."""
    return Z[index], None if inside is None else inside[:, index[1]]


def _meet(Z, others, inside, partners):
    """Return the partner of each row; where a shorter one has ended, the row itself."""
    partner = others[partners]
    return partner if inside is None else np.where(inside[partners], partner, Z)


def _transform(function, Z, inside, *, partner, eta, seed, purpose, first_row):
    """Apply one transformation, in blocks of absolute rows."""
    moved = np.empty_like(Z)
    for block, rows, places in row_blocks(first_row, len(Z)):
        moved[rows] = call_transformation(
            function,
            pad_block(Z[rows], places),
            eta=eta,
            rng=block_generator(seed, purpose, block),
            mask=None if inside is None else pad_block(inside[rows], places),
            partner=None if partner is None else pad_block(partner[rows], places),
        )[places]
    return moved
