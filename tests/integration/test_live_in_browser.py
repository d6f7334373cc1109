"""The page `Live` in a real browser, with a clip as its camera: what is shown and recorded, and what goes wrong."""

import csv
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from rbdm.media.video import Video
from tests.support.app import RunningApp, running_app
from tests.support.axe import check_page
from tests.support.browser import Browser, started
from tests.support.camera import NO_QUESTION, camera_flags, filling, write_camera
from tests.support.command_line import contents
from tests.support.live import live_page
from tests.support.paths import ROOT

pytestmark = pytest.mark.xdist_group("live")

PATIENCE = 60.0


@pytest.fixture(scope="module")
def camera(face_clip: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    with Video(face_clip[0]) as video:
        pictures = [filling(frame.rgb(), 640, 480) for frame in video]
    return write_camera(tmp_path_factory.mktemp("camera") / "camera.y4m", pictures)


@pytest.fixture(scope="module")
def browser(camera: Path) -> Iterator[Browser]:
    with started(*camera_flags(camera), NO_QUESTION) as made:
        yield made


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running_app(tmp_path_factory.mktemp("home")) as made:
        yield made


def until(holds: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_recording_has_the_values_that_were_shown_and_the_files_of_the_command(
    browser: Browser, app: RunningApp, tmp_path: Path
) -> None:
    folder, again = tmp_path / "recordings", tmp_path / "again"
    folder.mkdir()
    again.mkdir()
    with live_page(browser, app) as live:
        assert live.text("light") == "Camera off"
        assert live.page.get_by_role("button", name="Record", exact=True).is_disabled()
        live.start()
        assert live.text("light") == "Camera on"
        live.shows("people", "Person 1")
        live.shows("state", "Nothing is stored unless you record")
        video = live.record(folder)
        live.shows("light", "Camera on, recording")
        live.window.press("End recording")
        live.shows("recordings", "It is being annotated: see Analyze.")
        assert live.text("light") == "Camera on"
        shown_faces = {
            one["recorded"]: one["faces"] for one in live.page.evaluate("() => drawn") if one["recorded"] is not None
        }
        live.window.press("Stop camera")
        live.shows("light", "Camera off")
        assert live.page.evaluate("() => camera.getTracks().every((track) => track.readyState === 'ended')")
        assert not live.window.foreign and not live.window.complaints
    until(lambda: (folder / f"{video.stem}.people.json").exists())
    shutil.copy(video, again)
    options = ["--face", "all", "--every-frame", "--csv", "--report", "--overlay"]
    command = [sys.executable, "-m", "rbdm", "annotate", str(again / video.name), *options]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    times = video.with_suffix(".times.csv")
    assert {name: data for name, data in contents(folder).items() if name != times.name} == contents(again)
    table = rows(folder / f"{video.stem}.people.expression.csv")
    assert [row["time"][:-3] for row in table] == [row["time"] for row in rows(times)]
    with browser.open(folder / f"{video.stem}.people.report.html") as report:  # it plays the overlay
        report.page.wait_for_selector("[data-video=yes]", state="attached", timeout=30_000)
        assert report.complaints == []
    assert len(shown_faces) > 3
    for number, faces in shown_faces.items():
        row, (face,) = table[number], faces
        ymin, xmin, ymax, xmax = face["box"]
        found = [float(row[name]) for name in ("xmin", "ymin", "xmax", "ymax")]
        assert found == pytest.approx([640 * xmin, 480 * ymin, 640 * xmax, 480 * ymax], abs=1e-3)
        assert [float(row[name]) for name in ("valence", "arousal", "Neutral", "Happy")] == pytest.approx(
            [face["valence"], face["arousal"], *face["probabilities"][:2]], abs=1e-6
        )


def test_an_unplugged_camera_and_a_closed_page_end_the_recording_and_keep_it(
    browser: Browser, app: RunningApp, tmp_path: Path
) -> None:
    unplugged, closed = tmp_path / "unplugged", tmp_path / "closed"
    unplugged.mkdir()
    closed.mkdir()
    with live_page(browser, app) as live:
        live.start()
        first = live.record(unplugged)
        live.page.evaluate("() => camera.getVideoTracks()[0].stop()")
        live.shows("problem", "The camera was disconnected, or the browser has stopped it.")
        live.shows("problem", f"The recording up to this moment is kept: {first}")
        live.shows("light", "Camera off")
        live.shows("recordings", first.name)
        live.start()
        second = live.record(closed)
        other = live.page.context.new_page()
        other.goto(f"{app.origin}/live")
        other.get_by_role("button", name="Start camera").click()
        other.wait_for_function("() => document.getElementById('live-problem').innerText.includes('another tab')")
        assert other.inner_text("#live-light") == "Camera off"
        live.page.on("dialog", lambda dialog: dialog.accept())
        live.page.close(run_before_unload=False)
        for video in (first, second):
            until(lambda video=video: (video.parent / f"{video.stem}.people.json").exists())
            with Video(video) as recorded:
                assert len(list(recorded)) == len(rows(video.with_suffix(".times.csv"))) >= 20


@pytest.mark.parametrize("ending", ["SIGKILL", "SIGTERM"])
def test_an_app_that_ends_is_said_and_the_next_start_annotates_the_recording(
    ending: str, browser: Browser, tmp_path: Path
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    with running_app(tmp_path / "home") as app, live_page(browser, app) as live:
        live.start()
        video = live.record(folder)
        app.process.send_signal(getattr(signal, ending, signal.SIGTERM))
        live.shows("problem", "rbdm does not answer any more.")
        live.shows("problem", f"The recording up to this moment is kept: {video}")
        live.shows("light", "Camera off")
    with Video(video) as recorded:
        frames = len(list(recorded))
    lost = len(rows(video.with_suffix(".times.csv"))) - frames
    assert lost <= (ending == "SIGKILL")
    with running_app(tmp_path / "home"):  # it is annotated when rbdm is started again
        until(lambda: (folder / f"{video.stem}.people.json").exists())
    assert len(rows(folder / f"{video.stem}.people.expression.csv")) == frames


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [(camera_flags(None), "The browser may not use the camera."), ([NO_QUESTION], "There is no camera.")],
    ids=["refused", "no camera"],
)
def test_without_a_camera(flags: list[str], sentence: str, browser: Browser, app: RunningApp) -> None:
    with browser.with_flags(*flags) as other, live_page(other, app) as live:
        live.window.press("Start camera")
        live.shows("problem", sentence)
        assert live.text("light") == "Camera off" and live.page.is_visible("#live-start")


@pytest.mark.parametrize("look", [{}, {"dark": True, "width": 390}], ids=["light", "dark and narrow"])
def test_the_page_follows_the_rules_of_axe_and_fits_into_its_window(
    look: dict[str, Any], browser: Browser, app: RunningApp, tmp_path: Path
) -> None:
    with live_page(browser, app, **look) as live:
        check_page(live.page, "off")
        live.start()
        live.record(tmp_path)
        check_page(live.page, "recording")
        live.window.press("End recording")
        live.shows("recordings", "It is being annotated")
        live.page.evaluate("() => camera.getVideoTracks()[0].stop()")
        live.shows("problem", "The camera was disconnected")
        check_page(live.page, "unplugged")


def test_browsers_without_a_processor_of_tracks_give_frames_too(browser: Browser, app: RunningApp) -> None:
    with live_page(browser, app, before="delete window.MediaStreamTrackProcessor") as live:
        live.start()
        live.page.wait_for_function("() => drawn.length > 10")
        live.page.evaluate("() => camera.getVideoTracks()[0].dispatchEvent(new Event('ended'))")
        live.shows("problem", "The camera was disconnected")
        assert live.window.complaints == []


def test_only_the_scripts_of_the_page_are_served(browser: Browser, app: RunningApp) -> None:
    with live_page(browser, app) as live:
        for way in ("../page.py", "%2e%2e/page.py", "..%2fpage.py", "%2e%2e%2f%2e%2e%2fcontext.py", "/etc/passwd", ""):
            answer = live.page.context.request.get(f"{app.origin}/live/web/{way}")
            assert answer.status == 404 and "rbdm.app" not in answer.text()
        assert live.page.context.request.get(f"{app.origin}/live/web/main.js").status == 200


@pytest.mark.parametrize("headers", [{}, {"Cookie": "rbdm=wrong"}], ids=["no key", "wrong key"])
@pytest.mark.parametrize("origin", [None, "http://evil.example", ""])
def test_nobody_else_gets_a_connection(headers: dict[str, str], origin: str | None, app: RunningApp) -> None:
    own = app.origin if origin is None else origin
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(f"{app.origin.replace('http', 'ws')}/live/socket", origin=own or None, additional_headers=headers),
    ):
        pass
