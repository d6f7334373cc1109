"""Why a job has failed is one line, in both backends: no trace, and not the command of the job's process."""

import json
import os
import time
from pathlib import Path

import pytest
import requests

from rbdm.client.client import JobState, Status
from rbdm.client.job_monitor import outcome
from rbdm.client.local_server import LocalServer
from tests.support.jobs import changed, run_job, seed_form

pytest.importorskip("discover", reason="needs the extra server")

pytestmark = pytest.mark.xdist_group("server")

OPEN = {"options": json.dumps({"weights": "open"})}


def assert_one_line(end: JobState, why: str) -> None:
    """The reason stands in one line near the end of the log, where NOVA shows it."""
    assert end.status is Status.FAILED
    assert outcome(end) == f"the job has failed: {why}"
    assert "Traceback" not in end.log and why in end.log
    assert any(why in line for line in end.log.splitlines()[-2:]), end.log


def test_an_option_out_of_range(either_server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    form = seed_form(*face_clip, tmp_path) | {"options": json.dumps({"stride": "0"})}
    assert_one_line(run_job(either_server.client, form), "option stride is 0: it must be a whole number from 1 to 1000")


def test_an_entry_without_src(either_server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    form = changed(seed_form(*face_clip, tmp_path) | OPEN, "valence", src=None)
    end = run_job(either_server.client, form)
    entry = json.dumps({"type": "output", "id": "valence", "uri": str(tmp_path / "valence.annotation")})
    assert_one_line(end, f"an entry in the request's data has no field 'src': {entry}")


def test_a_video_that_is_missing(either_server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    missing = tmp_path / "none.mp4"
    end = run_job(either_server.client, changed(seed_form(*face_clip, tmp_path) | OPEN, "input_data", uri=str(missing)))
    assert_one_line(end, f"{missing}: no such file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_boxes_in_a_pipe(either_server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    """Reading it would hang the server."""
    pipe = tmp_path / "a.stream"
    os.mkfifo(pipe)
    end = run_job(either_server.client, changed(seed_form(*face_clip, tmp_path) | OPEN, "face:bb", uri=str(pipe)))
    assert_one_line(end, f"{pipe}: is not a regular file, but a pipe, a device or a socket")


def test_a_job_without_an_id(either_server: LocalServer, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    """The server gives it a name."""
    form = changed(seed_form(*face_clip, tmp_path) | OPEN, "input_data", uri=str(tmp_path / "none.mp4"))
    del form["jobID"]
    client = either_server.client
    known = {job["job_key"] for job in client.jobs()}
    requests.post(f"{client.url}/process", data=form, timeout=10)
    (key,) = {job["job_key"] for job in client.jobs()} - known
    deadline = time.monotonic() + 60
    while not (end := client.state(key)).is_over:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert_one_line(end, f"{tmp_path / 'none.mp4'}: no such file")
