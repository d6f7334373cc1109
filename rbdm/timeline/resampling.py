"""Values of frames, at whatever times these are, as samples at a constant rate."""

import math

import numpy as np
import numpy.typing as npt

from rbdm.timeline.timeline import Timeline

Floats = npt.NDArray[np.float64]

# Containers round timestamps to milliseconds; a quarter of a period keeps fast videos' frames apart.
_TOLERANCE = 0.001
_PERIOD = 0.25


def sample(timeline: Timeline, values: Floats, sample_rate: float) -> tuple[Floats, Floats]:
    """A value of the frames at i / sample_rate seconds, i = 0, 1, …, as long as the video lasts.

    Above half of the video's rate, a sample at a frame's time (to 1 ms) is that frame's value, and one
    between two frames with a face lies on the straight line between them; beside a gap it is the value of the
    frame it falls in. A sample in a gap is never made from the faces beside it.

    Up to half of the video's rate, a sample is the mean over the time until the next one, counting only time
    with a face: picking one frame out of many would be noise, and a filter that looks further would ring and
    smear over gaps. Its confidence is the mean over all of that time, 0 where there is no face: half a face,
    half the confidence.

    Args:
        timeline: gives the frames' times, faces and face confidences.
        values: (T,) per frame.
        sample_rate: Hz, greater than 0.

    Returns:
        (n,) values, NaN where no face, and (n,) confidences of the face in [0, 1], 0 where none.
    """
    if not len(timeline.time):
        return np.empty(0), np.empty(0)
    count = math.ceil((timeline.end - min(_TOLERANCE, _PERIOD / sample_rate)) * sample_rate)
    confidence = timeline.confidence.astype(np.float64)
    known = np.where(timeline.has_face, values, 0)
    if 2 * sample_rate <= timeline.sample_rate:
        return _average(timeline, known, confidence, np.arange(count + 1) / sample_rate)
    return _interpolate(timeline, known, confidence, np.arange(count) / sample_rate)


def _interpolate(timeline: Timeline, known: Floats, confidence: Floats, at: Floats) -> tuple[Floats, Floats]:
    time, face = timeline.time, timeline.has_face
    tolerance = min(_TOLERANCE, _PERIOD / timeline.sample_rate)
    frame = np.searchsorted(time, at + tolerance, side="right") - 1
    after = np.minimum(frame + 1, len(time) - 1)
    distance = np.maximum(time[after] - time[frame], tolerance)
    since = at - time[frame]
    weight = np.where((since > tolerance) & face[after], since / distance, 0)
    score = known[frame] + weight * (known[after] - known[frame])
    covered = (frame >= 0) & face[frame]
    return np.where(covered, score, np.nan), np.where(covered, confidence[frame], 0)


def _average(timeline: Timeline, known: Floats, confidence: Floats, edges: Floats) -> tuple[Floats, Floats]:
    bounds = np.append(timeline.time, timeline.end)
    face_time = np.diff(bounds) * timeline.has_face
    edges = np.minimum(edges, bounds[-1])

    def total(rate: Floats) -> Floats:
        until = np.concatenate([[0.0], np.cumsum(rate * face_time)])
        return np.diff(np.interp(edges, bounds, until))

    seen = total(np.ones_like(known))
    covered = seen > _TOLERANCE
    score = total(known) / np.where(covered, seen, 1)
    share = total(confidence) / np.diff(edges)
    return np.where(covered, score, np.nan), np.where(covered, share, 0)
