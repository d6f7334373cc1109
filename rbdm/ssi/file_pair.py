"""The pair of files that SSI keeps data in: an XML header, and the data in the same name plus `~`."""

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
    """The content of a file. Raises `InputError` when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def decode(raw: bytes) -> str:
    """Text in UTF-8, or in the Windows code page that NOVA writes without saying so.

    Raises:
        ValueError: the bytes are neither.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252")


def lines(text: str) -> list[str]:
    """The lines that are not blank; only the line breaks of Windows, Linux and macOS end one, as in NOVA."""
    return [line for line in text.replace("\r", "\n").split("\n") if line.strip()]


def read_header(path: Path, tag: str) -> ET.Element:
    """The root of the XML header `path`. Raises `InputError` when it is not an XML file with that root."""
    raw = read_bytes(path)
    if b"<" not in raw[:100]:
        raise InputError(f"{path}: is no SSI {tag}: its header is not XML")
    try:
        try:
            root = ET.fromstring(raw)
        except ET.ParseError:
            root = ET.fromstring(decode(raw))
    except (ET.ParseError, ValueError, LookupError) as error:
        raise InputError(f"{path}: is no SSI {tag}: its header is not XML ({error})") from None
    if root.tag != tag:
        raise InputError(f"{path}: is no SSI {tag}: its header is a <{root.tag}>")
    return root


def child(path: Path, root: ET.Element, tag: str) -> ET.Element:
    """The child of that tag. Raises `InputError` where there is none."""
    element = root.find(tag)
    if element is None:
        raise InputError(f"{path}: the header has no <{tag}>")
    return element


def attribute(path: Path, element: ET.Element, name: str) -> str:
    """An attribute. Raises `InputError` where there is none."""
    text = element.get(name)
    if text is None:
        raise InputError(f"{path}: <{element.tag}> in the header has no attribute {name!r}")
    return text


def meta(root: ET.Element) -> dict[str, str]:
    """The attributes of `<meta>`."""
    element = root.find("meta")
    return {} if element is None else dict(element.attrib)


def number(path: Path, element: ET.Element, name: str, kind: type[Number]) -> Number:
    """An attribute that is a finite number. Raises `InputError` where it is not."""
    text = attribute(path, element, name)
    try:
        value = kind(text)
    except ValueError:
        value = kind(0)
    else:
        if math.isfinite(value):
            return value
    wanted = "whole number" if kind is int else "number"
    raise InputError(f"{path}: {name}={text!r} of <{element.tag}> in the header is no {wanted}")


def is_binary(path: Path, info: ET.Element) -> bool:
    """Whether the data file is BINARY. Raises `InputError` when it is neither that nor ASCII."""
    ftype = attribute(path, info, "ftype").upper()
    if ftype not in ("ASCII", "BINARY"):
        raise InputError(f"{path}: the data is {ftype}: only ASCII and BINARY can be read")
    return ftype == "BINARY"


def ftype(binary: bool) -> str:
    """The header's word for the form of the data."""
    return "BINARY" if binary else "ASCII"


def shortest(value: float) -> str:
    """The shortest text that reads back as exactly this number."""
    return repr(float(value))


def to_text(columns: Iterable[npt.NDArray[Any]], delimiter: str) -> bytes:
    """Columns as lines of text; numbers are the shortest that read back as exactly the same."""
    return "".join(delimiter.join(row) + "\n" for row in zip(*map(_cells, columns), strict=True)).encode()


def _cells(column: npt.NDArray[Any]) -> list[str]:
    if column.dtype.kind == "b":
        column = column.astype(np.uint8)
    cells: list[str] = column.astype(str).tolist() if column.dtype.kind != "O" else list(map(str, column))
    # .NET, which NOVA is written in, knows only this spelling.
    return ["NaN" if cell == "nan" else cell for cell in cells] if column.dtype.kind == "f" else cells


def write_pair(path: Path, root: ET.Element, data: bytes) -> None:
    """Write the header and its data file, both or none.

    Raises:
        OutputError: a file cannot be written, or the header would not be XML.
    """
    ET.indent(root, space="    ")
    # Other characters than ASCII become references, so readers get them right whatever encoding they assume.
    header = b'<?xml version="1.0" ?>\n' + ET.tostring(root, encoding="us-ascii") + b"\n"
    try:
        ET.fromstring(header)
    except ET.ParseError as error:
        raise OutputError(f"{path}: a name or text has a character that XML cannot hold ({error})") from None
    with atomic_write_all({"header": path}) as beside:
        data_path(beside["header"]).write_bytes(data)
        beside["header"].write_bytes(header)
