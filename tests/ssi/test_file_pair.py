"""A header and its data file appear both or not at all, and text is read in the encodings that NOVA writes."""

import os
import xml.etree.ElementTree as ET

import pytest

from rbdm.errors import OutputError
from rbdm.ssi.file_pair import decode, lines, write_pair

HEADER = ET.Element("stream")


def test_failure_leaves_the_old_files_and_no_temporary_ones(tmp_path, monkeypatch):
    path = tmp_path / "x.annotation"
    write_pair(path, HEADER, b"old")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    with pytest.raises(OutputError, match="Permission denied") as caught:
        write_pair(path, HEADER, b"new")
    assert str(path) in str(caught.value)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_missing_folder_is_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="No such file"):
        write_pair(tmp_path / "no" / "x.annotation", HEADER, b"")


def test_text_is_utf_8_or_the_windows_code_page():
    assert [decode("müde".encode(encoding)) for encoding in ("utf-8", "utf-8-sig", "cp1252")] == ["müde"] * 3


def test_only_usual_line_breaks_end_a_line_and_blank_lines_are_left_out():
    assert lines("a\n\nb\r\nc\x85d\u2028e\r  \nf") == ["a", "b", "c\x85d\u2028e", "f"]
