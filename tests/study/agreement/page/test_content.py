"""What is on the page of an agreement, and that no text of a file becomes part of its code."""

import base64
import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from rbdm.study import AgreementSettings, compare, write_page
from tests.support.pages import Parsed
from tests.support.study import write_samples, write_segments

NASTY = "</script><img src=x onerror=alert(1)>"


def page_of(folder: Path, **more: str) -> Parsed:
    """Two videos of A and B: Happy against Sad from 1.5 to 2.25 s of the first."""
    for name, side, border in (("v0", "A", 1.5), ("v0", "B", 2.25), ("v1", "A", 1), ("v1", "B", 1)):
        path = folder / side / f"{name}.expression.annotation"
        write_segments(path, [(0, border, "Sad"), (border, 3, "Happy")], annotator=f"{more.get('name', '')}{side}")
        write_samples(folder / side / f"{name}.valence.annotation", [(0.25, 0.9), (-1.0, 0.9), (0.0, 0.0)] * 10)
    agreement = compare(folder / "A", folder / "B", settings=AgreementSettings(samples=100, block=0.5))
    write_page(agreement, folder / "page.html")
    return Parsed((folder / "page.html").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Parsed:
    return page_of(tmp_path_factory.mktemp("page"))


def test_the_tables(page: Parsed) -> None:
    assert "A is A , the reference; B is B" in page.text
    assert "Cohen's kappa" in page.text and "Krippendorff's alpha" in page.text and "ICC(2,1)" in page.text
    (button,) = [found for found in page.all("button") if "data-start" in found]
    assert (button["data-video"], button["data-start"], button["data-seconds"]) == ("0", "1.5", "0.75")
    assert "0:01.50 0.75 s Happy Sad v0" in page.text


def test_the_timelines_are_those_of_the_annotations(tmp_path: Path) -> None:
    page_of(tmp_path)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    packed = text.split('<script type="text/plain" class="packed">')[1].split("<")[0]
    rows = np.frombuffer(zlib.decompress(base64.b64decode(packed)), np.uint8).reshape(4, 30)
    assert rows[0].tolist() == [2] * 15 + [1] * 15
    assert rows[1].tolist() == [2] * 22 + [1] * 8
    assert rows[2].tolist() == [160, 1, 0] * 10 == rows[3].tolist()
    data = json.loads(text.split('id="about">')[1].split("</script>")[0])
    assert data["videos"][0]["values"] == ["valence"] and data["step"] == 0.1


def test_the_page_asks_for_nothing_but_its_video(page: Parsed) -> None:
    policy = next(found["content"] for found in page.all("meta") if found.get("http-equiv"))
    assert policy is not None
    assert policy.startswith("default-src 'none'") and "unsafe-eval" not in policy and "http" not in policy
    assert not page.all("link") and not page.all("iframe")
    assert not [found for found in page.all("script") if "src" in found]


def test_texts_of_files_are_escaped(tmp_path: Path) -> None:
    page = page_of(tmp_path, name=NASTY)
    assert NASTY in page.text
    assert not page.all("img")


def test_without_jinja_the_page_says_what_to_install(monkeypatch) -> None:
    from rbdm.errors import RbdmError
    from rbdm.study.agreement.page import require_page

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(RbdmError, match=r"pip install 'rbdm\[report\]'"):
        require_page()
