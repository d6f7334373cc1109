"""Segments of two annotators over time: what each says at a moment, together and exactly, and where they differ."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Segments = npt.NDArray[np.void]
"""Rows of `rbdm.study.results.SEGMENT_DTYPE`: in order of time, without overlaps."""

NONE = -1
"""The class of a time without one."""
CLASSES = len(EXPRESSIONS)
_TOUCH = 1e-6
"""Seconds. Segments closer than this touch: NOVA and we write times in seconds with all digits, others round them."""


@dataclass(frozen=True, eq=False)
class Joint:
    """Both annotators over their common time: pieces in which neither of them changes.

    Attributes:
        start: (N,) seconds, ascending; each piece lasts until the next one starts.
        seconds: (N,) duration of each piece.
        a: (N,) A's class, or `NONE`.
        b: (N,) B's class, or `NONE`.
    """

    start: Floats
    seconds: Floats
    a: Ints
    b: Ints


def at(segments: Segments, times: Floats) -> Ints:
    """The class at each of the times, or `NONE`. A segment holds from its start until just before its end."""
    if not len(segments):
        return np.full(len(times), NONE)
    before = np.searchsorted(segments["start"], times, side="right") - 1
    inside = (before >= 0) & (times < segments["end"][before])
    return np.where(inside, segments["expression"][before], NONE)


def joint(a: Segments, b: Segments, end: float) -> Joint:
    """Both together, from 0 to `end` in seconds; the pieces cover all of this time."""
    times = np.concatenate([[0.0], a["start"], a["end"], b["start"], b["end"]])
    edges = np.unique(np.append(times[times < end], end)).astype(np.float64)
    start: Floats = edges[:-1]
    seconds = np.diff(edges)
    return Joint(start, seconds, at(a, start), at(b, start))


def seconds_table(both: Joint) -> Floats:
    """(9, 9) seconds: A's class in rows, B's in columns; the last row and column are the time without a class."""
    # `NONE` is -1: the last row or column.
    table = np.zeros((CLASSES + 1, CLASSES + 1))
    np.add.at(table, (both.a, both.b), both.seconds)
    return table


def step_codes(a: Segments, b: Segments, end: float, step: float) -> Ints:
    """(n, 2) classes of both at the middle of each step whose middle is before `end`, or `NONE`."""
    count = int(np.ceil(end / step - 0.5 - 1e-9))
    times = ((np.arange(count) + 0.5) * step).astype(np.float64)
    return np.stack([at(a, times), at(b, times)], axis=-1)


def step_table(codes: Ints) -> Floats:
    """(8, 8) number of steps in which both have a class: A's in rows, B's in columns."""
    table = np.zeros((CLASSES, CLASSES))
    np.add.at(table, tuple(codes[(codes != NONE).all(axis=-1)].T), 1)
    return table


def disagreements(both: Joint) -> Joint:
    """The stretches in which both have a class and the two differ, longest first; then in order of time.

    Pieces that touch, and in which neither annotator changes the class, are one stretch.
    """
    differ = (both.a != both.b) & (both.a != NONE) & (both.b != NONE)
    start, seconds, a, b = both.start[differ], both.seconds[differ], both.a[differ], both.b[differ]
    if not len(start):
        return Joint(start, seconds, a, b)
    goes_on = (a[1:] == a[:-1]) & (b[1:] == b[:-1]) & (start[1:] - (start + seconds)[:-1] < _TOUCH)
    first = np.flatnonzero(np.append(True, ~goes_on))
    total = np.add.reduceat(seconds, first)
    order = np.lexsort((start[first], -total))
    return Joint(start[first][order], total[order], a[first][order], b[first][order])
