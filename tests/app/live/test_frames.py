"""A picture of the camera is the same frame as the one that is read from its recording."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.app.live.frames import CameraFrames
from rbdm.app.live.recorder import Recorder
from rbdm.errors import InputError
from rbdm.media.video import Video
from tests.app.live.pictures import jpeg

SIZES = [(640, 480), (1280, 720), (33, 17)]


@pytest.mark.parametrize("size", SIZES)
def test_frames_are_those_of_the_recording(size: tuple[int, int], tmp_path: Path) -> None:
    pictures = [jpeg(seed, *size) for seed in range(4)]
    camera = CameraFrames()
    frames = [camera.frame(picture, number / 30) for number, picture in enumerate(pictures)]
    recorder = Recorder(tmp_path, "size", datetime.now(UTC), *size)
    for number, picture in enumerate(pictures):
        recorder.add(picture, 33 * number, 0)
    with Video(recorder.close().video) as video:
        recorded = list(video)
    assert len(recorded) == len(frames)
    for one, other in zip(frames, recorded, strict=True):
        assert (one.width, one.height) == (other.width, other.height) == size
        np.testing.assert_array_equal(one.rgb(), other.rgb())
        np.testing.assert_array_equal(one.scaled(64), other.scaled(64))


def test_the_end_of_a_frame_is_assumed() -> None:
    camera, picture = CameraFrames(), jpeg()
    spans = [(frame.time, frame.end) for frame in (camera.frame(picture, time) for time in (0, 0.04, 0.1, 5))]
    assert np.allclose(spans, [(0, 1 / 30), (0.04, 0.08), (0.1, 0.16), (5, 5.5)])


@given(st.binary(max_size=400))
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match="damaged or no JPEG"):
        CameraFrames().frame(data, 0)


def test_a_cut_picture_and_a_huge_one_are_refused() -> None:
    camera, whole = CameraFrames(), jpeg(1, 640, 480)
    huge = bytearray(whole)
    at = huge.index(b"\xff\xc0") + 5
    huge[at : at + 4] = (65_000).to_bytes(2, "big") * 2
    for bad in (whole[: len(whole) // 2], bytes(huge), whole[:20], b"\xff\xd8\xff\xd9"):
        with pytest.raises(InputError):
            camera.frame(bad, 0)
    assert camera.frame(whole, 1).width == 640
