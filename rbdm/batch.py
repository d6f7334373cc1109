"""The same for many videos: what fails is told and left out, what is done stays done."""

import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

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
            done += 1
            _print(line)
        except RbdmError as error:
            failures.append(one_line(error))
            _say(failures[-1])
        except KeyboardInterrupt:
            if len(tasks) > 1:
                _say(f"stopped at {task.video}; {done} of {len(tasks)} videos are done")
            raise
        except Exception as error:  # one video's surprise must not cost the others
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
        # Whoever was reading has gone, or the disk is full: the work goes on all the same.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
        _say(one_line(f"standard output cannot be written ({error.strerror}); going on without"))


def _say(text: str) -> None:
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)
