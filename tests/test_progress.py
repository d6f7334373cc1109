"""Progress as a line of a log; the client reads from a job's log what the module has written into it."""

import pytest

from rbdm.progress import (
    Progress,
    SessionLabel,
    chosen_weights,
    counted,
    job_error,
    job_errors,
    job_percent,
    session_errors,
    weights_choice,
)


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress(50, 100, 5.0), "50 of 100 frames, 10 frames/s, 5 s left"),
        (Progress(110, 100, 10.0), "110 of 100 frames, 11 frames/s, 0 s left"),
        (Progress(50, 0, 5.0), "50 frames, 10 frames/s"),
    ],
)
def test_progress_is_one_line(progress: Progress, line: str) -> None:
    assert str(progress) == line


@pytest.mark.parametrize(
    ("progress", "done"),
    [("-", 0), ("", 0), ("1/1", 0), ("3/4", 50), ("session 1/1 40 %", 40), ("session 2/4 50 %", 37.5),
     ("session 4/4 100 %", 100), ("session 1/2 120 frames", 0), ("1/0", 0)],
)  # fmt: skip
def test_percent_of_a_job(progress: str, done: float) -> None:
    assert job_percent(progress) == done


def test_what_the_module_writes_is_what_the_client_reads() -> None:
    session = SessionLabel(2, 4)
    assert job_percent(session.progress(Progress(50, 100, 5.0))) == 37.5
    assert job_percent(session.progress(Progress(50, 0, 5.0))) == 25
    log = "\n".join([session.line("50 of 100 frames"), session.error("a.mp4: no such file")])
    assert session_errors(log) == ["a.mp4: no such file"]


@pytest.mark.parametrize("weights", ["open", "official"])
def test_which_weights_a_job_has_chosen(weights: str) -> None:
    session = SessionLabel(1, 2)
    log = "\n".join([session.line("weights: downloading http://…"), session.line(weights_choice(weights, "because"))])
    assert chosen_weights(log) == weights


def test_a_job_with_named_weights_has_chosen_nothing() -> None:
    assert chosen_weights("session 1/1: 75 frames, 75 with a face, weights rbdm-open-v1") is None


def test_why_a_job_failed_outside_of_its_sessions() -> None:
    lines = ["INFO nothing", job_error("option stride is 0"), "2030-01-01 00:00:00 INFO error: no weights"]
    lines += ["2030-01-01 00:00:00 INFO du-process: error: argument --db_password: expected one argument"]
    lines += ["2030-01-01 00:00:00 INFO \tProcessor exited with error: 'a'.", "session 1/1: error: b"]
    assert job_errors("\n".join(lines)) == [
        "option stride is 0", "no weights", "argument --db_password: expected one argument",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (1, ["window"], "1 window"),
        (0, ["window"], "0 windows"),
        (2, ["person", "people"], "2 people"),
        (1, ["person", "people"], "1 person"),
    ],
)
def test_a_number_has_its_noun(number: int, words: list[str], text: str) -> None:
    assert counted(number, *words) == text
