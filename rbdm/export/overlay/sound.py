"""Copies the sound of a media file into an `.mp4` whose picture is new."""

from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any, TypeAlias

import av

Packet: TypeAlias = "av.Packet[Any]"

# Players can play these codecs in an .mp4. FFmpeg also writes other codecs there, but many players stay silent then.
_MP4_CODECS = {"aac", "mp3", "ac3", "eac3", "alac", "flac", "opus"}
_AAC_RATES = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}
_DEFAULT_RATE = 48_000
_LOWEST_MP3_RATE = 16_000
# Containers round times, so packets may seem to overlap. An overlap up to this part of a packet's duration is no jump.
_SLACK = 0.5


class Sound:
    """Writes all audio streams of a file into an `.mp4`, interleaved with the picture.

    Packets of codecs that players can play in an `.mp4` are copied. Other sound is encoded as AAC.

    Args:
        source: the file with the sound; nothing else may read from this container object.
        target: the `.mp4`, to which nothing has been written yet.
    """

    def __init__(self, source: av.container.InputContainer, target: av.container.OutputContainer) -> None:
        self._source, self._target = source, target
        # Players and `rbdm.media.video.Video` count from here. A start before 0 comes from the priming of the sound.
        zero = Fraction(max(source.start_time or 0, 0), av.time_base)
        known = [stream for stream in source.streams.audio if stream.codec_context is not None and stream.rate]
        self._tracks = {stream.index: _Track(stream, target, zero) for stream in known}
        self._packets = self._demux() if self._tracks else iter(())
        self._next = next(self._packets, None)

    def until(self, time: float) -> None:
        """Write the sound up to `time`, in seconds of the video."""
        while self._next is not None and self._next[0] <= time:
            packet = self._next[1]
            self._target.mux(self._tracks[packet.stream.index].take(packet))
            self._next = next(self._packets, None)

    def finish(self) -> None:
        """Write the rest of the sound."""
        self.until(float("inf"))
        for track in self._tracks.values():
            self._target.mux(track.flush())

    def _demux(self) -> Iterator[tuple[float, Packet]]:
        """Yields the packets with their times in seconds of the video; their timestamps are changed to these times."""
        streams = [self._source.streams[index] for index in self._tracks]
        # A truncated file raises an error at its end. The sound stops there, as the picture does.
        with suppress(av.FFmpegError):
            for packet in self._source.demux(streams):
                if packet.size and packet.dts is not None:
                    yield self._tracks[packet.stream.index].shift(packet, packet.dts), packet


def _is_kept(stream: av.AudioStream) -> bool:
    name = stream.codec_context.codec.canonical_name
    return name in _MP4_CODECS and not (name == "mp3" and stream.rate < _LOWEST_MP3_RATE)


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
            rate = stream.rate if stream.rate in _AAC_RATES else _DEFAULT_RATE
            layout = "mono" if stream.channels == 1 else "stereo"
            self._encoder = self._copy = target.add_stream("aac", rate=rate, layout=layout)
        if "language" in stream.metadata:
            self._copy.metadata["language"] = stream.metadata["language"]

    def shift(self, packet: Packet, dts: int) -> float:
        """Change the timestamps of a source packet to the time of the video; returns that time in seconds.

        Args:
            packet: of the source; changed in place.
            dts: its decoding timestamp, in units of the stream.
        """
        duration = packet.duration or 0
        if self._next is not None and dts - self._shift < self._next - _SLACK * duration:
            # The timestamps jump back. The jump is removed, as in `rbdm.media.video.Video`.
            self._shift = dts - self._next
        moved = dts - self._shift
        packet.pts = moved if packet.pts is None else packet.pts - self._shift
        packet.dts = moved
        self._next = moved + max(duration, 1)
        return float(moved * self._unit)

    def take(self, packet: Packet) -> list[Packet]:
        """The packets to write for a packet of the source: itself, or what the encoder returns."""
        if self._encoder is not None:
            return self._encode(packet)
        packet.stream = self._copy
        return [packet]

    def flush(self) -> list[Packet]:
        """The packets that the decoder and the encoder still hold."""
        return [] if self._encoder is None else [*self._encode(None), *self._encoder.encode(None)]

    def _encode(self, packet: "Packet | None") -> list[Packet]:
        assert self._encoder is not None
        packets: list[Packet] = []
        # Sound that cannot be decoded is left out.
        with suppress(av.FFmpegError):
            for frame in self._decoder.decode(packet):
                packets += self._encoder.encode(frame)
        return packets
