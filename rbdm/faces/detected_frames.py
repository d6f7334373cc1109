"""Finds the faces in the frames of a video while it is decoded: with a detector, and by interpolation in between."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm.faces.detector import Detector
from rbdm.faces.interpolation import interpolate, lowest_sure_confidence, may_come_or_go, moves_evenly
from rbdm.media.cuts import WHOLE_FRAME, with_cuts
from rbdm.media.frame import Frame
from rbdm.media.video import Video

Faces = npt.NDArray[np.float32]

_LONGEST, _LONGEST_SECONDS = 16, 0.7
"""The largest distance between two frames on which the detector runs, in frames and in seconds."""
_EVERY_FRAME = 8
"""In an interval of up to this many frames in which a face may come or go, the detector runs on every frame."""
_INTERVALS = 4
"""The most intervals in a window: the detector works on several frames at the same time."""
_MAX_WINDOW_BYTES = 64 * 2**20
"""The largest window of decoded frames, in bytes, approximately. Two are in memory; a frame of 8K video has 50 MB."""


class DetectedFrames:
    """Iterates once over the frames of a video, each with all its faces, as `rbdm.faces.detector.Detector` finds them.

    The detector runs on every 16th frame. Between two of these frames, the faces are interpolated if they hardly move.
    Otherwise the detector runs on the frame in the middle, too. If the faces are there where interpolation expects
    them, both halves are interpolated, else each half is examined in the same way. Where a face may come or go, the
    detector runs on every frame. Faces are never interpolated across a gap or a cut. See `rbdm.faces.interpolation`.

    Args:
        video: the video.
        detector: detects the faces.
        every_frame: whether the detector runs on every frame.
    """

    def __init__(self, video: Video, detector: Detector, every_frame: bool = False) -> None:
        self._video, self._detector = video, detector
        self._sure = lowest_sure_confidence(detector.threshold)
        most_frames = max(1, _MAX_WINDOW_BYTES // (video.width * video.height * 3 // 2))
        self._longest = 1 if every_frame else min(_LONGEST, most_frames)
        most_intervals = detector.batch_size if every_frame else _INTERVALS
        self._intervals_per_window = min(most_intervals, most_frames // self._longest)

    def __iter__(self) -> Iterator[tuple[Frame, Faces]]:
        # While the caller uses the frames of one window, the detector works on the next window.
        intervals = self._intervals()
        waiting: deque[tuple[list[_Interval], Callable[[], dict[Frame, Faces]]]] = deque()
        found: dict[Frame, Faces] = {}
        while window := list(islice(intervals, self._intervals_per_window)):
            ends = [frame for interval in window for frame in interval.new_ends]
            waiting.append((window, self._submit(ends)))
            if len(waiting) > 1:
                yield from self._finish(*waiting.popleft(), found)
        for window, result in waiting:
            yield from self._finish(window, result, found)

    def _finish(
        self, window: list["_Interval"], result: Callable[[], dict[Frame, Faces]], found: dict[Frame, Faces]
    ) -> Iterator[tuple[Frame, Faces]]:
        """Yields the new frames of a window. `found` then keeps the faces of the last one, for the next window."""
        found.update(result())
        self._fill([_Part(interval.frames) for interval in window], found)
        for interval in window:
            for frame in interval.new:
                yield frame, found[frame]
        last = window[-1].frames[-1]
        for frame in list(found):
            if frame is not last:
                del found[frame]

    def _fill(self, parts: Iterable["_Part"], found: dict[Frame, Faces]) -> None:
        """Find the faces between the first and the last frame of each part."""
        while parts := [part for part in parts if part.between]:
            wanted, halved = [], []
            for part in parts:
                ends = found[part.frames[0]], found[part.frames[-1]]
                doubtful = may_come_or_go(part.frames, *ends, self._sure)
                faces = None if doubtful else interpolate(part.frames, *ends, part.is_even)
                if faces is not None:
                    found.update(zip(part.between, faces, strict=True))
                elif doubtful and len(part.between) < _EVERY_FRAME:
                    wanted += part.between
                else:
                    wanted.append(part.middle)
                    halved.append(part)
            if wanted:
                found.update(self._submit(wanted)())
            parts = [half for part in halved for half in part.halves(found)]

    def _submit(self, frames: list[Frame]) -> Callable[[], dict[Frame, Faces]]:
        result = self._detector.submit(frames) if frames else list
        return lambda: dict(zip(frames, result(), strict=True))

    def _intervals(self) -> Iterator["_Interval"]:
        frames: list[Frame] = []
        continues = False
        for frame, starts_run in self._frames():
            is_late = len(frames) > 1 and frame.time - frames[0].time > _LONGEST_SECONDS
            if frames and (starts_run or is_late or len(frames) > self._longest):
                yield _Interval(frames, continues)
                continues = not starts_run
                frames = frames[-1:] if continues else []
            frames.append(frame)
        if frames:
            yield _Interval(frames, continues)

    def _frames(self) -> Iterator[tuple[Frame, bool]]:
        """The frames, and whether each follows a gap or a cut."""
        if self._longest == 1:
            return ((frame, False) for frame in self._video)
        marked = with_cuts((frame, {}) for frame in self._video)
        return ((frame, WHOLE_FRAME in cut or frame.after_gap) for frame, _, cut in marked)


class _Interval(NamedTuple):
    """Consecutive frames; the detector runs on the first and on the last one.

    Attributes:
        frames: at least one frame.
        continues: whether the first frame is also the last frame of the interval before.
    """

    frames: list[Frame]
    continues: bool

    @property
    def new(self) -> list[Frame]:
        """The frames that are not in the interval before."""
        return self.frames[1:] if self.continues else self.frames

    @property
    def new_ends(self) -> list[Frame]:
        """The frames of `new` on which the detector runs in any case."""
        return [frame for frame in self.new if frame is self.frames[0] or frame is self.frames[-1]]


class _Part(NamedTuple):
    """Consecutive frames, the faces of whose first and last one are known.

    Attributes:
        frames: at least one frame.
        is_even: whether the faces are known to move evenly.
    """

    frames: list[Frame]
    is_even: bool = False

    @property
    def between(self) -> list[Frame]:
        return self.frames[1:-1]

    @property
    def middle(self) -> Frame:
        return self.frames[len(self.frames) // 2]

    def halves(self, found: dict[Frame, Faces]) -> list["_Part"]:
        """Both halves, when the faces of the middle frame are known, too."""
        known, place = (self.frames[0], self.middle, self.frames[-1]), len(self.frames) // 2
        is_even = moves_evenly([frame.time for frame in known], *(found[frame] for frame in known))
        return [_Part(self.frames[: place + 1], is_even), _Part(self.frames[place:], is_even)]
