"""The same for many videos: what fails is told and left out, what is done stays done."""

import sys
from collections.abc import Callable

from rbdm.bars import VideoBars
from rbdm.errors import InputError, RbdmError
from rbdm.videos import Task


def one_line(error: object) -> str:
    """An error's message as the command line prints it."""
    return f"rbdm: {' '.join(str(error).split())}"


def run_all(tasks: list[Task], work: Callable[[Task], str], bars: VideoBars) -> int:
    """Do some work for each video, print its line, and sum up at the end what failed.

    Args:
        tasks: the videos.
        work: gives the line that says what was done.
        bars: shown meanwhile.

    Returns:
        The exit code: 1 if one failed, else 0.
    """
    failures: list[str] = []
    done = 0
    for task in tasks:
        try:
            if task.problem:
                raise InputError(f"{task.video}: {task.problem}")
            with bars.video(task.video.name):
                line = work(task)
            print(line, flush=True)
            done += 1
        except RbdmError as error:
            failures.append(one_line(error))
            print(failures[-1], file=sys.stderr)
        except KeyboardInterrupt:
            if len(tasks) > 1:
                _say(f"{done} of {len(tasks)} videos are done; nothing is left of {task.video}")
            raise
    if failures and len(tasks) > 1:
        _say(f"{len(failures)} of {len(tasks)} videos failed:")
        for failure in failures:
            _say(f"  {failure.removeprefix('rbdm: ')}")
    return 1 if failures else 0


def _say(text: str) -> None:
    print(text, file=sys.stderr)
