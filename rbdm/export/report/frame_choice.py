"""Chooses the frames that a report shows as pictures."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rbdm.timeline.frames import SmoothedFrames

_MIN_DISTANCE = 1.0
"""Seconds between two uncertain frames."""
_CERTAIN = 0.9
"""A frame whose class has a higher probability than this does not count as uncertain."""


def uncertain_frames(frames: SmoothedFrames, least: int, most: int) -> list[int]:
    """The inferred frames whose class has the lowest probability, at least a second apart; lowest probability first.

    Args:
        frames: the frames.
        least: minimum number of frames, even if their probability is above 0.9; fewer if the video has fewer.
        most: maximum number of frames.

    Returns:
        The numbers of the frames, from 0.
    """
    certainty = np.where(frames.filled_in, np.nan, frames.certainty)
    order = np.argsort(certainty, kind="stable")
    chosen: list[int] = []
    for frame in order[: np.count_nonzero(~np.isnan(certainty))]:
        if len(chosen) == most or (len(chosen) >= least and certainty[frame] > _CERTAIN):
            break
        if not (np.abs(frames.time[chosen] - frames.time[frame]) < _MIN_DISTANCE).any():
            chosen.append(int(frame))
    return chosen


def strip_frames(frames: SmoothedFrames, key_frames: npt.NDArray[np.int64], count: int) -> list[int]:
    """Frames to show as thumbnails: one frame with a face from each of `count` equal parts of the video.

    A part without a face gives no frame. If the whole video has no face, frames without a face are chosen.

    Args:
        frames: the frames.
        key_frames: numbers of the frames that are preferred, because they can be decoded fast.
        count: maximum number of frames.

    Returns:
        The numbers of the frames, from 0, in the order of time.
    """
    shown = frames.classes >= 0 if (frames.classes >= 0).any() else np.ones(len(frames.time), bool)
    preferred = np.zeros(len(frames.time), bool)
    preferred[key_frames] = True
    edges = np.searchsorted(frames.time, np.linspace(0, frames.end, count + 1))
    chosen = []
    for part, (first, last) in enumerate(pairwise(edges)):
        candidates = first + np.flatnonzero(shown[first:last])
        if not len(candidates):
            continue
        quick = candidates[preferred[candidates]]
        candidates = quick if len(quick) else candidates
        middle = (part + 0.5) * frames.end / count
        chosen.append(int(candidates[np.abs(frames.time[candidates] - middle).argmin()]))
    return chosen
