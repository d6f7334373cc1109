"""Notices that our job was cancelled, and ends it: most servers cannot end it themselves.

If the job runs inside the server (backend `debug`), the server raises an exception in the job's thread. On 64-bit Linux
and macOS, it does not find that thread. If the job runs in its own process (backend `venv`), DISCOVER kills the
processes that the job's process has started, and the job's process itself only if there are any. Our job starts none.

Here, a job with its own process ends at once, but a session that is being saved is saved completely. A thread of its
own does that, so an exception that the server raises in the job's thread does not interrupt it. A job inside the server
ends after its current batch.
"""

import json
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from rbdm.server.host import is_server, job_record
from rbdm.server.http import ask_server, server_address
from rbdm.server.job import Job, current_job, join_job
from rbdm.server.log import SessionLog

_LOOK_EVERY = 0.25
"""Seconds between two checks."""
_CANCELLED = 4
"""The server's number for this status."""
_EXIT_CODE = 1


def watch_cancellation(job: Job) -> None:
    """Start to check whether the job of this thread is cancelled, until the thread ends.

    Args:
        job: the job, which has just begun; its `cancelled` is set if it is cancelled.
    """
    thread = threading.current_thread()
    is_cancelled = _check_in_process(thread) or _check_over_http()
    if is_cancelled is None:
        return
    job.is_own_process = thread is threading.main_thread()
    arguments = (job, is_cancelled, thread)
    threading.Thread(target=_watch, args=arguments, name="rbdm-cancel", daemon=True).start()


def stop_if_cancelled(log: SessionLog) -> None:
    """End the job of this thread if it was cancelled.

    Args:
        log: where a line about it is written.

    Raises:
        SystemExit: the job was cancelled. This ends its thread.
    """
    job = current_job()
    if job and job.cancelled.is_set():
        log.line("cancelled")
        record = job_record(threading.current_thread())
        if record is not None and record.status.name == "RUNNING" and hasattr(type(record.status), "CANCELED"):
            # Without this, a job that was cancelled before it began would keep the status "running" forever.
            record.status = type(record.status).CANCELED
        raise SystemExit(_EXIT_CODE)


def finish_saving(job: Job, save: Callable[[], None]) -> bool:
    """Call `save` in a thread of its own, and wait until it has ended, also if this thread is to end meanwhile.

    Args:
        job: the job of this thread.
        save: called without arguments, unless the job is cancelled before. What it raises is raised here, too.

    Returns:
        Whether `save` was called.
    """
    ended, errors, called = threading.Event(), [], []

    def work() -> None:
        join_job(job)
        try:
            with job.saving:
                if not job.cancelled.is_set():
                    called.append(True)
                    save()
        except BaseException as error:
            errors.append(error)
        finally:
            ended.set()

    # Not a daemon: if the process ends in an orderly way, Python waits for this thread, too.
    thread = threading.Thread(target=work, name="rbdm-save")
    interruption: BaseException | None = None
    while not ended.is_set():
        try:
            if thread.ident is None:
                thread.start()  # waits until the thread runs; the server may raise its exception meanwhile
            ended.wait()
        except BaseException as error:
            if thread.ident is None:
                raise  # the thread could not be started
            interruption = error
    if errors or interruption:
        raise (interruption or errors[0])
    return bool(called)


def _watch(job: Job, is_cancelled: Callable[[], bool], thread: threading.Thread) -> None:
    while thread.is_alive():
        # Another program may answer at the server's address, with anything.
        with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
            if is_cancelled():
                job.cancelled.set()
                break
        job.cancelled.wait(_LOOK_EVERY)
    if job.cancelled.is_set() and job.is_own_process:
        # A session that is being saved is saved completely. That takes no longer than its time limits.
        job.saving.acquire()
        print("cancelled", flush=True)
        os._exit(_EXIT_CODE)


def _check_in_process(thread: threading.Thread) -> Callable[[], bool] | None:
    """A function that reads a job's status from the server's memory; None if the job has its own process."""
    if not is_server():
        return None

    def is_cancelled() -> bool:
        record = job_record(thread)  # looked for each time: the server registers the thread after it has started it
        return record is not None and _was_cancelled(record)

    return is_cancelled


def _was_cancelled(record: Any) -> bool:
    # The older server has no status for cancelled jobs: it sets them back to "waiting".
    return bool(getattr(record, "was_canceled", False)) or record.status.name in ("CANCELED", "WAITING")


def _check_over_http() -> Callable[[], bool] | None:
    """A function that asks the server over HTTP; None if job id or address are unknown, as with older servers."""
    key = os.environ.get("DISCOVER_JOB_KEY")
    if not key or not server_address():
        return None
    status = urlencode({"jobID": key}).encode()
    first = True

    def is_cancelled() -> bool:
        nonlocal first
        if first:  # a job that is cancelled while its virtual environment is made keeps the status "running"
            known = json.loads(ask_server("job_status_all"))
            if any(entry["job_key"] == key and entry.get("was_canceled") for entry in known):
                return True
            first = False
        return bool(json.loads(ask_server("job_status", status))["status"] == _CANCELLED)

    return is_cancelled
