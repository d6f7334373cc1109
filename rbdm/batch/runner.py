"""Runs a function for each of many videos. If it fails for one video, the error is reported and the work continues."""

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Protocol

from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, RbdmError
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


def run_all(tasks: list[VideoTask], work: Callable[[VideoTask, ProgressDisplay], str], display: ProgressDisplay) -> int:
    """Call `work` for each video, print the line that it returns, and list the failed videos at the end.

    Args:
        tasks: the videos.
        work: processes one video and returns the line to print.
        display: shows the progress.

    Returns:
        The exit code: 1 if a video failed, else 0.
    """
    failures: list[str] = []
    done = 0
    for task in tasks:
        try:
            if task.problem:
                raise InputError(f"{task.video}: {task.problem}")
            with display.video(task.video.name):
                line = work(task, display)
            done += 1
            _print(printable(line))
        except RbdmError as error:
            failures.append(one_line(error))
            _say(failures[-1])
        except KeyboardInterrupt:
            if len(tasks) > 1:
                _say(f"stopped at {task.video}; {done} of {len(tasks)} videos are done")
            raise
        except Exception as error:  # an unexpected error in one video must not stop the others
            traceback.print_exc()
            failures.append(one_line(f"{task.video}: unexpected {type(error).__name__}: {error}; please report this"))
            _say(failures[-1])
    if failures and len(tasks) > 1:
        _say(f"{len(failures)} of {len(tasks)} videos failed:")
        for failure in failures:
            _say(f"  {failure.removeprefix('rbdm: ')}")
    return 1 if failures else 0


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
