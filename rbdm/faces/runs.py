"""Splits the frames of a face into runs: parts of the video in which nothing suggests that the person changes."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm.faces.boxes import overlap_of_two
from rbdm.media.cuts import WHOLE_FRAME, Rows, with_cuts
from rbdm.media.frame import Frame
from rbdm.media.times_text import times_text

Row = npt.NDArray[np.float32]

SAME_PERSON_OVERLAP = 0.2
"""A face whose box overlaps a person's last box by at least this much (intersection over union) is that person's."""


class LocatedFace(NamedTuple):
    """The face of one person in a frame.

    Attributes:
        track: the number of the person, 0 or more; 0 if only one is followed.
        row: (5,) or (17,) float32: `ymin, xmin, ymax, xmax` as fractions of the frame's height and width, the
            confidence, and the key points if the face was detected; see `rbdm.faces.detector.Detector.submit`.
        starts_run: whether this person's values of this frame and of the frame before it must not be mixed: there is a
            gap or a cut between them, or the box jumps to another place.
    """

    track: int
    row: Row
    starts_run: bool


class Located(NamedTuple):
    """A frame and its faces. If one person is followed, each frame has exactly one, perhaps with confidence 0."""

    frame: Frame
    faces: list[LocatedFace]


class Runs:
    """Splits the frames of each person in a video into runs, frame by frame.

    Attributes:
        cuts: seconds, by the number of the person: the times at which that person goes on after a cut.
        jumps: seconds, the times at which a box jumps to another place without a cut or a gap.
    """

    def __init__(self) -> None:
        self.cuts: dict[int, list[float]] = {}
        self.jumps: list[float] = []

    def split(self, frames: Iterable[tuple[Frame, Rows]]) -> Iterator[Located]:
        """Yields the frames of a video with their faces, given as rows by the number of the person."""
        seen: dict[int, tuple[int, Row]] = {}
        last_cut = 0
        for number, (frame, rows, cut) in enumerate(with_cuts(frames)):
            last_cut = number if WHOLE_FRAME in cut else last_cut
            faces = []
            for track, row in rows.items():
                last, before = seen.get(track, (number, None))
                is_new, was_away, is_cut = before is None, last < number - 1, track in cut
                jumps = before is not None and not was_away and _jumps(before, row)
                if not is_new and (is_cut or (was_away and last < last_cut)):
                    self.cuts.setdefault(track, []).append(frame.time)
                elif jumps and not frame.after_gap:
                    self.jumps.append(frame.time)
                faces.append(LocatedFace(track, row, is_new or was_away or is_cut or jumps or frame.after_gap))
                seen[track] = number, row
            yield Located(frame, faces)

    def warnings(self, name: str, boxes: str = "") -> list[str]:
        """What the user should know if one person is followed, one line each; complete after the last frame.

        Args:
            name: the video's name.
            boxes: the box stream's name; if it is empty, jumps of the box are not reported.
        """
        lines = []
        if self.cuts:
            text = f"the video is cut at {times_text(next(iter(self.cuts.values())))}"
            lines.append(f"{name}: {text}: the face after a cut may be another person's")
        if self.jumps and boxes:
            text = f"the box jumps to another place at {times_text(self.jumps)}"
            lines.append(f"{boxes}: {text}: the stream may follow several people")
        return lines


def _jumps(before: Row, row: Row) -> bool:
    return bool(before[4] > 0 and row[4] > 0 and overlap_of_two(before, row) < SAME_PERSON_OVERLAP)
