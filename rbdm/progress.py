"""How far a piece of work is, and whom to tell."""

from collections.abc import Callable
from dataclasses import dataclass

Say = Callable[[str], None]
"""Told something in a line."""


@dataclass(frozen=True)
class Progress:
    """How far a video is.

    Attributes:
        done: frames.
        total: frames of the video, as far as known before it is decoded; 0 where it is not.
        seconds: since the start.
    """

    done: int
    total: int
    seconds: float

    @property
    def rate(self) -> float:
        """Frames per second so far."""
        return self.done / max(self.seconds, 1e-6)

    def __str__(self) -> str:
        """For a log: frames, rate, time left."""
        if not self.total:
            return f"{self.done} frames, {self.rate:.0f} frames/s"
        left = max(self.total - self.done, 0) / max(self.rate, 1e-6)
        return f"{self.done} of {self.total} frames, {self.rate:.0f} frames/s, {left:.0f} s left"


Report = Callable[[Progress], None]
