"""The list of files and folders that a person has chosen, and the table of the videos in them."""

import asyncio
from pathlib import Path

from nicegui import ui

from rbdm.app.pages.analyze.found import Found, look
from rbdm.app.pages.picker.dialog import Wanted, pick
from rbdm.app.pages.texts import Cell, clock, in_words, size, table
from rbdm.files.naming import IMAGE_ENDINGS, VIDEO_ENDINGS, printable
from rbdm.progress import counted

_MOST = 200
"""The most videos in the table."""


class Chosen:
    """What the person has chosen, and what is known about it."""

    def __init__(self) -> None:
        self.picked: list[Path] = []
        self.found: list[Found] = []
        self.out: Path | None = None
        self.recursive = True
        self._looks = 0
        with ui.row().classes("line"):
            ui.button("Add videos…", icon="movie", on_click=self._pick_files).props("unelevated no-caps")
            ui.button("Add a folder…", icon="folder", on_click=self._pick_folder).props("outline no-caps")
            box = ui.checkbox("With subfolders", value=True)
            box.on_value_change(lambda event: self._set_recursive(event.value))
        self._list = ui.element("ul").classes("picks")
        self._state = ui.label("Choose videos, or a folder with videos, on this computer.").classes("hint")
        self._state.props('role="status"')
        self._table = ui.html("", sanitize=False)

    @property
    def usable(self) -> list[Found]:
        """The videos that can be annotated."""
        return [one for one in self.found if not one.problem]

    async def clear(self) -> None:
        """Choose nothing."""
        self.picked = []
        await self.refresh()

    async def refresh(self) -> None:
        """Look again at what was chosen."""
        self._looks += 1
        number = self._looks
        self._show_picks()
        self._state.text = "Looking at the videos…" if self.picked else "Choose videos, or a folder, on this computer."
        found = await asyncio.to_thread(look, list(self.picked), self.out, self.recursive)
        if number != self._looks:  # the person has chosen something else meanwhile
            return
        self.found = found
        if self.picked:
            self._state.text = _summary(found)
        self._table.content = _table(found) if found else ""

    async def _pick_files(self) -> None:
        endings = VIDEO_ENDINGS | IMAGE_ENDINGS
        wanted = Wanted("Add videos", lambda name: Path(name).suffix.lower() in endings, files="video")
        await self._add(await pick(wanted))

    async def _pick_folder(self) -> None:
        await self._add(await pick(Wanted("Add a folder with videos", folder="Add this folder")))

    async def _add(self, paths: list[Path]) -> None:
        self.picked = list(dict.fromkeys([*self.picked, *paths]))
        if paths:
            await self.refresh()

    async def _remove(self, path: Path) -> None:
        self.picked.remove(path)
        await self.refresh()

    async def _set_recursive(self, value: bool) -> None:
        self.recursive = value
        await self.refresh()

    def _show_picks(self) -> None:
        self._list.clear()
        with self._list:
            for path in self.picked:
                with ui.element("li"):
                    ui.label(printable(str(path))).classes("path")
                    button = ui.button(icon="close", on_click=lambda _, path=path: self._remove(path))
                    button.props("flat dense round size=sm")
                    button.props["aria-label"] = f"Remove {printable(path.name)}"  # a name may contain any sign


def _summary(found: list[Found]) -> str:
    usable = [one for one in found if not one.problem]
    seconds = sum(one.seconds for one in usable)
    parts = [f"{counted(len(usable), 'video')}, {clock(seconds)} in all"]
    if done := sum(one.results == 3 or one.people for one in usable):
        parts.append(f"{done} with results already")
    if bad := len(found) - len(usable):
        parts.append(f"{bad} cannot be used")
    return "; ".join(parts) + "."


def _table(found: list[Found]) -> str:
    head = ("Video", "Length", "Size", "Box stream", "Results there")
    html = table("The videos that were found", head, [_row(one) for one in found[:_MOST]])
    return html + (f'<p class="hint">and {len(found) - _MOST} more</p>' if len(found) > _MOST else "")


def _row(one: Found) -> list[Cell]:
    name = (one.task.below / one.task.video.name).as_posix()
    if one.problem:
        return [name, (in_words(one.problem), "problem"), "", "", ""]
    results = "everybody" if one.people else ("–", "some", "some", "yes")[one.results]
    stream = one.stream.name if one.stream else "–"
    return [name, (clock(one.seconds), "number"), (size(one.size), "number"), stream, results]
