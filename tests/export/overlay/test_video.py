"""The overlay has the frames of the video, at the same times and the same way up, with what was found painted in."""

from dataclasses import replace

import av
import cv2
import numpy as np
import pytest

from rbdm.errors import InputError, OutputError
from rbdm.export.overlay.video import write_overlay
from rbdm.expressions import EXPRESSIONS
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.timeline.frames import smoothed_frames
from tests.support.builders import prediction_of
from tests.support.clips import constant, corner_colours, frame_number, picture, truncated, write_clip, write_jpeg
from tests.support.films import frames, overlay, write_film

VARIABLE = [0.0, 0.04, 0.1, 0.11, 0.3, 0.34, 0.8, 1.1]


@pytest.mark.parametrize("times", [constant(30), constant(24, 24000 / 1001), VARIABLE, constant(10, start=0.5)])
def test_the_frames_and_their_times_are_those_of_the_video(tmp_path, out, times):
    clip = write_clip(tmp_path / "clip.mp4", times)
    prediction = prediction_of(clip, faces=[])
    time, images = frames(overlay(prediction, out))
    np.testing.assert_allclose(time, prediction.time, atol=1e-5)
    assert [frame_number(image) for image in images] == [index % 28 for index in range(len(times))]


@pytest.mark.parametrize(("rotation", "mirrored"), [(90, False), (180, False), (270, False), (90, True)])
def test_the_overlay_is_turned_as_players_show_the_video(tmp_path, out, rotation, mirrored):
    clip = write_clip(tmp_path / "clip.mp4", constant(3), size=(96, 64), rotation=rotation, mirrored=mirrored)
    prediction = prediction_of(clip, faces=[])
    path = overlay(prediction, out)
    with Video(clip) as video:
        shown = corner_colours(next(iter(video)).rgb())
    _, images = frames(path)
    assert corner_colours(images[0]) == shown
    assert images[0].shape == (prediction.height, prediction.width, 3)
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).rotation == 0


def test_only_frames_with_a_face_are_painted(tmp_path, out):
    clip = write_clip(tmp_path / "clip.mp4", constant(10), size=(320, 240))
    painted = frames(overlay(prediction_of(clip, faces=[2, 3, 7]), out))[1]
    plain = frames(overlay(prediction_of(clip, faces=[]), tmp_path, "plain.overlay.mp4"))[1]
    changed = [
        bool((np.abs(one.astype(int) - other).max(axis=2) > 60).mean() > 0.02)
        for one, other in zip(painted, plain, strict=True)
    ]
    assert changed == [index in (2, 3, 7) for index in range(10)]


def test_the_box_has_the_colour_of_the_segments_class(tmp_path, out):
    clip = write_clip(tmp_path / "clip.mp4", constant(12), size=(320, 240))
    prediction = prediction_of(clip, options=Options(smoothing_ms=200, num_expressions=5))
    classes = smoothed_frames(prediction).classes
    assert (classes != prediction.probabilities.argmax(axis=1)).any()
    _, images = frames(overlay(prediction, out))
    for image, chosen in zip(images, classes, strict=True):
        colors = np.array([list(bytes.fromhex(expression.color[-6:])) for expression in EXPRESSIONS])
        # The tag, left of its text, above the box.
        spot = image[round(0.3 * 240) - 8 : round(0.3 * 240) - 4, round(0.3 * 320) + 1].mean(axis=0)
        assert np.abs(colors - spot).sum(axis=1).argmin() == chosen


def test_the_overlay_of_a_cut_off_video_ends_where_the_video_ends(tmp_path, out):
    film = write_film(tmp_path / "film.ts", ["aac"], seconds=4)
    cut = truncated(film, tmp_path / "cut.ts", 0.6)
    prediction = prediction_of(cut)
    assert 10 < len(prediction.time) < 100
    time, _ = frames(overlay(prediction, out))
    np.testing.assert_allclose(time, prediction.time, atol=1e-5)


def test_an_image_becomes_an_image(tmp_path, out):
    photo = write_jpeg(tmp_path / "photo.JPG", picture(0, 320, 240), 6)
    prediction = prediction_of(photo, faces=[])
    path = out / "photo.overlay.jpg"
    write_overlay([prediction], path)
    assert list(out.iterdir()) == [path]
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert image.shape == (320, 240, 3)
    with Video(photo) as video:
        assert corner_colours(image) == corner_colours(next(iter(video)).rgb())


def test_progress_counts_frames(tmp_path, out):
    seen = []
    write_overlay([prediction_of(write_clip(tmp_path / "clip.mp4", constant(7)))], out / "a.mp4", seen.append)
    assert [(step.done, step.total) for step in seen] == [(index + 1, 7) for index in range(7)]


def test_if_interrupted_the_old_file_stays_and_no_other_file(tmp_path, out):
    prediction = prediction_of(write_clip(tmp_path / "clip.mp4", constant(20)))
    (out / "a.mp4").write_bytes(b"older")

    def stop(step):
        if step.done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_overlay([prediction], out / "a.mp4", stop)
    assert [path.name for path in out.iterdir()] == ["a.mp4"]
    assert (out / "a.mp4").read_bytes() == b"older"


def test_errors_are_one_line_and_leave_no_file(tmp_path, out):
    clip = write_clip(tmp_path / "clip.mp4", constant(6))
    prediction = prediction_of(clip)
    with pytest.raises(OutputError, match=r"clip\.mp4: is the video itself"):
        write_overlay([prediction], clip)
    with pytest.raises(OutputError, match=r"missing.a\.mp4: cannot be written"):
        write_overlay([prediction], tmp_path / "missing" / "a.mp4")
    (out / "folder.mp4").mkdir()
    with pytest.raises(OutputError, match=r"folder\.mp4: cannot be written"):
        write_overlay([prediction], out / "folder.mp4")
    with pytest.raises(InputError, match="no such file"):
        write_overlay([replace(prediction, video=tmp_path / "gone.mp4")], out / "a.mp4")
    for times in (constant(5), constant(7), constant(6, 25)):
        other = write_clip(tmp_path / "other.mp4", times)
        with pytest.raises(OutputError, match=r"other\.mp4: its frames have changed since it was annotated"):
            write_overlay([replace(prediction, video=other)], out / "a.mp4")
    assert [path.name for path in out.iterdir()] == ["folder.mp4"]
