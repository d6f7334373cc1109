"""The player of a page in a browser: what it shows, and how a test waits for it."""

from typing import Any

from tests.support.browser import Opened


class Player:
    """The player of an open page, whose results have frames."""

    def __init__(self, opened: Opened) -> None:
        self._page: Any = opened.page
        self._page.wait_for_function("document.documentElement.dataset.video", timeout=20_000)

    @property
    def is_shown(self) -> bool:
        return bool(self._page.locator("#video").is_visible())

    @property
    def frame(self) -> int:
        """Number of the current frame; -1 if there is none."""
        return int(self._page.evaluate("rbdm.current()"))

    @property
    def problem(self) -> str:
        return str(self._page.locator("#problem").inner_text())

    def expect_picture_of(self, time: float, tolerance: float = 1e-3) -> None:
        """Wait until the browser shows the picture of this time, in seconds of the results; fail if it never does."""
        self._page.wait_for_function(
            "([time, tolerance]) => Math.abs(rbdm.player().latest() - time) < tolerance",
            arg=[float(time), tolerance],
            timeout=10_000,
        )

    def cursor(self) -> float:
        """x of the left edge of the line in the plots, in pixels of the window."""
        assert self._page.locator("#cursor").is_visible()
        return float(self._page.locator("#cursor").bounding_box()["x"])
