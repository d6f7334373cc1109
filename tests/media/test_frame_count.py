"""Frames are counted as decoding yields them, without decoding where that is safe."""

import pytest

from rbdm.media.frame_count import count_frames
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
