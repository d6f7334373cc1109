"""Interlaced frames, marked or not, come out without combs; each frame gives one frame, and it is said."""

import numpy as np
import pytest

from rbdm.media.video import Video
from tests.support import clips

SIZE = (320, 480)


def moving(index, width, height):
    """A grid of soft blobs that moves to the right by 8 pixels per moment."""
    x, y = np.arange(width) - 8 * index, np.arange(height)
    grey = 128 + 60 * np.sin(2 * np.pi * x / 60)[None] + 40 * np.sin(2 * np.pi * y / 90)[:, None]
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def woven(index, width, height):
    """Even lines of one moment, odd lines of the next one."""
    picture = moving(2 * index, width, height)
    picture[1::2] = moving(2 * index + 1, width, height)[1::2]
    return picture


def combs(frame):
    """The mean difference of lines from the mean of their neighbours."""
    grey = frame.rgb()[:, :, 1].astype(float)
    return np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean()


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ({"codec": "mpeg2video", "options": {"flags": "+ildct+ilme", "b": "8M"}}, "marked as interlaced"),
        ({}, "comb pattern"),
    ],
)
def test_combs_are_removed_and_frames_keep_their_times(tmp_path, kind, says):
    path = clips.write_clip(tmp_path / "a.mkv", clips.constant(20, 25), size=SIZE, rate=25, draw=woven, **kind)
    with Video(path) as video:
        frames = [(frame.time, combs(frame)) for frame in video]
    np.testing.assert_allclose([time for time, _ in frames], clips.constant(20, 25), atol=1e-3)
    assert max(comb for _, comb in frames[1:]) < 3 < combs_of_source()
    (warning,) = video.warnings
    assert says in warning and "deinterlaced from 0.0 s on" in warning


def combs_of_source():
    grey = woven(3, *SIZE)[:, :, 1].astype(float)
    return np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean()


@pytest.mark.parametrize("draw", [moving, clips.picture])
def test_progressive_video_is_not_touched(tmp_path, draw):
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(20, 25), size=SIZE, rate=25, draw=draw)
    with Video(path) as video:
        pictures = [frame.rgb() for frame in video]
    assert video.warnings == []
    errors = [np.abs(made.astype(int) - draw(index, *SIZE)).mean() for index, made in enumerate(pictures)]
    assert max(errors) < 3
