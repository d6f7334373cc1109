"""Labelled faces of a data set: their images, labels and boxes, and the input of the network that is made from them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.faces.crop import crop


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
        left_out: number of images that are not among these, because no face was found in them.
        rows: N rows of the table that the faces come from, with all their columns; empty if there is no table.
    """

    images: list[npt.NDArray[np.uint8] | Path]
    probabilities: npt.NDArray[np.float32]
    valence_arousal: npt.NDArray[np.float32]
    boxes: npt.NDArray[np.float32]
    derived: bool = False
    divided: bool = True
    rows: tuple[Mapping[str, Any], ...] = ()
    left_out: int = 0

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

    def rgb(self, index: int) -> npt.NDArray[np.uint8]:
        """The whole image of face `index`: (H, W, 3) uint8 RGB.

        Raises:
            InputError: the file cannot be read.
        """
        return _rgb(self._image(index))

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
        return replace(
            self,
            images=[self.images[i] for i in indices],
            probabilities=self.probabilities[indices],
            valence_arousal=self.valence_arousal[indices],
            boxes=self.boxes[indices],
            rows=tuple(self.rows[i] for i in indices) if self.rows else (),
        )

    def column(self, name: str) -> list[str]:
        """The texts of a column of the table, one for each face; empty texts where there is no such column."""
        values = [row.get(name) for row in self.rows] or [None] * len(self)
        return ["" if value is None else str(value).strip() for value in values]


def _rgb(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2RGB), np.uint8) if image.ndim == 2 else image


def _read_image(path: Path) -> npt.NDArray[np.uint8]:
    content = np.fromfile(path, np.uint8) if path.is_file() else np.empty(0, np.uint8)
    image = cv2.imdecode(content, cv2.IMREAD_COLOR_RGB) if content.size else None
    if image is None:
        raise InputError(f"{path}: no such image, or not one that OpenCV reads")
    return np.asarray(image, np.uint8)
