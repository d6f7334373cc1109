"""Fills the page `Results`."""

import asyncio

from nicegui import ui

from rbdm.app.context import Context
from rbdm.app.pages.frame import card
from rbdm.app.pages.picker.dialog import Wanted, pick
from rbdm.app.pages.results.agreement import AgreementView
from rbdm.app.pages.results.file_manager import open_folder
from rbdm.app.pages.results.notes import Notes
from rbdm.app.pages.results.summary import SummaryView
from rbdm.app.pages.results.videos import show_videos
from rbdm.app.pages.results.warning import show_warning
from rbdm.app.results.studies import Study, open_study, study_of_folder, study_of_run
from rbdm.errors import RbdmError


def build(context: Context) -> None:
    """Fill the page. `?run=ID` in the address opens the results of this run."""
    _Page(context, str(ui.context.client.request.query_params.get("run", "")))


class _Page:
    def __init__(self, context: Context, run: str) -> None:
        self._context = context
        self._studies = self._known()
        with card("Choose results"):
            with ui.row().classes("line"):
                self._choice = ui.select(self._names(), label="Results of").props("outlined dense").classes("grow")
                self._choice.on_value_change(lambda event: self._open(event.value))
                ui.button("Open a folder…", icon="folder", on_click=self._pick).props("outline no-caps")
            self._notes = Notes()
            if not self._studies:
                ui.label("Here is nothing yet: annotate videos first, or open a folder with results.").classes("hint")
        show_warning()
        self._place = ui.element("div")
        if f"run-{run}" in self._studies:
            ui.timer(0.05, lambda: self._choice.set_value(f"run-{run}"), once=True)

    def _known(self) -> dict[str, Study]:
        runs = [study_of_run(run) for run in reversed(self._context.queue.runs) if run.count("done", "skipped")]
        return {study.id: study for study in [*self._context.opened, *runs] if study.paths}

    def _names(self) -> dict[str, str]:
        return {study.id: f"{study.name} ({study.root})" for study in self._studies.values()}

    async def _pick(self) -> None:
        for folder in await pick(Wanted("Open a folder with results", folder="Open this folder")):
            study = study_of_folder(folder)
            if study not in self._context.opened:
                self._context.opened.insert(0, study)
            self._studies = self._known()
            self._choice.set_options(self._names(), value=study.id)

    async def _open(self, name: str | None) -> None:
        study = self._studies.get(name or "")
        if study is None:
            return
        self._place.clear()
        self._notes.working("Reading the results…")
        errors: list[RbdmError] = []
        try:
            opened = await asyncio.to_thread(open_study, study, self._context.shelf, errors.append)
        except RbdmError as error:
            self._notes.failed(error)
            return
        self._notes.show(opened.notes)
        with self._place, card(study.name):
            ui.button("Open the folder", icon="folder_open", on_click=lambda: self._show_folder(study)).props(
                "flat dense no-caps"
            )
            with ui.tabs().props('no-caps align="left" inline-label') as tabs:
                parts = [ui.tab(name) for name in ("Videos", "Table", "Agreement")]
            with ui.tab_panels(tabs, value=parts[0], animated=False).classes("wide panels"):
                with ui.tab_panel(parts[0]):
                    show_videos(self._context, study, opened)
                with ui.tab_panel(parts[1]):
                    SummaryView(study)
                with ui.tab_panel(parts[2]):
                    AgreementView(self._context, study, opened)

    def _show_folder(self, study: Study) -> None:
        try:
            open_folder(study.root)
        except RbdmError as error:
            self._notes.failed(error)
