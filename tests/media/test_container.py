"""Opening a file: what is no video is refused in one line, and images are read with their EXIF orientation."""

import cv2
import pytest

from rbdm.errors import InputError
from rbdm.media.frame_count import count_frames
from rbdm.media.video import Video
from tests.support import clips
from tests.support.decoding import first_rgb


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.mp4", None, "no such file"),
        ("empty.mp4", b"", "empty"),
        ("text.mp4", b"Dear diary,\n" * 99, "not a video"),
        ("notes.txt", b"Dear diary,\n" * 99, "not a video"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1\na.ts\n", "not a video"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile a.mp4\n", "not a video"),
        ("half.jpg", cv2.imencode(".jpg", clips.picture(0, 640, 480))[1].tobytes()[:3000], "none of its frames"),
    ],
)
@pytest.mark.parametrize("use", [Video, count_frames])
def test_a_file_that_is_no_video_is_refused_in_one_line(tmp_path, name, content, says, use):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        use(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_without_frames_a_sound_file_and_a_folder_are_refused(tmp_path):
    clips.write_clip(tmp_path / "none.mp4", [])
    clips.write_sound(tmp_path / "sound.mp4")
    for name, says in {"none.mp4": "no video", "sound.mp4": "only audio", ".": "folder"}.items():
        with pytest.raises(InputError, match=says):
            Video(tmp_path / name)


@pytest.mark.parametrize(
    ("orientation", "corners"),
    [
        (2, ["top right", "top left", "bottom right", "bottom left"]),
        (6, ["bottom left", "top left", "bottom right", "top right"]),
        (7, ["bottom right", "top right", "bottom left", "top left"]),
    ],
)
def test_photographs_are_turned_as_their_exif_says(tmp_path, orientation, corners):
    path = clips.write_jpeg(tmp_path / "a.jpg", clips.picture(0, 64, 48), orientation)
    assert clips.corner_colours(first_rgb(path)) == corners
