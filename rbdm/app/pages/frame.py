"""What every page has: the navigation, the choice of light and dark, the button that ends the app, and the look."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nicegui import ui

from rbdm.app.context import Context
from rbdm.app.pages.screens import SCREENS, Screen

_STYLE = (Path(__file__).parent / "frame.css").read_text(encoding="utf-8")
_ENDED = "rbdm has ended. You can close this page. To start it again, use your menu or “rbdm app”."


@contextmanager
def page_frame(current: Screen, context: Context) -> Iterator[None]:
    """The frame of a page; what is made inside the context becomes the page's main part."""
    ui.add_css(_STYLE)
    ui.colors(primary="#1d5fbf")
    dark = ui.dark_mode(context.look.is_dark)

    def change_look() -> None:
        dark.set_value(not dark.value)
        context.look.is_dark = dark.value

    with ui.header().classes("frame"), ui.row().classes("frame-row"):
        ui.label("rbdm").classes("brand")
        with ui.element("nav").props('aria-label="Pages"').classes("pages"):
            for screen in SCREENS:
                link = ui.link(screen.name, screen.path).classes("page-link")
                if screen is current:
                    link.props('aria-current="page"')
        _button("contrast", "Light or dark").on_click(change_look)
        _button("power_settings_new", "End rbdm").on_click(lambda: _ask_to_end(context))
    with ui.element("div").classes("main"):
        ui.label(current.name).classes("unseen").props('role="heading" aria-level="1"')
        yield


@contextmanager
def card(title: str) -> Iterator[None]:
    """A part of a page with a heading."""
    with ui.element("section").classes("card"):
        ui.label(title).classes("title").props('role="heading" aria-level="2"')
        yield


def _button(icon: str, label: str) -> ui.button:
    button = ui.button(icon=icon).props(f'flat round dense aria-label="{label}"')
    button.tooltip(label)
    return button


async def _ask_to_end(context: Context) -> None:
    is_open = any(run.is_open for run in context.queue.runs)
    with ui.dialog().props('aria-label="End rbdm?"') as dialog, ui.card().classes("question"):
        ui.label("End rbdm?").classes("title")
        if is_open:
            ui.label("The queue is not finished. It goes on when you start rbdm again.")
        with ui.row().classes("ends"):
            ui.button("Cancel", on_click=lambda: dialog.submit(False)).props("flat no-caps")
            ui.button("End rbdm", on_click=lambda: dialog.submit(True)).props("unelevated no-caps")
    if await dialog:
        # The page must not ask for a connection again: nobody will answer.
        ui.run_javascript(f"window.socket?.disconnect(); document.body.textContent = {_ENDED!r};")
        ui.timer(0.5, context.quit, once=True)
