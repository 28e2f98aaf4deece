"""The conditional variational autoencoder that joins an encoder and a decoder."""

import inspect
import math

import torch
from torch import nn
from torch.nn import functional

from sklaug.networks.decoders import DECODERS, n_spread_channels, spread
from sklaug.networks.encoders import ENCODERS, draw_gaussian, gaussian_kl, n_shortened
from sklaug.networks.padding import blank, fold, n_codes_within

_MAX_EMBEDDING = 8


class CVAE(nn.Module):
    """Encoder, Gaussian codes, decoder, and the loss that trains them.

    Its methods take, beside series or codes, `cond` (b,), the condition; `known` (b, sz, d_k),
    channels known in advance; and `lengths`, int64 (b,), the steps of each series. None stands for
    no condition, for no such channels, and for series that are all full. What series and known
    channels hold beyond the end makes no difference.

    Parameters
    ----------
    encoder, decoder : str or class
        A name in `ENCODERS` and `DECODERS`, or a class built like those.
    n_timepoints, n_channels : int
        Length and channels of the series.
    condition : int or None
        None without a condition, the number of classes for labels, 0 for a real value.
    latent : {"sequence", "global"}
        One code a step of the encoder's output, or one for the series.
    latent_dim : int
        Coordinates of a code.
    hidden_dim : int or None
        Width of encoder and decoder; None leaves it to them.
    beta, warmup_epochs, free_bits, equivariance : float, int, float, float
        Weight of the KL term, the epochs over which it rises to that, the nats a latent coordinate
        may cost for nothing, and the weight of the equivariance loss.
    n_known_channels : int
        Channels known in advance.
    n_codes : int or None
        Codes of a full series, where an earlier network of the same description counted them; None
        counts them, and looks whether encoder and decoder keep their word.
    """

    def __init__(
        self,
        *,
        encoder,
        decoder,
        n_timepoints,
        n_channels,
        condition,
        latent,
        latent_dim,
        hidden_dim,
        beta,
        warmup_epochs,
        free_bits,
        equivariance,
        n_known_channels=0,
        n_codes=None,
    ):
        super().__init__()
        self.n_timepoints = n_timepoints
        self.latent, self.equivariance = latent, equivariance
        self.beta, self.warmup_epochs, self.free_bits = beta, warmup_epochs, free_bits
        n_condition_channels = 0 if condition is None else 1
        self.embedding = None
        if condition:
            n_condition_channels = min(condition, _MAX_EMBEDDING)
            self.embedding = nn.Embedding(condition, n_condition_channels)
        n_inputs = n_channels + n_known_channels + n_condition_channels
        self.encoder = ENCODERS.get(encoder, encoder)(n_timepoints, n_inputs, hidden_dim)
        self.encoder_takes_lengths = _takes_lengths(self.encoder)
        if not hasattr(self.encoder, "n_outputs"):
            raise TypeError(
                f"The encoder {type(self.encoder).__name__} has no attribute n_outputs. Set it in __init__ to "
                "the width of what forward returns."
            )
        self.mean = nn.Linear(self.encoder.n_outputs, latent_dim)
        self.log_variance = nn.Linear(self.encoder.n_outputs, latent_dim)
        # Quiet codes at the start: the decoder first learns what they mean, then how much of it to
        # pay for.
        nn.init.constant_(self.log_variance.bias, -4.0)
        self.n_codes = n_codes or self.count_codes(n_timepoints, n_inputs)
        # A global code is held where there are channels known in advance: the decoder then sees
        # each of their steps without a dense layer over all of them.
        self.holds_code = latent == "global" and n_known_channels > 0
        self.n_held = n_shortened(n_timepoints) if self.holds_code else self.n_codes
        n_known = math.ceil(n_timepoints / self.n_held) * n_known_channels  # of one code
        n_clock = n_spread_channels(1, self.n_held) if self.holds_code else 0
        code_dim = latent_dim + n_clock + n_known + n_condition_channels
        self.decoder = DECODERS.get(decoder, decoder)(
            self.n_held, code_dim, n_timepoints, n_channels, hidden_dim
        )
        self.decoder_takes_lengths = _takes_lengths(self.decoder)
        if n_codes is None:
            self.check_decoder(code_dim, n_timepoints, n_channels)

    @torch.no_grad()
    def count_codes(self, n_timepoints, n_channels):
        """Encode a series of zeros: how many codes there are, and whether the encoder keeps its word."""
        self.encoder.eval()
        features, _ = self.extract(self.mean.weight.new_zeros(1, n_timepoints, n_channels))
        self.encoder.train()
        width = self.encoder.n_outputs
        if features.ndim != 3 or len(features) != 1 or features.shape[2] != width:
            raise ValueError(
                f"The encoder {type(self.encoder).__name__} returned shape {tuple(features.shape)} for one "
                f"series, but with n_outputs={width} it must return (1, t_z, {width})."
            )
        return 1 if self.latent == "global" else features.shape[1]

    @torch.no_grad()
    def check_decoder(self, code_dim, n_timepoints, n_channels):
        """Decode codes of zeros: whether the decoder keeps its word."""
        self.decoder.eval()
        decoded = self.decoder(self.mean.weight.new_zeros(1, self.n_held, code_dim))
        self.decoder.train()
        if decoded.shape != (1, n_timepoints, n_channels):
            raise ValueError(
                f"The decoder {type(self.decoder).__name__} returned shape {tuple(decoded.shape)} for one "
                f"series, but must return (1, {n_timepoints}, {n_channels})."
            )

    def extract(self, x, lengths=None):  # (b, sz, c)
        """Return the encoder's features (b, t_z, h) and its own KL term, zero where it has none."""
        features = _call(self.encoder, self.encoder_takes_lengths, x, lengths)
        return features if isinstance(features, tuple) else (features, x.new_zeros(len(x)))

    def join(self, x, known, cond):  # (b, t, c), (b, t, c_k), (b,)
        """Append what is known in advance and the condition to every step: (b, t, c + c_k + e)."""
        parts = [x] if known is None else [x, known]
        if cond is not None:
            cond = cond[:, None] if self.embedding is None else self.embedding(cond)  # (b, e)
            parts.append(cond[:, None].expand(-1, x.shape[1], -1))
        return torch.cat(parts, dim=2) if len(parts) > 1 else x

    def posterior(self, x, cond=None, known=None, lengths=None):  # (b, sz, d)
        """Return mean and log-variance of the codes, each (b, t_z, k), and the encoder's KL term (b,).

        Codes beyond the end are those of the prior: N(0, 1), which costs nothing.
        """
        inputs = blank(self.join(x, known, cond), lengths, self.n_timepoints)
        features, kl = self.extract(inputs, lengths)
        if self.latent == "global":
            features = self.pool(features, lengths)
        # A bounded log-variance keeps the first, wild steps finite.
        mean, log_variance = self.mean(features), self.log_variance(features).clamp(-12, 6)
        return *(blank(part, lengths, self.n_timepoints) for part in (mean, log_variance)), kl

    def pool(self, features, lengths):  # (b, t_z, h)
        """Return the mean over the steps inside, (b, 1, h)."""
        if lengths is None:
            return features.mean(dim=1, keepdim=True)
        n_inside = n_codes_within(lengths, features.shape[1], self.n_timepoints).clamp(min=1)
        total = blank(features, lengths, self.n_timepoints).sum(dim=1, keepdim=True)
        return total / n_inside[:, None, None]

    def encode(self, x, cond=None, known=None, lengths=None):
        """Return the mean code of each series, (b, t_z, k), zero beyond the end."""
        return self.posterior(x, cond, known, lengths)[0]

    def decode(self, z, cond=None, known=None, lengths=None):
        """Return the series of each code, (b, sz, d), zero beyond the end."""
        if self.holds_code:
            n_inside = n_codes_within(lengths, self.n_held, self.n_timepoints)
            z = spread(z, self.n_held, n_inside)
        if known is not None:
            known = fold(blank(known, lengths, self.n_timepoints), self.n_held)
        codes = blank(self.join(z, known, cond), lengths, self.n_timepoints)
        decoded = _call(self.decoder, self.decoder_takes_lengths, codes, lengths)
        return blank(decoded, lengths, self.n_timepoints)

    def loss(self, batch):
        """Return the loss and its parts, each (b,).

        `batch` holds ``x`` (b, sz, d), optionally ``mask`` (b, sz, d), True where observed,
        ``cond``, ``known`` and ``lengths``, and the number of the ``epoch``. Both the squared error
        and the KL term are per observed value, so that `beta` means the same at any length.
        """
        given = {name: batch.get(name) for name in ("cond", "known", "lengths")}
        x, mask = blank(batch["x"], given["lengths"], self.n_timepoints), batch.get("mask")
        n_observed = x[0].numel() if mask is None else mask.sum(dim=(1, 2)).clamp(min=1)
        mean, log_variance, encoder_kl = self.posterior(x, **given)
        # Outside training there is no draw: validation compares epochs, and noise would decide
        # between them.
        z = draw_gaussian(mean, log_variance) if self.training else mean
        decoded = self.decode(z, **given)
        reconstruction = measure_error(decoded, x, mask, n_observed)
        kl = gaussian_kl(mean, log_variance)
        paid = self.pay(kl, given["lengths"])
        parts = {
            "reconstruction": reconstruction,
            "kl": (kl.sum(dim=(1, 2)) + encoder_kl) / n_observed,
        }
        loss = reconstruction + self.kl_weight(batch["epoch"]) * (paid + encoder_kl) / n_observed
        if self.equivariance and self.training:
            moved, target = self.perturb(mean.detach(), **given)
            parts["equivariance"] = measure_error(moved, target, mask, n_observed)
            loss = loss + self.equivariance * parts["equivariance"]
        return {"loss": loss, **parts}

    def pay(self, kl, lengths):  # (b, t_z, k)
        """Return what a series pays for its codes, at least `free_bits` a coordinate: () or (b,).

        The mean over the batch decides, so that single codes may cost less than others.
        """
        if lengths is None:
            return kl.mean(dim=(0, 1)).clamp(min=self.free_bits).sum() * kl.shape[1]
        n_inside = n_codes_within(lengths, kl.shape[1], self.n_timepoints)
        a_code = kl.sum(dim=(0, 1)) / n_inside.sum()
        return a_code.clamp(min=self.free_bits).sum() * n_inside

    def kl_weight(self, epoch):
        """Return `beta`, reached in equal steps over the warm-up."""
        return self.beta * min(1.0, (epoch + 1) / (self.warmup_epochs + 1))

    def perturb(self, z, cond=None, known=None, lengths=None):
        """Return ``D(T(z))`` and ``T(D(z))``, (b, sz, d), which the equivariance loss compares.

        What a perturbation does to the codes it should do to the series. `T` is one of jitter,
        scaling, drift and trend at a strength between 0.1 and 1, on standardised codes as in
        `augment`, and the same draw acts on both sides: one path a series, shared by all its
        coordinates and resampled to either length, of which a shorter series takes the beginning.
        """
        b, n_codes, _ = z.shape  # (b, t_z, k)
        with torch.no_grad():
            decoded = self.decode(z, cond, known, lengths)
        centre, scale = self.measure(z, lengths)
        eta = torch.rand(b, 1, 1, device=z.device, dtype=z.dtype) * 0.9 + 0.1
        kind = int(torch.randint(4, (), device="cpu"))
        if kind == 0:
            factor = 1 + eta * torch.randn_like(eta)
            moved, target = centre + (z - centre) * factor, decoded * factor
        else:
            path = eta * _draw_path(kind, b, n_codes, like=z)  # (b, t_z, 1)
            moved = z + scale * path
            target = decoded + _resample(path, decoded.shape[1])
        return self.decode(moved, cond, known, lengths), target

    def measure(self, z, lengths):  # (b, t_z, k)
        """Return mean and standard deviation of each coordinate over the codes inside, both (k,)."""
        if lengths is None:
            return z.mean(dim=(0, 1)), z.std(dim=(0, 1), correction=0) + 1e-6
        n_inside = n_codes_within(lengths, z.shape[1], self.n_timepoints).sum()
        centre = blank(z, lengths, self.n_timepoints).sum(dim=(0, 1)) / n_inside
        squares = blank((z - centre).square(), lengths, self.n_timepoints).sum(dim=(0, 1))
        return centre, (squares / n_inside).sqrt() + 1e-6


def measure_error(x, target, mask, n_observed):
    """Return the mean square of the difference over what is observed, (b,); without a mask that is everything."""
    error = functional.mse_loss(x, target, reduction="none")
    if mask is not None:
        error = error * mask
    return error.sum(dim=(1, 2)) / n_observed


def _takes_lengths(module):
    """Tell whether `forward` wants to know where each series ends."""
    parameters = inspect.signature(module.forward).parameters.values()
    return any(one.name == "lengths" or one.kind is one.VAR_KEYWORD for one in parameters)


def _call(module, takes_lengths, values, lengths):
    if lengths is None or not takes_lengths:
        return module(values)
    return module(values, lengths=lengths)


def _draw_path(kind, b, n_steps, *, like):
    """Return paths (b, n_steps, 1) of unit strength: white noise (1), a random walk (2) or a line (3)."""
    noise = torch.randn(b, n_steps, 1, device=like.device, dtype=like.dtype)
    if kind == 1:
        return noise
    if kind == 2:
        return noise.cumsum(dim=1) / n_steps**0.5
    ramp = torch.linspace(-0.5, 0.5, n_steps, device=like.device, dtype=like.dtype)
    return noise[:, :1] * ramp[:, None]


def _resample(path, n_steps):  # (b, t, 1)
    return functional.interpolate(
        path.transpose(1, 2), size=n_steps, mode="linear", align_corners=True
    ).transpose(1, 2)
