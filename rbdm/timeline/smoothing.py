"""Moving average over a window of time that never crosses the border of a run."""

from typing import Any

import numpy as np
import numpy.typing as npt

_TOLERANCE = 1e-6
"""Seconds. A window is often a whole number of frames wide; rounding must not decide on its outermost frames."""


def smooth(
    values: npt.NDArray[Any],
    time: npt.NDArray[np.float64],
    has_face: npt.NDArray[np.bool_],
    window_ms: float,
    run: npt.NDArray[np.int64] | None = None,
) -> npt.NDArray[np.float64]:
    """Moving average in a window centred on each frame.

    Each frame with a face gets the mean over the frames of the same run that are at most half a window away. At the
    border of a run, the window becomes narrower.

    Args:
        values: (T, …) values of each frame.
        time: (T,) seconds, strictly increasing; the distances may differ.
        has_face: (T,) bool: the frames whose values count.
        window_ms: width of the window in milliseconds; 0 leaves the values as they are.
        run: (T,) the number of each frame's run, see `rbdm.timeline.runs`; default: only a frame without a face ends a
            run.

    Returns:
        (T, …) float64; frames without a face keep their values.
    """
    result = np.asarray(values, np.float64).copy()
    face = np.flatnonzero(has_face)
    if window_ms <= 0 or not len(face):
        return result
    half = window_ms / 2000 + _TOLERANCE
    times = time[face]
    runs = np.asarray(np.cumsum(~has_face) if run is None else run, np.int64)[face]
    low = np.maximum(np.searchsorted(times, times - half), np.searchsorted(runs, runs))
    high = np.minimum(np.searchsorted(times, times + half, side="right"), np.searchsorted(runs, runs, side="right"))
    total = np.concatenate([np.zeros_like(result[:1]), np.cumsum(result[face], axis=0)])
    count = (high - low).reshape(-1, *[1] * (result.ndim - 1))
    result[face] = (total[high] - total[low]) / count
    return result
