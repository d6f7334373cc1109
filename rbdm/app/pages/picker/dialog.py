"""The dialogue in which a person chooses files, or a folder, of this machine."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from nicegui import ui

from rbdm.app.pages.picker.folders import Item, Listing, list_folder, places
from rbdm.app.pages.texts import size
from rbdm.files.naming import printable
from rbdm.progress import counted

_MOST = 300
"""The most files and folders that are shown; the filter finds the others."""


@dataclass(frozen=True)
class Wanted:
    """What is to be chosen.

    Attributes:
        title: of the dialogue.
        accepts: whether a file of this name can be chosen.
        files: what these files are called, such as `video`; empty if only a folder can be chosen.
        folder: the text of the button that chooses the open folder; empty if only files can be chosen.
    """

    title: str
    accepts: Callable[[str], bool] = lambda name: False
    files: str = ""
    folder: str = ""


_last = Path.home()


async def pick(wanted: Wanted) -> list[Path]:
    """Let the person choose; an empty list if they choose nothing."""
    with ui.dialog() as dialog, ui.card().classes("picker").props('role="document"'):
        dialog.props(f'aria-label="{wanted.title}"')
        picker = _Picker(wanted, dialog.submit)
        await picker.go(_last)
    found = await dialog
    dialog.delete()
    return list(found or [])


class _Picker:
    def __init__(self, wanted: Wanted, submit: Callable[[list[Path]], None]) -> None:
        self._wanted, self._chosen, self._filter = wanted, dict[Path, None](), ""
        self._listing = Listing(Path(), ())
        ui.label(wanted.title).classes("title").props('role="heading" aria-level="2"')
        with ui.row().classes("places"):
            for name, folder in places():
                ui.button(name, on_click=lambda _, folder=folder: self.go(folder)).props("flat dense no-caps")
        with ui.row().classes("way"):
            self._up = ui.button(icon="arrow_upward", on_click=lambda: self.go(self._listing.folder.parent))
            self._up.props('flat dense round aria-label="The folder above"')
            self._address = ui.input("Folder").props("dense outlined").classes("grow")
            self._address.on("keydown.enter", lambda: self.go(Path(self._address.value).expanduser()))
        self._search = ui.input("Show only names with", on_change=self._narrow).props("dense outlined clearable")
        self._problem = ui.label().classes("problem").props('role="alert"')
        self._list = ui.element("div").classes("items").props('role="group" aria-label="Files and folders"')
        with ui.row().classes("ends"):
            ui.button("Cancel", on_click=lambda: submit([])).props("flat no-caps")
            if wanted.folder:
                choose = ui.button(wanted.folder, on_click=lambda: submit([self._listing.folder])).props("no-caps")
                choose.props("outline" if wanted.files else "unelevated")
            if wanted.files:
                self._add = ui.button(on_click=lambda: submit(list(self._chosen))).props("no-caps unelevated")
        self._count()

    async def go(self, folder: Path) -> None:
        """Open a folder."""
        global _last
        listing = await asyncio.to_thread(list_folder, folder.absolute(), self._wanted.accepts)
        if listing.problem:
            self._problem.text = printable(listing.problem)
            return
        _last = listing.folder
        self._listing, self._problem.text = listing, ""
        self._address.value = str(listing.folder)
        self._search.value = ""
        self._up.set_enabled(listing.folder != listing.folder.parent)
        self._show()

    def _narrow(self) -> None:
        self._filter = (self._search.value or "").casefold()
        self._show()

    def _show(self) -> None:
        self._list.clear()
        found = [item for item in self._listing.items if self._filter in item.path.name.casefold()]
        files = [item for item in found if not item.is_folder]
        with self._list:
            if self._wanted.files and len(files) > 1:
                every = ui.checkbox(f"All {len(files)} {self._wanted.files}s here")
                every.on_value_change(lambda event: self._choose_all(files, event.value))
            for item in found[:_MOST]:
                self._row(item)
            if len(found) > _MOST:
                ui.label(f"and {len(found) - _MOST} more: type a part of the name above").classes("hint")
            if not found:
                what = f"no folders and no {self._wanted.files}s" if self._wanted.files else "no folders"
                ui.label(f"There are {what} here.").classes("hint")

    def _row(self, item: Item) -> None:
        name = printable(item.path.name)
        if item.is_folder:
            button = ui.button(name, icon="folder", on_click=lambda: self.go(item.path))
            button.props("flat no-caps align=left").classes("item")
            return
        box = ui.checkbox(f"{name} ({size(item.size)})", value=item.path in self._chosen).classes("item")
        box.on_value_change(lambda event: self._choose([item.path], event.value))

    def _choose(self, paths: list[Path], is_chosen: bool) -> None:
        for path in paths:
            if is_chosen:
                self._chosen[path] = None
            else:
                self._chosen.pop(path, None)
        self._count()

    def _choose_all(self, files: list[Item], is_chosen: bool) -> None:
        self._choose([item.path for item in files], is_chosen)
        self._show()

    def _count(self) -> None:
        if self._wanted.files:
            self._add.text = f"Add {counted(len(self._chosen), self._wanted.files)}"
            self._add.set_enabled(bool(self._chosen))
