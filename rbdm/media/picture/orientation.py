"""How a decoded frame is rotated and mirrored for display."""

from typing import Any, NamedTuple, cast

import av
import cv2
import numpy as np

from rbdm.types import Image


class Orientation(NamedTuple):
    """How to turn a decoded frame for display: first swap x and y, then mirror.

    Attributes:
        transpose: whether x and y are swapped.
        flip_x: whether left and right are swapped, after `transpose`.
        flip_y: whether top and bottom are swapped, after `transpose`.
    """

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height as displayed, of a frame that is decoded as `width` by `height` pixels."""
        return (height, width) if self.transpose else (width, height)

    def stored_area(self, top: float, left: float, bottom: float, right: float) -> tuple[float, float, float, float]:
        """Top, left, bottom and right, before turning, of an area of the displayed frame; all as fractions."""
        if self.flip_x:
            left, right = 1 - right, 1 - left
        if self.flip_y:
            top, bottom = 1 - bottom, 1 - top
        return (left, top, right, bottom) if self.transpose else (top, left, bottom, right)

    def apply(self, image: Image) -> Image:
        """Turn `image` for display; returns `image` itself if there is nothing to turn."""
        turned: Any = cv2.transpose(image) if self.transpose else image
        if self.flip_x or self.flip_y:
            turned = cv2.flip(turned, -1 if self.flip_x and self.flip_y else int(self.flip_x))
        return cast(Image, turned)


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """How players turn a frame: as its display matrix says, rounded to quarter turns."""
    try:
        side_data = cast(Any, frame.side_data).get("DISPLAYMATRIX")
    except ValueError:  # PyAV lists no side data at all if one kind of it is unknown to PyAV
        return _quarter_turns(frame.rotation)
    if side_data is None:
        return Orientation()
    # The matrix is stored as a, b, u, c, d, …; it means x' = a x + c y and y' = b x + d y.
    a, b, _, c, d = np.frombuffer(side_data, np.int32)[:5].tolist()
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(True, c < 0, b < 0)
    return Orientation(False, a < 0, d < 0)


def _quarter_turns(counter_clockwise: float) -> Orientation:
    """The orientation of a rotation in degrees, rounded to quarter turns."""
    turns = (
        Orientation(),
        Orientation(True, False, True),
        Orientation(False, True, True),
        Orientation(True, True, False),
    )
    return turns[round(counter_clockwise / 90) % 4]
