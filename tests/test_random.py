import numpy as np
import pytest

from sklaug._random import (
    BLOCK_ROWS,
    block_generator,
    derive_seed,
    draw_seed,
    pad_block,
    row_blocks,
)


def test_an_int_is_its_own_seed_and_none_is_new_each_time():
    assert draw_seed(7) == 7
    assert draw_seed(None) != draw_seed(None)


def test_no_seed_draws_from_the_global_generator():
    before = np.random.get_state()[1].copy()
    draw_seed(None)
    draw_seed(3)
    assert np.array_equal(before, np.random.get_state()[1])


def test_a_random_state_instance_is_drawn_from():
    assert draw_seed(np.random.RandomState(0)) == draw_seed(np.random.RandomState(0))
    state = np.random.RandomState(0)
    assert draw_seed(state) != draw_seed(state)


@pytest.mark.parametrize("random_state", [-1, "abc", 1.5])
def test_what_is_not_a_seed_is_refused(random_state):
    with pytest.raises(ValueError, match=r"[Ss]eed"):
        draw_seed(random_state)


def test_generators_differ_by_seed_purpose_and_block_and_repeat_otherwise():
    draws = {
        (seed, purpose, block): block_generator(seed, purpose, block).random(4).tobytes()
        for seed in (0, 1, 2**40)
        for purpose in ("a", "b")
        for block in (0, 1)
    }
    assert len(set(draws.values())) == len(draws)
    assert block_generator(1, "a", 1).random(4).tobytes() == draws[1, "a", 1]


def test_derived_seeds_differ_and_fit_torch():
    seeds = {derive_seed(seed, purpose) for seed in range(5) for purpose in ("training", "prior")}
    assert len(seeds) == 10
    assert all(0 <= seed < 2**63 for seed in seeds)


@pytest.mark.parametrize(("first", "n"), [(0, 5), (1000, 100), (1024, 1024), (3, 5000)])
def test_blocks_cover_every_row_once_at_its_absolute_place(first, n):
    seen = []
    for block, rows, places in row_blocks(first, n):
        absolute = block * BLOCK_ROWS + np.arange(places.start, places.stop)
        assert absolute.tolist() == list(range(first + rows.start, first + rows.stop))
        seen += absolute.tolist()
    assert seen == list(range(first, first + n))


def test_padding_puts_rows_at_their_places_and_zeros_elsewhere():
    padded = pad_block(np.ones((2, 3), dtype=np.float32), slice(5, 7), 10)
    assert padded.shape == (10, 3) and padded.dtype == np.float32
    assert padded.sum() == 6 and (padded[5:7] == 1).all()
