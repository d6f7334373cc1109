"""A connection of the page: pictures that are answered or skipped, recordings, and what is no picture."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest
import uvicorn
from fastapi import FastAPI, WebSocket
from websockets.sync.client import ClientConnection, connect

from rbdm.app.live.messages import Picture, write_picture
from rbdm.app.live.pipeline import LiveFace
from rbdm.app.live.recorder import Recording
from rbdm.app.live.session import Live
from rbdm.errors import WeightsError
from rbdm.media.frame import Frame
from tests.app.live.pictures import jpeg

FACE = LiveFace("1", np.zeros(17, np.float32), np.zeros(10, np.float32))


class Pipeline:
    """Finds one face in each frame, as soon as `go` allows it."""

    def __init__(self) -> None:
        self.weights = SimpleNamespace(entry=SimpleNamespace(name="made up"))
        self.seen: list[Frame] = []
        self.starts: list[int] = []
        self.go = threading.Event()
        self.go.set()

    def start_anew(self) -> None:
        self.starts.append(len(self.seen))

    def faces(self, frame: Frame) -> list[LiveFace]:
        self.go.wait(10)
        self.seen.append(frame)
        return [FACE]


class Page:
    """The page's end of a connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection, self._number = connection, 0
        self.first = self._receive()

    def picture(self, time: float, data: bytes | None = None, dropped: int = 0) -> None:
        self._number += 1
        made = jpeg(self._number) if data is None else data
        self._connection.send(write_picture(Picture(self._number, dropped, time, 1.7e12 + time, made)))

    def bytes(self, data: bytes) -> None:
        self._connection.send(data)

    def text(self, data: str) -> None:
        self._connection.send(data)

    def record(self, name: str = "P07") -> None:
        self._connection.send(json.dumps({"do": "record", "name": name}))

    def stop(self) -> dict[str, Any]:
        self._connection.send(json.dumps({"do": "stop"}))
        return self.until("recorded")

    def _receive(self) -> dict[str, Any]:
        return json.loads(self._connection.recv(10))  # type: ignore[no-any-return]

    def until(self, *kinds: str) -> dict[str, Any]:
        """The next answer of these kinds."""
        while (answer := self._receive())["kind"] not in kinds:
            pass
        return answer


class Rig:
    """A server with one route."""

    def __init__(self, folder: Path | None) -> None:
        self.folder, self.pipeline = folder, Pipeline()
        self.begun, self.recordings = list[Path](), list[Recording]()
        self.load: Callable[[], Any] = lambda: self.pipeline
        live = Live(self, lambda: self.folder, lambda: self.load())
        app = FastAPI()

        @app.websocket("/live")
        async def serve(websocket: WebSocket) -> None:
            await live.serve(websocket)

        self._listener = socket.create_server(("127.0.0.1", 0))
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    def began(self, video: Path, weights: Any) -> None:
        assert weights is self.pipeline.weights and video.exists()
        self.begun.append(video)

    def ended(self, recording: Recording, weights: Any) -> str:
        assert weights is self.pipeline.weights and recording.video == self.begun[-1]
        self.recordings.append(recording)
        return "It waits."

    def __enter__(self) -> "Rig":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.pipeline.go.set()
        self.stop()

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    @contextmanager
    def page(self) -> Iterator[Page]:
        with connect(f"ws://127.0.0.1:{self._listener.getsockname()[1]}/live") as connection:
            yield Page(connection)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with Rig(tmp_path) as made:
        yield made


def pictures_of(video: Path) -> list[bytes]:
    with av.open(str(video)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_each_picture_is_answered(rig: Rig) -> None:
    with rig.page() as page:
        assert page.first["kind"] == "ready" and page.first["weights"] == "made up"
        assert page.first["classes"][1] == {"name": "Happy", "color": "#F2B705"}
        for number in range(1, 4):
            page.picture(1000 + 40 * number)
            assert page.until("got") == {"kind": "got", "number": number, "recording": None}
            answer = page.until("faces")
            assert (answer["number"], answer["recorded"], answer["faces"][0]["person"]) == (number, None, "1")
    assert [frame.time for frame in rig.pipeline.seen] == pytest.approx([0, 0.04, 0.08])
    assert rig.recordings == [] and list(rig.folder.iterdir()) == []  # type: ignore[union-attr]


def test_the_newest_picture_is_annotated_and_no_picture_waits_behind_it(rig: Rig) -> None:
    with rig.page() as page:
        rig.pipeline.go.clear()
        for number in range(5):
            page.picture(100 + 40 * number)
        skipped = [page.until("skipped")["number"] for _ in range(3)]
        rig.pipeline.go.set()
        assert [page.until("faces")["number"] for _ in range(2)] == [1, 5] and skipped == [2, 3, 4]


def test_all_pictures_are_recorded_also_those_that_are_not_annotated(rig: Rig) -> None:
    with rig.page() as page:
        page.picture(0)
        page.until("faces")
        page.record()
        rig.pipeline.go.clear()
        for number in range(1, 7):
            page.picture(100 * number, dropped=number)
            state = page.until("got")["recording"]
            assert (state["frames"], state["dropped"]) == (number, sum(range(2, number + 1)))
        rig.pipeline.go.set()
        recorded = [page.until("faces")["recorded"] for _ in range(2)]
        ended = page.stop()
        page.picture(900)
        assert page.until("faces")["recorded"] is None
    assert recorded == [0, 5]
    assert pictures_of(Path(ended["video"])) == [jpeg(number) for number in range(2, 8)]
    assert (ended["frames"], ended["seconds"], ended["rate"], ended["dropped"]) == (6, 0.5, 10, 20)
    assert ended["next"] == "It waits." and ended["longest_step"] == 0.1
    assert [one.video for one in rig.recordings] == [Path(ended["video"])]
    assert rig.pipeline.starts == [0, 1]  # people are numbered anew from the first recorded frame


def test_a_page_that_is_closed_ends_the_recording(rig: Rig) -> None:
    with rig.page() as page:
        page.record()
        for number in range(4):
            page.picture(40 * number)
            page.until("faces")
    wait_for(lambda: rig.recordings)
    assert rig.recordings[0].frames == 4 and len(pictures_of(rig.recordings[0].video)) == 4


def test_a_server_that_is_stopped_ends_the_recording(rig: Rig) -> None:
    with rig.page() as page:
        page.record()
        for number in range(4):
            page.picture(40 * number)
            page.until("faces")
        rig.stop()
    assert rig.recordings[0].frames == 4 and len(pictures_of(rig.recordings[0].video)) == 4


def test_one_page_at_a_time(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.app.live.session._PATIENCE", 0.3)
    with rig.page() as page:
        with rig.page() as second:
            text = "Live already runs in another tab or window. Stop it there, then start it here."
            assert second.first == {"kind": "busy", "text": text}
        page.picture(0)
        assert page.until("faces")["number"] == 1
    with rig.page() as page:
        assert page.first["kind"] == "ready"


def test_a_page_that_comes_before_the_end_of_another_one_waits_for_it(rig: Rig) -> None:
    rig.pipeline.go.clear()
    with rig.page() as page:
        for moment in (0, 40):  # the thread of the first one holds the connection until `go` is set
            page.picture(moment)
            page.until("got")
    threading.Timer(0.3, rig.pipeline.go.set).start()
    with rig.page() as page:
        assert page.first["kind"] == "ready"


def test_what_is_no_picture_is_said_and_counts_as_dropped(rig: Rig) -> None:
    with rig.page() as page:
        page.record()
        page.picture(0)
        page.until("faces")
        for data in (b"", b"x" * 30, b"\xff" * 10_000):
            page.bytes(data)
            assert "it is left out" in page.until("problem")["text"]
        for bad in (b"no jpeg", jpeg(3)[:300]):
            page.picture(50, bad)
            assert page.until("skipped") and "damaged" in page.until("problem")["text"]
        page.picture(0, jpeg(9))
        assert page.until("skipped") and "the same time" in page.until("problem")["text"]
        for text in ("", "{", '{"do": "delete"}'):
            page.text(text)
            assert page.until("problem")["text"].startswith("the page sent")
        page.picture(100)
        page.until("faces")
        ended = page.stop()
    assert (ended["frames"], ended["dropped"]) == (2, 3)


@pytest.mark.parametrize("folder", [None, Path("gone")])
def test_without_a_folder_nothing_is_recorded(folder: Path | None, rig: Rig, tmp_path: Path) -> None:
    rig.folder = folder and tmp_path / folder
    with rig.page() as page:
        page.record()
        assert "choose" in page.until("problem")["text"]
        page.picture(0)
        assert page.until("got")["recording"] is None
        assert page.stop() == {"kind": "recorded"}
    assert rig.recordings == []


def test_a_picture_of_another_size_ends_the_recording(rig: Rig) -> None:
    with rig.page() as page:
        page.record()
        page.picture(0)
        page.until("got")
        page.picture(40, jpeg(1, 48, 64))
        assert "ends here, because the picture changes from 64×48 to 48×64" in page.until("problem")["text"]
        assert page.until("recorded")["frames"] == 1
        assert page.until("got")["recording"] is None
    assert rig.recordings[0].frames == 1


def test_a_disk_error_ends_the_recording_and_the_picture_goes_on(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    with rig.page() as page:
        page.record()
        page.picture(0)
        page.until("faces")

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("rbdm.app.live.recorder.Recorder._write_line", full)
        page.picture(40)
        assert "No space left on device; the recording has ended and is kept" in page.until("problem")["text"]
        assert page.until("recorded")["frames"] == 1
        page.picture(80)
        assert page.until("faces")["number"] in (2, 3)


def test_weights_that_cannot_be_loaded_are_said(rig: Rig) -> None:
    def fail() -> None:
        raise WeightsError("weights: cannot be read")

    rig.load = fail
    with rig.page() as page:
        assert page.first == {"kind": "problem", "text": "weights: cannot be read"}
    rig.load = lambda: rig.pipeline
    with rig.page() as page:
        assert page.first["kind"] == "ready"


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
