"""No face vanishes in silence, and no face counts for a split that it does not belong to."""

from pathlib import Path

import pytest

from rbdm.errors import InputError
from rbdm.training.data.source import has_split, read_rows


def table(path: Path, *splits: str | None) -> Path:
    """A CSV file with a row for each split; None for a table without the column."""
    lines = ["path,split" if splits[0] is not None else "path"]
    path.write_text(
        "\n".join([*lines, *(f"{i}.png,{s}" if s is not None else f"{i}.png" for i, s in enumerate(splits))])
    )
    return path


def count(data: object, split: str) -> int:
    return len(read_rows(data, split).rows)  # type: ignore[arg-type]


def test_a_folder_with_the_faces_of_another_split_only_is_an_error(tmp_path):
    for name in ("train.csv", "training_set.csv", "my-trainset.csv"):
        table(tmp_path / name, None)
        with pytest.raises(InputError, match=rf"'test' in its name, or a single one for all splits; it has {name}"):
            read_rows(tmp_path, "test")
        assert count(tmp_path, "train") == 1
        with pytest.raises(InputError, match=rf"{name}: its name says 'train' and no row says 'test'"):
            read_rows(tmp_path / name, "test")
        (tmp_path / name).unlink()


@pytest.mark.parametrize("name", ["latest.csv", "contest.csv", "restrained.csv", "invalid.csv", "train_test.csv"])
def test_a_word_that_only_contains_a_splits_name_is_none(tmp_path, name):
    table(tmp_path / name, None)
    for split in ("train", "valid", "test"):
        assert count(tmp_path, split) == 1 and not read_rows(tmp_path, split)[3]
    table(tmp_path / "test.csv", None, None)
    assert count(tmp_path, "test") == 2
    with pytest.raises(InputError, match=r"it has"):
        read_rows(tmp_path, "train")


def test_names_of_tables_and_rows_are_read_as_people_write_them(tmp_path):
    for number, name in enumerate(("Train-labels.CSV", "fer2013_val.csv", "my_test.csv"), start=1):
        table(tmp_path / name, *[None] * number)
    assert [count(tmp_path, split) for split in ("train", "valid", "test")] == [1, 2, 3]
    rows = table(tmp_path / "my_test.csv", "Train ", " TRAINING", "dev", "Validation", "val", "test", "Testing")
    assert [count(rows, split) for split in ("train", "valid", "test")] == [2, 3, 2]


@pytest.mark.parametrize("bad", ["holdout", "", "nan", "trian"])
def test_a_row_of_no_known_split_is_an_error(tmp_path, bad):
    with pytest.raises(InputError, match=rf"row 2: its split is '{bad}': it must be one of train, "):
        read_rows(table(tmp_path / "a.csv", "train", bad), "train")


def test_a_split_that_no_row_has_is_an_error_that_lists_the_splits():
    with pytest.raises(InputError, match="no row has the split 'test'; they have train, valid"):
        read_rows([{"split": "dev"}, {"split": "train"}], "test")


def test_missing_splits_of_an_iterable_are_no_splits():
    rows = [{"split": None}, {"split": float("nan")}, {}]
    assert count(rows, "test") == 3 and not has_split(rows, "valid")
