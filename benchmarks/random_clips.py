"""Makes clips with random movements of a camera, from videos and pictures of faces."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
import numpy.typing as npt

from rbdm.media.video import Video

Image = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

SIZE = 640, 360
RATE = 25
FRAMES = 200
VIDEOS = (".mp4", ".mov", ".mkv", ".avi", ".webm")
PICTURES = (".jpg", ".jpeg", ".png")


class Camera(NamedTuple):
    """What a camera does in each frame of a clip.

    Attributes:
        x: (T,) how far the picture is moved to the right, as a fraction of the frame's height.
        y: (T,) likewise, downwards.
        zoom: (T,) height of the picture divided by the height of the frame.
        turn: (T,) degrees by which the picture is turned.
        light: (T,) factor of the brightness.
        blur: (T,) standard deviation of the blur in pixels.
        grain: standard deviation of the noise (0…255).
    """

    x: Floats
    y: Floats
    zoom: Floats
    turn: Floats
    light: Floats
    blur: Floats
    grain: float


def random_camera(random: np.random.Generator) -> Camera:
    """Movements, hands that shake, sudden moves, zoom, turns, low light and blur: each of random strength."""
    seconds = np.arange(FRAMES) / RATE

    def wave(strength: float, slowest: float, fastest: float) -> Floats:
        """A wave around 0, in cycles per second from `slowest` to `fastest`."""
        rates, phases = np.exp(random.uniform(*np.log([slowest, fastest]), 3)), random.uniform(0, 2 * np.pi, 3)
        return strength * np.sin(2 * np.pi * rates * seconds[:, None] + phases).mean(axis=1)

    def strength(least: float, most: float) -> float:
        return float(np.exp(random.uniform(*np.log([least, most]))))

    def sudden(size: float) -> Floats:
        """From one place to another within a random time, once."""
        middle, length = random.uniform(2, 6), strength(0.04, 1.0)
        return size * np.tanh((seconds - middle) / length)

    sweep, shake, jump = strength(0.005, 0.3), strength(0.0003, 0.01), random.choice([0, strength(0.01, 0.1)])
    x, y = (wave(sweep, 0.05, 0.6) + wave(shake, 2, 8) + sudden(jump) for _ in range(2))
    zoom = strength(0.35, 1.5) * np.exp(wave(strength(0.02, 0.5), 0.05, 0.5))
    turn = wave(strength(0.5, 30), 0.05, 0.6) + wave(10 * shake, 2, 8)
    light = np.exp(np.log(strength(0.1, 1)) / 2 * (1 + wave(1, 0.05, 0.3)))
    blur = strength(0.3, 3) * (1 + wave(1, 0.05, 0.3)) * random.choice([0, 1])
    return Camera(x, y, zoom, turn, light, np.asarray(blur), strength(1, 8))


def _pictures(path: Path, random: np.random.Generator) -> list[Image]:
    """The frames of a clip before the camera: a part of a video, forwards and then backwards, or a picture."""
    with Video(path) as video:
        frames = [frame.rgb() for frame in video]
    first = random.integers(max(1, len(frames) - FRAMES))
    part = frames[first : first + FRAMES]
    there_and_back = [*part, *part[-2:0:-1]]
    return [there_and_back[index % len(there_and_back)] for index in range(FRAMES)]


def _seen(picture: Image, camera: Camera, index: int) -> Image:
    width, height = SIZE
    rows, columns = picture.shape[:2]
    move = cv2.getRotationMatrix2D((columns / 2, rows / 2), camera.turn[index], height / rows * camera.zoom[index])
    move[:, 2] += [width / 2 - columns / 2 + camera.x[index] * height, height / 2 - rows / 2 + camera.y[index] * height]
    if camera.zoom[index] * height < rows:
        # Without this, a picture that shrinks much would flicker.
        side = cv2.GaussianBlur(picture, (0, 0), 0.4 * rows / (camera.zoom[index] * height))
        picture = np.asarray(side, np.uint8)
    image = cv2.warpAffine(picture, move, SIZE, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if camera.blur[index] > 0.1:
        image = cv2.GaussianBlur(image, (0, 0), camera.blur[index])
    return np.asarray(image * camera.light[index], np.float32)


def make_random_clips(sources: list[Path], count: int, folder: Path) -> Iterator[Path]:
    """Write clips into a folder (H.264, 360p, 25 Hz, 8 s), and yield their paths. The same ones in each run.

    Args:
        sources: videos and pictures with faces. They are used in turn.
        count: the number of clips.
        folder: an existing folder.
    """
    width, height = SIZE
    for seed in range(count):
        random, source = np.random.default_rng(seed), sources[seed % len(sources)]
        camera, pictures = random_camera(random), _pictures(source, random)
        grain = random.normal(0, camera.grain, (height + 16, width + 16, 1))
        path = folder / f"random {seed} {source.stem}.mp4"
        with av.open(str(path), "w") as container:
            track = container.add_stream("libx264", rate=Fraction(RATE), options={"preset": "veryfast"})
            track.width, track.height, track.pix_fmt = width, height, "yuv420p"
            for index, picture in enumerate(pictures):
                top, left = random.integers(0, 16, 2)
                noisy = _seen(picture, camera, index) + grain[top : top + height, left : left + width]
                image = np.clip(noisy, 0, 255).astype(np.uint8)
                container.mux(track.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
            container.mux(track.encode())
        yield path
