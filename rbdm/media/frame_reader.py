"""Random access: reads chosen frames of an annotated video, without decoding the whole video where that is exact."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import cast

import av
import numpy as np
import numpy.typing as npt

from rbdm.media.container import open_container, pixel_aspect, video_stream
from rbdm.media.decoder import Decoded, packets_of, timing
from rbdm.media.frame import Display, Frame
from rbdm.media.picture.deinterlacing import deinterlaced
from rbdm.media.picture.orientation import orientation_of
from rbdm.media.picture.pixels import Converter
from rbdm.media.timestamps import TimedFrame
from rbdm.media.video import Video
from rbdm.types import StrPath

_SAME_TIME = 1e-5
"""Seconds. Equal times differ only by rounding; two frames are at least ten times this apart (see `FrameClock`)."""
_NO_EXACT_SEEK = {"mxf", "mpeg"}
"""Formats in which FFmpeg guesses timestamps after a seek. In a damaged file, they are those of another frame."""
_NO_TIMESTAMP = np.iinfo(np.int64).max
"""Marks a packet that is damaged or has no timestamp."""


class FrameReader:
    """Reads frames of a video by their number, as `rbdm.media.video.Video` counts them.

    If the timestamps of the file's packets are exactly those of the frames, a frame is decoded from the last key frame
    that is not later, and is used only if its timestamp is the right one. In all other cases (the file's clock jumps,
    the container has no exact times, damage) the video is decoded from its start and the frames are counted, as
    for the annotation. One call of `frames` decodes no frame more than once in each of these two ways.

    Attributes:
        key_frames: (K,) int64, increasing: numbers of the frames that can be decoded without other frames; empty if
            they are unknown.

    Raises:
        InputError: the file does not exist any more, or is not a video any more.
    """

    def __init__(self, video: StrPath, time: npt.NDArray[np.float64]) -> None:
        """Read from the file which packet holds which frame.

        Args:
            video: the video file.
            time: (T,) float64, seconds: the times of all of its frames, as in `rbdm.Prediction`.
        """
        self._video, self._time = Path(video), time
        self._timestamps = np.empty(0, np.int64)
        self.key_frames = np.empty(0, np.int64)
        if len(time) > 1:
            self._read_index()

    def frames(self, wanted: Iterable[int]) -> Iterator[tuple[int, Frame]]:
        """Yields the wanted frames that can still be decoded, each with its number. Use a frame before taking the next.

        First come the frames that can be decoded from a key frame, then the others, each group in increasing order.

        Args:
            wanted: numbers from 0 to T - 1, in any order.
        """
        missing = sorted(set(wanted))
        if len(self.key_frames):
            found = set()
            for number, frame in self._decode_from_key_frames(missing):
                found.add(number)
                yield number, frame
            missing = [number for number in missing if number not in found]
        yield from self._decode_from_start(missing)

    def _read_index(self) -> None:
        timestamps, keys, time_base = [], [], 0.0
        with open_container(self._video) as container:
            stream = video_stream(self._video, container)
            if timing(container, stream) != "presentation" or container.format.name in _NO_EXACT_SEEK:
                return
            time_base = float(stream.time_base or 0)
            try:
                for packet in packets_of(container, stream):
                    if packet.size and not packet.is_discard:
                        timestamps.append(_NO_TIMESTAMP if packet.pts is None or packet.is_corrupt else packet.pts)
                        keys.append(packet.is_keyframe)
            except av.FFmpegError:
                return
        if len(timestamps) != len(self._time) or _NO_TIMESTAMP in timestamps:
            return
        order = np.argsort(timestamps, kind="stable")
        in_display_order = np.array(timestamps, np.int64)[order]
        seconds = (in_display_order - in_display_order[0]) * time_base
        if np.abs(seconds - (self._time - self._time[0])).max() < _SAME_TIME:
            self._timestamps, self.key_frames = in_display_order, np.flatnonzero(np.array(keys)[order])

    def _decode_from_key_frames(self, wanted: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        """Yields those of `wanted` (increasing) that can be decoded from key frames."""
        number_of = {int(self._timestamps[number]): number for number in wanted}
        with open_container(self._video) as container:
            stream = video_stream(self._video, container)
            converter, position = Converter(), -1
            decoded: Iterator[av.VideoFrame] = iter(())
            for number in wanted:
                before = int(np.searchsorted(self.key_frames, number, side="right")) - 1
                key = int(self.key_frames[max(0, before)])
                if key > position:
                    try:
                        container.seek(int(self._timestamps[key]), stream=stream)
                    except av.FFmpegError:  # the index of the file is damaged
                        return
                    decoded = _from_key_frame(container, stream)
                for source in decoded:
                    position = int(np.searchsorted(self._timestamps, cast(int, source.pts)))
                    if number_of.get(cast(int, source.pts)) == number:
                        display = Display(orientation_of(source), pixel_aspect(stream))
                        yield number, Frame(_timed(source, float(self._time[number])), display, converter)
                    if position >= number:
                        break

    def _decode_from_start(self, wanted: Sequence[int]) -> Iterator[tuple[int, Frame]]:
        """Yields those of `wanted` (increasing) that appear at the expected time when decoding from the start."""
        if not wanted:
            return
        with Video(self._video) as video:
            for number, frame in enumerate(video):
                same = number < len(self._time) and abs(frame.time - self._time[number]) < _SAME_TIME
                if same and number in wanted:
                    yield number, frame
                if number >= wanted[-1]:
                    break


def _timed(source: av.VideoFrame, time: float) -> TimedFrame:
    return TimedFrame(Decoded(deinterlaced(source), None, None, False), time, time, False)


def _from_key_frame(container: av.container.InputContainer, stream: av.VideoStream) -> Iterator[av.VideoFrame]:
    """Yields the frames after a seek, from the first key frame on: earlier frames refer to frames that are missing."""
    first: int | None = None
    packets = packets_of(container, stream)
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
