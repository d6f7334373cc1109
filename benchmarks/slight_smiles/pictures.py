"""Changes pictures of faces: lifted corners of the mouth, two faces blended, other light.

A face has six key points, (6, 2) `y, x` as fractions of the picture: right eye, left eye, tip of the nose, centre of
the mouth, right ear, left ear.
"""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Points = npt.NDArray[np.floating]

_EYES, _NOSE, _MOUTH = [0, 1], 2, 3
_HALF_MOUTH = 0.42
"""Half the width of a mouth over the distance of the eyes, from the mean face of FER+."""
_LIP = 0.25
"""How far above and below the mouth the picture changes, over the distance from the eyes to the mouth."""


def is_frontal(points: Points) -> bool:
    """Whether the face is seen from the front, and large enough, so that the place of its mouth is known."""
    if not np.isfinite(points).all():
        return False
    middle, across = points[_EYES].mean(axis=0), points[1] - points[0]
    width, height = np.hypot(*across), np.hypot(*(points[_MOUTH] - middle))
    if width < 0.2 or height < 0.2 or width < 0.75 * height or points[_MOUTH][0] >= 0.92:
        return False
    aside = [abs(np.dot(points[i] - middle, across)) / width**2 for i in (_NOSE, _MOUTH)]
    return bool(aside[0] < 0.22 and aside[1] < 0.2)


def reshape_mouth(
    image: Image, points: Points, lift: float, widen: float = 0.0, shift: float = 0.0, gape: float = 0.0
) -> Image:
    """Move the mouth of a face. All numbers are fractions of the distance from the eyes to the mouth.

    Args:
        image: (H, W) grey.
        points: the key points of the face.
        lift: how far the corners of the mouth move up; the middle of the lower lip moves down by a quarter of it.
        widen: how far the corners move outwards.
        shift: how far the whole mouth moves up.
        gape: how far the lips move apart.
    """
    height, width = image.shape
    across = points[1] - points[0]
    distance = np.hypot(*across)
    right = across / distance
    down = np.array([right[1], -right[0]])
    middle = points[_EYES].mean(axis=0)
    down = down if np.dot(down, points[_MOUTH] - middle) >= 0 else -down
    unit = np.hypot(*(points[_MOUTH] - middle))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    place = np.stack([(y + 0.5) / height - points[_MOUTH][0], (x + 0.5) / width - points[_MOUTH][1]], -1)
    u, v = place @ right / (_HALF_MOUTH * distance), place @ down / (_LIP * unit)
    band = np.exp(-0.9 * v**2)
    beside = np.exp(-((np.maximum(np.abs(u) - 1, 0) / 0.6) ** 2))
    corners = np.where(np.abs(u) < 1, u**2, np.exp(-(((np.abs(u) - 1) / 0.65) ** 2)))
    lower_lip = np.exp(-((u / 0.6) ** 2)) * np.exp(-(((v - 0.4) / 0.7) ** 2))
    up = lift * (corners * band - 0.25 * lower_lip) + shift * band * beside
    up = up - gape * np.clip(v, -1, 1) * band * np.exp(-(u**2))
    aside = widen * np.clip(u, -1, 1) * beside * band
    source = unit * (up[..., None] * down - aside[..., None] * right)
    map_x, map_y = x + source[..., 1] * width, y + source[..., 0] * height
    moved = cv2.remap(
        image, map_x.astype(np.float32), map_y.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.uint8)


def blend(neutral: Image, points: Points, smiling: Image, its_points: Points, share: float) -> Image:
    """Lay a smiling face over a neutral one of equal size, with eyes, nose and mouth in place and in the same light.

    Args:
        neutral: (H, W) grey.
        points: its key points.
        smiling: (H, W) grey.
        its_points: the key points of `smiling`.
        share: 0 for `neutral`, 1 for `smiling`.
    """
    height, width = neutral.shape
    size = np.array([width, height])
    onto = (points[: _MOUTH + 1, ::-1] * size - 0.5).astype(np.float32)
    matrix = cv2.estimateAffinePartial2D((its_points[: _MOUTH + 1, ::-1] * size - 0.5).astype(np.float32), onto)[0]
    matrix = np.eye(2, 3) if matrix is None else matrix
    laid = cv2.warpAffine(smiling, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    laid = (laid - laid.mean()) / (laid.std() + 1) * neutral.std() + neutral.mean()
    return np.clip((1 - share) * neutral + share * laid, 0, 255).astype(np.uint8)


def change_light(image: Image, rng: np.random.Generator) -> Image:
    """Draw a gamma from 0.4 to 2.5, and for half of the pictures a low contrast, dark or bright."""
    level = (image.astype(np.float32) / 255) ** np.exp(rng.uniform(-0.9, 0.9))
    if rng.random() < 0.5:
        low, high = np.percentile(level, [2, 98])
        span = rng.uniform(0.25, 0.7)
        base = rng.uniform(0.02, 1 - span)
        level = np.clip((level - low) / max(high - low, 0.05), 0, 1) * span + base
    return np.clip(level * 255, 0, 255).astype(np.uint8)
