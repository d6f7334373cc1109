"""Chosen frames are the very frames that were annotated, of any file, without decoding more than is needed."""

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.media.frame_reader import FrameReader
from rbdm.media.video import Video
from tests.support import clips


def times_of(path) -> np.ndarray:
    with Video(path) as video:
        return np.array([frame.time for frame in video])


def numbers(path, wanted) -> dict[int, int]:
    """For each wanted frame that comes, the number drawn into it."""
    return {
        number: clips.frame_number(frame.rgb()) for number, frame in FrameReader(path, times_of(path)).frames(wanted)
    }


GOP = {"g": "12", "keyint_min": "12", "sc_threshold": "0"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mp4", {"options": GOP}),
        ("b-frames.mp4", {"options": {**GOP, "bf": "3", "preset": "medium"}}),
        ("open.mp4", {"options": {**GOP, "bf": "3", "preset": "medium", "x264-params": "open-gop=1"}}),
        ("a.mkv", {"options": GOP}),
        ("a.webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8", "g": "12"}}),
        ("a.ts", {"options": {**GOP, "bf": "2", "preset": "medium"}}),
        ("a.avi", {"codec": "mpeg4", "options": {"g": "12"}}),
        ("one-key.mp4", {"options": {"g": "1000", "keyint_min": "1000", "sc_threshold": "0"}}),
    ],
)
def test_the_wanted_frames_and_no_others(tmp_path, name, kind):
    path = clips.write_clip(tmp_path / name, clips.constant(80), **kind)
    wanted = [79, 0, 1, 11, 12, 13, 37, 38, 60, 37]
    assert numbers(path, wanted) == {number: number % 28 for number in sorted(set(wanted))}


def test_variable_rate_and_an_edit_list(tmp_path):
    uneven = np.cumsum([0.01, *np.random.default_rng(0).uniform(0.01, 0.2, 69)]).tolist()
    path = clips.write_clip(tmp_path / "uneven.mp4", uneven, options=GOP)
    assert numbers(path, [0, 30, 69]) == {0: 0, 30: 2, 69: 13}
    cut = clips.write_clip(tmp_path / "cut.mp4", clips.constant(60, start=-0.5), options=GOP)
    first = clips.frame_number(next(iter(Video(cut))).rgb())
    shown = len(times_of(cut))
    assert first > 0
    assert numbers(cut, [0, shown - 1]) == {0: first, shown - 1: (first + shown - 1) % 28}


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotated_videos_stand_upright(tmp_path, rotation):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(30), options=GOP, rotation=rotation)
    with Video(path) as video:
        expected = clips.corner_colours(next(iter(video)).rgb())
    ((_, frame),) = FrameReader(path, times_of(path)).frames([20])
    assert clips.corner_colours(frame.rgb()) == expected


def test_key_frames_are_known_where_the_file_tells(tmp_path):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(50), options=GOP)
    assert FrameReader(path, times_of(path)).key_frames.tolist() == [0, 12, 24, 36, 48]


def test_reaching_a_late_frame_decodes_little(tmp_path, monkeypatch):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(600), options=GOP)
    reader = FrameReader(path, times_of(path))

    def counted(*_):
        raise AssertionError("decoded from the start")

    monkeypatch.setattr(Video, "__iter__", counted)
    assert [number for number, _ in reader.frames([590, 300, 5])] == [5, 300, 590]


def test_times_that_are_not_the_files_give_no_picture_of_another_frame(tmp_path):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(50), options=GOP)
    time = times_of(path)
    time[25:] += 0.02
    found = {number: clips.frame_number(frame.rgb()) for number, frame in FrameReader(path, time).frames([3, 30])}
    assert found == {3: 3}


def test_a_clock_that_jumps_back(tmp_path):
    """Two recordings behind each other in one file: each timestamp is there twice."""
    part = clips.write_clip(tmp_path / "part.ts", clips.constant(30), options=GOP).read_bytes()
    path = tmp_path / "both.ts"
    path.write_bytes(part + part)
    count = len(times_of(path))
    with Video(path) as video:
        expected = {number: clips.frame_number(frame.rgb()) for number, frame in enumerate(video)}
    wanted = [2, 20, count - 25, count - 3]
    assert numbers(path, wanted) == {number: expected[number] for number in wanted}


def test_a_damaged_file_gives_what_it_has(tmp_path):
    whole = clips.write_clip(tmp_path / "a.mkv", clips.constant(60), options=GOP)
    path = clips.truncated(whole, tmp_path / "cut.mkv", 0.6)
    last = len(times_of(path)) - 1
    assert numbers(path, [0, last]) == {0: 0, last: last % 28}


def test_an_image_and_a_file_that_has_gone(tmp_path):
    path = clips.write_jpeg(tmp_path / "a.jpg", clips.picture(5, 64, 48), 6)
    ((number, frame),) = FrameReader(path, np.zeros(1)).frames([0])
    assert (number, frame.width, frame.height) == (0, 48, 64)
    path.unlink()
    with pytest.raises(InputError):
        list(FrameReader(path, np.zeros(1)).frames([0]))
    with pytest.raises(InputError):
        FrameReader(path, np.arange(2.0))
