"""Makes small pictures of a face and encodes them for an HTML page."""

import base64
from typing import cast

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.faces.crop import crop_region
from rbdm.media.frame import Frame
from rbdm.media.picture.region import Region
from rbdm.types import Image


def face_thumbnail(frame: Frame, box: npt.NDArray[np.floating], size: int, scale: float) -> Image:
    """The square around a face, moved into the frame, and smaller than asked if the frame is smaller.

    If the square is reduced, each output pixel is the mean of its area, so that small pictures have no aliasing.

    Args:
        frame: of a video.
        box: (4,) `ymin, xmin, ymax, xmax` as fractions of the frame's height and width; NaN for the middle of the
            frame.
        size: side of the result in pixels.
        scale: side of the square over the mean side of the box.

    Returns:
        (size, size, 3) uint8 RGB.
    """
    left, top, side = _square(frame, box, scale)
    square_pixels = frame.width == frame.columns
    whole = Region(0, 0, frame.width, frame.height)
    image, part = frame.around(Region(left, top, left + side, top + side)) if square_pixels else (frame.rgb(), whole)
    cut = image[top - part.top :, left - part.left :][:side, :side]
    kind = cv2.INTER_AREA if size < side else cv2.INTER_CUBIC
    return cast(Image, cv2.resize(cut, (size, size), interpolation=kind))


def thumbnail_matrix(frame: Frame, box: npt.NDArray[np.floating], size: int, scale: float) -> npt.NDArray[np.float64]:
    """(2, 3) float64: maps positions in the thumbnail of `face_thumbnail` to positions in the frame, in square pixels.

    Arguments as in `face_thumbnail`. Positions are pixel indices: the centre of the first pixel is 0.
    """
    left, top, side = _square(frame, box, scale)
    step = side / size
    return np.array([[step, 0, left + step / 2 - 0.5], [0, step, top + step / 2 - 0.5]])


def jpeg_uri(image: Image, quality: int = 80) -> str:
    """A `data:` URI with `image` as a JPEG.

    Args:
        image: (H, W, 3) uint8 RGB.
        quality: 0 to 100.
    """
    _, data = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")


def _square(frame: Frame, box: npt.NDArray[np.floating], scale: float) -> tuple[int, int, int]:
    """Left edge, top edge and side of the square of a thumbnail, in square pixels of the frame."""
    box = box if np.isfinite(box).all() else np.array([0.0, 0.0, 1.0, 1.0])
    around = crop_region(box, frame.width, frame.height, scale)
    side = min(around.right - around.left, frame.width, frame.height)
    left = _inside((around.left + around.right - side) // 2, frame.width - side)
    return left, _inside((around.top + around.bottom - side) // 2, frame.height - side), side


def _inside(place: int, last: int) -> int:
    return min(max(place, 0), last)
