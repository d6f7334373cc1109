"""A frame gives all its pixels, a smaller picture of all of them, or only those around a face: the same ones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbdm.media.frame import Frame
from rbdm.media.picture.region import Region
from rbdm.media.video import Video
from tests.support import clips
from tests.support.clips import write_clip
from tests.support.decoding import both_crops

WHOLE = Region(0, 0, 960, 540)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuvj420p"])
@pytest.mark.parametrize("rotation", [0, 90])
def test_a_face_is_cut_out_of_every_format_and_rotation(tmp_path: Path, pix_fmt: str, rotation: int) -> None:
    clip = write_clip(tmp_path / "clip.mp4", [0.0, 0.04], size=(640, 480), pix_fmt=pix_fmt, rotation=rotation)
    with Video(clip) as frames:
        frame = next(iter(frames))
        whole, cut, was_cut = both_crops(frame, np.array([0.4, 0.35, 0.6, 0.5]), 1.0)
    assert was_cut == (rotation == 0)
    assert np.abs(whole.astype(int) - cut).max() <= 2


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Frame:
    clip = write_clip(tmp_path_factory.mktemp("still") / "clip.mp4", [0.0], size=(960, 540))
    with Video(clip) as frames:
        return next(iter(frames))


@settings(max_examples=50, deadline=None)
@given(
    y=st.floats(-0.2, 1.2),
    x=st.floats(-0.2, 1.2),
    height=st.floats(0.02, 1.5),
    width=st.floats(0.02, 1.5),
    crop_scale=st.floats(0.5, 2.0),
)
def test_any_box_is_cut_out_as_from_the_whole_frame(
    still: Frame, y: float, x: float, height: float, width: float, crop_scale: float
) -> None:
    box = np.array([y - height / 2, x - width / 2, y + height / 2, x + width / 2])
    whole, cut, _ = both_crops(still, box, crop_scale)
    assert np.abs(whole.astype(int) - cut).max() <= 2


@given(st.integers(-300, 1200), st.integers(-300, 1200), st.integers(1, 1500), st.integers(1, 1500))
def test_the_pixels_that_were_wanted_come(still: Frame, left: int, top: int, width: int, height: int) -> None:
    wanted = Region(left, top, left + width, top + height)
    image, part = still.around(wanted)
    assert image.shape == (part.bottom - part.top, part.right - part.left, 3)
    assert part.left >= 0 and part.top >= 0 and part.right <= WHOLE.right and part.bottom <= WHOLE.bottom
    inside_x = range(max(wanted.left, 0), min(wanted.right, WHOLE.right))
    inside_y = range(max(wanted.top, 0), min(wanted.bottom, WHOLE.bottom))
    if inside_x and inside_y:
        assert part.left <= inside_x[0] and inside_x[-1] < part.right
        assert part.top <= inside_y[0] and inside_y[-1] < part.bottom


@pytest.mark.parametrize(("rotation", "shape"), [(0, (24, 32, 3)), (90, (32, 24, 3))])
def test_a_smaller_picture_shows_the_whole_frame_upright(tmp_path: Path, rotation: int, shape: tuple[int, ...]) -> None:
    with Video(write_clip(tmp_path / "a.mp4", [0.0], rotation=rotation)) as frames:
        (frame,) = frames
    assert frame.scaled(32).shape == shape
    assert clips.corner_colours(frame.scaled(32)) == clips.corner_colours(frame.rgb())
