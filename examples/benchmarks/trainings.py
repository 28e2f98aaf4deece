"""A training of LatentAugmenter's network that one can halt after every epoch, so that two can take turns."""

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
        data = {"x": train, "mask": np.ones(train.shape, dtype=bool)}
        draws = DrawFrom(torch.Generator().manual_seed(seed))
        self.run = _Run(build, data, self.plan, None, "cpu", draws)
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
        return self.run.average.module.eval()

    @property
    def n_parameters(self):
        return count(self.network)

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
    plan = augmenter._plan(shape[0])
    augmenter.n_timepoints_, augmenter.n_channels_ = shape[1:]
    augmenter._condition_channels, augmenter.target_ = (), {"kind": None}
    return plan, functools.partial(CVAE, **augmenter._describe_network(plan))


def count(network):
    return sum(parameter.numel() for parameter in network.parameters())


def score(network, X, epoch):
    """Return the parts of the loss of scaled series at the mean of their codes, each per value."""
    x = torch.tensor(X)
    batch = {"x": x, "mask": torch.ones_like(x, dtype=torch.bool), "epoch": epoch}
    with torch.inference_mode():
        return {name: float(values.mean()) for name, values in network.loss(batch).items()}
