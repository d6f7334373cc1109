"""Moments and labels from the annotations of one or several people."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.errors import InputError
from rbdm.ssi import GARBAGE_ID
from rbdm.study.results import SEGMENT_DTYPE, Readings, Samples, find_results, read_result
from rbdm.training.sessions.labels import Labels, check_scores, labels_of
from tests.support.study import write_samples, write_segments

ALL = tuple(range(8))


def readings(*rows: tuple[float, float, int], confidence: float = 1.0, possible: tuple[int, ...] = ALL) -> Readings:
    """What one annotator says: segments of start, end and expression."""
    segments = np.array([(*row, confidence) for row in rows], SEGMENT_DTYPE)
    return Readings(segments, possible, {}, float(segments["end"].max(initial=0)), {}, {})


def rated(score: list[float], rate: float = 1.0) -> Readings:
    """What one annotator says about valence."""
    values = np.array(score)
    return Readings(None, (), {"valence": Samples(rate, values, np.ones(len(score)))}, len(score) / rate, {}, {})


def test_a_segment_has_moments_that_are_spaced_evenly_around_its_middle() -> None:
    labels = labels_of([readings((1.0, 4.0, 2))], step=1.0)
    assert labels.time.tolist() == [1.5, 2.5, 3.5]
    assert labels.seconds.tolist() == [1, 1, 1]
    assert (labels.expression == np.eye(8)[2]).all() and labels.possible.all() and np.isnan(labels.affect).all()


def test_a_short_segment_has_one_in_its_middle() -> None:
    labels = labels_of([readings((1.0, 1.2, 1))], step=1.0)
    assert labels.time == pytest.approx([1.1]) and labels.seconds == pytest.approx([0.2])


def test_where_two_annotators_differ_each_has_a_half() -> None:
    labels = labels_of([readings((0, 2, 0), (2, 4, 1)), readings((0, 3, 0), (3, 4, 1))], step=10)
    assert labels.time.tolist() == [1.0, 2.5, 3.5]
    assert labels.expression[:, :2].tolist() == [[1, 0], [0.5, 0.5], [0, 1]]


def test_where_only_one_has_annotated_that_one_counts() -> None:
    labels = labels_of([readings((0, 1, 3)), readings((0, 2, 3))], step=1)
    assert labels.expression[:, 3].tolist() == [1, 1]


def test_confidence_0_is_no_label() -> None:
    assert len(labels_of([readings((0, 1, 3), confidence=0)], step=1)) == 0


def test_expressions_that_no_scheme_has_were_not_possible() -> None:
    labels = labels_of([readings((0, 1, 0), possible=(0, 1, 2)), readings((0, 1, 4), possible=(0, 4))], step=1)
    assert np.flatnonzero(labels.possible[0]).tolist() == [0, 1, 2, 4]


def test_values_of_several_annotators_are_averaged_and_missing_ones_are_left_out() -> None:
    labels = labels_of([rated([0.2, 0.4, np.nan]), rated([0.6, np.nan, np.nan, 0.5])], step=1)
    assert labels.time.tolist() == [0.5, 1.5, 3.5]
    assert labels.affect[:, 0] == pytest.approx([0.4, 0.4, 0.5])
    assert np.isnan(labels.affect[:, 1]).all() and np.isnan(labels.expression).all()


def test_values_are_added_to_the_moments_of_expressions_and_fill_the_time_between() -> None:
    labels = labels_of([readings((1, 2, 1)), rated([0.1, 0.2, 0.3])], step=1)
    assert labels.time.tolist() == [0.5, 1.5, 2.5]
    assert labels.affect[:, 0] == pytest.approx([0.1, 0.2, 0.3])
    assert np.isnan(labels.expression[:, 0]).tolist() == [True, False, True]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=8), st.floats(0.05, 3))
def test_the_moments_stand_for_all_of_the_time(lengths: list[int], step: float) -> None:
    edges = np.concatenate([[0], np.cumsum(lengths)]) / 100
    rows = [(start, end, number % 8) for number, (start, end) in enumerate(pairwise(edges))]
    labels = labels_of([readings(*rows)], step)
    assert labels.seconds.sum() == pytest.approx(edges[-1])
    assert (np.diff(labels.time) > 0).all() and (labels.seconds <= 2 * step + 1e-9).all()
    for start, end, expression in rows:
        inside = (labels.time > start) & (labels.time < end)
        assert inside.any() and (labels.expression[inside].argmax(axis=1) == expression).all()


def from_files(folder: Path) -> Labels:
    return labels_of([read_result(result) for result in find_results([folder])], step=1)


def test_ranges_are_scaled_and_other_classes_are_no_labels(tmp_path: Path) -> None:
    write_samples(tmp_path / "talk.valence.ann.annotation", [50, (100, 0.0), 75], rate=1, low=0, high=100)
    segments = [(0, 1, "HAPPINESS"), (1, 2, "talking"), (2, 3, "GARBAGE")]
    write_segments(tmp_path / "talk.emotion.ann.annotation", segments, "emotion", ["HAPPINESS", "sad", "talking"])
    labels = from_files(tmp_path)
    assert labels.time.tolist() == [0.5, 2.5]
    assert labels.affect[:, 0] == pytest.approx([0, 0.5])
    assert labels.expression[0].argmax() == 1 and np.isnan(labels.expression[1]).all()
    assert np.flatnonzero(labels.possible[0]).tolist() == [1, 2] and GARBAGE_ID == -1


def test_a_score_outside_of_its_range_is_an_error_that_names_the_row(tmp_path: Path) -> None:
    path = write_samples(tmp_path / "talk.valence.ann.annotation", [0.5, 57, 0.2], low=0, high=1)
    (result,) = find_results([tmp_path])
    with pytest.raises(InputError, match=r"row 2 has the score 57, outside of the range 0 to 1") as caught:
        check_scores(result)
    assert str(path) in str(caught.value)
    write_samples(path, [0.5, (57, 0.0), 1.0000001], low=0, high=1)
    check_scores(result)
