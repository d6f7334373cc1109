"""Decides whether the faces of frames between two frames whose faces are known can be interpolated, and does so."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rbdm.faces.boxes import overlap
from rbdm.media.frame import Frame

Floats = npt.NDArray[np.float32]

_SAME_PLACE_OVERLAP = 0.94
"""A face hardly moves between two frames if its boxes overlap by at least this much (intersection over union)."""
_AS_EXPECTED_OVERLAP = 0.98
"""A face moves evenly if its box in the middle overlaps the interpolated box by at least this much. The detector's own
noise, for example if the picture moves by one pixel, changes the box of a large face by less, and of a small one by
more: that one is detected more often."""
_SAME_FACE_OVERLAP = 0.4
"""Boxes at both ends of an even movement belong to the same face if they overlap by at least this much."""
_SURE, _SURE_SHARE = 0.65, 0.3
"""The lowest confidence of a face that is trusted not to vanish between two frames. It is also above the detector's
threshold by this share of the confidences above the threshold."""
_CHANGE_OF_FACE = 0.35
"""Mean change of the brightness pattern in a face's box from which on it may be another face, or hidden. Expressions,
turns of the head and noise change it by 0.05 to 0.3; another face or an object before the face by more than 0.4."""
_SUDDEN_CHANGE, _SPIKE = 0.4, 3.0
"""Change of a part of the picture from a frame to the next that may show or hide a face, and how many times larger than
the median of its changes it is."""
_CHANGE_OF_EMPTY = 0.3
"""Change of a part of the picture from which on a picture without faces is not still. Noise changes it by 0.2."""
_NOISE = 8.0
"""Brightness (0…255) that is added to the contrast, so that noise in even areas does not count."""
_GRID, _TILES = 24, 4
"""A face, or the whole frame, is sampled at 24 × 24 points, in 4 × 4 tiles."""
_FEWEST_STEPS = 4
"""A median of fewer changes means nothing."""


def lowest_sure_confidence(threshold: float) -> float:
    """The lowest confidence with which a face is trusted not to vanish between two frames.

    Args:
        threshold: the detector's, in (0, 1].
    """
    return max(_SURE, threshold + _SURE_SHARE * (1 - threshold))


def may_come_or_go(frames: Sequence[Frame], first: Floats, last: Floats, sure: float) -> bool:
    """Whether a face may appear or vanish between the first and the last frame.

    This is so if the number of faces differs, a face is not sure, a part of the picture changes suddenly, or there is
    no face and the picture is not still.

    Args:
        frames: consecutive frames, at least two.
        first: (M, 5 or more) float32, the faces of the first frame: `ymin, xmin, ymax, xmax`, confidence, …
        last: the faces of the last frame.
        sure: see `lowest_sure_confidence`.
    """
    if len(first) != len(last) or (np.concatenate([first, last])[:, 4] < sure).any():
        return True
    tiles = _tiles([frame.brightness(0, 0, 1, 1, _GRID) for frame in frames])
    if not len(first) and (_changes(tiles) > _CHANGE_OF_EMPTY).any():
        return True
    if len(frames) <= _FEWEST_STEPS:
        return False
    steps = _difference(tiles[:-1], tiles[1:])
    return bool(((steps > _SUDDEN_CHANGE) & (steps > _SPIKE * np.median(steps, axis=0))).any())


def interpolate(frames: Sequence[Frame], first: Floats, last: Floats, is_even: bool) -> list[Floats] | None:
    """The faces of the frames between the first and the last frame, interpolated linearly over time, or None.

    None means that this is not safe: a face moves, or the picture in one of the interpolated boxes is unlike the
    pictures in the boxes at both ends.

    Args:
        frames: consecutive frames, at least two; their times increase.
        first: (M, 5 or more) float32, the faces of the first frame: `ymin, xmin, ymax, xmax`, confidence, and other
            values, which are interpolated likewise.
        last: the faces of the last frame; as many.
        is_even: whether the faces are known to move evenly (see `moves_evenly`). Then they may move.

    Returns:
        One array like `first` for each frame between, the most confident face first.
    """
    order = _match(first, last, _SAME_FACE_OVERLAP if is_even else _SAME_PLACE_OVERLAP)
    if order is None:
        return None
    faces = _at(np.array([frame.time for frame in frames]), first, last[order])
    for face in range(len(first)):
        patterns = [_pattern(frame, rows[face]) for frame, rows in zip(frames, faces, strict=True)]
        if (_changes(_tiles(patterns)).mean(axis=1) > _CHANGE_OF_FACE).any():
            return None
    return [rows[np.argsort(-rows[:, 4], kind="stable")] for rows in faces[1:-1]]


def moves_evenly(times: Sequence[float], first: Floats, middle: Floats, last: Floats) -> bool:
    """Whether all faces of three frames are the same, and those in the middle are where interpolation expects them.

    Args:
        times: the three times of the frames, in seconds.
        first: (M, 5 or more) float32, the faces of the first frame.
        middle: likewise.
        last: likewise.
    """
    order = _match(first, last, _SAME_FACE_OVERLAP)
    if order is None:
        return False
    expected = _at(np.array(times), first, last[order])[1]
    return _match(expected, middle, _AS_EXPECTED_OVERLAP) is not None


def _match(faces: Floats, others: Floats, least_overlap: float) -> list[int] | None:
    """The index in `others` of each of `faces`; None if not all of both have a partner that overlaps enough."""
    if len(faces) != len(others):
        return None
    order: list[int] = []
    for face in faces:
        overlaps = overlap(face, others)
        order.append(int(np.argmax(overlaps)))
        if overlaps[order[-1]] < least_overlap:
            return None
    return order if len(set(order)) == len(order) else None


def _at(times: npt.NDArray[np.float64], first: Floats, last: Floats) -> Floats:
    """(T, M, 5 or more): the faces at each of the T times."""
    share = ((times - times[0]) / (times[-1] - times[0])).astype(np.float32)[:, None, None]
    return np.asarray(first + share * (last - first), np.float32)


def _pattern(frame: Frame, face: Floats) -> Floats:
    top, left, bottom, right = face[:4].tolist()
    return frame.brightness(top, left, bottom, right, _GRID)


def _tiles(patterns: Sequence[Floats]) -> Floats:
    """(T, tiles, points per tile): the brightness in each tile, without its mean."""
    side = _GRID // _TILES
    tiles = np.stack(patterns).reshape(-1, _TILES, side, _TILES, side).swapaxes(2, 3).reshape(-1, _TILES**2, side**2)
    return np.asarray(tiles - tiles.mean(axis=2, keepdims=True), np.float32)


def _changes(tiles: Floats) -> Floats:
    """(T, tiles): how much each frame differs from that of both ends which is more similar; each end from the other."""
    to_first, to_last = _difference(tiles, tiles[:1]), _difference(tiles, tiles[-1:])
    changes = np.minimum(to_first, to_last)
    changes[0] = to_last[0]
    return changes


def _difference(tiles: Floats, others: Floats) -> Floats:
    """(T, tiles): the change of each tile as a fraction of its contrast: 0 is no change, 1 the largest possible one."""
    contrast = np.abs(tiles).mean(axis=2) + np.abs(others).mean(axis=2) + np.float32(_NOISE)
    return np.asarray(np.abs(tiles - others).mean(axis=2) / contrast, np.float32)
