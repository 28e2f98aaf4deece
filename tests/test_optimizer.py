import torch

from sklaug._optimizer import AdamW


def quadratic(parameters, step):
    """A loss whose gradient changes from step to step."""
    weight, bias = parameters
    return ((weight * (1 + step % 3) - 2).square().sum() + (weight.sum() * bias - 1).square()).sum()


def make_parameters():
    generator = torch.Generator().manual_seed(0)
    return [
        torch.nn.Parameter(torch.randn(4, 3, generator=generator)),
        torch.nn.Parameter(torch.randn(1, generator=generator)),
    ]


def test_steps_are_those_of_torchs_own_adamw():
    ours, theirs = make_parameters(), make_parameters()
    optimizer = AdamW(ours, learning_rate=0.05, weight_decay=0.1)
    reference = torch.optim.AdamW(theirs, lr=0.05, weight_decay=0.1)
    for step in range(50):
        share = (50 - step) / 50
        optimizer.zero_grad()
        quadratic(ours, step).backward()
        optimizer.step(share)
        reference.param_groups[0]["lr"] = 0.05 * share
        reference.zero_grad()
        quadratic(theirs, step).backward()
        reference.step()
    for own, their in zip(ours, theirs, strict=True):
        torch.testing.assert_close(own, their, rtol=1e-4, atol=1e-5)


def test_a_parameter_without_gradient_stays_as_it_is():
    used, unused = make_parameters()
    before = unused.detach().clone()
    optimizer = AdamW([used, unused], learning_rate=0.1, weight_decay=0.1)
    used.square().sum().backward()
    optimizer.step()
    assert torch.equal(unused, before)
