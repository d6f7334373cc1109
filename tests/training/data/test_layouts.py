"""The folder of a known data set is recognised; other folders are not taken for one."""

from pathlib import Path

import pytest

from rbdm.training.data.layouts import find_layout
from tests.support.data_sets import write_affectnet, write_ckplus, write_faces_database


@pytest.mark.parametrize(
    ("write", "name"), [(write_affectnet, "AffectNet"), (write_ckplus, "CK+"), (write_faces_database, "FACES")]
)
def test_known_folders(tmp_path: Path, write, name: str) -> None:
    layout = find_layout(write(tmp_path / "data"))
    assert layout is not None and layout.name == name


def test_other_folders(tmp_path: Path) -> None:
    for name in ("a.jpg", "my_a_b_c_d.jpg", "train/1/a.jpg", "labels.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert find_layout(tmp_path) is None
    assert find_layout(tmp_path / "labels.csv") is None
