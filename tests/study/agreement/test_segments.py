"""Two annotators over time: exact seconds, steps, and the stretches in which they differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.study.agreement.segments import (
    NONE,
    at,
    disagreements,
    joint,
    seconds_table,
    step_codes,
    step_table,
)
from rbdm.study.results import SEGMENT_DTYPE


def rows(*segments):
    return np.array([(start, end, code, 1) for start, end, code in segments], SEGMENT_DTYPE)


@st.composite
def some_segments(draw):
    edges = sorted(draw(st.sets(st.floats(0, 100, allow_subnormal=False), min_size=2, max_size=20)))
    kept = [draw(st.integers(-1, 7)) for _ in edges[1:]]
    return rows(*((start, end, code) for start, end, code in zip(edges, edges[1:], kept, strict=False) if code >= 0))


def test_a_segment_holds_until_just_before_its_end():
    found = at(rows((1, 2, 3), (2, 4, 5)), np.array([0.5, 1, 1.99, 2, 4]))
    np.testing.assert_array_equal(found, [NONE, 3, 3, 5, NONE])


def test_exact_seconds():
    a, b = rows((0, 2.5, 0), (2.5, 4, 1)), rows((0, 3, 0), (3.25, 4, 1))
    table = seconds_table(joint(a, b, 5))
    np.testing.assert_allclose(table[:2, :2], [[2.5, 0], [0.5, 0.75]])
    assert (table[1, -1], table[-1, -1], table.sum()) == (0.25, 1, 5)


@given(some_segments(), some_segments())
def test_the_seconds_add_up_to_what_each_has_annotated(a, b):
    table = seconds_table(joint(a, b, 100))
    assert table.sum() == pytest.approx(100)
    for side, margin in ((a, table.sum(axis=1)), (b, table.sum(axis=0))):
        for code in range(8):
            own = side[side["expression"] == code]
            assert margin[code] == pytest.approx((own["end"] - own["start"]).sum(), abs=1e-9)


@given(some_segments(), some_segments())
def test_a_and_b_may_change_places(a, b):
    np.testing.assert_array_equal(seconds_table(joint(a, b, 100)), seconds_table(joint(b, a, 100)).T)
    forth, back = disagreements(joint(a, b, 100)), disagreements(joint(b, a, 100))
    np.testing.assert_array_equal(forth.start, back.start)
    np.testing.assert_array_equal(forth.a, back.b)


@given(some_segments())
def test_equal_annotations_have_no_disagreement(a):
    both = joint(a, a, 100)
    assert not len(disagreements(both).start)
    table = seconds_table(both)
    assert table.sum() == pytest.approx(np.trace(table))


@given(some_segments(), some_segments())
def test_disagreements_are_the_seconds_off_the_diagonal_longest_first(a, b):
    both = joint(a, b, 100)
    table = seconds_table(both)[:8, :8]
    found = disagreements(both)
    assert found.seconds.sum() == pytest.approx(table.sum() - np.trace(table), abs=1e-9)
    assert (np.diff(found.seconds) <= 0).all()


def test_a_disagreement_goes_on_over_a_border_without_a_change():
    a = rows((0, 1, 0), (1, 2, 0), (2, 3, 4))
    found = disagreements(joint(a, rows((0, 3, 1)), 3))
    assert [tuple(row) for row in zip(found.start, found.seconds, found.a, found.b, strict=True)] == [
        (0, 2, 0, 1),
        (2, 1, 4, 1),
    ]


def test_steps_are_taken_in_their_middle():
    a, b = rows((0, 0.16, 0), (0.16, 0.4, 2)), rows((0, 0.3, 0))
    codes = step_codes(a, b, 0.45, 0.1)
    assert len(step_codes(a, b, 0.46, 0.1)) == 5
    np.testing.assert_array_equal(codes, [[0, 0], [0, 0], [2, 0], [2, NONE]])
    table = step_table(codes)
    assert (table[0, 0], table[2, 0], table.sum()) == (2, 1, 3)


def test_no_time_has_no_pieces():
    both = joint(rows(), rows(), 0)
    assert not len(both.start)
    assert seconds_table(both).sum() == 0
