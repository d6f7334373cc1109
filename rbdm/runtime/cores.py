"""Measures how many threads are fastest for a network: a count of cores does not tell, since it has hyper-threads."""

import math
import os
from collections.abc import Callable
from pathlib import Path

_QUOTA = Path("/sys/fs/cgroup/cpu.max")
CORES_VARIABLE = "RBDM_CORES"
"""An environment variable: the largest number of cores that rbdm uses."""
_LIMITS = (CORES_VARIABLE, "SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE")
"""The first of these variables that is set counts. Not each cluster keeps a job from the cores of other jobs."""
_HALVINGS = 2
_FEWER_THREADS_FACTOR = 0.9
"""A smaller number of threads must take less than this fraction of the time of the largest number."""


def usable_cores() -> int:
    """The number of logical cores that this process may use.

    This follows from its CPU affinity, its container's CPU quota, the job of SLURM, and the variable `RBDM_CORES`.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limits = (os.environ[name] for name in _LIMITS if os.environ.get(name, "").isdecimal())
    cores = max(1, min(cores, int(next(limits, str(cores)))))
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
