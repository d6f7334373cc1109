"""Finds cuts: frames at which another shot begins, so that the face may be another person's."""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from rbdm.media.frame import Frame

Row = npt.NDArray[np.float32]
Floats = npt.NDArray[np.float32]

_GRID, _TILES = 64, 8
"""The whole frame is sampled at 64 × 64 points, in 8 × 8 tiles."""
_FACE_GRID, _FACE_TILES = 32, 4
"""The area of the face is sampled at 32 × 32 points, in 4 × 4 tiles."""
_LEAST_CHANGE = 0.25
"""Change of a tile, as a fraction of its contrast, below which it does not count."""
_NOISE = 8.0
"""Brightness (0…255) that is added to the contrast, so that noise in even areas does not count."""
_SPIKE = 3.0
"""The change of a tile at a cut is larger than this times its largest change in the frames around."""
_BEFORE, _AFTER = 5, 3
"""Frames around. The changes directly before and after are not compared: a shot may end in a mixed frame."""
_CHANGED_TILES, _CHANGED_FACE_TILES = 10, 8
"""Tiles that must change suddenly, of the whole frame or of the face."""
_LEAST_KNOWN = 3
"""The change of the face counts only if it is known in so many of the frames around."""


def with_cuts(frames: Iterable[tuple[Frame, Row]]) -> Iterator[tuple[Frame, Row, bool]]:
    """Yields the frames of a video with their rows, and whether each is the first one after a cut.

    At a cut, the brightness pattern of several parts of the picture, or of the face, changes more than three times as
    much as in the frames before and after. Movement and turns of the head last for several frames and are not taken for
    a cut; neither are slow fades. The mean brightness of each part does not count, so a change of exposure is no cut.

    Args:
        frames: each frame with the row of its face, `ymin, xmin, ymax, xmax` as fractions of the frame's height and
            width, and the confidence; with confidence 0 only the whole frame is examined.
    """
    waiting: deque[tuple[Frame, Row]] = deque()
    changes: deque[Floats] = deque(maxlen=_BEFORE + 1 + _AFTER)
    change = _Change()
    last_cut = False
    for frame, row in frames:
        changes.append(change.of(frame, row))
        waiting.append((frame, row))
        if len(waiting) > _AFTER:
            last_cut = not last_cut and _is_cut(changes, len(changes) - 1 - _AFTER)
            yield *waiting.popleft(), last_cut
    for left in range(len(waiting), 0, -1):
        last_cut = not last_cut and _is_cut(changes, len(changes) - left)
        yield *waiting.popleft(), last_cut


class _Change:
    """Measures how much each frame has changed from the frame before it."""

    def __init__(self) -> None:
        self._previous: tuple[Frame, Floats] | None = None

    def of(self, frame: Frame, row: Row) -> Floats:
        """(64 + 16,) the change of each tile of the frame and of the face, as a fraction of its contrast.

        NaN where the frame before is missing or the frame has no face.
        """
        whole = _tiles(frame.brightness(0, 0, 1, 1, _GRID), _TILES)
        changes = np.full(_TILES**2 + _FACE_TILES**2, np.nan, np.float32)
        last, self._previous = self._previous, (frame, whole)
        if last is None:
            return changes
        if row[4] > 0:
            before, after = (_face_tiles(each, row) for each in (last[0], frame))
            changes[:] = _difference(np.concatenate([last[1], before]), np.concatenate([whole, after]))
        else:
            changes[: _TILES**2] = _difference(last[1], whole)
        return changes


def _face_tiles(frame: Frame, row: Row) -> Floats:
    top, left, bottom, right = row[:4].tolist()
    return _tiles(frame.brightness(top, left, bottom, right, _FACE_GRID), _FACE_TILES)


def _tiles(points: Floats, count: int) -> Floats:
    """(count², points per tile): the brightness in each tile."""
    side = len(points) // count
    return points.reshape(count, side, count, side).transpose(0, 2, 1, 3).reshape(count**2, side**2)


def _difference(before: Floats, after: Floats) -> Floats:
    """(tiles,) the change of each tile, without that of its mean brightness, as a fraction of its contrast."""
    both = np.stack([before, after])
    both -= both.mean(axis=2, keepdims=True)
    contrast = np.abs(both).mean(axis=2).sum(axis=0) + np.float32(_NOISE)
    return np.asarray(np.abs(both[0] - both[1]).mean(axis=1) / contrast, np.float32)


def _is_cut(changes: deque[Floats], place: int) -> bool:
    now = changes[place]
    if not (now > _LEAST_CHANGE).any():
        return False
    around = np.array([change for index, change in enumerate(changes) if abs(index - place) > 1]).reshape(-1, len(now))
    sudden = (now > _LEAST_CHANGE) & (now > _SPIKE * np.nanmax(around, axis=0, initial=0))
    face_is_known = np.isfinite(around[:, -1]).sum() >= _LEAST_KNOWN
    of_face = sudden[_TILES**2 :].sum() >= _CHANGED_FACE_TILES and face_is_known
    return bool(sudden[: _TILES**2].sum() >= _CHANGED_TILES or of_face)
