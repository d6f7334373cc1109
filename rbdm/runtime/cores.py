"""How many threads to run networks on, found by trying: a count of cores does not know hyper-threads."""

import math
import os
from collections.abc import Callable
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_HALVINGS = 2
_WORTH_FEWER = 0.9


def usable_cores() -> int:
    """Logical cores that this process may use: its affinity, and a container's quota of processor time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text().split()
        return max(1, min(cores, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # no Linux, no quota ("max"), or an old kernel's control groups
        return cores


def tune_thread_count(seconds: Callable[[int], float], most: int) -> int:
    """The number of threads, `most` or a half or a quarter of it, with which something is fastest.

    Args:
        seconds: how long it takes with so many threads.
        most: 1 or more. Fewer are taken only where that saves a tenth of the time: a busy moment must not decide.
    """
    best, shortest = most, seconds(most) * _WORTH_FEWER if most > 1 else 0.0
    for count in {most >> halvings for halvings in range(1, _HALVINGS + 1)} - {0}:
        took = seconds(count)
        if took < shortest:
            best, shortest = count, took
    return best
