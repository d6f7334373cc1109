"""Reads the schemes of the annotation templates of the server's library, and fills the templates."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

import numpy as np

from rbdm.errors import InputError, RbdmError, SchemeError
from rbdm.server.database import documents
from rbdm.server.job import Job, current_job
from rbdm.server.library import library
from rbdm.ssi import Annotation, ContinuousScheme, DiscreteScheme, Scheme, SchemeClass, read_annotation
from rbdm.timeline.short_segments import tidy
from rbdm.types import AnnotationName

# The classes that the library puts into a scheme that it makes up.
_PLACEHOLDERS = {"class_one", "class_two"}


@dataclass(frozen=True)
class RequestedAnnotation:
    """One annotation that a request asks for.

    Attributes:
        key: the key that the server's library has for it, usually the id in the request.
        name: `expression`, `valence` or `arousal`.
        template: the empty annotation object of the server's library.
        path: the file to write; None if it is stored in a database.
        target: the database annotation to write; None if it is written to a file.
        request: its entry in the request.
    """

    key: str
    name: AnnotationName
    template: Any
    path: Path | None
    target: documents.AnnotationKey | None
    request: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Its name in error messages: the file, else the key."""
        return str(self.path or self.key)

    @property
    def is_given(self) -> bool:
        """Whether its scheme is from an existing file or the database, and not made up by the library."""
        if _is_placeholder(self.template.annotation_scheme):
            return False
        return hasattr(self.template.meta_data, "file_path") or self.target is not None

    @overload
    def scheme(self, default: DiscreteScheme) -> DiscreteScheme: ...
    @overload
    def scheme(self, default: ContinuousScheme) -> ContinuousScheme: ...
    def scheme(self, default: DiscreteScheme | ContinuousScheme) -> DiscreteScheme | ContinuousScheme:
        """The scheme from the existing file or the database; else `default`, with the values that the request sets.

        Args:
            default: the scheme to use if no other is given. It also says which kind of scheme is needed.

        Raises:
            SchemeError: the scheme is not of the same kind as `default`, or one of its values is not a number.
        """
        discrete = isinstance(default, DiscreteScheme)
        if not hasattr(self.template.annotation_scheme, "classes" if discrete else "sample_rate"):
            kind = "discrete" if discrete else "continuous"
            raise SchemeError(f"output {self.place}: {self.name} needs a {kind} scheme, not one of another kind")
        try:
            given = self._given_scheme() if self.is_given else self._requested_scheme(default)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise SchemeError(f"output {self.place}: its scheme cannot be read: {error}") from None
        assert isinstance(given, type(default))
        return given

    def _given_scheme(self) -> Scheme:
        if self.path is not None:
            # The library drops the file's colours. If the file is damaged, the scheme of the template is used.
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


def _is_placeholder(scheme: Any) -> bool:
    """Whether a scheme has the library's placeholders. A file that another module has written may have them, too."""
    if hasattr(scheme, "classes"):
        return {_attributes(item).get("name") for item in scheme.classes.values()} == _PLACEHOLDERS
    rate, low, high = (getattr(scheme, name, None) for name in ("sample_rate", "min_val", "max_val"))
    return str(scheme.name).startswith("generic") and (rate, low, high) == (1, 0, 1)


def _classes(items: Mapping[Any, Any]) -> tuple[SchemeClass, ...]:
    """The classes of a scheme, without deleted ones: NOVA keeps them in the database, marked as not valid."""
    attributes = {int(key): _attributes(item) for key, item in items.items()}
    valid = {key: item for key, item in attributes.items() if item.get("isValid", True)}
    return tuple(SchemeClass(key, item["name"], item.get("color")) for key, item in valid.items())


def _attributes(item: Any) -> Mapping[str, Any]:
    """The attributes of a class of the library; the older library has only its name."""
    return {"name": item} if isinstance(item, str) else item


def fill_template(output: RequestedAnnotation, annotation: Annotation) -> Any:
    """Copy an annotation into the template of the server's library, and return the template.

    The template holds the times of segments in whole milliseconds. The job keeps the exact annotation, and our patches
    save that one.

    Args:
        output: the requested annotation.
        annotation: its content, with the scheme that `output.scheme` returns.
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
    if job := current_job():
        job.keep_exact(template, replace(annotation, role=role, annotator=annotator))
    return template


def host_rows(annotation: Annotation) -> Any:
    """The rows in the form of the server's library: times of segments in whole milliseconds, samples unchanged."""
    types = library("utils.type_definitions").LabelDType
    if not isinstance(annotation.scheme, DiscreteScheme):
        return annotation.data.astype(types.CONTINUOUS.value)
    rows = np.empty(len(annotation.data), types.DISCRETE.value)
    for name in ("from", "to"):
        rows[name] = np.rint(annotation.data[name] * 1000)
    for name in ("id", "conf"):
        rows[name] = annotation.data[name]
    return rows


def tidy_template(job: Job, rows: Any, min_gap: float, min_duration: float) -> Any:
    """Remove short segments of a filled template and join the others, as the request says; see `tidy`.

    Nothing is changed if no segment would be left: the annotation would replace an existing one with nothing.

    Args:
        job: its log says what was removed or joined.
        rows: the data of the template.
        min_gap: seconds; a negative number if the request does not contain it.
        min_duration: seconds, likewise.

    Returns:
        The new data of the template.

    Raises:
        RbdmError: the template was not filled by us.
    """
    template = job.template_of(rows)
    exact = job.exact(template)
    if exact is None:
        raise RbdmError("the server changes an annotation that was not made by rbdm: please report this")
    if max(min_gap, min_duration) <= 0 or not len(rows):
        return rows
    tidied, total = tidy(exact.data, min_gap, min_duration), len(exact.data)
    limits = f"segments shorter than {max(min_duration, 0):g} s, gaps up to {max(min_gap, 0):g} s"
    if not len(tidied.rows):
        job.say(f"warning: {limits}: this would remove all {total} segments, so all of them are kept")
        return rows
    counts = f"{tidied.removed} of {total} segments removed, {tidied.joined} gaps closed"
    job.say(f"{limits}: {counts}; frames without a face stay gaps")
    made_with = f"min_gap={max(min_gap, 0):g};min_duration={max(min_duration, 0):g}"
    meta = exact.meta | {"options": ";".join(filter(None, (exact.meta.get("options"), made_with)))}
    exact = replace(exact, data=tidied.rows, meta=meta)
    job.keep_exact(template, exact)
    template.data = host_rows(exact)
    return template.data
