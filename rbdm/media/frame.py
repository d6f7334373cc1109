"""One decoded frame: its pixels as players show them, all of them or only those around a face."""

import av
import numpy as np

from rbdm.media.orientation import Orientation
from rbdm.media.pixels import PLANAR_FORMATS, Converter
from rbdm.media.region import Region, enlarged
from rbdm.types import Image

# Below this part of the frame's area, cutting and converting beats converting the whole.
_WORTH_CUTTING = 0.6


class Frame:
    """One displayed frame of a `Video`; its pixels are converted when asked for.

    Attributes:
        time: seconds since the start of the video.
        width: pixels, as displayed.
        height: pixels, as displayed.
    """

    __slots__ = ("_converter", "_orientation", "_source", "height", "time", "width")

    def __init__(self, source: av.VideoFrame, time: float, orientation: Orientation, converter: Converter):
        self.time = time
        self.width, self.height = orientation.size(source.width, source.height)
        self._source, self._orientation, self._converter = source, orientation, converter

    def rgb(self) -> Image:
        """(height, width, 3) uint8, C-contiguous, RGB, full range. May be called from any thread."""
        return np.ascontiguousarray(self._orientation.apply(self._converter.rgb(self._source)))

    def scaled(self, longest: int) -> Image:
        """(h, w, 3) uint8 RGB as of `rgb`, the longer of h and w being `longest` pixels.

        Every pixel of the frame counts for the result, by a triangular filter; this takes less time than `rgb`.
        """
        source = self._source
        factor = longest / max(source.width, source.height)
        size = max(1, round(source.width * factor)), max(1, round(source.height * factor))
        return np.ascontiguousarray(self._orientation.apply(self._converter.scaled(source, *size)))

    def around(self, wanted: Region) -> tuple[Image, Region]:
        """The pixels of a region, or of a larger one where that is faster, and which region they are.

        Args:
            wanted: may leave the frame; what is outside does not come.

        Returns:
            (bottom - top, right - left, 3) uint8 RGB as of `rgb`, and its region, inside the frame.
        """
        part = enlarged(wanted, self.width, self.height)
        area = (part.right - part.left) * (part.bottom - part.top)
        uncut = self._orientation != Orientation() or self._source.format.name not in PLANAR_FORMATS
        if uncut or area > _WORTH_CUTTING * self.width * self.height:
            return self.rgb(), Region(0, 0, self.width, self.height)
        return self._converter.rgb_of(self._source, part), part
