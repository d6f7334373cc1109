"""Encodes pictures as H.264, each at its own time."""

from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.codec.context import Flags
from av.video.reformatter import VideoReformatter

from rbdm.media.video import Video
from rbdm.types import Image

TIME_BASE = Fraction(1, 90_000)
"""Seconds: the unit of times in the overlay."""

# Without B-frames the times in the file are those of the frames, to the end of the last one.
_ENCODER = {"preset": "veryfast", "crf": "21", "bf": "0"}
# One that reads annotations goes back and forth: a key frame at least every so many seconds.
_KEY_FRAMES = 1.0
# BT.709 for high definition, else BT.601, as players guess; limited range.
_HD_WIDTH, _HD_HEIGHT = 1280, 576
_BT709, _BT601, _LIMITED = 1, 5, 1


class Encoder:
    """Pictures to H.264 at their own times."""

    def __init__(self, target: av.container.OutputContainer, video: Video, pixel_aspect: Fraction | None) -> None:
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
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        self._stream, self._reformatter = stream, VideoReformatter()
        # One for all pictures: new memory for each takes longer than the copy.
        self._frame = av.VideoFrame(width, height, "rgb24")
        plane = self._frame.planes[0]
        self._rows = np.frombuffer(cast(Any, plane), np.uint8).reshape(height, plane.line_size)[:, : 3 * width]

    def encode(self, image: Image, start: float, end: float) -> list["av.Packet[av.VideoStream]"]:
        """The packets that are ready, after one more picture, shown from `start` to `end` (seconds)."""
        height, row = self._height, 3 * self._width
        self._rows[:height, :row] = image.reshape(height, row)
        # An odd width or height lacks one, which is as the last.
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
        """The packets that are left."""
        return self._stream.encode(None)
