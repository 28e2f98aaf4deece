"""Blocks that a network takes: a row's block depends on its number and on the length of the series alone."""

import itertools

import numpy as np
import pytest
import torch

from sklaug import LatentAugmenter
from sklaug._inference import network_blocks, run_in_blocks
from sklaug.networks.layers import convolve, recur, upsample
from sklaug.networks.randomness import DrawFrom

N_ROWS = 700


def absolute_blocks(first_row, n_rows, n_steps):
    """Return for each row the first row of its block and how many rows the block has."""
    of_rows = []
    for rows, places, size in network_blocks(first_row, n_rows, n_steps):
        assert rows.stop - rows.start == places.stop - places.start
        assert rows.start == len(of_rows)
        low = first_row + rows.start - places.start
        of_rows += [(low, size)] * (rows.stop - rows.start)
    assert len(of_rows) == n_rows
    return of_rows


@pytest.mark.parametrize("n_steps", [1, 64, 65, 128, 129, 5000])
def test_a_row_is_in_the_same_block_whoever_asks_for_it(n_steps):
    whole = absolute_blocks(0, N_ROWS, n_steps)
    for first_row in (0, 1, 15, 16, 17, 63, 64, 65, 127, 255, 256, 257, 600):
        for n_rows in (1, 2, 50, 64, N_ROWS - first_row):
            expected = whole[first_row : first_row + n_rows]
            assert absolute_blocks(first_row, len(expected), n_steps) == expected


@pytest.mark.parametrize("n_steps", [1, 64, 65, 128, 129, 5000])
def test_blocks_lie_side_by_side(n_steps):
    blocks = sorted(set(absolute_blocks(0, N_ROWS, n_steps)))
    assert blocks[0][0] == 0
    for (low, size), (following, _) in itertools.pairwise(blocks):
        assert low + size == following


@pytest.mark.parametrize(
    "n_steps, sizes",
    [
        (1, [16, 48, 192, 256, 256]),
        (64, [16, 48, 192, 256, 256]),
        (65, [16, 48, 64, 128, 128, 128, 128, 128]),
        (128, [16, 48, 64, 128, 128, 128, 128, 128]),
        (129, [16, 48, *[64] * 10]),
        (5000, [16, 48, *[64] * 10]),
    ],
)
def test_blocks_of_long_series_have_fewer_rows_and_the_first_ones_few(n_steps, sizes):
    assert [size for *_, size in network_blocks(0, N_ROWS, n_steps)] == sizes


def test_a_network_sees_zeros_where_a_block_has_no_row_of_the_call():
    seen = []

    def network(values):
        seen.append(values.clone())
        return values

    values = np.arange(1, 4, dtype=np.float32).reshape(3, 1)
    returned = run_in_blocks(network, values, first_row=15)
    np.testing.assert_array_equal(returned, values)
    assert [len(block) for block in seen] == [16, 48]
    assert seen[0][15] == 1
    assert seen[1][:2].ravel().tolist() == [2, 3]
    assert sum(block.count_nonzero() for block in seen) == 3


@pytest.mark.parametrize("n_steps", [6, 100, 150])
def test_a_part_of_the_rows_gives_what_all_give_to_the_bit(n_steps):
    with DrawFrom(torch.Generator().manual_seed(0)):
        gru = torch.nn.GRU(3, 44, batch_first=True)
        doubling = torch.nn.ConvTranspose1d(44, 44, 4, stride=2, padding=1)
        narrowing = torch.nn.Conv1d(44, 3, 5, padding=2)
    values = np.random.default_rng(0).standard_normal((600, n_steps, 3), dtype=np.float32)

    def network(values):
        return convolve(narrowing, upsample(doubling, recur(gru, values)))

    whole = run_in_blocks(network, values)
    for first, last in ((0, 1), (5, 6), (0, 17), (14, 66), (63, 64), (200, 300), (511, 513)):
        part = run_in_blocks(network, values[first:last], first_row=first)
        np.testing.assert_array_equal(part, whole[first:last])


@pytest.fixture(scope="module", params=[16, 100, 150])
def augmenter(request):
    X = np.random.default_rng(0).normal(size=(300, request.param))
    return LatentAugmenter(hidden_dim=4, max_epochs=1, random_state=0).fit(X), X


def test_augment_and_sample_in_parts_across_the_ends_of_blocks_are_those_at_once(augmenter):
    augmenter, X = augmenter
    at_once = augmenter.augment(X)
    sampled = augmenter.sample(len(X))[0]
    for first, last in ((0, 5), (7, 8), (15, 18), (60, 70), (100, 300), (255, 258)):
        part = augmenter.augment(X[first:last], first_row=first)
        np.testing.assert_array_equal(part, at_once[first:last])
    for n_samples in (1, 16, 17, 64, 65, 200, 257):
        np.testing.assert_array_equal(augmenter.sample(n_samples)[0], sampled[:n_samples])


class SpectralEncoder(torch.nn.Module):
    """Frequencies of a series weighted by complex numbers."""

    def __init__(self, n_timepoints, n_channels, hidden_dim=None):
        super().__init__()
        self.n_outputs, self.n_timepoints = n_channels, n_timepoints
        shape = n_timepoints // 2 + 1, n_channels
        self.weight = torch.nn.Parameter(torch.randn(shape, dtype=torch.complex64))

    def forward(self, x):
        return torch.fft.irfft(torch.fft.rfft(x, dim=1) * self.weight, self.n_timepoints, dim=1)


def test_complex_weights_stay_complex():
    X = np.random.default_rng(0).standard_normal((20, 16, 1)).astype(np.float32)
    fitted = LatentAugmenter(SpectralEncoder, "gru", hidden_dim=4, max_epochs=1, random_state=0)
    codes = fitted.fit(X).encode(X) * fitted.code_scale_ + fitted.code_mean_
    weights = fitted.weights_
    spectrum = np.fft.rfft((X - fitted.mean_) / fitted.scale_, axis=1)
    features = np.fft.irfft(spectrum * weights["encoder.weight"], 16, axis=1)
    expected = features @ weights["mean.weight"].T + weights["mean.bias"]
    np.testing.assert_allclose(codes, expected, atol=1e-5)
