"""Labelled faces made on the spot: pictures of one edge, noise, and archives in the form of FER+."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS
from rbdm.training.dataset import load_faces
from rbdm.training.labelled_faces import LabelledFaces

COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
"""Of the votes in FER+."""


def picture(level: int = 128, height: int = 48, width: int = 48) -> npt.NDArray[np.uint8]:
    """(H, W) grey with an edge in it."""
    image = np.full((height, width), level, np.uint8)
    image[: height // 2, : width // 2] = 255 - level
    return image


def noise(count: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    """(N, 48, 48): blurred, so that no two are alike after scaling."""
    raw = np.random.default_rng(seed).integers(0, 256, (count, 48, 48), np.uint8)
    return np.stack([cv2.normalize(cv2.GaussianBlur(image, (0, 0), 4), None, 0, 255, cv2.NORM_MINMAX) for image in raw])


def write_noise(path: Path, count: int = 20) -> Path:
    """Noise with the votes of each class in turn, every split the same size."""
    votes = np.zeros((count, 10), np.uint8)
    votes[np.arange(count), np.arange(count) % 8] = 10
    arrays = {f"{split}_votes": votes for split in ("train", "valid", "test")}
    arrays |= {f"{split}_images": noise(count, seed) for seed, split in enumerate(("train", "valid", "test"))}
    np.savez(path, columns=np.array(COLUMNS), **arrays)
    return path


def some_faces(count: int, seed: int = 0) -> LabelledFaces:
    rows = [
        {"image": image, "expression": EXPRESSIONS[i % 8].name, "valence": 0.1 * (i % 8)}
        for i, image in enumerate(noise(count, seed))
    ]
    return load_faces([{**row, "arousal": -0.1} for row in rows])
