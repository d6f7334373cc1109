"""Times of frames increase strictly from the start of the video, whatever timestamps the file gives."""

import numpy as np
import pytest

from tests.support import clips
from tests.support.decoding import decode


def test_variable_rate_keeps_each_frames_own_time(tmp_path):
    times = [0, 0.01, 0.2, 0.25, 0.5]
    numbers, decoded, video = decode(clips.write_clip(tmp_path / "a.mp4", times))
    assert numbers == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(decoded, times, atol=1e-6)
    assert video.sample_rate == pytest.approx(5 / video.duration, rel=0.01)


def test_a_file_that_starts_late_starts_at_zero(tmp_path):
    _, decoded, _ = decode(clips.write_clip(tmp_path / "a.mp4", clips.constant(5, start=0.5)))
    np.testing.assert_allclose(decoded, clips.constant(5), atol=1e-6)


def test_a_video_that_starts_after_its_sound_keeps_the_delay(tmp_path):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(5, start=0.5), sound=True)
    np.testing.assert_allclose(decode(path)[1], clips.constant(5, start=0.5), atol=1e-3)


def test_frames_without_timestamps_follow_at_the_average_rate(tmp_path):
    path = clips.write_clip(tmp_path / "a.h264", clips.constant(10), rate=25)
    numbers, decoded, _ = decode(path)
    assert numbers == list(range(10))
    np.testing.assert_allclose(decoded, clips.constant(10, 25), atol=1e-6)


def test_frames_with_one_timestamp_are_kept_apart(tmp_path):
    path = clips.write_clip(tmp_path / "a.mkv", [0, 0.1, 0.1002, 0.2], codec="mjpeg", pix_fmt="yuvj420p")
    numbers, decoded, _ = decode(path)
    assert numbers == [0, 1, 2, 3]
    np.testing.assert_allclose(decoded, [0, 0.1, 0.1001, 0.2], atol=1e-6)


def test_times_go_on_where_the_clock_of_the_file_jumps_back(tmp_path):
    once = clips.write_clip(tmp_path / "once.ts", clips.constant(10))
    path = tmp_path / "twice.ts"
    path.write_bytes(once.read_bytes() * 2)
    numbers, decoded, video = decode(path)
    assert numbers == [*range(10), *range(10)]
    np.testing.assert_allclose(decoded, clips.constant(20), atol=1e-4)
    assert any("clock" in warning for warning in video.warnings)
