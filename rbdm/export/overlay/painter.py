"""Paints what the network says into a picture: the box, the class with its probability, two gauges."""

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS
from rbdm.types import Image

Color = tuple[int, int, int]

_WHITE, _BLACK, _GREY = (255, 255, 255), (20, 20, 20), (150, 150, 150)
# As the ends of the range in the annotations' schemes, the blue lighter: it is on dark ground here.
_NEGATIVE, _POSITIVE = (110, 165, 240), (242, 131, 34)

_TEXT_SHARE = 1 / 26
_LEAST_TEXT = 11
"""Pixels: smaller letters cannot be read in a video."""
_WEIGHT = 600
_BAR = 8
"""Letters' heights: the length of a gauge."""
_SHADE = 0.35
# ITU-R BT.601; above the middle, black letters stand out better than white ones.
_LUMA = np.array([0.299, 0.587, 0.114])
_BRIGHT = 128


class Painter:
    """Paints pictures of one size; everything scales with the shorter side.

    Args:
        width: pixels of the pictures.
        height: pixels, likewise.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._text = max(round(min(width, height) * _TEXT_SHARE), _LEAST_TEXT)
        self._pad = max(self._text // 3, 2)
        self._line = max(round(self._text / 7), 1)
        self._font = cv2.FontFace("sans")
        self._name_width = max(self._length(name) for name in ("valence", "arousal"))
        self._number_width = self._length("+0.00")

    def paint(
        self, image: Image, box: npt.NDArray[np.float32], expression: int, probability: float, values: dict[str, float]
    ) -> None:
        """Paint what belongs to one frame with a face into its picture.

        Args:
            image: (height, width, 3) uint8 RGB; changed in place.
            box: `ymin, xmin, ymax, xmax` as fractions of height and width; may leave the picture.
            expression: index of the class in `rbdm.expressions.EXPRESSIONS`.
            probability: of that class.
            values: each of -1…1 by its name, a gauge for each from top to bottom.
        """
        color = _rgb(EXPRESSIONS[expression].color)
        ymin, xmin, ymax, xmax = (float(value) for value in box)
        left, right = round(xmin * self._width), round(xmax * self._width)
        top, bottom = round(ymin * self._height), round(ymax * self._height)
        # A dark rim: the class's colour alone may be that of the background.
        cv2.rectangle(image, (left, top), (right, bottom), _BLACK, self._line + 2 * max(self._line // 2, 1))
        cv2.rectangle(image, (left, top), (right, bottom), color, self._line)
        self._tag(image, f"{EXPRESSIONS[expression].name} {probability:.0%}", (left, top), color)
        self._gauges(image, values)

    def _tag(self, image: Image, text: str, corner: tuple[int, int], color: Color) -> None:
        """Text on the class's colour, above the box's corner, or as near to there as the picture reaches."""
        width, height = self._length(text) + 2 * self._pad, self._text + 2 * self._pad
        x = min(max(corner[0], 0), max(self._width - width, 0))
        y = min(max(corner[1] - height, 0), max(self._height - height, 0))
        image[y : y + height, x : x + width] = color
        ink = _BLACK if _LUMA @ color > _BRIGHT else _WHITE
        self._write(image, text, x + self._pad, y + self._pad, ink)

    def _gauges(self, image: Image, values: dict[str, float]) -> None:
        bar = _BAR * self._text
        row = self._text + self._pad
        width = self._name_width + bar + self._number_width + 4 * self._pad
        height = len(values) * row + self._pad
        x, y = self._pad, max(self._height - height - self._pad, 0)
        ground = image[y : y + height, x : x + width]
        ground[:] = (ground * _SHADE).astype(np.uint8)
        for index, (name, value) in enumerate(values.items()):
            top = y + self._pad + index * row
            self._write(image, name, x + self._pad, top, _WHITE)
            self._bar(image, value, x + self._name_width + 2 * self._pad, top, bar)
            self._write(image, f"{value:+.2f}", x + self._name_width + bar + 3 * self._pad, top, _WHITE)

    def _bar(self, image: Image, value: float, x: int, top: int, length: int) -> None:
        """A line from -1 to 1, thick from 0 to the value."""
        middle, centre, bottom = x + length // 2, top + self._text // 2, top + self._text
        cv2.line(image, (x, centre), (x + length, centre), _GREY, self._line)
        end = middle + round(min(max(value, -1.0), 1.0) * length / 2)
        thick = self._text // 4
        color = _NEGATIVE if value < 0 else _POSITIVE
        cv2.rectangle(image, (min(middle, end), centre - thick), (max(middle, end), centre + thick), color, cv2.FILLED)
        cv2.line(image, (middle, top), (middle, bottom), _WHITE, self._line)

    def _length(self, text: str) -> int:
        """Pixels from the text's start to its end."""
        return int(cv2.getTextSize((0, 0), text, (0, 0), self._font, self._text, _WEIGHT)[2])

    def _write(self, image: Image, text: str, x: int, top: int, color: Color) -> None:
        # The letters' height is about three quarters of the font's size; this puts them into the middle.
        base = top + round(self._text * 0.86)
        cv2.putText(image, text, (x, base), color, self._font, self._text, _WEIGHT)


def _rgb(color: str) -> Color:
    """Red, green and blue of `#AARRGGBB`."""
    red, green, blue = bytes.fromhex(color[-6:])
    return red, green, blue
