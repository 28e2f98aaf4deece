"""The promises on seeds, bit for bit."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import torch
from joblib import Parallel, delayed

from sklaug import LatentAugmenter
from sklaug._series import check_series
from sklaug.datasets import make_labelled_series
from sklaug.transforms import TRANSFORMS

ROW_WISE = [name for name in TRANSFORMS if name != "mixup"]


def make(n_samples=30, **kwargs):
    return make_labelled_series(n_samples=n_samples, n_timepoints=40, random_state=0, **kwargs)


def small(**kwargs):
    return LatentAugmenter(**{"hidden_dim": 8, "max_epochs": 2, "random_state": 0, **kwargs})


@pytest.fixture(scope="module")
def fitted():
    X, y = make(n_channels=2)
    return small().fit(X, y)


@pytest.mark.parametrize("encoder", ["cnn_gru", "variational_transformer", "transformer", "bilstm"])
@pytest.mark.parametrize("decoder", ["conv_gru", "gru", "bilstm"])
def test_the_same_seed_trains_the_same_weights(encoder, decoder):
    X, y = make()
    one, two = (small(encoder=encoder, decoder=decoder).fit(X, y) for _ in range(2))
    assert all(np.array_equal(one.weights_[name], two.weights_[name]) for name in one.weights_)
    assert one.loss_curve_ == two.loss_curve_


def test_another_seed_trains_other_weights():
    X, y = make()
    one, two = (small(random_state=seed).fit(X, y) for seed in (0, 1))
    assert not np.array_equal(one.weights_["mean.weight"], two.weights_["mean.weight"])


def test_an_int_seed_repeats_rows_on_every_call_and_none_does_not():
    X, y = make()
    fixed, free = small().fit(X, y), small(random_state=None).fit(X, y)
    assert np.array_equal(fixed.augment(X, y), fixed.augment(X, y))
    assert np.array_equal(fixed.sample(5)[0], fixed.sample(5)[0])
    assert not np.array_equal(free.augment(X, y), free.augment(X, y))
    assert not np.array_equal(free.sample(5)[0], free.sample(5)[0])
    assert np.array_equal(free.sample(5, random_state=3)[0], free.sample(5, random_state=3)[0])


def test_fit_transform_is_fit_then_augment():
    X, y = make()
    made = small().fit_transform(X, y)
    assert np.array_equal(made, small().fit(X, y).augment(X, y))


@pytest.mark.parametrize("with_y", [True, False])
def test_fewer_samples_are_the_first_of_more(fitted, with_y):
    X, _ = make(n_channels=2)
    augmenter = fitted if with_y else small().fit(X)
    (few, few_y), (many, many_y) = augmenter.sample(5), augmenter.sample(50)
    assert np.array_equal(few, many[:5])
    assert np.array_equal(few_y, many_y[:5]) if with_y else few_y is None and many_y is None


def test_fewer_samples_are_the_first_of_more_across_blocks(fitted):
    assert np.array_equal(fitted.sample(1030)[0], fitted.sample(2100)[0][:1030])


def test_fewer_samples_are_the_first_of_more_for_a_real_target():
    X, y = make()
    augmenter = small().fit(X, np.random.default_rng(0).normal(size=len(y)))
    (few, few_y), (many, many_y) = augmenter.sample(5), augmenter.sample(50)
    assert np.array_equal(few, many[:5])
    assert np.array_equal(few_y, many_y[:5])


@pytest.mark.parametrize("transformation", ROW_WISE)
@pytest.mark.parametrize("residual", ["drop", "keep"])
def test_a_part_augmented_alone_equals_that_part_of_the_whole(transformation, residual):
    X, y = make(n_samples=1100)
    augmenter = small(transformation=transformation, residual=residual, eta=0.7, max_epochs=1)
    augmenter.fit(X[:40], y[:40])
    whole = augmenter.augment(X, y)
    for a, b in [(0, 1), (3, 70), (63, 65), (1000, 1100), (1024, 1030)]:
        assert np.array_equal(augmenter.augment(X[a:b], y[a:b], first_row=a), whole[a:b])


def test_a_row_does_not_depend_on_the_rows_beside_it(fitted):
    X, y = make(n_channels=2)
    changed = X.copy()
    changed[1:] = 0
    assert np.array_equal(fitted.augment(X, y)[0], fitted.augment(changed, y)[0])


def test_global_generators_stay_untouched():
    X, y = make()
    numpy_before = [str(part) for part in np.random.get_state()]
    torch_before = torch.get_rng_state()
    for random_state in (0, None):
        augmenter = small(
            encoder="variational_transformer", random_state=random_state, equivariance=0.1
        )
        augmenter.fit_transform(X, y)
        augmenter.sample(3)
    assert [str(part) for part in np.random.get_state()] == numpy_before
    assert torch.equal(torch.get_rng_state(), torch_before)


def test_global_seeds_do_not_matter():
    X, y = make()
    made = []
    for seed in (0, 1):
        np.random.seed(seed)
        torch.manual_seed(seed)
        made.append(small(encoder="variational_transformer").fit_transform(X, y))
    assert np.array_equal(*made)


SCRIPT = """
import hashlib
from sklaug import LatentAugmenter
from sklaug.datasets import make_labelled_series
X, y = make_labelled_series(n_samples=30, n_timepoints=40, random_state=0)
augmenter = LatentAugmenter(hidden_dim=8, max_epochs=2, random_state=0, transformation="magnitude_warp")
made = augmenter.fit_transform(X, y)
print(hashlib.sha256(made.tobytes() + augmenter.sample(5)[0].tobytes()).hexdigest())
"""


def test_another_process_gets_the_same_series():
    import hashlib

    X, y = make()
    augmenter = small(transformation="magnitude_warp")
    made = augmenter.fit_transform(X, y)
    here = hashlib.sha256(made.tobytes() + augmenter.sample(5)[0].tobytes()).hexdigest()
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == here


def _fit_and_make(X, y, transformation):
    augmenter = small(transformation=transformation)
    return joblib.hash((augmenter.fit_transform(X, y), augmenter.weights_["mean.weight"]))


def test_any_number_of_jobs_makes_the_same_series():
    X, y = make()
    alone = [_fit_and_make(X, y, name) for name in ("jitter", "magnitude_warp", "time_warp")]
    together = Parallel(n_jobs=2)(
        delayed(_fit_and_make)(X, y, name) for name in ("jitter", "magnitude_warp", "time_warp")
    )
    assert alone == together


def test_eight_threads_augment_and_fit_at_once_without_a_difference(fitted):
    X, y = make(n_channels=2)
    expected = fitted.augment(X, y), fitted.sample(20)[0], small().fit_transform(X, y)
    n_threads = torch.get_num_threads()

    def work(_):
        return fitted.augment(X, y), fitted.sample(20)[0], small().fit_transform(X, y)

    with ThreadPoolExecutor(8) as pool:
        for result in pool.map(work, range(16)):
            assert all(np.array_equal(*pair) for pair in zip(result, expected, strict=True))
    assert torch.get_num_threads() == n_threads


@pytest.mark.parametrize("transformation", ["jitter", "scaling", "drift", "mixup"])
def test_strengths_share_their_noise(transformation):
    """Twice the strength moves the codes twice as far, along the same way."""
    X, y = make()
    augmenter = small().fit(X, y)
    series = check_series(augmenter, X, reset=False, nan_tail="padding")
    cond = np.unique(y, return_inverse=True)[1].astype(np.int64)
    z = augmenter._load().encode(augmenter._units.scale_series(series).x, cond)

    def move(eta):
        ((moved, part),) = augmenter._perturb(z, None, cond, 0, eta, transformation, 0)
        assert part is None
        return moved - z

    factor = (1 - np.exp(-1.0)) / (1 - np.exp(-0.5)) if transformation == "mixup" else 2
    np.testing.assert_allclose(move(1.0), factor * move(0.5), atol=1e-4)
