"""Splits the frames of a face into runs: parts of the video in which nothing suggests that the person changes."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rbdm.faces.boxes import overlap_of_two
from rbdm.media.cuts import with_cuts
from rbdm.media.frame import Frame
from rbdm.media.times_text import times_text

Row = npt.NDArray[np.float32]

SAME_PERSON_OVERLAP = 0.2
"""A face whose box overlaps a person's last box by at least this much (intersection over union) is that person's."""


class Located(NamedTuple):
    """A frame and its face.

    Attributes:
        frame: the frame.
        row: (5,) or (17,) float32: `ymin, xmin, ymax, xmax` as fractions of the frame's height and width, the
            confidence, and the key points if the face was detected; see `rbdm.faces.detector.Detector.submit`.
        starts_run: whether values of this frame and of the frame before it must not be mixed: there is a gap or a cut
            between them, or the box jumps to another place.
    """

    frame: Frame
    row: Row
    starts_run: bool


class Runs:
    """Splits the frames of a video into runs, frame by frame.

    Attributes:
        cuts: seconds, the times of the first frame after each cut.
        jumps: seconds, the times at which the box jumps to another place without a cut or a gap.
    """

    def __init__(self) -> None:
        self.cuts: list[float] = []
        self.jumps: list[float] = []

    def split(self, frames: Iterable[tuple[Frame, Row]]) -> Iterator[Located]:
        """Yields the frames of a video with their rows."""
        last: Row | None = None
        for frame, row, is_cut in with_cuts(frames):
            jumps = last is not None and last[4] > 0 and row[4] > 0 and overlap_of_two(last, row) < SAME_PERSON_OVERLAP
            if is_cut:
                self.cuts.append(frame.time)
            elif jumps and not frame.after_gap:
                self.jumps.append(frame.time)
            yield Located(frame, row, last is None or is_cut or jumps or frame.after_gap)
            last = row

    def warnings(self, name: str, boxes: str = "") -> list[str]:
        """What the user should know, one line each; complete after the last frame.

        Args:
            name: the video's name.
            boxes: the box stream's name; if it is empty, jumps of the box are not reported.
        """
        lines = []
        if self.cuts:
            text = f"the video is cut at {times_text(self.cuts)}"
            lines.append(f"{name}: {text}: the face after a cut may be another person's")
        if self.jumps and boxes:
            text = f"the box jumps to another place at {times_text(self.jumps)}"
            lines.append(f"{boxes}: {text}: the stream may follow several people")
        return lines
