"""Opening a file: what is no video is refused in one line, and images are read with their EXIF orientation."""

import os
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition

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


def test_of_several_video_streams_the_default_one_is_used_and_it_is_said(tmp_path):
    path = tmp_path / "two.mkv"
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=25, options={"crf": "1"}) for _ in range(2)]
        for stream, (width, height) in zip(streams, [(64, 48), (96, 64)], strict=True):
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        streams[0].disposition, streams[1].disposition = Disposition(0), Disposition.default
        for index in range(5):
            for stream in streams:
                frame = av.VideoFrame.from_ndarray(clips.picture(index, stream.width, stream.height), "rgb24")
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    with Video(path) as video:
        assert (video.width, video.height, sum(1 for _ in video)) == (96, 64, 5)
    assert video.warnings == [f"{path}: the file has 2 video streams: only the default one, number 2, is used"]
    assert count_frames(path) == 5


@pytest.mark.parametrize("name", ["a.tiff", "a.webp"])
def test_of_several_pictures_in_one_file_the_first_is_used_and_it_is_said(tmp_path, name):
    pictures = [np.ascontiguousarray(clips.picture(n, 64, 48)[:, :, ::-1]) for n in range(3)]
    if name.endswith("tiff"):
        cv2.imwritemulti(str(tmp_path / name), pictures)
    else:
        animation = cv2.Animation()
        animation.frames = [cv2.cvtColor(picture, cv2.COLOR_BGR2BGRA) for picture in pictures]
        animation.durations = [40] * 3
        cv2.imwriteanimation(str(tmp_path / name), animation)
    with Video(tmp_path / name) as video:
        assert sum(1 for _ in video) == 1
    assert "several pictures: only the first one is used" in video.warnings[0]


def test_a_video_that_ends_long_before_its_sound_may_be_truncated(tmp_path):
    whole = tmp_path / "a.mkv"
    with av.open(str(whole), "w") as container:
        stream, speaker = container.add_stream("libx264", rate=25), container.add_stream("aac", rate=48_000)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(100):
            frame = av.VideoFrame.from_ndarray(clips.picture(index, 64, 48), "rgb24")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            container.mux(stream.encode(frame))
            sound = av.AudioFrame.from_ndarray(np.zeros((2, 1920), np.float32), "fltp", "stereo")
            sound.sample_rate, sound.pts, sound.time_base = 48_000, index * 1920, Fraction(1, 48_000)
            container.mux(speaker.encode(sound))
        container.mux([*stream.encode(None), *speaker.encode(None)])
    with Video(whole) as video:
        assert len(list(video)) == 100
    assert video.warnings == []
    with Video(clips.truncated(whole, tmp_path / "half.mkv", 0.5)) as video:
        assert 20 < len(list(video)) < 80
    assert any("truncated" in warning for warning in video.warnings)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
@pytest.mark.parametrize("use", [Video, count_frames])
def test_a_pipe_is_refused(tmp_path, use):
    os.mkfifo(tmp_path / "a.mp4")
    with pytest.raises(InputError, match="not a regular file"):
        use(tmp_path / "a.mp4")
