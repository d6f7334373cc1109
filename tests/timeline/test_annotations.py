"""Segments and samples are right, whatever the network says and whenever the frames are; other programs open them."""

import time as clock
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.ssi import DiscreteScheme, SchemeClass, read_annotation, read_stream, write_annotation
from rbdm.timeline.annotations import expression_annotation, expression_segments, value_annotation, value_samples
from rbdm.timeline.schemes import value_scheme
from tests.support.builders import fast, make, options_, predictions, steady
from tests.support.nova_reader import open_in_nova


@fast
@given(predictions(), options_)
def test_segments_are_sorted_disjoint_and_cover_exactly_the_frames_with_a_face(prediction, options):
    rows = expression_segments(prediction, options)
    assert (rows["from"] < rows["to"]).all()
    assert (rows["to"][:-1] <= rows["from"][1:]).all()
    middle = (prediction.time + np.append(prediction.time[1:], prediction.duration)) / 2
    covered = ((rows["from"] <= middle[:, None]) & (middle[:, None] < rows["to"])).any(axis=1)
    np.testing.assert_array_equal(covered, prediction.has_face)
    assert np.isin(rows["from"], prediction.time).all()
    assert ((rows["id"] >= 0) & (rows["id"] < options.num_expressions)).all()
    assert (rows["conf"] >= np.float32(1 / options.num_expressions)).all() and (rows["conf"] <= 1).all()


@fast
@given(predictions(), st.sampled_from([0.0, 200.0]))
def test_merging_joins_and_changes_nothing_else(prediction, smoothing_ms):
    single = expression_segments(prediction, Options(merge_segments=False, smoothing_ms=smoothing_ms))
    merged = expression_segments(prediction, Options(merge_segments=True, smoothing_ms=smoothing_ms))
    assert len(single) == prediction.has_face.sum()
    touching = merged["to"][:-1] == merged["from"][1:]
    assert (merged["id"][:-1][touching] != merged["id"][1:][touching]).all()
    for row in merged:
        inside = single[(single["from"] >= row["from"]) & (single["to"] <= row["to"])]
        assert (inside["id"] == row["id"]).all()
        assert inside["from"][0] == row["from"] and inside["to"][-1] == row["to"]
        assert row["conf"] == pytest.approx(inside["conf"].mean(), abs=1e-6)


@fast
@given(predictions(), st.permutations(range(8)))
def test_a_scheme_may_have_the_classes_in_any_order(prediction, order):
    ids = [10 * index for index in order]
    classes = tuple(SchemeClass(10 * index, EXPRESSIONS[index].name.upper()) for index in order)
    ours, theirs = (
        expression_segments(prediction, Options(), scheme) for scheme in (None, DiscreteScheme("x", classes))
    )
    np.testing.assert_array_equal(ours["id"] * 10, theirs["id"])
    np.testing.assert_array_equal(ours["conf"], theirs["conf"])
    assert set(theirs["id"]) <= set(ids)


def test_a_class_that_the_scheme_lacks_leaves_its_probability_to_the_others():
    probabilities = np.array([[0.1, 0.15, 0, 0.75, 0, 0, 0, 0]])
    prediction = steady([True], probabilities=probabilities)
    scheme = DiscreteScheme("x", (SchemeClass(7, "joy"), SchemeClass(2, "Neutral")))
    rows = expression_segments(prediction, Options(), scheme, lambda _: None)
    assert rows["id"].tolist() == [7] and rows["conf"][0] == pytest.approx(0.6)


def test_before_the_first_frame_there_is_no_face():
    prediction = make(0.2 + np.arange(10) / 10, np.ones(10), duration=1.2, sample_rate=10)
    samples = value_samples(prediction, "valence", Options())
    assert samples["conf"][:2].tolist() == [0, 0]
    np.testing.assert_allclose(samples["score"][2:], prediction.valence, atol=1e-6)
    assert expression_segments(prediction, Options())["from"][0] == pytest.approx(0.2)


def test_an_image_is_one_segment_and_one_sample():
    prediction = make([0.0], [True], duration=1.0, sample_rate=1.0)
    assert len(expression_segments(prediction, Options())) == 1
    assert value_samples(prediction, "arousal", Options())["score"].tolist() == prediction.arousal.tolist()


def test_a_video_without_frames_has_no_segments_and_no_samples():
    empty = np.empty(0, np.float32)
    prediction = make([0.0], [True])
    prediction = replace(
        prediction,
        time=np.empty(0),
        probabilities=np.empty((0, 8), np.float32),
        valence=empty,
        arousal=empty,
        face_confidence=empty,
        duration=0.0,
        inferred=np.empty(0, bool),
        boxes=np.empty((0, 4), np.float32),
    )
    options = Options(smoothing_ms=100)
    assert len(expression_segments(prediction, options)) == len(value_samples(prediction, "valence", options)) == 0


def test_an_hour_takes_well_under_a_second():
    prediction = steady(np.random.default_rng(0).random(108_000) < 0.99, rate=30)
    start = clock.perf_counter()
    expression_segments(prediction, Options(smoothing_ms=500))
    for rate in (30, 25, 4):
        value_samples(prediction, "valence", Options(smoothing_ms=500), value_scheme("valence", rate))
    assert clock.perf_counter() - start < 1


@pytest.mark.parametrize("count", [8, 5])
def test_annotations_open_in_nova_and_discover_utils(tmp_path, count):
    handler = pytest.importorskip("discover_utils.data.handler.file_handler").FileHandler()
    rate = 30000 / 1001
    prediction = steady([1] * 40 + [0] * 7 + [1] * 30, rate=rate)
    options = Options(num_expressions=count)
    made = {"expression": expression_annotation(prediction, options)}
    made |= {value: value_annotation(prediction, value, options) for value in ("valence", "arousal")}
    for name, annotation in made.items():
        path = tmp_path / f"clip.{name}.annotation"
        write_annotation(path, annotation)
        nova, theirs = open_in_nova(path), handler.load(path)
        assert nova["name"] == theirs.annotation_scheme.name == read_annotation(path).scheme.name == name
        assert len(nova["rows"]) == len(theirs.data) == len(annotation.data)
        where = {"weights": "open", "weights_sha256": "ab" * 32, "rbdm_version": "1.0.0", "video": "made.mp4"}
        where["options"] = f"num_expressions={count};face_confidence=0.5;merge_segments=True;smoothing_ms=0.0;stride=1"
        assert nova["meta"] == {"role": "", "annotator": "rbdm", **where}
        if name == "expression":
            assert nova["labels"] == {id: item.name for id, item in enumerate(EXPRESSIONS[:count])}
            milliseconds = np.array([[row[0] * 1000, row[1] * 1000] for row in nova["rows"]])
            assert np.abs(milliseconds - np.stack([theirs.data["from"], theirs.data["to"]], 1)).max() <= 1
        else:
            assert (nova["sr"], nova["min"], nova["max"]) == (rate, -1, 1)
            np.testing.assert_array_equal(theirs.data["score"], annotation.data["score"])
            np.testing.assert_array_equal(theirs.data["conf"], annotation.data["conf"])


def test_a_real_box_stream_with_a_gap_gives_annotations_with_this_gap(faces_folder, tmp_path):
    stream = read_stream(faces_folder / "face_noface.stream")
    confidence = stream.data[:, 4]
    time = np.arange(len(confidence)) / stream.sample_rate
    prediction = make(time, confidence >= 0.5, confidence=confidence, sample_rate=stream.sample_rate)
    write_annotation(tmp_path / "x.annotation", expression_annotation(prediction, Options()))
    rows = open_in_nova(tmp_path / "x.annotation")["rows"]
    total = sum(end - start for start, end, _, _ in rows)
    assert total == pytest.approx((confidence >= 0.5).sum() / stream.sample_rate, abs=1e-6)
    samples = value_samples(prediction, "valence", Options())
    np.testing.assert_array_equal(samples["conf"] > 0, confidence >= 0.5)
