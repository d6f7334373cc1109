"""Makes a short clip of a real face, with its box stream, from a picture that is part of scikit-image."""

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from rbdm.client.demo_pictures import read_picture, write_video
from rbdm.errors import OutputError
from rbdm.ssi import Stream, write_stream

FRAMES = 75
RATE = 25
"""Frames per second."""
SIZE = 480
"""Width and height of the clip in pixels."""

# A NASA photograph of Eileen Collins, in the public domain.
_PICTURE = "data/astronaut.png"
_FACE = (225.0, 126.0, 124.0)
"""x and y of the centre of the face, and side of its box, in pixels of the picture."""
_CONFIDENCE = 0.95


def write_clip(folder: Path) -> tuple[Path, Path]:
    """Write `face.mp4`, a slow camera move towards a face, and its box stream `face.stream`.

    Returns:
        The video and the stream.

    Raises:
        RbdmError: scikit-image is not installed, or its picture is missing.
        OutputError: the folder cannot be created.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}") from None
    picture = read_picture("skimage", _PICTURE)
    moves = [_move(index / (FRAMES - 1)) for index in range(FRAMES)]
    video, stream = folder / "face.mp4", folder / "face.stream"
    write_video(video, [_warped(picture, move) for move in moves], RATE)
    rows = np.array([_box(move) for move in moves], np.float32)
    write_stream(stream, Stream(rows, RATE, media_type="feature;face;boundingbox;blazeface"))
    return video, stream


def _move(part: float) -> npt.NDArray[np.float64]:
    """(2, 3) float64: the map from pixels of the picture to those of the clip, after a `part` (0…1) of the move."""
    zoom = 1.4 + 0.4 * part
    x, y, _ = _FACE
    return np.array([[zoom, 0, SIZE * (0.45 + 0.1 * part) - zoom * x], [0, zoom, SIZE * 0.36 - zoom * y]])


def _warped(picture: npt.NDArray[np.uint8], move: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    return cv2.warpAffine(picture, move, (SIZE, SIZE)).astype(np.uint8, copy=False)


def _box(move: npt.NDArray[np.float64]) -> tuple[float, float, float, float, float]:
    x, y = move @ (*_FACE[:2], 1)
    half = move[0, 0] * _FACE[2] / 2
    return (y - half) / SIZE, (x - half) / SIZE, (y + half) / SIZE, (x + half) / SIZE, _CONFIDENCE
