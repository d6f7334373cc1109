"""What the server's library gets wrong, mended for the thread that runs our job and not for other modules.

Seen in discover-utils 1.2.1 and nova-utils 1.6.8. A mend steps aside in a library that does without it: what
the library has learnt to answer, or no longer calls, we are not asked.
"""

import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from rbdm import jobs
from rbdm.errors import InputError, RbdmError
from rbdm.hosts import host_rows, library
from rbdm.ssi import Annotation, DiscreteScheme, write_annotation

_ORIGINAL = "_before_rbdm"


def mend() -> None:
    """Mend the library for the job that `jobs.begin` has begun in this thread; doing it twice is fine."""
    files = library("data.handler.file_handler")
    manager = library("data.provider.data_manager").DatasetManager
    _know_ssifeature(library("utils.request_utils").SubType)
    _wrap(manager, "__init__", _counting_sessions)
    _wrap(manager, "load", _logging_errors)
    _wrap(manager, "save", _logging_errors)
    _wrap(files.FileHandler, "load", _reading_no_data)
    _wrap(files._AnnotationFileHandler, "save", _keeping_precision)
    library("scripts.process").exit = _exit
    _print_any_letter()


def _wrap(owner: Any, name: str, wrapper: Callable[[Any], Any]) -> None:
    current = getattr(owner, name)
    original = getattr(current, _ORIGINAL, current)
    wrapped = wrapper(original)
    setattr(wrapped, _ORIGINAL, original)
    setattr(owner, name, wrapped)


def _know_ssifeature(types: Any) -> None:
    """Let requests say `ssifeature`, as the documented one does; the library says `ssistream`."""

    def missing(types: Any, value: object) -> Any:
        return types.SSIStream if value == "ssifeature" and jobs.current() else None

    try:
        types("ssifeature")
    except ValueError:
        types._missing_ = classmethod(missing)


def _counting_sessions(original: Any) -> Any:
    """Keep the sessions of the job, which the library only counts to itself."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        if job := jobs.current():
            job.managers.append(self)

    return init


def _logging_errors(original: Any) -> Any:
    """Put a session's error into the job's log: inside the server, the library prints it to the console."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not jobs.current():
            return original(self, *args, **kwargs)
        with jobs.SessionLog.of(self).errors():
            return original(self, *args, **kwargs)

    return method


def _reading_no_data(original: Any) -> Any:
    """Leave reading to us: the library needs ffprobe, the ending `.mp4` and a header with `nb_frames`."""

    def load(self: Any, fp: Any, header_only: bool = False, *args: Any, **kwargs: Any) -> Any:
        is_annotation = Path(fp).suffix == ".annotation"
        if jobs.current() is None or (is_annotation and not header_only):
            return original(self, fp, header_only, *args, **kwargs)
        if not header_only:
            return _unread(Path(fp))
        if not Path(fp).exists():
            raise FileNotFoundError(fp)
        try:
            return original(self, fp, header_only, *args, **kwargs)
        except Exception as error:
            raise InputError(f"{fp}: its annotation scheme cannot be read: {error}") from None

    return load


def _unread(path: Path) -> Any:
    streams = library("data.stream")
    kind = streams.SSIStream if path.suffix.lower() == ".stream" else streams.Video
    data = kind(None, None, name=path.name, ext=path.suffix)
    data.meta_data.expand(library("data.handler.file_handler").FileMetaData(path))
    return data


def _keeping_precision(original: Any) -> Any:
    """Write our annotations ourselves: the library keeps two decimals and none of the meta."""

    def save(self: Any, data: Any, fp: Any, *args: Any, **kwargs: Any) -> Any:
        exact = getattr(data, "exact", None)
        if exact is None:
            return original(self, data, fp, *args, **kwargs)
        return write_annotation(fp, _as_packed(exact, data.data))

    return save


def _as_packed(exact: Annotation, rows: Any) -> Annotation:
    """The exact annotation, unless the library has joined or dropped segments as the request may ask for."""
    if np.array_equal(host_rows(exact), rows) or not isinstance(exact.scheme, DiscreteScheme):
        return exact
    packed = np.empty(len(rows), exact.data.dtype)
    for name in ("from", "to"):
        packed[name] = rows[name] / 1000
    for name in ("id", "conf"):
        packed[name] = rows[name]
    return replace(exact, data=packed)


def _exit(code: int = 0) -> NoReturn:
    """Let a job with failed sessions end as failed.

    The library calls `exit`; inside the server (backend `debug`) that ends the job's thread unseen, and the
    job stays "running" for ever.
    """
    if jobs.current() and code and threading.current_thread() is not threading.main_thread():
        raise RbdmError("some sessions failed: the lines above say which and why")
    sys.exit(code)


def _print_any_letter() -> None:
    """Let the library print paths with letters that a Windows pipe does not know; that ends the session."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure and sys.stdout.errors == "strict":
        reconfigure(errors="backslashreplace")
