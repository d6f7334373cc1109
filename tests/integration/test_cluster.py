"""`rbdm annotate --cluster`: whatever happens to a worker, all other videos are annotated, and nothing is half done."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rbdm.batch.run_log import latest, read_entries
from tests.support.cluster import Lab, ended, is_running, until
from tests.support.command_line import CPU, contents, names, six_files, write_picture

pytest.importorskip("distributed", reason="needs the extra cluster")
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX"),
    pytest.mark.xdist_group("cluster"),
]


@pytest.fixture
def lab(tmp_path: Path, face_clip: tuple[Path, Path]) -> Lab:
    return Lab(tmp_path, write_picture(tmp_path / "face.png", face_clip[0]))


def statuses(lab: Lab) -> dict[str, str]:
    return {Path(video).stem: entry.status for video, entry in latest(read_entries(lab.log)).items()}


def test_workers_that_are_killed_or_crash_harm_no_other_video(lab, tmp_path, rbdm):
    lab.add("a", "b", "c", "crash", "hold")
    (lab.videos / "damaged.mp4").write_text("no video")
    with lab.run("--cluster", "local", "--workers", 2, "--csv", out=tmp_path / "out") as run:
        first = lab.started("hold")[0]
        os.kill(first, signal.SIGKILL)
        code, out, err = ended(run)
    assert (code, len(out)) == (1, 4), (out, err, lab.log.read_text())
    assert statuses(lab) == {**dict.fromkeys(("a", "b", "c", "hold"), "done"), "crash": "failed", "damaged": "failed"}
    assert len(lab.started("crash")) == 3
    assert len(lab.started("hold")) == 2
    assert err[-3:-2] == ["2 of 6 videos failed:"]
    assert any(f"{lab.videos}/crash.mp4: its worker process ended 3 times" in line for line in err[-2:])
    assert not any("Traceback" in line or "distributed" in line for line in err), err
    # The results are those of a run in one process, and nothing else is left.
    for name in ("crash", "damaged"):
        (lab.videos / f"{name}.mp4").unlink()
    assert rbdm("annotate", lab.videos, "--out", tmp_path / "plain", "--csv", *CPU)[0] == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "plain")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_all_processes_and_the_next_run_goes_on(lab, number):
    lab.add("a", "hold")
    with lab.run("--cluster", "local", "--workers", 1) as run:
        worker = lab.started("hold")[0]
        until(lab.log.exists, "the first video is written down")
        if number == signal.SIGINT:
            os.killpg(run.pid, number)  # a terminal sends it to all processes
        else:
            run.send_signal(number)
        code, _, err = ended(run)
        assert (code, err[-1]) == (130, "rbdm: interrupted")
        assert not any("Traceback" in line for line in err), err
        until(lambda: not is_running(worker), "the worker ends")
    assert names(lab.videos) == {"a.mp4", "hold.mp4"} | six_files("a")
    with lab.run("--cluster", "local", "--workers", 1) as run:
        assert ended(run)[0] == 0
    assert set(statuses(lab).values()) == {"done"}


@contextmanager
def dask(*arguments: object, lab: Lab) -> Iterator[subprocess.Popen[str]]:
    """A scheduler or a worker of somebody else."""
    process = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_" + str(arguments[0]), *map(str, arguments[1:])],
        env={**os.environ, **lab.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_scheduler_that_is_started_again(lab):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    scheduler = ("scheduler", "--host", address, "--no-dashboard")
    worker = ("worker", address, "--nthreads", 1, "--no-dashboard")
    lab.add("a", "hold")
    with lab.run("--cluster", address) as run:
        code, _, err = ended(run)
    assert code == 1 and re.fullmatch(rf"rbdm: no Dask scheduler answers at {address} \(.*\)", err[-1])
    with dask(*scheduler, lab=lab) as first, dask(*worker, lab=lab), lab.run("--cluster", address) as run:
        lab.started("hold")
        os.killpg(first.pid, signal.SIGKILL)
        first.wait()
        with dask(*scheduler, lab=lab), dask(*worker, lab=lab):
            code, _, err = ended(run)
    assert code == 0, err
    assert any(f"the scheduler {address} was lost" in line for line in err)
    assert set(statuses(lab).values()) == {"done"}


def test_two_runs_on_one_folder_at_once(lab, tmp_path, rbdm):
    lab.add(*"abcdef")
    with lab.run("--cluster", "local", "--workers", 1) as one, lab.run() as other:
        assert [ended(run)[0] for run in (one, other)] == [0, 0]
    assert set(statuses(lab).values()) == {"done"}
    here = names(lab.videos)
    assert here == {f"{name}.mp4" for name in "abcdef"}.union(*map(six_files, "abcdef"))
    assert rbdm("annotate", lab.videos, "--out", tmp_path / "plain", *CPU)[0] == 0
    assert contents(tmp_path / "plain").items() <= contents(lab.videos).items()
