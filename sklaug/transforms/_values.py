"""Transformations of the values: what stands at a step changes, the step stays."""

import math

import numpy as np

from sklaug.transforms._arithmetic import add, draw_noise, row_parts
from sklaug.transforms._splines import Splines
from sklaug.transforms._time_axis import along_time, count_time, find_ends, put_back


def jitter(Z, *, eta, rng):
    """Add independent Gaussian noise to every value.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the noise, in the units of `Z`; 0 or more.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Um et al. (2017), Data augmentation of wearable sensor data for Parkinson's disease monitoring using
       convolutional neural networks, doi:10.1145/3136755.3136817

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import jitter
    >>> noisy = jitter(np.zeros((100, 50, 2)), eta=0.5, rng=np.random.default_rng(0))
    >>> print(f"{noisy.std():.2f}")
    0.50
    """
    return add(Z, draw_noise(rng, Z.shape, eta, Z.dtype))


def scaling(Z, *, eta, rng):
    """Multiply each channel of each series by one random factor.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the factors, whose mean is 1; 0 or more.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Um et al. (2017), doi:10.1145/3136755.3136817

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import scaling
    >>> scaled = scaling(np.ones((1, 3, 2)), eta=0.5, rng=np.random.default_rng(0))
    >>> scaled.round(2)  # one factor a channel
    array([[[1.06, 0.93],
            [1.06, 0.93],
            [1.06, 0.93]]])
    """
    n_ts, _, d = Z.shape
    factor = draw_noise(rng, (n_ts, 1, d), eta, Z.dtype)
    factor += 1
    return Z * factor


@along_time
def magnitude_warp(Z, *, eta, rng, n_knots=4, mask=None):
    """Multiply each channel of each series by a smooth random curve.

    The curve is the cubic spline through `n_knots` random values, evenly spaced from the first step
    to the last.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the curve at its knots, where its mean is 1; 0 or more.
    rng : numpy.random.Generator
        Source of randomness.
    n_knots : int, default=4
        Number of knots, at least 2; more knots make a livelier curve.
    mask : ndarray of bool, shape (n_ts, sz, d) or (n_ts, sz, 1), or None, default=None
        True where observed. A series ends with its last observed step; steps beyond it come back as
        they are. None: all series have `sz` steps.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Um et al. (2017), doi:10.1145/3136755.3136817

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import magnitude_warp
    >>> warped = magnitude_warp(np.ones((1, 5, 1)), eta=0.5, rng=np.random.default_rng(0))
    >>> warped.ravel().round(2)
    array([1.06, 0.87, 1.14, 1.36, 1.05])
    """
    n_ts, sz, d = Z.shape
    length, beyond = find_ends(Z, mask)
    knots = draw_noise(rng, (n_ts, d, n_knots), eta, Z.dtype)
    splines = Splines(n_knots, sz, length, Z.dtype)
    warped = np.empty(Z.shape, dtype=Z.dtype)
    for z, those, ends, out in row_parts(Z, knots, length, warped, per_row=d * n_knots * sz):
        curve = splines.through(those, ends)
        # Added here and not to the knots: splines through ones are 1 only up to rounding, and
        # eta = 0 is exact.
        curve += 1
        np.multiply(np.moveaxis(curve, 1, 2), z, out=out)
    return put_back(warped, Z, beyond)


@along_time
def drift(Z, *, eta, rng, mask=None):
    """Add a random walk to each channel of each series.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the walk at the last step, in the units of `Z`; 0 or more. One step of
        it has ``eta / sqrt(length)``.
    rng : numpy.random.Generator
        Source of randomness.
    mask : ndarray of bool, shape (n_ts, sz, d) or (n_ts, sz, 1), or None, default=None
        True where observed. A series ends with its last observed step; steps beyond it come back as
        they are. None: all series have `sz` steps.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import drift
    >>> drifted = drift(np.zeros((10_000, 20, 1)), eta=0.5, rng=np.random.default_rng(0))
    >>> drifted.std(axis=0)[[0, 4, 19], 0].round(2)
    array([0.11, 0.25, 0.5 ])
    """
    length, beyond = find_ends(Z, mask)
    step = draw_noise(rng, Z.shape, np.expand_dims(eta / np.sqrt(length), -1), Z.dtype)
    return put_back(add(Z, np.cumsum(step, axis=1, out=step)), Z, beyond)


@along_time
def trend(Z, *, eta, rng, mask=None):
    """Add a straight line through the middle of the time axis to each channel of each series.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Standard deviation of the rise from the first step to the last, in the units of `Z`; 0 or
        more.
    rng : numpy.random.Generator
        Source of randomness.
    mask : ndarray of bool, shape (n_ts, sz, d) or (n_ts, sz, 1), or None, default=None
        True where observed. A series ends with its last observed step; steps beyond it come back as
        they are. None: all series have `sz` steps.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import trend
    >>> trend(np.zeros((1, 5, 1)), eta=8, rng=np.random.default_rng(0)).ravel().round(2)
    array([-0.5 , -0.25,  0.  ,  0.25,  0.5 ])
    """
    n_ts, sz, d = Z.shape
    length, beyond = find_ends(Z, mask)
    slope = draw_noise(rng, (n_ts, 1, d), eta, Z.dtype)
    time = (count_time(sz, length) - 0.5).astype(Z.dtype)
    return put_back(add(Z, slope * time[..., None]), Z, beyond)


def mixup(Z, *, eta, partner):
    """Move each row towards its partner.

    Parameters
    ----------
    Z : ndarray of shape (n_ts, sz, d)
        Series, or latent codes, in units of one standard deviation.
    eta : float
        Strength, 0 or more: the partner's weight is ``1 - exp(-eta)``.
    partner : ndarray of shape (n_ts, sz, d)
        For each row the values of its partner (see `partner_rows`); a row without one holds itself
        and stays as it is.

    Returns
    -------
    ndarray of shape (n_ts, sz, d)
        A new array; `Z` is not modified.

    References
    ----------
    .. [1] Zhang et al. (2018), mixup: beyond empirical risk minimization, arXiv:1710.09412

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.transforms import mixup
    >>> Z = np.array([[[0.0]], [[1.0]]])
    >>> mixup(Z, eta=np.log(2), partner=Z[::-1]).ravel()
    array([0.5, 0.5])
    """
    step = np.subtract(partner, Z, dtype=Z.dtype)
    step *= -math.expm1(-eta)
    return add(Z, step)
