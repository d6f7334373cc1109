"""Reads an archive of faces with votes of several people, in the form of FER+."""

import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS, match_class
from rbdm.training.labelled_faces import LabelledFaces

CIRCUMPLEX = np.array(
    [
        (0.0, 0.0),
        (0.81, 0.51),
        (-0.63, -0.27),
        (0.40, 0.67),
        (-0.64, 0.60),
        (-0.60, 0.35),
        (-0.51, 0.59),
        (-0.555, 0.47),
    ],
    np.float32,
)
"""(8, 2) valence and arousal of each class, in [-1, 1].

Mean pleasure and arousal ratings of *happy, sad, surprised, fearful, disgusted, angry* in Russell & Mehrabian (1977),
"Evidence for a three-factor theory of emotions", Journal of Research in Personality 11, 273–294. Neutral is the
origin of the scales. Contempt is not rated there under its name: it stands midway between disgust and anger.
"""

_FERPLUS_COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
_FERPLUS_REST = ("unknown", "NF")
"""NF means: not a face."""


def read_votes(path: Path, split: str) -> LabelledFaces:
    """The usable faces of one split; valence and arousal are the expected ones under the votes (`CIRCUMPLEX`).

    Raises:
        InputError: the archive cannot be read, or has no usable face.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            images, votes, columns = archive[f"{split}_images"], archive[f"{split}_votes"], archive["columns"].tolist()
        votes = votes[:, [columns.index(name) for name in (*_FERPLUS_COLUMNS, *_FERPLUS_REST)]]
    except (OSError, EOFError, KeyError, ValueError, IndexError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path}: not an FER+ archive with {split}_images, {split}_votes and columns ({error})"
        ) from error
    if images.dtype != np.uint8 or images.ndim != 3 or len(images) != len(votes):
        raise InputError(f"{path}: {split}_images must be uint8 (n, height, width), one for each row of {split}_votes")
    probabilities = clean_votes(votes)
    usable = ~np.isnan(probabilities[:, 0])
    if not usable.any():
        raise InputError(f"{path}: {split}_votes hold no usable face")
    probabilities = probabilities[usable]
    boxes = np.full((len(probabilities), 4), np.nan, np.float32)
    return LabelledFaces(list(images[usable]), probabilities, probabilities @ CIRCUMPLEX, boxes, derived=True)


def clean_votes(votes: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
    """Distributions over our eight classes from FER+ votes, after Barsoum et al. 2016 (arXiv 1608.01041), section 3.

    A class with a single vote counts as a mistake and is dropped. The votes for *unknown* and *not a face* are dropped
    afterwards.

    Args:
        votes: (N, 10) numbers of votes for neutral, happiness, surprise, sadness, anger, disgust, fear, contempt,
            unknown, NF.

    Returns:
        (N, 8) float32 in the order of our classes, rows adding up to 1. A row is NaN if its most frequent vote is
        unknown or NF, or if no vote remains.
    """
    kept = np.where(votes > 1, votes, 0).astype(np.float32)
    order = [
        next(i for i, name in enumerate(_FERPLUS_COLUMNS) if match_class(name) == c) for c in range(len(EXPRESSIONS))
    ]
    ours = kept[:, order]
    unusable = (kept.argmax(axis=1) >= len(_FERPLUS_COLUMNS)) | (ours.sum(axis=1) == 0)
    distribution = ours / np.maximum(ours.sum(axis=1, keepdims=True), 1)
    distribution[unusable] = np.nan
    return np.asarray(distribution, np.float32)
