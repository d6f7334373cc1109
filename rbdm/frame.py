"""One decoded frame: its pixels as players show them, all of them or just those around a face."""

import math
import threading
from typing import Any, NamedTuple, cast

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

Image = npt.NDArray[np.uint8]

_YUV_MATRICES = {1, 4, 5, 6, 7, 9}
_BT709, _BT601 = 1, 5

# Formats whose planes can be cut: bytes per sample.
_PLANAR = {
    **{f"yuv{kind}p": 1 for kind in (420, 422, 444)},
    **{f"yuvj{kind}p": 1 for kind in (420, 422, 444)},
    **{f"yuv{kind}p{bits}le": 2 for kind in (420, 422, 444) for bits in (10, 12)},
}
# Sizes in steps, since FFmpeg prepares its converter anew for each size.
_STEP = 64
_MARGIN = 4
# Below this part of the frame's area, cutting and converting beats converting the whole.
_WORTH_CUTTING = 0.6


class Region(NamedTuple):
    """A rectangle of a frame in pixels: `left ≤ x < right`, `top ≤ y < bottom`."""

    left: int
    top: int
    right: int
    bottom: int


class Frame:
    """One displayed frame of a `Video`; its pixels are converted when asked for.

    Attributes:
        time: seconds since the start of the video.
        width: pixels, as displayed.
        height: pixels, as displayed.
    """

    __slots__ = ("_converter", "_orientation", "_source", "height", "time", "width")

    def __init__(self, source: av.VideoFrame, time: float, orientation: "Orientation", converter: "Converter"):
        self.time = time
        self.width, self.height = orientation.size(source.width, source.height)
        self._source, self._orientation, self._converter = source, orientation, converter

    def rgb(self) -> Image:
        """(height, width, 3) uint8, C-contiguous, RGB, full range. May be called from any thread."""
        return np.ascontiguousarray(self._orientation.apply(self._converter.rgb(self._source)))

    def scaled(self, longest: int) -> Image:
        """(h, w, 3) uint8 RGB as of `rgb`, the longer of h and w being `longest` pixels.

        Every pixel of the frame counts for the result, by a triangular filter; this takes less time than `rgb`.
        """
        source = self._source
        factor = longest / max(source.width, source.height)
        size = max(1, round(source.width * factor)), max(1, round(source.height * factor))
        return np.ascontiguousarray(self._orientation.apply(self._converter.scaled(source, *size)))

    def around(self, wanted: Region) -> tuple[Image, Region]:
        """The pixels of a region, or of a larger one where that is faster, and which region they are.

        Args:
            wanted: may leave the frame; what is outside does not come.

        Returns:
            (bottom - top, right - left, 3) uint8 RGB as of `rgb`, and its region, inside the frame.
        """
        part = _enlarged(wanted, self.width, self.height)
        area = (part.right - part.left) * (part.bottom - part.top)
        uncut = self._orientation != Orientation() or self._source.format.name not in _PLANAR
        if uncut or area > _WORTH_CUTTING * self.width * self.height:
            return self.rgb(), Region(0, 0, self.width, self.height)
        return self._converter.rgb_of(self._source, part), part


def _enlarged(wanted: Region, width: int, height: int) -> Region:
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


class Converter(threading.local):
    """Decoded frames to RGB; each thread has its own, as FFmpeg's converter serves one at a time."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        # A converter is prepared for one pair of sizes at a time.
        self._scaler = VideoReformatter()

    def rgb(self, frame: av.VideoFrame) -> Image:
        """(H, W, 3) uint8 RGB of `frame` before rotation; rows may be padded."""
        converted = self._reformatter.reformat(frame, format="rgb24", src_colorspace=_matrix(frame), threads=1)
        return cast(Image, converted.to_ndarray())

    def scaled(self, frame: av.VideoFrame, width: int, height: int) -> Image:
        """(height, width, 3) uint8 RGB of all of `frame` before rotation; rows may be padded."""
        # Into packed RGB, FFmpeg takes only every other column of the colours when it scales.
        small = self._scaler.reformat(frame, width, height, "gbrp", _matrix(frame), interpolation="BILINEAR", threads=1)
        return cast(Image, small.to_ndarray())

    def rgb_of(self, frame: av.VideoFrame, part: Region) -> Image:
        """(H, W, 3) uint8 RGB of a part of `frame`, whose left and top are even; rows may be padded."""
        cut = av.VideoFrame(part.right - part.left, part.bottom - part.top, frame.format.name)
        cut.colorspace, cut.color_range = frame.colorspace, frame.color_range
        sample = _PLANAR[frame.format.name]
        for source, target in zip(frame.planes, cut.planes, strict=True):
            across, down = source.width < frame.width, source.height < frame.height
            top, left = part.top >> down, (part.left >> across) * sample
            rows = _rows(source)[top : top + target.height, left : left + target.width * sample]
            _rows(target)[:, : target.width * sample] = rows
        converted = self._reformatter.reformat(cut, format="rgb24", src_colorspace=_matrix(frame), threads=1)
        return cast(Image, converted.to_ndarray())


def _rows(plane: Any) -> Image:
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)


def _matrix(frame: av.VideoFrame) -> int | None:
    """The YUV matrix where `frame` does not name it: players take BT.709 for high definition, else BT.601."""
    if frame.format.is_rgb or frame.colorspace in _YUV_MATRICES:
        return None
    return _BT709 if frame.width >= 1280 or frame.height > 576 else _BT601


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
