"""The run follows its videos: each gets one result, whatever happens to workers; one that kills them is given up."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed", reason="needs the extra cluster")

from distributed import KilledWorker

from rbdm.annotator import Annotator
from rbdm.batch.annotate import VideoAnnotation
from rbdm.batch.cluster import driver
from rbdm.batch.cluster.clusters import ClusterChoice
from rbdm.batch.cluster.driver import _Run, annotate_on_workers
from rbdm.batch.cluster.worker import JobResult, VideoJob
from rbdm.batch.videos import VideoTask
from rbdm.errors import RbdmError
from rbdm.options import Options
from rbdm.version import __version__

Script = Callable[["FakeFuture"], None]


class FakeFuture:
    """A job in a cluster that does what a test says."""

    def __init__(self, client: "FakeClient", job: VideoJob) -> None:
        self.client, self.job = client, job
        self.error: BaseException | None = None
        self.is_cancelled = False

    def add_done_callback(self, call: Callable[["FakeFuture"], None]) -> None:
        self.end = lambda: call(self)
        self.client.script(self)

    def tell(self, **message: Any) -> None:
        self.client.listener((0.0, {"job": self.job.number, **message}))

    def start(self) -> None:
        self.tell(frames=0, total=0, worker="node:1")

    def finish(self, status: str = "done") -> None:
        video = str(self.job.task.video)
        entry = {"video": video, "status": status, "frames": 10, "warnings": []}
        self.tell(result={"entry": entry, "line": f"{video}: {status}", "trace": ""})
        self.end()

    def fail(self, error: BaseException) -> None:
        self.error = error
        self.end()

    def result(self, timeout: float) -> None:
        if self.error:
            raise self.error

    def cancelled(self) -> bool:
        return False

    def cancel(self) -> None:
        self.is_cancelled = True


class FakeClient:
    """A scheduler."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.futures: list[FakeFuture] = []

    def subscribe_topic(self, topic: str, listener: Callable[[Any], None]) -> None:
        self.listener = listener

    def register_plugin(self, plugin: Any) -> None:
        self.plugin = plugin

    def unregister_worker_plugin(self, name: str) -> None:
        self.plugin = None

    def close(self, timeout: float) -> None:
        pass

    def submit(self, function: Any, job: VideoJob, **others: Any) -> FakeFuture:
        self.futures.append(FakeFuture(self, job))
        return self.futures[-1]

    def map(self, function: Any, jobs: list[VideoJob], **others: Any) -> list[FakeFuture]:
        return [self.submit(function, job) for job in jobs]


class Display:
    def show(self, done: int, frames: int, running: Any) -> None:
        self.last = (done, frames, dict(running))


@pytest.fixture
def work(annotator: Annotator) -> VideoAnnotation:
    return VideoAnnotation(Options(weights="auto"), annotator.weights, None, False, False, {}, {}, lambda text: None)


@pytest.fixture
def tasks(tmp_path: Path) -> list[VideoTask]:
    """`a`, `b` and `c`; each file is larger than the one before."""
    for number, name in enumerate("abc", 1):
        (tmp_path / f"{name}.mp4").write_bytes(b"x" * number)
    return [VideoTask(tmp_path / f"{name}.mp4", tmp_path) for name in "abc"]


@pytest.fixture
def annotate(work: VideoAnnotation, tasks: list[VideoTask], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Annotates the videos in a cluster that follows a script: the status of each video, the results, the client."""

    def call(script: Script, display: Any = None) -> tuple[dict[str, str], list[JobResult], FakeClient]:
        client, results = FakeClient(script), list[JobResult]()
        call.results = results  # type: ignore[attr-defined]
        monkeypatch.setattr(driver, "Client", lambda *_, **__: client)
        monkeypatch.setattr(driver, "_LOOK_EVERY", 0.01)
        choice = ClusterChoice("tcp://lab:1")
        annotate_on_workers(work, tasks, ["csv"], choice, results.append, display or Display(), lambda text: None)
        return {Path(one.entry.video).stem: one.entry.status for one in results}, results, client

    return call


def test_each_video_is_reported_once_the_largest_first(annotate):
    def script(future):
        future.start()
        future.finish()
        future.finish("skipped")

    display = Display()
    statuses, results, client = annotate(script, display)
    assert list(statuses.items()) == [("c", "done"), ("b", "done"), ("a", "done")]
    assert len(results) == 3
    assert display.last == (3, 30, {})
    assert client.plugin is None, "the workers still have the weights of this run"


def test_all_workers_get_the_weights_that_were_settled_here(annotate, annotator, monkeypatch):
    plugins = []
    monkeypatch.setattr(FakeClient, "register_plugin", lambda self, plugin: plugins.append(plugin))
    annotate(lambda future: future.finish())
    instrument = plugins[0]._instrument
    assert instrument.options.weights == "open", "each worker alone would settle auto"
    assert (instrument.weights_sha256, instrument.version) == (annotator.weights.sha256, __version__)
    assert instrument.wanted == ("csv",)


def killed(future: FakeFuture) -> None:
    future.fail(KilledWorker("job", "node:1", 2))


def test_a_video_that_kills_three_workers_is_given_up_and_the_others_go_on(annotate):
    def script(future):
        if future.job.task.stem != "b":
            return future.finish()
        for _ in range(3):
            future.start()
        killed(future)

    statuses, results, client = annotate(script)
    assert statuses == {"a": "done", "b": "failed", "c": "done"}
    assert next(one.entry.error for one in results if one.entry.error).endswith("or reached a time limit")
    assert len(client.futures) == 3, "it is not tried again"


def test_a_video_that_only_waited_in_workers_that_were_killed_is_tried_again(annotate):
    def script(future):
        if future.job.task.stem == "b" and len(future.client.futures) < 5:
            killed(future)
        else:
            future.finish()

    statuses, _, client = annotate(script)
    assert set(statuses.values()) == {"done"}
    assert len(client.futures) == 5


def test_a_video_whose_workers_end_in_good_order_again_and_again_is_given_up(annotate):
    """At a time limit, SLURM lets a worker leave. Dask suspects nothing, and would start the video for ever."""

    def script(future):
        if future.job.task.stem != "b":
            return future.finish()
        for _ in range(4):
            future.start()

    statuses, _, client = annotate(script)
    assert statuses == {"a": "done", "b": "failed", "c": "done"}
    assert [future.is_cancelled for future in client.futures] == [False, True, False]


def test_a_result_counts_although_its_worker_was_killed_right_after_it(annotate):
    def script(future):
        future.end, end = (lambda: None), future.end
        future.finish()
        future.end = end
        killed(future)

    statuses, results, client = annotate(script)
    assert set(statuses.values()) == {"done"}
    assert len(client.futures) == len(results) == 3


def test_an_error_of_the_cluster_is_an_error_of_this_video(annotate):
    def script(future):
        if future.job.task.stem == "b":
            future.fail(RuntimeError("cannot be\nunpickled"))
        else:
            future.finish()

    statuses, results, _ = annotate(script)
    assert statuses == {"a": "done", "b": "failed", "c": "done"}
    assert any(one.entry.error.endswith("b.mp4: RuntimeError: cannot be unpickled") for one in results)


def test_what_is_finished_at_ctrl_c_is_written_down(annotate):
    futures = []

    class Interrupted(Display):
        def show(self, *state: Any) -> None:
            futures[0].finish()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotate(futures.append, Interrupted())
    assert [Path(one.entry.video).stem for one in annotate.results] == ["c"]


def test_a_scheduler_that_does_not_answer_is_an_error(work, tasks, monkeypatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(driver, "Client", refuse)
    with pytest.raises(RbdmError, match=r"no Dask scheduler answers at tcp://lab:1 \(OSError: connection refused\)"):
        annotate_on_workers(work, tasks, [], ClusterChoice("tcp://lab:1"), pytest.fail, Display(), pytest.fail)


def test_progress_of_a_video_is_kept_while_it_writes():
    run = _Run({0: None})  # type: ignore[dict-item]
    for frames, total in ((0, 0), (40, 100), (-1, 100)):
        run.on_event((0.0, {"job": 0, "frames": frames, "total": total, "worker": "node:1"}))
    assert (run.running[0].frames, run.running[0].total, run.starts[0]) == (40, 100, 1)
    run.on_event((0.0, {"job": 9, "frames": 0, "total": 0, "worker": "node:1"}))
    assert list(run.running) == [0], "a video that is finished"
