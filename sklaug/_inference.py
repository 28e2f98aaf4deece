"""Running a trained network over many rows so that a row's result does not depend on its neighbours."""

from bisect import bisect

import numpy as np
import torch

from sklaug._quantization import restore_weights
from sklaug._random import pad_block
from sklaug._threads import torch_threads
from sklaug._training import to_tensors
from sklaug.networks.randomness import DrawFrom

# Kernels that multiply 64 rows sum in another order than those for 63, so a row's block depends on nothing but the number
# of the row and the length of the series. The first blocks are small, or calls with few rows would pay for many.
_FIRST_ENDS = (16, 64)
_FEWEST_ROWS, _MOST_ROWS = 64, 256
# Steps of all series of a block, beyond which its hidden states would leave a processor's cache.
_MOST_STEPS = 2**14


def choose_device(device):
    """Return the name of a torch device that is there.

    Parameters
    ----------
    device : str
        "auto" (CUDA where there is one, else the CPU) or a torch device such as "cpu" or "cuda:1".

    Raises
    ------
    ValueError
        If the name is unknown or the device is absent.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    reason = "not the name of a device that holds values"
    if isinstance(device, str):
        try:
            if torch.empty(0, device=device).device.type != "meta":
                return device
        # torch's errors for an unknown name, one it was built without, and one with no backend.
        except (RuntimeError, AssertionError, NotImplementedError) as error:
            reason = str(error).partition("\n")[0]
    raise ValueError(f"device={device!r} cannot be used here ({reason}). Pass 'auto' or 'cpu'.")


class Codec:
    """A trained network with its weights in place, for as long as a call needs it.

    Parameters
    ----------
    build : callable
        Returns a `torch.nn.Module` with ``encode(x, cond, known, lengths)`` and ``decode(z, cond,
        known, lengths)``, each of the last three a tensor or None, and an attribute `n_timepoints`.
    weights : dict of ndarray
        Its weights, rounded by `quantize_weights` or not.
    device : str
        As for `choose_device`.
    n_threads : int
        Intra-op threads.
    """

    def __init__(self, build, weights, device, n_threads):
        self.device, self.n_threads = choose_device(device), n_threads
        # The initial weights are thrown away, but drawing them would move torch's global generator.
        with DrawFrom(torch.Generator()):
            network = build().float()
        self.network = network.to(self.device).eval()
        self.network.load_state_dict(to_tensors(restore_weights(weights)))

    def encode(self, x, cond=None, *, known=None, lengths=None, first_row=0):
        """Return the codes of scaled series, row by row as `run_in_blocks` does.

        Parameters
        ----------
        x : ndarray of shape (n, sz, d)
            Scaled series, zero beyond the end of each.
        cond : ndarray of shape (n,) or None
            What the network is conditioned on.
        known : ndarray of shape (n, sz, d_k) or None
            Channels known in advance.
        lengths : ndarray of int64 of shape (n,) or None
            Steps of each series; None if all are full.
        first_row : int
            Absolute number of the first row.

        Returns
        -------
        ndarray of shape (n, t_z, k)
            Zero for codes beyond the end.
        """
        return self.run(self.network.encode, x, cond, known, lengths, first_row)

    def decode(self, z, cond=None, *, known=None, lengths=None, first_row=0):
        """Return the scaled series (n, sz, d) of codes (n, t_z, k), zero beyond the end; else as `encode`."""
        return self.run(self.network.decode, z, cond, known, lengths, first_row)

    def reconstruct(self, x, cond=None, *, known=None, lengths=None):
        """Return what the network makes of scaled series."""
        given = {"known": known, "lengths": lengths}
        return self.decode(self.encode(x, cond, **given), cond, **given)

    def run(self, function, values, cond, known, lengths, first_row):
        return run_in_blocks(
            function,
            values,
            cond,
            known,
            # A row that only fills a block gets length 0.
            lengths,
            n_steps=self.network.n_timepoints,
            first_row=first_row,
            device=self.device,
            n_threads=self.n_threads,
        )


def run_in_blocks(function, *arrays, n_steps=None, first_row=0, device="cpu", n_threads=1):
    """Apply a network's method to all rows, in blocks of absolute rows that are padded with zeros.

    Parameters
    ----------
    function : callable
        Takes a tensor for each array, all of as many rows, and returns one.
    *arrays : ndarray or None
        Arrays of n rows; a None is passed on.
    n_steps : int or None
        Steps of a series, which decide how many rows a block has; None takes those of the first array.
    first_row : int
        Absolute number of the first row.
    device : str
        Torch device.
    n_threads : int
        Intra-op threads.

    Returns
    -------
    ndarray of float32
        n rows.
    """
    n_rows = len(arrays[0])
    n_steps = n_steps or arrays[0].shape[1]
    results = None
    with torch_threads(n_threads), torch.inference_mode():
        for rows, places, size in network_blocks(first_row, n_rows, n_steps):
            block = [_to_tensor(values, rows, places, size, device) for values in arrays]
            part = function(*block)[places].cpu().numpy()
            if results is None:
                results = np.empty((n_rows, *part.shape[1:]), dtype=np.float32)
            results[rows] = part
    return results


def network_blocks(first_row, n_rows, n_steps):
    """Cut rows where the blocks that a network takes begin.

    Parameters
    ----------
    first_row, n_rows : int
        Absolute number of the first row, and how many there are.
    n_steps : int
        Steps of a series.

    Yields
    ------
    rows : slice
        Rows of a block, counted from `first_row`.
    places : slice
        Where in the block they stand.
    size : int
        Rows of the whole block.
    """
    size = _MOST_ROWS
    while size > _FEWEST_ROWS and size * n_steps > _MOST_STEPS:
        size //= 2
    start, last = first_row, first_row + n_rows
    while start < last:
        low, high = _find_block(start, size)
        stop = min(last, high)
        yield slice(start - first_row, stop - first_row), slice(start - low, stop - low), high - low
        start = stop


def _find_block(row, size):
    """Return the first row of a row's block, and that of the next."""
    if row >= size:
        return row // size * size, (row // size + 1) * size
    bounds = [0, *(end for end in _FIRST_ENDS if end < size), size]
    place = bisect(bounds, row)
    return bounds[place - 1], bounds[place]


def _to_tensor(values, rows, places, size, device):
    if values is None:
        return None
    # torch.tensor copies into memory that torch aligned; see _training.
    return torch.tensor(pad_block(values[rows], places, size), device=device)
