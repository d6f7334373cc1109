"""Which row of a box stream belongs to which frame of the video."""

import math

from rbdm.faces.boxes import BoxStream

# Matroska rounds timestamps to 1 ms, SSI headers round sample rates to 0.001 Hz.
_TIME_SLACK = 1e-3
_RATE_SLACK = 6e-4
_UNUSED_SECONDS = 1.0


class BoxAlignment:
    """Which row of a `BoxStream` belongs to which frame, asked frame by frame in the order of the video.

    Where there are as many rows as frames, row i belongs to frame i. Else a frame has the row i whose time,
    `[i, i + 1) / sample_rate` after the stream's start, holds the frame's (with 1 ms to spare for rounded
    timestamps). A sample rate that is the video's but for the header's rounding (23.976) is taken to be the
    video's. A frame up to one row past the last has the last; other frames that the stream does not reach
    have none.

    Args:
        boxes: the stream.
        frame_count: how many frames the video has.
        frame_rate: Hz, the video's average rate.
    """

    def __init__(self, boxes: BoxStream, frame_count: int, frame_rate: float):
        self.by_index = len(boxes.rows) == frame_count
        self._boxes = boxes
        same_rate = abs(boxes.sample_rate - frame_rate) <= _RATE_SLACK
        self._rate = frame_rate if same_rate else boxes.sample_rate
        self._frames = self._unreached = 0
        self._last_time = 0.0

    def row(self, index: int, time: float) -> int | None:
        """The row of the frame that is number `index` and displayed at `time` seconds, or None."""
        row = index if self.by_index else self._row_at(time)
        reached = 0 <= row < len(self._boxes.rows)
        self._frames += 1
        self._unreached += not reached
        self._last_time = time
        return row if reached else None

    def _row_at(self, time: float) -> int:
        row = math.floor((time - self._boxes.start + _TIME_SLACK) * self._rate)
        return row - 1 if row == len(self._boxes.rows) else row

    def warnings(self) -> list[str]:
        """What did not fit, one line each; complete once every frame has been asked for."""
        name, rows = self._boxes.name, len(self._boxes.rows)
        found = []
        if self._unreached:
            found.append(f"{name}: {self._unreached} of {self._frames} frames are outside its time: they get no face")
        if self.by_index and self._frames < rows:
            found.append(f"{name}: {rows} rows, but only {self._frames} frames could be decoded")
        unused = self._boxes.start + (rows - 1) / self._rate - self._last_time
        if not self.by_index and unused > _UNUSED_SECONDS:
            found.append(f"{name}: goes on for {unused:.1f} s after the video's end: is it another video's?")
        return found
