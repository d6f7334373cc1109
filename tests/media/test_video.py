"""A video gives every displayed frame, once, in order, at its own time, as players show it."""

from fractions import Fraction

import numpy as np
import pytest

from rbdm.media.video import Video
from tests.support import clips
from tests.support.decoding import decode, first_rgb


def test_every_frame_once_in_order_at_its_time(format_clip):
    numbers, decoded, video = decode(format_clip.path)
    assert numbers == list(range(20))
    np.testing.assert_allclose(decoded, clips.constant(20), atol=format_clip.tolerance)
    assert (video.width, video.height) == format_clip.size
    assert video.sample_rate == pytest.approx(30)
    assert video.duration == pytest.approx(20 / 30, abs=2 * format_clip.tolerance)
    assert not video.warnings


def test_ntsc_rate_is_exact(tmp_path):
    rate = Fraction(24000, 1001)
    _, _, video = decode(clips.write_clip(tmp_path / "a.mp4", clips.constant(20, float(rate)), rate=rate))
    assert video.sample_rate == pytest.approx(float(rate), abs=1e-6)


def test_frames_cut_off_by_an_edit_list_do_not_appear(edit_list_clip):
    numbers, decoded, video = decode(edit_list_clip)
    assert numbers == list(range(8, 20))
    np.testing.assert_allclose(decoded, clips.constant(12), atol=1e-6)
    assert video.frame_count_hint == 20, "the header counts frames that are not shown"


def test_header_that_lies_about_the_number_of_frames(tmp_path):
    path = clips.write_clip(tmp_path / "a.avi", clips.constant(20), codec="mpeg4")
    clips.claim_frames(path, 50)
    numbers, _, video = decode(path)
    assert video.frame_count_hint == 50
    assert numbers == list(range(20))


def test_one_frame(tmp_path):
    numbers, decoded, video = decode(clips.write_clip(tmp_path / "a.mp4", [0]))
    assert (numbers, decoded.tolist()) == ([0], [0])
    assert video.duration == pytest.approx(1 / 30, abs=1e-4)


def test_a_video_is_iterated_once(tmp_path):
    with Video(clips.write_clip(tmp_path / "a.mp4", clips.constant(3))) as video:
        assert len(list(video)) == 3
        with pytest.raises(RuntimeError, match="once"):
            iter(video)


def test_an_image_is_a_video_of_one_second(picture_file):
    numbers, times, video = decode(picture_file)
    assert (numbers, times.tolist()) == ([3], [0])
    assert (video.sample_rate, video.duration, video.frame_count_hint) == (1, 1, 1)
    assert (video.width, video.height) == (64, 48)
    assert clips.corner_colours(first_rgb(picture_file)) == ["top left", "top right", "bottom left", "bottom right"]


def test_a_truncated_file_yields_what_is_there_and_a_warning(truncated_clip):
    numbers, times, video = decode(truncated_clip)
    assert 10 < len(numbers) < 60
    assert (np.diff(times) > 0).all()
    assert len(video.warnings) >= 1
    assert str(truncated_clip) in video.warnings[0]
    assert "truncated" in video.warnings[0]


def test_damage_in_the_middle_is_passed_over_with_a_warning(tmp_path):
    path = clips.write_clip(tmp_path / "a.mkv", clips.constant(30), codec="mjpeg", pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    starts = [at for at in range(len(data)) if data[at : at + 3] == b"\xff\xd8\xff"]
    length = starts[11] - starts[10] - 64  # what follows is the header of the next packet
    data[starts[10] : starts[10] + length] = bytes(length)
    path.write_bytes(data)
    numbers, _, video = decode(path)
    assert numbers == [index % 28 for index in range(30) if index != 10]
    assert len(video.warnings) == 1
    assert "could not be decoded: 1" in video.warnings[0]
