"""A running app, and its page `Live` in a browser with a camera."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.browser import Browser, Opened, listen
from tests.support.paths import ROOT

NOTE_STREAM = """
const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = async (wanted) => (window.camera = await original(wanted));
window.drawn = [];
document.addEventListener("live-drawn", ({ detail }) => window.drawn.push(detail));
"""


@dataclass
class App:
    """A running app.

    Attributes:
        process: its process.
        entrance: the address that opens it once.
        key: the cookies of a browser that has opened it.
    """

    process: subprocess.Popen[str]
    entrance: str
    key: Any = None

    @property
    def origin(self) -> str:
        return self.entrance.partition("/?")[0]


@contextmanager
def running(state: Path) -> Iterator[App]:
    """`rbdm app` in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rbdm", "app", "--no-browser"],
        cwd=ROOT,
        env={**os.environ, "XDG_STATE_HOME": str(state), "HOME": str(state)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield App(process, found[0])
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def live_page(browser: Browser, app: App, before: str = "", **options: Any) -> Iterator[Opened]:
    """The page, opened as the person does it; a script may run before it."""
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, storage_state=app.key, **options)
    try:
        context.add_init_script(NOTE_STREAM)
        context.add_init_script(before)
        opened = Opened(context.new_page())
        listen(opened)
        if app.key is None:
            opened.page.goto(app.entrance)
            opened.page.wait_for_url(f"{app.origin}/")
            app.key = context.storage_state()
        opened.page.goto(f"{app.origin}/live")
        opened.page.wait_for_selector("html[data-live]", state="attached", timeout=30_000)
        yield opened
    finally:
        context.close()


def start(opened: Opened, faces: int = 1) -> None:
    opened.page.get_by_role("button", name="Start camera").click()
    opened.page.wait_for_function(f"() => drawn.some((one) => one.faces.length >= {faces})", timeout=60_000)


def choose_folder(opened: Opened, folder: Path) -> None:
    opened.page.get_by_role("button", name="Choose folder").click()
    address = opened.page.get_by_role("textbox", name="Folder")
    address.fill(str(folder))
    address.press("Enter")
    opened.page.get_by_role("button", name="Record into this folder").click()
    opened.page.wait_for_selector("#live-folder[data-chosen=yes]")


def record(opened: Opened, folder: Path, name: str = "P07", frames: int = 20) -> Path:
    """Start a recording, and wait until it has so many frames; returns the video."""
    choose_folder(opened, folder)
    opened.page.get_by_label("Name").fill(name)
    opened.page.get_by_role("button", name="Record", exact=True).click()
    opened.page.wait_for_function(
        "least => Number(document.getElementById('live-recording').innerText.match(/([0-9]+) frames/)?.[1]) >= least",
        arg=frames,
        timeout=60_000,
    )
    (video,) = folder.glob("*.mkv")
    return video


def text(opened: Opened, name: str) -> str:
    return str(opened.page.inner_text(f"#live-{name}"))


def shown(opened: Opened, name: str, part: str) -> None:
    """Wait until an element has a text."""
    opened.page.wait_for_function(
        "([name, part]) => document.getElementById(`live-${name}`).innerText.includes(part)",
        arg=[name, part],
        timeout=30_000,
    )
