import numpy as np
import pytest
import torch
from torch import nn

from sklaug._averaging import WeightAverage
from sklaug._flat import FlatWeights

N_STEPS = 3000


def exponential(path):
    average = path[0]
    for n_averaged, point in enumerate(path[1:], start=1):
        kept = min(0.998, (1 + n_averaged) / (10 + n_averaged))
        average = kept * average + (1 - kept) * point
    return average


FORMULAS = {
    "exponential": exponential,
    "mean": lambda path: path.mean(axis=0),
    "last": lambda path: path[-1],
}


def walk(kind, n_steps=N_STEPS):
    """Return the average of weights on a random walk, the network, and the walk."""
    network = nn.Linear(3, 2)
    weights = FlatWeights(network)
    average = WeightAverage(weights, kind)
    path, rng = [], np.random.default_rng(0)
    for _ in range(n_steps):
        weights.load(weights.values + torch.tensor(rng.normal(size=len(weights.values))).float())
        average.update()
        path.append(weights.values.double().numpy().copy())
    return average, network, np.array(path)


@pytest.mark.parametrize("kind", FORMULAS)
@pytest.mark.parametrize("n_steps", [1, 2, N_STEPS])
def test_averages_are_those_of_their_formulas(kind, n_steps):
    average, _, path = walk(kind, n_steps)
    np.testing.assert_allclose(average.values, FORMULAS[kind](path), rtol=1e-4, atol=1e-4)
    if kind == "last" or n_steps == 1:
        assert np.array_equal(average.values, path[-1])


def test_the_network_has_the_average_inside_the_block_alone_whatever_ends_it():
    average, network, path = walk("mean", 5)

    def current():
        return np.append(network.weight.detach().flatten(), network.bias.detach())

    def look():
        seen.append(current())
        raise KeyboardInterrupt

    own, seen = current(), []
    with pytest.raises(KeyboardInterrupt), average.in_place():
        look()
    expected = [path.mean(axis=0)[place] for place in average.weights.places]
    np.testing.assert_allclose(seen[0], np.concatenate(expected), rtol=1e-5)
    assert np.array_equal(current(), own)
    assert average.n_averaged == 5
