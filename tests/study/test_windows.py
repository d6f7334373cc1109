"""The table of the windows is read as spreadsheets write it, and what is wrong in it is said with its line."""

import math
from pathlib import Path

import pytest

from rbdm.errors import InputError
from rbdm.study.results import Result
from rbdm.study.windows import Window, read_windows


def table(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "windows.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_windows(tmp_path: Path) -> None:
    text = 'video,start,end,label\ntalk.mp4,0,12.5,rest\n\n"talk, b.mp4",12.5,,"a ""task"""\ntalk.mp4,,5,first\n'
    assert read_windows(table(tmp_path, text)) == [
        Window("talk.mp4", "", 0, 12.5, "rest", 2),
        Window("talk, b.mp4", "", 12.5, math.inf, 'a "task"', 4),
        Window("talk.mp4", "", 0, 5, "first", 5),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252"])
@pytest.mark.parametrize("separator", [";", "\t"])
def test_what_excel_writes_in_other_countries(tmp_path: Path, encoding: str, separator: str) -> None:
    rows = [["Label", " Video", "Person", "Start", "End", "Note"], ["Übung", "s1", "Gast", "0,5", "1,25", "x"]]
    text = "\r\n".join(separator.join(row) for row in rows)
    assert read_windows(table(tmp_path, text, encoding)) == [Window("s1", "Gast", 0.5, 1.25, "Übung", 2)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "header line has no video, start, end, label"),
        ("video,start,stop,label\na,0,1,x\n", "header line has no end"),
        ("video,start,end,label\n", "there is no window"),
        ("video,start,end,label\na,0,1,x\na,0:30,1,x\n", "line 3: start is '0:30': it must be a time in seconds"),
        ("video,start,end,label\na,0,nan,x\n", "line 2: the window goes from 0 to nan s"),
        ("video,start,end,label\na,-1,1,x\n", "line 2: the window goes from -1 to 1 s"),
        ("video,start,end,label\na,2,1,x\n", "line 2: the window goes from 2 to 1 s"),
        ("video,start,end,label\na,0,1,\n", "line 2: label is empty"),
        ("video,start,end,label\n,0,1,x\n", "line 2: video is empty"),
        ("video,start,end,label\na,0,5,1,5,x\n", "line 2: has more cells than the header"),
    ],
)
def test_a_wrong_table_is_one_line_that_names_the_file(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        read_windows(table(tmp_path, text))
    assert "windows.csv" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("video", "person", "fits"),
    [
        ("talk", "", True),
        ("talk.mp4", "", True),
        ("talk.MOV", "guest", True),
        ("day1/talk.mp4", "", True),
        ("day1\\talk.mp4", "", True),
        ("day2/talk.mp4", "", False),
        ("c:/day1/talk.mp4", "", False),
        ("alk.mp4", "", False),
        ("talk.mp3", "", False),
        ("talk.mp4", "host", False),
    ],
)
def test_which_video_and_person_a_window_means(video: str, person: str, fits: bool) -> None:
    assert Window(video, person, 0, 1, "x", 2).is_in(Result("day1/talk", "guest", "", Path(), {})) == fits


def test_a_name_that_looks_as_if_it_had_two_endings() -> None:
    for video in ("a.ts", "a.ts.mp4"):
        assert Window(video, "", 0, 1, "x", 2).is_in(Result("a.ts", "", "", Path(), {}))
