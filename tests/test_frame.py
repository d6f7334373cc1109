"""A face cut out of a frame before its colours are converted is the face of the whole frame."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rbdm.annotator import Annotator
from rbdm.faces.boxes import read_boxes
from rbdm.faces.crop import box_in, crop, crop_region
from rbdm.media.frame import Frame
from rbdm.media.region import Region
from rbdm.media.video import Video
from tests.support.clips import write_clip
from tests.support.paths import FACES

CLIPS = ("single_face.mp4", "WolfgangLanger_Pexels.mp4", "face_noface.mov", "noface_face.mov", "no_face.mp4")
WHOLE = Region(0, 0, 960, 540)


def both_crops(frame: Frame, box: np.ndarray, crop_scale: float) -> tuple[np.ndarray, np.ndarray, bool]:
    """The crop of the whole frame, the crop of the region around the box, and whether that was cut out."""
    size = frame.width, frame.height
    image, region = frame.around(crop_region(box, *size, crop_scale))
    cut = crop(image, box_in(region, box, *size), 224, crop_scale)
    return crop(frame.rgb(), box, 224, crop_scale), cut, region != Region(0, 0, *size)


@pytest.mark.skipif(not FACES.is_dir(), reason=f"the real clips are not at {FACES}")
@pytest.mark.parametrize("crop_scale", [0.85, 2 / 1.1])
@pytest.mark.parametrize("name", CLIPS)
def test_crops_of_real_clips_are_those_of_the_whole_frame(name: str, crop_scale: float) -> None:
    video = FACES / name
    rows = read_boxes(video.with_suffix(".stream"), 0.5).rows
    with Video(video) as frames:
        for row, frame in zip(rows, frames, strict=True):
            if row[4] >= 0.5:
                whole, cut, _ = both_crops(frame, row, crop_scale)
                assert np.abs(whole.astype(int) - cut).max() <= 2


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuvj420p"])
@pytest.mark.parametrize("rotation", [0, 90])
def test_formats_and_rotations(tmp_path: Path, pix_fmt: str, rotation: int) -> None:
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
def test_any_box(still: Frame, y: float, x: float, height: float, width: float, crop_scale: float) -> None:
    box = np.array([y - height / 2, x - width / 2, y + height / 2, x + width / 2])
    whole, cut, _ = both_crops(still, box, crop_scale)
    assert np.abs(whole.astype(int) - cut).max() <= 2


@given(st.integers(-300, 1200), st.integers(-300, 1200), st.integers(1, 1500), st.integers(1, 1500))
def test_a_region_holds_what_was_wanted(still: Frame, left: int, top: int, width: int, height: int) -> None:
    wanted = Region(left, top, left + width, top + height)
    image, part = still.around(wanted)
    assert image.shape == (part.bottom - part.top, part.right - part.left, 3)
    assert part.left >= 0 and part.top >= 0 and part.right <= WHOLE.right and part.bottom <= WHOLE.bottom
    inside_x = range(max(wanted.left, 0), min(wanted.right, WHOLE.right))
    inside_y = range(max(wanted.top, 0), min(wanted.bottom, WHOLE.bottom))
    if inside_x and inside_y:
        assert part.left <= inside_x[0] and inside_x[-1] < part.right
        assert part.top <= inside_y[0] and inside_y[-1] < part.bottom


def test_a_video_gives_what_its_whole_frames_give(face_clip: tuple[Path, Path], annotator: Annotator) -> None:
    rows = read_boxes(face_clip[1], 0.5).rows
    with Video(face_clip[0]) as frames:
        whole = annotator.predict(np.stack([frame.rgb() for frame in frames]), rows)
    cut = annotator.annotate(*face_clip)
    assert np.abs(cut.probabilities - whole.probabilities).max() <= 0.01
    assert np.abs(cut.valence - whole.valence).max() <= 0.01
