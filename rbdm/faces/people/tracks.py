"""Follows all faces of a video at the same time, and notes where two people may have been confused."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import numpy.typing as npt

from rbdm.faces.boxes import overlap, overlap_of_two
from rbdm.faces.matching import best_pairs
from rbdm.faces.runs import SAME_PERSON_OVERLAP

Floats = npt.NDArray[np.float32]

LEAST_SECONDS = 1.0
"""Whoever is seen for a shorter time is left out, unless the video itself is short."""
_SURE = 0.5
"""Seconds that a face may be missing: if it is then found where it was, nobody doubts that it is the same person."""
_LONGEST_ABSENCE = 30.0
"""Seconds after which a person who comes back to the same place is a new person."""
_SAME_PLACE = 1.0
"""Distance between two places, as a multiple of the size of the face, up to which they are about the same."""
_SAME_SIZE = 1.5
"""Ratio of two sizes of a face up to which they are about the same."""
_CLOSE, _APART = 0.1, 0.02
"""Two people meet when their boxes overlap by more than the first value, until it is less than the second."""
_LONGEST_MEETING = 2.0
"""Seconds that one of two people who meet may be hidden."""
_MEMORY = 0.2
"""Seconds over which the velocity of a face is averaged."""


@dataclass(eq=False)
class Track:
    """One person's face over time.

    Attributes:
        number: the number of the person, from 0 in the order of appearance.
        box: (4,) the last box.
        first: seconds, when the person was first seen.
        place: the centre of the first box, as a fraction of the frame's width.
        last: seconds, when the person was last seen.
        away: the numbers of the people who were not in the frame when this person was first seen.
        seconds: how long the face was seen.
        velocity: (2,) down and right, in fractions of the frame's height and width per second.
    """

    number: int
    box: Floats
    first: float
    place: float
    last: float
    away: list[int]
    seconds: float = 0.0
    velocity: Floats = field(default_factory=lambda: np.zeros(2, np.float32))

    def expected(self, time: float) -> Floats:
        """(4,) where the face should be, if it keeps its velocity; after `_SURE` seconds it stands still."""
        moved = self.velocity * np.float32(min(time - self.last, _SURE))
        return np.concatenate([self.box[:2] + moved, self.box[2:] + moved])

    def see(self, box: Floats, time: float, end: float) -> None:
        """Take the box of a frame that lasts from `time` to `end`."""
        step = time - self.last
        if 0 < step <= _SURE:
            now = (box[:2] + box[2:] - self.box[:2] - self.box[2:]) / np.float32(2 * step)
            self.velocity += np.float32(min(1.0, step / _MEMORY)) * (now - self.velocity)
        elif step:
            self.velocity = np.zeros(2, np.float32)
        self.box, self.last = box, time
        self.seconds += end - time


class PeopleTracker:
    """Gives each face of a video to a person.

    A face belongs to a person if its box overlaps the place where that person should be now, or was last: with the
    largest overlap first. A person who is missing for at most 30 s is recognised at about the same place and with about
    the same size, but this is noted as doubtful if they were missing for more than half a second or if their box has
    jumped. Any other face is a new person. No network compares the faces themselves.

    Attributes:
        tracks: all people.
        meetings: seconds, by the numbers of two people: when they come so close that they may be exchanged afterwards.
        returns: seconds, by the number of a person: when that person was recognised only by place and size.
    """

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self.meetings: dict[tuple[int, int], list[float]] = {}
        self.returns: dict[int, list[float]] = {}
        self._close: set[tuple[int, int]] = set()
        self._known: list[Track] = []

    def rows(self, faces: Floats, time: float, end: float) -> dict[int, Floats]:
        """The row of each person in a frame, by the number of the person. Must be called for every frame, in order.

        Args:
            faces: (M, C) float32, C ≥ 5, the faces in the frame: `ymin, xmin, ymax, xmax`, confidence, and more.
            time: seconds, the time of the frame.
            end: seconds, the end of the frame.
        """
        self._known = [track for track in self._known if time - track.last <= _LONGEST_ABSENCE]
        recent = [track for track in self._known if time - track.last <= _SURE]
        found: dict[Track, int] = {}
        for likeness in (_at_expected_place, _at_last_place):
            self._match(found, recent, faces, time, likeness, SAME_PERSON_OVERLAP)
        sure = set(found)
        self._match(found, self._known, faces, time, _nearness, 0.0)
        for track in found.keys() - sure:
            self.returns.setdefault(track.number, []).append(time)
        for index in sorted(set(range(len(faces))) - set(found.values())):
            found[self._new(faces[index], time, found)] = index
        for track, index in found.items():
            track.see(faces[index, :4], time, end)
        self._note_meetings(time)
        return {track.number: faces[index] for track, index in sorted(found.items(), key=lambda pair: pair[0].number)}

    def _match(
        self,
        found: dict[Track, int],
        tracks: Iterable[Track],
        faces: Floats,
        time: float,
        likeness: Callable[[Track, Floats, float], Floats],
        least: float,
    ) -> None:
        """Add pairs of the tracks and faces that are not in `found` yet."""
        free = [track for track in tracks if track not in found]
        left = [index for index in range(len(faces)) if index not in found.values()]
        if free and left:
            pairs = best_pairs(np.array([likeness(track, faces[left], time) for track in free]), least)
            found.update((free[row], left[column]) for row, column in pairs.items())

    def _new(self, face: Floats, time: float, found: dict[Track, int]) -> Track:
        away = [track.number for track in self.tracks if track not in found and self._counts(track)]
        track = Track(len(self.tracks), face[:4], time, float(face[1] + face[3]) / 2, time, away)
        self.tracks.append(track)
        self._known.append(track)
        return track

    def _counts(self, track: Track) -> bool:
        """Whether a person may be one of those who are kept at the end."""
        return track.seconds >= LEAST_SECONDS or track in self._known

    def _note_meetings(self, time: float) -> None:
        near = [track for track in self._known if time - track.last <= _LONGEST_MEETING]
        close = set()
        for one, other in combinations(near, 2):
            pair, shared = (one.number, other.number), _shared(one, other, time)
            was_close = pair in self._close
            if shared >= _CLOSE and not was_close:
                self.meetings.setdefault(pair, []).append(time)
            if shared >= (_APART if was_close else _CLOSE):
                close.add(pair)
        self._close = close


def _at_expected_place(track: Track, faces: Floats, time: float) -> Floats:
    return overlap(track.expected(time), faces)


def _at_last_place(track: Track, faces: Floats, time: float) -> Floats:
    return overlap(track.box, faces)


def _nearness(track: Track, faces: Floats, time: float) -> Floats:
    """(M,) 1 at the same place, 0 at the largest distance that is about the same place; less than 0 otherwise."""
    return np.maximum(_nearness_to(track.box, faces), _nearness_to(track.expected(time), faces))


def _nearness_to(box: Floats, faces: Floats) -> Floats:
    size, sizes = box[2:4] - box[:2], faces[:, 2:4] - faces[:, :2]
    distance = np.hypot(*((faces[:, :2] + sizes / 2 - box[:2] - size / 2) / np.maximum(size, sizes)).T)
    ratio = np.maximum(size / sizes, sizes / size).max(axis=1)
    return np.asarray(np.where(ratio <= _SAME_SIZE, 1 - distance / _SAME_PLACE, -1), np.float32)


def _shared(one: Track, other: Track, time: float) -> float:
    """The overlap of two people's boxes; the greatest, if a face is missing and nobody knows where it is."""
    return max(overlap_of_two(here, there) for here in _places(one, time) for there in _places(other, time))


def _places(track: Track, time: float) -> list[Floats]:
    return [track.box] if track.last == time else [track.box, track.expected(time)]
