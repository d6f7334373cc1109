"""Counts the frames of a video, without decoding them where that is safe."""

from pathlib import Path

import av

from rbdm.media.container import declared_end, is_image, open_container, video_stream
from rbdm.media.decoder import packets_of
from rbdm.media.video import Video
from rbdm.types import StrPath

_COUNTABLE_FORMATS = ("mov,mp4", "matroska")
_COUNTABLE_CODECS = {"h264", "hevc", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "prores", "dnxhd"}
# Values of FFmpeg's AVFieldOrder: unknown and progressive. An interlaced frame may be stored as two packets.
_PROGRESSIVE = (0, 1)


def count_frames(path: StrPath) -> int:
    """The number of frames that decoding `path` yields.

    If the container and the codec store one frame per packet and nothing hints at damage, this counts packets and
    decodes nothing. Damage inside a packet is not noticed then: decoding may yield fewer frames. In all other cases,
    this decodes all frames, but does not convert them to RGB.

    Raises:
        InputError: in the same cases as `Video`.
    """
    path = Path(path)
    with open_container(path) as container:
        stream = video_stream(path, container)
        count = None if is_image(container) else _count_packets(container, stream)
    if count:
        return count
    with Video(path) as video:
        return sum(1 for _ in video)


def stated_frames(path: StrPath) -> int:
    """The approximate number of frames that the header of a video states; 0 if it states none. This decodes nothing.

    Raises:
        InputError: in the same cases as `Video`.
    """
    path = Path(path)
    with open_container(path) as container:
        stream = video_stream(path, container)
        if is_image(container):
            return 1
        return stream.frames or round(declared_end(container, stream) * float(stream.average_rate or 0))


def _count_packets(container: av.container.InputContainer, stream: av.VideoStream) -> int | None:
    """The number of packets whose frames are shown; None if the number of decoded frames may differ from it."""
    codec = stream.codec_context
    if not container.format.name.startswith(_COUNTABLE_FORMATS) or codec.name not in _COUNTABLE_CODECS:
        return None
    if codec.field_order not in _PROGRESSIVE:
        return None
    count, first = 0, None
    try:
        for packet in packets_of(container, stream):
            if not packet.size:
                continue
            if packet.pts is None or packet.is_corrupt or (first is None and not packet.is_keyframe):
                return None
            first = packet.pts if first is None else first
            # A frame shown before the first key frame cannot be decoded: frames that it is predicted from are missing.
            if packet.pts < first and not packet.is_discard:
                return None
            count += not packet.is_discard
    except av.FFmpegError:
        return None
    return count
