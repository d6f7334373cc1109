"""Each face gets the crop that the weights need, in batches; progress and errors come through from all threads."""

import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.media.video import Video
from rbdm.options import Options
from rbdm.progress import Progress
from rbdm.ssi import read_stream
from tests.support import clips
from tests.support.builders import MIDDLE, Counting, counting_annotator, write_boxes
from tests.support.films import pictures_of


@pytest.fixture
def counting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counting:
    return counting_annotator(tmp_path, monkeypatch)


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


def assert_crops_follow_the_formula(counting: Counting, video: Path, stream: Path, crop_scale: float) -> None:
    annotator, engine = counting(Options(face_confidence=0), crop_scale=crop_scale)
    annotator.annotate(video, stream)
    rows = read_stream(stream).data
    for index, (image, row, crop) in enumerate(zip(pictures_of(video), rows, engine.crops, strict=True)):
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


def test_without_other_information_the_crop_is_the_square_of_the_paper(counting, face_clip):
    """Side (w + h)/1.1, in colour, unless the manifest says otherwise."""
    annotator, engine = counting()
    annotator.annotate(*face_clip)
    row = read_stream(face_clip[1]).data[0]
    assert np.abs(engine.crops[0].astype(int) - formula(pictures_of(face_clip[0])[0], row, 2 / 1.1)).max() <= 1


def test_the_colour_of_the_manifest_is_used(counting, face_clip):
    annotator, engine = counting(crop_scale=1.0, color="grey")
    annotator.annotate(*face_clip)
    rows = read_stream(face_clip[1]).data
    crops = [formula(image, row, 1.0) for image, row in zip(pictures_of(face_clip[0]), rows, strict=True)]
    luma = np.stack(crops) @ np.array([0.299, 0.587, 0.114])
    assert np.abs(engine.crops - luma[..., None]).max() <= 2


def test_the_input_size_of_the_manifest_is_used(counting, face_clip):
    annotator, engine = counting(input_size=96, crop_scale=1.2)
    annotator.annotate(*face_clip)
    assert engine.crops.shape == (75, 96, 96, 3)
    row = read_stream(face_clip[1]).data[-1]
    expected = formula(pictures_of(face_clip[0])[-1], row, 1.2, 96)
    assert np.abs(engine.crops[-1].astype(int) - expected).max() <= 1


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
def test_boxes_that_do_not_fit_the_pictures_are_an_error(counting, boxes, says):
    annotator, engine = counting()
    with pytest.raises(InputError, match=says):
        annotator.predict([clips.picture(0, 64, 48)] * 2, np.float32(boxes))
    assert engine.batches == []


def test_progress_is_reported_after_each_batch_up_to_the_end(counting, face_clip):
    annotator, _ = counting()
    told: list[Progress] = []
    annotator.annotate(*face_clip, progress=told.append)
    assert [progress.done for progress in told] == [16, 32, 48, 64, 75]
    assert {progress.total for progress in told} == {75}
    seconds = [progress.seconds for progress in told]
    assert seconds == sorted(seconds)
    assert seconds[0] > 0


def decoding() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "rbdm-decode"]


def test_an_error_in_the_callback_stops_decoding_and_comes_through(counting, face_clip):
    def cancel(progress: Progress) -> None:
        raise KeyboardInterrupt

    annotator, _ = counting()
    with pytest.raises(KeyboardInterrupt):
        annotator.annotate(*face_clip, progress=cancel)
    assert decoding() == []
    assert len(annotator.annotate(*face_clip).time) == 75


def test_an_error_in_decoding_comes_through(counting, face_clip, monkeypatch):
    original = Video.__iter__

    def break_off(video: Video) -> Iterator[Any]:
        for index, frame in enumerate(original(video)):
            if index == 40:
                raise InputError("a.mp4: broken")
            yield frame

    annotator, _ = counting()
    monkeypatch.setattr(Video, "__iter__", break_off)
    with pytest.raises(InputError, match=r"a\.mp4: broken"):
        annotator.annotate(*face_clip)
    assert decoding() == []


@pytest.mark.parametrize(
    "frames",
    [
        [clips.picture(3, 64, 48), clips.picture(4, 64, 48).astype(np.float32) / 255],
        [clips.picture(3, 64, 48), clips.picture(4, 64, 48).astype(np.uint16)],
        [clips.picture(3, 64, 48), clips.picture(4, 64, 48)[:, :, 0]],
        [clips.picture(3, 64, 48), np.dstack([clips.picture(4, 64, 48)] * 2)[:, :, :4]],
        np.zeros((2, 48, 64, 3), np.float64),
        [clips.picture(3, 64, 48), "a.png"],
    ],
)
def test_pictures_of_another_type_are_an_error_and_get_no_other_faces_scores(counting, frames):
    annotator, engine = counting()
    with pytest.raises(InputError, match=r"frames\[[01]\].*RGB"):
        annotator.predict(frames, np.float32([MIDDLE] * 2))
    assert engine.batches == []


def test_pictures_may_be_views_such_as_a_change_from_bgr(counting):
    annotator, _ = counting(crop_scale=1.0)
    picture = np.ascontiguousarray(clips.picture(3, 64, 48)[:, :, ::-1])[:, :, ::-1]
    np.testing.assert_allclose(annotator.predict(picture[None], np.float32([MIDDLE])).valence, [0.03], atol=1e-6)


@pytest.mark.parametrize(("size", "aspect"), [((96, 72), Fraction(4, 3)), ((90, 72), Fraction(64, 45))])
def test_a_face_is_as_wide_as_players_show_it(counting, tmp_path, size, aspect):
    annotator, engine = counting(crop_scale=1.0)
    path = clips.write_clip(tmp_path / "a.mp4", clips.constant(1), size=size, aspect=aspect, draw=clips.disc)
    with Video(path) as video:
        assert (video.width, video.height) == (128, 72)
        shown = next(iter(video)).rgb()
    stream = write_boxes(tmp_path / "a.stream", [(0.0, 28 / 128, 1.0, 100 / 128, 1)])
    prediction = annotator.annotate(path, stream)
    assert prediction.frame_size.tolist() == [[128, 72]]
    for picture in (engine.crops[-1], shown[:, 28:100]):
        dark = picture[5:-5, 5:-5, 1] < 128  # the border of the frame is black in the crop
        height, width = (np.ptp(np.flatnonzero(dark.any(axis=axis))) for axis in (1, 0))
        assert width == pytest.approx(height, rel=0.06), "a disc stays a disc"


@pytest.mark.parametrize("count", [0, 1, 4, 5])
def test_the_faces_of_a_single_frame_get_the_crops_and_the_values_of_a_video(counting, face_clip, tmp_path, count):
    annotator, engine = counting(Options(batch_size=2))
    boxes = np.array([MIDDLE, (0.2, 0.3, 0.7, 0.8), (-0.1, 0.2, 0.4, 0.6), MIDDLE, (0.5, 0.5, 1.2, 1.1)])[:count, :4]
    rows = np.column_stack([boxes, np.full(count, 0.9)]).astype(np.float32)
    with Video(face_clip[0]) as video:
        frame = next(iter(video))
    values = annotator._scorer.score_frame(frame, rows)
    alone = [len(batch) for batch in engine.batches]
    assert values.shape == (count, 10) and alone == [2] * (count // 2) + [1] * (count % 2)
    for place, row in enumerate(rows):
        crop = engine.crops[place]
        annotator.annotate(face_clip[0], write_boxes(tmp_path / f"{place}.stream", np.tile(row, (75, 1))))
        first = engine.batches[len(alone)][0]
        np.testing.assert_array_equal(crop, first)
        del engine.batches[len(alone) :]
    np.testing.assert_allclose(values[:, 8], -values[:, 9])
