"""Reads a request: finds the annotations to write."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from rbdm.errors import InputError, RbdmError, SchemeError
from rbdm.files.atomic import check_writable
from rbdm.files.naming import safe_name
from rbdm.server.database import documents
from rbdm.server.inputs.find import is_active
from rbdm.server.job import Job
from rbdm.server.library import library
from rbdm.server.templates import RequestedAnnotation
from rbdm.types import ANNOTATIONS, Notify

_DEFAULT_SCHEME, _OTHER_SCHEME = "expression", "emotion"
"""The scheme that our trainer file offers for the expression, and the one of hcmlab's own module of this name."""


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


def use_known_scheme(job: Job, session: Any, data_description: Sequence[dict[str, Any]]) -> None:
    """Write the expression to the scheme `emotion` if the dataset does not have `expression`, which is our default.

    Datasets that were annotated with hcmlab's own module of this name have that scheme. The entries are changed for
    all sessions of the job.

    Args:
        job: its log says which scheme is used.
        session: the session manager of the server's library.
        data_description: the entries of the request.
    """
    asks = [entry for entry in data_description if _asks_for_default_scheme(entry)]
    if not asks:
        return
    if job.scheme_names is None:
        schemes = _client(session)[session.dataset]["Schemes"].find({"type": "DISCRETE"}, {"name": 1})
        job.scheme_names = {document.get("name") for document in schemes}
    if _DEFAULT_SCHEME in job.scheme_names or _OTHER_SCHEME not in job.scheme_names:
        return
    job.say(f"the dataset {session.dataset!r} has no scheme {_DEFAULT_SCHEME!r}: uses its scheme {_OTHER_SCHEME!r}")
    for entry in asks:
        entry["scheme"] = _OTHER_SCHEME


def _asks_for_default_scheme(entry: Mapping[str, Any]) -> bool:
    wanted = entry.get("type") == "output" and is_active(entry) and entry.get("scheme") == _DEFAULT_SCHEME
    return wanted and _origin(entry) == "db"


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
    if _origin(request) == "request":
        # The library saves it under this name, and the client fetches it from the route `fetch_result`.
        template.meta_data.name = f"{safe_name(key)}.annotation"
    if _origin(request) == "db" and not hasattr(template.meta_data, "ip"):
        raise SchemeError(f"output {key!r}: the database has no scheme {request.get('scheme')!r}: create it first")
    return RequestedAnnotation(key, name, template, _path(session, request), _target(session, request), request)


def _path(session: Any, request: Mapping[str, Any]) -> Path | None:
    if _origin(request) != "file":
        return None
    resolve = getattr(library("data.provider.data_manager"), "resolve_file_uri", None)
    return resolve(request, session.dataset, session.session) if resolve else Path(request["uri"])


def _target(session: Any, request: Mapping[str, Any]) -> documents.AnnotationKey | None:
    if _origin(request) != "db":
        return None
    names = (request[name] for name in ("scheme", "annotator", "role"))
    return documents.AnnotationKey(session.dataset, session.session, *names)


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
    targets = [output.target for output in wanted if output.target is not None]
    if targets:
        documents.check(_client(session), targets, warn)


def _client(session: Any) -> Any:
    context = session.source_context[library("utils.request_utils").Origin.DB]
    return library("data.handler.nova_db_handler").AnnotationHandler(**context).client


def shared_outputs(managers: Sequence[Any]) -> dict[int, RbdmError]:
    """Outputs of a job that would overwrite each other: of two sessions, or two of one session.

    Args:
        managers: the dataset managers of the server's library, one for each session. Nothing has to be loaded yet.

    Returns:
        The error for each session that has such an output, by the `id` of its dataset manager.
    """
    owners: dict[object, list[tuple[Any, str]]] = {}
    for manager in managers:
        for name, entry in manager.sessions.items():
            for request in entry["manager"].data_description:
                # An entry that is not complete is reported when the session is loaded.
                with suppress(KeyError, TypeError, ValueError):
                    place = _place(entry["manager"], request)
                    if place is not None:
                        owners.setdefault(place, []).append((manager, name))
    found: dict[int, RbdmError] = {}
    for place, owned in owners.items():
        if len(owned) > 1:
            error = InputError(_why_shared(place, owned))
            found |= {id(manager): error for manager, _ in owned}
    return found


def _place(session: Any, request: Mapping[str, Any]) -> object:
    """What an output is written to: a file, or an annotation of the database; None if it is neither, or not active."""
    if request.get("type") != "output" or not is_active(request):
        return None
    path = _path(session, request)
    return path.resolve() if path is not None else _target(session, request)


def _why_shared(place: object, owned: list[tuple[Any, str]]) -> str:
    names = list(dict.fromkeys(name for _, name in owned))
    if len(names) > 1:
        return f"{place}: the sessions {names[0]!r} and {names[1]!r} would both write it: give each its own file"
    if len({id(manager) for manager, _ in owned}) > 1:
        return f"session {names[0]!r} is in the request more than once: name it once"
    return f"{place}: two outputs of the request would write it: give each its own"
