"""Decoders: a sequence of codes in, a series out.

A decoder is a `torch.nn.Module` built as ``Decoder(n_codes, code_dim, n_timepoints, n_channels,
hidden_dim=None)``. `code_dim` counts the latent coordinates and the channels of the condition, and
`forward(z)` maps ``(b, n_codes, code_dim)`` to ``(b, n_timepoints, n_channels)``. `n_codes` is 1
for a global code.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from sklaug.networks.encoders import average_directions, n_halvings

_N_HARMONICS = 4


def n_spread_channels(n_codes, n_steps):
    """Return how many channels `spread` appends."""
    return 0 if n_codes == n_steps else 1 + 2 * _N_HARMONICS


def spread(z, n_steps):
    """Hold each code for its share of `n_steps`, beside the phase of the step within that share.

    (b, n_codes, c) to (b, n_steps, c + n_spread_channels). A recurrent layer that is fed the same
    code many times over needs the phase to know where it is; with a global code the phase is the
    time of the series.
    """
    n_codes = z.shape[1]
    if n_codes == n_steps:
        return z
    place = torch.arange(n_steps, device=z.device, dtype=torch.int64) * n_codes
    phase = (place % n_steps).to(z.dtype) / n_steps  # (n_steps,) in [0, 1)
    harmonics = torch.arange(1, _N_HARMONICS + 1, device=z.device, dtype=z.dtype)
    angles = 2 * math.pi * phase[:, None] * harmonics
    clock = torch.cat([phase[:, None], angles.sin(), angles.cos()], dim=1)
    return torch.cat([z[:, place // n_steps], clock.expand(len(z), -1, -1)], dim=2)


class ConvGRUDecoder(nn.Module):
    """A GRU at the resolution of the codes, then transposed convolutions up to that of the series.

    Only the GRU runs step by step; everything at full resolution is parallel in time.
    """

    def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        hidden_dim = hidden_dim or 44
        # A global code is unrolled at the resolution that a strided encoder would have had.
        n_steps = (
            n_codes if n_codes > 1 else math.ceil(n_timepoints / 2 ** n_halvings(n_timepoints))
        )
        self.n_steps, self.n_timepoints = n_steps, n_timepoints
        code_dim = code_dim + n_spread_channels(n_codes, n_steps)
        self.expand = nn.Linear(code_dim, hidden_dim)
        self.gru = nn.GRU(hidden_dim, hidden_dim, batch_first=True)
        self.upsample = nn.ModuleList(
            nn.ConvTranspose1d(hidden_dim, hidden_dim, kernel_size=4, stride=2, padding=1)
            for _ in range(max(0, math.ceil(math.log2(n_timepoints / n_steps))))
        )
        self.output = nn.Conv1d(hidden_dim, n_channels, kernel_size=5, padding=2)

    def forward(self, z):  # (b, n_codes, c)
        h = functional.gelu(self.expand(spread(z, self.n_steps)))  # (b, n_steps, h)
        recurrent, _ = self.gru(h)
        h = (h + recurrent).transpose(1, 2)  # (b, h, n_steps)
        for convolution in self.upsample:
            h = functional.gelu(convolution(h))
        return self.output(self.fit_length(h)).transpose(1, 2)  # (b, sz, d)

    def fit_length(self, h):  # (b, h, t) with t >= sz
        """Cut what the last stride adds; squeeze where the codes did not come from halvings."""
        excess = h.shape[2] - self.n_timepoints
        if excess >= 2 ** len(self.upsample):
            return functional.interpolate(h, size=self.n_timepoints, mode="linear")
        return h[:, :, : self.n_timepoints]


class GRUDecoder(nn.Module):
    """A GRU over every time step, then one dense layer a step."""

    def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        hidden_dim = hidden_dim or 64
        self.n_timepoints = n_timepoints
        code_dim = code_dim + n_spread_channels(n_codes, n_timepoints)
        self.gru = nn.GRU(code_dim, hidden_dim, batch_first=True)
        self.output = nn.Linear(hidden_dim, n_channels)

    def forward(self, z):  # (b, n_codes, c)
        h, _ = self.gru(spread(z, self.n_timepoints))
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

    def forward(self, z):  # (b, n_codes, c)
        h, _ = self.lstm(spread(z, self.n_timepoints))
        return self.output(average_directions(h))  # (b, sz, d)


DECODERS = {"conv_gru": ConvGRUDecoder, "gru": GRUDecoder, "bilstm": BiLSTMDecoder}
