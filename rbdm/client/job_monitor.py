"""Watches a job of a server: prints its log line by line, shows its progress as a bar, and says how it ended."""

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from urllib.parse import quote, quote_plus

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from rbdm.client.client import Client, JobState, Status
from rbdm.client.http import Unreachable
from rbdm.client.job_forms import Form
from rbdm.errors import RbdmError
from rbdm.files.naming import printable
from rbdm.progress import job_errors, job_percent, session_errors

_POLL = 0.2
"""Seconds between two requests at the start of a job."""
_SLOWEST_POLL = 1.0
"""Seconds between two requests later."""
_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before the next attempt if the server does not answer."""
_REQUEST_LINE = re.compile(r"^\S+ \S+ INFO \{.*'jobID': ")  # the server first logs the request itself
_LOG_PREFIX = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ (Job failed with exception )?")

_COMMAND = re.compile(r"Command '?\[.* exit status ")


def job_states(client: Client, job: str) -> Iterator[JobState]:
    """Yields the state of a job again and again, until the job has ended: at first every 0.2 s, later every second.

    If the server does not answer, the request is repeated for a few seconds.

    Raises:
        RbdmError: the server does not answer any more, or does not know the job.
    """
    start = time.monotonic()
    while True:
        state = _state_with_retries(client, job)
        yield state
        if state.is_over:
            return
        time.sleep(min(max(_POLL, (time.monotonic() - start) / 20), _SLOWEST_POLL))


def _state_with_retries(client: Client, job: str) -> JobState:
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
    """Print the new lines of a job's log until the job has ended. On a terminal, a progress bar is shown below them.

    Args:
        client: of the server that has the job.
        job: the id of the job.
        console: where to print.
        hide: called with each line of the log; it returns the text to print, for example without a password.

    Returns:
        The last state of the job, with the log that `hide` returns.

    Raises:
        RbdmError: the server does not answer any more, or does not know the job.
    """
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn()
    bar = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task = bar.add_task("job", total=100)
    shown = 0
    # A disabled bar is not started: rich before 14.3 prints an empty line when it stops.
    with bar if console.is_terminal else nullcontext():
        for turn, state in enumerate(job_states(client, job)):
            lines = state.log.splitlines()
            for line in lines[shown:]:
                if not _REQUEST_LINE.match(line):
                    console.print(printable(hide(line)), markup=False, highlight=False, emoji=False, soft_wrap=True)
            shown = max(shown, len(lines))
            if turn == 1 and state.status is Status.WAITING:
                console.print("the job waits: the server is busy with another job", highlight=False)
            bar.update(task, description=state.status.name.lower(), completed=job_percent(state.progress))
    return JobState(state.status, state.progress, hide(state.log))


def outcome(end: JobState) -> str:
    """One line that says how a job has ended.

    For a failed job it contains the error of the first failed session. If no session failed, it contains the error that
    ended the job, or else the last line of the log.
    """
    if end.status is not Status.FAILED:
        return "the job has finished" if end.status is Status.FINISHED else "the job was cancelled"
    errors = session_errors(end.log) or job_errors(end.log)[-1:]
    if errors:
        return f"the job has failed: {errors[0]}" + (f" (and {len(errors) - 1} more)" if errors[1:] else "")
    lines = [_LOG_PREFIX.sub("", line) for line in end.log.strip().splitlines()]
    # The server's own last line has the command of the job's process, and the reason stands above it.
    reasons = [line for line in lines if line.strip() and not _COMMAND.match(line)]
    return f"the job has failed: {(reasons or lines or ['its log is empty'])[-1]}"


def password_masker(password: str) -> Callable[[str], str]:
    """A function that replaces the password in a text by `****`, also where a log has it quoted or escaped.

    Where the server itself has masked a password up to its first space, comma or quote, the rest of it is replaced.
    """
    written = {
        password,
        repr(password)[1:-1],
        json.dumps(password)[1:-1],
        quote(password, safe=""),
        quote_plus(password),
    }

    rests = {f"****{secret[found.start() :]}" for secret in written for found in re.finditer("[\\s,\"']", secret)}

    def mask(text: str) -> str:
        for secret in sorted((written | rests) - {""}, key=len, reverse=True):
            text = text.replace(secret, "****")
        return text

    return mask


def run_job(client: Client, form: Form, console: Console) -> JobState:
    """Send a job and watch it until it ends; Ctrl-C asks the server to cancel it.

    Args:
        client: of the server.
        form: the job, see `rbdm.client.job_forms`; a password in it is hidden in what is printed.
        console: where to print.

    Raises:
        RbdmError: the server does not answer or refuses.
        KeyboardInterrupt: the user has pressed Ctrl-C, and the server was asked to cancel the job.
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
