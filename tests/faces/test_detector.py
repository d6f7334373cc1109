"""The detector finds a face and its key points in upright frames, and none where there is none."""

import cv2
import numpy as np
import pytest

from rbdm.faces.boxes import overlap
from rbdm.faces.locator import detect
from rbdm.media.video import Video
from tests.support import clips
from tests.support.decoding import first_rgb


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_phone_held_any_way_gives_the_box_of_the_upright_picture(face_clip, detector, tmp_path, rotation):
    upright = cv2.copyMakeBorder(first_rgb(face_clip[0]), 0, 0, 0, 160, cv2.BORDER_REPLICATE)

    def draw(index: int, width: int, height: int) -> np.ndarray:
        return np.ascontiguousarray(np.rot90(upright, -rotation // 90))

    size = (640, 480) if rotation % 180 == 0 else (480, 640)
    turned = clips.write_clip(tmp_path / "a.mp4", clips.constant(3), size=size, draw=draw, rotation=rotation)
    straight = clips.write_clip(tmp_path / "b.mp4", clips.constant(3), size=(640, 480), draw=lambda *_: upright)
    ours, expected = detect(turned, detector), detect(straight, detector)
    assert ours.meta["size"] == expected.meta["size"] == "640:480"
    assert (expected.data[:, 4] > 0.8).all()
    assert all(overlap(a, b[None])[0] > 0.95 for a, b in zip(ours.data, expected.data, strict=True))


def test_frames_of_a_batch_give_what_each_gives_alone(detector, face_clip):
    with Video(face_clip[0]) as video:
        frames = [frame for frame, _ in zip(video, range(5), strict=False)]
        batch = detector.submit(frames)()
        for together, frame in zip(batch, frames, strict=True):
            np.testing.assert_array_equal(together, detector.detect(frame))


def test_key_points_are_where_eyes_nose_and_mouth_are_in_the_picture(detector, face_clip, tmp_path):
    def points(image: np.ndarray) -> np.ndarray:
        path = clips.write_clip(tmp_path / "a.mp4", [0, 0.1], size=image.shape[1::-1], draw=lambda *_: image)
        with Video(path) as video:
            return detector.detect(next(iter(video)))[0, 5:].reshape(6, 2) * image.shape[:2]

    upright = first_rgb(face_clip[0])
    right_eye, left_eye, nose, mouth, right_ear, left_ear = points(upright)
    across = [place[1] for place in (right_ear, right_eye, nose, left_eye, left_ear)]
    assert across == sorted(across), "the person's right is on the left of the picture"
    assert max(right_eye[0], left_eye[0]) < nose[0] < mouth[0]
    mirrored = points(np.ascontiguousarray(upright[:, ::-1]))
    expected = np.array([left_eye, right_eye, nose, mouth, left_ear, right_ear]) * [1, -1] + [0, upright.shape[1] - 1]
    np.testing.assert_allclose(mirrored, expected, atol=0.1 * (left_eye[1] - right_eye[1]))


def test_a_picture_without_a_face_gives_no_rows(detector, tmp_path):
    path = clips.write_clip(
        tmp_path / "a.mp4", [0, 0.1], draw=lambda _, width, height: np.zeros((height, width, 3), np.uint8)
    )
    with Video(path) as video:
        assert detector.detect(next(iter(video))).shape == (0, 17)
