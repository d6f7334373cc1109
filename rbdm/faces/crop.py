"""The square around a face that the network sees."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.faces.boxes import Box
from rbdm.media.region import Region
from rbdm.types import Image


def crop_matrix(box: Box, width: int, height: int, crop_scale: float, size: int) -> npt.NDArray[np.float64]:
    """(2, 3) float64: the map from frame to crop, for `cv2.warpAffine`.

    `x' = size · ((x - cx)/side + ½)`, the same for y, with (cx, cy) the centre of the box and
    `side = crop_scale · (w + h)/2`, w and h its width and height, all in pixels of the frame. An `x` is the
    index of a pixel, as `cv2.warpAffine` counts: the centre of the first pixel is 0.

    Args:
        box: `ymin, xmin, ymax, xmax` as fractions of the frame's size; a confidence after them is ignored.
        width: pixels, of the frame.
        height: pixels, of the frame.
        crop_scale: side of the crop over the mean side of the box.
        size: side of the crop in pixels of the output.
    """
    ymin, xmin, ymax, xmax = (float(value) for value in box[:4])
    left, right, top, bottom = xmin * width, xmax * width, ymin * height, ymax * height
    scale = size / (crop_scale * ((right - left) + (bottom - top)) / 2)
    return np.array(
        [
            [scale, 0.0, size / 2 - scale * (left + right) / 2],
            [0.0, scale, size / 2 - scale * (top + bottom) / 2],
        ]
    )


def crop_region(box: Box, width: int, height: int, crop_scale: float) -> Region:
    """The pixels of a frame that `crop` looks at for a box; may leave the frame. Arguments as of `crop_matrix`."""
    ymin, xmin, ymax, xmax = (float(value) for value in box[:4])
    half = crop_scale * ((xmax - xmin) * width + (ymax - ymin) * height) / 4
    x, y = (xmin + xmax) * width / 2, (ymin + ymax) * height / 2
    return Region(math.floor(x - half) - 1, math.floor(y - half) - 1, math.ceil(x + half) + 2, math.ceil(y + half) + 2)


def box_in(region: Region, box: Box, width: int, height: int) -> npt.NDArray[np.float64]:
    """(4,) float64: a box of a frame of `width` by `height` pixels, as fractions of a region of that frame."""
    corners = np.asarray(box[:4], np.float64) * (height, width, height, width)
    tall, wide = region.bottom - region.top, region.right - region.left
    moved = corners - (region.top, region.left, region.top, region.left)
    return np.asarray(moved / (tall, wide, tall, wide), np.float64)


def crop(
    image: Image,
    box: Box,
    size: int,
    crop_scale: float,
    grey: bool = False,
    out: Image | None = None,
) -> Image:
    """The square around a face: one `cv2.warpAffine` by `crop_matrix`, bilinear, black outside of the frame.

    >>> crop(np.full((360, 640, 3), 128, np.uint8), (0.25, 0.4, 0.75, 0.6), size=224, crop_scale=0.85).shape
    (224, 224, 3)

    Args:
        image: (H, W, 3) uint8 RGB.
        box: `ymin, xmin, ymax, xmax` as fractions of H and W.
        size: side of the crop in pixels.
        crop_scale: side of the crop over the mean side of the box; see `crop_matrix`.
        grey: whether to replace the colours by their luma (ITU-R BT.601), in all three channels.
        out: (size, size, 3) uint8, C-contiguous: where to write the crop, e.g. a slice of a batch.

    Returns:
        (size, size, 3) uint8 RGB; `out` if given.
    """
    if out is None:
        out = np.empty((size, size, 3), np.uint8)
    elif out.shape != (size, size, 3) or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise ValueError(f"out must be a C-contiguous ({size}, {size}, 3) uint8 array, since OpenCV writes into it")
    matrix = crop_matrix(box, image.shape[1], image.shape[0], crop_scale, size)
    cv2.warpAffine(image, matrix, (size, size), out, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT, (0, 0, 0))
    if grey:
        cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB, out)
    return out
