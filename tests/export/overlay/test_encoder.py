"""The encoder keeps times, sizes, colours and the shape of pixels."""

from fractions import Fraction

import av
import numpy as np
import pytest

from rbdm.media.video import Video
from tests.support.builders import prediction_of
from tests.support.clips import constant, picture, write_clip
from tests.support.films import frames, overlay

VARIABLE = [0.0, 0.04, 0.1, 0.11, 0.3, 0.34, 0.9, 1.2]


@pytest.mark.parametrize("times", [constant(30), VARIABLE])
def test_the_last_frame_ends_when_it_does_in_the_video(tmp_path, out, times):
    prediction = prediction_of(write_clip(tmp_path / "clip.mkv", times))
    with av.open(str(overlay(prediction, out))) as container:
        stream = container.streams.video[0]
        assert float(stream.duration * stream.time_base) == pytest.approx(prediction.duration, abs=1e-3)


@pytest.mark.parametrize(
    ("size", "shape"), [((63, 47), (48, 64)), ((64, 47), (48, 64)), ((63, 48), (48, 64)), ((2, 2), (2, 2))]
)
def test_odd_sizes_are_made_even_and_lose_nothing(tmp_path, out, size, shape):
    clip = write_clip(tmp_path / "clip.mkv", constant(2), size=size, codec="ffv1", pix_fmt="bgr0")
    prediction = prediction_of(clip, faces=[])
    _, images = frames(overlay(prediction, out))
    assert images[0].shape == (*shape, 3)
    with Video(clip) as video:
        original = next(iter(video)).rgb()
    if min(size) > 2:
        inside = images[0][: size[1], : size[0]].astype(int)
        assert np.abs(inside - original).mean() < 12
        np.testing.assert_allclose(images[0][-1], images[0][-2], atol=25)


@pytest.mark.parametrize("size", [(640, 360), (1280, 720)])
def test_colours_stay_the_same(tmp_path, out, size):
    clip = write_clip(tmp_path / "clip.mp4", constant(2), size=size)
    _, images = frames(overlay(prediction_of(clip, faces=[]), out))
    with Video(clip) as video:
        original = next(iter(video)).rgb()
    for y, x in ((20, 20), (20, -20), (-20, 20), (-20, -20), (size[1] // 2, size[0] // 2)):
        np.testing.assert_allclose(images[0][y, x].astype(int), original[y, x], atol=6)


def test_pixels_that_are_not_square_keep_their_shape(tmp_path, out):
    path = tmp_path / "tape.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 72, 58, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(64, 45)
        container.mux(stream.encode(av.VideoFrame.from_ndarray(picture(0, 72, 58), "rgb24")))
        container.mux(stream.encode(None))
    with av.open(str(overlay(prediction_of(path), out))) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (102, 58)
        assert stream.sample_aspect_ratio in (None, 1)
