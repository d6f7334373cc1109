"""The files of streams that a NOVA database names, and a box stream that it does not name yet."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rbdm.errors import InputError
from rbdm.ssi import Stream, write_stream

pytest.importorskip("discover_utils", reason="needs the extra server")
from pymongo.errors import OperationFailure

from rbdm.server.inputs import database as subject

VIDEO = {"name": "video", "fileExt": "mkv"}


class Streams(dict[str, Any]):
    """The collection `Streams`, by name; `may_write` is whether the user may."""

    may_write = True

    def find_one(self, wanted: Any) -> Any:
        return self.get(wanted["name"])

    def update_one(self, wanted: Any, change: Any, upsert: bool) -> Any:
        if not self.may_write:
            raise OperationFailure("not authorized on talks to execute command", 13)
        self[wanted["name"]] = wanted | change["$setOnInsert"]
        return SimpleNamespace(upserted_id=1)


@pytest.fixture
def streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Streams:
    found = Streams()
    handler = SimpleNamespace(client={"talks": {"Streams": found}}, data_dir=tmp_path)
    monkeypatch.setattr(subject, "_handler", lambda session: handler)
    (tmp_path / "talks" / "one").mkdir(parents=True)
    return found


SESSION = SimpleNamespace(dataset="talks", session="one")


def test_the_ending_is_that_of_the_stream(streams: Streams, tmp_path: Path) -> None:
    path = tmp_path / "talks" / "one" / "guest.video.mkv"
    streams["video"] = VIDEO
    with pytest.raises(InputError, match=r"guest\.video\.mkv: no such file: the video of role 'guest'"):
        subject.video_file(SESSION, "video", "guest")
    path.touch()
    assert subject.video_file(SESSION, "video", "guest") == path
    streams["video"] = {"name": "video"}
    with pytest.raises(InputError, match="stream 'video': its document in the database has no field fileExt"):
        subject.video_file(SESSION, "video", "guest")


def test_a_video_that_is_not_listed_is_found_if_there_is_only_one(streams: Streams, tmp_path: Path) -> None:
    folder = tmp_path / "talks" / "one"
    for name in ("host.video.mp4", "guest.video.txt", "guest.video.annotation"):
        (folder / name).touch()
    with pytest.raises(InputError, match=r"has no stream 'video', and .* has no files"):
        subject.video_file(SESSION, "video", "guest")
    (folder / "guest.video.MP4").touch()
    assert subject.video_file(SESSION, "video", "guest") == folder / "guest.video.MP4"
    (folder / "guest.video.avi").touch()
    with pytest.raises(InputError, match=r"has 2 files guest\.video\.\*: add the stream in NOVA"):
        subject.video_file(SESSION, "video", "guest")


@pytest.mark.parametrize("may_write", [True, False])
def test_a_box_stream_that_is_not_listed(streams: Streams, tmp_path: Path, may_write: bool) -> None:
    path, said = tmp_path / "talks" / "one" / "guest.boxes.stream", []
    assert subject.box_stream_file(SESSION, "boxes", "guest", said.append) == path
    assert not said and not streams, "there is no file to be listed"
    write_stream(path, Stream(np.zeros((2, 5), np.float32), 12.5))
    streams.may_write = may_write
    assert subject.box_stream_file(SESSION, "boxes", "guest", said.append) == path
    if may_write:
        assert said == ["added the stream 'boxes' to the dataset 'talks'"] and streams["boxes"]["sr"] == 12.5
    else:
        (line,) = said
        assert "this user may not add it: run `rbdm detect --db` as a user who may" in line and not streams


def test_a_box_stream_that_is_listed(streams: Streams, tmp_path: Path) -> None:
    streams["boxes"] = {"name": "boxes", "fileExt": ".stream"}
    said: list[str] = []
    path = tmp_path / "talks" / "one" / "guest.boxes.stream"
    assert subject.box_stream_file(SESSION, "boxes", "guest", said.append) == path and not said


def test_a_server_without_a_data_folder(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    handler = SimpleNamespace(client={"talks": {"Streams": streams}}, data_dir=None)
    monkeypatch.setattr(subject, "_handler", lambda session: handler)
    with pytest.raises(InputError, match="no data folder: start it with --data_dir"):
        subject.video_file(SESSION, "video", "guest")
