"""A video gives a prediction with a row for each frame: its own time, its own face; doubts are warnings, not errors."""

from pathlib import Path

import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.errors import OptionError, WeightsError
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.prediction import Prediction
from tests.support import clips
from tests.support.builders import MIDDLE, Counting, counting_annotator, write_boxes
from tests.support.decoding import first_rgb


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    return counting_annotator(tmp_path, monkeypatch)


def assert_rows_belong_to_their_frames(prediction: Prediction, confidences: np.ndarray, threshold: float) -> None:
    """A confidence of 0 means no face, whatever the threshold."""
    count = len(confidences)
    has_face = (confidences >= threshold) & (confidences > 0)
    numbers = np.where(has_face, np.arange(count) % 28 / 100, np.nan)
    np.testing.assert_allclose(prediction.time, clips.constant(count), atol=1e-4)
    np.testing.assert_array_equal(prediction.has_face, has_face)
    np.testing.assert_allclose(prediction.valence, numbers, atol=1e-6)
    np.testing.assert_allclose(prediction.arousal, -numbers, atol=1e-6)
    np.testing.assert_array_equal(np.isnan(prediction.probabilities).all(axis=1), ~has_face)
    np.testing.assert_allclose(prediction.face_confidence, confidences, atol=1e-6)


@pytest.mark.parametrize("count", [1, 15, 16, 17, 40])
def test_there_is_a_row_for_each_frame_also_of_the_last_batch(counting, tmp_path, count):
    annotator, engine = counting(crop_scale=1.0)
    video = clips.write_clip(tmp_path / "a.mp4", clips.constant(count))
    prediction = annotator.annotate(video, write_boxes(tmp_path / "a.stream", [(*MIDDLE, 0.9)] * count))
    assert_rows_belong_to_their_frames(prediction, np.full(count, np.float32(0.9)), 0.5)
    assert [len(batch) for batch in engine.batches] == [16] * (count // 16) + [count % 16] * (count % 16 > 0)


@pytest.mark.parametrize("threshold", [0.0, 0.5, 0.9, 1.0])
def test_frames_below_the_threshold_have_no_face_and_leave_the_others_in_place(counting, tmp_path, threshold):
    annotator, _ = counting(Options(face_confidence=threshold, batch_size=7), crop_scale=1.0)
    confidences = np.random.default_rng(0).choice(np.float32([0, 0.4, 0.5, 0.9, 1]), 100)
    rows = np.column_stack([np.tile(MIDDLE, (100, 1)), confidences])
    video = clips.write_clip(tmp_path / "a.mp4", clips.constant(100))
    prediction = annotator.annotate(video, write_boxes(tmp_path / "a.stream", rows))
    assert_rows_belong_to_their_frames(prediction, confidences, np.float32(threshold))


def test_long_stretches_without_a_face(counting, tmp_path):
    annotator, engine = counting(crop_scale=1.0)
    confidences = np.zeros(700, np.float32)
    confidences[[3, 300, 301, 690]] = 0.8
    rows = np.column_stack([np.tile(MIDDLE, (700, 1)), confidences])
    video = clips.write_clip(tmp_path / "a.mp4", clips.constant(700))
    prediction = annotator.annotate(video, write_boxes(tmp_path / "a.stream", rows))
    assert_rows_belong_to_their_frames(prediction, confidences, 0.5)
    assert len(engine.crops) == 4


def test_no_face_at_all(counting, tmp_path):
    annotator, engine = counting()
    video = clips.write_clip(tmp_path / "a.mp4", clips.constant(20))
    prediction = annotator.annotate(video, write_boxes(tmp_path / "a.stream", [(0, 0, 1, 1, 0)] * 20))
    assert_rows_belong_to_their_frames(prediction, np.zeros(20, np.float32), 0.5)
    assert engine.batches == []


def test_every_frame_keeps_its_own_time(counting, tmp_path):
    times = [0, 0.01, 0.2, 0.25, 0.5]
    annotator, _ = counting(crop_scale=1.0)
    video = clips.write_clip(tmp_path / "a.mp4", times)
    prediction = annotator.annotate(video, write_boxes(tmp_path / "a.stream", [(*MIDDLE, 0.9)] * 5))
    np.testing.assert_allclose(prediction.time, times, atol=1e-6)
    np.testing.assert_allclose(prediction.valence, np.arange(5) / 100, atol=1e-6)
    with Video(video) as opened:
        list(opened)
        assert (prediction.duration, prediction.sample_rate) == (opened.duration, opened.sample_rate)


def test_a_stream_of_half_the_rate_is_paired_by_time(counting, tmp_path):
    annotator, _ = counting(crop_scale=1.0)
    video = clips.write_clip(tmp_path / "a.mp4", clips.constant(20))
    confidences = np.float32([0.9, 0.1, 0.9, 0.9, 0.1, 0.1, 0.8, 0.9, 0.9, 0.7])
    rows = np.column_stack([np.tile(MIDDLE, (10, 1)), confidences])
    prediction = annotator.annotate(video, write_boxes(tmp_path / "a.stream", rows, 15))
    assert_rows_belong_to_their_frames(prediction, confidences.repeat(2), 0.5)


def test_a_good_video_gives_no_warnings(counting, face_clip):
    annotator, _ = counting()
    told: list[str] = []
    annotator.annotate(*face_clip, warn=told.append)
    assert told == []


def test_a_cut_off_video_is_annotated_as_far_as_it_goes_and_gives_a_warning(counting, tmp_path):
    options = {"movflags": "faststart"}
    whole = clips.write_clip(tmp_path / "whole.mp4", clips.constant(60), container_options=options)
    video = clips.truncated(whole, tmp_path / "cut.mp4", 0.6)
    annotator, _ = counting(crop_scale=1.0)
    told: list[str] = []
    boxes = write_boxes(tmp_path / "a.stream", [(*MIDDLE, 0.9)] * 60)
    prediction = annotator.annotate(video, boxes, warn=told.append)
    assert prediction.warnings == tuple(told)
    count = len(prediction.time)
    assert 10 < count < 60
    assert_rows_belong_to_their_frames(prediction, np.full(count, np.float32(0.9)), 0.5)
    assert any(str(video) in line and "truncated" in line for line in told)


def test_a_box_stream_that_ends_early_gives_one_warning(counting, tmp_path):
    annotator, _ = counting(crop_scale=1.0)
    video = clips.write_clip(tmp_path / "a.mp4", clips.constant(60))
    stream = write_boxes(tmp_path / "a.stream", [(*MIDDLE, 0.9)] * 30)
    told: list[str] = []
    prediction = annotator.annotate(video, stream, warn=told.append)
    assert prediction.warnings == tuple(told)
    assert prediction.has_face[:30].all()
    assert not prediction.has_face[31:].any()
    assert len(told) == 1
    assert str(stream) in told[0]


def test_found_faces_have_a_pose_and_faces_of_a_stream_have_none(annotator, tmp_path, face_clip):
    face = first_rgb(face_clip[0])
    pictures = [face, np.zeros_like(face), np.ascontiguousarray(face[:, ::-1])]
    size = face.shape[1::-1]
    video = clips.write_clip(tmp_path / "a.mp4", [0, 0.1, 0.2], size=size, draw=lambda index, *_: pictures[index])
    found = annotator.annotate(video, warn=lambda text: None)
    assert found.has_face.tolist() == [True, False, True]
    assert found.head_pose.shape == (3, 2) and found.head_pose.dtype == np.float32
    assert np.isnan(found.head_pose).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    # The mirrored head is turned to the other side.
    np.testing.assert_allclose(found.head_pose[0], -found.head_pose[2], atol=5)
    assert annotator.annotate(video, write_boxes(tmp_path / "a.stream", [(*MIDDLE, 0.9)] * 3)).head_pose is None


def test_weights_that_do_not_exist_are_an_error():
    with pytest.raises(WeightsError, match=r"missing\.h5"):
        Annotator(Options(weights="missing.h5"))


def test_a_device_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr("rbdm.network.engine._keras_sees_gpu", lambda: False)
    with pytest.raises(OptionError, match="device"):
        Annotator(Options(weights="open", device="gpu"))
