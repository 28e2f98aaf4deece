"""Which generator is good: scores on real series, one table for many, one verdict for a set."""

from importlib import import_module

# Loaded on demand: torch alone takes seconds.
_HOMES = {
    "ComparisonTable": "_table",
    "Evaluation": "_report",
    "compare_generators": "_comparison",
    "evaluate": "_evaluation",
    "robustness_curve": "_robustness",
    "tstr_score": "_tstr",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"sklaug.model_selection.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'sklaug.model_selection' has no attribute {name!r}")


def __dir__():
    return __all__
