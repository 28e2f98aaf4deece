"""What every encoder and decoder promises, and the loss of the CVAE against independent sums."""

import itertools
import math

import numpy as np
import pytest
import torch

from sklaug.networks.cvae import CVAE
from sklaug.networks.decoders import DECODERS, n_spread_channels, spread
from sklaug.networks.encoders import ENCODERS, draw_gaussian, gaussian_kl, n_halvings
from sklaug.networks.randomness import DrawFrom

LENGTHS = (1, 2, 7, 10, 16, 275)
CHANNELS = (1, 3, 300)
HIDDEN = 12
# Every member of both kinds: each encoder with the default decoder, and the other way round.
PAIRS = sorted(
    {(encoder, "conv_gru") for encoder in ENCODERS} | {("cnn_gru", decoder) for decoder in DECODERS}
)
CONDITIONS = {"none": None, "classes": 3, "real": 0}


@pytest.fixture(autouse=True)
def _fixed_draws():
    with DrawFrom(torch.Generator().manual_seed(0)):
        yield


def run_encoder(encoder, x):
    """Return the features, and the encoder's own KL term or None."""
    features = encoder(x)
    return features if isinstance(features, tuple) else (features, None)


def count_codes(encoder_name, sz):
    encoder = ENCODERS[encoder_name](sz, 1, 4)
    return run_encoder(encoder, torch.zeros(1, sz, 1))[0].shape[1]


def assert_finite_gradients(network, *, nonzero):
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, f"{name} takes no part in the result"
        assert torch.isfinite(parameter.grad).all(), f"{name} has a gradient that is not finite"
        if nonzero:
            assert parameter.grad.any(), f"{name} never learns"


def make_cvae(encoder="cnn_gru", decoder="conv_gru", *, sz=16, d=3, **changes):
    params = {
        "encoder": encoder,
        "decoder": decoder,
        "n_timepoints": sz,
        "n_channels": d,
        "condition": None,
        "latent": "sequence",
        "latent_dim": 4,
        "hidden_dim": HIDDEN,
        "beta": 0.1,
        "warmup_epochs": 0,
        "free_bits": 0.0,
        "equivariance": 0.0,
    }
    return CVAE(**{**params, **changes})


def make_batch(b, sz, d, *, condition=None, epoch=0, observed=0.8):
    batch = {
        "x": torch.randn(b, sz, d),
        "mask": torch.rand(b, sz, d) < observed,
        "epoch": epoch,
    }
    batch["mask"][:, 0, 0] = True
    batch["x"] = batch["x"] * batch["mask"]  # as the scaling does: what is missing is zero
    if condition == 0:
        batch["cond"] = torch.randn(b)
    elif condition:
        batch["cond"] = torch.arange(b) % condition
    return batch


# -------------------------------------------------------------------------------------------------
# The contract of encoders
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("sz", LENGTHS)
@pytest.mark.parametrize("d", CHANNELS)
def test_every_encoder_returns_features_of_the_promised_shape_and_every_parameter_learns(
    name, sz, d
):
    b = 2 if sz * d > 10_000 else 5
    encoder = ENCODERS[name](sz, d, HIDDEN)
    features, kl = run_encoder(encoder, torch.randn(b, sz, d))
    assert features.shape == (b, features.shape[1], encoder.n_outputs)
    assert 1 <= features.shape[1] <= sz
    loss = features.square().mean()
    if kl is not None:
        assert kl.shape == (b,)
        assert (kl >= 0).all()
        loss = loss + kl.mean()
    loss.backward()
    assert_finite_gradients(encoder, nonzero=False)


@pytest.mark.parametrize("name", ENCODERS)
@pytest.mark.parametrize("sz", LENGTHS)
def test_the_number_of_codes_depends_on_the_length_alone(name, sz):
    counts = {
        run_encoder(ENCODERS[name](sz, d, hidden_dim), torch.randn(b, sz, d))[0].shape[1]
        for b, d, hidden_dim in [(1, 1, 4), (7, 1, 4), (2, 9, 4), (3, 2, None)]
    }
    assert len(counts) == 1


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_takes_any_width_and_has_one_of_its_own(name):
    for hidden_dim in (None, 1, 2, 7, 16):
        encoder = ENCODERS[name](10, 2, hidden_dim)
        assert encoder.n_outputs == hidden_dim or hidden_dim is None
        assert run_encoder(encoder, torch.randn(2, 10, 2))[0].shape[2] == encoder.n_outputs


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_is_deterministic_in_evaluation_and_keeps_rows_apart(name):
    encoder = ENCODERS[name](20, 3, HIDDEN).eval()
    x = torch.randn(6, 20, 3)
    first, second = run_encoder(encoder, x)[0], run_encoder(encoder, x)[0]
    assert torch.equal(first, second)
    x[1:] = 100.0
    torch.testing.assert_close(run_encoder(encoder, x)[0][0], first[0])


@pytest.mark.parametrize("sz", [1, 2, 15, 16, 17, 31, 32, 33, 127, 128, 275])
def test_each_strided_convolution_halves_the_number_of_codes_and_rounds_up(sz):
    n_codes = sz
    for _ in range(n_halvings(sz)):
        n_codes = (n_codes + 1) // 2
    assert count_codes("cnn_gru", sz) == n_codes


def test_the_variational_encoder_draws_only_while_training():
    encoder = ENCODERS["variational_transformer"](8, 2, HIDDEN, dropout=0.0)
    x = torch.randn(3, 8, 2)
    assert not torch.equal(encoder(x)[0], encoder(x)[0])
    encoder.eval()
    assert torch.equal(encoder(x)[0], encoder(x)[0])


# -------------------------------------------------------------------------------------------------
# The contract of decoders
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("sz", LENGTHS)
@pytest.mark.parametrize("d", CHANNELS)
def test_every_decoder_returns_the_length_it_was_built_for_and_every_parameter_learns(name, sz, d):
    b = 2 if sz * d > 10_000 else 3
    for n_codes in sorted({1, count_codes("cnn_gru", sz), sz, math.ceil(sz / 5)}):
        decoder = DECODERS[name](n_codes, 5, sz, d, HIDDEN)
        decoded = decoder(torch.randn(b, n_codes, 5))
        assert decoded.shape == (b, sz, d)
        decoded.square().mean().backward()
        assert_finite_gradients(decoder, nonzero=False)


@pytest.mark.parametrize("name", DECODERS)
@pytest.mark.parametrize("sz", [7, 16, 40])
def test_every_decoder_lets_each_code_reach_the_series(name, sz):
    for n_codes in (1, 3, sz):
        decoder = DECODERS[name](n_codes, 2, sz, 2, HIDDEN)
        z = torch.randn(1, n_codes, 2, requires_grad=True)
        decoder(z).square().sum().backward()
        assert (z.grad != 0).all()


@pytest.mark.parametrize("name", DECODERS)
def test_every_decoder_keeps_rows_apart(name):
    decoder = DECODERS[name](4, 3, 20, 2, HIDDEN).eval()
    z = torch.randn(6, 4, 3)
    first = decoder(z)[0]
    z[1:] = 100.0
    torch.testing.assert_close(decoder(z)[0], first)


def test_a_code_is_held_for_its_share_of_the_steps():
    z = torch.tensor([[[10.0], [20.0], [30.0]]])
    held = spread(z, 7)
    assert held[0, :, 0].tolist() == [10, 10, 10, 20, 20, 30, 30]
    assert held.shape == (1, 7, 1 + n_spread_channels(3, 7))


def test_the_phase_within_a_share_is_told_by_itself_and_four_harmonics():
    clock = spread(torch.zeros(1, 2, 1), 8)[0, :, 1:].numpy()
    phase = np.array([0, 1, 2, 3, 0, 1, 2, 3]) / 4
    angles = 2 * np.pi * phase[:, None] * np.arange(1, 5)
    expected = np.hstack([phase[:, None], np.sin(angles), np.cos(angles)])
    np.testing.assert_allclose(clock, expected, atol=1e-6)


def test_as_many_codes_as_steps_are_left_as_they_are():
    z = torch.randn(2, 5, 3)
    assert spread(z, 5) is z
    assert n_spread_channels(5, 5) == 0


# -------------------------------------------------------------------------------------------------
# The CVAE
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoder, decoder", PAIRS)
@pytest.mark.parametrize("sz", [16, 275])
@pytest.mark.parametrize("latent", ["sequence", "global"])
@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_every_parameter_gets_a_gradient_from_the_loss(encoder, decoder, sz, latent, condition):
    network = make_cvae(encoder, decoder, sz=sz, latent=latent, condition=condition).train()
    batch = make_batch(3, sz, 3, condition=condition)
    parts = network.loss(batch)
    for part in parts.values():
        assert part.shape == (3,)
        assert torch.isfinite(part).all()
    parts["loss"].mean().backward()
    assert_finite_gradients(network, nonzero=True)


@pytest.mark.parametrize("encoder, decoder", PAIRS)
def test_the_state_survives_the_way_through_numpy_to_the_last_bit(encoder, decoder):
    first = make_cvae(encoder, decoder, sz=19, condition=3).eval()
    arrays = {name: value.numpy().copy() for name, value in first.state_dict().items()}
    second = make_cvae(encoder, decoder, sz=19, condition=3).eval()
    second.load_state_dict({name: torch.tensor(array) for name, array in arrays.items()})
    batch = make_batch(4, 19, 3, condition=3)
    z = first.encode(batch["x"], batch["cond"])
    assert torch.equal(z, second.encode(batch["x"], batch["cond"]))
    assert torch.equal(first.decode(z, batch["cond"]), second.decode(z, batch["cond"]))


@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_codes_have_their_shape_and_a_global_one_is_alone(latent):
    network = make_cvae(sz=40, latent=latent).eval()
    z = network.encode(torch.randn(2, 40, 3))
    assert z.shape == (2, 1 if latent == "global" else count_codes("cnn_gru", 40), 4)
    assert network.decode(z).shape == (2, 40, 3)


def test_a_class_may_stand_where_a_name_does():
    network = make_cvae(ENCODERS["bilstm"], DECODERS["gru"])
    assert type(network.encoder) is ENCODERS["bilstm"]
    assert type(network.decoder) is DECODERS["gru"]


@pytest.mark.parametrize("condition", [3, 0])
def test_what_is_decoded_depends_on_the_condition(condition):
    network = make_cvae(condition=condition).eval()
    z = torch.randn(1, count_codes("cnn_gru", 16), 4)
    one, other = (torch.tensor([value]) for value in ((0, 2) if condition else (0.0, 1.0)))
    assert not torch.allclose(network.decode(z, one), network.decode(z, other))


@pytest.mark.parametrize("n_classes, width", [(1, 1), (5, 5), (30, 8)])
def test_an_embedding_is_no_wider_than_eight(n_classes, width):
    assert make_cvae(condition=n_classes).embedding.weight.shape == (n_classes, width)


def test_the_reconstruction_is_the_mean_square_over_observed_cells():
    network = make_cvae(encoder="bilstm", sz=11).eval()
    batch = make_batch(5, 11, 3, observed=0.6)
    with torch.no_grad():
        loss = network.loss(batch)["reconstruction"].numpy()
        decoded = network.decode(network.encode(batch["x"])).numpy().astype(float)
    x, mask = batch["x"].numpy(), batch["mask"].numpy()
    expected = [np.mean((decoded[i] - x[i])[mask[i]] ** 2) for i in range(5)]
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_a_masked_cell_is_no_target():
    network = make_cvae(sz=16).eval()
    batch = make_batch(2, 16, 3, observed=0.7)
    posterior = network.posterior(batch["x"])
    network.posterior = lambda x, **given: posterior  # the encoder's input does not change
    with torch.no_grad():
        before = network.loss(batch)
        batch["x"] = torch.where(batch["mask"], batch["x"], 1e6)
        after = network.loss(batch)
    for name in before:
        assert torch.equal(before[name], after[name])


def test_a_row_without_any_observed_cell_has_a_finite_loss():
    network = make_cvae().train()
    batch = {"x": torch.zeros(2, 16, 3), "mask": torch.zeros(2, 16, 3, dtype=bool), "epoch": 0}
    parts = network.loss(batch)
    assert torch.isfinite(parts["loss"]).all()
    assert (parts["reconstruction"] == 0).all()


def test_the_kl_divergence_is_that_of_torch_distributions():
    mean, log_variance = torch.randn(2, 50, dtype=torch.float64) * 2
    expected = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (log_variance / 2).exp()),
        torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean)),
    )
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)


def test_a_draw_has_the_mean_and_variance_it_was_asked_for():
    mean, log_variance = torch.full((40_000,), 3.0), torch.full((40_000,), math.log(4.0))
    draw = draw_gaussian(mean, log_variance)
    assert draw.mean() == pytest.approx(3.0, abs=0.05)
    assert draw.std() == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("encoder", ["cnn_gru", "variational_transformer"])
@pytest.mark.parametrize("free_bits", [0.0, 2.0, 1e3])
def test_the_loss_is_the_sum_of_its_parts_with_every_coordinate_paying_at_least_its_free_bits(
    encoder, free_bits
):
    network = make_cvae(encoder, sz=20, free_bits=free_bits).eval()
    batch = make_batch(6, 20, 3)
    with torch.no_grad():
        parts = {name: value.numpy() for name, value in network.loss(batch).items()}
        mean, log_variance, own = (
            part.numpy().astype(float) for part in network.posterior(batch["x"])
        )
    n_observed = batch["mask"].numpy().sum(axis=(1, 2))
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance)
    np.testing.assert_allclose(parts["kl"], (kl.sum(axis=(1, 2)) + own) / n_observed, rtol=1e-4)
    a_coordinate = [kl[:, :, k].mean() for k in range(4)]
    paid = sum(max(nats, free_bits) for nats in a_coordinate) * kl.shape[1]
    expected = parts["reconstruction"] + 0.1 * (paid + own) / n_observed
    np.testing.assert_allclose(parts["loss"], expected, rtol=1e-4)


def test_below_the_free_bits_the_codes_cost_nothing_to_change():
    network = make_cvae(free_bits=1e3, beta=1.0).train()
    with torch.no_grad():  # nothing decoded depends on the codes: only their price is left
        network.decoder.expand.weight.zero_()
    network.loss(make_batch(4, 16, 3))["loss"].mean().backward()
    assert not network.mean.weight.grad.any()


def test_beta_rises_in_equal_steps_over_the_warm_up():
    network = make_cvae(beta=0.5, warmup_epochs=4)
    weights = [network.kl_weight(epoch) for epoch in range(7)]
    assert weights == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5])
    assert make_cvae(beta=0.5, warmup_epochs=0).kl_weight(0) == 0.5


def test_a_loss_outside_training_is_the_same_at_each_call_and_one_in_training_is_not():
    network = make_cvae()
    batch = make_batch(3, 16, 3)
    losses = [network.train().loss(batch)["loss"] for _ in range(2)]
    assert not torch.equal(*losses)
    losses = [network.eval().loss(batch)["loss"] for _ in range(2)]
    assert torch.equal(*losses)


@pytest.mark.parametrize("latent", ["sequence", "global"])
@pytest.mark.parametrize("sz", [1, 10, 40])
def test_the_equivariance_term_is_positive_and_only_in_training(latent, sz):
    network = make_cvae(sz=sz, equivariance=0.7, latent=latent)
    batch = make_batch(4, sz, 3)
    for _ in range(12):  # each kind of perturbation comes up
        parts = network.train().loss(batch)
        assert parts["equivariance"].shape == (4,)
        assert torch.isfinite(parts["equivariance"]).all()
        assert (parts["equivariance"] >= 0).all()
    assert "equivariance" not in network.eval().loss(batch)
    assert "equivariance" not in make_cvae(sz=sz).train().loss(batch)


def test_the_equivariance_term_is_added_with_its_weight_and_teaches_the_decoder_alone():
    network = make_cvae(equivariance=3.0, beta=0.0).train()
    parts = network.loss(make_batch(4, 16, 3))
    assert (parts["equivariance"] > 0).all()
    torch.testing.assert_close(parts["loss"], parts["reconstruction"] + 3.0 * parts["equivariance"])
    parts["equivariance"].mean().backward()
    assert network.decoder.output.weight.grad.any()
    assert network.mean.weight.grad is None


def test_a_decoder_that_hands_its_codes_on_is_equivariant():
    class Identity(torch.nn.Module):
        def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
            super().__init__()

        def forward(self, z):
            return z

    network = make_cvae("bilstm", Identity, sz=400, d=1, latent_dim=1, equivariance=1.0)
    z = torch.randn(8, 400, 1)
    z = (z - z.mean()) / z.std(correction=0)  # then a unit of the code is a unit of the series
    for _ in range(12):
        torch.testing.assert_close(*network.perturb(z), atol=1e-4, rtol=0)


def test_without_a_mask_everything_counts_as_observed():
    network = make_cvae("cnn_gru", "conv_gru", sz=16, d=3, equivariance=1.0)
    batch = make_batch(4, 16, 3)
    batch["mask"] = torch.ones_like(batch["x"], dtype=torch.bool)
    with DrawFrom(torch.Generator().manual_seed(1)):
        masked = network.loss(batch)
    del batch["mask"]
    with DrawFrom(torch.Generator().manual_seed(1)):
        torch.testing.assert_close(network.loss(batch), masked)


def test_the_noise_of_the_codes_does_not_enter_the_equivariance_term():
    class Handing(torch.nn.Module):
        n_outputs = 1

        def __init__(self, n_timepoints, n_channels, hidden_dim=None):
            super().__init__()

        def forward(self, x):
            return x

    class Returning(torch.nn.Module):
        def __init__(self, n_codes, code_dim, n_timepoints, n_channels, hidden_dim=None):
            super().__init__()

        def forward(self, z):
            return z

    network = make_cvae(Handing, Returning, sz=400, d=1, latent_dim=1, equivariance=1.0).train()
    with torch.no_grad():
        network.mean.weight.fill_(1), network.mean.bias.fill_(0)
        network.log_variance.weight.fill_(0), network.log_variance.bias.fill_(0)
    x = torch.randn(8, 400, 1)
    x = (x - x.mean()) / x.std(correction=0)
    batch = {"x": x, "mask": torch.ones_like(x, dtype=torch.bool), "epoch": 0}
    for _ in range(12):
        parts = network.loss(batch)
        assert parts["reconstruction"].mean() > 0.5  # the draw is there
        assert parts["equivariance"].max() < 1e-8


# -------------------------------------------------------------------------------------------------
# Channels known in advance
# -------------------------------------------------------------------------------------------------

EVERY_PAIR = list(itertools.product(ENCODERS, DECODERS))


@pytest.mark.parametrize("encoder, decoder", EVERY_PAIR)
@pytest.mark.parametrize("latent", ["sequence", "global"])
@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_every_parameter_learns_beside_channels_known_in_advance(
    encoder, decoder, latent, condition
):
    changes = {"sz": 34, "latent": latent, "condition": condition, "n_known_channels": 2}
    network = make_cvae(encoder, decoder, **changes).train()
    batch = make_batch(3, 34, 3, condition=condition) | {"known": torch.randn(3, 34, 2)}
    parts = network.loss(batch)
    assert all(part.shape == (3,) for part in parts.values())
    parts["loss"].mean().backward()
    assert_finite_gradients(network, nonzero=True)


@pytest.mark.parametrize("encoder, decoder", EVERY_PAIR)
@pytest.mark.parametrize("latent", ["sequence", "global"])
@pytest.mark.parametrize("sz", [1, 6, 20, 34])
def test_what_is_known_of_each_single_step_reaches_the_codes_and_the_series(
    encoder, decoder, latent, sz
):
    network = make_cvae(encoder, decoder, sz=sz, latent=latent, n_known_channels=2).eval()
    x, known = torch.randn(1, sz, 3), torch.randn(1, sz, 2, requires_grad=True)
    z = network.encode(x, known=known)
    assert z.shape == (1, 1 if latent == "global" else count_codes(encoder, sz), 4)
    (in_codes,) = torch.autograd.grad(z.square().sum(), known)
    assert (in_codes != 0).all()
    decoded = network.decode(z.detach(), known=known)
    assert decoded.shape == (1, sz, 3)
    (in_series,) = torch.autograd.grad(decoded.square().sum(), known)
    assert (in_series != 0).all()


@pytest.mark.parametrize("latent", ["sequence", "global"])
def test_a_known_value_acts_around_its_own_step(latent):
    network = make_cvae(sz=64, latent=latent, n_known_channels=1).eval()
    z = torch.randn(1, 1 if latent == "global" else 16, 4)
    known = torch.zeros(1, 64, 1)
    before = network.decode(z, known=known)
    known[0, 40] = 3.0
    change = (network.decode(z, known=known) - before).abs().sum(dim=(0, 2))
    assert not change[:32].any()  # the GRU runs forward, and a convolution sees few steps
    assert change[36:48].max() > change[48:].max()


def test_without_known_channels_the_network_has_the_parameters_it_always_had():
    plain, asked = make_cvae(condition=3), make_cvae(condition=3, n_known_channels=0)
    shapes = [{name: value.shape for name, value in n.state_dict().items()} for n in (plain, asked)]
    assert shapes[0] == shapes[1]
    assert shapes[0]["encoder.convolutions.0.weight"] == (HIDDEN, 3 + 3, 5)
    assert shapes[0]["decoder.expand.weight"] == (HIDDEN, 4 + 3)


@pytest.mark.parametrize("latent", ["sequence", "global"])
@pytest.mark.parametrize("n_known_channels", [0, 2])
def test_a_network_that_is_told_its_number_of_codes_is_the_one_that_counts_them(
    latent, n_known_channels
):
    changes = {"sz": 34, "latent": latent, "n_known_channels": n_known_channels}
    counted = make_cvae(**changes)
    told = make_cvae(**changes, n_codes=counted.n_codes)
    told.load_state_dict(counted.state_dict())
    known = torch.randn(2, 34, 2) if n_known_channels else None
    z = torch.randn(2, counted.n_codes, 4)
    decoded = counted.eval().decode(z, known=known)
    assert torch.equal(told.eval().decode(z, known=known), decoded)


# -------------------------------------------------------------------------------------------------
# Parameters
# -------------------------------------------------------------------------------------------------


def count_parameters(encoder, decoder, sz, d):
    network = make_cvae(encoder, decoder, sz=sz, d=d, hidden_dim=None)
    return sum(parameter.numel() for parameter in network.parameters())


def test_the_base_model_has_as_many_parameters_as_that_of_the_paper():
    n_parameters = count_parameters("variational_transformer", "bilstm", sz=10, d=9)
    assert n_parameters == pytest.approx(243_657, rel=0.05)


@pytest.mark.parametrize("sz", [10, 100, 275, 1000])
def test_the_light_model_has_no_more_parameters_than_that_of_the_paper(sz):
    assert count_parameters("cnn_gru", "conv_gru", sz=sz, d=9) <= 83_401
