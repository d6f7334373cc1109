"""Each frame of a video comes once, in order, with the row of its face: from a stream or from a detector."""

import numpy as np
import pytest

from rbdm.errors import InputError, OptionError
from rbdm.faces.boxes import read_boxes
from rbdm.faces.locator import StreamFaces, detect
from rbdm.media.video import Video
from rbdm.nova.streams import BOX_TYPE
from rbdm.ssi import write_stream
from tests.faces.box_rows import FACE, boxes
from tests.support import clips

META = {"size": "64:48", "boxes": "found, largest, interpolated"}


class FrameNumbers:
    """A detector for clips of `tests.support.clips`: all frames have one face, whose confidence tells the number."""

    batch_size = 4
    threshold = 0.5

    def submit(self, frames):
        numbers = [clips.frame_number(frame.rgb()) for frame in frames]
        return lambda: [np.array([[0.2, 0.3, 0.8, 0.7, (number + 1) / 100]], np.float32) for number in numbers]


def test_found_rows_come_in_the_order_of_the_frames_with_progress(tmp_path):
    clip, told = clips.write_clip(tmp_path / "a.mp4", clips.constant(22)), []
    stream = detect(clip, FrameNumbers(), progress=lambda progress: told.append((progress.done, progress.total)))
    np.testing.assert_allclose(stream.data[:, 4], (np.arange(22) + 1) / 100)
    assert (stream.sample_rate, stream.start, stream.media_type, stream.meta) == (30, 0, BOX_TYPE, META)
    assert told == [(16, 22), (22, 22)]


def test_frames_that_a_stream_does_not_reach_have_no_face(tmp_path):
    with Video(clips.write_clip(tmp_path / "a.mp4", clips.constant(6))) as video:
        source = StreamFaces(video, boxes([FACE] * 3), 6)
        rows = np.array([face.row for _, (face,) in source])
    np.testing.assert_array_equal(rows[:4], np.float32([FACE] * 4))
    np.testing.assert_array_equal(rows[4:], [[np.nan] * 4 + [0]] * 2)
    assert len(source.warnings()) == 1


def test_a_missing_video_and_an_unknown_choice_of_face_are_errors(detector, tmp_path, face_clip):
    with pytest.raises(InputError, match=r"gone\.mp4"):
        detect(tmp_path / "gone.mp4", detector)
    with pytest.raises(OptionError, match="face"):
        detect(face_clip[0], detector, "biggest")


def test_rows_for_a_variable_rate_are_evenly_spaced_and_lead_back_to_their_frames(tmp_path):
    times = np.cumsum([0, *np.random.default_rng(1).choice([0.03, 0.1], 27)])
    clip, told = clips.write_clip(tmp_path / "a.mp4", list(times)), []
    stream = detect(clip, FrameNumbers(), warn=told.append)
    assert stream.meta == {**META, "rows": "evenly spaced"}
    assert any("not evenly spaced" in line for line in told)
    row_times = np.arange(len(stream.data)) / stream.sample_rate
    shown = np.round(stream.data[:, 4] * 100).astype(int) - 1
    assert np.abs(times[shown] - row_times).max() <= 0.051, "each row is the nearest frame's"
    path = tmp_path / "a.stream"
    write_stream(path, stream)
    with Video(clip) as video:
        found = [face.row[4] for _, (face,) in StreamFaces(video, read_boxes(path, 0.0), len(times))]
    back = np.round(np.array(found) * 100).astype(int) - 1
    assert back.tolist() == list(range(28)), "each frame gets its own row back"


def test_rows_for_a_video_that_starts_after_its_sound_start_with_no_face(tmp_path):
    clip = clips.write_clip(tmp_path / "a.mp4", clips.constant(10, start=0.5), sound=True)
    stream = detect(clip, FrameNumbers())
    assert (stream.data[:14, 4] == 0).all()
    np.testing.assert_allclose(stream.data[15:25, 4], (np.arange(10) + 1) / 100)
    assert stream.sample_rate == 30
