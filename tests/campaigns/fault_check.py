"""Reads a damaged video with rbdm, and measures how much of it is lost or visibly damaged."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from rbdm.errors import RbdmError
from rbdm.media.frame_count import count_frames
from rbdm.media.frame_reader import FrameReader
from rbdm.media.video import Video
from tests.campaigns import barcode

LOST_SHARE = 0.02
"""The fraction of the frames that may be lost or damaged without a word."""
_SMALL = 64, 48
_DAMAGED_LEVEL, _DAMAGED_SHARE = 70, 0.02
"""A picture is visibly damaged if more than this fraction of it is off by more than this, from 0 to 255."""
_CHOSEN = 7
"""One of so many frames is read again at random access."""


@dataclass(frozen=True)
class Damage:
    """What came of a damaged file.

    Attributes:
        error: the message with which it was refused, or None.
        warnings: what was said.
        frames: number of frames.
        lost: the fraction of the frames that are missing, in the wrong order, or visibly damaged.
        moved: the fraction of the frames whose time is off by more than a frame length.
        bad: what is wrong in any case: two parts of rbdm contradict each other, an error is not one line.
    """

    error: str | None
    warnings: tuple[str, ...]
    frames: int
    lost: float
    moved: float
    bad: tuple[str, ...]

    @property
    def silent(self) -> bool:
        """Whether too many frames are lost or damaged, and nothing was said."""
        return self.error is None and not self.warnings and self.lost > LOST_SHARE + 1e-9

    @property
    def silently_moved(self) -> bool:
        """Whether too many frames have another time, and nothing was said. A false header may be the only cause."""
        return self.error is None and not self.warnings and self.moved > LOST_SHARE + 1e-9


def examine(path: Path, numbers: tuple[int, ...], times: tuple[float, ...]) -> Damage:
    """Read the file as an annotation does; `numbers` and `times` are those of the undamaged file."""
    right = dict(zip(numbers, times, strict=True))
    length = (times[-1] - times[0]) / (len(times) - 1)
    good: set[int] = set()
    seen: list[int | None] = []
    when: list[float] = []
    try:
        with Video(path) as video:
            for frame in video:
                number = _undamaged_number(frame.rgb())
                seen.append(number)
                when.append(frame.time)
                if number in right:
                    good.add(number)
    except RbdmError as error:
        return Damage(str(error), (), 0, 1.0, 0.0, _message_faults(str(error), path))
    moved = sum(number in right and abs(time - right[number]) > length for number, time in zip(seen, when, strict=True))
    bad = [
        *_contradictions(path, np.array(when), seen),
        *(line for text in video.warnings for line in _message_faults(text, path)),
    ]
    if not np.isfinite(when).all() or (np.diff(when) <= 0).any():
        bad.append("times that do not increase, or are no numbers")
    return Damage(None, tuple(video.warnings), len(seen), 1 - len(good) / len(right), moved / len(right), tuple(bad))


def _undamaged_number(image: barcode.Picture) -> int | None:
    """Which frame a picture is; None if it cannot be read or is visibly damaged."""
    number = barcode.read(image).number
    if number is None:
        return None
    true = cv2.resize(barcode.draw(number, 256, 192), _SMALL, interpolation=cv2.INTER_AREA).astype(np.int16)
    seen = cv2.resize(image, _SMALL, interpolation=cv2.INTER_AREA).astype(np.int16)
    damaged = float((np.abs(true - seen).max(axis=2) > _DAMAGED_LEVEL).mean())
    return None if damaged > _DAMAGED_SHARE else number


def _contradictions(path: Path, times: np.ndarray, seen: list[int | None]) -> list[str]:
    """Where random access and the counter of frames find something else than the first reading, without an error."""
    bad = []
    try:
        count_frames(path)
        wanted = range(0, len(times), _CHOSEN)
        for index, frame in FrameReader(path, times).frames(wanted):
            number = _undamaged_number(frame.rgb())
            if number is not None and seen[index] is not None and number != seen[index]:
                bad.append(f"random access gives frame {number} as frame {seen[index]}")
    except RbdmError as error:
        bad += _message_faults(str(error), path)
    return bad[:1]


def _message_faults(text: str, path: Path) -> tuple[str, ...]:
    return (
        ()
        if "\n" not in text.strip() and str(path) in text
        else (f"a message is not one line with the path: {text!r}",)
    )
