"""Usefulness scores: how well a forecaster that has only seen synthetic series does on real ones."""

import functools
from dataclasses import dataclass

import joblib
import numpy as np

from sklaug._inference import run_in_blocks
from sklaug._random import derive_seed, draw_seed
from sklaug._validation import check_choice, check_flag, check_number
from sklaug.metrics._discriminative import (
    LARGEST,
    MIN_SERIES,
    network_inputs,
    recurrent_width,
    train_judge,
)
from sklaug.metrics._inputs import check_pair, equalise, measure_range
from sklaug.metrics._splits import split_rows
from sklaug.networks.post_hoc import NextStep

TARGETS = ("all", "last")
_TEST_SHARE, _N_ITER = 0.2, 3000
# An error is no smaller, so that the ratio of two is a number.
_SMALLEST_ERROR = float(np.finfo(np.float32).eps)


def predictive_score(
    X_real,
    X_synthetic,
    *,
    target="all",
    relative=True,
    split="blocks",
    test_size=_TEST_SHARE,
    n_iter=_N_ITER,
    scale="minmax",
    n_threads=1,
    random_state=None,
):
    """Tell how well a network that learned on synthetic series foretells the next step of real ones.

    Parameters
    ----------
    X_real, X_synthetic : array-like of shape (n_ts, sz) or (n_ts, sz, d), list of arrays, or DataFrame
        At least 10 series each, of 2 steps or more, those of `X_real` in order of time if they
        overlap; NaN where values are missing or a series has ended.
    target : {"all", "last"}, default="all"
        What is foretold: all channels from all, or the last channel from the others (from itself if
        it is the only one), as in the literature.
    relative : bool, default=True
        Divide the error by that of the same network, from the same initial weights, trained on real
        series. False returns the error itself.
    split : {"blocks", "random"}, default="blocks"
        How rows are held out if `relative`, see `discriminative_score`: both networks are tested on
        real rows held out, and trained on the remaining rows, one on the real ones and one on the
        synthetic. Of the larger set as many rows as the other has are drawn before. If not
        `relative`, nothing is held out: the network is trained on all synthetic series and tested on
        all real ones, as in the literature.
    test_size : float, default=0.2
        Share of the rows held out, more than 0 and less than 1; with blocks, in tenths.
    n_iter : int, default=3000
        Steps of each training, on 128 series each. The literature takes 5000; below some 3000 the
        network has often not learned enough for the ratio to mean anything.
    scale : {"minmax", None}, default="minmax"
        Bring each channel to [0, 1] by the real set, or leave values as they are.
    n_threads : int, default=1
        Threads of torch.
    random_state : int, RandomState instance or None, default=None
        Seed of the split, of the rows drawn, and of the networks.

    Returns
    -------
    float
        If `relative`, a ratio of 0 or more: 1 if synthetic series are as useful as real ones, above 1
        if they are less so. Otherwise the mean absolute error, 0 or more, in the unit of the scaled
        values: with "minmax", shares of the channel's range.

    Raises
    ------
    ValueError
        For fewer than 10 series, series of a single step, sets that do not go together, and
        parameters out of range.

    Notes
    -----
    The network is a GRU of `max(d // 2, 2)` units; a sigmoid keeps what it foretells within the range
    of the real set. Adam at a rate of 0.001 lowers the mean absolute error. Where values are missing,
    the network reads the last one before them, and a channel more for each that says what was
    observed; errors are those at observed values. Errors below 1e-7 count as that, so that the ratio
    is finite for constants.

    What it cannot see: noise, which a forecast averages out. So small a network learns little more
    than that the next value is near the last: on series that move slowly every generator that is not
    broken comes near 1, real series give the same error as many a poor generator, and synthetic ones
    that are smoother than real ones may come below 1. `target="last"` is saturated on the
    literature's data and ranks nothing. Copies of the real series score 1. Another seed, thus other
    blocks, moves the ratio by some tenths where series drift: take the mean of several.

    References
    ----------
    .. [1] Yoon, Jarrett and van der Schaar (2019), "Time-series Generative Adversarial Networks",
       NeurIPS 32.

    Examples
    --------
    >>> import numpy as np
    >>> from sklaug.metrics import predictive_score
    >>> rng = np.random.default_rng(0)
    >>> X_real = np.sin(0.5 * np.arange(16) + rng.uniform(0, 6.28, size=(100, 1)))
    >>> predictive_score(X_real, X_real, n_iter=50, random_state=0)
    1.0
    >>> shuffled = rng.permuted(X_real, axis=1)
    >>> predictive_score(X_real, shuffled, n_iter=100, random_state=0) > 1.01
    True
    """
    check_choice("target", target, TARGETS)
    check_flag("relative", relative)
    check_number("n_iter", n_iter, low=1, whole=True)
    check_number("n_threads", n_threads, low=1, whole=True)
    pair = check_pair(X_real, X_synthetic, "predictive_score", scale=scale, min_series=MIN_SERIES)
    seed = draw_seed(random_state)
    if relative:
        trial = _hold_out(pair, target, split, test_size, n_iter, n_threads, seed)
        return trial.compare(trial.measure(trial.real))
    everything = slice(None), slice(None)
    trial = _set_up(pair, target, everything, n_iter, n_threads, seed)
    return trial.measure(trial.synthetic)


# -------------------------------------------------------------------------------------------
# Many sets beside the same real series
# -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RealForecast:
    """What the network reaches that learned from real series: the same for all sets that are compared with them.

    Attributes
    ----------
    task : str
        Fingerprint of what it learned from and was tested on.
    error : float
        Its mean absolute error.
    """

    task: str
    error: float


def learn_real_forecast(X_real, *, n_iter=_N_ITER, n_threads=1, seed=0):
    """Train the network on real series that others are to be compared with; see `compare_forecasts`."""
    trial = _set_up_default(X_real, X_real, n_iter, n_threads, seed)
    return RealForecast(trial.identify(), trial.measure(trial.real))


def compare_forecasts(
    X_real, X_synthetic, real_forecast=None, *, n_iter=_N_ITER, n_threads=1, seed=0
):
    """Return the `predictive_score` of values as they are.

    Parameters
    ----------
    X_real, X_synthetic : ndarray of shape (n, sz, d) or list of ndarray
        Series.
    real_forecast : RealForecast or None
        That of `X_real` and `seed`, so that nothing is trained on it once more. It is, where it would learn
        otherwise beside these synthetic series: they are longer, fewer, or the first with gaps.
    n_iter, n_threads, seed : int
        As for `predictive_score`.

    Returns
    -------
    float
    """
    trial = _set_up_default(X_real, X_synthetic, n_iter, n_threads, seed)
    known = real_forecast is not None and real_forecast.task == trial.identify()
    return trial.compare(real_forecast.error if known else trial.measure(trial.real))


def _set_up_default(X_real, X_synthetic, n_iter, n_threads, seed):
    pair = check_pair(X_real, X_synthetic, "predictive_score", scale=None, min_series=MIN_SERIES)
    return _hold_out(pair, "all", "blocks", _TEST_SHARE, n_iter, n_threads, seed)


# -------------------------------------------------------------------------------------------
# Tasks and trainings
# -------------------------------------------------------------------------------------------


@dataclass
class _Trial:
    """Networks that learn from real or from synthetic rows, and are tested on the same real ones.

    Attributes
    ----------
    real, synthetic : _Task
        Either to learn from.
    measure : functools.partial
        From one of them to the mean absolute error of what learned from it.
    """

    real: "_Task"
    synthetic: "_Task"
    measure: functools.partial

    def identify(self):
        """Return a fingerprint of all that the error after training on real rows follows from."""
        return joblib.hash((self.real, self.measure.keywords))

    def compare(self, of_real):
        """Return how many times as large as that of real rows the error of synthetic ones is."""
        return max(self.measure(self.synthetic), _SMALLEST_ERROR) / max(of_real, _SMALLEST_ERROR)


def _hold_out(pair, target, split, test_size, n_iter, n_threads, seed):
    """Return a trial that tests on real rows which nothing has learned from."""
    pair = equalise(pair, seed)
    rows = split_rows(len(pair.real), pair.shape[0], split=split, test_share=test_size, seed=seed)
    return _set_up(pair, target, rows, n_iter, n_threads, seed)


def _set_up(pair, target, rows, n_iter, n_threads, seed):
    """Return a trial on rows to train on and to test on."""
    train, test = rows
    d = pair.shape[1]
    foretold = [d - 1] if target == "last" else list(range(d))
    real, synthetic = _make_tasks(pair, foretold)
    measure = functools.partial(
        _train_and_test,
        test=real.take(test, "X_real, in the rows to test on,"),
        width=recurrent_width(d),
        bounds=measure_range(pair.real[..., foretold].clip(-LARGEST, LARGEST)),
        n_iter=n_iter,
        n_threads=n_threads,
        seed=derive_seed(seed, "training"),
    )
    return _Trial(
        real.take(train, "X_real, in the rows to train on,"),
        synthetic.take(train, "X_synthetic"),
        measure,
    )


@dataclass
class _Task:
    """What a network reads, (n, sz - 1, c), and what it is to say: (n, sz - 1, k), NaN where that is missing."""

    inputs: np.ndarray
    target: np.ndarray

    def take(self, rows, name):
        task = _Task(self.inputs[rows], self.target[rows])
        if np.isnan(task.target).all():
            raise ValueError(
                f"{name} has no series with an observed value after the first step, but predictive_score needs a next step to "
                "foretell. Pass series of 2 steps or more."
            )
        return task


def _make_tasks(pair, foretold):
    """Return the task on the real and on the synthetic series: some channels from all, or one from the others."""
    d = pair.shape[1]
    tasks = []
    for inputs, values in zip(network_inputs(pair), (pair.real, pair.synthetic), strict=True):
        if len(foretold) < d:
            # With gaps, a second half of the inputs says what was observed.
            inputs = np.delete(inputs, range(foretold[0], inputs.shape[2], d), axis=2)
        target = values[:, 1:, foretold].clip(-LARGEST, LARGEST)
        tasks.append(_Task(inputs[:, :-1], target))
    return tasks


def _train_and_test(train, *, test, width, bounds, n_iter, n_threads, seed):
    """Return the mean absolute error on one task after training on another."""
    low, span = (tuple(values.tolist()) for values in bounds)
    build = functools.partial(NextStep, train.inputs.shape[2], width, low, span)
    observed = np.isfinite(train.target)
    data = {"x": train.inputs, "target": np.where(observed, train.target, 0).astype(np.float32)}
    if not observed.all():
        data["observed"] = observed
    network = train_judge(build, data, n_iter, n_threads, seed)
    foretold = run_in_blocks(network, test.inputs, n_threads=n_threads)
    return float(np.nanmean(np.abs(foretold - test.target)))
