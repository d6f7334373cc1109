"""Pipes, devices and sockets are refused; files, folders and missing files are for others to judge."""

import os
import socket
from pathlib import Path

import pytest

from rbdm.errors import InputError
from rbdm.files.special import refuse_special_file

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such files")


def test_special_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("socket")
        for path in (tmp_path / "pipe", tmp_path / "link", Path("socket"), Path("/dev/zero")):
            with pytest.raises(InputError, match="is not a regular file") as error:
                refuse_special_file(path)
            assert str(path) in str(error.value)


def test_other_files_are_not(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for name in ("file", "link", ".", "missing", "n" * 300, "a\0b"):
        refuse_special_file(tmp_path / name)
