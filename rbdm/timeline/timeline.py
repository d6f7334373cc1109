"""The network's results for a video, frame by frame, and their provenance."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rbdm.options import Options
from rbdm.timeline.runs import run_numbers
from rbdm.timeline.stride import inference_confidence

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Timeline:
    """Expressions, valence and arousal for the T frames of a video, and their provenance.

    Attributes:
        time: (T,) float64, seconds: each frame's own timestamp, strictly increasing, 0 or later.
        probabilities: (T, 8) float32, in the order of `rbdm.expressions.EXPRESSIONS`, rows adding up to 1; NaN where
            no face.
        valence: (T,) float32 in [-1, 1]; NaN where no face.
        arousal: (T,) float32 in [-1, 1]; NaN where no face.
        face_confidence: (T,) float32 in [0, 1]: the confidence of the face detector; 0 where it found no face.
        duration: seconds, the end of the last frame.
        sample_rate: Hz, the video's average frame rate.
        weights: the name of the weights.
        weights_sha256: SHA-256 of the weights file.
        version: the version of rbdm.
        inferred: (T,) bool: the frames that went through the network. With a `stride`, the values of the other frames
            with a face are filled in from these.
        boxes: (T, 4) float32, `ymin, xmin, ymax, xmax` as fractions of the frame's height and width, origin top left,
            may leave [0, 1]; NaN where no face.
        frame_end: (T,) float64, seconds: the end of each frame. It is the time of the next frame, or earlier if the
            video has no frames for a while.
        starts_run: (T,) bool: the frames whose values must not be mixed with those of the frame before: after a cut, a
            gap without frames, or a jump of the box; see `rbdm.timeline.runs`.
        frame_size: (T, 2) int32: width and height of each frame in pixels, as displayed.
        width: width of the first frame in pixels, as displayed.
        height: height of the first frame in pixels, as displayed.
        video: the path of the video file, as it was given.
        options: the options with which the video was annotated. Results are made with them unless others are given.
        boxes_from: where the boxes come from: the file name of a stream; or `found, <face>` if they were detected in
            every frame; or `found, <face>, interpolated` if some may be interpolated between detections. For `<face>`
            see `rbdm.faces.tracker.FaceTracker`.
        video_bytes: size of the video file in bytes; 0 if unknown.
        weights_licence: licence of the weights; empty if unknown.
        affect_is_derived: whether the weights learned valence and arousal from labels of expressions (MODEL_CARD.md).
        head_pose: (T, 2) float32, degrees: roll and yaw of the head, see `rbdm.faces.pose.head_pose`; NaN where no
            face. None if the boxes come from a stream, which has no key points.
        warnings: the problems of this video and its boxes that did not stop the work: one line of text each.
        person: the name or number of the person, if every person in the video was annotated; else empty.
        doubts: times in seconds, in order, from which on the face may be another person's, each with the reason. Only
            set if every person in the video was annotated.
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
    frame_end: npt.NDArray[np.float64]
    starts_run: npt.NDArray[np.bool_]
    frame_size: npt.NDArray[np.int32]
    width: int
    height: int
    video: Path
    options: Options
    boxes_from: str = ""
    video_bytes: int = 0
    weights_licence: str = ""
    affect_is_derived: bool = False
    head_pose: Floats | None = None
    warnings: tuple[str, ...] = ()
    person: str = ""
    doubts: tuple[tuple[float, str], ...] = ()

    @property
    def has_face(self) -> npt.NDArray[np.bool_]:
        """(T,) bool: the frames that have values, because their face's confidence was high enough."""
        return ~np.isnan(self.valence)

    @property
    def face_size(self) -> Floats:
        """(T,) float32: the mean of the box's width and height, in pixels of the frame as displayed; NaN if no face."""
        sides = (self.boxes[:, 2:] - self.boxes[:, :2]) * self.frame_size[:, ::-1]
        return np.asarray(sides.mean(axis=1), np.float32)

    @property
    def roll(self) -> Floats:
        """(T,) float32, degrees: the first column of `head_pose`; NaN if it is not known."""
        return self._angle(0)

    @property
    def yaw(self) -> Floats:
        """(T,) float32, degrees: the second column of `head_pose`; NaN if it is not known."""
        return self._angle(1)

    def _angle(self, column: int) -> Floats:
        return np.full(len(self.time), np.nan, np.float32) if self.head_pose is None else self.head_pose[:, column]

    @property
    def run(self) -> npt.NDArray[np.int64]:
        """(T,) int64: the number of the run that each frame belongs to, see `rbdm.timeline.runs.run_numbers`."""
        return run_numbers(self.has_face, self.starts_run)

    @property
    def confidence(self) -> Floats:
        """(T,) float32: the confidence of the face, halved where values are filled in; 0 where there is no face."""
        factor = inference_confidence(self.inferred)
        return np.where(self.has_face, self.face_confidence * factor, 0).astype(np.float32)

    @property
    def end(self) -> float:
        """Seconds at which the last frame ends."""
        return float(self.frame_end[-1])
