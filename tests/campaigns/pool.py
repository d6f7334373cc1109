"""Runs many checks in other processes: a check that hangs or crashes is a result, and does not stop the others."""

import multiprocessing
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

import psutil

TIME_LIMIT = 20.0
"""Seconds of processor time that one check may take."""
_BUSY_MACHINE = 10
"""A check may wait this many times longer for a processor."""


class Failure(str):
    """Why a check has no result: `hang`, `crash …` or the traceback of an exception."""


def run(
    function: Callable[[Any], Any], tasks: Sequence[Any], workers: int, limit: float = TIME_LIMIT
) -> Iterator[tuple[Any, Any]]:
    """Yields each task with the result of `function(task)`, or with a `Failure`, in the order in which they end.

    A task that takes more than `limit` seconds of processor time, or ten times as long, is a hang.
    """
    waiting = list(reversed(tasks))
    context = multiprocessing.get_context("spawn")
    pool = [_Worker(context, function) for _ in range(max(1, min(workers, len(tasks))))]
    try:
        while waiting or any(worker.busy for worker in pool):
            for at, worker in enumerate(pool):
                if not worker.busy and waiting:
                    worker.start(waiting.pop())
                result = worker.result(limit)
                if result is not None:
                    yield worker.task, result[0]
                    worker.busy = False
                    if not worker.process.is_alive() or isinstance(result[0], Failure):
                        worker.stop()
                        pool[at] = _Worker(context, function)
            wait([worker.pipe for worker in pool if worker.busy], timeout=0.2)
    finally:
        for worker in pool:
            worker.stop()


class _Worker:
    def __init__(self, context: Any, function: Callable[[Any], Any]):
        self.pipe, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, function), daemon=True)
        self.process.start()
        other.close()
        self.pipe.recv()  # it has imported what it needs: its time starts now
        self.busy, self.task, self._started, self._used_before = False, None, 0.0, 0.0

    def start(self, task: Any) -> None:
        self.busy, self.task, self._started = True, task, time.monotonic()
        self._used_before = self._cpu_seconds()
        self.pipe.send(task)

    def result(self, limit: float) -> tuple[Any] | None:
        """The result in a tuple, or None while there is none."""
        if not self.busy:
            return None
        if self.pipe.poll():
            try:
                return (self.pipe.recv(),)
            except EOFError:
                self.process.join(5)
                return (Failure(f"crash {self.process.exitcode}"),)
        used = self._cpu_seconds() - self._used_before
        if used > limit or time.monotonic() - self._started > _BUSY_MACHINE * limit:
            return (Failure("hang"),)
        return None

    def _cpu_seconds(self) -> float:
        try:
            times = psutil.Process(self.process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _serve(pipe: Connection, function: Callable[[Any], Any]) -> None:
    pipe.send("ready")
    while True:
        try:
            task = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(function(task))
        except Exception:
            pipe.send(Failure(traceback.format_exc()))
