"""Faces in frames: the boxes of a stream, which box belongs to which frame, and the network's crop of it."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.frame import Region
from rbdm.ssi import Stream, read_stream

StrPath = str | os.PathLike[str]
Image = npt.NDArray[np.uint8]
Box = Sequence[float] | npt.NDArray[np.floating]

OFFICIAL_CROP_SCALE = 2 / 1.1
"""What the official weights are trained on: a square of side (w + h) / 1.1 around a box of w by h pixels."""

_COLUMNS = ("ymin", "xmin", "ymax", "xmax", "confidence")
_CONFIDENCE_SLACK = 1e-3
# Matroska rounds timestamps to 1 ms, SSI headers round sample rates to 0.001 Hz.
_TIME_SLACK = 1e-3
_RATE_SLACK = 6e-4
_UNUSED_SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class BoxStream:
    """The bounding box of one face over time, checked by `check_boxes`.

    Attributes:
        rows: (N, 5) float32, N ≥ 1: `ymin, xmin, ymax, xmax` as fractions of the frame's height and width,
            origin top left, may leave [0, 1]; `confidence` in [0, 1]. Rows below the threshold are unchecked.
        sample_rate: Hz, greater than 0.
        start: seconds, the time of the first row.
        name: what messages call the stream, usually its path.
    """

    rows: npt.NDArray[np.float32]
    sample_rate: float
    start: float
    name: str


def read_boxes(path: StrPath, face_confidence: float) -> BoxStream:
    """The boxes of the SSI stream whose header is `path`; see `check_boxes`.

    Raises:
        InputError: the stream cannot be read, or `check_boxes` refuses it.
    """
    return check_boxes(read_stream(path), face_confidence, os.fspath(path))


def check_boxes(stream: Stream, face_confidence: float, name: str) -> BoxStream:
    """`stream` as boxes, if every row whose confidence reaches `face_confidence` is a box inside the frame.

    A box may leave the frame in part. `name` is what messages call the stream.

    Raises:
        InputError: `stream` has not five numbers a row, or no rows, or no usable rate; a confidence is not in
            [0, 1]; or a row that counts as a face is not finite, is empty or inverted, or lies wholly outside
            the frame. The message names the row, counted from 0.
    """
    rows = np.asarray(stream.data)
    if rows.ndim != 2 or rows.shape[1] != len(_COLUMNS):
        dim = rows.shape[-1] if rows.ndim else 0
        raise InputError(f"{name}: dim is {dim}: a blazeface stream has 5 ({', '.join(_COLUMNS)})")
    if not len(rows):
        raise InputError(f"{name}: the stream is empty: it needs a row per frame")
    if not np.can_cast(rows.dtype, np.float64, "same_kind"):
        raise InputError(f"{name}: type {rows.dtype}: a blazeface stream holds numbers")
    if not 0 < stream.sample_rate < math.inf:
        raise InputError(f"{name}: sr is {stream.sample_rate}: it must be greater than 0")
    if not math.isfinite(stream.start):
        raise InputError(f"{name}: from is {stream.start}: it must be a time in seconds")
    rows = rows.astype(np.float32)
    confidence = rows[:, 4]
    inside = (confidence >= -_CONFIDENCE_SLACK) & (confidence <= 1 + _CONFIDENCE_SLACK)
    _refuse(name, rows, ~inside, "confidence is not a number from 0 to 1")
    np.clip(confidence, 0, 1, out=confidence)
    _check_faces(name, rows, is_face(confidence, face_confidence))
    return BoxStream(rows, float(stream.sample_rate), float(stream.start), name)


def is_face(confidence: npt.NDArray[np.float32], face_confidence: float) -> npt.NDArray[np.bool_]:
    """Which rows count as a face: those that reach the threshold and are not 0, which says that there is none."""
    return (confidence > 0) & (confidence >= np.float32(face_confidence))


def _check_faces(name: str, rows: npt.NDArray[np.float32], faces: npt.NDArray[np.bool_]) -> None:
    ymin, xmin, ymax, xmax = rows[:, :4].T
    _refuse(name, rows, faces & ~np.isfinite(rows).all(axis=1), "the box has coordinates that are no numbers")
    _refuse(name, rows, faces & ((ymax <= ymin) | (xmax <= xmin)), "the box is empty or upside down")
    outside = (ymax <= 0) | (xmax <= 0) | (ymin >= 1) | (xmin >= 1)
    _refuse(name, rows, faces & outside, "the box is outside the frame (coordinates are fractions of its size)")


def _refuse(name: str, rows: npt.NDArray[np.float32], bad: npt.NDArray[np.bool_], what: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        values = ", ".join(f"{column} {value:.4g}" for column, value in zip(_COLUMNS, rows[row], strict=True))
        raise InputError(f"{name}: row {row}: {what}: {values}")


class Pairing:
    """Which row of a `BoxStream` belongs to which frame, asked frame by frame in the order of the video.

    Where there are as many rows as frames, row i belongs to frame i. Else a frame has the row i whose time,
    `[i, i + 1) / sample_rate` after the stream's start, holds the frame's (with 1 ms to spare for rounded
    timestamps). A sample rate that is the video's but for the header's rounding (23.976) is taken to be the
    video's. A frame up to one row past the last has the last; other frames that the stream does not reach
    have none.

    Args:
        boxes: the stream.
        frame_count: how many frames the video has.
        frame_rate: Hz, the video's average rate.
    """

    def __init__(self, boxes: BoxStream, frame_count: int, frame_rate: float):
        self.by_index = len(boxes.rows) == frame_count
        self._boxes = boxes
        same_rate = abs(boxes.sample_rate - frame_rate) <= _RATE_SLACK
        self._rate = frame_rate if same_rate else boxes.sample_rate
        self._frames = self._unreached = 0
        self._last_time = 0.0

    def row(self, index: int, time: float) -> int | None:
        """The row of the frame that is number `index` and displayed at `time` seconds, or None."""
        row = index if self.by_index else self._row_at(time)
        reached = 0 <= row < len(self._boxes.rows)
        self._frames += 1
        self._unreached += not reached
        self._last_time = time
        return row if reached else None

    def _row_at(self, time: float) -> int:
        row = math.floor((time - self._boxes.start + _TIME_SLACK) * self._rate)
        return row - 1 if row == len(self._boxes.rows) else row

    def warnings(self) -> list[str]:
        """What did not fit, one line each; complete once every frame has been asked for."""
        name, rows = self._boxes.name, len(self._boxes.rows)
        found = []
        if self._unreached:
            found.append(f"{name}: {self._unreached} of {self._frames} frames are outside its time: they get no face")
        if self.by_index and self._frames < rows:
            found.append(f"{name}: {rows} rows, but only {self._frames} frames could be decoded")
        unused = self._boxes.start + (rows - 1) / self._rate - self._last_time
        if not self.by_index and unused > _UNUSED_SECONDS:
            found.append(f"{name}: goes on for {unused:.1f} s after the video's end: is it another video's?")
        return found


def crop_matrix(box: Box, width: int, height: int, crop_scale: float, size: int) -> npt.NDArray[np.float64]:
    """(2, 3) float64: the map from frame to crop, for `cv2.warpAffine`.

    `x' = size · ((x - cx)/side + ½)`, the same for y, with (cx, cy) the centre of the box and
    `side = crop_scale · (w + h)/2`, w and h its width and height, all in pixels of the frame. An `x` is the
    index of a pixel, as `cv2.warpAffine` counts: the centre of the first pixel is 0.

    Args:
        box: `ymin, xmin, ymax, xmax` as fractions of the frame's size; a confidence after them is ignored.
        width: pixels, of the frame.
        height: pixels, of the frame.
        crop_scale: side of the crop over the mean side of the box.
        size: side of the crop in pixels of the output.
    """
    ymin, xmin, ymax, xmax = (float(value) for value in box[:4])
    left, right, top, bottom = xmin * width, xmax * width, ymin * height, ymax * height
    scale = size / (crop_scale * ((right - left) + (bottom - top)) / 2)
    return np.array(
        [
            [scale, 0.0, size / 2 - scale * (left + right) / 2],
            [0.0, scale, size / 2 - scale * (top + bottom) / 2],
        ]
    )


def crop_region(box: Box, width: int, height: int, crop_scale: float) -> Region:
    """The pixels of a frame that `crop` looks at for a box; may leave the frame. Arguments as of `crop_matrix`."""
    ymin, xmin, ymax, xmax = (float(value) for value in box[:4])
    half = crop_scale * ((xmax - xmin) * width + (ymax - ymin) * height) / 4
    x, y = (xmin + xmax) * width / 2, (ymin + ymax) * height / 2
    return Region(math.floor(x - half) - 1, math.floor(y - half) - 1, math.ceil(x + half) + 2, math.ceil(y + half) + 2)


def box_in(region: Region, box: Box, width: int, height: int) -> npt.NDArray[np.float64]:
    """(4,) float64: a box of a frame of `width` by `height` pixels, as fractions of a region of that frame."""
    corners = np.asarray(box[:4], np.float64) * (height, width, height, width)
    tall, wide = region.bottom - region.top, region.right - region.left
    moved = corners - (region.top, region.left, region.top, region.left)
    return np.asarray(moved / (tall, wide, tall, wide), np.float64)


def crop(
    image: Image,
    box: Box,
    size: int = 224,
    crop_scale: float = OFFICIAL_CROP_SCALE,
    grey: bool = False,
    out: Image | None = None,
) -> Image:
    """The square around a face: one `cv2.warpAffine` by `crop_matrix`, bilinear, black outside of the frame.

    >>> crop(np.full((360, 640, 3), 128, np.uint8), (0.25, 0.4, 0.75, 0.6)).shape
    (224, 224, 3)

    Args:
        image: (H, W, 3) uint8 RGB.
        box: `ymin, xmin, ymax, xmax` as fractions of H and W.
        size: side of the crop in pixels.
        crop_scale: side of the crop over the mean side of the box; see `crop_matrix`.
        grey: whether to replace the colours by their luma (ITU-R BT.601), in all three channels.
        out: (size, size, 3) uint8, C-contiguous: where to write the crop, e.g. a slice of a batch.

    Returns:
        (size, size, 3) uint8 RGB; `out` if given.
    """
    if out is None:
        out = np.empty((size, size, 3), np.uint8)
    elif out.shape != (size, size, 3) or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise ValueError(f"out must be a C-contiguous ({size}, {size}, 3) uint8 array, since OpenCV writes into it")
    matrix = crop_matrix(box, image.shape[1], image.shape[0], crop_scale, size)
    cv2.warpAffine(image, matrix, (size, size), out, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT, (0, 0, 0))
    if grey:
        cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB, out)
    return out
