"""Frames are counted as decoding yields them, without decoding where that is safe."""

import pytest

from rbdm.errors import InputError
from rbdm.media.frame_count import count_frames, stated_frames
from rbdm.media.video import Video
from tests.support import clips
from tests.support.decoding import decode


def test_every_format_is_counted(format_clip):
    assert count_frames(format_clip.path) == 20


def test_frames_that_an_edit_list_cuts_off_are_not_counted(edit_list_clip):
    assert count_frames(edit_list_clip) == 12


def test_a_header_that_lies_is_not_believed(tmp_path):
    path = clips.write_clip(tmp_path / "a.avi", clips.constant(20), codec="mpeg4")
    clips.claim_frames(path, 50)
    assert count_frames(path) == 20


def test_one_frame_is_counted(tmp_path):
    assert count_frames(clips.write_clip(tmp_path / "a.mp4", [0])) == 1


def test_an_image_is_one_frame(picture_file):
    assert count_frames(picture_file) == 1


def test_only_the_frames_that_a_truncated_file_still_has_are_counted(truncated_clip):
    assert count_frames(truncated_clip) == len(decode(truncated_clip)[0])


def test_usual_videos_are_counted_without_decoding(tmp_path, monkeypatch):
    monkeypatch.setattr(Video, "__init__", lambda *_: pytest.fail("decoded"))
    assert count_frames(clips.write_clip(tmp_path / "a.mp4", clips.constant(20))) == 20


def test_the_header_states_about_how_many_frames_there_are(format_clip, monkeypatch):
    monkeypatch.setattr(Video, "__init__", lambda *_: pytest.fail("decoded"))
    assert stated_frames(format_clip.path) in (0, 19, 20, 21)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi"])
def test_usual_containers_state_the_number_of_frames(tmp_path, name):
    path = clips.write_clip(tmp_path / name, clips.constant(20), codec="mpeg4" if name.endswith("avi") else "libx264")
    assert stated_frames(path) == 20


def test_a_header_that_lies_is_only_repeated(tmp_path):
    path = clips.write_clip(tmp_path / "a.avi", clips.constant(20), codec="mpeg4")
    clips.claim_frames(path, 50)
    assert stated_frames(path) == 50


def test_an_image_states_one_frame(picture_file):
    assert stated_frames(picture_file) == 1


def test_what_is_no_video_states_nothing(tmp_path):
    (tmp_path / "a.mp4").write_text("no video")
    with pytest.raises(InputError, match="not a video"):
        stated_frames(tmp_path / "a.mp4")
