"""Pictures that say which frame they are, which way up they stand, and what their colours should be.

A picture is a grid of 8 × 6 blocks. The corners are coloured. The middle of the last row shows a white bar that moves.
All other blocks are black or white: the frame's number three times in different codes, and eight fixed blocks.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

COLUMNS, ROWS = 8, 6
BITS = 10
NUMBERS = 1 << BITS
BLACK, WHITE, GREY = 20, 235, 128
CORNERS = {
    (0, 0): ("red", (220, 40, 40)),
    (0, COLUMNS - 1): ("green", (40, 190, 40)),
    (ROWS - 1, 0): ("blue", (40, 40, 210)),
    (ROWS - 1, COLUMNS - 1): ("grey", (GREY, GREY, GREY)),
}
_BLOCKS = [(row, column) for row in range(ROWS - 1) for column in range(COLUMNS) if (row, column) not in CORNERS]
_FIXED = np.array([1, 0, 1, 0, 1, 1, 0, 0], bool)
_SCRAMBLE = 37
_BAR_STEP = 1 / 12
"""How far the bar moves from frame to frame, as a fraction of the width."""
_DARK_OR_LIGHT = 40
"""The least distance of a readable block from the middle between black and white."""


@dataclass(frozen=True)
class Reading:
    """What a decoded picture shows.

    Attributes:
        number: the frame's number, or None if the blocks cannot be read.
        upright: whether the corners are at their places.
        colour_error: the largest difference of red, green or blue from the truth, in corners and fixed blocks.
        combed: how much neighbouring lines differ in the row with the moving bar, from 0 to 255.
    """

    number: int | None
    upright: bool
    colour_error: float
    combed: float


def draw(number: int, width: int, height: int, later: float = 0.0) -> Picture:
    """(height, width, 3) uint8 RGB: the picture of frame `number`, from 0 to 1023.

    The bar is where it would be `later` frames later.
    """
    blocks = np.full((ROWS, COLUMNS, 3), BLACK, np.uint8)
    for place, (_, colour) in CORNERS.items():
        blocks[place] = colour
    for place, light in zip(_BLOCKS, _code(number), strict=True):
        blocks[place] = WHITE if light else BLACK
    rows, columns = np.arange(height) * ROWS // height, np.arange(width) * COLUMNS // width
    image = blocks[rows[:, None], columns[None, :]]
    strip = image[height * (ROWS - 1) // ROWS :, width // COLUMNS + 2 : width * (COLUMNS - 1) // COLUMNS - 2]
    strip[:] = BLACK
    at = round(((number + later) * _BAR_STEP % 0.6) * width)
    strip[:, at : at + width // 10] = WHITE
    return image


def draw_interlaced(number: int, width: int, height: int, top_first: bool) -> Picture:
    """As `draw`, but the lines of the field that is shown second show the bar half a frame later."""
    image, second = draw(number, width, height), int(top_first)
    image[second::2] = draw(number, width, height, 0.5)[second::2]
    return image


def read(image: Picture, grey: bool = False) -> Reading:
    """Read a decoded RGB picture; `grey` if the file has no colours."""
    means = _means(image)
    light = means.mean(axis=2)
    code = np.array([light[place] for place in _BLOCKS])
    number = _number(code)
    errors = [abs(float(level) - (WHITE if level > GREY else BLACK)) for level in code[-len(_FIXED) :]]
    places = list(CORNERS)
    if not grey:
        errors += [float(np.abs(means[place] - np.array(CORNERS[place][1])).max()) for place in places]
    seen = [min(places, key=lambda other: np.abs(means[place] - np.array(CORNERS[other][1])).sum()) for place in places]
    return Reading(number, (grey and number is not None) or seen == places, max(errors), _combed(image))


@cache
def _code(number: int) -> tuple[bool, ...]:
    values = number, ~number % NUMBERS, number * _SCRAMBLE % NUMBERS
    bits = [bool(value >> place & 1) for place in range(BITS) for value in values]
    return (*bits, *_FIXED.tolist())[: len(_BLOCKS)]


def _number(code: npt.NDArray[np.float64]) -> int | None:
    middle = (BLACK + WHITE) / 2
    if np.abs(code - middle).min() < _DARK_OR_LIGHT:
        return None
    bits = code > middle
    number = sum(1 << place for place in range(BITS) if bits[3 * place])
    return number if _code(number) == tuple(bits.tolist()) else None


def _means(image: Picture) -> npt.NDArray[np.float64]:
    """(6, 8, 3): the mean colour in the middle of each block."""
    height, width = image.shape[:2]
    means = np.empty((ROWS, COLUMNS, 3))
    for row in range(ROWS):
        for column in range(COLUMNS):
            top, left = (row + 0.3) * height / ROWS, (column + 0.3) * width / COLUMNS
            bottom, right = top + 0.4 * height / ROWS, left + 0.4 * width / COLUMNS
            means[row, column] = image[int(top) : int(bottom) + 1, int(left) : int(right) + 1].mean(axis=(0, 1))
    return means


def _combed(image: Picture) -> float:
    height, width = image.shape[:2]
    rows = slice(height * (ROWS - 1) // ROWS + height // 40, height - height // 40)
    strip = image[rows, width // COLUMNS + 4 : width * (COLUMNS - 1) // COLUMNS - 4].mean(axis=2)
    return float(np.abs(np.diff(strip, axis=0)).mean())
