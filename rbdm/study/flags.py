"""Reads the flags of the frames from the table that `rbdm annotate --csv` writes beside the annotations."""

import csv
import io
from collections.abc import Collection

import numpy as np

from rbdm.errors import InputError, OptionError
from rbdm.ssi.file_pair import decode, read_bytes
from rbdm.study.results import Result
from rbdm.study.times import NO_INTERVALS, Floats
from rbdm.timeline.quality import RULES


def check_flags(names: Collection[str]) -> None:
    """Raise `OptionError` if one of the names is no flag."""
    for name in names:
        if name not in RULES:
            raise OptionError(f"exclude is {name!r}: it must be one of {', '.join(RULES)}")


def flagged_intervals(result: Result, duration: float, names: Collection[str]) -> Floats:
    """(n, 2) seconds: the frames that have one of these flags. A frame lasts until the next one.

    Args:
        result: its table is the file `<video>.expression.csv` beside `<video>.expression.annotation`.
        duration: seconds, the end of the last frame.
        names: of `rbdm.timeline.quality.RULES`.

    Raises:
        InputError: there is no table, it has no flags, or it cannot be read.
    """
    if "expression" not in result.paths:
        raise InputError(f"{result}: has no annotation of expressions, beside which the table with the flags would be")
    path = result.paths["expression"].with_suffix(".csv")
    if not path.is_file():
        raise InputError(f"{path}: is missing: the flags are in this table, which rbdm annotate writes with --csv")
    try:
        rows = list(csv.DictReader(io.StringIO(decode(read_bytes(path)), newline="")))
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
