"""What makes rows beside few real ones: every method of few_rows.py, and the settings that the tuned ones choose from."""

from dataclasses import dataclass

import numpy as np

from sklaug import DirectAugmenter, InterpolationGenerator, LatentAugmenter
from sklaug.density import ManifoldParzen
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
    "direct magnitude_warp x2": _describe("direct", 2, transformation="magnitude_warp", eta=0.1),
    "direct mixup 1": _describe("direct", transformation="mixup", eta=1.0),
    "direct time_warp + mixup": _describe("direct", transformation=("time_warp", "mixup"), eta=0.2),
    "SMOTE x2": _describe("interpolation", 2),
    "SMOTE x10": _describe("interpolation", 10),
    "SMOTE 2 neighbors": _describe("interpolation", n_neighbors=2),
    "SMOTE 1 neighbor": _describe("interpolation", n_neighbors=1),
    "SMOTE 1 neighbor x2": _describe("interpolation", 2, n_neighbors=1),
    "DTW barycenters": _describe("interpolation", metric="dtw"),
    "DTW barycenters x2": _describe("interpolation", 2, metric="dtw"),
    "latent magnitude_warp x2": _describe("latent", 2, transformation="magnitude_warp", eta=0.25),
    "latent mixup 1": _describe("latent", transformation="mixup", eta=1.0),
}
METHODS = {NONE: None, **SINGLE, **_MORE}

# What each tuned method chooses from beside none: as many for each. The first did little harm on development rows, which are
# training series that were not drawn (see `choose`).
FAMILIES = {
    "tuned latent": (
        "latent magnitude_warp",
        "latent magnitude_warp x2",
        "latent scaling",
        "latent mixup",
        "latent mixup 1",
        "latent window_warp",
        "latent time_warp",
        "latent samples",
        NONE,
    ),
    "tuned direct": (
        "direct magnitude_warp",
        "direct magnitude_warp x2",
        "direct scaling",
        "direct mixup",
        "direct mixup 1",
        "direct window_warp",
        "direct time_warp",
        "direct time_warp + mixup",
        NONE,
    ),
    "tuned SMOTE": (
        "SMOTE x10",
        "SMOTE",
        "SMOTE x2",
        "SMOTE 2 neighbors",
        "SMOTE 1 neighbor",
        "SMOTE 1 neighbor x2",
        "DTW barycenters",
        "DTW barycenters x2",
        NONE,
    ),
}


def choose(inner, n_rows):
    """Choose a setting by cross-validated accuracies: the first unless the best is better by its (binomial) standard error.

    Few rows tell settings apart badly, and the luckiest of nine is seldom the best.

    Parameters
    ----------
    inner : ndarray of shape (n_cells, n_settings)
        Accuracies.
    n_rows : ndarray of shape (n_cells,)
        Rows that each was measured on.

    Returns
    -------
    ndarray of int, shape (n_cells,)
        Numbers of the settings.
    """
    first, best = inner[:, 0], inner.max(axis=1)
    share = np.clip(first, 0.5 / n_rows, 1 - 0.5 / n_rows)
    error = np.sqrt(share * (1 - share) / n_rows)
    return np.where(best > first + error, inner.argmax(axis=1), 0)


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
            make = {"direct": DirectAugmenter, "latent": _make_latent}[kind]
            self.fitted[kind] = make(random_state=self.seed).fit(self.X, self.y)
        return self.fitted[kind]


def _make_latent(random_state):
    # Only samples are drawn from the prior.
    return LatentAugmenter(prior=ManifoldParzen(bandwidth=1.0), random_state=random_state)
