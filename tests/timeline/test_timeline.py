"""A timeline knows which frames have a face, how far to trust them, and when the last frame ends."""

from dataclasses import replace

import numpy as np

from tests.support.builders import steady


def test_the_confidence_is_halved_where_values_are_filled_in_and_0_without_a_face():
    prediction = steady([True, True, False], confidence=[0.8, 0.6, 0.3])
    prediction = replace(prediction, inferred=np.array([True, False, False]))
    assert prediction.has_face.tolist() == [True, True, False]
    np.testing.assert_allclose(prediction.confidence, [0.8, 0.3, 0], atol=1e-6)


def test_the_size_of_a_face_is_in_pixels_of_its_own_frame():
    timeline = steady([True, True, False])
    timeline = replace(timeline, frame_size=np.int32([[640, 360], [320, 180], [640, 360]]))
    np.testing.assert_allclose(timeline.face_size, [(0.2 * 640 + 0.4 * 360) / 2, (0.2 * 320 + 0.4 * 180) / 2, np.nan])


def test_without_a_pose_roll_and_yaw_are_not_known():
    timeline = steady([True, False])
    assert np.isnan(timeline.roll).tolist() == np.isnan(timeline.yaw).tolist() == [True, True]
    timeline = replace(timeline, head_pose=np.float32([[3, -20], [np.nan, np.nan]]))
    assert (timeline.roll[0], timeline.yaw[0]) == (3, -20)
