"""The index page of a study in a real browser: sorting, filtering, links, keys, and a small screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from rbdm.study import index_study, write_index
from tests.support.browser import Browser, Opened, started
from tests.support.study import write_samples, write_segments

pytestmark = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with started() as running:
        yield running


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Path:
    """Three videos whose names, lengths and valence are in three different orders; one has no valence."""
    folder = tmp_path_factory.mktemp("index")
    for name, end, valence, most in (("v2", 9, 0.1, "Happy"), ("v10", 3, None, "Sad"), ("v1", 6, -0.5, "Ärger")):
        stem = folder / "results" / f"{name}.guest"
        about = {"role": "guest", "meta": {"video": f"{name}.mp4"}, "annotator": most}
        segments = [(0, end, most if most != "Ärger" else "Anger")]
        write_segments(Path(f"{stem}.expression.annotation"), segments, **about)
        write_samples(Path(f"{stem}.arousal.annotation"), [0.0] * (10 * end), scheme="arousal", **about)
        if valence is not None:
            write_samples(Path(f"{stem}.valence.annotation"), [valence] * (10 * end), **about)
    (folder / "results" / "v1.people.report.html").write_text("<title>the report of v1</title>", encoding="utf-8")
    write_index(index_study(folder / "results"), folder / "index.html")
    return folder / "index.html"


def videos(opened: Opened) -> list[str]:
    return opened.page.locator("tbody tr:visible th").all_inner_texts()


def sort_by(opened: Opened, column: str) -> tuple[list[str], str | None]:
    head = opened.page.locator(f"thead [data-column={column}]")
    head.locator("button").click()
    assert opened.page.locator("[aria-sort]").count() == 1
    return videos(opened), head.get_attribute("aria-sort")


def test_every_column_sorts_in_both_orders(browser, page) -> None:
    with browser.open(page) as opened:
        assert videos(opened) == ["v1", "v2", "v10"]
        assert opened.page.locator("[aria-sort=ascending]").get_attribute("data-column") == "video"
        assert sort_by(opened, "video") == (["v10", "v2", "v1"], "descending")
        assert sort_by(opened, "duration") == (["v10", "v1", "v2"], "ascending")
        assert sort_by(opened, "duration") == (["v2", "v1", "v10"], "descending")
        assert sort_by(opened, "valence") == (["v1", "v2", "v10"], "ascending")
        assert sort_by(opened, "valence") == (["v2", "v1", "v10"], "descending")  # what is not known stays last
        assert sort_by(opened, "most") == (["v1", "v2", "v10"], "ascending")
        assert sort_by(opened, "files")[0][-1] == "v1"
        columns = opened.page.evaluate("[...document.querySelectorAll('thead th')].map((th) => th.dataset.column)")
        for column in columns:
            assert sort_by(opened, column)[1] in ("ascending", "descending")


def test_the_filter_finds_all_words(browser, page) -> None:
    with browser.open(page) as opened:
        opened.page.locator("#filter").fill("GUEST ärger")
        assert (videos(opened), opened.page.locator("#state").inner_text()) == (["v1"], "1 of 3 rows")
        opened.page.locator("#filter").fill("v10 happy")
        assert videos(opened) == [] and opened.page.locator("#none").is_visible()
        opened.page.locator("#filter").fill("")
        assert len(videos(opened)) == 3 and opened.page.locator("#state").inner_text() == ""


def test_a_link_opens_the_report(browser, page) -> None:
    with browser.open(page) as opened:
        opened.page.get_by_role("link", name="Report of v1 (guest)").click()
        assert opened.page.title() == "the report of v1"


def test_keys_sort_and_screen_readers_get_a_table(browser, page) -> None:
    with browser.open(page, width=390) as opened:
        opened.page.locator("#filter").focus()
        opened.page.keyboard.press("Tab")
        opened.page.keyboard.press("Enter")
        assert videos(opened) == ["v10", "v2", "v1"]
        session = opened.page.context.new_cdp_session(opened.page)
        nodes = session.send("Accessibility.getFullAXTree")["nodes"]
        said = [(node["role"]["value"], node.get("name", {}).get("value")) for node in nodes if not node["ignored"]]
        assert [name for role, name in said if role == "columnheader"][:3] == ["Video", "Person", "Annotator"]
        assert [name for role, name in said if role == "rowheader"] == ["v10", "v2", "v1"]
        assert sum(role == "row" for role, _ in said) == 4
        assert ("image", "1 segment: Sad 100 %") in said


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 1280), (False, 390)])
def test_the_page_fits_and_asks_for_nothing(browser, page, dark, width) -> None:
    with browser.open(page, dark=dark, width=width) as opened:
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.complaints == [] and opened.requests == [page.as_uri()]
