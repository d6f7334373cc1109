"""Runs a function for each of many videos. If it fails for one video, the error is reported and the work continues."""

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Protocol

from rbdm.batch.videos import VideoTask
from rbdm.errors import RbdmError
from rbdm.files.naming import printable
from rbdm.progress import Progress


class ProgressDisplay(Protocol):
    """Shows the progress to the user.

    Attributes:
        rate: frames per second of the last video that `show` was called for.
    """

    rate: float

    def video(self, label: str) -> AbstractContextManager[None]:
        """Show that a video is being processed, until the context ends."""
        ...

    def show(self, progress: Progress) -> None:
        """Show the progress of the annotation."""
        ...

    def show_writing(self, progress: Progress) -> None:
        """Show the progress of writing the overlay."""
        ...


def one_line(error: object) -> str:
    """The message of an error in one line without control characters, as the command line prints it."""
    return f"rbdm: {printable(' '.join(str(error).split()))}"


def unexpected(task: VideoTask, error: Exception) -> str:
    """The message for an error that is a fault of rbdm."""
    return f"{task.video}: unexpected {type(error).__name__}: {error}; please report this"


class Report:
    """Prints what became of each video, and at the end which videos failed.

    Args:
        total: the number of videos.
    """

    def __init__(self, total: int) -> None:
        self._total, self._done, self._failures = total, 0, list[str]()

    def done(self, line: str) -> None:
        """Print the line of a video on standard output."""
        self._done += 1
        _print(printable(line))

    def failed(self, message: object) -> None:
        """Print why a video failed on standard error."""
        self._failures.append(one_line(message))
        _say(self._failures[-1])

    def stopped(self, where: str) -> None:
        """Print that the user has stopped the work."""
        if self._total > 1:
            _say(f"stopped at {where}; {self._done} of {self._total} videos are done")

    def end(self) -> int:
        """List the videos that failed; returns the exit code: 1 if there is one, else 0."""
        if self._failures and self._total > 1:
            _say(f"{len(self._failures)} of {self._total} videos failed:")
            for failure in self._failures:
                _say(f"  {failure.removeprefix('rbdm: ')}")
        return 1 if self._failures else 0


def run_all(tasks: list[VideoTask], work: Callable[[VideoTask, ProgressDisplay], str], display: ProgressDisplay) -> int:
    """Call `work` for each video, print the line that it returns, and list the failed videos at the end.

    Args:
        tasks: the videos.
        work: processes one video and returns the line to print.
        display: shows the progress.

    Returns:
        The exit code: 1 if a video failed, else 0.
    """
    report = Report(len(tasks))
    for task in tasks:
        try:
            with display.video(task.video.name):
                line = work(task, display)
            report.done(line)
        except RbdmError as error:
            report.failed(error)
        except KeyboardInterrupt:
            report.stopped(str(task.video))
            raise
        except Exception as error:  # an unexpected error in one video must not stop the others
            traceback.print_exc()
            report.failed(unexpected(task, error))
    return report.end()


def _print(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError as error:
        # The program that reads our output has ended, or the disk is full. The work continues without printing.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        _say(one_line(f"standard output cannot be written ({error.strerror}); the work continues without it"))


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
