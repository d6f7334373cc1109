"""The page `Live` of a running app, in a browser with a camera."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.app import PATIENCE, AppPage, RunningApp, opened
from tests.support.browser import Browser

_NOTE_STREAM = """
const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => (window.camera = await original(wanted));
window.drawn = [];
document.addEventListener("live-drawn", ({ detail }) => window.drawn.push(detail));
"""
"""`camera` is the stream of the camera, and `drawn` are the answers that were drawn."""


class LivePage:
    """The page.

    Attributes:
        window: the page of the app.
        page: playwright's page.
    """

    def __init__(self, window: AppPage) -> None:
        self.window, self.page = window, window.page

    def start(self) -> None:
        """Start the camera, and wait for a face."""
        self.page.evaluate("() => { drawn = []; }")
        self.window.press("Start camera")
        try:
            self.page.wait_for_function("() => drawn.some((one) => one.faces.length)", timeout=PATIENCE)
        except Exception as error:
            error.add_note(f"the page says: {self.text('state')} {self.text('problem')}")
            raise

    def choose_folder(self, folder: Path) -> None:
        """Choose the folder for recordings."""
        self.window.press("Choose folder")
        self.window.choose(folder, "Record into this folder")
        self.page.wait_for_selector("#live-folder[data-chosen=yes]")

    def record(self, folder: Path, name: str = "P07", frames: int = 20) -> Path:
        """Start a recording, and wait until it has so many frames; returns the video."""
        self.choose_folder(folder)
        self.page.get_by_label("Name", exact=True).fill(name)
        self.window.press("Record")
        found = "document.getElementById('live-recording').innerText.match(/([0-9]+) frames/)?.[1]"
        self.page.wait_for_function(f"least => Number({found}) >= least", arg=frames, timeout=PATIENCE)
        (video,) = folder.glob("*.mkv")
        return video

    def text(self, name: str) -> str:
        """The text of an element."""
        return str(self.page.inner_text(f"#live-{name}"))

    def shows(self, name: str, part: str) -> None:
        """Wait until an element has a text."""
        has = "([name, part]) => document.getElementById(`live-${name}`).innerText.includes(part)"
        self.page.wait_for_function(has, arg=[name, part], timeout=PATIENCE)

    def drawn(self) -> list[dict[str, Any]]:
        """The answers that were drawn."""
        found: list[dict[str, Any]] = self.page.evaluate("() => drawn")
        return found


@contextmanager
def live_page(browser: Browser, app: RunningApp, before: str = "", **look: Any) -> Iterator[LivePage]:
    """The page, ready to start the camera; a script may run before it."""
    with opened(browser.chromium, app, path="/live", before=_NOTE_STREAM + before, **look) as window:
        window.page.wait_for_selector("html[data-live]", state="attached", timeout=PATIENCE)
        yield LivePage(window)
