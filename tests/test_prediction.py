"""A prediction in the hands of someone who writes Python: data frame, files, what a notebook shows."""

import builtins
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from rbdm.errors import OutputError, RbdmError
from rbdm.export.annotations import write_annotations
from rbdm.export.table import write_csv
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from tests.support.builders import make, options_, predictions, steady

SVG = "{http://www.w3.org/2000/svg}"
fast = settings(max_examples=60, deadline=None)


def happy_then(has_face, second=2, **more):
    """Happy for the first half of the frames, then another class."""
    count = len(has_face)
    probabilities = np.eye(8)[np.where(np.arange(count) < count / 2, 1, second)]
    return steady(has_face, probabilities=probabilities, **more)


def rectangles(prediction):
    """(class, left, right) of what the timeline of the notebook's picture shows."""
    root = ET.fromstring(prediction._repr_html_())
    return [
        (rect.findtext(f"{SVG}title"), float(rect.get("x")), float(rect.get("x")) + float(rect.get("width")))
        for rect in root.iter(f"{SVG}rect")
        if rect.find(f"{SVG}title") is not None
    ]


def curves(prediction):
    """The paths of valence and arousal."""
    root = ET.fromstring(prediction._repr_html_())
    return [path.get("d") for path in root.iter(f"{SVG}path") if path.get("stroke-linecap")]


@fast
@given(predictions(), options_)
def test_the_data_frame_is_what_pandas_reads_from_the_csv(tmp_path_factory, prediction, options):
    pandas = pytest.importorskip("pandas")
    prediction = replace(prediction, options=options)
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    write_csv(prediction, path)
    frame, read = prediction.to_dataframe(), pandas.read_csv(path)
    assert list(frame) == list(read)
    numbers = [name for name in frame if name != "expression"]
    np.testing.assert_allclose(read[numbers], frame[numbers], rtol=1e-6, atol=1e-6)
    assert frame["expression"].isna().tolist() == (~prediction.has_face).tolist()
    face = prediction.has_face
    assert frame["expression"][face].tolist() == read["expression"][face].tolist()


def test_the_data_frame_can_be_grouped_and_averaged():
    pytest.importorskip("pandas")
    frame = happy_then([True] * 6 + [False] * 4, valence=np.arange(10) / 10).to_dataframe()
    means = frame.groupby("expression")["valence"].mean()
    assert means.to_dict() == pytest.approx({"Happy": 0.2, "Sad": 0.5})


def test_without_pandas_one_line_says_what_to_install(monkeypatch):
    def refuse(name, *arguments):
        if name == "pandas":
            raise ImportError(name)
        return real(name, *arguments)

    real = builtins.__import__
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(RbdmError, match="pip install pandas"):
        steady([True]).to_dataframe()


def test_save_writes_what_the_command_line_writes(tmp_path):
    options = Options(num_expressions=5, smoothing_ms=100)
    prediction = replace(steady([True, True, False, True] * 10), options=options, video=Path("x/Interview 1.mp4"))
    saved = prediction.save(tmp_path / "new" / "folder")
    (tmp_path / "cli").mkdir()
    written = write_annotations(prediction, options, tmp_path / "cli", "Interview 1")
    assert set(saved) == set(written) == {"expression", "valence", "arousal"}
    for name, path in saved.items():
        assert path.name == written[name].name == f"Interview 1.{name}.annotation"
        for end in ("", "~"):
            assert Path(f"{path}{end}").read_bytes() == Path(f"{written[name]}{end}").read_bytes()
    assert prediction.save(str(tmp_path), name="other")["valence"] == tmp_path / "other.valence.annotation"


def test_save_says_in_a_line_what_is_in_the_way(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="its folder cannot be written"):
        steady([True]).save(tmp_path / "file")


def test_repr_is_one_line_of_what_one_wants_to_know():
    prediction = replace(happy_then([True] * 70 + [False] * 28), video=Path("clips/a.mp4"), duration=3.267)
    expected = "Prediction('a.mp4': 98 frames, 3.27 s, 70 with a face, mostly Happy, weights open)"
    assert repr(prediction) == str(prediction) == expected
    assert "1 frame, 0.04 s, no face, weights open" in repr(steady([False]))
    assert "\n" not in repr(replace(prediction, video=Path("a\nb.mp4")))


def test_the_timeline_shows_classes_and_gaps_where_they_are():
    shown = rectangles(happy_then([True] * 50 + [False] * 25 + [True] * 25))
    assert shown == [("Happy", 0, 300), ("Sad", 450, 600)]
    assert rectangles(steady([False] * 10)) == []


def test_curves_run_from_minus_one_to_one_and_break_at_gaps():
    valence, arousal = curves(steady([True, True, False, True, True], valence=[1, 0, 0, -1, 0]))
    points = [float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", valence)]
    assert points == [0, 42, 84, 42]
    assert valence.count("M") == arousal.count("M") == 2
    assert curves(steady([False, True, False], valence=[0, 0.5, 0]))[0].count("M") == 1


def test_an_hour_is_thinned_and_stays_true():
    has_face = (np.arange(108_000) // 5400) % 4 != 3
    prediction = happy_then(has_face, second=6, valence=np.where(np.arange(108_000) < 54_000, 0.5, -0.5))
    html = prediction._repr_html_()
    assert len(html) < 40_000
    assert max(curve.count("L") + curve.count("M") for curve in curves(prediction)) <= 600
    shown = rectangles(prediction)
    assert {name for name, _, _ in shown} == {"Happy", "Anger"}
    runs = np.flatnonzero(np.diff(has_face.astype(int), prepend=0) == 1)
    starts = sorted([*(runs / 180), 300])
    assert [left for _, left, _ in shown] == pytest.approx(starts, abs=1)
    assert valence_levels(prediction) == {21.0, 63.0}


def valence_levels(prediction):
    return {float(y) for _, y in re.findall(r"([\d.]+) ([\d.]+)", curves(prediction)[0])}


def test_long_gaps_in_time_are_as_wide_as_they_last():
    prediction = make([0, 1, 9], [True] * 3, duration=10, probabilities=np.eye(8)[[1, 2, 3]])
    assert rectangles(prediction) == [("Happy", 0, 60), ("Sad", 60, 540), ("Surprise", 540, 600)]


@fast
@given(predictions(), options_)
def test_the_picture_is_xml_whatever_was_predicted(prediction, options):
    prediction = replace(prediction, options=options, video=Path('<script>"&x".mp4'))
    root = ET.fromstring(prediction._repr_html_())
    assert root.tag == f"{SVG}svg" and root.findtext(f"{SVG}text").startswith('<script>"&x".mp4')
    assert not [element for element in root.iter() if "script" in element.tag]
    for name, left, right in rectangles(prediction):
        assert name in [expression.name for expression in EXPRESSIONS[: options.num_expressions]]
        assert 0 <= left <= right <= 600.1
    assert "nan" not in prediction._repr_html_().lower()


def test_it_fits_light_and_dark_pages():
    html = steady([True] * 5)._repr_html_()
    assert 'fill="currentColor"' in html and "white" not in html and "#fff" not in html.lower()


def test_a_prediction_needs_neither_pandas_nor_the_exporters_to_be_imported():
    code = "import sys, rbdm.prediction; print([m for m in ('pandas', 'bokeh', 'av', 'cv2') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_of_a_real_face(annotator, face_clip, tmp_path):
    pytest.importorskip("pandas")
    prediction = annotator.annotate(*face_clip)
    assert repr(prediction).startswith("Prediction('face.mp4': 75 frames, 3.00 s, 75 with a face, mostly ")
    frame = prediction.to_dataframe()
    assert len(frame) == 75 and frame["expression"].mode()[0] in repr(prediction)
    assert all(path.is_file() for path in prediction.save(tmp_path).values())
    assert rectangles(prediction)[0][1] == 0 and rectangles(prediction)[-1][2] == pytest.approx(600, abs=0.2)
