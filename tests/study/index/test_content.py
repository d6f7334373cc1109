"""The index page: escaped names, rows in order, numbers to sort by, timelines, and relative links."""

import math
from pathlib import Path

from rbdm.study import index_study, summarize, write_index
from rbdm.study.index.content import _signed
from tests.support.pages import Parsed
from tests.support.study import write_samples, write_segments

NASTY = "<b onclick=alert(1)>'\"&amp;"


def page_of(folder: Path, path: Path) -> Parsed:
    write_index(index_study(folder), path)
    return Parsed(path.read_text(encoding="utf-8"))


def write_video(folder: Path, name: str, person: str = "", annotator: str = "rbdm", end: float = 4) -> None:
    stem = folder / (f"{name}.{person}" if person else name)
    about = {"annotator": annotator, "role": person, "meta": {"video": f"{name}.mp4"}}
    write_segments(Path(f"{stem}.expression.annotation"), [(0, 1, "Happy"), (1, end, "Sad")], **about)
    write_samples(Path(f"{stem}.valence.annotation"), [-0.25] * round(10 * end), **about)


def keys(page: Parsed, column: str) -> list[str | None]:
    return [cell.get("data-key") for cell in page.all("td") if cell.get("data-column") == column]


def test_rows_are_in_order_with_the_numbers_of_summarize(tmp_path: Path) -> None:
    for name, end in (("b", 4), ("a", 8)):
        write_video(tmp_path / "results", name, end=end)
    page = page_of(tmp_path / "results", tmp_path / "index.html")
    rows = summarize(tmp_path / "results").rows
    assert page.text.index("Sad 88 %") < page.text.index("Sad 75 %")
    assert keys(page, "duration") == [f"{row.end:.6f}" for row in rows] == ["8.000000", "4.000000"]
    assert keys(page, "valence") == [f"{row.measures['valence', 'mean']:.6f}" for row in rows] == ["-0.250000"] * 2
    assert keys(page, "face") == ["1.000000"] * 2 and keys(page, "arousal") == ["", ""]
    assert "−0.25" in page.text and "annotated by rbdm" in page.text


def test_names_are_text(tmp_path: Path) -> None:
    write_video(tmp_path, "a", annotator=NASTY)
    write_video(tmp_path, "b", annotator="x\u202ey")
    page = page_of(tmp_path, tmp_path / "index.html")
    assert NASTY in page.text and "x\\u202ey" in page.text
    assert not page.all("b")


def test_timelines_paint_each_expression_where_it_is(tmp_path: Path) -> None:
    write_video(tmp_path, "a")
    page = page_of(tmp_path, tmp_path / "index.html")
    paths = [(path["fill"], path["d"]) for path in page.all("path")]
    assert paths == [("#F2B705", "M0 0h75v10h-75z"), ("#3B6FB6", "M75 0h225v10h-225z")]
    assert page.all("svg")[0]["aria-label"] == "2 segments: Sad 75 %, Happy 25 %"


def test_links_are_relative_and_belong_to_the_person_or_the_video(tmp_path: Path) -> None:
    results = tmp_path / "results" / "day 1"
    for person in ("guest", "host"):
        write_video(results, "a#1", person)
    for name in ("a#1.people.report.html", "a#1.people.expression.csv", "a#1.people.overlay.mp4", "a#1.people.json"):
        (results / name).touch()
    (tmp_path / "pages").mkdir()
    page = page_of(tmp_path / "results", tmp_path / "pages" / "index.html")
    own = [f"../results/day%201/a%231.people.{end}" for end in ("report.html", "expression.csv", "overlay.mp4")]
    assert [link["href"] for link in page.all("a")] == own * 2
    assert "Report of day 1/a#1 (host)" in page.text
    assert [word for word in ("guest", "host", "Person") if word not in page.text] == []


def test_zero_has_no_sign() -> None:
    assert [_signed(number) for number in (-0.004, 0.0, 0.004, -0.006, math.nan)] == [
        "0.00",
        "0.00",
        "0.00",
        "−0.01",
        "–",
    ]


def test_nothing_may_be_loaded_and_only_the_own_script_runs(tmp_path: Path) -> None:
    write_video(tmp_path, "a")
    page = page_of(tmp_path, tmp_path / "index.html")
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv")]
    assert policy.startswith("default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-")
    assert "unsafe-eval" not in policy and not page.all("link") and not page.all("img")


def test_warnings_are_on_the_page(tmp_path: Path) -> None:
    write_segments(tmp_path / "a.expression.annotation", [(0, 1, "Happy")])
    write_index(index_study(tmp_path, warn=lambda _: None), tmp_path / "index.html")
    page = Parsed((tmp_path / "index.html").read_text(encoding="utf-8"))
    assert "Before you use the numbers a video without valence and arousal counts as ending" in page.text
