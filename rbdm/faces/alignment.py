"""Assigns the rows of a box stream to the frames of a video."""

import math

from rbdm.faces.boxes import BoxStream

_TIME_TOLERANCE = 1e-3
"""Seconds. Matroska files round timestamps to 1 ms."""
_RATE_TOLERANCE = 6e-4
"""Hz. SSI headers round sample rates to 0.001 Hz."""
_FEW, _FEW_SHARE = 5, 0.01
"""Rows that may be missing or too many, at most; and as a fraction of the frames, but at least one row."""
_NEAR_RATE = 0.05
"""Fraction by which two rates may differ that are meant to be the same."""
_MAX_UNUSED_SECONDS = 1.0
"""How far a stream may go on after the video's last frame without a warning."""


class BoxAlignment:
    """Assigns the rows of a `BoxStream` to the frames of a video, frame by frame in the order of the video.

    If the stream has as many rows as the video has frames, row i belongs to frame i. That is also so if a few rows
    (1 %, at most 5) are missing at the end, or are too many, as tools differ in what they do with the last frames.

    Otherwise a frame gets the row i whose span of time, `[i, i + 1) / sample_rate` after the stream's start, contains
    the time of the frame (with a tolerance of 1 ms for rounded timestamps). If the stream says that its rows are evenly
    spaced, a frame gets the row that is nearest in time. If the stream's sample rate differs from the video's rate only
    by the rounding in the header (23.976 Hz), the video's rate is used. A frame that is at most one row after the last
    row gets the last row. All other frames outside the stream's time get no row.

    Args:
        boxes: the stream.
        frame_count: the number of frames in the video.
        frame_rate: Hz, the video's average frame rate.

    Attributes:
        by_index: whether row i belongs to frame i.
    """

    def __init__(self, boxes: BoxStream, frame_count: int, frame_rate: float):
        few = min(_FEW, max(1, int(_FEW_SHARE * frame_count)))
        self.by_index = not boxes.evenly_spaced and abs(len(boxes.rows) - frame_count) <= few
        self._boxes, self._frame_count, self._frame_rate = boxes, frame_count, frame_rate
        same_rate = abs(boxes.sample_rate - frame_rate) <= _RATE_TOLERANCE
        self._rate = frame_rate if same_rate else boxes.sample_rate
        self._frames = self._unreached = 0
        self._last_time = 0.0

    def row(self, index: int, time: float) -> int | None:
        """The number of the row for frame number `index`, displayed at `time` seconds; None if there is none."""
        row = index if self.by_index else self._row_at(time)
        reached = 0 <= row < len(self._boxes.rows)
        self._frames += 1
        self._unreached += not reached
        self._last_time = time
        return row if reached else None

    def _row_at(self, time: float) -> int:
        place = (time - self._boxes.start + _TIME_TOLERANCE) * self._rate
        row = math.floor(place + 0.5) if self._boxes.evenly_spaced else math.floor(place)
        return row - 1 if row == len(self._boxes.rows) else row

    @property
    def _is_doubtful(self) -> bool:
        """Whether the stream seems to have been made with one row per frame, but does not fit."""
        same_rate = abs(self._boxes.sample_rate / self._frame_rate - 1) <= _NEAR_RATE
        return (
            not self.by_index and not self._boxes.evenly_spaced and same_rate and self._frames != len(self._boxes.rows)
        )

    def warnings(self) -> list[str]:
        """How stream and video do not fit, one line each; complete when `row` has been called for every frame."""
        name, rows = self._boxes.name, len(self._boxes.rows)
        lines = []
        if self._unreached:
            lines.append(f"{name}: it does not cover {self._unreached} of {self._frames} frames: these have no face")
        if self.by_index and self._frames < min(rows, self._frame_count):
            lines.append(f"{name}: {rows} rows, but only {self._frames} frames could be decoded")
        elif self.by_index and self._frames != rows:
            text = f"{rows} rows for {self._frames} frames: the first row belongs to the first frame, and so on"
            lines.append(f"{name}: {text}; at the end they do not fit")
        unused = self._boxes.start + (rows - 1) / self._rate - self._last_time
        if not self.by_index and unused > _MAX_UNUSED_SECONDS:
            text = f"continues for {unused:.1f} s after the end of the video: it may belong to another video"
            lines.append(f"{name}: {text}")
        if self._is_doubtful and not lines:
            text = f"{rows} rows for {self._frames} frames: they are paired by time, {self._rate:.5g} rows per second"
            lines.append(f"{name}: {text}; if the frame rate varies, boxes may belong to other frames")
        return lines
