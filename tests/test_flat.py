"""A network whose trained parameters lie side by side in one tensor is otherwise the one it was."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn

from sklaug._flat import FlatWeights


class Mixed(nn.Module):
    """A recurrent layer, a shared and a transposed weight, statistics, and a parameter that is frozen."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(3, 5, batch_first=True)
        self.norm = nn.BatchNorm1d(5)
        self.there, self.back = nn.Linear(5, 5), nn.Linear(5, 5)
        self.back.weight = self.there.weight
        self.turned = nn.Parameter(torch.randn(4, 5).T)
        self.frozen = nn.Parameter(torch.ones(2), requires_grad=False)

    def forward(self, x):
        h = self.norm(self.gru(x)[0][:, -1])
        return self.back(self.there(h)) @ self.turned * self.frozen.sum()


@pytest.fixture
def networks():
    torch.manual_seed(0)
    plain = Mixed()
    flat = copy.deepcopy(plain)
    return plain, flat, FlatWeights(flat)


X = torch.linspace(-1, 1, 6 * 7 * 3).reshape(6, 7, 3).sin()


def test_names_shapes_types_and_values_stay(networks):
    plain, flat, _ = networks
    states = plain.state_dict(), flat.state_dict()
    assert list(states[0]) == list(states[1])
    for name, value in states[0].items():
        assert states[1][name].dtype == value.dtype
        assert torch.equal(states[1][name], value)
    torch.testing.assert_close(plain(X), flat(X))
    assert [name for name, _ in flat.named_parameters()] == [
        name for name, _ in plain.named_parameters()
    ]


def test_every_trained_parameter_starts_at_a_multiple_of_64_bytes_and_no_two_overlap(networks):
    _, flat, weights = networks
    first = weights.values.data_ptr()
    spans = []
    for parameter in weights.parameters:
        start = parameter.data_ptr() - first
        assert start % 64 == 0
        assert parameter.is_contiguous()
        spans.append((start // 4, start // 4 + parameter.numel()))
    assert all(stop <= start for (_, stop), (start, _) in pairwise(spans))
    assert spans[-1][1] <= len(weights.values) < spans[-1][1] + 16
    assert sum(stop - start for start, stop in spans) == sum(
        parameter.numel() for parameter in flat.parameters() if parameter.requires_grad
    )


def test_gradients_are_those_of_backward_and_a_shared_weight_has_one(networks):
    plain, flat, weights = networks
    plain(X).square().mean().backward()
    runs = weights.differentiate(flat(X).square().mean())
    assert runs == [slice(0, len(weights.values))]
    expected = [one.grad for one in plain.parameters() if one.requires_grad]
    assert len(weights.gradients) == len(expected)
    for gradient, wanted in zip(weights.gradients, expected, strict=True):
        torch.testing.assert_close(gradient, wanted)
    assert all(parameter.grad is None for parameter in flat.parameters())
    assert flat.back.weight is flat.there.weight


def test_what_a_loss_does_not_depend_on_is_in_no_run_and_has_no_gradient(networks):
    _, flat, weights = networks
    weights.differentiate(flat(X).square().mean())
    runs = weights.differentiate(flat.there.bias.sum() + 2 * flat.turned.sum())
    covered = torch.zeros(len(weights.values), dtype=torch.bool)
    for run in runs:
        covered[run] = True
    wanted = {flat.there.bias: 1.0, flat.turned: 2.0}
    for parameter, place, gradient in zip(
        weights.parameters, weights.places, weights.gradients, strict=True
    ):
        assert covered[place].all() == covered[place].any() == (parameter in wanted)
        assert (gradient == wanted.get(parameter, 0.0)).all()
    assert weights.gradient.sum() == 5 + 2 * 20


def test_weights_that_are_loaded_reach_the_network_and_nothing_else(networks):
    _, flat, weights = networks
    frozen, mean = flat.frozen.clone(), flat.norm.running_mean.clone()
    weights.load(torch.full_like(weights.values, 0.25))
    assert all((parameter == 0.25).all() for parameter in weights.parameters)
    assert torch.equal(flat.frozen, frozen)
    assert torch.equal(flat.norm.running_mean, mean)


def test_where_parameters_keep_their_own_memory_it_is_written_to(networks):
    """As on a GPU: here the parameters are taken out of the flat tensor again."""
    _, _, weights = networks
    for parameter in weights.parameters:
        parameter.data = parameter.data.clone()
    weights.are_shared = False
    weights.load(torch.full_like(weights.values, 0.5))
    assert all((parameter == 0.5).all() for parameter in weights.parameters)
    assert weights.parameters[0].data_ptr() != weights.values.data_ptr()


def test_copies_of_the_network_are_on_their_own(networks):
    _, flat, weights = networks
    other = copy.deepcopy(flat)
    weights.values.zero_()
    assert not any((parameter == 0).all() for parameter in other.gru.parameters())


def step(network, weights, loss):
    """Differentiate, and move along the gradient as an optimiser would."""
    runs = weights.differentiate(loss)
    for run in runs:
        weights.values[run] -= 0.1 * weights.gradient[run]
    weights.publish()
    return runs


def test_a_parameter_that_the_network_freezes_on_the_way_stays_as_it_is(networks):
    _, flat, weights = networks
    flat.turned.requires_grad_(False)
    before = flat.turned.clone()
    step(flat, weights, flat(X).square().sum())
    assert torch.equal(flat.turned, before)
    flat.turned.requires_grad_(True)
    step(flat, weights, flat(X).square().sum())
    assert not torch.equal(flat.turned, before)


def test_memory_that_the_network_gives_a_parameter_is_taken_over(networks):
    _, flat, weights = networks
    flat.turned.data = flat.turned.data.clamp(-0.5, 0.5)
    clamped = flat.turned.clone()
    loss = flat(X).square().sum()
    (gradient,) = torch.autograd.grad(loss, [flat.turned], retain_graph=True)
    step(flat, weights, loss)
    torch.testing.assert_close(flat.turned.detach(), clamped - 0.1 * gradient)


def test_gradients_of_few_rows_are_taken_in_full():
    torch.manual_seed(0)
    table = nn.Embedding(10, 3, sparse=True)
    weights, before = FlatWeights(table), table.weight.clone()
    step(table, weights, table(torch.tensor([2, 2, 7])).sum())
    moved = (table.weight - before).detach()
    expected = torch.zeros(10, 3)
    expected[2], expected[7] = -0.2, -0.1
    torch.testing.assert_close(moved, expected)


@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128, torch.float16])
def test_parameters_of_other_types_are_refused_by_name(dtype):
    network = nn.Linear(2, 2)
    network.weight = nn.Parameter(torch.zeros(2, 2, dtype=dtype))
    with pytest.raises(ValueError, match=f"float32 or complex64, but weight is {dtype}"):
        FlatWeights(network)
