"""Fills the page `Results`."""

from nicegui import ui

from rbdm.app.context import Context


def build(context: Context) -> None:
    """Fill the page."""
    ui.label("Results").classes("title")
