"""Opens media files with FFmpeg and reads what the container says about its video stream."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import cast

import av
import cv2
import numpy as np
from av.stream import Disposition

from rbdm.errors import InputError
from rbdm.types import Image

_DEFAULT_RATE = 25.0
"""Hz."""
_HIGHEST_RATE = 1000.0
"""Hz. Files state a higher rate only by mistake."""

# Without these two, FFmpeg opens a text file as ANSI art, a playlist as its videos, and "a%03d.jpg" as a sequence.
_NO_VIDEO_FORMATS = {"tty", "bin", "xbin", "adf", "idf", "concat", "hls", "dash"}
_OPEN_OPTIONS = {"protocol_whitelist": "file", "pattern_type": "none"}
# Players do not show these streams: cover pictures, thumbnails, and streams that only complete another stream.
_NOT_SHOWN = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.dependent


def open_container(path: Path) -> av.container.InputContainer:
    """Open a video or image file with FFmpeg; the caller must close the container.

    Raises:
        InputError: the file does not exist, is empty, cannot be read, or is neither a video nor an image.
    """
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

    Raises:
        InputError: the file has no such stream, or FFmpeg does not know its codec.
    """
    for stream in container.streams.video:
        if stream.disposition & _NOT_SHOWN:
            continue
        if stream.codec_context is None:
            raise InputError(f"{path}: the video codec is not supported; convert the video to H.264")
        stream.thread_type = "AUTO"
        return stream
    kinds = ", ".join(sorted({stream.type for stream in container.streams} - {"video"}))
    raise InputError(f"{path}: the file has no video" + (f", only {kinds}" if kinds else ""))


def is_image(container: av.container.InputContainer) -> bool:
    """Whether the file is a single image."""
    return container.format.name == "image2" or container.format.name.endswith("_pipe")


def read_image(path: Path) -> Iterator[av.VideoFrame]:
    """Yields the one frame of an image file, turned as its EXIF orientation says; nothing if OpenCV cannot read it."""
    # FFmpeg reads the EXIF orientation too, but PyAV does not pass on orientations that mirror the image.
    pixels = None
    with suppress(cv2.error):
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is not None:
        frame = av.VideoFrame.from_ndarray(cast(Image, pixels), "rgb24")
        frame.pts = 0
        yield frame


def average_rate(stream: av.VideoStream) -> float:
    """The average frame rate in Hz that the file states; 25 if it states no rate between 0 and 1000 Hz."""
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate < _HIGHEST_RATE:
            return float(rate)
    return _DEFAULT_RATE


def declared_end(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    """The time at which the file says that its video ends, in seconds on the file's own clock; 0 if it does not say."""
    if stream.duration and stream.time_base:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
    if "DURATION" in stream.metadata:
        with suppress(ValueError):
            hours, minutes, seconds = stream.metadata["DURATION"].split(":")
            return float(hours) * 3600 + float(minutes) * 60 + float(seconds)
    if container.duration and len(container.streams) == 1:
        return ((container.start_time or 0) + container.duration) / av.time_base
    return 0.0
