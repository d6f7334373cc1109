"""What runs in the process that annotates: takes jobs from standard input, and answers on standard output.

Both are lines of JSON. A process of its own keeps the pages quick, can be ended at any time, and may crash.
"""

import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import IO, Any

from rbdm.annotator import Annotator
from rbdm.app.queue.runs import Run, from_json
from rbdm.batch.annotate import VideoAnnotation
from rbdm.batch.request import Request
from rbdm.errors import RbdmError, WeightsError
from rbdm.files.leftovers import remove_leftovers
from rbdm.network.weights import find_weights
from rbdm.progress import Progress

_EVERY = 0.25
"""Seconds between two messages about the progress."""
_LAST_SECONDS = 10.0
"""Seconds that a video has to give up after the app has ended."""


class Stopped(BaseException):
    """The person has cancelled the video, or the app has ended. It is no `Exception`: it is no failure of the video."""


class Commands:
    """What the app has said. A thread of its own reads it, so that it is heard while a video is annotated.

    Args:
        source: lines of JSON.
    """

    def __init__(self, source: IO[str]) -> None:
        self._source = source
        self._jobs: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._heard = threading.Condition()
        self._job, self._cancelled, self._is_paused, self._has_ended = 0, 0, False, False
        threading.Thread(target=self._read, daemon=True).start()

    def jobs(self) -> Iterator[dict[str, Any]]:
        """Yields the jobs until the app has ended."""
        while (job := self._jobs.get()) is not None:
            self._job = job["job"]
            yield job

    def wait(self) -> float:
        """Wait as long as the queue is paused; returns for how many seconds that was.

        Raises:
            Stopped: the video is to be given up.
        """
        start = time.monotonic()
        with self._heard:
            self._heard.wait_for(lambda: self._stops or not self._is_paused)
            if self._stops:
                raise Stopped
        return time.monotonic() - start

    @property
    def _stops(self) -> bool:
        return self._has_ended or self._cancelled == self._job

    def _read(self) -> None:
        for line in self._source:
            command = json.loads(line)
            if "job" in command:
                self._jobs.put(command)
            with self._heard:
                self._is_paused = command.get("pause", self._is_paused)
                self._cancelled = command.get("cancel", self._cancelled)
                self._heard.notify_all()
        with self._heard:
            self._has_ended = True
            self._heard.notify_all()
        self._jobs.put(None)
        end = threading.Timer(_LAST_SECONDS, os._exit, (1,))
        end.daemon = True
        end.start()


class Display:
    """Sends the progress of a video to the app; see `rbdm.batch.runner.ProgressDisplay`.

    Args:
        commands: asked at each step whether to go on.
        answers: where to write.
    """

    def __init__(self, commands: Commands, answers: IO[str]) -> None:
        self._commands, self._answers = commands, answers
        self._last, self._paused, self.rate = 0.0, 0.0, 0.0

    @contextmanager
    def video(self, label: str) -> Iterator[None]:
        """Nothing to show: the app knows which video it has sent."""
        yield

    def show(self, progress: Progress) -> None:
        """Send the progress of the annotation."""
        self.rate = self._send("annotating", progress)

    def show_writing(self, progress: Progress) -> None:
        """Send the progress of writing the overlay."""
        self._send("writing the video with results", progress)

    def _send(self, what: str, progress: Progress) -> float:
        rate = progress.done / max(progress.seconds - self._paused, 1e-6)
        self._paused += self._commands.wait()
        if time.monotonic() - self._last >= _EVERY:
            self._last = time.monotonic()
            say(self._answers, {"what": what, "done": progress.done, "total": progress.total, "rate": rate})
        return rate


def say(answers: IO[str], message: dict[str, Any]) -> None:
    """Write one message."""
    answers.write(f"{json.dumps(message)}\n")
    answers.flush()


class Worker:
    """Annotates the videos of one run after the other; the network is loaded once for each run.

    Args:
        commands: from the app.
        answers: to the app.
    """

    def __init__(self, commands: Commands, answers: IO[str]) -> None:
        self._commands, self._answers = commands, answers
        self._run: Run | None = None
        self._loaded: tuple[VideoAnnotation, Annotator] | None = None

    def work(self) -> None:
        """Do all jobs until the app has ended."""
        for job in self._commands.jobs():
            if job.get("run"):
                self._run, self._loaded = from_json(job["run"]), None
            assert self._run is not None
            say(self._answers, {"result": self._result(self._run, job["number"])})

    def _result(self, run: Run, number: int) -> dict[str, Any]:
        try:
            self._commands.wait()
            self._loaded = self._loaded or self._load(run)
            work, annotator = self._loaded
            display = Display(self._commands, self._answers)
            entry, line, error = work.account(run.videos[number].task, annotator, display)
        except Stopped:
            return {"status": "cancelled"}
        except RbdmError as error:
            return {"status": "failed", "error": str(error)}
        if error is not None and not isinstance(error, RbdmError):
            traceback.print_exception(error)
        found = asdict(entry)
        return {**{name: found[name] for name in ("status", "error", "warnings", "frames", "seconds")}, "line": line}

    def _load(self, run: Run) -> tuple[VideoAnnotation, Annotator]:
        choices = run.choices
        request = Request(
            choices.options, choices.face, choices.names, overwrite=choices.overwrite, wanted=choices.wanted
        )
        request.require()
        tasks = [video.task for video in run.videos]
        for folder in {task.folder for task in tasks}:
            remove_leftovers(folder)
        weights = find_weights(choices.options.weights)
        if run.weights_sha256 not in ("", weights.sha256):
            raise WeightsError(
                f"the weights {choices.options.weights!r} are not those that the run began with ({run.weights}): add "
                "the videos again, to annotate all of them with the same weights"
            )
        say(self._answers, {"weights": weights.entry.name, "sha256": weights.sha256})
        work = request.work(tasks, weights, lambda text: None)  # the account of each video has the warnings
        return work, Annotator(choices.options, found=weights)


def main() -> None:
    """Run the worker. Whatever libraries print goes to standard error: standard output is for answers only."""
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    sys.stdin.reconfigure(encoding="ascii")  # type: ignore[union-attr]
    Worker(Commands(sys.stdin), answers).work()


if __name__ == "__main__":
    main()
