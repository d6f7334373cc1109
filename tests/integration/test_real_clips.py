"""The real clips beside the checkout: their frames and times, their box streams, and faces cut out of their frames."""

import numpy as np
import pytest

from rbdm.faces.alignment import BoxAlignment
from rbdm.faces.boxes import read_boxes
from rbdm.media.frame_count import count_frames
from rbdm.media.video import Video
from tests.support.decoding import both_crops
from tests.support.paths import FACES, needs_faces

pytestmark = needs_faces


CLIPS = ("single_face.mp4", "WolfgangLanger_Pexels.mp4", "face_noface.mov", "noface_face.mov", "no_face.mp4")


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
def test_every_frame_comes_at_its_time(name, frames, rate, duration):
    with Video(FACES / name) as video:
        times = [frame.time for frame in video]
    assert len(times) == count_frames(FACES / name) == frames
    assert times[0] == 0
    assert (np.diff(times) > 0).all()
    assert video.sample_rate == pytest.approx(rate, abs=1e-3)
    assert video.duration == pytest.approx(duration, abs=2e-3)
    assert not video.warnings


@pytest.mark.parametrize("stem", ["single_face", "WolfgangLanger_Pexels", "no_face", "face_noface", "noface_face"])
def test_box_streams_pair_with_every_frame(stem):
    (path,) = FACES.glob(f"{stem}.m[op][v4]")
    stream = read_boxes(FACES / f"{stem}.stream", 0.5)
    with Video(path) as video:
        pairing = BoxAlignment(stream, count_frames(path), video.sample_rate)
        rows = [pairing.row(index, frame.time) for index, frame in enumerate(video)]
    assert rows == list(range(len(stream.rows)))
    assert pairing.warnings() == []


@pytest.mark.parametrize("crop_scale", [0.85, 2 / 1.1])
@pytest.mark.parametrize("name", CLIPS)
def test_crops_are_those_of_the_whole_frame(name: str, crop_scale: float) -> None:
    video = FACES / name
    rows = read_boxes(video.with_suffix(".stream"), 0.5).rows
    with Video(video) as frames:
        for row, frame in zip(rows, frames, strict=True):
            if row[4] >= 0.5:
                whole, cut, _ = both_crops(frame, row, crop_scale)
                assert np.abs(whole.astype(int) - cut).max() <= 2
