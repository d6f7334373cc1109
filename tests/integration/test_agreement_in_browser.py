"""The page of an agreement in a real browser: both timelines, the disagreements, and the video."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rbdm.study import AgreementSettings, compare, write_page
from tests.support import clips
from tests.support.browser import Browser, Opened, started
from tests.support.study import write_samples, write_segments

pytestmark = pytest.mark.xdist_group("browser")

MISSING = "error: Failed to load resource: net::ERR_FILE_NOT_FOUND"
NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """Two videos of two and four seconds; only the first one lies beside the page."""
    folder = tmp_path_factory.mktemp("agreement")
    clips.write_clip(folder / "v0.mp4", clips.constant(60), size=(320, 240))
    for name, end in (("v0", 2.4), ("v1", 4.0)):
        for side, border in (("A", 1.0), ("B", end - 0.5)):
            path = folder / side / f"{name}.expression.annotation"
            write_segments(path, [(0, border, "Happy"), (border, end, "Sad")], annotator=f"{NASTY}{side}")
            write_samples(folder / side / f"{name}.valence.annotation", [i / 100 for i in range(round(end * 10))])
    write_page(compare(folder / "A", folder / "B", settings=AgreementSettings(samples=100)), folder / "page.html")
    return folder / "page.html"


def view(opened: Opened) -> tuple[float, float]:
    return tuple(opened.page.evaluate("[rbdm.view().start, rbdm.view().end]"))


def current(opened: Opened) -> float:
    """The current time, in seconds."""
    return float(opened.page.evaluate("rbdm.player().index() * 0.1"))


def wait_for_video(opened: Opened, shown: str) -> None:
    # Not `wait_for_function`: the page's policy forbids what it does to wait.
    opened.page.wait_for_selector(f"html[data-video={shown}]", state="attached", timeout=20_000)


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 390)])
def test_the_page_fits_and_nothing_complains(browser, study, dark, width) -> None:
    with browser.open(study, dark=dark, width=width) as opened:
        wait_for_video(opened, "yes")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.complaints == []
        assert {request.rpartition("/")[2] for request in opened.requests} == {"page.html", "v0.mp4"}
        painted = opened.page.evaluate(
            """() => [...document.querySelectorAll("canvas")].map((canvas) =>
                canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean))"""
        )
        assert painted == [True] * 5


def test_a_disagreement_goes_to_its_time_in_the_video(browser, study) -> None:
    with browser.open(study) as opened:
        wait_for_video(opened, "yes")
        button = opened.page.locator("[data-video='0'][data-start]")
        assert button.inner_text() == "0:01.00"
        button.click()
        assert current(opened) == pytest.approx(1.0)
        assert opened.page.evaluate("document.getElementById('video').currentTime") == pytest.approx(1.05, abs=0.06)
        assert opened.page.locator("#expression-a").inner_text() == "Sad"
        assert opened.page.locator("#expression-b").inner_text() == "Happy"
        assert opened.page.locator("#lane-a").is_visible() and opened.page.locator("#video").is_visible()


def test_another_video_without_its_file(browser, study) -> None:
    with browser.open(study) as opened:
        wait_for_video(opened, "yes")
        opened.page.locator("[data-video='1'][data-start]").click()
        wait_for_video(opened, "no")
        assert opened.page.evaluate("rbdm.place()") == 1
        assert current(opened) == pytest.approx(1.0)
        assert "v1.mp4 is not beside this page" in opened.page.locator("#problem").inner_text()
        opened.page.locator("#video-choice").select_option("0")
        wait_for_video(opened, "yes")
        assert view(opened) == (0, 2.4)
        assert [text for text in opened.complaints if text != MISSING] == []


def test_keys_and_mouse(browser, study) -> None:
    with browser.open(study) as opened:
        wait_for_video(opened, "yes")
        opened.page.locator("#over-time").focus()
        opened.page.keyboard.press("ArrowRight")
        assert current(opened) == pytest.approx(0.1)
        opened.page.keyboard.press("+")
        start, end = view(opened)
        assert end - start < 2.4
        opened.page.keyboard.press("0")
        assert view(opened) == (0, 2.4)
        box = opened.page.locator("#lane-a").bounding_box()
        y = box["y"] + box["height"] / 2
        opened.page.mouse.click(box["x"] + box["width"] / 2, y)
        assert current(opened) == pytest.approx(1.2, abs=0.11)
        opened.page.mouse.move(box["x"], y)
        opened.page.mouse.down()
        opened.page.mouse.move(box["x"] + box["width"], y, steps=4)
        opened.page.mouse.up()
        assert view(opened) == pytest.approx((0, 2.4), abs=0.01)


def test_the_list_can_be_filtered(browser, study) -> None:
    with browser.open(study) as opened:
        rows = opened.page.locator("#differences tbody tr:visible")
        assert rows.count() == 2
        opened.page.locator("#filter-a").select_option("1")
        assert (rows.count(), opened.page.locator("#differences-state").inner_text()) == (0, "0 shown")
