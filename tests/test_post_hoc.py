"""The networks that judge synthetic series."""

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.nn import functional

from sklaug.networks.post_hoc import NextStep, RealOrSynthetic

# -------------------------------------------------------------------------------------------
# The networks
# -------------------------------------------------------------------------------------------


def series(n=5, sz=7, d=3, seed=0):
    return torch.tensor(np.random.default_rng(seed).random((n, sz, d)), dtype=torch.float32)


def judge(n_inputs=3):
    torch.manual_seed(0)
    return RealOrSynthetic(n_inputs, 2)


def forecaster():
    torch.manual_seed(0)
    return NextStep(3, 2, (0.0, -5.0), (1.0, 10.0))


@pytest.fixture(autouse=True)
def own_seed():
    with torch.random.fork_rng():
        yield


LENGTHS = torch.tensor([7, 1, 4, 2, 6])
BATCHES = {
    "judge": (judge, {"real": series(), "synthetic": series(seed=1)}),
    "judge of unequal lengths": (
        judge,
        {"real": series(), "synthetic": series(seed=1), "real_lengths": LENGTHS, "synthetic_lengths": LENGTHS},
    ),
    "forecaster": (forecaster, {"x": series(), "target": series(d=2)}),
    "forecaster with gaps": (
        forecaster,
        {"x": series(), "target": series(d=2), "observed": series(d=2, seed=2) > 0.5},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BATCHES)
def test_every_parameter_gets_a_gradient(name):
    make, batch = BATCHES[name]
    network = make()
    loss = network.loss({**batch, "epoch": 0})["loss"]
    assert loss.shape == (5,)
    loss.mean().backward()
    for parameter_name, parameter in network.named_parameters():
        assert parameter.grad is not None, parameter_name
        assert parameter.grad.abs().sum() > 0, parameter_name


def test_the_loss_of_the_judge_is_the_cross_entropy_of_both_sides():
    network, batch = judge(), BATCHES["judge"][1]
    real, synthetic = network(batch["real"]), network(batch["synthetic"])
    entropy = functional.binary_cross_entropy_with_logits
    expected = entropy(real, torch.ones(5), reduction="none")
    expected += entropy(synthetic, torch.zeros(5), reduction="none")
    assert_allclose(network.loss(batch)["loss"].detach(), expected.detach(), rtol=1e-6)


def test_what_lies_beyond_the_end_of_a_series_plays_no_role():
    network, x = judge(), series()
    spoiled = x.clone()
    for row, length in enumerate(LENGTHS):
        spoiled[row, length:] = 1e3
    assert_allclose(network(spoiled, LENGTHS).detach(), network(x, LENGTHS).detach(), rtol=0)
    alone = torch.cat([network(x[i : i + 1, :length]) for i, length in enumerate(LENGTHS)])
    assert_allclose(network(x, LENGTHS).detach(), alone.detach(), atol=1e-6)


def test_full_series_give_the_same_with_and_without_their_lengths():
    network, x = judge(), series()
    assert_allclose(network(x, torch.full((5,), 7)).detach(), network(x).detach(), atol=1e-6)


def test_what_is_foretold_lies_in_the_range_of_its_channel():
    network = forecaster()
    with torch.no_grad():
        network.output.bias[:] = torch.tensor([50.0, -50.0])
    foretold = network(series()).detach()
    assert_allclose(foretold[..., 0], 1)
    assert_allclose(foretold[..., 1], -5)


def test_only_observed_targets_count_in_the_error():
    network, batch = forecaster(), dict(BATCHES["forecaster with gaps"][1])
    batch["observed"] = batch["observed"].clone()
    batch["observed"][0] = False
    errors = (network(batch["x"]) - batch["target"]).abs().detach().numpy()
    observed = batch["observed"].numpy()
    expected = [0] + [errors[row][observed[row]].mean() for row in range(1, 5)]
    assert_allclose(network.loss(batch)["loss"].detach(), expected, rtol=1e-5)
