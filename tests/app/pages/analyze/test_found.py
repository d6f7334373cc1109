"""What is known about videos before they are annotated."""

import shutil

from rbdm.app.pages.analyze.found import look
from tests.support.command_line import copy_stream


def test_length_size_box_stream_and_results_are_found(tmp_path, face_clip):
    (tmp_path / "deeper").mkdir()
    shutil.copy(face_clip[0], tmp_path / "a.mp4")
    copy_stream(face_clip[1], tmp_path / "a.stream")
    shutil.copy(face_clip[0], tmp_path / "deeper" / "b.mp4")
    (tmp_path / "c.mp4").write_text("no video")
    for name in ("expression", "valence"):
        (tmp_path / "deeper" / f"b.{name}.annotation").write_text("")
    first, broken, second = look([tmp_path], None, recursive=True)
    assert (first.seconds, first.frames, first.size) == (3.0, 75, face_clip[0].stat().st_size)
    assert (first.stream, first.results, first.problem) == (tmp_path / "a.stream", 0, "")
    assert (second.stream, second.results) == (None, 2)
    assert second.task.below.as_posix() == "deeper"
    assert broken.problem == "not a video or image, or it is cut off or damaged"
    assert len(look([tmp_path], None, recursive=False)) == 2


def test_nothing_and_an_empty_folder(tmp_path):
    assert look([], None, recursive=True) == []
    assert "there is no video in this folder" in look([tmp_path], None, recursive=True)[0].problem
