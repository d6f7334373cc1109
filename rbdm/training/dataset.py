"""Reads labelled faces: from an FER+ archive, from a CSV file (also AffectNet's), or from an iterable of dicts."""

import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS, match_class
from rbdm.faces.crop import crop
from rbdm.training.tables import EMPTY, Row, has_split, read_rows
from rbdm.types import VALUES

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
_AFFECTNET_PATH = "subDirectory_filePath"
_AFFECTNET_CLASSES = 11
_AFFECTNET_MISSING = -2.0
_NO_EXPRESSION = {*EMPTY, "none", "uncertain", "non-face", "no-face"}


@dataclass(frozen=True, eq=False)
class LabelledFaces:
    """N labelled faces of one split of a data set.

    Attributes:
        images: N images, each a uint8 array (H, W) or (H, W, 3) RGB, or the path of an image file.
        probabilities: (N, 8) float32, in each row a distribution over the expressions; NaN if the face has no label.
        valence_arousal: (N, 2) float32 in [-1, 1]; NaN if the face has no label.
        boxes: (N, 4) float32 `x, y, width, height` of the face in pixels of its image; NaN if the image is the face.
        derived: whether `valence_arousal` was derived from the expressions (`CIRCUMPLEX`) and not annotated.
        divided: whether the data says which faces belong to a split; if not, these are all faces.
    """

    images: list[npt.NDArray[np.uint8] | Path]
    probabilities: npt.NDArray[np.float32]
    valence_arousal: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]
    derived: bool = False
    divided: bool = True

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.images)

    def image(self, index: int, crop_scale: float) -> npt.NDArray[np.uint8]:
        """Face `index` as uint8, (H, W) grey or (H, W, 3) RGB.

        Args:
            index: 0 … N-1.
            crop_scale: side of the square that is cropped around a face with a box, over the mean side of the box. The
                square is black outside of the picture. A face without a box is returned unchanged.

        Raises:
            InputError: the file cannot be read, or the box is empty or completely outside of the picture.
        """
        image, box = self._image(index), self.boxes[index]
        if np.isnan(box).any():
            return image
        side = max(round(crop_scale * float(box[2] + box[3]) / 2), 1)
        return crop(_rgb(image), self._box(index, image), side, crop_scale)

    def network_input(self, index: int, size: int, crop_scale: float, grey: bool) -> npt.NDArray[np.uint8]:
        """Face `index` as input of the network: (size, size, 3) uint8 RGB.

        A face with a box is cropped as in a video, by one interpolation. A face without a box is the whole image,
        scaled.

        Args:
            index: 0 … N-1.
            size: height and width of the network's input.
            crop_scale: see `image`.
            grey: whether the colours are replaced by their luma.

        Raises:
            InputError: see `image`.
        """
        image = self._image(index)
        if not np.isnan(self.boxes[index]).any():
            return crop(_rgb(image), self._box(index, image), size, crop_scale, grey)
        if image.ndim == 3 and grey:
            image = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
        interpolation = cv2.INTER_AREA if min(image.shape[:2]) > size else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(_rgb(image), (size, size), interpolation=interpolation), np.uint8)

    def _image(self, index: int) -> npt.NDArray[np.uint8]:
        image = self.images[index]
        return _read_image(image) if isinstance(image, Path) else image

    def _box(self, index: int, image: npt.NDArray[np.uint8]) -> tuple[float, float, float, float]:
        """`ymin, xmin, ymax, xmax` as fractions of the image's height and width."""
        x, y, width, height = (float(value) for value in self.boxes[index])
        tall, wide = image.shape[:2]
        if not (width > 0 and height > 0 and -width < x < wide and -height < y < tall):
            raise InputError(
                f"{self._name(index)}: the box {x:g}, {y:g}, {width:g}, {height:g} is outside of the picture"
            )
        return y / tall, x / wide, (y + height) / tall, (x + width) / wide

    def _name(self, index: int) -> str:
        image = self.images[index]
        return str(image) if isinstance(image, Path) else f"face {index}"

    def take(self, indices: npt.NDArray[np.integer]) -> "LabelledFaces":
        """The faces at `indices`, in that order."""
        return LabelledFaces(
            [self.images[i] for i in indices],
            self.probabilities[indices],
            self.valence_arousal[indices],
            self.boxes[indices],
            self.derived,
            self.divided,
        )


def load_faces(data: str | Path | Iterable[Row], split: str = "train") -> LabelledFaces:
    """One split of a data set.

    Args:
        data: one of these three:

            - An `.npz` file with `{split}_images` (n, 48, 48) uint8, `{split}_votes` (n, 10) and `columns`, the names
              of the votes as in FER+.
            - A CSV file, or a folder with one, with the columns `path` (relative to the CSV file) or AffectNet's
              `subDirectory_filePath`, `expression` (a name, or AffectNet's number), `valence`, `arousal`, and
              optionally `split` and the box `face_x`, `face_y`, `face_width`, `face_height` in pixels.
            - An iterable of dicts with the same keys, which may have `image` (a path or an array) instead of `path`.
        split: `train`, `valid` or `test`. If the data have no splits, all faces are returned for any split.

    Raises:
        InputError: the data cannot be read, contain no usable face, or have other splits only.
    """
    if isinstance(data, str | Path) and Path(data).suffix == ".npz":
        return _from_votes(Path(data), split)
    return _from_rows(*read_rows(data, split))


def split_off_valid(data: str | Path | Iterable[Row], seed: int) -> tuple[LabelledFaces, LabelledFaces]:
    """Faces for training and faces for validation.

    They are the splits `train` and `valid` of the data. If the data have no splits, one tenth of the faces is drawn at
    random for validation.

    Args:
        data: see `load_faces`.
        seed: of the random draw.

    Raises:
        InputError: see `load_faces`.
    """
    if not isinstance(data, str | Path):
        data = list(data)
    faces = load_faces(data, "train")
    path = Path(data) if isinstance(data, str | Path) else None
    if (path and path.suffix == ".npz") or has_split(data, "valid"):
        return faces, load_faces(data, "valid")
    if len(faces) < 2:
        raise InputError(
            f"{path or 'the iterable'}: holds one face, but one is needed for training and one for validation"
        )
    order = np.random.default_rng(seed).permutation(len(faces))
    tenth = max(len(faces) // 10, 1)
    return faces.take(order[tenth:]), faces.take(order[:tenth])


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


def _from_votes(path: Path, split: str) -> LabelledFaces:
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


def _from_rows(rows: list[Row], folder: Path, source: str, divided: bool) -> LabelledFaces:
    parsed = [row for row in _parse_rows(rows, folder, source) if row is not None]
    if not parsed:
        raise InputError(f"{source}: holds no face with an expression, valence or arousal")
    images, probabilities, affect, boxes = zip(*parsed, strict=True)
    return LabelledFaces(
        list(images),
        np.array(probabilities, np.float32),
        np.array(affect, np.float32),
        np.array(boxes, np.float32),
        divided=divided,
    )


def _parse_rows(rows: list[Row], folder: Path, source: str) -> Iterator[tuple[Any, ...] | None]:
    for number, row in enumerate(rows, start=1):
        try:
            yield _parse_row(row, folder)
        except (ValueError, TypeError) as error:
            raise InputError(f"{source}, row {number}: {error}") from error


def _parse_row(row: Row, folder: Path) -> tuple[Any, ...] | None:
    found = (row.get(key) for key in ("image", "path", _AFFECTNET_PATH))
    image = next((value for value in found if value is not None and not (isinstance(value, str) and not value)), None)
    if image is None:
        raise ValueError(f"has no image, path or {_AFFECTNET_PATH}")
    image = folder / image if isinstance(image, str | Path) else _check_image(np.asarray(image))
    label = _expression(row.get("expression"))
    affect = [_affect(row.get(key)) for key in VALUES]
    if label is None and all(math.isnan(value) for value in affect):
        return None
    distribution = np.eye(8, dtype=np.float32)[label] if label is not None else np.full(8, np.nan, np.float32)
    box = [_number(row.get(f"face_{key}")) for key in ("x", "y", "width", "height")]
    return image, distribution, affect, box


def _check_image(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if image.dtype != np.uint8 or image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(
            f"image is {image.dtype} {image.shape}: it must be uint8 (height, width) or (height, width, 3)"
        )
    return image


def _number(value: Any) -> float:
    return math.nan if value is None or str(value).strip().lower() in EMPTY else float(value)


def _expression(value: Any) -> int | None:
    """The class of a name or of AffectNet's number, of which the first eight are ours; None if it is no expression."""
    text = "" if value is None else str(value).strip()
    if text.lower() in _NO_EXPRESSION:
        return None
    number = match_class(text)
    if number is None and text.removesuffix(".0").isdecimal():
        number = int(text.removesuffix(".0"))
    if number is None or number >= _AFFECTNET_CLASSES:
        raise ValueError(f"expression {text!r} is not one of {', '.join(e.name for e in EXPRESSIONS)}")
    return number if number < len(EXPRESSIONS) else None


def _affect(value: Any) -> float:
    number = _number(value)
    if number == _AFFECTNET_MISSING:
        return math.nan
    if abs(number) > 1:
        raise ValueError(f"valence or arousal is {number}, outside [-1, 1]")
    return number


def _rgb(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8) if image.ndim == 2 else image


def _read_image(path: Path) -> npt.NDArray[np.uint8]:
    content = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB) if content.size else None
    if image is None:
        raise InputError(f"{path}: no such image, or not one that OpenCV reads")
    return np.asarray(image, np.uint8)
