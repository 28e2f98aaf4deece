"""A training of LatentAugmenter's network that one can halt after every epoch, so that two can take turns."""

import copy
import functools
import time

import numpy as np
import torch

from sklaug import LatentAugmenter
from sklaug._training import _Run
from sklaug.networks.cvae import CVAE
from sklaug.networks.randomness import DrawFrom


class Training:
    """What `LatentAugmenter.fit` trains, by the same loop and plan, an epoch at a time.

    Parameters
    ----------
    train : ndarray of shape (n, sz, d)
        Scaled series.
    seed : int
        Of weights, order of rows and noise.
    **parameters
        Of `LatentAugmenter`.
    """

    def __init__(self, train, seed, **parameters):
        self.plan, build = describe(train.shape, **parameters)
        draws = DrawFrom(torch.Generator().manual_seed(seed))
        self.run = _Run(build, {"x": train}, self.plan, None, "cpu", draws)
        self.epoch, self.seconds, self.scores = 0, [], []

    def run_epoch(self, validation=None):
        """Train an epoch, take its seconds, and score the weights that a fit would keep."""
        start = time.perf_counter()
        self.run.run_epoch(self.epoch)
        self.seconds.append(time.perf_counter() - start)
        if validation is not None:
            self.scores.append(score(self.network, validation, self.epoch))
        self.epoch += 1

    @property
    def network(self):
        """Return a copy of the network with the weights that a fit would keep."""
        with self.run.average.in_place():
            return copy.deepcopy(self.run.network).eval()

    @property
    def n_parameters(self):
        return count(self.run.network)

    def summarise(self):
        """Return the figures of the whole training."""
        errors = [one["reconstruction"] for one in self.scores]
        return {
            "ms": 1e3 * float(np.median(self.seconds[1:] or self.seconds)),
            "total": self.run.history["loss"][-1],
            "validation": self.scores[-1]["loss"],
            "error": errors[-1],
            "lowest_error": min(errors),
        }


def describe(shape, **parameters):
    """Return the plan, and the function that builds the network, of a fit on series of a shape, without y."""
    augmenter = LatentAugmenter(**parameters)
    augmenter.n_timepoints_, augmenter.n_channels_ = shape[1:]
    plan = augmenter._plan(shape[0])
    augmenter._condition_channels, augmenter.target_ = (), {"kind": None}
    return plan, functools.partial(CVAE, **augmenter._describe_network(plan))


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def score(network, X, epoch):
    """Return the parts of the loss of scaled series at the mean of their codes, each per value."""
    x = torch.tensor(X)
    with torch.inference_mode():
        parts = network.loss({"x": x, "epoch": epoch})
    return {name: float(values.mean()) for name, values in parts.items()}
