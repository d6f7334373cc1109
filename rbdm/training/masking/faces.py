"""Labelled faces that are masked by what was relevant to a teacher, as training sees them."""

from dataclasses import dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.network.weights import Weights
from rbdm.progress import OnProgress
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.training.masking.masks import Floats, Mode, check_share, mask_image, soft_mask
from rbdm.training.masking.relevance import maps_of_teacher


@dataclass(frozen=True)
class Masking:
    """How faces are masked.

    Attributes:
        teacher: SHA-256 of the weights whose relevance decides.
        mode: see `rbdm.training.masking.masks.mask_image`.
        share: see `rbdm.training.masking.masks.soft_mask`.
    """

    teacher: str
    mode: Mode
    share: float


@dataclass(frozen=True, eq=False, kw_only=True)
class MaskedFaces(LabelledFaces):
    """Labelled faces of which `image` returns masked images. `network_input` and `rgb` return whole ones.

    The mask is a part of the image before it is augmented, so that whatever moves the image moves the mask.

    Attributes:
        maps: (N, h, w) float32, the relevance in the square that the teacher sees.
        crop_scale: side of that square over the mean side of the box.
        masking: how they are masked.
    """

    maps: Floats
    crop_scale: float
    masking: Masking

    def image(self, index: int, crop_scale: float) -> npt.NDArray[np.uint8]:
        """Face `index` masked; arguments and shape as in `LabelledFaces.image`."""
        image, relevance = super().image(index, crop_scale), self.maps[index]
        if not np.isnan(self.boxes[index]).any():
            relevance = _in_square(relevance, crop_scale / self.crop_scale)
        return mask_image(image, soft_mask(relevance, image.shape[:2], self.masking.share), self.masking.mode)

    def take(self, indices: npt.NDArray[np.integer]) -> "MaskedFaces":
        """The faces at `indices`, in that order."""
        return _masked(super().take(indices), self.maps[indices], self.crop_scale, self.masking)


def mask_faces(
    faces: LabelledFaces,
    teacher: Weights,
    mode: Mode,
    share: float,
    progress: OnProgress = lambda progress: None,
) -> MaskedFaces:
    """Mask the faces by their relevance to a teacher.

    Args:
        faces: the faces.
        teacher: the weights whose decisions are explained; float32.
        mode: see `rbdm.training.masking.masks.mask_image`.
        share: see `rbdm.training.masking.masks.soft_mask`.
        progress: called at intervals while the relevance is computed.

    Raises:
        OptionError: the share is out of range.
        InputError: a face cannot be read.
        OutputError: the cache folder cannot be written.
        WeightsError: the teacher's weights are 8-bit weights, or of another network.
    """
    check_share(share)
    maps = maps_of_teacher(faces, teacher, progress=progress)
    return _masked(faces, maps, teacher.entry.crop_scale, Masking(teacher.sha256, mode, share))


def _masked(faces: LabelledFaces, maps: Floats, crop_scale: float, masking: Masking) -> MaskedFaces:
    values = {field.name: getattr(faces, field.name) for field in fields(LabelledFaces)}
    return MaskedFaces(**values, maps=maps, crop_scale=crop_scale, masking=masking)


def _in_square(relevance: Floats, scale: float) -> Floats:
    """The map of a square with the same centre, `scale` times as large. What the teacher did not see is least relevant.

    Positions are those of centres of pixels, so that the centre of the map is (h - 1) / 2.
    """
    if scale == 1:
        return relevance
    height, width = relevance.shape
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    matrix = np.column_stack([np.eye(2) * scale, centre * (1 - scale)])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    lowest = float(relevance.min())
    moved = cv2.warpAffine(relevance, matrix, (width, height), None, how, cv2.BORDER_CONSTANT, (lowest,))
    return np.asarray(moved, np.float32)
