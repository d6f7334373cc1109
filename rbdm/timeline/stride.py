"""The option `stride`: chooses the frames for the network, and fills in the values of the frames between them."""

import numpy as np
import numpy.typing as npt

FILLED_CONFIDENCE = 0.5
"""The factor for the confidence of a frame whose values are filled in, not inferred."""


def inference_confidence(inferred: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """(T,) factor for the confidence of each frame: 1 if it went through the network, else `FILLED_CONFIDENCE`."""
    return np.where(inferred, 1.0, FILLED_CONFIDENCE)


class Stride:
    """Chooses the frames for the network: in each run of frames with a face, the first one and every N-th after it.

    Runs: see `rbdm.timeline.runs`.

    Args:
        every: N, 1 or more.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._since = 0

    def infers(self, has_face: bool, starts_run: bool = False) -> bool:
        """Whether the next frame goes through the network. Call this for every frame, in the order of the video."""
        if starts_run:
            self._since = 0
        chosen = has_face and self._since % self._every == 0
        self._since = self._since + 1 if has_face else 0
        return chosen


def fill(
    time: npt.NDArray[np.float64],
    has_face: npt.NDArray[np.bool_],
    inferred: npt.NDArray[np.bool_],
    run: npt.NDArray[np.int64],
    held: npt.NDArray[np.float32],
    linear: npt.NDArray[np.float32],
) -> None:
    """Fill in, in place, the values of the frames that have a face but did not go through the network.

    Each run of frames with a face is filled in from its own inferred frames.

    Args:
        time: (T,) seconds.
        has_face: (T,) bool.
        inferred: (T,) bool: the frames that went through the network, all with a face, among them the first frame of
            every run.
        run: (T,) the number of each frame's run, see `rbdm.timeline.runs.run_numbers`.
        held: (T, K) values; a frame gets those of the last inferred frame before it.
        linear: (T, L) values; a frame gets values interpolated linearly between the inferred frames before and after
            it. After the last inferred frame of a run, the values stay the same.
    """
    missing = np.flatnonzero(has_face & ~inferred)
    known = np.flatnonzero(inferred)
    if not len(missing):
        return
    before = known[np.searchsorted(known, missing) - 1]
    after = known[np.minimum(np.searchsorted(known, missing), len(known) - 1)]
    within = (after > missing) & (run[after] == run[missing])
    after = np.where(within, after, before)
    fraction = (time[missing] - time[before]) / np.where(within, time[after] - time[before], 1)
    weight = np.where(within, fraction, 0)[:, None].astype(np.float32)
    held[missing] = held[before]
    linear[missing] = linear[before] + weight * (linear[after] - linear[before])
