"""Computes the scores of the faces in a video, in batches. Decoding, cropping and inference run at the same time."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.faces.boxes import check_boxes, is_face
from rbdm.faces.crop import check_picture, crop, crop_frame
from rbdm.faces.locator import FaceSource
from rbdm.faces.runs import LocatedFace
from rbdm.media.frame import Frame
from rbdm.media.prefetch import prefetch
from rbdm.network.engine import Engine, FaceScores
from rbdm.network.manifest import WeightsEntry
from rbdm.options import Options
from rbdm.progress import OnProgress, Progress
from rbdm.ssi import Stream
from rbdm.timeline.stride import Stride
from rbdm.types import Image

Values = npt.NDArray[np.float32]

_BATCHES_AHEAD = 3
"""Number of batches that are decoded and cropped in advance."""
_BATCHES_SUBMITTED = 2
"""Number of batches that the network computes while the caller uses the scores of an earlier batch."""
_FRAMES_PER_FACE = 4
"""Maximum frames of a batch, as a multiple of the engine's batch size: progress continues where faces are rare."""


@dataclass
class Batch:
    """Consecutive frames of a video and their faces, in the order of the video, and the crops of some of these faces.

    The faces of one frame may be in two batches. The frame itself is in the first of them.

    Attributes:
        times: the time of each frame in seconds.
        ends: the end of each frame in seconds; see `rbdm.media.frame.Frame`.
        sizes: width and height of each frame in pixels, as displayed.
        frames: for each face, the number of its frame, counted from the start of the video.
        tracks: for each face, the number of the person; see `rbdm.faces.runs.LocatedFace`.
        starts_run: for each face, whether its values must not be mixed with those of the frame before it.
        rows: for each face (5,) or (17,) float32; see `rbdm.faces.runs.LocatedFace`.
        has_face: for each face, whether its confidence is high enough.
        cropped: indices of the faces that go through the network.
        crops: (len(cropped), size, size, 3) uint8 RGB; None if no face was cropped.
    """

    times: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    tracks: list[int] = field(default_factory=list)
    starts_run: list[bool] = field(default_factory=list)
    rows: list[npt.NDArray[np.float32]] = field(default_factory=list)
    has_face: list[bool] = field(default_factory=list)
    cropped: list[int] = field(default_factory=list)
    crops: Image | None = None

    def add_frame(self, frame: Frame) -> None:
        """Add the next frame."""
        self.times.append(frame.time)
        self.ends.append(frame.end)
        self.sizes.append((frame.width, frame.height))

    def add_face(self, frame: int, face: LocatedFace, has_face: bool) -> None:
        """Add a face of frame number `frame`."""
        self.frames.append(frame)
        self.tracks.append(face.track)
        self.starts_run.append(face.starts_run)
        self.rows.append(face.row)
        self.has_face.append(has_face)

    def finish(self, crops: Image) -> "Batch":
        """Take the crops from the start of an array that has place for more."""
        self.crops = crops[: len(self.cropped)] if self.cropped else None
        return self


def _in_columns(scores: FaceScores) -> Values:
    return np.column_stack([scores.probabilities, scores.valence, scores.arousal])


class Scorer:
    """Crops faces and passes them to the network.

    Args:
        engine: runs the network.
        entry: the crop scale, colour mode and input size that the weights need.
        options: only `face_confidence` and `stride` are used here.
    """

    def __init__(self, engine: Engine, entry: WeightsEntry, options: Options) -> None:
        self._engine, self._entry, self._options = engine, entry, options

    def score(self, faces: FaceSource, total: int, progress: OnProgress) -> Iterator[tuple[Batch, Values]]:
        """Score the faces of a video, batch by batch, in the order of its frames.

        Args:
            faces: the frames, each with its faces.
            total: the expected number of frames, for `progress`; 0 if it is not known.
            progress: called after each batch.

        Yields:
            Each batch with (faces, 10) float32: the probabilities of the eight classes, valence, arousal; NaN for
            faces that did not go through the network.
        """
        started, done = time.monotonic(), 0
        with prefetch(self._batches(faces), _BATCHES_AHEAD) as batches:
            for batch, scores in self._infer(batches):
                values = np.full((len(batch.rows), 10), np.nan, np.float32)
                if scores is not None:
                    values[batch.cropped] = _in_columns(scores)
                yield batch, values
                done += len(batch.times)
                progress(Progress(done, max(done, total), time.monotonic() - started))

    def crops(self, faces: FaceSource, wanted: Callable[[Frame], bool]) -> Iterator[Batch]:
        """The crops of the faces in some frames, exactly as `score` makes them; they do not go through the network.

        Args:
            faces: the frames, each with its faces.
            wanted: whether the faces of a frame are cropped; called for every frame, in the order of the video. The
                option `stride` has no effect.

        Yields:
            All frames of the video, in batches.
        """
        with prefetch(self._batches(faces, wanted), _BATCHES_AHEAD) as batches:
            yield from batches

    def score_frame(self, frame: Frame, rows: npt.NDArray[np.float32]) -> Values:
        """Score some faces of one frame at once: for a camera, where nobody can wait for a batch of frames.

        Args:
            frame: the frame.
            rows: (M, 5 or more) float32, the faces, see `rbdm.faces.runs.LocatedFace`. All of them are scored.

        Returns:
            (M, 10) float32: the probabilities of the eight classes, valence, arousal. They are those of `score`.
        """
        values = np.empty((len(rows), 10), np.float32)
        for first in range(0, len(rows), self._engine.batch_size):
            part = rows[first : first + self._engine.batch_size]
            crops = self._empty_crops(len(part))
            for row, out in zip(part, crops, strict=True):
                self._crop_frame(frame, row, out)
            values[first : first + len(part)] = _in_columns(self._engine.predict(crops))
        return values

    def predict(self, frames: Image | Sequence[Image], boxes: npt.NDArray[np.float32]) -> FaceScores:
        """See `rbdm.annotator.Annotator.predict`."""
        for number, frame in enumerate(frames):
            check_picture(frame, f"frames[{number}]")
        boxes = np.asarray(boxes, np.float32)
        if boxes.shape not in ((len(frames), 4), (len(frames), 5)):
            raise InputError(f"boxes have the shape {boxes.shape}: {len(frames)} frames need ({len(frames)}, 4 or 5)")
        if boxes.shape[1] == 4:
            boxes = np.column_stack([boxes, np.ones(len(boxes), np.float32)])
        rows = check_boxes(Stream(boxes, 1.0), self._options.face_confidence, "boxes").rows
        chosen = np.flatnonzero(is_face(rows[:, 4], self._options.face_confidence))
        scores = FaceScores(*(np.full((len(boxes), *shape), np.nan, np.float32) for shape in ((8,), (), ())))
        for first in range(0, len(chosen), self._engine.batch_size):
            part = chosen[first : first + self._engine.batch_size]
            crops = self._empty_crops(len(part))
            for out, i in zip(crops, part, strict=True):
                self._crop(frames[i], rows[i], out)
            for values, found in zip(scores, self._engine.predict(crops), strict=True):
                values[part] = found
        return scores

    def _infer(self, batches: Iterator[Batch]) -> Iterator[tuple[Batch, FaceScores | None]]:
        """Yields each batch with its scores. The network gets the next batches before this one is finished."""
        submitted: deque[tuple[Batch, Callable[[], FaceScores] | None]] = deque()
        for next_batch in batches:
            result = None if next_batch.crops is None else self._engine.submit(next_batch.crops)
            submitted.append((next_batch, result))
            if len(submitted) > _BATCHES_SUBMITTED:
                batch, result = submitted.popleft()
                yield batch, result and result()
        for batch, result in submitted:
            yield batch, result and result()

    def _batches(self, source: FaceSource, wanted: Callable[[Frame], bool] | None = None) -> Iterator[Batch]:
        batch, crops = Batch(), self._empty_crops(self._engine.batch_size)
        strides: dict[int, Stride] = {}
        for number, (frame, faces) in enumerate(source):
            batch.add_frame(frame)
            is_wanted = None if wanted is None else wanted(frame)
            # A person who is not in the frame starts anew: their old stride is forgotten.
            strides = {face.track: strides.get(face.track) or Stride(self._options.stride) for face in faces}
            for face in faces:
                if len(batch.cropped) == len(crops):
                    yield batch.finish(crops)
                    batch, crops = Batch(), self._empty_crops(self._engine.batch_size)
                has_face = bool(is_face(face.row[4], self._options.face_confidence))
                infers = strides[face.track].infers(has_face, face.starts_run)
                if infers if is_wanted is None else has_face and is_wanted:
                    self._crop_frame(frame, face.row, crops[len(batch.cropped)])
                    batch.cropped.append(len(batch.rows))
                batch.add_face(number, face, has_face)
            if len(batch.cropped) == len(crops) or len(batch.times) == _FRAMES_PER_FACE * len(crops):
                yield batch.finish(crops)
                batch, crops = Batch(), self._empty_crops(self._engine.batch_size)
        if batch.times or batch.rows:
            yield batch.finish(crops)

    def _empty_crops(self, count: int) -> Image:
        size = self._entry.input_size
        return np.empty((count, size, size, 3), np.uint8)

    def _crop_frame(self, frame: Frame, box: npt.NDArray[np.float32], out: Image) -> None:
        entry = self._entry
        crop_frame(frame, box, entry.input_size, entry.crop_scale, entry.color == "grey", out)

    def _crop(self, image: Image, box: npt.NDArray[np.floating], out: Image) -> None:
        entry = self._entry
        crop(image, box, entry.input_size, entry.crop_scale, entry.color == "grey", out)
