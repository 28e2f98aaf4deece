"""What a cache of trained networks may call equal."""

import hashlib
import types

import joblib
import numpy
import sklearn
import torch

from sklaug._version import __version__

VERSIONS = {
    "sklaug": __version__,
    "torch": str(torch.__version__),  # a class of torch's own
    "numpy": numpy.__version__,
    "scikit-learn": sklearn.__version__,
    "joblib": joblib.__version__,
}


def fingerprint(component):
    """Describe a name, class or function such that other code gets another description.

    Pickle, and so `joblib.hash`, knows a class by its name alone: after an edit in a notebook or a
    script the old weights would come out of the cache. The source is no help, as a worker process
    cannot read that of a script.
    """
    if not isinstance(component, type | types.FunctionType):
        return component
    digest = hashlib.sha256()
    _add(digest, component)
    return f"{component.__module__}.{component.__qualname__}:{digest.hexdigest()}"


def _add(digest, thing):
    if isinstance(thing, type):
        for base in thing.__mro__:
            if base.__module__.partition(".")[0] in ("torch", "builtins"):
                continue
            for name in sorted(vars(base)):
                if name not in (
                    "__module__",
                    "__doc__",
                    "__weakref__",
                    "__dict__",
                    "__firstlineno__",
                ):
                    digest.update(name.encode())
                    _add(digest, vars(base)[name])
    elif isinstance(thing, types.CodeType):
        digest.update(thing.co_code)
        digest.update(repr(thing.co_names).encode())
        for constant in thing.co_consts:
            _add(digest, constant)
    elif isinstance(thing, staticmethod | classmethod):
        _add(digest, thing.__func__)
    elif isinstance(thing, types.FunctionType):
        _add(digest, thing.__code__)
        _add(digest, thing.__defaults__)
        _add(digest, sorted((thing.__kwdefaults__ or {}).items()))
    elif isinstance(
        thing, str | bytes | int | float | complex | bool | tuple | list | frozenset | None
    ):
        digest.update(
            repr(sorted(thing, key=repr) if isinstance(thing, frozenset) else thing).encode()
        )
