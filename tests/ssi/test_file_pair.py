"""A header and its data file appear both or not at all, and text is read in the encodings that NOVA writes."""

import os
import threading
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from rbdm.errors import InputError, OutputError
from rbdm.ssi import Stream, read_stream, write_stream
from rbdm.ssi.file_pair import decode, lines, read_pair, write_pair

HEADER = ET.fromstring("<stream><info/></stream>")


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


def test_the_header_and_the_data_of_two_writers_are_not_mixed(tmp_path):
    path, data = tmp_path / "x.stream", tmp_path / "x.stream~"
    write_pair(path, HEADER, b"first")
    first = path.read_bytes()
    write_pair(path, HEADER, b"second")
    assert read_pair(path, "stream")[1] == b"second"
    path.write_bytes(first)
    with pytest.raises(InputError, match=r"x\.stream: the data in x\.stream~ has changed since .* remove sha256"):
        read_pair(path, "stream")
    write_pair(path, HEADER, b"second")
    data.write_bytes(b"changed")
    with pytest.raises(InputError, match="has changed"):
        read_pair(path, "stream")


def test_a_pair_without_a_digest_is_read(tmp_path):
    """NOVA and older versions of rbdm write none; somebody who changes the data removes it."""
    (tmp_path / "x.stream").write_text("<stream><info/></stream>")
    (tmp_path / "x.stream~").write_bytes(b"data")
    assert read_pair(tmp_path / "x.stream", "stream")[1] == b"data"


def test_a_pair_that_is_being_replaced_is_read_when_both_files_are_there(tmp_path):
    path, data = tmp_path / "x.stream", tmp_path / "x.stream~"
    write_pair(path, HEADER, b"old")
    data.write_bytes(b"new")
    later = threading.Timer(0.06, lambda: write_pair(path, HEADER, b"new"))
    later.start()
    try:
        assert read_pair(path, "stream")[1] == b"new"
    finally:
        later.join()


def test_a_folder_is_not_read(tmp_path):
    (tmp_path / "x.stream").mkdir()
    with pytest.raises(InputError, match=r"x\.stream: cannot be read"):
        read_pair(tmp_path / "x.stream", "stream")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no such pipes")
def test_a_pipe_or_a_device_is_not_read(tmp_path):
    """Reading a pipe would wait for ever, and reading this device would fill the memory."""
    write_stream(tmp_path / "a.stream", Stream(np.zeros((2, 5), np.float32), 25.0))
    (tmp_path / "a.stream~").unlink()
    (tmp_path / "a.stream~").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "b.stream")
    for name in ("a", "b"):
        with pytest.raises(InputError, match=r"\.stream~?: is not a regular file"):
            read_stream(tmp_path / f"{name}.stream")
