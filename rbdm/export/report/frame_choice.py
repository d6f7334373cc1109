"""Which frames a report shows as pictures."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from rbdm.timeline.frames import SmoothedFrames

_LEAST_APART = 1.0
_SURE = 0.9


def uncertain_frames(frames: SmoothedFrames, least: int, most: int) -> list[int]:
    """The inferred frames whose class has the lowest probability, at least a second apart; most doubtful first.

    Args:
        frames: the frames.
        least: so many, as far as there are, even if the network is sure of them.
        most: no more than so many.
    """
    certainty = np.where(frames.filled_in, np.nan, frames.certainty)
    order = np.argsort(certainty, kind="stable")
    chosen: list[int] = []
    for frame in order[: np.count_nonzero(~np.isnan(certainty))]:
        if len(chosen) == most or (len(chosen) >= least and certainty[frame] > _SURE):
            break
        if not (np.abs(frames.time[chosen] - frames.time[frame]) < _LEAST_APART).any():
            chosen.append(int(frame))
    return chosen


def strip_frames(frames: SmoothedFrames, key_frames: npt.NDArray[np.int64], count: int) -> list[int]:
    """Frames to show as thumbnails: from each of `count` equal parts of the video one with a face, if there is one.

    Args:
        frames: the frames.
        key_frames: numbers of frames that are preferred, as they are quick to decode.
        count: how many at most. Without any face in the video they are frames without one.
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
