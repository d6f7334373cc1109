"""Finds the video and the box stream of a session."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from rbdm.errors import InputError
from rbdm.files.naming import data_path, safe_name
from rbdm.files.special import refuse_special_file
from rbdm.server.inputs.by_value import write_value
from rbdm.server.inputs.database import box_stream_file, video_file
from rbdm.server.library import library
from rbdm.types import Notify

_VIDEO_IDS = ("input_data", "video")
_FACES_IDS = ("face_bb", "face:bb")
_VIDEO_TYPES = ("stream:video", "image")
_FACES_TYPES = ("stream:ssistream", "stream:ssifeature")
_EXAMPLE = "file:stream:video"


class Inputs(NamedTuple):
    """The input files of one session.

    Attributes:
        video: a video or an image.
        faces: the header of its box stream; None if there is none, and the face must be found.
    """

    video: Path
    faces: Path | None


@dataclass(frozen=True)
class Source:
    """One input of a request.

    Attributes:
        entry: the input's entry in the request.
        origin: `file`, `db`, `url` or `request`.
        session: the session manager of the server's library.
    """

    entry: Mapping[str, Any]
    origin: str
    session: Any

    def field(self, name: str) -> str:
        """A field of the entry. Raises `InputError` if it is missing, empty or not a text."""
        value = self.entry.get(name)
        if not isinstance(value, str) or not value:
            raise InputError(f"input {self.entry.get('id')!r}: its field {name!r} must be a text and not empty")
        return value


@contextmanager
def session_inputs(session: Any, say: Notify) -> Iterator[Inputs]:
    """Find the video and the box stream of a session. Files that are made for this exist until the block ends.

    They are found by their ids (`input_data` or `video`; `face_bb` or `face:bb`). With other ids, they are found by the
    type of their data. An input whose `active` is false is not used.

    Args:
        session: the session manager of the server's library.
        say: called with one line of text if the session has no box stream, and if its stream was added to the dataset.

    Raises:
        InputError: the video is not in the request, or cannot be found or fetched.
    """
    video = _source(session, _VIDEO_IDS, _VIDEO_TYPES)
    faces = _source(session, _FACES_IDS, _FACES_TYPES)
    if video is None:
        raise InputError(f"the request has no input {_VIDEO_IDS[0]!r}: add one with src {_EXAMPLE!r}")
    with TemporaryDirectory(prefix="rbdm-", ignore_cleanup_errors=True) as folder:
        yield Inputs(_video_path(video, Path(folder)), _faces_path(faces, say))


def is_active(request: Mapping[str, Any]) -> bool:
    """Whether an entry of a request is selected. NOVA sends a boolean, its older versions the text "False"."""
    return str(request.get("active", True)).strip().lower() not in ("false", "0")


def _source(session: Any, ids: tuple[str, ...], types: tuple[str, ...]) -> Source | None:
    entries = [entry for entry in session.data_description if entry.get("type") == "input" and is_active(entry)]
    chosen = [entry for key in ids for entry in entries if entry.get("id") == key]
    chosen += [entry for entry in entries if str(entry.get("src")).lower().partition(":")[2].startswith(types)]
    if not chosen:
        return None
    return Source(chosen[0], str(chosen[0].get("src")).lower().partition(":")[0], session)


def _video_path(video: Source, folder: Path) -> Path:
    if video.origin == "request":
        return write_value(video.entry.get("data"), folder / safe_name(str(video.entry.get("id"))))
    if video.origin == "url":
        return _download(video.field("uri"), folder)
    if video.origin == "db":
        return video_file(video.session, video.field("name"), video.field("role"))
    return _file(video)


def _faces_path(faces: Source | None, say: Notify) -> Path | None:
    if faces is None:
        say("the request has no box stream: rbdm finds the face itself")
        return None
    if faces.origin in ("url", "request"):
        if faces.entry.get("data" if faces.origin == "request" else "uri"):
            raise InputError("a box stream has two files and cannot be sent in a request or fetched: leave it out")
        say("the box stream in the request is empty: rbdm finds the face itself")
        return None
    path: Path | None = None
    if faces.origin == "db":
        path = box_stream_file(faces.session, faces.field("name"), faces.field("role"), say)
    elif faces.entry.get("uri") or faces.entry.get("uri_template"):
        path = _file(faces)
    if path is not None:
        for file in (path, data_path(path)):
            refuse_special_file(file)
        if data_path(path).is_dir():
            raise InputError(f"{data_path(path)}: is not a file")
        if not _is_missing(path):
            return path
    say(f"no box stream{f' {path}' if path else ''}: rbdm finds the face itself")
    return None


def _is_missing(header: Path) -> bool:
    """Whether a stream does not exist or is empty. A header without its data file is neither, and an error later."""
    if not header.is_file() or not header.stat().st_size:
        return True
    data = data_path(header)
    return data.is_file() and not data.stat().st_size


def _file(source: Source) -> Path:
    resolve: Callable[..., Path] | None
    resolve = getattr(library("data.provider.data_manager"), "resolve_file_uri", None)
    session = source.session
    try:
        path = resolve(source.entry, session.dataset, session.session) if resolve else Path(source.field("uri"))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"input {source.entry.get('id')!r}: its field uri cannot be used: {error}") from None
    # NOVA sends a file to the route `upload` first, whose answer is a path in the server's folder for such files.
    uploaded = Path(os.environ.get("TMP_DIR", ""), path)
    return uploaded if not path.is_absolute() and not path.exists() and uploaded.is_file() else path


def _download(url: str, folder: Path) -> Path:
    from requests import RequestException

    path = folder / safe_name(url.partition("?")[0].rpartition("/")[2])
    try:
        library("utils.cache_utils").retreive_from_url(url, path)
    except (OSError, RequestException, ValueError) as error:
        raise InputError(f"{url}: cannot be fetched: {error}") from None
    return path
