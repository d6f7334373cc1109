"""How a decoded picture is rotated and mirrored for display."""

from typing import Any, NamedTuple, cast

import av
import cv2
import numpy as np

from rbdm.types import Image


class Orientation(NamedTuple):
    """How a decoded picture is turned for display: exchange of x and y first, then the flips."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Displayed width and height."""
        return (height, width) if self.transpose else (width, height)

    def apply(self, image: Image) -> Image:
        """`image` as displayed."""
        turned: Any = cv2.transpose(image) if self.transpose else image
        if self.flip_x or self.flip_y:
            turned = cv2.flip(turned, -1 if self.flip_x and self.flip_y else int(self.flip_x))
        return cast(Image, turned)


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """How players turn a frame: by its display matrix."""
    try:
        side_data = cast(Any, frame.side_data).get("DISPLAYMATRIX")
    except ValueError:  # PyAV lists no side data at all where FFmpeg has a kind that it does not know
        return _quarter_turns(frame.rotation)
    if side_data is None:
        return Orientation()
    # Rows of the matrix: x' = a x + c y, y' = b x + d y.
    a, b, _, c, d = np.frombuffer(side_data, np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


def _quarter_turns(counter_clockwise: float) -> Orientation:
    turns = (
        Orientation(),
        Orientation(True, False, True),
        Orientation(False, True, True),
        Orientation(True, True, False),
    )
    return turns[round(counter_clockwise / 90) % 4]
