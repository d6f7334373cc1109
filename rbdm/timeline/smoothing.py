"""Averaging over a window of time that never reaches over a gap without a face."""

from typing import Any

import numpy as np
import numpy.typing as npt

# Windows are often a whole number of frames wide: rounding must not decide on the outermost ones.
_TOLERANCE = 1e-6


def smooth(
    values: npt.NDArray[Any], time: npt.NDArray[np.float64], has_face: npt.NDArray[np.bool_], window_ms: float
) -> npt.NDArray[np.float64]:
    """Moving average in a window centred on each frame.

    Each frame with a face gets the mean over the frames at most half a window away, as far as every frame
    between has a face too: at the edges of a gap the window is cut off, not filled up.

    Args:
        values: (T, …) per frame.
        time: (T,) seconds, strictly increasing, at any distances.
        has_face: (T,) whether the frame's values count.
        window_ms: width of the window in milliseconds; 0 leaves the values as they are.

    Returns:
        (T, …) float64; frames without a face keep what they had.
    """
    result = np.asarray(values, np.float64).copy()
    face = np.flatnonzero(has_face)
    if window_ms <= 0 or not len(face):
        return result
    half = window_ms / 2000 + _TOLERANCE
    moment = time[face]
    run = np.cumsum(np.diff(face, prepend=face[0] - 1) > 1)
    low = np.maximum(np.searchsorted(moment, moment - half), np.searchsorted(run, run))
    high = np.minimum(np.searchsorted(moment, moment + half, side="right"), np.searchsorted(run, run, side="right"))
    total = np.concatenate([np.zeros_like(result[:1]), np.cumsum(result[face], axis=0)])
    count = (high - low).reshape(-1, *[1] * (result.ndim - 1))
    result[face] = (total[high] - total[low]) / count
    return result
