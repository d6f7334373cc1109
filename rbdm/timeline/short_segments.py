"""Removes short segments of an annotation, and joins segments across the gaps that this leaves."""

from typing import NamedTuple

import numpy as np

from rbdm.ssi import Rows

_TOLERANCE = 1e-6
"""Seconds. Times are sums of binary fractions: a gap of five frames of 0.1 s may be 0.5000000000000001 s long."""


class Tidied(NamedTuple):
    """The result of `tidy`.

    Attributes:
        rows: `DISCRETE_DTYPE`, the segments that remain.
        removed: number of segments that were too short.
        joined: number of gaps that were closed.
    """

    rows: Rows
    removed: int
    joined: int


def tidy(segments: Rows, min_gap: float, min_duration: float) -> Tidied:
    """Remove segments that are too short, and join segments of one class across the gaps that this leaves.

    Segments of one class that touch each other are one stretch of this class: with `merge_segments=False`, each frame
    has its own segment. All segments of a stretch are removed if the stretch is shorter than `min_duration`. Then two
    segments of one class are joined if a stretch between them was removed, and they are at most `min_gap` apart.

    Two kinds of neighbours are never joined: segments that touch (`merge_segments` decides about them), and segments
    with frames without a face between them. There, nothing was seen.

    Args:
        segments: `DISCRETE_DTYPE`, in order of time, without overlaps, as of
            `rbdm.timeline.annotations.expression_segments`. Only frames without a face are in no segment.
        min_gap: seconds, the longest gap that is closed.
        min_duration: seconds, the shortest stretch that is kept.

    Returns:
        The remaining segments, with unchanged times. The confidence of joined segments is their mean, weighted by
        their durations.
    """
    if not len(segments):
        return Tidied(segments, 0, 0)
    touches = segments["from"][1:] == segments["to"][:-1]
    same_class = segments["id"][1:] == segments["id"][:-1]
    stretch = np.append(0, np.cumsum(~(touches & same_class)))
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    last = np.append(first[1:], len(segments)) - 1
    long_enough = segments["to"][last] - segments["from"][first] >= min_duration - _TOLERANCE
    face = np.append(0, np.cumsum(~touches))  # has the same value from one gap without a face to the next
    kept = np.flatnonzero(long_enough[stretch])
    rows, seen = segments[kept], face[kept]
    gap = rows["from"][1:] - rows["to"][:-1]
    joins = (rows["id"][1:] == rows["id"][:-1]) & (seen[1:] == seen[:-1]) & (gap > 0) & (gap <= min_gap + _TOLERANCE)
    return Tidied(_join(rows, joins), len(segments) - len(rows), int(joins.sum()))


def _join(rows: Rows, joins: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Rows:
    """Join each row with the next one where `joins`, which is one shorter than the rows, is true."""
    if not joins.any():
        return rows
    starts = np.flatnonzero(np.append(True, ~joins))
    ends = np.append(starts[1:], len(rows)) - 1
    joined = rows[starts]
    joined["to"] = rows["to"][ends]
    weight = rows["to"] - rows["from"]
    several = ends > starts
    mean = np.add.reduceat(rows["conf"] * weight, starts) / np.add.reduceat(weight, starts)
    joined["conf"][several] = mean[several]
    return joined
