"""Changes training faces at random, to make them similar to the faces in the videos of users.

The training faces are small and cropped tightly. Faces in videos are larger, cropped less exactly, unevenly lit,
blurred, compressed or partly covered. All results are grey, because the training faces are grey, and because crops are
made grey for weights with the colour mode `grey`.
"""

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

_INTERPOLATIONS = (cv2.INTER_LINEAR, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_AREA)
_BORDERS = (cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT)


def augment(image: Image, size: int, rng: np.random.Generator) -> Image:
    """A random variation of a face.

    Args:
        image: (H, W) grey or (H, W, 3) RGB, uint8.
        size: height and width of the result.
        rng: the only source of randomness.

    Returns:
        (size, size) grey uint8.
    """
    image = _light(_grey(image), rng)
    if rng.random() < 0.3:
        image = _lower_resolution(image, rng)
    image = _warp(image, size, rng)
    image = _sharpness(image, rng)
    if rng.random() < 0.4:
        image = _grain(image, rng)
    if rng.random() < 0.35:
        image = _occlude(image, rng)
    if rng.random() < 0.3:
        quality = int(rng.integers(20, 90))
        image = np.asarray(
            cv2.imdecode(cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))[1], -1), np.uint8
        )
    return image


def _grey(image: Image) -> Image:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8) if image.ndim == 3 else image


def _light(image: Image, rng: np.random.Generator) -> Image:
    """Change brightness, contrast and gamma by a lookup table; with a probability of 0.3, add light from one side."""
    level = np.arange(256) / 255
    gain, offset, gamma = rng.uniform(0.6, 1.4), rng.uniform(-0.15, 0.15), np.exp(rng.uniform(-0.5, 0.5))
    table = np.clip(((level**gamma - 0.5) * gain + 0.5 + offset) * 255, 0, 255).astype(np.uint8)
    image = np.asarray(cv2.LUT(image, table), np.uint8)
    if rng.random() < 0.3:
        height, width = image.shape[:2]
        angle, strength = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.6)
        slope = np.add.outer(np.sin(angle) * np.linspace(-1, 1, height), np.cos(angle) * np.linspace(-1, 1, width))
        shade = (1 + strength * slope).astype(np.float32)
        image = np.clip(image * shade, 0, 255).astype(np.uint8)
    return np.asarray(image, np.uint8)


def _lower_resolution(image: Image, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    scale = rng.uniform(20, 48) / max(height, width)
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _warp(image: Image, size: int, rng: np.random.Generator) -> Image:
    """Flip, rotate, scale, shift and stretch in one interpolation, from the source to (size, size)."""
    height, width = image.shape[:2]
    turn = np.deg2rad(np.clip(rng.normal(0, 9), -25, 25))
    zoom = size / max(height, width) * np.exp(rng.uniform(np.log(0.78), np.log(1.3)))
    stretch = np.exp(rng.uniform(-0.09, 0.09))
    flip = -1 if rng.random() < 0.5 else 1
    cos, sin = np.cos(turn) * zoom, np.sin(turn) * zoom
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.diag([flip * stretch, 1 / stretch])
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    target = (size - 1) / 2 + rng.uniform(-0.08, 0.08, 2) * size
    matrix = np.column_stack([linear, target - linear @ centre])
    interpolation = int(rng.choice(_INTERPOLATIONS))
    border = int(rng.choice(_BORDERS))
    warped = cv2.warpAffine(image, matrix, (size, size), flags=interpolation, borderMode=border)
    return np.asarray(warped, np.uint8)


def _sharpness(image: Image, rng: np.random.Generator) -> Image:
    """Blur, or sharpen with the halos that large photographs often have, or neither."""
    kind = rng.random()
    if kind < 0.25:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 4.0)), np.uint8)
    if kind < 0.55:
        blurred = cv2.GaussianBlur(image, (0, 0), rng.uniform(1.0, 5.0))
        amount = rng.uniform(0.3, 2.0)
        return np.asarray(cv2.addWeighted(image, 1 + amount, blurred, -amount, 0), np.uint8)
    return image


def _grain(image: Image, rng: np.random.Generator) -> Image:
    """Add noise like that of sensors or skin. Training faces of 48 pixels lack such detail, which must not matter."""
    height, width = image.shape[:2]
    cell = rng.uniform(1, 4)
    noise = rng.normal(0, rng.uniform(2, 14), (int(height / cell) + 1, int(width / cell) + 1)).astype(np.float32)
    fine = cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(image + fine, 0, 255), np.uint8)


def _occlude(image: Image, rng: np.random.Generator) -> Image:
    """Cover one or two parts with ellipses, as a hand, hair, a microphone or the edge of the picture would."""
    height, width = image.shape[:2]
    image = image.copy()
    for _ in range(int(rng.integers(1, 3))):
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        axes = (int(rng.uniform(0.05, 0.2) * width), int(rng.uniform(0.05, 0.3) * height))
        level = int(rng.integers(0, 256))
        cv2.ellipse(image, centre, axes, float(rng.uniform(0, 180)), 0, 360, level, -1)
    return image
