"""Estimators around an augmenter that add rows, which a step of a Pipeline cannot."""

from importlib import import_module

_HOMES = {
    "AugmentedClassifier": "_augmented",
    "AugmentedRegressor": "_augmented",
    "SyntheticOverSampler": "_over_sampler",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"sklaug.meta.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sklaug.meta' has no attribute {name!r}")


def __dir__():
    return __all__
