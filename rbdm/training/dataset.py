"""Reads labelled faces: from an FER+ archive, from a CSV file (also AffectNet's), or from an iterable of dicts."""

import csv
import math
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS, match_class
from rbdm.faces.crop import crop
from rbdm.types import VALUES

SPLITS = ("train", "valid", "test")
_SPLIT_NAMES = {
    **{name: "train" for name in ("train", "training")},
    **{name: "valid" for name in ("valid", "validation", "val")},
    **{name: "test" for name in ("test", "testing")},
}

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
_EMPTY = {"", "null", "nan"}
_NO_EXPRESSION = {*_EMPTY, "none", "uncertain", "non-face", "no-face"}


@dataclass(frozen=True, eq=False)
class LabelledFaces:
    """N labelled faces of one split of a data set.

    Attributes:
        images: N images, each a uint8 array (H, W) or (H, W, 3) RGB, or the path of an image file.
        probabilities: (N, 8) float32, in each row a distribution over the expressions; NaN if the face has no label.
        valence_arousal: (N, 2) float32 in [-1, 1]; NaN if the face has no label.
        boxes: (N, 4) float32 `x, y, width, height` of the face in pixels of its image; NaN if the image is the face.
        derived: whether `valence_arousal` was derived from the expressions (`CIRCUMPLEX`) and not annotated.
    """

    images: list[npt.NDArray[np.uint8] | Path]
    probabilities: npt.NDArray[np.float32]
    valence_arousal: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]
    derived: bool = False

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
        image = self.images[index]
        if isinstance(image, Path):
            image = _read_image(image)
        if np.isnan(self.boxes[index]).any():
            return image
        x, y, width, height = (float(value) for value in self.boxes[index])
        tall, wide = image.shape[:2]
        if not (width > 0 and height > 0 and -width < x < wide and -height < y < tall):
            raise InputError(
                f"{self._name(index)}: the box {x:g}, {y:g}, {width:g}, {height:g} is outside of the picture"
            )
        box = y / tall, x / wide, (y + height) / tall, (x + width) / wide
        rgb = cv2.cvtColor(image, cv2.COLOR_GRAY2RGB) if image.ndim == 2 else image
        return crop(np.asarray(rgb, np.uint8), box, max(round(crop_scale * (width + height) / 2), 1), crop_scale)

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
        )


def load_faces(data: str | Path | Iterable[Mapping[str, Any]], split: str = "train") -> LabelledFaces:
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
        InputError: the data cannot be read or contain no usable face.
    """
    if isinstance(data, str | Path) and Path(data).suffix == ".npz":
        return _from_votes(Path(data), split)
    rows, folder, source = _read_rows(data, split)
    if _is_divided(rows):
        rows = [row for row in rows if _SPLIT_NAMES.get(str(row.get("split", "")).lower()) == split]
        if not rows:
            raise InputError(f"{source}: no row has the split {split!r}")
    return _from_rows(rows, folder, source)


def split_off_valid(data: str | Path | Iterable[Mapping[str, Any]], seed: int) -> tuple[LabelledFaces, LabelledFaces]:
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
    if path and (
        path.suffix == ".npz" or (path.is_dir() and len(_tables(path, "valid")) == 1 < len(_tables(path, "")))
    ):
        return faces, load_faces(data, "valid")
    if _is_divided(_read_rows(data, "train")[0]):
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


def _find_table(path: Path, split: str) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise InputError(f"{path}: no such .npz file, CSV file or folder")
    found = _tables(path, split) or _tables(path, "")
    if len(found) != 1:
        raise InputError(f"{path}: needs exactly one CSV, or one with {split!r} in its name; it has {len(found)}")
    return found[0]


def _tables(folder: Path, name: str) -> list[Path]:
    return [table for table in sorted(folder.glob("*.csv")) if name in table.stem.lower()]


def _read_rows(data: str | Path | Iterable[Mapping[str, Any]], split: str) -> tuple[list[Mapping[str, Any]], Path, str]:
    """The rows, the folder that their paths are relative to, and the name of the source for error messages."""
    if not isinstance(data, str | Path):
        return list(data), Path(), "the iterable"
    table = _find_table(Path(data), split)
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file)), table.parent, str(table)
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{table}: not a CSV file in UTF-8 ({error})") from error


def _is_divided(rows: list[Mapping[str, Any]]) -> bool:
    return any(row.get("split") for row in rows)


def _from_rows(rows: list[Mapping[str, Any]], folder: Path, source: str) -> LabelledFaces:
    parsed = [row for row in _parse_rows(rows, folder, source) if row is not None]
    if not parsed:
        raise InputError(f"{source}: holds no face with an expression, valence or arousal")
    images, probabilities, affect, boxes = zip(*parsed, strict=True)
    return LabelledFaces(
        list(images),
        np.array(probabilities, np.float32),
        np.array(affect, np.float32),
        np.array(boxes, np.float32),
    )


def _parse_rows(rows: list[Mapping[str, Any]], folder: Path, source: str) -> Iterator[tuple[Any, ...] | None]:
    for number, row in enumerate(rows, start=1):
        try:
            yield _parse_row(row, folder)
        except (ValueError, TypeError) as error:
            raise InputError(f"{source}, row {number}: {error}") from error


def _parse_row(row: Mapping[str, Any], folder: Path) -> tuple[Any, ...] | None:
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
    return math.nan if value is None or str(value).strip().lower() in _EMPTY else float(value)


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


def _read_image(path: Path) -> npt.NDArray[np.uint8]:
    content = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB) if content.size else None
    if image is None:
        raise InputError(f"{path}: no such image, or not one that OpenCV reads")
    return np.asarray(image, np.uint8)
