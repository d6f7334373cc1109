"""CK+ is read from its folder: the last image of a sequence has its label, the first one is neutral."""

from pathlib import Path

import pytest

from rbdm.errors import InputError
from rbdm.training.data.ckplus import CLASSES, ckplus_rows
from rbdm.training.data.tables import FIND
from tests.support.data_sets import write_ckplus


def test_rows_of_each_labelled_sequence(tmp_path: Path) -> None:
    folder = write_ckplus(tmp_path / "CK+")
    rows = list(ckplus_rows(folder))
    images = folder / "cohn-kanade-images"
    assert [(row["path"], row["expression"], row["person"]) for row in rows] == [
        (str(images / "S005/001/S005_001_00000001.png"), "Neutral", "S005"),
        (str(images / "S005/001/S005_001_00000011.png"), "Disgust", "S005"),
        (str(images / "S010/002/S010_002_00000001.png"), "Neutral", "S010"),
        (str(images / "S010/002/S010_002_00000014.png"), "Surprise", "S010"),
    ]
    assert all(row[FIND] for row in rows)


@pytest.mark.parametrize("text", ["", "happy", "8.0", "1.5", "nan"])
def test_bad_label(tmp_path: Path, text: str) -> None:
    folder = write_ckplus(tmp_path / "CK+")
    next((folder / "Emotion").glob("*/*/*.txt")).write_text(text, encoding="ascii")
    with pytest.raises(InputError, match=r"_emotion\.txt"):
        list(ckplus_rows(folder))


def test_classes_are_in_the_order_of_its_documentation() -> None:
    """0 neutral, 1 anger, 2 contempt, 3 disgust, 4 fear, 5 happy, 6 sadness, 7 surprise."""
    assert [name[:3].lower() for name in CLASSES] == ["neu", "ang", "con", "dis", "fea", "hap", "sad", "sur"]
