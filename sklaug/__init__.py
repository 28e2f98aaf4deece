"""scikit-learn estimators that make new time series from few."""

from importlib import import_module

from sklaug._version import __version__

# Loaded on demand: torch alone takes seconds.
_HOMES = {
    "AugmentedClassifier": "sklaug.meta._augmented",
    "AugmentedRegressor": "sklaug.meta._augmented",
    "BlockBootstrapGenerator": "sklaug.generators._bootstrap",
    "DirectAugmenter": "sklaug.generators._direct",
    "GaussianMixtureGenerator": "sklaug.generators._mixture",
    "InterpolationGenerator": "sklaug.generators._interpolation",
    "LatentAugmenter": "sklaug.generators._latent",
    "ReplayGenerator": "sklaug.generators._replay",
    "SyntheticOverSampler": "sklaug.meta._over_sampler",
}
_MODULES = (
    "datasets",
    "density",
    "metrics",
    "model_selection",
    "plotting",
    "preprocessing",
    "transforms",
)

__all__ = [*_HOMES, "__version__", *_MODULES]


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _MODULES:
        return import_module(f"sklaug.{name}")
    raise AttributeError(f"module 'sklaug' has no attribute {name!r}")


def __dir__():
    return __all__
