"""The main job: decode, crop and infer, overlapped and streaming, from a video and its boxes to a `Prediction`."""

import logging
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm import __version__
from rbdm.ahead import ahead
from rbdm.detect import Detector
from rbdm.engine import Scores, load_engine
from rbdm.errors import InputError
from rbdm.faces import StrPath, box_in, check_boxes, crop, crop_region, is_face, read_boxes
from rbdm.frame import Frame
from rbdm.locate import Faces, FoundFaces, ReadFaces
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.progress import Progress, Report, Say
from rbdm.ssi import Stream
from rbdm.stride import Stride, fill
from rbdm.video import Video, count_frames
from rbdm.weights import Weights, resolve

Values = npt.NDArray[np.float32]
_NO_BOX = np.full(4, np.nan, np.float32)
_BATCHES_AHEAD = 3
_BATCHES_BEGUN = 2
_MOST_FRAMES = 4
"""Per face of a full batch: progress is told, and interruptions are heard, where faces are rare, too."""
_LOWEST_THRESHOLD = 0.1


class FrameResult(NamedTuple):
    """What the network says about one frame; NaN where it has no face.

    Attributes:
        time: seconds, the frame's own timestamp.
        box: (4,) float32 `ymin, xmin, ymax, xmax` as fractions of the frame's height and width.
        face_confidence: 0 to 1, how sure the face detector was.
        probabilities: (8,) float32 in the order of `rbdm.labels.EXPRESSIONS`.
        valence: -1 to 1.
        arousal: -1 to 1.
    """

    time: float
    box: npt.NDArray[np.float32]
    face_confidence: float
    probabilities: npt.NDArray[np.float32]
    valence: float
    arousal: float


@dataclass
class _Batch:
    """Consecutive frames: `crops` are of those in `faces`, numbers that count from the first of the batch."""

    times: list[float] = field(default_factory=list)
    rows: list[npt.NDArray[np.float32]] = field(default_factory=list)
    has_face: list[bool] = field(default_factory=list)
    faces: list[int] = field(default_factory=list)
    crops: npt.NDArray[np.uint8] | None = None


class Annotator:
    """The network with its weights, loaded once for many videos."""

    def __init__(self, options: Options = Options(), say: Say = lambda text: None) -> None:
        """Find and load the weights.

        Args:
            options: `weights`, `batch_size`, `device`, `face_confidence` and `stride` count here.
            say: see `rbdm.weights.resolve`.

        Raises:
            WeightsError: the weights cannot be had or are not of our network.
            OptionError: the device is not there.
        """
        self.options = options
        self.weights = resolve(options.weights, say)
        self._engine = load_engine(self.weights, options.device, options.batch_size)
        self._detector: Detector | None = None

    def annotate(
        self,
        video: StrPath,
        faces: StrPath | None = None,
        *,
        face: str = "largest",
        progress: Report = lambda progress: None,
        warn: Say = warnings.warn,
    ) -> Prediction:
        """What the network says about the face in a video.

        Args:
            video: a video of any container, or an image.
            faces: header of the SSI stream with the face's box in each frame (blazeface); without it the face is
                found while the video is decoded.
            face: whom to follow where there is no stream: `largest`, `leftmost`, `rightmost` or a number from the left,
                `1` being the leftmost; see `rbdm.tracking.Follower`.
            progress: called after each batch.
            warn: told in a line what was not as it should be but did not stop the work.

        Raises:
            InputError: the video or the stream cannot be used.
            OptionError: `face` means no face.
        """
        collected = _Collected()
        with Video(video) as opened:
            located, total = self._locate(opened, faces, face)
            for batch, values in self._scored(located, total, progress):
                collected.add(batch, values)
            for warning in (*opened.warnings, *located.warnings()):
                warn(warning)
            prediction = collected.prediction(opened, self.weights, self.options)
        return replace(prediction, boxes_from=boxes_origin(faces, face))

    def stream(
        self, video: StrPath, faces: StrPath | None = None, *, face: str = "largest", warn: Say = warnings.warn
    ) -> Iterator[FrameResult]:
        """The same frame by frame, as soon as it is known: for long videos, and for stopping early.

        Values are as the network gives them, whatever `smoothing_ms` and `num_expressions` say. Frames that the option
        `stride` leaves out have a box but no values.

        Args:
            video: as of `annotate`, like the others.
            faces: likewise.
            face: likewise.
            warn: likewise.

        Raises:
            InputError: the video or the stream cannot be used.
            OptionError: `face` means no face.
        """
        with Video(video) as opened:
            located, total = self._locate(opened, faces, face)
            for batch, values in self._scored(located, total, lambda progress: None):
                for time, row, has_face, found in zip(batch.times, batch.rows, batch.has_face, values, strict=True):
                    box = row[:4] if has_face else _NO_BOX
                    yield FrameResult(time, box, float(row[4]), found[:8], float(found[8]), float(found[9]))
            for warning in (*opened.warnings, *located.warnings()):
                warn(warning)

    def predict(self, frames: npt.NDArray[np.uint8], boxes: npt.NDArray[np.float32]) -> Scores:
        """What the network says about one face in each of N pictures.

        Args:
            frames: (N, H, W, 3) uint8 RGB, or a sequence of N (H, W, 3).
            boxes: (N, 4) or (N, 5): `ymin, xmin, ymax, xmax` as fractions of H and W, and the confidence.

        Returns:
            Scores of the N faces; NaN where the confidence is below the option `face_confidence`.

        Raises:
            InputError: a box that counts is not finite or empty, or there are not as many boxes as frames.
        """
        boxes = np.asarray(boxes, np.float32)
        if boxes.shape not in ((len(frames), 4), (len(frames), 5)):
            raise InputError(f"boxes have the shape {boxes.shape}: {len(frames)} frames need ({len(frames)}, 4 or 5)")
        if boxes.shape[1] == 4:
            boxes = np.column_stack([boxes, np.ones(len(boxes), np.float32)])
        rows = check_boxes(Stream(boxes, 1.0), self.options.face_confidence, "boxes").rows
        chosen = np.flatnonzero(is_face(rows[:, 4], self.options.face_confidence))
        scores = Scores(*(np.full((len(boxes), *shape), np.nan, np.float32) for shape in ((8,), (), ())))
        for first in range(0, len(chosen), self._engine.batch_size):
            part = chosen[first : first + self._engine.batch_size]
            crops = self._buffer(len(part))
            for out, i in zip(crops, part, strict=True):
                self._crop(frames[i], rows[i], out)
            for values, found in zip(scores, self._engine.predict(crops), strict=True):
                values[part] = found
        return scores

    def _locate(self, video: Video, faces: StrPath | None, face: str) -> tuple[Faces, int]:
        """The frames with their faces, and how many frames there will be."""
        if faces is not None:
            boxes = read_boxes(faces, self.options.face_confidence)
            total = count_frames(video.path)
            return ReadFaces(video, boxes, total), total
        if self._detector is None:
            self._detector = load_detector(self.options)
        return FoundFaces(video, self._detector, face), video.expected_frames

    def _scored(self, located: Faces, total: int, progress: Report) -> Iterator[tuple[_Batch, Values]]:
        """The batches, each with what the network says: (frames, 10) float32, NaN where it was not asked."""
        started, done = time.monotonic(), 0
        with ahead(self._batches(located), _BATCHES_AHEAD) as batches:
            for batch, scores in self._infer(batches):
                values = np.full((len(batch.times), 10), np.nan, np.float32)
                if scores is not None:
                    values[batch.faces] = np.column_stack([scores.probabilities, scores.valence, scores.arousal])
                yield batch, values
                done += len(batch.times)
                progress(Progress(done, max(done, total), time.monotonic() - started))

    def _infer(self, batches: Iterator[_Batch]) -> Iterator[tuple[_Batch, Scores | None]]:
        """Each batch with its scores; the network has the next ones in hand before a batch is taken from it."""
        begun: deque[tuple[_Batch, Callable[[], Scores] | None]] = deque()
        for batch in batches:
            begun.append((batch, None if batch.crops is None else self._engine.submit(batch.crops)))
            if len(begun) > _BATCHES_BEGUN:
                begun_batch, result = begun.popleft()
                yield begun_batch, result and result()
        for begun_batch, result in begun:
            yield begun_batch, result and result()

    def _batches(self, located: Faces) -> Iterator[_Batch]:
        batch, crops = _Batch(), self._buffer(self._engine.batch_size)
        stride = Stride(self.options.stride)
        for frame, row in located:
            has_face = bool(is_face(row[4], self.options.face_confidence))
            if stride.infers(has_face):
                self._crop_frame(frame, row, crops[len(batch.faces)])
                batch.faces.append(len(batch.times))
            batch.times.append(frame.time)
            batch.rows.append(row)
            batch.has_face.append(has_face)
            if len(batch.faces) == self._engine.batch_size or len(batch.times) == _MOST_FRAMES * len(crops):
                batch.crops = crops[: len(batch.faces)] if batch.faces else None
                yield batch
                batch, crops = _Batch(), self._buffer(self._engine.batch_size)
        if batch.times:
            batch.crops = crops[: len(batch.faces)] if batch.faces else None
            yield batch

    def _buffer(self, count: int) -> npt.NDArray[np.uint8]:
        size = self.weights.entry.input_size
        return np.empty((count, size, size, 3), np.uint8)

    def _crop_frame(self, frame: Frame, box: npt.NDArray[np.float32], out: npt.NDArray[np.uint8]) -> None:
        size = frame.width, frame.height
        image, region = frame.around(crop_region(box, *size, self.weights.entry.crop_scale))
        self._crop(image, box_in(region, box, *size), out)

    def _crop(self, image: npt.NDArray[np.uint8], box: npt.NDArray[np.floating], out: npt.NDArray[np.uint8]) -> None:
        entry = self.weights.entry
        crop(image, box, entry.input_size, entry.crop_scale, entry.color == "grey", out)


class _Collected:
    """What has been found so far, batch by batch: a few numbers a frame."""

    def __init__(self) -> None:
        self._times: list[float] = []
        self._has_face: list[bool] = []
        self._rows: list[npt.NDArray[np.float32]] = []
        self._values: list[Values] = []

    def add(self, batch: _Batch, values: Values) -> None:
        self._times += batch.times
        self._has_face += batch.has_face
        self._rows.append(np.array(batch.rows))
        self._values.append(values)

    def prediction(self, video: Video, weights: Weights, options: Options) -> Prediction:
        values, time = np.concatenate(self._values), np.array(self._times, np.float64)
        rows, has_face = np.concatenate(self._rows), np.array(self._has_face)
        inferred = ~np.isnan(values[:, 0])
        fill(time, has_face, inferred, held=values[:, :8], linear=values[:, 8:])
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
            width=video.width,
            height=video.height,
            video=video.path,
            options=options,
            video_bytes=video.path.stat().st_size,
        )


def boxes_origin(faces: StrPath | None, face: str) -> str:
    """What `Prediction.boxes_from` says of these arguments of `Annotator.annotate`."""
    return f"found, {face}" if faces is None else Path(faces).name


def load_detector(options: Options) -> Detector:
    """The detector of faces whose confidence reaches the option `face_confidence`, but at least 0.1."""
    return Detector(max(options.face_confidence, _LOWEST_THRESHOLD))


def annotate(
    video: StrPath,
    faces: StrPath | None = None,
    options: Options = Options(),
    *,
    face: str = "largest",
    warn: Say = warnings.warn,
) -> Prediction:
    """What the network says about the face in one video; for many, make one `Annotator`.

    >>> prediction = annotate("single_face.mp4")  # doctest: +SKIP
    >>> prediction.valence[prediction.has_face].mean()  # doctest: +SKIP

    Args:
        video: a video of any container, or an image.
        faces: header of the SSI stream with the face's box in each frame (blazeface); without it the face is found.
        options: how to annotate.
        face: whom to follow where there is no stream: `largest`, `leftmost`, `rightmost` or a number from the left, `1`
            being the leftmost.
        warn: told in a line what was not as it should be but did not stop the work.

    Raises:
        InputError: the video or the stream cannot be used.
        WeightsError: the weights cannot be had.
        OptionError: the device is not there, or `face` means no face.
    """
    return Annotator(options, logging.getLogger(__name__).info).annotate(video, faces, face=face, warn=warn)
