"""The annotation templates of the server's library: their schemes, and filling them."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, overload

import numpy as np

from rbdm.errors import InputError, SchemeError
from rbdm.server import nova_database
from rbdm.server.job import current_job
from rbdm.server.library import library
from rbdm.ssi import Annotation, ContinuousScheme, DiscreteScheme, Scheme, SchemeClass, read_annotation
from rbdm.types import AnnotationName

_PLACEHOLDERS = {"class_one", "class_two"}


@dataclass(frozen=True)
class RequestedAnnotation:
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
    name: AnnotationName
    template: Any
    path: Path | None
    target: nova_database.AnnotationKey | None
    request: Mapping[str, Any]

    @property
    def place(self) -> str:
        """What to call it in an error: its file, else its key."""
        return str(self.path or self.key)

    @property
    def is_given(self) -> bool:
        """Whether its scheme is from a file or the database, and not one that the host made up."""
        if _is_placeholder(self.template.annotation_scheme):
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


def _is_placeholder(scheme: Any) -> bool:
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


def fill_template(output: RequestedAnnotation, annotation: Annotation) -> Any:
    """Put an annotation that has `output.scheme(…)` into the host's template, and return the template.

    The template holds segments in whole milliseconds. The job keeps the exact annotation, which our patches save.
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
