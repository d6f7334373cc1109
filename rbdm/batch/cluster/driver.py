"""Hands the videos to the workers, follows them, and reports what became of each video."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol
from uuid import uuid4

from distributed import Client, KilledWorker

from rbdm.batch.annotate import VideoAnnotation
from rbdm.batch.cluster.clusters import TRIES, ClusterChoice, running_workers, waiting_hint
from rbdm.batch.cluster.worker import AnnotationPlugin, Instrument, JobResult, VideoJob, run_job
from rbdm.batch.run_log import Entry
from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, RbdmError
from rbdm.files.resources import BUNDLED
from rbdm.network.manifest import read_manifest
from rbdm.network.weights import added_weights
from rbdm.progress import Running
from rbdm.types import Notify
from rbdm.version import __version__

_LOOK_EVERY = 0.5
"""Seconds between two looks at the progress."""
_CONNECT_SECONDS = 10.0
_LOST_SECONDS = 600.0
"""How long to wait for a scheduler that has answered before."""
_NO_WORKER_SECONDS = 60.0
_ENDED = (
    f"its worker process ended {TRIES} times before the video was finished: it crashed, had too little memory, "
    "or reached a time limit"
)


class RunDisplay(Protocol):
    """Shows the progress of all videos."""

    def show(self, done: int, frames: int, running: Mapping[int, Running]) -> None:
        """Show that `done` videos are finished, which ones are being annotated, and how many frames all had so far."""
        ...


OnResult = Callable[[JobResult], None]
"""Called with what became of a video, once for each video."""


@dataclass
class _Run:
    """The state of a run.

    Attributes:
        open: the jobs that have no result yet.
        running: the jobs that are being annotated now.
        starts: how often a worker started a job.
        kills: how often Dask gave up a job because workers died.
        frames: the number of frames of the jobs that have a result.
        results: what became of jobs that are finished and have not been reported yet.
        name: identifies the run.
    """

    open: dict[int, VideoJob]
    running: dict[int, Running] = field(default_factory=dict)
    starts: Counter[int] = field(default_factory=Counter)
    kills: Counter[int] = field(default_factory=Counter)
    frames: int = 0
    results: dict[int, JobResult] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"rbdm-{uuid4().hex}")

    def on_event(self, event: tuple[float, Any]) -> None:
        """A message from a worker; called in a thread of Dask."""
        message = event[1]
        number = message["job"]
        if number not in self.open:
            return
        if "result" in message:
            # If its worker ended at this moment, the video is annotated again, and only its results are found.
            self.results.setdefault(number, _read_result(message["result"]))
            return
        frames = message["frames"]
        if frames == 0:
            self.starts[number] += 1
        before = self.running.get(number)
        if frames < 0:  # it writes
            frames = before.frames if before else 0
        self.running[number] = Running(frames, message["total"], message["worker"])

    def close(self, number: int) -> VideoJob | None:
        """A job that has a result now; None if it had one before."""
        self.running.pop(number, None)
        return self.open.pop(number, None)


def _read_result(message: Any) -> JobResult:
    """The result in a message of a worker, where tuples have become lists."""
    entry = {**message["entry"], "warnings": tuple(message["entry"]["warnings"])}
    return JobResult(Entry(**entry), message["line"], message["trace"])


def annotate_on_workers(
    work: VideoAnnotation,
    tasks: list[VideoTask],
    wanted: Sequence[str],
    choice: ClusterChoice,
    on_result: OnResult,
    display: RunDisplay,
    say: Notify,
) -> None:
    """Annotate videos on workers. After an error in one video, and after the end of a worker, the work continues.

    Args:
        work: how the videos are annotated.
        tasks: the videos.
        wanted: the names of the results to write besides the annotations.
        choice: the workers.
        on_result: called once for each video.
        display: shows the progress.
        say: called with one line of text for the user.

    Raises:
        RbdmError: the workers cannot be started, or their scheduler is lost.
    """
    if not tasks:
        return
    jobs = _jobs(work, tasks)
    instrument = _instrument(work, wanted)
    run = _Run({job.number: job for job in jobs})
    hint_at = time.monotonic() + _NO_WORKER_SECONDS

    def look() -> None:
        nonlocal hint_at
        running = dict(run.running)
        frames = run.frames + sum(video.frames for video in running.values())
        display.show(len(jobs) - len(run.open), frames, running)
        if not run.starts and time.monotonic() > hint_at:
            say(f"no worker has started yet: {waiting_hint(choice)}")
            hint_at = math.inf

    with running_workers(choice, len(jobs)) as address:
        has_answered = False
        while run.open:
            with _connected(address, has_answered, say) as client, _prepared(client, run, instrument):
                has_answered = True
                _work(client, run, on_result, look)
            if run.open:
                say(f"the scheduler {address} was lost; {len(run.open)} videos are left")


def _jobs(work: VideoAnnotation, tasks: list[VideoTask]) -> list[VideoJob]:
    """The jobs, the largest file first: at the end, all workers should be busy equally long."""

    def size(task: VideoTask) -> int:
        try:
            return task.video.stat().st_size
        except OSError:
            return 0

    def absolute(path: Path | InputError | None) -> Path | InputError | None:
        return path.absolute() if isinstance(path, Path) else path

    ordered = sorted(tasks, key=size, reverse=True)
    placed = [replace(task, video=task.video.absolute(), folder=task.folder.absolute()) for task in ordered]
    return [
        VideoJob(number, new, absolute(work.boxes.get(task)))
        for number, (task, new) in enumerate(zip(ordered, placed, strict=True))
    ]


def _instrument(work: VideoAnnotation, wanted: Sequence[str]) -> Instrument:
    """The instrument with the weights that were settled here: each worker alone might choose others for `auto`."""
    weights = work.options.weights
    bundled = read_manifest(BUNDLED / "manifest.json")
    if weights == "auto":
        weights = next((name for name, entry in bundled.items() if entry == work.weights.entry), str(work.weights.path))
    elif weights not in {*bundled, *added_weights()}:
        weights = str(Path(weights).absolute())
    return Instrument(
        options=replace(work.options, weights=weights),
        weights_sha256=work.weights.sha256,
        version=__version__,
        face=work.face,
        names=dict(work.names),
        boxes_are_chosen=work.boxes_are_chosen,
        overwrite=work.overwrite,
        wanted=tuple(wanted),
    )


@contextmanager
def _connected(address: str, has_answered: bool, say: Notify) -> Iterator[Client]:
    until = time.monotonic() + (_LOST_SECONDS if has_answered else 0.0)
    if has_answered:
        say(f"waiting for {address} (at most {_LOST_SECONDS / 60:.0f} minutes)")
    while True:
        try:
            client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
            break
        except (OSError, TimeoutError, ValueError) as error:
            if time.monotonic() > until:
                hint = "; the same command again annotates the videos that are left" if has_answered else ""
                raise RbdmError(f"no Dask scheduler answers at {address} ({_short(error)}){hint}") from None
            time.sleep(1)
    try:
        yield client
    finally:
        with suppress(Exception):  # a scheduler that is gone
            client.close(timeout=_CONNECT_SECONDS)


@contextmanager
def _prepared(client: Client, run: _Run, instrument: Instrument) -> Iterator[None]:
    """Give the instrument to all workers, also to those that start later. At the end, they give up what they do."""
    try:
        client.register_plugin(AnnotationPlugin(run.name, instrument))
    except (ImportError, AttributeError) as error:
        raise RbdmError(
            f"the workers cannot load rbdm {instrument.version} ({_short(error)}): install it there"
        ) from None
    client.subscribe_topic(run.name, run.on_event)
    try:
        yield
    finally:
        with suppress(Exception):  # a scheduler that is gone
            client.unregister_worker_plugin(run.name)


def _work(client: Client, run: _Run, on_result: OnResult, look: Callable[[], None]) -> None:
    """Follow all open jobs, until each has a result or the scheduler is lost."""
    finished: SimpleQueue[tuple[int, Any]] = SimpleQueue()
    futures = dict[int, Any]()

    def watch(number: int, future: Any) -> None:
        futures[number] = future
        future.add_done_callback(lambda future: finished.put((number, future)))

    def report(number: int, result: JobResult) -> None:
        futures.pop(number, None)
        job = run.close(number)
        if job is not None:
            run.frames += result.entry.frames
            on_result(result)

    def report_new() -> None:
        for number in list(run.results):
            report(number, run.results.pop(number))

    jobs = list(run.open.values())
    for job, future in zip(jobs, client.map(run_job, jobs, run=run.name, pure=False), strict=True):
        watch(job.number, future)
    try:
        while futures:
            with suppress(Empty):
                number, future = finished.get(timeout=_LOOK_EVERY)
                if number in futures and futures[number] is future and number not in run.results:
                    problem = _problem(run, number, future)
                    if problem:
                        report(number, _failed(run.open[number], problem))
                    elif future.cancelled():  # the scheduler is lost
                        del futures[number]
                    else:
                        watch(number, client.submit(run_job, run.open[number], run=run.name, pure=False))
            report_new()
            # A worker that a cluster ends in good order, at its time limit, is not suspected by Dask.
            for number in [number for number in list(run.running) if run.starts[number] > TRIES]:
                if number in futures:
                    futures[number].cancel()
                    report(number, _failed(run.open[number], _ENDED))
            look()
    except KeyboardInterrupt:
        report_new()  # what was written is also written down
        raise


def _problem(run: _Run, number: int, future: Any) -> str:
    """Why a job will never have a result; empty if it has to be repeated."""
    try:
        future.result(timeout=_CONNECT_SECONDS)
    except KilledWorker:
        run.running.pop(number, None)
        run.kills[number] += 1
        # Dask also suspects videos that only waited in the worker that died.
        return _ENDED if max(run.starts[number], run.kills[number]) >= TRIES else ""
    except (CancelledError, OSError, TimeoutError):
        return ""
    except Exception as error:
        return _short(error)
    return ""


def _failed(job: VideoJob, problem: str) -> JobResult:
    return JobResult(Entry(str(job.task.video), "failed", error=f"{job.task.video}: {problem}"))


def _short(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
