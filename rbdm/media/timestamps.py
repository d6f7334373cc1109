"""Computes the times of a video's frames from the timestamps in its container."""

import av

_TIE_STEP = 1e-4
"""Seconds from a frame to the next one whose timestamp is equal, or earlier by less than one frame length."""


class FrameClock:
    """Turns the timestamps of decoded frames into strictly increasing times since the start of the video.

    Args:
        container: the file.
        stream: its video stream.
        rate: Hz; its inverse is the length of a frame that states none.
        first: the first frame in presentation order.

    Attributes:
        zero: seconds on the file's own clock at time 0; changes when the clock jumps back.
        first: seconds, the time of the first frame.
        end: seconds, the end of the last frame so far.
        jumps: how often the file's clock has jumped back.
    """

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: av.VideoStream,
        rate: float,
        first: av.VideoFrame,
    ):
        self._frame_length = 1 / rate
        self._time_base = stream.time_base
        timestamp = self._timestamp(first)
        # A negative start comes from the encoder delay (priming) of the audio, which players do not play.
        start = max((container.start_time or 0) / av.time_base, 0.0)
        self.zero = start if timestamp is None else min(start, timestamp)
        self.first = self._last = self.end = 0.0
        self.jumps = 0
        self._started = False

    def time(self, frame: av.VideoFrame) -> float:
        """The time in seconds of the next frame in presentation order; moves `end` to the end of that frame."""
        timestamp = self._timestamp(frame)
        if self._started:
            time = self._next_time(None if timestamp is None else timestamp - self.zero)
        else:
            time = self._first_time(timestamp)
        length = float(frame.duration * self._time_base) if frame.duration and self._time_base else self._frame_length
        self._last, self.end = time, time + length
        return time

    def _first_time(self, timestamp: float | None) -> float:
        self._started = True
        self.first = 0.0 if timestamp is None else timestamp - self.zero
        return self.first

    def _next_time(self, time: float | None) -> float:
        """The time of a later frame, from its time on the file's clock since `zero`, or None if it has no timestamp."""
        if time is None:
            return self._last + self._frame_length
        if time > self._last:
            return time
        if time > self._last - self._frame_length:
            return self._last + _TIE_STEP
        self.jumps += 1
        self.zero -= self._last + self._frame_length - time
        return self._last + self._frame_length

    def _timestamp(self, frame: av.VideoFrame) -> float | None:
        """The frame's timestamp in seconds on the file's own clock, or None."""
        return None if frame.pts is None or self._time_base is None else float(frame.pts * self._time_base)
