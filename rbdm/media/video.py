"""Reads a video or image file frame by frame, in the order, at the times and in the colours that players show."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av

from rbdm.errors import InputError
from rbdm.media.container import average_rate, declared_end, is_image, open_container, read_image, video_stream
from rbdm.media.frame import Frame
from rbdm.media.orientation import orientation_of
from rbdm.media.pixels import Converter
from rbdm.media.timestamps import FrameClock
from rbdm.types import StrPath

IMAGE_RATE = 1.0
"""Hz: an image is a video of one frame that lasts one second."""
_RATE_TOLERANCE = 0.05
"""Fraction by which the stated frame rate may differ from the measured rate."""


class Video:
    """Decodes the frames of a video or image file, one after the other.

    Use it as a context manager. It can be iterated once, by one thread, which may be any thread. It keeps only a few
    frames in memory. An image is a video of one frame at time 0 that lasts one second.

    Frames come in presentation order. Time 0 is where players start: at the start of the file's earliest stream. A
    video that starts after its audio therefore starts later than 0. Frames that an edit list cuts off do not appear.

    Times increase strictly. A frame without a timestamp comes one frame length after the frame before it. A frame with
    the same timestamp as the frame before it comes 0.1 ms later. If the file's clock jumps back, the times continue as
    if it had not.

    Packets that cannot be decoded are skipped. A truncated file ends where its data ends. Skipped packets, damaged
    frames, a truncated file and jumps of the clock each give a warning.

    >>> with Video("interview.mp4") as video:  # doctest: +SKIP
    ...     for frame in video:
    ...         print(frame.time, frame.rgb().shape)

    Attributes:
        path: the file.
        width: width in pixels of the first frame as displayed: after rotation, but without scaling non-square pixels.
        height: height in pixels, likewise.
        sample_rate: Hz, the average frame rate. At first the rate that the file states. If it differs from the measured
            rate by more than 5 % when all frames have been decoded, the measured rate.
        duration: seconds, the end of the last frame that has been decoded.
        frame_count_hint: the number of frames that the file states, or None; for progress only.
        warnings: one line each, which starts with the path; complete when all frames have been decoded.

    Raises:
        InputError: the file does not exist, it is neither a video nor an image, or none of its frames can be decoded.
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
        image = is_image(self._container)
        self._decoded = read_image(self.path) if image else self._decode()
        first = next(self._decoded, None)
        if first is None:
            raise InputError(f"{self.path}: none of its frames can be decoded")
        self._first: av.VideoFrame | None = first
        self._orientation = orientation_of(first)
        self._converter = Converter()
        self.width, self.height = self._orientation.size(first.width, first.height)
        self.sample_rate = IMAGE_RATE if image else average_rate(self._stream)
        self.frame_count_hint = 1 if image else self._stream.frames or None

    @property
    def expected_frames(self) -> int:
        """The approximate number of frames, for progress only, from what the file states; 0 if it states nothing."""
        end = declared_end(self._container, self._stream)
        return self.frame_count_hint or round(end * self.sample_rate)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    def __iter__(self) -> Iterator[Frame]:
        first, self._first = self._first, None
        if first is None:
            raise RuntimeError("a Video can be iterated only once: open it again")
        return self._frames(first)

    def _frames(self, first: av.VideoFrame) -> Iterator[Frame]:
        clock = FrameClock(self._container, self._stream, self.sample_rate, first)
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

    def _finish(self, count: int, clock: FrameClock) -> None:
        measured = count / (clock.end - clock.first)
        if abs(measured / self.sample_rate - 1) > _RATE_TOLERANCE:
            self.sample_rate = measured
        declared = declared_end(self._container, self._stream) - clock.zero
        # Undamaged files may end a few frames before the end that they state.
        if self._broken or declared - self.duration > max(0.1, 3 / self.sample_rate):
            self._warn(f"the file is truncated or damaged: the last frame ends at {self.duration:.2f} s")
        if self._skipped:
            self._warn(f"packets that could not be decoded: {self._skipped}; their frames are missing")
        if self._damaged:
            self._warn(f"frames that are damaged and may show artefacts: {self._damaged}")
        if clock.jumps:
            self._warn(f"jumps back of the file's clock: {clock.jumps}; the times continue without these jumps")

    def _warn(self, text: str) -> None:
        self.warnings.append(f"{self.path}: {text}")
