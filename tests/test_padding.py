"""Series of unequal length in one batch: each gives what it gives alone, and nothing beyond an end is seen."""

import functools
import itertools
import math
import warnings

import numpy as np
import pytest
import torch

from sklaug._inference import Codec
from sklaug.networks.cvae import CVAE
from sklaug.networks.decoders import DECODERS
from sklaug.networks.encoders import ENCODERS, n_shortened
from sklaug.networks.padding import blank, fold, is_inside, n_codes_within, run_both_ways
from sklaug.networks.randomness import DrawFrom

PAIRS = list(itertools.product(ENCODERS, DECODERS))
SZ = 37
LENGTHS = torch.tensor([37, 1, 36, 37, 2, 20, 5, 33, 8])
FULL = SZ == LENGTHS
N_KNOWN = 2


@pytest.fixture(autouse=True)
def _fixed_draws():
    with DrawFrom(torch.Generator().manual_seed(0)):
        yield


def make_cvae(encoder="cnn_gru", decoder="conv_gru", **changes):
    params = {
        "encoder": encoder,
        "decoder": decoder,
        "n_timepoints": SZ,
        "n_channels": 3,
        "condition": 3,
        "latent": "sequence",
        "latent_dim": 4,
        "hidden_dim": 12,
        "beta": 0.1,
        "warmup_epochs": 0,
        "free_bits": 0.0,
        "equivariance": 0.0,
        "n_known_channels": N_KNOWN,
    }
    return CVAE(**{**params, **changes})


def make_batch(lengths=LENGTHS, beyond=0.0):
    b = len(lengths)
    inside = is_inside(lengths, SZ, SZ)
    return {
        "x": torch.where(inside, torch.randn(b, SZ, 3), beyond),
        "known": torch.where(inside, torch.randn(b, SZ, N_KNOWN), beyond),
        "mask": (torch.rand(b, SZ, 3) < 0.8) & inside,
        "cond": torch.arange(b) % 3,
        "lengths": lengths,
        "epoch": 0,
    }


def fill_beyond(batch, value):
    """Return the batch with another value beyond the end of each series."""
    inside = is_inside(batch["lengths"], SZ, SZ)
    filled = {name: torch.where(inside, batch[name], value) for name in ("x", "known")}
    return {**batch, **filled}


def given(batch, *, full=False):
    """Return what goes to encode and decode beside series or codes; no lengths where all are full."""
    context = {name: batch[name] for name in ("cond", "known", "lengths")}
    return {**context, "lengths": None} if full else context


def features_of(encoder, *args):
    features = encoder(*args)
    return features if isinstance(features, tuple) else (features, torch.zeros(len(args[0])))


def rebuild(network, *args):
    """Build a network of the same class and weights for other sizes; learned positions are cut."""
    other = type(network)(*args).train(network.training)
    shapes = {name: value.shape for name, value in other.state_dict().items()}
    other.load_state_dict(
        {name: value[: shapes[name][0]] for name, value in network.state_dict().items()}
    )
    return other


# -------------------------------------------------------------------------------------------------
# Codes and steps
# -------------------------------------------------------------------------------------------------

SIZES = [(1, 1), (7, 1), (7, 7), (16, 8), (37, 10), (275, 69), (20, 7), (80, 21), (9, 6), (5, 8)]


@pytest.mark.parametrize("n_timepoints, n_codes", SIZES)
def test_a_series_has_every_code_that_stands_for_one_of_its_steps(n_timepoints, n_codes):
    step_of = fold(torch.arange(1.0, n_timepoints + 1)[None, :, None], n_codes)[
        0
    ]  # 0: past the end
    first_steps = step_of[:, 0].numpy() - 1
    counts = [n_codes_within(length, n_codes, n_timepoints) for length in range(n_timepoints + 1)]
    assert counts == [(first_steps < length).sum() for length in range(n_timepoints + 1)]
    assert counts[0] == 0
    assert counts[-1] == n_codes
    assert counts == sorted(counts)


@pytest.mark.parametrize("n_timepoints, n_codes", SIZES)
def test_codes_are_counted_alike_for_numbers_arrays_and_tensors(n_timepoints, n_codes):
    lengths = np.arange(n_timepoints + 1)
    expected = [n_codes_within(int(length), n_codes, n_timepoints) for length in lengths]
    array = n_codes_within(lengths, n_codes, n_timepoints)
    tensor = n_codes_within(torch.tensor(lengths), n_codes, n_timepoints)
    assert array.dtype == lengths.dtype
    assert tensor.dtype == torch.int64
    assert array.tolist() == tensor.tolist() == expected
    assert n_codes_within(None, n_codes, n_timepoints) is None


@pytest.mark.parametrize("n_timepoints", [1, 7, 8, 31, 33, 275])
def test_a_series_has_as_many_codes_as_strided_convolutions_would_leave_of_it(n_timepoints):
    n_codes = n_shortened(n_timepoints)
    stride = {1: 1, 7: 1, 8: 2, 31: 2, 33: 4, 275: 4}[n_timepoints]
    for length in range(n_timepoints + 1):
        assert n_codes_within(length, n_codes, n_timepoints) == math.ceil(length / stride)


def test_folding_lays_the_steps_of_a_code_side_by_side():
    x = torch.arange(14.0).reshape(1, 7, 2)  # step t holds 2 t and 2 t + 1
    assert fold(x, 3)[0].tolist() == [
        [0, 1, 2, 3, 4, 5],
        [6, 7, 8, 9, 10, 11],
        [12, 13, 0, 0, 0, 0],
    ]


def test_folding_to_a_number_of_codes_that_no_stride_leads_to_loses_no_step():
    steps = torch.arange(6.0)[None, :, None]
    assert fold(steps, 4)[0].tolist() == [[0, 1], [1, 2], [3, 4], [4, 5]]
    for n_timepoints, n_codes in SIZES:
        folded = fold(torch.arange(n_timepoints)[None, :, None], n_codes)
        assert folded.shape == (1, n_codes, math.ceil(n_timepoints / n_codes))
        assert set(range(n_timepoints)) <= set(folded.flatten().tolist())


def test_blanking_leaves_zeros_beyond_the_end_whatever_was_there():
    h = torch.full((4, 3, 2), torch.nan)
    h[:, 0], h[2, 1:] = 1.0, 2.0
    blanked = blank(h, torch.tensor([1, 2, 5, 0]), 5)  # three steps stand for five: two steps each
    assert blanked[:, :, 0].tolist() == [[1, 0, 0], [1, 0, 0], [1, 2, 2], [0, 0, 0]]
    assert blank(h, None, 5) is h


def average_halves(h):
    return (h[:, :, : h.shape[2] // 2] + h[:, :, h.shape[2] // 2 :]) / 2


def test_a_bidirectional_lstm_runs_both_ways_over_each_series_alone():
    lstm = torch.nn.LSTM(3, 6, batch_first=True, bidirectional=True)
    x = torch.randn(len(LENGTHS), SZ, 3)
    h = run_both_ways(lstm, x, LENGTHS)
    plain = run_both_ways(lstm, x, None)
    assert torch.equal(plain, average_halves(lstm(x)[0]))
    assert torch.equal(h[FULL], plain[FULL])
    for row, length in enumerate(LENGTHS):
        alone = average_halves(lstm(x[row : row + 1, :length])[0])
        torch.testing.assert_close(h[row, :length], alone[0])


# -------------------------------------------------------------------------------------------------
# A short series gives what a network built for its length gives
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize(
    "sz, lengths", [(37, [32, 33, 34, 36, 37]), (20, [8, 9, 13, 20]), (6, [1, 2, 5])]
)
def test_features_of_a_short_series_are_those_of_an_encoder_built_for_its_length(name, sz, lengths):
    lengths = torch.tensor(lengths)
    encoder = ENCODERS[name](sz, 3, 12).eval()
    x = blank(torch.randn(len(lengths), sz, 3), lengths, sz)
    features, kl = features_of(encoder, x, lengths)
    for row, length in enumerate(lengths.tolist()):
        short = rebuild(encoder, length, 3, 12)
        expected, expected_kl = features_of(short, x[row : row + 1, :length])
        n_codes = n_codes_within(length, features.shape[1], sz)
        assert expected.shape[1] == n_codes
        torch.testing.assert_close(features[row, :n_codes], expected[0])
        torch.testing.assert_close(kl[row], expected_kl[0])


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("codes", ["strided", "every step", "global"])
@pytest.mark.parametrize("sz, lengths", [(37, [32, 33, 34, 36, 37]), (20, [8, 9, 13, 20])])
def test_a_short_series_is_decoded_as_by_a_decoder_built_for_its_length(name, codes, sz, lengths):
    lengths = torch.tensor(lengths)
    n_codes = {"strided": n_shortened(sz), "every step": sz, "global": 1}[codes]
    decoder = DECODERS[name](n_codes, 4, sz, 2, 12).eval()
    z = blank(torch.randn(len(lengths), n_codes, 4), lengths, sz)
    decoded = decoder(z, lengths)
    for row, length in enumerate(lengths.tolist()):
        n_own = n_codes_within(length, n_codes, sz)
        short = rebuild(decoder, n_own, 4, length, 2, 12)
        expected = short(z[row : row + 1, :n_own])
        torch.testing.assert_close(decoded[row, :length], expected[0])


# -------------------------------------------------------------------------------------------------
# The CVAE
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoder, decoder", PAIRS)
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_a_full_series_keeps_its_bits_beside_shorter_ones(encoder, decoder, latent):
    network = make_cvae(encoder, decoder, latent=latent).eval()
    batch = make_batch()
    with torch.inference_mode():
        z = network.encode(batch["x"], **given(batch))
        plain = network.encode(batch["x"], **given(batch, full=True))
        assert torch.equal(z[FULL], plain[FULL])
        decoded = network.decode(plain, **given(batch))
        assert torch.equal(decoded[FULL], network.decode(plain, **given(batch, full=True))[FULL])


@pytest.mark.parametrize("encoder, decoder", PAIRS)
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_what_lies_beyond_the_end_makes_no_difference_to_the_last_bit(encoder, decoder, latent):
    network = make_cvae(encoder, decoder, latent=latent, equivariance=0.5)
    batch = make_batch()
    results = []
    for beyond in (0.0, 1e3, torch.nan):
        filled = fill_beyond(batch, beyond)
        with DrawFrom(torch.Generator().manual_seed(1)):
            parts = network.train().loss(filled)
        parts["loss"].mean().backward()
        gradients = [parameter.grad.clone() for parameter in network.parameters()]
        network.zero_grad()
        network.eval()
        z = network.encode(filled["x"], **given(filled))
        inside = is_inside(LENGTHS, z.shape[1], SZ)
        decoded = network.decode(torch.where(inside, z, beyond), **given(filled))
        results.append([*parts.values(), *gradients, z, decoded])
    for values in results:
        assert all(torch.isfinite(value).all() for value in values)
        assert all(torch.equal(*pair) for pair in zip(values, results[0], strict=True))


@pytest.mark.parametrize("encoder, decoder", PAIRS)
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_codes_and_values_are_zero_beyond_the_end_and_not_before(encoder, decoder, latent):
    network = make_cvae(encoder, decoder, latent=latent).eval()
    batch = make_batch()
    z = network.encode(batch["x"], **given(batch))
    decoded = network.decode(z, **given(batch))
    for values in (z, decoded):
        inside = is_inside(LENGTHS, values.shape[1], SZ).expand_as(values)
        assert torch.equal(values != 0, inside)


@pytest.mark.parametrize("encoder, decoder", PAIRS)
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_every_parameter_gets_a_finite_gradient_from_series_of_unequal_length(
    encoder, decoder, latent
):
    network = make_cvae(encoder, decoder, latent=latent, equivariance=0.5).train()
    batch = make_batch()
    parts = network.loss(batch)
    for part in parts.values():
        assert part.shape == (len(LENGTHS),)
        assert torch.isfinite(part).all()
    parts["loss"].mean().backward()
    for name, parameter in network.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        assert parameter.grad.any(), name


@pytest.mark.parametrize("encoder, decoder", PAIRS)
def test_series_of_one_step_alone_train_too(encoder, decoder):
    network = make_cvae(encoder, decoder, equivariance=0.5).train()
    network.loss(make_batch(torch.ones(4, dtype=torch.int64)))["loss"].mean().backward()
    for name, parameter in network.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name


@pytest.mark.parametrize("encoder, decoder", PAIRS)
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_a_row_without_a_step_harms_no_other(encoder, decoder, latent):
    network = make_cvae(encoder, decoder, latent=latent).eval()
    batch = make_batch()
    emptied = {**batch, "lengths": torch.where(torch.arange(len(LENGTHS)) % 2 == 0, LENGTHS, 0)}
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("error")
        z = network.encode(batch["x"], **given(batch))
        others = network.encode(batch["x"], **given(emptied))
        assert torch.equal(z[::2], others[::2])
        decoded = network.decode(z, **given(batch))
        assert torch.equal(decoded[::2], network.decode(z, **given(emptied))[::2])
    assert torch.isfinite(others).all()


@pytest.mark.parametrize("encoder, decoder", PAIRS)
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_lengths_that_are_all_full_change_no_part_of_the_loss(encoder, decoder, latent):
    network = make_cvae(encoder, decoder, latent=latent, free_bits=0.05, equivariance=0.5).train()
    batch = make_batch(torch.full((5,), SZ))
    losses = []
    for lengths in (batch["lengths"], None):
        with DrawFrom(torch.Generator().manual_seed(1)):
            losses.append(network.loss({**batch, "lengths": lengths}))
    for name in losses[0]:
        torch.testing.assert_close(losses[0][name], losses[1][name])


def test_a_global_code_is_taken_from_the_mean_over_the_steps_inside():
    network = make_cvae("bilstm", latent="global").eval()
    batch = make_batch()
    inputs = blank(network.join(batch["x"], batch["known"], batch["cond"]), LENGTHS, SZ)
    features = network.encoder(inputs, LENGTHS)
    z = network.encode(batch["x"], **given(batch))
    for row, length in enumerate(LENGTHS):
        expected = network.mean(features[row, :length].mean(dim=0))
        torch.testing.assert_close(z[row, 0], expected)


@pytest.mark.parametrize("encoder", ["cnn_gru", "variational_transformer"])
@pytest.mark.parametrize("free_bits", [0.0, 2.0, 1e3])
def test_a_series_pays_for_its_own_codes_and_reconstructs_its_own_steps(encoder, free_bits):
    network = make_cvae(encoder, free_bits=free_bits).eval()
    batch = make_batch()
    with torch.no_grad():
        parts = {name: value.numpy() for name, value in network.loss(batch).items()}
        posterior = network.posterior(batch["x"], **given(batch))
        decoded = network.decode(posterior[0], **given(batch)).numpy().astype(float)
    mean, log_variance, own = (part.numpy().astype(float) for part in posterior)
    mask, x = batch["mask"].numpy(), batch["x"].numpy()
    n_codes = n_codes_within(LENGTHS.numpy(), mean.shape[1], SZ)
    n_observed = np.maximum(mask.sum(axis=(1, 2)), 1)
    kl = [  # of each row, (its codes, k)
        0.5 * (m[:n] ** 2 + np.exp(v[:n]) - 1 - v[:n])
        for m, v, n in zip(mean, log_variance, n_codes, strict=True)
    ]
    np.testing.assert_allclose(
        parts["kl"], (np.array([part.sum() for part in kl]) + own) / n_observed, rtol=1e-4
    )
    squares = [((decoded[i] - x[i])[mask[i]] ** 2).sum() for i in range(len(x))]
    np.testing.assert_allclose(parts["reconstruction"], squares / n_observed, rtol=1e-4)
    a_code = np.maximum(np.concatenate(kl).mean(axis=0), free_bits).sum()
    expected = parts["reconstruction"] + 0.1 * (a_code * n_codes + own) / n_observed
    np.testing.assert_allclose(parts["loss"], expected, rtol=1e-4)


def test_perturbations_of_the_equivariance_term_are_measured_by_the_codes_inside():
    network = make_cvae()
    z = blank(torch.randn(len(LENGTHS), network.n_codes, 4) + 5, LENGTHS, SZ)
    centre, scale = network.measure(z, LENGTHS)
    own = np.concatenate(
        [codes[: math.ceil(length / 4)] for codes, length in zip(z.numpy(), LENGTHS, strict=True)]
    )
    np.testing.assert_allclose(centre, own.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(scale, own.std(axis=0), rtol=1e-4)


# -------------------------------------------------------------------------------------------------
# A user's own networks
# -------------------------------------------------------------------------------------------------


class PlainEncoder(torch.nn.Module):
    """Windows of four steps, one code more than strides would give; knows nothing of lengths."""

    def __init__(self, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.n_outputs = 6
        self.convolution = torch.nn.Conv1d(n_channels, 6, kernel_size=4, stride=4, padding=3)

    def forward(self, x):
        return torch.tanh(self.convolution(x.transpose(1, 2)).transpose(1, 2)) + 1


class PlainDecoder(torch.nn.Module):
    def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.output = torch.nn.Linear(n_codes * code_dim, n_timepoints * n_channels)
        self.shape = (n_timepoints, n_channels)

    def forward(self, z):
        return self.output(z.flatten(start_dim=1)).unflatten(1, self.shape)


class AskingEncoder(PlainEncoder):
    def forward(self, x, lengths=None):
        self.got = lengths
        return super().forward(x)


class OpenEncoder(PlainEncoder):
    def forward(self, x, **others):
        self.got = others.get("lengths")
        return super().forward(x)


class AskingDecoder(PlainDecoder):
    def forward(self, z, lengths=None):
        self.got = lengths
        return super().forward(z)


@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_networks_that_know_nothing_of_lengths_see_nothing_beyond_the_end_either(latent):
    network = make_cvae(PlainEncoder, PlainDecoder, latent=latent).train()
    batch = make_batch()
    network.loss(batch)["loss"].mean().backward()
    network.eval()
    results = []
    for beyond in (0.0, 1e3):
        filled = fill_beyond(batch, beyond)
        z = network.encode(filled["x"], **given(filled))
        results.append((z, network.decode(z, **given(filled))))
    assert z.shape == (len(LENGTHS), 1 if latent == "global" else 10, 4)
    for values, filled in zip(*results, strict=True):
        assert torch.equal(values, filled)
        assert not values[~is_inside(LENGTHS, values.shape[1], SZ).expand_as(values)].any()


@pytest.mark.parametrize("encoder", [AskingEncoder, OpenEncoder])
def test_networks_that_take_lengths_get_them_where_series_differ(encoder):
    network = make_cvae(encoder, AskingDecoder).eval()
    batch = make_batch()
    network.decode(network.encode(batch["x"], **given(batch)), **given(batch))
    assert torch.equal(network.encoder.got, LENGTHS)
    assert torch.equal(network.decoder.got, LENGTHS)
    plain = given(batch, full=True)
    network.decode(network.encode(batch["x"], **plain), **plain)
    assert network.encoder.got is network.decoder.got is None


# -------------------------------------------------------------------------------------------------
# Blocks of rows
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoder, decoder", PAIRS)
@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_a_rows_bits_depend_on_no_other_row_and_not_on_the_call(encoder, decoder, latent):
    build = functools.partial(make_cvae, encoder, decoder, latent=latent)
    weights = {name: value.numpy() for name, value in build().state_dict().items()}
    codec = Codec(build, weights, "cpu", 1)
    batch = make_batch(torch.randint(1, SZ + 1, (70,)))
    arrays = {name: batch[name].numpy() for name in ("x", "cond", "known", "lengths")}
    arrays["lengths"][::5] = SZ

    def run(rows, first_row=0, lengths=arrays["lengths"]):
        context = {
            "cond": arrays["cond"][rows],
            "known": arrays["known"][rows],
            "lengths": None if lengths is None else lengths[rows],
            "first_row": first_row,
        }
        z = codec.encode(arrays["x"][rows], **context)
        return z, codec.decode(z, **context)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        together = run(slice(None))
        some = run(slice(60, 67), first_row=60)
        alone = run(slice(65, 66), first_row=65)
        plain = run(slice(None), lengths=None)
    for whole, part, one, full in zip(together, some, alone, plain, strict=True):
        np.testing.assert_array_equal(part, whole[60:67])
        np.testing.assert_array_equal(one, whole[65:66])
        np.testing.assert_array_equal(whole[::5], full[::5])
        assert np.isfinite(whole).all()
    context = {"known": arrays["known"], "lengths": arrays["lengths"]}
    reconstructed = codec.reconstruct(arrays["x"], arrays["cond"], **context)
    np.testing.assert_array_equal(reconstructed, together[1])
