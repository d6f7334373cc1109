"""Packs the values of all frames into few bytes. `scripts/frames.js` unpacks them in the page."""

import base64
import zlib

import numpy as np
import numpy.typing as npt

from rbdm.timeline.frames import SmoothedFrames

TICK = 1e-5
"""Unit of the times in a page, in seconds."""
PROBABILITY_STEPS = 255
VALUE_STEPS = 1000
BOX_STEPS = 250
_BOXES_EACH = 0.03
"""Seconds for which a box is kept: more boxes would make the page of a fast video much larger."""
_BOX_VALUES = 1 << 16

NO_FACE = 255
FILLED_IN = 128


def pack(frames: SmoothedFrames, boxes: npt.NDArray[np.floating]) -> str:
    """The values of all frames as text, which `frames.js` unpacks: their bytes, compressed by zlib, in base64.

    The bytes are the following columns, one after the other, each with one value per frame. A column of numbers with
    several bytes holds first the lowest byte of every number, then the second byte of every number, and so on.

    1. uint32: time since the frame before in units of `TICK`; the first frame has its time since 0.
    2. uint8: index of the most probable class, plus `FILLED_IN` if the frame was filled in; `NO_FACE` without a face.
    3. uint8: confidence of the face detector in steps of 1/255.
    4. For each of the K classes, uint8: its probability in steps of 1/255.
    5. uint16: valence in steps of 1/1000, 0 for -1; then a column for arousal in the same way.
    6. uint16: ymin of the box, in steps of 1/250 of the frame's height, 0 for -1, as the difference from the frame
       before (modulo 65536); then a column each for xmin, ymax and xmax in the same way. A box stays for at least
       0.03 s: in videos of more than 33 frames/s, some frames have the box of the one before.

    In a frame without a face, columns 3 to 5 are 0, and the differences of column 6, too.

    Args:
        frames: the frames.
        boxes: (T, 4) `ymin, xmin, ymax, xmax` as fractions of the frame's height and width; NaN where no face.
    """
    ticks = np.round(frames.time / TICK).astype(np.int64)
    state = np.where(frames.classes < 0, NO_FACE, frames.classes + FILLED_IN * frames.filled_in)
    shares = np.column_stack([frames.confidence, frames.probabilities]) * PROBABILITY_STEPS
    values = (np.column_stack([frames.valence, frames.arousal]) + 1) * VALUE_STEPS
    planes = [
        *_planes(np.diff(ticks, prepend=0), "<u4"),
        state.astype(np.uint8),
        *np.round(np.nan_to_num(shares)).astype(np.uint8).T,
        *(plane for value in np.nan_to_num(values).T for plane in _planes(np.round(value), "<u2")),
        *(plane for edge in _differences(frames.time, boxes).T for plane in _planes(edge, "<u2")),
    ]
    return base64.b64encode(zlib.compress(b"".join(plane.tobytes() for plane in planes), 9)).decode("ascii")


def _differences(time: npt.NDArray[np.float64], boxes: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """(T, 4) int64: how much each edge differs from the frame before. Where a box is missing, the last one counts."""
    known = np.isfinite(boxes).all(axis=1)
    period = np.floor(time / _BOXES_EACH)
    known &= (np.diff(period, prepend=-1) > 0) | ~np.append(False, known[:-1])
    latest = np.maximum.accumulate(np.where(known, np.arange(len(boxes)), 0))
    steps = np.clip(np.round((np.nan_to_num(boxes[latest]) + 1) * BOX_STEPS), 0, _BOX_VALUES - 1).astype(np.int64)
    return np.asarray(np.diff(steps, axis=0, prepend=np.zeros((1, 4), np.int64)) % _BOX_VALUES)


def _planes(values: npt.NDArray[np.generic], kind: str) -> npt.NDArray[np.uint8]:
    """(bytes per number, T) uint8: lowest bytes, then second bytes, and so on. Similar neighbours compress well."""
    return np.ascontiguousarray(values.astype(kind)).view(np.uint8).reshape(len(values), -1).T
