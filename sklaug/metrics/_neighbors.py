"""Whose neighbours series are: fidelity and diversity by balls around rows, and how near to a copy they come."""

import numpy as np

from sklaug._random import draw_seed
from sklaug._series import fit_width
from sklaug._validation import check_number
from sklaug.metrics._distances import (
    distinct_rows,
    flatten,
    nearest_rows,
    row_keys,
    squared_distances,
    squared_radii,
)
from sklaug.metrics._inputs import check_pair, draw_rows, order_told


def prdc(X_real, X_synthetic, *, k=5, scale="minmax"):
    """Measure fidelity and diversity by balls around series.

    The ball of a row reaches to its k-th nearest other row of the same set, that row included. Each
    series is a vector of sz * d values, or an embedding.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, k + 1 or more in each set, NaN where values are missing or a series has ended.
    k : int, default=5
        Neighbour that sets the size of a ball, 1 or more.
    scale : {"minmax", None}, default="minmax"
        Bring each channel of both sets to [0, 1] by the real one, or leave values as they are.

    Returns
    -------
    dict of float
        ``precision`` [1]_: share of synthetic rows inside the ball of at least one real row, 0 to 1.
        ``recall`` [1]_: share of real rows inside the ball of at least one synthetic row, 0 to 1.
        ``density`` [2]_: how many real balls a synthetic row lies in, on average, divided by `k`; 0 or
        more. New rows from the real distribution have 1, an exact copy of the real set (k + 1) / k.
        ``coverage`` [2]_: share of real rows whose ball holds at least one synthetic row, 0 to 1. As many
        new rows from the real distribution have about 1 - 2**-k, that is 0.97.
        High is good in all four.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together, or fewer than k + 1 series in one.

    Notes
    -----
    All depend on the number of rows, as the balls of fewer rows are larger. Compare equally many, and
    with the values that other real series have.

    Where values are missing, distances are taken over the steps and channels that two series share, and
    scaled up by the share of those; series that share none are not neighbours.

    What they cannot see: copies, which score as well as new rows or better. Precision and density do
    not see what is missing; copies of one real row have precision 1. Recall is raised by synthetic
    outliers, whose balls are large. Every row is compared with every other, so it takes time in
    n**2, and memory in n.

    References
    ----------
    .. [1] Kynkäänniemi et al. (2019), Improved precision and recall metric for assessing generative
       models, arXiv:1904.06991.
    .. [2] Naeem et al. (2020), Reliable fidelity and diversity metrics for generative models,
       arXiv:2002.09797.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import prdc
    >>> X = np.random.default_rng(0).normal(size=(400, 2))
    >>> collapsed = np.repeat(X[:20], 10, axis=0)
    >>> scores = prdc(X[:200], collapsed)
    >>> scores["precision"], scores["recall"] < 0.2
    (1.0, True)
    """
    check_number("k", k, low=1, whole=True)
    pair = check_pair(X_real, X_synthetic, "prdc", scale=scale, min_series=k + 1)
    real, synthetic = flatten(pair.real), flatten(pair.synthetic)
    reach, synthetic_reach = squared_radii(real, k), squared_radii(synthetic, k)
    n_balls = np.zeros(len(synthetic), dtype=np.int64)
    recalled, covered = np.zeros((2, len(real)), dtype=bool)
    for rows, squared in squared_distances(real, synthetic):
        inside = squared <= reach[rows, None]
        n_balls += inside.sum(axis=0)
        covered[rows] = inside.any(axis=1)
        recalled[rows] = (squared <= synthetic_reach).any(axis=1)
    return {
        "precision": float(np.mean(n_balls > 0)),
        "recall": float(recalled.mean()),
        "density": float(n_balls.mean() / k),
        "coverage": float(covered.mean()),
    }


def authenticity(X_real, X_synthetic, *, scale="minmax"):
    """Measure the share of synthetic series that are not suspiciously near to a real one.

    A synthetic row is authentic [1]_ if it is farther from its nearest real row than that row is from
    its own nearest other real row.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, 2 or more in the real set, which is what the generator was trained on; NaN where values
        are missing or a series has ended.
    scale : {"minmax", None}, default="minmax"
        Bring each channel of both sets to [0, 1] by the real one, or leave values as they are.

    Returns
    -------
    float
        From 0 to 1. 0 means that all are copies or nearly so. New rows of the real distribution do not
        have 1, but a third if all depends on one variable, and more the more there are: compare with the
        value of real series that the generator has not seen. Noise has 1.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together, or fewer than 2 real series.

    Notes
    -----
    Real rows that are equal count once, so a copy of one that occurs twice, with a little noise, is
    still found too near. An exact copy is never authentic. If all real rows are equal, whatever is no
    copy is authentic. Of real rows that are equally near, the first one counts.

    Where values are missing, distances are taken over the steps and channels that two series share, and
    scaled up by the share of those; a series that shares none with any real one is authentic.

    What it cannot see: whether authentic rows are any good. Overlapping windows of one long series
    have near neighbours in the real set already, so a copy must come nearer than a window one step later
    to be found. Every row is compared with every other, so it takes time in n**2, and memory in n.

    References
    ----------
    .. [1] Alaa et al. (2022), How faithful is your synthetic data? Sample-level metrics for evaluating
       and auditing generative models, arXiv:2102.08921.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import authenticity
    >>> X = np.random.default_rng(0).normal(size=(400, 24))
    >>> authenticity(X[:200], X[:50])
    0.0
    >>> 0.3 < authenticity(X[:200], X[200:]) < 1
    True
    """
    pair = check_pair(X_real, X_synthetic, "authenticity", scale=scale)
    if len(pair.real) < 2:
        raise ValueError(
            f"X_real has {len(pair.real)} series, but authenticity needs at least 2: it asks how near the nearest other one is."
        )
    real = distinct_rows(flatten(pair.real))
    reach = squared_radii(real, 1) if len(real) > 1 else np.zeros(1)
    nearest, squared = nearest_rows(flatten(pair.synthetic), real)
    return float(np.mean(squared > reach[nearest]))


def nearest_neighbor_ratio(X_train, X_synthetic, X_held_out, *, scale="minmax", random_state=None):
    """Compare how near synthetic series are to training series and to series never seen.

    For each synthetic row the distance to the nearest training row is divided by the distance to the
    nearest held-out row; the result is the median, as if there were equally many rows of both. Held-out
    rows cannot have been copied, so they tell how near is near [1]_.

    Parameters
    ----------
    X_train : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series that the generator was trained on, 2 or more; NaN where values are missing or a series has
        ended.
    X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series that it made.
    X_held_out : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Real series that it has not seen, 2 or more.
    scale : {"minmax", None}, default="minmax"
        Bring each channel of all sets to [0, 1] by the training set, or leave values as they are.
    random_state : int, RandomState instance or None, default=None
        Draws held-out rows; without effect if there are as many as training rows.

    Returns
    -------
    float
        0 or more. About 1 where nothing was copied, near 0 where training rows are replayed. Infinite if
        most synthetic rows equal held-out ones: the generator has seen these, so they were not held out.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together, fewer than 2 training or held-out series, or sets that share no
        step.

    Notes
    -----
    The nearest of many rows is nearer than the nearest of few. If there are more held-out rows, as many
    as there are training rows are drawn. If there are fewer, training rows are not left out, since a copy
    is found only beside what it copies. Instead the distances to all of them are multiplied by
    ``(n_train / n_held_out)**a``, where the power law is measured on the held-out rows: a is how fast
    the distance to the nearest falls with their number, from halves of them to all.

    A row that equals a training row and a held-out row has ratio 1; one that equals a held-out row only
    has an infinite one. Where values are missing, distances are
    taken over the steps and channels that two series share; a row that shares none with any training
    row, or with any held-out row, is left out.

    What it cannot see: copies that are fewer than half of the rows. If held-out series differ from
    training series, as later ones do where things drift, it is below 1 without any copying: compare
    with a generator that cannot copy. Every row is compared with every other, so it takes time in n**2,
    and memory in n.

    References
    ----------
    .. [1] Platzer and Reutterer (2021), Holdout-based empirical assessment of mixed-type synthetic
       data, doi:10.3389/fdata.2021.679939.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import nearest_neighbor_ratio
    >>> X = np.random.default_rng(0).normal(size=(600, 24))
    >>> train, new, held_out = X[:200], X[200:400], X[400:]
    >>> nearest_neighbor_ratio(train, train, held_out)
    0.0
    >>> 0.9 < nearest_neighbor_ratio(train, new, held_out) < 1.1
    True
    >>> nearest_neighbor_ratio(train, held_out, held_out)  # held out from what?
    inf
    """
    seed = draw_seed(random_state)
    train, synthetic, held_out = _check_three(X_train, X_synthetic, X_held_out, scale)
    held_out = held_out[draw_rows(len(held_out), len(train), seed, "held-out rows")]
    to_train = _nearest_distances(synthetic, train)
    to_held_out = _nearest_distances(synthetic, held_out)
    in_sight = np.isfinite(to_train) & np.isfinite(to_held_out)
    if not in_sight.any():
        raise ValueError(
            "No series of X_synthetic has a step in common with both X_train and X_held_out, so nearest_neighbor_ratio has "
            "nothing to compare."
        )
    synthetic, to_train, to_held_out = (a[in_sight] for a in (synthetic, to_train, to_held_out))
    ratio = np.full(len(to_train), np.inf)
    np.divide(to_train, to_held_out, out=ratio, where=to_held_out > 0)
    ratio[(to_train == 0) & (to_held_out == 0)] = 1
    more = len(train) / len(held_out)
    power = _measure_power(synthetic, held_out, to_held_out, seed) if more > 1 else 0.0
    return float(np.median(ratio) * more**power)


def duplicate_share(X_real, X_synthetic, *, tol=0):
    """Measure the share of synthetic series that equal a real one.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        Series, NaN where values are missing or a series has ended; those of a copy stand in the same
        places.
    tol : float, default=0
        Largest difference of any value, as a share of its channel's range in the real set, that makes
        no difference. With 0 values must be the same to the last bit; 1e-6 also finds copies that were
        rounded to float32.

    Returns
    -------
    float
        From 0 (best) to 1.

    Raises
    ------
    ValueError, TypeError
        For sets that do not go together.

    Notes
    -----
    What it cannot see: copies with noise on them, see `authenticity`, and rows that repeat each other.
    It takes time in n. With `tol`, rows are compared where their means are as near as that, which takes
    time in n log n, but in n**2 for a `tol` so large that most are.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import duplicate_share
    >>> X = np.random.default_rng(0).normal(size=(100, 24))
    >>> duplicate_share(X, np.concatenate([X[:10], X[:30] + 0.1]))
    0.25
    """
    check_number("tol", tol, low=0)
    scale = "minmax" if tol else None
    pair = check_pair(X_real, X_synthetic, "duplicate_share", scale=scale)
    real, synthetic = flatten(pair.real), flatten(pair.synthetic)
    if tol:
        return float(np.mean(_have_near_copies(synthetic, real, tol)))
    known = set(row_keys(real))
    return float(np.mean([key in known for key in row_keys(synthetic)]))


def _check_three(X_train, X_synthetic, X_held_out, scale):
    """Return all three as vectors of equal length, scaled by the training set."""
    caller = "nearest_neighbor_ratio"
    held_out = check_pair(
        X_train, X_held_out, caller, scale=scale, min_series=2, names=("X_train", "X_held_out")
    )
    with order_told():
        names = ("X_train", "X_synthetic")
        made = check_pair(X_train, X_synthetic, caller, scale=scale, names=names)
    sz = max(held_out.shape[0], made.shape[0])
    sets = (made.real, made.synthetic, held_out.synthetic)
    return [flatten(fit_width(values, sz)) for values in sets]


def _nearest_distances(A, B):
    return np.sqrt(nearest_rows(A, B)[1])


def _measure_power(synthetic, held_out, to_held_out, seed):
    """Measure how fast distances to the nearest row fall with the number of rows: its power, negated.

    A mean of logarithms, in which a power law is linear; over both halves, as one of them always holds
    the nearest of all.
    """
    n = len(held_out)
    in_first = np.zeros(n, dtype=bool)
    in_first[draw_rows(n, n // 2, seed, "halves")] = True
    powers = []
    for half in (held_out[in_first], held_out[~in_first]):
        farther = _nearest_distances(synthetic, half)
        usable = (to_held_out > 0) & np.isfinite(farther)
        if usable.any():
            growth = np.log(farther[usable] / to_held_out[usable]).mean()
            powers.append(growth / np.log(n / len(half)))
    return float(np.mean(powers)) if powers else 0.0


def _have_near_copies(synthetic, real, tol):
    """Tell which synthetic rows differ from some real row by at most `tol` in every value."""
    in_synthetic, in_real = np.isfinite(synthetic), np.isfinite(real)
    synthetic, real = np.nan_to_num(synthetic), np.nan_to_num(real)
    # The means of such rows differ by at most `tol` too, but for rounding.
    order = np.argsort(real.mean(axis=1))
    means, margin = real.mean(axis=1)[order], tol + 1e-12
    first = np.searchsorted(means, synthetic.mean(axis=1) - margin, side="left")
    last = np.searchsorted(means, synthetic.mean(axis=1) + margin, side="right")
    found = np.zeros(len(synthetic), dtype=bool)
    for number, (start, stop) in enumerate(zip(first, last, strict=True)):
        near = order[start:stop]
        alike = (np.abs(real[near] - synthetic[number]) <= tol).all(axis=1)
        found[number] = (alike & (in_real[near] == in_synthetic[number]).all(axis=1)).any()
    return found
