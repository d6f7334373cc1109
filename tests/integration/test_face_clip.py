"""The open weights on the clip of a real face: one result, in whatever way one asks for it, and true to the face."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import rbdm
from rbdm.annotator import Annotator, annotate
from rbdm.expressions import EXPRESSIONS
from rbdm.network.weights import find_weights, hash_of
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import read_stream
from rbdm.timeline.annotations import expression_segments, value_samples
from rbdm.timeline.frames import smoothed_frames
from tests.support.builders import described_weights, write_boxes
from tests.support.films import frames, overlay, pictures_of
from tests.support.pages import shown_classes

# The clip is annotated once for all of them.
pytestmark = pytest.mark.xdist_group("face clip")


@pytest.fixture(scope="module")
def of_face_clip(annotator: Annotator, face_clip: tuple[Path, Path]) -> Prediction:
    return annotator.annotate(*face_clip)


def assert_same(found: Prediction, expected: Prediction, tolerance: float) -> None:
    for name in ("time", "probabilities", "valence", "arousal", "face_confidence"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), rtol=0, atol=tolerance, err_msg=name)


def test_where_a_prediction_comes_from(of_face_clip):
    shipped = find_weights("open")
    assert (of_face_clip.weights, of_face_clip.weights_sha256) == (shipped.entry.name, shipped.sha256)
    assert of_face_clip.version == rbdm.__version__


def test_types_and_ranges_of_a_prediction(of_face_clip):
    assert of_face_clip.time.dtype == np.float64
    for values in (of_face_clip.probabilities, of_face_clip.valence, of_face_clip.arousal):
        assert values.dtype == np.float32
        assert len(values) == len(of_face_clip.time) == 75
    np.testing.assert_allclose(of_face_clip.probabilities.sum(axis=1), 1, atol=1e-5)
    assert (np.abs([of_face_clip.valence, of_face_clip.arousal]) <= 1).all()
    assert of_face_clip.duration == pytest.approx(3)
    assert of_face_clip.sample_rate == pytest.approx(25)


def test_the_orders_of_classes_and_values_in_the_manifest_are_used(annotator, face_clip, of_face_clip, tmp_path):
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
    path = described_weights(tmp_path, shipped.path.read_bytes(), **fields)
    turned = Annotator(Options(weights=path, device="cpu")).annotate(*face_clip)
    np.testing.assert_allclose(turned.valence, of_face_clip.arousal, atol=1e-6)
    np.testing.assert_allclose(turned.arousal, of_face_clip.valence, atol=1e-6)
    np.testing.assert_allclose(turned.probabilities, of_face_clip.probabilities[:, ::-1], atol=1e-6)
    assert turned.weights == "mine"


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
    pictures, boxes = pictures_of(face_clip[0])[:count], read_stream(face_clip[1]).data[:count]
    scores = annotator.predict(np.stack(pictures), boxes)
    # The crops of the video may differ by one level, see test_scoring.py.
    np.testing.assert_allclose(scores.valence, of_face_clip.valence[:count], atol=0.02)
    np.testing.assert_allclose(scores.probabilities, of_face_clip.probabilities[:count], atol=0.02)
    without_confidence = annotator.predict(pictures, boxes[:, :4])
    for one, other in zip(without_confidence, scores, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".webp"])
def test_an_image_is_a_video_of_one_frame(annotator, of_face_clip, face_clip, tmp_path, suffix):
    path = tmp_path / f"face{suffix}"
    assert cv2.imwrite(str(path), pictures_of(face_clip[0])[0][:, :, ::-1])
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


def test_with_a_stride_every_nth_frame_is_inferred_and_the_others_are_less_sure(
    face_clip: tuple[Path, Path], annotator: Annotator, of_face_clip: Prediction
) -> None:
    every = of_face_clip
    fifth = Annotator(replace(annotator.options, stride=5)).annotate(*face_clip)
    assert every.inferred.all() and np.array_equal(np.flatnonzero(fifth.inferred), np.arange(0, 75, 5))
    assert np.allclose(fifth.probabilities[::5], every.probabilities[::5], atol=1e-4)
    assert np.array_equal(fifth.has_face, every.has_face)
    samples = value_samples(fifth, "valence", Options())
    assert np.allclose(samples["conf"][::5], 0.95) and np.allclose(samples["conf"][1::5], 0.475)
    whole, thinned = (expression_segments(p, Options())["conf"].mean() for p in (every, fifth))
    assert abs(thinned / whole - (1 + 4 * 0.5) / 5) < 0.02


def test_what_a_user_of_python_gets(of_face_clip, tmp_path):
    pytest.importorskip("pandas")
    prediction = of_face_clip
    assert repr(prediction).startswith("Prediction('face.mp4': 75 frames, 3.00 s, 75 with a face, mostly ")
    frame = prediction.to_dataframe()
    assert len(frame) == 75 and frame["expression"].mode()[0] in repr(prediction)
    assert all(path.is_file() for path in prediction.save(tmp_path).values())
    assert shown_classes(prediction)[0][1] == 0 and shown_classes(prediction)[-1][2] == pytest.approx(600, abs=0.2)


def test_the_overlay_has_the_box_in_the_colour_of_the_class(of_face_clip, tmp_path):
    prediction = of_face_clip
    time, images = frames(overlay(prediction, tmp_path))
    assert len(time) == 75
    classes = smoothed_frames(prediction).classes
    color = np.array(list(bytes.fromhex(EXPRESSIONS[classes[30]].color[-6:])))
    ymin, xmin, ymax, _ = (prediction.boxes[30] * 480).round().astype(int)
    edge = images[30][ymin + 40 : ymax - 40, xmin - 1 : xmin + 2].astype(int)
    assert (np.abs(edge - color).sum(axis=2).min(axis=1) < 120).mean() > 0.9
