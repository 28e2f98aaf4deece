"""Steps on all weights at once, against torch's own optimiser and clipping, parameter by parameter."""

import pytest
import torch
from torch import nn

from sklaug._flat import FlatWeights
from sklaug._optimizer import AdamW, shorten


class Bag(nn.Module):
    """Parameters of many kinds, some of which a loss may leave out."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)

        def draw(*shape, dtype=torch.float32):
            return nn.Parameter(torch.randn(shape, generator=generator, dtype=dtype))

        self.matrix, self.number, self.vector = draw(4, 3), draw(), draw(17)
        self.frozen = draw(5).requires_grad_(False)
        self.empty, self.wave = draw(0), draw(3, dtype=torch.complex64)

    def loss(self, step, used=("matrix", "number", "vector", "wave")):
        """A loss whose gradient changes from step to step."""
        return sum(
            (getattr(self, name) * (1 + step % 3) - 2).abs().square().sum() for name in used
        ) + (self.frozen.sum() * self.number if "number" in used else 0)


def pair(weight_decay=0.1, learning_rate=0.05):
    """Return a bag with our optimiser, and another with torch's."""
    ours, theirs = Bag(), Bag()
    optimizer = AdamW(FlatWeights(ours), learning_rate, weight_decay)
    reference = torch.optim.AdamW(theirs.parameters(), lr=learning_rate, weight_decay=weight_decay)
    return ours, optimizer, theirs, reference


def assert_close(ours, theirs, tolerance=1e-6):
    for own, their in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(own, their, rtol=tolerance, atol=tolerance)


def test_steps_are_those_of_torchs_own_adamw():
    ours, optimizer, theirs, reference = pair()
    for step in range(50):
        share = (50 - step) / 50
        optimizer.step(optimizer.weights.differentiate(ours.loss(step)), share)
        reference.param_groups[0]["lr"] = 0.05 * share
        reference.zero_grad()
        theirs.loss(step).backward()
        reference.step()
    assert optimizer.n_steps == 50
    assert_close(ours, theirs)
    assert not torch.equal(ours.number, Bag().number)


@pytest.mark.parametrize("used", [("matrix", "vector"), ("number", "wave"), ("vector",)])
def test_a_parameter_without_gradient_stays_as_it_is_and_so_do_its_moments(used):
    ours, optimizer, theirs, reference = pair()

    def step(of, names):
        optimizer.step(optimizer.weights.differentiate(ours.loss(of, names)))
        reference.zero_grad()
        theirs.loss(of, names).backward()
        reference.step()

    everything = ("matrix", "number", "vector", "wave")
    step(0, everything)
    before = {name: getattr(ours, name).detach().clone() for name in everything}
    moments = [optimizer.means.clone(), optimizer.squares.clone()]
    step(1, used)
    for name in everything:
        assert torch.equal(getattr(ours, name), before[name]) == (name not in used)
    places = dict(zip(optimizer.weights.parameters, optimizer.weights.places, strict=True))
    for name in set(everything) - set(used):
        place = places[getattr(ours, name)]
        assert torch.equal(optimizer.means[place], moments[0][place])
        assert torch.equal(optimizer.squares[place], moments[1][place])
    assert_close(ours, theirs)  # both have taken as many steps until here


@pytest.mark.parametrize("longest", [1e-3, 1.0, 30.0, 1e6])
@pytest.mark.parametrize("used", [("matrix", "number", "vector"), ("matrix",)])
def test_gradients_are_shortened_as_torch_does(longest, used):
    ours, theirs = Bag(), Bag()
    weights = FlatWeights(ours)
    weights.differentiate(ours.loss(1))  # what an earlier step leaves does not count
    weights.differentiate(ours.loss(0, used))
    shorten(weights.gradient, longest)
    theirs.loss(0, used).backward()
    norm = torch.nn.utils.clip_grad_norm_(theirs.parameters(), longest)
    assert float(weights.gradient.norm()) == pytest.approx(min(float(norm), longest), rel=1e-5)
    for gradient, own in zip(weights.gradients, weights.parameters, strict=True):
        (name,) = [name for name, one in ours.named_parameters() if one is own]
        their = dict(theirs.named_parameters())[name].grad
        their = torch.zeros_like(own) if their is None else their
        torch.testing.assert_close(gradient, their, rtol=1e-6, atol=1e-9)


def test_what_is_frozen_neither_decays_nor_moves():
    ours, optimizer, _, _ = pair()
    before = ours.frozen.clone()
    for step in range(3):
        optimizer.step(optimizer.weights.differentiate(ours.loss(step)))
    assert torch.equal(ours.frozen, before)


def test_a_gradient_that_is_not_a_number_shows_in_the_weights():
    ours, optimizer, _, _ = pair()
    used = optimizer.weights.differentiate(ours.loss(0, ("vector",)) * torch.nan)
    shorten(optimizer.weights.gradient, 1.0)
    optimizer.step(used)
    assert ours.vector.isnan().all()
    assert ours.matrix.isfinite().all()
