"""Encoders: a series in, a sequence of features out, from which the CVAE takes its codes.

An encoder is a `torch.nn.Module` built as ``Encoder(n_timepoints, n_channels, hidden_dim=None)``.
`n_channels` counts the channels of the series, those known in advance, and those of the condition.
Its attribute `n_outputs` is the width of what `forward` returns, and `forward(x)` maps ``(b, sz,
n_channels)`` to ``(b, t_z, n_outputs)``; `t_z` may be anything from 1 to `sz` and depends on `sz`
alone. It may also return a pair ``(h, kl)`` with ``kl`` of shape ``(b,)``, a Kullback-Leibler term
of its own that the loss adds to that of the codes.

For series of unequal length, `x` is zero beyond the end of each. An encoder that looks ahead, or
at all steps at once, should know where that is: if `forward` takes `lengths`, it gets the number of
steps of each series, int64 (b,), wherever not all are full (`sklaug.networks.padding` has what it
needs). What it returns beyond the end is not used; `n_codes_within` says how many features count.
"""

import math

import torch
from torch import nn
from torch.nn import functional

from sklaug.networks.layers import convolve, recur
from sklaug.networks.padding import blank, is_inside, run_both_ways


def n_halvings(n_timepoints):
    """Return how many strided convolutions shorten a series of `n_timepoints`: none below 8 steps, at most two."""
    return sum(n_timepoints >= enough for enough in (8, 32))


def n_shortened(n_timepoints):
    """Return how many steps the strided convolutions leave of a series of `n_timepoints`."""
    return math.ceil(n_timepoints / 2 ** n_halvings(n_timepoints))


class CNNGRUEncoder(nn.Module):
    """Strided convolutions, then a GRU over the shortened sequence: Lightweight L-GTA's encoder.

    The work is linear in the length, and the only part that runs step by step does so over a quarter
    of it (a half below 32 steps, all of it below 8).
    """

    def __init__(self, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.n_timepoints = n_timepoints
        self.n_outputs = hidden_dim = hidden_dim or 44
        strides = [2] * n_halvings(n_timepoints) or [1]
        widths = [n_channels] + [hidden_dim] * len(strides)
        self.convolutions = nn.ModuleList(
            # Three steps wide, or five where every other step is skipped.
            nn.Conv1d(width, hidden_dim, kernel_size=2 * stride + 1, stride=stride, padding=stride)
            for width, stride in zip(widths, strides, strict=False)
        )
        self.gru = nn.GRU(hidden_dim, hidden_dim, batch_first=True)

    def forward(self, x, lengths=None):  # (b, sz, c)
        h = x
        for convolution in self.convolutions:
            h = functional.gelu(convolve(convolution, h))  # (b, t, h)
            h = blank(h, lengths, self.n_timepoints)
        # What a convolution sees of a few steps need not pass through the gates.
        return h + recur(self.gru, h)  # (b, t_z, h)


class BiLSTMEncoder(nn.Module):
    """A bidirectional LSTM, directions averaged: one code a time step."""

    def __init__(self, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.n_outputs = hidden_dim = hidden_dim or 90
        self.lstm = nn.LSTM(n_channels, hidden_dim, batch_first=True, bidirectional=True)

    def forward(self, x, lengths=None):  # (b, sz, c)
        return run_both_ways(self.lstm, x, lengths)


class TransformerEncoder(nn.Module):
    """L-GTA's encoder with ordinary attention: the ablation of `VariationalTransformerEncoder`.

    Bi-LSTM, learned positions, one block of multi-head attention and a feed-forward layer,
    LayerNorm after each.
    """

    def __init__(self, n_timepoints, n_channels, hidden_dim=None, dropout=0.3):
        super().__init__()
        self.n_outputs = hidden_dim = hidden_dim or 90
        self.n_heads = max(heads for heads in range(1, 9) if hidden_dim % heads == 0)
        self.lstm = nn.LSTM(n_channels, hidden_dim, batch_first=True, bidirectional=True)
        self.positions = nn.Parameter(torch.empty(n_timepoints, hidden_dim))
        nn.init.normal_(self.positions, std=0.02)
        # Without bias: softmax ignores what is added to every key alike.
        self.query_key_value = nn.Linear(hidden_dim, 3 * hidden_dim, bias=False)
        self.context = nn.Linear(hidden_dim, hidden_dim)
        self.feed_forward = nn.Sequential(
            nn.Linear(hidden_dim, 256), nn.GELU(), nn.Linear(256, hidden_dim)
        )
        self.norms = nn.ModuleList([nn.LayerNorm(hidden_dim), nn.LayerNorm(hidden_dim)])
        self.dropout = nn.Dropout(dropout)

    def attend(self, h, lengths=None):  # (b, sz, h)
        b, t, width = h.shape
        heads = self.query_key_value(h).view(b, t, 3, self.n_heads, width // self.n_heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # each (b, n_heads, sz, h / n_heads)
        keys = None
        if lengths is not None:
            # A row that only fills a block has no step; with no key at all it would be NaN.
            keys = is_inside(lengths.clamp(min=1), t, t)[:, None, None, :, 0]  # (b, 1, 1, sz)
        attended = functional.scaled_dot_product_attention(query, key, value, attn_mask=keys)
        return self.context(attended.transpose(1, 2).reshape(b, t, width))

    def finish(self, h, context):  # both (b, sz, h)
        h = self.norms[0](h + self.dropout(context))
        return self.norms[1](h + self.dropout(self.feed_forward(h)))

    def embed(self, x, lengths=None):  # (b, sz, c)
        return run_both_ways(self.lstm, x, lengths) + self.positions

    def forward(self, x, lengths=None):  # (b, sz, c)
        h = self.embed(x, lengths)
        return self.finish(h, self.attend(h, lengths))


class VariationalTransformerEncoder(TransformerEncoder):
    """L-GTA's encoder: the context vectors of the attention are random, with a KL term to N(0, I).

    ``context ~ N(m, s^2)`` with ``m`` what ordinary attention returns and ``log s^2 = Linear(m)``.
    While training it draws, in evaluation it takes the mean.
    """

    def __init__(self, n_timepoints, n_channels, hidden_dim=None, dropout=0.3):
        super().__init__(n_timepoints, n_channels, hidden_dim, dropout)
        self.context_log_variance = nn.Linear(self.n_outputs, self.n_outputs)
        nn.init.constant_(self.context_log_variance.bias, -2.0)

    def forward(self, x, lengths=None):  # (b, sz, c)
        h = self.embed(x, lengths)
        mean = self.attend(h, lengths)
        log_variance = self.context_log_variance(mean)
        kl = blank(gaussian_kl(mean, log_variance), lengths, x.shape[1]).sum(dim=(1, 2))
        context = draw_gaussian(mean, log_variance) if self.training else mean
        return self.finish(h, context), kl


def gaussian_kl(mean, log_variance):
    """Kullback-Leibler divergence from N(mean, exp(log_variance)) to N(0, 1), elementwise, in nats."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def draw_gaussian(mean, log_variance):
    """Draw from N(mean, exp(log_variance)), with a gradient to both."""
    return mean + torch.randn_like(mean) * (0.5 * log_variance).exp()


ENCODERS = {
    "cnn_gru": CNNGRUEncoder,
    "variational_transformer": VariationalTransformerEncoder,
    "transformer": TransformerEncoder,
    "bilstm": BiLSTMEncoder,
}
