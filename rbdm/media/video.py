"""Reads a video or image file frame by frame, in the order, at the times and in the colours that players show."""

import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

import av

from rbdm.errors import InputError
from rbdm.media.container import (
    container_end,
    declared_end,
    has_several_packets,
    is_image,
    open_container,
    pixel_aspect,
    read_image,
    shown_streams,
    stated_rate,
    video_stream,
)
from rbdm.media.decoder import Decoded, Decoder, timing
from rbdm.media.frame import Display, Frame
from rbdm.media.observations import Observations
from rbdm.media.picture.deinterlacing import Deinterlacer
from rbdm.media.picture.orientation import orientation_of
from rbdm.media.picture.pixels import Converter
from rbdm.media.timestamps import FrameClock
from rbdm.types import StrPath

IMAGE_RATE = 1.0
"""Hz: an image is a video of one frame that lasts one second."""
DEFAULT_RATE = 25.0
"""Hz: the assumed frame rate of a file that states none."""
_RATE_TOLERANCE = 0.05
"""Fraction by which the stated frame rate may differ from the measured rate."""
_CONTAINER_ENDINGS = {".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".wmv", ".asf", ".flv", ".ts", ".mts", ".mpg"}
"""Endings of files that state times."""
_SOUND_AFTER_VIDEO, _SOUND_AFTER_VIDEO_SHARE = 1.0, 0.02
"""Seconds, and the fraction of the file's length, for which other streams may go on after the video."""


class Video:
    """Decodes the frames of a video or image file, one after the other.

    Use it as a context manager. It can be iterated once, by one thread, which may be any thread. It keeps only a few
    frames in memory. An image is a video of one frame at time 0 that lasts one second.

    Frames come in presentation order. Time 0 is where players start: at the start of the file's earliest stream. A
    video that starts after its audio therefore starts later than 0. Frames that an edit list cuts off do not appear.

    Times increase strictly. A frame without a timestamp comes one frame length after the frame before it. A frame with
    the same timestamp as the frame before it comes 0.1 ms later. What happens at gaps, at wrong timestamps and when the
    file's clock jumps: see `rbdm.media.timestamps.FrameClock`.

    Packets that cannot be decoded are skipped. A truncated file ends where its data ends. Interlaced frames are
    deinterlaced, and high dynamic range is converted to standard range. All of this gives a warning.

    >>> with Video("interview.mp4") as video:  # doctest: +SKIP
    ...     for frame in video:
    ...         print(frame.time, frame.rgb().shape)

    Attributes:
        path: the file.
        width: width of the first frame in square pixels, as displayed: after rotation.
        height: height of the first frame, likewise.
        sample_rate: Hz, the average frame rate. At first the rate that the file states. If it differs from the measured
            rate by more than 5 % when all frames have been decoded, the measured rate. Gaps do not count.
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
        self._decoder = Decoder(self._container, self._stream)
        self._deinterlacer = Deinterlacer()
        self._converter = Converter()
        image = is_image(self._container) and not has_several_packets(self.path)
        decoded = self._image() if image else self._video()
        first = next(decoded, None)
        if first is None:
            raise InputError(f"{self.path}: none of its frames can be decoded")
        self._decoded: Iterator[Decoded] | None = chain([first], decoded)
        self._display = Display(orientation_of(self._decoder.sample or first.frame), pixel_aspect(self._stream))
        self.width, self.height = self._display.size(first.frame.width, first.frame.height)

    def _video(self) -> Iterator[Decoded]:
        """The frames of a video. Sets what the file states about them."""
        rate, bare = stated_rate(self._container, self._stream), timing(self._container, self._stream) == "none"
        if bare and rate is None:
            self._warn(f"the file does not state its frame rate: {DEFAULT_RATE:g} Hz is a guess, and so are all times")
        if bare and self.path.suffix.lower() in _CONTAINER_ENDINGS:
            self._warn(f"the file holds bare pictures, and is no {self.path.suffix} file: its beginning may be missing")
        shown = shown_streams(self._container)
        if len(shown) > 1:
            number = shown.index(self._stream) + 1
            self._warn(f"the file has {len(shown)} video streams: only the default one, number {number}, is used")
        self.sample_rate = rate or DEFAULT_RATE
        self.frame_count_hint = self._stream.frames or None
        return self._deinterlacer.frames(self._decoder)

    def _image(self) -> Iterator[Decoded]:
        """The one frame of an image. Sets what is known about it."""
        picture, more = read_image(self.path)
        if more:
            self._warn("the file has several pictures: only the first one is used; convert the file to a video")
        self.sample_rate, self.frame_count_hint = IMAGE_RATE, 1
        return iter([] if picture is None else [Decoded(picture, 0.0, 1 / IMAGE_RATE, False)])

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
        decoded, self._decoded = self._decoded, None
        if decoded is None:
            raise RuntimeError("a Video can be iterated only once: open it again")
        return self._frames(decoded)

    def _frames(self, decoded: Iterator[Decoded]) -> Iterator[Frame]:
        start, end = (self._container.start_time or 0) / av.time_base, declared_end(self._container, self._stream)
        clock = FrameClock(start, self.sample_rate, end or math.inf)
        observed = Observations()
        for timed in clock.times(decoded):
            self.duration = timed.end
            frame = Frame(timed, self._display, self._converter)
            observed.add(timed, frame)
            yield frame
        self._finish(observed, clock)

    def _finish(self, observed: Observations, clock: FrameClock) -> None:
        measured = observed.frames / (clock.end - clock.first - clock.gap_seconds)
        if abs(measured / self.sample_rate - 1) > _RATE_TOLERANCE:
            self.sample_rate = measured
        self._warn_of_a_short_video(clock.zero)
        if self._decoder.skipped:
            self._warn(f"packets that could not be decoded: {self._decoder.skipped}; their frames are missing")
        if self._decoder.reorders and clock.rate_varies:
            self._warn("the rate varies, and the file does not store the times of display: they may be off by a frame")
        if self._decoder.lenient:
            self._warn("the first picture is damaged or not as the standard says: damage in the others is not noticed")
        for line in (*observed.warnings(self._deinterlacer), *clock.warnings(observed.frames)):
            self._warn(line)

    def _warn_of_a_short_video(self, zero: float) -> None:
        # Undamaged files may end a few frames before the end that they state.
        tolerance = max(0.1, 3 / self.sample_rate)
        declared = declared_end(self._container, self._stream) - zero
        if self._decoder.broken or declared - self.duration > tolerance:
            self._warn(f"the file is truncated or damaged: the last frame ends at {self.duration:.2f} s")
            return
        if self._container.format.name == "asf" and not self._container.duration:
            # FFmpeg leaves the duration out if the file does not have the size that it states.
            self._warn("the file does not have the size that it states: it may be truncated")
            return
        end = container_end(self._container) - zero
        if end - self.duration > max(_SOUND_AFTER_VIDEO, _SOUND_AFTER_VIDEO_SHARE * end):
            text = f"the last frame ends at {self.duration:.2f} s, but the file states that it ends at {end:.2f} s"
            self._warn(f"{text}: it may be truncated")

    def _warn(self, text: str) -> None:
        self.warnings.append(f"{self.path}: {text}")
