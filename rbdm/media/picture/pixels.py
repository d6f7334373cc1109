"""Converts decoded frames to RGB."""

import threading
from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from rbdm.media.picture.region import Region
from rbdm.media.picture.tone_mapping import HDR_TRANSFERS, tone_map
from rbdm.types import Image

# Values of FFmpeg's AVColorSpace: BT.709, FCC, BT.470BG, SMPTE 170M, SMPTE 240M, BT.2020.
_YUV_MATRICES = {1, 4, 5, 6, 7, 9}
_BT709, _BT601 = 1, 5
_LIMITED_RANGE = 1
"""FFmpeg's AVCOL_RANGE_MPEG: black is 16, white is 235."""
_FROM_LIMITED_RANGE = np.clip(np.round((np.arange(256) - 16) * (255 / 219)), 0, 255).astype(np.uint8)

# Bytes per sample of the pixel formats from which a region can be cut plane by plane.
PLANAR_FORMATS = {
    **{f"yuv{kind}p": 1 for kind in (420, 422, 444)},
    **{f"yuvj{kind}p": 1 for kind in (420, 422, 444)},
    **{f"yuv{kind}p{bits}le": 2 for kind in (420, 422, 444) for bits in (10, 12)},
}


class Converter(threading.local):
    """Converts decoded frames to RGB. Each thread gets its own FFmpeg converter, since threads cannot share one.

    High dynamic range is converted to standard range, see `rbdm.media.picture.tone_mapping.tone_map`.
    """

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()
        # FFmpeg prepares a converter for one input and output size, so scaling has a converter of its own.
        self._scaler = VideoReformatter()

    def rgb(self, frame: av.VideoFrame) -> Image:
        """(H, W, 3) uint8 RGB of `frame`, not yet turned for display; rows may be padded in memory."""
        return self._rgb(frame, frame)

    def scaled(self, frame: av.VideoFrame, width: int, height: int) -> Image:
        """The whole `frame`, scaled: (height, width, 3) uint8 RGB, not yet turned for display; rows may be padded."""
        transfer = _hdr_transfer(frame)
        # Scaling into packed RGB, FFmpeg uses only every second column of the colour planes; into planar RGB, all.
        kind = "gbrp" if transfer is None else "gbrp16le"
        small = self._scaler.reformat(frame, width, height, kind, _matrix(frame), interpolation="BILINEAR", threads=1)
        return _standard(small, frame, transfer)

    def rgb_of(self, frame: av.VideoFrame, part: Region) -> Image:
        """A region of `frame`: (H, W, 3) uint8 RGB, not yet turned for display; rows may be padded in memory.

        Args:
            frame: its format must be one of `PLANAR_FORMATS`.
            part: the region in pixels, inside the frame; its left and top must be even, since a sample of colour may
                cover two pixels.
        """
        cut = av.VideoFrame(part.right - part.left, part.bottom - part.top, frame.format.name)
        cut.colorspace, cut.color_range = frame.colorspace, frame.color_range
        sample_bytes = PLANAR_FORMATS[frame.format.name]
        for source, target in zip(frame.planes, cut.planes, strict=True):
            halved_x, halved_y = source.width < frame.width, source.height < frame.height
            top, left = part.top >> halved_y, (part.left >> halved_x) * sample_bytes
            rows = _rows(source)[top : top + target.height, left : left + target.width * sample_bytes]
            _rows(target)[:, : target.width * sample_bytes] = rows
        return self._rgb(cut, frame)

    def _rgb(self, part: av.VideoFrame, frame: av.VideoFrame) -> Image:
        """RGB of a part of `frame`."""
        transfer = _hdr_transfer(frame)
        kind = "rgb24" if transfer is None else "rgb48le"
        converted = self._reformatter.reformat(part, format=kind, src_colorspace=_matrix(frame), threads=1)
        return _standard(converted, frame, transfer)


def _standard(converted: av.VideoFrame, frame: av.VideoFrame, transfer: int | None) -> Image:
    """The pixels of a converted frame in full standard range: (H, W, 3) uint8 RGB."""
    pixels = cast(Any, converted.to_ndarray())
    if transfer is not None:
        return tone_map(pixels, transfer)
    # FFmpeg takes the range of grey for full, whatever the frame says.
    limited_grey = frame.format.name.startswith("gray") and frame.color_range == _LIMITED_RANGE
    return cast(Image, _FROM_LIMITED_RANGE[pixels] if limited_grey else pixels)


def _hdr_transfer(frame: av.VideoFrame) -> int | None:
    return frame.color_trc if frame.color_trc in HDR_TRANSFERS else None


def _rows(plane: Any) -> Image:
    """A view of a plane's memory: (height, bytes per row) uint8, with the padding at the end of each row."""
    return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)


def _matrix(frame: av.VideoFrame) -> int | None:
    """The YUV matrix to assume for `frame`, or None if it is RGB or names its matrix.

    Like players, this assumes BT.709 for high definition (width ≥ 1280 or height > 576 pixels), else BT.601.
    """
    if frame.format.is_rgb or frame.colorspace in _YUV_MATRICES:
        return None
    return _BT709 if frame.width >= 1280 or frame.height > 576 else _BT601
