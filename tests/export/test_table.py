"""One row per frame, with the values of the annotations; pandas reads the CSV file back without loss."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from rbdm.errors import OutputError
from rbdm.export.annotations import write_annotations
from rbdm.export.table import table, write_csv
from rbdm.expressions import EXPRESSIONS
from rbdm.options import Options
from rbdm.ssi import read_annotation
from rbdm.timeline.annotations import expression_segments
from tests.support.builders import fast, options_, predictions, steady

NAMES = [expression.name for expression in EXPRESSIONS]
VALUES = ["xmin", "ymin", "xmax", "ymax", *NAMES, "valence", "arousal"]


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
def test_a_row_has_all_values_of_a_face_or_none(prediction, options):
    rows = table(replace(prediction, options=options))
    names = NAMES[: options.num_expressions]
    assert list(rows) == [
        *("frame", "time", "xmin", "ymin", "xmax", "ymax", "face_confidence"),
        *names,
        *("expression", "valence", "arousal", "inferred", "face_size", "roll", "yaw", "flags"),
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
    write_csv([prediction], path)
    read, rows = pandas.read_csv(path), table(prediction)
    assert list(read) == list(rows) and len(read) == len(prediction.time)
    np.testing.assert_array_equal(read["frame"], rows["frame"])
    np.testing.assert_allclose(read["time"], rows["time"], rtol=0, atol=5.1e-7)
    for name in (set(VALUES) | {"face_confidence"}) & set(rows):
        np.testing.assert_array_equal(read[name].to_numpy(np.float32), rows[name], err_msg=name)
    assert [text if isinstance(text, str) else "" for text in read["expression"]] == rows["expression"].tolist()


def test_csv_is_plain_text_with_empty_cells_for_missing_values(tmp_path):
    path = tmp_path / "Gespräch ü.csv"
    prediction = steady([True, False, True], confidence=[0.75, 0, 0.5], valence=[0.25, 0, -1e-7])
    write_csv([prediction], path)
    raw = path.read_bytes()
    assert raw.isascii() and raw.endswith(b"\n") and b"\r" not in raw and b'"' not in raw and b";" not in raw
    header, first, none, last = csv.reader(raw.decode().splitlines())
    assert none == ["1", "0.040000", "", "", "", "", "0.0", *[""] * 11, "0", "", "", "", ""]
    row = dict(zip(header, first, strict=True))
    assert (row["time"], row["xmin"], row["face_confidence"], row["valence"]) == ("0.000000", "192.0", "0.75", "0.25")
    assert dict(zip(header, last, strict=True))["valence"] == "-1e-07"
    assert [path.name for path in tmp_path.iterdir()] == [path.name]


def test_a_csv_file_that_cannot_be_written_is_an_error_of_one_line_and_leaves_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "missing" / "a.x", tmp_path / "folder"):
        with pytest.raises(OutputError, match=f"{path.name}: cannot be written"):
            write_csv([steady([True])], path)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_size_pose_and_flags_are_columns_and_empty_where_they_are_not_known(tmp_path):
    prediction = steady([True, True, False], confidence=[0.9, 0.5, 0])
    pose = np.float32([[2.5, -10], [-1, 60.25], [np.nan, np.nan]])
    for head_pose, expected in (
        (pose, [("136.0", "2.5", "-10.0", "ok"), ("136.0", "-1.0", "60.25", "turned+unsure"), ("", "", "", "")]),
        (None, [("136.0", "", "", ""), ("136.0", "", "", ""), ("", "", "", "")]),
    ):
        write_csv([replace(prediction, head_pose=head_pose)], tmp_path / "a.csv")
        with (tmp_path / "a.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [(row["face_size"], row["roll"], row["yaw"], row["flags"]) for row in rows] == expected


def test_boxes_are_pixels_of_each_frame_where_the_size_changes():
    prediction = steady([True, True])
    columns = table(replace(prediction, frame_size=np.int32([[640, 360], [320, 180]])))
    np.testing.assert_allclose(columns["xmax"], prediction.boxes[:, 3] * [640, 320])
    np.testing.assert_allclose(columns["ymax"], prediction.boxes[:, 2] * [360, 180])
