"""A rectangular region of a frame."""

import math
from typing import NamedTuple

_STEP = 64
"""Pixels. Sizes are multiples of this, since FFmpeg has to prepare its converter again for each new size."""
_MARGIN = 4
"""Pixels that are added on each side."""


class Region(NamedTuple):
    """A rectangle of a frame in pixels: `left ≤ x < right`, `top ≤ y < bottom`."""

    left: int
    top: int
    right: int
    bottom: int


def enlarged(wanted: Region, width: int, height: int) -> Region:
    """A region inside a frame of `width` by `height` pixels: the part of `wanted` that is in the frame, and a margin.

    FFmpeg can convert this region fast: its left and top are even, and its width and height are multiples of 64 pixels
    or those of the frame, so that few different sizes occur.
    """
    left, right = _span(wanted.left, wanted.right, width)
    top, bottom = _span(wanted.top, wanted.bottom, height)
    return Region(left, top, right, bottom)


def _span(first: int, last: int, size: int) -> tuple[int, int]:
    """Start and end along one axis: the start is even, the length a multiple of `_STEP` or the size of the frame.

    At the end of a frame of odd size the length is one more than a multiple.
    """
    first, last = max(first - _MARGIN, 0), min(last + _MARGIN, size)
    length = math.ceil((max(last - first, 1) + 1) / _STEP) * _STEP
    if length >= size:
        return 0, size
    start = min(first, size - length) & ~1
    return start, max(start + length, last)
