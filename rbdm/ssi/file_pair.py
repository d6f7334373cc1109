"""Reads and writes the two files of SSI data: an XML header, and a data file with `~` at the end of its name."""

import math
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError, OutputError
from rbdm.files.atomic import atomic_write_all
from rbdm.files.naming import data_path

Number = TypeVar("Number", int, float)


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises `InputError` if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def decode(raw: bytes) -> str:
    """Decode text as UTF-8, or else as Windows code page 1252: NOVA writes both, and does not say which.

    Raises:
        ValueError: the bytes are neither.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def lines(text: str) -> list[str]:
    """The lines that are not blank. As in NOVA, only CR and LF end a line, and no other Unicode line break."""
    return [line for line in text.replace("\r", "\n").split("\n") if line.strip()]


def read_header(path: Path, tag: str) -> ET.Element:
    """The root of the XML header `path`. Raises `InputError` if it is not XML, or its root is not `<tag>`."""
    raw = read_bytes(path)
    if b"<" not in raw[:100]:
        raise InputError(f"{path}: is not an SSI {tag} file: its header is not XML")
    try:
        try:
            root = ET.fromstring(raw)
        except ET.ParseError:
            root = ET.fromstring(decode(raw))
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{path}: is not an SSI {tag} file: its header is not XML ({error})") from None
    if root.tag != tag:
        raise InputError(f"{path}: is not an SSI {tag} file: its header is a <{root.tag}>")
    return root


def child(path: Path, root: ET.Element, tag: str) -> ET.Element:
    """The first child `<tag>` of `root`. Raises `InputError` if there is none."""
    element = root.find(tag)
    if element is None:
        raise InputError(f"{path}: the header has no <{tag}>")
    return element


def attribute(path: Path, element: ET.Element, name: str) -> str:
    """The value of an attribute. Raises `InputError` if there is none."""
    text = element.get(name)
    if text is None:
        raise InputError(f"{path}: <{element.tag}> in the header has no attribute {name!r}")
    return text


def meta(root: ET.Element) -> dict[str, str]:
    """The attributes of the header's `<meta>`; empty if it has none."""
    element = root.find("meta")
    return {} if element is None else dict(element.attrib)


def number(path: Path, element: ET.Element, name: str, kind: type[Number]) -> Number:
    """The value of an attribute as `int` or `float`. Raises `InputError` if it is not a finite number of that kind."""
    text = attribute(path, element, name)
    try:
        value = kind(text)
    except ValueError:
        value = kind(0)
    else:
        if math.isfinite(value):
            return value
    wanted = "whole number" if kind is int else "number"
    raise InputError(f"{path}: {name}={text!r} of <{element.tag}> in the header is not a {wanted}")


def is_binary(path: Path, info: ET.Element) -> bool:
    """Whether the data file is BINARY. Raises `InputError` if it is neither BINARY nor ASCII."""
    ftype = attribute(path, info, "ftype").upper()
    if ftype not in ("ASCII", "BINARY"):
        raise InputError(f"{path}: the data is {ftype}: only ASCII and BINARY can be read")
    return ftype == "BINARY"


def ftype(binary: bool) -> str:
    """The value of the header's attribute `ftype`: the format of the data file."""
    return "BINARY" if binary else "ASCII"


def shortest(value: float) -> str:
    """The shortest text from which exactly this number can be read back."""
    return repr(float(value))


def to_text(columns: Iterable[npt.NDArray[Any]], delimiter: str) -> bytes:
    """Columns as lines of UTF-8 text, one line per row. Each number is the shortest text that reads back exactly."""
    return "".join(delimiter.join(row) + "\n" for row in zip(*map(_cells, columns), strict=True)).encode()


def _cells(column: npt.NDArray[Any]) -> list[str]:
    if column.dtype.kind == "b":
        column = column.astype(np.uint8)
    cells: list[str] = column.astype(str).tolist() if column.dtype.kind != "O" else list(map(str, column))
    # NOVA is written in .NET, which reads only this spelling.
    return ["NaN" if cell == "nan" else cell for cell in cells] if column.dtype.kind == "f" else cells


def write_pair(path: Path, root: ET.Element, data: bytes) -> None:
    """Write the header and its data file: both, or after an error neither.

    Raises:
        OutputError: a file cannot be written, or a text has a character that XML cannot hold.
    """
    ET.indent(root, space="    ")
    # Non-ASCII characters become character references, which are read correctly whatever encoding a reader assumes.
    header = b'<?xml version="1.0" ?>\n' + ET.tostring(root, encoding="us-ascii") + b"\n"
    try:
        ET.fromstring(header)
    except ET.ParseError as error:
        raise OutputError(f"{path}: a name or text has a character that XML cannot hold ({error})") from None
    with atomic_write_all({"header": path}) as temporary:
        data_path(temporary["header"]).write_bytes(data)
        temporary["header"].write_bytes(header)
