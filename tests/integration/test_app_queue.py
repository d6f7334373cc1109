"""The queue of the app: the same files as the command's, and nothing lost when it is paused, cancelled or killed."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rbdm.app.queue.queue import Queue
from rbdm.app.queue.runs import Choices, Run, Video
from rbdm.batch.videos import find_videos
from rbdm.options import Options
from tests.support.app import write_study
from tests.support.command_line import CPU, contents, names, six_files
from tests.support.paths import ROOT

pytestmark = pytest.mark.xdist_group("app")

OPEN = Options(weights="open", device="cpu")
EVERYTHING = ("csv", "elan", "stream", "report", "overlay")
PATIENCE = 60.0


def until(holds: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def started(folder: Path) -> Iterator[Queue]:
    """A queue that is kept in `folder`."""
    folder.mkdir(exist_ok=True)
    queue = Queue(folder)
    queue.start()
    try:
        yield queue
    finally:
        queue.close()


def run_of(*named: Path, choices: Choices | None = None) -> Run:
    choices = choices or Choices(OPEN)
    return Run(choices, [Video(task) for task in find_videos(list(named), recursive=True)], list(named))


def statuses(queue: Queue) -> list[str]:
    return [video.status for run in queue.runs for video in run.videos]


def is_finished(queue: Queue) -> bool:
    return not any(run.is_open for run in queue.runs)


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    """A video with its box stream, a very short one without in a subfolder, and one that is none."""
    return write_study(tmp_path_factory.mktemp("videos") / "study", face_clip, ("a", "b", "c"), "deeper")


@pytest.fixture(scope="module")
def expected(videos: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the command writes about these videos."""
    study = shutil.copytree(videos, tmp_path_factory.mktemp("command") / "study")
    flags = [f"--{name}" for name in EVERYTHING]
    command = [sys.executable, "-m", "rbdm", "annotate", str(study), "-r", *flags, *CPU]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True)
    assert done.returncode == 1 and "c.mp4: not a video" in done.stderr
    return results(study)


def results(study: Path) -> dict[str, bytes]:
    """The files in a folder. A file for ELAN says when it was written, and has the full address of the video."""
    address = study.as_uri().encode()
    return {
        name: re.sub(rb' DATE="[^"]*"', b"", content).replace(address, b"") if name.endswith(".eaf") else content
        for name, content in contents(study).items()
    }


def test_its_files_are_those_of_the_command_byte_for_byte(videos, expected, tmp_path):
    study = shutil.copytree(videos, tmp_path / "study")
    with started(tmp_path / "state") as queue:
        queue.add(run_of(study, choices=Choices(OPEN, wanted=EVERYTHING)))
        until(lambda: is_finished(queue))
        assert statuses(queue) == ["done", "failed", "done"]
        failed = queue.runs[0].videos[1]
        assert failed.error.endswith("c.mp4: not a video or image, or it is cut off or damaged")
        assert queue.runs[0].weights == "rbdm-open-v1"
    assert results(study) == expected


KILLED = """
import sys, time
from pathlib import Path
from rbdm.app.queue.queue import Queue
queue = Queue(Path(sys.argv[1]))
queue.start()
while queue.now is None or queue.now.done < 10:
    time.sleep(0.01)
print(queue.now.number, flush=True)
time.sleep(60)
"""


def test_a_queue_that_was_killed_in_a_video_goes_on_at_the_next_start(videos, expected, tmp_path):
    study = shutil.copytree(videos, tmp_path / "study")
    state = tmp_path / "state"
    state.mkdir()
    queue = Queue(state)
    queue.add(run_of(study, choices=Choices(OPEN, wanted=("csv",), overwrite=True)))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    killed = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(state)], env=environment, stdout=subprocess.PIPE, text=True
    )
    assert killed.stdout is not None and killed.stdout.readline() == "0\n"
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not [name for name in names(study) if name.startswith("a.") and name not in names(videos)]
    with started(state) as queue:
        until(lambda: is_finished(queue))
        assert statuses(queue) == ["done", "failed", "done"]
    found = results(study)
    assert found == {name: expected[name] for name in found}
    assert names(study) == names(videos) | {*six_files("a"), "a.expression.csv"} | {
        f"deeper/{name}" for name in (*six_files("b"), "b.expression.csv")
    }


def test_a_pause_stops_in_the_middle_of_a_video_and_a_cancelled_one_leaves_nothing(videos, tmp_path):
    study = shutil.copytree(videos, tmp_path / "study")
    with started(tmp_path / "state") as queue:
        run = run_of(study / "a.mp4", study / "deeper")
        queue.add(run)
        until(lambda: queue.now is not None and queue.now.done)
        queue.pause(True)
        time.sleep(0.5)
        done = queue.now.done
        time.sleep(1)
        assert queue.now.done == done < 75
        queue.cancel(run.id, 0)
        until(lambda: statuses(queue) == ["cancelled", "waiting"])
        assert names(study) == names(videos)
        queue.pause(False)
        until(lambda: is_finished(queue))
        assert statuses(queue) == ["cancelled", "done"]
        assert names(study) == names(videos) | {f"deeper/{name}" for name in six_files("b")}
        queue.retry(run.id)
        until(lambda: is_finished(queue))
        assert statuses(queue) == ["done", "done"]
        assert six_files("a") < names(study)


def test_results_that_exist_are_kept_and_a_crash_gives_up_one_video_only(videos, tmp_path):
    study = shutil.copytree(videos, tmp_path / "study")
    shutil.copy(study / "a.mp4", study / "d.mp4")
    with started(tmp_path / "state") as queue:
        queue.add(run_of(study / "a.mp4"))
        until(lambda: is_finished(queue))
        before = contents(study)
        queue.add(run_of(study / "d.mp4", study / "a.mp4"))
        worker = None
        for _ in range(2):  # as a crash does, in the middle of the video
            until(lambda worker=worker: queue._worker not in (None, worker) and queue.now.done)
            worker = queue._worker
            worker.kill()
        until(lambda: is_finished(queue))
        assert statuses(queue) == ["done", "failed", "skipped"]
        assert "ended 2 times while it worked on this video (exit code -9)" in queue.runs[1].videos[0].error
        assert contents(study) == before
        queue.forget(queue.runs[0].id)
        assert statuses(queue) == ["failed", "skipped"]


def test_the_weights_of_a_run_stay_the_same(videos, tmp_path):
    study = shutil.copytree(videos, tmp_path / "study")
    run = run_of(study / "a.mp4")
    run.weights, run.weights_sha256 = "older", "0" * 64
    with started(tmp_path / "state") as queue:
        queue.add(run)
        until(lambda: is_finished(queue))
        assert "are not those that the run began with (older)" in queue.runs[0].videos[0].error
    assert names(study) == names(videos)
