"""Gives the box of the face in each frame of a video: from a box stream, or from a detector during decoding."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rbdm.faces.alignment import BoxAlignment
from rbdm.faces.boxes import EVEN, SPACING, BoxStream, read_boxes
from rbdm.faces.detected_frames import DetectedFrames
from rbdm.faces.detector import Detector
from rbdm.faces.people.people import People
from rbdm.faces.people.tracks import PeopleTracker
from rbdm.faces.runs import Located, Runs
from rbdm.faces.tracker import FaceTracker
from rbdm.media.frame import Frame
from rbdm.media.frame_count import count_frames
from rbdm.media.video import Video
from rbdm.nova.streams import BOX_COLUMNS, BOX_TYPE
from rbdm.options import Options
from rbdm.progress import OnProgress, Progress
from rbdm.ssi import Stream
from rbdm.types import Notify, StrPath

Row = npt.NDArray[np.float32]

_EVEN_TOLERANCE = 0.5
"""Frames. A frame that is further from its place at a constant rate makes a video unevenly spaced."""
_MOST_ROWS_PER_FRAME = 8
_EVEN_STEP_TOLERANCE = 0.05
"""Fraction by which a step may be shorter than a row, because containers round times."""
_PROGRESS_EVERY = 16
"""Frames from one progress report to the next."""
_NO_FACE = np.array([np.nan, np.nan, np.nan, np.nan, 0], np.float32)


class FaceSource(Protocol):
    """Iterates once over the frames of a video, and gives the faces of each frame."""

    def __iter__(self) -> Iterator[Located]: ...

    def warnings(self) -> list[str]:
        """What the user should know about the boxes, one line each; complete after the last frame."""
        ...


class StreamFaces:
    """Takes the rows from a box stream. Frames outside the stream's time get NaN and confidence 0.

    Args:
        video: the video.
        boxes: its box stream.
        frame_count: the number of frames in the video.
    """

    def __init__(self, video: Video, boxes: BoxStream, frame_count: int) -> None:
        self._video, self._rows, self._name = video, boxes.rows, boxes.name
        self._alignment = BoxAlignment(boxes, frame_count, video.sample_rate)
        self._runs = Runs()

    def __iter__(self) -> Iterator[Located]:
        return self._runs.split((frame, {0: row}) for frame, row in self._rows_of_frames())

    def _rows_of_frames(self) -> Iterator[tuple[Frame, Row]]:
        for index, frame in enumerate(self._video):
            row = self._alignment.row(index, frame.time)
            yield frame, _NO_FACE if row is None else self._rows[row]

    def warnings(self) -> list[str]:
        """See `FaceSource.warnings`."""
        return [*self._alignment.warnings(), *self._runs.warnings(str(self._video.path), self._name)]


class DetectedFaces:
    """Detects faces while the video is decoded, and follows one face.

    Frames in which that face is not found get its last box with confidence 0.

    Args:
        video: the video.
        detector: detects the faces.
        face: which face to follow; see `rbdm.faces.tracker.FaceTracker`.
        every_frame: whether the detector runs on every frame; see `rbdm.faces.detected_frames.DetectedFrames`.
    """

    def __init__(self, video: Video, detector: Detector, face: str, every_frame: bool = False) -> None:
        self._video, self._tracker = video, FaceTracker(face)
        self._detected = DetectedFrames(video, detector, every_frame)
        self._runs = Runs()

    def __iter__(self) -> Iterator[Located]:
        rows = ((frame, self._tracker.row(faces, frame.time)) for frame, faces in self._detected)
        return self._runs.split((frame, {0: row}) for frame, row in rows)

    def warnings(self) -> list[str]:
        """See `FaceSource.warnings`."""
        name = str(self._video.path)
        return [*self._tracker.warnings(name), *self._runs.warnings(name)]


class EveryFace:
    """Detects faces while the video is decoded, and follows everybody. A person who is missing in a frame has no face.

    Args:
        video: the video.
        detector: detects the faces.
        names: see `rbdm.faces.people.names.check_names`.
        every_frame: see `rbdm.faces.detected_frames.DetectedFrames`.
    """

    def __init__(self, video: Video, detector: Detector, names: Mapping[str, str], every_frame: bool = False) -> None:
        self._video, self._names = video, names
        self._detected = DetectedFrames(video, detector, every_frame)
        self._tracker, self._runs = PeopleTracker(), Runs()

    def __iter__(self) -> Iterator[Located]:
        rows = ((frame, self._tracker.rows(faces, frame.time, frame.end)) for frame, faces in self._detected)
        return self._runs.split(rows)

    @property
    def people(self) -> People:
        """The people; complete after the last frame."""
        return People(self._tracker, self._runs.cuts, self._video.duration, self._names)

    def warnings(self) -> list[str]:
        """See `FaceSource.warnings`."""
        return self.people.warnings(str(self._video.path))


def locate(
    video: Video, options: Options, detector: Callable[[], Detector], faces: StrPath | None, face: str
) -> tuple[FaceSource, int]:
    """The frames of a video with the boxes of their faces, and the expected number of frames.

    Args:
        video: the opened video.
        options: only `face_confidence` and `every_frame` are used.
        detector: gives the detector; only called if there is no box stream.
        faces: the header file of the box stream; None to detect the face.
        face: see `rbdm.faces.tracker.FaceTracker`.

    Raises:
        InputError: the stream cannot be used.
        OptionError: `face` is none of the values that `FaceTracker` accepts.
    """
    if faces is not None:
        boxes = read_boxes(faces, options.face_confidence)
        total = count_frames(video.path)
        return StreamFaces(video, boxes, total), total
    return DetectedFaces(video, detector(), face, options.every_frame), video.expected_frames


def found_boxes(face: str, every_frame: bool) -> str:
    """How boxes were found, for the headers of files: `found, <face>`, and `, interpolated` if some may be.

    Args:
        face: see `rbdm.faces.tracker.FaceTracker`.
        every_frame: whether the detector ran on every frame.
    """
    return f"found, {face}" if every_frame else f"found, {face}, interpolated"


def detect(
    video: StrPath,
    detector: Detector,
    face: str = "largest",
    *,
    every_frame: bool = False,
    progress: OnProgress = lambda progress: None,
    warn: Notify = lambda text: None,
) -> Stream:
    """Detect and follow a face in a video.

    Args:
        video: a video file in any container, or an image file.
        detector: detects the faces.
        face: which face to follow; see `rbdm.faces.tracker.FaceTracker`.
        every_frame: whether the detector runs on every frame; see `rbdm.faces.detected_frames.DetectedFrames`.
        progress: called every 16 frames and at the end.
        warn: called with one line of text for each problem that did not stop the work.

    Returns:
        A box stream like those of the server's *blazeface* module: one row per frame, at the video's frame rate. If the
        frames are not evenly spaced, the rows still are: each row has the box of the frame that is nearest to its time,
        at a multiple of the frame rate (at most 8) at which each frame gets a row.

    Raises:
        InputError: the video cannot be used.
        OptionError: `face` is none of the values that `FaceTracker` accepts.
    """
    with Video(video) as opened:
        face_source = DetectedFaces(opened, detector, face, every_frame)
        total, started = opened.expected_frames, time.monotonic()
        rows: list[Row] = []
        spans: list[tuple[float, float]] = []
        for frame, (located,) in face_source:
            rows.append(located.row[: len(BOX_COLUMNS)])
            spans.append((frame.time, frame.end))
            if len(rows) % _PROGRESS_EVERY == 0:
                progress(Progress(len(rows), max(total, len(rows)), time.monotonic() - started))
        progress(Progress(len(rows), len(rows), time.monotonic() - started))
        for warning in (*opened.warnings, *face_source.warnings()):
            warn(warning)
        meta = {"size": f"{opened.width}:{opened.height}", "boxes": found_boxes(face, every_frame)}
        data, rate = np.array(rows, np.float32), opened.sample_rate
        if not _is_even(np.array(spans), rate):
            warn(f"{video}: its frames are not evenly spaced in time: each row has the box of the nearest frame")
            rate *= _rows_per_frame(np.array(spans), rate)
            data, meta = _evenly_spaced(data, np.array(spans), rate), {**meta, SPACING: EVEN}
        return Stream(data, rate, media_type=BOX_TYPE, meta=meta)


def _is_even(spans: npt.NDArray[np.float64], rate: float) -> bool:
    """Whether the frames, from (T, 2) start and end in seconds, are where a constant rate from 0 on puts them."""
    return bool(np.abs(spans[:, 0] * rate - np.arange(len(spans))).max() < _EVEN_TOLERANCE)


def _rows_per_frame(spans: npt.NDArray[np.float64], rate: float) -> int:
    """How many rows per frame are needed so that each frame is the nearest one to the time of some row."""
    shortest = float(np.diff(spans[:, 0]).min(initial=1 / rate))
    return min(_MOST_ROWS_PER_FRAME, math.ceil(1 / (rate * shortest) - _EVEN_STEP_TOLERANCE))


def _evenly_spaced(rows: Row, spans: npt.NDArray[np.float64], rate: float) -> Row:
    """(N, 5) float32: the row of the frame nearest to each time i / `rate`; confidence 0 where there is no frame."""
    starts, ends = spans.T
    times = np.arange(max(1, round(ends[-1] * rate))) / rate
    after = np.clip(np.searchsorted(starts, times), 1, max(1, len(starts) - 1))
    before = after - 1
    after = np.minimum(after, len(starts) - 1)
    nearest = np.where(times - starts[before] <= starts[after] - times, before, after)
    spaced = rows[nearest].copy()
    half, ends_so_far = 0.5 / rate, np.append(-np.inf, ends)
    before_gap = ends_so_far[np.searchsorted(starts, times, side="right")]
    spaced[(times > before_gap + half) & (times < starts[nearest] - half), 4] = 0
    return spaced
