"""One decoded frame. It gives all of its pixels, or only those around a face, as players show them."""

from typing import Any, NamedTuple, cast

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.media.picture.orientation import Orientation
from rbdm.media.picture.pixels import PLANAR_FORMATS, Converter
from rbdm.media.picture.region import Region, enlarged
from rbdm.media.timestamps import TimedFrame
from rbdm.types import Image

Floats = npt.NDArray[np.float32]

_SMALL_SIZE = 128, 72
"""Width and height of the picture from which the brightness of unusual pixel formats is read."""
_MAX_CUT_AREA = 0.6
"""Fraction of the frame's area. For a region larger than this, converting the whole frame is faster."""


class Display(NamedTuple):
    """How decoded frames are shown.

    Attributes:
        orientation: how they are turned.
        pixel_aspect: the width of a pixel divided by its height, before turning.
    """

    orientation: Orientation = Orientation()
    pixel_aspect: float = 1.0

    def size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height in square pixels, as displayed, of a frame that is stored as `width` by `height` pixels."""
        columns, rows = self.orientation.size(width, height)
        return max(1, round(columns * self.turned_aspect)), rows

    @property
    def turned_aspect(self) -> float:
        """The width of a pixel divided by its height, after turning."""
        return 1 / self.pixel_aspect if self.orientation.transpose else self.pixel_aspect


class Frame:
    """One displayed frame of a `Video`. Its pixels are converted to RGB only when a method asks for them.

    The pixels of some cameras are not square. Then a frame is shown as high as it is stored, but wider or narrower.

    Attributes:
        time: seconds since the start of the video.
        end: seconds: the time of the next frame, or earlier if there are no frames for a while after this one.
        after_gap: whether there are no frames between this frame and the end of the frame before it.
        width: width in square pixels, as displayed.
        height: height in square pixels, as displayed.
        columns: width in stored pixels, turned as displayed.
        rows: height in stored pixels, turned as displayed.
        pixel_aspect: the width of a stored pixel divided by its height, turned as displayed.
    """

    __slots__ = (
        "_converter",
        "_orientation",
        "_plane",
        "_source",
        "after_gap",
        "columns",
        "end",
        "height",
        "pixel_aspect",
        "rows",
        "time",
        "width",
    )

    def __init__(self, timed: TimedFrame, display: Display, converter: Converter):
        self.time, self.end, self.after_gap = timed.time, timed.end, timed.after_gap
        self._plane: tuple[npt.NDArray[Any], float] | None = None
        self._source, self._orientation, self._converter = timed.decoded.frame, display.orientation, converter
        self.width, self.height = display.size(self._source.width, self._source.height)
        self.columns, self.rows = display.orientation.size(self._source.width, self._source.height)
        self.pixel_aspect = display.turned_aspect

    def rgb(self) -> Image:
        """All pixels: (height, width, 3) uint8 RGB, C-contiguous, full range (0…255). Any thread may call this."""
        pixels = np.ascontiguousarray(self._stored_rgb())
        if self.width == self.columns:
            return pixels
        return cast(Image, cv2.resize(pixels, (self.width, self.height), interpolation=cv2.INTER_LINEAR))

    def scaled(self, longest: int) -> Image:
        """The whole frame, scaled so that its longer side has `longest` pixels: (h, w, 3) uint8 RGB, as from `rgb`.

        A triangular filter uses every pixel of the frame. This takes less time than `rgb`.
        """
        factor = longest / max(self.width, self.height)
        # The same swap of x and y brings the displayed size back to the stored order.
        width, height = self._orientation.size(self.width, self.height)
        size = max(1, round(width * factor)), max(1, round(height * factor))
        return np.ascontiguousarray(self._orientation.apply(self._converter.scaled(self._source, *size)))

    def around(self, wanted: Region) -> tuple[Image, Region]:
        """The stored pixels of a region, or of a larger region where that is faster, and the region that they cover.

        Args:
            wanted: the region, in stored pixels. It may extend beyond the frame; pixels outside are not returned.

        Returns:
            (bottom - top, right - left, 3) uint8 RGB, and the region of these pixels, which is inside the frame.
        """
        region = enlarged(wanted, self.columns, self.rows)
        area = (region.right - region.left) * (region.bottom - region.top)
        cannot_cut = self._orientation != Orientation() or self._source.format.name not in PLANAR_FORMATS
        if cannot_cut or area > _MAX_CUT_AREA * self.columns * self.rows:
            return np.ascontiguousarray(self._stored_rgb()), Region(0, 0, self.columns, self.rows)
        return self._converter.rgb_of(self._source, region), region

    def _stored_rgb(self) -> Image:
        return self._orientation.apply(self._converter.rgb(self._source))

    def brightness(self, top: float, left: float, bottom: float, right: float, count: int) -> Floats:
        """(count, count) float32, 0…255: the brightness at the points of a regular grid. Takes a few microseconds.

        Args:
            top: of the area of the grid, as a fraction of the frame's height; likewise the next three. Only the part of
                the area that is in the frame is used.
            left: a fraction of the frame's width.
            bottom: a fraction of the frame's height.
            right: a fraction of the frame's width.
            count: points per row and per column.
        """
        plane, scale = self._brightness_plane()
        top, left, bottom, right = self._orientation.stored_area(top, left, bottom, right)
        (first_row, end_row), (first_column, end_column) = (
            _span(top, bottom, plane.shape[0]),
            _span(left, right, plane.shape[1]),
        )
        part = plane[first_row:end_row, first_column:end_column]
        points = cv2.resize(cast(Any, part), (count, count), interpolation=cv2.INTER_NEAREST)
        turned = self._orientation.apply(cast(Image, points)).astype(np.float32)
        return turned if scale == 1 else turned * np.float32(scale)

    def _brightness_plane(self) -> tuple[npt.NDArray[Any], float]:
        """A view of the stored brightness of all pixels, and the factor that brings it to 0…255."""
        if self._plane is None:
            source, kind = self._source, self._source.format
            if kind.name in PLANAR_FORMATS or kind.name in ("nv12", "gray"):
                plane, bits = cast(Any, source.planes[0]), kind.components[0].bits
                lines = np.frombuffer(plane, np.uint16 if bits > 8 else np.uint8).reshape(plane.height, -1)
                self._plane = lines[:, : source.width], 255 / ((1 << bits) - 1)
            else:
                self._plane = self._converter.scaled(source, *_SMALL_SIZE)[:, :, 1], 1.0
        return self._plane


def _span(start: float, end: float, size: int) -> tuple[int, int]:
    """The first pixel of a part of a frame along one axis, and the one after its last; at least one pixel."""
    first = min(max(int(start * size), 0), size - 1)
    return first, min(max(int(end * size), first + 1), size)
