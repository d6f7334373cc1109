"""Makes faces with slight smiles, and faces that only look alike, from the faces of FER+."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.quality import Picture
from benchmarks.slight_smiles.pictures import Image, blend, change_light, is_frontal, reshape_mouth
from rbdm.faces.detector import Detector
from rbdm.training.augmentation import augment
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.train import INPUT_SIZE

Floats = npt.NDArray[np.floating]

NEUTRAL, HAPPY = 0, 1
LIFTED, RESHAPED, BLENDED, LIT = "lifted", "reshaped", "blended", "lit"
_SIDE = 96
"""Faces of FER+ are enlarged to this before their mouths are moved."""
_LIT_FACES = 5000


class MadeFaces(NamedTuple):
    """Pictures that are made when they are needed, and their labels."""

    labels: Floats
    picture: Callable[[int], Image]


def key_points(faces: LabelledFaces, wanted: npt.NDArray[np.intp], file: Path) -> Floats:
    """(N, 6, 2) key points of faces that fill their pictures; NaN where none is found or wanted."""
    if file.exists():
        return np.asarray(np.load(file))
    detector, points = Detector(0.3), np.full((len(faces), 6, 2), np.nan, np.float32)
    for i in wanted:
        enlarged = cv2.resize(faces.image(i, 1), (144, 144))
        framed = cv2.copyMakeBorder(enlarged, 56, 56, 56, 56, cv2.BORDER_REPLICATE)
        rows = detector.detect(Picture(np.repeat(framed[..., None], 3, axis=2)))  # type: ignore[arg-type]
        if len(rows):
            largest = rows[((rows[:, 2] - rows[:, 0]) * (rows[:, 3] - rows[:, 1])).argmax()]
            points[i] = (largest[5:].reshape(6, 2) * 256 - 56) / 144
    np.save(file, points)
    return points


def made_faces(faces: LabelledFaces, cache: Path) -> dict[str, MadeFaces]:
    """Neutral faces of the training split with their mouths moved, or with a smiling face laid over them."""
    labels = faces.probabilities
    is_neutral, is_happy = (labels[:, NEUTRAL] >= 0.75) & (labels[:, HAPPY] == 0), labels[:, HAPPY] >= 0.9
    points = key_points(faces, np.flatnonzero(is_neutral | is_happy), cache / "points.npy")
    frontal = np.array([is_frontal(one) for one in points])
    neutral, happy = np.flatnonzero(is_neutral & frontal), np.flatnonzero(is_happy & frontal)
    large: Callable[[int], Image] = lambda i: _resize(faces.image(i, 1), _SIDE, cv2.INTER_CUBIC)  # noqa: E731
    smile = np.eye(8, dtype=np.float32)[HAPPY]
    lift = np.random.default_rng(1).uniform(0.03, 0.16, len(neutral)).astype(np.float32)
    smiling = np.clip((lift - 0.02) / 0.1, 0, 1)[:, None] * 0.9
    drawn = np.random.default_rng(1)
    part, mates = drawn.uniform(0.15, 0.75, len(neutral)).astype(np.float32), _alike(faces, neutral, happy, drawn)
    lit = np.random.default_rng(2).choice(len(faces), min(_LIT_FACES, len(faces)), replace=False)

    def lifted(k: int) -> Image:
        rng, i = np.random.default_rng([1, k]), neutral[k]
        moves = lift[k] * rng.uniform(0.3, 0.9), rng.normal(0, 0.015), rng.normal(0, 0.015)
        return augment(reshape_mouth(large(i), points[i], lift[k], *moves), INPUT_SIZE, rng)

    def reshaped(k: int) -> Image:
        rng, i = np.random.default_rng([1, k]), neutral[k]
        moves = rng.uniform(-0.04, 0.01), rng.uniform(-0.03, 0.03), rng.normal(0, 0.03), rng.normal(0, 0.03)
        image = reshape_mouth(large(i), points[i], *moves)
        return augment(change_light(image, rng) if rng.random() < 0.5 else image, INPUT_SIZE, rng)

    def blended(k: int) -> Image:
        i, j = neutral[k], mates[k]
        image = blend(large(i), points[i], large(j), points[j], part[k])
        return augment(image, INPUT_SIZE, np.random.default_rng([1, k]))

    def relit(k: int) -> Image:
        rng = np.random.default_rng([2, k])
        return augment(change_light(faces.image(lit[k], 1), rng), INPUT_SIZE, rng)

    between = labels[neutral] * (1 - part[:, None]) + labels[mates] * part[:, None]
    return {
        LIFTED: MadeFaces(labels[neutral] * (1 - smiling) + smile * smiling, lifted),
        RESHAPED: MadeFaces(labels[neutral], reshaped),
        BLENDED: MadeFaces(between, blended),
        LIT: MadeFaces(labels[lit], relit),
    }


def _alike(
    faces: LabelledFaces, neutral: npt.NDArray[np.intp], happy: npt.NDArray[np.intp], rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """For each neutral face, the one of 200 smiling faces whose upper half is most like it."""

    def upper(i: int) -> Floats:
        small = _resize(faces.image(i, 1), 12, cv2.INTER_AREA)[:7].astype(np.float32)
        return np.asarray((small - small.mean()) / (small.std() + 8))

    smiling = np.stack([upper(i) for i in happy])
    mates = []
    for i in neutral:
        chosen = rng.choice(len(happy), min(200, len(happy)), replace=False)
        mates.append(happy[chosen[((smiling[chosen] - upper(i)) ** 2).sum((1, 2)).argmin()]])
    return np.array(mates)


def _resize(image: Image, side: int, interpolation: int) -> Image:
    return np.asarray(cv2.resize(image, (side, side), interpolation=interpolation), np.uint8)
