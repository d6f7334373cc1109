"""What `rbdm.video` promises: every displayed frame, once, in order, at its own time, as players show it."""

import threading
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.media.frame_count import count_frames
from rbdm.media.video import Video
from tests.support import clips
from tests.support.paths import FACES, needs_faces


def decode(path: Path) -> tuple[list[int], np.ndarray, Video]:
    """Frame numbers as drawn by `clips.picture`, times, and the exhausted video."""
    with Video(path) as video:
        seen = [(clips.frame_number(frame.rgb()), frame.time) for frame in video]
    return [number for number, _ in seen], np.array([time for _, time in seen]), video


def first_rgb(path: Path) -> np.ndarray:
    """The first frame as displayed."""
    with Video(path) as video:
        return next(iter(video)).rgb()


@pytest.mark.parametrize(
    ("name", "kind", "tolerance"),
    [
        ("a.mp4", {}, 1e-6),
        ("a.mov", {}, 1e-6),
        ("a.mkv", {}, 1e-3),
        ("a.ts", {}, 1e-4),
        ("a.avi", {"codec": "mpeg4"}, 1e-6),
        ("a.webm", {"codec": "libvpx-vp9", "options": {"deadline": "realtime", "cpu-used": "8"}}, 1e-3),
        ("alt-ref.webm", {"codec": "libvpx", "options": {"cpu-used": "8", "auto-alt-ref": "1"}}, 1e-3),
        ("mjpeg.mkv", {"codec": "mjpeg", "pix_fmt": "yuvj420p"}, 1e-3),
        ("b-frames.mp4", {"options": {"bf": "3", "preset": "medium"}}, 1e-6),
        ("odd.mp4", {"size": (641, 359), "pix_fmt": "yuv444p"}, 1e-6),
        ("ten bits.mp4", {"pix_fmt": "yuv420p10le"}, 1e-6),
        ("file: with 100%03d.mp4", {}, 1e-6),
    ],
)
def test_every_frame_once_in_order_at_its_time(tmp_path, name, kind, tolerance):
    times = clips.constant(20)
    path = clips.write_clip(tmp_path / name, times, **kind)
    numbers, decoded, video = decode(path)
    assert numbers == list(range(20))
    np.testing.assert_allclose(decoded, times, atol=tolerance)
    assert count_frames(path) == 20
    assert (video.width, video.height) == kind.get("size", (64, 48))
    assert video.sample_rate == pytest.approx(30)
    assert video.duration == pytest.approx(20 / 30, abs=2 * tolerance)
    assert not video.warnings


def test_ntsc_rate_is_exact(tmp_path):
    rate = Fraction(24000, 1001)
    _, _, video = decode(clips.write_clip(tmp_path / "a.mp4", clips.constant(20, float(rate)), rate=rate))
    assert video.sample_rate == pytest.approx(float(rate), abs=1e-6)


def test_variable_rate_keeps_each_frames_own_time(tmp_path):
    times = [0, 0.01, 0.2, 0.25, 0.5]
    numbers, decoded, video = decode(clips.write_clip(tmp_path / "a.mp4", times))
    assert numbers == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(decoded, times, atol=1e-6)
    assert video.sample_rate == pytest.approx(5 / video.duration, rel=0.01)


def test_frames_cut_off_by_an_edit_list_do_not_appear(tmp_path):
    times = clips.constant(20, start=-8 / 30)
    path = clips.write_clip(tmp_path / "a.mp4", times, options={"bf": "2", "preset": "medium"})
    numbers, decoded, video = decode(path)
    assert numbers == list(range(8, 20))
    np.testing.assert_allclose(decoded, clips.constant(12), atol=1e-6)
    assert video.frame_count_hint == 20, "the header counts frames that are not shown"
    assert count_frames(path) == 12


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


def test_header_that_lies_about_the_number_of_frames(tmp_path):
    path = clips.write_clip(tmp_path / "a.avi", clips.constant(20), codec="mpeg4")
    clips.claim_frames(path, 50)
    numbers, _, video = decode(path)
    assert video.frame_count_hint == 50
    assert numbers == list(range(20))
    assert count_frames(path) == 20


def test_one_frame(tmp_path):
    path = clips.write_clip(tmp_path / "a.mp4", [0])
    numbers, decoded, video = decode(path)
    assert (numbers, decoded.tolist(), count_frames(path)) == ([0], [0], 1)
    assert video.duration == pytest.approx(1 / 30, abs=1e-4)


@pytest.mark.parametrize(
    ("rotation", "mirrored", "corners"),
    [
        (90, False, ["top right", "bottom right", "top left", "bottom left"]),
        (-90, False, ["bottom left", "top left", "bottom right", "top right"]),
        (180, False, ["bottom right", "bottom left", "top right", "top left"]),
        (0, True, ["top right", "top left", "bottom right", "bottom left"]),
    ],
)
def test_frames_are_turned_as_players_turn_them(tmp_path, rotation, mirrored, corners):
    path = clips.write_clip(tmp_path / "a.mp4", [0], rotation=rotation, mirrored=mirrored)
    with Video(path) as video:
        (frame,) = video
    assert clips.corner_colours(frame.rgb()) == corners
    assert frame.rgb().shape == (frame.height, frame.width, 3) == (video.height, video.width, 3)
    assert (frame.width, frame.height) == ((48, 64) if abs(rotation) == 90 else (64, 48))


@pytest.mark.parametrize("rgb", [(200, 60, 40), (30, 180, 90), (224, 172, 150), (255, 255, 255), (0, 0, 0)])
@pytest.mark.parametrize(
    ("colorspace", "full_range", "kind"),
    [
        (1, False, {}),
        (1, True, {}),
        (5, False, {}),
        (6, True, {}),
        (1, False, {"pix_fmt": "yuv420p10le"}),
        (6, True, {"pix_fmt": "yuv420p10le"}),
        (2, False, {}),
        (2, False, {"size": (1280, 720)}),
    ],
)
def test_colours_follow_the_matrix_and_range_of_the_file(tmp_path, rgb, colorspace, full_range, kind):
    path = tmp_path / "a.mp4"
    clips.write_flat_clip(path, rgb, colorspace=colorspace, full_range=full_range, **kind)
    image = first_rgb(path)
    assert image.dtype == np.uint8
    assert image.flags.c_contiguous
    assert np.abs(image.astype(int) - rgb).max() <= 3


def test_frames_may_be_converted_on_other_threads(tmp_path):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(20))
    with Video(path) as video:
        frames = list(video)
    numbers: dict[int, list[int]] = {}

    def convert(thread: int) -> None:
        numbers[thread] = [clips.frame_number(frame.rgb()) for frame in frames]

    threads = [threading.Thread(target=convert, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert numbers == {thread: list(range(20)) for thread in range(4)}


def test_a_video_is_iterated_once(tmp_path):
    with Video(clips.write_clip(tmp_path / "a.mp4", clips.constant(3))) as video:
        assert len(list(video)) == 3
        with pytest.raises(RuntimeError, match="once"):
            iter(video)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".webp", ".jpg", ".tiff"])
def test_an_image_is_a_video_of_one_second(tmp_path, suffix):
    path = tmp_path / f"ä%03d{suffix}"
    path.write_bytes(cv2.imencode(suffix, clips.picture(3, 64, 48)[:, :, ::-1])[1].tobytes())
    numbers, times, video = decode(path)
    assert (numbers, times.tolist()) == ([3], [0])
    assert (video.sample_rate, video.duration, video.frame_count_hint, count_frames(path)) == (1, 1, 1, 1)
    assert (video.width, video.height) == (64, 48)
    assert clips.corner_colours(first_rgb(path)) == ["top left", "top right", "bottom left", "bottom right"]


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


@pytest.mark.parametrize("name", ["fast.mp4", "a.mkv"])
def test_a_truncated_file_yields_what_is_there_and_a_warning(tmp_path, name):
    options = {"movflags": "faststart"} if name.endswith("mp4") else {}
    whole = clips.write_clip(tmp_path / name, clips.constant(60), container_options=options)
    path = clips.truncated(whole, tmp_path / f"cut {name}", 0.6)
    numbers, times, video = decode(path)
    assert 10 < len(numbers) < 60
    assert (np.diff(times) > 0).all()
    assert len(video.warnings) >= 1
    assert str(path) in video.warnings[0]
    assert "cut off" in video.warnings[0]
    assert count_frames(path) == len(numbers)


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


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("missing.mp4", None, "no such file"),
        ("empty.mp4", b"", "empty"),
        ("text.mp4", b"Dear diary,\n" * 99, "not a video"),
        ("notes.txt", b"Dear diary,\n" * 99, "not a video"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:1\na.ts\n", "not a video"),
        ("list.ffconcat", b"ffconcat version 1.0\nfile a.mp4\n", "not a video"),
        ("half.jpg", cv2.imencode(".jpg", clips.picture(0, 640, 480))[1].tobytes()[:3000], "no frame"),
    ],
)
@pytest.mark.parametrize("use", [Video, count_frames])
def test_no_video(tmp_path, name, content, says, use):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        use(path)
    assert says in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_no_video_stream_no_frames_or_a_folder(tmp_path):
    clips.write_clip(tmp_path / "none.mp4", [])
    clips.write_sound(tmp_path / "sound.mp4")
    for name, says in {"none.mp4": "no video", "sound.mp4": "only audio", ".": "folder"}.items():
        with pytest.raises(InputError, match=says):
            Video(tmp_path / name)


@needs_faces
@pytest.mark.parametrize(
    ("name", "frames", "rate", "duration"),
    [
        ("single_face.mp4", 72, 30, 2.4),
        ("WolfgangLanger_Pexels.mp4", 472, 24000 / 1001, 19.686),
        ("no_face.mp4", 95, 23.672, 4.015),
        ("face_noface.mov", 169, 26.398, 6.402),
        ("noface_face.mov", 169, 26.495, 6.379),
    ],
)
def test_real_clips(name, frames, rate, duration):
    with Video(FACES / name) as video:
        times = [frame.time for frame in video]
    assert len(times) == count_frames(FACES / name) == frames
    assert times[0] == 0
    assert (np.diff(times) > 0).all()
    assert video.sample_rate == pytest.approx(rate, abs=1e-3)
    assert video.duration == pytest.approx(duration, abs=2e-3)
    assert not video.warnings
