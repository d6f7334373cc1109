"""Reads the flags of the frames from the table that `rbdm annotate --csv` writes beside the annotations."""

import csv
import io
from collections.abc import Collection
from pathlib import Path

import numpy as np

from rbdm.errors import InputError, OptionError
from rbdm.export.writers import EXTRA_WRITERS
from rbdm.ssi.file_pair import decode, read_bytes
from rbdm.study.beside import files_beside, find_beside
from rbdm.study.results import Result
from rbdm.study.times import NO_INTERVALS, Floats
from rbdm.timeline.quality import RULES

_TABLE = next(writer for writer in EXTRA_WRITERS if writer.name == "csv")


def check_flags(names: Collection[str]) -> None:
    """Raise `OptionError` if one of the names is no flag."""
    for name in names:
        if name not in RULES:
            raise OptionError(f"exclude is {name!r}: it must be one of {', '.join(RULES)}")


def flagged_intervals(result: Result, duration: float, names: Collection[str]) -> Floats:
    """(n, 2) seconds: the frames that have one of these flags. A frame lasts until the next one.

    Args:
        result: its table is `<video>.expression.csv` beside `<video>.expression.annotation`; if everybody was
            annotated, the rows with its person in `<video>.people.expression.csv`.
        duration: seconds, the end of the last frame.
        names: of `rbdm.timeline.quality.RULES`.

    Raises:
        InputError: there is no table, it has no flags or nothing about this person, or it cannot be read.
    """
    path = find_beside(result, _TABLE)
    if path is None:
        names = " or ".join(map(str, files_beside(result, _TABLE))) or f"{result}: a table of rbdm"
        raise InputError(f"{names}: is missing: the flags are in this table, which rbdm annotate writes with --csv")
    rows = _rows(path, result.person)
    try:
        time = np.array([float(row["time"]) for row in rows])
        flags = [set(row["flags"].split("+")) - {""} for row in rows]
    except (KeyError, ValueError, AttributeError, TypeError):
        raise InputError(f"{path}: has no columns time and flags: make it again with rbdm annotate --csv") from None
    if any(row.get("expression") for row in rows) and not any(flags):
        raise InputError(f"{path}: has no flags, because the boxes were given: leave out --exclude, or find the faces")
    chosen = np.array([bool(flag & set(names)) for flag in flags], bool)
    if not chosen.any():
        return NO_INTERVALS
    ends = np.append(time[1:], max(duration, time[-1]))
    return np.column_stack([time[chosen], ends[chosen]])


def _rows(path: Path, person: str) -> list[dict[str, str]]:
    """The rows of a table that are about a person; all of a table about one person, which has no column `person`."""
    try:
        table = csv.DictReader(io.StringIO(decode(read_bytes(path)), newline=""))
        rows = [row for row in table if row.get("person", person) == person]
    except (ValueError, csv.Error):
        raise InputError(f"{path}: is no table: make it again with rbdm annotate --csv") from None
    if not rows:
        raise InputError(f"{path}: has no rows about {person or 'a person'}: make it again with rbdm annotate --csv")
    return rows
