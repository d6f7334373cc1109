"""Finds cuts: frames at which another shot begins, so that the face may be another person's."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from rbdm.media.frame import Frame

Floats = npt.NDArray[np.float32]
Rows = Mapping[int, Floats]
_Changes = dict[int, Floats]

WHOLE_FRAME = -1
"""Stands for the whole frame among the numbers of people."""

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
_NO_FACE = np.full(_FACE_TILES**2, np.nan, np.float32)


def with_cuts(frames: Iterable[tuple[Frame, Rows]]) -> Iterator[tuple[Frame, Rows, set[int]]]:
    """Yields the frames of a video with the rows of their faces, and the people who are seen first after a cut.

    At a cut, the brightness pattern of several parts of the picture, or of the face, changes more than three times as
    much as in the frames before and after. Movement and turns of the head last for several frames and are not taken for
    a cut; neither are slow fades. The mean brightness of each part does not count, so a change of exposure is no cut.

    Args:
        frames: each frame with the rows of its faces by the number of the person (0 or more), `ymin, xmin, ymax, xmax`
            as fractions of the frame's height and width, and the confidence; with confidence 0 only the whole frame is
            examined.

    Yields:
        The frame, its rows, and the numbers of the people in these rows whose face is after a cut. If the whole frame
        is, `WHOLE_FRAME` is among the numbers.
    """
    waiting: deque[tuple[Frame, Rows]] = deque()
    changes: deque[_Changes] = deque(maxlen=_BEFORE + 1 + _AFTER)
    change = _Change()
    last: dict[int, bool] = {WHOLE_FRAME: False}

    def cuts(rows: Rows, place: int) -> dict[int, bool]:
        """Whether this frame is after a cut, for each person: but never two frames in a row."""
        people = (WHOLE_FRAME, *rows)
        return {one: not last.get(one, last[WHOLE_FRAME]) and _is_cut(changes, place, one) for one in people}

    for frame, rows in frames:
        changes.append(change.of(frame, rows))
        waiting.append((frame, rows))
        if len(waiting) > _AFTER:
            last = cuts(waiting[0][1], len(changes) - 1 - _AFTER)
            yield *waiting.popleft(), {one for one, is_cut in last.items() if is_cut}
    for left in range(len(waiting), 0, -1):
        last = cuts(waiting[0][1], len(changes) - left)
        yield *waiting.popleft(), {one for one, is_cut in last.items() if is_cut}


class _Change:
    """Measures how much each frame has changed from the frame before it."""

    def __init__(self) -> None:
        self._previous: tuple[Frame, Floats] | None = None

    def of(self, frame: Frame, rows: Rows) -> _Changes:
        """The change of each tile, as a fraction of its contrast: (64,) of the whole frame, (16,) of each face.

        The frame's are NaN where the frame before is missing. A person whose face is unknown is missing.
        """
        whole = _tiles(frame.brightness(0, 0, 1, 1, _GRID), _TILES)
        last, self._previous = self._previous, (frame, whole)
        if last is None:
            return {WHOLE_FRAME: np.full(_TILES**2, np.nan, np.float32)}
        seen = {one: row for one, row in rows.items() if row[4] > 0}
        before, after = ([_face_tiles(each, row) for row in seen.values()] for each in (last[0], frame))
        changes = _difference(np.concatenate([last[1], *before]), np.concatenate([whole, *after]))
        of_faces = changes[_TILES**2 :].reshape(-1, _FACE_TILES**2)
        return {WHOLE_FRAME: changes[: _TILES**2], **dict(zip(seen, of_faces, strict=True))}


def _face_tiles(frame: Frame, row: Floats) -> Floats:
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


def _is_cut(changes: deque[_Changes], place: int, one: int) -> bool:
    now = _of_person(changes[place], one)
    if not (now > _LEAST_CHANGE).any():
        return False
    near = [_of_person(change, one) for index, change in enumerate(changes) if abs(index - place) > 1]
    around = np.array(near).reshape(-1, len(now))
    sudden = (now > _LEAST_CHANGE) & (now > _SPIKE * np.nanmax(around, axis=0, initial=0))
    face_is_known = np.isfinite(around[:, -1]).sum() >= _LEAST_KNOWN
    of_face = sudden[_TILES**2 :].sum() >= _CHANGED_FACE_TILES and face_is_known
    return bool(sudden[: _TILES**2].sum() >= _CHANGED_TILES or of_face)


def _of_person(changes: _Changes, one: int) -> Floats:
    """(64 + 16,) the changes of the whole frame and of a person's face; NaN for an unknown face."""
    face = _NO_FACE if one == WHOLE_FRAME else changes.get(one, _NO_FACE)
    return np.concatenate([changes[WHOLE_FRAME], face])
