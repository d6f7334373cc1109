"""One decoded frame. It gives all of its pixels, or only those around a face, as players show them."""

import av
import numpy as np

from rbdm.media.orientation import Orientation
from rbdm.media.pixels import PLANAR_FORMATS, Converter
from rbdm.media.region import Region, enlarged
from rbdm.types import Image

_MAX_CUT_AREA = 0.6
"""Fraction of the frame's area. For a region larger than this, converting the whole frame is faster."""


class Frame:
    """One displayed frame of a `Video`. Its pixels are converted to RGB only when a method asks for them.

    Attributes:
        time: seconds since the start of the video.
        width: width in pixels, as displayed.
        height: height in pixels, as displayed.
    """

    __slots__ = ("_converter", "_orientation", "_source", "height", "time", "width")

    def __init__(self, source: av.VideoFrame, time: float, orientation: Orientation, converter: Converter):
        self.time = time
        self.width, self.height = orientation.size(source.width, source.height)
        self._source, self._orientation, self._converter = source, orientation, converter

    def rgb(self) -> Image:
        """All pixels: (height, width, 3) uint8 RGB, C-contiguous, full range (0…255). Any thread may call this."""
        return np.ascontiguousarray(self._orientation.apply(self._converter.rgb(self._source)))

    def scaled(self, longest: int) -> Image:
        """The whole frame, scaled so that its longer side has `longest` pixels: (h, w, 3) uint8 RGB, as from `rgb`.

        A triangular filter uses every pixel of the frame. This takes less time than `rgb`.
        """
        source = self._source
        factor = longest / max(source.width, source.height)
        size = max(1, round(source.width * factor)), max(1, round(source.height * factor))
        return np.ascontiguousarray(self._orientation.apply(self._converter.scaled(source, *size)))

    def around(self, wanted: Region) -> tuple[Image, Region]:
        """The pixels of a region, or of a larger region where that is faster, and the region that they cover.

        Args:
            wanted: the region. It may extend beyond the frame; pixels outside the frame are not returned.

        Returns:
            (bottom - top, right - left, 3) uint8 RGB, as from `rgb`, and the region of these pixels, which is inside
            the frame.
        """
        region = enlarged(wanted, self.width, self.height)
        area = (region.right - region.left) * (region.bottom - region.top)
        cannot_cut = self._orientation != Orientation() or self._source.format.name not in PLANAR_FORMATS
        if cannot_cut or area > _MAX_CUT_AREA * self.width * self.height:
            return self.rgb(), Region(0, 0, self.width, self.height)
        return self._converter.rgb_of(self._source, region), region
