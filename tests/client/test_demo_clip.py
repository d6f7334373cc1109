"""The demo's clip: a camera moves towards a face, and the boxes stay on it."""

from pathlib import Path

import numpy as np

from rbdm.client.demo_clip import FRAMES, RATE
from rbdm.media.video import Video
from rbdm.ssi import read_stream


def test_clip_and_boxes_belong_together(face_clip: tuple[Path, Path]) -> None:
    video, stream = face_clip
    with Video(video) as film:
        frames = [frame.rgb() for frame in film]
        assert film.sample_rate == RATE
    boxes = read_stream(stream)
    assert len(frames) == len(boxes.data) == FRAMES and boxes.sample_rate == RATE
    assert ((boxes.data[:, :4] > 0) & (boxes.data[:, :4] < 1)).all()
    sides = boxes.data[:, 2:4] - boxes.data[:, :2]
    np.testing.assert_allclose(sides[:, 0], sides[:, 1], atol=1e-6)
    assert sides[-1, 0] > 1.2 * sides[0, 0]
