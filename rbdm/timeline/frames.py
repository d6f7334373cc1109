"""The frames of a timeline as its annotations show them: smoothed, and with 8 or 5 classes."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.options import Options
from rbdm.timeline.smoothing import smooth
from rbdm.timeline.timeline import Timeline
from rbdm.types import Value

NO_CLASS = -1
"""The class of a frame without a face."""


@dataclass(frozen=True, eq=False)
class SmoothedFrames:
    """The T frames of a timeline as its annotations show them; NaN where a frame has no face.

    Attributes:
        time: (T,) float64, seconds.
        end: seconds, the end of the last frame.
        frame_end: (T,) float64, seconds, see `rbdm.timeline.timeline.Timeline`.
        classes: (T,) int64, the most probable class as index of `rbdm.expressions.EXPRESSIONS`; `NO_CLASS` for no face.
        probabilities: (T, K) float64 in [0, 1], rows adding up to 1; K is the number of expressions, 8 or 5.
        valence: (T,) float64 in [-1, 1].
        arousal: (T,) float64 in [-1, 1].
        confidence: (T,) float64 in [0, 1], the face detector's.
        filled_in: (T,) bool: the frame has a face, but did not go through the network (option `stride`).
    """

    time: npt.NDArray[np.float64]
    end: float
    frame_end: npt.NDArray[np.float64]
    classes: npt.NDArray[np.int64]
    probabilities: npt.NDArray[np.float64]
    valence: npt.NDArray[np.float64]
    arousal: npt.NDArray[np.float64]
    confidence: npt.NDArray[np.float64]
    filled_in: npt.NDArray[np.bool_]

    @property
    def certainty(self) -> npt.NDArray[np.float64]:
        """(T,) float64: the probability of the most probable class; NaN where no face."""
        chosen = np.take_along_axis(self.probabilities, np.maximum(self.classes, 0)[:, None], 1)[:, 0]
        return np.where(self.classes == NO_CLASS, np.nan, chosen)


def smoothed_frames(timeline: Timeline) -> SmoothedFrames:
    """The frames of a timeline, with the smoothing and the number of classes of its own options."""
    face = timeline.has_face
    probabilities = expression_probabilities(timeline, timeline.options)
    classes = np.full(len(timeline.time), NO_CLASS, np.int64)
    classes[face] = probabilities[face].argmax(axis=1)
    return SmoothedFrames(
        time=timeline.time,
        end=timeline.end,
        frame_end=timeline.frame_end,
        classes=classes,
        probabilities=probabilities,
        valence=np.clip(smoothed_values(timeline, "valence", timeline.options), -1, 1),
        arousal=np.clip(smoothed_values(timeline, "arousal", timeline.options), -1, 1),
        confidence=np.where(face, timeline.face_confidence, np.nan).astype(np.float64),
        filled_in=face & ~timeline.inferred,
    )


def with_gaps(frames: SmoothedFrames) -> tuple[SmoothedFrames, npt.NDArray[np.int64]]:
    """The frames for a picture over time: each gap of the video becomes one more frame, without a face.

    Returns:
        The frames, and the numbers of those that stand for gaps.
    """
    before = np.flatnonzero(frames.frame_end[:-1] < frames.time[1:])
    places = before + 1
    missing = np.full(len(places), np.nan)
    shown = SmoothedFrames(
        time=np.insert(frames.time, places, frames.frame_end[before]),
        end=frames.end,
        frame_end=np.insert(frames.frame_end, places, frames.time[places]),
        classes=np.insert(frames.classes, places, NO_CLASS),
        probabilities=np.insert(frames.probabilities, places, np.nan, axis=0),
        valence=np.insert(frames.valence, places, missing),
        arousal=np.insert(frames.arousal, places, missing),
        confidence=np.insert(frames.confidence, places, missing),
        filled_in=np.insert(frames.filled_in, places, False),
    )
    return shown, places + np.arange(len(places))


def smoothed_values(timeline: Timeline, value: Value, options: Options) -> npt.NDArray[np.float64]:
    """(T,) float64: valence or arousal, averaged over a window of `smoothing_ms` milliseconds; NaN where no face."""
    values: npt.NDArray[np.float32] = getattr(timeline, value)
    return smooth(values, timeline.time, timeline.has_face, options.smoothing_ms, timeline.run)


def expression_probabilities(
    timeline: Timeline, options: Options, columns: list[int] | None = None
) -> npt.NDArray[np.float64]:
    """Probabilities of some classes, smoothed, and scaled so that they add up to 1 in each frame.

    Args:
        timeline: the results of the network.
        options: only `num_expressions` and `smoothing_ms` are used.
        columns: the indices of the classes; default: the first 8 or 5, as `num_expressions` says.

    Returns:
        (T, len(columns)) float64; NaN where no face. If all of these classes have probability 0 in a frame, they get
        equal probabilities.
    """
    columns = list(range(options.num_expressions)) if columns is None else columns
    chosen = _normalised(timeline.probabilities[:, columns].astype(np.float64))
    smoothed = smooth(chosen, timeline.time, timeline.has_face, options.smoothing_ms, timeline.run)
    return _normalised(smoothed) if options.smoothing_ms else smoothed


def _normalised(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    # Smoothing subtracts running sums, so a rounding error may make a probability slightly negative.
    probabilities = np.maximum(probabilities, 0)
    total = probabilities.sum(axis=1, keepdims=True)
    equal = np.full_like(probabilities, 1 / max(1, probabilities.shape[1]))
    return np.where(total == 0, equal, probabilities / np.where(total == 0, 1, total))
