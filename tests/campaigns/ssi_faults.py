"""Damages streams and annotations, reads each, and looks for wrong results without a word."""

import random
import re
import tempfile
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from rbdm.errors import RbdmError
from rbdm.faces.boxes import read_boxes
from rbdm.files.naming import data_path
from rbdm.ssi import (
    CONTINUOUS_DTYPE,
    DISCRETE_DTYPE,
    FREE_DTYPE,
    Annotation,
    ContinuousScheme,
    DiscreteScheme,
    FreeScheme,
    SchemeClass,
    Stream,
    read_annotation,
    read_stream,
    write_annotation,
    write_stream,
)
from tests.campaigns import mutations
from tests.campaigns.fault_check import LOST_SHARE

ROWS = 200
FORMATS = tuple(
    f"{kind} {coding}" for kind in ("boxes", "discrete", "continuous", "free") for coding in ("ASCII", "BINARY")
)
_VALUES = (
    *("NaN", "nan", "inf", "-inf", "1e999", "-1", "0", "1", "1e-320", "0x10", "1_000", "٣", "", " ", "abc", "1,5"),
    *("99999999999", "4294967297", "-9223372036854775809", "1" * 500, "&#0;", "'", "<", "FLOAT", "DOUBLE", "ASCII"),
)


class SsiTask(NamedTuple):
    """One damaged pair of files: `seed` says how the files of format `kind` are damaged."""

    kind: str
    seed: int


class SsiResult(NamedTuple):
    """What came of it: how it was damaged, the error, and what is wrong with the result that was read."""

    damage: str
    error: str | None
    bad: str | None


def run_task(task: SsiTask) -> SsiResult:
    """Write the files, damage one of them, and read them."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("a.stream" if task.kind.startswith("boxes") else "a.annotation")
        header, data = _undamaged(task.kind)
        path.write_bytes(header)
        data_path(path).write_bytes(data)
        true = _read(task.kind, path)
        damage = _damage(path, task.seed)
        try:
            found = _read(task.kind, path)
        except RbdmError as error:
            text = str(error)
            one_line = "\n" not in text and path.name in text and len(text) < 1000
            return SsiResult(
                damage, text, None if one_line else f"a message is not one short line with the path: {text[:200]!r}"
            )
        return SsiResult(damage, None, _what_is_wrong(found, true))


@cache
def _undamaged(kind: str) -> tuple[bytes, bytes]:
    """The header and the data of the undamaged files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole"
        _write(kind, path)
        return path.read_bytes(), data_path(path).read_bytes()


def _write(kind: str, path: Path) -> None:
    chance, binary = np.random.default_rng(0), kind.endswith("BINARY")
    if kind.startswith("boxes"):
        corners = np.sort(chance.uniform(0, 1, (ROWS, 2, 2)), axis=1).reshape(ROWS, 4)
        rows = np.column_stack([corners, np.full(ROWS, 0.9)]).astype(np.float32)
        write_stream(path, Stream(rows, 25.0, 0.0, "feature;face;boundingbox;blazeface"), binary=binary)
        return
    start = np.arange(ROWS) * 0.5
    if kind.startswith("discrete"):
        rows = np.array([(at, at + 0.4, int(at) % 3, 0.5) for at in start], DISCRETE_DTYPE)
        classes = tuple(SchemeClass(number, name) for number, name in enumerate(("Neutral", "Happy", "Sad")))
        annotation = Annotation(DiscreteScheme("expression", classes), rows)
    elif kind.startswith("continuous"):
        rows = np.array([(value, 0.5) for value in chance.uniform(-1, 1, ROWS)], CONTINUOUS_DTYPE)
        annotation = Annotation(ContinuousScheme("valence", 25.0), rows)
    else:
        rows = np.array([(at, at + 0.4, f"word {at}", 0.5) for at in start], FREE_DTYPE)
        annotation = Annotation(FreeScheme("words"), rows)
    write_annotation(path, annotation, binary=binary)


def _read(kind: str, path: Path) -> tuple[np.ndarray, float]:
    """The rows, and the sample rate or 0."""
    if kind.startswith("boxes"):
        stream, boxes = read_stream(path), read_boxes(path, 0.5)
        assert len(stream.data) == len(boxes.rows)
        return boxes.rows, boxes.sample_rate
    annotation = read_annotation(path)
    return annotation.data, getattr(annotation.scheme, "sample_rate", 0.0)


def _damage(path: Path, seed: int) -> str:
    """Damage the header or the data file; says how."""
    chance = random.Random(seed)
    header, data = path.read_bytes(), data_path(path).read_bytes()
    kind = seed % 4
    if kind == 0:
        places = [0, *(match.start() for match in re.finditer(rb"[<>\"= ]", header)), len(header)]
        name, damaged = mutations.mutate(header, places, seed // 4)
        path.write_bytes(damaged)
        return f"header: {name}"
    if kind == 1:
        places = [*range(0, len(data), 20), *(match.end() for match in re.finditer(rb"[\n; ]", data)), len(data)]
        name, damaged = mutations.mutate(data, places, seed // 4)
        data_path(path).write_bytes(damaged)
        return f"data: {name}"
    if kind == 2:
        values = list(re.finditer(rb'"([^"]*)"', header))
        chosen, value = chance.choice(values), chance.choice(_VALUES)
        path.write_bytes(header[: chosen.start(1)] + value.encode() + header[chosen.end(1) :])
        return f"header: {header[max(0, chosen.start() - 12) : chosen.end()].decode()} becomes {value[:30]!r}"
    return _missing_part(path, header, data, chance)


def _missing_part(path: Path, header: bytes, data: bytes, chance: random.Random) -> str:
    if chance.random() < 0.1:
        data_path(path).unlink()
        return "no data file"
    if chance.random() < 0.5:
        chosen = chance.choice(list(re.finditer(rb'\w+="[^"]*"|<\w[^>]*>', header)))
        path.write_bytes(header[: chosen.start()] + header[chosen.end() :])
        return f"header: without {chosen[0].decode()[:60]}"
    lines = data.split(b"\n")
    at = chance.randrange(len(lines))
    cells = re.split(rb"([; ])", lines[at])
    cells[chance.randrange(len(cells))] = chance.choice(_VALUES).encode()[:60]
    lines[at] = b"".join(cells)
    data_path(path).write_bytes(b"\n".join(lines))
    return "data: a strange value"


def _what_is_wrong(found: tuple[np.ndarray, float], true: tuple[np.ndarray, float]) -> str | None:
    (rows, rate), (true_rows, true_rate) = found, true
    if len(true_rows) - len(rows) > LOST_SHARE * len(true_rows):
        return f"{len(rows)} rows instead of {len(true_rows)}"
    if not (np.isfinite(rate) and (rate > 0 or not true_rate)):
        return f"sample rate {rate}"
    if rows.dtype.names is None:
        return None if np.isfinite(rows).all() else "numbers that are not finite in boxes"
    for name in rows.dtype.names:
        column = rows[name]
        if column.dtype.kind == "f" and name != "score" and not np.isfinite(column).all():
            return f"{name} is not finite"
        if column.dtype.kind == "f" and name == "score" and np.isinf(column).any():
            return "score is infinite"
        if name == "conf" and len(column) and not (column.min() >= 0 and column.max() <= 1):
            return f"confidence from {column.min()} to {column.max()}"
    if "from" in rows.dtype.names and (rows["to"] < rows["from"]).any():
        return "a segment ends before it starts"
    return None
