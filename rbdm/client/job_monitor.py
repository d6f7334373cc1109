"""Following a server's job: its log line by line, its progress as a bar, and how it ended."""

import json
import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import quote, quote_plus

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from rbdm.client.client import Client, JobState, Status
from rbdm.client.http import Unreachable
from rbdm.client.job_forms import Form
from rbdm.errors import RbdmError
from rbdm.progress import job_percent, session_errors

_POLL = 0.2
_SLOWEST_POLL = 1.0
_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds."""
_ECHO = re.compile(r"^\S+ \S+ INFO \{.*'jobID': ")  # the request, which the server logs before anything else
_BEFORE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ (Job failed with exception )?")


def job_states(client: Client, job: str) -> Iterator[JobState]:
    """The states of a job, asked for several times a second at first, until the job is over.

    If the server does not answer for a few seconds, it is asked again.

    Raises:
        RbdmError: the server does not answer any more, or does not know the job.
    """
    start = time.monotonic()
    while True:
        state = _patient_state(client, job)
        yield state
        if state.is_over:
            return
        time.sleep(min(max(_POLL, (time.monotonic() - start) / 20), _SLOWEST_POLL))


def _patient_state(client: Client, job: str) -> JobState:
    for pause in _PAUSES:
        try:
            return client.state(job)
        except Unreachable:
            time.sleep(pause)
    try:
        return client.state(job)
    except Unreachable as error:
        raise Unreachable(f"{error}; job {job} may still run there") from None


def watch_job(client: Client, job: str, console: Console, hide: Callable[[str], str] = str) -> JobState:
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
        for turn, state in enumerate(job_states(client, job)):
            lines = state.log.splitlines()
            for line in lines[shown:]:
                if not _ECHO.match(line):
                    console.print(hide(line), markup=False, highlight=False, emoji=False, soft_wrap=True)
            shown = max(shown, len(lines))
            if turn == 1 and state.status is Status.WAITING:
                console.print("the job waits: the server is busy with another", highlight=False)
            bar.update(task, description=state.status.name.lower(), completed=job_percent(state.progress))
    return JobState(state.status, state.progress, hide(state.log))


def outcome(end: JobState) -> str:
    """How a job that is over has ended, in one line.

    Of a failed one it says the first session's error, or, where there is none, the log's last line.
    """
    if end.status is not Status.FAILED:
        return "the job has finished" if end.status is Status.FINISHED else "the job was cancelled"
    errors = session_errors(end.log)
    if errors:
        return f"the job has failed: {errors[0]}" + (f" (and {len(errors) - 1} more)" if errors[1:] else "")
    last = (end.log.strip().splitlines() or ["its log is empty"])[-1]
    return f"the job has failed: {_BEFORE.sub('', last)}"


def password_masker(password: str) -> Callable[[str], str]:
    """A function that hides the password in a text, in the ways a log may write it."""
    written = {
        password,
        repr(password)[1:-1],
        json.dumps(password)[1:-1],
        quote(password, safe=""),
        quote_plus(password),
    }

    def mask(text: str) -> str:
        for secret in sorted(written - {""}, key=len, reverse=True):
            text = text.replace(secret, "****")
        return text

    return mask


def run_job(client: Client, form: Form, console: Console) -> JobState:
    """Send a job and follow it to its end; Ctrl-C asks the server to cancel it.

    Raises:
        RbdmError: the server does not answer or refuses.
        KeyboardInterrupt: after the server was asked.
    """
    try:
        job = client.submit(form)
        console.print(f"job {job} at {client.url}")
        return watch_job(client, job, console, password_masker(form.get("dbPassword", "")))
    except KeyboardInterrupt:
        _cancel(client, form["jobID"], console)
        raise


def _cancel(client: Client, job: str, console: Console) -> None:
    try:
        client.cancel(job)
    except RbdmError as error:
        console.print(f"job {job} is not cancelled: {error}")
    else:
        console.print(f"job {job} is cancelled")
