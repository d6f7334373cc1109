"""Simulates the annotation of many videos by many workers: each one takes the longest video that is left.

Used by `benchmarks/scaling.py`, which measures the costs that go in here.
"""

import heapq
import random
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Costs:
    """What one worker needs.

    Attributes:
        start: seconds until a worker takes its first video.
        first: seconds that its first video takes longer than the following ones.
        video: seconds for each video, whatever its length.
        frame: seconds for each frame.
        bytes_per_frame: bytes that are read from the file system for each frame.
    """

    start: float
    first: float
    video: float
    frame: float
    bytes_per_frame: float


@dataclass(frozen=True)
class Limits:
    """What all workers share.

    Attributes:
        tasks: videos that the scheduler hands out per second.
        bandwidth: bytes per second of the shared file system.
    """

    tasks: float = float("inf")
    bandwidth: float = float("inf")


@dataclass(frozen=True)
class Outcome:
    """How a simulated run went.

    Attributes:
        seconds: from the start to the end of the last video.
        busy: the fraction of that time in which an average worker annotated.
        slowed: the fraction of that time in which the file system slowed the workers.
        read: bytes per second that the workers would read if all of them had a video and nothing slowed them.
    """

    seconds: float
    busy: float
    slowed: float
    read: float


def video_lengths(hours: float, median_minutes: float, rate: float, seed: int = 0) -> list[int]:
    """Frames of the videos of a study: log-normal lengths (sigma 0.8) from one minute to four hours."""
    rng, left, lengths = random.Random(seed), hours * 3600, list[int]()
    while left > 0:
        seconds = min(max(median_minutes * 60 * rng.lognormvariate(0, 0.8), 60), 4 * 3600, max(left, 1.0))
        left -= seconds
        lengths.append(round(seconds * rate))
    return lengths


def simulate(lengths: list[int], workers: int, costs: Costs, limits: Limits) -> Outcome:
    """Annotate videos, the longest first.

    If the workers together want to read more than the file system can give, all of them become slower by the same
    factor. So an inner clock runs slower than the real one, and each video has a fixed length on it.

    Args:
        lengths: frames of each video.
        workers: number of workers.
        costs: what one worker needs.
        limits: what all workers share.
    """
    left = sorted(lengths)
    need = costs.bytes_per_frame / costs.frame
    most = limits.bandwidth / need if need else float("inf")  # workers that the file system can serve
    now, inner, busy, slowed, scheduler_free = 0.0, 0.0, 0.0, 0.0, 0.0
    ends: list[tuple[float, int]] = []  # on the inner clock
    fresh = set(range(workers))
    waiting: list[tuple[float, int]] = []  # when a worker gets its next video
    asking = [(costs.start, worker) for worker in range(min(workers, len(left)))]
    promised = 0
    while left or ends or waiting:
        for time, worker in asking:
            if promised < len(lengths):
                promised += 1
                scheduler_free = max(scheduler_free, time) + 1 / limits.tasks
                heapq.heappush(waiting, (scheduler_free, worker))
        asking = []
        speed = min(1.0, most / len(ends)) if ends else 1.0
        next_end = now + (ends[0][0] - inner) / speed if ends else float("inf")
        next_start = waiting[0][0] if waiting else float("inf")
        then = min(next_end, next_start)
        inner += (then - now) * speed
        busy += (then - now) * len(ends)
        slowed += (then - now) * (speed < 1)
        now = then
        if next_start <= next_end:
            worker = heapq.heappop(waiting)[1]
            extra = costs.first if worker in fresh else 0.0
            fresh.discard(worker)
            heapq.heappush(ends, (inner + extra + costs.video + left.pop() * costs.frame, worker))
        else:
            inner, worker = heapq.heappop(ends)
            asking = [(now, worker)]
    return Outcome(now, busy / (now * workers), slowed / now, need * min(workers, len(lengths)))


def limit_of(lengths: list[int], workers: int, costs: Costs, limits: Limits) -> str:
    """What costs most time: the file system, the scheduler, the longest video, or nothing that costs 5 %."""
    real = simulate(lengths, workers, costs, limits).seconds
    work = sum(costs.video + frames * costs.frame for frames in lengths)
    without = {
        "file system": simulate(lengths, workers, costs, replace(limits, bandwidth=float("inf"))).seconds,
        "scheduler": simulate(lengths, workers, costs, replace(limits, tasks=float("inf"))).seconds,
        "start": simulate(lengths, workers, replace(costs, start=0.0, first=0.0), limits).seconds,
        "longest video": max(
            costs.start + costs.first + work / workers, sum(lengths) * costs.bytes_per_frame / limits.bandwidth
        ),
    }
    name = min(without, key=without.__getitem__)
    return name if without[name] < 0.95 * real else "the number of workers"
