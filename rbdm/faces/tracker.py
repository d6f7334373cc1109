"""Which of the faces in a video is followed: one person, through frames where a detector misses them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.errors import OptionError
from rbdm.faces.boxes import overlap

Floats = npt.NDArray[np.float32]

_SAME = 0.2
"""Overlap from which on a face is the one that was there a frame before."""
_PATIENCE = 2.0
"""Seconds that a face may be missing before another is taken for it."""
_ESTABLISHED = 0.5
"""Seconds after which a face that came later counts when faces are counted from the left."""
_WORTH_SAYING = 0.05
"""Part of the frames with several faces from which on a user is told."""
_SHOWN = 5


@dataclass(eq=False)
class _Track:
    """One person's face over time: when it was first and last seen, in seconds, and where the last time."""

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

    A face is the same person's as long as it overlaps where it was. While the chosen person is missing, no other who
    was there with them is taken; when all faces are gone and others are there at once, as after a cut, one of these
    is, until the first come back. `warnings` tells when.

    Args:
        face: `largest`: who is largest at first, for as long as they are not missing for 2 s; `leftmost`, `rightmost`
            or a number, 1 being the leftmost: who sits there. People are remembered where they sat, when they are
            missing, for as long as they had been there, unless as many as ever are there without them.

    Raises:
        OptionError: `face` is none of these.
    """

    def __init__(self, face: str = "largest") -> None:
        self._face = check_face(face)
        self._switches: list[float] = []
        self._scene, self._other = self._new_scene(), self._new_scene()
        self._last = np.array([0, 0, 1, 1, 0], np.float32)
        self._frames = self._some = self._several = self._chosen = 0

    def row(self, faces: Floats, time: float) -> Floats:
        """(5,) float32: the chosen face's row of `faces`; where it is not there the last box, with confidence 0.

        Asked frame by frame, in the order of the video.

        Args:
            faces: (M, 5) float32: `ymin, xmin, ymax, xmax`, confidence.
            time: seconds, of the frame.
        """
        found = self._choose(faces, time)
        self._frames += 1
        self._some += len(faces) > 0
        self._several += len(faces) > 1
        self._chosen += found is not None
        self._last = np.append(self._last[:4], np.float32(0)) if found is None else found
        return self._last

    def warnings(self, name: str) -> list[str]:
        """What a user should know about the choice, one line each, of the video called `name`."""
        lines, several = [], self._several / max(self._frames, 1)
        if self._switches:
            times = ", ".join(f"{time:.1f} s" for time in self._switches[:_SHOWN])
            more = " …" if len(self._switches) > _SHOWN else ""
            lines.append(
                f"{name}: the face that is followed may be somebody else's from {times}{more} on"
                f" ({len(self._switches)} times): it was lost, and another was there"
            )
        if several > _WORTH_SAYING and self._face == "largest":
            lines.append(f"{name}: several faces in {several:.0%} of the frames; which one is followed: see --face")
        if self._some and not self._chosen:
            lines.append(f"{name}: there never was a face {self._face}, counted from the left")
        return lines

    def _new_scene(self) -> "_Scene":
        return _Scene(self._face, self._switches)

    def _choose(self, faces: Floats, time: float) -> Floats | None:
        found, known = self._scene.choose(faces, time)
        if known:
            self._other = self._new_scene()
        if known or not len(faces):
            return found
        begins = self._other.is_empty
        found, _ = self._other.choose(faces, time)
        if begins and found is not None:
            self._switches.append(time)
        if time - self._other.start >= _PATIENCE:
            self._scene, self._other = self._other, self._new_scene()
        return found


def check_face(face: str) -> str:
    """`face` if it is `largest`, `leftmost`, `rightmost` or a number from 1.

    Raises:
        OptionError: it is not.
    """
    if face in ("largest", "leftmost", "rightmost") or (face.isdecimal() and int(face) >= 1):
        return face
    raise OptionError(f"option face is {face!r}: it must be largest, leftmost, rightmost or a number from 1")


class _Scene:
    """The people who are in the picture together."""

    def __init__(self, face: str, switches: list[float]) -> None:
        self._face, self._switches = face, switches
        self._tracks: list[_Track] = []
        self._chosen: _Track | None = None
        self._most = 0
        self.start = 0.0

    @property
    def is_empty(self) -> bool:
        """Whether nobody is known here."""
        return not self._tracks

    def choose(self, faces: Floats, time: float) -> tuple[Floats | None, bool]:
        """The chosen one's row, if they are among `faces`, and whether anybody known is."""
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
        self._take(self._largest(time) if self._face == "largest" else self._by_place(time), time)
        chosen = None if self._chosen is None else rows.get(self._chosen)
        return (None if chosen is None else faces[chosen]), bool(rows)

    def _recognise(self, faces: Floats, time: float) -> dict[_Track, int]:
        """Which of `faces` each known person's is; the best overlap first."""
        if not len(faces) or not self._tracks:
            return {}
        overlaps = np.array([overlap(track.box, faces) for track in self._tracks])
        rows: dict[_Track, int] = {}
        for flat in np.argsort(-overlaps, axis=None, kind="stable"):
            known, index = divmod(int(flat), len(faces))
            track = self._tracks[known]
            if overlaps[known, index] >= _SAME and track not in rows and index not in rows.values():
                rows[track] = index
                track.box, track.last = faces[index], time
        return rows

    def _is_forgotten(self, track: _Track, time: float) -> bool:
        patience = _PATIENCE if self._face == "largest" else max(_PATIENCE, track.last - track.first)
        return time - track.last > patience

    def _take(self, track: _Track | None, time: float) -> None:
        """Choose a person, and note the time if they are not where the one before was."""
        if track is None or track is self._chosen:
            return
        if self._chosen is not None and overlap(self._chosen.box, track.box[None])[0] < _SAME:
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
        if len(present) >= self._most:
            # Nobody is missing: who is not here has moved, and is one of those who are.
            self._most = len(present)
            self._tracks = [track for track in self._tracks if track in present or track not in counted]
            counted = present
        counted.sort(key=lambda track: track.centre)
        place = {"leftmost": 0, "rightmost": len(counted) - 1}.get(self._face)
        place = int(self._face) - 1 if place is None else place
        return counted[place] if 0 <= place < len(counted) else None
