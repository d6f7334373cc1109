"""A job that was cancelled ends at the next look, and any other goes on."""

import ctypes
import sys
import threading
import time
from enum import Enum
from types import ModuleType, SimpleNamespace

import pytest

from rbdm.progress import SessionLabel
from rbdm.server.cancellation import finish_saving, stop_if_cancelled, watch_cancellation
from rbdm.server.job import begin_job, current_job
from rbdm.server.log import SessionLog

LOG = SessionLog(SessionLabel(1, 2), "")
DISCOVER = Enum("DISCOVER", ["WAITING", "RUNNING", "FINISHED", "ERROR", "CANCELED"])
OLDER = Enum("OLDER", ["WAITING", "RUNNING", "FINISHED", "ERROR"])


@pytest.fixture(autouse=True)
def no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.server.job._thread", threading.local())


def inside_server(monkeypatch: pytest.MonkeyPatch, server: str, record: SimpleNamespace) -> None:
    """Make this process look like a server that runs this thread as its job."""
    threads, jobs = ModuleType("thread_utils"), ModuleType("job_utils")
    threads.THREADS, jobs.JOBS = {"seven": threading.current_thread()}, {"seven": record}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, f"{server}.utils.thread_utils", threads)
    monkeypatch.setitem(sys.modules, f"{server}.utils.job_utils", jobs)


def test_a_job_that_nobody_cancels_goes_on() -> None:
    stop_if_cancelled(LOG)
    begin_job()
    stop_if_cancelled(LOG)


def test_a_cancelled_job_ends_its_thread(capsys: pytest.CaptureFixture[str]) -> None:
    begin_job().cancelled.set()
    with pytest.raises(SystemExit):
        stop_if_cancelled(LOG)
    assert capsys.readouterr().out == "session 1/2: cancelled\n"


def test_a_job_that_was_cancelled_before_it_began_does_not_stay_running(monkeypatch: pytest.MonkeyPatch) -> None:
    record = SimpleNamespace(status=DISCOVER["RUNNING"], was_canceled=True)
    inside_server(monkeypatch, "discover", record)
    begin_job().cancelled.set()
    with pytest.raises(SystemExit):
        stop_if_cancelled(LOG)
    assert record.status is DISCOVER["CANCELED"]


@pytest.mark.parametrize(
    ("server", "record"),
    [
        ("discover", SimpleNamespace(status=DISCOVER["CANCELED"], was_canceled=False)),
        ("discover", SimpleNamespace(status=DISCOVER["RUNNING"], was_canceled=True)),
        ("nova_server", SimpleNamespace(status=OLDER["WAITING"])),
    ],
)
def test_the_servers_own_record_is_watched(
    monkeypatch: pytest.MonkeyPatch, server: str, record: SimpleNamespace
) -> None:
    monkeypatch.setattr("rbdm.server.cancellation._LOOK_EVERY", 0.01)
    seen = SimpleNamespace(status=type(record.status)["RUNNING"], was_canceled=False)
    inside_server(monkeypatch, server, seen)
    results: list[bool] = []

    def work() -> None:
        sys.modules[f"{server}.utils.thread_utils"].THREADS["seven"] = threading.current_thread()  # type: ignore[attr-defined]
        job = begin_job()
        watch_cancellation(job)
        results.append(job.cancelled.wait(0.05))
        vars(seen).update(vars(record))
        results.append(job.cancelled.wait(5))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [False, True]


def test_saving_works_for_the_job_and_holds_its_lock() -> None:
    job, seen = begin_job(), []
    assert finish_saving(job, lambda: seen.append((current_job(), job.saving.locked(), threading.current_thread())))
    ((found, locked, thread),) = seen
    assert found is job and locked and thread is not threading.current_thread()
    assert not job.saving.locked()


def test_a_job_that_was_cancelled_before_does_not_save() -> None:
    job = begin_job()
    job.cancelled.set()
    assert not finish_saving(job, lambda: pytest.fail("is called"))


def test_an_error_while_saving_is_raised() -> None:
    with pytest.raises(OSError, match="disk full"):
        finish_saving(begin_job(), fail)


def fail() -> None:
    raise OSError("disk full")


def test_an_exception_that_the_server_throws_into_the_job_waits_for_saving() -> None:
    """This is how the servers cancel a job: the exception comes as soon as the thread runs Python again."""
    saved, ended = [], []
    saving = threading.Event()

    def save() -> None:
        saving.set()
        time.sleep(0.3)
        saved.append(True)

    def work() -> None:
        try:
            finish_saving(begin_job(), save)
        except SystemExit:
            ended.append(list(saved))

    thread = threading.Thread(target=work)
    thread.start()
    assert saving.wait(5)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
    thread.join()
    assert ended == [[True]]


def test_a_thread_that_cannot_be_started_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        finish_saving(begin_job(), fail)


def test_the_process_ends_only_after_saving(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[str] = []
    monkeypatch.setattr("rbdm.server.cancellation._LOOK_EVERY", 0.01)
    monkeypatch.setattr("rbdm.server.cancellation.os._exit", lambda code: events.append("exit"))
    monkeypatch.setattr("rbdm.server.cancellation._check_in_process", lambda thread: lambda: events == ["saving"])
    job = begin_job()
    watch_cancellation(job)
    job.is_own_process = True

    def save() -> None:
        events.append("saving")
        assert job.cancelled.wait(5)
        time.sleep(1.5)
        events.append("saved")

    assert finish_saving(job, save)
    time.sleep(0.2)
    assert events == ["saving", "saved", "exit"]


@pytest.mark.parametrize("nonsense", [b"[]", b"{}", b"null", b"[1]", b"hello", b'{"status": {}}'])
def test_nonsense_from_another_server_does_not_end_the_watch(monkeypatch: pytest.MonkeyPatch, nonsense: bytes) -> None:
    monkeypatch.setattr("rbdm.server.cancellation._LOOK_EVERY", 0.01)
    for name, value in {"JOB_KEY": "seven", "HOST": "lab", "PORT": "8080"}.items():
        monkeypatch.setenv(f"DISCOVER_{name}", value)
    answers = [nonsense, nonsense, b"[]", nonsense, b'{"status": 4}']
    monkeypatch.setattr("rbdm.server.cancellation.ask_server", lambda *_: answers.pop(0) if answers else b"")
    results: list[bool] = []

    def work() -> None:  # a job in the main thread would end the process of the tests
        job = begin_job()
        watch_cancellation(job)
        results.append(job.cancelled.wait(5))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert results == [True]
