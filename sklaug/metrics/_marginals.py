"""How single values are distributed, whatever stands beside them: distances, moments, lengths."""

import numpy as np
from scipy import stats

from sklaug._validation import check_choice, check_number
from sklaug.metrics._inputs import check_pair, measure_range, measure_spread

# A step of a narrower range, as a share of its channel's, would have bins so narrow that it outweighs
# all others.
_NARROW = 0.01
# Bins of "auto": TSGBench's number where there are rows for them, and fewer where chance would fill them.
_ROWS_A_BIN, _FEWEST_BINS, _MOST_BINS = 10, 3, 50


def wasserstein_distance(X_real, X_synthetic, *, by="channel"):
    """Measure how far apart the distributions of single values are.

    Each channel is scaled by the mean and the standard deviation that it has in the real set; then the
    Wasserstein distance of order 1 between values is taken, without regard to when they occur [1]_.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, NaN where values are missing or a series has ended.
    by : {"channel", "series"}, default="channel"
        Compare all values of a channel at once, or, for augmentations, each channel of each synthetic
        row with that of the real row of the same number; that needs equally many rows.

    Returns
    -------
    dict of float
        ``median``, ``lower_quartile`` and ``upper_quartile`` of the distances over channels, or over
        series and channels; in standard deviations of the real channel, 0 or more, 0 is best. A
        channel that is constant in the real set is left in its own units.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together, or not equally many rows with ``by="series"``.

    Notes
    -----
    What it cannot see: time. Shuffled steps change nothing, nor, by channel, do values that moved from
    one series to another. Set it beside `autocorrelation_difference`. Values are sorted, so it takes
    time in n log n.

    References
    ----------
    .. [1] "L-GTA: Latent Generative Modeling for Time Series Augmentation" (2025), arXiv:2507.23615.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import wasserstein_distance
    >>> X = np.array([[0.0, 2.0, 0.0, 2.0], [2.0, 0.0, 2.0, 0.0]])  # of standard deviation 1
    >>> wasserstein_distance(X, X + 0.5)
    {'median': 0.5, 'lower_quartile': 0.5, 'upper_quartile': 0.5}
    """
    check_choice("by", by, ("channel", "series"))
    pair = check_pair(X_real, X_synthetic, "wasserstein_distance", scale=None)
    mean, std = measure_spread(pair.real)
    real, synthetic = (pair.real - mean) / std, (pair.synthetic - mean) / std
    n_channels = real.shape[2]
    if by == "channel":
        columns = [values.reshape(-1, n_channels) for values in (real, synthetic)]
    else:
        if len(real) != len(synthetic):
            raise ValueError(
                f"X_real has {len(real)} series and X_synthetic has {len(synthetic)}, but with by='series' row i is compared "
                "with row i. Pass equally many, or by='channel'."
            )
        sz = real.shape[1]
        columns = [values.swapaxes(0, 1).reshape(sz, -1) for values in (real, synthetic)]
    distances = _observed_costs(*columns)
    if not len(distances):
        raise ValueError(
            "No channel has values in row i of both X_real and X_synthetic, for any i. Pass by='channel'."
        )
    low, middle, high = np.quantile(distances, [0.25, 0.5, 0.75])
    return {
        "median": float(middle),
        "lower_quartile": float(low),
        "upper_quartile": float(high),
    }


def marginal_difference(X_real, X_synthetic, *, n_bins="auto", scale="minmax"):
    """Compare histograms of the values at each step.

    At each step and channel the range of the real values is cut into `n_bins` bins of equal width. The
    share of a set's values that fall into a bin, divided by the bin's width, is its density there. The
    result is the absolute difference of the two densities, averaged over bins, steps and channels:
    the marginal distribution difference of [1]_, with the first step counted too, and with the values outside
    the real range, which count as one bin more.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, NaN where values are missing or a series has ended.
    n_bins : int or "auto", default="auto"
        Bins at each step, 1 or more. "auto" takes one for every ten series of the smaller set, at least 3
        and at most 50: from 500 series on it is the 50 of [1]_.
    scale : {"minmax", None}, default="minmax"
        Bring each channel of both sets to [0, 1] by the real one, or leave values as they are. Densities
        are shares per unit, so only scaled values give numbers that compare across data sets.

    Returns
    -------
    float
        0 or more, 0 is best; at a step, at most 2 divided by the range of its real values.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together, or that have no step and channel where both have values.

    Notes
    -----
    The reference passes over synthetic values outside the real range. Steps
    and channels without values in one of the sets are left out. Where the real values of a step span
    less than a hundredth of the channel's range, as where all are equal, the bins are those of a range
    as wide as the channel's around their middle, which is in the middle of a bin.

    Few rows in many bins differ by chance: two sets of 30 from one source, in 50 bins, differ about as much as
    two sets half a standard deviation apart. That is why "auto" takes fewer bins for fewer rows. Still
    100 rows differ more by chance than 1,000: compare with the value of real series against as many other
    real series, and choose `n_bins` yourself to compare sets of different size.

    What it cannot see: how steps go together, and how channels do; each is looked at by itself. It takes
    time in n.

    References
    ----------
    .. [1] Ang et al. (2023), TSGBench: Time Series Generation Benchmark, arXiv:2309.03755.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import marginal_difference
    >>> X = np.random.default_rng(0).uniform(size=(1000, 8))
    >>> marginal_difference(X, X)
    0.0
    >>> marginal_difference(X, X**2) > marginal_difference(X, X**1.1) > 0.1
    True
    """
    check_number("n_bins", n_bins, low=1, whole=True, other=("auto",))
    pair = check_pair(X_real, X_synthetic, "marginal_difference", scale=scale)
    if n_bins == "auto":
        fewer = min(len(pair.real), len(pair.synthetic))
        n_bins = int(np.clip(fewer // _ROWS_A_BIN, _FEWEST_BINS, _MOST_BINS))
    real, synthetic = (_as_cells(values) for values in (pair.real, pair.synthetic))
    in_both = ~(np.isnan(real).all(axis=0) | np.isnan(synthetic).all(axis=0))
    if not in_both.any():
        raise ValueError(
            "X_real and X_synthetic have values at no common step and channel, so marginal_difference has nothing to compare."
        )
    channel_range = np.tile(measure_range(pair.real)[1], pair.shape[0])
    real, synthetic, channel_range = real[:, in_both], synthetic[:, in_both], channel_range[in_both]
    low, width = _bin_ranges(real, channel_range, n_bins)
    difference = _shares(real, low, width, n_bins) - _shares(synthetic, low, width, n_bins)
    # Real values lie inside, so what is outside, on either side, counts as a bin of its own.
    outside = np.abs(difference.sum(axis=1))
    total = np.abs(difference).sum(axis=1) + outside
    return float(np.mean(total / width))


def moment_differences(X_real, X_synthetic):
    """Compare mean, standard deviation, skewness and kurtosis of the values of each channel.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, NaN where values are missing or a series has ended.

    Returns
    -------
    dict of float
        ``mean``, ``std``, ``skewness`` and ``kurtosis``: absolute differences, averaged over channels,
        0 or more, 0 is best. Those of mean and standard deviation are in standard deviations of the real
        channel, or in its own units where it is constant in the real set. Skewness and kurtosis have no
        unit; a constant channel has 0 of both.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together.

    Notes
    -----
    Moments are taken over series and steps together. Those of skewness and kurtosis are SD and KD
    of [1]_, where N values lack a factor of ((N - 1) / N)**1.5 in the skewness.

    What it cannot see: time, and how channels go together. A single extreme value may decide skewness
    and kurtosis. It takes time in n.

    References
    ----------
    .. [1] Ang et al. (2023), TSGBench: Time Series Generation Benchmark, arXiv:2309.03755.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import moment_differences
    >>> X = np.array([[0.0, 2.0, 0.0, 2.0], [2.0, 0.0, 2.0, 0.0]])  # of standard deviation 1
    >>> moment_differences(X, 3 * X + 1)
    {'mean': 3.0, 'std': 2.0, 'skewness': 0.0, 'kurtosis': 0.0}
    """
    pair = check_pair(X_real, X_synthetic, "moment_differences", scale=None)
    mean, std = measure_spread(pair.real)
    real, synthetic = (_moments((X - mean) / std) for X in (pair.real, pair.synthetic))
    return {name: float(np.mean(np.abs(real[name] - synthetic[name]))) for name in real}


def length_ks(X_real, X_synthetic):
    """Test whether series of two sets are equally long.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series; the length of one is the number of steps to its last observed value.

    Returns
    -------
    dict of float
        ``statistic``: the largest difference between the two shares of series that are at most so
        long, from 0 (best) to 1; ``p_value`` of the two-sample Kolmogorov-Smirnov test. 0 and 1 where
        all series of both are equally long.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together.

    Notes
    -----
    Lengths are whole numbers, so many are equal, and the p-value is larger than it need be: a small one
    can be believed. What it cannot see: everything but lengths. It takes time in n log n.

    References
    ----------
    .. [1] Hodges (1958), The significance probability of the Smirnov two-sample test,
       doi:10.1007/BF02589501.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import length_ks
    >>> X = [np.ones(4), np.ones(5), np.ones(6), np.ones(7)]
    >>> length_ks(X, X[:2])["statistic"]
    0.5
    """
    pair = check_pair(X_real, X_synthetic, "length_ks", scale=None)
    result = stats.ks_2samp(pair.real_lengths, pair.synthetic_lengths)
    return {"statistic": float(result.statistic), "p_value": float(result.pvalue)}


def transport_costs(U, V, *, power=1):
    """Return the mean of |difference|**power between the quantile functions of columns (n, k) and (m, k): (k,)."""
    U, V = np.sort(U, axis=0), np.sort(V, axis=0)
    n, m = len(U), len(V)
    if n == m:
        return np.mean(np.abs(U - V) ** power, axis=0)
    # Both functions are steps. Between the ends of all steps, in units of 1 / (n m), both stand still.
    ends = np.union1d(m * np.arange(1, n + 1), n * np.arange(1, m + 1))
    widths = np.diff(ends, prepend=0) / (n * m)
    return widths @ np.abs(U[(ends - 1) // m] - V[(ends - 1) // n]) ** power


def _observed_costs(U, V):
    """Return `transport_costs` of columns with NaN, without those that have no value on one side."""
    counts = np.stack([np.isfinite(U).sum(axis=0), np.isfinite(V).sum(axis=0)])
    U, V = np.sort(U, axis=0), np.sort(V, axis=0)  # NaN comes last
    kinds, kind_of = np.unique(counts, axis=1, return_inverse=True)
    costs = np.full(U.shape[1], np.nan)
    for number, (n, m) in enumerate(kinds.T):
        if n and m:
            columns = kind_of.ravel() == number
            costs[columns] = transport_costs(U[:n, columns], V[:m, columns])
    return costs[np.isfinite(costs)]


def _as_cells(values):
    """Put every step and channel into a column of its own: (n, sz * d)."""
    return values.reshape(len(values), -1)


def _bin_ranges(real, channel_range, n_bins):
    """Return where the bins of each column begin and how much they span together."""
    low, high = np.nanmin(real, axis=0), np.nanmax(real, axis=0)
    narrow = high - low < _NARROW * channel_range
    width = np.where(narrow, channel_range, high - low)
    middle_bin = (n_bins // 2 + 0.5) / n_bins
    return np.where(narrow, (low + high) / 2 - middle_bin * width, low), width


def _shares(values, low, width, n_bins):
    """Return the share of the observed values of each column that falls into each bin: (columns, n_bins)."""
    place = (values - low) / width  # in [0, 1] where inside
    inside = (place >= 0) & (place <= 1)  # false for NaN
    column = np.broadcast_to(np.arange(values.shape[1]), values.shape)[inside]
    bins = np.minimum((place[inside] * n_bins).astype(np.int64), n_bins - 1)
    counts = np.bincount(column * n_bins + bins, minlength=values.shape[1] * n_bins)
    return counts.reshape(-1, n_bins) / np.isfinite(values).sum(axis=0)[:, None]


def _moments(values):
    """Return mean, standard deviation, skewness and excess kurtosis of each channel, each (d,)."""
    mean, unit = measure_spread(values)
    z = (values - mean) / unit
    squares = z * z
    second, third, fourth = (
        np.nanmean(power, axis=(0, 1)) for power in (squares, squares * z, squares * squares)
    )
    # z has variance 1, or is 0 throughout.
    return {
        "mean": mean,
        "std": unit * np.sqrt(second),
        "skewness": third,
        "kurtosis": np.where(second > 0, fourth - 3, 0.0),
    }
