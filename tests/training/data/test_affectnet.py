"""AffectNet is read from its folder as it is distributed."""

from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS
from rbdm.training.dataset import load_faces, split_off_valid
from tests.support.data_sets import write_affectnet


def test_faces_boxes_and_numbers_are_those_of_the_tables(tmp_path: Path) -> None:
    folder = write_affectnet(tmp_path / "AffectNet")
    faces = load_faces(folder, "train")
    images = folder / "Manually_Annotated_Images"
    assert faces.images == [images / "1/aa.jpg", images / "3/cc.jpg"], "8 is no expression, -2 no rating"
    assert [EXPRESSIONS[i].name for i in faces.probabilities.argmax(axis=1)] == ["Happy", "Fear"]
    np.testing.assert_allclose(faces.boxes, [[134, 120, 899, 850], [10, 20, 30, 30]])
    np.testing.assert_allclose(faces.valence_arousal, [[0.785714, -0.055556], [-0.25, 0.6]], rtol=1e-6)


def test_its_validation_set_validates(tmp_path: Path) -> None:
    faces, valid = split_off_valid(write_affectnet(tmp_path / "AffectNet"), 0)
    assert (len(faces), len(valid)) == (2, 1)
    assert valid.probabilities[0].argmax() == 7


def test_it_has_no_test_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"AffectNet\): no row has the split 'test'; they have train, valid"):
        load_faces(write_affectnet(tmp_path / "AffectNet"), "test")
