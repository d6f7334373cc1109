"""What changes within a video is said, with its time."""

import numpy as np

from rbdm.media.video import Video
from tests.support import clips


def test_a_change_of_size_is_said_and_each_frame_has_its_own_size(tmp_path):
    one = clips.write_clip(tmp_path / "one.ts", clips.constant(10, 25), size=(64, 48), rate=25)
    two = clips.write_clip(tmp_path / "two.ts", clips.constant(10, 25), size=(96, 64), rate=25)
    path = tmp_path / "both.ts"
    path.write_bytes(one.read_bytes() + two.read_bytes())
    with Video(path) as video:
        sizes = [(frame.width, frame.height) for frame in video]
    assert sizes == [(64, 48)] * 10 + [(96, 64)] * 10
    assert any("changes from 64×48 to 96×64 at 0.4 s" in warning for warning in video.warnings)


def test_a_video_without_anything_special_gives_no_warning(tmp_path):
    with Video(clips.write_clip(tmp_path / "a.mp4", clips.constant(10))) as video:
        assert np.all(np.diff([frame.time for frame in video]) > 0)
    assert video.warnings == []
