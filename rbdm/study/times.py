"""Sets of moments: stretches of time, and how much of other stretches lies in them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NO_INTERVALS: Floats = np.empty((0, 2))


def _covered(intervals: Floats, times: Floats) -> npt.NDArray[np.bool_]:
    """(n,) bool: whether each time lies in one of the half-open intervals, which may overlap."""
    started = np.searchsorted(np.sort(intervals[:, 0]), times, side="right")
    ended = np.searchsorted(np.sort(intervals[:, 1]), times, side="right")
    return np.asarray(started > ended)


def select(kept: Floats, removed: Floats = NO_INTERVALS) -> "Times":
    """The times in one of the intervals `kept` and in none of `removed`.

    Args:
        kept: (n, 2) seconds: start and end of half-open intervals in any order, which may overlap.
        removed: the same.
    """
    edges = np.unique(np.concatenate([kept.ravel(), removed.ravel()]))
    middles = (edges[:-1] + edges[1:]) / 2
    inside = _covered(kept, middles) & ~_covered(removed, middles)
    first = np.flatnonzero(inside & ~np.append(False, inside[:-1]))
    last = np.flatnonzero(inside & ~np.append(inside[1:], False))
    return Times(np.column_stack([edges[first], edges[last + 1]]) if len(first) else NO_INTERVALS)


@dataclass(frozen=True, eq=False)
class Times:
    """A set of moments. Make one with `select`.

    Attributes:
        intervals: (n, 2) float64, seconds: half-open intervals in order, with gaps between them.
    """

    intervals: Floats

    @property
    def seconds(self) -> float:
        """The length of all intervals together."""
        return float(np.diff(self.intervals).sum())

    @property
    def start(self) -> float:
        """The first moment; 0 if there is none."""
        return float(self.intervals[0, 0]) if len(self.intervals) else 0.0

    @property
    def end(self) -> float:
        """The end of the last interval; 0 if there is none."""
        return float(self.intervals[-1, 1]) if len(self.intervals) else 0.0

    def within(self, start: Floats, end: Floats) -> Floats:
        """(m,) float64, seconds: how much of each half-open interval from `start` to `end` lies in this set."""
        if not len(self.intervals):
            return np.zeros(len(start))
        lengths = np.diff(self.intervals)[:, 0]
        total = np.zeros(2 * len(lengths))  # the length of the set up to each start and each end of its intervals
        total[1::2] = np.cumsum(lengths)
        total[2::2] = total[1:-1:2]
        bounds = self.intervals.ravel()
        return np.interp(end, bounds, total) - np.interp(start, bounds, total)

    def first_since(self, time: float) -> float:
        """The first moment of this set that is not before `time`; infinite if there is none."""
        later = self.intervals[self.intervals[:, 1] > time]
        return float(max(later[0, 0], time)) if len(later) else np.inf
