"""A study in one table: which rows it has, what it warns about, and the same numbers as pandas."""

import csv
import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from rbdm.errors import InputError, OptionError, RbdmError
from rbdm.export.annotations import write_annotations
from rbdm.options import Options
from rbdm.study import summarize
from tests.support.builders import make, steady
from tests.support.paths import ROOT
from tests.support.study import NOVA_EMOTIONS, NOVA_VALENCE, write_nova_file, write_samples, write_segments

pandas = pytest.importorskip("pandas")
IDS = ["video", "person", "annotator", "window", "start", "end"]


def quiet(text: str) -> None:
    raise AssertionError(f"a warning that nobody expected: {text}")


def windows(folder: Path, *rows: str, header: str = "video,start,end,label") -> Path:
    path = folder / "windows.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def study(folder: Path) -> Path:
    """Two videos. In `a`: Happy for 2 s, no face for 1 s, Sad for 1 s. In `b`: Neutral all the time, 3 s."""
    write_segments(folder / "a.expression.annotation", [(0, 2, "Happy"), (3, 4, "Sad")])
    write_samples(folder / "a.valence.annotation", [0.5] * 20 + [(0, 0)] * 10 + [-0.5] * 10)
    write_segments(folder / "b.expression.annotation", [(0, 3, "Neutral")])
    write_samples(folder / "b.valence.annotation", [0.0] * 30)
    return folder


def test_one_row_for_each_video(tmp_path: Path) -> None:
    summary = summarize(study(tmp_path), warn=quiet)
    ids = [(row.video, row.person, row.annotator, row.window, row.start, row.end) for row in summary.rows]
    assert ids == [("a", "", "", "whole video", 0, 4), ("b", "", "", "whole video", 0, 3)]
    frame = summary.to_dataframe()
    assert list(frame.columns[:6]) == IDS and len(frame.columns) == 6 + 4 + 8 * 5 + 2 * 5
    assert frame["Happy_share"].tolist() == [pytest.approx(2 / 3), 0]
    assert frame["excluded_share"].tolist() == [0.25, 0]
    assert frame["arousal_mean"].isna().all()


def test_windows_and_baseline(tmp_path: Path) -> None:
    table = windows(tmp_path, "a.mp4,0,1,rest", "a,1,4,task", "a,0,,all", "b,0,3,rest")
    frame = summarize(study(tmp_path), windows=table, baseline="rest", warn=quiet).to_dataframe()
    assert frame[IDS].to_numpy().tolist() == [
        ["a", "", "", "rest", 0, 1],
        ["a", "", "", "task", 1, 4],
        ["a", "", "", "all", 0, 4],
        ["b", "", "", "rest", 0, 3],
    ]
    assert frame["Happy_share"].tolist() == pytest.approx([1, 0.5, 2 / 3, 0])
    assert frame["Happy_change"].tolist() == pytest.approx([0, -0.5, -1 / 3, 0])
    assert frame["valence_change"].tolist() == pytest.approx([0, -0.5, 1 / 6 - 0.5, 0])
    assert frame["arousal_change"].isna().all()


def test_several_baseline_windows_of_one_person_are_taken_together(tmp_path: Path) -> None:
    table = windows(tmp_path, "a,0,1,rest", "a,3,4,rest", "a,0,4,all")
    frame = summarize([study(tmp_path) / "a.*"], windows=table, baseline="rest", warn=quiet).to_dataframe()
    assert frame["Happy_change"].tolist() == pytest.approx([0.5, -0.5, 2 / 3 - 0.5])


def test_windows_of_one_person(tmp_path: Path) -> None:
    for person in ("guest", "host"):
        write_segments(tmp_path / f"talk.{person}.expression.annotation", [(0, 4, "Happy")], role=person)
        write_samples(tmp_path / f"talk.{person}.valence.annotation", [0.1] * 40, role=person)
    table = windows(tmp_path, "talk,0,1,a,guest", "talk,1,2,b,", header="video,start,end,label,person")
    rows = [(row.person, row.window) for row in summarize(tmp_path, windows=table, warn=quiet).rows]
    assert rows == [("guest", "a"), ("guest", "b"), ("host", "b")]


def test_the_long_table_has_the_same_numbers(tmp_path: Path) -> None:
    summary = summarize(study(tmp_path), windows=windows(tmp_path, "a,0,1,x", "a,2,3,y"), warn=lambda text: None)
    wide, long = summary.to_dataframe(), summary.to_dataframe(long=True)
    assert list(long.columns) == [*IDS, "variable", "measure", "value"]
    names = long["variable"] + "_" + long["measure"]
    pivoted = long.assign(name=names).pivot(index="window", columns="name", values="value").astype(float)
    for name in wide.columns[6:]:
        assert name.count("_") == 1, "so that R's pivot_longer(names_sep = '_') can split it"
        np.testing.assert_array_equal(pivoted[name], wide[name])


@pytest.mark.parametrize("long", [False, True])
def test_pandas_reads_back_what_is_saved(tmp_path: Path, long: bool) -> None:
    table = windows(tmp_path, 'a,0,1,"rest, ""1"""', "a,2,3,nobody")
    summary = summarize(study(tmp_path), windows=table, warn=lambda text: None)
    summary.save(tmp_path / "new.csv", long)
    saved, wanted = pandas.read_csv(tmp_path / "new.csv"), summary.to_dataframe(long)
    pandas.testing.assert_frame_equal(
        saved.drop(columns=["person", "annotator"]), wanted.drop(columns=["person", "annotator"]), check_dtype=False
    )
    assert b"nan" not in (tmp_path / "new.csv").read_bytes().lower(), "R and Excel read an empty cell as missing"
    with (tmp_path / "new.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["window"] == 'rest, "1"'


def test_pandas_computes_the_same_from_moments(tmp_path: Path) -> None:
    """Each hundredth of a second of a made-up video as one row: groupby counts them."""
    random = np.random.default_rng(7)
    names = np.array(["Neutral", "Happy", "Sad", "Anger"])
    ends = np.append(0, np.sort(random.choice(np.arange(1, 3000), 40, replace=False)))
    segments = [(a / 100, b / 100, names[random.integers(4)]) for a, b in pairwise(ends)]
    segments = [segment for segment in segments if random.random() < 0.8]
    valence = [(float(v), float(random.random() < 0.8)) for v in random.uniform(-1, 1, 300).astype(np.float32)]
    write_segments(tmp_path / "a.expression.annotation", segments)
    write_samples(tmp_path / "a.valence.annotation", valence)
    moments = pandas.DataFrame({"time": (np.arange(3000) + 0.5) / 100})
    moments["window"] = np.where(moments["time"] < 7.77, "one", "two")
    moments["expression"] = None
    for start, end, name in segments:
        moments.loc[(moments["time"] > start) & (moments["time"] < end), "expression"] = name
    numbers = (moments["time"] * 10).astype(int)
    moments["valence"] = [valence[number][0] if valence[number][1] else np.nan for number in numbers]
    table = windows(tmp_path, "a,0,7.77,one", "a,7.77,,two")
    found = summarize(tmp_path, windows=table, warn=quiet).to_dataframe().set_index("window")
    groups = moments.groupby("window")
    shares = groups["expression"].value_counts(normalize=True)
    for window in ("one", "two"):
        for name in names:
            assert found.loc[window, f"{name}_share"] == pytest.approx(shares[window].get(name, 0))
    for what, wanted in {
        "mean": groups["valence"].mean(),
        "sd": groups["valence"].std(ddof=0),
        "min": groups["valence"].min(),
        "max": groups["valence"].max(),
        "seconds": groups["valence"].count() / 100,
    }.items():
        np.testing.assert_allclose(found[f"valence_{what}"], wanted, err_msg=what)
    np.testing.assert_allclose(found["excluded_share"], groups["expression"].apply(lambda cells: cells.isna().mean()))


def test_variable_frame_rates_do_not_bias(tmp_path: Path) -> None:
    """One second at 10 frames per second, then one at 50: the mean over frames would be 0.33."""
    time = np.append(np.arange(10) / 10, 1 + np.arange(50) / 50)
    slow = time < 1
    prediction = make(
        time,
        np.ones(60, bool),
        duration=2,
        sample_rate=30,
        valence=np.where(slow, -0.5, 0.5),
        probabilities=np.eye(8)[np.where(slow, 1, 2)],
    )
    write_annotations(prediction, Options(), tmp_path, "made")
    (row,) = summarize(tmp_path, warn=quiet).rows
    # The samples of an annotation are interpolated between the frames at 0.9 s and 1.0 s.
    assert row.measures["valence", "mean"] == pytest.approx(0, abs=0.025)
    assert row.measures["Happy", "share"] == pytest.approx(0.5)
    assert float(np.mean(prediction.valence)) == pytest.approx(1 / 3)


def test_annotations_of_nova(tmp_path: Path) -> None:
    rows = ["0;1;1;1;", "1;2;4;1;", "2;3;2;1;", "3;4;-1;1"]
    write_nova_file(tmp_path / "s1/guest.emotion.ann.annotation", NOVA_EMOTIONS, rows, "guest", "Ann Lee")
    samples = ["0;1", "100;1", "NaN;1", "75;1"] * 5
    write_nova_file(tmp_path / "s1/guest.valence.ann.annotation", NOVA_VALENCE, samples, "guest", "Ann Lee")
    said: list[str] = []
    (row,) = summarize(tmp_path, warn=said.append).rows
    assert (row.video, row.person, row.annotator, row.end) == ("s1", "guest", "Ann Lee", 4)
    assert row.measures["Happy", "segments"] == 1, "Joy and Smile are one expression"
    assert row.measures["used", "seconds"] == 2 and row.measures["Happy", "share"] == 1
    assert row.measures["valence", "mean"] == pytest.approx((-1 + 1 + 0.5) / 3)
    assert row.measures["valence", "seconds"] == pytest.approx(3)
    assert math.isnan(row.measures["Fear", "share"]), "the scheme has no such class"
    assert said == [
        "segments of the class 'Talking' are no expression and count as time without a face",
        "segments of the class 'GARBAGE' are no expression and count as time without a face",
    ]


def test_windows_that_reach_beyond_the_video(tmp_path: Path) -> None:
    said: list[str] = []
    table = windows(tmp_path, "a,3,9,late", "a,5,,later", "b,0,3,fits")
    rows = summarize(study(tmp_path), windows=table, warn=said.append).rows
    assert [(row.window, row.end, row.measures["window", "seconds"]) for row in rows] == [
        ("late", 9, 1),
        ("later", 4, 0),
        ("fits", 3, 3),
    ]
    assert said == [
        "a: the window 'late' ends after the end of the video (4.000 s)",
        "a: the window 'later' begins after the end of the video (4.000 s)",
    ]
    assert math.isnan(rows[1].measures["Happy", "seconds"])


def test_segments_alone_do_not_tell_how_long_the_video_is(tmp_path: Path) -> None:
    write_segments(tmp_path / "a.expression.annotation", [(0, 2, "Happy")])
    table, said = windows(tmp_path, "a,0,4,x"), []
    (row,) = summarize(tmp_path, windows=table, warn=quiet).rows
    assert (row.measures["window", "seconds"], row.measures["excluded", "share"]) == (4, 0.5)
    (row,) = summarize(tmp_path, warn=said.append).rows
    assert row.measures["window", "seconds"] == 2
    assert said == ["a video without valence and arousal counts as ending with its last segment"]


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    said: list[str] = []
    summarize(study(tmp_path), windows=windows(tmp_path, "a,0,1,rest"), warn=said.append)
    assert said == [f"{tmp_path / 'windows.csv'}: no window is in b: it has no row"]
    said.clear()
    table = windows(tmp_path, "a,0,1,rest", "b,0,1,task")
    rows = summarize(tmp_path, windows=table, baseline="rest", warn=said.append).rows
    assert said == ["b has no window 'rest': its changes are not known"]
    assert math.isnan(rows[1].measures["Neutral", "change"])


def test_annotations_of_different_weights_or_options_are_said(tmp_path: Path) -> None:
    for name, smoothing in (("a", 0), ("b", 0), ("c", 200)):
        write_annotations(steady([True] * 5), Options(smoothing_ms=smoothing), tmp_path, name)
    summarize([tmp_path / "a.*", tmp_path / "b.*"], warn=quiet)
    with pytest.warns(UserWarning, match="different weights or options"):
        summarize(tmp_path)


def test_windows_that_fit_no_video_or_two(tmp_path: Path) -> None:
    for day in ("day1", "day2"):
        study(tmp_path / day)
    table = windows(tmp_path, "day1/a.mp4,0,1,x", "a,0,1,x", "c,0,1,x")
    with pytest.raises(InputError, match=r"windows.csv: line 3: video 'a' can be day1/a or day2/a: write the folder"):
        summarize(tmp_path, windows=table, warn=lambda text: None)
    errors: list[RbdmError] = []
    rows = summarize(tmp_path, windows=table, warn=lambda text: None, failed=errors.append).rows
    assert [row.video for row in rows] == ["day1/a"]
    assert "line 4: video 'c' has no annotations; there are some of day1/a, day1/b" in str(errors[1])


def test_a_damaged_file_has_no_row_and_is_said(tmp_path: Path) -> None:
    (study(tmp_path) / "a.valence.annotation~").write_bytes(b"x")
    with pytest.raises(InputError, match=r"a.valence.annotation"):
        summarize(tmp_path)
    errors: list[RbdmError] = []
    assert [row.video for row in summarize(tmp_path, failed=errors.append).rows] == ["b"]
    assert len(errors) == 1


def test_options_that_cannot_be(tmp_path: Path) -> None:
    study(tmp_path)
    with pytest.raises(OptionError, match="face_confidence is 2: it must be from 0 to 1"):
        summarize(tmp_path, face_confidence=2)
    with pytest.raises(OptionError, match="no window is called 'rest', which is the baseline: it needs a table"):
        summarize(tmp_path, baseline="rest")
    with pytest.raises(OptionError, match="'rest', which is the baseline: the windows are called task"):
        summarize(tmp_path, baseline="rest", windows=windows(tmp_path, "a,0,1,task"))


def test_the_confidence_of_the_face_needs_samples(tmp_path: Path) -> None:
    write_segments(tmp_path / "a.expression.annotation", [(0, 2, "Happy")])
    with pytest.raises(InputError, match="a: has neither valence nor arousal"):
        summarize(tmp_path, face_confidence=0.5)
    write_samples(tmp_path / "a.arousal.annotation", [(0.1, 0.4)] * 10 + [(0.2, 0.9)] * 10, scheme="arousal")
    (row,) = summarize(tmp_path, face_confidence=0.5, warn=quiet).rows
    assert row.measures["excluded", "share"] == pytest.approx(0.5)
    assert row.measures["arousal", "mean"] == pytest.approx(0.2)
    (row,) = summarize(tmp_path, face_confidence=0.9, warn=quiet).rows
    assert row.measures["excluded", "share"] == pytest.approx(0.5), "0.9 is not below 0.9, although it is in float32"


def test_the_documentation_names_every_column(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "study.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", text.split("### Columns")[1].split("### ")[0]))
    table = summarize(study(tmp_path), windows=windows(tmp_path, "a,0,1,x", "b,0,1,x"), baseline="x").table()
    ours = {name for name in table if not re.match("(Neutral|Sad|Surprise|Fear|Disgust|Anger|Contempt|arousal)_", name)}
    assert ours <= named
    assert {name for name in named if "_" in name} <= ours
