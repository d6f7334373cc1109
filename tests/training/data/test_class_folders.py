"""FER2013 is read from the names of its folders, RAF-DB from its list."""

from pathlib import Path

import pytest

from rbdm.errors import InputError
from rbdm.training.data.class_folders import class_folder_rows, rafdb_rows
from rbdm.training.dataset import load_faces


def touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def test_names_of_folders_are_splits_and_expressions(tmp_path: Path) -> None:
    for name in ("train/angry/a.jpg", "train/happy/b.PNG", "train/happy/Thumbs.db", "test/surprise/c.jpg"):
        touch(tmp_path / name)
    rows = [(Path(row["path"]).name, row["expression"], row["split"]) for row in class_folder_rows(tmp_path)]
    assert rows == [("c.jpg", "surprise", "test"), ("a.jpg", "angry", "train"), ("b.PNG", "happy", "train")]
    assert len(load_faces(tmp_path, "train")) == 2


def test_a_folder_of_another_class_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path / "train" / "happy" / "a.jpg")
    touch(tmp_path / "train" / "bored" / "a.jpg")
    with pytest.raises(InputError, match="bored: the name of the folder is not an expression"):
        load_faces(tmp_path)


@pytest.mark.parametrize("place", ["basic", "."])
def test_rafdb_numbers_from_one(tmp_path: Path, place: str) -> None:
    names = ["Surprise", "Fear", "Disgust", "Happy", "Sad", "Anger", "Neutral"]
    lines = [f"{'train' if i % 2 else 'test'}_{i:05}.jpg {i}" for i in range(1, 8)]
    touch(tmp_path / place / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(lines) + "\n")
    rows = list(rafdb_rows(tmp_path))
    assert [row["expression"] for row in rows] == names
    assert [row["split"] for row in rows] == ["train", "test"] * 3 + ["train"]
    assert Path(rows[0]["path"]) == tmp_path / place / "Image" / "aligned" / "train_00001_aligned.jpg"


@pytest.mark.parametrize("line", ["train_1.jpg", "train_1.jpg 0", "train_1.jpg 8", "train_1.jpg x"])
def test_bad_line(tmp_path: Path, line: str) -> None:
    touch(tmp_path / "EmoLabel" / "list_patition_label.txt").write_text(f"train_0.jpg 1\n{line}\n")
    with pytest.raises(InputError, match=r"list_patition_label\.txt, line 2"):
        load_faces(tmp_path)
