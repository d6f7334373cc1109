"""Every frame comes once, in presentation order, with the timestamp that its container really states."""

from pathlib import Path

import numpy as np
import pytest

from tests.support import clips
from tests.support.decoding import decode

B_FRAMES = {"bf": "2", "preset": "medium", "b-adapt": "0"}


@pytest.mark.parametrize("name", ["a.avi", "a.wmv", "a.asf"])
@pytest.mark.parametrize(
    ("codec", "options"),
    [
        ("libx264", B_FRAMES),
        ("libx264", {"bf": "0"}),
        ("mpeg4", {"bf": "2"}),
        ("mpeg4", {"bf": "0"}),
    ],
)
def test_containers_that_store_decoding_times_give_the_times_of_the_frames(tmp_path, name, codec, options):
    kind = {"codec": codec, "options": options, "rate": 25, "container_options": {}}
    path = clips.write_clip(tmp_path / name, clips.constant(25, 25), **kind)
    numbers, times, video = decode(path)
    assert numbers == list(range(25))
    np.testing.assert_allclose(times, clips.constant(25, 25), atol=1e-3)
    assert video.duration == pytest.approx(1, abs=2e-3)
    assert video.warnings == []


def test_the_stream_itself_states_the_rate_of_a_file_without_container(tmp_path):
    _, times, video = decode(clips.write_clip(tmp_path / "a.m4v", clips.constant(10), codec="mpeg4"))
    np.testing.assert_allclose(times, clips.constant(10, 30), atol=1e-6)
    assert (video.sample_rate, video.warnings) == (30, [])


@pytest.mark.parametrize("name", ["a.mjpeg", "a.avi"])
def test_pictures_one_after_the_other_are_a_video_whose_rate_is_a_guess(tmp_path, name):
    jpegs = [clips.write_jpeg(tmp_path / f"{n}.jpg", clips.picture(n, 64, 48), 1).read_bytes() for n in range(6)]
    path = tmp_path / name
    path.write_bytes(b"".join(jpegs))
    numbers, times, video = decode(path)
    assert numbers == list(range(6))
    np.testing.assert_allclose(times, clips.constant(6, 25), atol=1e-6)
    assert "25 Hz is a guess" in video.warnings[0]
    assert (len(video.warnings) == 2) == name.endswith(".avi"), "an AVI that is none is said, too"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.avi", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}),
        ("a.webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8", "g": "10"}}),
    ],
)
def test_damage_in_the_data_of_a_picture_is_said(tmp_path, name, kind):
    whole = clips.write_clip(tmp_path / name, clips.constant(40), size=(160, 120), **kind)
    rng, missed = np.random.default_rng(0), []
    for attempt in range(20):
        path = tmp_path / f"damaged {attempt}{whole.suffix}"
        data = bytearray(whole.read_bytes())
        for place in rng.integers(len(data) // 3, len(data) * 9 // 10, 20):
            data[place] ^= 0xFF
        path.write_bytes(data)
        if _looks_damaged(whole, path):
            missed.append(not decode(path)[2].warnings)
    assert len(missed) >= 10, "the test damages pictures"
    assert not any(missed)


def _looks_damaged(whole: Path, path: Path) -> bool:
    return decode(whole)[0] != decode(path)[0]
