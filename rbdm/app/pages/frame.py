"""What every page has: the navigation, the choice of light and dark, and the look."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nicegui import ui

from rbdm.app.pages.screens import SCREENS, Screen

_STYLE = (Path(__file__).parent / "frame.css").read_text(encoding="utf-8")


@contextmanager
def page_frame(current: Screen) -> Iterator[None]:
    """The frame of a page; what is made inside the context becomes the page's main part."""
    ui.add_css(_STYLE)
    ui.colors(primary="#1d5fbf")
    dark = ui.dark_mode(None)
    with ui.header().classes("frame"), ui.row().classes("frame-row"):
        ui.label("rbdm").classes("brand")
        with ui.element("nav").props('aria-label="Pages"').classes("pages"):
            for screen in SCREENS:
                link = ui.link(screen.name, screen.path).classes("page-link")
                if screen is current:
                    link.props('aria-current="page"')
        ui.button(icon="contrast", on_click=lambda: dark.set_value(not dark.value)).props(
            'flat round dense aria-label="Light or dark"'
        )
    with ui.element("main").classes("main"):
        yield


@contextmanager
def card(title: str) -> Iterator[None]:
    """A part of a page with a heading."""
    with ui.element("section").classes("card"):
        ui.label(title).classes("title").props('role="heading" aria-level="2"')
        yield
