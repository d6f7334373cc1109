"""Labels at moments of a video, from the annotations of one or several people of the same person in it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS
from rbdm.ssi import ContinuousScheme, read_annotation
from rbdm.study.results import Readings, Result
from rbdm.types import VALUES, Value

Floats = npt.NDArray[np.float64]
CLASSES = len(EXPRESSIONS)
_SLACK = 1e-3
"""How far a score may leave the range of its scheme by rounding, as a share of the range."""


@dataclass(frozen=True, eq=False)
class Labels:
    """Labels at N moments, in order of time.

    Attributes:
        time: (N,) seconds.
        seconds: (N,) how much time each moment stands for.
        expression: (N, 8) distributions over the expressions: which share of the annotators saw which; NaN where none
            saw one.
        possible: (N, 8) bool: the expressions that the annotators could choose.
        affect: (N, 2) valence and arousal in [-1, 1], the means of the annotators; NaN where none rated it.
    """

    time: Floats
    seconds: Floats
    expression: Floats
    possible: npt.NDArray[np.bool_]
    affect: Floats

    def __len__(self) -> int:
        """Number of moments."""
        return len(self.time)

    def take(self, indices: npt.NDArray[np.integer]) -> "Labels":
        """The labels at `indices`, in that order."""
        return Labels(*(getattr(self, field.name)[indices] for field in fields(self)))


def labels_of(readings: Sequence[Readings], step: float) -> Labels:
    """Choose moments of a video and give each its labels.

    The segments of all annotators divide the time into pieces in which nobody changes their mind. In each piece, the
    moments are spaced evenly, about one for each `step`, and a short piece has one in its middle. Where there is no
    expression, valence and arousal have a moment in the middle of each `step`. Rows with confidence 0 are no labels.

    Args:
        readings: the annotations, one entry for each annotator.
        step: seconds.
    """
    coded = [one for one in readings if one.segments is not None]
    starts, ends, chosen = _pieces(coded)
    counts = np.maximum(np.round((ends - starts) / step), 1).astype(int)
    piece = np.repeat(np.arange(len(starts)), counts)
    number = np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)
    length = ((ends - starts) / counts)[piece]
    time, expression = starts[piece] + (number + 0.5) * length, chosen[piece]
    duration = max((one.duration for one in readings), default=0.0)
    grid = (np.arange(math.ceil(duration / step)) + 0.5) * step
    before = np.searchsorted(starts, grid, side="right") - 1
    is_free = (before < 0) | (grid >= np.append(ends, 0)[before]) if len(starts) else np.ones(len(grid), bool)
    time = np.concatenate([time, grid[is_free]])
    seconds = np.concatenate([length, np.full(int(is_free.sum()), step)])
    expression = np.concatenate([expression, np.full((int(is_free.sum()), CLASSES), np.nan)])
    affect = np.stack([_values(readings, name, time) for name in VALUES], axis=1)
    kept = ~np.isnan(np.column_stack([expression[:, 0], affect])).all(axis=1)
    order = np.flatnonzero(kept)[np.argsort(time[kept], kind="stable")]
    possible = np.zeros(CLASSES, bool)
    possible[[index for one in coded for index in one.expressions]] = True
    return Labels(time[order], seconds[order], expression[order], np.tile(possible, (len(order), 1)), affect[order])


def check_scores(result: Result) -> None:
    """Check that all scores of valence and arousal are in the range of their scheme.

    Raises:
        InputError: a score is not, so that the range, or the score, is wrong.
    """
    for value in VALUES:
        path = result.paths.get(value)
        if path is None:
            continue
        found = read_annotation(path)
        assert isinstance(found.scheme, ContinuousScheme)
        low, high, score = found.scheme.minimum, found.scheme.maximum, found.data["score"]
        slack = _SLACK * (high - low)
        outside = (found.data["conf"] > 0) & ((score < low - slack) | (score > high + slack))
        if outside.any():
            row = int(np.argmax(outside))
            raise InputError(
                f"{path}: row {row + 1} has the score {score[row]:g}, outside of the range {low:g} to {high:g} of its "
                "scheme: correct the scheme's min and max, or the score"
            )


def _pieces(coded: Sequence[Readings]) -> tuple[Floats, Floats, Floats]:
    """The pieces of time with an expression: their starts, their ends, and the shares of the annotators."""
    rows = [one.segments[one.segments["confidence"] > 0] for one in coded if one.segments is not None]
    if not sum(map(len, rows)):
        return np.empty(0), np.empty(0), np.empty((0, CLASSES))
    edges = np.unique(np.concatenate([row[name] for row in rows for name in ("start", "end")]))
    starts, ends = edges[:-1], edges[1:]
    middle = (starts + ends) / 2
    votes = np.zeros((len(middle), CLASSES))
    for row in rows:
        if not len(row):
            continue
        found = np.searchsorted(row["start"], middle, side="right") - 1
        inside = (found >= 0) & (middle < row["end"][found])
        votes[np.flatnonzero(inside), row["expression"][found[inside]]] += 1
    total = votes.sum(axis=1)
    seen = total > 0
    return starts[seen], ends[seen], votes[seen] / total[seen, None]


def _values(readings: Sequence[Readings], name: Value, time: Floats) -> Floats:
    """(N,) the mean of the annotators' values at these moments; NaN where none has one."""
    found = []
    for samples in (one.samples[name] for one in readings if name in one.samples):
        index = np.floor(time * samples.rate + 1e-9).astype(int)
        inside = index < len(samples.score)
        found.append(np.where(inside, samples.score[np.minimum(index, len(samples.score) - 1)], np.nan))
    if not found:
        return np.full(len(time), np.nan)
    values = np.stack(found)
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0).sum(axis=0) / known.sum(axis=0))
