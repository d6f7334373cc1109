"""The queue of an app: a thread that hands out the videos, and what the pages ask and tell it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rbdm.app.queue.process import WorkerProcess
from rbdm.app.queue.runs import Run, Video, to_json
from rbdm.app.queue.store import Store
from rbdm.errors import OutputError

_LOG = "worker.log"
_TRIES = 2
"""A video that ends the process as often as this is given up."""
_PATIENCE = 5.0
"""Seconds in which a video that is cancelled must be given up; then its process is ended."""
_ENDED = (
    "the process that annotates ended {count} times while it worked on this video (exit code {code}): it had too "
    "little memory, or the video makes it crash; {log} may say more"
)


@dataclass(frozen=True)
class Now:
    """The video that is being annotated.

    Attributes:
        run: the id of its run.
        number: its place in the run.
        what: what is being done, for a person.
        done: number of frames that are finished.
        total: number of frames of the video; 0 if unknown.
        rate: frames per second, without pauses.
    """

    run: str
    number: int
    what: str = "starting"
    done: int = 0
    total: int = 0
    rate: float = 0.0


class Queue:
    """Annotates videos one after the other, in a process of its own. All methods may be called from any thread.

    Args:
        folder: the app's own folder, where the queue is kept.
    """

    def __init__(self, folder: Path) -> None:
        self._store, self._log = Store(folder), folder / _LOG
        self._runs, self._is_paused, self.notice = self._store.load()
        """`notice`: a line for the user, e.g. that the queue cannot be saved; else empty."""
        self._changed = threading.Condition()
        self._is_closing = False
        self._worker: WorkerProcess | None = None
        self._job = 0  # a number for each try: a late message must not cancel the next one
        self._now: Now | None = None
        self._gives_up: tuple[str, int] | None = None
        self._version = 0
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Start to annotate, also what an earlier app has left."""
        self._thread.start()

    def close(self) -> None:
        """Stop. The video that is being annotated is annotated again at the next start."""
        with self._changed:
            self._is_closing = True
            self._cancel_job()
            self._changed.notify_all()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)
        if self._thread.is_alive() and self._worker is not None:
            self._worker.kill()
            self._thread.join()

    @property
    def runs(self) -> list[Run]:
        """All runs with their videos, as they are now, the oldest first. Changes of this copy change nothing."""
        with self._changed:
            return [replace(run, videos=list(run.videos)) for run in self._runs]

    @property
    def is_paused(self) -> bool:
        """Whether the queue is paused."""
        return self._is_paused

    @property
    def now(self) -> Now | None:
        """The video that is being annotated; None if there is none."""
        return self._now

    @property
    def version(self) -> int:
        """A number that changes when a run or the pause changes; progress does not change it."""
        return self._version

    def add(self, run: Run) -> None:
        """Add a run at the end."""
        with self._changed:
            self._runs.append(run)
            self._save()

    def pause(self, is_paused: bool) -> None:
        """Pause at once, also in the middle of a video, or go on."""
        with self._changed:
            self._is_paused = is_paused
            self._save()
            if self._worker is not None:
                self._worker.send({"pause": is_paused})

    def cancel(self, run_id: str, number: int | None = None) -> None:
        """Cancel a video of a run, or all that are not finished. Nothing of them is written."""
        with self._changed:
            for run, place, video in self._videos(run_id, number):
                if video.status == "waiting":
                    run.videos[place] = replace(video, status="cancelled")
                elif video.status == "running":
                    self._give_up(run_id, place)
            self._save()

    def retry(self, run_id: str, number: int | None = None) -> None:
        """Let a video of a run, or all that failed or were cancelled, wait again."""
        with self._changed:
            for run, place, video in self._videos(run_id, number):
                if video.status in ("failed", "cancelled"):
                    run.videos[place] = Video(video.task, video.expected)
            self._save()

    def forget(self, run_id: str) -> None:
        """Remove a run from the list if it is finished; its results stay."""
        with self._changed:
            self._runs = [run for run in self._runs if run.id != run_id or run.is_open]
            self._save()

    def _videos(self, run_id: str, number: int | None) -> list[tuple[Run, int, Video]]:
        return [
            (run, place, video)
            for run in self._runs
            if run.id == run_id
            for place, video in enumerate(run.videos)
            if number in (None, place)
        ]

    def _save(self) -> None:
        self._version += 1
        try:
            self._store.save(self._runs, self._is_paused)
            self.notice = ""
        except OutputError as error:  # the work goes on; only a restart would not know of it
            self.notice = str(error)
        self._changed.notify_all()

    def _give_up(self, run_id: str, number: int) -> None:
        self._gives_up = run_id, number
        self._cancel_job()
        worker = self._worker

        def end() -> None:
            if worker is not None and self._gives_up == (run_id, number) and self._worker is worker:
                worker.kill()

        timer = threading.Timer(_PATIENCE, end)
        timer.daemon = True
        timer.start()

    def _cancel_job(self) -> None:
        if self._worker is not None:
            self._worker.send({"cancel": self._job})

    def _work(self) -> None:
        while (found := self._wait()) is not None:
            run, number = found
            result = self._annotate(run, number)
            with self._changed:
                run.videos[number] = replace(run.videos[number], **result)
                self._now = self._gives_up = None
                self._save()
        self._end_worker()

    def _wait(self) -> tuple[Run, int] | None:
        """Wait for the next video, and mark it as running; None if the app closes."""
        with self._changed:
            is_idle = self._next() is None and not self._is_paused
        if is_idle:  # the network takes memory
            self._end_worker()
        with self._changed:
            while not self._is_closing and (found := self._next()) is None:
                self._changed.wait()
            if self._is_closing or found is None:
                return None
            run, number = found
            run.videos[number] = replace(run.videos[number], status="running")
            self._now, self._gives_up = Now(run.id, number), None
            self._save()
            return found

    def _next(self) -> tuple[Run, int] | None:
        if self._is_paused:
            return None
        waiting = ((run, number) for run in self._runs for number, one in enumerate(run.videos))
        return next(((run, number) for run, number in waiting if run.videos[number].status == "waiting"), None)

    def _annotate(self, run: Run, number: int) -> dict[str, Any]:
        """What becomes of a video, as attributes of `Video`."""
        for _ in range(_TRIES):
            result = self._try(run, number)
            if result is not None:
                break
            code = self._end_worker()
            if self._is_closing or self._gives_up is not None:
                return {"status": "waiting" if self._is_closing else "cancelled"}
        else:
            return {"status": "failed", "error": _ENDED.format(count=_TRIES, code=code, log=self._log)}
        if result["status"] == "cancelled" and self._gives_up is None:
            return {"status": "waiting"}  # the app is closing
        return result

    def _try(self, run: Run, number: int) -> dict[str, Any] | None:
        """Let the process annotate a video; None if the process has ended before it had a result."""
        worker = self._worker
        if worker is None:
            try:
                worker = WorkerProcess(self._log)
            except OSError as error:
                return {"status": "failed", "error": f"no process can be started: {error.strerror}"}
        with self._changed:
            self._worker, self._now = worker, Now(run.id, number)
            is_new = worker.run_id != run.id
            worker.run_id = run.id
            self._job += 1
            worker.send({"pause": self._is_paused})
            worker.send({"job": self._job, "number": number, **({"run": to_json(run)} if is_new else {})})
            if self._is_closing or self._gives_up is not None:
                self._cancel_job()
        for answer in worker.answers():
            if "result" in answer:
                return {**answer["result"]}
            self._hear(run, number, answer)
        return None

    def _hear(self, run: Run, number: int, answer: dict[str, Any]) -> None:
        if "weights" in answer:
            with self._changed:
                run.weights, run.weights_sha256 = answer["weights"], answer["sha256"]
                self._save()
        elif "what" in answer:
            self._now = Now(run.id, number, **answer)

    def _end_worker(self) -> int:
        worker, self._worker = self._worker, None
        return 0 if worker is None else worker.close()


def frames_left(runs: Sequence[Run], now: Now | None) -> int:
    """The number of frames that are still to be annotated, as far as the files state them."""
    waiting = sum(video.expected for run in runs for video in run.videos if video.status == "waiting")
    return waiting + (max(now.total - now.done, 0) if now is not None else 0)
