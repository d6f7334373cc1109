"""Makes clips in which finding faces is difficult: from a picture that comes with scikit-image."""

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt
from skimage.data import astronaut

Image = npt.NDArray[np.uint8]

SIZE = 640, 360
RATE = 25
FRAMES = 250
GRAIN = 4.0
_FACE, _FACE_SIDE = (225.0, 126.0), 124.0
"""Centre (x, y) and side of the face in the picture, in pixels."""


class Scene:
    """Draws faces at any place of a frame, on a background without faces.

    Args:
        seed: of the background, and of everything random in a clip.
    """

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        picture = astronaut()
        other = np.repeat(cv2.cvtColor(picture[:, ::-1], cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
        self._people = [(picture, _FACE), (other, (picture.shape[1] - 1 - _FACE[0], _FACE[1]))]
        width, height = SIZE
        noise = self.random.uniform(0, 255, (height, width, 3)).astype(np.float32)
        blurred = cv2.GaussianBlur(noise, (0, 0), 12)
        self.background = np.clip(128 + (blurred - blurred.mean()) * 4, 0, 255).astype(np.uint8)

    def draw(self, image: Image, person: int, x: float, y: float, side: float, turn: float = 0.0) -> None:
        """Draw the picture of a person, cut out around the head, with the face at a place.

        Args:
            image: the frame, which is changed.
            person: 0, or 1 for the mirrored picture without colours.
            x: centre of the face, as a fraction of the frame's width.
            y: centre of the face, as a fraction of the frame's height.
            side: of the face, as a fraction of the frame's height.
            turn: degrees by which the head leans.
        """
        picture, (face_x, face_y) = self._people[person]
        width, height = SIZE
        scale = side * height / _FACE_SIDE
        move = cv2.getRotationMatrix2D((face_x, face_y), turn, scale)
        move[:, 2] += np.array([x * width - face_x, y * height - face_y])
        shape = np.zeros(picture.shape[:2], np.uint8)
        cv2.ellipse(shape, (int(face_x), int(face_y)), (int(_FACE_SIDE * 0.8), int(_FACE_SIDE)), 0, 0, 360, 255, -1)
        mask = cv2.warpAffine(shape, move, SIZE)
        drawn = cv2.warpAffine(picture, move, SIZE, borderMode=cv2.BORDER_REFLECT)
        image[mask > 127] = drawn[mask > 127]


def _slow(scene: Scene, index: int, image: Image) -> None:
    scene.draw(image, 0, 0.4 + 0.2 * index / FRAMES, 0.5, 0.4)


def _fast(scene: Scene, index: int, image: Image) -> None:
    angle = index / RATE * 2 * np.pi * (0.3 + 0.7 * index / FRAMES)
    scene.draw(image, 1, 0.5 + 0.3 * np.sin(angle), 0.5 + 0.15 * np.sin(2.3 * angle), 0.4 + 0.1 * np.sin(1.7 * angle))


def _shaken(scene: Scene, index: int, image: Image) -> None:
    x, y = scene.random.normal(0, 0.012, 2)
    scene.draw(image, 0, 0.5 + x, 0.5 + y, 0.45)


def _enters_and_leaves(scene: Scene, index: int, image: Image) -> None:
    seconds = index / RATE
    scene.draw(image, 0, -0.3 + (0.4 * seconds**1.3) % 1.6, 0.5, 0.45)


def _cuts(scene: Scene, index: int, image: Image) -> None:
    lengths = np.random.default_rng(7).integers(2, 40, 60)
    shot = int(np.searchsorted(np.cumsum(lengths), index, side="right"))
    place = np.random.default_rng(shot)
    if shot % 5 == 4:
        image[:] = image[::-1, ::-1]
        return
    x, y, side = place.uniform(0.3, 0.7), place.uniform(0.4, 0.6), place.uniform(0.3, 0.6)
    scene.draw(image, shot % 2, x, y, side)


def _same_place(scene: Scene, index: int, image: Image) -> None:
    scene.draw(image, index // 13 % 2, 0.5, 0.5, 0.45)


def _flashes(scene: Scene, index: int, image: Image) -> None:
    second, place = divmod(index, RATE)
    if place >= 1 + second % 6:
        scene.draw(image, 0, 0.5, 0.5, 0.5)


def _glimpses(scene: Scene, index: int, image: Image) -> None:
    second, place = divmod(index, RATE)
    if place < 1 + second % 6:
        scene.draw(image, 1, 0.4, 0.5, 0.5)


def _covered(scene: Scene, index: int, image: Image) -> None:
    scene.draw(image, 1, 0.5, 0.5, 0.5)
    left = int(SIZE[0] * ((index / RATE / 2.5) % 1.0))
    image[:, left : left + 90] = (150, 120, 100)


def _leans(scene: Scene, index: int, image: Image) -> None:
    scene.draw(image, 0, 0.5, 0.5, 0.45, turn=70 * np.sin(index / RATE * 2))


def _dark_and_small(scene: Scene, index: int, image: Image) -> None:
    scene.draw(image, 1, 0.4 + 0.2 * np.sin(index / 40), 0.5, 0.1 + 0.05 * np.sin(index / 25))
    image[:] = cv2.GaussianBlur(image, (0, 0), 1.5 + 1.5 * np.sin(index / 33) ** 2) // 3


def _two_people(scene: Scene, index: int, image: Image) -> None:
    seconds = index / RATE
    scene.draw(image, 0, 0.25 + 0.05 * np.sin(seconds), 0.5, 0.4)
    scene.draw(image, 1, 1.2 - 0.5 * abs((seconds / 2.5) % 2 - 1), 0.5, 0.4)


def _pass_each_other(scene: Scene, index: int, image: Image) -> None:
    phase = np.sin(index / RATE * 1.2)
    scene.draw(image, 0, 0.5 + 0.35 * phase, 0.4, 0.35)
    scene.draw(image, 1, 0.5 - 0.35 * phase, 0.6, 0.4)


CLIPS: dict[str, Callable[[Scene, int, Image], None]] = {
    "slow": _slow,
    "fast": _fast,
    "shaken": _shaken,
    "enters and leaves": _enters_and_leaves,
    "cuts": _cuts,
    "two people at one place": _same_place,
    "short absences": _flashes,
    "short appearances": _glimpses,
    "covered": _covered,
    "leans": _leans,
    "dark, small": _dark_and_small,
    "two people": _two_people,
    "pass each other": _pass_each_other,
}


def make_clips(folder: Path) -> Iterator[Path]:
    """Write all clips into a folder (H.264, 360p, 25 Hz, 10 s, with noise), and yield their paths."""
    for number, (name, draw) in enumerate(CLIPS.items()):
        path, scene = folder / f"{name}.mp4", Scene(number)
        width, height = SIZE
        grain = scene.random.normal(0, GRAIN, (height + 16, width + 16, 1))
        with av.open(str(path), "w") as container:
            track = container.add_stream("libx264", rate=Fraction(RATE), options={"preset": "veryfast"})
            track.width, track.height, track.pix_fmt = width, height, "yuv420p"
            for index in range(FRAMES):
                image = scene.background.copy()
                draw(scene, index, image)
                top, left = scene.random.integers(0, 16, 2)
                noisy = np.clip(image + grain[top : top + height, left : left + width], 0, 255).astype(np.uint8)
                container.mux(track.encode(av.VideoFrame.from_ndarray(noisy, "rgb24")))
            container.mux(track.encode())
        yield path
