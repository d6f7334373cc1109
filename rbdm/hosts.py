"""The server's library, `discover_utils` or the older `nova_utils`: what a request gives and asks for."""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np

from rbdm import database
from rbdm.errors import InputError, RbdmError, SchemeError
from rbdm.outputs import check_writable
from rbdm.schemes import Warn
from rbdm.ssi import Annotation, ContinuousScheme, DiscreteScheme, Scheme, SchemeClass, read_annotation

_LIBRARIES = ("discover_utils", "nova_utils")
_VIDEO_IDS = ("input_data", "video")
_FACES_IDS = ("face_bb", "face:bb")
_OUTPUTS: tuple[Literal["expression", "valence", "arousal"], ...] = ("expression", "valence", "arousal")
_PLACEHOLDERS = {"class_one", "class_two"}


@cache
def library_name() -> str:
    """`discover_utils` or `nova_utils`: the one that runs us, else the one that is installed.

    Raises:
        RbdmError: neither is installed.
    """
    for name in _LIBRARIES:
        if name in sys.modules:
            return name
    for name in _LIBRARIES:
        if importlib.util.find_spec(name):
            return name
    raise RbdmError("the server's library is not installed: pip install hcai-discover-utils")


def library(module: str) -> Any:
    """A module of the server's library, such as `interfaces.server_module`."""
    return importlib.import_module(f"{library_name()}.{module}")


@dataclass(frozen=True)
class Inputs:
    """The files of one session."""

    video: Path
    faces: Path


def inputs(session: Any) -> Inputs:
    """The video and the box stream that a host's session manager has loaded.

    They are found by id (`input_data`; `face_bb` or `face:bb`), under any other id by the type of the data.

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


@dataclass(frozen=True)
class Output:
    """One annotation that a request asks for.

    Attributes:
        key: the host's key for it, usually the id in the request.
        name: `expression`, `valence` or `arousal`.
        template: the host's empty annotation, of the host's own class.
        path: the file it will be written to; None for a database.
        target: the annotation of a database that it will be written to; None for a file.
        request: its entry in the request.
    """

    key: str
    name: Literal["expression", "valence", "arousal"]
    template: Any
    path: Path | None
    target: database.Target | None
    request: Mapping[str, Any]

    @property
    def place(self) -> str:
        """What to call it in an error: its file, else its key."""
        return str(self.path or self.key)

    @property
    def is_given(self) -> bool:
        """Whether its scheme is from a file or the database, and not one that the host made up."""
        if _is_made_up(self.template.annotation_scheme):
            return False
        return hasattr(self.template.meta_data, "file_path") or self.target is not None

    @overload
    def scheme(self, default: DiscreteScheme) -> DiscreteScheme: ...
    @overload
    def scheme(self, default: ContinuousScheme) -> ContinuousScheme: ...
    def scheme(self, default: DiscreteScheme | ContinuousScheme) -> DiscreteScheme | ContinuousScheme:
        """What the existing file, the database or the request says; where they say nothing, `default`.

        Raises:
            SchemeError: the scheme is not of the kind of `default`, or a value of it is no number.
        """
        discrete = isinstance(default, DiscreteScheme)
        if not hasattr(self.template.annotation_scheme, "classes" if discrete else "sample_rate"):
            kind = "discrete" if discrete else "continuous"
            raise SchemeError(f"output {self.place}: {self.name} needs a {kind} scheme, but it has another")
        try:
            given = self._given_scheme() if self.is_given else self._requested_scheme(default)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SchemeError(f"output {self.place}: its scheme cannot be read: {error}") from None
        assert isinstance(given, type(default))
        return given

    def _given_scheme(self) -> Scheme:
        if self.path is not None:
            # The host forgets the colours; where its data is damaged, the header is all that counts.
            with suppress(InputError):
                return read_annotation(self.path).scheme
        given = self.template.annotation_scheme
        if hasattr(given, "classes"):
            return DiscreteScheme(given.name, _classes(given.classes))
        return ContinuousScheme(given.name, float(given.sample_rate), float(given.min_val), float(given.max_val))

    def _requested_scheme(self, default: DiscreteScheme | ContinuousScheme) -> Scheme:
        request = self.request
        default = replace(default, name=request.get("scheme") or default.name)
        if isinstance(default, DiscreteScheme):
            return replace(default, classes=_classes(request["classes"])) if "classes" in request else default
        return replace(
            default,
            sample_rate=float(request.get("sample_rate", request.get("sr", default.sample_rate))),
            minimum=float(request.get("min_val", default.minimum)),
            maximum=float(request.get("max_val", default.maximum)),
        )


def _is_made_up(scheme: Any) -> bool:
    """Whether a scheme has the host's placeholders, as a file may that another module has filled."""
    if hasattr(scheme, "classes"):
        return {_attributes(item).get("name") for item in scheme.classes.values()} == _PLACEHOLDERS
    rate, low, high = (getattr(scheme, name, None) for name in ("sample_rate", "min_val", "max_val"))
    return str(scheme.name).startswith("generic") and (rate, low, high) == (1, 0, 1)


def _classes(items: Mapping[Any, Any]) -> tuple[SchemeClass, ...]:
    """The classes of a scheme, without those that NOVA has deleted from it: the database keeps them as not valid."""
    attributes = {int(key): _attributes(item) for key, item in items.items()}
    valid = {key: item for key, item in attributes.items() if item.get("isValid", True)}
    return tuple(SchemeClass(key, item["name"], item.get("color")) for key, item in valid.items())


def _attributes(item: Any) -> Mapping[str, Any]:
    """A class as the host has it: its attributes, or in the older one just its name."""
    return {"name": item} if isinstance(item, str) else item


def _origin(request: Mapping[str, Any]) -> str:
    return str(request.get("src", "")).partition(":")[0].lower()


def outputs(session: Any) -> list[Output]:
    """The annotations that a host's session manager is to write, in the request's order.

    Raises:
        SchemeError: one of them is none of ours, or the database has no scheme for it.
    """
    found = []
    for request in session.data_description:
        if request.get("type") == "output" and is_active(request):
            found.append(_output(session, request))
    return found


def is_active(request: Mapping[str, Any]) -> bool:
    """Whether an entry of a request counts; NOVA sends the state of its check box as a string."""
    return str(request.get("active", True)).strip().lower() not in ("false", "0")


def _output(session: Any, request: Mapping[str, Any]) -> Output:
    key = library("utils.request_utils").data_description_to_string(request)
    template = session.output_data_templates[key]
    # Without an id the key is made of more names: an annotator's is not to say what is written.
    texts = (str(request.get("id", "")), str(request.get("scheme", "")), template.annotation_scheme.name or "")
    name = next((name for text in texts for name in _OUTPUTS if name in text.lower()), None)
    if name is None and hasattr(template.annotation_scheme, "classes"):
        name = "expression"
    if name is None:
        raise SchemeError(f"output {key!r} is none of ours: its id must be one of {', '.join(_OUTPUTS)}")
    if _origin(request) == "db" and not hasattr(template.meta_data, "ip"):
        raise SchemeError(f"output {key!r}: the database has no scheme {request.get('scheme')!r}: create it first")
    return Output(key, name, template, _path(session, request), _target(session, request), request)


def _path(session: Any, request: Mapping[str, Any]) -> Path | None:
    if _origin(request) != "file":
        return None
    resolve = getattr(library("data.provider.data_manager"), "resolve_file_uri", None)
    return resolve(request, session.dataset, session.session) if resolve else Path(request["uri"])


def _target(session: Any, request: Mapping[str, Any]) -> database.Target | None:
    if _origin(request) != "db":
        return None
    names = (request[name] for name in ("scheme", "annotator", "role"))
    return database.Target(session.dataset, session.session, *names)


def make_writable(session: Any, wanted: list[Output], warn: Warn) -> None:
    """Make the folders of all files that will be written and try them, and see that the database takes the rest.

    Args:
        session: the host's session manager.
        wanted: its `outputs`.
        warn: told of annotations in the database that will be replaced.

    Raises:
        OutputError: one of them cannot be written.
    """
    for output in wanted:
        if output.path is not None:
            check_writable(output.path)
        elif output.target is not None:
            database.check(_client(session), output.target, warn)


def _client(session: Any) -> Any:
    context = session.source_context[library("utils.request_utils").Origin.DB]
    return library("data.handler.nova_db_handler").AnnotationHandler(**context).client


def fill(output: Output, annotation: Annotation) -> Any:
    """Put an annotation that has `output.scheme(…)` into the host's template, and return the template.

    The host's segments are in whole milliseconds; the exact ones go along, for our own saving of them.
    """
    template, scheme = output.template, annotation.scheme
    host_scheme = type(template.annotation_scheme)
    if isinstance(scheme, DiscreteScheme):
        if not output.is_given:
            classes = {str(c.id): {"id": str(c.id), "name": c.name, "color": c.color} for c in scheme.classes}
            template.annotation_scheme = host_scheme(name=scheme.name, classes=classes)
    elif isinstance(scheme, ContinuousScheme):
        template.annotation_scheme = host_scheme(
            name=scheme.name, sample_rate=scheme.sample_rate, min_val=scheme.minimum, max_val=scheme.maximum
        )
    known_role = template.meta_data.role if output.is_given else ""
    role = output.request.get("role") or known_role or annotation.role
    annotator = output.request.get("annotator") or annotation.annotator
    template.data = host_rows(annotation)
    template.exact = replace(annotation, role=role, annotator=annotator)
    return template


def host_rows(annotation: Annotation) -> Any:
    """The rows as the host holds them: segments in milliseconds, samples as they are."""
    types = library("utils.type_definitions").LabelDType
    if not isinstance(annotation.scheme, DiscreteScheme):
        return annotation.data.astype(types.CONTINUOUS.value)
    rows = np.empty(len(annotation.data), types.DISCRETE.value)
    for name in ("from", "to"):
        rows[name] = np.rint(annotation.data[name] * 1000)
    for name in ("id", "conf"):
        rows[name] = annotation.data[name]
    return rows
