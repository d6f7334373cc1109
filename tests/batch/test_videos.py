"""Which videos the names on a command line mean: files, patterns and folders."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from rbdm.batch.videos import find_videos


def found(study: Path, *named: Path, **how: object) -> list[str]:
    return [task.video.relative_to(study).as_posix() for task in find_videos(list(named), **how)]


def test_a_folder_means_the_videos_in_it(study):
    assert found(study, study) == ["a.MOV", "b.mp4"]
    assert found(study, study, recursive=True) == ["a.MOV", "b.mp4", "deeper/a.mp4", "deeper/still/c.mkv"]


def test_a_pattern_means_the_files_like_it_for_shells_that_do_not_know_patterns(study):
    assert found(study, study / "*.mp4") == ["b.mp4"]
    assert {*found(study, study / "**" / "a.*")} == {"deeper/a.mp4", "a.MOV"}
    assert {*found(study, study / "deeper" / "*", study / "*.txt")} == {"deeper/a.mp4", "notes.txt"}


def test_a_file_may_be_called_anything_and_counts_once(study):
    (study / "talk [1].mp4").write_bytes(b"")
    assert found(study, study / "talk [1].mp4", study / "notes.txt", study / "notes.txt") == [
        "talk [1].mp4",
        "notes.txt",
    ]


def test_subfolders_are_kept_below_the_folder_for_results(study, tmp_path):
    tasks = find_videos([study], tmp_path / "out", recursive=True)
    folders = {task.video.name: task.folder.relative_to(tmp_path / "out").as_posix() for task in tasks}
    assert folders == {"a.MOV": ".", "b.mp4": ".", "a.mp4": "deeper", "c.mkv": "deeper/still"}
    assert all(task.folder == task.video.parent for task in find_videos([study], recursive=True))


def test_two_videos_with_one_name_are_problems_in_one_folder_and_the_others_are_done(study, tmp_path):
    files = [study / "a.MOV", study / "deeper" / "a.mp4", study / "b.mp4"]
    assert [task.problem for task in find_videos(files)] == ["", "", ""]
    problems = [task.problem for task in find_videos(files, tmp_path)]
    assert all("another video is also called a" in problem for problem in problems[:2])
    assert problems[2] == ""


def test_overlays_are_no_videos_where_their_video_is_beside_them(study):
    named = [study / name for name in ("a.overlay.mp4", "b.mp4", "b.overlay.mp4")]
    shutil.copy(named[0], named[2])
    assert found(study, *named) == ["b.mp4"]
    (study / "c.overlay.mp4").write_bytes(b"")
    assert found(study, study / "c.overlay.mp4") == ["c.overlay.mp4"]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="needs a user whom permissions bind")
def test_a_folder_that_cannot_be_read_is_a_problem(study):
    (study / "deeper").chmod(0)
    try:
        problems = [task.problem for task in find_videos([study], recursive=True)]
    finally:
        (study / "deeper").chmod(0o700)
    assert any("cannot be read" in problem for problem in problems)


@pytest.mark.parametrize("folds", [True, False])
def test_names_that_differ_in_capital_letters_only_are_a_problem_where_they_are_one_name(study, monkeypatch, folds):
    """On macOS and Windows the results of one would replace those of the other."""
    asked: list[Path] = []
    monkeypatch.setattr("rbdm.batch.videos.folds_names", lambda folder: asked.append(folder) or folds)
    files = [study / "x" / "Anna.mp4", study / "y" / "anna.mp4", study / "y" / "b.mp4"]
    assert [task.problem for task in find_videos(files)] == ["", "", ""] and not asked
    problems = [task.problem for task in find_videos(files, study / "out")]
    assert ["capital letters only" in problem for problem in problems] == [folds, folds, False]
    assert set(asked) == {study / "out"}
    accents = [study / "x" / "Ren\u00e9.mp4", study / "y" / "Rene\u0301.mp4"]
    assert all(bool(task.problem) == folds for task in find_videos(accents, study / "out"))


@pytest.mark.parametrize("ending", ["dv", "mod", "tod", "qt", "3g2", "f4v", "wmv", "m2v", "m2t", "mjpg", "vro"])
def test_a_folder_has_the_videos_of_all_cameras(tmp_path, ending):
    (tmp_path / f"a.{ending}").write_bytes(b"")
    (tmp_path / f"b.{ending.upper()}").write_bytes(b"")
    assert found(tmp_path, tmp_path) == [f"a.{ending}", f"b.{ending.upper()}"]
