"""Where the face is in each frame of a video: as a stream says, or as it is found on the way."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Protocol

import numpy as np
import numpy.typing as npt

from rbdm.faces.alignment import BoxAlignment
from rbdm.faces.boxes import BoxStream
from rbdm.faces.detector import Detector
from rbdm.faces.tracker import FaceTracker
from rbdm.media.frame import Frame
from rbdm.media.video import Video
from rbdm.progress import OnProgress, Progress
from rbdm.ssi import Stream
from rbdm.types import Notify, StrPath

Row = npt.NDArray[np.float32]

MEDIA_TYPE = "feature;face;boundingbox;blazeface"
_TELL_EVERY = 16
_BYTES_HELD = 128 * 2**20
"""About how large a batch of decoded frames may be, of which two are held: 8K video has 50 MB a frame."""
_NOWHERE = np.array([np.nan, np.nan, np.nan, np.nan, 0], np.float32)


class FaceSource(Protocol):
    """The frames of a video, once, each with a row (5,) float32 `ymin, xmin, ymax, xmax, confidence`."""

    def __iter__(self) -> Iterator[tuple[Frame, Row]]: ...

    def warnings(self) -> list[str]:
        """What did not fit, one line each; complete after the last frame."""
        ...


class StreamFaces:
    """Rows of a box stream; NaN and confidence 0 in frames that it does not reach.

    Args:
        video: whose faces.
        boxes: the stream.
        frame_count: how many frames the video has.
    """

    def __init__(self, video: Video, boxes: BoxStream, frame_count: int) -> None:
        self._video, self._rows = video, boxes.rows
        self._pairing = BoxAlignment(boxes, frame_count, video.sample_rate)

    def __iter__(self) -> Iterator[tuple[Frame, Row]]:
        for index, frame in enumerate(self._video):
            row = self._pairing.row(index, frame.time)
            yield frame, _NOWHERE if row is None else self._rows[row]

    def warnings(self) -> list[str]:
        """See `Faces`."""
        return self._pairing.warnings()


class DetectedFaces:
    """Rows of the followed face, found while the video is decoded; in frames without it the last one, confidence 0.

    Args:
        video: whose faces.
        detector: finds them.
        face: which to follow, see `rbdm.faces.tracker.FaceTracker`.
    """

    def __init__(self, video: Video, detector: Detector, face: str) -> None:
        self._video, self._detector, self._follower = video, detector, FaceTracker(face)

    def __iter__(self) -> Iterator[tuple[Frame, Row]]:
        # While a batch is given, the faces of the next one are being looked for.
        begun: deque[tuple[list[Frame], Callable[[], list[Row]]]] = deque()
        frames = iter(self._video)
        frame_bytes = self._video.width * self._video.height * 3 // 2
        size = max(1, min(self._detector.batch_size, _BYTES_HELD // frame_bytes))
        while batch := list(islice(frames, size)):
            begun.append((batch, self._detector.submit(batch)))
            if len(begun) > 1:
                yield from self._follow(*begun.popleft())
        for frames_begun, result in begun:
            yield from self._follow(frames_begun, result)

    def _follow(self, frames: list[Frame], result: Callable[[], list[Row]]) -> Iterator[tuple[Frame, Row]]:
        for frame, faces in zip(frames, result(), strict=True):
            yield frame, self._follower.row(faces, frame.time)

    def warnings(self) -> list[str]:
        """See `Faces`."""
        return self._follower.warnings(str(self._video.path))


def detect(
    video: StrPath,
    detector: Detector,
    face: str = "largest",
    *,
    progress: OnProgress = lambda progress: None,
    warn: Notify = lambda text: None,
) -> Stream:
    """The box stream of a video as the server's *blazeface* module writes it: a row per frame, at the video's rate.

    Args:
        video: a video of any container, or an image.
        detector: finds the faces.
        face: which to follow, see `rbdm.faces.tracker.FaceTracker`.
        progress: called after each batch.
        warn: told in a line what was not as it should be but did not stop the work.

    Raises:
        InputError: the video cannot be used.
        OptionError: `face` means no face.
    """
    with Video(video) as opened:
        found, total, started = DetectedFaces(opened, detector, face), opened.expected_frames, time.monotonic()
        rows = []
        for _, row in found:
            rows.append(row)
            if len(rows) % _TELL_EVERY == 0:
                progress(Progress(len(rows), max(total, len(rows)), time.monotonic() - started))
        progress(Progress(len(rows), len(rows), time.monotonic() - started))
        for warning in (*opened.warnings, *found.warnings()):
            warn(warning)
        size = {"size": f"{opened.width}:{opened.height}"}
        return Stream(np.array(rows, np.float32), opened.sample_rate, media_type=MEDIA_TYPE, meta=size)
