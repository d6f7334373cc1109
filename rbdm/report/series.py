"""The values of every frame as a page draws them: those of the annotations, put into few bytes."""

import base64
import zlib
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from rbdm.prediction import Prediction
from rbdm.sampling import end_of
from rbdm.smoothing import smooth
from rbdm.timeline import expression_probabilities, expression_segments

TICK = 1e-5
"""Seconds to which a page knows times."""
PROBABILITY_STEPS = 255
VALUE_STEPS = 1000

NO_FACE = 255
FILLED_IN = 128


@dataclass(frozen=True, eq=False)
class Series:
    """What is drawn of each of T frames; NaN where there is no face.

    Attributes:
        time: (T,) float64, seconds.
        end: seconds, of the last frame.
        winner: (T,) int64, the class that the annotation says, as index of `rbdm.labels.EXPRESSIONS`; -1 for no face.
        probabilities: (T, K) float64, K the number of expressions.
        valence: (T,) float64.
        arousal: (T,) float64.
        confidence: (T,) float64 of the face.
        filled_in: (T,) bool: with a face, but not inferred (option `stride`).
    """

    time: npt.NDArray[np.float64]
    end: float
    winner: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    valence: npt.NDArray[np.float64]
    arousal: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    filled_in: npt.NDArray[np.bool_]

    @property
    def certainty(self) -> npt.NDArray[np.float64]:
        """(T,) float64: the probability of the class that the annotation says; NaN where no face."""
        chosen = np.take_along_axis(self.probabilities, np.maximum(self.winner, 0)[:, None], 1)[:, 0]
        return np.where(self.winner < 0, np.nan, chosen)


def series_of(prediction: Prediction) -> Series:
    """The frames of a prediction as its annotations have them: smoothed, with 8 or 5 classes."""
    options, face = prediction.options, prediction.has_face
    winner = np.full(len(prediction.time), -1, np.int64)
    winner[face] = expression_segments(prediction, replace(options, merge_segments=False))["id"]
    valence, arousal = (
        np.clip(smooth(values, prediction.time, face, options.smoothing_ms), -1, 1)
        for values in (prediction.valence, prediction.arousal)
    )
    return Series(
        time=prediction.time,
        end=end_of(prediction),
        winner=winner,
        probabilities=expression_probabilities(prediction, options),
        valence=valence,
        arousal=arousal,
        confidence=np.where(face, prediction.face_confidence, np.nan).astype(np.float64),
        filled_in=face & ~prediction.inferred,
    )


def pack(series: Series) -> str:
    """Every frame of `series` as text for a page, which `page.js` unpacks: base64 of zlib of the values' bytes.

    Column after column, of wider numbers first all lowest bytes, then all second ones, and so on: uint32 steps of time
    in `TICK`, the first one from 0; uint8 winner, plus `FILLED_IN`, or `NO_FACE`; uint8 confidence and K times
    uint8 probability, in steps of 1/255; uint16 valence and arousal, 0 for -1, in steps of 1/1000. Where there is no
    face all values are 0.
    """
    ticks = np.round(series.time / TICK).astype(np.int64)
    state = np.where(series.winner < 0, NO_FACE, series.winner + FILLED_IN * series.filled_in)
    shares = np.column_stack([series.confidence, series.probabilities]) * PROBABILITY_STEPS
    values = (np.column_stack([series.valence, series.arousal]) + 1) * VALUE_STEPS
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
