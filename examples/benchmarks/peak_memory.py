"""How much memory a call takes beyond what was there before it, in a process of its own (Linux)."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


def measure_peak(function, *args):
    """Run the generator `function(*args)` in a fresh process; return its peak in megabytes, and what it returns.

    It yields once, when its data are ready: the peak counts from there, beyond what there is by then.
    """
    # `getrusage` will not do: a process inherits the peak of the one that started it.
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_watch, function, *args).result()


def _watch(function, *args):
    steps = function(*args)
    next(steps)
    Path("/proc/self/clear_refs").write_text("5")  # the highest so far is what there is now
    before = _read("VmHWM")
    try:
        next(steps)
    except StopIteration as end:
        return (_read("VmHWM") - before) / 1024, end.value
    raise ValueError(f"{function.__name__} yields more than once.")


def _read(name):
    """Return kilobytes from the kernel's account of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])
