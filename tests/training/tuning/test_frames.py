"""Faces of a session stay together, and every session counts the same."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.training.sessions.faces import LabelledMoments
from rbdm.training.sessions.labels import Labels
from rbdm.training.sessions.people import Person
from rbdm.training.tuning.frames import folds_of, together
from tests.training.tuning.made_up import faces


def moments(count: int, expression: int) -> LabelledMoments:
    labels = Labels(
        np.arange(count) / 2,
        np.full(count, 0.5),
        np.tile(np.eye(8)[expression], (count, 1)),
        np.ones((count, 8), bool),
        np.full((count, 2), np.nan),
    )
    return LabelledMoments(Person(Path("v.mp4"), None, "", "s", ()), labels, np.ones((count, 3), np.float32), 0)


def test_people_of_one_session_are_one_unit() -> None:
    found = together([moments(2, 0), moments(3, 1), moments(1, 2)], ["b", "a", "b"])
    assert found.unit.tolist() == [1, 1, 0, 0, 0, 1]
    assert found.expression.argmax(axis=1).tolist() == [0, 0, 1, 1, 1, 2]
    assert len(found) == 6 and found.with_label("expression").all() and not found.with_label("valence").any()


def test_every_session_counts_the_same_and_rare_expressions_more() -> None:
    found = together([moments(30, 0), moments(3, 0)], ["a", "b"])
    weight = found.weight("expression")
    assert weight[:30].sum() == pytest.approx(weight[30:].sum())
    rare = together([moments(16, 0), moments(1, 1), moments(16, 0), moments(1, 1)], ["a", "a", "b", "b"])
    weight = rare.weight("expression")
    assert weight[16] / weight[0] == pytest.approx(16**0.5)


@given(st.integers(2, 25), st.integers(2, 12), st.integers(0, 3))
def test_each_session_is_held_out_once_and_never_divided(units: int, most: int, seed: int) -> None:
    unit = np.random.default_rng(seed).permutation(np.repeat(np.arange(units), 3))
    folds = folds_of(unit, most, seed)
    assert len(folds) == min(units, most)
    assert np.array_equal(np.sum(folds, axis=0), np.ones(len(unit)))
    for is_out in folds:
        assert not set(unit[is_out]) & set(unit[~is_out])
        assert is_out.any() and not is_out.all()


def test_faces_are_taken_by_a_mask() -> None:
    data = faces(3, each=4)
    part = data.take(data.unit == 1)
    assert len(part) == 4 and np.array_equal(part.values, data.values[4:8])
    assert np.array_equal(part.value("valence"), data.affect[4:8, 0])
