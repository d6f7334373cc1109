"""A small picture of a face is the square around it, moved into the frame."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from rbdm.export.report.thumbnails import face_thumbnail, jpeg_uri
from rbdm.media.frame import Frame
from rbdm.media.video import Video


def still(tmp_path: Path, image: np.ndarray) -> Frame:
    cv2.imwrite(str(tmp_path / "a.png"), image[:, :, ::-1])
    return next(iter(Video(tmp_path / "a.png")))


def test_a_thumbnail_is_the_square_around_the_face(tmp_path):
    image = np.zeros((400, 600, 3), np.uint8)
    image[100:200, 300:400] = (200, 100, 50)
    frame = still(tmp_path, image)
    found = face_thumbnail(frame, np.array([100 / 400, 300 / 600, 200 / 400, 400 / 600]), 60, 2.0)
    assert found.shape == (60, 60, 3)
    assert np.abs(found[20:40, 20:40].astype(int) - (200, 100, 50)).max() < 12
    assert found[:12].max() < 12
    assert found[:, :12].max() < 12


@pytest.mark.parametrize(
    "box", [(-0.2, -0.2, 0.2, 0.1), (0.9, 0.9, 1.3, 1.2), (-1, -1, 2, 2), (0.5, 0.5, 0.501, 0.501), (np.nan,) * 4]
)
def test_a_thumbnail_never_leaves_the_frame(tmp_path, box):
    frame = still(tmp_path, np.full((90, 160, 3), 120, np.uint8))
    found = face_thumbnail(frame, np.array(box, np.float32), 48, 1.5)
    assert found.shape == (48, 48, 3)
    assert (found == 120).all()


def test_a_thumbnail_becomes_a_jpeg_in_a_data_address():
    assert jpeg_uri(np.zeros((8, 8, 3), np.uint8)).startswith("data:image/jpeg;base64,/9j/")
