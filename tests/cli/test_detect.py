"""`rbdm detect` writes the box stream that the next annotation finds."""

import shutil
from pathlib import Path

import pytest

from rbdm.ssi import read_annotation, read_stream
from tests.support.command_line import CPU


def test_the_stream_of_a_nova_session_is_called_as_nova_calls_it(picture, tmp_path, rbdm):
    video = Path(shutil.copy(picture, tmp_path / "guest.video.mp4"))
    assert rbdm("detect", video)[0] == 0
    assert (tmp_path / "guest.face_bounding_box.stream").is_file()
    out = rbdm("annotate", video, *CPU)[1]
    assert "boxes of guest.face_bounding_box.stream" in out[0]


def test_the_header_says_whether_boxes_may_be_interpolated(picture, tmp_path, rbdm):
    for flags, boxes in (((), "found, largest, interpolated"), (("--every-frame", "--overwrite"), "found, largest")):
        assert rbdm("detect", picture, "--out", tmp_path, *flags)[0] == 0
        (stream,) = tmp_path.glob("*.stream")
        assert read_stream(stream).meta["boxes"] == boxes
        assert rbdm("annotate", picture, "--face", "largest", "--out", tmp_path, *CPU, *flags)[0] == 0
        (annotation,) = tmp_path.glob("*.valence.annotation")
        assert read_annotation(annotation).meta["boxes"] == boxes


@pytest.mark.parametrize("command", ["annotate", "detect"])
@pytest.mark.parametrize("whom", ["biggest", "0", "-2"])
def test_a_wrong_value_of_face_is_one_line(command, whom, picture, tmp_path, rbdm):
    code, out, err = rbdm(command, picture, "--out", tmp_path, f"--face={whom}")
    assert (code, out, len(err)) == (1, [], 1)
    assert "face" in err[0] and "leftmost" in err[0]
