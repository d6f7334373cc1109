"""Tables of a study as comma-separated values."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from typing import Any


def csv_text(columns: Mapping[str, Sequence[Any]]) -> str:
    """A table as comma-separated values: numbers have at most six decimals, and NaN is an empty cell.

    Args:
        columns: by their names; all have the same length.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in zip(*columns.values(), strict=True))
    return text.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value, 6) + 0.0 if math.isfinite(value) else ""
