"""The part `Table` of a study: one row for each person in each video, to look at and to save."""

import asyncio
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nicegui import ui

from rbdm.app.pages.picker.dialog import Wanted, pick
from rbdm.app.pages.results.notes import Notes
from rbdm.app.pages.texts import Cell, table
from rbdm.app.results.studies import Study
from rbdm.errors import RbdmError
from rbdm.files.naming import printable

if TYPE_CHECKING:  # what is slow to import is imported when it is needed
    from rbdm.study import Summary

_MOST = 100
"""The most rows on the page; the files have all."""
_FLAGS = {"small": "small faces", "turned": "turned faces", "unsure": "unsure expressions"}


class SummaryView:
    """The form and the table.

    Args:
        study: whose results are summarized.
    """

    def __init__(self, study: Study) -> None:
        self._study, self._windows = study, list[Path]()
        self._summary: Summary | None = None
        ui.label(
            "One row for each person in each video: shares, means and durations; docs/study.md explains each column."
        ).classes("hint")
        with ui.expansion("Windows and exclusions").classes("more"):
            with ui.row().classes("line"):
                ui.button("Choose a table of windows…", on_click=self._pick).props("outline no-caps dense")
                self._chosen = ui.label("The whole video of each person").classes("hint")
            ui.label("A CSV file with the columns video, start, end (seconds), label, and if wanted person.").classes(
                "hint"
            )
            self._baseline = ui.input("Label of the baseline").props("outlined dense")
            self._confidence = ui.number("Leave out faces below this confidence", value=0, min=0, max=1, step=0.05)
            self._confidence.props("outlined dense")
            self._flags = {name: ui.checkbox(f"Leave out {text}") for name, text in _FLAGS.items()}
        with ui.row().classes("line"):
            ui.button("Make the table", icon="table_view", on_click=self.make).props("unelevated no-caps")
            self._wide = ui.button("Save as CSV", icon="download", on_click=lambda: self._save(False))
            self._long = ui.button("Save in the long format", on_click=lambda: self._save(True))
            for button in (self._wide, self._long):
                button.props("outline no-caps").set_enabled(False)
        self._notes = Notes()
        self._table = ui.html("", sanitize=False).classes("wide")

    async def make(self) -> None:
        """Summarize the study."""
        self._notes.working("Reading the results…")
        notes: list[str] = []
        try:
            self._summary = await asyncio.to_thread(self._summarize, notes)
        except RbdmError as error:
            self._notes.failed(error)
            return
        self._notes.show(notes)
        self._table.content = _table(self._summary.table())
        for button in (self._wide, self._long):
            button.set_enabled(True)

    def _summarize(self, notes: list[str]) -> "Summary":
        from rbdm.study import summarize

        return summarize(
            list(self._study.paths),
            windows=self._windows[0] if self._windows else None,
            baseline=(self._baseline.value or "").strip() or None,
            face_confidence=self._confidence.value or 0.0,
            exclude=[name for name, box in self._flags.items() if box.value],
            warn=notes.append,
            failed=lambda error: notes.append(f"left out: {error}"),
        )

    async def _pick(self) -> None:
        wanted = Wanted("Choose a table of windows", lambda name: name.lower().endswith(".csv"), files="table")
        self._windows = (await pick(wanted))[:1]
        self._chosen.text = printable(str(self._windows[0])) if self._windows else "The whole video of each person"

    def _save(self, long: bool) -> None:
        from rbdm.study.columns import csv_text

        if self._summary is not None:
            name = f"{self._study.name} {'long ' if long else ''}summary.csv"
            ui.download.content(csv_text(self._summary.table(long)), name, "text/csv")


def _table(columns: dict[str, list[Any]]) -> str:
    rows = [[_cell(cell) for cell in row] for row in zip(*columns.values(), strict=True)]
    html = table("Summary of the study", [name.replace("_", " ") for name in columns], rows[:_MOST])
    return html + (f'<p class="hint">and {len(rows) - _MOST} more rows in the file</p>' if len(rows) > _MOST else "")


def _cell(value: Any) -> Cell:
    if isinstance(value, float):
        return ("–" if math.isnan(value) else f"{value:.3f}".rstrip("0").rstrip(".").replace("-", "−")), "number"
    return str(value)
