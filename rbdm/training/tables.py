"""Reads the rows of a table of labelled faces, and finds out which split each row and each table belongs to."""

import csv
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rbdm.errors import InputError

SPLITS = ("train", "valid", "test")
EMPTY = {"", "null", "nan"}
"""Texts that stand for a missing value."""

Row = Mapping[str, Any]
_SPLIT_NAMES = {
    **{name: "train" for name in ("train", "training")},
    **{name: "valid" for name in ("valid", "validation", "val", "dev", "development")},
    **{name: "test" for name in ("test", "testing")},
}


def read_rows(data: str | Path | Iterable[Row], split: str) -> tuple[list[Row], Path, str, bool]:
    """The rows of one split.

    If neither the rows nor the name of their table say a split, all rows are returned for any split.

    Args:
        data: a CSV file, a folder with CSV files, or an iterable of dicts.
        split: `train`, `valid` or `test`.

    Returns:
        The rows, the folder that their paths are relative to, the name of the source for messages, and whether the rows
        or the name of their table say a split.

    Raises:
        InputError: the table cannot be read or found, it belongs to another split, no row has the split, or some rows
            have no split or an unknown one.
    """
    rows, folder, source, table = _read_all(data, split)
    named = table and _named_split(table)
    divided = _has_splits(rows) or bool(named)
    if _has_splits(rows):
        found = [_split_of(row, number, source) for number, row in enumerate(rows, start=1)]
        rows = [row for row, name in zip(rows, found, strict=True) if name == split]
        if not rows:
            raise InputError(f"{source}: no row has the split {split!r}; they have {', '.join(sorted(set(found)))}")
    elif named not in (None, split):
        raise InputError(f"{source}: its name says {named!r} and no row says {split!r}: choose the split {named!r}")
    return rows, folder, source, divided


def has_split(data: str | Path | Iterable[Row], split: str) -> bool:
    """Whether the data has a split: a table with its name in a folder, or rows that say a split."""
    if isinstance(data, str | Path) and Path(data).is_dir() and _tables(Path(data), split):
        return True
    return _has_splits(_read_all(data, "train")[0])


def _read_all(data: str | Path | Iterable[Row], split: str) -> tuple[list[Row], Path, str, Path | None]:
    """The rows of all splits, the folder of their paths, the name of the source, and the file if it is a table."""
    if not isinstance(data, str | Path):
        return list(data), Path(), "the iterable", None
    table = _find_table(Path(data), split)
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            return list(csv.DictReader(file)), table.parent, str(table), table
    except (OSError, ValueError, csv.Error) as error:
        raise InputError(f"{table}: not a CSV file in UTF-8 ({error})") from error


def _find_table(path: Path, split: str) -> Path:
    if path.is_file():
        return path
    if not path.is_dir():
        raise InputError(f"{path}: no such .npz file, CSV file or folder")
    found = _tables(path, split)
    every = _all_tables(path)
    if not found and len(every) == 1 and _named_split(every[0]) is None:
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


def _tables(folder: Path, split: str) -> list[Path]:
    return [table for table in _all_tables(folder) if _named_split(table) == split]


def _named_split(table: Path) -> str | None:
    """The split in the name of a table, e.g. of `my_test-set.csv`; None if there is none, or several."""
    words = re.findall(r"[a-z]+", table.stem.lower())
    splits = {_SPLIT_NAMES.get(word, _SPLIT_NAMES.get(word.removesuffix("set"))) for word in words} - {None}
    return splits.pop() if len(splits) == 1 else None


def _split_text(row: Row) -> str:
    value = row.get("split")
    text = "" if value is None else str(value).strip().lower()
    return "" if text in EMPTY else text


def _has_splits(rows: list[Row]) -> bool:
    return any(_split_text(row) for row in rows)


def _split_of(row: Row, number: int, source: str) -> str:
    name = _SPLIT_NAMES.get(_split_text(row))
    if name is None:
        known = ", ".join(_SPLIT_NAMES)
        raise InputError(f"{source}, row {number}: its split is {str(row.get('split'))!r}: it must be one of {known}")
    return name
