"""Writes the index page of a study: text, timelines and scripts in one file that needs no other file."""

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.export.page.template import render, require_jinja
from rbdm.export.page.video_link import relative_address
from rbdm.export.report.facts import clock, colors
from rbdm.expressions import EXPRESSIONS
from rbdm.files.atomic import atomic_write
from rbdm.files.naming import printable
from rbdm.study.index.entries import COLUMNS, NOTHING, Entry, Index
from rbdm.types import VALUES

_HERE = Path(__file__).parent
_HEIGHT = 10
"""Of a timeline, in its own units; the page stretches it."""
_LABELS = {"report": "Report", "csv": "Table", "overlay": "Overlay"}


def require_index() -> None:
    """Raise `RbdmError` if Jinja2 is not installed. The message says what to install."""
    require_jinja("the index page")


def write_index(index: Index, path: Path) -> None:
    """Write one HTML file that lists all results of a study. It needs no other file and no network.

    Its links are relative: to the reports, tables and overlays that lie beside the annotations. They are right as long
    as the page and the results stay at the same place as seen from each other.

    Args:
        index: what to show.
        path: the file to write, in an existing folder; replaced completely or not at all.

    Raises:
        RbdmError: the extra `report` is not installed.
        OutputError: the file cannot be written.
    """
    content = index_page(index, path).encode("utf-8")
    with atomic_write(path) as temporary:
        temporary.write_bytes(content)


def index_page(index: Index, path: Path) -> str:
    """The page of `write_index` as HTML. `path` is where it will be: its links start there.

    Raises:
        RbdmError: the extra `report` is not installed.
    """
    entries = index.entries
    seconds = sum(entry.duration for entry in entries)
    used = sorted({expression for entry in entries for expression, _ in entry.shares})
    content = {
        "title": "Index of a study",
        "videos": len({entry.result.video for entry in entries}),
        "duration": seconds,
        "face_share": sum(entry.measures["face", "seconds"] for entry in entries) / seconds if seconds else math.nan,
        "notes": [printable(note) for note in index.notes],
        "rows": [_row(entry, path) for entry in entries],
        "has_person": any(entry.result.person for entry in entries),
        "annotators": sorted({printable(entry.result.annotator) for entry in entries}),
        "names": [expression.name for expression in EXPRESSIONS],
        "colors": colors(len(EXPRESSIONS)),
        "used": used,
        "width": COLUMNS,
        "height": _HEIGHT,
        "value_names": VALUES,
        "clock": clock,
        "percent": _percent,
        "signed": _signed,
        "key": _key,
    }
    return render(_HERE / "index.html", content, styles=[_HERE / "index.css"], scripts=[_HERE / "index.js"])


def _row(entry: Entry, page: Path) -> dict[str, Any]:
    names = {name: printable(getattr(entry.result, name)) for name in ("video", "person", "annotator")}
    return {
        **names,
        "about": f"{names['video']} ({names['person']})" if names["person"] else names["video"],
        "duration": entry.duration,
        "face_share": entry.face_share,
        "segments": entry.segments,
        "shares": entry.shares,
        "parts": None if entry.timeline is None else list(_parts(entry.timeline)),
        "means": {value: entry.measures[value, "mean"] for value in VALUES},
        "links": [(_LABELS[kind], relative_address(file, page)) for kind, file in entry.files.items()],
    }


def _parts(timeline: npt.NDArray[np.uint8]) -> Iterable[tuple[int, str]]:
    """The index of each expression of a timeline, and the path in SVG that paints where it is shown."""
    starts = np.flatnonzero(np.append(True, timeline[1:] != timeline[:-1]))
    lengths = np.diff(np.append(starts, len(timeline)))
    for index in range(NOTHING):
        chosen = timeline[starts] == index
        if chosen.any():
            runs = zip(starts[chosen].tolist(), lengths[chosen].tolist(), strict=True)
            yield index, "".join(f"M{start} 0h{length}v{_HEIGHT}h-{length}z" for start, length in runs)


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def _signed(number: float) -> str:
    """A number with two digits and its sign, unless it is 0; a real minus sign."""
    if math.isnan(number):
        return "–"
    return f"{number:+.2f}".replace("-", "−") if round(number, 2) else "0.00"


def _key(number: float) -> str:
    """A number to sort by; empty if it is not known."""
    return "" if math.isnan(number) else f"{number:.6f}"
