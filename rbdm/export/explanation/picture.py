"""Draws an explanation: the face, the face with the map, the scale of the colours, and what the map does not say."""

from pathlib import Path

import cv2
import numpy as np

from rbdm.errors import OutputError
from rbdm.explain.explanation import Explanation
from rbdm.export.explanation.blending import LIMITS, blend
from rbdm.export.lettering import Color, Lettering
from rbdm.export.overlay.painter import NEGATIVE, POSITIVE
from rbdm.files.atomic import atomic_write
from rbdm.files.naming import printable
from rbdm.types import VALUES, Image

_FACE, _GAP, _SCALE, _NUMBERS = 448, 16, 24, 44
"""Pixels: side of a face, space between things, width of the scale and of its numbers."""
_TITLE, _TEXT = Lettering(22, 600), Lettering(17)
_LINE = 25
_INK: Color = (30, 30, 30)
_STEPS = (1.0, 0.5, 0.0, -0.5, -1.0)
_GREY = 128


def write_picture(explanation: Explanation, path: Path) -> None:
    """Write the picture of an explanation as PNG, completely or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    done, content = cv2.imencode(".png", cv2.cvtColor(draw(explanation), cv2.COLOR_RGB2BGR))
    if not done:
        raise OutputError(f"{path}: OpenCV cannot encode the picture")
    with atomic_write(path) as temporary:
        temporary.write_bytes(content.tobytes())


def draw(explanation: Explanation) -> Image:
    """The picture of an explanation: (H, W, 3) uint8 RGB."""
    width = 2 * _FACE + 4 * _GAP + _SCALE + _NUMBERS
    lines = [line for text in texts(explanation) for line in _TEXT.wrapped(text, width - 2 * _GAP)]
    top = _GAP + _TITLE.size + _GAP
    height = top + _FACE + _GAP + 2 * _LINE + len(lines) * _LINE + _GAP
    image = np.full((height, width, 3), 255, np.uint8)
    _TITLE.write(image, title(explanation), _GAP, _GAP, _INK)
    size = (_FACE, _FACE)
    face = np.asarray(cv2.resize(explanation.crop, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    image[top : top + _FACE, _GAP : _GAP + _FACE] = face
    left = 2 * _GAP + _FACE
    relevance = np.asarray(cv2.resize(explanation.map, size, interpolation=cv2.INTER_LINEAR), np.float32)
    image[top : top + _FACE, left : left + _FACE] = blend(face, relevance)
    _draw_scale(image, left + _FACE + _GAP, top)
    at = top + _FACE + _GAP
    _draw_legend(image, explanation, _GAP, at)
    for number, line in enumerate(lines):
        _TEXT.write(image, line, _GAP, at + _LINE + _LINE // 2 + number * _LINE, _INK)
    return image


def title(explanation: Explanation) -> str:
    """The video, the time, and the number that is explained."""
    name, time = printable(explanation.video.name), f"{explanation.time:.2f} s"
    number = f"{explanation.value:+.2f}" if explanation.target in VALUES else f"{100 * explanation.value:.0f} %"
    return f"{name}, {time}: {explanation.target} {number}".replace("-", "−")


def texts(explanation: Explanation) -> list[str]:
    """What is written below the picture: the shares of the parts of the face, the scale, and the limits."""
    found = explanation.shares
    if found is None:
        parts = "No key points of the face were found, so there are no shares of its parts."
    else:
        verb = "raises it" if explanation.target in VALUES else f"speaks for {explanation.target}"
        listed = ", ".join(f"{share.region} {100 * share.supports:.0f} %" for share in found if share.supports >= 0)
        parts = f"Of all that {verb}: {listed}." if listed else f"Nothing in this crop {verb}."
    scale = f"Scale: 1 is the strongest place of this map; method: {explanation.method}."
    return [parts, scale, LIMITS]


def _draw_scale(image: Image, x: int, top: int) -> None:
    values = np.repeat(np.linspace(1, -1, _FACE)[:, None], _SCALE, axis=1)
    image[top : top + _FACE, x : x + _SCALE] = blend(np.full((_FACE, _SCALE, 3), _GREY, np.uint8), values, 1.0)
    for step in _STEPS:
        y = top + round((1 - step) / 2 * (_FACE - _TEXT.size))
        _TEXT.write(image, f"{step:+.1f}".replace("-", "−") if step else "0", x + _SCALE + 6, y, _INK)


def _draw_legend(image: Image, explanation: Explanation, x: int, top: int) -> None:
    is_value = explanation.target in VALUES
    meanings: tuple[tuple[Color, str], ...] = (
        (POSITIVE, f"raises {explanation.target}" if is_value else f"speaks for {explanation.target}"),
        (NEGATIVE, f"lowers {explanation.target}" if is_value else f"speaks against {explanation.target}"),
    )
    for color, text in meanings:
        image[top : top + _TEXT.size, x : x + _TEXT.size] = color
        _TEXT.write(image, text, x + _TEXT.size + 8, top, _INK)
        x += _TEXT.size + 8 + _TEXT.width(text) + 2 * _GAP
