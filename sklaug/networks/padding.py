"""Series shorter than their batch: which steps are inside, at the resolution of any layer.

A batch holds series of up to `n_timepoints` steps, each from the first step on, with zeros beyond
its end. `lengths` (b,) says how many steps each has; None says that all are full, and then nothing
is computed here. What lies beyond the end must not reach what lies inside, so that a series gives
what it would give in a network built for its own length: convolutions see zeros there, as they do
at the end of a full series, and what runs backward starts at the last step inside.
"""

import torch
from torch.nn import functional


def n_codes_within(lengths, n_codes, n_timepoints):
    """Return how many of `n_codes` codes, which stand for `n_timepoints` steps, series of given lengths have.

    A code stands for a fixed number of steps where a stride leads to that many codes, else for its
    share of the full series; a series has every code that stands for one of its steps.

    Parameters
    ----------
    lengths : int, ndarray or Tensor of int, or None
        Steps, 0 to `n_timepoints`.
    n_codes, n_timepoints : int
        Codes and steps of a full series.

    Returns
    -------
    int, ndarray, Tensor or None, as `lengths`
        0 at length 0, `n_codes` at full length.
    """
    if lengths is None:
        return None
    stride, is_even = _find_stride(n_codes, n_timepoints)
    if is_even:
        return -(-lengths // stride)
    return -(-lengths * n_codes // n_timepoints)


def fold(x, n_codes):  # (b, sz, c)
    """Give each code the values of its steps, side by side: (b, n_codes, stride * c).

    Code j has the `stride` steps from ``j * stride`` on, with zeros after the end. Where no stride
    leads to that many codes, its steps begin at ``j * sz / n_codes``, rounded down: some then belong
    to two codes, and none to no code.
    """
    n_timepoints = x.shape[1]
    stride, is_even = _find_stride(n_codes, n_timepoints)
    codes = torch.arange(n_codes, device=x.device)
    first = codes * stride if is_even else codes * n_timepoints // n_codes
    steps = first[:, None] + torch.arange(stride, device=x.device)  # (n_codes, stride)
    return functional.pad(x, (0, 0, 0, stride))[:, steps].flatten(start_dim=2)


def _find_stride(n_codes, n_timepoints):
    """Return how many steps a code has at most, and whether all have that many, but for the last."""
    stride = -(-n_timepoints // n_codes)
    return stride, -(-n_timepoints // stride) == n_codes


def is_inside(lengths, n_steps, n_timepoints):
    """Tell which of `n_steps` steps, which stand for `n_timepoints`, a series has: bool (b, n_steps, 1)."""
    n_inside = n_codes_within(lengths, n_steps, n_timepoints)
    return (torch.arange(n_steps, device=lengths.device) < n_inside[:, None])[:, :, None]


def blank(h, lengths, n_timepoints):  # (b, t, c)
    """Return `h` with zeros beyond the end of each series; its steps stand for `n_timepoints`."""
    if lengths is None:
        return h
    # Not a product: what lies beyond may be NaN. And a clone keeps the order in memory, thus the
    # order in which a mean over steps is summed, and the last bit of it.
    return h.clone().masked_fill_(~is_inside(lengths, h.shape[1], n_timepoints), 0)


def take_steps(h, steps):  # (b, t, c), (b, n)
    """Return the steps of given number, which each row has of its own: (b, n, c)."""
    return h[torch.arange(len(h), device=h.device)[:, None], steps]


def run_both_ways(lstm, x, lengths):  # (b, t, c)
    """Average both directions of a bidirectional LSTM, of which one starts at the last step inside: (b, t, h).

    What this returns beyond the end means nothing.
    """
    h, _ = lstm(x)  # (b, t, 2 h)
    forward, backward = h.chunk(2, dim=-1)
    if lengths is not None:
        # Rolled to the right, each series ends where the backward direction starts.
        steps = torch.arange(x.shape[1], device=x.device)
        rolled, _ = lstm(take_steps(x, (steps + lengths[:, None]) % x.shape[1]))
        _, backward = rolled.chunk(2, dim=-1)
        backward = take_steps(backward, (steps - lengths[:, None]) % x.shape[1])
    return (forward + backward) / 2
