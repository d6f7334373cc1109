"""Measures how many threads are fastest for a network: a count of cores does not tell, since it has hyper-threads."""

import math
import os
from collections.abc import Callable
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
_HALVINGS = 2
_FEWER_THREADS_FACTOR = 0.9
"""A smaller number of threads must take less than this fraction of the time of the largest number."""


def usable_cores() -> int:
    """The number of logical cores that this process may use, by its CPU affinity and its container's CPU quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = _QUOTA.read_text().split()
        return max(1, min(cores, math.ceil(int(quota) / int(period))))
    except (OSError, ValueError):  # not Linux, no quota ("max"), or control groups of version 1
        return cores


def tune_thread_count(seconds: Callable[[int], float], most: int) -> int:
    """The number of threads with which a task is fastest: `most`, or a half or a quarter of it.

    Args:
        seconds: runs the task with the given number of threads, and returns the time that it took in seconds.
        most: the largest number of threads, 1 or more. A smaller number is chosen only if it saves a tenth of the
            time: a short load on the machine must not decide.
    """
    best, time_to_beat = most, seconds(most) * _FEWER_THREADS_FACTOR if most > 1 else 0.0
    for count in {most >> halvings for halvings in range(1, _HALVINGS + 1)} - {0}:
        took = seconds(count)
        if took < time_to_beat:
            best, time_to_beat = count, took
    return best
