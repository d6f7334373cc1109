"""What the index page of a study says about each person in each video."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rbdm.errors import RbdmError
from rbdm.export.writers import EXTRA_WRITERS
from rbdm.expressions import EXPRESSIONS
from rbdm.study.beside import find_beside
from rbdm.study.measures import Measures, measure
from rbdm.study.reading import note_end, raise_error, read_each, tell_notes
from rbdm.study.results import Readings, Result, find_results
from rbdm.study.times import select
from rbdm.timeline.schemes import tell
from rbdm.types import Notify, StrPath

COLUMNS = 300
"""A timeline has this many steps: as many as the page has pixels for it."""
NOTHING = len(EXPRESSIONS)
"""The code of a step without an expression."""
_WRITERS = {
    name: next(writer for writer in EXTRA_WRITERS if writer.name == name) for name in ("report", "csv", "overlay")
}
"""The kinds of files that a browser or a spreadsheet opens."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One person in one video.

    Attributes:
        result: see `Result`.
        duration: seconds, of the video; see `Readings`.
        timeline: (`COLUMNS`,) uint8: for each of as many equal parts of the video, the index of the expression that is
            shown longest in it, or `NOTHING`; None if there is no annotation of expressions.
        segments: how many segments of expressions there are.
        measures: about the whole video, as in `rbdm.study.summarize`.
        files: of `report`, `csv` and `overlay`, those that lie beside the annotations.
    """

    result: Result
    duration: float
    timeline: npt.NDArray[np.uint8] | None
    segments: int
    measures: Measures
    files: dict[str, Path]

    @property
    def face_share(self) -> float:
        """Share of the video with a face, 0 to 1."""
        seconds = self.measures["window", "seconds"]
        return self.measures["face", "seconds"] / seconds if seconds else np.nan

    @property
    def shares(self) -> list[tuple[int, float]]:
        """The index and share (of the time with a face, 0 to 1) of each expression that is shown, longest first."""
        shares = [(index, self.measures[expression.name, "share"]) for index, expression in enumerate(EXPRESSIONS)]
        return sorted((found for found in shares if found[1] > 0), key=lambda found: -found[1])


@dataclass(frozen=True, eq=False)
class Index:
    """All results of a study.

    Attributes:
        entries: sorted by video, person and annotator.
        notes: warnings, and why results are missing.
    """

    entries: Sequence[Entry]
    notes: list[str] = field(default_factory=list)


def index_study(
    paths: StrPath | Sequence[StrPath],
    *,
    warn: Notify | None = None,
    failed: Callable[[RbdmError], None] | None = None,
) -> Index:
    """Read what an index page shows.

    Args:
        paths: annotation files, patterns and folders; see `rbdm.study.results.find_results`.
        warn: called with one line of text for what the user should know; default: Python's `warnings`.
        failed: called with the error of a result that cannot be read. Default: the error is raised.

    Raises:
        InputError: a file cannot be used, or there are no annotations.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else paths
    said: list[str] = []
    report = failed or raise_error

    def note(text: str) -> None:
        said.append(text)
        tell(warn, text)

    def leave_out(error: RbdmError) -> None:
        said.append(f"left out: {error}")
        report(error)

    notes: Counter[str] = Counter()
    entries: list[Entry] = []
    for result, readings in read_each(find_results([Path(path) for path in named], note), leave_out, notes):
        note_end(readings, notes)
        entries.append(_entry(result, readings))
    tell_notes(notes, note)
    return Index(entries, said)


def _entry(result: Result, readings: Readings) -> Entry:
    """Keeps little: the samples of all videos together may not fit into memory."""
    whole = select(np.array([[0.0, readings.duration]]))
    return Entry(
        result,
        readings.duration,
        None if readings.segments is None else _timeline(readings.segments, readings.duration),
        0 if readings.segments is None else len(readings.segments),
        measure(readings, whole),
        {name: path for name, writer in _WRITERS.items() if (path := find_beside(result, writer)) is not None},
    )


def _timeline(segments: npt.NDArray[np.void], duration: float) -> npt.NDArray[np.uint8]:
    edges = np.linspace(0, duration, COLUMNS + 1)
    seconds = np.zeros((NOTHING + 1, COLUMNS))
    for index in range(NOTHING):
        own = segments[segments["expression"] == index]
        if len(own):
            seconds[index] = select(np.column_stack([own["start"], own["end"]])).within(edges[:-1], edges[1:])
    seconds[NOTHING] = np.diff(edges) - seconds.sum(axis=0)
    return np.asarray(seconds.argmax(axis=0), np.uint8)
