"""Parts of a face, from the key points of the face detector, and their shares of a map."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

REGIONS = ("brows and eyes", "nose", "mouth", "rest")
_EYES, _NOSE, _MOUTH, _REST = range(len(REGIONS))
_RIGHT_EYE, _LEFT_EYE, _TIP, _LIPS = range(4)


class Share(NamedTuple):
    """What a part of the face has of a map.

    Attributes:
        region: one of `REGIONS`.
        area: its share of the pixels of the crop, 0 to 1.
        supports: its share of all positive relevance in the crop, 0 to 1; NaN if there is none.
        opposes: its share of all negative relevance in the crop, likewise.
    """

    region: str
    area: float
    supports: float
    opposes: float


def shares(relevance: Floats, points: Floats) -> list[Share]:
    """The shares of the parts of a face, in the order of `REGIONS`.

    Args:
        relevance: (size, size) float32, of the crop.
        points: (6, 2) float32, see `region_of_pixels`.
    """
    regions = region_of_pixels(points, relevance.shape[0])
    found = []
    for index, name in enumerate(REGIONS):
        inside = regions == index
        signed = [np.maximum(sign * relevance, 0) for sign in (1, -1)]
        of_all = [float(part[inside].sum() / part.sum()) if part.any() else float("nan") for part in signed]
        found.append(Share(name, float(inside.mean()), *of_all))
    return found


def region_of_pixels(points: Floats, size: int) -> npt.NDArray[np.int64]:
    """(size, size) int64: for each pixel of a crop, the index of its part of the face in `REGIONS`.

    The unit u is the distance of the eyes or that of the mouth from the middle between them, whichever is greater: the
    first shrinks when a head turns, the second when it nods. Across and along the face, in u:

    - brows and eyes: up to 1.0 to both sides of the middle between the eyes, from 0.7 above it to 0.25 below
    - mouth: up to 0.65 to both sides of the centre of the mouth, from 0.3 above it to 0.4 below
    - nose: up to 0.4 to both sides of the line from the middle of the eyes to the tip, from the eyes down to 0.15 below
      the tip, as far as it belongs to neither of the other two

    Args:
        points: (6, 2) float32: x and y in pixels of the crop, in the order of `rbdm.faces.detector.Detector.submit`.
        size: side of the crop in pixels.
    """
    eyes, across = (points[_RIGHT_EYE] + points[_LEFT_EYE]) / 2, points[_LEFT_EYE] - points[_RIGHT_EYE]
    distance = float(np.hypot(*across))
    unit = max(distance, float(np.hypot(*(points[_LIPS] - eyes))), 1.0)
    across = across / distance if distance else np.array([1.0, 0.0])
    down = np.array([-across[1], across[0]])
    y, x = np.mgrid[:size, :size]
    pixels = np.stack([x, y], axis=-1)

    def place(point: Floats) -> tuple[Floats, Floats]:
        """Where the pixels are from a point: to the left side of the person, and down along the face."""
        away = (pixels - point) / unit
        return away @ across, away @ down

    regions = np.full((size, size), _REST)
    side, below = place(eyes)
    _, below_tip = place(points[_TIP])
    tip_side, tip_below = ((points[_TIP] - eyes) @ across / unit, (points[_TIP] - eyes) @ down / unit)
    along = np.clip(below / tip_below, 0, 1) if tip_below > 0 else np.zeros_like(below)
    regions[(np.abs(side - along * tip_side) <= 0.4) & (below >= 0) & (below_tip <= 0.15)] = _NOSE
    regions[(np.abs(side) <= 1.0) & (below >= -0.7) & (below <= 0.25)] = _EYES
    side, below = place(points[_LIPS])
    regions[(np.abs(side) <= 0.65) & (below >= -0.3) & (below <= 0.4)] = _MOUTH
    return regions
