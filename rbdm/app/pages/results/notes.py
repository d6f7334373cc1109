"""Says what is being done, why it failed, and what the person should know about the result."""

from html import escape

from nicegui import ui

from rbdm.errors import RbdmError
from rbdm.files.naming import printable

_MOST = 20


class Notes:
    """A place for these sentences."""

    def __init__(self) -> None:
        self._state = ui.label().classes("hint").props('role="status"')
        self._problem = ui.label().classes("problem").props('role="alert"')
        self._list = ui.html("", sanitize=False)

    def working(self, text: str) -> None:
        """Say what is being done."""
        self._state.text, self._problem.text, self._list.content = text, "", ""

    def failed(self, error: RbdmError) -> None:
        """Say why it failed."""
        self._state.text, self._problem.text = "", printable(str(error))

    def show(self, notes: list[str]) -> None:
        """List what the person should know."""
        self._state.text = ""
        rows = "".join(f"<li>{escape(printable(note))}</li>" for note in notes[:_MOST])
        more = f"<li>and {len(notes) - _MOST} more</li>" if len(notes) > _MOST else ""
        self._list.content = f'<ul class="notes">{rows}{more}</ul>' if notes else ""
