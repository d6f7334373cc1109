"""Clips in which several people move as told, so that it is known who is where: portraits on a soft background."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tests.support.clips import Picture, constant, write_clip

RATE = 25
SIZE = 640, 360
_REACH = 1.1
"""Half of the side of a portrait, as a multiple of the side of its face."""
_LEAST_VISIBLE = 0.5
"""A face of which less is seen counts as hidden."""

Place = tuple[float, float, float]
"""Centre x and y of a face and its side, in pixels of the frame."""


@dataclass(frozen=True)
class Portrait:
    """A picture of one person, cut so that the face is in the middle, with a soft border.

    Attributes:
        picture: (N, N, 3) uint8 RGB; the face's side is N / (2 · `_REACH`).
    """

    picture: Picture


@dataclass(frozen=True)
class Actor:
    """A person in a clip.

    Attributes:
        portrait: what they look like.
        place: where they are at a time in seconds; None while they are not there. Later actors stand in front.
    """

    portrait: Portrait
    place: Callable[[float], Place | None]


def portrait(image: Picture, box: npt.NDArray[np.floating]) -> Portrait:
    """A portrait from an RGB picture, given the box of its face as `ymin, xmin, ymax, xmax` in fractions."""
    height, width = image.shape[:2]
    top, left, bottom, right = np.asarray(box[:4], float) * [height, width, height, width]
    side, reach = max(bottom - top, right - left), _REACH * max(bottom - top, right - left)
    x, y, count = (left + right) / 2, (top + bottom) / 2, round(2 * _REACH * side)
    matrix = np.array([[1, 0, reach - x], [0, 1, reach - y]], float)
    return Portrait(cv2.warpAffine(image, matrix, (count, count), borderMode=cv2.BORDER_REPLICATE))


def mirrored(one: Portrait) -> Portrait:
    """Another person, for a detector of faces: the mirror image."""
    return Portrait(np.ascontiguousarray(one.picture[:, ::-1]))


def write_people(
    path: Path, shots: Sequence[tuple[float, Sequence[Actor]]], *, size: tuple[int, int] = SIZE, seed: int = 0
) -> list[dict[int, npt.NDArray[np.float64]]]:
    """Write a clip of some shots, each with its length in seconds, its people, and a background of its own.

    The time of `Actor.place` goes on from shot to shot. An actor is the same person in all shots if its portrait is.

    Returns:
        For each frame the faces that can be seen: the box `ymin, xmin, ymax, xmax` in fractions of the frame by the
        number of the person, counted in the order in which the portraits are first named.
    """
    portraits = list(dict.fromkeys(id(actor.portrait) for _, actors in shots for actor in actors))
    scenes = [actors for seconds, actors in shots for _ in range(round(seconds * RATE))]
    numbers = [number for number, (seconds, _) in enumerate(shots) for _ in range(round(seconds * RATE))]
    backgrounds = [_background(size, seed + number) for number in range(len(shots))]
    truth: list[dict[int, npt.NDArray[np.float64]]] = []

    def draw(index: int, width: int, height: int) -> Picture:
        image = backgrounds[numbers[index]].copy()
        owner = np.full((height, width), -1)
        boxes = {}
        for actor in scenes[index]:
            place = actor.place(index / RATE)
            if place is not None:
                number = portraits.index(id(actor.portrait))
                _paste(image, owner, actor.portrait, place, number)
                boxes[number] = place
        truth.append({n: _fractions(place, size) for n, place in boxes.items() if _visible(owner, place, n)})
        return image

    write_clip(path, constant(len(scenes), RATE), size=size, rate=RATE, options={"crf": "18"}, draw=draw)
    return truth


def stays(x: float, y: float = 180, side: float = 90) -> Callable[[float], Place]:
    """A person who only sways."""
    return lambda time: (x + 3 * np.sin(2.1 * time + x), y + 2 * np.sin(1.3 * time + x), side)


def walks(points: Sequence[tuple[float, float]], y: float = 180, side: float = 90) -> Callable[[float], Place | None]:
    """A person who walks: x at some times in seconds, and in between at constant speed; not there before and after."""
    times, places = zip(*points, strict=True)

    def place(time: float) -> Place | None:
        if not times[0] <= time <= times[-1]:
            return None
        return float(np.interp(time, times, places)), y + 2 * np.sin(3 * time), side

    return place


def _background(size: tuple[int, int], seed: int) -> Picture:
    noise = np.random.default_rng(seed).uniform(0, 255, (size[1], size[0], 3)).astype(np.float32)
    return np.clip(cv2.GaussianBlur(noise, (0, 0), 15) * 6 - 640, 20, 235).astype(np.uint8)


def _paste(image: Picture, owner: npt.NDArray[np.int64], one: Portrait, place: Place, number: int) -> None:
    height, width = image.shape[:2]
    x, y, side = place
    count = len(one.picture)
    scale = 2 * _REACH * side / count
    matrix = np.array([[scale, 0, x - scale * count / 2], [0, scale, y - scale * count / 2]], float)
    grid = np.hypot(*(np.mgrid[:count, :count] / (count - 1) * 2 - 1))
    soft = np.clip((1 - grid) / 0.1, 0, 1).astype(np.float32)
    alpha = cv2.warpAffine(soft, matrix, (width, height))[:, :, None]
    shown = cv2.warpAffine(one.picture, matrix, (width, height), flags=cv2.INTER_AREA)
    image[:] = (image * (1 - alpha) + shown * alpha).astype(np.uint8)
    owner[alpha[:, :, 0] > 0.5] = number


def _fractions(place: Place, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    x, y, side = place
    return np.array([y - side / 2, x - side / 2, y + side / 2, x + side / 2]) / [size[1], size[0], size[1], size[0]]


def _visible(owner: npt.NDArray[np.int64], place: Place, number: int) -> bool:
    x, y, side = place
    top, left = max(round(y - side / 2), 0), max(round(x - side / 2), 0)
    seen = owner[top : max(round(y + side / 2), 0), left : max(round(x + side / 2), 0)] == number
    return bool(seen.sum() >= _LEAST_VISIBLE * side**2)
