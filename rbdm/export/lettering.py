"""Writes text into pictures."""

from typing import NamedTuple

import cv2

from rbdm.types import Image

Color = tuple[int, int, int]


class Lettering(NamedTuple):
    """Text of one size.

    Attributes:
        size: height in pixels.
        weight: 400 is normal, 600 is bold.
    """

    size: int
    weight: int = 400

    def width(self, text: str) -> int:
        """The width of the text in pixels."""
        return int(cv2.getTextSize((0, 0), text, (0, 0), cv2.FontFace("sans"), self.size, self.weight)[2])

    def write(self, image: Image, text: str, x: int, top: int, color: Color) -> None:
        """Write the text into an RGB picture; its letters are centred vertically between `top` and `top + size`."""
        # Letters are about three quarters as high as the font size.
        base = top + round(self.size * 0.86)
        cv2.putText(image, text, (x, base), color, cv2.FontFace("sans"), self.size, self.weight)

    def wrapped(self, text: str, width: int) -> list[str]:
        """The text in lines that are at most `width` pixels wide, if no single word is wider."""
        lines = [""]
        for word in text.split():
            longer = f"{lines[-1]} {word}".strip()
            if self.width(longer) <= width or not lines[-1]:
                lines[-1] = longer
            else:
                lines.append(word)
        return lines
