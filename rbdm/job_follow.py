"""Following a server's job: its log line by line, its progress as a bar, and how it ended."""

import re
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from rbdm.client import Client, JobState, Status

_PROGRESS = re.compile(r"(\d+)/(\d+)(?: (\d+) %)?")
_ECHO = re.compile(r"^\S+ \S+ INFO \{.*'jobID': ")  # the request, which the server logs before anything else
_ERROR = re.compile(r"session \d+/\d+: error: (.+)")
_BEFORE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ (Job failed with exception )?")


def follow(client: Client, job: str, console: Console, hide: Callable[[str], str] = str) -> JobState:
    """Print a job's log as it grows, with a bar below it on a terminal, until the job is over.

    Args:
        client: of the server that has the job.
        job: its id.
        console: where to print.
        hide: what is done to each line of the log first, such as hiding a password.

    Returns:
        The job's last state, its log as `hide` makes it.

    Raises:
        RbdmError: the server does not answer any more, or does not know the job.
    """
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("job", total=100)
        shown = 0
        for turn, state in enumerate(client.follow(job)):
            lines = state.log.splitlines()
            for line in lines[shown:]:
                if not _ECHO.match(line):
                    console.print(hide(line), markup=False, highlight=False, emoji=False, soft_wrap=True)
            shown = max(shown, len(lines))
            if turn == 1 and state.status is Status.WAITING:
                console.print("the job waits: the server is busy with another", highlight=False)
            bar.update(task, description=state.status.name.lower(), completed=percent(state.progress))
    return JobState(state.status, state.progress, hide(state.log))


def percent(progress: str) -> float:
    """How much of a job is done, 0 to 100, from what our module (`session 2/3 50 %`) or the server (`2/3`) says."""
    found = _PROGRESS.search(progress)
    if not found or not int(found[2]):
        return 0.0
    return min(100 * (int(found[1]) - 1) + int(found[3] or 0), 100 * int(found[2])) / int(found[2])


def outcome(end: JobState) -> str:
    """How a job that is over has ended, in one line.

    Of a failed one it says the first session's error, or, where there is none, the log's last line.
    """
    if end.status is not Status.FAILED:
        return "the job has finished" if end.status is Status.FINISHED else "the job was cancelled"
    errors = _ERROR.findall(end.log)
    if errors:
        return f"the job has failed: {errors[0]}" + (f" (and {len(errors) - 1} more)" if errors[1:] else "")
    last = (end.log.strip().splitlines() or ["its log is empty"])[-1]
    return f"the job has failed: {_BEFORE.sub('', last)}"
