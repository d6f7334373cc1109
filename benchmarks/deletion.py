"""How much a number of the network depends on parts of a face: the parts are blurred or shown, the most relevant first.

Petsiuk et al. (2018), "RISE", arXiv 1806.07421: deletion and insertion. The parts are the 14 × 14 patches of 16 pixels.
"""

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Crops = npt.NDArray[np.uint8]
Score = Callable[[Crops], Floats]
"""From (N, size, size, 3) to the number (N,) whose dependence is measured."""

SIDE = 14
SHARES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75)
"""Shares of the patches that are changed."""
FEW = slice(0, 3)
"""The shares of which the mean is the main figure: 5, 10 and 20 %."""
_BLUR = 16.0
"""Standard deviation of the blur in pixels: of a patch, only its brightness remains."""


def blurred(crops: Crops) -> Crops:
    """Faces of which only rough brightness is left."""
    return np.stack([cv2.GaussianBlur(crop, (0, 0), _BLUR) for crop in crops])


def patches(maps: Floats) -> Floats:
    """(N, 14, 14) from (N, size, size): the sum over each patch."""
    step = maps.shape[1] // SIDE
    return np.asarray(maps.reshape(len(maps), SIDE, step, SIDE, step).sum(axis=(2, 4)), np.float32)


def blob(count: int) -> Floats:
    """(count, 14, 14): a fixed map that is highest in the middle of the crop, and looks at nothing."""
    away = (np.arange(SIDE) - (SIDE - 1) / 2) ** 2
    return np.repeat(np.exp(-np.add.outer(away, away) / 32)[None].astype(np.float32), count, axis=0)


def deletion(crops: Crops, relevance: Floats, score: Score, shares: Sequence[float] = SHARES) -> Floats:
    """(N, shares): the number after the most relevant patches were blurred."""
    return _curve(crops, blurred(crops), relevance, score, shares)


def insertion(crops: Crops, relevance: Floats, score: Score) -> Floats:
    """(N, shares): the number of a blurred face after its most relevant patches were shown."""
    return _curve(blurred(crops), crops, relevance, score, SHARES)


def _curve(start: Crops, end: Crops, relevance: Floats, score: Score, shares: Sequence[float]) -> Floats:
    order = np.argsort(-relevance.reshape(len(relevance), -1), axis=1, kind="stable")
    size = start.shape[1]
    found = []
    for share in shares:
        chosen = np.zeros(order.shape, np.uint8)
        np.put_along_axis(chosen, order[:, : round(share * order.shape[1])], 1, axis=1)
        grid = chosen.reshape(-1, SIDE, SIDE)
        mask = np.repeat(np.repeat(grid, size // SIDE, axis=1), size // SIDE, axis=2)[..., None]
        found.append(score(np.where(mask, end, start)))
    return np.stack(found, axis=1)


def area(curve: Floats, first: Floats, last: Floats) -> Floats:
    """(N,): the mean height of curves that begin at `first` with 0 % and end at `last` with 100 %."""
    heights = np.column_stack([first, curve, last])
    return np.asarray(np.trapezoid(heights, [0, *SHARES, 1], axis=1), np.float32)
