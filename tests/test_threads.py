"""The number of torch's threads is set for a block and restored after it, for everybody."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from sklaug._threads import torch_threads


@pytest.fixture(params=[1, 3], autouse=True)
def n_outside(request):
    """Set the number of threads that the rest of the program runs with."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def in_new_thread(function=torch.get_num_threads):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function).result(timeout=20)


def test_the_number_is_set_inside_and_restored_here_and_for_threads_to_come(n_outside):
    with torch_threads(2):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == n_outside
    assert in_new_thread() == n_outside


def test_the_number_is_restored_after_an_error(n_outside):
    with pytest.raises(KeyboardInterrupt), torch_threads(2):
        raise KeyboardInterrupt
    assert torch.get_num_threads() == n_outside
    assert in_new_thread() == n_outside


def test_a_number_that_torch_refuses_leaves_no_trace(n_outside):
    with pytest.raises((RuntimeError, TypeError, ValueError)), torch_threads(0):
        pass
    with torch_threads(2):
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == n_outside


def test_the_number_is_restored_for_threads_to_come_by_a_block_in_a_thread(n_outside):
    def work():
        with torch_threads(2):
            assert torch.get_num_threads() == 2
        return torch.get_num_threads()

    assert in_new_thread(work) == n_outside
    assert in_new_thread() == n_outside
    assert torch.get_num_threads() == n_outside


def test_a_block_within_a_block_ends_at_the_number_outside_both(n_outside):
    with torch_threads(2):
        with torch_threads(4):
            assert torch.get_num_threads() == 4
        with torch_threads(2):
            assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == n_outside
    assert in_new_thread() == n_outside


@pytest.mark.parametrize("fails", [False, True])
def test_the_number_is_restored_after_eight_threads_whose_blocks_overlap(n_outside, fails):
    n_threads = 8
    together = threading.Barrier(n_threads)
    seen = {}

    def work(number):
        with torch_threads(2):
            together.wait(20)  # all eight are inside
            inside = torch.get_num_threads()
            for _ in range(number):  # they leave one after the other
                torch.ones(200, 200) @ torch.ones(200, 200)
            if fails and number % 2:
                seen[number] = inside, None
                raise ValueError("stop")
        seen[number] = inside, torch.get_num_threads()

    def guarded(number):
        try:
            work(number)
        except ValueError:
            seen[number] = seen[number][0], torch.get_num_threads()

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert seen == dict.fromkeys(range(n_threads), (2, n_outside))
    assert torch.get_num_threads() == n_outside
    assert in_new_thread() == n_outside


def test_a_thread_keeps_its_number_when_another_leaves_its_block_first():
    entered, left = threading.Event(), threading.Event()
    seen = []

    def late():
        with torch_threads(2):
            entered.set()
            left.wait(20)
            seen.append(torch.get_num_threads())

    thread = threading.Thread(target=late)
    with torch_threads(2):
        thread.start()
        entered.wait(20)
    left.set()
    thread.join(20)
    assert seen == [2]
