"""ELAN files have the segments in whole milliseconds, the linked video, the classes and the origin."""

import importlib.util
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given

from rbdm.errors import OutputError, RbdmError
from rbdm.export.elan import write_elan
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.timeline.annotations import expression_segments
from tests.support.builders import fast, make, options_, predictions, steady
from tests.support.elan import elan_segments

NAMES = [expression.name for expression in EXPRESSIONS]


@pytest.fixture
def elan():
    return pytest.importorskip("pympi.Elan", reason="needs pympi-ling")


@fast
@given(predictions(), options_)
def test_elan_segments_are_the_annotations_in_whole_milliseconds(tmp_path_factory, prediction, options):
    pytest.importorskip("pympi.Elan", reason="needs pympi-ling")
    prediction = replace(prediction, options=options)
    path = tmp_path_factory.mktemp("elan") / "a.eaf"
    write_elan(prediction, path)
    rows = expression_segments(prediction, options)
    expected = [(round(row["from"] * 1000), round(row["to"] * 1000), NAMES[row["id"]]) for row in rows]
    found = elan_segments(path)
    assert found == [row for row in expected if row[0] < row[1]]
    assert all(start < end for start, end, _ in found)
    assert all(one[1] <= other[0] for one, other in pairwise(found))


def test_elan_leaves_out_what_is_shorter_than_a_millisecond(elan, tmp_path):
    prediction = make([0, 0.0001, 0.5], [True] * 3, duration=1.0)
    write_elan(replace(prediction, options=Options(merge_segments=False)), tmp_path / "a.eaf")
    assert [row[:2] for row in elan_segments(tmp_path / "a.eaf")] == [(0, 500), (500, 1000)]


def test_elan_finds_the_video_the_classes_and_who_made_it(elan, tmp_path):
    (tmp_path / "Videos").mkdir()
    (tmp_path / "out").mkdir()
    video = tmp_path / "Videos" / "Gespräch 1 & 2.MOV"
    prediction = replace(steady([True, False, True]), video=video, options=Options(num_expressions=5))
    path = tmp_path / "out" / "a.eaf"
    write_elan(prediction, path)
    document = elan.Eaf(path)
    (media,) = document.get_linked_files()
    # ELAN puts what is behind "file:///" to its own use without decoding it.
    assert media["MEDIA_URL"] == f"file:///{video.resolve().as_posix().lstrip('/')}"
    assert media["RELATIVE_MEDIA_URL"] == "../Videos/Gespräch 1 & 2.MOV"
    assert media["MIME_TYPE"] == "video/quicktime"
    assert document.get_tier_names() == {"expression"} or list(document.get_tier_names()) == ["expression"]
    kind = document.get_parameters_for_linguistic_type("expression")
    assert kind["CONTROLLED_VOCABULARY_REF"] == "expression"
    entries = document.get_cv_entries("expression")
    assert [values[0][0] for values, _ in entries.values()] == NAMES[:5]
    root = ET.parse(path).getroot()
    assert {item.get("CVE_REF") for item in root.iter("ALIGNABLE_ANNOTATION")} <= set(entries)
    properties = dict(document.get_properties())
    assert properties["weights"] == "open" and properties["weights_sha256"] == "ab" * 32
    assert properties["rbdm_version"] == "1.0.0" and root.get("AUTHOR") == "rbdm 1.0.0"
    used = {item.get("ANNOTATION_ID") for item in root.iter("ALIGNABLE_ANNOTATION")}
    assert f"a{properties['lastUsedAnnotationId']}" in used


@pytest.mark.parametrize(("name", "mime"), [("a.mp4", "video/mp4"), ("a.avi", "video/*"), ("a.JPG", "image/jpeg")])
def test_elan_knows_the_kind_of_the_media(elan, tmp_path, name, mime):
    write_elan(replace(steady([True]), video=tmp_path / name), tmp_path / "a.eaf")
    (media,) = elan.Eaf(tmp_path / "a.eaf").get_linked_files()
    assert media["MIME_TYPE"] == mime and media["RELATIVE_MEDIA_URL"] == f"./{name}"


def test_without_pympi_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RbdmError, match=r"pip install 'rbdm\[report\]'"):
        write_elan(steady([True]), tmp_path / "a.eaf")
    assert not list(tmp_path.iterdir())


def test_an_elan_file_that_cannot_be_written_is_an_error_of_one_line_and_leaves_nothing(elan, tmp_path):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "missing" / "a.x", tmp_path / "folder"):
        with pytest.raises(OutputError, match=f"{path.name}: cannot be written"):
            write_elan(steady([True]), path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    with pytest.raises(OutputError, match="has a character that XML cannot hold"):
        write_elan(replace(steady([True]), video=Path("a\x01b.mp4")), tmp_path / "a.eaf")
