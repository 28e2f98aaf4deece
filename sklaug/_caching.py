"""What a cache of trained networks may call equal."""

import functools
import hashlib
import types
import warnings
from importlib.metadata import version
from numbers import Integral
from pathlib import Path

import joblib
import numpy
import sklearn
from sklearn.utils.validation import check_memory

from sklaug._validation import caller_level
from sklaug._version import __version__

VERSIONS = {
    "sklaug": __version__,
    "torch": version("torch"),  # which takes seconds to import, and classical generators do without
    "numpy": numpy.__version__,
    "scikit-learn": sklearn.__version__,
    "joblib": joblib.__version__,
}


@functools.cache
def fingerprint_package():
    """Describe the source of this package, so that figures which an earlier state of it computed are not taken for its own."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def fingerprint(component):
    """Describe a name, class or function such that other code of the same project gets another.

    Pickle, and so `joblib.hash`, knows a class by its name alone: after an edit in a notebook or a
    script the old weights would come out of the cache. The source is no help, as a worker process
    cannot read that of a script. So this reads bytecode, and follows what that code refers to
    (helpers, constants, base classes, closures) as far as it lives in the same top-level module.
    Data that changes outside such names, a file it reads for example, stays unseen.
    """
    if not isinstance(component, type | types.FunctionType):
        return component
    reader = _Reader(component.__module__.partition(".")[0])
    reader.read(component)
    return f"{component.__module__}.{component.__qualname__}:{reader.digest.hexdigest()}"


def fingerprint_parts(estimator):
    """Describe the code of an estimator, or a function, and of all that is among its parameters, however deep.

    Parameters
    ----------
    estimator : object
        An estimator, a function, a scorer, or anything else.

    Returns
    -------
    list of str
        One entry for each class or function that is not of a library whose version tells it.
    """
    found = {}
    _collect(estimator, found)
    code = {thing for thing in map(_code_of, found.values()) if thing is not None}
    return sorted(map(fingerprint, code))


def hash_value(value):
    """Return the hash by which a cache knows a value; None for what no pickle takes, such as a lambda."""
    try:
        return joblib.hash(value, coerce_mmap=True)
    except Exception:  # a class may raise anything when it is pickled
        return None


def cache_training(memory, random_state, train_network, key, data, initial_weights=None):
    """Return `train_network` through a cache that knows arrays by their hash.

    joblib writes arguments into the folder of a cache in words, where anybody could read the series,
    unless it is told to ignore them.

    Parameters
    ----------
    memory : None, str or joblib.Memory
        The cache, or where it is; without one nothing is hashed.
    random_state : int, RandomState instance or None
        Of the estimator: if it is no int, a warning says that no training will be found again.
    train_network : callable
        That of `sklaug._training`.
    key : dict
        What tells one training from another beside the arguments here and the plan.
    data, initial_weights : dict of ndarray, or None
        What it is trained on, and where it starts.

    Returns
    -------
    callable
        Takes the other arguments of `train_network`, by name.
    """
    memory, given = check_memory(memory), {"data": data, "initial_weights": initial_weights}
    if memory.location is not None and not isinstance(random_state, Integral):
        warnings.warn(
            "memory is set but random_state is not an int, so no training will be found in the cache. Set random_state.",
            UserWarning,
            stacklevel=caller_level(),
        )
    if memory.location is not None:
        key = key | {name: hash_value(arrays) for name, arrays in given.items()}
    ignored = ["build", "device", "n_threads", "monitor", *given]
    return functools.partial(memory.cache(train_network, ignore=ignored), key=key, **given)


def _collect(part, found):
    """Put an object and all that it holds into a dict by identity."""
    if id(part) not in found:
        found[id(part)] = part
        for held in _held_by(part):
            _collect(held, found)


def _held_by(part):
    """Return the objects inside one, as far as there may be code among them."""
    if isinstance(part, list | tuple | set | frozenset):
        return part
    if isinstance(part, dict):
        return part.values()
    if isinstance(part, functools.partial):
        return (part.func, *part.args, *part.keywords.values())
    if isinstance(part, types.MethodType):
        return (part.__func__, part.__self__)
    if isinstance(part, type | types.FunctionType):
        return ()  # read as code
    if hasattr(part, "get_params"):
        return part.get_params(deep=False).values()
    if hasattr(part, "__wrapped__"):
        return (part.__wrapped__,)
    # A scorer is of a library, and yet calls a function of one's own.
    own = _code_of(part) is not None or hasattr(part, "_score_func")
    return vars(part).values() if own and hasattr(part, "__dict__") else ()


def _code_of(part):
    """Return the class or function behind an object; None where its library's version says enough."""
    code = part if isinstance(part, type | types.FunctionType) else type(part)
    return None if code.__module__.partition(".")[0] in _VERSIONED else code


# Own code changes without its version while it is being written, so that is read.
_VERSIONED = {"builtins", "functools", "numpy", "scipy", "sklearn", "pandas", "torch", "joblib"}


class _Reader:
    """Walks through code and constants, and digests them."""

    def __init__(self, home):
        self.home, self.seen = home, set()
        self.digest = hashlib.sha256()

    def read(self, thing):
        if isinstance(thing, type | types.FunctionType):
            if id(thing) in self.seen or thing.__module__.partition(".")[0] != self.home:
                self.digest.update(f"{thing.__module__}.{thing.__qualname__}".encode())
                return
            self.seen.add(id(thing))
        if isinstance(thing, type):
            self.read_class(thing)
        elif isinstance(thing, types.FunctionType):
            self.read_function(thing)
        elif isinstance(thing, types.CodeType):
            self.digest.update(thing.co_code + repr(thing.co_names).encode())
            self.read(thing.co_consts)
        elif isinstance(thing, staticmethod | classmethod):
            self.read(thing.__func__)
        elif isinstance(thing, property):
            self.read((thing.fget, thing.fset))
        elif isinstance(thing, functools.cached_property):
            self.read(thing.func)
        elif isinstance(thing, functools.partial):
            self.read((thing.func, thing.args, thing.keywords))
        elif isinstance(thing, types.MethodType):
            self.read((thing.__func__, thing.__self__))
        elif isinstance(thing, dict):
            self.read(sorted(thing.items(), key=repr))
        elif isinstance(thing, set | frozenset):
            self.read(sorted(thing, key=repr))
        elif isinstance(thing, tuple | list):
            self.digest.update(str(len(thing)).encode())
            for entry in thing:
                self.read(entry)
        elif isinstance(thing, str | bytes | int | float | complex | None):
            self.digest.update(repr(thing).encode())
        elif isinstance(thing, numpy.ndarray | numpy.generic):
            self.digest.update(str(hash_value(thing)).encode())
        elif not isinstance(thing, types.ModuleType):
            self.read_instance(thing)

    def read_instance(self, thing):
        self.read(type(thing))
        own = type(thing).__module__.partition(".")[0] == self.home
        # What wraps a function, such as a cache, is of a library; the function need not be.
        told = own or hasattr(thing, "__wrapped__") or hasattr(thing, "get_params")
        if told and id(thing) not in self.seen:
            self.seen.add(id(thing))
            self.read_members(thing)

    def read_members(self, thing):
        for name, member in sorted(getattr(thing, "__dict__", {}).items()):
            if name not in _BOOKKEEPING:
                self.digest.update(name.encode())
                self.read(member)

    def read_class(self, thing):
        for base in thing.__bases__:
            self.read(base)
        self.read_members(thing)

    def read_function(self, function):
        self.read(function.__code__)
        self.read(function.__defaults__)
        self.read(function.__kwdefaults__)
        for cell in function.__closure__ or ():
            self.read(cell.cell_contents)
        for name in sorted(_names(function.__code__) & function.__globals__.keys()):
            self.read(function.__globals__[name])


_BOOKKEEPING = {
    "__module__",
    "__doc__",
    "__weakref__",
    "__dict__",
    "__firstlineno__",
    "__qualname__",
    "__slotnames__",  # written by the first copy of an instance
}


def _names(code):
    """Return the global names that code uses, also in the functions inside it."""
    names = set(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= _names(constant)
    return names
