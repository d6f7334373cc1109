"""What the annotations of one person say about a stretch of time: expressions, valence and arousal.

All numbers are weighted by time: a segment counts for as long as it lasts, a sample until the next sample. At the ends
of the stretch, only the part inside counts. A number that cannot be known is NaN, and never 0.
"""

import numpy as np
import numpy.typing as npt

from rbdm.expressions import EXPRESSIONS
from rbdm.study.results import Readings, Samples
from rbdm.study.times import NO_INTERVALS, Floats, Times, select
from rbdm.types import VALUES, Value

Measures = dict[tuple[str, str], float]
"""Number by variable (`Happy`, `valence`, …) and measure (`share`, `mean`, …)."""

TIME_MEASURES = (("window", "seconds"), ("face", "seconds"), ("used", "seconds"), ("excluded", "share"))
EXPRESSION_MEASURES = ("seconds", "share", "segments", "length", "onset")
VALUE_MEASURES = ("mean", "sd", "min", "max", "seconds")
_CHANGING = (*((expression.name, "share") for expression in EXPRESSIONS), *((value, "mean") for value in VALUES))
_TOUCHING = 0.001
"""Seconds. Segments of one expression that are no further apart are one: rbdm begins a new one at a cut."""
_SLIVER = 0.0005
"""Seconds. A part of a segment or sample that is no longer counts with its length, but neither as a segment nor as the
smallest or largest value: people write the ends of windows in whole milliseconds."""
_NOTHING = 1e-9
"""Seconds. Less than this is an error of rounding."""


def measure(readings: Readings, window: Times, excluded: Floats = NO_INTERVALS) -> Measures:
    """The numbers about a stretch of time.

    Args:
        readings: the annotations of one person in one video.
        window: the stretch of time, which may have gaps.
        excluded: (n, 2) seconds: intervals of time that are not used, although there is a face.

    Returns:
        In this order: `TIME_MEASURES`, `EXPRESSION_MEASURES` of each expression, `VALUE_MEASURES` of valence and of
        arousal. See docs/study.md for each of them.
    """
    used = select(window.intervals, excluded)
    face = _face_intervals(readings)
    face_seconds = float(window.within(*face.T).sum())
    used_seconds = float(used.within(*face.T).sum())
    share = max(0.0, 1 - used_seconds / window.seconds) if window.seconds > 0 else np.nan
    times = (window.seconds, face_seconds, used_seconds, share)
    found: Measures = dict(zip(TIME_MEASURES, times, strict=True))
    for index in range(len(EXPRESSIONS)):
        found |= _expression(readings, index, used, used_seconds, window.start)
    for value in VALUES:
        found |= _value(value, readings.samples.get(value), used)
    return found


def changes(measures: Measures, baseline: Measures | None) -> Measures:
    """How much the shares of the expressions, and the means of valence and arousal, differ from a baseline.

    Args:
        measures: of a stretch of time.
        baseline: of the baseline; None if there is none.

    Returns:
        The measure `change` of each of these variables; NaN where one of the two is unknown.
    """
    return {
        (name, "change"): measures[name, what] - baseline[name, what] if baseline else np.nan
        for name, what in _CHANGING
    }


def unsure_intervals(readings: Readings, face_confidence: float) -> Floats:
    """(n, 2) seconds: where there is a face whose confidence is lower than `face_confidence`.

    The confidence of the face is that of the samples of valence or arousal. Those of segments are probabilities.
    """
    samples = _any_samples(readings)
    if samples is None:
        return NO_INTERVALS
    # The files hold float32: 0.9 there is a little less than 0.9 in float64.
    confidence = samples.confidence.astype(np.float32)
    return _sample_intervals(samples, (confidence > 0) & (confidence < np.float32(face_confidence)))


def _any_samples(readings: Readings) -> Samples | None:
    return next((readings.samples[value] for value in VALUES if value in readings.samples), None)


def _sample_intervals(samples: Samples, chosen: npt.NDArray[np.bool_]) -> Floats:
    numbers = np.flatnonzero(chosen)
    return np.column_stack([numbers, numbers + 1]) / samples.rate


def _face_intervals(readings: Readings) -> Floats:
    """(n, 2) seconds: where there is a face. The segments know this exactly; samples only at their rate."""
    if readings.segments is not None:
        return np.column_stack([readings.segments["start"], readings.segments["end"]])
    samples = _any_samples(readings)
    return NO_INTERVALS if samples is None else _sample_intervals(samples, samples.confidence > 0)


def _expression(readings: Readings, index: int, used: Times, used_seconds: float, start: float) -> Measures:
    name = EXPRESSIONS[index].name
    found: Measures = {(name, what): np.nan for what in EXPRESSION_MEASURES}
    if readings.segments is None or index not in readings.expressions or used_seconds <= _NOTHING:
        return found
    rows = readings.segments[readings.segments["expression"] == index]
    starts_new = np.append(True, rows["start"][1:] - rows["end"][:-1] > _TOUCHING)[: len(rows)]
    lengths = used.within(rows["start"], rows["end"])
    parts = np.bincount(np.cumsum(starts_new) - 1, lengths) > _SLIVER if len(rows) else np.zeros(0, bool)
    seconds, count = float(lengths.sum()), int(parts.sum())
    found[name, "seconds"], found[name, "share"], found[name, "segments"] = seconds, seconds / used_seconds, count
    if count:
        found[name, "length"] = seconds / count
        first = float(rows["start"][starts_new][np.argmax(parts)])
        found[name, "onset"] = used.first_since(first) - start
    return found


def _value(value: Value, samples: Samples | None, used: Times) -> Measures:
    found: Measures = {(value, what): np.nan for what in VALUE_MEASURES}
    if samples is None:
        return found
    first = max(0, int(used.start * samples.rate) - 1)
    numbers = np.arange(first, min(len(samples.score), int(used.end * samples.rate) + 2))
    weights = used.within(numbers / samples.rate, (numbers + 1) / samples.rate)
    chosen = (samples.confidence[numbers] > 0) & (weights > _NOTHING)
    weights, score = weights[chosen], samples.score[numbers[chosen]]
    if len(score):
        mean = float(np.average(score, weights=weights))
        spread = float(np.sqrt(np.average((score - mean) ** 2, weights=weights)))
        clear = score[weights >= min(_SLIVER, weights.max())]
        known = (mean, spread, float(clear.min()), float(clear.max()), float(weights.sum()))
        found = {(value, what): number for what, number in zip(VALUE_MEASURES, known, strict=True)}
    return found
