"""Detects the faces in the frames of a video while it is decoded."""

from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice

import numpy as np
import numpy.typing as npt

from rbdm.faces.detector import Detector
from rbdm.media.frame import Frame
from rbdm.media.video import Video

Faces = npt.NDArray[np.float32]

_MAX_BATCH_BYTES = 128 * 2**20
"""The largest batch of decoded frames, in bytes, approximately. Two are in memory; a frame of 8K video has 50 MB."""


class DetectedFrames:
    """Iterates once over the frames of a video, each with all its faces, as `rbdm.faces.detector.Detector` finds them.

    Args:
        video: the video.
        detector: detects the faces.
    """

    def __init__(self, video: Video, detector: Detector) -> None:
        self._video, self._detector = video, detector

    def __iter__(self) -> Iterator[tuple[Frame, Faces]]:
        # While the caller uses the frames of one batch, the detector works on the next batch.
        pending: deque[tuple[list[Frame], Callable[[], list[Faces]]]] = deque()
        frames = iter(self._video)
        frame_bytes = self._video.width * self._video.height * 3 // 2
        size = max(1, min(self._detector.batch_size, _MAX_BATCH_BYTES // frame_bytes))
        while batch := list(islice(frames, size)):
            pending.append((batch, self._detector.submit(batch)))
            if len(pending) > 1:
                yield from _pairs(*pending.popleft())
        for pending_frames, result in pending:
            yield from _pairs(pending_frames, result)


def _pairs(frames: list[Frame], result: Callable[[], list[Faces]]) -> Iterator[tuple[Frame, Faces]]:
    return zip(frames, result(), strict=True)
