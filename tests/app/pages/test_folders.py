"""What the dialogue lists: folders first, hidden ones and other files not at all."""

import os
from pathlib import Path

import pytest

from rbdm.app.pages.picker.folders import list_folder, places


def is_video(name: str) -> bool:
    return name.endswith(".mp4")


def test_folders_come_first_and_only_accepted_files_are_listed(tmp_path):
    for name in ("b.mp4", "A.mp4", "notes.txt", ".hidden.mp4"):
        (tmp_path / name).write_bytes(b"123")
    for name in ("z", "Y", ".cache"):
        (tmp_path / name).mkdir()
    listing = list_folder(tmp_path, is_video)
    assert [(item.path.name, item.is_folder, item.size) for item in listing.items] == [
        ("Y", True, 0),
        ("z", True, 0),
        ("A.mp4", False, 3),
        ("b.mp4", False, 3),
    ]
    assert not listing.problem


def test_a_folder_that_cannot_be_read_is_said(tmp_path):
    assert "cannot be read: No such file" in list_folder(tmp_path / "none", is_video).problem
    (tmp_path / "a.mp4").write_text("")
    assert "cannot be read" in list_folder(tmp_path / "a.mp4", is_video).problem


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_a_link_that_leads_nowhere_is_left_out(tmp_path):
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "none")
    assert list_folder(tmp_path, is_video).items == ()


def test_the_places_exist(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    (tmp_path / "Videos").mkdir()
    found = dict(places())
    assert found["Home"] == tmp_path and found["Videos"] == tmp_path / "Videos" and "Desktop" not in found
    assert all(folder.is_dir() for folder in found.values())
