"""A video or image file as a stream of frames, in the order, at the times and in the colours that players show."""

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
        image = is_image(self._container)
        self._decoded = read_image(self.path) if image else self._decode()
        first = next(self._decoded, None)
        if first is None:
            raise InputError(f"{self.path}: no frame of it can be decoded")
        self._first: av.VideoFrame | None = first
        self._orientation = orientation_of(first)
        self._converter = Converter()
        self.width, self.height = self._orientation.size(first.width, first.height)
        self.sample_rate = IMAGE_RATE if image else average_rate(self._stream)
        self.frame_count_hint = 1 if image else self._stream.frames or None

    @property
    def expected_frames(self) -> int:
        """About how many frames there are, for progress: as the file says, else by its duration; 0 if unknown."""
        end = declared_end(self._container, self._stream)
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
