"""Lays a map over a picture: orange where a face speaks for a class, blue where it speaks against it."""

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.export.overlay.painter import NEGATIVE, POSITIVE
from rbdm.types import Image

LIMITS = (
    "The map shows where in this picture the network found what it used. It does not show that the label is right, "
    "why the face looks so, or what the person feels."
)
"""What every picture of a map must say."""
_STRONGEST = 0.85
"""How much of the picture is covered where the map is strongest."""
_EXPONENT = 0.75
_DARK, _BRIGHT = 40.0, 215.0
"""The range of the grey picture, so that the colours are visible on black and on white."""


def blend(picture: Image, relevance: npt.NDArray[np.floating], strongest: float | None = None) -> Image:
    """A grey copy of a picture with a map over it.

    The colours are told apart by people with any kind of colour vision: they differ in blue against red and green.

    Args:
        picture: (H, W, 3) uint8 RGB.
        relevance: (H, W) float.
        strongest: the magnitude that is covered most; the largest one of the map if it is None.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    most = strongest or float(np.abs(relevance).max()) or 1.0
    signed = np.clip(relevance / most, -1, 1)[..., None]
    luma = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None] / 255
    grey = _DARK + (_BRIGHT - _DARK) * luma
    color = np.where(signed > 0, np.array(POSITIVE, float), np.array(NEGATIVE, float))
    # The exponent makes the weaker half of a map visible.
    cover = _STRONGEST * np.abs(signed) ** _EXPONENT
    return np.asarray(np.round(grey * (1 - cover) + color * cover), np.uint8)
