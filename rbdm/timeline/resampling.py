"""Resamples the values of frames, which may have any times, to a constant sample rate."""

import math

import numpy as np
import numpy.typing as npt

from rbdm.timeline.timeline import Timeline

Floats = npt.NDArray[np.float64]

_TOLERANCE = 0.001
"""Seconds. Containers round timestamps to milliseconds."""
_MAX_PERIOD_FRACTION = 0.25
"""The tolerance is at most this fraction of a period, so that a fast video's frames are not confused."""


def sample(timeline: Timeline, values: Floats, sample_rate: float) -> tuple[Floats, Floats]:
    """Samples of the frames' values at i / sample_rate seconds, i = 0, 1, …, until the end of the video.

    If the sample rate is higher than half of the video's rate, samples are interpolated. A sample at the time of a
    frame (to 1 ms) has that frame's value. A sample between two frames with a face is interpolated linearly. Before a
    gap (frames without a face, or no frames), at the end of a run and at the end of the video, a sample has the value
    of the last frame with a face. A sample in a gap is NaN: it gets no value from the frames around the gap.

    Otherwise, a sample is the mean over the time until the next sample, where only time with a face counts. To choose
    one of many frames would add noise; a longer filter would ring, and would mix values across gaps. The confidence is
    the mean over all of that time, where time without a face counts as 0: a face half of the time gives half the
    confidence.

    Args:
        timeline: its times, faces and confidences are used.
        values: (T,) one value per frame.
        sample_rate: Hz, greater than 0.

    Returns:
        (n,) float64 values, NaN where no face, and (n,) float64 confidences of the face in [0, 1], 0 where no face.
    """
    if not len(timeline.time):
        return np.empty(0), np.empty(0)
    count = math.ceil((timeline.end - min(_TOLERANCE, _MAX_PERIOD_FRACTION / sample_rate)) * sample_rate)
    confidence = timeline.confidence.astype(np.float64)
    known = np.where(timeline.has_face, values, 0)
    if 2 * sample_rate <= timeline.sample_rate:
        return _average(timeline, known, confidence, np.arange(count + 1) / sample_rate)
    return _interpolate(timeline, known, confidence, np.arange(count) / sample_rate)


def _interpolate(timeline: Timeline, known: Floats, confidence: Floats, sample_times: Floats) -> tuple[Floats, Floats]:
    time, face = timeline.time, timeline.has_face
    tolerance = min(_TOLERANCE, _MAX_PERIOD_FRACTION / timeline.sample_rate)
    frame = np.searchsorted(time, sample_times + tolerance, side="right") - 1
    next_frame = np.minimum(frame + 1, len(time) - 1)
    distance = np.maximum(time[next_frame] - time[frame], tolerance)
    elapsed = sample_times - time[frame]
    same_run = timeline.run[next_frame] == timeline.run[frame]
    weight = np.where((elapsed > tolerance) & face[next_frame] & same_run, elapsed / distance, 0)
    score = known[frame] + weight * (known[next_frame] - known[frame])
    in_gap = (timeline.frame_end[frame] < time[next_frame]) & (sample_times + tolerance >= timeline.frame_end[frame])
    covered = (frame >= 0) & face[frame] & ~in_gap
    return np.where(covered, score, np.nan), np.where(covered, confidence[frame], 0)


def _average(timeline: Timeline, known: Floats, confidence: Floats, edges: Floats) -> tuple[Floats, Floats]:
    # Each frame is followed by the gap up to the next frame, which usually has no length.
    bounds = np.column_stack([timeline.time, timeline.frame_end]).ravel()
    bounds[-1] = timeline.end
    face_time = np.zeros(len(bounds) - 1)
    face_time[::2] = np.diff(bounds)[::2] * timeline.has_face
    edges = np.minimum(edges, bounds[-1])

    def integrate(frame_values: Floats) -> Floats:
        """The integral, between each two edges, of a value per frame over the time with a face."""
        cumulative = np.concatenate([[0.0], np.cumsum(np.repeat(frame_values, 2)[:-1] * face_time)])
        return np.diff(np.interp(edges, bounds, cumulative))

    face_seconds = integrate(np.ones_like(known))
    covered = face_seconds > _TOLERANCE
    score = integrate(known) / np.where(covered, face_seconds, 1)
    mean_confidence = integrate(confidence) / np.diff(edges)
    return np.where(covered, score, np.nan), np.where(covered, mean_confidence, 0)
