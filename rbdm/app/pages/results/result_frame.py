"""A page of results inside a page of the app: it can run its scripts, but cannot use the app."""

from html import escape

from nicegui import ui


class ResultFrame:
    """A place for such a page."""

    def __init__(self) -> None:
        self._html, self._count = ui.html("", sanitize=False).classes("wide"), 0

    def show(self, address: str, title: str) -> None:
        """Show a page, also again if links in it have led elsewhere.

        Args:
            address: see `Context.address`.
            title: for screen readers.
        """
        self._count += 1
        # The server sends the same rules with the page; the attribute repeats them.
        self._html.content = (
            f'<iframe class="result" data-count="{self._count}" src="{escape(address)}" title="{escape(title)}" '
            'sandbox="allow-scripts allow-downloads"></iframe>'
        )
