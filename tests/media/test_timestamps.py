"""Times of frames increase strictly from the start of the video, whatever timestamps the file gives."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rbdm.media.decoder import Decoded
from rbdm.media.timestamps import FrameClock
from rbdm.media.video import Video
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


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mp4"])
def test_a_jump_forward_is_a_gap_and_is_said(tmp_path, name):
    times = [*clips.constant(50, 25), *clips.constant(50, 25, start=602)]
    with Video(clips.write_clip(tmp_path / name, times, rate=25)) as video:
        frames = list(video)
    np.testing.assert_allclose([frame.time for frame in frames], times, atol=1e-3)
    assert frames[49].end == pytest.approx(2, abs=1e-3)
    assert [number for number, frame in enumerate(frames) if frame.after_gap] == [50]
    assert video.sample_rate == pytest.approx(25)
    (warning,) = video.warnings
    assert "no frames from 2.0 s on, until 602.0 s" in warning


def test_pauses_of_a_variable_rate_up_to_half_a_second_are_no_gaps(tmp_path):
    times = np.cumsum(np.random.default_rng(0).uniform(0.02, 0.45, 60))
    with Video(clips.write_clip(tmp_path / "a.mp4", times - times[0])) as video:
        frames = list(video)
    assert [frame.end for frame in frames[:-1]] == [frame.time for frame in frames[1:]]
    assert video.warnings == []


def test_slides_are_shown_until_the_next_one(tmp_path):
    with Video(clips.write_clip(tmp_path / "a.mp4", clips.constant(8, 1 / 6), rate=1)) as video:
        frames = list(video)
    assert [frame.end for frame in frames[:-1]] == pytest.approx(clips.constant(7, 1 / 6, start=6))
    assert video.warnings == []


@given(st.integers(0, 29), st.sampled_from([-600.0, -1.0, 0.9, 30.0, 600.0]))
def test_one_wrong_timestamp_changes_no_other_time(wrong, error):
    stamps = np.array(clips.constant(30, 25, start=1000))
    clock, right = FrameClock(1000, 25, 1001.2), stamps - 1000
    assume(wrong or error > 0)  # a first frame long before the others may be right
    stamps[wrong] += error
    times = np.array([timed.time for timed in clock.times(_decoded(stamps))])
    others = np.arange(30) != wrong
    assert np.all(np.diff(times) > 0)
    np.testing.assert_allclose(times[others] - times[others][0], (right - right[others][0])[others], atol=1e-6)
    assert abs(times[wrong] - right[wrong]) < 0.05
    assert len(clock.warnings(30)) == 1


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=60), st.floats(0.1, 1000))
@example([None, None, None, None, None, 0.0, None, -0.5876, 49.0, -0.5876], 0.1015625)
def test_times_increase_strictly_whatever_the_timestamps_are(stamps, rate):
    clock = FrameClock(0, rate)
    timed = list(clock.times(_decoded(stamps)))
    assert len(timed) == len(stamps)
    assert all(item.time < item.end for item in timed)
    assert all(before.end <= after.time for before, after in pairwise(timed))
    assert all((before.end < after.time) == after.after_gap for before, after in pairwise(timed))


def _decoded(stamps):
    return (Decoded(None, None if stamp is None else float(stamp), None, False) for stamp in stamps)


def test_frames_that_are_missing_at_a_constant_rate_are_counted():
    stamps = np.delete(np.arange(100) / 25, [30, 31, 60])
    clock = FrameClock(0, 25)
    timed = list(clock.times(_decoded(stamps)))
    assert [item.end for item in timed[:-1]] == [item.time for item in timed[1:]]
    (warning,) = clock.warnings(len(timed))
    assert "about 3 frames are missing, after 1.2 s, 2.4 s" in warning


def test_a_last_frame_after_a_pause_keeps_its_time(tmp_path):
    times = [0, 0.01, 0.2, 0.25, 0.5, 1.3]
    with Video(clips.write_clip(tmp_path / "a.mp4", times)) as video:
        np.testing.assert_allclose([frame.time for frame in video], times, atol=1e-6)
    (warning,) = video.warnings
    assert "no frames from" in warning and "until 1.3 s" in warning
