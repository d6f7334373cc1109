"""Opens media files with FFmpeg and reads what the container says about its video stream."""

from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, cast

import av
import cv2
import numpy as np
from av.stream import Disposition

from rbdm.errors import InputError
from rbdm.files.special import refuse_special_file
from rbdm.media.decoder import timing
from rbdm.types import Image

_HIGHEST_RATE = 1000.0
"""Hz. Files state a higher rate only by mistake."""
_GREATEST_ASPECT = 4.0
"""Pixels that are wider or higher are stated only by mistake. The widest in use are 2:1."""

# Without these two, FFmpeg opens a text file as ANSI art, a playlist as its videos, and "a%03d.jpg" as a sequence.
_NO_VIDEO_FORMATS = {"tty", "bin", "xbin", "adf", "idf", "concat", "hls", "dash"}
_OPEN_OPTIONS = {"protocol_whitelist": "file", "pattern_type": "none"}
# Players do not show these streams: cover pictures, thumbnails, and streams that only complete another stream.
_DURATION_FROM_ZERO = ("matroska", "nut", "asf")
"""In these formats, FFmpeg's duration is not the length, but the end, on the file's own clock."""
_DURATION_OF_ALL = {"asf", "mpeg"}
"""In these formats, FFmpeg takes the duration of a stream from that of the file, which may have longer sound."""
_NO_FRAME_THREADS = {"vp8", "ffv1", "vp9"}
"""With a thread per frame, FFmpeg repeats the last picture in place of an error in VP8. The log of FFV1 would come from
threads that go on after a call: they would wait for Python, and Python for them. For VP9, only a first frame is needed,
and at once, see `Decoder.sample`."""
_NOT_SHOWN = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.dependent


def open_container(path: Path) -> av.container.InputContainer:
    """Open a video or image file with FFmpeg; the caller must close the container.

    Raises:
        InputError: the file does not exist, is empty, cannot be read, or is neither a video nor an image.
    """
    refuse_special_file(path)
    if not path.is_file():
        raise InputError(f"{path}: {'is a folder, not a video' if path.is_dir() else 'no such file'}")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty")
    try:
        # Without the prefix, FFmpeg takes "part 1: hello.mp4" for a protocol named "part 1".
        container = av.open(f"file:{path}", metadata_errors="ignore", options=_OPEN_OPTIONS)
    except PermissionError:
        raise InputError(f"{path}: no permission to read it") from None
    except (av.FFmpegError, OSError):
        raise InputError(f"{path}: not a video or image, or it is cut off or damaged") from None
    if container.format.name in _NO_VIDEO_FORMATS:
        container.close()
        raise InputError(f"{path}: not a video or image")
    return container


def video_stream(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    """The video stream that players show, set up to be decoded on several threads.

    Of several, it is the first one that is marked as the default; if none is, the first one.

    Raises:
        InputError: the file has no such stream, or FFmpeg does not know its codec.
    """
    shown = shown_streams(container)
    if not shown:
        kinds = ", ".join(sorted({stream.type for stream in container.streams} - {"video"}))
        raise InputError(f"{path}: the file has no video" + (f", only {kinds}" if kinds else ""))
    stream = next((stream for stream in shown if stream.disposition & Disposition.default), shown[0])
    if stream.codec_context is None:
        raise InputError(f"{path}: the video codec is not supported; convert the video to H.264")
    stream.thread_type = "SLICE" if stream.codec_context.name in _NO_FRAME_THREADS else "AUTO"
    return stream


def shown_streams(container: av.container.InputContainer) -> list[av.VideoStream]:
    """The video streams of a file, without cover pictures and the like."""
    return [stream for stream in container.streams.video if not stream.disposition & _NOT_SHOWN]


def is_image(container: av.container.InputContainer) -> bool:
    """Whether the file is an image, or several of them in one file."""
    return container.format.name == "image2" or container.format.name.endswith("_pipe")


def read_image(path: Path) -> tuple[av.VideoFrame | None, bool]:
    """The first picture of an image file, turned as its EXIF orientation says, and whether the file has more pictures.

    The picture is None if OpenCV cannot read it.
    """
    # FFmpeg reads the EXIF orientation too, but PyAV does not pass on orientations that mirror the image.
    pictures: Sequence[Any] = ()
    data = np.fromfile(path, np.uint8)
    with suppress(cv2.error):
        pictures = cv2.imdecodemulti(data, cv2.IMREAD_COLOR_RGB, range=(0, 2))[1]
    if not pictures:
        return None, False
    frame = av.VideoFrame.from_ndarray(cast(Image, pictures[0]), "rgb24")
    frame.pts = 0
    return frame, len(pictures) > 1


def stated_rate(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    """The average frame rate in Hz that the file states; None if it states no rate between 0 and 1000 Hz."""
    if timing(container, stream) == "none":
        # FFmpeg's average rate of a bare stream is a default. Only the stream's own data state a rate.
        rates: tuple[Fraction | None, ...] = (stream.codec_context.framerate,)
    else:
        rates = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    return next((float(rate) for rate in rates if rate and 0 < rate < _HIGHEST_RATE), None)


def pixel_aspect(stream: av.VideoStream) -> float:
    """The width of a stored pixel divided by its height; 1 if the file does not state it, or states the impossible."""
    aspect = float(stream.sample_aspect_ratio or 1)
    return aspect if 1 / _GREATEST_ASPECT <= aspect <= _GREATEST_ASPECT else 1.0


def declared_end(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    """The time at which the file says that its video ends, in seconds on the file's own clock; 0 if it does not say."""
    if timing(container, stream) == "none":
        return 0.0
    if container.format.name in _DURATION_OF_ALL and len(container.streams) > 1:
        return 0.0
    if stream.duration and stream.time_base:
        # In an AVI file whose end is missing, FFmpeg corrects the duration, but not the number of frames.
        ticks = max(stream.duration, stream.frames) if container.format.name == "avi" else stream.duration
        start = 0 if container.format.name.startswith(_DURATION_FROM_ZERO) else stream.start_time or 0
        return float((start + ticks) * stream.time_base)
    if "DURATION" in stream.metadata:
        with suppress(ValueError):
            hours, minutes, seconds = stream.metadata["DURATION"].split(":")
            return float(hours) * 3600 + float(minutes) * 60 + float(seconds)
    return container_end(container) if len(container.streams) == 1 else 0.0


def container_end(container: av.container.InputContainer) -> float:
    """The time at which the file says that the last of its streams ends, in seconds on its own clock; 0 if unknown."""
    if not container.duration or timing(container, container.streams.video[0]) == "none":
        return 0.0
    counts_from_zero = container.format.name.startswith(_DURATION_FROM_ZERO)
    start = 0 if counts_from_zero else container.start_time or 0
    return (start + container.duration) / av.time_base


def has_several_packets(path: Path) -> bool:
    """Whether a file that FFmpeg takes for an image holds several pictures one after the other, such as raw MJPEG."""
    with open_container(path) as container, suppress(av.FFmpegError):
        sizes = (packet.size for packet in container.demux(video=0))
        return len(list(islice(filter(None, sizes), 2))) > 1
    return False
