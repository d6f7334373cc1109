"""Chooses the face to follow in a video: one person, also across frames in which the detector misses that person."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.errors import OptionError
from rbdm.faces.boxes import overlap
from rbdm.faces.matching import best_pairs
from rbdm.faces.runs import SAME_PERSON_OVERLAP
from rbdm.media.times_text import times_text

Floats = npt.NDArray[np.float32]

_MAX_MISSING = 2.0
"""Seconds that a person may be missing before another person replaces them."""
_ESTABLISHED = 0.5
"""Seconds after which a person who came later counts, when people are counted from the left or right."""
_SEVERAL_FACES_FRACTION = 0.05
"""If more than this fraction of the frames have several faces, the user gets a warning."""


@dataclass(eq=False)
class _Track:
    """One person's face over time: its last box, and the times in seconds at which it was first and last seen."""

    box: Floats
    first: float
    last: float

    @property
    def centre(self) -> float:
        return float(self.box[1] + self.box[3]) / 2

    @property
    def area(self) -> float:
        return float((self.box[2] - self.box[0]) * (self.box[3] - self.box[1]))


class FaceTracker:
    """Chooses one face in each frame.

    A face belongs to the same person as long as its box overlaps that person's last box. While the chosen person is
    missing, no other person who was visible at the same time is chosen. If all known people disappear and other people
    are there instead, as after a cut, one of these is chosen. If a person from before the cut comes back within 2 s,
    the people from before are used again. `warnings` says at which times the face may have become another person's.

    Args:
        face: `largest`: the person whose face is the largest at first, until that person is missing for more than 2 s.
            `leftmost`, `rightmost` or a number (1 is the leftmost): the person in that place. A missing person keeps
            their place as long as they had been visible before, but at least 2 s. They lose it earlier if as many
            people as ever are visible without them.

    Raises:
        OptionError: `face` is none of these.
    """

    def __init__(self, face: str = "largest") -> None:
        self._face = check_face(face)
        self._switches: list[float] = []
        self._scene, self._other_scene = self._new_scene(), self._new_scene()
        self._last: Floats | None = None
        self._frames = self._frames_with_face = self._frames_with_several = self._frames_with_chosen = 0

    def row(self, faces: Floats, time: float) -> Floats:
        """(C,) float32: the row of the chosen face; if that face is missing, see `without_face`.

        Must be called for every frame, in the order of the video.

        Args:
            faces: (M, C) float32, C ≥ 5, the faces in the frame: `ymin, xmin, ymax, xmax`, confidence, key points.
            time: seconds, the time of the frame.
        """
        row = self._choose(faces, time)
        self._frames += 1
        self._frames_with_face += len(faces) > 0
        self._frames_with_several += len(faces) > 1
        self._frames_with_chosen += row is not None
        self._last = without_face(self._last, faces.shape[1]) if row is None else row
        return self._last

    def warnings(self, name: str) -> list[str]:
        """What the user should know about the choice, one line each. `name` is the video's name in these lines."""
        lines, several = [], self._frames_with_several / max(self._frames, 1)
        if self._switches:
            text = f"the followed face may belong to another person from {times_text(self._switches)} on"
            lines.append(f"{name}: {text}: the face was lost, and another face was found")
        if several > _SEVERAL_FACES_FRACTION and self._face == "largest":
            text = "of the frames show several faces; choose the face to follow with --face"
            lines.append(f"{name}: {several:.0%} {text}")
        if self._frames_with_face and not self._frames_with_chosen:
            lines.append(f"{name}: no frame has the face that --face {self._face} means")
        return lines

    def _new_scene(self) -> "_Scene":
        return _Scene(self._face, self._switches)

    def _choose(self, faces: Floats, time: float) -> Floats | None:
        """The row of the chosen face, or None. Other people form a new scene, which replaces the old one after 2 s."""
        row, known = self._scene.choose(faces, time)
        if known:
            self._other_scene = self._new_scene()
        if known or not len(faces):
            return row
        is_first = self._other_scene.is_empty
        row, _ = self._other_scene.choose(faces, time)
        if is_first and row is not None:
            self._switches.append(time)
        if time - self._other_scene.start >= _MAX_MISSING:
            self._scene, self._other_scene = self._other_scene, self._new_scene()
        return row


def without_face(last: Floats | None, columns: int) -> Floats:
    """(columns,) float32: the row of a frame in which the face is missing.

    It has the face's last box, with confidence 0 and without key points (NaN). Before the face is first found, the box
    is the whole frame.
    """
    row = np.full(columns, np.nan, np.float32)
    row[:4] = (0, 0, 1, 1) if last is None else last[:4]
    row[4] = 0
    return row


def check_face(face: str) -> str:
    """Return `face` if it is `largest`, `leftmost`, `rightmost` or a number from 1.

    Raises:
        OptionError: `face` is something else.
    """
    if face in ("largest", "leftmost", "rightmost") or (face.isdecimal() and int(face) >= 1):
        return face
    if face == "all":
        raise OptionError("option face is 'all': this works only where a video is annotated as a whole")
    raise OptionError(f"option face is {face!r}: it must be largest, leftmost, rightmost or a number from 1")


class _Scene:
    """The people who are visible at the same time, and the chosen one of them."""

    def __init__(self, face: str, switches: list[float]) -> None:
        self._face, self._switches = face, switches
        self._tracks: list[_Track] = []
        self._chosen: _Track | None = None
        self._most_present = 0
        self.start = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether no person is known."""
        return not self._tracks

    def choose(self, faces: Floats, time: float) -> tuple[Floats | None, bool]:
        """The row of the chosen person, or None if they are missing, and whether a known person is among `faces`.

        If other people are known, but none of them is among `faces`, no new person becomes known.
        """
        self._tracks = [track for track in self._tracks if not self._is_forgotten(track, time)]
        rows = self._recognise(faces, time)
        if self._tracks and not rows:
            return None, False
        if not self._tracks:
            self.start = time
        for index in set(range(len(faces))) - set(rows.values()):
            track = _Track(faces[index], time, time)
            self._tracks.append(track)
            rows[track] = index
        self._set_chosen(self._largest(time) if self._face == "largest" else self._by_place(time), time)
        chosen = None if self._chosen is None else rows.get(self._chosen)
        return (None if chosen is None else faces[chosen]), bool(rows)

    def _recognise(self, faces: Floats, time: float) -> dict[_Track, int]:
        """The index in `faces` of each known person that is found; the largest overlap is matched first."""
        if not len(faces) or not self._tracks:
            return {}
        overlaps = np.array([overlap(track.box, faces) for track in self._tracks])
        pairs = best_pairs(overlaps, SAME_PERSON_OVERLAP)
        rows = {self._tracks[known]: index for known, index in pairs.items()}
        for track, index in rows.items():
            track.box, track.last = faces[index], time
        return rows

    def _is_forgotten(self, track: _Track, time: float) -> bool:
        patience = _MAX_MISSING if self._face == "largest" else max(_MAX_MISSING, track.last - track.first)
        return time - track.last > patience

    def _set_chosen(self, track: _Track | None, time: float) -> None:
        """Choose a person. Note the time if their box does not overlap that of the person who was chosen before."""
        if track is None or track is self._chosen:
            return
        if self._chosen is not None and overlap(self._chosen.box, track.box[None])[0] < SAME_PERSON_OVERLAP:
            self._switches.append(time)
        self._chosen = track

    def _largest(self, time: float) -> _Track | None:
        if self._chosen in self._tracks:
            return self._chosen
        present = [track for track in self._tracks if track.last == time]
        return max(present, key=lambda track: track.area, default=None)

    def _by_place(self, time: float) -> _Track | None:
        counted = [
            track for track in self._tracks if track.first == self.start or track.last - track.first >= _ESTABLISHED
        ]
        present = [track for track in counted if track.last == time]
        if len(present) >= self._most_present:
            # Nobody is missing: a person without a face has moved, and now has a new track. Forget the old track.
            self._most_present = len(present)
            self._tracks = [track for track in self._tracks if track in present or track not in counted]
            counted = present
        counted.sort(key=lambda track: track.centre)
        place = {"leftmost": 0, "rightmost": len(counted) - 1}.get(self._face)
        place = int(self._face) - 1 if place is None else place
        return counted[place] if 0 <= place < len(counted) else None
