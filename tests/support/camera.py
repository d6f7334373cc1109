"""A video as the camera of Chromium, which shows it again and again."""

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from tests.support.clips import Picture

NO_QUESTION = "--use-fake-ui-for-media-stream"
"""Chromium does not ask whether a page may use the camera: it may."""


def write_camera(path: Path, pictures: Iterable[Picture], rate: int = 30) -> Path:
    """Write (height, width, 3) uint8 RGB pictures, with even sides, as a Y4M file."""
    with path.open("wb") as file:
        for number, picture in enumerate(pictures):
            if not number:
                height, width = picture.shape[:2]
                file.write(f"YUV4MPEG2 W{width} H{height} F{rate}:1 Ip A1:1 C420jpeg\n".encode())
            file.write(b"FRAME\n" + cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2YUV_I420).tobytes())
    return path


def camera_flags(video: Path | None) -> list[str]:
    """The flags with which Chromium has this video as its only camera; None for its own test picture."""
    return ["--use-fake-device-for-media-stream", *([f"--use-file-for-fake-video-capture={video}"] if video else [])]


def filling(picture: Picture, width: int, height: int) -> Picture:
    """The middle of a picture, as large as this frame needs it."""
    scale = max(width / picture.shape[1], height / picture.shape[0])
    large = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    top, left = (large.shape[0] - height) // 2, (large.shape[1] - width) // 2
    return np.ascontiguousarray(large[top : top + height, left : left + width])
