"""Faces are grouped by a column of their table."""

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.training.dataset import load_faces
from rbdm.training.evaluation.groups import groups_of
from tests.support.labelled_faces import picture


def faces_with(column: str, *values: object):
    return load_faces([{"image": picture(), "expression": "sad", column: value} for value in values])


def indices(groups):
    return {name: found.tolist() for name, found in groups.items()}


def test_texts_are_groups() -> None:
    faces = faces_with("gender", "male", "female", None, "male ")
    assert indices(groups_of(faces, "gender")) == {"(none)": [2], "female": [1], "male": [0, 3]}


def test_many_numbers_are_put_together_by_tens() -> None:
    ages = [*range(18, 47), 47.5]
    groups = indices(groups_of(faces_with("age", *ages, "NA"), "age"))
    assert list(groups) == ["(none)", "10–19", "20–29", "30–39", "40–49"]
    assert groups["20–29"] == [ages.index(age) for age in range(20, 30)]


def test_few_numbers_are_groups_of_their_own() -> None:
    assert indices(groups_of(faces_with("session", 1, 2, 1), "session")) == {"1": [0, 2], "2": [1]}


@pytest.mark.parametrize("faces", [faces_with("gender", "x"), load_faces([{"image": picture(), "expression": "sad"}])])
def test_a_column_that_is_not_there(faces) -> None:
    with pytest.raises(InputError, match=r"no column 'age' to group by; it has .*expression"):
        groups_of(faces, "age")


def test_too_many_texts() -> None:
    with pytest.raises(InputError, match="13 different texts"):
        groups_of(faces_with("name", *"abcdefghijklm"), "name")


def test_an_archive_has_no_columns() -> None:
    faces = faces_with("gender", "x")
    with pytest.raises(InputError, match="has no columns"):
        groups_of(type(faces)(faces.images, faces.probabilities, faces.valence_arousal, faces.boxes), "gender")
    assert np.isnan(faces.boxes).all()
