"""Applying a chain of transformations to standardised codes, with noise by absolute row."""

import numpy as np

from sklaug._random import block_generator, pad_block, row_blocks
from sklaug.transforms import call_transformation, declares, stages


def perturb(Z, inside, transformation, *, eta, seed, first_row, span, draw_partners):
    """Apply the stages of a transformation one after the other.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, t, k)
        Standardised codes.
    inside : ndarray of bool, shape (n_ts, t, 1), or None
        Which of them lie within the series; None for all.
    transformation : str, callable or list
        What `sklaug.transforms.stages` takes.
    eta : float
        Strength.
    seed : int
        Seed of the noise.
    first_row : int
        Absolute number of the first row.
    span : callable
        Returns the codes of a range of steps, or of None, as a slice.
    draw_partners : callable
        Returns the row number of a partner for each row.

    Yields
    ------
    moved : ndarray of shape (n_ts, t, k)
        Codes after the stage.
    channels, time_range : tuple or None
        What of the series the stage is restricted to.
    """
    step = 0
    for functions, channels, time_range in stages(transformation):
        codes = span(time_range)
        part = Z[:, codes]
        for number, function in enumerate(functions, start=step):
            if not part.shape[1]:  # no series reaches that far
                break
            part = _transform(
                function,
                part,
                None if inside is None else inside[:, codes],
                partners=draw_partners() if declares(function, "partner") else None,
                eta=eta,
                seed=seed,
                purpose=f"transformation {number}",
                first_row=first_row,
            )
        step += len(functions)
        Z = Z.copy()
        Z[:, codes] = part
        yield Z, channels, time_range


def _transform(function, Z, inside, *, partners, eta, seed, purpose, first_row):
    """Apply one transformation, in blocks of absolute rows."""
    partner = None
    if partners is not None:
        partner = Z[partners]
        if inside is not None:  # where a shorter partner has ended, a row stays as it is
            partner = np.where(inside[partners], partner, Z)
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
