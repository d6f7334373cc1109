"""The times of a video's frames, from the timestamps that its container gives."""

import av

_TIE_STEP = 1e-4


class FrameClock:
    """Turns the timestamps of decoded frames into strictly increasing seconds from the start of the video."""

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: av.VideoStream,
        rate: float,
        first: av.VideoFrame,
    ):
        self._step = 1 / rate
        self._base = stream.time_base
        stamp = self._stamp(first)
        # A start before 0 is the sound's priming, which players do not play.
        start = max((container.start_time or 0) / av.time_base, 0.0)
        self.zero = start if stamp is None else min(start, stamp)
        self.first = self._last = self.end = 0.0
        self.jumps = 0
        self._started = False

    def time(self, frame: av.VideoFrame) -> float:
        """Seconds of the next frame in presentation order; moves `end` to the end of that frame."""
        stamp = self._stamp(frame)
        time = self._follow(stamp - self.zero if stamp is not None else None) if self._started else self._begin(stamp)
        length = float(frame.duration * self._base) if frame.duration and self._base else self._step
        self._last, self.end = time, time + length
        return time

    def _begin(self, stamp: float | None) -> float:
        self._started = True
        self.first = 0.0 if stamp is None else stamp - self.zero
        return self.first

    def _follow(self, time: float | None) -> float:
        if time is None:
            return self._last + self._step
        if time > self._last:
            return time
        if time > self._last - self._step:
            return self._last + _TIE_STEP
        self.jumps += 1
        self.zero -= self._last + self._step - time
        return self._last + self._step

    def _stamp(self, frame: av.VideoFrame) -> float | None:
        return None if frame.pts is None or self._base is None else float(frame.pts * self._base)
