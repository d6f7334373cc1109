"""Computes the times of a video's frames from the timestamps in its container."""

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from rbdm.media.decoder import Decoded
from rbdm.media.times_text import times_text

_TIE_STEP = 1e-4
"""Seconds from a frame to the next one whose timestamp is nearly equal, or earlier by less than one frame length."""
_LONGEST_HOLD = 0.5
"""Seconds for which a picture may stay visible until the next frame. After a longer pause, nobody knows the face."""
_LONGEST_HOLD_FRAMES = 5
"""A picture may always stay visible for as many times the typical distance of frames (time-lapse, slides)."""
_LONGEST_GAP = 24 * 3600.0
"""Seconds. If the file's clock jumps forward further, the clock is wrong."""
_STEADY_SHARE, _STEADY_TOLERANCE = 0.9, 0.2
"""A video has a constant rate if so many of its steps are a whole number of frame lengths, to within this fraction,
and most of them are one frame length."""
_MISSING_SHARE = 0.01
"""Fraction of the frames of a video of constant rate that may be missing without a warning; at least one may."""
_VARIES = 1.5
"""The longest step is more than this times the shortest one if the rate varies."""
_RIGHT_LENGTH = 0.01
"""Fraction by which the stated frame length may differ from the mean of the recent steps. Containers round times."""
_FRAMES_AHEAD = 4
"""Frames that are decoded in advance, to see whether the following timestamps go on from a jump or from before it."""
_RECENT_STEPS = 25
"""Number of distances between frames whose median is the typical distance."""


class TimedFrame(NamedTuple):
    """A decoded frame and its time.

    Attributes:
        decoded: the frame.
        time: seconds since the start of the video.
        end: seconds: the time of the next frame. At the end and before a gap, the time plus the length of a frame.
        after_gap: whether there are no frames between this frame and the end of the frame before it.
    """

    decoded: Decoded
    time: float
    end: float
    after_gap: bool


class FrameClock:
    """Turns the timestamps of decoded frames into strictly increasing times since the start of the video.

    A step of the timestamps that is longer than 0.5 s, and longer than five times the typical step, is a gap: there are
    no frames in it. A timestamp that does not fit, while the following ones go on from the frame before it, is wrong:
    the frame gets the time of one frame length after the frame before it. If all following timestamps go on from a
    jump back, or from a jump forward by more than a day, the file's clock has jumped, and the times continue as if it
    had not.

    Args:
        start: seconds on the file's own clock: the start of its earliest stream.
        rate: Hz, the stated frame rate.
        stated_end: seconds on the file's own clock: the end of the video as the file states it. If the timestamp of the
            last frame jumps beyond it, it is wrong.

    Attributes:
        zero: seconds on the file's own clock at time 0; changes when the clock jumps.
        first: seconds, the time of the first frame.
        end: seconds, the end of the last frame; 0 before all frames are known.
        gap_seconds: the length of all gaps so far.
    """

    def __init__(self, start: float, rate: float, stated_end: float = math.inf) -> None:
        # A negative start comes from the encoder delay (priming) of the audio, which players do not play.
        self.zero = max(start, 0.0)
        self.first = self.end = self.gap_seconds = self._last = 0.0
        self._stated_length, self._stated_end = 1 / rate, stated_end
        self._steps: deque[float] = deque(maxlen=_RECENT_STEPS)
        self._gaps: list[tuple[float, float]] = []
        self._wrong: list[float] = []
        self._jumps: list[float] = []
        self._regular = self._missing = 0
        self._shortest_step, self._longest_step = math.inf, 0.0
        self._ties: list[float] = []
        self._holes: list[float] = []

    def times(self, decoded: Iterable[Decoded]) -> Iterator[TimedFrame]:
        """Yields the frames, which must be in presentation order, with their times."""
        previous: TimedFrame | None = None
        for item, following in _look_ahead(decoded, _FRAMES_AHEAD):
            if previous is None:
                time, after_gap = self._first_time(item.timestamp, following), False
            else:
                time, after_gap = self._next_time(item.timestamp, following)
                yield previous._replace(end=self._gap_start(previous, time) if after_gap else time)
            self._last = time
            previous = TimedFrame(item, time, time, after_gap)
        if previous is not None:
            self.end = previous.time + self._length_of(previous.decoded)
            yield previous._replace(end=self.end)

    def warnings(self, frames: int) -> list[str]:
        """What is wrong with the timestamps, one line each; complete after the last of the `frames`."""
        lines = []
        steady = self._regular > max(frames / 2, _STEADY_SHARE * frames - len(self._holes))
        if steady and self._missing > max(1, _MISSING_SHARE * frames):
            text = f"about {self._missing} frames are missing, after {times_text(self._holes)}"
            lines.append(f"{text}: the frames before them stay until the next ones")
        if self._gaps:
            end = max(self._gaps, key=lambda gap: gap[1] - gap[0])[1]
            text = f"the video has no frames from {times_text([gap[0] for gap in self._gaps])} on"
            longest = f"the longest gap ends at {end:.1f} s" if len(self._gaps) > 1 else f"until {end:.1f} s"
            lines.append(f"{text}, {longest}: there is no face in a gap ({self.gap_seconds:.1f} s in all)")
        if self._ties:
            text = f"timestamps at {times_text(self._ties)} are those of the frame before"
            lines.append(f"{text}: the times of these frames may be wrong by about one frame")
        if self._wrong:
            text = f"timestamps at {times_text(self._wrong)} do not fit between those around them"
            lines.append(f"{text}: these frames follow the frame before them at the usual distance")
        if self._jumps:
            text = f"jumps of the file's clock: {len(self._jumps)}, at {times_text(self._jumps)}"
            lines.append(f"{text}; the times continue without these jumps")
        return lines

    @property
    def rate_varies(self) -> bool:
        """Whether some steps between frames are much longer than others."""
        return self._longest_step > _VARIES * self._shortest_step

    def _first_time(self, timestamp: float | None, following: Sequence[float | None]) -> float:
        if timestamp is not None:
            second = following[0] if following else None
            # A first frame that is shown for long before the others is usual: only a time after theirs is wrong.
            if second is not None and second < timestamp:
                time, self._last = second - self.zero, timestamp - self.zero
                if not self._is_wrong(time, [None if later is None else later - self.zero for later in following[1:]]):
                    self._wrong.append(0.0)
                    timestamp = max(second - self._stated_length, 0.0)
            self.zero = min(self.zero, timestamp)
            self.first = timestamp - self.zero
            for before, after in pairwise([timestamp, *following]):
                if before is not None and after is not None and after - before >= _TIE_STEP:
                    self._steps.append(after - before)
        return self.first

    def _next_time(self, timestamp: float | None, following: Sequence[float | None]) -> tuple[float, bool]:
        """The time of a later frame, and whether there is a gap before it."""
        if timestamp is None:
            return self._last + self._length, False
        time = timestamp - self.zero
        step = time - self._last
        if _TIE_STEP <= step <= _LONGEST_HOLD or _TIE_STEP <= step <= self._longest_hold:
            self._steps.append(step)
            self._count_missing(step)
            return time, False
        if -self._length < step < _TIE_STEP:
            self._ties.append(self._last + _TIE_STEP)
            return self._last + _TIE_STEP, False
        usual, ahead = self._last + self._length, [None if later is None else later - self.zero for later in following]
        if self._is_wrong(time, ahead):
            self._wrong.append(usual)
            after = (later for later in ahead if later is not None and later >= self._last + 2 * _TIE_STEP)
            return min(usual, (self._last + next(after, self._last + 2 * self._length)) / 2), False
        if 0 < step <= _LONGEST_GAP:
            return time, True
        self._jumps.append(usual)
        self.zero += time - usual
        return usual, False

    def _is_wrong(self, time: float, ahead: Sequence[float | None]) -> bool:
        """Whether the times of the following frames go on from the last frame, and not from `time`."""
        known, length = [(k, later) for k, later in enumerate(ahead) if later is not None], self._length
        if not known:  # the last frame: only the file itself tells
            return time > self._last and time + self.zero > self._stated_end
        from_last = median(abs(later - self._last - (2 + k) * length) for k, later in known)
        from_time = median(abs(later - time - (1 + k) * length) for k, later in known)
        return from_last < from_time

    def _count_missing(self, step: float) -> None:
        """Note whether a step is one frame of the stated length, or several."""
        self._shortest_step, self._longest_step = min(self._shortest_step, step), max(self._longest_step, step)
        lengths = step / self._stated_length
        if abs(lengths - 1) < _STEADY_TOLERANCE:
            self._regular += 1
        elif lengths > 1 and abs(lengths - round(lengths)) < _STEADY_TOLERANCE:
            self._missing += round(lengths) - 1
            self._holes.append(self._last)

    def _gap_start(self, frame: TimedFrame, end: float) -> float:
        """Note a gap after a frame, and return its start."""
        start = min(frame.time + self._length_of(frame.decoded), end)
        self._gaps.append((start, end))
        self.gap_seconds += end - start
        return start

    def _length_of(self, decoded: Decoded) -> float:
        """The length of a frame if no other follows. Files count a gap to the length of the frame before it."""
        usual = self._length
        likely = decoded.length is not None and usual / 4 < decoded.length <= self._longest_hold
        return decoded.length if likely and decoded.length is not None else usual

    @property
    def _length(self) -> float:
        """Seconds: the stated frame length if it is right, else the typical distance of frames."""
        if not self._steps or abs(self._stated_length / fmean(self._steps) - 1) < _RIGHT_LENGTH:
            return self._stated_length
        return median(self._steps)

    @property
    def _longest_hold(self) -> float:
        return max(_LONGEST_HOLD, _LONGEST_HOLD_FRAMES * self._length)


def _look_ahead(decoded: Iterable[Decoded], count: int) -> Iterator[tuple[Decoded, list[float | None]]]:
    """Yields each frame with the timestamps of the following `count` frames."""
    waiting: deque[Decoded] = deque()
    for item in decoded:
        waiting.append(item)
        if len(waiting) > count:
            yield waiting.popleft(), [frame.timestamp for frame in waiting]
    while waiting:
        yield waiting.popleft(), [frame.timestamp for frame in waiting]
