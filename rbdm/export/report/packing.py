"""The values of every frame in few bytes, as a page unpacks them."""

import base64
import zlib

import numpy as np
import numpy.typing as npt

from rbdm.timeline.frames import SmoothedFrames

TICK = 1e-5
"""Seconds to which a page knows times."""
PROBABILITY_STEPS = 255
VALUE_STEPS = 1000

NO_FACE = 255
FILLED_IN = 128


def pack(frames: SmoothedFrames) -> str:
    """Every frame of `frames` as text for a page, which `page.js` unpacks: base64 of zlib of the values' bytes.

    Column after column, of wider numbers first all lowest bytes, then all second ones, and so on: uint32 steps of time
    in `TICK`, the first one from 0; uint8 winner, plus `FILLED_IN`, or `NO_FACE`; uint8 confidence and K times
    uint8 probability, in steps of 1/255; uint16 valence and arousal, 0 for -1, in steps of 1/1000. Where there is no
    face all values are 0.
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
    ]
    return base64.b64encode(zlib.compress(b"".join(plane.tobytes() for plane in planes), 9)).decode("ascii")


def _planes(values: npt.NDArray[np.generic], kind: str) -> npt.NDArray[np.uint8]:
    """(bytes, T): bytes of one kind beside each other are alike, and can be compressed."""
    return np.ascontiguousarray(values.astype(kind)).view(np.uint8).reshape(len(values), -1).T
