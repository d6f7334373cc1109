"""Runs of `rbdm annotate --cluster` in a process of their own, whose workers have faults on purpose."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tests.support import worker_faults
from tests.support.command_line import CPU, PROGRAM
from tests.support.paths import ROOT

T = TypeVar("T")
LIMIT = 120.0
"""Seconds for what takes a few on a machine that has nothing else to do."""


class Lab:
    """A folder of videos, and runs on it.

    Args:
        folder: where everything is.
        picture: what each video shows; the shortest video is a picture that is called a video.
    """

    def __init__(self, folder: Path, picture: Path) -> None:
        self._picture = picture
        self.videos, self.marks = folder / "videos", folder / "marks"
        self.log = folder / "run.jsonl"
        for new in (self.videos, self.marks):
            new.mkdir()

    def add(self, *names: str) -> None:
        """Add videos."""
        for name in names:
            shutil.copy(self._picture, self.videos / f"{name}.mp4")

    @contextmanager
    def run(self, *arguments: object, out: Path | None = None) -> Iterator[subprocess.Popen[str]]:
        """`rbdm annotate` on the folder, in a process group of its own, as a terminal would start it."""
        command = [sys.executable, "-c", PROGRAM, "annotate", str(self.videos), *CPU, *map(str, arguments)]
        command += ["--out", str(out)] if out else []
        process = subprocess.Popen(
            [*command, "--run-log", str(self.log)],
            env={**os.environ, **self.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    @property
    def environment(self) -> dict[str, str]:
        """What the workers have to know."""
        return {
            "PYTHONPATH": str(ROOT),
            worker_faults.FOLDER: str(self.marks),
            "DASK_DISTRIBUTED__WORKER__PRELOAD": worker_faults.__file__,
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10s",
        }

    def started(self, name: str, times: int = 1) -> list[int]:
        """The processes that have started a video, the last one at the end; waits until there are so many."""

        def marks() -> list[Path]:
            found = sorted(self.marks.glob(f"{name}.*"), key=lambda path: int(path.name.split(".")[2]))
            return found if len(found) >= times else []

        return [int(path.name.split(".")[1]) for path in until(marks, f"{name} starts")]


def until(found: Callable[[], T], what: str) -> T:
    """Wait until a function returns something; returns that."""
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError(f"waited in vain: {what}")


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str], list[str]]:
    """Wait for a run; returns its exit code, and the lines of its standard output and error."""
    out, err = process.communicate(timeout=LIMIT)
    return process.returncode, out.splitlines(), err.splitlines()


def is_running(number: int) -> bool:
    """Whether there is a process of this number that is no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{number}/status").read_text()
    except OSError:
        return False
