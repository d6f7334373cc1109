"""Colours follow the matrix and the range of the file, on any thread."""

import threading

import numpy as np
import pytest

from rbdm.media.video import Video
from tests.support import clips
from tests.support.decoding import first_rgb


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
