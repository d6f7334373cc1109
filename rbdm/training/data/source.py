"""Reads the rows of a data set: of a table, of the folder of a known data set, or of an iterable."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from rbdm.errors import InputError
from rbdm.training.data.layouts import find_layout
from rbdm.training.data.tables import Row, find_table, has_splits, named_split, read_csv, split_of, tables_of


class Rows(NamedTuple):
    """Rows of labelled faces.

    Attributes:
        rows: the rows.
        folder: the folder that their paths are relative to.
        source: the name of the data for messages.
        divided: whether the rows, or the name of their table, say a split.
    """

    rows: list[Row]
    folder: Path
    source: str
    divided: bool


def read_rows(data: str | Path | Iterable[Row], split: str) -> Rows:
    """The rows of one split.

    If neither the rows nor the name of their table say a split, all rows are returned for any split.

    Args:
        data: a CSV file, a folder with CSV files, the folder of a data set that `layouts` knows, or an iterable of
            dicts.
        split: `train`, `valid` or `test`.

    Raises:
        InputError: the data cannot be read or found, they belong to another split, no row has the split, or some rows
            have no split or an unknown one.
    """
    found, table = _read_all(data, split)
    named = table and named_split(table)
    if has_splits(found.rows):
        splits = [split_of(row, number, found.source) for number, row in enumerate(found.rows, start=1)]
        rows = [row for row, name in zip(found.rows, splits, strict=True) if name == split]
        if not rows:
            names = ", ".join(sorted(set(splits)))
            raise InputError(f"{found.source}: no row has the split {split!r}; they have {names}")
        return found._replace(rows=rows, divided=True)
    if named not in (None, split):
        text = f"its name says {named!r} and no row says {split!r}: choose the split {named!r}"
        raise InputError(f"{found.source}: {text}")
    return found._replace(divided=bool(named))


def has_split(data: str | Path | Iterable[Row], split: str) -> bool:
    """Whether the data has a split: a table with its name in a folder, or rows that say it."""
    if isinstance(data, str | Path) and Path(data).is_dir() and tables_of(Path(data), split):
        return True
    found, _ = _read_all(data, "train")
    if not has_splits(found.rows):
        return False
    return any(split_of(row, number, found.source) == split for number, row in enumerate(found.rows, start=1))


def _read_all(data: str | Path | Iterable[Row], split: str) -> tuple[Rows, Path | None]:
    """The rows of all splits, and the file if they come from a table."""
    if not isinstance(data, str | Path):
        return Rows(list(data), Path(), "the iterable", False), None
    if layout := find_layout(Path(data)):
        rows = list(layout.rows(Path(data)))
        return Rows(rows, Path(data), f"{data} ({layout.name})", False), None
    table = find_table(Path(data), split)
    return Rows(read_csv(table), table.parent, str(table), False), table
