"""A KeyboardInterrupt keeps what there is, says so, and goes on to whoever called."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from sklaug import LatentAugmenter
from sklaug.datasets import make_labelled_series
from sklaug.networks.encoders import CNNGRUEncoder

X, y = make_labelled_series(n_samples=30, n_timepoints=24, random_state=0)
STEPS_AN_EPOCH = 2  # 30 rows in batches of 16


class Interrupting(CNNGRUEncoder):
    """Raises KeyboardInterrupt at a chosen pass over a batch, as Ctrl-C would."""

    passes = 0
    stop_at = None

    def forward(self, x):
        if self.training:
            type(self).passes += 1
            if type(self).passes == type(self).stop_at:
                raise KeyboardInterrupt
        return super().forward(x)


@pytest.fixture
def interrupt_in_epoch(monkeypatch):
    def set_epoch(epoch):
        monkeypatch.setattr(Interrupting, "passes", 0)
        monkeypatch.setattr(Interrupting, "stop_at", STEPS_AN_EPOCH * (epoch - 1) + 1)

    return set_epoch


def small(**kwargs):
    params = {"encoder": Interrupting, "hidden_dim": 4, "max_epochs": 6, "random_state": 0}
    return LatentAugmenter(**params | kwargs)


def test_the_weights_so_far_are_kept_and_named(interrupt_in_epoch):
    interrupt_in_epoch(4)
    augmenter = small()
    with (
        pytest.warns(UserWarning, match=r"interrupted.*weights of epoch 3 of at most 6"),
        pytest.raises(KeyboardInterrupt),
    ):
        augmenter.fit(X, y)
    assert augmenter.n_iter_ == augmenter.best_epoch_ == len(augmenter.loss_curve_) == 3
    assert augmenter.stopped_by_ == "interrupt"
    assert augmenter.augment(X, y).shape == X.shape
    assert augmenter.sample(3)[0].shape == (3, 24)


def test_an_interrupt_in_the_first_epoch_leaves_it_unfitted(interrupt_in_epoch):
    interrupt_in_epoch(1)
    augmenter = small()
    with pytest.raises(KeyboardInterrupt):
        augmenter.fit(X, y)
    with pytest.raises(NotFittedError):
        augmenter.augment(X, y)


def test_a_fitted_estimator_interrupted_in_its_next_first_epoch_is_unfitted(interrupt_in_epoch):
    interrupt_in_epoch(100)
    augmenter = small().fit(X, y)
    interrupt_in_epoch(1)
    with pytest.raises(KeyboardInterrupt):
        augmenter.fit(X, y)
    with pytest.raises(NotFittedError):
        augmenter.augment(X, y)


def test_the_best_epoch_is_kept_with_early_stopping(interrupt_in_epoch):
    interrupt_in_epoch(5)
    augmenter = small(early_stopping=True, warmup_epochs=0, validation_fraction=0.3)
    with pytest.warns(UserWarning, match="interrupted"), pytest.raises(KeyboardInterrupt):
        augmenter.fit(X, y)
    assert augmenter.best_epoch_ == 1 + np.argmin(augmenter.validation_loss_curve_)


def test_nothing_of_it_is_cached(interrupt_in_epoch, tmp_path):
    interrupt_in_epoch(4)
    with pytest.warns(UserWarning, match="interrupted"), pytest.raises(KeyboardInterrupt):
        small(memory=str(tmp_path)).fit(X, y)
    assert list(tmp_path.rglob("output.pkl")) == []


def test_a_surrounding_grid_stops_too(interrupt_in_epoch):
    interrupt_in_epoch(4)
    search = GridSearchCV(
        make_pipeline(small(batch_size=10), KNeighborsClassifier(1)),
        {"latentaugmenter__eta": [0.1, 1, 2]},
        cv=3,
        error_score="raise",
    )
    with pytest.warns(UserWarning, match="interrupted"), pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    # 20 rows in batches of 10: two steps an epoch, so no second fit began.
    assert Interrupting.passes == Interrupting.stop_at
    assert not hasattr(search, "best_score_")


def test_an_interrupt_after_training_does_not_pass_for_a_fit(monkeypatch):
    from sklaug.generators import _latent

    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_latent, "fit_prior", interrupt)
    augmenter = small(encoder="cnn_gru")
    with pytest.raises(KeyboardInterrupt):
        augmenter.fit(X, y)
    with pytest.raises(NotFittedError):
        augmenter.sample(2)


def test_an_interrupted_warm_start_keeps_at_least_the_last_fit(interrupt_in_epoch):
    interrupt_in_epoch(100)
    augmenter = small(warm_start=True).fit(X, y)
    before = augmenter.sample(5)[0]
    interrupt_in_epoch(1)
    with (
        pytest.warns(UserWarning, match="keeps the weights of the last fit"),
        pytest.raises(KeyboardInterrupt),
    ):
        augmenter.fit(X, y)
    assert np.array_equal(augmenter.sample(5)[0], before)
