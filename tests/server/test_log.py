"""A session's lines in the job's log, and its progress in the server's list of jobs."""

import json
import logging
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from rbdm.errors import InputError, OptionError, RbdmError
from rbdm.progress import Progress, SessionLabel
from rbdm.server.job import Session, begin_job, current_job
from rbdm.server.log import SessionLog, explain_uncaught_errors


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What a server is told; it answers like one that knows no progress."""
    received: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.append({"path": self.path, **json.loads(body)})
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    monkeypatch.setenv("DISCOVER_HOST", "0.0.0.0")
    monkeypatch.setenv("DISCOVER_PORT", str(server.server_port))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    yield received
    server.shutdown()
    server.server_close()


def wait_for(messages: list[Any]) -> None:
    deadline = time.monotonic() + 5
    while not messages and time.monotonic() < deadline:
        time.sleep(0.01)


def test_progress_at_most_once_a_second(messages: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    log = SessionLog(SessionLabel(1, 3), "job")
    log.frames(Progress(450, 1000, 1.5))
    log.frames(Progress(900, 1000, 3.0))
    wait_for(messages)
    assert messages == [{"path": "/api/update_progress", "job_key": "job", "progress": "session 1/3 45 %"}]
    assert capsys.readouterr().out == "session 1/3: 450 of 1000 frames, 300 frames/s, 2 s left\n"


def test_progress_of_unknown_length(messages: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]) -> None:
    SessionLog(SessionLabel(2, 3), "job").frames(Progress(450, 0, 1.5))
    wait_for(messages)
    assert messages[0]["progress"] == "session 2/3 450 frames"
    assert capsys.readouterr().out == "session 2/3: 450 frames, 300 frames/s\n"


def test_server_that_does_not_answer_holds_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCOVER_HOST", "127.0.0.1")
    monkeypatch.setenv("DISCOVER_PORT", "9")
    start = time.monotonic()
    SessionLog(SessionLabel(1, 1), "job").frames(Progress(1, 2, 0.0))
    assert time.monotonic() - start < 0.5


def test_sessions_are_counted_in_the_order_of_their_managers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.server.job._thread", threading.local())
    managers = [SimpleNamespace(source_ctx={"request": {"job_id": "seven"}}) for _ in range(3)]
    begin_job()
    job = current_job()
    assert job is not None
    job.sessions.extend(map(Session, managers))
    log = SessionLog.of(managers[1])
    assert (str(log.label), log.key) == ("session 2/3", "seven")
    assert str(SessionLog.of(SimpleNamespace()).label) == "session 1/3"


def test_errors_are_logged_and_go_on(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("my job")
    logger.addHandler(logging.NullHandler())
    log = SessionLog(SessionLabel(1, 1), "my job")
    with caplog.at_level(logging.INFO), pytest.raises(InputError), log.errors():
        raise InputError("a.mp4: no such file")
    assert [record.message for record in caplog.records] == ["session 1/1: error: a.mp4: no such file"]


def test_unexpected_errors_are_logged_with_their_kind(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ZeroDivisionError), SessionLog(SessionLabel(1, 1), "").errors():
        raise ZeroDivisionError("division by zero")
    assert capsys.readouterr().out == "session 1/1: error: ZeroDivisionError: division by zero\n"


def test_control_characters_are_shown_and_not_sent(capsys: pytest.CaptureFixture[str]) -> None:
    """A terminal would obey them, and a line break would look like a line of the server."""
    SessionLog(SessionLabel(1, 1), "").line("a\x1b[2Jb\n2030-01-01 CRITICAL.mp4\u202e ä 日本")
    assert capsys.readouterr().out == "session 1/1: a\\x1b[2Jb\\n2030-01-01 CRITICAL.mp4\\u202e ä 日本\n"


def test_an_error_of_the_database_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    errors = pytest.importorskip("pymongo.errors", reason="needs the extra server")
    with pytest.raises(RbdmError) as error, SessionLog(SessionLabel(1, 1), "").errors():
        raise errors.AutoReconnect("lab:27017: closed, Timeout: 3.0s, Topology Description: <page>")
    assert str(error.value) == "the database cannot be used any more: lab:27017: closed"
    assert capsys.readouterr().out == ("session 1/1: error: the database cannot be used any more: lab:27017: closed\n")


def test_the_job_keeps_why_its_sessions_have_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.server.job._thread", threading.local())
    job = begin_job()
    with pytest.raises(InputError), SessionLog(SessionLabel(2, 3), "").errors():
        raise InputError("a.mp4: no such file")
    assert job.errors == ["session 2/3: a.mp4: no such file"]


def test_a_job_without_an_id_has_the_id_that_the_server_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """In backend `debug`, a request without `jobID`: its lines would be missing in the job's log."""
    monkeypatch.delenv("DISCOVER_JOB_KEY", raising=False)
    monkeypatch.setattr("rbdm.server.host.job_key", lambda thread: "Blue Whale")
    assert SessionLog.of(SimpleNamespace()).key == "Blue Whale"


def test_an_error_that_ends_the_process_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    explain_uncaught_errors()
    for error in (OptionError("option stride is 0"), ZeroDivisionError("by zero")):
        sys.excepthook(type(error), error, None)
    out, err = capsys.readouterr()
    assert out == "error: option stride is 0\n"
    assert err.endswith("ZeroDivisionError: by zero\n") and "stride" not in err


def test_the_server_keeps_its_own_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    before = sys.excepthook
    monkeypatch.setattr("rbdm.server.host.is_server", lambda: True)
    explain_uncaught_errors()
    monkeypatch.undo()
    thread = threading.Thread(target=explain_uncaught_errors)
    thread.start()
    thread.join()
    assert sys.excepthook is before
