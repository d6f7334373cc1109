"""An iterable of hcai-datasets and the folder of the data set give the same faces, boxes and labels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.training import from_hcai
from rbdm.training.data.layouts import find_layout
from rbdm.training.dataset import load_faces
from tests.support.data_sets import (
    hcai_affectnet,
    hcai_ckplus,
    hcai_faces,
    write_affectnet,
    write_ckplus,
    write_faces_database,
)


class Iterable:
    """As in hcai-datasets: rows, and the folder that they come from."""

    def __init__(self, folder: Path, rows: list[dict[str, Any]]) -> None:
        self.dataset_dir, self._rows = str(folder), rows

    def __iter__(self):
        return iter(self._rows)


def test_affectnet(tmp_path: Path) -> None:
    folder = write_affectnet(tmp_path / "AffectNet")
    found, wanted = load_faces(from_hcai(Iterable(folder, hcai_affectnet(folder)), "affectnet")), load_faces(folder)
    assert found.images == wanted.images
    np.testing.assert_array_equal(found.boxes, wanted.boxes)
    np.testing.assert_array_equal(found.probabilities, wanted.probabilities)
    np.testing.assert_array_equal(found.valence_arousal, wanted.valence_arousal)


@pytest.mark.parametrize("name", ["faces", "ckplus"])
def test_data_sets_of_whole_heads(tmp_path: Path, name: str) -> None:
    write = {"faces": write_faces_database, "ckplus": write_ckplus}[name]
    folder = write(tmp_path / name)
    rows = {"faces": hcai_faces(folder), "ckplus": hcai_ckplus()}[name]
    layout = find_layout(folder)
    assert layout is not None
    keys = ("expression", "person", "find_face", *(["age", "gender"] if name == "faces" else []))
    wanted = {row["path"]: [row[key] for key in keys] for row in layout.rows(folder)}
    found = {row["image"]: [row[key] for key in keys] for row in from_hcai(rows, name, folder)}
    assert len(found) == len(rows)
    assert found.items() <= wanted.items()


def test_ckplus_numbers_are_not_affectnets() -> None:
    """3 is Disgust here and Surprise in AffectNet."""
    rows = {row["index"]: row["expression"] for row in from_hcai(hcai_ckplus(), "ckplus", "CK+")}
    assert rows["S005_001_00000011.png"] == "Disgust" and rows["S010_002_00000014.png"] == "Surprise"


@pytest.mark.parametrize("name", ["affectnet", "ckplus"])
def test_the_folder_is_needed(name: str) -> None:
    with pytest.raises(InputError, match="needs the argument folder"):
        next(from_hcai(hcai_ckplus(), name))


def test_another_data_set_is_an_error() -> None:
    with pytest.raises(InputError, match=r"'rafdb': the known ones are affectnet, faces, ckplus"):
        next(from_hcai([], "rafdb"))


@pytest.mark.parametrize("label", [8, -1, 1.5, "x", None])
def test_a_number_outside_is_an_error(label: Any) -> None:
    with pytest.raises(InputError, match="ckplus, row 1"):
        list(from_hcai([{"index": "S005_001_00000011.png", "label": label}], "ckplus", "CK+"))


def test_a_face_that_the_tables_do_not_have_is_an_error(tmp_path: Path) -> None:
    folder = write_affectnet(tmp_path / "AffectNet")
    row = {**hcai_affectnet(folder)[0], "rel_file_path": "Manually_Annotated_Images/9/zz.jpg"}
    with pytest.raises(InputError, match=r"row 1.*9/zz\.jpg"):
        list(from_hcai([row], "affectnet", folder))
