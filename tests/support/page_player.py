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

    def picture_time(self) -> float:
        """The time of the picture that the browser shows, in seconds on its own clock."""
        self._page.wait_for_function("!document.getElementById('video').seeking")
        return float(
            self._page.evaluate(
                """() => new Promise((done) => {
                  const video = document.getElementById("video");
                  video.requestVideoFrameCallback((_, shown) => done(shown.mediaTime));
                  video.currentTime = video.currentTime;
                })"""
            )
        )

    def cursor(self) -> float:
        """x of the left edge of the line in the plots, in pixels of the window."""
        assert self._page.locator("#cursor").is_visible()
        return float(self._page.locator("#cursor").bounding_box()["x"])
