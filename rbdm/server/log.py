"""Writes the lines of a session to the job's log, and sends its progress to the server's list of jobs."""

import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from rbdm.errors import RbdmError
from rbdm.files.naming import printable
from rbdm.progress import Progress, SessionLabel, job_error
from rbdm.server import host
from rbdm.server.database import connection
from rbdm.server.http import ask_server, server_address
from rbdm.server.job import current_job

_INTERVAL = 1.0
"""Seconds between two reports of the progress."""


@dataclass
class SessionLog:
    """Writes the lines and the progress of one session.

    Attributes:
        label: number of the session, and number of sessions in the job.
        key: the server's id of the job, which is also the name of its logger; empty if it is not known.
    """

    label: SessionLabel
    key: str
    _last: float = -_INTERVAL
    _post: threading.Thread | None = None

    @classmethod
    def of(cls, manager: Any) -> "SessionLog":
        """The log of a session.

        Args:
            manager: the dataset manager of the server's library, which holds the session.
        """
        job = current_job()
        sessions = job.sessions if job else []
        number = next((n for n, session in enumerate(sessions, 1) if session.manager is manager), 1)
        request = (getattr(manager, "source_ctx", None) or {}).get("request") or {}
        return cls(SessionLabel(number, max(len(sessions), 1)), job_key() or str(request.get("job_id") or ""))

    def line(self, text: str) -> None:
        """Write one line to the job's log."""
        _write(self.key, self.label.line(text))

    def warn(self, text: str) -> None:
        """Write a warning to the job's log."""
        self.line(f"warning: {text}")

    def frames(self, progress: Progress) -> None:
        """Report the progress of the session: at most once a second, and at the end."""
        if time.monotonic() - self._last < _INTERVAL and progress.done != progress.total:
            return
        self._last = time.monotonic()
        self.line(str(progress))
        self._send_progress(self.label.progress(progress))

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Write an error of the block to the log, and raise it again: inside the server, nothing else logs it.

        Raises:
            RbdmError: instead of an error of the database, whose text is long.
        """
        try:
            yield
        except Exception as raised:
            error = connection.as_one_line(raised)
            text = _error_text(error)
            _write(self.key, self.label.error(text))
            if job := current_job():
                job.errors.append(self.label.line(text))
            if error is raised:
                raise
            raise error from None

    def _send_progress(self, progress: str) -> None:
        if not self.key or not server_address() or (self._post and self._post.is_alive()):
            return
        message = json.dumps({"job_key": self.key, "progress": progress}).encode()
        self._post = threading.Thread(target=_post_progress, args=(message,), daemon=True)
        self._post.start()


def job_key() -> str:
    """The server's id of the job that this thread runs; empty if it is not known, as in a process of older servers."""
    return os.environ.get("DISCOVER_JOB_KEY") or host.job_key(threading.current_thread()) or ""


def write_line(text: str) -> None:
    """Write a line that belongs to no session to the log of the job that this thread runs."""
    _write(job_key(), text)


def explain_uncaught_errors() -> None:
    """If the job has a process of its own, let an error for the user end it with one line, and not with a traceback."""
    if threading.current_thread() is threading.main_thread() and not host.is_server():
        sys.excepthook = _print_uncaught


def _print_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if isinstance(error, RbdmError):
        _write("", job_error(_error_text(error)))
    else:
        sys.__excepthook__(kind, error, trace)


def _error_text(error: Exception) -> str:
    """The message of an error in one line, with the kind of the error if it was not expected."""
    kind = "" if isinstance(error, RbdmError) else f"{type(error).__name__}: "
    return kind + " ".join(str(error).split("\n"))


def _write(key: str, text: str) -> None:
    text = printable(text)
    logger = logging.getLogger(key) if key else None
    if logger and logger.handlers:
        logger.info(text)
        return
    # A Windows pipe may not be able to encode a letter of a path in the text. That must not end the session.
    encoding = sys.stdout.encoding or "ascii"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)


def _post_progress(message: bytes) -> None:
    with suppress(OSError):
        ask_server("api/update_progress", message, "application/json")
