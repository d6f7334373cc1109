"""Reads and writes the two files of SSI data: an XML header, and a data file with `~` at the end of its name."""

import hashlib
import math
import re
import time
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError, OutputError
from rbdm.files.atomic import atomic_write_all
from rbdm.files.naming import data_path
from rbdm.files.special import refuse_special_file

Number = TypeVar("Number", int, float)

_DIGEST = "sha256"
_TRIES = 5
_PAUSE = 0.05
"""Seconds between two tries to read a pair that another program is replacing."""
_SHOWN = 60
"""The most characters of a line that a message shows."""
_RATES = 1e-6, 1e9
"""Hz. Lowest and highest. Sample rates beyond these are damage: times would not be finite or all the same."""


def read_pair(path: Path, tag: str) -> tuple[ET.Element, bytes]:
    """The root of the header `path`, and the content of its data file.

    If the header has a digest of the data (`sha256` of `<info>`, as rbdm writes it), the data must fit: while another
    program replaces both files, one may be old and the other one new. NOVA and rbdm 1.0 write no digest.

    Raises:
        InputError: one of them cannot be read, the header is not XML or its root is not `<tag>`, or the data is not
            the one that the header was written for.
    """
    for _ in range(_TRIES):
        root = read_header(path, tag)
        raw = read_bytes(data_path(path))
        expected = child(path, root, "info").get(_DIGEST)
        if expected is None or expected == _digest(raw):
            return root, raw
        time.sleep(_PAUSE)
    raise InputError(
        f"{path}: the data in {data_path(path).name} has changed since this header was written: make both files again, "
        f"or if the data is right, remove {_DIGEST} from the header"
    )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def read_bytes(path: Path) -> bytes:
    """The content of a file. Raises `InputError` if it cannot be read or is no regular file."""
    refuse_special_file(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None


def decode(raw: bytes) -> str:
    """Decode text as UTF-8, or else as Windows code page 1252: NOVA writes both, and does not say which.

    Raises:
        ValueError: the bytes are neither. The message is for users.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        try:
            return raw.decode("cp1252")
        except UnicodeDecodeError:
            raise ValueError(f"is no text in UTF-8 or Windows-1252 (byte {error.start})") from None


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
        if math.isfinite(value) and "_" not in text:  # Python alone allows 1_000
            return value
    except (ValueError, OverflowError):
        pass
    wanted = "whole number" if kind is int else "number"
    raise InputError(f"{path}: {name}={text!r} of <{element.tag}> in the header is not a {wanted}")


def sample_rate(path: Path, element: ET.Element) -> float:
    """The value of `sr` in Hz. Raises `InputError` if no signal can have this sample rate."""
    rate = number(path, element, "sr", float)
    if not is_rate(rate):
        low, high = _RATES
        raise InputError(f"{path}: sr={element.get('sr')} in the header: it must be from {low:g} to {high:g} Hz")
    return rate


def is_rate(rate: float) -> bool:
    """Whether a signal can have this sample rate in Hz."""
    low, high = _RATES
    return low <= rate <= high


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


def parse(text_lines: list[str], dtype: np.dtype[Any], delimiter: str | None, wanted: str) -> npt.NDArray[Any]:
    """The numbers of lines of text: (N, D), or (N,) if `dtype` has fields.

    Args:
        text_lines: at least one line.
        dtype: of the numbers.
        delimiter: what separates them; None for blanks.
        wanted: what a line must be, for the message.

    Raises:
        ValueError: a line is something else. The message is for users, and names the first such line.
    """
    try:
        return _load(text_lines, dtype, delimiter, 1 if dtype.names else 2)
    except ValueError as error:
        # NumPy counts rows from 0 in some messages, and from 1 in others.
        found = re.search(r"row (\d+)", str(error))
        near = int(found[1]) if found else 0
        count = len(dtype.names or text_lines[0].split(delimiter))
        for number in range(max(near - 1, 0), min(near + 1, len(text_lines))):
            if not _fits(text_lines[number], dtype, delimiter, count):
                raise ValueError(f"line {number + 1} must be {wanted}, not {shown(text_lines[number])}") from None
        raise ValueError(f"each line must be {wanted}") from None


def _load(text_lines: list[str], dtype: np.dtype[Any], delimiter: str | None, ndmin: Any) -> npt.NDArray[Any]:
    with warnings.catch_warnings():
        # Older versions of NumPy only warn if a whole number is a decimal fraction, and cut it off.
        warnings.simplefilter("error", DeprecationWarning)
        try:
            return np.loadtxt(text_lines, dtype, comments=None, delimiter=delimiter, ndmin=ndmin)
        except DeprecationWarning as error:
            raise ValueError(str(error)) from None


def _fits(line: str, dtype: np.dtype[Any], delimiter: str | None, count: int) -> bool:
    """Whether NumPy can read a line. Alone, it may have any number of columns, so they are counted."""
    try:
        _load([line], dtype, delimiter, 0)
    except ValueError:
        return False
    return len(line.split(delimiter)) == count


def shown(line: str) -> str:
    """A line of a file for a message: in quotation marks, and not too long."""
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}…")


def write_pair(path: Path, root: ET.Element, data: bytes) -> None:
    """Write the header and its data file: both, or after an error neither. The header gets a digest of the data.

    Args:
        path: the header file.
        root: the header, which has an `<info>`.
        data: the content of the data file.

    Raises:
        OutputError: a file cannot be written, or a text has a character that XML cannot hold.
    """
    child(path, root, "info").set(_DIGEST, _digest(data))
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
