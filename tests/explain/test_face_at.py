"""The face that is explained is that of the frame that is shown at the given time."""

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.explain.face_at import FaceAt, face_at, points_of
from rbdm.faces.boxes import read_boxes
from rbdm.faces.detector import Detector
from rbdm.faces.locator import DetectedFaces, StreamFaces
from rbdm.media.video import Video
from tests.support import clips
from tests.support.builders import MIDDLE, write_boxes


@pytest.fixture
def found_at(tmp_path):
    """Frames 0 to 9 of 0.1 s each; there is no face in frame 3."""
    rows = [(*MIDDLE, 0.0 if number == 3 else 0.9) for number in range(10)]
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(10, 10), rate=10)
    boxes = read_boxes(write_boxes(tmp_path / "a.stream", rows, 10), 0.5)

    def find(at: float) -> FaceAt:
        with Video(path) as video:
            return face_at(StreamFaces(video, boxes, 10), at, 0.5, "a.mp4")

    return find


@pytest.mark.parametrize(
    ("at", "number"), [(0, 0), (0.05, 0), (0.1, 1), (0.09999, 1), (0.1004, 1), (0.55, 5), (0.9, 9), (0.999, 9)]
)
def test_the_frame_that_is_shown_at_this_time(found_at, at, number):
    found = found_at(at)
    assert found.number == number and found.frame.time == pytest.approx(number / 10)
    assert len(found.row) == 5


@pytest.mark.parametrize(
    ("at", "message"),
    [(0.35, "a.mp4: no face at 0.35 s"), (1.0, "end at 1.000 s"), (99, "end at 1.000 s"), (-1, "no frame at -1 s")],
)
def test_no_face_at_this_time(found_at, at, message):
    with pytest.raises(InputError, match=message):
        found_at(at)


def test_key_points_are_the_same_with_and_without_a_box_stream(face_clip):
    detector = Detector()
    boxes = read_boxes(face_clip[1], 0.5)
    sources = (
        lambda video: DetectedFaces(video, detector, "largest", every_frame=True),
        lambda video: StreamFaces(video, boxes, 75),
    )
    points = []
    for source in sources:
        with Video(face_clip[0]) as video:
            points.append(points_of(face_at(source(video), 1.0, 0.5, "clip"), detector))
    assert points[0].shape == (6, 2)
    np.testing.assert_allclose(points[0], points[1], atol=0.01)


def test_a_box_where_the_detector_finds_no_face_has_no_key_points(face_clip, tmp_path):
    boxes = read_boxes(write_boxes(tmp_path / "a.stream", [(0.0, 0.0, 0.05, 0.05, 0.9)] * 75, 25), 0.5)
    with Video(face_clip[0]) as video:
        assert points_of(face_at(StreamFaces(video, boxes, 75), 1.0, 0.5, "clip"), Detector()) is None
