"""Decoders: a sequence of codes in, a series out.

A decoder is a `torch.nn.Module` built as ``Decoder(n_codes, code_dim, n_timepoints, n_channels,
hidden_dim=None)``. `code_dim` counts the latent coordinates, the values known in advance for the
steps of a code, and the channels of the condition, and `forward(z)` maps ``(b, n_codes, code_dim)``
to ``(b, n_timepoints, n_channels)``. `n_codes` is 1 for a global code, unless there are channels
known in advance: then that code is held over as many steps as the default encoder would return.

For series of unequal length, the codes beyond the end of each are zero. If `forward` takes
`lengths`, it gets the number of time steps of each series, int64 (b,), wherever not all are full.
What it returns beyond the end is not used.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from sklaug.networks.encoders import n_shortened
from sklaug.networks.layers import convolve, recur, upsample
from sklaug.networks.padding import blank, n_codes_within, run_both_ways, take_steps

_N_HARMONICS = 4


def n_spread_channels(n_codes, n_steps):
    """Return how many channels `spread` appends."""
    return 0 if n_codes == n_steps else 1 + 2 * _N_HARMONICS


def spread(z, n_steps, lengths=None):
    """Hold each code for its share of `n_steps`, beside the phase of the step within that share.

    (b, n_codes, c) to (b, n_steps, c + n_spread_channels). A recurrent layer that is fed the same
    code many times over needs the phase to know where it is; with a global code the phase is the
    time of the series. A series of which `lengths`, counted in these steps, says that it is shorter
    shares its own codes among its own steps.
    """
    b, n_codes, _ = z.shape
    if n_codes == n_steps:
        return z
    n_held, length = n_codes, n_steps
    if lengths is not None:
        length = lengths.clamp(min=1)[:, None]  # (b, 1); a row that only fills a block has none
        n_held = n_codes_within(length, n_codes, n_steps)
    place = torch.arange(n_steps, device=z.device, dtype=torch.int64) * n_held
    code = place // length  # (n_steps,), or with lengths (b, n_steps)
    phase = (place % length).to(z.dtype) / length  # in [0, 1)
    harmonics = torch.arange(1, _N_HARMONICS + 1, device=z.device, dtype=z.dtype)
    angles = 2 * math.pi * phase[..., None] * harmonics
    clock = torch.cat([phase[..., None], angles.sin(), angles.cos()], dim=-1)
    held = z[:, code] if lengths is None else take_steps(z, code.clamp(max=n_codes - 1))
    return torch.cat([held, clock.expand(b, -1, -1)], dim=2)


class ConvGRUDecoder(nn.Module):
    """A GRU at the resolution of the codes, then transposed convolutions up to that of the series.

    Only the GRU runs step by step; everything at full resolution is parallel in time.
    """

    def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        hidden_dim = hidden_dim or 44
        # A global code is unrolled at the resolution that a strided encoder would have had.
        n_steps = n_codes if n_codes > 1 else n_shortened(n_timepoints)
        self.n_steps, self.n_timepoints = n_steps, n_timepoints
        code_dim = code_dim + n_spread_channels(n_codes, n_steps)
        self.expand = nn.Linear(code_dim, hidden_dim)
        self.gru = nn.GRU(hidden_dim, hidden_dim, batch_first=True)
        self.upsample = nn.ModuleList(
            nn.ConvTranspose1d(hidden_dim, hidden_dim, kernel_size=4, stride=2, padding=1)
            for _ in range(max(0, math.ceil(math.log2(n_timepoints / n_steps))))
        )
        self.output = nn.Conv1d(hidden_dim, n_channels, kernel_size=5, padding=2)

    def forward(self, z, lengths=None):  # (b, n_codes, c)
        n_inside = n_codes_within(lengths, self.n_steps, self.n_timepoints)
        h = functional.gelu(self.expand(spread(z, self.n_steps, n_inside)))  # (b, n_steps, h)
        h = blank(h + recur(self.gru, h), n_inside, self.n_steps)
        for convolution in self.upsample:
            h = functional.gelu(upsample(convolution, h))  # (b, t, h)
            # A step becomes two, also where the series ends with the first: as for a full one,
            # the rest is cut only below.
            h = blank(h, n_inside, self.n_steps)
        return convolve(self.output, blank(self.fit_length(h), lengths, self.n_timepoints))

    def fit_length(self, h):  # (b, t, h) with t >= sz
        """Cut what the last stride adds; squeeze where the codes did not come from halvings."""
        excess = h.shape[1] - self.n_timepoints
        if excess >= 2 ** len(self.upsample):
            squeezed = functional.interpolate(
                h.transpose(1, 2), size=self.n_timepoints, mode="linear"
            )
            return squeezed.transpose(1, 2)
        return h[:, : self.n_timepoints]


class GRUDecoder(nn.Module):
    """A GRU over every time step, then one dense layer a step."""

    def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        hidden_dim = hidden_dim or 64
        self.n_timepoints = n_timepoints
        code_dim = code_dim + n_spread_channels(n_codes, n_timepoints)
        self.gru = nn.GRU(code_dim, hidden_dim, batch_first=True)
        self.output = nn.Linear(hidden_dim, n_channels)

    def forward(self, z, lengths=None):  # (b, n_codes, c)
        h = recur(self.gru, spread(z, self.n_timepoints, lengths))
        return self.output(h)  # (b, sz, d)


class BiLSTMDecoder(nn.Module):
    """L-GTA's decoder: a bidirectional LSTM over every time step, directions averaged, one dense layer a step."""

    def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        hidden_dim = hidden_dim or 90
        self.n_timepoints = n_timepoints
        code_dim = code_dim + n_spread_channels(n_codes, n_timepoints)
        self.lstm = nn.LSTM(code_dim, hidden_dim, batch_first=True, bidirectional=True)
        self.output = nn.Linear(hidden_dim, n_channels)

    def forward(self, z, lengths=None):  # (b, n_codes, c)
        h = run_both_ways(self.lstm, spread(z, self.n_timepoints, lengths), lengths)
        return self.output(h)  # (b, sz, d)


DECODERS = {"conv_gru": ConvGRUDecoder, "gru": GRUDecoder, "bilstm": BiLSTMDecoder}
