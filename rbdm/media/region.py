"""A rectangle of a frame."""

import math
from typing import NamedTuple

# Sizes in steps, since FFmpeg prepares its converter anew for each size.
_STEP = 64
_MARGIN = 4


class Region(NamedTuple):
    """A rectangle of a frame in pixels: `left ≤ x < right`, `top ≤ y < bottom`."""

    left: int
    top: int
    right: int
    bottom: int


def enlarged(wanted: Region, width: int, height: int) -> Region:
    """A region inside a frame of `width` by `height` pixels that contains the part of `wanted` in it, and some more.

    FFmpeg converts it at once: its left and top are even, and its size changes in large steps only.
    """
    left, right = _span(wanted.left, wanted.right, width)
    top, bottom = _span(wanted.top, wanted.bottom, height)
    return Region(left, top, right, bottom)


def _span(first: int, last: int, size: int) -> tuple[int, int]:
    """An even start, and a length in whole steps unless the frame is in the way."""
    first, last = max(first - _MARGIN, 0), min(last + _MARGIN, size)
    length = math.ceil((max(last - first, 1) + 1) / _STEP) * _STEP
    if length >= size:
        return 0, size
    start = min(first, size - length) & ~1
    return start, start + length
