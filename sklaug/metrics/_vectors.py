"""How whole series are distributed, each taken as one vector of values."""

import numpy as np
from scipy.spatial.distance import squareform
from sklearn.utils import gen_batches

from sklaug._random import block_generator, draw_seed
from sklaug._validation import check_number
from sklaug.metrics._distances import flatten, squared_distances
from sklaug.metrics._inputs import check_pair, draw_rows
from sklaug.metrics._marginals import transport_costs

# Bandwidths of the kernels in median distances; each must be twice the one before, see `_sum_kernels`.
_BANDWIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
_KERNEL_ROWS = 256


def sliced_wasserstein_distance(
    X_real, X_synthetic, *, n_projections=100, scale="minmax", random_state=None
):
    """Measure how far apart the distributions of whole series are, along random directions.

    Each series is a vector of D = sz * d values. All are projected onto random directions of length 1;
    along each the Wasserstein distance of order 2 is exact, whether the sets are equally large or not.
    The result is the root of the mean of its squares over the directions [1]_.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, NaN where values are missing or a series has ended.
    n_projections : int, default=100
        Directions, 1 or more.
    scale : {"minmax", None}, default="minmax"
        Bring each channel of both sets to [0, 1] by the real one, or leave values as they are.
    random_state : int, RandomState instance or None, default=None
        Draws the directions.

    Returns
    -------
    float
        0 or more, 0 is best. If all series are shifted by the same vector, it is that vector's root
        mean square but for the draw of directions: the same for short series and for long ones.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together.

    Notes
    -----
    Where values are missing, a series is projected by what it has: values as differences from the real
    mean of their step and channel (of the channel, where no real series has that step), and the sum
    times the root of D / (number of values), so that shorter series spread no less than complete ones.
    That blurs series whose values go together: compare with real series that lack as much.

    Two sets from one source are not at 0, but about 1 / sqrt(n) of their spread apart.

    What it cannot see: much of what averages out over many values. Independent noise, or time shuffled
    in some series, moves projections little. It takes time in n log n.

    References
    ----------
    .. [1] Bonneel et al. (2015), Sliced and Radon Wasserstein barycenters of measures,
       doi:10.1007/s10851-014-0506-3.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import sliced_wasserstein_distance
    >>> X = np.random.default_rng(0).normal(size=(50, 24, 2))
    >>> sliced_wasserstein_distance(X, X, random_state=0)
    0.0
    >>> round(
    ...     sliced_wasserstein_distance(X, X + 3, n_projections=2000, scale=None, random_state=0), 1
    ... )
    3.0
    """
    check_number("n_projections", n_projections, low=1, whole=True)
    rng = block_generator(draw_seed(random_state), "directions", 0)
    pair = check_pair(X_real, X_synthetic, "sliced_wasserstein_distance", scale=scale)
    directions = rng.standard_normal((pair.shape[0] * pair.shape[1], n_projections))
    directions /= np.linalg.norm(directions, axis=0)
    centre = flatten(_center_of_steps(pair.real)[None])
    real, synthetic = (
        _project(flatten(X) - centre, directions) for X in (pair.real, pair.synthetic)
    )
    return float(np.sqrt(transport_costs(real, synthetic, power=2).mean()))


def maximum_mean_discrepancy(
    X_real, X_synthetic, *, max_samples=2000, scale="minmax", random_state=None
):
    """Measure how far apart the distributions of whole series are, by a kernel.

    The unbiased estimate of the squared maximum mean discrepancy [1]_: the mean kernel of two real rows,
    plus that of two synthetic ones, less twice that of one of each. The kernel is the mean of five
    Gaussian ones, ``exp(-distance**2 / (2 * bandwidth**2))``, whose bandwidths are 1/4, 1/2, 1, 2 and 4
    times the median distance between any two rows of both sets.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, 2 or more in each set, NaN where values are missing or a series has ended.
    max_samples : int, default=2000
        Most rows of each set, 2 or more; of larger sets so many are drawn.
    scale : {"minmax", None}, default="minmax"
        Bring each channel of both sets to [0, 1] by the real one, or leave values as they are.
    random_state : int, RandomState instance or None, default=None
        Draws the rows of sets larger than `max_samples`; nothing else is random.

    Returns
    -------
    float
        At most 2, 0 is best. As the estimate is unbiased, it scatters around 0 for two sets from one
        source, so it may be slightly negative. 0 where all rows are equal, or no two share a step.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together, or fewer than 2 series in one.

    Notes
    -----
    Every row is compared with every other, so it takes time and memory in n**2: with 2,000 rows a side
    some 230 MB. More rows would lower its scatter, which falls as 1 / n, and change little else.

    Where values are missing, distances are taken over the steps and channels that two series share, and
    scaled up by the share of those; series that share none are infinitely far apart. If more than half
    of the distances are 0, their mean takes the place of the median.

    What it cannot see: differences that are small against the distance between two series, such as
    a little noise on each value, and copies: a set that replays the real one is at most slightly below 0.

    References
    ----------
    .. [1] Gretton et al. (2012), A kernel two-sample test, JMLR 13, 723-773.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import maximum_mean_discrepancy
    >>> X = np.random.default_rng(0).normal(size=(200, 24))
    >>> new, shifted = X[100:], X[100:] + 0.5
    >>> abs(maximum_mean_discrepancy(X[:100], new)) < 0.01 < maximum_mean_discrepancy(
    ...     X[:100], shifted
    ... )
    True
    """
    check_number("max_samples", max_samples, low=2, whole=True)
    seed = draw_seed(random_state)
    pair = check_pair(X_real, X_synthetic, "maximum_mean_discrepancy", scale=scale, min_series=2)
    real, synthetic = flatten(pair.real), flatten(pair.synthetic)
    real = real[draw_rows(len(real), max_samples, seed, "real rows")]
    synthetic = synthetic[draw_rows(len(synthetic), max_samples, seed, "synthetic rows")]
    # fmt: off
    within_real      = _all_distances(real, real)            # (n, n)
    within_synthetic = _all_distances(synthetic, synthetic)  # (m, m)
    between          = _all_distances(real, synthetic)       # (n, m)
    # fmt: on
    unit = _typical_distance(within_real, within_synthetic, between)
    if unit == 0:
        return 0.0
    return float(
        _mean_kernel(within_real, unit, same=True)
        + _mean_kernel(within_synthetic, unit, same=True)
        - 2 * _mean_kernel(between, unit, same=False)
    )


def _center_of_steps(values):
    """Return the mean of each step and channel (sz, d); the channel's where a step has no value."""
    observed = np.isfinite(values)
    counts, sums = observed.sum(axis=0), np.where(observed, values, 0).sum(axis=0)
    of_channel = sums.sum(axis=0) / counts.sum(axis=0)
    return np.where(counts, sums / np.maximum(counts, 1), of_channel)


def _project(rows, directions):
    """Project rows that may lack values onto directions, as if what they have stood for all."""
    n_observed = np.isfinite(rows).sum(axis=1, keepdims=True)
    return np.nan_to_num(rows) @ directions * np.sqrt(rows.shape[1] / n_observed)


def _all_distances(A, B):
    return np.concatenate([squared for _, squared in squared_distances(A, B)])


def _typical_distance(within_real, within_synthetic, between):
    """Return the median distance of two rows, whichever their set; the mean if that is 0; 0 without any."""
    squared = np.concatenate(
        [squareform(S, checks=False) for S in (within_real, within_synthetic)] + [between.ravel()]
    )
    if not np.isfinite(squared).all():
        squared = squared[np.isfinite(squared)]
    if not len(squared):
        return 0.0
    distances = np.sqrt(squared, out=squared)
    return np.median(distances) or distances.mean()


def _mean_kernel(squared, unit, *, same):
    """Return the mean kernel over pairs of rows, without those of a row and itself if `same`."""
    total = sum(
        _sum_kernels(squared[rows], unit) for rows in gen_batches(len(squared), _KERNEL_ROWS)
    )
    total /= len(_BANDWIDTHS)
    n, m = squared.shape
    # The kernel of a row and itself is 1.
    return (total - n) / (n * (n - 1)) if same else total / (n * m)


def _sum_kernels(squared, unit):
    """Sum all kernels over some squared distances."""
    kernel = np.exp(squared / (-2 * (_BANDWIDTHS[-1] * unit) ** 2))
    total = kernel.sum()
    for _ in _BANDWIDTHS[1:]:
        # Half the bandwidth is the fourth power, at a tenth of the time of another exponential.
        np.square(kernel, out=kernel)
        np.square(kernel, out=kernel)
        total += kernel.sum()
    return total
