"""Reads the table of the windows: which parts of which videos are summarized, and what they are called."""

import csv
import io
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from rbdm.errors import InputError
from rbdm.files.naming import IMAGE_ENDINGS, VIDEO_ENDINGS
from rbdm.ssi.file_pair import decode, read_bytes
from rbdm.study.results import Result
from rbdm.types import StrPath

_COLUMNS = ("video", "start", "end", "label")
_SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Window:
    """A part of a video.

    Attributes:
        video: the name of the video, with or without its ending and folders.
        person: the person that is meant; empty for all people of the video.
        start: seconds.
        end: seconds, not included; infinite for the end of the video.
        label: the name of the window.
        line: the number of the line in the table, from 1.
    """

    video: str
    person: str
    start: float
    end: float
    label: str
    line: int

    def is_in(self, result: Result) -> bool:
        """Whether a result is about this window's video and person."""
        if self.person and self.person != unicodedata.normalize("NFC", result.person):
            return False
        has = _parts(result.video)
        return any(
            wanted == has[-len(wanted) :] for wanted in (_parts(self.video), _parts(_without_ending(self.video)))
        )


def read_windows(path: StrPath) -> list[Window]:
    """Read a table of windows.

    Args:
        path: a CSV file with a header line. Columns: `video`, `start` and `end` (seconds; an empty cell means the start
            or the end of the video), `label`, and if wanted `person`. Other columns are ignored. Cells are separated by
            commas, semicolons or tabs; with the latter two, numbers may have decimal commas.

    Raises:
        InputError: the file cannot be read, or a column or cell is missing or wrong.
    """
    path = Path(path)
    try:
        text = decode(read_bytes(path))
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None
    header = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=header.count)
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restval="")
    table.fieldnames = [name.strip().lower() for name in table.fieldnames or ()]
    missing = [name for name in _COLUMNS if name not in table.fieldnames]
    if missing:
        raise InputError(f"{path}: the header line has no {', '.join(missing)}: it must have {', '.join(_COLUMNS)}")
    windows = []
    for row in table:
        where = f"{path}: line {table.line_num}"
        if None in row:
            raise InputError(f"{where}: has more cells than the header line")
        cells = {name: unicodedata.normalize("NFC", row[name].strip()) for name in (*_COLUMNS, "person") if name in row}
        if any(cells.values()):
            windows.append(_window(where, cells, separator, table.line_num))
    if not windows:
        raise InputError(f"{path}: there is no window in this table")
    return windows


def _window(where: str, cells: Mapping[str, str], separator: str, line: int) -> Window:
    for name in ("video", "label"):
        if not cells[name]:
            raise InputError(f"{where}: {name} is empty")
    times = []
    for name, default in (("start", 0.0), ("end", math.inf)):
        text = cells[name] if separator == "," else cells[name].replace(",", ".")
        try:
            times.append(float(text) if text else default)
        except ValueError:
            raise InputError(f"{where}: {name} is {cells[name]!r}: it must be a time in seconds, e.g. 12.5") from None
    start, end = times
    if not (0 <= start < end and start < math.inf):
        raise InputError(
            f"{where}: the window goes from {start:g} to {end:g} s: it must start at 0 or later and then end"
        )
    return Window(cells["video"], cells.get("person", ""), start, end, cells["label"], line)


def _parts(video: str) -> tuple[str, ...]:
    """The folders and the name of a video, also of a path on Windows."""
    return PurePosixPath(unicodedata.normalize("NFC", video).replace("\\", "/")).parts


def _without_ending(video: str) -> str:
    name, dot, ending = video.rpartition(".")
    return name if f"{dot}{ending.lower()}" in VIDEO_ENDINGS | IMAGE_ENDINGS else video
