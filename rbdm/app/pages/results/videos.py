"""The part `Videos` of a study: its index page, from which the reports open."""

from nicegui import ui

from rbdm.app.context import Context
from rbdm.app.pages.results.result_frame import ResultFrame
from rbdm.app.results.studies import Opened, Study


def show_videos(context: Context, study: Study, opened: Opened) -> None:
    """Show the index page, in a frame of its own that cannot use the app."""
    index = context.address(study.index)
    places = {index: "List of all videos"}
    places |= {context.address(path): f"Report: {name}" for name, path in opened.reports.items()}

    def show(address: str) -> None:
        frame.show(address, places[address])
        link.props(f'href="{address}"')

    with ui.row().classes("line"):
        choice = ui.select(places, value=index, label="Show", with_input=len(places) > 12)
        choice.on_value_change(lambda event: show(event.value or index))
        choice.props("outlined dense").classes("grow")
        ui.button("Back to the list", icon="list", on_click=lambda: show(index)).props("outline no-caps")
        link = ui.element("a").props('target="_blank" rel="noopener"').classes("button-link")
        with link:
            ui.label("Open in a tab of its own")
    frame = ResultFrame()
    show(index)
