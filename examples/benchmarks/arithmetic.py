"""What a run of torch multiplies: how much, how fast the machine can, and how long the products take by themselves."""

import functools
import time
from collections import Counter

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from sklaug.networks.layers import recur

LARGE = 1024  # rows and columns of matrices whose product runs as fast as products do
_PRODUCTS = {"mm", "addmm", "addmm_", "bmm", "baddbmm", "convolution", "convolution_backward"}


def count_operations(run):
    """Return the floating-point operations of a call: products and convolutions, forward and backward.

    A GRU on the CPU is taken apart into products before it is counted, so it counts in full, but for the
    gradient of its first state, which nobody asks for. An LSTM is one operation there, and is not counted.
    """
    with FlopCounterMode(display=False, custom_mapping=_IN_PLACE) as counter:
        run()
    return counter.get_total_flops()


def _count_product(_, a_shape, b_shape, **kwargs):
    return 2 * a_shape[0] * a_shape[1] * b_shape[1]


_IN_PLACE = {torch.ops.aten.addmm_: _count_product}  # which torch's own table lacks


def check_count():
    """Count known layers; returns rows with what was counted as a share of what multiplying takes."""
    b, t, n_in, n_out = 32, 10, 40, 44
    x = torch.randn(b, t, n_in, requires_grad=True)
    layers = {
        "Linear": (torch.nn.Linear(n_in, n_out), n_in * n_out),
        "GRU": (torch.nn.GRU(n_in, n_out, batch_first=True), 3 * n_out * (n_in + n_out)),
        "LSTM": (torch.nn.LSTM(n_in, n_out, batch_first=True), 4 * n_out * (n_in + n_out)),
    }
    layers["GRU as sklaug runs it"] = functools.partial(recur, layers["GRU"][0]), layers["GRU"][1]
    for name, (layer, n_products) in layers.items():

        def run(layer=layer):
            out = layer(x)
            (out[0] if isinstance(out, tuple) else out).sum().backward()

        # A product and a sum; forward, and backward to the input and to the weights.
        expected = 2 * 3 * b * t * n_products
        yield {"layer": name, "counted": count_operations(run) / expected}


def large_product():
    """Return the product of two square float32 matrices, to be called, and how many operations it takes."""
    a, b = torch.randn(LARGE, LARGE), torch.randn(LARGE, LARGE)
    return lambda: a @ b, 2 * LARGE**3


def time_product(repeats=5):
    """Return operations a second of the large product, the median of some."""
    multiply, n_operations = large_product()
    return n_operations / _time(multiply, repeats)


class Products(TorchDispatchMode):
    """Notes every product and convolution that runs inside, to run them again by themselves."""

    def __init__(self):
        super().__init__()
        self.times, self.calls = Counter(), {}

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func._schema.name.removeprefix("aten::") in _PRODUCTS:
            key = (func, str([_describe(one) for one in args]), str(kwargs))
            self.times[key] += 1
            if key not in self.calls:
                copies = [one.clone() if isinstance(one, torch.Tensor) else one for one in args]
                self.calls[key] = (func, copies, kwargs)
        return func(*args, **kwargs)

    def replay(self, repeats=30):
        """Return the seconds of all products, each kind timed by itself, its operands in cache."""
        return sum(
            n_times * _time(lambda call=self.calls[key]: call[0](*call[1], **call[2]), repeats)
            for key, n_times in self.times.items()
        )

    def rates(self, n_largest=8, repeats=30):
        """Yield what the kinds that take longest are, how often they run and how fast."""
        found = []
        for key, n_times in self.times.items():
            func, args, kwargs = self.calls[key]

            def run(func=func, args=args, kwargs=kwargs):
                return func(*args, **kwargs)

            seconds = _time(run, repeats)
            n_operations = count_operations(run)
            found.append(
                {
                    "product": key[0]._schema.name.removeprefix("aten::"),
                    "operands": ", ".join(
                        "x".join(map(str, one.shape))
                        for one in args
                        if isinstance(one, torch.Tensor)
                    ),
                    "times": n_times,
                    "microseconds each": 1e6 * seconds,
                    "GFLOP/s": n_operations / seconds / 1e9,
                    "ms in all": 1e3 * n_times * seconds,
                }
            )
        return sorted(found, key=lambda row: -row["ms in all"])[:n_largest]


def _describe(value):
    return (value.shape, value.stride()) if isinstance(value, torch.Tensor) else value


def _time(run, repeats):
    run()
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))
