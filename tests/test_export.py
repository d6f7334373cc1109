"""What other programs read: the table, CSV in pandas, the ELAN file against ELAN's schema, the probability stream."""

import csv
import importlib.util
import subprocess
import sys
import tarfile
import time as clock
import tracemalloc
import xml.etree.ElementTree as ET
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from rbdm.errors import OutputError, RbdmError
from rbdm.export.annotations import write_annotations
from rbdm.export.elan import write_elan
from rbdm.export.stream import probability_stream
from rbdm.export.table import table, write_csv
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.ssi import read_annotation, read_stream, write_stream
from rbdm.timeline.annotations import expression_segments
from rbdm.timeline.frames import smoothed_frames
from tests.support.builders import make, options_, predictions, steady

fast = settings(max_examples=60, deadline=None)
NAMES = [expression.name for expression in EXPRESSIONS]
VALUES = ["xmin", "ymin", "xmax", "ymax", *NAMES, "valence", "arousal"]


@pytest.fixture
def pandas():
    return pytest.importorskip("pandas")


@pytest.fixture
def elan():
    return pytest.importorskip("pympi.Elan", reason="needs pympi-ling")


@pytest.fixture(scope="session")
def elan_schemas(request):
    """ELAN's own schemas, which come with the source package of pympi-ling but are not installed by it."""
    etree = pytest.importorskip("lxml.etree", reason="needs lxml")
    folder = Path(request.config.cache.mkdir("elan-schemas"))
    if not list(folder.glob("*.xsd")):
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "pympi-ling==1.71"]
        done = subprocess.run([*command, "--dest", str(folder)], capture_output=True, text=True)
        if done.returncode:
            pytest.skip("ELAN's schemas come with the source package of pympi-ling, which cannot be downloaded here")
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            for member in archive.getmembers():
                if member.name.endswith(".xsd"):
                    (folder / Path(member.name).name).write_bytes(archive.extractfile(member).read())
    found = {path.stem: etree.XMLSchema(etree.parse(str(path))) for path in sorted(folder.glob("EAF*.xsd"))}
    assert {"EAFv2.8", "EAFv3.0"} <= set(found)
    return found


def elan_segments(path):
    """(start, end, class) in milliseconds of each annotation of the tier, read by ElementTree alone."""
    root = ET.parse(path).getroot()
    slots = {slot.get("TIME_SLOT_ID"): int(slot.get("TIME_VALUE")) for slot in root.iter("TIME_SLOT")}
    (tier,) = root.findall("TIER")
    assert tier.get("TIER_ID") == "expression"
    return [
        (slots[item.get("TIME_SLOT_REF1")], slots[item.get("TIME_SLOT_REF2")], item.findtext("ANNOTATION_VALUE"))
        for item in tier.iter("ALIGNABLE_ANNOTATION")
    ]


@fast
@given(predictions(), options_)
def test_the_class_of_a_frame_is_that_of_the_segment_it_is_in(prediction, options):
    prediction = replace(prediction, options=options)
    rows, segments = table(prediction), expression_segments(prediction, options)
    for time, expression in zip(rows["time"], rows["expression"], strict=True):
        holding = segments[(segments["from"] <= time) & (time < segments["to"])]
        assert [NAMES[row["id"]] for row in holding] == ([expression] if expression else [])


@fast
@given(predictions(), options_)
def test_a_row_says_all_of_a_face_or_nothing(prediction, options):
    rows = table(replace(prediction, options=options))
    names = NAMES[: options.num_expressions]
    assert list(rows) == [
        *("frame", "time", "xmin", "ymin", "xmax", "ymax", "face_confidence"),
        *names,
        *("expression", "valence", "arousal", "inferred"),
    ]
    np.testing.assert_array_equal(rows["inferred"], prediction.inferred)
    face = prediction.has_face
    for name in set(VALUES) & set(rows):
        np.testing.assert_array_equal(np.isfinite(rows[name]), face)
    np.testing.assert_array_equal(rows["expression"] != "", face)
    np.testing.assert_array_equal(rows["face_confidence"], prediction.face_confidence)
    probabilities = np.column_stack([rows[name] for name in names])[face]
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    likeliest = [names.index(name) for name in rows["expression"][face]]
    np.testing.assert_allclose(probabilities[np.arange(len(likeliest)), likeliest], probabilities.max(axis=1))
    assert (np.abs(rows["valence"][face]) <= 1).all() and (np.abs(rows["arousal"][face]) <= 1).all()


def test_boxes_are_pixels_of_the_displayed_frame():
    rows = table(steady([True, False]))
    assert [rows[name][0] for name in ("xmin", "ymin", "xmax", "ymax")] == pytest.approx([192, 72, 320, 216])


@pytest.mark.parametrize("smoothing_ms", [0, 200])
def test_values_are_those_of_the_annotations(tmp_path, smoothing_ms):
    options = Options(smoothing_ms=smoothing_ms)
    prediction = replace(steady(np.arange(80) % 20 < 15), options=options)
    paths, rows = write_annotations(prediction, options, tmp_path, "a"), table(prediction)
    for name in ("valence", "arousal"):
        scores = read_annotation(paths[name]).data["score"]
        np.testing.assert_array_equal(scores[prediction.has_face], rows[name][prediction.has_face])


@fast
@given(predictions(), options_)
def test_pandas_reads_back_the_same_numbers(tmp_path_factory, prediction, options):
    pandas = pytest.importorskip("pandas")
    prediction = replace(prediction, options=options)
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_csv(prediction, path)
    read, rows = pandas.read_csv(path), table(prediction)
    assert list(read) == list(rows) and len(read) == len(prediction.time)
    np.testing.assert_array_equal(read["frame"], rows["frame"])
    np.testing.assert_allclose(read["time"], rows["time"], rtol=0, atol=5.1e-7)
    for name in (set(VALUES) | {"face_confidence"}) & set(rows):
        np.testing.assert_array_equal(read[name].to_numpy(np.float32), rows[name], err_msg=name)
    assert [text if isinstance(text, str) else "" for text in read["expression"]] == rows["expression"].tolist()


def test_csv_is_plain(tmp_path):
    path = tmp_path / "Gespräch ü.csv"
    prediction = steady([True, False, True], confidence=[0.75, 0, 0.5], valence=[0.25, 0, -1e-7])
    write_csv(prediction, path)
    raw = path.read_bytes()
    assert raw.isascii() and raw.endswith(b"\n") and b"\r" not in raw and b'"' not in raw and b";" not in raw
    header, first, none, last = csv.reader(raw.decode().splitlines())
    assert none == ["1", "0.040000", "", "", "", "", "0.0", *[""] * 11, "0"]
    row = dict(zip(header, first, strict=True))
    assert (row["time"], row["xmin"], row["face_confidence"], row["valence"]) == ("0.000000", "192.0", "0.75", "0.25")
    assert dict(zip(header, last, strict=True))["valence"] == "-1e-07"
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_two_hours_are_written_quickly_and_in_little_memory(tmp_path):
    prediction = steady(np.arange(216_000) % 50 < 45, 30)
    table(prediction)
    tracemalloc.start()
    started = clock.perf_counter()
    write_csv(prediction, tmp_path / "a.csv")
    seconds, (_, peak) = clock.perf_counter() - started, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert seconds < 60
    # The columns themselves are 216,000 × 19 numbers, and smoothing makes copies.
    assert peak < 150e6
    with (tmp_path / "a.csv").open() as file:
        assert sum(1 for _ in file) == 216_001


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


@pytest.mark.parametrize("has_face", [[True, False, True], [False, False, False]])
def test_elan_files_fit_elans_schema(elan, elan_schemas, tmp_path, monkeypatch, has_face):
    from lxml import etree

    for index, zone in enumerate(("UTC", "Asia/Kolkata", "America/St_Johns")):
        monkeypatch.setenv("TZ", zone)
        getattr(clock, "tzset", lambda: None)()
        prediction = replace(steady(has_face), video=tmp_path / "Gespräch mit Blank & <Ü> #1.mp4")
        path = tmp_path / f"{index}.eaf"
        write_elan(prediction, path)
        for name, schema in elan_schemas.items():
            assert schema.validate(etree.parse(str(path))), (name, schema.error_log)
    monkeypatch.undo()
    getattr(clock, "tzset", lambda: None)()


def test_the_schema_refuses_what_elan_would(elan, elan_schemas, tmp_path):
    from lxml import etree

    write_elan(steady([True]), tmp_path / "a.eaf")
    for break_it in (
        lambda root: root.find("TIER").set("LINGUISTIC_TYPE_REF", "other"),
        lambda root: root.find("TIME_ORDER").clear(),
        lambda root: root.attrib.pop("DATE"),
    ):
        document = etree.parse(str(tmp_path / "a.eaf"))
        break_it(document.getroot())
        assert not elan_schemas["EAFv2.8"].validate(document)


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


def test_elan_without_its_library_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RbdmError, match=r"pip install 'rbdm\[report\]'"):
        write_elan(steady([True]), tmp_path / "a.eaf")
    assert not list(tmp_path.iterdir())


@fast
@given(predictions(), options_)
def test_stream_has_probabilities_at_a_constant_rate(tmp_path_factory, prediction, options):
    prediction = replace(prediction, options=options)
    path = tmp_path_factory.mktemp("stream") / "a.stream"
    write_stream(path, probability_stream(prediction))
    stream = read_stream(path)
    assert stream.data.dtype == np.float32 and stream.data.shape[1] == options.num_expressions
    assert stream.sample_rate == prediction.sample_rate and stream.start == 0
    assert stream.media_type == "feature;face;expression;rbdm"
    assert stream.meta["dim_labels"].split(";") == NAMES[: options.num_expressions]
    assert stream.meta["weights_sha256"] == "ab" * 32
    total = stream.data.sum(axis=1)
    assert (np.isclose(total, 1, atol=1e-5) | (total == 0)).all()
    assert (stream.data >= 0).all()
    length = len(stream.data) / stream.sample_rate
    assert length == pytest.approx(prediction.duration, abs=1 / prediction.sample_rate)


def test_stream_rows_are_the_frames_of_a_steady_video():
    prediction = steady(np.arange(100) % 30 < 25, 24000 / 1001)
    probabilities = smoothed_frames(prediction).probabilities
    stream = probability_stream(prediction)
    np.testing.assert_allclose(stream.data, np.nan_to_num(probabilities), atol=1e-6)


def test_stream_of_a_variable_rate_does_not_drift():
    random = np.random.default_rng(3)
    time = np.cumsum(random.uniform(0.01, 0.07, 5000))
    # One class until the middle of the time, which is not the middle of the frames.
    half = time[-1] / 2
    probabilities = np.where((time < half)[:, None], np.eye(8)[1], np.eye(8)[2])
    stream = probability_stream(make(time, np.ones(5000, bool), probabilities=probabilities))
    at = np.arange(len(stream.data)) / stream.sample_rate
    inside = (at > time[0]) & (np.abs(at - half) > 0.1)
    np.testing.assert_array_equal(stream.data[inside, 1] > 0.5, (at < half)[inside])


def test_discover_reads_the_stream(tmp_path):
    handler = pytest.importorskip("discover_utils.data.handler.file_handler")
    prediction = steady([True] * 50)
    write_stream(tmp_path / "a.stream", probability_stream(prediction))
    read = handler.FileHandler().load(tmp_path / "a.stream")
    np.testing.assert_array_equal(read.data, probability_stream(prediction).data)
    assert read.meta_data.sample_rate == 25


@pytest.mark.parametrize("write", [write_csv, write_elan])
def test_what_cannot_be_written_is_said_in_a_line_and_leaves_nothing(elan, tmp_path, write):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "missing" / "a.x", tmp_path / "folder"):
        with pytest.raises(OutputError, match=f"{path.name}: cannot be written"):
            write(steady([True]), path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    with pytest.raises(OutputError, match="has a character that XML cannot hold"):
        write_elan(replace(steady([True]), video=Path("a\x01b.mp4")), tmp_path / "a.eaf")


@pytest.mark.parametrize("name", ["single_face.mp4", "face_noface.mov", "no_face.mp4"])
def test_real_clips_in_every_format(annotator, faces_folder, elan, elan_schemas, pandas, tmp_path, name):
    from lxml import etree

    clip = faces_folder / name
    prediction = annotator.annotate(clip, clip.with_suffix(".stream"))
    before = {path: path.read_bytes() for path in write_annotations(prediction, Options(), tmp_path, "a").values()}
    write_csv(prediction, tmp_path / "a.csv")
    write_elan(prediction, tmp_path / "a.eaf")
    write_stream(tmp_path / "a.stream", probability_stream(prediction))
    write_annotations(prediction, Options(), tmp_path, "a")
    assert {path: path.read_bytes() for path in before} == before
    read = pandas.read_csv(tmp_path / "a.csv")
    assert len(read) == len(prediction.time) and read["valence"].notna().sum() == prediction.has_face.sum()
    assert elan_schemas["EAFv2.8"].validate(etree.parse(str(tmp_path / "a.eaf")))
    assert len(elan_segments(tmp_path / "a.eaf")) == len(expression_segments(prediction, Options()))
