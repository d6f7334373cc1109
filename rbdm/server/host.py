"""The server's process, if our job runs inside it (backend `debug`): reads its lists of threads and jobs."""

import sys
import threading
from typing import Any


def is_server() -> bool:
    """Whether this process is a DISCOVER or NOVA server."""
    return _package() is not None


def job_key(thread: threading.Thread) -> str | None:
    """The server's id of the job that a thread runs; None if there is none, or if this is not the server's process.

    The server enters a thread into its list only after it has started it.
    """
    package = _package()
    threads = sys.modules[f"{package}.thread_utils"].THREADS if package else {}
    return next((str(key) for key, known in list(threads.items()) if known is thread), None)


def job_record(thread: threading.Thread) -> Any:
    """The server's object for the job that a thread runs; None as in `job_key`."""
    key = job_key(thread)
    return None if key is None else sys.modules[f"{_package()}.job_utils"].JOBS.get(key)


def _package() -> str | None:
    """`discover.utils` or `nova_server.utils`, if this process runs that server; else None."""
    names = [f"{server}.utils" for server in ("discover", "nova_server")]
    found = (name for name in names if f"{name}.thread_utils" in sys.modules and f"{name}.job_utils" in sys.modules)
    return next(found, None)
