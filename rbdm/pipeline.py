"""The main job: decode, crop and infer, overlapped and streaming, from a video and its boxes to a `Prediction`."""

import logging
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rbdm import __version__
from rbdm.ahead import ahead
from rbdm.engine import Scores, load_engine
from rbdm.errors import InputError
from rbdm.faces import Pairing, StrPath, box_in, check_boxes, crop, crop_region, is_face, read_boxes
from rbdm.frame import Frame
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import Stream
from rbdm.stride import Stride, fill
from rbdm.video import Video, count_frames
from rbdm.weights import Weights, resolve

Say = Callable[[str], None]
_NO_BOX = np.array([np.nan, np.nan, np.nan, np.nan, 0], np.float32)
_BATCHES_AHEAD = 3
_BATCHES_BEGUN = 2
_MOST_FRAMES = 16
"""Per face of a full batch: progress is told where faces are rare, too."""


@dataclass(frozen=True)
class Progress:
    """How far an annotation is.

    Attributes:
        done: frames.
        total: frames of the video, as far as known before it is decoded.
        seconds: since the start.
    """

    done: int
    total: int
    seconds: float


@dataclass
class _Batch:
    """Consecutive frames: `crops` are of those in `faces`, numbers that count from the first of the batch."""

    times: list[float] = field(default_factory=list)
    boxes: list[npt.NDArray[np.float32]] = field(default_factory=list)
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

    def annotate(
        self,
        video: StrPath,
        faces: StrPath,
        *,
        progress: Callable[[Progress], None] = lambda progress: None,
        warn: Say = lambda text: None,
    ) -> Prediction:
        """What the network says about the face in a video.

        Args:
            video: a video of any container, or an image.
            faces: header of the SSI stream with the face's box in each frame (blazeface).
            progress: called after each batch.
            warn: told in a line what was not as it should be but did not stop the work.

        Raises:
            InputError: the video or the stream cannot be used.
        """
        boxes = read_boxes(faces, self.options.face_confidence)
        with Video(video) as opened:
            total = count_frames(video)
            pairing = Pairing(boxes, total, opened.sample_rate)
            started = time.monotonic()
            collected = _Collected()
            with ahead(self._batches(opened, pairing, boxes.rows), _BATCHES_AHEAD) as batches:
                for batch, scores in self._infer(batches):
                    collected.add(batch, scores)
                    progress(Progress(collected.frames, total, time.monotonic() - started))
            for warning in (*opened.warnings, *pairing.warnings()):
                warn(warning)
            return collected.prediction(opened, self.weights, self.options)

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

    def _batches(self, video: Video, pairing: Pairing, rows: npt.NDArray[np.float32]) -> Iterator[_Batch]:
        batch, crops = _Batch(), self._buffer(self._engine.batch_size)
        faces, stride = is_face(rows[:, 4], self.options.face_confidence), Stride(self.options.stride)
        for index, frame in enumerate(video):
            row = pairing.row(index, frame.time)
            box = _NO_BOX if row is None else rows[row]
            has_face = row is not None and bool(faces[row])
            batch.has_face.append(has_face)
            if stride.infers(has_face):
                self._crop_frame(frame, box, crops[len(batch.faces)])
                batch.faces.append(len(batch.times))
            batch.times.append(frame.time)
            batch.boxes.append(box)
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
        self.frames = 0
        self._times: list[float] = []
        self._boxes: list[npt.NDArray[np.float32]] = []
        self._has_face: list[bool] = []
        self._scores: list[npt.NDArray[np.float32]] = []

    def add(self, batch: _Batch, scores: Scores | None) -> None:
        values = np.full((len(batch.times), 10), np.nan, np.float32)
        if scores is not None:
            values[batch.faces] = np.column_stack([scores.probabilities, scores.valence, scores.arousal])
        self._times += batch.times
        self._boxes.append(np.array(batch.boxes))
        self._has_face += batch.has_face
        self._scores.append(values)
        self.frames += len(batch.times)

    def prediction(self, video: Video, weights: Weights, options: Options) -> Prediction:
        values, time = np.concatenate(self._scores), np.array(self._times, np.float64)
        boxes, has_face = np.concatenate(self._boxes), np.array(self._has_face)
        inferred = ~np.isnan(values[:, 0])
        fill(time, has_face, inferred, held=values[:, :8], linear=values[:, 8:])
        return Prediction(
            time=time,
            probabilities=values[:, :8],
            valence=values[:, 8],
            arousal=values[:, 9],
            face_confidence=boxes[:, 4],
            duration=video.duration,
            sample_rate=video.sample_rate,
            weights=weights.entry.name,
            weights_sha256=weights.sha256,
            version=__version__,
            inferred=inferred,
            boxes=np.where(has_face[:, None], boxes[:, :4], np.float32(np.nan)),
            width=video.width,
            height=video.height,
            video=video.path,
            options=options,
        )


def annotate(video: StrPath, faces: StrPath, options: Options = Options(), *, warn: Say = warnings.warn) -> Prediction:
    """What the network says about the face in one video; for many, make one `Annotator`.

    >>> prediction = annotate("single_face.mp4", "single_face.stream")  # doctest: +SKIP
    >>> prediction.valence[prediction.has_face].mean()  # doctest: +SKIP

    Args:
        video: a video of any container, or an image.
        faces: header of the SSI stream with the face's box in each frame (blazeface).
        options: how to annotate.
        warn: told in a line what was not as it should be but did not stop the work.

    Raises:
        InputError: the video or the stream cannot be used.
        WeightsError: the weights cannot be had.
        OptionError: the device is not there.
    """
    return Annotator(options, logging.getLogger(__name__).info).annotate(video, faces, warn=warn)
