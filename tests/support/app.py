"""A running `rbdm app` in a process of its own, and pages of it in a browser."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Error

from rbdm.app.security.guard import opening_address
from rbdm.app.security.keys import Keys
from tests.support.command_line import copy_stream, write_picture
from tests.support.paths import ROOT

PATIENCE = 60_000
"""Milliseconds for what takes a second on an idle machine."""


@dataclass
class RunningApp:
    """An app that runs.

    Attributes:
        process: its process.
        home: the home folder of its user.
        first_line: what it printed first.
    """

    process: subprocess.Popen[str]
    home: Path
    first_line: str

    @property
    def running(self) -> dict[str, Any]:
        """What it says about itself in its folder."""
        found: dict[str, Any] = json.loads((state_of(self.home) / "running.json").read_text())
        return found

    @property
    def keys(self) -> Keys:
        return Keys(self.running["secret"])

    @property
    def port(self) -> int:
        return int(self.running["port"])

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def address(self) -> str:
        """An address that opens it once."""
        return opening_address(self.port, self.keys)


def state_of(home: Path) -> Path:
    """The app's own folder."""
    return home / "state" / "rbdm" / "app"


RBDM_APP = (sys.executable, "-m", "rbdm", "app")


def command(home: Path, *arguments: str, program: Sequence[str] = RBDM_APP) -> subprocess.Popen[str]:
    """Start `rbdm app` for a user with this home folder."""
    places = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "XDG_DATA_HOME": str(home / "data")}
    return subprocess.Popen(
        [*program, "--no-browser", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), **places},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def write_study(folder: Path, clip: tuple[Path, Path], stems: Sequence[str], deeper: str) -> Path:
    """Make a folder with a clip and its box stream, a very short one in a subfolder, and a file that is no video.

    Args:
        folder: the folder; it does not exist.
        clip: a video and its box stream.
        stems: the names of the clip, the short one and the other file.
        deeper: the name of the subfolder.
    """
    long, short, broken = stems
    (folder / deeper).mkdir(parents=True)
    shutil.copy(clip[0], folder / f"{long}.mp4")
    copy_stream(clip[1], folder / f"{long}.stream")
    write_picture(folder / f"{short}.png", clip[0]).rename(folder / deeper / f"{short}.mp4")
    (folder / f"{broken}.mp4").write_text("no video")
    return folder


@contextmanager
def running_app(home: Path) -> Iterator[RunningApp]:
    """An app, until the context ends."""
    process = command(home)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.search(r"http://127.0.0.1:\d+/\?start=", line), line + process.stdout.read()
        yield RunningApp(process, home, line)
    finally:
        process.terminate()
        process.communicate(timeout=30)


@dataclass
class AppPage:
    """A page of the app in a browser.

    Attributes:
        page: playwright's page.
        foreign: addresses of other hosts that it asked for.
        complaints: errors of its console, and exceptions.
    """

    page: Any
    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def press(self, name: str) -> None:
        """Press the button of this name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def waits_for(self, text: str) -> None:
        """Wait until a text is shown."""
        self.page.get_by_text(text).first.wait_for(timeout=PATIENCE)

    def result(self) -> Any:
        """The frame with a page of results, once its scripts have run."""
        element = self.page.wait_for_selector("iframe.result", timeout=PATIENCE)
        frame = element.content_frame()
        frame.wait_for_selector("html[data-ready]", state="attached", timeout=PATIENCE)
        return frame

    def follow(self, frame: Any, name: str) -> None:
        """Click a link in a frame with results until it leads elsewhere.

        Chromium ignores a click in such a frame if the frame has moved in the last half second. A click scrolls to the
        link first, and moves the frame.
        """
        address, link, end = frame.url, frame.get_by_role("link", name=name), time.monotonic() + PATIENCE / 1000
        while frame.url == address:
            assert time.monotonic() < end, f"the link {name!r} leads nowhere"
            with suppress(Error):  # the page may be left at this moment
                link.click(timeout=5000)
            self.page.wait_for_timeout(1000)

    def add_folder(self, folder: Path) -> None:
        """Add a folder on the page `Analyze`."""
        self.press("Add a folder…")
        self.choose(folder, "Add this folder")

    def open_results(self, folder: Path, tab: str = "") -> Any:
        """Open a folder on the page `Results`, then one of its tabs; returns the frame of the index, see `result`."""
        self.press("Open a folder…")
        self.choose(folder, "Open this folder")
        frame = self.result()
        if tab:
            self.page.get_by_role("tab", name=tab).click()
        return frame

    def choose(self, folder: Path, button: str) -> None:
        """Go to a folder in the open dialogue, and press its button."""
        address = self.page.get_by_label("Folder", exact=True)
        address.fill(str(folder))
        address.press("Enter")
        self.page.wait_for_function(
            "place => [...document.querySelectorAll('input')].some(i => i.value === place)", arg=str(folder)
        )
        time.sleep(0.3)
        self.press(button)


@contextmanager
def opened(
    browser: Any, app: RunningApp, *, dark: bool = False, width: int = 1280, path: str = "/", before: str = ""
) -> Iterator[AppPage]:
    """The app in a browser that has its key, in a profile of its own. A script may run before those of each page."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light")
    found = AppPage(context.new_page())
    try:
        context.add_init_script(before)
        found.page.set_default_timeout(PATIENCE)
        listen(found, app)
        found.page.goto(app.address)
        found.page.wait_for_url(f"{app.origin}/", timeout=PATIENCE)
        if path != "/":
            found.page.goto(f"{app.origin}{path}")
        found.page.wait_for_function("window.did_handshake", timeout=PATIENCE)
        yield found
    except Exception as error:
        error.add_note("\n".join(["the page shows:", *shown(context), "its console:", *found.complaints]))
        raise
    finally:
        context.close()


def shown(context: Any) -> Iterator[str]:
    """The address and the text of each page and frame."""
    for frame in (frame for page in context.pages for frame in page.frames):
        try:
            yield f"{frame.url}\n{frame.locator('body').inner_text(timeout=5000)}"
        except Exception as error:
            yield f"{frame.url}\n{error}"


def listen(found: AppPage, app: RunningApp) -> None:
    """Note what a page asks other hosts for, and what it complains of."""

    def note(request: Any) -> None:
        if not request.url.startswith((app.origin, app.origin.replace("http", "ws"), "data:", "blob:")):
            found.foreign.append(request.url)

    def hear(message: Any) -> None:
        if message.type == "error":
            found.complaints.append(message.text)

    found.page.on("request", note)
    found.page.on("console", hear)
    found.page.on("pageerror", lambda error: found.complaints.append(f"exception: {error}"))
