"""Notes what the user should know about the frames of a video."""

from rbdm.media.frame import Frame
from rbdm.media.picture.deinterlacing import Deinterlacer
from rbdm.media.picture.tone_mapping import HDR_TRANSFERS
from rbdm.media.times_text import times_text
from rbdm.media.timestamps import TimedFrame


class Observations:
    """Notes damage, changes of size, interlaced frames and high dynamic range, frame by frame.

    Attributes:
        frames: number of frames so far.
    """

    def __init__(self) -> None:
        self.frames = 0
        self._damaged: list[float] = []
        self._sizes: list[tuple[float, int, int]] = []
        self._hdr = ""
        self._interlaced: list[float] = []

    def add(self, timed: TimedFrame, frame: Frame) -> None:
        """Note what is special about the next frame."""
        self.frames += 1
        decoded = timed.decoded
        if decoded.damaged:
            self._damaged.append(timed.time)
        if not self._sizes or self._sizes[-1][1:] != (frame.width, frame.height):
            self._sizes.append((timed.time, frame.width, frame.height))
        if decoded.deinterlaced and not self._interlaced:
            self._interlaced.append(timed.time)
        self._hdr = self._hdr or HDR_TRANSFERS.get(decoded.frame.color_trc, "")

    def warnings(self, deinterlacer: Deinterlacer) -> list[str]:
        """What was noted, one line each."""
        lines = []
        if self._damaged:
            text = f"frames that are damaged and may show artefacts: {len(self._damaged)}"
            lines.append(f"{text}, at {times_text(self._damaged)}")
        if len(self._sizes) > 1:
            time, width, height = self._sizes[1]
            first = f"{self._sizes[0][1]}×{self._sizes[0][2]}"
            text = f"the size of the frames changes from {first} to {width}×{height} at {time:.1f} s"
            lines.append(text + (f", and {len(self._sizes) - 2} times later" if len(self._sizes) > 2 else ""))
        if self._interlaced:
            why = "is marked as interlaced" if deinterlacer.marked else "shows the comb pattern of interlaced video"
            lines.append(f"the video {why}: it was deinterlaced from {self._interlaced[0]:.1f} s on")
        if self._hdr:
            lines.append(f"the video has high dynamic range ({self._hdr}): it was converted to standard range")
        return lines
