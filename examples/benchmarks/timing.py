"""Calls timed in turn (A B A B), so that what else a machine does strikes all of them alike."""

import time

import numpy as np

FEWEST_ROUNDS = 3


def time_in_turn(calls, seconds):
    """Call all of `calls` (functions by name) round after round for so many seconds; returns the median seconds of each."""
    taken = {name: [] for name in calls}
    stop, n_rounds = time.perf_counter() + seconds, 0
    while time.perf_counter() < stop or n_rounds < FEWEST_ROUNDS:
        n_rounds += 1
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            taken[name].append(time.perf_counter() - start)
    return {name: float(np.median(each)) for name, each in taken.items()}
