"""Converts decoded frames to RGB."""

import threading
from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from rbdm.media.region import Region
from rbdm.types import Image

_YUV_MATRICES = {1, 4, 5, 6, 7, 9}
_BT709, _BT601 = 1, 5

# Formats whose planes can be cut: bytes per sample.
PLANAR_FORMATS = {
    **{f"yuv{kind}p": 1 for kind in (420, 422, 444)},
    **{f"yuvj{kind}p": 1 for kind in (420, 422, 444)},
    **{f"yuv{kind}p{bits}le": 2 for kind in (420, 422, 444) for bits in (10, 12)},
}


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
        sample = PLANAR_FORMATS[frame.format.name]
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
