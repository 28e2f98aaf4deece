"""Three forecasters of the last steps of a window from those before, and their error on windows of another set.

The recurrent one sees all channels at once, as that of L-GTA's paper. The others are one model for all
channels, each seen alone: what they learn from is a series, not a table of series.
"""

import functools

import numpy as np
import torch
from fidelity_data import flatten_channels
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import RidgeCV
from torch import nn

from sklaug._training import TrainingPlan, to_tensors, train_network

_STEPS, _BATCH, _RATE, _HIDDEN = 300, 64, 3e-3, 64
_MOST_ROWS = 10_000  # of one channel; more change nothing but the time it takes
_PENALTIES = np.logspace(-2, 4, 7)
ABOUT = (
    f"Forecasters: `recurrent` is a GRU of {_HIDDEN} units over all channels at once, {_STEPS} steps of batches of "
    f"{_BATCH}; `ridge` (its penalty chosen by leave-one-out on what it is trained on) and `boosting` "
    f"(HistGradientBoostingRegressor) are one model for all channels, each by itself, on at most {_MOST_ROWS:,} windows "
    "of one channel. They forecast the last twentieth of a window, one step at least, from what is before it, both "
    "less the mean of the latter."
)


def forecast_errors(train, test, seed, names=None):
    """Train forecasters on windows and return their root mean square errors on others.

    Parameters
    ----------
    train, test : ndarray of shape (n, length, d)
        Windows in standard deviations of each channel.
    seed : int
        Seed of networks and of which rows are taken. The same seed takes the same rows, starts from the same
        weights and shuffles alike, so that errors after training on two versions of a set differ by the sets.

    names : list of str or None
        Which forecasters; None for all.

    Returns
    -------
    dict of float
        Errors in the units of the windows, by forecaster.
    """
    past, target = take_apart(train)
    test_past, test_target = take_apart(test)
    return {
        name: measure_error(FORECASTERS[name](past, target, test_past, seed), test_target)
        for name in names or FORECASTERS
    }


def take_apart(windows):
    """Return what is known and what is sought, less the mean of what is known: the future has other levels."""
    horizon = count_forecast_steps(windows.shape[1])
    past, target = windows[:, :-horizon], windows[:, -horizon:]
    level = past.mean(axis=1, keepdims=True)
    return past - level, target - level


def count_forecast_steps(length):
    return max(1, length // 20)


def measure_error(forecast, target):
    return float(np.sqrt(np.mean((forecast - target) ** 2)))


def forecast_recurrently(past, target, test_past, seed):
    """Train a GRU on all channels at once; return forecasts (n, horizon, d)."""
    build = functools.partial(RecurrentForecaster, past.shape[2], target.shape[1])
    plan = TrainingPlan.of_steps(_STEPS, len(past), _BATCH, _RATE, schedule="rise_and_fall")
    data = {"past": past.astype(np.float32), "target": target.astype(np.float32)}
    network = build()
    network.load_state_dict(to_tensors(train_network(build, {}, data, plan, seed)["weights"]))
    with torch.no_grad():
        return network(torch.tensor(test_past.astype(np.float32))).double().numpy()


class RecurrentForecaster(nn.Module):
    """A GRU whose last state is turned into the steps that follow."""

    def __init__(self, n_channels, horizon):
        super().__init__()
        self.horizon = horizon
        self.gru = nn.GRU(n_channels, _HIDDEN, batch_first=True)
        self.head = nn.Linear(_HIDDEN, horizon * n_channels)

    def forward(self, past):  # (b, t, d)
        _, state = self.gru(past)
        return self.head(state[-1]).unflatten(1, (self.horizon, -1))  # (b, horizon, d)

    def loss(self, batch):
        errors = (self(batch["past"]) - batch["target"]).square()
        return {"loss": errors.mean(dim=(1, 2))}


def forecast_linearly(past, target, test_past, seed):
    """Fit a ridge on channels taken one by one; return forecasts (n, horizon, d)."""
    rows, targets = take_channels(past, target, seed)
    return put_back(RidgeCV(_PENALTIES).fit(rows, targets).predict, test_past)


def forecast_by_trees(past, target, test_past, seed):
    """Fit gradient-boosted trees, one model a step ahead, on channels taken one by one."""
    rows, targets = take_channels(past, target, seed)
    models = [
        HistGradientBoostingRegressor(early_stopping=False, random_state=seed).fit(rows, step)
        for step in targets.T
    ]
    return put_back(lambda X: np.column_stack([m.predict(X) for m in models]), test_past)


def take_channels(past, target, seed):
    """Return rows (n, t) and targets (n, horizon) of single channels, at most `_MOST_ROWS`."""
    rows, targets = flatten_channels(past), flatten_channels(target)
    if len(rows) <= _MOST_ROWS:
        return rows, targets
    taken = np.random.default_rng(seed).permutation(len(rows))[:_MOST_ROWS]
    return rows[taken], targets[taken]


def put_back(predict, past):
    """Forecast each channel by itself: (n, horizon, d)."""
    n, _, d = past.shape
    return predict(flatten_channels(past)).reshape(n, d, -1).swapaxes(1, 2)


FORECASTERS = {
    "recurrent": forecast_recurrently,
    "ridge": forecast_linearly,
    "boosting": forecast_by_trees,
}
