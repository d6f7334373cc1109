"""In images of whole heads the face is found, and it is the face that a video of the image has."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from rbdm.annotator import Annotator
from rbdm.training.dataset import load_faces

NO_FACE = np.full((64, 64, 3), 90, np.uint8)


@pytest.fixture
def head(tmp_path: Path) -> Path:
    path = tmp_path / "head.png"
    cv2.imwrite(str(path), cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR))
    return path


def test_the_box_is_that_of_a_video(head: Path, annotator: Annotator) -> None:
    rows = [{"path": str(head), "expression": "happy", "find_face": True}]
    x, y, width, height = load_faces(rows).boxes[0] / 512
    video = annotator.annotate(head)
    np.testing.assert_allclose([y, x, y + height, x + width], video.boxes[0], atol=0.01)


def test_only_where_it_is_asked_for(head: Path) -> None:
    rows = [{"path": str(head), "expression": "happy"}]
    assert np.isnan(load_faces(rows).boxes).all()
    assert not np.isnan(load_faces(rows, find_faces=True).boxes).any()


def test_a_given_box_stays(head: Path) -> None:
    box = {"face_x": 1, "face_y": 2, "face_width": 3, "face_height": 4}
    faces = load_faces([{"path": str(head), "expression": "happy", **box}], find_faces=True)
    assert faces.boxes[0].tolist() == [1, 2, 3, 4]


def test_images_without_a_face_are_left_out_and_counted(head: Path) -> None:
    rows = [{"image": NO_FACE, "expression": "sad"}, {"path": str(head), "expression": "happy"}]
    faces = load_faces(rows, find_faces=True)
    assert faces.images == [head] and faces.left_out == 1
    assert faces.probabilities[0].argmax() == 1 and faces.column("expression") == ["happy"]
