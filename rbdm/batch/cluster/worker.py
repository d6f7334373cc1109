"""What runs in a worker process: the weights are loaded once, then one video after the other is annotated."""

import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker
from distributed.utils import sync

from rbdm.annotator import Annotator
from rbdm.batch.annotate import VideoAnnotation
from rbdm.batch.results import result_paths
from rbdm.batch.run_log import Entry, this_worker
from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, RbdmError
from rbdm.export.writers import extra_writers
from rbdm.options import Options
from rbdm.progress import Progress
from rbdm.version import __version__

_EVENT_EVERY = 1.0
"""Seconds between two messages about the progress of a video."""


@dataclass(frozen=True)
class VideoJob:
    """A video to annotate.

    Attributes:
        number: identifies the job in its run.
        task: the video, with absolute paths.
        boxes: its box stream, see `VideoAnnotation`.
    """

    number: int
    task: VideoTask
    boxes: Path | InputError | None


@dataclass(frozen=True)
class Instrument:
    """How all videos of a run are annotated. It is the same on all workers.

    Attributes:
        options: the options. `weights` is not `auto`.
        weights_sha256: SHA-256 of the weights file that each worker must find.
        version: the version of rbdm that each worker must have.
        face: see `VideoAnnotation`.
        names: see `VideoAnnotation`.
        boxes_are_chosen: see `VideoAnnotation`.
        overwrite: see `VideoAnnotation`.
        wanted: the names of the results to write besides the annotations.
    """

    options: Options
    weights_sha256: str
    version: str
    face: str | None
    names: Mapping[str, str]
    boxes_are_chosen: bool
    overwrite: bool
    wanted: tuple[str, ...]

    def load(self) -> Annotator:
        """Load the weights.

        Raises:
            RbdmError: this worker has another version of rbdm or other weights, or cannot load them.
        """
        if self.version != __version__:
            raise RbdmError(f"the worker {this_worker()} has rbdm {__version__}, not {self.version}: install the same")
        annotator = Annotator(self.options)
        if annotator.weights.sha256 != self.weights_sha256:
            raise RbdmError(f"the worker {this_worker()} has other weights with the name {self.options.weights!r}")
        return annotator

    def annotation(self, job: VideoJob, annotator: Annotator) -> VideoAnnotation:
        """The work on one video."""
        writers = extra_writers(self.wanted)
        return VideoAnnotation(
            options=self.options,
            weights=annotator.weights,
            face=self.face,
            boxes_are_chosen=self.boxes_are_chosen,
            overwrite=self.overwrite,
            boxes={job.task: job.boxes},
            paths={job.task: result_paths(job.task, writers)},
            warn=lambda text: None,  # the account of the video has them
            names=self.names,
        )


@dataclass(frozen=True)
class JobResult:
    """What became of a job.

    Attributes:
        entry: the line of the run's account.
        line: the line for the user; empty if the video failed.
        trace: where an unexpected error was raised; else empty.
    """

    entry: Entry
    line: str = ""
    trace: str = ""


class AnnotationPlugin(WorkerPlugin):  # type: ignore[misc]
    """Keeps the annotator of a run in each worker.

    Args:
        run: identifies the run. Its messages have this topic.
        instrument: how the videos are annotated.
    """

    def __init__(self, run: str, instrument: Instrument) -> None:
        self.name, self._instrument = run, instrument

    def setup(self, worker: Worker) -> None:
        """Called by Dask in each worker, also in one that starts later. The first video loads the weights."""
        self._worker = worker
        self._annotator: Annotator | None = None
        # One video at a time: a worker that somebody else has started may have several threads.
        self._lock = threading.Lock()
        self._is_stopped = False

    def teardown(self, worker: Worker) -> None:
        """Called by Dask when the run ends or is stopped: the video that is being annotated is given up."""
        self._is_stopped = True

    def run(self, job: VideoJob) -> None:
        """Annotate a video, and send a message that says what became of it.

        Dask would keep a return value in this process, and lose it if the next video ends the process.
        """
        with self._lock:
            result = self._result(job)
        self._tell_surely({"job": job.number, "result": asdict(result)})

    def _result(self, job: VideoJob) -> JobResult:
        display = _EventDisplay(self, job.number)
        try:
            if self._annotator is None:
                self._annotator = self._instrument.load()
        except RbdmError as failure:
            return JobResult(Entry(str(job.task.video), "failed", error=f"{job.task.video}: {failure}"))
        entry, line, error = self._instrument.annotation(job, self._annotator).account(
            job.task, self._annotator, display
        )
        is_expected = error is None or isinstance(error, RbdmError)
        return JobResult(entry, line, "" if is_expected else "".join(traceback.format_exception(error)))

    def tell_start(self, job: int) -> None:
        """Tell the run that a job starts. Then the scheduler knows it, also if the video ends the process.

        Raises:
            _Stopped: the run has ended.
        """
        if self._is_stopped:
            raise _Stopped
        self._tell_surely({"job": job, "frames": 0, "total": 0, "worker": this_worker()})

    def tell(self, job: int, frames: int, total: int) -> None:
        """Send the progress of a job to the run.

        Raises:
            _Stopped: the run has ended.
        """
        if self._is_stopped:
            raise _Stopped
        self._worker.log_event(self.name, {"job": job, "frames": frames, "total": total, "worker": this_worker()})

    def _tell_surely(self, message: dict[str, Any]) -> None:
        """Send a message, and wait until the scheduler has it. `Worker.log_event` only puts it into a buffer."""
        sync(self._worker.loop, self._worker.scheduler.log_event, topic=self.name, msg=message)


class _Stopped(BaseException):
    """The run was stopped. It is no `Exception`: it is no failure of the video."""


class _EventDisplay:
    """Sends the progress of a video to the run; see `ProgressDisplay`."""

    def __init__(self, plugin: AnnotationPlugin, job: int) -> None:
        self._plugin, self._job = plugin, job
        self._last = time.monotonic()
        self.rate = 0.0
        plugin.tell_start(job)

    @contextmanager
    def video(self, label: str) -> Iterator[None]:
        yield

    def show(self, progress: Progress) -> None:
        self.rate = progress.rate
        if time.monotonic() - self._last >= _EVENT_EVERY:
            self._last = time.monotonic()
            self._plugin.tell(self._job, progress.done, progress.total)

    def show_writing(self, progress: Progress) -> None:
        """The frames of an overlay are no frames of the annotation: this only notices that the run was stopped."""
        if time.monotonic() - self._last >= _EVENT_EVERY:
            self._last = time.monotonic()
            self._plugin.tell(self._job, -1, progress.total)


def run_job(job: VideoJob, run: str) -> None:
    """The function that Dask calls in a worker."""
    plugin: Any = get_worker().plugins[run]
    plugin.run(job)
