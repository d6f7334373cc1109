"""A video whose results exist is not annotated again; results of another video or other options are not mixed in."""

import shutil

import pytest

from tests.support.command_line import CPU, contents


def test_results_that_are_there_stay_unless_they_are_to_be_overwritten(study, rbdm):
    assert rbdm("annotate", study / "b.mp4", *CPU)[0] == 0
    before = contents(study)
    mine = study / "b.expression.annotation"
    mine.write_text(mine.read_text() + "<!-- corrected by hand -->")
    code, out, err = rbdm("annotate", study / "b.mp4", "--csv", *CPU)
    assert (code, len(out)) == (0, 1)
    assert "corrected by hand" in mine.read_text()
    assert (study / "b.expression.csv").is_file()
    code, out, err = rbdm("annotate", study / "b.mp4", "--csv", *CPU)
    assert (code, out) == (0, [])
    assert "already exist" in err[0]
    assert rbdm("annotate", study / "b.mp4", "--csv", "--overwrite", *CPU)[0] == 0
    assert mine.read_bytes() == before["b.expression.annotation"]


def test_results_of_another_video_are_not_taken_for_those_of_this_one(study, tmp_path, rbdm, face_clip):
    assert rbdm("annotate", study / "b.mp4", "--out", tmp_path / "out", *CPU)[0] == 0
    shutil.copy(face_clip[0], study / "deeper" / "b.mp4")
    code, out, err = rbdm("annotate", study / "deeper" / "b.mp4", "--out", tmp_path / "out", *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "made from another video (b.mp4" in err[0] and "--overwrite" in err[0]


@pytest.mark.parametrize("other", [("--num-expressions", "5"), ("--stride", "2"), ("--face", "leftmost")])
def test_further_results_made_in_another_way_are_refused(study, rbdm, other):
    assert rbdm("annotate", study / "b.mp4", *CPU)[0] == 0
    code, out, err = rbdm("annotate", study / "b.mp4", "--csv", *other, *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "made with" in err[0] and "--overwrite" in err[0]
    assert not (study / "b.expression.csv").exists()


@pytest.mark.parametrize("other", [("--num-expressions", "5"), ("--smoothing-ms", "9"), ("--face", "rightmost")])
def test_results_made_with_other_options_are_an_error(study, rbdm, other):
    assert rbdm("annotate", study, "--face", "leftmost", *CPU)[0] == 0
    before = contents(study)
    chosen = () if "--face" in other else ("--face", "leftmost")
    code, out, err = rbdm("annotate", study, *chosen, *other, *CPU)
    assert (code, out) == (1, [])
    assert all("made with" in line and "--overwrite" in line for line in err[:2])
    assert contents(study) == before
    done = "2 of 2 videos already have their results; --overwrite replaces them"
    assert rbdm("annotate", study, *CPU)[::2] == (0, [done])


def test_an_older_table_that_is_not_replaced_is_said(tmp_path, picture, rbdm):
    shutil.copy(picture, tmp_path / "a.png")
    assert rbdm("annotate", tmp_path / "a.png", "--csv", *CPU)[0] == 0
    code, _, err = rbdm("annotate", tmp_path / "a.png", "--num-expressions", "5", "--overwrite", *CPU)
    assert code == 0
    assert any("a.expression.csv: belongs to earlier results and was not replaced" in line for line in err)
    assert rbdm("annotate", tmp_path / "a.png", "--csv", "--overwrite", *CPU)[2] == []


@pytest.mark.parametrize(("options", "report"), [((), "a.report.html"), (("--face", "all"), "a.people.report.html")])
def test_a_report_without_maps_that_is_kept_is_said(tmp_path, picture, rbdm, options, report):
    shutil.copy(picture, tmp_path / "a.png")
    assert rbdm("annotate", tmp_path / "a.png", "--report", *options, *CPU)[0] == 0
    before = (tmp_path / report).read_bytes()
    code, _, err = rbdm("annotate", tmp_path / "a.png", "--explain", "--csv", *options, *CPU)
    assert code == 0
    assert any(f"{report}: exists and is kept as it is" in line and "--overwrite" in line for line in err)
    assert (tmp_path / report).read_bytes() == before
    _, _, err = rbdm("annotate", tmp_path / "a.png", "--explain", "--csv", "--overwrite", *options, *CPU)
    assert not any("is kept" in line for line in err)
    assert (tmp_path / report).read_bytes() != before
