"""Frames with a flag in the table beside the annotations are left out, and a table without flags is an error."""

from pathlib import Path

import pytest

from rbdm.errors import InputError, OptionError
from rbdm.study import summarize
from tests.support.study import write_samples, write_segments


def study(folder: Path, table: str) -> Path:
    write_segments(folder / "a.expression.annotation", [(0, 2, "Happy"), (2, 4, "Sad")])
    write_samples(folder / "a.valence.annotation", [1.0] * 20 + [-1.0] * 20)
    if table:
        (folder / "a.expression.csv").write_text(table, encoding="utf-8")
    return folder


TABLE = "frame,time,expression,flags\n0,0,Happy,ok\n1,1,Happy,small\n2,2,Sad,turned+unsure\n3,3.5,Sad,unsure\n"


@pytest.mark.parametrize(
    ("exclude", "used", "happy"),
    [(["small"], 3, 1 / 3), (["turned"], 2.5, 0.8), (["unsure"], 2, 1), (["small", "unsure"], 1, 1)],
)
def test_flagged_frames_are_left_out(tmp_path: Path, exclude: list[str], used: float, happy: float) -> None:
    (row,) = summarize(study(tmp_path, TABLE), exclude=exclude).rows
    assert (row.measures["face", "seconds"], row.measures["used", "seconds"]) == pytest.approx((4, used))
    assert row.measures["Happy", "share"] == pytest.approx(happy)
    assert row.measures["valence", "seconds"] == pytest.approx(used)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("", "a.expression.csv: is missing"),
        ("frame,time,expression\n0,0,Happy\n", "a.expression.csv: has no columns time and flags"),
        ("frame,time,expression,flags\n0,x,Happy,ok\n", "a.expression.csv: has no columns time and flags"),
        ("frame,time,expression,flags\n0,0,Happy,\n", "a.expression.csv: has no flags, because the boxes were given"),
    ],
)
def test_a_table_without_flags_is_an_error(tmp_path: Path, table: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        summarize(study(tmp_path, table), exclude=["small"])


def test_a_video_without_a_face_has_no_flags(tmp_path: Path) -> None:
    (row,) = summarize(study(tmp_path, "frame,time,expression,flags\n0,0,,\n"), exclude=["small"]).rows
    assert row.measures["used", "seconds"] == 4


def test_the_table_of_everybody_has_the_flags_of_each_person(tmp_path: Path) -> None:
    for person in ("1", "guest"):
        path = tmp_path / f"a.{person}.expression.annotation"
        write_segments(path, [(0, 4, "Happy")], role=person, meta={"video": "a.mp4"})
    rows = ["1,0,Happy,ok", "1,1,Happy,small", "1,2,Happy,ok", "guest,0,Happy,small", "guest,3,Happy,ok"]
    table = tmp_path / "a.people.expression.csv"
    table.write_text("\n".join(["person,time,expression,flags", *rows]), encoding="utf-8")
    used = {row.person: row.measures["used", "seconds"] for row in summarize(tmp_path, exclude=["small"]).rows}
    assert used == pytest.approx({"1": 3, "guest": 1})
    table.write_text("\n".join(["person,time,expression,flags", *rows[:3]]), encoding="utf-8")
    with pytest.raises(InputError, match="has no rows about guest"):
        summarize(tmp_path, exclude=["small"])
    table.unlink()
    with pytest.raises(InputError, match=r"a\.1\.expression\.csv or .*a\.people\.expression\.csv: is missing"):
        summarize(tmp_path, exclude=["small"])


def test_annotations_with_names_of_nova_have_no_table(tmp_path: Path) -> None:
    write_segments(tmp_path / "s1" / "guest.emotion.ann.annotation", [(0, 4, "Happy")], scheme="emotion")
    with pytest.raises(InputError, match=r"s1 \(guest, ann\): a table of rbdm: is missing"):
        summarize(tmp_path, exclude=["small"])


def test_what_is_no_flag_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="exclude is 'turnd': it must be one of small, turned, unsure"):
        summarize(study(tmp_path, TABLE), exclude=["turnd"])
