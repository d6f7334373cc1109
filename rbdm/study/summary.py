"""Summarizes the annotations of a study: one row per video, person and window."""

import math
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rbdm.errors import InputError, OptionError, RbdmError
from rbdm.files.atomic import atomic_write
from rbdm.study.columns import csv_text
from rbdm.study.flags import check_flags, flagged_intervals
from rbdm.study.measures import Measures, changes, measure, unsure_intervals
from rbdm.study.reading import note_end, raise_error, read_each, tell_notes
from rbdm.study.results import Readings, Result, find_results
from rbdm.study.times import NO_INTERVALS, Floats, Times, select
from rbdm.study.windows import Window, read_windows
from rbdm.types import Notify, StrPath

if TYPE_CHECKING:
    import pandas

WHOLE = "whole video"
"""The label of the window of a video if no windows are given."""


@dataclass(frozen=True)
class Row:
    """The numbers about one person in one window of one video.

    Attributes:
        video: see `Result`.
        person: see `Result`.
        annotator: see `Result`.
        window: the label of the window.
        start: seconds, of the window as it was given.
        end: seconds, of the window as it was given, or the end of the video if none was given.
        measures: number by variable and measure; NaN if it cannot be known.
    """

    video: str
    person: str
    annotator: str
    window: str
    start: float
    end: float
    measures: Measures


@dataclass(frozen=True)
class Summary:
    """A summary of a study.

    Attributes:
        rows: sorted by video, person, annotator and then as the windows were given.
    """

    rows: tuple[Row, ...]

    def table(self, long: bool = False) -> dict[str, list[Any]]:
        """The columns of the table, by their names. docs/study.md describes each.

        Args:
            long: one row per number, with the columns `variable`, `measure` and `value`; else one row per video, person
                and window, with one column per number, which is called `<variable>_<measure>`.
        """
        names = ("video", "person", "annotator", "window", "start", "end")
        columns: dict[str, list[Any]] = {name: [] for name in names}
        for row in self.rows:
            for name in names:
                columns[name] += [getattr(row, name)] * (len(row.measures) if long else 1)
            for (variable, what), value in row.measures.items():
                new = {"variable": variable, "measure": what, "value": value} if long else {f"{variable}_{what}": value}
                for name, cell in new.items():
                    columns.setdefault(name, []).append(cell)
        return columns

    def to_dataframe(self, long: bool = False) -> "pandas.DataFrame":
        """The table as a data frame; see `table`.

        Raises:
            RbdmError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError:
            raise RbdmError("a data frame needs pandas: pip install pandas") from None
        return pandas.DataFrame(self.table(long))

    def save(self, path: StrPath, long: bool = False) -> None:
        """Write the table as comma-separated values. A number that is not known is an empty cell.

        Numbers are rounded to six decimals; times are in seconds.

        Raises:
            OutputError: the file cannot be written.
        """
        with atomic_write(Path(path)) as temporary:
            temporary.write_text(csv_text(self.table(long)), encoding="utf-8", newline="")


def summarize(
    paths: StrPath | Sequence[StrPath],
    *,
    windows: StrPath | None = None,
    baseline: str | None = None,
    face_confidence: float = 0.0,
    exclude: Sequence[str] = (),
    warn: Notify | None = None,
    failed: Callable[[RbdmError], None] | None = None,
) -> Summary:
    """Summarize annotations of expressions, valence and arousal that rbdm or people in NOVA have made.

    Args:
        paths: annotation files, patterns and folders; see `rbdm.study.results.find_results`.
        windows: a CSV file with the columns `video,start,end,label` and perhaps `person`; default: each whole video.
        baseline: the label of the windows that each person's other windows are compared with; adds the measure
            `change`.
        face_confidence: 0 to 1: time with a face whose confidence is lower is not used.
        exclude: flags of frames that are not used: `small`, `turned`, `unsure`. They are read from the tables that
            `rbdm annotate --csv` writes beside the annotations.
        warn: called with one line of text for what the user should know; default: Python's `warnings`.
        failed: called with the error of a result that cannot be read or of a window that fits no result; it then has
            no row. Default: the error is raised.

    >>> summarize("results", windows="windows.csv").to_dataframe()  # doctest: +SKIP

    Raises:
        InputError: a file cannot be used, or there are no annotations.
        OptionError: `baseline` is no label, `exclude` has something that is no flag, or `face_confidence` is not from
            0 to 1.
    """
    named = [paths] if isinstance(paths, str | os.PathLike) else paths
    if not 0 <= face_confidence <= 1:
        raise OptionError(f"face_confidence is {face_confidence:g}: it must be from 0 to 1")
    check_flags(exclude)
    given = None if windows is None else read_windows(windows)
    _check_baseline(baseline, given)
    report = failed or raise_error
    results = find_results([Path(path) for path in named], warn)
    notes: Counter[str] = Counter()
    chosen = _windows_of(results, given, Path(windows or ""), report, notes)
    rows: list[Row] = []
    for result, readings in read_each(results, report, notes):
        try:
            excluded = _excluded(result, readings, face_confidence, exclude)
        except RbdmError as error:
            report(error)
            continue
        rows += _rows(result, readings, chosen[result], excluded, baseline, notes)
    tell_notes(notes, warn)
    return Summary(tuple(rows))


def _check_baseline(baseline: str | None, windows: list[Window] | None) -> None:
    if baseline is None:
        return
    labels = sorted({window.label for window in windows or ()})
    if baseline not in labels:
        known = f"the windows are called {', '.join(labels)}" if labels else "it needs a table of windows"
        raise OptionError(f"no window is called {baseline!r}, which is the baseline: {known}")


def _windows_of(
    results: list[Result],
    windows: list[Window] | None,
    path: Path,
    report: Callable[[RbdmError], None],
    notes: Counter[str],
) -> dict[Result, list[Window]]:
    """The windows of each result. Windows that fit no video, or several, are reported; results without one noted."""
    if windows is None:
        return {result: [Window(result.video, "", 0.0, math.inf, WHOLE, 0)] for result in results}
    chosen: dict[Result, list[Window]] = {result: [] for result in results}
    for window in windows:
        fitting = [result for result in results if window.is_in(result)]
        videos = sorted({result.video for result in fitting})
        if len(videos) == 1:
            for result in fitting:
                chosen[result].append(window)
            continue
        person = f" and person {window.person!r}" if window.person else ""
        where = f"{path}: line {window.line}: video {window.video!r}{person}"
        if videos:
            report(InputError(f"{where} can be {' or '.join(videos)}: write the folder, too"))
        else:
            report(InputError(f"{where} has no annotations; there are some of {_first(map(str, results))}"))
    for result in (result for result in results if not chosen[result]):
        notes[f"{path}: no window is in {result}: it has no row"] += 1
    return chosen


def _first(names: Iterable[str], most: int = 5) -> str:
    known = list(names)
    return ", ".join(known[:most]) + (f" and {len(known) - most} more" if len(known) > most else "")


def _excluded(result: Result, readings: Readings, face_confidence: float, exclude: Sequence[str]) -> Floats:
    """(n, 2) seconds: the intervals that are not used, although there is a face."""
    found = [NO_INTERVALS]
    if exclude:
        found.append(flagged_intervals(result, readings.duration, exclude))
    if face_confidence:
        if not readings.samples:
            raise InputError(f"{result}: has neither valence nor arousal, so the confidence of the face is not known")
        found.append(unsure_intervals(readings, face_confidence))
    return np.concatenate(found)


def _rows(
    result: Result,
    readings: Readings,
    windows: list[Window],
    excluded: Floats,
    baseline: str | None,
    notes: Counter[str],
) -> Iterator[Row]:
    reference = None
    parts = [_inside(window, readings) for window in windows if window.label == baseline]
    if parts:
        reference = measure(readings, select(np.concatenate([part.intervals for part in parts])), excluded)
    elif baseline is not None and windows:
        notes[f"{result} has no window {baseline!r}: its changes are not known"] += 1
    if any(math.isinf(window.end) for window in windows):
        note_end(readings, notes)
    for window in windows:
        part = _inside(window, readings)
        if not part.seconds or (part.end < window.end < math.inf):
            what = "begins after" if not part.seconds else "ends after"
            notes[f"{result}: the window {window.label!r} {what} the end of the video ({readings.duration:.3f} s)"] += 1
        found = measure(readings, part, excluded)
        if baseline is not None:
            found |= changes(found, reference)
        end = window.end if math.isfinite(window.end) else readings.duration
        yield Row(result.video, result.person, result.annotator, window.label, window.start, end, found)


def _inside(window: Window, readings: Readings) -> Times:
    """The part of a window that lies in the video."""
    # Segments alone do not tell how long the video is, and people write windows that lie in it.
    is_known = bool(readings.samples) or math.isinf(window.end)
    end = min(window.end, readings.duration) if is_known else window.end
    return select(np.array([[window.start, end]])) if window.start < end else select(NO_INTERVALS)
