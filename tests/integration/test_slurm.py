"""`rbdm annotate --cluster slurm` and array jobs, on a real SLURM with one node: this machine."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rbdm.batch.run_log import latest, read_entries
from tests.support.cluster import Lab, ended, is_running, until
from tests.support.command_line import CPU, names, six_files, write_picture
from tests.support.paths import ROOT

pytest.importorskip("dask_jobqueue", reason="needs the extra cluster")
pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="SLURM runs on Linux"),
    pytest.mark.xdist_group("slurm"),
]
SCRIPT = ROOT / "scripts" / "slurm-on-one-node"
SMALL = "--cpus-per-task=1 --mem=1G"


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a SLURM that accepts two jobs at a time."""
    folder = Path("/tmp") / f"rbdm-slurm-{os.getpid()}"  # the path of a socket must be short
    try:
        started = subprocess.run([SCRIPT, "start", folder, "2"], capture_output=True, encoding="utf-8", timeout=300)
        if started.returncode:
            pytest.skip(f"SLURM cannot be started: {started.stderr.strip().splitlines()[-1:]}")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("SLURM_CONF", str(folder / "slurm.conf"))
            environment.setenv("XDG_CACHE_HOME", str(folder / "cache"))
            yield folder
    finally:
        subprocess.run([SCRIPT, "stop", folder], capture_output=True, timeout=60)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def lab(slurm: Path, tmp_path: Path, face_clip: tuple[Path, Path]) -> Lab:
    return Lab(tmp_path, write_picture(tmp_path / "face.png", face_clip[0]))


def jobs() -> list[str]:
    """The numbers of the jobs that wait or run."""
    listed = subprocess.run(["squeue", "--noheader", "--format=%i"], capture_output=True, encoding="utf-8", timeout=30)
    return listed.stdout.split()


def job_of(worker: int) -> str:
    """The number of the job in which a process runs."""
    return Path(f"/proc/{worker}/environ").read_bytes().split(b"SLURM_JOB_ID=")[1].split(b"\0")[0].decode()


def state_of(job: str) -> str:
    """The state of a job, which SLURM remembers for some minutes."""
    shown = subprocess.run(["scontrol", "show", "job", job], capture_output=True, encoding="utf-8", timeout=30)
    return shown.stdout.partition("JobState=")[2].split()[0]


def test_a_job_that_ends_early_is_replaced_while_the_others_go_on(lab, monkeypatch):
    """One job is cancelled, and the other one reaches its time limit, which SLURM looks at every 30 seconds."""
    monkeypatch.setenv("DASK_DISTRIBUTED__DEPLOY__LOST_WORKER_TIMEOUT", "2s")
    lab.add("hold1", "hold2", "hold3")
    with lab.run("--cluster", "slurm", "--workers", 2, "--sbatch", SMALL) as run:
        os.kill(lab.started("hold1")[0], signal.SIGKILL)
        cancelled, limited = job_of(lab.started("hold2")[0]), job_of(lab.started("hold3")[0])
        assert cancelled != limited
        subprocess.run(["scancel", cancelled], check=True, timeout=30)
        # A new job takes over, while the other one still has its own video.
        assert job_of(lab.started("hold2", 2)[1]) not in (cancelled, limited)
        subprocess.run(["scontrol", "update", f"jobid={limited}", "EndTime=now"], check=True, timeout=30)
        code, out, err = ended(run)
    assert (code, len(out), err) == (0, 3, [])
    assert (state_of(cancelled), state_of(limited)) == ("CANCELLED", "TIMEOUT")
    assert {entry.status for entry in latest(read_entries(lab.log)).values()} == {"done"}
    held = [f"hold{number}" for number in (1, 2, 3)]
    assert names(lab.videos) == {f"{name}.mp4" for name in held}.union(*map(six_files, held))
    until(lambda: not jobs(), "all jobs end")


def test_two_runs_on_one_folder_at_once(lab):
    lab.add(*"abcd")
    cluster = ("--cluster", "slurm", "--workers", 1, "--sbatch", SMALL)
    with lab.run(*cluster) as one, lab.run(*cluster) as other:
        assert [(code, err) for code, _, err in map(ended, (one, other))] == [(0, [])] * 2
    assert {entry.status for entry in latest(read_entries(lab.log)).values()} == {"done"}
    assert names(lab.videos) == {f"{name}.mp4" for name in "abcd"}.union(*map(six_files, "abcd"))


def test_ctrl_c_ends_the_jobs(lab):
    lab.add("hold")
    with lab.run("--cluster", "slurm", "--workers", 1, "--sbatch", SMALL) as run:
        worker = lab.started("hold")[0]
        os.killpg(run.pid, signal.SIGINT)
        code, out, err = ended(run)
    assert (code, err[-1:]) == (130, ["rbdm: interrupted"]), (code, out, err)
    until(lambda: not jobs() and not is_running(worker), "the job ends")
    assert names(lab.videos) == {"hold.mp4"}


def test_what_slurm_refuses_is_one_line(lab):
    lab.add("a")
    with lab.run("--cluster", "slurm", "--sbatch", "--partition=nowhere") as run:
        code, out, err = ended(run)
    assert (code, out, len(err)) == (1, [], 1)
    assert "SLURM refuses the jobs" in err[0] and "partition" in err[0] and "--sbatch" in err[0]


def test_the_parts_of_an_array_job_do_all_videos_once(lab, tmp_path):
    lab.add(*"abcd")
    script = tmp_path / "annotate.sh"
    script.write_text(
        "#!/bin/bash\n"
        f"#SBATCH --array=1-2 --cpus-per-task=1 --mem=1G --output={tmp_path}/%a.out\n"
        f"PYTHONPATH={ROOT} {sys.executable} -m rbdm annotate {lab.videos} {' '.join(CPU)} "
        f"--part $SLURM_ARRAY_TASK_ID/2 --run-log {lab.log}\n"
    )
    subprocess.run(["sbatch", "--wait", script], check=True, capture_output=True, timeout=120)
    entries = read_entries(lab.log)
    assert sorted(Path(entry.video).stem for entry in entries) == list("abcd")
    assert {entry.status for entry in entries} == {"done"}
    assert len({entry.worker for entry in entries}) == 2
    assert names(lab.videos) == {f"{name}.mp4" for name in "abcd"}.union(*map(six_files, "abcd"))


def test_a_video_that_always_ends_its_job_is_reported(lab):
    lab.add("a", "crash")
    start = time.monotonic()
    with lab.run("--cluster", "slurm", "--workers", 1, "--sbatch", SMALL) as run:
        code, out, err = ended(run)
    assert (code, len(out)) == (1, 1), (out, err, time.monotonic() - start)
    assert any("crash.mp4: its worker process ended 3 times" in line for line in err)
