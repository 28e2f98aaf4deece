"""AdamW and clipping on all weights of a network at once.

Not `torch.optim`: the first optimiser that a process makes there imports torch's compiler, which
takes seconds, as long as a small fit, and again in every worker of a grid.
"""

import math

import torch

_FIRST_DECAY, _SECOND_DECAY = 0.9, 0.999
_EPSILON = 1e-8


class AdamW:
    """Adam with decoupled weight decay.

    Parameters
    ----------
    weights : FlatWeights
        What to train.
    learning_rate : float
        Peak of the learning rate.
    weight_decay : float
        Share of a weight that a step at a learning rate of 1 would take off.

    References
    ----------
    .. [1] Loshchilov and Hutter (2019), arXiv:1711.05101.
    """

    def __init__(self, weights, learning_rate, weight_decay):
        self.weights = weights
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.means = torch.zeros_like(weights.values)
        self.squares = torch.zeros_like(weights.values)
        self.spreads = torch.zeros_like(weights.values)  # of the step, kept for its memory
        self.n_steps = 0

    def step(self, runs, share=1.0):
        """Move the weights in `runs` along their gradient, at `share` of the learning rate."""
        self.n_steps += 1
        for run in runs:
            self._move(run, self.learning_rate * share)
        self.weights.publish()

    def _move(self, run, rate):
        values, gradient = self.weights.values[run], self.weights.gradient[run]
        mean, square, spread = self.means[run], self.squares[run], self.spreads[run]
        mean.lerp_(gradient, 1 - _FIRST_DECAY)
        square.mul_(_SECOND_DECAY).addcmul_(gradient, gradient, value=1 - _SECOND_DECAY)
        # What is missing of a mean over few steps is made up for in the rate, which is one number.
        missing = math.sqrt(1 - _SECOND_DECAY**self.n_steps)
        torch.sqrt(square, out=spread).add_(_EPSILON * missing)
        values.mul_(1 - rate * self.weight_decay)
        values.addcdiv_(mean, spread, value=-rate * missing / (1 - _FIRST_DECAY**self.n_steps))


def shorten(gradient, longest):
    """Scale a gradient, in place, so that its norm is at most `longest`."""
    norm = torch.linalg.vector_norm(gradient)
    gradient.mul_((longest / (norm + 1e-6)).clamp_(max=1))
