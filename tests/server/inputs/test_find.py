"""A request names a video and a box stream: both are found wherever they are, and the box stream may be missing."""

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rbdm.errors import InputError
from rbdm.server.inputs.find import Inputs, is_active, session_inputs

pytest.importorskip("discover_utils", reason="needs the extra server")

VIDEO = {"src": "file:stream:video", "type": "input", "id": "input_data", "uri": "a.mp4"}
FACES = {"src": "file:stream:SSIStream:blazeface", "type": "input", "id": "face_bb", "uri": "b.stream"}


def session(*entries: dict[str, Any]) -> Any:
    return SimpleNamespace(data_description=list(entries), dataset="talks", session="one")


def found(*entries: dict[str, Any], said: list[str] | None = None) -> Inputs:
    with session_inputs(session(*entries), (said if said is not None else []).append) as inputs:
        return inputs


@pytest.fixture
def faces(tmp_path: Path) -> dict[str, Any]:
    """An input whose two files exist."""
    (tmp_path / "b.stream").write_text("<stream/>", encoding="utf-8")
    (tmp_path / "b.stream~").write_text("0", encoding="utf-8")
    return FACES | {"uri": str(tmp_path / "b.stream")}


@pytest.mark.parametrize("src", ["file:stream:ssifeature:blazeface", "file:stream:SSIStream:blazeface"])
@pytest.mark.parametrize("id", ["face:bb", "face_bb", "whatever"])
def test_inputs_are_found_by_either_spelling_or_by_type(faces: dict[str, Any], src: str, id: str) -> None:
    video = VIDEO | {"id": "film"} if id == "whatever" else VIDEO
    wanted = Inputs(Path("a.mp4"), Path(faces["uri"]))
    assert found(faces | {"src": src, "id": id}, video) == found(video, faces | {"src": src, "id": id}) == wanted


@pytest.mark.parametrize("name", ["a.mov", "a.MKV", "a.avi", "a.webm", "a.jpg", "a.png", "a"])
def test_any_container_is_a_video(tmp_path: Path, name: str) -> None:
    assert found(VIDEO | {"uri": str(tmp_path / name)}).video == tmp_path / name


def test_a_picture_is_a_video() -> None:
    assert found(VIDEO | {"src": "file:image", "id": "picture"}).video == Path("a.mp4")


def test_the_path_may_contain_the_session() -> None:
    entry = {name: value for name, value in VIDEO.items() if name != "uri"}
    assert found(entry | {"uri_template": "{dataset}/{session}.mp4"}).video == Path("talks/one.mp4")


def test_missing_video_is_named(faces: dict[str, Any]) -> None:
    for entries in ([faces], [faces, VIDEO | {"active": False}], [faces, VIDEO | {"type": "output"}]):
        with pytest.raises(InputError, match="no input 'input_data'"):
            found(*entries)
    with pytest.raises(InputError, match="input 'input_data': its field uri cannot be used"):
        found(VIDEO | {"uri": None})


def test_a_box_stream_that_is_missing_or_empty_is_said(tmp_path: Path, faces: dict[str, Any]) -> None:
    empty = tmp_path / "empty.stream"
    empty.touch()
    (tmp_path / "no rows.stream").write_text("<stream/>", encoding="utf-8")
    (tmp_path / "no rows.stream~").touch()
    for entries, reason in [
        ([], "the request has no box stream"),
        ([faces | {"active": False}], "the request has no box stream"),
        ([FACES | {"uri": str(tmp_path / "none.stream")}], f"no box stream {tmp_path / 'none.stream'}"),
        ([FACES | {"uri": str(empty)}], f"no box stream {empty}"),
        ([FACES | {"uri": str(tmp_path / "no rows.stream")}], "no box stream"),
        ([FACES | {"uri": ""}], "no box stream"),
        ([FACES | {"src": "request:stream:SSIStream", "data": ""}], "the box stream in the request is empty"),
    ]:
        said: list[str] = []
        assert found(VIDEO, *entries, said=said).faces is None
        assert len(said) == 1 and said[0].startswith(reason) and said[0].endswith(": rbdm finds the face itself")


def test_a_header_without_its_data_is_not_a_missing_stream(tmp_path: Path, faces: dict[str, Any]) -> None:
    """Somebody copied only one of the two files: the job must say so, instead of using other boxes."""
    (tmp_path / "b.stream~").unlink()
    said: list[str] = []
    assert found(VIDEO, faces, said=said).faces == Path(faces["uri"]) and not said


def test_a_pipe_is_not_read(tmp_path: Path, faces: dict[str, Any]) -> None:
    """Reading it would not end, and the job could not be cancelled."""
    (tmp_path / "b.stream~").unlink()
    (tmp_path / "b.stream~").mkdir()
    with pytest.raises(InputError, match=r"b\.stream~: is not a file"):
        found(VIDEO, faces)


def test_a_box_stream_cannot_be_in_the_request() -> None:
    with pytest.raises(InputError, match="has two files"):
        found(VIDEO, FACES | {"src": "request:stream:SSIStream", "data": "AAAA"})


def test_an_image_in_the_request_exists_until_the_session_ends() -> None:
    picture = {"src": "request:image", "type": "input", "id": "input_data", "data": base64.b64encode(b"JPEG").decode()}
    with session_inputs(session(picture), print) as inputs:
        assert inputs.video.read_bytes() == b"JPEG" and inputs.video.name == "input_data"
    assert not inputs.video.exists() and not inputs.video.parent.exists()


def test_a_file_that_was_uploaded_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of the route `upload` is a path in the server's folder for temporary files."""
    monkeypatch.setenv("TMP_DIR", str(tmp_path))
    (tmp_path / "abcdef.mp4").touch()
    assert found(VIDEO | {"uri": "abcdef.mp4"}).video == tmp_path / "abcdef.mp4"
    assert found(VIDEO | {"uri": "other.mp4"}).video == Path("other.mp4")


def test_a_video_at_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    from discover_utils.utils import cache_utils

    def fetch(url: str, path: Path) -> None:
        if "gone" in url:
            raise OSError("404")
        path.write_text(url, encoding="utf-8")

    monkeypatch.setattr(cache_utils, "retreive_from_url", fetch)
    video = VIDEO | {"src": "url:stream:video", "uri": "http://lab/films/a b.mp4?key=1"}
    with session_inputs(session(video), print) as inputs:
        assert inputs.video.name == "a_b.mp4" and inputs.video.read_text(encoding="utf-8") == video["uri"]
    with pytest.raises(InputError, match=r"^http://lab/gone: cannot be fetched: 404"):
        found(video | {"uri": "http://lab/gone"})


def test_names_in_the_database_are_texts() -> None:
    """A dict would be a question to the database."""
    entry = {"src": "db:stream:Video", "type": "input", "id": "input_data", "name": {"$ne": ""}, "role": "guest"}
    with pytest.raises(InputError, match="input 'input_data': its field 'name' must be a text"):
        found(entry)


@pytest.mark.parametrize(
    ("value", "active"), [(True, True), ("True", True), (False, False), ("False", False), (0, False)]
)
def test_an_entry_is_active_unless_it_says_otherwise(value: object, active: bool) -> None:
    assert is_active({"active": value}) is active and is_active({})
