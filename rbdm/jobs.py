"""The server's job that runs in this thread: which session it is at, its log and its progress."""

import http.client
import json
import logging
import os
import ssl
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from rbdm.errors import RbdmError
from rbdm.progress import Progress

_INTERVAL = 1.0
_TIMEOUT = 1.0
_EVERYWHERE = ("0.0.0.0", "::", "")


@dataclass
class Job:
    """One request to the server.

    Attributes:
        managers: the dataset managers of its sessions, in the order of processing.
        connections: what the library's database handlers know once connected, by where and as whom.
        cancelled: set once somebody has cancelled it.
        saving: held while a session's results are written.
        is_own_process: whether it has a process of its own and is no thread of the server.
    """

    managers: list[Any] = field(default_factory=list)
    connections: dict[Any, dict[str, Any]] = field(default_factory=dict, repr=False)  # has passwords
    cancelled: threading.Event = field(default_factory=threading.Event)
    saving: threading.Lock = field(default_factory=threading.Lock)
    is_own_process: bool = False


_thread = threading.local()


def begin() -> Job:
    """Take this thread for our job's; a server runs every job in a thread or process of its own."""
    job: Job = Job()
    _thread.job = job
    return job


def current() -> Job | None:
    """The job that this thread runs, or None where the thread is not ours."""
    return getattr(_thread, "job", None)


@dataclass
class SessionLog:
    """Where one session's lines and progress go: the job's log, and the server's list of jobs."""

    label: str
    key: str
    _last: float = -_INTERVAL
    _post: threading.Thread | None = None

    @classmethod
    def of(cls, manager: Any) -> "SessionLog":
        """The log of the session that a host's dataset manager holds."""
        job = current()
        managers = job.managers if job else []
        number = next((n for n, known in enumerate(managers, 1) if known is manager), 1)
        request = (getattr(manager, "source_ctx", None) or {}).get("request") or {}
        key = os.environ.get("DISCOVER_JOB_KEY") or request.get("job_id") or ""
        return cls(f"session {number}/{max(len(managers), 1)}", str(key))

    def line(self, text: str) -> None:
        """Write one line to the job's log."""
        _write(self.key, f"{self.label}: {text}")

    def warn(self, text: str) -> None:
        """Write a warning to the job's log."""
        self.line(f"warning: {text}")

    def frames(self, progress: Progress) -> None:
        """Say how far the session is, at most once a second, and when it is done."""
        done, total = progress.done, progress.total
        if time.monotonic() - self._last < _INTERVAL and done != total:
            return
        self._last = time.monotonic()
        self.line(str(progress))
        self._tell_server(f"{self.label} {min(100 * done // total, 100)} %" if total else f"{self.label} {done} frames")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Write an error that passes through to the log, once: inside the server nobody else does."""
        try:
            yield
        except Exception as error:
            if not getattr(error, "_rbdm_logged", False):
                kind = "" if isinstance(error, RbdmError) else f"{type(error).__name__}: "
                self.line(f"error: {kind}{error}")
                error._rbdm_logged = True  # type: ignore[attr-defined]
            raise

    def _tell_server(self, progress: str) -> None:
        if not self.key or not server_address() or (self._post and self._post.is_alive()):
            return
        message = json.dumps({"job_key": self.key, "progress": progress}).encode()
        self._post = threading.Thread(target=_send_progress, args=(message,), daemon=True)
        self._post.start()


def _write(key: str, text: str) -> None:
    logger = logging.getLogger(key) if key else None
    if logger and logger.handlers:
        logger.info(text)
        return
    # A Windows pipe may not know a letter of the path in the text, and that must not end the session.
    encoding = sys.stdout.encoding or "ascii"
    print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)


def _send_progress(message: bytes) -> None:
    with suppress(OSError):
        ask_server("api/update_progress", message, "application/json")


def server_address() -> str | None:
    """The server's URL as it has told us in our environment, or None."""
    host, port = os.environ.get("DISCOVER_HOST"), os.environ.get("DISCOVER_PORT")
    if host is None or not port:
        return None
    scheme = "https" if os.environ.get("DISCOVER_USE_TLS", "").lower() == "true" else "http"
    return f"{scheme}://{'127.0.0.1' if host in _EVERYWHERE else host}:{port}"


def ask_server(route: str, body: bytes | None = None, content_type: str = "application/x-www-form-urlencoded") -> bytes:
    """What the server answers: a GET where there is no body, else a POST.

    Raises:
        OSError: it does not answer within a second, or not in full, or refuses.
    """
    request = urllib.request.Request(f"{server_address()}/{route}", body, {"Content-Type": content_type})
    try:
        with _opener().open(request, timeout=_TIMEOUT) as answer:
            return bytes(answer.read())
    except http.client.HTTPException as error:
        raise OSError(f"no answer to {route}: {error!r}") from None


@cache
def _opener() -> urllib.request.OpenerDirector:
    # The server has signed its certificate itself, and what stays on this machine needs no proxy.
    unchecked = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    handlers = urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unchecked)
    return urllib.request.build_opener(*handlers)
