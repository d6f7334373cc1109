"""A real browser without a window, for pages: what is on them, what they ask for and what they complain of."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_NO_VIDEO = "Failed to load resource: net::ERR_FILE_NOT_FOUND"
"""A page looks for its video beside it, and says itself that there is none."""
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class Opened:
    """A page in the browser.

    Attributes:
        page: playwright's page.
        requests: every address that it asked for, itself included, `data:` left out.
        complaints: errors and warnings of its console, exceptions, and dialogues that it opened.
    """

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def model(self, name: str) -> dict[str, list[Any]]:
        """Columns of one of the plots' sources."""
        return self.page.evaluate(
            "name => Object.fromEntries(Object.entries(rbdm.model(name).data).map(([k, v]) => [k, [...v]]))", name
        )

    def show(self, start: float, end: float) -> None:
        """Show a stretch of time, in seconds, and wait until it is drawn."""
        self.page.evaluate("([start, end]) => rbdm.show(start, end)", [start, end])
        self.settle()

    def settle(self) -> None:
        """Wait until everything that was asked for is drawn."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def inside(self, plot: str) -> tuple[float, float, float, float]:
        """Scroll to a plot over time; its left, top, width and height, without its margins, in pixels of the window."""
        self.page.locator(f"#{plot}").scroll_into_view_if_needed()
        box = self.page.locator(f"#{plot}").bounding_box()
        left, _ = self.page.evaluate("() => JSON.parse(document.getElementById('about').textContent).margins")
        width = self.page.evaluate("name => rbdm.model(name).inner_width", plot)
        return box["x"] + left, box["y"], width, box["height"]


class Browser:
    """Headless Chromium, started once."""

    def __init__(self, chromium: Any, launch: Callable[..., Any]) -> None:
        self.chromium, self._launch = chromium, launch

    @contextmanager
    def with_flags(self, *flags: str) -> Iterator["Browser"]:
        """Another browser, with other flags."""
        chromium = self._launch(args=[*_FLAGS, *flags])
        try:
            yield Browser(chromium, self._launch)
        finally:
            chromium.close()

    @contextmanager
    def open(self, path: Path, *, dark: bool = False, width: int = 1280, height: int = 900) -> Iterator[Opened]:
        """A page from the disk, in a profile of its own, once it says that it is ready."""
        context = self.chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", offline=True
        )
        try:
            opened = Opened(context.new_page())
            _listen(opened)
            opened.page.goto(path.as_uri())
            opened.page.wait_for_selector("html[data-ready]", state="attached", timeout=30_000)
            opened.settle()
            yield opened
        finally:
            context.close()


def _listen(opened: Opened) -> None:
    def refuse(dialog: Any) -> None:
        opened.complaints.append(f"dialogue: {dialog.message}")
        dialog.dismiss()

    def hear(message: Any) -> None:
        if message.type in ("error", "warning", "assert") and _NO_VIDEO not in message.text:
            opened.complaints.append(f"{message.type}: {message.text}")

    def note(request: Any) -> None:
        if not request.url.startswith("data:"):
            opened.requests.append(request.url)

    opened.page.on("dialog", refuse)
    opened.page.on("console", hear)
    opened.page.on("pageerror", lambda error: opened.complaints.append(f"exception: {error}"))
    opened.page.on("request", note)


@contextmanager
def started(*flags: str) -> Iterator[Browser]:
    """A browser with these flags; the test is skipped, and says why, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip(f"needs a browser on the PATH: {', '.join(_NAMES)}")
    with playwright.sync_playwright() as driver:
        launch = partial(driver.chromium.launch, executable_path=found)
        chromium = launch(args=[*_FLAGS, *flags])
        try:
            yield Browser(chromium, launch)
        finally:
            chromium.close()
