"""Seeds, and noise that belongs to a row and not to the call that asked for it.

Noise is drawn by Philox, a counter-based generator: a block of `BLOCK_ROWS` rows has a counter of
its own, so row 5,000 gets the same noise whether it is asked for alone or among ten thousand
others, in this process or in another.
"""

from numbers import Integral

import numpy as np
from sklearn.utils import check_random_state

BLOCK_ROWS = 1024


def draw_seed(random_state):
    """Turn a `random_state` into one integer.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        An int is returned as it is; a RandomState is drawn from; None asks the operating system, so
        numpy's global generator stays where it is.

    Returns
    -------
    int
        A non-negative integer.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> 1)
    if (
        isinstance(random_state, Integral)
        and not isinstance(random_state, bool)
        and random_state >= 0
    ):
        return int(random_state)
    # scikit-learn words the error for everything that is neither.
    return int(check_random_state(random_state).randint(2**31 - 1))


def derive_seed(seed, purpose):
    """Return a seed for one `purpose` (a word) that shares nothing with the seeds of others; below 2**63."""
    return int(_sequence(seed, purpose).generate_state(1, np.uint64)[0] >> 1)


def derive_random_state(seed, purpose):
    """Return such a seed for a `random_state`; scikit-learn takes none that is as large."""
    return derive_seed(seed, purpose) % (2**31 - 1)


def block_generator(seed, purpose, block):
    """Return the generator of rows ``block * BLOCK_ROWS`` and following for one `purpose`."""
    key = _sequence(seed, purpose).generate_state(2, np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=[0, 0, 0, block]))


def block_uniform(seed, purpose, rows):
    """Return one number in [0, 1) for each of `rows`, a slice of absolute row numbers."""
    uniform = np.empty(rows.stop - rows.start)
    for block, inside, places in row_blocks(rows.start, len(uniform)):
        uniform[inside] = block_generator(seed, purpose, block).random(places.stop)[places]
    return uniform


def row_blocks(first_row, n_rows):
    """Cut rows at absolute multiples of 1,024.

    Yields
    ------
    block : int
        Number of the block.
    rows : slice
        Its rows, counted from `first_row`.
    places : slice
        Where in the block they stand.
    """
    size, last = BLOCK_ROWS, first_row + n_rows
    for block in range(first_row // size, -(-last // size)):
        start, stop = max(first_row, block * size), min(last, (block + 1) * size)
        yield (
            block,
            slice(start - first_row, stop - first_row),
            slice(start - block * size, stop - block * size),
        )


def pad_block(values, places, size=BLOCK_ROWS):
    """Put `values` at their places in a block of `size` rows, zeros elsewhere."""
    if len(values) == size:
        return values
    block = np.zeros((size, *values.shape[1:]), dtype=values.dtype)
    block[places] = values
    return block


def _sequence(seed, purpose):
    return np.random.SeedSequence(seed, spawn_key=tuple(purpose.encode()))
