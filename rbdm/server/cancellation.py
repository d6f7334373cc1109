"""Notices that the server's job was cancelled, and ends it: most servers cannot end it themselves.

Inside the server (backend `debug`) the server raises an exception in the job's thread, which on 64 bit Linux and
macOS it never finds. In a process of its own (`venv`) DISCOVER kills the processes that the job's has started, and
the job's own only if there are any: ours starts none. A process of its own is ended at once, but for what is being
saved; inside the server the job ends with the batch in hand.
"""

import json
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from rbdm.server.http import ask_server, server_address
from rbdm.server.job import Job, current_job
from rbdm.server.log import SessionLog

_LOOK_EVERY = 0.25
_SAVING_TAKES = 1.0
_CANCELLED = 4
_EXIT_CODE = 1


def watch_cancellation(job: Job) -> None:
    """Look after a job that has just begun in this thread, for as long as the thread lives."""
    thread = threading.current_thread()
    is_cancelled = _inside_server(thread) or _beside_server()
    if is_cancelled is None:
        return
    job.is_own_process = thread is threading.main_thread()
    arguments = (job, is_cancelled, thread)
    threading.Thread(target=_look, args=arguments, name="rbdm-cancel", daemon=True).start()


def stop_if_cancelled(log: SessionLog) -> None:
    """End the job of this thread where it was cancelled.

    Raises:
        SystemExit: it was; this ends its thread.
    """
    job = current_job()
    if job and job.cancelled.is_set():
        log.line("cancelled")
        record = _record_of(threading.current_thread())
        if record is not None and record.status.name == "RUNNING" and hasattr(type(record.status), "CANCELED"):
            # Of a job that was cancelled before it began the server would say for ever that it runs.
            record.status = type(record.status).CANCELED
        raise SystemExit(_EXIT_CODE)


def _look(job: Job, is_cancelled: Callable[[], bool], thread: threading.Thread) -> None:
    while thread.is_alive():
        with suppress(OSError, ValueError, KeyError):
            if is_cancelled():
                job.cancelled.set()
                break
        job.cancelled.wait(_LOOK_EVERY)
    if job.cancelled.is_set() and job.is_own_process:
        # What is being saved is saved as a whole, unless it hangs.
        job.saving.acquire(timeout=_SAVING_TAKES)
        print("cancelled", flush=True)
        os._exit(_EXIT_CODE)


def _inside_server(thread: threading.Thread) -> Callable[[], bool] | None:
    """Asks the server's own record of the job of a thread; None where this is not the server's process."""
    if _server() is None:
        return None

    def is_cancelled() -> bool:
        record = _record_of(thread)  # the server enters the thread only after it has started it
        return record is not None and _was_cancelled(record)

    return is_cancelled


def _server() -> str | None:
    """The package of the server whose process this is."""
    names = [f"{server}.utils" for server in ("discover", "nova_server")]
    found = (name for name in names if f"{name}.thread_utils" in sys.modules and f"{name}.job_utils" in sys.modules)
    return next(found, None)


def _record_of(thread: threading.Thread) -> Any:
    """What the server keeps about the job of a thread; None where this is not its process."""
    server = _server()
    if server is None:
        return None
    threads, records = (sys.modules[f"{server}.{name}"] for name in ("thread_utils", "job_utils"))
    key = next((key for key, known in list(threads.THREADS.items()) if known is thread), None)
    return records.JOBS.get(key)


def _was_cancelled(record: Any) -> bool:
    # The older server has no status for it and makes the job wait again.
    return bool(getattr(record, "was_canceled", False)) or record.status.name in ("CANCELED", "WAITING")


def _beside_server() -> Callable[[], bool] | None:
    """Asks the server over HTTP; None where it has not told us who and where it is, as the older one."""
    key = os.environ.get("DISCOVER_JOB_KEY")
    if not key or not server_address():
        return None
    status = urlencode({"jobID": key}).encode()
    first = True

    def is_cancelled() -> bool:
        nonlocal first
        if first:  # while its virtual environment was made, a cancelled job stayed "running"
            known = json.loads(ask_server("job_status_all"))
            if any(entry["job_key"] == key and entry.get("was_canceled") for entry in known):
                return True
            first = False
        return bool(json.loads(ask_server("job_status", status))["status"] == _CANCELLED)

    return is_cancelled
