"""The part `Agreement` of a study: rbdm's results and the annotations of a person, compared."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nicegui import events, ui

from rbdm.app.context import Context
from rbdm.app.pages.picker.dialog import Wanted, pick
from rbdm.app.pages.results.notes import Notes
from rbdm.app.pages.results.result_frame import ResultFrame
from rbdm.app.results.studies import Opened, Study
from rbdm.app.results.uploads import ENDINGS, MOST_BYTES, Uploads
from rbdm.errors import InputError, RbdmError
from rbdm.files.naming import printable

if TYPE_CHECKING:  # what is slow to import is imported when it is needed
    from rbdm.study import Agreement

_ALL = "All videos of this study"


class AgreementView:
    """The form and the page of the agreement.

    Args:
        context: see `Context`.
        study: whose results are compared.
        opened: what is in it.
    """

    def __init__(self, context: Context, study: Study, opened: Opened) -> None:
        self._context, self._study, self._opened = context, study, opened
        self._human: Path | None = None
        self._uploads = Uploads(context.folder)
        self._agreement: Agreement | None = None
        self._form()
        self._notes = Notes()
        self._frame = ResultFrame()

    def _form(self) -> None:
        ui.label("Compare with the annotations of a person, such as those of NOVA: kappa, alpha, ICC, CCC.").classes(
            "hint"
        )
        with ui.row().classes("line"):
            ui.button("Choose an annotation…", on_click=self._pick_file).props("outline no-caps")
            ui.button("Choose a folder of annotations…", on_click=self._pick_folder).props("outline no-caps")
            upload = ui.upload(
                label="Annotation files",
                multiple=True,
                auto_upload=True,
                max_file_size=MOST_BYTES,
                on_upload=self._receive,
                on_rejected=lambda: self._notes.failed(InputError(f"files: only up to {MOST_BYTES >> 20} MB each")),
            )
            # NiceGUI refuses the files of an element that it has made invisible.
            upload.props(f'accept="{",".join(ENDINGS)}"').style("display: none")
            choose = ui.button("Upload annotations…", on_click=lambda: upload.run_method("pickFiles"))
            choose.props("outline no-caps")
        self._chosen = ui.label("Nothing chosen").classes("path").props('role="status"')
        with ui.row().classes("line"):
            self._with = ui.select([_ALL, *self._opened.results], value=_ALL, label="Compare with")
            self._with.props("outlined dense").classes("grow")
            self._step = ui.number("Seconds in a step", value=0.1, min=0.01, max=60, step=0.05).props("outlined dense")
        with ui.row().classes("line"):
            ui.button("Compare", icon="compare_arrows", on_click=self.compare).props("unelevated no-caps")
            self._csv = ui.button("Save as CSV", icon="download", on_click=self._save).props("outline no-caps")
            self._csv.set_enabled(False)

    async def compare(self) -> None:
        """Compare, and show the page."""
        if self._human is None:
            self._notes.failed(InputError("Choose the annotations of a person first."))
            return
        self._notes.working("Comparing…")
        try:
            self._agreement = await asyncio.to_thread(self._compare, self._human)
        except RbdmError as error:
            self._notes.failed(error)
            return
        self._notes.show(self._agreement.notes)
        self._csv.set_enabled(True)
        address = self._context.address(self._study.agreement)
        self._frame.show(address, "Agreement")

    def _compare(self, human: Path) -> "Agreement":
        from rbdm.study import AgreementSettings, compare
        from rbdm.study.agreement.page import agreement_page

        other = self._opened.results.get(str(self._with.value), self._study.root)
        agreement = compare(human, other, settings=AgreementSettings(step=self._step.value or 0.1))
        # The place of an upload, or a long path, says nothing to a person.
        if agreement.a == printable(str(human)):
            agreement = replace(agreement, a=printable(human.name), b=self._study.name)
        page = self._study.agreement
        self._context.shelf.put_page(page, agreement_page(agreement, page, self._study.root))
        return agreement

    async def _pick_file(self) -> None:
        wanted = Wanted("Choose the annotation of a person", lambda name: name.endswith(ENDINGS[0]), files="annotation")
        await self._take(await pick(wanted))

    async def _pick_folder(self) -> None:
        await self._take(await pick(Wanted("Choose a folder of annotations", folder="Use this folder")))

    async def _take(self, found: list[Path]) -> None:
        if len(found) > 1:
            self._notes.failed(InputError("Choose one file. For several, choose their folder, or drop them here."))
        elif found:
            self._human = found[0]
            self._chosen.text = printable(str(found[0]))

    async def _receive(self, event: events.UploadEventArguments) -> None:
        try:
            await event.file.save(self._uploads.path(event.file.name))
        except RbdmError as error:
            self._notes.failed(error)
            return
        self._human = self._uploads.named
        names = sorted(path.name for path in self._uploads.folder.iterdir())
        self._chosen.text = printable(f"uploaded: {', '.join(names)}")

    def _save(self) -> None:
        from rbdm.study.agreement.figures import figure_table
        from rbdm.study.columns import csv_text

        if self._agreement is not None:
            name = f"{self._study.name} agreement.csv"
            ui.download.content(csv_text(figure_table(self._agreement)), name, "text/csv")
