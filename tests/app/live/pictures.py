"""Pictures as a browser sends them: JPEG, without a file around them."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from rbdm.media.video import Video


def jpeg(seed: int = 0, width: int = 64, height: int = 48) -> bytes:
    """A small picture of noise."""
    noise = np.random.default_rng(seed).integers(0, 255, (height // 8, width // 8, 3), np.uint8)
    return encoded(cv2.resize(noise, (width, height)))


def encoded(rgb: np.ndarray) -> bytes:
    """A picture as JPEG, as good as the page makes it."""
    found, data = cv2.imencode(".jpg", np.ascontiguousarray(rgb[:, :, ::-1]), [cv2.IMWRITE_JPEG_QUALITY, 92])
    assert found
    return data.tobytes()


def of_video(path: Path, count: int) -> Iterator[bytes]:
    """The first frames of a video."""
    with Video(path) as video:
        for _, frame in zip(range(count), video, strict=False):
            yield encoded(frame.rgb())
