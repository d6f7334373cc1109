"""Writes a table of the parts of a face: how much of what a number rests on lies in each."""

import csv
from collections.abc import Sequence
from pathlib import Path

from rbdm.explain.explanation import Explanation
from rbdm.files.atomic import atomic_write
from rbdm.files.naming import printable

COLUMNS = ("video", "frame", "time", "target", "value", "method", "region", "area", "supports", "opposes")


def rows(explanation: Explanation) -> list[list[str]]:
    """A row with the cells of `COLUMNS` for each part of the face; no row if its key points were not found."""
    start = [
        printable(explanation.video.name),
        str(explanation.frame),
        f"{explanation.time:.6f}",
        explanation.target,
        f"{explanation.value:.4f}",
        explanation.method,
    ]
    return [
        [*start, share.region, *("" if part != part else f"{part:.4f}" for part in share[1:])]
        for share in explanation.shares or ()
    ]


def write_table(explanations: Sequence[Explanation], path: Path) -> None:
    """Write the rows of some explanations as CSV, completely or not at all.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_write(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row for explanation in explanations for row in rows(explanation))
