"""Estimates from the key points of the face detector how a head is turned."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_POINTS = slice(5, 17)
"""The columns of a row that have the key points, see `rbdm.faces.detector.Detector.submit`."""
_RIGHT_EYE, _LEFT_EYE, _NOSE, _, _RIGHT_EAR, _LEFT_EAR = range(6)
_NOSE_DEPTH = 1.8
"""How far the tip of the nose is in front of the middle between the ears, divided by the distance of the eyes. Measured
by `benchmarks/quality.py`; `docs/output.md` has the errors."""


def key_points(rows: Floats) -> Floats | None:
    """The key points of faces; None if the rows have none.

    Args:
        rows: (T, 17) float32, see `rbdm.faces.detector.Detector.submit`; or (T, 5), without key points.

    Returns:
        (T, 6, 2) float32: `y, x` as fractions of the frame's height and width, in the order of the rows.
    """
    return rows[:, _POINTS].reshape(len(rows), -1, 2) if rows.shape[1] >= _POINTS.stop else None


def head_pose(rows: Floats, sizes: npt.NDArray[np.int32]) -> Floats | None:
    """Roll and yaw of the heads in T frames.

    Roll is the angle of the line through both eyes. For yaw, the head is seen as from far away: when it turns by an
    angle, the tip of the nose moves along that line, away from the middle between the ears, by the sine of the angle
    times its depth, and the distance of the eyes shrinks by the cosine. So `tan(yaw) = shift / (1.8 · distance)`.

    Args:
        rows: (T, 17) float32, see `rbdm.faces.detector.Detector.submit`; or (T, 5), without key points.
        sizes: (T, 2) int32: width and height of each frame in square pixels.

    Returns:
        (T, 2) float32: roll from -180 to 180 degrees, and yaw from -90 to 90 degrees; NaN if a row's key points are
        NaN. None if the rows have no key points. Both angles are positive towards the person's own left, which is the
        right side of the picture: roll if the head is tilted to the left shoulder (clockwise in the picture), yaw if
        the face is turned to the left.
    """
    fractions = key_points(rows)
    if fractions is None:
        return None
    points = fractions * sizes[:, None, ::-1]
    y, x = (points[:, _LEFT_EYE] - points[:, _RIGHT_EYE]).T
    shift = points[:, _NOSE] - (points[:, _RIGHT_EAR] + points[:, _LEFT_EAR]) / 2
    # Both sides of the quotient are multiplied by the distance of the eyes, so that nothing is divided by 0.
    along, distance = shift[:, 0] * y + shift[:, 1] * x, x**2 + y**2
    angles = np.arctan2(y, x), np.arctan2(along, _NOSE_DEPTH * distance)
    return np.asarray(np.degrees(np.column_stack(angles)), np.float32)
