"""Reads a request: finds its inputs and the annotations to write."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rbdm.errors import InputError, SchemeError
from rbdm.files.atomic import check_writable
from rbdm.server import nova_database
from rbdm.server.library import library
from rbdm.server.templates import RequestedAnnotation
from rbdm.types import ANNOTATIONS, Notify

_VIDEO_IDS = ("input_data", "video")
_FACES_IDS = ("face_bb", "face:bb")


@dataclass(frozen=True)
class Inputs:
    """The input files of one session: the video, and the header of its box stream."""

    video: Path
    faces: Path


def find_inputs(session: Any) -> Inputs:
    """Find the video and the box stream of a session.

    They are found by their ids (`input_data` or `video`; `face_bb` or `face:bb`). With other ids, they are found by the
    type of their data.

    Args:
        session: the session manager of the server's library, which has loaded the inputs.

    Raises:
        InputError: one of them is not in the request.
    """
    stream = library("data.stream")
    video = _input(session, _VIDEO_IDS, stream.Video, "file:stream:video")
    faces = _input(session, _FACES_IDS, stream.SSIStream, "file:stream:ssistream:blazeface")
    return Inputs(video, faces)


def _input(session: Any, ids: tuple[str, ...], kind: type, example: str) -> Path:
    found = [session.input_data[key] for key in ids if key in session.input_data]
    found += [data for data in session.input_data.values() if isinstance(data, kind)]
    if not found:
        raise InputError(f"the request has no input {ids[0]!r}: add one with src {example!r}")
    return Path(found[0].meta_data.file_path)


def _origin(request: Mapping[str, Any]) -> str:
    return str(request.get("src", "")).partition(":")[0].lower()


def requested_annotations(session: Any) -> list[RequestedAnnotation]:
    """The annotations to write for a session, in the order of the request.

    Args:
        session: the session manager of the server's library.

    Raises:
        SchemeError: a requested annotation is not expression, valence or arousal, or its scheme is not in the database.
    """
    found = []
    for request in session.data_description:
        if request.get("type") == "output" and is_active(request):
            found.append(_output(session, request))
    return found


def is_active(request: Mapping[str, Any]) -> bool:
    """Whether an entry of a request is selected. NOVA sends its check box as the text "True" or "False"."""
    return str(request.get("active", True)).strip().lower() not in ("false", "0")


def _output(session: Any, request: Mapping[str, Any]) -> RequestedAnnotation:
    key = library("utils.request_utils").data_description_to_string(request)
    template = session.output_data_templates[key]
    # The key is not searched: without an id, it contains the name of the annotator, which may be any word.
    texts = (str(request.get("id", "")), str(request.get("scheme", "")), template.annotation_scheme.name or "")
    name = next((name for text in texts for name in ANNOTATIONS if name in text.lower()), None)
    if name is None and hasattr(template.annotation_scheme, "classes"):
        name = "expression"
    if name is None:
        names = ", ".join(ANNOTATIONS)
        raise SchemeError(f"output {key!r} is not an annotation of rbdm: its id must be one of {names}")
    if _origin(request) == "db" and not hasattr(template.meta_data, "ip"):
        raise SchemeError(f"output {key!r}: the database has no scheme {request.get('scheme')!r}: create it first")
    return RequestedAnnotation(key, name, template, _path(session, request), _target(session, request), request)


def _path(session: Any, request: Mapping[str, Any]) -> Path | None:
    if _origin(request) != "file":
        return None
    resolve = getattr(library("data.provider.data_manager"), "resolve_file_uri", None)
    return resolve(request, session.dataset, session.session) if resolve else Path(request["uri"])


def _target(session: Any, request: Mapping[str, Any]) -> nova_database.AnnotationKey | None:
    if _origin(request) != "db":
        return None
    names = (request[name] for name in ("scheme", "annotator", "role"))
    return nova_database.AnnotationKey(session.dataset, session.session, *names)


def make_writable(session: Any, wanted: list[RequestedAnnotation], warn: Notify) -> None:
    """Create the folders of the output files, and check that all files and database annotations can be written.

    Args:
        session: the session manager of the server's library.
        wanted: the annotations to write, see `requested_annotations`.
        warn: called with one line of text for each annotation in the database that will be replaced.

    Raises:
        OutputError: an annotation cannot be written.
    """
    for output in wanted:
        if output.path is not None:
            check_writable(output.path)
        elif output.target is not None:
            nova_database.check(_client(session), output.target, warn)


def _client(session: Any) -> Any:
    context = session.source_context[library("utils.request_utils").Origin.DB]
    return library("data.handler.nova_db_handler").AnnotationHandler(**context).client
