"""The training loop, on networks small enough to know what should come out."""

import time
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from sklaug._optimizer import AdamW
from sklaug._training import (
    NonFiniteLossError,
    TrainingPlan,
    UnfinishedTraining,
    to_tensors,
    train_network,
)

PLAN = {
    "max_epochs": 5,
    "batch_size": 12,
    "learning_rate": 0.1,
    "early_stopping": False,
    "validation_fraction": 0.25,
    "n_iter_no_change": 3,
    "tol": 0.0,
    "min_epochs": 0,
    "max_time": None,
}
TRUE_WEIGHTS = np.array([2.0, -1.0, 0.5])


class Line(nn.Module):
    """A linear regression; `before` is called with the network and the batch at each loss."""

    def __init__(self, before=None):
        super().__init__()
        self.linear = nn.Linear(3, 1)
        self.before = before

    def loss(self, batch):
        if self.before is not None:
            self.before(self, batch)
        loss = (self.linear(batch["x"])[:, 0] - batch["y"]).square()
        return {"loss": loss, "half": loss / 2}


class Scripted(nn.Module):
    """A network whose validation loss is dictated, one number an epoch."""

    def __init__(self, losses):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.losses = losses

    def loss(self, batch):
        b = len(batch["x"])
        if self.training:
            return {"loss": (self.weight - 1e3).abs().expand(b)}
        return {"loss": torch.full((b,), float(self.losses[batch["epoch"]]))}


def make_data(n=80, noise=0.0):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, 3)).astype(np.float32)
    y = x @ TRUE_WEIGHTS + 3.0 + noise * rng.standard_normal(n)
    return {"x": x, "y": y.astype(np.float32)}


def train(build=Line, data=None, seed=0, initial_weights=None, *, monitor=None, **plan):
    plan = TrainingPlan(**{**PLAN, **plan})
    data = make_data() if data is None else data
    return train_network(build, {}, data, plan, seed, initial_weights, monitor=monitor)


def weights_after(n_epochs, seed=0):
    """Return the weights after each of the first epochs of the same plan of 5 epochs."""
    with pytest.raises(UnfinishedTraining) as caught:
        train(seed=seed, monitor=lambda epoch, history, seconds: epoch + 1 == n_epochs)
    return caught.value.result["weights"]


def assert_equal_weights(first, second):
    assert first.keys() == second.keys()
    for name in first:
        assert np.array_equal(first[name], second[name])


# -------------------------------------------------------------------------------------------------
# What comes out
# -------------------------------------------------------------------------------------------------


def test_the_least_squares_solution_is_found():
    data = make_data(noise=0.5)
    result = train(data=data, max_epochs=200, batch_size=80)
    design = np.column_stack([data["x"], np.ones(len(data["x"]))])
    solution = np.linalg.lstsq(design, data["y"], rcond=None)[0]
    found = np.append(result["weights"]["linear.weight"], result["weights"]["linear.bias"])
    np.testing.assert_allclose(found, solution, atol=5e-3)
    residual = data["y"] - design @ solution
    assert result["history"]["loss"][-1] == pytest.approx(np.mean(residual**2), rel=1e-3)


def test_the_result_is_plain():
    result = train(max_epochs=3)
    assert all(type(array) is np.ndarray for array in result["weights"].values())
    assert {array.dtype for array in result["weights"].values()} == {np.dtype("float32")}
    assert result["history"].keys() == {"loss", "half"}
    assert type(result["history"]) is dict
    for values in result["history"].values():
        assert len(values) == 3
        assert all(type(value) is float for value in values)
    assert (result["n_iter"], result["best_epoch"]) == (3, 3)
    assert result["stopped_by"] == "max_epochs"


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    first, again, other = train(seed=1), train(seed=1), train(seed=2)
    assert_equal_weights(first["weights"], again["weights"])
    assert first["history"] == again["history"]
    assert not np.array_equal(first["weights"]["linear.weight"], other["weights"]["linear.weight"])


def test_neither_the_data_nor_a_global_generator_nor_the_threads_are_touched():
    data = make_data()
    for array in data.values():
        array.setflags(write=False)
    copies = {name: array.copy() for name, array in data.items()}
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    n_threads = torch.get_num_threads()
    train(data=data, early_stopping=True)
    assert all(np.array_equal(data[name], copies[name]) for name in data)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)
    assert torch.get_num_threads() == n_threads


def test_the_weights_do_not_depend_on_where_the_arrays_lie_in_memory():
    data = make_data()
    x = np.empty(data["x"].size + 1, dtype=np.float32)[1:].reshape(data["x"].shape)
    x[:] = data["x"]
    assert_equal_weights(train(data=data)["weights"], train(data={**data, "x": x})["weights"])


def test_training_starts_from_the_given_weights():
    start = {
        "linear.weight": np.array([[5.0, 6.0, 7.0]], dtype=np.float32),
        "linear.bias": np.array([-4.0], dtype=np.float32),
    }
    copies = {name: array.copy() for name, array in start.items()}
    result = train(initial_weights=start, learning_rate=1e-9)
    for name in start:
        np.testing.assert_allclose(result["weights"][name], copies[name], atol=1e-6)
        assert np.array_equal(start[name], copies[name])


def test_a_network_with_buffers_such_as_batch_normalisation_gives_them_back():
    class Counting(Line):
        def __init__(self):
            super().__init__()
            self.norm = nn.BatchNorm1d(3)

        def loss(self, batch):
            return super().loss({**batch, "x": self.norm(batch["x"])})

    weights = train(Counting, early_stopping=True)["weights"]
    assert weights["norm.running_mean"].any()
    network = Counting()
    network.load_state_dict(to_tensors(weights))


class Furnished(Line):
    """A line beside a shared layer, statistics, a parameter that is frozen, and one that no loss sees."""

    def __init__(self, after=None):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.there, self.back = nn.Linear(3, 3), nn.Linear(3, 3)
        self.back.weight = self.there.weight
        self.frozen = nn.Parameter(torch.full((3,), 2.0), requires_grad=False)
        self.unseen = nn.Parameter(torch.full((2, 2), 3.0))

    def loss(self, batch):
        x = self.back(self.there(self.norm(batch["x"]) * self.frozen))
        return super().loss({**batch, "x": x})


@pytest.mark.parametrize("averaging", ["exponential", "mean", "last"])
@pytest.mark.parametrize("early_stopping", [False, True])
def test_a_training_moves_what_its_loss_depends_on_and_nothing_else(averaging, early_stopping):
    networks = []

    def build():
        networks.append(Furnished())
        return networks[-1]

    weights = train(build, averaging=averaging, early_stopping=early_stopping, n_iter_no_change=9)
    weights, state = weights["weights"], networks[0].state_dict()
    assert list(weights) == list(state)
    for name, value in state.items():
        assert weights[name].shape == value.shape
    assert (weights["frozen"] == 2).all()
    assert (weights["unseen"] == 3).all()
    assert np.array_equal(weights["back.weight"], weights["there.weight"])
    assert weights["there.weight"].dtype == np.float32


@pytest.mark.parametrize("averaging", ["exponential", "mean", "last"])
def test_statistics_that_a_layer_gathers_are_those_of_the_last_step(averaging):
    networks = []

    def build():
        networks.append(Furnished())
        return networks[-1]

    weights = train(build, averaging=averaging)["weights"]
    assert weights["norm.num_batches_tracked"] == 5 * 7
    for name in ("norm.running_mean", "norm.running_var"):
        assert np.array_equal(weights[name], networks[0].state_dict()[name])


def test_the_network_trains_on_with_its_own_weights_after_it_was_validated_with_the_average():
    seen = []

    def remember(network, batch):
        now = network.linear.weight.detach().clone()
        seen.append((network.training, batch["epoch"], now))

    plan = {"learning_rate": 1e-3, "schedule": "constant", "averaging": "mean"}
    train(lambda: Line(remember), early_stopping=True, n_iter_no_change=9, **plan)
    for epoch in range(2, 5):
        *_, last = (w for is_training, of, w in seen if is_training and of == epoch - 1)
        *_, average = (w for is_training, of, w in seen if not is_training and of == epoch - 1)
        first = next(w for is_training, of, w in seen if is_training and of == epoch)
        # A step moves a weight by the learning rate at most; the average lies steps behind.
        assert (first - last).abs().max() <= 1.1e-3
        assert (first - average).abs().max() >= 1.5e-3


# -------------------------------------------------------------------------------------------------
# Steps and epochs
# -------------------------------------------------------------------------------------------------


def test_every_row_is_seen_once_an_epoch_in_batches_of_a_new_order():
    batches = []

    def remember(network, batch):
        batches.append((batch["epoch"], batch["row"].tolist()))

    data = {**make_data(10), "row": np.arange(10)}
    train(lambda: Line(remember), data, batch_size=4, max_epochs=3)
    assert [(epoch, len(rows)) for epoch, rows in batches] == [
        (epoch, n) for epoch in range(3) for n in (4, 4, 2)
    ]
    orders = [[row for of, rows in batches if of == e for row in rows] for e in range(3)]
    assert all(sorted(order) == list(range(10)) for order in orders)
    assert orders[0] != orders[1] != orders[2]


def test_the_history_is_the_mean_over_rows_also_with_a_shorter_last_batch():
    seen = []

    def remember(network, batch):
        with torch.no_grad():
            error = network.linear(batch["x"])[:, 0] - batch["y"]
        seen.append((batch["epoch"], error.double().square().numpy()))

    history = train(lambda: Line(remember), make_data(10), batch_size=7, max_epochs=3)["history"]
    expected = [np.concatenate([e for of, e in seen if of == epoch]).mean() for epoch in range(3)]
    np.testing.assert_allclose(history["loss"], expected, rtol=1e-6)
    np.testing.assert_allclose(history["half"], np.array(expected) / 2, rtol=1e-6)


def test_gradients_are_clipped_to_norm_one_and_small_ones_left_alone(monkeypatch):
    norms = {"loss": [], "step": []}

    take_step = AdamW.step

    def watch(optimizer, runs, share):
        norms["step"].append(float(optimizer.weights.gradient.norm()))
        take_step(optimizer, runs, share)

    def remember(network, batch):
        x, weight = batch["x"].double(), network.linear.weight.detach().double()[0]
        error = x @ weight + network.linear.bias.detach().double() - batch["y"]
        gradient = 2 * torch.cat([x, torch.ones(len(x), 1)], dim=1).T @ error / len(x)
        norms["loss"].append(float(gradient.norm()))

    monkeypatch.setattr(AdamW, "step", watch)
    train(lambda: Line(remember), max_epochs=150, batch_size=80)
    plain, clipped = np.array(norms["loss"]), np.array(norms["step"])
    assert plain.max() > 3
    assert plain.min() < 0.5
    np.testing.assert_allclose(clipped, np.minimum(plain, 1.0), rtol=1e-4)


def test_the_learning_rate_rises_to_its_peak_and_falls_to_nothing(monkeypatch):
    shares = []
    take_step = AdamW.step

    def watch(optimizer, runs, share):
        shares.append(share)
        take_step(optimizer, runs, share)

    monkeypatch.setattr(AdamW, "step", watch)
    train(max_epochs=20)
    assert len(shares) == 20 * 7
    assert max(shares) == 1
    peak = int(np.argmax(shares))
    assert 5 <= peak <= 8
    assert (np.diff(shares[: peak + 1]) > 0).all()
    assert (np.diff(shares[peak:]) < 0).all()
    assert 0 < shares[-1] < 1e-3


def test_the_weights_are_a_moving_average_over_the_steps():
    networks, path = [], []

    def build():
        networks.append(Line(lambda network, batch: path.append(current())))
        return networks[0]

    def current():
        return np.append(
            networks[0].linear.weight.detach().numpy(), networks[0].linear.bias.detach().numpy()
        ).astype(float)

    weights = train(build)["weights"]
    path = path[1:] + [current()]  # the first was before the first step
    average = path[0]
    for n_averaged, point in enumerate(path[1:], start=1):
        kept = min(0.998, (1 + n_averaged) / (10 + n_averaged))
        average = kept * average + (1 - kept) * point
    found = np.append(weights["linear.weight"], weights["linear.bias"])
    np.testing.assert_allclose(found, average, rtol=1e-5)
    assert np.abs(found - path[-1]).max() > 1e-3


@pytest.mark.parametrize("n_steps", [*range(1, 45), 400])
def test_any_number_of_steps_can_be_planned(n_steps):
    assert train(data=make_data(8), max_epochs=n_steps)["n_iter"] == n_steps


# -------------------------------------------------------------------------------------------------
# Early stopping
# -------------------------------------------------------------------------------------------------


def test_rows_held_out_are_never_trained_on():
    rows = {True: set(), False: set()}

    def remember(network, batch):
        rows[network.training].update(batch["row"].tolist())

    data = {**make_data(40), "row": np.arange(40)}
    train(lambda: Line(remember), data, early_stopping=True, max_epochs=2)
    assert rows[True] | rows[False] == set(range(40))
    assert not rows[True] & rows[False]
    assert len(rows[False]) == 10


@pytest.mark.parametrize(
    "losses, min_epochs, n_iter, best_epoch",
    [
        ([5, 4, 3, 6, 6, 6, 6, 6, 6, 6], 0, 6, 3),
        ([5, 4, 3, 6, 6, 2, 6, 6, 6, 6], 0, 9, 6),
        # What comes before min_epochs counts neither as a best loss nor as patience.
        ([1, 1, 1, 1, 3, 2, 6, 6, 6, 6], 4, 9, 6),
        ([1, 1, 1, 1, 3, 6, 6, 6, 6, 6], 4, 8, 5),
        ([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 0, 10, 10),
    ],
)
def test_early_stopping_keeps_the_best_epoch_and_waits_its_patience(
    losses, min_epochs, n_iter, best_epoch
):
    result = train(
        lambda: Scripted(losses), early_stopping=True, max_epochs=10, min_epochs=min_epochs
    )
    assert result["history"]["validation_loss"] == losses[:n_iter]
    assert (result["n_iter"], result["best_epoch"]) == (n_iter, best_epoch)
    assert result["stopped_by"] == ("early_stopping" if n_iter < 10 else "max_epochs")


def test_early_stopping_gives_back_the_weights_of_the_best_epoch():
    losses = [5, 4, 3, 6, 6, 6, 6, 6, 6, 6]

    def run(monitor=None):
        return train(lambda: Scripted(losses), early_stopping=True, max_epochs=10, monitor=monitor)[
            "weights"
        ]

    with pytest.raises(UnfinishedTraining) as caught:
        run(lambda epoch, history, seconds: epoch == 2)
    assert_equal_weights(run(), caught.value.result["weights"])


@pytest.mark.parametrize("tol, n_iter", [(0.5, 4), (0.01, 8)])
def test_an_improvement_counts_from_a_share_of_the_best_loss(tol, n_iter):
    losses = [100, 90, 80, 70, 60, 59.9, 59.8, 59.7, 59.6, 59.5]
    result = train(lambda: Scripted(losses), early_stopping=True, max_epochs=10, tol=tol)
    assert result["n_iter"] == n_iter


def test_the_validation_loss_is_that_of_the_averaged_weights_over_all_rows_held_out():
    held_out = {}

    def remember(network, batch):
        if not network.training:
            held_out.update(zip(batch["row"].tolist(), batch["row"].tolist(), strict=True))

    data = {**make_data(40), "row": np.arange(40)}
    result = train(lambda: Line(remember), data, early_stopping=True, batch_size=7, max_epochs=3)
    rows = sorted(held_out)
    weight, bias = result["weights"]["linear.weight"][0], result["weights"]["linear.bias"]
    best = result["best_epoch"] - 1
    expected = np.mean((data["x"][rows] @ weight + bias - data["y"][rows]) ** 2)
    assert result["history"]["validation_loss"][best] == pytest.approx(expected, rel=1e-5)


# -------------------------------------------------------------------------------------------------
# Ends before the end
# -------------------------------------------------------------------------------------------------


def test_a_monitor_sees_each_epoch_and_may_stop_the_training():
    seen = []

    def monitor(epoch, history, seconds):
        seen.append((epoch, len(history["loss"]), seconds))
        return epoch == 2

    with pytest.raises(UnfinishedTraining) as caught:
        train(monitor=monitor)
    result = caught.value.result
    assert caught.value.reason == result["stopped_by"] == "monitor"
    assert (result["n_iter"], result["best_epoch"]) == (3, 3)
    assert [(epoch, n) for epoch, n, _ in seen] == [(0, 1), (1, 2), (2, 3)]
    assert 0 < seen[0][2] < seen[1][2] < seen[2][2]


def test_max_time_ends_the_training_with_the_epochs_that_were_complete():
    def slow(network, batch):
        if batch["epoch"] == 2:
            time.sleep(0.5)

    with pytest.raises(UnfinishedTraining) as caught:
        train(lambda: Line(slow), max_time=0.45)
    result = caught.value.result
    assert caught.value.reason == result["stopped_by"] == "max_time"
    assert result["n_iter"] == result["best_epoch"] == 2
    assert_equal_weights(result["weights"], weights_after(2))


def test_max_time_before_the_first_epoch_is_complete_leaves_nothing():
    with pytest.raises(UnfinishedTraining) as caught:
        train(max_time=1e-9)
    assert caught.value.reason == "max_time"
    assert caught.value.result is None


@pytest.mark.parametrize("early_stopping", [False, True])
@pytest.mark.parametrize("n_complete", [1, 3])
def test_an_interruption_keeps_the_weights_of_the_epoch_before(n_complete, early_stopping):
    def interrupt(network, batch):
        if batch["epoch"] == n_complete:
            raise KeyboardInterrupt

    with pytest.raises(UnfinishedTraining) as caught:
        train(lambda: Line(interrupt), early_stopping=early_stopping)
    result = caught.value.result
    assert caught.value.reason == result["stopped_by"] == "interrupt"
    assert {len(values) for values in result["history"].values()} == {n_complete}
    assert result["n_iter"] == n_complete
    if not early_stopping:
        assert_equal_weights(result["weights"], weights_after(n_complete))


def test_an_interruption_of_the_monitor_keeps_the_epoch_that_is_complete():
    def monitor(epoch, history, seconds):
        if epoch == 1:
            raise KeyboardInterrupt

    with pytest.raises(UnfinishedTraining) as caught:
        train(monitor=monitor)
    assert caught.value.reason == "interrupt"
    assert caught.value.result["n_iter"] == 2
    assert_equal_weights(caught.value.result["weights"], weights_after(2))


def test_an_interruption_of_the_validation_keeps_the_epoch_before():
    def interrupt(network, batch):
        if batch["epoch"] == 2 and not network.training:
            raise KeyboardInterrupt

    with pytest.raises(UnfinishedTraining) as caught:
        train(lambda: Line(interrupt), early_stopping=True)
    result = caught.value.result
    assert caught.value.reason == "interrupt"
    assert len(result["history"]["validation_loss"]) == 2
    assert result["best_epoch"] <= 2


def test_an_interruption_before_the_first_epoch_is_complete_leaves_nothing():
    def interrupt(network, batch):
        raise KeyboardInterrupt

    with pytest.raises(UnfinishedTraining) as caught:
        train(lambda: Line(interrupt))
    assert caught.value.reason == "interrupt"
    assert caught.value.result is None


@pytest.mark.parametrize(
    "value, kind", [(np.nan, "NaN"), (np.inf, "infinite"), (-np.inf, "infinite")]
)
@pytest.mark.parametrize("epoch", [0, 2])
def test_a_loss_that_is_not_finite_ends_the_training_with_advice(value, kind, epoch):
    class Broken(Line):
        def loss(self, batch):
            parts = super().loss(batch)
            if batch["epoch"] == epoch:
                parts["loss"] = parts["loss"] + value
            return parts

    with pytest.raises(NonFiniteLossError) as caught:
        train(Broken)
    assert str(caught.value) == (
        f"The loss became {kind} at epoch {epoch + 1}. Lower learning_rate (now 0.1) or check X "
        "for extreme values."
    )
    assert isinstance(caught.value, ValueError)


def test_the_threads_are_restored_whatever_ends_the_training():
    def fail(network, batch):
        assert torch.get_num_threads() == 1
        raise RuntimeError("stop")

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(RuntimeError, match="stop"):
            train(lambda: Line(fail))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


# -------------------------------------------------------------------------------------------
# Plans by steps
# -------------------------------------------------------------------------------------------


def steps_of(plan, n=80):
    """Train by a plan and return the rows of each batch, and the weights after each step and at the end."""
    batches, path = [], []

    def look(network, batch):
        batches.append(batch["x"][:, 0].tolist())
        path.append(network.linear.weight.detach().clone())

    data = make_data(n)
    result = train_network(partial(Line, look), {}, data, plan, 0)
    return batches, torch.stack(path)[:, 0], result["weights"]["linear.weight"][0]


@pytest.mark.parametrize("n_steps, n_epochs", [(1, 1), (7, 1), (8, 2), (20, 3)])
def test_a_plan_of_steps_takes_exactly_as_many(n_steps, n_epochs):
    plan = TrainingPlan.of_steps(n_steps, 80, 12, 0.1)
    batches, _, _ = steps_of(plan)
    assert (len(batches), plan.max_epochs) == (n_steps, n_epochs)


def test_an_incomplete_last_batch_can_be_dropped_but_not_the_only_one():
    plan = TrainingPlan.of_steps(12, 80, 12, 0.1, drop_last=True)
    batches, _, _ = steps_of(plan)
    assert [len(batch) for batch in batches] == [12] * 12
    assert plan.max_epochs == 2
    few, _, _ = steps_of(TrainingPlan.of_steps(3, 5, 12, 0.1, drop_last=True), n=5)
    assert [len(batch) for batch in few] == [5] * 3


@pytest.mark.parametrize("averaging, expected", [("last", -1), ("mean", slice(1, None))])
def test_the_weights_kept_are_the_last_or_the_mean_over_all_steps(averaging, expected):
    taken = TrainingPlan.of_steps(20, 80, 12, 0.1, averaging=averaging)
    # One step more shows what the weights were after the last of those.
    _, path, _ = steps_of(TrainingPlan.of_steps(21, 80, 12, 0.1))
    _, _, kept = steps_of(taken)
    wanted = path[expected].reshape(-1, 3).mean(dim=0)
    np.testing.assert_allclose(kept, wanted, rtol=1e-5)


def test_a_plan_of_steps_has_a_constant_rate_no_clipping_and_the_decay_it_is_given(monkeypatch):
    shares, decays = [], []

    class Recorded(AdamW):
        def __init__(self, weights, learning_rate, weight_decay):
            decays.append(weight_decay)
            super().__init__(weights, learning_rate, weight_decay)

        def step(self, runs, share=1.0):
            shares.append(share)
            super().step(runs, share)

    monkeypatch.setattr("sklaug._training.AdamW", Recorded)
    monkeypatch.setattr("sklaug._training.shorten", None)  # calling it would raise
    steps_of(TrainingPlan.of_steps(9, 80, 12, 0.1, weight_decay=0.01))
    assert (shares, decays) == ([1.0] * 9, [0.01])
