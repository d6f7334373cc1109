"""Only results below the folders that were picked, and the videos of these, are served."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rbdm.app.results.shelf import Shelf


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("study/a.report.html", "study/a.mp4", "study/notes.html", "study/b.mp4", "other/a.mp4", "secret.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def shelf(place: Path) -> Shelf:
    shelf = Shelf()
    study = place / "study"
    shelf.add(study, [study / "a.report.html", place / "secret.html"], [("a.mp4", (study / "a.mp4").stat().st_size)])
    return shelf


def found(shelf: Shelf, path: Path) -> object:
    return shelf.find(shelf.address(path).encode())


def test_results_and_their_videos_are_found(shelf, place):
    study = place / "study"
    assert found(shelf, study / "a.report.html") == study / "a.report.html"
    assert found(shelf, study / "a.mp4") == study / "a.mp4"


@pytest.mark.parametrize("name", ["study/notes.html", "study/b.mp4", "secret.html", "study", "study/none.html"])
def test_nothing_else_is_found(shelf, place, name):
    assert found(shelf, place / name) is None


def test_a_video_of_that_name_elsewhere_or_of_another_size_is_not_found(shelf, place):
    assert found(shelf, place / "other" / "a.mp4") is None
    shelf.allow(place / "other")
    assert found(shelf, place / "other" / "a.mp4") == place / "other" / "a.mp4"
    (place / "other" / "a.mp4").write_text("it has another size")
    assert found(shelf, place / "other" / "a.mp4") is None


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_a_link_that_leads_out_of_the_folder_is_not_followed(shelf, place):
    study = place / "study"
    (study / "a.mp4").unlink()
    (study / "a.mp4").symlink_to(place / "other" / "a.mp4")
    assert found(shelf, study / "a.mp4") is None
    (study / "link.report.html").symlink_to(place / "secret.html")
    shelf.add(study, [study / "link.report.html"], [])
    assert found(shelf, study / "link.report.html") is None
    (study / "a.report.html").unlink()
    (study / "a.report.html").symlink_to(place / "secret.html")
    assert found(shelf, study / "a.report.html") is None


def test_dots_and_coded_separators_lead_nowhere(shelf, place):
    study = shelf.address(place / "study").encode()
    for name in ("secret.html", "study/a.report.html"):
        for way in ("../", "%2e%2e/", "..%2f", "%2e%2e%2f", "./", ".%2f", "//", "%00/"):
            assert shelf.find(study + b"/" + way.encode() + name.encode()) is None
    path = os.fsencode(place / "study" / "a.report.html")
    for address in (path, b"0/" + path, b"0//" + path[1:], b"7/x", b"-1/x", b"", b"0", b"0/", b"x/y", b"\xc2\xb2/y"):
        assert shelf.find(address) is None


@given(st.binary(max_size=60))
def test_no_address_is_an_error(address):
    assert Shelf().find(address) is None


def test_names_that_are_no_text_and_signs_in_names_survive(tmp_path):
    shelf = Shelf()
    names = ["a b%20c?d#e.html", "ä/ö.html", "x'\"<>.html"]
    if os.name == "posix":
        names.append(os.fsdecode(b"\xff.html"))
    for name in names:
        path = tmp_path / name
        try:
            path.parent.mkdir(exist_ok=True)
            path.write_text("")
        except OSError:
            pytest.skip("this system has no such names")
        shelf.add(tmp_path, [path], [])
        assert shelf.find(shelf.address(path).encode("ascii")) == path


def test_a_page_that_was_made_now_is_served_from_where_it_would_be(shelf, place):
    shelf.put_page(place / "study" / "index.html", "<p>ü</p>")
    assert found(shelf, place / "study" / "index.html") == "<p>ü</p>".encode()
    assert not (place / "study" / "index.html").exists()
