"""A worker says that a video starts before it can crash, loads the weights once, and never annotates with others."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("distributed", reason="needs the extra cluster")

from rbdm.annotator import Annotator
from rbdm.batch.cluster import worker as module
from rbdm.batch.cluster.worker import AnnotationPlugin, Instrument, VideoJob
from rbdm.batch.videos import VideoTask
from rbdm.options import Options
from rbdm.version import __version__
from tests.support.command_line import names, six_files, write_picture


class FakeWorker:
    """`sure` are the messages that the scheduler has; `buffered` those that a crash may lose."""

    loop = None

    def __init__(self) -> None:
        self.sure: list[Any] = []
        self.buffered: list[Any] = []
        self.scheduler = SimpleNamespace(log_event=lambda topic, msg: self.sure.append((topic, msg)))

    def log_event(self, topic: str, message: Any) -> None:
        self.buffered.append((topic, message))


@pytest.fixture
def instrument(annotator: Annotator) -> Instrument:
    options = Options(weights="open", device="cpu")
    return Instrument(options, annotator.weights.sha256, __version__, None, {}, False, False, ())


@pytest.fixture
def job(tmp_path: Path, face_clip: tuple[Path, Path]) -> VideoJob:
    picture = write_picture(tmp_path / "face.png", face_clip[0])
    (tmp_path / "out").mkdir()
    return VideoJob(7, VideoTask(picture, tmp_path / "out"), None)


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> FakeWorker:
    monkeypatch.setattr(module, "sync", lambda loop, function, **named: function(**named))
    return FakeWorker()


def started(instrument: Instrument, there: FakeWorker) -> AnnotationPlugin:
    plugin = AnnotationPlugin("a run", instrument)
    plugin.setup(there)
    return plugin


def test_the_start_and_the_result_are_sure_and_the_weights_are_loaded_once(
    instrument, job, there, annotator, monkeypatch
):
    loads: list[Any] = []
    monkeypatch.setattr(Instrument, "load", lambda self: loads.append(self) or annotator)
    plugin = started(instrument, there)
    plugin.run(job)
    plugin.run(replace(job, number=8))
    assert len(loads) == 1
    assert {topic for topic, _ in there.sure} == {"a run"}
    messages = [message for _, message in there.sure]
    assert [message["job"] for message in messages] == [7, 7, 8, 8]
    assert messages[0]["frames"] == 0 and messages[2]["frames"] == 0
    assert [messages[at]["result"]["entry"]["status"] for at in (1, 3)] == ["done", "skipped"]
    assert messages[1]["result"]["line"].startswith(str(job.task.video))
    assert names(job.task.folder) == six_files("face")


def test_a_video_that_ends_the_process_has_said_that_it_starts(instrument, job, there, annotator, monkeypatch):
    class Crash(BaseException):
        pass

    def crash(*_: Any, **__: Any) -> None:
        assert [message["frames"] for _, message in there.sure] == [0]
        raise Crash

    monkeypatch.setattr(Instrument, "load", lambda self: annotator)
    monkeypatch.setattr(Annotator, "annotate", crash)
    with pytest.raises(Crash):
        started(instrument, there).run(job)


@pytest.mark.parametrize(
    ("other", "error"),
    [({"version": "0.1"}, f"has rbdm {__version__}, not 0.1"), ({"weights_sha256": "0" * 64}, "has other weights")],
)
def test_a_worker_with_another_version_or_other_weights_annotates_nothing(instrument, job, there, other, error):
    started(replace(instrument, **other), there).run(job)
    result = there.sure[-1][1]["result"]
    assert result["entry"]["status"] == "failed"
    assert error in result["entry"]["error"]
    assert names(job.task.folder) == set()


def test_an_unexpected_error_has_its_trace(instrument, job, there, annotator, monkeypatch):
    def fault(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(Instrument, "load", lambda self: annotator)
    monkeypatch.setattr(Annotator, "annotate", fault)
    started(instrument, there).run(job)
    result = there.sure[-1][1]["result"]
    assert "unexpected ZeroDivisionError: a fault" in result["entry"]["error"]
    assert "Traceback" in result["trace"]


def test_a_run_that_has_ended_starts_no_video(instrument, job, there):
    plugin = started(instrument, there)
    plugin.teardown(there)
    with pytest.raises(module._Stopped):
        plugin.run(job)
    with pytest.raises(module._Stopped):
        plugin.tell(7, 32, 100)
    assert there.sure == there.buffered == []
    assert names(job.task.folder) == set()
