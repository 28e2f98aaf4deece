"""How much work a call is: trainings, steps, rows through the network, copies. Counts, since seconds depend on the machine."""

import tracemalloc
from collections import Counter

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from sklaug import LatentAugmenter, _training
from sklaug.datasets import make_labelled_series
from sklaug.networks.cvae import CVAE
from sklaug.transforms import restrict

N = 150  # rows, in three blocks: 16, 48, and 86 of 192
X, y = make_labelled_series(n_samples=N, n_timepoints=16, random_state=0)
BLOCKS = 3

pytestmark = pytest.mark.filterwarnings("ignore:.*returns X unchanged:UserWarning")


def small(**kwargs):
    return LatentAugmenter(**{"hidden_dim": 4, "max_epochs": 2, "random_state": 0, **kwargs})


@pytest.fixture
def work(monkeypatch):
    """Count networks built, their passes by kind, the rows in each, steps of the optimiser and validations."""
    done = Counter()

    def count(owner, name, rows_of=None):
        method = getattr(owner, name)

        def counted(self, *args, **kwargs):
            done[name] += 1
            if rows_of is not None:
                done["most rows"] = max(done["most rows"], len(rows_of(args)))
            return method(self, *args, **kwargs)

        monkeypatch.setattr(owner, name, counted)

    for name in ("posterior", "decode"):
        count(CVAE, name, lambda args: args[0])
    count(CVAE, "loss")
    count(CVAE, "__init__")
    count(_training.AdamW, "step")
    count(_training._Run, "validate")
    count(_training._Run, "train")
    return done


def passes(work):
    """Return how often all rows went through the encoder and through the decoder."""
    return work["posterior"] / BLOCKS, work["decode"] / BLOCKS


# -------------------------------------------------------------------------------------------------
# Rows through the network
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "residual, call, n_encoded, n_decoded",
    [
        ("drop", lambda a: a.augment(X, y), 1, 1),
        ("keep", lambda a: a.augment(X, y), 1, 2),
        ("resample", lambda a: a.augment(X, y), 1, 2),
        ("drop", lambda a: a.augment(X, y, transformation=["drift", "jitter"]), 1, 1),
        ("drop", lambda a: a.augment(X, y, transformation=restrict("jitter", time_range=(0, 8))), 1, 2),
        # What a restricted stage needs of the series before it serves the residual as well.
        ("keep", lambda a: a.augment(X, y, transformation=restrict("jitter", time_range=(0, 8))), 1, 2),
        # Of what comes before the first restricted stage only the end is decoded.
        ("drop", lambda a: a.augment(X, y, transformation=["drift", restrict("jitter", channels=0)]), 1, 2),
        ("keep", lambda a: a.augment(X, y, transformation=["drift", restrict("jitter", channels=0)]), 1, 3),
        ("drop", lambda a: a.augment(X, y, transformation=[restrict("jitter", channels=0), "drift"]), 1, 3),
        ("drop", lambda a: a.sample(N), 0, 1),
        ("resample", lambda a: a.sample(N), 0, 1),
        ("drop", lambda a: a.encode(X, y), 1, 0),
        ("drop", lambda a: a.reconstruct(X, y), 1, 1),
        ("drop", lambda a: a.score(X, y), 1, 1),
    ],
)  # fmt: skip
def test_rows_pass_the_network_once_for_each_set_of_codes_or_series_that_is_needed(
    work, residual, call, n_encoded, n_decoded
):
    augmenter = small(residual=residual).fit(X, y)
    work.clear()
    call(augmenter)
    assert passes(work) == (n_encoded, n_decoded)
    assert work["__init__"] == 1
    assert work["most rows"] == 192


def test_interpolate_encodes_both_ends_and_decodes_each_step_of_the_way_once(work):
    augmenter = small().fit(X, y)
    work.clear()
    augmenter.interpolate(X[:64], X[64:128], y[:64], n_steps=3)
    # 64 rows in two blocks for either end, and three times as many in three.
    assert (work["posterior"], work["decode"]) == (2 + 2, 3)


def test_decode_passes_the_decoder_alone(work):
    augmenter = small().fit(X, y)
    codes = augmenter.encode(X, y)
    work.clear()
    augmenter.decode(codes, y)
    assert passes(work) == (0, 1)


def test_transform_builds_no_network(work):
    augmenter = small().fit(X, y)
    work.clear()
    augmenter.transform(X)
    assert not work


@pytest.mark.parametrize("residual, n_decoded", [("drop", 0), ("keep", 0), ("resample", 1)])
def test_after_training_a_fit_encodes_once_and_decodes_only_to_store_residuals(
    work, residual, n_decoded
):
    small(residual=residual).fit(X, y)
    assert (work["posterior"] - work["loss"]) / BLOCKS == 1
    assert (work["decode"] - work["loss"]) / BLOCKS == n_decoded
    assert work["__init__"] == 2  # to train it, and to use it


def test_fit_transform_passes_the_rows_as_fit_and_augment_do(work):
    small().fit_transform(X, y)
    assert (work["posterior"] - work["loss"]) / BLOCKS == 2
    assert (work["decode"] - work["loss"]) / BLOCKS == 1


# -------------------------------------------------------------------------------------------------
# Steps and trainings
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "params, n_rows, n_steps",
    [
        ({"max_epochs": 3, "batch_size": 50}, 150, 3 * 3),
        ({"max_epochs": 3, "batch_size": 64}, 150, 3 * 3),
        ({"max_epochs": 2, "batch_size": 7}, 20, 2 * 3),
        ({"max_epochs": 2, "batch_size": 500}, 20, 2 * 1),
        ({"max_epochs": 2}, 63, 2 * 4),  # in batches of 16
        ({"max_epochs": 2}, 64, 2 * 2),  # in batches of 32
        ({"max_epochs": 5, "equivariance": 0.1}, 20, 5 * 2),
    ],
)
def test_a_fit_takes_a_step_for_each_batch_of_each_epoch_and_no_other(
    work, params, n_rows, n_steps
):
    small(**params).fit(X[:n_rows], y[:n_rows])
    assert work["step"] == work["loss"] == n_steps
    assert work["validate"] == 0


@pytest.mark.parametrize(
    "sz, n_rows, batch_size",
    [(10, 63, 16), (10, 64, 32), (10, 128, 64), (31, 1024, 128), (31, 2048, 256)]
    + [(32, 63, 16), (32, 64, 32), (32, 512, 64), (300, 4095, 64), (300, 4096, 128)],
)
def test_many_rows_come_in_larger_batches_at_a_higher_rate_short_series_in_larger_ones(
    monkeypatch, sz, n_rows, batch_size
):
    plans = []

    def note(*args, plan, **kwargs):
        plans.append(plan)
        raise InterruptedError

    monkeypatch.setattr("sklaug.generators._latent.train_network", note)
    for params in ({}, {"batch_size": 32}, {"learning_rate": 0.01}, {"batch_size": 10**6}):
        with pytest.raises(InterruptedError):
            small(**params).fit(np.random.default_rng(0).standard_normal((n_rows, sz)))
    auto, of_32, at_one_hundredth, of_all = plans
    assert auto.batch_size == at_one_hundredth.batch_size == batch_size
    assert auto.learning_rate == pytest.approx(0.005 * max(1, batch_size / 32) ** 0.5)
    assert (of_32.batch_size, of_32.learning_rate) == (32, 0.005)
    assert at_one_hundredth.learning_rate == 0.01
    # What counts is how many rows there are, and beyond 256 no more of them.
    assert of_all.learning_rate == pytest.approx(0.005 * min(8, max(1, n_rows / 32)) ** 0.5)


def test_a_step_encodes_once_and_decodes_once_with_equivariance_three_times(work):
    for equivariance, n_decoded in ((0.0, 1), (0.1, 3)):
        work.clear()
        small(equivariance=equivariance).fit(X, y)
        assert work["posterior"] - BLOCKS == work["step"]
        assert work["decode"] == n_decoded * work["step"]


def test_early_stopping_validates_once_an_epoch_on_the_rows_held_out_alone(work):
    small(max_epochs=3, batch_size=50, early_stopping=True, validation_fraction=0.4).fit(X, y)
    assert work["validate"] == 3
    assert work["step"] == 3 * 2  # 90 rows in batches of 50
    assert work["loss"] == 3 * 2 + 3 * 2  # and 60 likewise


def test_a_grid_over_what_acts_after_training_trains_once_a_fold(work, tmp_path):
    grid = {
        "eta": [0.1, 0.5],
        "transformation": ["jitter", ["drift", "scaling"]],
        "residual": ["drop", "keep", "resample"],
    }
    GridSearchCV(
        make_pipeline(small(memory=str(tmp_path), batch_size=50), KNeighborsClassifier(1)),
        {f"latentaugmenter__{name}": values for name, values in grid.items()},
        cv=3,
        refit=False,
    ).fit(X, y)
    assert work["train"] == 3
    assert work["step"] == 3 * 2 * 2  # two epochs of 100 rows in two batches


def test_a_warm_start_takes_the_steps_of_its_own_epochs_alone(work):
    augmenter = small(warm_start=True, batch_size=50).fit(X, y)
    work.clear()
    augmenter.set_params(max_epochs=1).fit(X, y)
    assert work["step"] == 3


# -------------------------------------------------------------------------------------------------
# Memory
# -------------------------------------------------------------------------------------------------

# Four channels, so that codes are a small part; what is in proportion to rows shows in the difference of two sizes.
FEWER, MORE = 640, 2560
LONG = np.random.default_rng(0).normal(size=(MORE, 48, 4))


def peak_of(call):
    tracemalloc.start()
    try:
        call()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def growth(call, fewer=FEWER, more=MORE):
    """Return by how much the peak grows with the rows, in bytes a byte of float64 series."""
    return (peak_of(lambda: call(more)) - peak_of(lambda: call(fewer))) / LONG[fewer:more].nbytes


@pytest.fixture(scope="module", params=["drop", "keep", "resample"])
def augmenter(request):
    fitted = small(residual=request.param, max_epochs=1, batch_size=512).fit(LONG)
    fitted.augment(LONG)  # what is imported or set up at the first call is no one's
    return fitted


# What numpy allocates at the peak, the result included, where the series take 1: scaled series and what is decoded are
# float32 (1/2 each), the mask 1/8, codes 1/8, the result in float64 1.
MOST = {
    "drop": {"augment": 2.4, "reconstruct": 2.3, "sample": 1.8, "transform": 0.2},
    # Beside these what is decoded without a perturbation, and the difference of both.
    "keep": {"augment": 3.4, "reconstruct": 2.3, "sample": 1.8, "transform": 0.2},
    # Or what is decoded without one, and the residuals of the partners.
    "resample": {"augment": 3.4, "reconstruct": 2.3, "sample": 1.8, "transform": 0.2},
}
CALLS = {
    "augment": lambda a, n: a.augment(LONG[:n]),
    "reconstruct": lambda a, n: a.reconstruct(LONG[:n]),
    "sample": lambda a, n: a.sample(n),
    "transform": lambda a, n: a.transform(LONG[:n]),
}


@pytest.mark.parametrize("name", CALLS)
def test_memory_grows_with_the_rows_by_so_many_arrays_of_their_size_and_no_more(augmenter, name):
    assert growth(lambda n: CALLS[name](augmenter, n)) < MOST[augmenter.residual][name]


@pytest.mark.parametrize("name", ["augment", "sample"])
def test_memory_is_linear_in_the_number_of_rows(augmenter, name):
    def call(n):
        CALLS[name](augmenter, n)

    # From 1,024 on, since noise comes in blocks of so many.
    np.testing.assert_allclose(growth(call, 1280, 1920), growth(call, 1920, 2560), rtol=0.02)


def test_a_fit_takes_less_than_two_arrays_of_the_size_of_the_series():
    """Scaled series in float32 (1/2), the mask (1/8), one channel at a time in float64, and the codes."""
    small(max_epochs=1).fit(LONG[:100])
    fit = growth(lambda n: small(max_epochs=1, batch_size=512).fit(LONG[:n]))
    assert fit < 2.0


def test_a_fit_copies_its_rows_to_torch_once(monkeypatch):
    copied = []
    tensor = torch.tensor

    def counted(values, **kwargs):
        copied.append(values)
        return tensor(values, **kwargs)

    monkeypatch.setattr(_training.torch, "tensor", counted)
    train_network = _training.train_network
    n_copied = []

    def train(*args, **kwargs):
        copied.clear()
        result = train_network(*args, **kwargs)
        n_copied.append(sum(len(values) == len(LONG) for values in copied if np.ndim(values)))
        return result

    monkeypatch.setattr("sklaug.generators._latent.train_network", train)
    small(max_epochs=3).fit(LONG)
    assert n_copied == [1]  # the series: a mask comes along only where a value is missing
