"""One explicit source for every random draw that torch makes inside a block.

Initialisers and dropout layers draw from torch's global generator and offer no way to name another.
A `torch.overrides.TorchFunctionMode` sees each of those calls, so networks can be written as plain
torch code, a user's own included, and still leave the global generator where it was. The mode
belongs to one thread.
"""

import inspect
import threading
from types import FunctionType

import torch
from torch.nn import functional, init
from torch.overrides import TorchFunctionMode

_lock = threading.Lock()


class DrawFrom(TorchFunctionMode):
    """Make every random draw of the block come from `generator`.

    Parameters
    ----------
    generator : torch.Generator
        Source of all draws on the CPU: initialisation, dropout, `torch.randn` and their kin. Draws
        on another device come from a generator there, made at the first of them with the same seed.
    """

    def __init__(self, generator):
        super().__init__()
        self.generators = {"cpu": generator}

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        # One look-up for the many calls that never draw: it is paid at each of them.
        return self.draw(func, args, kwargs) if func in _MAY_DRAW else func(*args, **kwargs)

    def draw(self, func, args, kwargs):
        """Call a function so that what it draws comes from the generator."""
        if func in _ACCEPT_GENERATOR:
            if kwargs.get("generator") is None:
                kwargs = {**kwargs, "generator": self.find_generator(args, kwargs)}
        elif func in _REPLACEMENTS:
            return _REPLACEMENTS[func](self.find_generator(args, kwargs), *args, **kwargs)
        elif func in _DRAW_GLOBALLY or _has_inner_dropout(func, args, kwargs):
            return _lend_global_state(self.generators["cpu"], func, args, kwargs)
        return func(*args, **kwargs)

    def find_generator(self, args, kwargs):
        """Return the generator of the device that a call draws on."""
        device = kwargs.get("device")
        if device is None:
            tensors = (
                value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)
            )
            tensor = next(tensors, None)
            device = torch.get_default_device() if tensor is None else tensor.device
        name = str(device)
        if name not in self.generators:
            seed = self.generators["cpu"].initial_seed()
            self.generators[name] = torch.Generator(device).manual_seed(seed)
        return self.generators[name]


# -------------------------------------------------------------------------------------------
# Functions that take a generator
# -------------------------------------------------------------------------------------------

_METHODS = "bernoulli bernoulli_ cauchy_ exponential_ geometric_ log_normal_ multinomial normal_ random_ uniform_"
_FUNCTIONS = (
    "_sample_dirichlet _standard_gamma bernoulli binomial multinomial normal poisson rand randint "
    "randint_like randn randperm"
)
_INITIALISERS = {
    function
    for function in vars(init).values()
    if isinstance(function, FunctionType) and "generator" in inspect.signature(function).parameters
}
_ACCEPT_GENERATOR = frozenset(
    {getattr(torch.Tensor, name) for name in _METHODS.split()}
    | {getattr(torch, name) for name in _FUNCTIONS.split()}
    | _INITIALISERS
)

# -------------------------------------------------------------------------------------------
# Functions that take none, rebuilt from calls that do
# -------------------------------------------------------------------------------------------


def _dropout(generator, input, p=0.5, training=True, inplace=False):
    if not training or p == 0:
        return input
    if p == 1:
        return input * 0
    keep = torch.empty_like(input).bernoulli_(1 - p, generator=generator).div_(1 - p)
    return input.mul_(keep) if inplace else input * keep


def _randn_like(generator, input, **kwargs):
    return torch.empty_like(input, **kwargs).normal_(generator=generator)


def _rand_like(generator, input, **kwargs):
    return torch.empty_like(input, **kwargs).uniform_(generator=generator)


_REPLACEMENTS = {
    functional.dropout: _dropout,
    torch.dropout: lambda generator, input, p, train: _dropout(generator, input, p, train),
    torch.randn_like: _randn_like,
    torch.rand_like: _rand_like,
}

# -------------------------------------------------------------------------------------------
# Functions that can only draw from the global generator: it is lent to them and put back
# -------------------------------------------------------------------------------------------

_DRAW_GLOBALLY = frozenset(
    getattr(home, name)
    for home, names in {
        functional: "alpha_dropout dropout1d dropout2d dropout3d feature_alpha_dropout "
        "fractional_max_pool2d gumbel_softmax multi_head_attention_forward rrelu rrelu_",
        torch: "alpha_dropout alpha_dropout_ dropout_ feature_alpha_dropout feature_dropout "
        "native_dropout rrelu rrelu_",
    }.items()
    for name in names.split()
)
_RECURRENT = frozenset({torch.gru, torch.lstm, torch.rnn_tanh, torch.rnn_relu})
_MAY_DRAW = frozenset().union(
    _ACCEPT_GENERATOR,
    _REPLACEMENTS,
    _DRAW_GLOBALLY,
    _RECURRENT,
    {functional.scaled_dot_product_attention},
)


def _has_inner_dropout(func, args, kwargs):
    """Tell attention and stacked recurrent layers with dropout between them from those without."""
    if func is functional.scaled_dot_product_attention:
        return (args[4] if len(args) > 4 else kwargs.get("dropout_p", 0.0)) > 0
    if func in _RECURRENT:
        # (input, state, weights, bias, n_layers, dropout, train, ...)
        return len(args) > 6 and args[5] > 0 and args[6]
    return False


def _lend_global_state(generator, func, args, kwargs):
    seed = int(torch.randint(2**62, (), generator=generator))
    with _lock, torch.random.fork_rng():
        torch.manual_seed(seed)
        return func(*args, **kwargs)
