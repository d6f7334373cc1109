"""A frame that is annotated at once gets the values that it gets as a part of a video."""

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.app.live.frames import CameraFrames
from rbdm.app.live.pipeline import LivePipeline
from rbdm.app.live.recorder import Recorder
from rbdm.options import Options
from tests.app.live.pictures import encoded, of_video


@pytest.fixture(scope="module")
def pipeline() -> LivePipeline:
    return LivePipeline(Options(weights="open", device="cpu", every_frame=True))


def test_values_are_those_of_annotate(face_clip: tuple[Path, Path], pipeline: LivePipeline, tmp_path: Path) -> None:
    camera, live, pictures = CameraFrames(), [], list(of_video(face_clip[0], 30))
    height, width = cv2.imdecode(np.frombuffer(pictures[0], np.uint8), cv2.IMREAD_COLOR).shape[:2]
    recorder = Recorder(tmp_path, "face", datetime.now(UTC), width, height)
    pipeline.start_anew()
    for number, picture in enumerate(pictures):
        time = 40 * number + number % 3
        live.append(pipeline.faces(camera.frame(picture, time / 1000)))
        recorder.add(picture, time, 0)
    video = recorder.close().video
    (person,) = Annotator(Options(weights="open", device="cpu", every_frame=True)).annotate(video, face="all")
    assert all(len(faces) == 1 and faces[0].person == "1" for faces in live)
    np.testing.assert_array_equal(person.boxes, [faces[0].row[:4] for faces in live])
    np.testing.assert_array_equal(person.probabilities, [faces[0].values[:8] for faces in live])
    np.testing.assert_array_equal(person.valence, [faces[0].values[8] for faces in live])
    np.testing.assert_array_equal(person.arousal, [faces[0].values[9] for faces in live])


def test_people_are_numbered_from_the_left_and_anew(face_clip: tuple[Path, Path], pipeline: LivePipeline) -> None:
    camera, picture = CameraFrames(), next(of_video(face_clip[0], 1))
    one = camera.frame(picture, 0).rgb()
    two, nobody = encoded(np.hstack([one, one[:, ::-1]])), encoded(np.full_like(one, 90))
    pipeline.start_anew()
    for number in range(5):
        faces = pipeline.faces(camera.frame(two, 1 + number / 30))
        places = {face.person: float(face.row[1]) for face in faces}
        assert sorted(places, key=lambda person: places[person]) == ["1", "2"]
    assert pipeline.faces(camera.frame(nobody, 2)) == []
    pipeline.start_anew()
    assert [face.person for face in pipeline.faces(camera.frame(picture, 3))] == ["1"]


def test_a_face_that_comes_later_gets_its_number_when_it_stays(
    face_clip: tuple[Path, Path], pipeline: LivePipeline
) -> None:
    camera, picture = CameraFrames(), next(of_video(face_clip[0], 1))
    one = camera.frame(picture, 0).rgb()
    alone, two = encoded(np.hstack([np.full_like(one, 90), one])), encoded(np.hstack([one[:, ::-1], one]))
    pipeline.start_anew()
    for number in range(16):
        pipeline.faces(camera.frame(alone, 1 + number / 5))
    numbers = [
        sorted(face.person for face in pipeline.faces(camera.frame(two, 4.2 + number / 5))) for number in range(8)
    ]
    assert numbers[0] == ["", "1"] and numbers[-1] == ["1", "2"]
