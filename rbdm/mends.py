"""What the server's library gets wrong, mended for the thread that runs our job and not for other modules.

Seen in discover-utils 1.2.1 and nova-utils 1.6.8. What the library has learnt to answer, we are not asked.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from rbdm import cancel, database, jobs
from rbdm.errors import InputError, RbdmError, SchemeError
from rbdm.hosts import host_rows, is_active, library
from rbdm.ssi import Annotation, DiscreteScheme, write_annotation

_ORIGINAL = "_before_rbdm"
_NO_SESSION = "dummy_session"
_FIELDS = ("scheme", "annotator", "role", "name")
_CREDENTIALS = {"db_host": "dbHost", "db_port": "dbPort", "db_user": "dbUser", "db_password": "dbPassword"}


def mend() -> None:
    """Mend the library for the job that `jobs.begin` has begun in this thread; doing it twice is fine.

    Raises:
        RbdmError: the library has no longer what is to be mended; without that it would save rounded numbers.
    """
    try:
        _mend()
    except AttributeError as error:
        known = "discover-utils 1.2.1 and nova-utils 1.6.8"
        raise RbdmError(f"this rbdm knows {known}, and not the server's library here: {error}; update rbdm") from None


def _mend() -> None:
    files, databases = library("data.handler.file_handler"), library("data.handler.nova_db_handler")
    manager, process = library("data.provider.data_manager").DatasetManager, library("scripts.process")
    _know_ssifeature(library("utils.request_utils").SubType)
    _wrap(manager, "__init__", _keeping_sessions)
    _wrap(manager, "load", _loading)
    _wrap(manager, "save", _saving)
    _wrap(files.FileHandler, "load", _reading_no_data)
    _wrap(files._AnnotationFileHandler, "save", _keeping_precision)
    _wrap(databases.NovaDBHandler, "connect", _connecting_once)
    _wrap(databases.AnnotationHandler, "load", _naming_schemes)
    _wrap(databases.AnnotationHandler, "save", _storing_as_a_whole)
    _wrap(process, "pack_remove", _joining_only_over_gaps)
    process.exit = _exit
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


def _keeping_sessions(original: Any) -> Any:
    """Keep the job's sessions, which the library only counts to itself, and those that the database lacks.

    For the library these end the job and all its other sessions. It also takes the "False" that NOVA sends for an
    output that is not ticked for a yes.
    """

    def init(self: Any, data_description: Any, source_context: Any = None, *args: Any, **kwargs: Any) -> None:
        job = jobs.current()
        if job is None:
            original(self, data_description, source_context, *args, **kwargs)
            return
        for request in data_description:
            if "active" in request:
                request["active"] = is_active(request)
        problem = None
        try:
            with _database_errors(data_description, source_context):
                original(self, data_description, source_context, *args, **kwargs)
        except (AttributeError, KeyError, TypeError) as error:
            problem = InputError(f"its document in the database cannot be read: {error!r}")
            self.data_description, self.source_ctx, self.sessions = data_description, source_context, {}
            self.session_names = None
        if not self.session_names:
            self.session_names = list(kwargs.get("session_names") or ["?"])
            names = ", ".join(map(repr, self.session_names))
            self.problem = problem or InputError(f"the dataset {kwargs.get('dataset')!r} has no session {names}")
        job.managers.append(self)

    return init


@contextmanager
def _database_errors(data_description: Any, source_context: Any) -> Iterator[None]:
    """Say in a line that the database is not named, does not answer or refuses; all sessions end with that."""
    context = (source_context or {}).get("db") or {}
    needed = any(str(request.get("src", "")).lower().startswith("db:") for request in data_description)
    missing = [field for name, field in _CREDENTIALS.items() if not context.get(name)]
    if needed and missing:
        raise RbdmError(f"the request is for a database but has no {', '.join(missing)}")
    if not needed:
        yield
        return
    from pymongo.errors import PyMongoError

    try:
        yield
    except PyMongoError as error:
        place = f"{context['db_host']}:{context['db_port']}".rpartition("@")[2]  # an address may have a password in it
        why = str(error).partition(", Timeout:")[0]  # what follows is a page on the state of the connection
        raise RbdmError(f"the database at {place} cannot be used as {context['db_user']!r}: {why}") from None


def _loading(original: Any) -> Any:
    """Put a session's error into the job's log: inside the server, the library prints it to the console."""

    def load(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not jobs.current():
            return original(self, *args, **kwargs)
        log = jobs.SessionLog.of(self)
        cancel.stop_if_cancelled(log)
        with log.errors():
            names = ", ".join(self.session_names)
            if names != _NO_SESSION:
                log.line(names)
            if problem := getattr(self, "problem", None):
                raise problem
            try:
                return original(self, *args, **kwargs)
            except KeyError as error:
                if error.args[0] in _FIELDS:
                    raise InputError(f"an entry in the request's data has no field {error}") from None
                raise

    return load


def _saving(original: Any) -> Any:
    """Save a session's results together or, where the job is cancelled, none of them; log what goes wrong."""

    def save(self: Any, *args: Any, **kwargs: Any) -> Any:
        job = jobs.current()
        if not job:
            return original(self, *args, **kwargs)
        log = jobs.SessionLog.of(self)
        with log.errors(), job.saving:
            cancel.stop_if_cancelled(log)
            return original(self, *args, **kwargs)

    return save


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


def _connecting_once(original: Any) -> Any:
    """Use one connection in a job: the library makes one for every input and output, and waits 3 s for TLS each time.

    What a handler knows once connected goes to the next one; the folder of the streams is not of the connection.
    """

    def connect(self: Any, *args: Any, **kwargs: Any) -> Any:
        job = jobs.current()
        if job is None:
            return original(self, *args, **kwargs)
        key = (args, tuple(sorted(kwargs.items())))
        if key not in job.connections:
            original(self, *args, **kwargs)
            job.connections[key] = {name: value for name, value in vars(self).items() if name != "data_dir"}
        vars(self).update(job.connections[key])

    return connect


def _naming_schemes(original: Any) -> Any:
    """Name a scheme whose document lacks what the library asks of it."""

    def load(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return original(self, *args, **kwargs)
        except (AttributeError, KeyError, TypeError) as error:
            if jobs.current() is None:
                raise
            name = kwargs.get("scheme")
            raise SchemeError(f"scheme {name!r}: its document in the database cannot be read: {error!r}") from None

    return load


def _storing_as_a_whole(original: Any) -> Any:
    """Store our annotations ourselves: the library resamples them at equal rates, too, and rounds their times."""

    def save(self: Any, annotation: Any, *args: Any, **kwargs: Any) -> Any:
        exact = getattr(annotation, "exact", None)
        if exact is None:
            return original(self, annotation, *args, **kwargs)
        names = ("dataset", "session", "scheme", "annotator", "role")
        target = database.Target(*(kwargs[name] for name in names))
        packed = _as_packed(exact, annotation.data)
        return database.store(self.client, target, packed, overwrite=kwargs.get("overwrite", False))

    return save


def _joining_only_over_gaps(original: Any) -> Any:
    """Leave segments that merely touch to the option `merge_segments`: 0 is what NOVA sends without being asked."""

    def pack_remove(data: Any, min_gap: int = 0, min_dur: int = 0) -> Any:
        if jobs.current() and min_gap == 0:
            min_gap = -1
        return original(data, min_gap=min_gap, min_dur=min_dur)

    return pack_remove


def _as_packed(exact: Annotation, rows: Any) -> Annotation:
    """The exact annotation, with its segments joined or dropped as the library has done at the request's wish."""
    known = host_rows(exact)
    if np.array_equal(known, rows) or not isinstance(exact.scheme, DiscreteScheme):
        return exact
    packed = np.empty(len(rows), exact.data.dtype)
    packed["from"] = exact.data["from"][np.searchsorted(known["from"], rows["from"])]
    packed["to"] = exact.data["to"][np.searchsorted(known["to"], rows["to"])]
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
