"""Weights in a byte each: what the rounding does, and that a rounded augmenter is one like any other."""

import copy
import functools
import pickle

import joblib
import numpy as np
import pytest
import torch
from comparing import same_bits
from sklearn.exceptions import NotFittedError
from torch import nn

from sklaug import LatentAugmenter
from sklaug._quantization import quantize_weights, restore_weights
from sklaug.datasets import make_labelled_series
from sklaug.networks.encoders import ENCODERS

X, LABELS = make_labelled_series(n_samples=24, n_timepoints=32, random_state=0)
OWN = "sklaug.generators._latent.LatentAugmenter"


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


# -------------------------------------------------------------------------------------------------
# The arithmetic
# -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(16, 16), (300, 1), (1, 300), (20, 6, 5), (7, 2, 3, 9)])
def test_each_value_is_off_by_at_most_half_a_127th_of_the_largest_in_its_row(shape):
    values = normal(*shape) * np.logspace(-6, 6, shape[0], dtype=np.float32).reshape(
        -1, *[1] * (len(shape) - 1)
    )
    rounded = quantize_weights({"w": values}, ["w"])
    assert (rounded["w"].dtype, rounded["w"].shape) == (np.int8, shape)
    assert (rounded["w.scale"].dtype, rounded["w.scale"].shape) == (np.float32, shape[:1])
    restored = restore_weights(rounded)["w"]
    assert (restored.dtype, restored.shape) == (np.float32, shape)
    for row, exact in zip(restored, values.astype(np.float64), strict=True):
        largest = np.abs(exact).max()
        assert np.abs(row - exact).max() <= largest / 254 * (1 + 1e-5)
        np.testing.assert_allclose(np.abs(row).max(), largest, rtol=1e-6)


def test_multiples_of_a_127th_of_the_largest_are_kept():
    levels = np.random.default_rng(0).integers(-127, 128, (8, 40))
    levels[:, 0] = 127
    steps = 2.0 ** np.arange(-4, 4)[:, None]
    rounded = quantize_weights({"w": (levels * steps).astype(np.float32)}, ["w"])
    np.testing.assert_array_equal(rounded["w"], levels)
    np.testing.assert_array_equal(rounded["w.scale"], steps[:, 0])
    np.testing.assert_array_equal(restore_weights(rounded)["w"], levels * steps)


def test_rounding_is_symmetric_about_zero():
    values = normal(16, 16)
    plus, minus = (quantize_weights({"w": v}, ["w"]) for v in (values, -values))
    np.testing.assert_array_equal(plus["w"], -minus["w"])
    np.testing.assert_array_equal(plus["w.scale"], minus["w.scale"])


def test_a_row_of_zeros_comes_back_as_zeros():
    values = normal(16, 32)
    values[3] = 0
    with np.errstate(all="raise"):
        restored = restore_weights(quantize_weights({"w": values}, ["w"]))["w"]
    assert (restored[3] == 0).all()
    assert np.abs(np.delete(restored, 3, axis=0)).max(axis=1).min() > 0


# The third is 190 of the smallest steps of float32: a 127th of it is rounded to one step, much too small.
@pytest.mark.parametrize("largest", [3e38, 2e-38, 190 * 2.0**-149, 1e-45])
def test_the_largest_and_smallest_numbers_of_float32_stay_finite_and_keep_their_sign(largest):
    signs = np.where(normal(16, 32) > 0, 1, -1)
    values = (signs * largest).astype(np.float32)
    restored = restore_weights(quantize_weights({"w": values}, ["w"]))["w"]
    assert np.isfinite(restored).all()
    assert (np.sign(restored) * signs >= 0).all()
    if largest > 1e-40:
        np.testing.assert_allclose(restored, values, rtol=1e-5)


def test_only_large_float32_matrices_that_are_named_are_rounded():
    weights = {
        "named": normal(16, 16),
        "vector": normal(300),
        "scalar": normal(),
        "small": normal(15, 17),
        "double": normal(16, 16).astype(np.float64),
        "whole": np.arange(300).reshape(20, 15),
        "bytes": np.ones((20, 20), dtype=np.int8),
        "not named": normal(16, 16),
    }
    rounded = quantize_weights(weights, weights.keys() - {"not named"})
    assert rounded.keys() == weights.keys() | {"named.scale"}
    for name in weights.keys() - {"named"}:
        assert rounded[name] is weights[name]
    assert weights["named"].dtype == np.float32
    restored = restore_weights(rounded)
    assert restored.keys() == weights.keys()
    # Bytes of a network's own stay bytes, and so does a vector that is called a scale.
    own = {"bytes": weights["bytes"], "double": weights["double"], "double.scale": normal(16)}
    assert all(restore_weights(own)[name] is own[name] for name in own)


def test_rounding_twice_is_rounding_once():
    once = quantize_weights({"w": normal(16, 16), "b": normal(16)}, ["w", "b"])
    twice = quantize_weights(once, ["w", "b"])
    assert twice.keys() == once.keys()
    assert all(twice[name] is once[name] for name in once)


# -------------------------------------------------------------------------------------------------
# The augmenter
# -------------------------------------------------------------------------------------------------


class OwnEncoder(nn.Module):
    """Keeps beside its weights what is none: statistics, a count, a mask with infinities, bytes, a tied matrix."""

    def __init__(self, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.n_outputs = width = hidden_dim or 20
        self.expand = nn.Linear(n_channels, width)
        self.norm = nn.BatchNorm1d(width)
        self.one, self.other = nn.Linear(width, width), nn.Linear(width, width)
        self.other.weight = self.one.weight
        mask = torch.full((n_timepoints, n_timepoints), -torch.inf).triu(1)
        self.register_buffer("mask", mask)
        self.register_buffer("places", torch.arange(n_timepoints))
        self.register_buffer("table", torch.ones(20, 20, dtype=torch.int8))

    def forward(self, x):  # (b, sz, c)
        h = self.norm(self.expand(x).transpose(1, 2)).transpose(1, 2)
        weights = self.mask.softmax(dim=1)
        return self.other(torch.tanh(self.one(weights @ h)))


NETWORKS = {
    **{name: {"encoder": name} for name in ENCODERS},
    "gru": {"decoder": "gru"},
    "bilstm decoder": {"encoder": "bilstm", "decoder": "bilstm"},
    "global": {"latent": "global"},
    "own": {"encoder": OwnEncoder},
}


@functools.cache
def fitted(network="cnn_gru", **params):
    params = NETWORKS[network] | {"max_epochs": 2, "random_state": 0} | params
    return LatentAugmenter(**params).fit(X, LABELS)


def n_bytes(weights):
    return sum(array.nbytes for array in weights.values())


def outputs(augmenter):
    """Return all that an augmenter makes, by name."""
    codes = augmenter.encode(X, LABELS)
    return {
        "transform": augmenter.transform(X),
        "augment": augmenter.augment(X, LABELS),
        "sample": augmenter.sample(7)[0],
        "codes": codes,
        "decode": augmenter.decode(codes, LABELS),
        "reconstruct": augmenter.reconstruct(X, LABELS),
        "interpolate": augmenter.interpolate(X[:5], X[5:10], LABELS[:5]),
        "score": np.array([augmenter.score(X, LABELS)]),
    }


def assert_same_outputs(one, other):
    made = outputs(other)
    for name, values in outputs(one).items():
        assert same_bits(values, made[name]), name


pytestmark = pytest.mark.filterwarnings("ignore:.*returns X unchanged:UserWarning")


@pytest.mark.parametrize("network", NETWORKS)
def test_matrices_become_bytes_with_a_scale_a_row_and_all_else_stays(network):
    before, after = fitted(network).weights_, fitted(network).quantize().weights_
    rounded = {name for name in before if after[name].dtype != before[name].dtype}
    assert rounded
    assert after.keys() == before.keys() | {f"{name}.scale" for name in rounded}
    for name in before:
        if name in rounded:
            assert before[name].ndim > 1
            assert after[name].dtype == np.int8
            assert after[f"{name}.scale"].shape == before[name].shape[:1]
        else:
            np.testing.assert_array_equal(after[name], before[name], strict=True)


@pytest.mark.parametrize("network", [name for name in NETWORKS if name != "own"])
def test_weights_take_less_than_three_tenths_of_the_bytes(network):
    before, after = fitted(network), fitted(network).quantize()
    assert n_bytes(after.weights_) < 0.3 * n_bytes(before.weights_)


def test_a_file_is_smaller_by_the_difference(tmp_path):
    before, after = fitted("variational_transformer"), fitted("variational_transformer").quantize()
    sizes = []
    for number, augmenter in enumerate((before, after)):
        joblib.dump(augmenter, tmp_path / str(number))
        sizes.append((tmp_path / str(number)).stat().st_size)
    saved = n_bytes(before.weights_) - n_bytes(after.weights_)
    np.testing.assert_allclose(sizes[0] - sizes[1], saved, rtol=0.02)


def test_matrices_of_a_users_network_become_bytes_and_its_buffers_do_not():
    before, after = fitted("own").weights_, fitted("own").quantize().weights_
    for name in (
        "mask",
        "places",
        "table",
        "norm.running_var",
        "norm.num_batches_tracked",
    ):
        name = f"encoder.{name}"
        np.testing.assert_array_equal(after[name], before[name], strict=True)
        assert f"{name}.scale" not in after
    # Two names of the same matrix.
    for name in ("encoder.one.weight", "encoder.other.weight"):
        assert after[name].dtype == np.int8
    np.testing.assert_array_equal(after["encoder.one.weight"], after["encoder.other.weight"])


@pytest.mark.parametrize("network", NETWORKS)
def test_all_results_stay_near_and_are_not_the_same(network):
    before, after = outputs(fitted(network)), outputs(fitted(network).quantize())
    assert same_bits(before.pop("transform"), after.pop("transform"))
    for name, values in before.items():
        assert after[name].dtype == values.dtype
        assert np.isfinite(after[name]).all()
        moved = np.abs(after[name] - values).max()
        # Of what was trained for two epochs; the spread of the series is about 1.
        assert 0 < moved < 0.05, name


@pytest.mark.parametrize("network", ["cnn_gru", "own"])
def test_results_are_those_of_a_network_with_the_restored_weights(network):
    rounded = fitted(network).quantize()
    plain = copy.deepcopy(rounded)
    plain.weights_ = restore_weights(rounded.weights_)
    assert plain.weights_.keys() == fitted(network).weights_.keys()
    assert_same_outputs(plain, rounded)


def test_every_call_gives_the_same_bits():
    assert_same_outputs(fitted().quantize(), fitted().quantize())
    rounded = fitted().quantize()
    assert_same_outputs(rounded, rounded)
    in_parts = [rounded.augment(X[i : i + 5], LABELS[i : i + 5], first_row=i) for i in (0, 5)]
    assert same_bits(np.concatenate(in_parts), rounded.augment(X, LABELS)[:10])


@pytest.mark.parametrize("network", ["cnn_gru", "variational_transformer", "own"])
def test_without_strength_keep_returns_the_series_to_the_last_bit(network):
    rounded = fitted(network, residual="keep", eta=0).quantize()
    assert same_bits(rounded.augment(X, LABELS), X)


def test_residuals_of_the_training_rows_stay_those_of_the_network_as_it_was_trained():
    before = fitted(residual="resample")
    after = before.quantize()
    np.testing.assert_array_equal(after.residuals_, before.residuals_)
    assert np.isfinite(after.sample(5)[0]).all()
    assert np.isfinite(after.augment(X, LABELS)).all()


def test_the_augmenter_itself_does_not_change_and_shares_nothing_that_does():
    augmenter = copy.deepcopy(fitted())
    before = joblib.hash(augmenter.__getstate__())
    rounded = augmenter.quantize()
    rounded.set_params(eta=3.0)
    for array in (*rounded.weights_.values(), rounded.code_mean_, rounded.code_scale_):
        array[...] = 0
    rounded.history_.clear()
    assert joblib.hash(augmenter.__getstate__()) == before


def test_all_but_the_weights_is_the_same():
    before, after = (dict(vars(a)) for a in (fitted(), fitted().quantize()))
    del before["weights_"], after["weights_"]
    assert joblib.hash(before) == joblib.hash(after)


@pytest.mark.parametrize("network", ["cnn_gru", "own"])
def test_to_quantize_twice_is_to_do_it_once(network):
    once = fitted(network).quantize()
    twice = once.quantize()
    assert joblib.hash(once.weights_) == joblib.hash(twice.weights_)
    assert twice is not once


def test_before_a_fit_there_is_nothing_to_quantize():
    with pytest.raises(NotFittedError, match="LatentAugmenter instance is not fitted yet"):
        LatentAugmenter().quantize()


def test_neither_a_global_generator_nor_the_threads_are_touched():
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    n_threads = torch.get_num_threads()
    fitted("own").quantize().sample(3)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert torch.get_num_threads() == n_threads


# -------------------------------------------------------------------------------------------------
# Files and copies
# -------------------------------------------------------------------------------------------------


def through_joblib(augmenter, folder):
    joblib.dump(augmenter, folder / "augmenter.joblib")
    return joblib.load(folder / "augmenter.joblib")


WAYS = {
    "pickle": lambda augmenter, _: pickle.loads(pickle.dumps(augmenter)),
    "joblib": through_joblib,
    "deepcopy": lambda augmenter, _: copy.deepcopy(augmenter),
    "copy": lambda augmenter, _: copy.copy(augmenter),
}


@pytest.mark.parametrize("network", ["cnn_gru", "variational_transformer", "own"])
@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_comes_back_is_rounded_alike_and_makes_the_same_series(way, network, tmp_path):
    rounded = fitted(network).quantize()
    stored = way(rounded, tmp_path)
    assert joblib.hash(stored.weights_) == joblib.hash(rounded.weights_)
    assert_same_outputs(stored, rounded)


def test_skops_stores_it_and_asks_for_trust_in_classes_of_this_package_alone():
    skops = pytest.importorskip("skops.io")
    rounded = fitted().quantize()
    data = skops.dumps(rounded)
    untrusted = skops.get_untrusted_types(data=data)
    assert set(untrusted) <= {OWN, "sklaug.density.ManifoldParzen"}
    assert_same_outputs(skops.loads(data, trusted=untrusted), rounded)


@pytest.mark.parametrize("part", ["encoder.gru.weight_hh_l0", "encoder.gru.weight_hh_l0.scale"])
def test_a_damaged_byte_is_refused(part):
    rounded = fitted().quantize()
    content = rounded.weights_[part].tobytes()
    data = bytearray(pickle.dumps(rounded))
    place = data.find(content)
    assert place > 0
    data[place + len(content) // 2] ^= 1
    with pytest.raises(ValueError, match="The stored LatentAugmenter is damaged"):
        pickle.loads(bytes(data))


# -------------------------------------------------------------------------------------------------
# Training further
# -------------------------------------------------------------------------------------------------


def test_a_warm_start_goes_on_from_the_rounded_values_in_float32():
    rounded = fitted().quantize()
    plain = copy.deepcopy(rounded)
    plain.weights_ = restore_weights(rounded.weights_)
    for augmenter in (rounded, plain):
        augmenter.set_params(warm_start=True).fit(X, LABELS)
    assert rounded.n_iter_ == 4
    assert {array.dtype for array in rounded.weights_.values()} == {np.dtype(np.float32)}
    assert joblib.hash(rounded.weights_) == joblib.hash(plain.weights_)
    assert_same_outputs(rounded, plain)


def test_a_cold_fit_forgets_that_weights_were_rounded():
    again = fitted().quantize().fit(X, LABELS)
    assert joblib.hash(again.weights_) == joblib.hash(fitted().weights_)


def test_a_warm_start_that_fails_keeps_the_rounded_weights():
    rounded = fitted().quantize().set_params(warm_start=True)
    before = joblib.hash(rounded.weights_)
    with pytest.raises(ValueError, match="warm_start cannot change latent_dim"):
        rounded.set_params(latent_dim=3).fit(X, LABELS)
    assert joblib.hash(rounded.weights_) == before


def test_the_cache_tells_a_rounded_start_from_another(tmp_path, trainings):
    cached = LatentAugmenter(max_epochs=2, random_state=0, warm_start=True, memory=str(tmp_path))
    cached.fit(X, LABELS)
    for augmenter in (cached.quantize(), cached.quantize(), copy.deepcopy(cached)):
        augmenter.fit(X, LABELS)
    assert len(trainings) == 3
