"""What must hold for segments and samples whatever the network says and whenever the frames are."""

import time as clock
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.errors import SchemeError
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.ssi import ContinuousScheme, DiscreteScheme, SchemeClass, read_annotation, read_stream, write_annotation
from rbdm.timeline.annotations import expression_annotation, expression_segments, value_annotation, value_samples
from rbdm.timeline.frames import expression_probabilities
from rbdm.timeline.schemes import expression_scheme, match_classes, value_scheme
from rbdm.timeline.smoothing import smooth
from tests.support.builders import fast, make, options_, predictions, steady
from tests.support.nova_reader import open_in_nova
from tests.support.paths import FACES


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
def test_classes_may_be_in_any_order_in_the_scheme(prediction, order):
    ids = [10 * index for index in order]
    classes = tuple(SchemeClass(10 * index, EXPRESSIONS[index].name.upper()) for index in order)
    ours, theirs = (
        expression_segments(prediction, Options(), scheme) for scheme in (None, DiscreteScheme("x", classes))
    )
    np.testing.assert_array_equal(ours["id"] * 10, theirs["id"])
    np.testing.assert_array_equal(ours["conf"], theirs["conf"])
    assert set(theirs["id"]) <= set(ids)


@fast
@given(predictions(), options_)
def test_probabilities_add_up_to_one(prediction, options):
    probabilities = expression_probabilities(prediction, options)
    assert probabilities.shape == (len(prediction.time), options.num_expressions)
    face = prediction.has_face
    np.testing.assert_allclose(probabilities[face].sum(axis=1), 1, atol=1e-12)
    assert (probabilities[face] >= 0).all() and np.isnan(probabilities[~face]).all()


def test_five_classes_are_the_first_five_renormalised():
    probabilities = np.array([[0.1, 0.2, 0, 0, 0.1, 0, 0.6, 0], [0, 0, 0, 0, 0, 0, 1, 0]])
    prediction = steady([True, True], probabilities=probabilities)
    five = expression_probabilities(prediction, Options(num_expressions=5))
    np.testing.assert_allclose(five[0], [0.25, 0.5, 0, 0, 0.25], atol=1e-7)
    np.testing.assert_allclose(five[1], 0.2)
    rows = expression_segments(prediction, Options(num_expressions=5))
    assert rows.tolist() == [(0, 0.04, 1, pytest.approx(0.5)), (0.04, 0.08, 0, pytest.approx(0.2))]


@fast
@given(predictions(), st.floats(0, 5000), st.floats(-1, 1))
def test_smoothing_of_a_constant_is_the_constant(prediction, window, value):
    values = np.where(prediction.has_face, value, np.nan)
    np.testing.assert_allclose(smooth(values, prediction.time, prediction.has_face, window), values, atol=1e-12)


@fast
@given(predictions(), st.sampled_from([1.0, 33.0, 80.0, 500.0]))
def test_smoothing_is_the_mean_over_the_window_within_the_run(prediction, window):
    time, face = prediction.time, prediction.has_face
    smoothed = smooth(prediction.valence, time, face, window)
    for i in np.flatnonzero(face):
        near = [
            j
            for j in range(len(time))
            if abs(time[j] - time[i]) <= window / 2000 + 1e-6 and face[min(i, j) : max(i, j) + 1].all()
        ]
        assert smoothed[i] == pytest.approx(prediction.valence[near].astype(float).mean(), abs=1e-9)


def test_smoothing_never_reaches_over_a_gap():
    has_face = np.array([True, True, False, True, True])
    smoothed = smooth(np.array([0, 1, np.nan, 10, 20]), np.arange(5) / 25, has_face, 60_000)
    np.testing.assert_array_equal(smoothed, [0.5, 0.5, np.nan, 15, 15])


def test_smoothing_takes_as_many_frames_before_as_after():
    time = 1000 + np.arange(200) / 30
    smoothed = smooth(np.arange(200.0), time, np.ones(200, bool), 200)
    np.testing.assert_allclose(smoothed[3:-3], np.arange(3, 197), atol=1e-9)


@pytest.mark.parametrize("rate", [25.0, 30.0, 30000 / 1001, 23.976, 59.94, 240.0])
@pytest.mark.parametrize("rounding", [None, 3])
def test_at_the_videos_own_rate_samples_are_the_frames(rate, rounding):
    random = np.random.default_rng(1)
    has_face = random.random(1000) < 0.8
    time = np.arange(1000) / rate
    if rounding:
        time = np.round(time, rounding)
    prediction = make(time, has_face, duration=1000 / rate, sample_rate=rate)
    samples = value_samples(prediction, "valence", Options())
    np.testing.assert_array_equal(samples["score"], np.nan_to_num(prediction.valence))
    np.testing.assert_array_equal(samples["conf"], np.where(has_face, prediction.face_confidence, 0))


@fast
@given(predictions(), st.floats(0.5, 200), st.sampled_from(["valence", "arousal"]))
def test_samples_cover_the_video_and_never_reach_into_a_gap(prediction, rate, value):
    samples = value_samples(prediction, value, Options(), value_scheme(value, rate))
    assert prediction.duration - 1 / rate <= len(samples) / rate + 0.002
    assert (len(samples) - 1) / rate < prediction.duration
    starts = np.arange(len(samples)) / rate
    ends = np.append(prediction.time[1:], prediction.duration)
    stops = starts + 1 / rate if 2 * rate <= prediction.sample_rate else starts
    for sample, start, stop in zip(samples, starts, stops, strict=True):
        frames = (prediction.time <= stop + 0.001) & (ends >= start - 0.001)
        if not (frames & prediction.has_face).any():
            assert sample["score"] == 0 and sample["conf"] == 0
        if sample["conf"] == 0:
            assert sample["score"] == 0
    known = getattr(prediction, value)[prediction.has_face]
    if len(known):
        assert samples["score"].min() >= min(0, known.min()) - 1e-6
        assert samples["score"].max() <= max(0, known.max()) + 1e-6
    assert ((samples["conf"] >= 0) & (samples["conf"] <= 1)).all()


@fast
@given(predictions(), st.floats(0.5, 200))
def test_a_face_that_never_changes_gives_the_same_sample_everywhere(prediction, rate):
    count = len(prediction.time)
    still = make(
        prediction.time - prediction.time[0],
        np.ones(count),
        duration=prediction.duration - prediction.time[0],
        sample_rate=prediction.sample_rate,
        valence=np.full(count, 0.25),
        confidence=np.full(count, 0.75),
    )
    samples = value_samples(still, "valence", Options(), value_scheme("valence", rate))
    np.testing.assert_allclose(samples["score"], 0.25, atol=1e-6)
    np.testing.assert_allclose(samples["conf"], 0.75, atol=1e-6)


def test_between_frames_lies_the_straight_line_but_not_beside_a_gap():
    valence = np.array([0, 0.5, 1, 0])
    prediction = steady([1, 1, 0, 1], rate=10, valence=valence, confidence=[0.9, 0.8, 0.3, 0.7])
    samples = value_samples(prediction, "valence", Options(), value_scheme("valence", 20))
    assert samples["score"].tolist() == [0, 0.25, 0.5, 0.5, 0, 0, 0, 0]
    np.testing.assert_allclose(samples["conf"], [0.9, 0.9, 0.8, 0.8, 0, 0, 0.7, 0.7], atol=1e-6)


def test_at_low_rates_samples_are_means_over_their_own_time():
    has_face = [1] * 10 + [1] * 5 + [0] * 15
    valence = [0.1, 0.3] * 5 + [0.8] * 5 + [0] * 15
    prediction = steady(has_face, rate=10, valence=np.array(valence), confidence=np.ones(30))
    samples = value_samples(prediction, "valence", Options(), value_scheme("valence", 1))
    np.testing.assert_allclose(samples["score"], [0.2, 0.8, 0], atol=1e-6)
    np.testing.assert_allclose(samples["conf"], [1, 0.5, 0], atol=1e-6)


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


def test_a_duration_that_is_too_short_does_not_lose_the_last_frame():
    prediction = make(np.arange(5) / 10, np.ones(5), duration=0.35, sample_rate=10)
    assert expression_segments(prediction, Options())["to"][-1] == pytest.approx(0.5)
    assert len(value_samples(prediction, "valence", Options())) == 5


def test_no_frames_at_all():
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


def test_scheme_of_a_database_is_matched_by_name():
    names = ["GARBAGE", "Happiness", "angry", "SADNESS", "smile", "talking", "neutral"]
    scheme = DiscreteScheme("emotions", tuple(SchemeClass(id, name) for id, name in enumerate(names, start=3)))
    said: list[str] = []
    assert match_classes(scheme, 8, said.append) == {0: 9, 1: 4, 2: 6, 6: 5}
    assert len(said) == 2
    assert "'Happiness' and 'smile'" in said[0] and "Surprise, Fear, Disgust, Contempt" in said[1]
    assert match_classes(scheme, 5, said.append) == {0: 9, 1: 4, 2: 6}


def test_a_class_that_the_scheme_lacks_leaves_its_probability_to_the_others():
    probabilities = np.array([[0.1, 0.15, 0, 0.75, 0, 0, 0, 0]])
    prediction = steady([True], probabilities=probabilities)
    scheme = DiscreteScheme("x", (SchemeClass(7, "joy"), SchemeClass(2, "Neutral")))
    rows = expression_segments(prediction, Options(), scheme, lambda _: None)
    assert rows["id"].tolist() == [7] and rows["conf"][0] == pytest.approx(0.6)


def test_a_warning_is_never_lost():
    with pytest.warns(UserWarning, match="has no"):
        match_classes(DiscreteScheme("x", (SchemeClass(0, "happy"),)))


@pytest.mark.parametrize("classes", [(), (SchemeClass(0, "class_one"), SchemeClass(1, "class_two"))])
def test_no_class_in_common_is_an_error(classes):
    with pytest.raises(SchemeError, match="none of its classes"):
        match_classes(DiscreteScheme("generic", classes))


def test_another_range_is_stretched_and_said():
    prediction = steady([1, 1, 1, 0], valence=np.array([-1, 0.5, 1, 0]))
    said: list[str] = []
    scheme = ContinuousScheme("valence", 25, 1, 9)
    samples = value_samples(prediction, "valence", Options(), scheme, said.append)
    assert samples["score"].tolist() == [1, 7, 9, 5]
    assert len(said) == 1 and "from 1 to 9" in said[0]


@pytest.mark.parametrize(
    "scheme", [(0, -1, 1), (-1, -1, 1), (np.nan, -1, 1), (25, 1, 1), (25, 0, np.inf), (25, np.nan, 1)]
)
def test_impossible_continuous_scheme(scheme):
    with pytest.raises(SchemeError, match="'v'"):
        value_samples(steady([1]), "valence", Options(), ContinuousScheme("v", *scheme))


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


def test_real_face_stream_has_its_gap(tmp_path):
    path = FACES / "face_noface.stream"
    if not path.is_file():
        pytest.skip(f"the example clips are not beside this checkout ({FACES})")
    stream = read_stream(path)
    confidence = stream.data[:, 4]
    time = np.arange(len(confidence)) / stream.sample_rate
    prediction = make(time, confidence >= 0.5, confidence=confidence, sample_rate=stream.sample_rate)
    write_annotation(tmp_path / "x.annotation", expression_annotation(prediction, Options()))
    rows = open_in_nova(tmp_path / "x.annotation")["rows"]
    total = sum(end - start for start, end, _, _ in rows)
    assert total == pytest.approx((confidence >= 0.5).sum() / stream.sample_rate, abs=1e-6)
    samples = value_samples(prediction, "valence", Options())
    np.testing.assert_array_equal(samples["conf"] > 0, confidence >= 0.5)


def test_default_scheme_has_our_ids_and_colours():
    classes = expression_scheme(8).classes
    assert [(item.id, item.name, item.color) for item in classes] == [
        (id, *expression) for id, expression in enumerate(EXPRESSIONS)
    ]
