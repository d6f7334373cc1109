"""Annotations of rbdm and of NOVA are found by what they contain, put together, and read in our classes and ranges."""

from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.export.annotations import write_annotations
from rbdm.options import Options
from rbdm.study.results import find_results, read_result
from tests.support.builders import happy_then, steady
from tests.support.study import NOVA_EMOTIONS, NOVA_VALENCE, write_nova_file, write_samples, write_segments


def quiet(text: str) -> None:
    raise AssertionError(f"a warning that nobody expected: {text}")


def segments_of(readings) -> list[tuple[float, float, int]]:
    return [(start, end, expression) for start, end, expression, _ in readings.segments.tolist()]


def test_what_rbdm_writes_is_read_as_it_is(tmp_path: Path) -> None:
    prediction = happy_then([True] * 10 + [False] * 5 + [True] * 10, valence=np.linspace(-1, 1, 25))
    write_annotations(prediction, Options(), tmp_path, "made")
    (result,) = find_results([tmp_path], quiet)
    assert (result.video, result.person, result.annotator, result.folder) == ("made", "", "rbdm", tmp_path)
    assert str(result) == "made (rbdm)"
    readings = read_result(result)
    assert segments_of(readings) == [(0, 0.4, 1), (0.6, 1, 2)]
    valence = readings.samples["valence"]
    assert valence.rate == 25 and readings.duration == 1 == valence.duration
    np.testing.assert_array_equal(np.isnan(valence.score), ~prediction.has_face)
    np.testing.assert_array_equal(valence.score[prediction.has_face], prediction.valence[prediction.has_face])
    np.testing.assert_array_equal(valence.confidence == 0, ~prediction.has_face)
    np.testing.assert_array_equal(valence.start, prediction.time)
    assert readings.meta["weights"] == "open" and readings.expressions == tuple(range(8))


def test_five_expressions_are_all_that_could_be_chosen(tmp_path: Path) -> None:
    write_annotations(steady([True] * 5), Options(num_expressions=5), tmp_path, "made")
    assert read_result(find_results([tmp_path])[0]).expressions == (0, 1, 2, 3, 4)


def test_what_nova_writes_is_read_in_our_classes_and_range(tmp_path: Path) -> None:
    rows = ["0;1.04;1;1;", "1.04;1.5;4;0.5;{size:big}", "2;2.5;2;1;", "2.5;3;-1;1", "3;4;0;1;", "4;4;3;1;"]
    write_nova_file(tmp_path / "s1/guest.emotion.ann.annotation", NOVA_EMOTIONS, rows, "guest", "Jörg")
    samples = ["0;1", "50;1", "NaN;1", "100;0", "75;0.25"]
    write_nova_file(tmp_path / "s1/guest.valence.ann.annotation", NOVA_VALENCE, samples, "guest", "Jörg")
    (result,) = find_results([tmp_path], quiet)
    assert (result.video, result.person, result.annotator) == ("s1", "guest", "Jörg")
    readings = read_result(result)
    assert segments_of(readings) == [(0, 1.04, 1), (1.04, 1.5, 1), (3, 4, 6)]
    assert readings.expressions == (0, 1, 6)
    valence = readings.samples["valence"]
    np.testing.assert_array_equal(valence.score, [-1, 0, np.nan, np.nan, 0.5])
    np.testing.assert_array_equal(valence.confidence, [1, 1, 0, 0, 0.25])
    assert readings.duration == 4 and valence.duration == 1
    assert readings.others == {"GARBAGE": 1, "Talking": 1}


def test_annotators_and_people_are_kept_apart(tmp_path: Path) -> None:
    for session in ("s1", "s2"):
        for role in ("guest", "host"):
            for annotator in ("ann", "rbdm"):
                write_segments(tmp_path / session / f"{role}.emotion.{annotator}.annotation", [], "emotion")
    found = [(result.video, result.person, result.annotator) for result in find_results([tmp_path], quiet)]
    assert found == [(s, p, a) for s in ("s1", "s2") for p in ("guest", "host") for a in ("ann", "rbdm")]


@pytest.mark.parametrize(
    ("name", "value"),
    [("Valence", "valence"), ("pleasure", "valence"), ("AROUSAL_self", "arousal"), ("Activation", "arousal")],
)
def test_continuous_schemes_are_known_by_their_name(tmp_path: Path, name: str, value: str) -> None:
    write_samples(tmp_path / "any.annotation", [0.5], scheme=name)
    assert list(find_results([tmp_path])[0].paths) == [value]


def test_other_schemes_are_left_out_and_counted(tmp_path: Path) -> None:
    write_segments(tmp_path / "talk.expression.annotation", [])
    write_segments(tmp_path / "talk.speech.annotation", [], "speech", ["talking", "silent"])
    write_segments(tmp_path / "talk.pose.annotation", [], "pose", ["Normal", "bent"])
    write_samples(tmp_path / "talk.engagement.annotation", [0.5], scheme="engagement")
    (tmp_path / "broken.annotation").write_text("hello", encoding="utf-8")
    (tmp_path / ".rbdm-x.annotation").write_text("hello", encoding="utf-8")
    warnings: list[str] = []
    (result,) = find_results([tmp_path], warnings.append)
    assert list(result.paths) == ["expression"]
    assert "broken.annotation" in warnings[0] and warnings[0].endswith("left out")
    assert warnings[1:] == ["3 annotations of other schemes are left out: engagement, pose, speech"]


def test_files_and_patterns_are_each_used_once(tmp_path: Path) -> None:
    path = write_segments(tmp_path / "talk.expression.annotation", [])
    write_samples(tmp_path / "talk.valence.annotation", [0])
    (result,) = find_results([path, tmp_path / "*.annotation", tmp_path / "*", tmp_path], quiet)
    assert list(result.paths) == ["expression", "valence"]


def test_the_same_thing_twice_is_refused(tmp_path: Path) -> None:
    for side in ("left", "right"):
        write_segments(tmp_path / side / "talk.expression.annotation", [])
    with pytest.raises(InputError, match=r"left.*talk.*right.*talk.*folder that is above both"):
        find_results([tmp_path / "left", tmp_path / "right"])
    assert [result.video for result in find_results([tmp_path])] == ["left/talk", "right/talk"]


def test_paths_that_cannot_be_used(tmp_path: Path) -> None:
    speech = write_segments(tmp_path / "a/talk.speech.annotation", [], "speech", ["talking", "silent"])
    (tmp_path / "talk.mp4").touch()
    for path, problem in [
        (tmp_path / "none", "none: cannot be read"),
        (tmp_path / "*.x", "no file matches"),
        (tmp_path / "talk.mp4", "is no annotation"),
        (speech, "scheme 'speech' is no expression"),
    ]:
        with pytest.raises(InputError, match=problem):
            find_results([path], quiet)
    with pytest.raises(InputError, match=r"a: there is no annotation of expressions"):
        find_results([tmp_path / "a"], lambda text: None)


@pytest.mark.parametrize(
    ("scores", "problem"),
    [
        ([(0.2, 0.2), (-0.3, -0.3)], "row 2 is -0.3, not 0 to 1: hcmlab's own module"),
        ([(0.2, 0.2), (0.3, 0.3)], "are the scores: hcmlab's own module"),
        ([(0.2, 1.5)], "row 1 is 1.5, not 0 to 1"),
    ],
)
def test_confidences_of_the_older_module_are_refused(tmp_path: Path, scores, problem: str) -> None:
    """Its confidences are negative where the scores are: these samples would count as without a face."""
    path = write_samples(tmp_path / "talk.valence.annotation", scores)
    with pytest.raises(InputError, match=problem):
        read_result(find_results([path])[0])


def test_segments_that_overlap_are_refused_unless_by_rounding(tmp_path: Path) -> None:
    rows = [(0, 1.01, "Happy"), (1, 2, "Sad"), (2, 2.005, "Fear"), (2, 3, "Anger")]
    path = write_segments(tmp_path / "talk.expression.annotation", rows)
    assert segments_of(read_result(find_results([path])[0])) == [(0, 1, 1), (1, 2, 2), (2, 3, 6)]
    write_segments(path, [(1, 2, "Sad"), (0, 1.02, "Happy")])
    with pytest.raises(InputError, match=r"talk.expression.annotation: two segments overlap at 1.000 s"):
        read_result(find_results([path])[0])


def test_a_result_without_expressions_or_without_anything_in_it(tmp_path: Path) -> None:
    write_samples(tmp_path / "a.arousal.annotation", [], scheme="arousal")
    write_segments(tmp_path / "b.expression.annotation", [])
    arousal, expression = (read_result(result) for result in find_results([tmp_path]))
    assert arousal.segments is None and arousal.expressions == () and arousal.duration == 0
    assert len(expression.segments) == 0 and not expression.samples


def test_a_range_that_cannot_be_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    path = write_samples(tmp_path / "talk.valence.annotation", [0])
    path.write_text(path.read_text(encoding="utf-8").replace('min="-1.0"', 'min="1"'), encoding="utf-8")
    with pytest.raises(InputError, match=r"talk.valence.annotation: scheme 'valence': its range is 1 to 1"):
        read_result(find_results([path])[0])
