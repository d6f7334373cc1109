"""Runs: parts of a timeline within which values may be mixed, by smoothing, filling in, interpolation and merging.

A run ends where a frame has no face, and where nobody can say that the face before and after is the same person's: at a
cut, at a gap in which the video has no frames, and where the box jumps to another place.
"""

import numpy as np
import numpy.typing as npt


def run_numbers(has_face: npt.NDArray[np.bool_], starts_run: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(T,) int64, increasing: frames with a face that have the same number belong to the same run.

    Args:
        has_face: (T,) bool.
        starts_run: (T,) bool: the frames that start a run although the frame before them has a face.
    """
    return np.cumsum(~has_face | starts_run)
