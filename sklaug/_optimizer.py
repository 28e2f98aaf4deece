"""AdamW on torch's multi-tensor operations.

Not `torch.optim`: the first optimiser that a process makes there imports torch's compiler, which
takes seconds, as long as a small fit, and again in every worker of a grid.
"""

import torch

_FIRST_DECAY, _SECOND_DECAY = 0.9, 0.999
_EPSILON = 1e-8


class AdamW:
    """Adam with decoupled weight decay.

    Parameters
    ----------
    parameters : iterable of torch.nn.Parameter
        What to train; parameters without a gradient are passed over.
    learning_rate : float
        Peak of the learning rate.
    weight_decay : float
        Share of a parameter that a step at a learning rate of 1 would take off.

    References
    ----------
    .. [1] Loshchilov and Hutter (2019), arXiv:1711.05101.
    """

    def __init__(self, parameters, learning_rate, weight_decay):
        self.parameters = [parameter for parameter in parameters if parameter.requires_grad]
        self.learning_rate, self.weight_decay = learning_rate, weight_decay
        self.means = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.squares = [torch.zeros_like(parameter) for parameter in self.parameters]
        self.n_steps = 0

    def zero_grad(self):
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self, share=1.0):
        """Take a step at `share` of the learning rate."""
        self.n_steps += 1
        rate = self.learning_rate * share
        used = [
            place for place, parameter in enumerate(self.parameters) if parameter.grad is not None
        ]
        parameters = [self.parameters[place] for place in used]
        gradients = [parameter.grad for parameter in parameters]
        means = [self.means[place] for place in used]
        squares = [self.squares[place] for place in used]

        torch._foreach_lerp_(means, gradients, 1 - _FIRST_DECAY)
        torch._foreach_mul_(squares, _SECOND_DECAY)
        torch._foreach_addcmul_(squares, gradients, gradients, 1 - _SECOND_DECAY)
        spread = torch._foreach_div(squares, 1 - _SECOND_DECAY**self.n_steps)
        torch._foreach_sqrt_(spread)
        torch._foreach_add_(spread, _EPSILON)
        torch._foreach_mul_(parameters, 1 - rate * self.weight_decay)
        torch._foreach_addcdiv_(parameters, means, spread, -rate / (1 - _FIRST_DECAY**self.n_steps))
