"""One pass over two people gives what two runs give, one for each person."""

import numpy as np
import pytest

from rbdm.faces.detector import Detector
from rbdm.media.video import Video
from tests.support.people_clips import Actor, mirrored, portrait, stays, write_people


@pytest.fixture(scope="module")
def talk(tmp_path_factory, face_clip):
    with Video(face_clip[0]) as video:
        frame = next(iter(video))
        one = portrait(frame.rgb(), Detector().detect(frame)[0])
    path = tmp_path_factory.mktemp("talk") / "talk.mp4"
    write_people(path, [(3, [Actor(one, stays(180)), Actor(mirrored(one), stays(460))])])
    return path


def test_one_pass_equals_a_run_for_each_person(annotator, talk):
    people = annotator.annotate(talk, face="all")
    assert [one.person for one in people] == ["1", "2"]
    for one, face in zip(people, ("leftmost", "rightmost"), strict=True):
        alone = annotator.annotate(talk, face=face)
        for name in ("time", "boxes", "face_confidence", "inferred", "frame_end", "run"):
            np.testing.assert_array_equal(getattr(one, name), getattr(alone, name), err_msg=name)
        for name in ("probabilities", "valence", "arousal"):  # the batches differ
            np.testing.assert_allclose(getattr(one, name), getattr(alone, name), atol=1e-5, rtol=0, err_msg=name)
