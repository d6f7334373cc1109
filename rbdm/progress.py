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
        total: frames of the video, as far as known before it is decoded.
        seconds: since the start.
    """

    done: int
    total: int
    seconds: float


Report = Callable[[Progress], None]
