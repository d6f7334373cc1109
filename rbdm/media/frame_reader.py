"""Random access: reads chosen frames of an annotated video, without decoding all of it where that is exact."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt

from rbdm.media.container import open_container, video_stream
from rbdm.media.frame import Frame
from rbdm.media.orientation import orientation_of
from rbdm.media.pixels import Converter
from rbdm.media.video import Video
from rbdm.types import StrPath

Frames = npt.NDArray[np.int64]

_SAME_TIME = 1e-5
"""Seconds: times come from the same timestamps by the same sums; two frames are never closer than ten times this."""
_NEVER = np.iinfo(np.int64).max


class FrameReader:
    """The frames of a video by their number, as `rbdm.media.video.Video` counts them.

    Where the file's packets carry exactly the frames' timestamps, a frame is decoded from the key frame before it, and
    taken only if it has the right timestamp. Everything else (clocks that jump, containers without timestamps, damage)
    is decoded from the start and counted, as it was for the annotation. No frame is decoded more often than that.

    Attributes:
        key_frames: (K,) int64, increasing: frames that cost no decoding of others; empty where that is not known.

    Raises:
        InputError: the file is not there or is no video any more.
    """

    def __init__(self, video: StrPath, time: npt.NDArray[np.float64]) -> None:
        """Read which of the file's packets are which frames.

        Args:
            video: the file.
            time: (T,) seconds of all of its frames, as of `rbdm.Prediction`.
        """
        self._video, self._time = Path(video), time
        self._stamps = np.empty(0, np.int64)
        self.key_frames = np.empty(0, np.int64)
        if len(time) > 1:
            self._read_index()

    def frames(self, wanted: Iterable[int]) -> Iterator[tuple[int, Frame]]:
        """The wanted frames that can still be decoded, with their numbers; each must be used before the next is taken.

        Args:
            wanted: numbers from 0 to T - 1, in any order.
        """
        missing = sorted(set(wanted))
        if len(self.key_frames):
            found = set()
            for number, frame in self._reached(missing):
                found.add(number)
                yield number, frame
            missing = [number for number in missing if number not in found]
        yield from self._counted(missing)

    def _read_index(self) -> None:
        stamps, keys, base = [], [], 0.0
        with open_container(self._video) as container:
            stream = video_stream(self._video, container)
            base = float(stream.time_base or 0)
            try:
                for packet in container.demux(stream):
                    if packet.size and not packet.is_discard:
                        stamps.append(_NEVER if packet.pts is None or packet.is_corrupt else packet.pts)
                        keys.append(packet.is_keyframe)
            except av.FFmpegError:
                return
        if len(stamps) != len(self._time) or _NEVER in stamps:
            return
        order = np.argsort(stamps, kind="stable")
        shown = np.array(stamps, np.int64)[order]
        since = (shown - shown[0]) * base
        if np.abs(since - (self._time - self._time[0])).max() < _SAME_TIME:
            self._stamps, self.key_frames = shown, np.flatnonzero(np.array(keys)[order])

    def _reached(self, wanted: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        """Those of `wanted` (increasing) that decoding from key frames yields."""
        number_of = {int(self._stamps[number]): number for number in wanted}
        with open_container(self._video) as container:
            stream = video_stream(self._video, container)
            converter, at = Converter(), -1
            decoded: Iterator[av.VideoFrame] = iter(())
            for number in wanted:
                before = int(np.searchsorted(self.key_frames, number, side="right")) - 1
                key = int(self.key_frames[max(0, before)])
                if key > at:
                    container.seek(int(self._stamps[key]), stream=stream)
                    decoded = _from_key_frame(container, stream)
                for source in decoded:
                    at = int(np.searchsorted(self._stamps, cast(int, source.pts)))
                    if number_of.get(cast(int, source.pts)) == number:
                        yield number, Frame(source, float(self._time[number]), orientation_of(source), converter)
                    if at >= number:
                        break

    def _counted(self, wanted: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        if not wanted:
            return
        with Video(self._video) as video:
            for number, frame in enumerate(video):
                same = number < len(self._time) and abs(frame.time - self._time[number]) < _SAME_TIME
                if same and number in wanted:
                    yield number, frame
                if number >= wanted[-1]:
                    break


def _from_key_frame(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """Frames after a seek, from the first key frame on: earlier ones lack what they were predicted from."""
    first: int | None = None
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
            frames = [] if packet is None else stream.codec_context.decode(packet)
        except av.FFmpegError:
            continue
        if packet is None:
            return
        for frame in frames:
            if first is None and frame.key_frame:
                first = frame.pts
            if first is not None and frame.pts is not None and frame.pts >= first and not frame.is_corrupt:
                yield frame
