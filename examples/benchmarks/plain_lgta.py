"""L-GTA's base model as one would write it from its description, in plain torch: what our own is timed against.

Nothing of sklaug is used. Bidirectional LSTM, learned positions, a block of multi-head attention and a
feed-forward layer of 256 with dropout 0.3, dense layers to mean and log-variance of a code a step; a
bidirectional LSTM over the codes, flattened into a dense layer onto all values at once. The attention is
ordinary: that of the authors' code was never variational. All is as wide as there are channels, which comes
to the sizes that were counted for that code: 1.08 million parameters at 10 x 89, and 9.6 thousand at 10 x 6.
"""

import time

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

BATCH = 8
BETA = 0.001  # of the Kullback-Leibler term per value, as LatentAugmenter's
COUNTED = {"wide": 1.08e6, "narrow": 9.6e3}


class PlainLGTA(nn.Module):
    """Series (b, sz, d) in, their reconstruction, and mean and log-variance of the codes out."""

    def __init__(self, n_timepoints, n_channels, latent_dim=4, dropout=0.3):
        super().__init__()
        width, self.shape = n_channels, (n_timepoints, n_channels)
        self.encoder = nn.LSTM(n_channels, width, batch_first=True, bidirectional=True)
        self.positions = nn.Embedding(n_timepoints, width)
        n_heads = max(heads for heads in range(1, 9) if width % heads == 0)
        self.attention = nn.MultiheadAttention(width, n_heads, dropout, batch_first=True)
        self.feed_forward = nn.Sequential(nn.Linear(width, 256), nn.ReLU(), nn.Linear(256, width))
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)
        self.mean, self.log_variance = nn.Linear(width, latent_dim), nn.Linear(width, latent_dim)
        self.decoder = nn.LSTM(latent_dim, width, batch_first=True, bidirectional=True)
        self.output = nn.Linear(n_timepoints * width, n_timepoints * n_channels)

    def encode(self, x):
        h = both_ways(self.encoder, x) + self.positions(torch.arange(x.shape[1]))
        attended, _ = self.attention(h, h, h, need_weights=False)
        h = self.first_norm(h + self.dropout(attended))
        h = self.second_norm(h + self.dropout(self.feed_forward(h)))
        return self.mean(h), self.log_variance(h)

    def decode(self, z):
        return self.output(both_ways(self.decoder, z).flatten(1)).view(-1, *self.shape)

    def forward(self, x):
        mean, log_variance = self.encode(x)
        z = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
        return self.decode(z), mean, log_variance


def both_ways(lstm, x):
    forward, backward = lstm(x)[0].chunk(2, dim=-1)
    return (forward + backward) / 2


class PlainTraining:
    """Batches of 8 from a DataLoader and Adam as it comes, an epoch at a time."""

    def __init__(self, train, seed):
        torch.manual_seed(seed)
        self.network = PlainLGTA(*train.shape[1:])
        data = TensorDataset(torch.tensor(train))
        self.loader = DataLoader(data, batch_size=BATCH, shuffle=True)
        self.optimizer = torch.optim.Adam(self.network.parameters())
        self.seconds, self.errors = [], []

    def run_epoch(self, validation=None):
        """Train an epoch, take its seconds, and measure the error of reconstruction of `validation`."""
        start = time.perf_counter()
        self.network.train()
        for (x,) in self.loader:
            reconstruction, mean, log_variance = self.network(x)
            kl = -0.5 * torch.sum(1 + log_variance - mean**2 - log_variance.exp())
            loss = nn.functional.mse_loss(reconstruction, x) + BETA * kl / x.numel()
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        self.seconds.append(time.perf_counter() - start)
        if validation is not None:
            self.errors.append(self.measure_error(validation))

    def measure_error(self, X):
        """Return the mean square of what decoding the mean codes leaves out, per value."""
        self.network.eval()
        x = torch.tensor(X)
        with torch.inference_mode():
            return float(nn.functional.mse_loss(self.network.decode(self.network.encode(x)[0]), x))

    def is_stuck(self, patience):
        """Tell whether the lowest error is `patience` epochs old."""
        lowest = min(range(len(self.errors)), key=self.errors.__getitem__)
        return len(self.errors) - 1 - lowest >= patience
