"""Annotates a video: takes a video and the boxes of its face, and returns a `Prediction`."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm.faces.boxes import read_boxes
from rbdm.faces.detector import Detector
from rbdm.faces.locator import DetectedFaces, FaceSource, StreamFaces, found_boxes
from rbdm.faces.pose import head_pose
from rbdm.media.frame_count import count_frames
from rbdm.media.video import Video
from rbdm.network.engine import FaceScores, load_engine
from rbdm.network.weights import Weights, find_weights
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.progress import OnProgress
from rbdm.scoring import Batch, Scorer, Values
from rbdm.timeline.runs import run_numbers
from rbdm.timeline.stride import fill
from rbdm.types import Image, Notify, StrPath
from rbdm.version import __version__

_NO_BOX = np.full(4, np.nan, np.float32)
_LOWEST_THRESHOLD = 0.1


class FrameResult(NamedTuple):
    """The results for one frame. The box and the values are NaN if the frame has no face.

    Attributes:
        time: seconds, the frame's own timestamp.
        box: (4,) float32 `ymin, xmin, ymax, xmax` as fractions of the frame's height and width.
        face_confidence: 0 to 1, the face detector's confidence.
        probabilities: (8,) float32 in the order of `rbdm.expressions.EXPRESSIONS`.
        valence: -1 to 1.
        arousal: -1 to 1.
    """

    time: float
    box: npt.NDArray[np.float32]
    face_confidence: float
    probabilities: npt.NDArray[np.float32]
    valence: float
    arousal: float


class Annotator:
    """Annotates videos. The network and its weights are loaded once for many videos.

    Attributes:
        options: the options of the annotation.
        weights: the loaded weights.
    """

    def __init__(
        self, options: Options = Options(), say: Notify = lambda text: None, *, download: bool = False
    ) -> None:
        """Find and load the weights.

        Args:
            options: `weights`, `batch_size`, `device`, `face_confidence`, `stride` and `every_frame` are used here.
            say: called with one line of text about the choice of the weights, see `rbdm.network.weights.find_weights`.
            download: whether the official weights may be downloaded if they are not on this machine, as in a server.

        Raises:
            WeightsError: the weights cannot be found, downloaded or read, or belong to another network.
            OptionError: the device does not exist.
        """
        self.options = options
        self.weights = find_weights(options.weights, say, download)
        engine = load_engine(self.weights, options.device, options.batch_size)
        self._scorer = Scorer(engine, self.weights.entry, options)
        self._detector: Detector | None = None

    def annotate(
        self,
        video: StrPath,
        faces: StrPath | None = None,
        *,
        face: str = "largest",
        progress: OnProgress = lambda progress: None,
        warn: Notify = warnings.warn,
    ) -> Prediction:
        """Annotate the face in a video.

        Args:
            video: a video of any container, or an image.
            faces: the header file of the SSI stream with the box of the face in each frame (blazeface). If None, the
                face is detected while the video is decoded.
            face: which person to follow if there is no box stream: `largest`, `leftmost`, `rightmost`, or a number
                counted from the left (`1` is the leftmost); see `rbdm.faces.tracker.FaceTracker`.
            progress: called after each batch.
            warn: called with one line of text for each problem that did not stop the work.

        Raises:
            InputError: the video or the stream cannot be used.
            OptionError: `face` is not one of these values.
        """
        builder = PredictionBuilder()
        with Video(video) as opened:
            source, total = self._locate(opened, faces, face)
            for batch, values in self._scorer.score(source, total, progress):
                builder.add(batch, values)
            warned = (*opened.warnings, *source.warnings())
            for warning in warned:
                warn(warning)
            origin = boxes_origin(faces, face, self.options)
            return replace(builder.prediction(opened, self.weights, self.options, origin), warnings=warned)

    def stream(
        self, video: StrPath, faces: StrPath | None = None, *, face: str = "largest", warn: Notify = warnings.warn
    ) -> Iterator[FrameResult]:
        """Annotate frame by frame, and yield each result as soon as it is ready: for long videos, or to stop early.

        The values are the unchanged output of the network: the options `smoothing_ms` and `num_expressions` have no
        effect on them. In frames that the option `stride` skips, the box is set but the values are NaN.

        Args:
            video: see `annotate`.
            faces: see `annotate`.
            face: see `annotate`.
            warn: see `annotate`.

        Raises:
            InputError: the video or the stream cannot be used.
            OptionError: `face` is not one of the values that `annotate` lists.
        """
        with Video(video) as opened:
            source, total = self._locate(opened, faces, face)
            for batch, values in self._scorer.score(source, total, lambda progress: None):
                for time, row, has_face, found in zip(batch.times, batch.rows, batch.has_face, values, strict=True):
                    box = row[:4] if has_face else _NO_BOX
                    yield FrameResult(time, box, float(row[4]), found[:8], float(found[8]), float(found[9]))
            for warning in (*opened.warnings, *source.warnings()):
                warn(warning)

    def predict(self, frames: Image | Sequence[Image], boxes: npt.NDArray[np.float32]) -> FaceScores:
        """Score one face in each of N pictures.

        Args:
            frames: (N, H, W, 3) uint8 RGB, or a sequence of N (H, W, 3).
            boxes: (N, 4) or (N, 5): `ymin, xmin, ymax, xmax` as fractions of H and W, then the confidence (1 if it is
                missing).

        Returns:
            The scores of the N faces; NaN where the confidence is below the option `face_confidence`.

        Raises:
            InputError: a frame has another shape or type, the number of boxes and of frames differ, or a box that
                counts as a face is empty or not finite.
        """
        return self._scorer.predict(frames, boxes)

    def _locate(self, video: Video, faces: StrPath | None, face: str) -> tuple[FaceSource, int]:
        """The frames with the boxes of their faces, and the expected number of frames."""
        if faces is not None:
            boxes = read_boxes(faces, self.options.face_confidence)
            total = count_frames(video.path)
            return StreamFaces(video, boxes, total), total
        if self._detector is None:
            self._detector = load_detector(self.options)
        return DetectedFaces(video, self._detector, face, self.options.every_frame), video.expected_frames


class PredictionBuilder:
    """Collects the results of all frames, batch by batch. It keeps a few numbers per frame, and no pictures."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._ends: list[float] = []
        self._sizes: list[tuple[int, int]] = []
        self._starts_run: list[bool] = []
        self._has_face: list[bool] = []
        self._rows: list[npt.NDArray[np.float32]] = []
        self._values: list[Values] = []

    def add(self, batch: Batch, values: Values) -> None:
        """Add the next frames.

        Args:
            batch: the frames.
            values: (frames, 10) float32, see `rbdm.scoring.Scorer.score`.
        """
        self._times += batch.times
        self._ends += batch.ends
        self._sizes += batch.sizes
        self._starts_run += batch.starts_run
        self._has_face += batch.has_face
        self._rows.append(np.array(batch.rows))
        self._values.append(values)

    def prediction(self, video: Video, weights: Weights, options: Options, boxes_from: str) -> Prediction:
        """The prediction of all frames that were added.

        Frames that the option `stride` skipped get values from their neighbours, see `rbdm.timeline.stride.fill`.
        """
        values, time = np.concatenate(self._values), np.array(self._times, np.float64)
        rows, has_face = np.concatenate(self._rows), np.array(self._has_face)
        sizes, starts_run = np.array(self._sizes, np.int32), np.array(self._starts_run)
        inferred, pose = ~np.isnan(values[:, 0]), head_pose(rows, sizes)
        run = run_numbers(has_face, starts_run)
        fill(time, has_face, inferred, run, held=values[:, :8], linear=values[:, 8:])
        return Prediction(
            time=time,
            probabilities=values[:, :8],
            valence=values[:, 8],
            arousal=values[:, 9],
            face_confidence=rows[:, 4],
            duration=video.duration,
            sample_rate=video.sample_rate,
            weights=weights.entry.name,
            weights_sha256=weights.sha256,
            version=__version__,
            inferred=inferred,
            boxes=np.where(has_face[:, None], rows[:, :4], np.float32(np.nan)),
            frame_end=np.array(self._ends, np.float64),
            starts_run=starts_run,
            frame_size=sizes,
            width=video.width,
            height=video.height,
            video=video.path,
            options=options,
            boxes_from=boxes_from,
            video_bytes=video.path.stat().st_size,
            weights_licence=weights.entry.licence,
            affect_is_derived=weights.entry.affect_is_derived,
            head_pose=None if pose is None else np.where(has_face[:, None], pose, np.float32(np.nan)),
        )


def boxes_origin(faces: StrPath | None, face: str, options: Options) -> str:
    """The text of `Prediction.boxes_from` for these arguments of `Annotator.annotate` and these options."""
    return found_boxes(face, options.every_frame) if faces is None else Path(faces).name


def load_detector(options: Options) -> Detector:
    """A face detector with the option `face_confidence` as its threshold, or 0.1 if the option is lower."""
    return Detector(max(options.face_confidence, _LOWEST_THRESHOLD))


def annotate(
    video: StrPath,
    faces: StrPath | None = None,
    options: Options = Options(),
    *,
    face: str = "largest",
    warn: Notify = warnings.warn,
) -> Prediction:
    """Annotate the face in one video; for many videos, make one `Annotator`.

    >>> prediction = annotate("single_face.mp4")  # doctest: +SKIP
    >>> prediction.valence[prediction.has_face].mean()  # doctest: +SKIP

    Args:
        video: see `Annotator.annotate`.
        faces: see `Annotator.annotate`.
        options: how to annotate.
        face: see `Annotator.annotate`.
        warn: see `Annotator.annotate`.

    Raises:
        InputError: the video or the stream cannot be used.
        WeightsError: the weights cannot be found, downloaded or read.
        OptionError: the device does not exist, or `face` is not one of the values that `Annotator.annotate` lists.
    """
    return Annotator(options, logging.getLogger(__name__).info).annotate(video, faces, face=face, warn=warn)
