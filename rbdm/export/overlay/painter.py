"""Paints the results of a frame into its picture: the box, the class with its probability, and two gauges."""

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.export.lettering import Color, Lettering
from rbdm.expressions import EXPRESSIONS
from rbdm.types import Image

_WHITE, _BLACK, _GREY = (255, 255, 255), (20, 20, 20), (150, 150, 150)
# The two colours of the range in the annotation schemes. The blue is lighter here, because the background is dark.
NEGATIVE, POSITIVE = (110, 165, 240), (242, 131, 34)

# The palette of Okabe and Ito (2008), which colour-blind people can distinguish too, without black.
_PEOPLE = (
    *((86, 180, 233), (230, 159, 0), (0, 158, 115), (240, 228, 66)),
    *((204, 121, 167), (213, 94, 0), (0, 114, 178)),
)

_TEXT_SHARE = 1 / 26
_LEAST_TEXT = 11
"""Pixels. Smaller text cannot be read in a video."""
_WEIGHT = 600
_BAR = 8
_SHORT_BAR = 4
"""Length of a gauge, as a multiple of the text height; the short one if each person has their own."""
_SHADE = 0.35
# ITU-R BT.601. On a background with a luma above 128, black text is easier to read than white text.
_LUMA = np.array([0.299, 0.587, 0.114])
_BRIGHT = 128


class Painter:
    """Paints pictures of one size. Text and lines scale with the shorter side.

    Args:
        width: of the pictures, in pixels.
        height: of the pictures, in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._text = max(round(min(width, height) * _TEXT_SHARE), _LEAST_TEXT)
        self._pad = max(self._text // 3, 2)
        self._line = max(round(self._text / 7), 1)
        self._letters = Lettering(self._text, _WEIGHT)
        self._number_width = self._letters.width("+0.00")

    def paint(
        self,
        image: Image,
        box: npt.NDArray[np.float32],
        expression: int,
        probability: float,
        values: dict[str, float],
        who: tuple[str, int] | None = None,
    ) -> None:
        """Paint the results of one face into the picture of its frame.

        Args:
            image: (height, width, 3) uint8 RGB; changed in place.
            box: (4,) `ymin, xmin, ymax, xmax` as fractions of height and width; may be partly outside of the picture.
            expression: index of the class in `rbdm.expressions.EXPRESSIONS`.
            probability: of that class, 0 to 1.
            values: numbers from -1 to 1 by their names; each gets a gauge, from top to bottom.
            who: the name and number of the person, if the picture may have several. Then the colour is that of the
                person and not that of the class, and the gauges are below the box and not in the corner.
        """
        color = _PEOPLE[who[1] % len(_PEOPLE)] if who else _rgb(EXPRESSIONS[expression].color)
        ymin, xmin, ymax, xmax = (float(value) for value in box)
        left, right = round(xmin * self._width), round(xmax * self._width)
        top, bottom = round(ymin * self._height), round(ymax * self._height)
        # The colour may equal the background, so the box gets a dark border.
        cv2.rectangle(image, (left, top), (right, bottom), _BLACK, self._line + 2 * max(self._line // 2, 1))
        cv2.rectangle(image, (left, top), (right, bottom), color, self._line)
        text = f"{EXPRESSIONS[expression].name} {probability:.0%}"
        self._tag(image, f"{who[0]}: {text}" if who else text, (left, top), color)
        if who:
            short = {name[0].upper(): value for name, value in values.items()}
            self._gauges(image, short, _SHORT_BAR, (left, bottom + self._pad))
        else:
            self._gauges(image, values, _BAR, (0, self._height))

    def _tag(self, image: Image, text: str, corner: tuple[int, int], color: Color) -> None:
        """Text on a colour, above the top left corner of the box, moved into the picture if needed."""
        width, height = self._letters.width(text) + 2 * self._pad, self._text + 2 * self._pad
        x = min(max(corner[0], 0), max(self._width - width, 0))
        y = min(max(corner[1] - height, 0), max(self._height - height, 0))
        image[y : y + height, x : x + width] = color
        ink = _BLACK if _LUMA @ color > _BRIGHT else _WHITE
        self._letters.write(image, text, x + self._pad, y + self._pad, ink)

    def _gauges(self, image: Image, values: dict[str, float], length: int, corner: tuple[int, int]) -> None:
        """Gauges of this length, as a multiple of the text height; their top left corner is moved into the picture."""
        bar, names = length * self._text, max(self._letters.width(name) for name in values)
        row = self._text + self._pad
        width = names + bar + self._number_width + 4 * self._pad
        height = len(values) * row + self._pad
        x = max(min(corner[0], self._width - width - self._pad), self._pad if corner[0] <= 0 else 0)
        y = max(min(corner[1], self._height - height - self._pad), 0)
        ground = image[y : y + height, x : x + width]
        ground[:] = (ground * _SHADE).astype(np.uint8)
        for index, (name, value) in enumerate(values.items()):
            top = y + self._pad + index * row
            self._letters.write(image, name, x + self._pad, top, _WHITE)
            self._bar(image, value, x + names + 2 * self._pad, top, bar)
            self._letters.write(image, f"{value:+.2f}", x + names + bar + 3 * self._pad, top, _WHITE)

    def _bar(self, image: Image, value: float, x: int, top: int, length: int) -> None:
        """A horizontal line from -1 to 1, which is thick from 0 to the value."""
        middle, centre, bottom = x + length // 2, top + self._text // 2, top + self._text
        cv2.line(image, (x, centre), (x + length, centre), _GREY, self._line)
        end = middle + round(min(max(value, -1.0), 1.0) * length / 2)
        thick = self._text // 4
        color = NEGATIVE if value < 0 else POSITIVE
        cv2.rectangle(image, (min(middle, end), centre - thick), (max(middle, end), centre + thick), color, cv2.FILLED)
        cv2.line(image, (middle, top), (middle, bottom), _WHITE, self._line)


def _rgb(color: str) -> Color:
    """Red, green and blue, 0 to 255, of `#AARRGGBB`."""
    red, green, blue = bytes.fromhex(color[-6:])
    return red, green, blue
