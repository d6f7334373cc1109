"""The app in a browser: a whole session from the choice of a folder to the tables, and every screen by axe's rules."""

import csv
import io
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rbdm.study import compare, summarize
from rbdm.study.agreement.figures import figure_table
from rbdm.study.columns import csv_text
from tests.support.app import PATIENCE, AppPage, RunningApp, command, opened, running_app, state_of, write_study
from tests.support.axe import check_page
from tests.support.browser import started
from tests.support.command_line import names, six_files

pytestmark = pytest.mark.xdist_group("app")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as running:
        yield running.chromium


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    """A home folder with a study: a clip with its box stream, a very short one, and a file that is no video."""
    home = tmp_path_factory.mktemp("home")
    write_study(home / "Videos" / "my study", face_clip, ("anna", "ben", "notes"), "day 2")
    return home


@pytest.fixture(scope="module")
def app(home: Path) -> Iterator[RunningApp]:
    pytest.importorskip("nicegui", reason="needs the extra app")
    with running_app(home) as running:
        yield running


@pytest.fixture(scope="module")
def study(home: Path, app: RunningApp, browser: Any) -> Path:
    """The study, annotated by the session of a person."""
    study = home / "Videos" / "my study"
    with opened(browser, app) as window:
        window.add_folder(study)
        window.waits_for("2 videos, 0:03 in all; 1 cannot be used.")
        rows = window.page.locator("tbody tr").all_inner_texts()
        assert [row.split("\t")[0] for row in rows] == ["anna.mp4", "notes.mp4", "day 2/ben.mp4"]
        assert "anna.stream" in rows[0] and "not a video or image" in rows[1]
        window.press("Start")
        window.waits_for("You may close this page")
    with opened(browser, app) as window:  # the work has gone on, and is there again
        window.waits_for("All videos are finished.")
        window.waits_for("2 done, 1 failed")
        window.waits_for("notes.mp4: not a video or image")
        assert not window.foreign and not window.complaints
    return study


def test_the_session_has_written_the_results_of_the_command(study):
    written = {f"{stem}{end}" for stem in ("anna", "day 2/ben") for end in (".report.html", ".expression.csv")}
    written |= six_files("anna") | {f"day 2/{name}" for name in six_files("ben")}
    videos = {"anna.mp4", "anna.stream", "anna.stream~", "notes.mp4", "day 2/ben.mp4"}
    assert names(study) == written | videos  # which are those of the command: test_app_queue.py


def test_a_report_opens_from_the_list_and_plays_its_video(study, app, browser):
    with opened(browser, app) as window:
        window.page.get_by_role("link", name="Show the results").click()
        frame = window.result()
        assert frame.locator("tbody tr").count() == 2
        window.follow(frame, "Report of anna")
        frame.wait_for_selector("#video", timeout=PATIENCE)
        frame.wait_for_function("document.getElementById('video').readyState >= 2", timeout=PATIENCE)
        assert frame.evaluate("document.getElementById('video').currentSrc").endswith("/my%20study/anna.mp4")
        frame.evaluate("document.getElementById('video').play()")
        frame.wait_for_function("document.getElementById('video').currentTime > 0.1", timeout=PATIENCE)
        assert frame.evaluate("origin") == "null"
        window.press("Back to the list")
        window.page.wait_for_selector("iframe.result[data-count='2']")
        assert window.result().locator("tbody tr").count() == 2
        assert not window.foreign and not window.complaints


def download(window: AppPage, button: str) -> str:
    with window.page.expect_download(timeout=PATIENCE) as event:
        window.press(button)
    return Path(event.value.path()).read_text(encoding="utf-8")


def test_the_table_is_the_one_of_summarize(study, app, browser):
    with opened(browser, app, path="/results") as window:
        window.open_results(study, "Table")
        window.press("Make the table")
        window.page.get_by_role("region", name="Summary of the study").wait_for(timeout=PATIENCE)
        summary = summarize(study)
        assert download(window, "Save as CSV") == csv_text(summary.table())
        assert download(window, "Save in the long format") == csv_text(summary.table(long=True))
        assert window.page.locator("tbody tr").count() == 2


def test_an_uploaded_annotation_is_compared(study, app, browser, tmp_path):
    human = tmp_path / "anna.expression.maria.annotation"
    for end in ("", "~"):
        shutil.copy(f"{study / 'anna.expression.annotation'}{end}", f"{human}{end}")
    with opened(browser, app, path="/results") as window:
        window.open_results(study, "Agreement")
        window.press("Compare")
        window.waits_for("Choose the annotations of a person first.")
        window.page.set_input_files("input[type=file]", [str(human), f"{human}~"])
        window.waits_for(f"uploaded: {human.name}, {human.name}~")
        window.page.get_by_label("Compare with").click()
        window.page.get_by_role("option", name="anna (rbdm)").click()
        window.press("Compare")
        frame = window.result()
        assert "anna.expression.maria.annotation and my study" in frame.locator("h1").inner_text()
        rows = list(csv.DictReader(io.StringIO(download(window, "Save as CSV"))))
        expected = csv_text(figure_table(compare(human, study / "anna.expression.annotation")))
        for row in rows:
            row["video"] = row["video"] and tmp_path.name  # an upload has no folder that names its video
        assert rows == list(csv.DictReader(io.StringIO(expected)))
        assert not window.foreign


@pytest.mark.parametrize("look", [{}, {"dark": True, "width": 390}], ids=["light", "dark and narrow"])
def test_every_screen_follows_the_rules_of_axe_and_fits_into_its_window(study, app, browser, look):
    with opened(browser, app, **look) as window:
        window.waits_for("All videos are finished.")
        check_page(window.page, "analyze")
        window.press("Add videos…")
        window.page.get_by_role("dialog").wait_for()
        check_page(window.page, "picker")
        window.choose(study, "Cancel")
        window.add_folder(study)
        window.waits_for("2 videos, 0:03 in all; 2 with results already; 1 cannot be used.")
        check_page(window.page, "videos chosen")
        window.press("End rbdm")
        window.waits_for("End rbdm?")
        check_page(window.page, "question")
        window.press("Cancel")
        window.page.get_by_role("link", name="Show the results").click()
        window.result()
        check_page(window.page, "videos")
        window.page.get_by_role("tab", name="Table").click()
        window.press("Make the table")
        window.page.get_by_role("region", name="Summary of the study").wait_for(timeout=PATIENCE)
        check_page(window.page, "table")
        window.page.get_by_role("tab", name="Agreement").click()
        window.waits_for("Compare with the annotations of a person")
        check_page(window.page, "agreement")
        window.page.get_by_role("link", name="Help").click()
        window.waits_for("How it works")
        check_page(window.page, "help")
        assert not window.complaints


def test_a_folder_is_chosen_with_the_keyboard_alone(study, app, browser):
    with opened(browser, app) as window:
        keyboard, page = window.page.keyboard, window.page

        def tab_to(name: str) -> None:
            for _ in range(40):
                focused = page.evaluate(
                    "() => { const e = document.activeElement; "
                    "return e.tagName === 'BUTTON' ? e.ariaLabel || e.innerText : '' }"
                )
                if focused and name in focused:
                    return
                keyboard.press("Tab")
            raise AssertionError(f"{name} is not reached")

        tab_to("Add a folder…")
        keyboard.press("Enter")
        page.get_by_role("dialog").wait_for()
        page.wait_for_timeout(500)
        tab_to("Videos")
        keyboard.press("Enter")
        page.get_by_role("button", name="my study").wait_for()
        tab_to("my study")
        keyboard.press("Enter")
        page.get_by_role("button", name="day 2").wait_for()
        tab_to("Add this folder")
        keyboard.press("Enter")
        window.waits_for("2 videos, 0:03 in all")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a desktop entry")
def test_the_shortcut_opens_the_running_app_and_its_end_is_in_the_page(tmp_path, browser):
    with running_app(tmp_path) as app:
        assert state_of(tmp_path).stat().st_mode & 0o077 == 0
        assert (state_of(tmp_path) / "running.json").stat().st_mode & 0o077 == 0
        assert command(tmp_path, "--install-shortcut").wait(60) == 0
        entry = (tmp_path / "data" / "applications" / "rbdm.desktop").read_text()
        program = re.findall('"([^"]*)"', entry.split("\nExec=")[1].splitlines()[0])
        second = command(tmp_path, program=program)
        said = second.communicate(timeout=60)[0]
        assert second.returncode == 0
        assert said.startswith(f"rbdm is already running: open this address, which is valid once: {app.origin}/?start=")
        with opened(browser, app) as window:
            window.press("End rbdm")
            window.page.get_by_role("dialog").get_by_role("button", name="End rbdm").click()
            window.waits_for("rbdm has ended. You can close this page.")
            assert app.process.wait(30) == 0
        assert not (state_of(tmp_path) / "running.json").exists()
