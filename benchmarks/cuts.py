"""Measures how well cuts are found: on real clips, and on made-up changes between two people at the same place.

    python benchmarks/cuts.py CLIPS [--people FOLDER]

CLIPS is a folder of videos: the times of all cuts that are found are printed, to be checked by eye. FOLDER has
portraits (`.jpg`), all with the face in the same place: pairs of them follow each other on the same background, with
noise.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from rbdm.faces.detector import Detector
from rbdm.faces.locator import DetectedFaces
from rbdm.faces.runs import Runs
from rbdm.media.cuts import with_cuts
from rbdm.media.video import Video

PAIRS = 60
FRAMES = 8
NOISE = 3.0
SIZE = 640, 360
SHARES = (1.0, 0.6, 0.4, 0.3)
"""Height of the portrait as a fraction of the height of the frame."""


class Picture:
    """A frame that consists of brightness only, sampled like `rbdm.media.frame.Frame`."""

    def __init__(self, grey: np.ndarray) -> None:
        self._grey = grey

    def brightness(self, top: float, left: float, bottom: float, right: float, count: int) -> np.ndarray:
        """See `Frame.brightness`."""
        height, width = self._grey.shape
        places = (np.arange(count) + 0.5) / count
        rows = np.clip(((top + places * (bottom - top)) * height).astype(int), 0, height - 1)
        columns = np.clip(((left + places * (right - left)) * width).astype(int), 0, width - 1)
        return self._grey[rows[:, None], columns].astype(np.float32)


def cuts_of(path: Path, detector: Detector) -> tuple[list[float], int]:
    """The times of the cuts of a video in seconds, and the number of its frames."""
    with Video(path) as video:
        faces, runs = DetectedFaces(video, detector, "largest"), Runs()
        count = sum(1 for _ in runs.split((frame, {0: face.row}) for frame, (face,) in faces))
    return runs.cuts.get(0, []), count


def found(first: np.ndarray, second: np.ndarray, share: float, random: np.random.Generator) -> list[int]:
    """The numbers of the frames at which a change of the portrait is found; the right one is `FRAMES`."""
    width, height = SIZE
    side = int(height * share)
    place = np.s_[height - side :, (width - side) // 2 : (width - side) // 2 + side]
    background = cv2.GaussianBlur(random.uniform(0, 255, (height, width)).astype(np.float32), (0, 0), 12) * 4 - 380
    row = np.float32([1 - 0.75 * share, 0.5 - 0.22 * side / width, 1 - 0.3 * share, 0.5 + 0.22 * side / width, 0.9])
    frames = []
    for portrait in [first] * FRAMES + [second] * FRAMES:
        picture = background.copy()
        picture[place] = cv2.resize(portrait, (side, side), interpolation=cv2.INTER_AREA)
        frames.append((Picture(np.clip(picture + random.normal(0, NOISE, picture.shape), 0, 255)), {0: row}))
    return [number for number, (_, _, people) in enumerate(with_cuts(frames)) if 0 in people]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clips", type=Path)
    parser.add_argument("--people", type=Path)
    arguments = parser.parse_args()
    detector = Detector()
    for path in sorted(path for path in arguments.clips.iterdir() if path.suffix.lower() in (".mp4", ".mov", ".mkv")):
        times, count = cuts_of(path, detector)
        print(f"{path.name}: {count} frames, cuts at {', '.join(f'{time:.2f} s' for time in times) or 'no time'}")
    if arguments.people is None:
        return
    random = np.random.default_rng(0)
    names = sorted(arguments.people.rglob("*.jpg"))
    for share in SHARES:
        right = wrong = 0
        for _ in range(PAIRS):
            pair = random.choice(len(names), 2, replace=False)
            at = found(*(cv2.imread(str(names[i]), cv2.IMREAD_GRAYSCALE) for i in pair), share, random)
            right += FRAMES in at
            wrong += len(set(at) - {FRAMES})
        print(f"portrait {share:.0%} of the frame's height: {right} of {PAIRS} changes found, {wrong} false alarms")


if __name__ == "__main__":
    main()
