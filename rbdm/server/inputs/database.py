"""Finds the files of streams that a NOVA database names, and adds the box stream to the database if it is missing."""

from pathlib import Path
from typing import Any

from rbdm.errors import InputError
from rbdm.files.naming import IMAGE_ENDINGS, VIDEO_ENDINGS
from rbdm.nova.streams import find_stream, register_stream
from rbdm.server.job import Job, current_job
from rbdm.server.library import library
from rbdm.ssi import read_stream
from rbdm.types import Notify


def video_file(session: Any, name: str, role: str) -> Path:
    """The file of a video stream.

    If the dataset has no stream of this name, the only video in the session's folder that fits the name is used.

    Args:
        session: the session manager of the server's library.
        name: the name of the stream.
        role: whose video it is.

    Raises:
        InputError: there is no such stream, or its file is missing.
    """
    handler = _handler(session)
    document = _document(session, handler, name)
    folder = _folder(session, handler)
    if document is not None:
        path = folder / f"{role}.{name}.{_ending(document, name)}"
        if not path.is_file():
            raise InputError(f"{path}: no such file: the video of role {role!r} is expected there")
        return path
    endings = VIDEO_ENDINGS | IMAGE_ENDINGS
    stem = f"{role}.{name}"
    found = [path for path in sorted(folder.glob("*")) if path.stem == stem and path.suffix.lower() in endings]
    if len(found) != 1:
        where = f"and {folder} has {len(found) or 'no'} files {stem}.*"
        raise InputError(f"the dataset {session.dataset!r} has no stream {name!r}, {where}: add the stream in NOVA")
    return found[0]


def box_stream_file(session: Any, name: str, role: str, say: Notify) -> Path:
    """The header file of a box stream, which need not exist.

    If the file exists and the dataset has no stream of this name, the stream is added to the dataset, so that NOVA and
    other modules find it, too.

    Args:
        session: see `video_file`.
        name: see `video_file`.
        role: see `video_file`.
        say: called with one line of text if the stream was added, or could not be.

    Raises:
        InputError: the file exists and cannot be read.
    """
    handler = _handler(session)
    database = handler.client[session.dataset]
    document = _document(session, handler, name)
    ending = "stream" if document is None else _ending(document, name)
    path = _folder(session, handler) / f"{role}.{name}.{ending}"
    if document is None and path.is_file() and path.stat().st_size:
        from pymongo.errors import PyMongoError

        sample_rate = read_stream(path).sample_rate
        try:
            register_stream(database, name, sample_rate)
            say(f"added the stream {name!r} to the dataset {session.dataset!r}")
        except PyMongoError:
            problem = f"the dataset {session.dataset!r} has no stream {name!r}, and this user may not add it"
            say(f"warning: {problem}: run `rbdm detect --db` as a user who may, so that NOVA lists it")
    return path


def _document(session: Any, handler: Any, name: str) -> Any:
    """The document of a stream, which the job remembers for a minute; None if there is none."""
    job = current_job() or Job()
    key = ("Streams", session.dataset, name)
    return job.look_up(key, lambda: find_stream(handler.client[session.dataset], name))


def _handler(session: Any) -> Any:
    context = session.source_context[library("utils.request_utils").Origin.DB]
    return library("data.handler.nova_db_handler").StreamHandler(**context)


def _folder(session: Any, handler: Any) -> Path:
    if not handler.data_dir:
        raise InputError("the server has no data folder: start it with --data_dir")
    return Path(handler.data_dir, session.dataset, session.session)


def _ending(document: Any, name: str) -> str:
    ending: Any = document.get("fileExt")
    if not isinstance(ending, str) or not ending:
        raise InputError(f"stream {name!r}: its document in the database has no field fileExt")
    return ending.lstrip(".")
