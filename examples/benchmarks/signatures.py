"""Numbers by which a transformation is known from what it did: one for each, all of them measured on all."""

import numpy as np
from fidelity_data import flatten_channels
from tslearn.metrics import dtw

_MOST_ALIGNED, _MOST_SEARCHED = 40, 200  # series; aligning and searching are slow

# The number that tells a transformation, and whether it is low or high there.
SIGNATURES = {
    "jitter": ("lag 1", "about 0"),
    "scaling": ("constant gain", "high"),
    "magnitude_warp": ("smooth gain", "high"),
    "drift": ("late share", "high"),
    "trend": ("straight line", "high"),
    "time_warp": ("aligned", "low"),
    "window_warp": ("aligned", "low"),
    "mixup": ("towards a row", "high"),
}
ABOUT = (
    "Signatures of the change (series after less before; for latent ones before is the reconstruction): `lag 1` is its "
    "autocorrelation about zero, noise has 0; `late share` is the share of its energy in the later half of the steps, "
    "0.5 for what does not grow, 0.75 for a random walk; `straight line`, `constant gain`, `smooth gain` are the "
    "adjusted R2 of a line in time, a multiple of the series, and the series times a cubic in time; `aligned` is the "
    "distance under dynamic time warping over that without; `towards a row` is the squared cosine with the way to the "
    "row that it fits best. A constant gain is smooth as well, and `aligned` cannot tell the two warps of time from "
    "each other."
)


def measure_signatures(before, after):
    """Return all numbers of `SIGNATURES` for series (n, sz, d) of mean 0 over the set, before and after."""
    change = after - before
    return {
        "lag 1": measure_lag(change),
        "late share": measure_late_share(change),
        "straight line": explain(change, [np.ones_like(before), over_time(before)]),
        "constant gain": explain(change, [before]),
        "smooth gain": explain(change, [before * over_time(before) ** k for k in range(4)]),
        "aligned": measure_aligned(before[:_MOST_ALIGNED], after[:_MOST_ALIGNED]),
        "towards a row": measure_towards(before[:_MOST_SEARCHED], change[:_MOST_SEARCHED]),
    }


def measure_lag(change):
    """Autocorrelation about zero of neighbouring steps."""
    first, second = change[:, :-1], change[:, 1:]
    return float(np.sum(first * second) / np.sqrt(np.sum(first**2) * np.sum(second**2)))


def measure_late_share(change):
    energy = np.mean(change**2, axis=(0, 2))
    half = len(energy) // 2
    return float(energy[-half:].sum() / (energy[:half].sum() + energy[-half:].sum()))


def over_time(X):
    """Return a line from -1 to 1 in the shape of `X`."""
    return np.broadcast_to(np.linspace(-1, 1, X.shape[1])[:, None], X.shape)


def explain(change, regressors):
    """Return the adjusted R2 about zero of a regression for each channel of each series, pooled.

    Adjusted for what as many regressors explain of noise; 0 is what chance explains.
    """
    A = np.stack([flatten_channels(part) for part in regressors], axis=2)  # (n * d, sz, k)
    b = flatten_channels(change)[..., None]  # (n * d, sz, 1)
    fitted = A @ (np.linalg.pinv(A) @ b)
    sz, k = A.shape[1:]
    left = np.sum((b - fitted) ** 2) / np.sum(b**2)
    return float(1 - left * sz / (sz - k))


def measure_aligned(before, after):
    """Distance with the best alignment in time of all channels together, over that without."""
    aligned = sum(dtw(a, b) for a, b in zip(before, after, strict=True))
    return float(aligned / np.sqrt(np.sum((after - before) ** 2, axis=(1, 2))).sum())


def measure_towards(before, change):
    """Squared cosine between a change and the way to another row, the best of all rows; averaged."""
    rows, ways = before.reshape(len(before), -1), change.reshape(len(change), -1)
    ways = ways / np.linalg.norm(ways, axis=1, keepdims=True)
    # |c . (x_j - x_i)|^2 / |x_j - x_i|^2 for all i and j at once.
    along = ways @ rows.T - np.sum(ways * rows, axis=1, keepdims=True)
    squares = np.sum(rows**2, axis=1)
    apart = squares[:, None] + squares - 2 * rows @ rows.T
    np.fill_diagonal(apart, np.inf)
    cosines = np.sign(along) * along**2 / np.maximum(apart, 1e-12)
    return float(cosines.max(axis=1).mean())


def find_most_alike(numbers, references):
    """Return the transformation whose reference numbers are nearest, in units of their spread.

    Parameters
    ----------
    numbers : dict of float
        From `measure_signatures`.
    references : dict of dict of float
        The same numbers of each transformation.
    """
    names = list(numbers)
    table = np.array([[reference[name] for name in names] for reference in references.values()])
    spread = table.std(axis=0)
    spread[spread == 0] = 1
    gaps = (table - [numbers[name] for name in names]) / spread
    return list(references)[int(np.argmin((gaps**2).sum(axis=1)))]
