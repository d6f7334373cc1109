"""A job that somebody cancels on a real server, in both of its backends."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from rbdm.client.client import Status
from rbdm.client.local_server import LocalServer
from tests.support.jobs import OUTPUTS, run_job, seed_form
from tests.support.nova_database import Dataset

pytest.importorskip("discover", reason="needs the extra server")

pytestmark = pytest.mark.xdist_group("server")

Clip = tuple[Path, Path]
FRAMES = 6000
OPTIONS = '{"weights": "open"}'
AT_MOST = 2.0
"""Seconds from the request to cancel to the end of the job's work."""


@pytest.fixture
def dataset(either_server: LocalServer, make_dataset: Callable[[LocalServer], Dataset]) -> Dataset:
    made = make_dataset(either_server)
    made.add_discrete("expression", {0: "Neutral", 1: "Happy"})
    made.add_continuous("valence")
    made.add_continuous("arousal")
    return made


def until(condition: Callable[[], Any], seconds: float) -> float:
    """How long it took for the condition to be true."""
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, "it never was"
        time.sleep(0.02)
    return time.monotonic() - start


def log_of(server: LocalServer, job: str) -> str:
    return str(requests.post(f"{server.client.url}/log", data={"jobID": job}, timeout=10).json()["message"])


def cancel(server: LocalServer, job: str) -> int:
    return requests.post(f"{server.client.url}/cancel", data={"jobID": job}, timeout=10).status_code


def processes(server: LocalServer) -> list[psutil.Process]:
    """What the server has started and is still there."""
    children = psutil.Process(server._process.pid).children(recursive=True)
    return [child for child in children if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def start_and_cancel(server: LocalServer, form: dict[str, str]) -> None:
    """Cancel the job once it is at work, and see that the work ends in time and nothing runs on."""
    job = form["jobID"]
    server.client.submit(form)
    until(lambda: f" of {FRAMES} frames" in log_of(server, job), 60)
    assert cancel(server, job) == 200
    took = until(lambda: "cancelled\n" in log_of(server, job), 10)
    took += until(lambda: not processes(server), 10)
    assert took < AT_MOST
    last = log_of(server, job)
    time.sleep(1.5)  # progress is told once a second
    assert log_of(server, job).count(" frames/s") == last.count(" frames/s"), "the work goes on"
    (state,) = [entry for entry in server.client.jobs() if entry["job_key"] == job]
    assert state["was_canceled"] and state["status"] in ("CANCELED", "ERROR"), state


def test_job_on_files(either_server: LocalServer, long_clip: Clip, moods_clip: Clip, tmp_path: Path) -> None:
    start_and_cancel(
        either_server, seed_form(*long_clip, tmp_path / "out") | {"options": OPTIONS, "jobID": tmp_path.name}
    )
    assert not list((tmp_path / "out").iterdir()), "neither annotations nor halves of them"
    short = seed_form(*moods_clip, tmp_path / "then") | {"options": OPTIONS}
    assert run_job(either_server.client, short).status is Status.FINISHED, "the server takes the next job"


def test_job_on_a_database(
    either_server: LocalServer, dataset: Dataset, long_clip: Clip, moods_clip: Clip, tmp_path: Path
) -> None:
    dataset.add_session("short", *moods_clip)
    dataset.add_session("long", *long_clip)
    dataset.add_session("never", *long_clip)
    dataset.add_annotation("long", "valence", [{"score": 0.5, "conf": 1.0}])
    before = dataset.annotation("long", "valence")
    start_and_cancel(either_server, dataset.form(["short", "long", "never"], jobID=tmp_path.name))
    assert dataset.annotation("long", "valence") == before
    assert all(dataset.labels("short", name) for name in OUTPUTS), "what was saved before stays"
    assert dataset.db.Annotations.count_documents({}) == dataset.db.AnnotationData.count_documents({}) == 4


def test_job_that_still_waits(either_server: LocalServer, long_clip: Clip, tmp_path: Path) -> None:
    """The server answers 500 and starts the job all the same: nothing of it must happen then."""
    first, second = (
        seed_form(*long_clip, tmp_path / name) | {"options": OPTIONS, "jobID": f"{tmp_path.name}-{name}"}
        for name in ("first", "second")
    )
    either_server.client.submit(first)
    until(lambda: f" of {FRAMES} frames" in log_of(either_server, first["jobID"]), 60)
    either_server.client.submit(second)
    cancel(either_server, second["jobID"])
    cancel(either_server, first["jobID"])
    until(lambda: "cancelled\n" in log_of(either_server, second["jobID"]), 60)
    until(lambda: either_server.client.state(second["jobID"]).status is Status.CANCELLED, 10)
    assert not list((tmp_path / "first").iterdir()) and not (tmp_path / "second").exists()
    until(lambda: not processes(either_server), 10)
