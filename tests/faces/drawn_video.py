"""A made-up video: frames of brightness only, with textures as faces, and a detector that knows where they are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_HEIGHT, _WIDTH = 180, 320


@cache
def texture(seed: int, height: int, width: int) -> Floats:
    noise = np.random.default_rng(seed).uniform(0, 255, (height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 8)
    return np.asarray(np.clip(128 + (smooth - smooth.mean()) * 8, 0, 255), np.float32)


BACKGROUND = texture(0, _HEIGHT, _WIDTH)


def face(x: float, confidence: float = 0.9, y: float = 0.5, size: float = 0.4) -> tuple[float, ...]:
    """A row whose box has its centre at (x, y), and is `size` high and half as wide."""
    return (y - size / 2, x - size / 4, y + size / 2, x + size / 4, confidence)


@dataclass(eq=False)
class DrawnFrame:
    """A frame like `rbdm.media.frame.Frame`, sampled in the same way."""

    time: float
    faces: Floats
    after_gap: bool = False
    scene: int = 0
    _grey: Floats | None = field(default=None, repr=False)

    def brightness(self, top: float, left: float, bottom: float, right: float, count: int) -> Floats:
        places = (np.arange(count) + 0.5) / count
        rows = np.clip(((top + places * (bottom - top)) * _HEIGHT).astype(int), 0, _HEIGHT - 1)
        columns = np.clip(((left + places * (right - left)) * _WIDTH).astype(int), 0, _WIDTH - 1)
        return self.grey()[rows[:, None], columns]

    def grey(self) -> Floats:
        if self._grey is None:
            grey = (BACKGROUND if self.scene == 0 else texture(self.scene, _HEIGHT, _WIDTH)).copy()
            for person, row in enumerate(self.faces):
                top, left, bottom, right = (row[:4] * [_HEIGHT, _WIDTH, _HEIGHT, _WIDTH]).round().astype(int)
                drawn = texture(100 + person, 72, 64)
                drawn = cv2.resize(drawn, (max(1, right - left), max(1, bottom - top)))
                inside = np.s_[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]
                part = grey[inside]
                part[:] = drawn[max(0, -top) :, max(0, -left) :][: part.shape[0], : part.shape[1]]
            self._grey = grey
        return self._grey


@dataclass
class DrawnVideo:
    """Frames, with the attributes of a `rbdm.media.video.Video` that the search for faces uses."""

    frames: Sequence[DrawnFrame]
    width: int = 320
    height: int = 180

    def __iter__(self):
        return iter(self.frames)


def film(
    count: int, faces: Callable[[int], Sequence[tuple[float, ...]]], times: Sequence[float] | None = None
) -> list[DrawnFrame]:
    """`count` frames with the faces that the function gives for the number of each frame; 25 Hz."""
    return [
        DrawnFrame(i / 25 if times is None else times[i], np.array(faces(i), np.float32).reshape(-1, 5))
        for i in range(count)
    ]


class KnowingDetector:
    """Finds the faces of a `DrawnFrame`, the most confident first, and notes on which frames it ran."""

    batch_size = 4
    threshold = 0.5

    def __init__(self) -> None:
        self.seen: list[DrawnFrame] = []

    def submit(self, frames: list[DrawnFrame]) -> Callable[[], list[Floats]]:
        self.seen += frames
        return lambda: [frame.faces[np.argsort(-frame.faces[:, 4], kind="stable")] for frame in frames]
