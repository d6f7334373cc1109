"""Reads and writes SSI `.stream` files: signals sampled at a constant rate."""

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError, OutputError
from rbdm.files.naming import data_path
from rbdm.ssi import file_pair
from rbdm.ssi.file_pair import shortest
from rbdm.types import StrPath

_DTYPES: dict[str, np.dtype[Any]] = {
    "SHORT": np.dtype("<i2"),
    "USHORT": np.dtype("<u2"),
    "INT": np.dtype("<i4"),
    "UINT": np.dtype("<u4"),
    "LONG": np.dtype("<i8"),
    "ULONG": np.dtype("<u8"),
    "FLOAT": np.dtype("<f4"),
    "DOUBLE": np.dtype("<f8"),
    "BOOL": np.dtype("?"),
}


_MOST_VALUES = 1_000_000
"""The most values per sample: a header that claims more is damaged."""


@dataclass(eq=False)
class Stream:
    """A signal sampled at a constant rate.

    Attributes:
        data: (N, D), one row per sample: int16…uint64, float32, float64 or bool.
        sample_rate: Hz, greater than 0.
        start: seconds, the time of the first sample.
        media_type: the kind of signal, e.g. `feature;face;boundingbox;blazeface`.
        meta: all other attributes of the header's `<meta>`, e.g. `size`.
    """

    data: npt.NDArray[Any]
    sample_rate: float
    start: float = 0.0
    media_type: str = "feature"
    meta: dict[str, str] = field(default_factory=dict)


def read_stream(path: StrPath) -> Stream:
    """Read the stream whose header is the file `path`.

    Raises:
        InputError: the header or its data file (`path` with `~` at its end) is missing or malformed, or they
            contradict each other.
    """
    path = Path(path)
    root, raw = file_pair.read_pair(path, "stream")
    info = file_pair.child(path, root, "info")
    sample_rate = file_pair.sample_rate(path, info)
    start, count = _read_chunks(path, root, sample_rate)
    data = _read_samples(path, info, raw)
    if count is not None and len(data) != count:
        name = data_path(path).name
        raise InputError(f"{path}: the header says {count} samples, but {name} has {len(data)}")
    meta = file_pair.meta(root)
    return Stream(data, sample_rate, start, meta.pop("type", ""), meta)


def write_stream(path: StrPath, stream: Stream, *, binary: bool = True) -> None:
    """Write the header `path` and its data file (`path` with `~` at its end); after an error, neither is changed.

    Args:
        path: the header file.
        stream: what to write.
        binary: whether the data file is BINARY, else ASCII.

    Raises:
        OutputError: the files cannot be written, the data is not two-dimensional, SSI has no type for it, or the sample
            rate or the start is impossible.
    """
    path = Path(path)
    type_names = [name for name, dtype in _DTYPES.items() if dtype == stream.data.dtype]
    if not type_names or stream.data.ndim != 2:
        raise OutputError(f"{path}: a stream cannot hold {stream.data.ndim}-dimensional {stream.data.dtype} data")
    if not (file_pair.is_rate(stream.sample_rate) and 0 <= stream.start < math.inf):
        raise OutputError(f"{path}: a stream cannot have {stream.sample_rate} Hz and start at {stream.start} s")
    count, dim = stream.data.shape
    root = ET.Element("stream", {"ssi-v": "2"})
    info = {"ftype": file_pair.ftype(binary), "sr": shortest(stream.sample_rate), "dim": str(dim)}
    ET.SubElement(root, "info", {**info, "byte": str(stream.data.itemsize), "type": type_names[0], "delim": " "})
    ET.SubElement(root, "meta", {"type": stream.media_type, **stream.meta})
    span = {"from": shortest(stream.start), "to": shortest(stream.start + count / stream.sample_rate)}
    ET.SubElement(root, "chunk", {**span, "byte": "0", "num": str(count)})
    data = np.ascontiguousarray(stream.data, _DTYPES[type_names[0]])
    file_pair.write_pair(path, root, data.tobytes() if binary else file_pair.to_text(data.T, " "))


def _read_chunks(path: Path, root: ET.Element, sample_rate: float) -> tuple[float, int | None]:
    """The start in seconds and the number of samples. Without chunks in the header, these are 0 and None (unknown)."""
    chunks = root.findall("chunk")
    if not chunks:
        return 0.0, None
    starts = [file_pair.number(path, chunk, "from", float) for chunk in chunks]
    ends = [file_pair.number(path, chunk, "to", float) for chunk in chunks]
    # Headers may round times to whole milliseconds.
    tolerance = max(1 / sample_rate, 0.002)
    for start, end in zip(starts, ends, strict=True):
        if not 0 <= start <= end:
            raise InputError(f"{path}: a chunk goes from {start} s to {end} s: times must be 0 or more, the end last")
    for end, (_, start) in zip(ends, pairwise(starts), strict=False):
        if abs(start - end) > tolerance:
            raise InputError(
                f"{path}: its chunks are not consecutive: one ends at {end} s, but the next one starts at {start} s"
            )
    counts = [file_pair.number(path, chunk, "num", int) for chunk in chunks]
    if min(counts) < 0:
        raise InputError(f"{path}: num={min(counts)} of a chunk in the header: it must be 0 or more")
    return starts[0], sum(counts)


def _read_samples(path: Path, info: ET.Element, raw: bytes) -> npt.NDArray[Any]:
    type_name = file_pair.attribute(path, info, "type").upper()
    if type_name not in _DTYPES:
        raise InputError(f"{path}: type={type_name!r} in the header: it must be one of {', '.join(_DTYPES)}")
    dtype = _DTYPES[type_name]
    item_bytes = file_pair.number(path, info, "byte", int)
    if item_bytes != dtype.itemsize:
        raise InputError(f"{path}: byte={item_bytes} in the header, but a {type_name} has {dtype.itemsize} bytes")
    dim = file_pair.number(path, info, "dim", int)
    if not 1 <= dim <= _MOST_VALUES:
        raise InputError(f"{path}: dim={dim} in the header: it must be a whole number from 1 to {_MOST_VALUES}")
    data_file = data_path(path)
    if file_pair.is_binary(path, info):
        if len(raw) % (dim * item_bytes):
            raise InputError(
                f"{data_file}: {len(raw)} bytes are no whole number of samples of {dim} times {item_bytes} bytes"
            )
        return np.frombuffer(raw, dtype).reshape(-1, dim).copy()
    delimiter = info.get("delim", " ").strip()
    if len(delimiter) > 1 or not delimiter.isprintable():
        raise InputError(f"{path}: delim is {delimiter[:10]!r}: it must be one character")
    try:
        data = _parse_samples(file_pair.decode(raw), dtype, delimiter, dim)
    except ValueError as error:
        raise InputError(f"{data_file}: {error}") from None
    if len(data) and data.shape[1] != dim:
        raise InputError(f"{data_file}: its rows have {data.shape[1]} values, but the header says dim={dim}")
    return data.reshape(-1, dim)


def _parse_samples(text: str, dtype: np.dtype[Any], delimiter: str, dim: int) -> npt.NDArray[Any]:
    lines = file_pair.lines(text)
    if not lines:
        return np.empty((0, 0), dtype)
    number = np.dtype(np.uint8) if dtype.kind == "b" else dtype
    kind = "numbers" if dtype.kind == "f" else "whole numbers"
    return file_pair.parse(lines, number, delimiter or None, f"{dim} {kind}").astype(dtype)
