"""Cuts out the square around a face, which is the input of the network."""

import math

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.faces.boxes import Box
from rbdm.media.frame import Frame
from rbdm.media.picture.region import Region
from rbdm.types import Image


def crop_matrix(
    box: Box, width: int, height: int, crop_scale: float, size: int, pixel_aspect: float = 1.0
) -> npt.NDArray[np.float64]:
    """(2, 3) float64: the matrix that maps positions in the frame to positions in the crop, for `cv2.warpAffine`.

    `x' = size · ((x - cx) · pixel_aspect/side + ½)` and `y' = size · ((y - cy)/side + ½)`, where (cx, cy) is the centre
    of the box, w and h are its width and height, and `side = crop_scale · (w · pixel_aspect + h)/2`, all in pixels of
    the frame. Positions are pixel indices, as in `cv2.warpAffine`: the centre of the first pixel is 0.

    Args:
        box: `ymin, xmin, ymax, xmax` as fractions of the frame's height and width; a confidence after them is ignored.
        width: width of the frame in pixels.
        height: height of the frame in pixels.
        crop_scale: the side of the crop, divided by the mean of the box's width and height.
        size: the side of the crop in pixels of the output.
        pixel_aspect: the width of a pixel of the frame divided by its height.
    """
    ymin, xmin, ymax, xmax = (float(value) for value in box[:4])
    left, right, top, bottom = xmin * width, xmax * width, ymin * height, ymax * height
    scale = size / (crop_scale * ((right - left) * pixel_aspect + (bottom - top)) / 2)
    scale_x = scale * pixel_aspect
    return np.array(
        [
            [scale_x, 0.0, size / 2 - scale_x * (left + right) / 2],
            [0.0, scale, size / 2 - scale * (top + bottom) / 2],
        ]
    )


def crop_region(box: Box, width: int, height: int, crop_scale: float, pixel_aspect: float = 1.0) -> Region:
    """The region of a frame that `crop` reads for a box; may extend beyond the frame. Arguments as in `crop_matrix`."""
    ymin, xmin, ymax, xmax = (float(value) for value in box[:4])
    half = crop_scale * ((xmax - xmin) * width * pixel_aspect + (ymax - ymin) * height) / 4
    half_x = half / pixel_aspect
    x, y = (xmin + xmax) * width / 2, (ymin + ymax) * height / 2
    left, right, top, bottom = x - half_x, x + half_x, y - half, y + half
    return Region(math.floor(left) - 1, math.floor(top) - 1, math.ceil(right) + 2, math.ceil(bottom) + 2)


def box_in(region: Region, box: Box, width: int, height: int) -> npt.NDArray[np.float64]:
    """(4,) float64: a box as fractions of a region, instead of fractions of the frame.

    Args:
        region: the region of the frame, in pixels.
        box: `ymin, xmin, ymax, xmax` as fractions of the frame's height and width.
        width: width of the frame in pixels.
        height: height of the frame in pixels.
    """
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
    pixel_aspect: float = 1.0,
) -> Image:
    """Cut out the square around a face by `cv2.warpAffine` with `crop_matrix`: bilinear, and black outside the frame.

    >>> crop(np.full((360, 640, 3), 128, np.uint8), (0.25, 0.4, 0.75, 0.6), size=224, crop_scale=0.85).shape
    (224, 224, 3)

    Args:
        image: (H, W, 3) uint8 RGB.
        box: `ymin, xmin, ymax, xmax` as fractions of H and W.
        size: the side of the crop in pixels.
        crop_scale: the side of the crop, divided by the mean of the box's width and height.
        grey: whether to replace the colours by their luma (ITU-R BT.601), in all three channels.
        out: (size, size, 3) uint8, C-contiguous: the array to write the crop to, e.g. a slice of a batch.
        pixel_aspect: the width of a pixel of `image` divided by its height.

    Returns:
        (size, size, 3) uint8 RGB; `out` if given.

    Raises:
        InputError: `image` is not such an array.
        ValueError: `out` has another shape or dtype, or is not C-contiguous.
    """
    check_picture(image)
    if out is None:
        out = np.empty((size, size, 3), np.uint8)
    elif out.shape != (size, size, 3) or out.dtype != np.uint8 or not out.flags.c_contiguous:
        raise ValueError(f"out must be a C-contiguous ({size}, {size}, 3) uint8 array, since OpenCV writes into it")
    matrix = crop_matrix(box, image.shape[1], image.shape[0], crop_scale, size, pixel_aspect)
    cv2.warpAffine(image, matrix, (size, size), out, cv2.INTER_LINEAR, cv2.BORDER_CONSTANT, (0, 0, 0))
    if grey:
        cv2.cvtColor(cv2.cvtColor(out, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB, out)
    return out


def crop_frame(frame: Frame, box: Box, size: int, crop_scale: float, grey: bool, out: Image | None = None) -> Image:
    """Cut out the square around a face of a video frame, converting only the pixels that are needed.

    Args:
        frame: of a video.
        box: see `crop`; so are the other arguments and the result.
        size: see `crop`.
        crop_scale: see `crop`.
        grey: see `crop`.
        out: see `crop`.
    """
    width, height, pixel_aspect = frame.columns, frame.rows, frame.pixel_aspect
    image, region = frame.around(crop_region(box, width, height, crop_scale, pixel_aspect))
    return crop(image, box_in(region, box, width, height), size, crop_scale, grey, out, pixel_aspect)


def check_picture(image: object, name: str = "image") -> None:
    """Check that a picture is what OpenCV needs. With another type, OpenCV would not write into the array it is given.

    Args:
        image: the picture.
        name: its name in the message.

    Raises:
        InputError: it is not an (H, W, 3) uint8 array with at least one pixel.
    """
    if not isinstance(image, np.ndarray):
        raise InputError(f"{name} is a {type(image).__name__}: it must be an (H, W, 3) uint8 array of RGB pixels")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
        found = f"has the shape {image.shape} and the type {image.dtype}"
        raise InputError(f"{name} {found}: it must be an (H, W, 3) uint8 array of RGB pixels (0…255)")
