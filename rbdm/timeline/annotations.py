"""Makes annotations from a timeline: segments of expressions, and samples of valence and arousal."""

from dataclasses import replace

import numpy as np

from rbdm.options import Options
from rbdm.ssi import CONTINUOUS_DTYPE, DISCRETE_DTYPE, Annotation, ContinuousScheme, DiscreteScheme, Rows
from rbdm.timeline.frames import expression_probabilities, smoothed_values
from rbdm.timeline.provenance import ANNOTATOR, provenance
from rbdm.timeline.resampling import sample
from rbdm.timeline.schemes import check_range, expression_scheme, match_classes, to_range, value_scheme
from rbdm.timeline.stride import inference_confidence
from rbdm.timeline.timeline import Timeline
from rbdm.types import Notify, Value


def expression_segments(
    timeline: Timeline, options: Options, scheme: DiscreteScheme | None = None, warn: Notify | None = None
) -> Rows:
    """Segments of the most probable class, in order of time, without overlaps.

    A frame lasts from its own time to the time of the next frame; the last frame lasts to the end of the video. Frames
    without a face, and gaps without frames, are in no segment. With `merge_segments`, consecutive frames of the same
    class become one segment, but only within a run (see `rbdm.timeline.runs`).

    Args:
        timeline: the results of the network.
        options: only `num_expressions`, `smoothing_ms` and `merge_segments` are used.
        scheme: another scheme, whose classes are found by name; default: `expression_scheme`.
        warn: see `match_classes`.

    Returns:
        `DISCRETE_DTYPE`: from and to in seconds, the id in the scheme, and the confidence. The confidence is the mean
        over the frames of the probability of the class, which is halved in frames that are filled in (`stride`).

    Raises:
        SchemeError: the scheme has none of our classes.
    """
    ids = match_classes(scheme or expression_scheme(options.num_expressions), options.num_expressions, warn)
    if not timeline.has_face.any():
        return np.empty(0, DISCRETE_DTYPE)
    probabilities = expression_probabilities(timeline, options, list(ids))
    face = np.flatnonzero(timeline.has_face)
    winner = probabilities[face].argmax(axis=1)
    certainty = probabilities[face, winner] * inference_confidence(timeline.inferred[face])
    starts_segment = np.ones(len(face), bool)
    if options.merge_segments:
        starts_segment[1:] = (np.diff(winner) != 0) | (np.diff(timeline.run[face]) > 0)
    first = np.flatnonzero(starts_segment)
    last = np.append(first[1:], len(face)) - 1
    segments = np.empty(len(first), DISCRETE_DTYPE)
    segments["from"] = timeline.time[face[first]]
    segments["to"] = timeline.frame_end[face[last]]
    segments["id"] = np.array(list(ids.values()))[winner[first]]
    segments["conf"] = np.add.reduceat(certainty, first) / (last - first + 1)
    return segments


def value_samples(
    timeline: Timeline,
    value: Value,
    options: Options,
    scheme: ContinuousScheme | None = None,
    warn: Notify | None = None,
) -> Rows:
    """Samples of valence or arousal at the scheme's sample rate, in its range; see `rbdm.timeline.resampling.sample`.

    Args:
        timeline: the results of the network.
        value: `valence` or `arousal`.
        options: only `smoothing_ms` is used.
        scheme: another scheme; default: -1…1 at the video's frame rate.
        warn: called with one line of text if the scheme's range is not -1…1; default: Python's `warnings`.

    Returns:
        `CONTINUOUS_DTYPE`: the score, and as confidence that of the face detector, halved where values are filled in
        (`stride`). Without a face, the confidence is 0, and the score is the value that 0 has in the scheme's range.

    Raises:
        SchemeError: the scheme's sample rate or range is impossible.
    """
    scheme = scheme or value_scheme(value, timeline.sample_rate)
    check_range(scheme, warn)
    smoothed = smoothed_values(timeline, value, options)
    score, confidence = sample(timeline, smoothed, scheme.sample_rate)
    samples = np.empty(len(score), CONTINUOUS_DTYPE)
    samples["score"] = to_range(np.clip(np.nan_to_num(score), -1, 1), scheme)
    samples["conf"] = np.clip(confidence, 0, 1)
    return samples


def expression_annotation(
    timeline: Timeline, options: Options, scheme: DiscreteScheme | None = None, warn: Notify | None = None
) -> Annotation:
    """The annotation `expression`, or one with the given scheme; arguments as in `expression_segments`."""
    rows = expression_segments(timeline, options, scheme, warn)
    return _annotation(timeline, options, scheme or expression_scheme(options.num_expressions), rows)


def value_annotation(
    timeline: Timeline,
    value: Value,
    options: Options,
    scheme: ContinuousScheme | None = None,
    warn: Notify | None = None,
) -> Annotation:
    """The annotation `valence` or `arousal`, or one with the given scheme; arguments as in `value_samples`."""
    rows = value_samples(timeline, value, options, scheme, warn)
    return _annotation(timeline, options, scheme or value_scheme(value, timeline.sample_rate), rows)


def _annotation(
    timeline: Timeline, options: Options, scheme: DiscreteScheme | ContinuousScheme, rows: Rows
) -> Annotation:
    meta = provenance(replace(timeline, options=options))
    return Annotation(scheme, rows, timeline.person, ANNOTATOR, meta)
