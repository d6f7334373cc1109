"""Following a job: patience with a server that is away for a moment, a bar, the outcome in one line, no passwords."""

import io
import json
from urllib.parse import quote_plus

import pytest
from rich.console import Console

from rbdm.client.client import Client, JobState, Status, new_job_id
from rbdm.client.http import Unreachable
from rbdm.client.job_monitor import job_states, outcome, password_masker, watch_job
from tests.support.recorder import Recorder

PASSWORD = "Pa$$wörd \"1\" & 'two'"


def test_a_server_that_comes_back(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.client.job_monitor._PAUSES", (0.01, 0.01, 0.01))
    client = Client(recorder.url)
    job = client.submit({"jobID": new_job_id()})
    recorder.answers["job_status"] = [(503, b"")] * 3
    *_, end = job_states(client, job)
    assert end.status is Status.FINISHED
    recorder.answers["job_status"] = [(503, b"")] * 4
    with pytest.raises(Unreachable, match=f"job {job} may still run there"):
        list(job_states(client, job))


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("2030-01-01 00:00:00 INFO session 1/1: error: a.mp4: no such file\nlast", "a.mp4: no such file"),
        ("session 1/3: error: a\nsession 2/3: error: b\n", "a (and 1 more)"),
        ("x\n2030-01-01 00:00:00 CRITICAL Job failed with exception no trainer\n\n", "no trainer"),
        ("", "its log is empty"),
    ],
)
def test_outcome_is_one_line_with_the_first_error(log: str, why: str) -> None:
    assert outcome(JobState(Status.FAILED, "", log)) == f"the job has failed: {why}"
    assert outcome(JobState(Status.CANCELLED, "", log)) == "the job was cancelled"


def test_a_bar_on_a_terminal(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    shown = io.StringIO()
    recorder.log = "2030-01-01 00:00:00 INFO session 1/1: 75 of 75 frames\n" + "x" * 300
    client = Client(recorder.url)
    watch_job(client, client.submit({"jobID": "a"}), Console(file=shown, force_terminal=True, width=80))
    assert "finished" in shown.getvalue() and "━" in shown.getvalue()
    assert "x" * 300 in shown.getvalue(), "a line of the log is never cut"


@pytest.mark.parametrize("password", [PASSWORD, "a/b c", "p%40", "\\", "ü" * 9])
def test_a_password_is_hidden_however_it_is_written(password: str) -> None:
    for text in (password, repr(password), json.dumps(password), quote_plus(password), str({"dbPassword": password})):
        assert password not in password_masker(password)(text) and "****" in password_masker(password)(text)
    assert password_masker("")("as it was") == "as it was"


COMMAND = "2030-01-01 00:00:00 CRITICAL Job failed with exception "
COMMAND += "Command '['/venv/du-process']' returned non-zero exit status 1."


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["2030-01-01 00:00:00 INFO error: option stride is 0"], "option stride is 0"),
        (["2030-01-01 00:00:00 INFO du-process: error: unrecognized"], "unrecognized"),
        (["INFO Traceback (most recent call last):", "2030-01-01 00:00:00 INFO KeyError: 'a'"], "KeyError: 'a'"),
        (["INFO session 1/2: error: a", "INFO error: some sessions failed: session 1/2: a"], "a"),
    ],
)
def test_the_reason_is_not_the_servers_command(lines: list[str], why: str) -> None:
    log = "\n".join([*lines, COMMAND])
    assert outcome(JobState(Status.FAILED, "", log)) == f"the job has failed: {why}"
    assert "Command" in outcome(JobState(Status.FAILED, "", COMMAND)), "better than nothing"


def test_a_log_cannot_steer_the_terminal(recorder: Recorder) -> None:
    recorder.log = "2030-01-01 00:00:00 INFO \x1b]0;title\x07 hello\n"
    shown, client = io.StringIO(), Client(recorder.url)
    watch_job(client, client.submit({"jobID": "a"}), Console(file=shown))
    assert "\\x1b]0;title\\x07 hello" in shown.getvalue() and "\x1b" not in shown.getvalue()


def test_what_the_server_leaves_of_a_password_is_hidden() -> None:
    """DISCOVER masks a password in its log up to the first space, comma or quote."""
    mask = password_masker('my secret, "word"')
    assert mask('--password **** secret, "word" --host') == "--password **** --host"
    assert mask("password='****, \"word\"'") == "password='****'"
