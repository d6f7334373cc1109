"""Measures how well everybody in a video is followed, on made-up clips in which it is known who is where.

    python benchmarks/identities.py [--people FOLDER] [--times N] [--keep FOLDER]

Needs `pip install motmetrics`. The people are those in pictures that ship with scikit-image and matplotlib, and their
mirror images, or with --people those in the pictures (`.jpg`) of a folder. Each scene is made N times, with other
people, places and speeds. --keep keeps the clips.

Columns: IDF1 of Ristani et al., *Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking* (2016,
arXiv 1609.01775); people there are, and people found; identity errors (a found person who is somebody else from some
time on, or a person who gets a second number); how many of these were not said in a warning; all doubts that were said.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1]))

from rbdm.faces.boxes import overlap
from rbdm.faces.detector import Detector
from rbdm.faces.locator import EveryFace
from rbdm.media.video import Video
from tests.support.people_clips import RATE, Actor, Portrait, mirrored, portrait, stays, walks, write_people

Shots = list[tuple[float, list[Actor]]]
Boxes = dict[int, npt.NDArray[np.floating]]
SAME = 0.4
"""Overlap (intersection over union) from which on a found box is the box of a person."""
EARLIER, LATER = 2.0, 0.5
"""Seconds: an error is said if there is a doubt at its time, so much earlier or later."""


def five(people: list[Portrait], random: np.random.Generator) -> Shots:
    return [(6, [Actor(one, stays(70 + 125 * n, random.uniform(120, 240))) for n, one in enumerate(people[:5])])]


def cross(people: list[Portrait], random: np.random.Generator) -> Shots:
    start, seconds = random.uniform(1, 2), random.uniform(1, 4)
    moves = [(0, 130), (start, 130), (start + seconds, 510), (8, 510)]
    back = [(time, 640 - x) for time, x in moves]
    return [(8, [Actor(people[0], walks(back, 170)), Actor(people[1], walks(moves, 190, random.uniform(85, 110)))])]


def pass_by(people: list[Portrait], random: np.random.Generator) -> Shots:
    moves = [(1, -60), (1 + random.uniform(2, 5), 700)]
    return [(8, [Actor(people[0], stays(320)), Actor(people[1], walks(moves, 180, random.uniform(90, 130)))])]


def come_back(people: list[Portrait], random: np.random.Generator) -> Shots:
    away = random.uniform(0.5, 4)
    moves = [(0, 450), (2, 450), (3, 720), (3 + away, 720), (4 + away, 450), (9, 450)]
    return [(9, [Actor(people[0], stays(180)), Actor(people[1], walks(moves))])]


def come_back_elsewhere(people: list[Portrait], random: np.random.Generator) -> Shots:
    moves = [(0, 450), (2, 450), (3.5, 720), (3.51, -80), (5, 120), (9, random.uniform(100, 140))]
    return [(9, [Actor(people[0], stays(330, 120)), Actor(people[1], walks(moves, 230))])]


def exchange_seats(people: list[Portrait], random: np.random.Generator) -> Shots:
    left = [(0, 180), (2, 180), (3, -80), (3.01, 720), (4, 460), (9, 460)]
    return [(9, [Actor(people[0], walks(left)), Actor(people[1], walks([(time, 640 - x) for time, x in left]))])]


def cut_same_places(people: list[Portrait], random: np.random.Generator) -> Shots:
    actors = [Actor(people[0], stays(200)), Actor(people[1], stays(440))]
    return [
        (3, actors),
        (3, [Actor(one.portrait, stays(x, 170, 100)) for one, x in zip(actors, (215, 430), strict=True)]),
    ]


def cut_other_people(people: list[Portrait], random: np.random.Generator) -> Shots:
    return [
        (3, [Actor(people[0], stays(200)), Actor(people[1], stays(440))]),
        (3, [Actor(people[2], stays(220)), Actor(people[3], stays(420))]),
    ]


def cut_exchanged(people: list[Portrait], random: np.random.Generator) -> Shots:
    return [
        (3, [Actor(people[0], stays(200)), Actor(people[1], stays(440))]),
        (3, [Actor(people[1], stays(200)), Actor(people[0], stays(440))]),
    ]


def two_shots(people: list[Portrait], random: np.random.Generator) -> Shots:
    """Shot and countershot: one person alone at a time, at two places."""
    left, right = [Actor(people[0], stays(230, side=140))], [Actor(people[1], stays(410, side=140))]
    return [(random.uniform(1.5, 4), shot) for shot in (left, right, left, right)]


def crowd(people: list[Portrait], random: np.random.Generator) -> Shots:
    """Four people walk to and fro, each at another height."""
    actors = []
    for n, one in enumerate(people[:4]):
        points = [(time, random.uniform(60, 580)) for time in np.arange(0, 13, 2.0)]
        actors.append(Actor(one, walks(points, 110 + 45 * n, random.uniform(70, 90))))
    return [(12, actors)]


SCENES: list[Callable[[list[Portrait], np.random.Generator], Shots]] = [
    *(five, cross, pass_by, come_back, come_back_elsewhere, exchange_seats),
    *(cut_same_places, cut_other_people, cut_exchanged, two_shots, crowd),
]


def portraits(folder: Path | None, detector: Detector) -> list[Portrait]:
    if folder is not None:
        return [one for path in sorted(folder.rglob("*.jpg")) for one in portraits_in(path, detector)]
    from matplotlib.cbook import get_sample_data
    from skimage.data import astronaut

    with tempfile.TemporaryDirectory() as temporary, get_sample_data("grace_hopper.jpg") as hopper:
        paths = Path(temporary) / "hopper.jpg", Path(temporary) / "astronaut.png"
        paths[0].write_bytes(hopper.read())
        cv2.imwrite(str(paths[1]), astronaut()[:, :, ::-1])
        found = [portraits_in(path, detector)[0] for path in paths]
    dark = Portrait((found[0].picture * 0.6).astype(np.uint8))
    return [*found, *map(mirrored, found), dark]


def portraits_in(path: Path, detector: Detector) -> list[Portrait]:
    with Video(path) as video:
        frame = next(iter(video))
        return [portrait(frame.rgb(), face) for face in detector.detect(frame)]


def follow(path: Path, detector: Detector) -> tuple[list[Boxes], dict[int, list[float]]]:
    """The boxes of each frame by person, and the times in seconds of the doubts about each person."""
    with Video(path) as video:
        source = EveryFace(video, detector, {})
        frames = [{face.track: face.row for face in faces} for _, faces in source]
        people = source.people.all()
    doubts = {person.track: [time for time, _ in person.doubts] for person in people}
    return [{track: row for track, row in frame.items() if track in doubts} for frame in frames], doubts


def pairs(truth: Boxes, found: Boxes) -> Iterator[tuple[int, int]]:
    """Who is whom in a frame."""
    for person, box in truth.items():
        if found:
            overlaps = overlap(np.float32(box), np.float32([row[:4] for row in found.values()]))
            if overlaps.max() >= SAME:
                yield person, list(found)[int(overlaps.argmax())]


def errors(truth: list[Boxes], found: list[Boxes], doubts: dict[int, list[float]]) -> tuple[int, int]:
    """The number of identity errors, and how many of these were not said."""
    count = unsaid = 0
    track_of: dict[int, tuple[int, float]] = {}
    person_of: dict[int, tuple[int, float]] = {}
    for index, (people, tracks) in enumerate(zip(truth, found, strict=True)):
        time = index / RATE
        for person, track in pairs(people, tracks):
            for known, key, value in ((track_of, person, track), (person_of, track, person)):
                before, last = known.get(key, (value, time))
                if before != value:
                    involved = (track, before) if known is track_of else (track,)
                    said = [at for one in involved for at in doubts[one] if last - EARLIER <= at <= time + LATER]
                    count, unsaid = count + 1, unsaid + (not said)
                known[key] = value, time
    return count, unsaid


def idf1(truth: list[Boxes], found: list[Boxes]) -> float:
    import motmetrics

    frames = motmetrics.MOTAccumulator(auto_id=True)
    for people, tracks in zip(truth, found, strict=True):
        boxes = [np.float32([row[:4] for row in each.values()]).reshape(-1, 4) for each in (people, tracks)]
        overlaps = np.array([overlap(box, boxes[1]) for box in boxes[0]]).reshape(len(people), len(tracks))
        frames.update(list(people), list(tracks), np.where(overlaps >= SAME, 1 - overlaps, np.nan))
    return float(motmetrics.metrics.create().compute(frames, metrics=["idf1"])["idf1"].iloc[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=Path)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--keep", type=Path)
    arguments = parser.parse_args()
    detector = Detector()
    everybody = portraits(arguments.people, detector)
    print(f"{'scene':22}{'IDF1':>7}{'people':>8}{'found':>7}{'errors':>8}{'not said':>10}{'doubts':>8}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for scene in SCENES:
            row = []
            for number in range(arguments.times):
                random = np.random.default_rng(number)
                people = [everybody[i] for i in random.permutation(len(everybody))[:5]]
                path = folder / f"{scene.__name__}_{number}.mp4"
                truth = write_people(path, scene(people, random), seed=10 * number)
                found, doubts = follow(path, detector)
                there = {person for frame in truth for person in frame}
                said = sum(map(len, doubts.values()))
                row.append((idf1(truth, found), len(there), len(doubts), *errors(truth, found, doubts), said))
            score, *counts = np.mean(row, axis=0)[0], *np.sum(row, axis=0)[1:].astype(int)
            there, known, wrong, unsaid, said = counts
            print(f"{scene.__name__:22}{score:7.3f}{there:8}{known:7}{wrong:8}{unsaid:10}{said:8}", flush=True)


if __name__ == "__main__":
    main()
