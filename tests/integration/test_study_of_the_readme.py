"""The section "A study from start to end" of README.md runs as it is printed, and its results are right."""

import csv
import json
import re
import shlex
from pathlib import Path

import pytest

from rbdm.cli.main import run
from rbdm.study import compare, index_study, summarize
from tests.support.pages import Parsed
from tests.support.paths import ROOT

SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- study -->")[1].split("\n## ")[0]
COMMANDS = re.search(r"```sh\n(.*?)```", SECTION, re.DOTALL)[1].splitlines()
TALKS = ["talk-1", "talk-2", "talk-3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """What the commands have written."""
    pytest.importorskip("matplotlib")
    place = tmp_path_factory.mktemp("readme")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        assert COMMANDS[0].startswith("pip install ")
        for command in COMMANDS[1:]:
            program, *arguments = shlex.split(command)
            assert (program, run(arguments)) == ("rbdm", 0), command
    return place / "study"


def test_the_annotations_of_each_person_follow_the_script(folder: Path) -> None:
    guest = index_study(folder / "results").entries[0]
    assert [index for index, _ in guest.shares] == [0, 1, 2]
    assert guest.segments == 4
    doubts = json.loads((folder / "results" / "talk-1.people.json").read_text(encoding="utf-8"))["people"][1]["doubts"]
    assert 6.5 < max(doubt["time"] for doubt in doubts) < 7.5


def test_the_table_has_each_person_and_window(folder: Path) -> None:
    with (folder / "study.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["video"], row["person"], row["window"]) for row in rows] == [
        (talk, person, window) for talk in TALKS for person in ("guest", "host") for window in ("rest", "question")
    ]
    smiling = next(row for row in rows if row["window"] == "question")
    assert float(smiling["Happy_change"]) > 0.4 and float(smiling["valence_change"]) > 0.1
    away = next(row for row in rows if row["person"] == "host" and row["window"] == "question")
    assert 4 < float(away["face_seconds"]) == float(away["used_seconds"]) < 5.5


def test_frames_with_a_flag_are_left_out_of_each_person(folder: Path) -> None:
    """On what rbdm itself has written; a flag is added by hand."""
    table = folder / "results" / "talk-2.people.expression.csv"
    before = table.read_text(encoding="utf-8")
    lines = before.splitlines()
    names = lines[0].split(",")
    assert names[0] == "person" and names[-1] == "flags"
    try:
        flagged = [
            re.sub(r",ok$", ",small", line) if line.startswith("host") and float(line.split(",")[2]) < 2 else line
            for line in lines
        ]
        table.write_text("\n".join(flagged), encoding="utf-8")
        rows = summarize(folder / "results", exclude=["small"]).rows
    finally:
        table.write_text(before, encoding="utf-8")
    used = {(row.video, row.person): row.measures["used", "seconds"] for row in rows}
    assert used["talk-2", "guest"] == pytest.approx(8) and used["talk-2", "host"] == pytest.approx(6)


def test_the_coder_agrees_but_for_anger(folder: Path) -> None:
    found = compare(folder / "coder", folder / "results")
    assert len(found.videos) == 6 and not found.only_a and not found.only_b
    assert 0.75 < found.expression.kappa.value < 0.95
    assert found.values["valence"].lag == pytest.approx(-0.6, abs=0.2)
    page = (folder / "agreement.html").read_text(encoding="utf-8")
    assert "talk-3 (guest)" in page and "95 % interval" in page
    assert '"videos/talk-1.mp4"' in page


def test_the_index_links_everything(folder: Path) -> None:
    page = Parsed((folder / "index.html").read_text(encoding="utf-8"))
    links = [link["href"] for link in page.all("a")]
    assert links == [
        f"results/{talk}.people.{end}" for talk in TALKS for _ in range(2) for end in ("report.html", "expression.csv")
    ]
    assert all((folder / link).is_file() for link in links)
