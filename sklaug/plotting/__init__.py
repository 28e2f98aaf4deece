"""Pictures of series, of what a model makes of them, and of what that is worth.

Each display follows scikit-learn's convention: a class method `from_...` computes and draws, the object
keeps the arrays, and `plot` draws them again, into axes that are given or into a new figure. matplotlib
comes with the extra ``pip install "sklaug[plot]"``, and its settings stay as they are.
"""

from importlib import import_module

# Loaded on demand, as all of the package.
_HOMES = {
    "AugmentationDisplay": "_augmentation",
    "DistributionDisplay": "_distribution",
    "EmbeddingDisplay": "_embedding",
    "LatentSpaceDisplay": "_latent_space",
    "LossCurveDisplay": "_loss_curve",
    "RobustnessDisplay": "_robustness",
    "StrengthDisplay": "_strength",
    "TSTRDisplay": "_tstr",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"sklaug.plotting.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sklaug.plotting' has no attribute {name!r}")


def __dir__():
    return __all__
