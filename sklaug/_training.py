"""The only training loop: arrays and a network's description in, weights and history out, all numpy."""

import math
import time
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import torch

from sklaug._averaging import WeightAverage
from sklaug._flat import FlatWeights
from sklaug._optimizer import AdamW, shorten
from sklaug._threads import torch_threads
from sklaug.networks.randomness import DrawFrom


@dataclass(frozen=True)
class TrainingPlan:
    """How to train; everything here changes the weights, so everything here is part of a cache's key.

    Attributes
    ----------
    max_epochs, batch_size : int
        Passes over the training part and rows a step.
    learning_rate : float
        The rate, or the peak of its schedule.
    early_stopping : bool
        Hold rows out, stop when their loss has not improved by `tol` for `n_iter_no_change` epochs,
        and keep the weights of the best epoch.
    validation_fraction : float
        Share of rows held out.
    n_iter_no_change : int
        Patience in epochs.
    tol : float
        What counts as an improvement, as a share of the best loss.
    min_epochs : int
        Epochs before the first validation loss that counts: the loss is not the same while beta
        rises.
    max_time : float or None
        Seconds after which training stops at the next step.
    max_steps : int or None
        Steps of the optimiser after which the last epoch ends, complete or not.
    drop_last : bool
        Leave rows out, other ones each epoch, that do not fill a batch, if there is a full one.
    schedule : {"rise_and_fall", "constant"}
        The first rises over the first twentieth of the steps and falls to nothing at `max_epochs`.
    weight_decay : float
        As for `AdamW`.
    max_gradient_norm : float or None
        Longest gradient of a step; longer ones are shortened.
    averaging : {"exponential", "mean", "last"}
        Which weights are kept: an average over late steps, over all steps, or those of the last step.
    """

    max_epochs: int
    batch_size: int
    learning_rate: float
    early_stopping: bool = False
    validation_fraction: float = 0.0
    n_iter_no_change: int = 0
    tol: float = 0.0
    min_epochs: int = 0
    max_time: float | None = None
    max_steps: int | None = None
    drop_last: bool = False
    schedule: str = "rise_and_fall"
    weight_decay: float = 1e-4
    max_gradient_norm: float | None = 1.0
    averaging: str = "exponential"

    @classmethod
    def of_steps(cls, n_steps, n_rows, batch_size, learning_rate, **options):
        """Make a plan of so many steps at a constant rate, whatever the number of rows, without clipping."""
        batch_size = min(batch_size, n_rows)
        full, rest = divmod(n_rows, batch_size)
        an_epoch = full if options.get("drop_last") else full + bool(rest)
        options = {"schedule": "constant", "max_gradient_norm": None} | options
        n_epochs = math.ceil(n_steps / an_epoch)
        return cls(n_epochs, batch_size, learning_rate, max_steps=n_steps, **options)

    def batches(self, n_rows, n_steps):
        """Return where the batches of an epoch begin, if `n_steps` have been taken before it."""
        stop = n_rows
        if self.drop_last and n_rows >= self.batch_size:
            stop -= n_rows % self.batch_size
        starts = range(0, stop, self.batch_size)
        return starts if self.max_steps is None else starts[: self.max_steps - n_steps]


class UnfinishedTraining(Exception):
    """Training ended before its plan did; `result` holds what there is, and no cache stores it."""

    def __init__(self, result, reason):
        super().__init__(f"training stopped early: {reason}")
        self.result = result
        self.reason = reason


class NonFiniteLossError(ValueError):
    """The loss became NaN or infinite."""


def train_network(
    build,
    key,
    data,
    plan,
    seed,
    initial_weights=None,
    *,
    device="cpu",
    n_threads=1,
    monitor=None,
):
    """Train a network and return its weights and history.

    A pure function of all but `device`, `n_threads` and `monitor`, fit for `joblib.Memory`: leave
    these out of its key, and `build` too, which `key` stands for.

    Parameters
    ----------
    build : callable
        Returns a new `torch.nn.Module` with ``loss(batch) -> {"loss": (b,), ...}``.
    key : dict
        Plain values that say what `build` builds; only a cache reads it.
    data : dict of ndarray
        Arrays with one entry a row each; a batch holds a slice of every one, and the number of the
        ``epoch``.
    plan : TrainingPlan
        How to train.
    seed : int
        Seed of initial weights, batches and all noise.
    initial_weights : dict of ndarray or None
        Where to start; None draws them.
    device : str
        A torch device.
    n_threads : int
        Intra-op threads.
    monitor : callable or None
        Called after each epoch as ``monitor(epoch, history, seconds)``; true stops the training.

    Returns
    -------
    dict
        ``weights`` (dict of float32 arrays), ``history`` (dict of lists, one number an epoch,
        held-out ones under ``validation_*``), ``n_iter`` and ``stopped_by``.

    Raises
    ------
    UnfinishedTraining
        If `max_time`, the monitor or a KeyboardInterrupt ended it; carries the same dict, or None
        if no epoch was complete.
    NonFiniteLossError
        If the loss is not finite.
    """
    with torch_threads(n_threads):
        run = _Run(
            build,
            data,
            plan,
            initial_weights,
            device,
            DrawFrom(torch.Generator().manual_seed(seed)),
        )
        reason = run.train(monitor)
    result = run.result(reason)
    if reason in ("max_time", "monitor", "interrupt"):
        raise UnfinishedTraining(result, reason)
    return result


class _Run:
    """State of one training."""

    def __init__(self, build, data, plan, initial_weights, device, own_draws):
        self.plan, self.own_draws = plan, own_draws
        self.start = time.monotonic()
        with own_draws:
            self.network = build().float()
        if initial_weights is not None:
            self.network.load_state_dict(to_tensors(initial_weights))
        self.network.to(device)
        self.device = device
        self.weights = FlatWeights(self.network)
        self.average = WeightAverage(self.weights, plan.averaging)
        # A copy: an array's memory may be read-only, or aligned otherwise, which changes the last
        # bit of a sum.
        tensors = {name: torch.tensor(array, device=device) for name, array in data.items()}
        self.train_rows, self.validation_rows = self.split(tensors)
        self.optimizer = AdamW(self.weights, plan.learning_rate, plan.weight_decay)
        self.n_steps = -(-_n_rows(self.train_rows) // plan.batch_size) * plan.max_epochs
        self.history = defaultdict(list)
        self.best, self.best_epoch, self.best_loss = None, 0, np.inf

    def split(self, tensors):
        """Hold rows out for validation, at random."""
        n = _n_rows(tensors)
        n_validation = (
            max(1, round(n * self.plan.validation_fraction)) if self.plan.early_stopping else 0
        )
        if not n_validation:
            return tensors, None
        if n_validation >= n:
            raise ValueError(
                f"validation_fraction={self.plan.validation_fraction:g} of {n} series leaves none to train "
                "on. Lower it, or set early_stopping=False."
            )
        order = self.shuffle(n)
        return _take(tensors, order[n_validation:]), _take(tensors, order[:n_validation])

    def shuffle(self, n):
        with self.own_draws:
            return torch.randperm(n).to(self.device)

    def train(self, monitor):
        """Run epochs and return what ended them."""
        try:
            for epoch in range(self.plan.max_epochs):
                if not self.run_epoch(epoch):
                    if self.best is None and self.optimizer.n_steps:
                        self.keep_best(epoch)
                    return "max_time"
                self.keep_best(epoch)
                seconds = time.monotonic() - self.start
                if monitor is not None and monitor(epoch, self.history, seconds):
                    return "monitor"
                if self.out_of_patience(epoch):
                    return "early_stopping"
        except KeyboardInterrupt:
            return "interrupt"
        return "max_epochs"

    def run_epoch(self, epoch):
        """Take every step of an epoch and record its losses; False if the time ran out before the end.

        What there is of a first epoch is recorded all the same: it is better than nothing.
        """
        self.network.train()
        rows = self.train_rows
        n = _n_rows(rows)
        order = self.shuffle(n)
        parts, n_done = defaultdict(list), 0
        starts = self.plan.batches(n, self.optimizer.n_steps)
        n_planned = min(n, starts[-1] + self.plan.batch_size)
        for start in starts:
            if self.out_of_time():
                break
            batch = _take(rows, order[start : start + self.plan.batch_size])
            for name, values in self.step({**batch, "epoch": epoch}).items():
                parts[name].append(values.detach())
            n_done = min(n, start + self.plan.batch_size)
        if n_done == n_planned or (n_done and epoch == 0):
            for name, value in _means(parts).items():
                self.history[name].append(value)
            self.check_finite(epoch)
        return n_done == n_planned

    def out_of_time(self):
        limit = self.plan.max_time
        return limit is not None and time.monotonic() - self.start > limit

    def step(self, batch):
        with self.own_draws:
            parts = self.network.loss(batch)
        used = self.weights.differentiate(parts["loss"].mean())
        if self.plan.max_gradient_norm is not None:
            shorten(self.weights.gradient, self.plan.max_gradient_norm)
        share = _SCHEDULES[self.plan.schedule](self.optimizer.n_steps, self.n_steps)
        self.optimizer.step(used, share)
        self.average.update()
        return parts

    def check_finite(self, epoch):
        """Raise if the loss is not finite, or the last step made weights that are not."""
        loss = self.history["loss"][-1]
        if np.isfinite(loss) and not self.weights.values.abs().max().isfinite():
            loss = np.inf  # what the next batch would give
        if not np.isfinite(loss):
            kind = "NaN" if np.isnan(loss) else "infinite"
            raise NonFiniteLossError(
                f"The loss became {kind} at epoch {epoch + 1}. Lower learning_rate (now {self.plan.learning_rate:g}) or check "
                "X for extreme values."
            )

    def keep_best(self, epoch):
        """Record the validation loss and remember the averaged weights if they are the best so far."""
        with self.average.in_place():
            loss = self.judge(epoch)
            improved = (
                loss < self.best_loss - self.plan.tol * abs(self.best_loss)
                if np.isfinite(self.best_loss)
                else True
            )
            if improved or self.best is None:
                state = self.network.state_dict()
                self.best = {name: value.clone() for name, value in state.items()}
                self.best_epoch, self.best_loss = epoch, loss

    def judge(self, epoch):
        """Return the validation loss as far as it counts, and record it."""
        if self.validation_rows is None:
            return -np.inf  # the last epoch is the best
        for name, value in self.validate(epoch).items():
            self.history[f"validation_{name}"].append(value)
        return self.history["validation_loss"][-1] if epoch >= self.plan.min_epochs else np.inf

    @torch.no_grad()
    def validate(self, epoch):
        self.network.eval()
        n = _n_rows(self.validation_rows)
        parts = defaultdict(list)
        for start in range(0, n, self.plan.batch_size):
            rows = slice(start, start + self.plan.batch_size)
            batch = {name: values[rows] for name, values in self.validation_rows.items()}
            for name, values in self.network.loss({**batch, "epoch": epoch}).items():
                parts[name].append(values)
        return _means(parts)

    def out_of_patience(self, epoch):
        return (
            self.validation_rows is not None
            and epoch - self.best_epoch >= self.plan.n_iter_no_change
        )

    def result(self, reason):
        if self.best is None:
            return None
        return {
            "weights": {name: value.cpu().numpy() for name, value in self.best.items()},
            "history": {name: list(values) for name, values in self.history.items()},
            "n_iter": len(self.history["loss"]),
            "n_parameters": sum(parameter.numel() for parameter in self.network.parameters()),
            "best_epoch": self.best_epoch + 1,
            "stopped_by": reason,
        }


def to_tensors(weights):
    """Copy a dict of arrays into a dict of tensors."""
    return {name: torch.tensor(array) for name, array in weights.items()}


def _rise_and_fall(step, n_steps):
    """Return the share of the peak learning rate: a line up over a twentieth, then half a cosine down."""
    n_rising = max(1, n_steps // 20)
    if step < n_rising:
        return (step + 1) / n_rising
    fallen = (step + 1 - n_rising) / (n_steps + 1 - n_rising)
    return 0.5 + 0.5 * math.cos(math.pi * min(1.0, fallen))


def _constant(step, n_steps):
    return 1.0


_SCHEDULES = {"rise_and_fall": _rise_and_fall, "constant": _constant}


def _n_rows(tensors):
    return len(next(iter(tensors.values())))


def _take(tensors, rows):
    return {name: values.index_select(0, rows) for name, values in tensors.items()}


def _means(parts):
    """Return the mean over all rows of each list of tensors, one value a row."""
    return {name: float(torch.cat(values).mean()) for name, values in parts.items()}
