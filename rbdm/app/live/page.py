"""The page `Live`: its markup, its scripts, and what belongs to it on the server."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, WebSocket
from nicegui import ui
from starlette.staticfiles import StaticFiles

from rbdm.app.context import Context
from rbdm.app.live.queueing import RecordingQueue
from rbdm.app.pages.picker.dialog import Wanted, pick
from rbdm.export.report.facts import LAW, MUST_NOT, SHOWS
from rbdm.files.naming import printable

if TYPE_CHECKING:  # it loads the network's libraries
    from rbdm.app.live.session import Live

_WEB = Path(__file__).parent / "web"
_SCRIPTS = "/live/web"
_FOLDER = Wanted("Folder for recordings", folder="Record into this folder")


def add_routes(app: FastAPI, context: Context) -> None:
    """Add the websocket of the page, and its scripts."""
    app.mount(_SCRIPTS, StaticFiles(directory=_WEB))

    @cache
    def live() -> "Live":
        from rbdm.app.live.session import Live

        return Live(RecordingQueue(context.queue, context.folder), lambda: context.recordings.path)

    @app.websocket("/live/socket")
    async def socket(websocket: WebSocket) -> None:
        made = await asyncio.to_thread(live)
        await made.serve(websocket)


def build(context: Context) -> None:
    """Fill the page."""
    ui.add_css((_WEB / "live.css").read_text(encoding="utf-8"))
    ui.add_head_html(f'<script type="module" src="{_SCRIPTS}/main.js"></script>')
    sentences = "".join(f"<li>{sentence}</li>" for sentence in MUST_NOT)
    with ui.element("div").classes("live-notice").props('role="note"'):
        _html(f"<p><b>{SHOWS}</b> It must not be used for:</p><ul>{sentences}</ul><p>{LAW}</p>")
    with ui.element("div").classes("live"):
        with ui.element("div").classes("live-column"):
            with _card("camera"):
                _part("camera")
            with _card("curves"):
                _part("curves")
        with ui.element("div").classes("live-column"):
            with _card("record"):
                _html('<h2 id="live-record-title">Record</h2>')
                _folder(context)
                _part("record")
            with _card("people"):
                _part("people")


def _folder(context: Context) -> None:
    chosen = context.recordings

    async def choose() -> None:
        for chosen.path in await pick(_FOLDER):
            show()

    def show() -> None:
        label.set_text(f"Folder: {printable(str(chosen.path))}" if chosen.path else "No folder is chosen.")
        label.props(f"data-chosen={'yes' if chosen.path else 'no'}")

    with ui.element("div").classes("live-folder"):
        label = ui.label().props("id=live-folder")
        ui.button("Choose folder", on_click=choose).props("outline no-caps").classes("live-choose")
    show()


@contextmanager
def _card(name: str) -> Iterator[None]:
    with ui.element("section").classes(f"live-card live-{name}").props(f'aria-labelledby="live-{name}-title"'):
        yield


def _part(name: str) -> None:
    _html((_WEB / f"{name}.html").read_text(encoding="utf-8"))


def _html(markup: str) -> None:
    """Markup of our own: nothing in it comes from a user."""
    ui.html(markup, sanitize=False).classes("live-part")
