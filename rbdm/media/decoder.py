"""Decodes the frames of a video stream in the order in which they are shown, each with its timestamp."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Literal, NamedTuple, cast

import av

Timing = Literal["presentation", "storage", "none"]
"""What the timestamps of a container's packets mean: when their frame is shown, when it is decoded, or nothing."""

_STORAGE_ORDER_FORMATS = {"avi", "asf", "asf_o"}
"""These containers store the time at which a frame is decoded. FFmpeg guesses from it when the frame is shown."""
_STORAGE_ORDER_CODECS = {("mxf", "h264"), ("mxf", "hevc")}
"""Here, FFmpeg gives the time at which a frame is decoded as the one at which it is shown."""
_NO_TIMESTAMPS = 0x80
"""FFmpeg's AVFMT_NOTIMESTAMPS: the file is a bare stream of pictures, such as `.h264`."""


_STRICT_DECODERS = {"vp9": "libvpx-vp9"}
"""Decoders that refuse damaged data. FFmpeg's own one shows artefacts and says nothing. For VP8 there is none."""
_STRICT_OPTIONS = {
    "mjpeg": {"err_detect": "explode"},
    "hevc": {"err_detect": "crccheck+bitstream+buffer+explode"},
}
"""Options with which FFmpeg's own decoder refuses damaged data."""
_MOST_PIXELS = str(8192 * 4320)
"""The largest picture that comes without a file. A few bytes can state a size that would fill the memory."""
_ONLY_LOGGED = {"ffv1"}
"""The decoders of these codecs notice damage, but only write it into FFmpeg's log."""


class Decoded(NamedTuple):
    """A decoded frame.

    Attributes:
        frame: the frame.
        timestamp: seconds on the file's own clock, or None if it has none.
        length: seconds, how long the file says that the frame is shown, or None.
        damaged: whether the decoder found errors in the frame's data.
        deinterlaced: whether the frame went through a `Deinterlacer`.
    """

    frame: av.VideoFrame
    timestamp: float | None
    length: float | None
    damaged: bool
    deinterlaced: bool = False


def packets_of(container: av.container.InputContainer, stream: av.VideoStream) -> "Iterator[av.Packet[av.VideoStream]]":
    """Yields the packets of a stream.

    Raises:
        FFmpegError: the file cannot be read any further.
    """
    while True:
        try:
            yield from container.demux(stream)
            return
        except IndexError:
            # PyAV does not know a stream that begins later than the others. Reading goes on after its packet.
            continue


class Decoder:
    """Iterates once over the frames of a video stream, in presentation order. It skips packets that cannot be decoded.

    Args:
        container: the file.
        stream: its video stream.

    Attributes:
        skipped: number of packets that could not be decoded.
        broken: whether reading the file ended with an error.
        lenient: whether damage in the pictures cannot be noticed, since even the first one is not as it should be.
        reorders: whether frames are shown in another order than they are stored, in a container without their times.
        sample: a frame from the container's own decoder, which says how to turn and colour the frames; None if that is
            the decoder in use.
    """

    def __init__(self, container: av.container.InputContainer, stream: av.VideoStream) -> None:
        self._container, self._stream = container, stream
        self._timing = timing(container, stream)
        self._storage_order = _StorageOrder()
        self._time_base = None if stream.time_base is None else stream.time_base.as_integer_ratio()
        self._codec = strict_decoder(stream)
        self._decodes = False
        self.skipped, self.broken, self.lenient = 0, False, False
        self.sample: av.VideoFrame | None = None

    def __iter__(self) -> Iterator[Decoded]:
        packets = packets_of(self._container, self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                self.broken, packet = True, None
            if packet is None:
                break
            yield from self._decode(packet)
        if self.broken:
            yield from self._decode(None)

    @property
    def reorders(self) -> bool:
        """See the class."""
        return self._timing == "storage" and self._storage_order.delays

    def _decode(self, packet: "av.Packet[av.VideoStream] | None") -> Iterator[Decoded]:
        if packet is not None and packet.size:
            self._storage_order.add(packet)
        try:
            frames, damaged = self._decode_packet(packet)
        except av.FFmpegError:
            if packet is not None and not self._decodes and not self.lenient and self._codec.name in _STRICT_OPTIONS:
                self._codec, self.lenient = lenient_decoder(self._stream), True
                self._storage_order.drop_last()
                yield from self._decode(packet)
                return
            self.skipped += 1
            self._storage_order.drop_last()
            return
        for frame in frames:
            self._decodes = True
            length, corrupt = self._seconds(frame.duration or None), damaged or frame.is_corrupt
            yield Decoded(frame, self._timestamp(frame), length, corrupt)

    def _decode_packet(self, packet: "av.Packet[av.VideoStream] | None") -> tuple[list[av.VideoFrame], bool]:
        """The frames that the decoder gives out after a packet, and whether it has logged an error meanwhile."""
        own = self._stream.codec_context
        if self._codec is not own and self.sample is None:
            with suppress(av.FFmpegError):
                self.sample = next(iter(own.decode(packet)), None)
        if self._codec.name not in _ONLY_LOGGED:
            return self._codec.decode(packet), False
        level = av.logging.get_level()
        av.logging.set_level(av.logging.ERROR)
        try:
            with av.logging.Capture(False) as errors:
                return self._codec.decode(packet), bool(errors)
        finally:
            av.logging.set_level(level)

    def _timestamp(self, frame: av.VideoFrame) -> float | None:
        if self._timing == "none":
            return None
        return self._seconds(frame.pts if self._timing == "presentation" else self._storage_order.time(frame.dts))

    def _seconds(self, ticks: int | None) -> float | None:
        time_base = self._time_base
        # Whole numbers: a product with a Fraction takes ten times as long.
        return None if ticks is None or time_base is None else ticks * time_base[0] / time_base[1]


def strict_decoder(stream: av.VideoStream) -> av.VideoCodecContext:
    """A decoder for a stream, on several threads, that refuses damaged data where there is one."""
    own = stream.codec_context
    name = _STRICT_DECODERS.get(own.name)
    if name is not None and name in av.codec.codecs_available and own.pix_fmt == "yuv420p":
        codec = cast(av.VideoCodecContext, av.CodecContext.create(name, "r"))
        codec.extradata, codec.thread_count = own.extradata, 0
        return codec
    if own.name in _STRICT_OPTIONS and not own.is_open:
        own.options = {**own.options, **_STRICT_OPTIONS[own.name]}
    return own


def lenient_decoder(stream: av.VideoStream) -> av.VideoCodecContext:
    """A decoder for a stream that shows damaged pictures, too."""
    codec = cast(av.VideoCodecContext, av.CodecContext.create(stream.codec_context.name, "r"))
    codec.extradata = stream.codec_context.extradata
    return codec


def picture_decoder(codec: str) -> av.VideoCodecContext:
    """A decoder for pictures that come one by one, without a file, and that refuses damaged data where there is one.

    Args:
        codec: FFmpeg's name of a codec whose pictures do not depend on each other, such as `mjpeg`.
    """
    decoder = cast(av.VideoCodecContext, av.CodecContext.create(codec, "r"))
    decoder.thread_type, decoder.options = "SLICE", {**_STRICT_OPTIONS.get(codec, {}), "max_pixels": _MOST_PIXELS}
    return decoder


class _StorageOrder:
    """Gives the frames of a container that stores no presentation times the times at which they are shown.

    Packets come in decoding order, and have the times at which they are decoded. The decoder gives out each frame
    together with a packet that comes some packets after that of the first frame; this delay is constant. Encoders store
    times such that a frame is shown at the decoding time of that packet, minus the delay.
    """

    def __init__(self) -> None:
        self._start: int | None = None
        self._delay: int | None = None

    def add(self, packet: "av.Packet[av.VideoStream]") -> None:
        """Note a packet that is passed to the decoder. Frames start at the first key frame."""
        if self._start is None and packet.is_keyframe:
            self._start = packet.dts

    @property
    def delays(self) -> bool:
        """Whether the decoder holds frames back."""
        return bool(self._delay)

    def drop_last(self) -> None:
        """Forget the start if the packet there gives no frame."""
        if self._delay is None:
            self._start = None

    def time(self, decoding_ticks: int | None) -> int | None:
        """The time of the next frame, in ticks, or None: the last frames, which the decoder held back, have none.

        Args:
            decoding_ticks: the time of the packet with which the decoder gave out this frame; None at the end.
        """
        if decoding_ticks is None or self._start is None:
            return None
        if self._delay is None:
            self._delay = decoding_ticks - self._start
        return decoding_ticks - self._delay


def timing(container: av.container.InputContainer, stream: av.VideoStream) -> Timing:
    """What the timestamps of a container's packets mean."""
    kind = container.format.name
    if container.format.flags & _NO_TIMESTAMPS or kind.endswith("_pipe"):
        return "none"
    in_storage_order = kind in _STORAGE_ORDER_FORMATS or (kind, stream.codec_context.name) in _STORAGE_ORDER_CODECS
    return "storage" if in_storage_order else "presentation"
