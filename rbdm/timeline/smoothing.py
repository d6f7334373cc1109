"""Moving average over a window of time that never crosses a gap (frames without a face)."""

from typing import Any

import numpy as np
import numpy.typing as npt

_TOLERANCE = 1e-6
"""Seconds. A window is often a whole number of frames wide; rounding must not decide on its outermost frames."""


def smooth(
    values: npt.NDArray[Any], time: npt.NDArray[np.float64], has_face: npt.NDArray[np.bool_], window_ms: float
) -> npt.NDArray[np.float64]:
    """Moving average in a window centred on each frame.

    Each frame with a face gets the mean over the frames that are at most half a window away, if all frames between
    have a face, too. At a gap, the window becomes narrower.

    Args:
        values: (T, …) values of each frame.
        time: (T,) seconds, strictly increasing; the distances may differ.
        has_face: (T,) bool: the frames whose values count.
        window_ms: width of the window in milliseconds; 0 leaves the values as they are.

    Returns:
        (T, …) float64; frames without a face keep their values.
    """
    result = np.asarray(values, np.float64).copy()
    face = np.flatnonzero(has_face)
    if window_ms <= 0 or not len(face):
        return result
    half = window_ms / 2000 + _TOLERANCE
    times = time[face]
    run = np.cumsum(np.diff(face, prepend=face[0] - 1) > 1)
    low = np.maximum(np.searchsorted(times, times - half), np.searchsorted(run, run))
    high = np.minimum(np.searchsorted(times, times + half, side="right"), np.searchsorted(run, run, side="right"))
    total = np.concatenate([np.zeros_like(result[:1]), np.cumsum(result[face], axis=0)])
    count = (high - low).reshape(-1, *[1] * (result.ndim - 1))
    result[face] = (total[high] - total[low]) / count
    return result
