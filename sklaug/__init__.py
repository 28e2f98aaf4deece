"""scikit-learn estimators that make new time series from few."""

from importlib import import_module

from sklaug._version import __version__

# Loaded on demand: torch alone takes seconds.
_HOMES = {"LatentAugmenter": "sklaug.generators._latent"}
_MODULES = ("datasets", "preprocessing", "transforms")

__all__ = ["LatentAugmenter", "__version__", "datasets", "preprocessing", "transforms"]


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _MODULES:
        return import_module(f"sklaug.{name}")
    raise AttributeError(f"module 'sklaug' has no attribute {name!r}")


def __dir__():
    return __all__
