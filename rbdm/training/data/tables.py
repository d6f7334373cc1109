"""Reads tables of labelled faces, and finds out which split a table or a row belongs to."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rbdm.errors import InputError

SPLITS = ("train", "valid", "test")
EMPTY = {"", "null", "nan"}
"""Texts that stand for a missing value."""
FIND = "find_face"
"""The key of a row whose image shows more than the face, without a box."""

Row = Mapping[str, Any]
_SPLIT_NAMES = {
    **{name: "train" for name in ("train", "training")},
    **{name: "valid" for name in ("valid", "validation", "val", "dev", "development")},
    **{name: "test" for name in ("test", "testing")},
}


def read_csv(table: Path) -> list[Row]:
    """The rows of a CSV file in UTF-8, with or without a byte order mark.

    Raises:
        InputError: the file cannot be read.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{table}: not a CSV file in UTF-8 ({error})") from error


def split_of_name(name: str) -> str:
    """The split that a word means, e.g. `valid` for `Validation`; empty if it means none."""
    return _SPLIT_NAMES.get(name.strip().lower(), "")


def find_table(path: Path, split: str) -> Path:
    """The table itself, or the one in a folder that belongs to the split, or the only one.

    Raises:
        InputError: there is no such table, or there are several.
    """
    if path.is_file():
        return path
    if not path.is_dir():
        raise InputError(f"{path}: no such .npz file, CSV file or folder")
    found = tables_of(path, split)
    every = _all_tables(path)
    if not found and len(every) == 1 and named_split(every[0]) is None:
        found = every
    if len(found) != 1:
        names = ", ".join(table.name for table in every) or "no CSV file"
        raise InputError(
            f"{path}: needs one CSV file with the word {split!r} in its name, or a single one for all splits; "
            f"it has {names}"
        )
    return found[0]


def _all_tables(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if file.suffix.lower() == ".csv")


def tables_of(folder: Path, split: str) -> list[Path]:
    """The CSV files in a folder whose name says the split."""
    return [table for table in _all_tables(folder) if named_split(table) == split]


def named_split(table: Path) -> str | None:
    """The split in the name of a table, e.g. of `my_test-set.csv`; None if there is none, or several."""
    words = re.findall(r"[a-z]+", table.stem.lower())
    splits = {_SPLIT_NAMES.get(word, _SPLIT_NAMES.get(word.removesuffix("set"))) for word in words} - {None}
    return splits.pop() if len(splits) == 1 else None


def _split_text(row: Row) -> str:
    value = row.get("split")
    text = "" if value is None else str(value).strip().lower()
    return "" if text in EMPTY else text


def has_splits(rows: list[Row]) -> bool:
    """Whether a row says a split."""
    return any(_split_text(row) for row in rows)


def split_of(row: Row, number: int, source: str) -> str:
    """The split that a row says: `train`, `valid` or `test`.

    Args:
        row: the row.
        number: of the row, from 1, for the error.
        source: the name of the data, for the error.

    Raises:
        InputError: the row says none, or another one.
    """
    name = _SPLIT_NAMES.get(_split_text(row))
    if name is None:
        known = ", ".join(_SPLIT_NAMES)
        raise InputError(f"{source}, row {number}: its split is {str(row.get('split'))!r}: it must be one of {known}")
    return name
