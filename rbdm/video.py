"""Video and image files as a stream of frames: order, times, orientation and colours as players show them."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.stream import Disposition

from rbdm.errors import InputError
from rbdm.frame import Converter, Frame, orientation_of

StrPath = str | os.PathLike[str]
Image = npt.NDArray[np.uint8]

IMAGE_RATE = 1.0
"""Hz: an image is a video of one frame that lasts one second."""

_DEFAULT_RATE = 25.0
_HIGHEST_RATE = 1000.0
_RATE_TOLERANCE = 0.05
_TIE_STEP = 1e-4

# What keeps FFmpeg from taking a text for ANSI art, a playlist for its videos, or "a%03d.jpg" for a sequence.
_NO_VIDEO_FORMATS = {"tty", "bin", "xbin", "adf", "idf", "concat", "hls", "dash"}
_OPTIONS = {"protocol_whitelist": "file", "pattern_type": "none"}
_HIDDEN = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.dependent

_COUNTABLE_FORMATS = ("mov,mp4", "matroska")
_COUNTABLE_CODECS = {"h264", "hevc", "vp9", "av1", "libdav1d", "mpeg4", "mjpeg", "prores", "dnxhd"}
_PROGRESSIVE = (0, 1)


class Video:
    """The frames of a video or image file, decoded as they are asked for.

    A context manager, iterable once, from any one thread; memory does not grow with the video. Frames come in
    presentation order. Time 0 is where players start: the start of the file's earliest stream (a video that
    starts after its sound keeps that delay); frames that an edit list cuts off do not appear. Times increase
    strictly: a frame without a timestamp follows its predecessor by one frame's length, one with its
    predecessor's timestamp by 0.1 ms, and where the file's clock jumps back, times go on without the jump.
    Packets that cannot be decoded are skipped, and a truncated file ends where it ends. Each of these leaves
    a warning. An image is a video of one frame at time 0 that lasts one second.

    >>> with Video("interview.mp4") as video:  # doctest: +SKIP
    ...     for frame in video:
    ...         print(frame.time, frame.rgb().shape)

    Attributes:
        path: the file.
        width: pixels, of the first frame as displayed: rotated and mirrored, but pixels taken as square.
        height: pixels, likewise.
        sample_rate: Hz, the average frame rate: what the file says, or, once all frames are decoded and it
            turns out more than 5 % off, the measured rate.
        duration: seconds, the end of the last frame decoded so far.
        frame_count_hint: the number of frames that the file claims to have, or None; for progress only.
        warnings: one line each, naming the file; complete once all frames are decoded.

    Raises:
        InputError: there is no such file, it is no video or image, or no frame of it can be decoded.
    """

    def __init__(self, path: StrPath):
        self.path = Path(path)
        self.warnings: list[str] = []
        self.duration = 0.0
        self._container = open_container(self.path)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        self._stream = video_stream(self.path, self._container)
        self._broken = False
        self._skipped = self._damaged = 0
        image = _is_image(self._container)
        self._decoded = _read_image(self.path) if image else self._decode()
        first = next(self._decoded, None)
        if first is None:
            raise InputError(f"{self.path}: no frame of it can be decoded")
        self._first: av.VideoFrame | None = first
        self._orientation = orientation_of(first)
        self._converter = Converter()
        self.width, self.height = self._orientation.size(first.width, first.height)
        self.sample_rate = IMAGE_RATE if image else _sample_rate(self._stream)
        self.frame_count_hint = 1 if image else self._stream.frames or None

    @property
    def expected_frames(self) -> int:
        """About how many frames there are, for progress: as the file says, else by its duration; 0 if unknown."""
        end = _declared_end(self._container, self._stream)
        return self.frame_count_hint or round(end * self.sample_rate)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release the file."""
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        first, self._first = self._first, None
        if first is None:
            raise RuntimeError("a Video can be iterated only once: open it again")
        return self._frames(first)

    def _frames(self, first: av.VideoFrame) -> Iterator[Frame]:
        clock = _Clock(self._container, self._stream, self.sample_rate, first)
        count, source = 0, cast(av.VideoFrame | None, first)
        while source is not None:
            time = clock.time(source)
            self.duration = clock.end
            self._damaged += source.is_corrupt
            count += 1
            yield Frame(source, time, self._orientation, self._converter)
            source = next(self._decoded, None)
        self._finish(count, clock)

    def _decode(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                self._broken, packet = True, None
            if packet is None:
                break
            yield from self._decode_packet(packet)
        if self._broken:
            yield from self._decode_packet(None)

    def _decode_packet(self, packet: "av.Packet[av.VideoStream] | None") -> list[av.VideoFrame]:
        try:
            return self._stream.codec_context.decode(packet)
        except av.FFmpegError:
            self._skipped += 1
            return []

    def _finish(self, count: int, clock: "_Clock") -> None:
        measured = count / (clock.end - clock.first)
        if abs(measured / self.sample_rate - 1) > _RATE_TOLERANCE:
            self.sample_rate = measured
        declared = _declared_end(self._container, self._stream) - clock.zero
        if self._broken or declared - self.duration > max(0.1, 3 / self.sample_rate):
            self._warn(f"the file is cut off or damaged: its frames end at {self.duration:.2f} s")
        if self._skipped:
            self._warn(f"packets that could not be decoded: {self._skipped}; their frames are missing")
        if self._damaged:
            self._warn(f"frames that are damaged and may show artefacts: {self._damaged}")
        if clock.jumps:
            self._warn(f"jumps back of the file's clock: {clock.jumps}; times go on from there")

    def _warn(self, text: str) -> None:
        self.warnings.append(f"{self.path}: {text}")


def count_frames(path: StrPath) -> int:
    """How many frames decoding `path` yields.

    Counted without decoding where container and codec keep one frame per packet and nothing hints at damage;
    then a file with damage inside its packets may yield fewer. Else all are decoded, and none converted.

    Raises:
        InputError: as `Video` does.
    """
    path = Path(path)
    with open_container(path) as container:
        stream = video_stream(path, container)
        count = None if _is_image(container) else _count_packets(container, stream)
    if count:
        return count
    with Video(path) as video:
        return sum(1 for _ in video)


def _count_packets(container: av.container.InputContainer, stream: av.VideoStream) -> int | None:
    """The packets that are shown, or None where they may be more or fewer than the frames."""
    codec = stream.codec_context
    if not container.format.name.startswith(_COUNTABLE_FORMATS) or codec.name not in _COUNTABLE_CODECS:
        return None
    if codec.field_order not in _PROGRESSIVE:
        return None
    count, first = 0, None
    try:
        for packet in container.demux(stream):
            if not packet.size:
                continue
            if packet.pts is None or packet.is_corrupt or (first is None and not packet.is_keyframe):
                return None
            first = packet.pts if first is None else first
            # Frames that are shown before the first key frame have nothing to be predicted from.
            if packet.pts < first and not packet.is_discard:
                return None
            count += not packet.is_discard
    except av.FFmpegError:
        return None
    return count


def open_container(path: Path) -> av.container.InputContainer:
    """A video or image file, opened by FFmpeg; the caller closes it.

    Raises:
        InputError: there is no such file, or it is neither.
    """
    if not path.is_file():
        raise InputError(f"{path}: {'is a folder, not a video' if path.is_dir() else 'no such file'}")
    if not path.stat().st_size:
        raise InputError(f"{path}: the file is empty")
    try:
        # The prefix keeps "part 1: hello.mp4" from being read as a protocol named "part 1".
        container = av.open(f"file:{path}", metadata_errors="ignore", options=_OPTIONS)
    except PermissionError:
        raise InputError(f"{path}: no permission to read it") from None
    except (av.FFmpegError, OSError):
        raise InputError(f"{path}: not a video or image, or it is cut off or damaged") from None
    if container.format.name in _NO_VIDEO_FORMATS:
        container.close()
        raise InputError(f"{path}: not a video or image")
    return container


def video_stream(path: Path, container: av.container.InputContainer) -> av.VideoStream:
    """The stream that players show.

    Raises:
        InputError: the file has none, or its codec is not known here.
    """
    for stream in container.streams.video:
        if stream.disposition & _HIDDEN:
            continue
        if stream.codec_context is None:
            raise InputError(f"{path}: its video codec is not known here; convert it to H.264")
        stream.thread_type = "AUTO"
        return stream
    kinds = ", ".join(sorted({stream.type for stream in container.streams} - {"video"}))
    raise InputError(f"{path}: it has no video" + (f", only {kinds}" if kinds else ""))


def _is_image(container: av.container.InputContainer) -> bool:
    return container.format.name == "image2" or container.format.name.endswith("_pipe")


def _read_image(path: Path) -> Iterator[av.VideoFrame]:
    # OpenCV turns images the way that their EXIF orientation says; of FFmpeg's, PyAV hides the mirrored ones.
    pixels = None
    with suppress(cv2.error):
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR_RGB)
    if pixels is not None:
        frame = av.VideoFrame.from_ndarray(cast(Image, pixels), "rgb24")
        frame.pts = 0
        yield frame


def _sample_rate(stream: av.VideoStream) -> float:
    for rate in (stream.average_rate, stream.guessed_rate, stream.base_rate):
        if rate and 0 < rate < _HIGHEST_RATE:
            return float(rate)
    return _DEFAULT_RATE


def _declared_end(container: av.container.InputContainer, stream: av.VideoStream) -> float:
    """Seconds on the file's own clock where the file says that its video ends; 0 if it does not say."""
    if stream.duration and stream.time_base:
        return float(((stream.start_time or 0) + stream.duration) * stream.time_base)
    if "DURATION" in stream.metadata:
        with suppress(ValueError):
            hours, minutes, seconds = stream.metadata["DURATION"].split(":")
            return float(hours) * 3600 + float(minutes) * 60 + float(seconds)
    if container.duration and len(container.streams) == 1:
        return ((container.start_time or 0) + container.duration) / av.time_base
    return 0.0


class _Clock:
    """Turns the timestamps of decoded frames into strictly increasing seconds from the start of the video."""

    def __init__(
        self,
        container: av.container.InputContainer,
        stream: av.VideoStream,
        rate: float,
        first: av.VideoFrame,
    ):
        self._step = 1 / rate
        self._base = stream.time_base
        stamp = self._stamp(first)
        # A start before 0 is the sound's priming, which players do not play.
        start = max((container.start_time or 0) / av.time_base, 0.0)
        self.zero = start if stamp is None else min(start, stamp)
        self.first = self._last = self.end = 0.0
        self.jumps = 0
        self._started = False

    def time(self, frame: av.VideoFrame) -> float:
        """Seconds of the next frame in presentation order; moves `end` to the end of that frame."""
        stamp = self._stamp(frame)
        time = self._follow(stamp - self.zero if stamp is not None else None) if self._started else self._begin(stamp)
        length = float(frame.duration * self._base) if frame.duration and self._base else self._step
        self._last, self.end = time, time + length
        return time

    def _begin(self, stamp: float | None) -> float:
        self._started = True
        self.first = 0.0 if stamp is None else stamp - self.zero
        return self.first

    def _follow(self, time: float | None) -> float:
        if time is None:
            return self._last + self._step
        if time > self._last:
            return time
        if time > self._last - self._step:
            return self._last + _TIE_STEP
        self.jumps += 1
        self.zero -= self._last + self._step - time
        return self._last + self._step

    def _stamp(self, frame: av.VideoFrame) -> float | None:
        return None if frame.pts is None or self._base is None else float(frame.pts * self._base)
