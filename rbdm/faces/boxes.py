"""Reads the bounding boxes of a face over time from a stream, and checks them."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.nova.streams import BOX_COLUMNS
from rbdm.ssi import Stream, read_stream
from rbdm.types import StrPath

Box = Sequence[float] | npt.NDArray[np.floating]

Floats = npt.NDArray[np.float32]

SPACING, EVEN = "rows", "evenly spaced"
"""Name and value in the header of a stream whose rows are evenly spaced in time, although the frames are not."""
_CONFIDENCE_TOLERANCE = 1e-3
"""Rounding may put a confidence outside of [0, 1] by this much; it is then clipped."""


@dataclass(frozen=True, eq=False)
class BoxStream:
    """The bounding box of one face over time, checked by `check_boxes`.

    Attributes:
        rows: (N, 5) float32, N ≥ 1: `ymin, xmin, ymax, xmax` as fractions of the frame's height and width,
            origin top left, may leave [0, 1]; `confidence` in [0, 1]. The boxes of rows whose confidence is below the
            threshold have not been checked.
        sample_rate: Hz, greater than 0.
        start: seconds, the time of the first row.
        name: the name of the stream in messages, usually its path.
        evenly_spaced: whether the stream says that its rows are evenly spaced in time, although the frames are not.
    """

    rows: npt.NDArray[np.float32]
    sample_rate: float
    start: float
    name: str
    evenly_spaced: bool = False


def read_boxes(path: StrPath, face_confidence: float) -> BoxStream:
    """Read the boxes of the SSI stream whose header is the file `path`, and check them; see `check_boxes`.

    Args:
        path: the header file.
        face_confidence: the confidence (0…1) from which on a row counts as a face.

    Raises:
        InputError: the stream cannot be read, or `check_boxes` refuses it.
    """
    return check_boxes(read_stream(path), face_confidence, os.fspath(path))


def check_boxes(stream: Stream, face_confidence: float, name: str) -> BoxStream:
    """Check that each row of `stream` that counts as a face is a box in the frame, and return the rows as boxes.

    A part of a box may be outside the frame.

    Args:
        stream: `ymin, xmin, ymax, xmax, confidence` per row.
        face_confidence: the confidence (0…1) from which on a row counts as a face; see `is_face`.
        name: the name of the stream in messages.

    Raises:
        InputError: the rows of `stream` are not five numbers, it has no rows, or its sample rate or start is
            impossible; a confidence is not in [0, 1]; or the box of a row that counts as a face is not finite, is empty
            or inverted, or is completely outside the frame. The message names the row, counted from 0.
    """
    rows = np.asarray(stream.data)
    if rows.ndim != 2 or rows.shape[1] != len(BOX_COLUMNS):
        dim = rows.shape[-1] if rows.ndim else 0
        raise InputError(f"{name}: dim is {dim}: a blazeface stream has 5 ({', '.join(BOX_COLUMNS)})")
    if not len(rows):
        raise InputError(f"{name}: the stream is empty: it needs one row per frame")
    if not np.can_cast(rows.dtype, np.float64, "same_kind"):
        raise InputError(f"{name}: type {rows.dtype}: a box stream must contain numbers")
    if not 0 < stream.sample_rate < math.inf:
        raise InputError(f"{name}: sr is {stream.sample_rate}: it must be greater than 0")
    if not math.isfinite(stream.start):
        raise InputError(f"{name}: from is {stream.start}: it must be a time in seconds")
    rows = rows.astype(np.float32)
    confidence = rows[:, 4]
    inside = (confidence >= -_CONFIDENCE_TOLERANCE) & (confidence <= 1 + _CONFIDENCE_TOLERANCE)
    _refuse(name, rows, ~inside, "confidence is not a number from 0 to 1")
    np.clip(confidence, 0, 1, out=confidence)
    _check_faces(name, rows, is_face(confidence, face_confidence))
    evenly_spaced = stream.meta.get(SPACING) == EVEN
    return BoxStream(rows, float(stream.sample_rate), float(stream.start), name, evenly_spaced)


def is_face(confidence: npt.NDArray[np.float32], face_confidence: float) -> npt.NDArray[np.bool_]:
    """(N,) bool: whether a confidence counts as a face. It must reach the threshold, and 0 always means no face."""
    return (confidence > 0) & (confidence >= np.float32(face_confidence))


def _check_faces(name: str, rows: npt.NDArray[np.float32], faces: npt.NDArray[np.bool_]) -> None:
    ymin, xmin, ymax, xmax = rows[:, :4].T
    _refuse(name, rows, faces & ~np.isfinite(rows).all(axis=1), "a coordinate of the box is not a finite number")
    _refuse(name, rows, faces & ((ymax <= ymin) | (xmax <= xmin)), "the box is empty or upside down")
    outside = (ymax <= 0) | (xmax <= 0) | (ymin >= 1) | (xmin >= 1)
    _refuse(name, rows, faces & outside, "the box is outside the frame (coordinates are fractions of its size)")


def _refuse(name: str, rows: npt.NDArray[np.float32], bad: npt.NDArray[np.bool_], problem: str) -> None:
    """Raise an `InputError` that names the first bad row, if there is one."""
    if bad.any():
        row = int(np.argmax(bad))
        values = ", ".join(f"{column} {value:.4g}" for column, value in zip(BOX_COLUMNS, rows[row], strict=True))
        raise InputError(f"{name}: row {row}: {problem}: {values}")


def overlap_of_two(box: Floats, other: Floats) -> float:
    """The intersection over union of two boxes, in [0, 1]: as `overlap`, but faster for one pair."""
    top, left, bottom, right = box[:4].tolist()
    top2, left2, bottom2, right2 = other[:4].tolist()
    common = max(min(bottom, bottom2) - max(top, top2), 0.0) * max(min(right, right2) - max(left, left2), 0.0)
    union = (bottom - top) * (right - left) + (bottom2 - top2) * (right2 - left2) - common
    return common / union if union > 0 else 0.0


def overlap(box: Floats, others: Floats) -> Floats:
    """The intersection over union of one box with each of M other boxes: (M,) float32 in [0, 1].

    Args:
        box: `ymin, xmin, ymax, xmax`; further values are ignored.
        others: (M, 4 or more), likewise.
    """
    top_left, bottom_right = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:4], others[:, 2:4])
    intersection = np.prod(np.maximum(bottom_right - top_left, 0), axis=1)
    areas = np.prod(others[:, 2:4] - others[:, :2], axis=1)
    union = np.prod(box[2:4] - box[:2]) + areas - intersection
    return np.asarray(intersection / np.maximum(union, np.finfo(np.float32).tiny), np.float32)
