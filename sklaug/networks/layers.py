"""The GRU and the convolutions at full length in few operations, with gradients written by hand.

They compute what torch's own layers compute, from the weights of those layers, to some 1e-7 of the largest
value that a state can have. On a CPU, networks as
narrow as ours spend their time between torch's many small operations, and in the reordering that its
convolutions begin with; here those at the full length are one product each, and a step of the GRU five operations forward
and three backward. On other devices torch's own layers run.

Everything is (b, t, c), time before channels.
"""

import torch
from torch.autograd import Function
from torch.autograd.function import once_differentiable

# Steps of which a GRU takes the inputs in together where nothing is kept for a gradient: the memory
# of few is used again and again, that of many has to be fetched each time.
_STEPS_TOGETHER = 8


def convolve(layer, x):  # (b, t, c)
    """Apply a `torch.nn.Conv1d` with zeros for padding, no dilation and no groups: (b, t_out, c_out)."""
    (kernel,), (stride,), (padding,) = layer.kernel_size, layer.stride, layer.padding
    keeps_length = stride == 1 and kernel == 2 * padding + 1
    if x.device.type != "cpu" or not keeps_length or layer.out_channels >= layer.in_channels:
        return layer(x.transpose(1, 2)).transpose(1, 2)
    return _NarrowingConvolution.apply(x, layer.weight, layer.bias)


def upsample(layer, x):  # (b, t, c)
    """Apply a `torch.nn.ConvTranspose1d` of kernel 4, stride 2 and padding 1: (b, 2 t, c_out)."""
    if x.device.type != "cpu":
        return layer(x.transpose(1, 2)).transpose(1, 2)
    return _Doubling.apply(x, layer.weight, layer.bias)


def recur(layer, x):  # (b, t, c)
    """Return the states of a `torch.nn.GRU` of one layer and direction, batch first: (b, t, h)."""
    if x.device.type != "cpu":
        return layer(x)[0]
    weights = layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0
    if torch.is_grad_enabled() and (x.requires_grad or any(w.requires_grad for w in weights)):
        return _GRU.apply(x, *weights)
    return _run_gru(x, *weights, n_together=_STEPS_TOGETHER)[0]


# -------------------------------------------------------------------------------------------
# Convolutions
# -------------------------------------------------------------------------------------------


class _NarrowingConvolution(Function):
    """Each step times the whole kernel, then the sum of what neighbours have for each other.

    With fewer outputs than inputs there is less to move in this order than with windows of the input.
    For a stride of 1 and as many steps out as in.
    """

    @staticmethod
    def forward(ctx, x, weight, bias):
        n_outputs, n_inputs, kernel = weight.shape
        b, t, _ = x.shape
        x = x.reshape(b * t, n_inputs)
        # What the first place of the kernel sees is behind an output: from there, places run backward.
        flat = weight.flip(2).permute(1, 2, 0).reshape(n_inputs, kernel * n_outputs)
        ctx.save_for_backward(x, flat)
        ctx.sizes = b, t, n_outputs, kernel
        places = (x @ flat).view(b, t, kernel, n_outputs)
        result = x.new_zeros(b, t + kernel - 1, n_outputs)
        for place in range(kernel):
            result[:, place : place + t] += places[:, :, place]
        return result[:, kernel // 2 : kernel // 2 + t] + bias

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):  # (b, t, c_out)
        x, flat = ctx.saved_tensors
        b, t, n_outputs, kernel = ctx.sizes
        windows = _cut_windows(gradient, kernel, 1, kernel // 2)  # (b * t, kernel * c_out)
        of_x = (windows @ flat.t()).view(b, t, -1)
        of_weight = (x.t() @ windows).view(-1, kernel, n_outputs).permute(2, 0, 1).flip(2)
        return of_x, of_weight, gradient.sum(dim=(0, 1))


class _Doubling(Function):
    """The product of each step with the whole kernel, of which neighbours share two places."""

    @staticmethod
    def forward(ctx, x, weight, bias):
        b, t, c = x.shape
        n_outputs = weight.shape[1]
        flat = weight.permute(0, 2, 1).reshape(c, 4 * n_outputs)
        x = x.reshape(b * t, c)
        ctx.save_for_backward(x, flat)
        ctx.t = t
        places = (x @ flat).view(b, t, 4, n_outputs)
        result = places[:, :, 1:3] + bias  # (b, t, 2, c_out)
        result[:, 1:, 0] += places[:, :-1, 3]
        result[:, :-1, 1] += places[:, 1:, 0]
        return result.view(b, 2 * t, n_outputs)

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):  # (b, 2 t, c_out)
        x, flat = ctx.saved_tensors
        t, n_outputs = ctx.t, flat.shape[1] // 4
        of_bias = gradient.sum(dim=(0, 1))
        windows = _cut_windows(gradient, 4, 2, 1)  # (b * t, 4 * c_out)
        of_x = (windows @ flat.t()).view(len(gradient), t, -1)
        of_weight = (x.t() @ windows).view(-1, 4, n_outputs).permute(0, 2, 1)
        return of_x, of_weight, of_bias


def _cut_windows(x, kernel, stride, padding):  # (b, t, c)
    """Return the windows that a kernel meets, (b * n, kernel * c)."""
    b, t, c = x.shape
    padded = x.new_zeros(b, t + 2 * padding, c)
    padded[:, padding : padding + t] = x
    n_windows = (t + 2 * padding - kernel) // stride + 1
    strides = (padded.stride(0), stride * c, 1)
    windows = padded.as_strided((b, n_windows, kernel * c), strides)
    return windows.reshape(b * n_windows, kernel * c)


# -------------------------------------------------------------------------------------------
# GRU
# -------------------------------------------------------------------------------------------


class _GRU(Function):
    """A GRU with a gradient; `_run_gru` says how its states are kept."""

    @staticmethod
    def forward(ctx, x, weight_x, weight_h, bias_x, bias_h):
        result, *kept = _run_gru(x, weight_x, weight_h, bias_x, bias_h, n_together=x.shape[1])
        ctx.save_for_backward(x, weight_x, weight_h, *kept)
        return result

    @staticmethod
    @once_differentiable
    def backward(ctx, gradient):  # (b, t, h)
        x, weight_x, weight_h, gates, halves, shifted = ctx.saved_tensors
        t, b, width = halves.shape
        of_states, of_products, slope = _go_back(gradient, weight_h, gates, halves, shifted)
        flat = of_products.view(t * b, 3 * width)
        of_weight_h = flat.t() @ shifted[:-1].mul(2.0).sub_(1.0).view(t * b, width)
        of_bias_h = flat.sum(dim=0)
        # What the state does to the candidate passes the reset gate, what the input does, does not.
        torch.mul(of_states, slope, out=of_products[:, :, 2])
        of_x = (flat @ weight_x).view(t, b, -1).transpose(0, 1)
        of_weight_x = flat.t() @ x.transpose(0, 1).reshape(t * b, -1)
        return of_x, of_weight_x, of_weight_h, flat.sum(dim=0), of_bias_h


def _run_gru(x, weight_x, weight_h, bias_x, bias_h, *, n_together):
    """Return the states (b, t, h), and of the last `n_together` steps what a gradient needs.

    The tanh is ``tanh(a) = 2 s - 1`` with ``s = sigmoid(2 a)``, several times faster, and states are kept as
    ``g``, with ``h = 2 g - 1``. A step is then a product, two sigmoids, a sum and an interpolation of ``s`` and
    ``g``; what is doubled and shifted goes into the weights.

    Returns
    -------
    states : Tensor of shape (b, t, h)
    gates : Tensor of shape (n_together, b, 3 h)
        Reset, update, and the part of ``2 a`` that the state decides.
    halves : Tensor of shape (n_together, b, h)
        ``s``.
    shifted : Tensor of shape (n_together + 1, b, h)
        ``g`` before the first of the steps and after each.
    """
    b, t, _ = x.shape
    width = weight_h.shape[1]
    to_all, bias = _absorb(weight_h, bias_h)
    to_gates, bias_gates = weight_x[: 2 * width].t(), bias_x[: 2 * width] + bias[: 2 * width]
    to_half, bias_half = 2 * weight_x[2 * width :].t(), 2 * bias_x[2 * width :]
    n_together = min(n_together, t)
    gates = x.new_empty(n_together, b, 3 * width)
    halves = x.new_empty(n_together, b, width)
    shifted = x.new_empty(n_together + 1, b, width)
    shifted[-1] = 0.5
    result = x.new_empty(b, t, width)
    for first in range(0, t, n_together):
        part = x[:, first : first + n_together].transpose(0, 1)  # (n, b, c)
        n = len(part)
        part = part.reshape(n * b, -1)
        of_inputs = gates[:n].view(n * b, 3 * width)
        torch.addmm(bias_gates, part, to_gates, out=of_inputs[:, : 2 * width])
        of_inputs[:, 2 * width :] = bias[2 * width :]
        torch.addmm(bias_half, part, to_half, out=halves[:n].view(n * b, width))
        shifted[0] = shifted[-1]
        _take_steps(gates[:n], halves[:n], shifted[: n + 1], to_all)
        torch.mul(shifted[1 : n + 1].transpose(0, 1), 2.0, out=result[:, first : first + n])
    return result.sub_(1.0), gates, halves, shifted


def _take_steps(gates, halves, shifted, to_all):
    """Go from the first of the shifted states to the last, in place."""
    width = halves.shape[2]
    each = zip(
        gates.unbind(),
        gates[..., : 2 * width].unbind(),
        gates[..., :width].unbind(),
        gates[..., width : 2 * width].unbind(),
        gates[..., 2 * width :].unbind(),
        halves.unbind(),
        shifted[:-1].unbind(),
        shifted[1:].unbind(),
        strict=True,
    )
    for all_three, both, reset, update, recalled, half, state, following in each:
        all_three.addmm_(state, to_all)
        both.sigmoid_()
        half.addcmul_(reset, recalled).sigmoid_()
        torch.lerp(half, state, update, out=following)


def _absorb(weight_h, bias_h):
    """Return the weights (h, 3 h) and biases (3 h,) that give from ``g`` what these give from ``2 g - 1``.

    Those of the candidate are doubled.
    """
    width = weight_h.shape[1]
    weight, bias = 2 * weight_h, bias_h - weight_h.sum(dim=1)
    weight[2 * width :] *= 2
    bias[2 * width :] *= 2
    return weight.t().contiguous(), bias


def _go_back(gradient, weight_h, gates, halves, shifted):
    """Return gradients of the states (t, b, h) and of their products with the weights (t, b, 3, h), and one factor.

    The factor (t, b, h) is the derivative of a state by the argument of the tanh.
    """
    t, b, width = halves.shape
    reset, update, recalled = gates.view(t, b, 3, width).unbind(2)
    # (1 - tanh^2) (1 - update), and 1 - tanh^2 = 4 s (1 - s).
    slope = torch.addcmul(halves, halves, halves, value=-1)
    slope.addcmul_(slope, update, value=-1).mul_(4.0)
    factors = halves.new_empty(t, b, 3, width)
    of_reset, of_update, of_recalled = factors.unbind(2)
    torch.addcmul(reset, reset, reset, value=-1, out=of_reset)
    of_reset.mul_(recalled).mul_(slope).mul_(0.5)
    torch.addcmul(update, update, update, value=-1, out=of_update)
    of_update.mul_(shifted[:-1] - halves).mul_(2.0)
    torch.mul(slope, reset, out=of_recalled)

    of_products, of_states = torch.empty_like(factors), torch.empty_like(halves)
    of_states[-1] = gradient[:, -1]
    columns, kept, above = of_states.unsqueeze(2).unbind(), update.unbind(), gradient.unbind(1)
    rows = of_products.view(t, b, 3 * width).unbind()
    states, factors, products = of_states.unbind(), factors.unbind(), of_products.unbind()
    for step in range(t - 1, -1, -1):
        torch.mul(columns[step], factors[step], out=products[step])
        if step:
            torch.addcmul(above[step - 1], states[step], kept[step], out=states[step - 1])
            states[step - 1].addmm_(rows[step], weight_h)
    return of_states, of_products, slope
