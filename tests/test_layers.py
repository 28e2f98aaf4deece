"""The layers whose gradients are written by hand, against torch's own."""

import pytest
import torch
from torch import nn

from sklaug.networks.layers import convolve, recur, upsample


def native_convolution(layer, x):
    return layer(x.transpose(1, 2)).transpose(1, 2)


def native_gru(layer, x):
    return layer(x)[0]


LAYERS = {
    "narrowing convolution": (convolve, native_convolution, lambda: nn.Conv1d(7, 2, 5, padding=2)),
    "narrowing convolution of 3": (
        convolve,
        native_convolution,
        lambda: nn.Conv1d(7, 6, 3, padding=1),
    ),
    "convolution of 1": (convolve, native_convolution, lambda: nn.Conv1d(7, 3, 1)),
    "widening convolution": (convolve, native_convolution, lambda: nn.Conv1d(7, 9, 5, padding=2)),
    "strided convolution": (
        convolve,
        native_convolution,
        lambda: nn.Conv1d(7, 2, 5, stride=2, padding=2),
    ),
    "shortening convolution": (
        convolve,
        native_convolution,
        lambda: nn.Conv1d(7, 2, 2, padding=1),
    ),
    "transposed convolution": (
        upsample,
        native_convolution,
        lambda: nn.ConvTranspose1d(7, 4, 4, stride=2, padding=1),
    ),
    "GRU": (recur, native_gru, lambda: nn.GRU(7, 5, batch_first=True)),
    "wider GRU": (recur, native_gru, lambda: nn.GRU(7, 11, batch_first=True)),
}
INPUTS = {
    "full": lambda: torch.randn(6, 20, 7),
    "one row": lambda: torch.randn(1, 20, 7),
    "one step": lambda: torch.randn(6, 1, 7),
    "channels before time": lambda: torch.randn(6, 7, 20).transpose(1, 2),
    "time before rows": lambda: torch.randn(20, 6, 7).transpose(0, 1),
    "every other step": lambda: torch.randn(6, 40, 7)[:, ::2],
    "a row repeated": lambda: torch.randn(1, 20, 7).expand(6, -1, -1),
}


@pytest.fixture(autouse=True)
def _seed():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield


def differentiate(apply, layer, x):
    """Return what a layer makes of x, and the gradients of a weighted sum of it."""
    x = x.detach().requires_grad_()
    result = apply(layer, x)
    weights = torch.linspace(-1, 2, result.numel(), dtype=x.dtype).view(result.shape)
    return result, *torch.autograd.grad((result * weights).sum(), [x, *layer.parameters()])


@pytest.mark.parametrize("shape", INPUTS)
@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients_are_those_of_torch(name, shape):
    ours, native, make = LAYERS[name]
    layer, x = make().double(), INPUTS[shape]().double()
    for found, expected in zip(
        differentiate(ours, layer, x), differentiate(native, layer, x), strict=True
    ):
        torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("name", LAYERS)
def test_a_gradient_that_is_the_same_everywhere_is_followed(name):
    # The gradient of a plain sum is one number, repeated without memory of its own.
    ours, native, make = LAYERS[name]
    layer, x = make().double(), torch.randn(3, 9, 7, dtype=torch.float64)
    for parameters in zip(
        *(
            torch.autograd.grad(apply(layer, x).sum(), layer.parameters())
            for apply in (ours, native)
        ),
        strict=True,
    ):
        torch.testing.assert_close(*parameters)


@pytest.mark.parametrize("name", LAYERS)
def test_float32_is_as_exact_as_torch(name):
    ours, native, make = LAYERS[name]
    layer, x = make(), torch.randn(6, 20, 7)
    exact = differentiate(native, layer.double(), x.double())
    layer.float()
    for found, expected, truth in zip(
        differentiate(ours, layer, x), differentiate(native, layer, x), exact, strict=True
    ):
        bound = 8 * (expected - truth).abs().max() + 1e-6 * truth.abs().max()
        assert (found - truth).abs().max() < bound


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", LAYERS)
def test_without_gradients_values_are_the_same(name, mode):
    # 20 steps: a GRU then takes its inputs in parts, the last of them shorter.
    ours, _, make = LAYERS[name]
    layer, x = make(), torch.randn(6, 20, 7)
    expected = ours(layer, x).detach()
    with mode():
        torch.testing.assert_close(ours(layer, x), expected)


def test_a_saturated_gru_stays_within_its_bounds():
    layer = nn.GRU(7, 5, batch_first=True)
    x = 1e4 * torch.randn(6, 20, 7)
    with torch.no_grad():
        assert recur(layer, x).abs().max() <= 1
    for gradient in differentiate(recur, layer, x):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("name", LAYERS)
def test_weights_alone_can_be_trained(name):
    # The first layer of a network: nobody asks for the gradient of its input.
    ours, native, make = LAYERS[name]
    layer, x = make().double(), torch.randn(6, 20, 7, dtype=torch.float64)
    for apply in (ours, native):
        layer.zero_grad()
        apply(layer, x).square().sum().backward()
        gradients = [one.grad.clone() for one in layer.parameters()]
        if apply is ours:
            found = gradients
    torch.testing.assert_close(found, gradients)


@pytest.mark.parametrize("name", LAYERS)
def test_other_devices_run_the_layers_of_torch(name):
    ours, native, make = LAYERS[name]
    layer, x = make().to("meta"), torch.randn(6, 20, 7, device="meta")
    assert ours(layer, x).shape == native(layer, x).shape
    assert "Backward" in type(ours(layer, x).grad_fn).__name__
    assert type(ours(layer, x).grad_fn).__module__ != "torch.autograd.function"


def test_a_network_too_small_to_need_it_learns_through_them():
    layer = nn.GRU(1, 8, batch_first=True)
    head = nn.Conv1d(8, 1, 3, padding=1)
    x = torch.randn(64, 12, 1)
    target = x.cumsum(dim=1).tanh()
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
    losses = []
    for _ in range(150):
        loss = (convolve(head, recur(layer, x)) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.1 * losses[0]
