"""Reads and writes SSI `.annotation` files: DISCRETE, CONTINUOUS and FREE schemes, and rows of data."""

import math
import struct
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError, OutputError
from rbdm.files.naming import data_path
from rbdm.ssi import file_pair
from rbdm.ssi.file_pair import is_rate, shortest
from rbdm.types import StrPath

Rows = npt.NDArray[Any]

DISCRETE_DTYPE: np.dtype[Any] = np.dtype([("from", "<f8"), ("to", "<f8"), ("id", "<i4"), ("conf", "<f4")])
CONTINUOUS_DTYPE: np.dtype[Any] = np.dtype([("score", "<f4"), ("conf", "<f4")])
FREE_DTYPE: np.dtype[Any] = np.dtype([("from", "<f8"), ("to", "<f8"), ("name", "O"), ("conf", "<f4")])
_WANTED = {
    DISCRETE_DTYPE: "from;to;id;confidence",
    CONTINUOUS_DTYPE: "score;confidence",
    FREE_DTYPE: "from;to;text;confidence",
}
GARBAGE_ID = -1
"""The id of a DISCRETE row that the annotator marked as unusable. No class of a scheme has this id."""

# A FREE row in BINARY: from, to (both in seconds), length of the text in bytes, the text, confidence.
_FREE_HEAD = struct.Struct("<ddI")
_FREE_TAIL = struct.Struct("<f")


@dataclass(frozen=True)
class SchemeClass:
    """One class of a DISCRETE scheme. `color` is `#AARRGGBB` or `#RRGGBB`."""

    id: int
    name: str
    color: str | None = None


@dataclass(frozen=True)
class DiscreteScheme:
    """A scheme for segments of time that each have one class. `color` is the background colour of the tier."""

    name: str
    classes: tuple[SchemeClass, ...]
    color: str | None = None


@dataclass(frozen=True)
class ContinuousScheme:
    """A scheme for scores from a minimum to a maximum at a constant sample rate in Hz. Both ends may have a colour."""

    name: str
    sample_rate: float
    minimum: float = -1.0
    maximum: float = 1.0
    minimum_color: str | None = None
    maximum_color: str | None = None


@dataclass(frozen=True)
class FreeScheme:
    """A scheme for segments of time that each have their own text. `color` is the background colour of the tier."""

    name: str
    color: str | None = None


Scheme = DiscreteScheme | ContinuousScheme | FreeScheme


@dataclass(eq=False)
class Annotation:
    """Rows of data, and the scheme that defines their meaning.

    Attributes:
        scheme: the scheme; it must be of the same kind as the rows.
        data: (N,) rows: `DISCRETE_DTYPE` (from and to in seconds, id of a class or `GARBAGE_ID`, confidence 0…1),
            `CONTINUOUS_DTYPE` (score, NaN for garbage; confidence 0…1; row i is at i / sample rate seconds)
            or `FREE_DTYPE` (from and to in seconds, text, confidence 0…1).
        role: which person the annotation is about.
        annotator: the person or program that made the annotation.
        meta: all other attributes of the header's `<meta>`.

    Raises:
        ValueError: the rows are not of the scheme's kind.
    """

    scheme: Scheme
    data: Rows
    role: str = ""
    annotator: str = ""
    meta: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the rows are of the scheme's kind."""
        if self.data.dtype != _row_dtype(self.scheme):
            raise ValueError(f"rows of {self.data.dtype} do not fit a {type(self.scheme).__name__}")


def read_annotation(path: StrPath) -> Annotation:
    """Read the annotation whose header is the file `path`. Ids that the scheme does not have are kept.

    Raises:
        InputError: the header or its data file (`path` with `~` at its end) is missing or malformed, or they
            contradict each other.
    """
    path = Path(path)
    root, raw = file_pair.read_pair(path, "annotation")
    info = file_pair.child(path, root, "info")
    scheme = _read_scheme(path, file_pair.child(path, root, "scheme"))
    data_file = data_path(path)
    try:
        data = _unpack(raw, scheme) if file_pair.is_binary(path, info) else _parse(raw, scheme)
    except ValueError as error:
        raise InputError(f"{data_file}: {error}") from None
    problem = _impossible_row(data)
    if problem:
        raise InputError(f"{data_file}: {problem}")
    size = file_pair.number(path, info, "size", int) if "size" in info.attrib else 0
    if len(data) < size:
        raise InputError(f"{path}: the header says {size} rows, but {data_file.name} has {len(data)}")
    meta = file_pair.meta(root)
    return Annotation(scheme, data, meta.pop("role", ""), meta.pop("annotator", ""), meta)


def read_annotation_header(path: StrPath) -> Annotation:
    """Read only the header `path`: the annotation without its rows.

    Raises:
        InputError: the header is missing or malformed, or its scheme is of a type other than those three.
    """
    path = Path(path)
    root = file_pair.read_header(path, "annotation")
    scheme = _read_scheme(path, file_pair.child(path, root, "scheme"))
    meta = file_pair.meta(root)
    return Annotation(scheme, np.empty(0, _row_dtype(scheme)), meta.pop("role", ""), meta.pop("annotator", ""), meta)


def write_annotation(path: StrPath, annotation: Annotation, *, binary: bool | None = None) -> None:
    """Write the header `path` and its data file (`path` with `~` at its end); after an error, neither is changed.

    The same annotation always gives the same bytes, and ASCII keeps the exact value of each number.

    Args:
        path: the header file.
        annotation: what to write.
        binary: whether to write BINARY instead of ASCII. The default is ASCII, since NOVA rounds the confidence of
            BINARY segments to three decimals. The default is BINARY only where ASCII could not be read back: for FREE
            texts with `;` or line breaks, and for a single CONTINUOUS sample, which discover-utils reads only from
            BINARY.

    Raises:
        OutputError: the files cannot be written, ASCII cannot hold a text, or NOVA could not show the annotation as it
            is: two classes have the same id or name, an id is not in the scheme, a time is negative or not a finite
            number, a segment ends before it starts, a score is infinite, or the sample rate or the range is impossible.
    """
    path = Path(path)
    scheme, data = annotation.scheme, annotation.data
    problem = _problem(scheme, data)
    if problem is None and binary is False and _has_separators(scheme, data):
        problem = "a text has ';' or a line break, which only BINARY can hold"
    if problem:
        raise OutputError(f"{path}: {problem}")
    if binary is None:
        single = isinstance(scheme, ContinuousScheme) and len(data) == 1
        binary = single or _has_separators(scheme, data)
    root = ET.Element("annotation", {"ssi-v": "3"})
    ET.SubElement(root, "info", {"ftype": file_pair.ftype(binary), "size": str(len(data))})
    people = {"role": annotation.role, "annotator": annotation.annotator}
    ET.SubElement(root, "meta", {**people, **annotation.meta})
    _add_scheme(root, scheme)
    columns = [data[name] for name in data.dtype.names or ()]
    file_pair.write_pair(path, root, _pack(data, scheme) if binary else file_pair.to_text(columns, ";"))


def _row_dtype(scheme: Scheme) -> np.dtype[Any]:
    if isinstance(scheme, DiscreteScheme):
        return DISCRETE_DTYPE
    return CONTINUOUS_DTYPE if isinstance(scheme, ContinuousScheme) else FREE_DTYPE


def _read_scheme(path: Path, element: ET.Element) -> Scheme:
    name, color = element.get("name", ""), element.get("color")
    kind = file_pair.attribute(path, element, "type")
    if kind == "DISCRETE":
        return DiscreteScheme(name, tuple(_read_class(path, item) for item in element.findall("item")), color)
    if kind == "CONTINUOUS":
        rate = file_pair.sample_rate(path, element)
        low, high = (file_pair.number(path, element, key, float) for key in ("min", "max"))
        colors = element.get("mincolor", color), element.get("maxcolor")
        return ContinuousScheme(name, rate, low, high, *colors)
    if kind == "FREE":
        return FreeScheme(name, color)
    raise InputError(f"{path}: the scheme's type is {kind}: only DISCRETE, CONTINUOUS and FREE can be read")


def _read_class(path: Path, item: ET.Element) -> SchemeClass:
    name = file_pair.attribute(path, item, "name")
    return SchemeClass(file_pair.number(path, item, "id", int), name, item.get("color"))


def _add_scheme(root: ET.Element, scheme: Scheme) -> None:
    kind = type(scheme).__name__.removesuffix("Scheme").upper()
    element = ET.SubElement(root, "scheme", {"name": scheme.name, "type": kind})
    if isinstance(scheme, ContinuousScheme):
        for key, value in (("sr", scheme.sample_rate), ("min", scheme.minimum), ("max", scheme.maximum)):
            element.set(key, shortest(value))
        _set_color(element, "mincolor", scheme.minimum_color)
        _set_color(element, "maxcolor", scheme.maximum_color)
        return
    _set_color(element, "color", scheme.color)
    for item in scheme.classes if isinstance(scheme, DiscreteScheme) else ():
        row = ET.SubElement(element, "item", {"id": str(item.id), "name": item.name})
        _set_color(row, "color", item.color)


def _set_color(element: ET.Element, name: str, color: str | None) -> None:
    if color is not None:
        element.set(name, color)


def _parse(raw: bytes, scheme: Scheme) -> Rows:
    lines = file_pair.lines(file_pair.decode(raw))
    dtype = _row_dtype(scheme)
    if not lines:
        return np.empty(0, dtype)
    if isinstance(scheme, FreeScheme):
        return np.array([_parse_free(number, line) for number, line in enumerate(lines, start=1)], dtype)
    if isinstance(scheme, DiscreteScheme):
        # NOVA writes the segment's attributes after the confidence, and a `;` even if it has none.
        lines = [";".join(line.split(";")[:4]) for line in lines]
    return file_pair.parse(lines, dtype, ";", _WANTED[dtype])


def _parse_free(number: int, line: str) -> tuple[float, float, str, float]:
    cells = line.split(";")
    if cells[-1].startswith("color="):
        cells.pop()
    try:
        start, end, *texts, confidence = cells
        if not texts:
            raise ValueError
        return float(start), float(end), ";".join(texts), float(confidence)
    except ValueError:
        raise ValueError(f"line {number} must be {_WANTED[FREE_DTYPE]}, not {file_pair.shown(line)}") from None


def _impossible_row(data: Rows) -> str | None:
    """What is wrong with the times of the first segment that cannot be, or None."""
    if "from" not in (data.dtype.names or ()):
        return None
    with np.errstate(invalid="ignore"):
        bad = ~((data["from"] >= 0) & (data["from"] <= data["to"]) & np.isfinite(data["to"]))
    if not bad.any():
        return None
    row = int(np.argmax(bad))
    start, end = data["from"][row], data["to"][row]
    return f"row {row + 1} goes from {start} s to {end} s: times must be finite and 0 or more, and the end comes last"


def _unpack(raw: bytes, scheme: Scheme) -> Rows:
    if isinstance(scheme, FreeScheme):
        return np.array(_unpack_free(raw), FREE_DTYPE)
    dtype = _row_dtype(scheme)
    if len(raw) % dtype.itemsize:
        raise ValueError(f"{len(raw)} bytes are no whole number of rows of {dtype.itemsize} bytes")
    return np.frombuffer(raw, dtype).copy()


def _unpack_free(raw: bytes) -> list[tuple[float, float, str, float]]:
    rows, offset = [], 0
    try:
        while offset < len(raw):
            start, end, length = _FREE_HEAD.unpack_from(raw, offset)
            offset += _FREE_HEAD.size + length
            (confidence,) = _FREE_TAIL.unpack_from(raw, offset)
            rows.append((start, end, file_pair.decode(raw[offset - length : offset]), confidence))
            offset += _FREE_TAIL.size
    except struct.error:
        raise ValueError(f"row {len(rows)} is incomplete") from None
    return rows


def _pack(data: Rows, scheme: Scheme) -> bytes:
    if not isinstance(scheme, FreeScheme):
        return data.tobytes()
    texts = [str(name).encode() for name in data["name"]]
    return b"".join(
        _FREE_HEAD.pack(row["from"], row["to"], len(text)) + text + _FREE_TAIL.pack(row["conf"])
        for row, text in zip(data, texts, strict=True)
    )


def _has_separators(scheme: Scheme, data: Rows) -> bool:
    return isinstance(scheme, FreeScheme) and any(set(str(name)) & set(";\r\n") for name in data["name"])


def _problem(scheme: Scheme, data: Rows) -> str | None:
    """The reason why NOVA could not show these rows as they are, or None if it can."""
    if isinstance(scheme, ContinuousScheme):
        if not (is_rate(scheme.sample_rate) and -math.inf < scheme.minimum < scheme.maximum < math.inf):
            return "the scheme's sample rate or range is impossible"
        return "a score is infinite" if np.isinf(data["score"]).any() else None
    problem = _impossible_row(data)
    if problem or isinstance(scheme, FreeScheme):
        return problem
    ids, names = [item.id for item in scheme.classes], [item.name for item in scheme.classes]
    if len(set(ids)) < len(ids) or len(set(names)) < len(names):
        return "two classes of the scheme have the same id or name"
    unknown = np.setdiff1d(data["id"], [*ids, GARBAGE_ID])
    return f"a row has the id {unknown[0]}, which no class of the scheme has" if len(unknown) else None
