"""Patches for bugs of the server's library. They act only in the thread of our job, except for the one of stdout.

The bugs were seen in discover-utils 1.2.1 and nova-utils 1.6.8. `.github/CONTRIBUTING.md` lists what goes wrong without
each patch.
"""

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from rbdm.errors import InputError, RbdmError
from rbdm.files.special import refuse_special_file
from rbdm.nova.connection import explain
from rbdm.progress import job_error
from rbdm.runtime.memory import release_free_memory
from rbdm.server.cancellation import finish_saving, stop_if_cancelled
from rbdm.server.database import patches as database
from rbdm.server.database.documents import database_errors
from rbdm.server.database.saving import Outputs
from rbdm.server.inputs.check import check_request
from rbdm.server.inputs.find import is_active
from rbdm.server.job import Job, Session, current_job
from rbdm.server.library import library
from rbdm.server.log import SessionLog, write_line
from rbdm.server.request import shared_outputs, use_known_scheme
from rbdm.server.templates import tidy_template
from rbdm.ssi import write_annotation

_ORIGINAL = "_before_rbdm"
_NO_SESSION = "dummy_session"
_FIELDS = ("scheme", "annotator", "role", "name")
_CREDENTIALS = {"db_host": "dbHost", "db_port": "dbPort", "db_user": "dbUser", "db_password": "dbPassword"}

Patch = Callable[..., Any]
"""Called as `patch(job, original, *arguments)` instead of `original(*arguments)`."""


def apply_patches() -> None:
    """Patch the library. A second call replaces our own wrappers and does not wrap them again.

    Raises:
        RbdmError: the library has changed and a patch does not fit. Without the patches it would save rounded numbers.
    """
    try:
        _apply_patches()
    except (AttributeError, ImportError) as error:
        known = "discover-utils 1.2.1 and nova-utils 1.6.8"
        raise RbdmError(f"rbdm supports {known}, but not the server's library here ({error}): update rbdm") from None


def _apply_patches() -> None:
    files, databases = library("data.handler.file_handler"), library("data.handler.nova_db_handler")
    managers, process = library("data.provider.data_manager"), library("scripts.process")
    manager = managers.DatasetManager
    _accept_ssifeature(library("utils.request_utils").SubType)
    _patch(manager, "__init__", _init_sessions)
    _patch(manager, "load", _load_session)
    _patch(manager, "save", _save_session)
    _patch(managers.SessionManager, "load", _load_templates)
    _patch(files.FileHandler, "load", _load_file)
    _patch(files._AnnotationFileHandler, "save", _save_annotation_file)
    _patch(databases, "MongoClient", database.make_client)
    _patch(databases.NovaDBHandler, "connect", database.connect_once)
    _patch(databases.SessionHandler, "load", database.load_sessions)
    _patch(databases.AnnotationHandler, "_load_scheme", database.look_up_once)
    _patch(databases.AnnotationHandler, "load", database.load_scheme)
    _patch(databases.AnnotationHandler, "save", database.save_to_database)
    _patch(process, "pack_remove", _pack_remove)
    process.exit = getattr(process, "exit", sys.exit)
    _patch(process, "exit", _exit)
    if process.traceback is traceback:
        process.traceback = SimpleNamespace(print_exc=traceback.print_exc)
    _patch(process.traceback, "print_exc", _print_exc)
    _accept_any_character_on_stdout()


def _patch(owner: Any, name: str, patch: Patch) -> None:
    """Replace a function of the library: in a job of ours `patch` is called, in any other thread the original."""
    current = getattr(owner, name)
    original = getattr(current, _ORIGINAL, current)

    @wraps(original)
    def patched(*args: Any, **kwargs: Any) -> Any:
        job = current_job()
        return original(*args, **kwargs) if job is None else patch(job, original, *args, **kwargs)

    setattr(patched, _ORIGINAL, original)
    setattr(owner, name, patched)


def _accept_ssifeature(types: Any) -> None:
    """Accept the source type `ssifeature`, which the documented request uses; the library's word is `ssistream`."""

    def missing(types: Any, value: object) -> Any:
        return types.SSIStream if value == "ssifeature" and current_job() else None

    try:
        types("ssifeature")
    except ValueError:
        types._missing_ = classmethod(missing)


def _init_sessions(
    job: Job, original: Any, self: Any, data_description: Any, source_context: Any = None, *args: Any, **kwargs: Any
) -> None:
    """Collect the job's sessions, including those that the database does not have.

    For the library, such a session ends the job and all its other sessions. The library also takes the text "False",
    which NOVA sends for an output that is not selected, for true.
    """
    check_request(data_description, kwargs.get("dataset"), kwargs.get("session_names"))
    for request in data_description:
        if "active" in request:
            request["active"] = is_active(request)
    problem = None
    try:
        with _explain_database_errors(data_description, source_context):
            original(self, data_description, source_context, *args, **kwargs)
    except (AttributeError, KeyError, TypeError) as error:
        problem = InputError(f"its document in the database cannot be read: {error!r}")
        self.data_description, self.source_ctx, self.sessions = data_description, source_context, {}
        self.session_names = None
    if not self.session_names:
        self.session_names = list(kwargs.get("session_names") or ["?"])
        names = ", ".join(map(repr, self.session_names))
        problem = problem or InputError(f"the dataset {kwargs.get('dataset')!r} has no session {names}")
    job.sessions.append(Session(self, problem))


@contextmanager
def _explain_database_errors(data_description: Any, source_context: Any) -> Iterator[None]:
    """Raise a one-line error if the request names no database, or if the database does not answer or refuses."""
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
        # The address may contain a user and password, which end with an @.
        place = f"{context['db_host']}:{context['db_port']}".rpartition("@")[2]
        why = explain(error)
        raise RbdmError(f"the database at {place} cannot be used as {context['db_user']!r}: {why}") from None


def _load_session(job: Job, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    """Write a session's error to the job's log: inside the server, the library prints it to the console only."""
    log = SessionLog.of(self)
    job.say = log.line
    stop_if_cancelled(log)
    with log.errors():
        while job.warnings:
            log.warn(job.warnings.pop(0))
        names = ", ".join(self.session_names)
        if names != _NO_SESSION:
            log.line(names)
        problem = next((session.problem for session in job.sessions if session.manager is self), None)
        if job.refused is None:
            job.refused = shared_outputs([session.manager for session in job.sessions])
        problem = problem or job.refused.get(id(self))
        if problem is not None:
            raise problem
        try:
            with database_errors():
                return original(self, *args, **kwargs)
        except KeyError as error:
            if error.args[0] in _FIELDS:
                raise InputError(f"an entry in the request's data has no field {error}") from None
            raise


def _save_session(job: Job, original: Any, self: Any, *args: Any, **kwargs: Any) -> Any:
    """Save all results of a session, or none if the job is cancelled; write an error to the job's log.

    The library calls the functions that save one annotation. Ours only collect what they have to save. The database
    comes first: if it refuses, no file has been changed.
    """
    log = SessionLog.of(self)
    with log.errors():
        try:
            job.outputs = outputs = Outputs()
            result = original(self, *args, **kwargs)
            if not finish_saving(job, outputs.write):
                stop_if_cancelled(log)
            return result
        finally:
            job.forget_session()
            release_free_memory()


def _load_templates(job: Job, original: Any, self: Any, data_description: Any = None) -> None:
    """Load only the templates of the outputs. We find and read the inputs ourselves, see `rbdm.server.inputs`.

    For the library, a box stream that is missing ends the session. It needs ffprobe, the ending `.mp4` and a header
    with `nb_frames` to read a video, and it cannot read a video that is in the request.
    """
    description = self.data_description if data_description is None else data_description
    use_known_scheme(job, self, description)
    original(self, [entry for entry in description if entry.get("type") == "output" and is_active(entry)])
    self.data_description = description


def _load_file(
    job: Job, original: Any, self: Any, fp: Any, header_only: bool = False, *args: Any, **kwargs: Any
) -> Any:
    """Name the annotation file whose scheme cannot be read."""
    if not Path(fp).exists():
        raise FileNotFoundError(fp)
    refuse_special_file(Path(fp))
    try:
        return original(self, fp, header_only, *args, **kwargs)
    except Exception as error:
        raise InputError(f"{fp}: its annotation scheme cannot be read: {error}") from None


def _save_annotation_file(job: Job, original: Any, self: Any, data: Any, fp: Any, *args: Any, **kwargs: Any) -> Any:
    """Write our annotations ourselves: the library keeps two decimals and drops our meta."""
    if job.outputs is None:
        write_annotation(fp, job.exact_or_error(data))
    else:
        job.outputs.files[fp] = job.exact_or_error(data)


def _pack_remove(job: Job, original: Any, data: Any, min_gap: int = 0, min_dur: int = 0) -> Any:
    """Remove and join segments ourselves: the library also closes gaps without a face, and can remove every segment."""
    return tidy_template(job, data, min_gap / 1000, min_dur / 1000)


def _exit(job: Job, original: Any, code: int = 0) -> Any:
    """Let a job with failed sessions end as failed.

    The library calls `exit`. Inside the server (backend `debug`) that only ends the job's thread, and the job's status
    stays "running" forever.
    """
    reason = f"some sessions failed: {job.errors[0] if job.errors else 'the lines above say which and why'}"
    reason += f" (and {len(job.errors) - 1} more)" if job.errors[1:] else ""
    if code and threading.current_thread() is not threading.main_thread():
        raise RbdmError(reason)
    if code:  # the server adds one more line, which does not say why
        write_line(job_error(reason))
    original(code)


def _print_exc(job: Job, original: Any, *args: Any, **kwargs: Any) -> Any:
    """Print no trace of an error for the user, which is in the job's log already, in one line."""
    if not isinstance(sys.exception(), RbdmError):
        original(*args, **kwargs)


def _accept_any_character_on_stdout() -> None:
    """Let the library print any path: a character that a Windows pipe cannot encode would end the session."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure and sys.stdout.errors == "strict":
        reconfigure(errors="backslashreplace")
