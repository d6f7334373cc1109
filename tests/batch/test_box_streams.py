"""Which box stream belongs to which video: the one that is named, or one in a folder, but never one for two videos."""

from pathlib import Path

import pytest

from rbdm.batch.box_streams import find_stream, pair_streams
from rbdm.errors import InputError, OptionError
from tests.support.command_line import CPU


@pytest.mark.parametrize("name", ["talk.stream", "talk.face_bounding_box.stream"])
def test_a_stream_beside_the_video_is_found_by_either_name(tmp_path: Path, name: str) -> None:
    video = tmp_path / "talk.mp4"
    assert find_stream(video, None) is None
    (tmp_path / name).touch()
    assert find_stream(video, None) == tmp_path / name


def test_a_stream_is_found_in_the_subfolder_of_its_video_before_the_folder_itself(tmp_path: Path) -> None:
    streams, video = tmp_path / "streams", tmp_path / "study" / "deeper" / "talk.mp4"
    (streams / "deeper").mkdir(parents=True)
    with pytest.raises(InputError, match="no box stream"):
        find_stream(video, streams, Path("deeper"))
    for folder in (streams, streams / "deeper"):
        (folder / "talk.stream").touch()
        assert find_stream(video, streams, Path("deeper")) == folder / "talk.stream"


def test_streams_are_given_one_for_each_video_or_as_one_folder(tmp_path: Path) -> None:
    videos, streams = ["a.mp4", "b.mp4"], [Path("a.stream"), Path("b.stream")]
    assert pair_streams(videos, []) == [None, None]
    assert pair_streams(videos, streams) == streams
    assert pair_streams(videos, [tmp_path]) == [tmp_path, tmp_path]
    with pytest.raises(OptionError, match="2 videos but 1 --faces"):
        pair_streams(videos, streams[:1])


def test_streams_of_a_study_are_found_in_the_same_subfolders(study, tmp_path, rbdm):
    assert rbdm("detect", study, "-r", "--out", tmp_path / "streams")[0] == 0
    code, out, err = rbdm("annotate", study, "-r", "--faces", tmp_path / "streams", "--out", tmp_path / "out", *CPU)
    assert (code, len(out), err) == (0, 4, [])
    assert all("boxes of" in line for line in out)


def test_one_stream_is_not_taken_for_two_videos(study, tmp_path, rbdm):
    assert rbdm("detect", study / "a.MOV", "--out", tmp_path / "streams")[0] == 0
    code, out, err = rbdm("annotate", study, "-r", "--faces", tmp_path / "streams", "--out", tmp_path / "out", *CPU)
    assert (code, out) == (1, [])
    assert sum("was also found for another video" in line for line in err[:4]) == 2
