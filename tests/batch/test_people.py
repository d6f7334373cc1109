"""Everybody in a video gets files, and a video counts as done only if all of them are there."""

import json
import sys

import cv2
import numpy as np
import pytest

from rbdm.ssi import read_annotation
from tests.support.command_line import CPU, contents, names

ALL = ("--face", "all", *CPU)


@pytest.fixture
def pair(tmp_path, picture):
    """A picture of two people, called a video."""
    one = cv2.imread(str(picture))
    path = tmp_path / "pair" / "talk.png"
    path.parent.mkdir()
    cv2.imwrite(str(path), np.hstack([one, one[:, ::-1]]))
    return path


def person_files(*people):
    return {
        f"talk.{p}.{a}.annotation{end}"
        for p in people
        for a in ("expression", "valence", "arousal")
        for end in ("", "~")
    }


def test_each_person_has_files_and_the_role_is_the_name(pair, rbdm):
    code, out, err = rbdm("annotate", pair, "--csv", "--name", "left=guest", *ALL)
    assert (code, err) == (0, [])
    assert "2 people (frames with their face): guest (1), 2 (1)" in out[0]
    together = {"talk.png", "talk.people.json", "talk.people.expression.csv"}
    assert names(pair.parent) == together | person_files("guest", "2")
    assert read_annotation(pair.parent / "talk.guest.expression.annotation").role == "guest"
    lines = (pair.parent / "talk.people.expression.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["person", "guest", "2"]


def test_a_video_is_done_only_if_all_its_files_are_there(pair, rbdm):
    assert rbdm("annotate", pair, *ALL)[0] == 0
    before = contents(pair.parent)
    code, out, err = rbdm("annotate", pair, *ALL)
    assert (code, out) == (0, []) and "already exist" in err[0]
    (pair.parent / "talk.2.valence.annotation").unlink()
    assert rbdm("annotate", pair, *ALL)[0] == 0
    assert contents(pair.parent).keys() == before.keys()
    (pair.parent / "talk.people.json").unlink()
    code, _, err = rbdm("annotate", pair, *ALL)
    assert code == 1 and "lists it" in err[0] and "--overwrite" in err[0]


def test_other_names_and_options_are_refused(pair, rbdm):
    assert rbdm("annotate", pair, *ALL)[0] == 0
    for other in (("--name", "left=guest"), ("--stride", "2")):
        code, _, err = rbdm("annotate", pair, *other, *ALL)
        assert code == 1 and "made with" in err[0] and "--overwrite" in err[0]


def test_overwrite_removes_files_of_earlier_people_but_never_those_of_others(pair, rbdm):
    assert rbdm("annotate", pair, "--name", "left=guest", "--name", "2=host", *ALL)[0] == 0
    changed = pair.parent / "talk.host.expression.annotation"
    changed.write_text(changed.read_text() + "<!-- corrected by hand -->")
    (pair.parent / "talk.other.expression.annotation").write_text("of somebody else")
    code, _, err = rbdm("annotate", pair, "--overwrite", *ALL)
    assert code == 0 and "somebody has changed it" in err[0]
    left = {"talk.png", "talk.people.json", "talk.other.expression.annotation", changed.name, changed.name + "~"}
    assert names(pair.parent) == left | person_files("1", "2")


def test_a_damaged_record_counts_as_nothing_done(pair, rbdm):
    assert rbdm("annotate", pair, *ALL)[0] == 0
    record = pair.parent / "talk.people.json"
    content = json.loads(record.read_text())
    for damage in ("{", json.dumps({**content, "files": {"../talk.1.x": ""}}), json.dumps([])):
        record.write_text(damage)
        code, _, err = rbdm("annotate", pair, *ALL)
        assert code == 1 and "cannot be read" in err[0]


def test_wrong_usage_is_said(pair, rbdm):
    for wrong in (("--name", "left=a"), ("--face", "all", "--faces", pair), ("--face", "all", "--name", "x=y")):
        assert rbdm("annotate", pair, *wrong, *CPU)[0] == 1
    assert names(pair.parent) == {"talk.png"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows allows no such names")
@pytest.mark.parametrize("stem", ["new\nline", "umläut", "bad\udcff"])
def test_a_name_that_cannot_be_printed_is_found_again(pair, rbdm, stem):
    video = pair.rename(pair.with_name(f"{stem}.png"))
    assert rbdm("annotate", video, *ALL)[0] == 0
    code, out, err = rbdm("annotate", video, *ALL)
    assert (code, out) == (0, []) and "already exist" in err[0]


def test_a_table_that_was_not_written_again_does_not_count_as_done(pair, rbdm):
    assert rbdm("annotate", pair, "--csv", *ALL)[0] == 0
    assert rbdm("annotate", pair, "--num-expressions", "5", "--overwrite", *ALL)[0] == 0
    code, _, err = rbdm("annotate", pair, "--num-expressions", "5", "--csv", *ALL)
    assert code == 1 and "talk.people.expression.csv already exists, but talk.people.json does not list it" in err[0]
    assert rbdm("annotate", pair, "--num-expressions", "5", "--csv", "--overwrite", *ALL)[0] == 0
    assert "Disgust" not in (pair.parent / "talk.people.expression.csv").read_text().splitlines()[0]
