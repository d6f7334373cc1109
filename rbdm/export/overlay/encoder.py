"""Encodes pictures as H.264, each with its own start and duration."""

from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.codec.context import Flags
from av.video.reformatter import VideoReformatter

from rbdm.media.video import Video
from rbdm.types import Image

TIME_BASE = Fraction(1, 90_000)
"""Unit of the timestamps in the overlay, in seconds."""

# No B-frames: only then the times in the file are exactly those of the frames, up to the end of the last frame.
_ENCODER = {"preset": "veryfast", "crf": "21", "bf": "0"}
# Seconds between key frames. Users jump in the video while they read annotations; key frames make that fast.
_KEY_FRAMES = 1.0
# Players assume BT.709 for high definition, BT.601 for smaller pictures, and limited range.
_HD_WIDTH, _HD_HEIGHT = 1280, 576
_BT709, _BT601, _LIMITED = 1, 5, 1


class Encoder:
    """Encodes pictures as H.264 into a container.

    Args:
        target: the container, to which nothing has been written yet.
        video: gives the size of the pictures and the average frame rate.
    """

    def __init__(self, target: av.container.OutputContainer, video: Video) -> None:
        self._height, self._width = video.height, video.width
        height, width = video.height + video.height % 2, video.width + video.width % 2
        rate = Fraction(video.sample_rate).limit_denominator(1001) or Fraction(1)
        stream = target.add_stream("libx264", rate=rate, options=_ENCODER)
        stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
        stream.time_base = stream.codec_context.time_base = TIME_BASE
        stream.codec_context.flags |= Flags.frame_duration
        stream.gop_size = max(round(_KEY_FRAMES * video.sample_rate), 1)
        hd = video.width >= _HD_WIDTH or video.height > _HD_HEIGHT
        self._matrix = _BT709 if hd else _BT601
        stream.codec_context.colorspace, stream.codec_context.color_range = self._matrix, _LIMITED
        self._stream, self._reformatter = stream, VideoReformatter()
        # One buffer for all pictures: to allocate memory for each picture takes longer than to copy it.
        self._frame = av.VideoFrame(width, height, "rgb24")
        plane = self._frame.planes[0]
        self._rows = np.frombuffer(cast(Any, plane), np.uint8).reshape(height, plane.line_size)[:, : 3 * width]

    def encode(self, image: Image, start: float, end: float) -> list["av.Packet[av.VideoStream]"]:
        """Encode one more picture; returns the packets that are ready.

        Args:
            image: (height, width, 3) uint8 RGB, of the size of the video.
            start: seconds, when the picture is first shown.
            end: seconds, when the next picture replaces it.
        """
        height, row = self._height, 3 * self._width
        self._rows[:height, :row] = image.reshape(height, row)
        # H.264 needs an even width and height: an odd picture gets a copy of its last column or row.
        if self._rows.shape[1] > row:
            self._rows[:, row:] = self._rows[:, row - 3 : row]
        self._rows[height:] = self._rows[height - 1]
        frame = self._reformatter.reformat(
            self._frame, format="yuv420p", dst_colorspace=self._matrix, dst_color_range=_LIMITED
        )
        frame.pts, frame.time_base = round(start / TIME_BASE), TIME_BASE
        frame.duration = round(end / TIME_BASE) - frame.pts
        return self._stream.encode(frame)

    def flush(self) -> list["av.Packet[av.VideoStream]"]:
        """The packets that the encoder still holds."""
        return self._stream.encode(None)
