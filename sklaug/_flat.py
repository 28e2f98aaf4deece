"""The trained weights of a network side by side in one tensor.

A step then clips, updates and averages one tensor, in about ten operations, where it took that many
for each of the dozens of parameters that a network has.
"""

from itertools import accumulate, groupby

import torch

# 64 bytes, where a tensor of its own would start: the kernels that read a parameter are the same.
_FLOATS_APART = 16


class FlatWeights:
    """The parameters of a network that require a gradient, as one float32 tensor.

    On the CPU the parameters become views into it. Elsewhere they keep their own memory, since cuDNN
    wants all weights of a recurrent layer in a storage of their own; `publish` then copies.

    Parameters
    ----------
    network : torch.nn.Module
        It stays on the device it is on. A complex parameter counts as pairs of real ones.

    Raises
    ------
    ValueError
        If a parameter is neither float32 nor complex64.

    Attributes
    ----------
    values, gradient : Tensor of shape (n,)
        What the parameters hold, and the last gradient of a loss; zeros between parameters.
    """

    def __init__(self, network):
        named = [(name, one) for name, one in network.named_parameters() if one.requires_grad]
        _check_types(named)
        self.parameters = [one for _, one in named]
        device = self.parameters[0].device
        sizes = [one.numel() * (2 if one.is_complex() else 1) for one in self.parameters]
        apart = [-(-size // _FLOATS_APART) * _FLOATS_APART for size in sizes]
        self.starts = [0, *accumulate(apart)]
        self.places = [slice(a, a + n) for a, n in zip(self.starts, sizes, strict=False)]
        self.values = torch.zeros(self.starts[-1], device=device)
        self.gradient = torch.zeros_like(self.values)
        self.views, self.gradients = self._view(self.values), self._view(self.gradient)
        self.are_shared = device.type == "cpu"
        with torch.no_grad():
            for view, parameter in zip(self.views, self.parameters, strict=True):
                view.copy_(parameter)
                if self.are_shared:
                    parameter.data = view

    def _view(self, flat):
        """Return the part of each parameter, of its shape."""
        return [
            flat[place].view(one.dtype).view(one.shape)
            for place, one in zip(self.places, self.parameters, strict=True)
        ]

    def differentiate(self, loss):
        """Fill `gradient`, and return the runs of weights that the loss depends on, as slices.

        The gradient of all others is zero. They are no part of a step: neither decay nor what is
        left of earlier steps moves them.
        """
        self._take_back()
        found = self._find_gradients(loss)
        used = [one is not None for one in found]
        if not all(used):
            self.gradient.zero_()
        views = [view for view, is_used in zip(self.gradients, used, strict=True) if is_used]
        found = [one.to_dense() if one.is_sparse else one for one in found if one is not None]
        torch._foreach_copy_(views, found)
        return self._runs(used)

    def _find_gradients(self, loss):
        """Return the gradient of each parameter; None where there is none, or a network froze it on the way."""
        wanted = [one for one in self.parameters if one.requires_grad]
        found = iter(torch.autograd.grad(loss, wanted, allow_unused=True))
        return [next(found) if one.requires_grad else None for one in self.parameters]

    @torch.no_grad()
    def _take_back(self):
        """Take over what a network gave a parameter as new memory, as ``w.data = ...`` does."""
        if self.are_shared:
            for parameter, view in zip(self.parameters, self.views, strict=True):
                if parameter.data_ptr() != view.data_ptr():
                    view.copy_(parameter)
                    parameter.data = view

    def _runs(self, used):
        runs, first = [], 0
        for is_used, group in groupby(used):
            stop = first + len(list(group))
            if is_used:
                runs.append(slice(self.starts[first], self.starts[stop]))
            first = stop
        return runs

    def load(self, values):
        """Set all weights, from a tensor like `values`."""
        self.values.copy_(values)
        self.publish()

    @torch.no_grad()
    def publish(self):
        """Let the network have what `values` holds."""
        if not self.are_shared:
            torch._foreach_copy_(self.parameters, self.views)


def _check_types(named):
    for name, parameter in named:
        if parameter.dtype not in (torch.float32, torch.complex64):
            raise ValueError(
                f"Parameters that are trained must be float32 or complex64, but {name} is {parameter.dtype}."
            )
