"""Each frame of a video comes once, in order, with the row of its face: from a stream or from a detector."""

import numpy as np
import pytest

from rbdm.errors import InputError, OptionError
from rbdm.faces.locator import StreamFaces, detect
from rbdm.media.video import Video
from rbdm.nova.streams import BOX_TYPE
from tests.faces.box_rows import FACE, boxes
from tests.support import clips


class FrameNumbers:
    """A detector for clips of `tests.support.clips`: all frames have one face, whose confidence tells the number."""

    batch_size = 4

    def submit(self, frames):
        numbers = [clips.frame_number(frame.rgb()) for frame in frames]
        return lambda: [np.array([[0.2, 0.3, 0.8, 0.7, (number + 1) / 100]], np.float32) for number in numbers]


def test_found_rows_come_in_the_order_of_the_frames_with_progress(tmp_path):
    clip, told = clips.write_clip(tmp_path / "a.mp4", clips.constant(22)), []
    stream = detect(clip, FrameNumbers(), progress=lambda progress: told.append((progress.done, progress.total)))
    np.testing.assert_allclose(stream.data[:, 4], (np.arange(22) + 1) / 100)
    assert (stream.sample_rate, stream.start, stream.media_type, stream.meta) == (30, 0, BOX_TYPE, {"size": "64:48"})
    assert told == [(16, 22), (22, 22)]


def test_frames_that_a_stream_does_not_reach_have_no_face(tmp_path):
    with Video(clips.write_clip(tmp_path / "a.mp4", clips.constant(6))) as video:
        source = StreamFaces(video, boxes([FACE] * 3), 6)
        rows = np.array([row for _, row, _ in source])
    np.testing.assert_array_equal(rows[:4], np.float32([FACE] * 4))
    np.testing.assert_array_equal(rows[4:], [[np.nan] * 4 + [0]] * 2)
    assert len(source.warnings()) == 1


def test_a_missing_video_and_an_unknown_choice_of_face_are_errors(detector, tmp_path, face_clip):
    with pytest.raises(InputError, match=r"gone\.mp4"):
        detect(tmp_path / "gone.mp4", detector)
    with pytest.raises(OptionError, match="face"):
        detect(face_clip[0], detector, "biggest")
