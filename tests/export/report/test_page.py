"""A page is harmless with any name of a video, says what is missing, and is written as a whole or not at all."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rbdm.errors import OutputError, RbdmError
from rbdm.export.report import require_report, write_report
from tests.support.builders import random_prediction
from tests.support.pages import page_of


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>.mp4",
        "</title></style><img src=x onerror=alert(1)>.mp4",
        "\"quotes\" & 'apostrophes' &amp; {{ 7*7 }} {% raw %}.mp4",
        "Gespräch über 😀 — Ñandú.mp4",
    ],
)
def test_a_name_with_html_in_it_is_only_text(tmp_path, name):
    parsed = page_of(replace(random_prediction(3), video=Path("folder", name.replace("/", "∕"))), tmp_path)
    assert parsed.texts.count(name.replace("/", "∕")) == 1
    assert not [element for element in parsed.all("img") if "onerror" in element]
    assert len(parsed.all("script")) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no names that are no text")
def test_a_name_that_is_not_unicode_is_written_with_escapes(tmp_path):
    assert r"caf\udce9.mp4" in page_of(random_prediction(2, video="caf\udce9.mp4"), tmp_path).text


@pytest.mark.parametrize("count", [1, 2])
def test_a_video_without_a_face(tmp_path, count):
    text = page_of(random_prediction(count, face=[False] * count), tmp_path).text
    assert "No face was found" in text
    assert "Least sure" not in text


def test_a_page_is_replaced_as_a_whole_or_not_at_all(tmp_path):
    with pytest.raises(OutputError, match=r"missing.*cannot be written"):
        write_report([random_prediction(2)], tmp_path / "missing" / "a.html")
    (tmp_path / "a.html").mkdir()
    with pytest.raises(OutputError):
        write_report([random_prediction(2)], tmp_path / "a.html")
    assert [path.name for path in tmp_path.iterdir()] == ["a.html"]


def test_without_bokeh_one_line_says_what_to_install(monkeypatch):
    assert require_report() is None
    monkeypatch.setitem(sys.modules, "bokeh", None)
    with pytest.raises(RbdmError) as raised:
        require_report()
    assert str(raised.value) == "a report needs Bokeh: pip install 'rbdm[report]'"
    assert issubclass(RbdmError, Exception)
