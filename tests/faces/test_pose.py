"""Roll and yaw are those of a head with known angles; without key points there are none."""

import numpy as np
import pytest

from rbdm.faces.pose import head_pose

HEAD = np.array([(-0.5, 0, 0), (0.5, 0, 0), (0, 0.5, 0.6), (0, 1.0, 0.3), (-1.1, 0.2, -1.2), (1.1, 0.2, -1.2)])
"""x, y (down) and z (to the camera) of the key points, in distances of the eyes. Nose and ears are 1.8 apart in z."""
SIZE = 640, 360


def row(roll: float, yaw: float) -> np.ndarray:
    """A row of the head, turned to its left by `yaw` and then in the picture by `roll` degrees, seen from far away."""
    side, tilt = np.radians([yaw, roll])
    x, y, z = HEAD.T
    x = np.cos(side) * x + np.sin(side) * z
    x, y = np.cos(tilt) * x - np.sin(tilt) * y, np.sin(tilt) * x + np.cos(tilt) * y
    points = np.column_stack([180 + 40 * y, 320 + 40 * x]) / SIZE[::-1]
    return np.append([0.3, 0.4, 0.7, 0.6, 0.9], points.ravel()).astype(np.float32)


@pytest.mark.parametrize("roll", [-100, -30, 0, 10, 45])
@pytest.mark.parametrize("yaw", [-80, -20, 0, 5, 60])
def test_the_angles_of_a_head_are_found_in_square_pixels(roll, yaw):
    np.testing.assert_allclose(head_pose(row(roll, yaw)[None], np.int32([SIZE])), [[roll, yaw]], atol=0.01)


def test_each_row_has_its_own_frame_size():
    rows, sizes = np.array([row(20, 30), row(20, 30)]), np.int32([SIZE, (360, 640)])
    first, second = head_pose(rows, sizes)
    np.testing.assert_allclose(first, [20, 30], atol=0.01)
    assert abs(second[0] - 20) > 5


def test_rows_without_key_points_have_no_pose():
    rows = np.array([row(0, 0), row(0, 0)])
    rows[1, 5:] = np.nan
    np.testing.assert_array_equal(np.isnan(head_pose(rows, np.int32([SIZE] * 2))), [[False] * 2, [True] * 2])
    assert head_pose(rows[:, :5], np.int32([SIZE] * 2)) is None
