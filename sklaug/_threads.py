"""Torch under a set number of threads, for as long as a block lasts."""

import threading
from contextlib import contextmanager

import torch

_lock = threading.Lock()
_inside = 0
_outside_n_threads = None


@contextmanager
def torch_threads(n_threads):
    """Run the block with `n_threads` of torch's intra-op threads, then restore what was set before.

    The setting is kept twice inside torch: for the calling thread, and as the default of threads
    yet to come. Blocks of several threads overlap, so the value to restore is what the first of
    them found.
    """
    global _inside, _outside_n_threads
    with _lock:
        # Asked even where the answer is not used: a new thread takes the default over when it is
        # first asked, and what was set before that is lost.
        n_found = torch.get_num_threads()
        if not _inside:
            _outside_n_threads = n_found
        _inside += 1
    try:
        torch.set_num_threads(n_threads)
        yield
    finally:
        with _lock:
            _inside -= 1
            torch.set_num_threads(_outside_n_threads)
