"""All result files of a video are written, or none; what cannot be written is said before any video is decoded."""

import json
import shutil
from pathlib import Path

import pytest

from rbdm.errors import OutputError
from rbdm.export.writers import Writer
from rbdm.files.leftovers import host
from tests.support.command_line import CPU, names


def test_a_result_that_fails_leaves_nothing_of_the_video(study, rbdm, monkeypatch):
    def fail(timeline: object, path: Path, progress: object) -> None:
        raise OSError(28, "disk full", "b.csv")

    monkeypatch.setattr(
        "rbdm.export.writers.EXTRA_WRITERS", (Writer("csv", ".expression.csv", fail, per_person=False),)
    )
    before = names(study)
    code, out, err = rbdm("annotate", study / "b.mp4", "--csv", *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "disk full" in err[0]
    assert names(study) == before


def test_an_error_names_the_file_by_the_name_it_would_have_had(study, rbdm, monkeypatch):
    def fail(timeline: object, path: Path, progress: object) -> None:
        raise OutputError(f"{path}: cannot be written: disk full")

    monkeypatch.setattr(
        "rbdm.export.writers.EXTRA_WRITERS", (Writer("csv", ".expression.csv", fail, per_person=False),)
    )
    err = rbdm("annotate", study / "b.mp4", "--csv", *CPU)[2]
    assert err == [f"rbdm: {study / 'b.expression.csv'}: cannot be written: disk full"]


def test_a_name_that_is_too_long_is_said_before_any_video_is_decoded(picture, tmp_path, rbdm, monkeypatch):
    monkeypatch.setattr("rbdm.annotator.Video", lambda *_: pytest.fail("decoded"))
    video = Path(shutil.copy(picture, tmp_path / f"{'n' * 240}.png"))
    code, out, err = rbdm("annotate", video, *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "name" in err[0].lower()


def test_an_existing_annotation_whose_files_do_not_fit_is_no_finished_result(study, rbdm):
    """A run with `--overwrite` may have been killed after it replaced the data and before it replaced the header."""
    assert rbdm("annotate", study / "b.mp4", *CPU)[0] == 0
    data = study / "b.valence.annotation~"
    data.write_bytes(data.read_bytes()[::-1])
    code, out, err = rbdm("annotate", study / "b.mp4", *CPU)
    assert (code, out, len(err)) == (1, [], 1)
    assert "b.valence.annotation~ has changed since this header was written" in err[0] and "--overwrite" in err[0]
    assert rbdm("annotate", study / "b.mp4", "--overwrite", *CPU)[0] == 0
    assert rbdm("annotate", study / "b.mp4", *CPU)[0] == 0


def test_a_run_with_nothing_to_do_removes_what_a_killed_run_left(study, rbdm):
    assert rbdm("annotate", study / "b.mp4", *CPU)[0] == 0
    before = names(study)
    claim = study / ".rbdm-01234567.lock"
    for command in (("annotate", study / "b.mp4", *CPU), ("detect", study / "b.mp4")):
        claim.write_text(json.dumps({"host": host(), "names": {}}))
        (study / ".rbdm-01234567-abcd0-b.csv").write_text("half")
        assert rbdm(*command)[0] == 0
        before |= {"b.face_bounding_box.stream", "b.face_bounding_box.stream~"} if command[0] == "detect" else set()
        assert names(study) == before
