"""Every N-th frame goes through the network (option `stride`): which ones, and what the frames between them get."""

import numpy as np
import numpy.typing as npt

FILLED_CONFIDENCE = 0.5
"""What becomes of a confidence where the frame's values are filled in and not inferred."""


class Stride:
    """Chooses frames: the first of every run of frames with a face, and every N-th after it.

    Args:
        every: N, 1 or more.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._since = 0

    def infers(self, has_face: bool) -> bool:
        """Whether the next frame, asked for in the video's order, goes through the network."""
        chosen = has_face and self._since % self._every == 0
        self._since = self._since + 1 if has_face else 0
        return chosen


def fill(
    time: npt.NDArray[np.float64],
    has_face: npt.NDArray[np.bool_],
    inferred: npt.NDArray[np.bool_],
    held: npt.NDArray[np.float32],
    linear: npt.NDArray[np.float32],
) -> None:
    """Give the frames that have a face but were not inferred their values, in place.

    Nothing crosses a gap: a run of frames with a face is filled from its own inferred frames, the first of which is
    its first frame.

    Args:
        time: (T,) seconds.
        has_face: (T,).
        inferred: (T,), a subset of `has_face` that has the first frame of every run.
        held: (T, K), takes the value of the inferred frame before.
        linear: (T, L), lies on the line between the inferred frames around it; after the last of a run it is held.
    """
    missing = np.flatnonzero(has_face & ~inferred)
    known = np.flatnonzero(inferred)
    if not len(missing):
        return
    before = known[np.searchsorted(known, missing) - 1]
    after = known[np.minimum(np.searchsorted(known, missing), len(known) - 1)]
    run = np.cumsum(~has_face)
    within = (after > missing) & (run[after] == run[missing])
    after = np.where(within, after, before)
    part = (time[missing] - time[before]) / np.where(within, time[after] - time[before], 1)
    weight = np.where(within, part, 0)[:, None].astype(np.float32)
    held[missing] = held[before]
    linear[missing] = linear[before] + weight * (linear[after] - linear[before])
