"""In a browser, a button or the key M exchanges the pictures of a report with what their labels rest on, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rbdm.export.report import write_report
from tests.support.browser import Browser, started
from tests.support.command_line import write_picture

# One process starts the browser, once.
pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def page(annotator, face_clip, tmp_path_factory) -> Path:
    """The page of a picture, with maps."""
    folder = tmp_path_factory.mktemp("maps")
    prediction = annotator.annotate(write_picture(folder / "smile.png", face_clip[0]))
    write_report([prediction], folder / "page.html", with_maps=True)
    return folder / "page.html"


def test_a_button_and_a_key_exchange_the_pictures(browser, page):
    with browser.open(page) as opened:
        pictures, button = opened.page.locator("img[data-map]"), opened.page.locator("[data-maps]")
        sources = pictures.evaluate_all("all => all.map(one => one.src)")
        maps = pictures.evaluate_all("all => all.map(one => one.dataset.map)")
        legend = opened.page.locator(".maps span").first
        assert len(sources) == 2 and not legend.is_visible()
        button.click()
        assert pictures.evaluate_all("all => all.map(one => one.src)") == maps
        assert button.get_attribute("aria-pressed") == "true" and legend.is_visible()
        opened.page.keyboard.press("m")
        assert pictures.evaluate_all("all => all.map(one => one.src)") == sources
        assert button.get_attribute("aria-pressed") == "false" and not legend.is_visible()
        assert not opened.complaints
