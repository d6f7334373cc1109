"""What the network says about a video, frame by frame, and where it came from."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rbdm.options import Options
from rbdm.timeline.stride import FILLED_CONFIDENCE

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Timeline:
    """Expressions, valence and arousal over the T frames of a video, and where they came from.

    Attributes:
        time: (T,) float64, seconds: each frame's own timestamp, strictly increasing, 0 or later.
        probabilities: (T, 8) float32, in the order of `rbdm.expressions.EXPRESSIONS`, rows adding up to 1; NaN where
            no face.
        valence: (T,) float32 in [-1, 1]; NaN where no face.
        arousal: (T,) float32 in [-1, 1]; NaN where no face.
        face_confidence: (T,) float32 in [0, 1]: how sure the face detector was; 0 where it found none.
        duration: seconds, the end of the last frame.
        sample_rate: Hz, the video's average frame rate.
        weights: name of the weights.
        weights_sha256: SHA-256 of the weights file.
        version: version of rbdm.
        inferred: (T,) bool: the frames that went through the network; with a `stride`, the other frames with a face
            are filled in from these.
        boxes: (T, 4) float32, `ymin, xmin, ymax, xmax` as fractions of the frame's height and width, origin top left,
            may leave [0, 1]; NaN where no face.
        width: pixels, of the video as displayed.
        height: pixels, likewise.
        video: the file, as it was named.
        options: how it was annotated, and what annotations made from this follow unless told otherwise.
        boxes_from: where the boxes come from: the file name of a stream, or `found, <face>`, see
            `rbdm.faces.tracker.FaceTracker`.
        video_bytes: size of the video's file.
        weights_licence: licence of the weights; empty if nobody has stated one.
        affect_is_derived: whether the weights learned valence and arousal from labels of expressions (MODEL_CARD.md).
    """

    time: npt.NDArray[np.float64]
    probabilities: Floats
    valence: Floats
    arousal: Floats
    face_confidence: Floats
    duration: float
    sample_rate: float
    weights: str
    weights_sha256: str
    version: str
    inferred: npt.NDArray[np.bool_]
    boxes: Floats
    width: int
    height: int
    video: Path
    options: Options
    boxes_from: str = ""
    video_bytes: int = 0
    weights_licence: str = ""
    affect_is_derived: bool = False

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """(T,) bool: the frames whose face was good enough to be looked at."""
        return ~np.isnan(self.valence)

    @property
    def confidence(self) -> Floats:
        """(T,) float32: that of the face, halved where the values are filled in; 0 where there is no face."""
        trust = np.where(self.inferred, 1.0, FILLED_CONFIDENCE)
        return np.where(self.has_face, self.face_confidence * trust, 0).astype(np.float32)

    @property
    def end(self) -> float:
        """Seconds at which the last frame ends; where the duration is too short, one frame after the last timestamp."""
        last = float(self.time[-1])
        return self.duration if self.duration > last else last + 1 / self.sample_rate
