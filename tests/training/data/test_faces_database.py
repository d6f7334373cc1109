"""FACES is read from the names of its images."""

from pathlib import Path

from rbdm.training.data.faces_database import faces_database_rows
from rbdm.training.data.tables import FIND
from tests.support.data_sets import write_faces_database


def test_names_say_person_age_gender_and_expression(tmp_path: Path) -> None:
    folder = write_faces_database(tmp_path / "FACES")
    for place in (folder, folder / "bilder"):
        rows = list(faces_database_rows(place))
        assert [tuple(row[key] for key in ("person", "age", "gender", "expression")) for row in rows] == [
            ("004", "old", "male", "Anger"),
            ("066", "young", "male", "Neutral"),
            ("069", "young", "female", "Happy"),
            ("140", "middle-aged", "female", "Sad"),
        ]
        assert all(Path(row["path"]).is_file() and row[FIND] for row in rows)
