"""Does some work for many videos: reports what fails and continues with the next video."""

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Protocol

from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError, RbdmError
from rbdm.progress import Progress


class ProgressDisplay(Protocol):
    """Shows the user how far the work is.

    Attributes:
        rate: frames per second of the last video.
    """

    rate: float

    def video(self, label: str) -> AbstractContextManager[None]:
        """Show the work on one video while the context lasts."""
        ...

    def show(self, progress: Progress) -> None:
        """Show how far the annotation of the video is."""
        ...

    def show_writing(self, progress: Progress) -> None:
        """Show how far the writing of the video's overlay is."""
        ...


def one_line(error: object) -> str:
    """An error's message as the command line prints it."""
    return f"rbdm: {' '.join(str(error).split())}"


def run_all(tasks: list[VideoTask], work: Callable[[VideoTask, ProgressDisplay], str], display: ProgressDisplay) -> int:
    """Do some work for each video, print what was done, and list at the end what failed.

    Args:
        tasks: the videos.
        work: does the work on one video and returns the line to print.
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
            _print(line)
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
        # The reading program has ended, or the disk is full: the work goes on without printing.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        _say(one_line(f"standard output cannot be written ({error.strerror}); going on without"))


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
