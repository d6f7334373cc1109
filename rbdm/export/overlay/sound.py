"""The sound of one media file, put into an `.mp4` beside a new picture."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any, TypeAlias

import av

Packet: TypeAlias = "av.Packet[Any]"

# What players expect in an .mp4; FFmpeg would put some others there, too, and they would stay silent.
_KEPT = {"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"}
_RATES = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}
_DEFAULT_RATE = 48_000
_LOWEST_MP3_RATE = 16_000
# Containers round times: packets may seem to overlap by part of one.
_SLACK = 0.5


class Sound:
    """All audio streams of a file on their way into a container, in step with the picture.

    Packets are copied where players expect their codec in an `.mp4`; the others are encoded to AAC.

    Args:
        source: the file, opened for this alone.
        target: the `.mp4`, before anything was written to it.
    """

    def __init__(self, source: av.container.InputContainer, target: av.container.OutputContainer) -> None:
        self._source, self._target = source, target
        # Where players start, as `rbdm.media.video.Video` counts; a start before 0 is the sound's priming.
        zero = Fraction(max(source.start_time or 0, 0), av.time_base)
        known = [stream for stream in source.streams.audio if stream.codec_context is not None and stream.rate]
        self._tracks = {stream.index: _Track(stream, target, zero) for stream in known}
        self._packets = self._demux() if self._tracks else iter(())
        self._next = next(self._packets, None)

    def until(self, time: float) -> None:
        """Write the sound up to a time of the video, in seconds."""
        while self._next is not None and self._next[0] <= time:
            packet = self._next[1]
            self._target.mux(self._tracks[packet.stream.index].take(packet))
            self._next = next(self._packets, None)

    def finish(self) -> None:
        """Write all that is left."""
        self.until(float("inf"))
        for track in self._tracks.values():
            self._target.mux(track.flush())

    def _demux(self) -> Iterator[tuple[float, Packet]]:
        """Packets, moved to where they belong in the video's time, which is given with each."""
        streams = [self._source.streams[index] for index in self._tracks]
        # A file that is cut off ends where it ends, as its picture does.
        with suppress(av.FFmpegError):
            for packet in self._source.demux(streams):
                if packet.size and packet.dts is not None:
                    yield self._tracks[packet.stream.index].shift(packet, packet.dts), packet


def _is_kept(stream: av.AudioStream) -> bool:
    name = stream.codec_context.codec.canonical_name
    return name in _KEPT and not (name == "mp3" and stream.rate < _LOWEST_MP3_RATE)


class _Track:
    def __init__(self, stream: av.AudioStream, target: av.container.OutputContainer, zero: Fraction) -> None:
        self._decoder = stream.codec_context
        self._unit = stream.time_base or Fraction(1, av.time_base)
        self._shift = round(zero / self._unit)
        self._next: int | None = None
        self._encoder: av.AudioStream | None = None
        if _is_kept(stream):
            self._copy = target.add_stream_from_template(stream)
        else:
            rate = stream.rate if stream.rate in _RATES else _DEFAULT_RATE
            layout = "mono" if stream.channels == 1 else "stereo"
            self._encoder = self._copy = target.add_stream("aac", rate=rate, layout=layout)
        if "language" in stream.metadata:
            self._copy.metadata["language"] = stream.metadata["language"]

    def shift(self, packet: Packet, dts: int) -> float:
        """Move a packet of the source, whose own time is `dts`; returns its time in seconds of the video."""
        duration = packet.duration or 0
        if self._next is not None and dts - self._shift < self._next - _SLACK * duration:
            # The file's clock jumps back: time goes on without the jump, as in `rbdm.media.video.Video`.
            self._shift = dts - self._next
        moved = dts - self._shift
        packet.pts = moved if packet.pts is None else packet.pts - self._shift
        packet.dts = moved
        self._next = moved + max(duration, 1)
        return float(moved * self._unit)

    def take(self, packet: Packet) -> list[Packet]:
        """What becomes of a packet."""
        if self._encoder is not None:
            return self._encode(packet)
        packet.stream = self._copy
        return [packet]

    def flush(self) -> list[Packet]:
        """What the encoder still holds."""
        return [] if self._encoder is None else [*self._encode(None), *self._encoder.encode(None)]

    def _encode(self, packet: "Packet | None") -> list[Packet]:
        assert self._encoder is not None
        packets: list[Packet] = []
        # Sound that cannot be decoded is left out.
        with suppress(av.FFmpegError):
            for frame in self._decoder.decode(packet):
                packets += self._encoder.encode(frame)
        return packets
