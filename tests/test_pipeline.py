"""What `rbdm.pipeline` promises: a row for each frame, from the crop that the weights want, whatever the batches."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import rbdm
from rbdm.annotator import Annotator, annotate
from rbdm.errors import InputError, OptionError, WeightsError
from rbdm.expressions import EXPRESSIONS
from rbdm.media.frame_count import count_frames
from rbdm.media.prefetch import prefetch
from rbdm.media.video import Video
from rbdm.network.engine import FaceScores
from rbdm.network.weights import find_weights, hash_of
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.progress import Progress
from rbdm.ssi import Stream, read_stream, write_stream
from rbdm.timeline.annotations import expression_segments
from tests.support import clips

CLIPS = ("single_face.mp4", "WolfgangLanger_Pexels.mp4", "face_noface.mov", "noface_face.mov", "no_face.mp4")
MIDDLE = (0.25, 0.25, 0.75, 0.75)
"""The box of the grey in the middle of `clips.picture`, which says which frame it is."""
NEUTRAL, HAPPY = 0, 1


class CountingEngine:
    """In the place of the network: valence is the number that `clips.picture` drew, over 100."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.batches: list[np.ndarray] = []

    def predict(self, crops: np.ndarray) -> FaceScores:
        self.batches.append(crops.copy())
        numbers = np.array([clips.frame_number(crop) for crop in crops], np.float32)
        probabilities = np.full((len(crops), 8), 1 / 8, np.float32)
        return FaceScores(probabilities, numbers / 100, -numbers / 100)

    def submit(self, crops: np.ndarray) -> Callable[[], FaceScores]:
        scores = self.predict(crops)
        return lambda: scores

    @property
    def crops(self) -> np.ndarray:
        return np.concatenate(self.batches)


Counting = Callable[..., tuple[Annotator, CountingEngine]]


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    """Makes an annotator whose network counts, for weights with the given fields in their manifest."""

    def make(options: Options = Options(), **fields: Any) -> tuple[Annotator, CountingEngine]:
        engine = CountingEngine(options.batch_size)
        monkeypatch.setattr("rbdm.annotator.load_engine", lambda *_: engine)
        return Annotator(replace(options, weights=described(tmp_path, b"weights", **fields))), engine

    return make


def described(folder: Path, weights: bytes, **fields: Any) -> str:
    """The path of a weights file with these bytes, whose manifest is beside it."""
    path = folder / "mine.weights.h5"
    path.write_bytes(weights)
    entry = {"name": "mine", "file": path.name, "sha256": hash_of(path), **fields}
    (folder / "manifest.json").write_text(json.dumps({"mine": entry}), encoding="utf-8")
    return str(path)


def write_boxes(path: Path, rows: Any, rate: float = 30) -> Path:
    write_stream(path, Stream(np.array(rows, np.float32), rate))
    return path


def formula(image: np.ndarray, row: np.ndarray, crop_scale: float, size: int = 224) -> np.ndarray:
    """The crop: `x' = size · ((x − cx)/side + ½)`, bilinear, black outside."""
    height, width = image.shape[:2]
    ymin, xmin, ymax, xmax = np.float64(row[:4]) * (height, width, height, width)
    side = crop_scale * ((xmax - xmin) + (ymax - ymin)) / 2
    centre_x, centre_y = (xmin + xmax) / 2, (ymin + ymax) / 2
    matrix = np.array(
        [
            [size / side, 0, size * (0.5 - centre_x / side)],
            [0, size / side, size * (0.5 - centre_y / side)],
        ]
    )
    return cv2.warpAffine(image, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)


def frames_of(video: Path) -> list[np.ndarray]:
    with Video(video) as frames:
        return [frame.rgb() for frame in frames]


def assert_same(found: Prediction, expected: Prediction, tolerance: float) -> None:
    for name in ("time", "probabilities", "valence", "arousal", "face_confidence"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=0, atol=tolerance, err_msg=name)


@pytest.fixture(scope="module")
def of_face_clip(annotator: Annotator, face_clip: tuple[Path, Path]) -> Prediction:
    return annotator.annotate(*face_clip)


# the crop


def assert_crops_follow_the_formula(counting: Counting, video: Path, stream: Path, crop_scale: float) -> None:
    annotator, engine = counting(Options(face_confidence=0), crop_scale=crop_scale)
    annotator.annotate(video, stream)
    rows = read_stream(stream).data
    for index, (image, row, crop) in enumerate(zip(frames_of(video), rows, engine.crops, strict=True)):
        difference = np.abs(crop.astype(int) - formula(image, row, crop_scale))
        assert difference.max() <= 1, f"frame {index}"


@pytest.mark.parametrize("crop_scale", [2 / 1.1, 1.0])
def test_the_crop_of_every_frame_is_the_formula(counting, face_clip, crop_scale):
    assert_crops_follow_the_formula(counting, *face_clip, crop_scale)


@pytest.mark.parametrize("crop_scale", [2 / 1.1, 1.0])
def test_the_crop_of_every_frame_of_a_real_clip_is_the_formula(counting, faces_folder, crop_scale):
    stream = faces_folder / "single_face.stream"
    assert_crops_follow_the_formula(counting, faces_folder / "single_face.mp4", stream, crop_scale)


@pytest.mark.parametrize("crop_scale", [2 / 1.1, 1.0, 0.6])
def test_the_crop_is_the_formula_wherever_the_box_is(counting, face_clip, tmp_path, crop_scale):
    random = np.random.default_rng(0)
    height, width = random.uniform(0.05, 1.2, (2, 75))
    top, left = random.uniform(0.02 - height, 0.98), random.uniform(0.02 - width, 0.98)
    rows = np.column_stack([top, left, top + height, left + width, np.ones(75)])
    stream = write_boxes(tmp_path / "boxes.stream", rows, 25)
    assert_crops_follow_the_formula(counting, face_clip[0], stream, crop_scale)


def test_official_weights_see_the_square_of_their_paper(counting, face_clip):
    """Side (w + h)/1.1, in colour, unless the manifest says otherwise."""
    annotator, engine = counting()
    annotator.annotate(*face_clip)
    row = read_stream(face_clip[1]).data[0]
    assert np.abs(engine.crops[0].astype(int) - formula(frames_of(face_clip[0])[0], row, 2 / 1.1)).max() <= 1


def test_the_colour_of_the_manifest_counts(counting, face_clip):
    annotator, engine = counting(crop_scale=1.0, color="grey")
    annotator.annotate(*face_clip)
    rows = read_stream(face_clip[1]).data
    crops = [formula(image, row, 1.0) for image, row in zip(frames_of(face_clip[0]), rows, strict=True)]
    luma = np.stack(crops) @ np.array([0.299, 0.587, 0.114])
    assert np.abs(engine.crops - luma[..., None]).max() <= 2


def test_the_input_size_of_the_manifest_counts(counting, face_clip):
    annotator, engine = counting(input_size=96, crop_scale=1.2)
    annotator.annotate(*face_clip)
    assert engine.crops.shape == (75, 96, 96, 3)
    row = read_stream(face_clip[1]).data[-1]
    expected = formula(frames_of(face_clip[0])[-1], row, 1.2, 96)
    assert np.abs(engine.crops[-1].astype(int) - expected).max() <= 1


def test_the_orders_of_the_manifest_count(annotator, face_clip, of_face_clip, tmp_path):
    shipped = find_weights("open")
    assert shipped.tflite is not None
    shutil.copy(shipped.tflite, tmp_path)
    fields: dict[str, Any] = {
        "tflite": shipped.tflite.name,
        "tflite_sha256": hash_of(shipped.tflite),
        "crop_scale": shipped.entry.crop_scale,
        "color": shipped.entry.color,
        "valence_arousal": shipped.entry.valence_arousal[::-1],
        "classes": shipped.entry.classes[::-1],
    }
    path = described(tmp_path, shipped.path.read_bytes(), **fields)
    turned = Annotator(Options(weights=path, device="cpu")).annotate(*face_clip)
    np.testing.assert_allclose(turned.valence, of_face_clip.arousal, atol=1e-6)
    np.testing.assert_allclose(turned.arousal, of_face_clip.valence, atol=1e-6)
    np.testing.assert_allclose(turned.probabilities, of_face_clip.probabilities[:, ::-1], atol=1e-6)
    assert turned.weights == "mine"


# a row for each frame


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


def test_where_a_prediction_comes_from(of_face_clip):
    shipped = find_weights("open")
    assert (of_face_clip.weights, of_face_clip.weights_sha256) == (shipped.entry.name, shipped.sha256)
    assert of_face_clip.version == rbdm.__version__


def test_a_prediction_is_what_it_is_said_to_be(of_face_clip):
    assert of_face_clip.time.dtype == np.float64
    for values in (of_face_clip.probabilities, of_face_clip.valence, of_face_clip.arousal):
        assert values.dtype == np.float32
        assert len(values) == len(of_face_clip.time) == 75
    np.testing.assert_allclose(of_face_clip.probabilities.sum(axis=1), 1, atol=1e-5)
    assert (np.abs([of_face_clip.valence, of_face_clip.arousal]) <= 1).all()
    assert of_face_clip.duration == pytest.approx(3)
    assert of_face_clip.sample_rate == pytest.approx(25)


# batches, and other ways to the same result


@pytest.mark.parametrize("batch_size", [1, 40])
def test_the_batch_size_does_not_change_the_result(of_face_clip, face_clip, batch_size):
    other = Annotator(Options(weights="open", device="cpu", batch_size=batch_size)).annotate(*face_clip)
    assert_same(other, of_face_clip, 1e-5)


def test_a_second_run_gives_the_same(annotator, of_face_clip, face_clip):
    assert_same(annotator.annotate(*face_clip), of_face_clip, 0)


def test_the_function_gives_what_the_class_gives(of_face_clip, face_clip):
    assert_same(annotate(*face_clip, Options(weights="open", device="cpu")), of_face_clip, 0)


def test_paths_may_be_strings(annotator, of_face_clip, face_clip):
    assert_same(annotator.annotate(*map(str, face_clip)), of_face_clip, 0)


@pytest.mark.parametrize("count", [1, 20])
def test_pictures_give_what_the_video_gives(annotator, of_face_clip, face_clip, count):
    pictures, boxes = frames_of(face_clip[0])[:count], read_stream(face_clip[1]).data[:count]
    scores = annotator.predict(np.stack(pictures), boxes)
    # The video's crops may differ by one level, see above.
    np.testing.assert_allclose(scores.valence, of_face_clip.valence[:count], atol=0.02)
    np.testing.assert_allclose(scores.probabilities, of_face_clip.probabilities[:count], atol=0.02)
    without_confidence = annotator.predict(pictures, boxes[:, :4])
    for one, other in zip(without_confidence, scores, strict=True):
        np.testing.assert_array_equal(one, other)


def test_pictures_may_have_many_sizes_and_no_face(counting):
    annotator, _ = counting(crop_scale=1.0)
    pictures = [clips.picture(3, 64, 48), clips.picture(4, 640, 480), clips.picture(5, 48, 64)]
    scores = annotator.predict(pictures, np.float32([(*MIDDLE, 0.9), (*MIDDLE, 0.4), (*MIDDLE, 0.5)]))
    np.testing.assert_allclose(scores.valence, [0.03, np.nan, 0.05], atol=1e-6)
    assert np.isnan(scores.probabilities[1]).all()


@pytest.mark.parametrize(
    ("boxes", "says"),
    [
        ([MIDDLE], "2 frames"),
        ([(*MIDDLE[:3],)] * 2, "shape"),
        ([MIDDLE, (0.2, 0.2, np.nan, 0.8)], "row 1"),
        ([MIDDLE, (0.8, 0.2, 0.2, 0.8)], "row 1"),
        ([MIDDLE, (2, 2, 3, 3)], "row 1"),
    ],
)
def test_boxes_that_do_not_fit_the_pictures_are_an_error_that_says_so(counting, boxes, says):
    annotator, engine = counting()
    with pytest.raises(InputError, match=says):
        annotator.predict([clips.picture(0, 64, 48)] * 2, np.float32(boxes))
    assert engine.batches == []


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp"])
def test_an_image_is_a_video_of_one_frame(annotator, of_face_clip, face_clip, tmp_path, suffix):
    path = tmp_path / f"face{suffix}"
    assert cv2.imwrite(str(path), frames_of(face_clip[0])[0][:, :, ::-1])
    boxes = read_stream(face_clip[1]).data[:1]
    prediction = annotator.annotate(path, write_boxes(tmp_path / "face.stream", boxes, 25))
    assert len(prediction.time) == 1
    assert prediction.time[0] == 0
    assert prediction.duration > 0
    assert prediction.sample_rate > 0
    np.testing.assert_allclose(prediction.probabilities[0], of_face_clip.probabilities[0], atol=0.15)
    segments = expression_segments(prediction, annotator.options)
    assert len(segments) == 1
    assert 0 == segments["from"][0] < segments["to"][0]


# what is told on the way


def test_progress_is_told_after_each_batch_up_to_the_end(annotator, face_clip):
    told: list[Progress] = []
    annotator.annotate(*face_clip, progress=told.append)
    assert [progress.done for progress in told] == [16, 32, 48, 64, 75]
    assert {progress.total for progress in told} == {75}
    seconds = [progress.seconds for progress in told]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def test_nothing_is_said_of_a_video_that_is_as_it_should_be(annotator, face_clip):
    told: list[str] = []
    annotator.annotate(*face_clip, warn=told.append)
    assert told == []


def test_of_a_video_that_is_cut_off_what_is_there_is_annotated_and_a_line_says_so(counting, tmp_path):
    options = {"movflags": "faststart"}
    whole = clips.write_clip(tmp_path / "whole.mp4", clips.constant(60), container_options=options)
    video = clips.truncated(whole, tmp_path / "cut.mp4", 0.6)
    annotator, _ = counting(crop_scale=1.0)
    told: list[str] = []
    boxes = write_boxes(tmp_path / "a.stream", [(*MIDDLE, 0.9)] * 60)
    prediction = annotator.annotate(video, boxes, warn=told.append)
    count = len(prediction.time)
    assert 10 < count < 60
    assert_rows_belong_to_their_frames(prediction, np.full(count, np.float32(0.9)), 0.5)
    assert any(str(video) in line and "cut off" in line for line in told)


def test_a_stream_that_ends_early_is_told_in_a_line(counting, tmp_path):
    annotator, _ = counting(crop_scale=1.0)
    video = clips.write_clip(tmp_path / "a.mp4", clips.constant(60))
    stream = write_boxes(tmp_path / "a.stream", [(*MIDDLE, 0.9)] * 30)
    told: list[str] = []
    prediction = annotator.annotate(video, stream, warn=told.append)
    assert prediction.has_face[:30].all()
    assert not prediction.has_face[31:].any()
    assert len(told) == 1
    assert str(stream) in told[0]


def test_weights_are_found_before_anything_else():
    with pytest.raises(WeightsError, match=r"missing\.h5"):
        Annotator(Options(weights="missing.h5"))


def test_a_device_that_is_not_there_is_an_error(monkeypatch):
    monkeypatch.setattr("rbdm.network.engine._keras_sees_gpu", lambda: False)
    with pytest.raises(OptionError, match="device"):
        Annotator(Options(weights="open", device="gpu"))


# on a thread, ahead


def decoding() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rbdm-decode"]


def test_items_come_in_order_and_then_end():
    for count in (0, 1, 2, 50):
        with prefetch(iter(range(count)), 3) as items:
            assert list(items) == list(range(count))
            assert list(items) == []
    assert decoding() == []


def test_items_are_made_on_another_thread_but_no_further_ahead_than_asked():
    made: list[int] = []

    def make() -> Iterator[str]:
        for index in range(100):
            made.append(index)
            yield threading.current_thread().name

    with prefetch(make(), 3) as items:
        assert next(items) != threading.current_thread().name
        time.sleep(0.2)
        assert 4 <= len(made) <= 6
    assert len(made) <= 6


def test_an_error_is_raised_where_its_item_would_have_come():
    def make() -> Iterator[int]:
        yield from range(3)
        raise InputError("a.mp4: broken")

    seen = []
    with pytest.raises(InputError, match=r"a\.mp4: broken"), prefetch(make(), 10) as items:
        seen.extend(items)
    with prefetch(make(), 10) as items:
        assert [next(items) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(InputError, match=r"a\.mp4: broken"):
            next(items)
    assert decoding() == []


@pytest.mark.parametrize("depth", [1, 3])
def test_leaving_stops_the_thread(depth):
    def forever() -> Iterator[int]:
        while True:
            yield 1

    with pytest.raises(KeyboardInterrupt), prefetch(forever(), depth) as items:
        assert next(items) == 1
        assert len(decoding()) == 1
        raise KeyboardInterrupt
    assert decoding() == []


def test_an_error_on_the_way_stops_decoding_and_comes_through(annotator, face_clip):
    def cancel(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        annotator.annotate(*face_clip, progress=cancel)
    assert decoding() == []
    assert len(annotator.annotate(*face_clip).time) == 75


def test_an_error_in_decoding_comes_through(annotator, face_clip, monkeypatch):
    original = Video.__iter__

    def break_off(video: Video) -> Iterator[Any]:
        for index, frame in enumerate(original(video)):
            if index == 40:
                raise InputError("a.mp4: broken")
            yield frame

    monkeypatch.setattr(Video, "__iter__", break_off)
    with pytest.raises(InputError, match=r"a\.mp4: broken"):
        annotator.annotate(*face_clip)
    assert decoding() == []


# real clips


@pytest.fixture(scope="module")
def of_real_clip(annotator: Annotator, faces_folder: Path) -> Callable[[str], Prediction]:
    found: dict[str, Prediction] = {}

    def of(name: str) -> Prediction:
        if name not in found:
            stream = faces_folder / Path(name).with_suffix(".stream").name
            found[name] = annotator.annotate(faces_folder / name, stream)
        return found[name]

    return of


@pytest.mark.parametrize("name", CLIPS)
def test_every_real_clip_has_a_row_for_each_frame(of_real_clip, faces_folder, name):
    prediction = of_real_clip(name)
    assert len(prediction.time) == count_frames(faces_folder / name)
    assert (np.diff(prediction.time) > 0).all()
    assert prediction.time[0] >= 0
    assert prediction.time[-1] < prediction.duration
    np.testing.assert_array_equal(prediction.has_face, prediction.face_confidence >= 0.5)
    faces = prediction.probabilities[prediction.has_face]
    np.testing.assert_allclose(faces.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(("name", "cartoon"), [("face_noface.mov", slice(72, None)), ("noface_face.mov", slice(0, 96))])
def test_where_the_cartoon_is_there_is_a_gap_but_for_the_streams_false_positives(
    of_real_clip, faces_folder, annotator, name, cartoon
):
    prediction = of_real_clip(name)
    confidence = read_stream(faces_folder / Path(name).with_suffix(".stream").name).data[:, 4]
    np.testing.assert_array_equal(prediction.has_face, confidence >= 0.5)
    in_cartoon = np.zeros(len(prediction.time), bool)
    in_cartoon[cartoon] = True
    assert prediction.has_face[~in_cartoon].mean() > 0.95
    assert prediction.has_face[in_cartoon].mean() < 0.5
    segments = expression_segments(prediction, annotator.options)
    ends = np.append(prediction.time[1:], prediction.duration)
    for start, end in zip(prediction.time[~prediction.has_face], ends[~prediction.has_face], strict=True):
        assert not ((segments["from"] < end - 1e-9) & (segments["to"] > start + 1e-9)).any()
    assert np.max(segments["from"][1:] - segments["to"][:-1]) > 1


def test_a_neutral_face_that_begins_to_smile(of_real_clip):
    prediction = of_real_clip("single_face.mp4")
    expression = prediction.probabilities.argmax(axis=1)
    start, end = slice(0, 15), slice(-30, -5)
    assert (expression[start] == NEUTRAL).mean() > 0.9
    assert (expression[end] == HAPPY).mean() > 0.9
    assert prediction.valence[end].mean() > prediction.valence[start].mean() + 0.2
    assert [expression.name for expression in EXPRESSIONS[:2]] == ["Neutral", "Happy"]


def test_a_sad_face_that_ends_up_laughing(of_real_clip):
    prediction = of_real_clip("WolfgangLanger_Pexels.mp4")
    expression = prediction.probabilities.argmax(axis=1)
    assert np.bincount(expression[-100:]).argmax() == HAPPY
    assert prediction.valence[-100:].mean() > prediction.valence[:100].mean() + 0.2
