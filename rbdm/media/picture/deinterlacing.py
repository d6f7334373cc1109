"""Removes the comb pattern of interlaced video, where the lines of a picture come from two moments."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any, cast

import av
import numpy as np
import numpy.typing as npt

from rbdm.media.decoder import Decoded

_INTERLACED_HEIGHTS = {480, 486, 512, 576, 608, 1080, 1088}
"""The heights of interlaced standards. Only there, unmarked frames are examined."""
_EXAMINED_EVERY = 5
"""One of so many unmarked frames is examined; after a combed one, the next one."""
_COLUMN_STEP = 8
_COMB_CONTRAST = 12
"""Difference in brightness (0…255) of a line from both of its neighbours that makes a pixel combed."""
_COMBED_SHARE = 0.01
"""A frame is combed if more than this fraction of its pixels is."""
_COMBED_FRAMES = 2
"""So many of the examined frames must be combed."""


class Deinterlacer:
    """Passes frames on, deinterlaced by FFmpeg's filter `bwdif` from the first interlaced frame on.

    Frames that are marked as interlaced are deinterlaced. If two examined frames that are not marked show a comb
    pattern, all frames after them are deinterlaced. The filter gives one frame for each frame, and changes only what
    moves.

    Attributes:
        marked: whether the interlaced frames were marked as such.
    """

    def __init__(self) -> None:
        self.marked = True
        self._active = False
        self._count = self._combed = self._examine_at = 0
        self._graph: av.filter.Graph | None = None
        self._shape: tuple[int, int, str] | None = None
        self._waiting: deque[Decoded] = deque()

    def frames(self, decoded: Iterable[Decoded]) -> Iterator[Decoded]:
        """Yields the frames, in their order."""
        for item in decoded:
            self._active = self._active or self._is_interlaced(item.frame)
            self._count += 1
            if self._active:
                yield from self._filter(item)
            else:
                yield item
        yield from self._flush()

    def _is_interlaced(self, frame: av.VideoFrame) -> bool:
        if frame.interlaced_frame:
            return True
        if frame.height not in _INTERLACED_HEIGHTS or self._count < self._examine_at:
            return False
        combed = is_combed(frame)
        self._examine_at = self._count + (1 if combed else _EXAMINED_EVERY)
        self._combed += combed
        self.marked = self._combed < _COMBED_FRAMES
        return not self.marked

    def _filter(self, item: Decoded) -> Iterator[Decoded]:
        shape = item.frame.width, item.frame.height, item.frame.format.name
        if shape != self._shape:
            yield from self._flush()
            self._graph, self._shape = _bwdif(item.frame, self.marked), shape
        self._waiting.append(item)
        cast(av.filter.Graph, self._graph).push(item.frame)
        yield from self._pull()

    def _pull(self) -> Iterator[Decoded]:
        with suppress(av.error.BlockingIOError, av.error.EOFError):
            while True:
                frame = cast(av.VideoFrame, cast(av.filter.Graph, self._graph).pull())
                yield self._waiting.popleft()._replace(frame=frame, deinterlaced=True)

    def _flush(self) -> Iterator[Decoded]:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull()


def is_combed(frame: av.VideoFrame) -> bool:
    """Whether a frame shows the comb pattern of two interlaced moments.

    A pixel is combed if it differs from the lines above and below it, which are of the other moment, in the same
    direction, but is like the lines two above and two below it.
    """
    plane = frame.planes[0]
    if plane.line_size < frame.width or not frame.format.name.startswith(("yuv", "nv12", "gray")):
        return False
    wide = frame.format.components[0].bits > 8
    stored: Any = np.frombuffer(cast(Any, plane), np.uint16 if wide else np.uint8).reshape(plane.height, -1)
    lines: npt.NDArray[np.int16] = (
        stored[:, : frame.width : _COLUMN_STEP] >> (frame.format.components[0].bits - 8)
    ).astype(np.int16)
    middle, above, below = lines[2:-2], lines[1:-3], lines[3:-1]
    differs = np.minimum(np.abs(middle - above), np.abs(middle - below)) > _COMB_CONTRAST
    same_side = (middle > above) == (middle > below)
    own_lines = np.maximum(np.abs(middle - lines[:-4]), np.abs(middle - lines[4:])) < _COMB_CONTRAST
    return bool(np.mean(differs & same_side & own_lines) > _COMBED_SHARE)


def deinterlaced(frame: av.VideoFrame) -> av.VideoFrame:
    """One frame, deinterlaced without its neighbours if it is marked as interlaced, else unchanged."""
    if not frame.interlaced_frame:
        return frame
    graph = _bwdif(frame, True)
    graph.push(frame)
    graph.push(None)
    return cast(av.VideoFrame, graph.pull())


def _bwdif(frame: av.VideoFrame, marked_only: bool) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=cast(Any, frame.format.name), time_base=frame.time_base
    )
    bwdif = graph.add("bwdif", f"mode=send_frame:deint={'interlaced' if marked_only else 'all'}")
    sink = graph.add("buffersink")
    source.link_to(bwdif)
    bwdif.link_to(sink)
    graph.configure()
    return graph
