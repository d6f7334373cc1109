"""The jobs of `rbdm submit`: paths as the server sees them, box streams, and addresses of databases."""

import json
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath

import pytest

from rbdm.client.job_forms import file_jobs, parse_database, server_path
from rbdm.errors import OptionError
from rbdm.types import ANNOTATIONS


@pytest.mark.parametrize(
    ("text", "here", "as_written"),
    [
        ("/data/a.mp4", PurePosixPath("/data/a.mp4"), PurePosixPath("/data/a.mp4")),
        ("C:\\data\\a.mp4", PureWindowsPath("C:\\data\\a.mp4"), PureWindowsPath("C:\\data\\a.mp4")),
        ("\\\\nas\\lab\\a.mp4", PureWindowsPath("\\\\nas\\lab\\a.mp4"), PureWindowsPath("\\\\nas\\lab\\a.mp4")),
        ("a.mp4", Path.cwd() / "a.mp4", PurePosixPath("a.mp4")),
        ("../a.mp4", Path.cwd().parent / "a.mp4", PurePosixPath("../a.mp4")),
    ],
)
def test_paths_as_the_server_sees_them(text: str, here: PurePath, as_written: PurePath) -> None:
    assert server_path(text) == here and server_path(text, as_written=True) == as_written


def test_streams_are_found_as_annotate_finds_them(face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    (job,) = file_jobs([str(face_clip[0])], [], None, as_written=False)
    assert job.faces == face_clip[1] and job.outputs["valence"].parent == face_clip[0].parent
    (job,) = file_jobs([str(face_clip[0])], [str(face_clip[1].parent)], str(tmp_path), as_written=False)
    assert job.faces == face_clip[1] and job.outputs["valence"].parent == tmp_path
    for as_written in (False, True):
        (job,) = file_jobs(["D:\\a.mp4"], [], None, as_written)
        entries = json.loads(job.form("t", {})["data"])
        assert job.faces is None and [entry["id"] for entry in entries] == ["input_data", *ANNOTATIONS]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("lab:27018", "lab", 27018), ("lab", "lab", 27017), ("[::1]:5", "::1", 5), ("[::1]", "::1", 27017)],
)
def test_database_addresses_are_read(text: str, host: str, port: int) -> None:
    assert parse_database(text) == (host, port)


@pytest.mark.parametrize("text", ["", ":5", "lab:", "lab:x", "lab:0", "lab:65536", "mongodb://lab", "ann:pw@lab:5"])
def test_wrong_database_addresses(text: str) -> None:
    with pytest.raises(OptionError, match="--db must be HOST:PORT"):
        parse_database(text)
