"""What makes rows beside few real ones: every method of few_rows.py, and the settings that the tuned ones choose from."""

from dataclasses import dataclass

import numpy as np

from sklaug import DirectAugmenter, InterpolationGenerator, LatentAugmenter
from sklaug.transforms import TRANSFORMS

_COPIES = 5


@dataclass(frozen=True)
class Method:
    """Rows of a kind of generator: `options` are set after its fit, or before where it needs them there.

    Attributes
    ----------
    kind : {"direct", "interpolation", "latent", "sample"}
        What makes the rows; "sample" are those that LatentAugmenter draws.
    copies : int
        Synthetic rows for each real one.
    options : tuple of tuple (name, value)
        Parameters.
    """

    kind: str
    copies: int = _COPIES
    options: tuple = ()


def _describe(kind, copies=_COPIES, **options):
    return Method(kind, copies, tuple(options.items()))


# At five copies; the strengths at which a first look on training series found each to do no harm.
_DIRECT_ETAS = dict.fromkeys(TRANSFORMS, 0.1) | {"window_warp": 0.3, "mixup": 0.5}
_LATENT_ETAS = dict.fromkeys(TRANSFORMS, 0.25) | {"mixup": 0.5}

NONE = "none"
SINGLE = {
    **{
        f"direct {name}": _describe("direct", transformation=name, eta=eta)
        for name, eta in _DIRECT_ETAS.items()
    },
    "SMOTE": _describe("interpolation"),
    **{
        f"latent {name}": _describe("latent", transformation=name, eta=eta)
        for name, eta in _LATENT_ETAS.items()
    },
    "latent samples": _describe("sample"),
}
_MORE = {
    "direct mixup x2": _describe("direct", 2, transformation="mixup", eta=0.5),
    "direct mixup 1": _describe("direct", transformation="mixup", eta=1.0),
    "direct time_warp x2": _describe("direct", 2, transformation="time_warp", eta=0.1),
    "direct time_warp + mixup": _describe("direct", transformation=("time_warp", "mixup"), eta=0.2),
    "SMOTE x2": _describe("interpolation", 2),
    "SMOTE x10": _describe("interpolation", 10),
    "SMOTE 2 neighbors": _describe("interpolation", n_neighbors=2),
    "SMOTE 1 neighbor": _describe("interpolation", n_neighbors=1),
    "SMOTE 1 neighbor x2": _describe("interpolation", 2, n_neighbors=1),
    "DTW barycenters": _describe("interpolation", metric="dtw"),
    "DTW barycenters x2": _describe("interpolation", 2, metric="dtw"),
    "latent mixup x2": _describe("latent", 2, transformation="mixup", eta=0.5),
    "latent mixup x10": _describe("latent", 10, transformation="mixup", eta=0.5),
    "latent mixup 1": _describe("latent", transformation="mixup", eta=1.0),
    "latent samples x2": _describe("sample", 2),
}
METHODS = {NONE: None, **SINGLE, **_MORE}

# What each tuned method chooses from beside none: as many for each. Where several are best, the first is taken.
FAMILIES = {
    "tuned latent": (
        "latent mixup",
        "latent mixup 1",
        "latent mixup x10",
        "latent mixup x2",
        "latent samples",
        "latent samples x2",
        "latent time_warp",
        "latent magnitude_warp",
        NONE,
    ),
    "tuned direct": (
        "direct mixup",
        "direct time_warp + mixup",
        "direct time_warp",
        "direct mixup 1",
        "direct mixup x2",
        "direct time_warp x2",
        "direct window_warp",
        "direct magnitude_warp",
        NONE,
    ),
    "tuned SMOTE": (
        "SMOTE",
        "SMOTE x10",
        "SMOTE x2",
        "SMOTE 2 neighbors",
        "SMOTE 1 neighbor",
        "SMOTE 1 neighbor x2",
        "DTW barycenters",
        "DTW barycenters x2",
        NONE,
    ),
}


class Maker:
    """Makes the rows of any method for one set of training rows; what takes long is fitted once."""

    def __init__(self, X, y, seed):
        self.X, self.y, self.seed = X, y, seed
        self.fitted = {}

    def make(self, method):
        """Return synthetic rows and their labels; none for None."""
        if method is None:
            return self.X[:0], self.y[:0]
        y = np.tile(self.y, method.copies)
        options = {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in method.options
        }
        if method.kind == "interpolation":
            generator = InterpolationGenerator(random_state=self.seed, **options)
            return generator.fit(self.X, self.y).sample(len(y), y)
        if method.kind == "sample":
            return self._fit("latent").set_params(residual="drop").sample(len(y), y)
        augmenter = self._fit(method.kind).set_params(**options)
        if method.kind == "latent":
            augmenter.set_params(residual="keep")
        seeds = range(self.seed, self.seed + method.copies)
        versions = [augmenter.augment(self.X, self.y, random_state=seed) for seed in seeds]
        return np.concatenate(versions), y

    def _fit(self, kind):
        if kind not in self.fitted:
            make = {"direct": DirectAugmenter, "latent": LatentAugmenter}[kind]
            self.fitted[kind] = make(random_state=self.seed).fit(self.X, self.y)
        return self.fitted[kind]
