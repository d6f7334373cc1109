"""A folder of weights in the place of the one that comes with rbdm, and a site on loopback to download from."""

import hashlib
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rbdm.errors import WeightsError
from rbdm.network.weights import Weights, find_weights

OPEN = b"the open weights"
OFFICIAL = b"the official weights" * 5000
MODEL = b"a LiteRT model"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Site:
    """A download server on loopback, with one file, that counts what it is asked."""

    def __init__(self) -> None:
        self.content: bytes | None = OFFICIAL
        self.status, self.sent = 200, 1.0
        self.requests = 0
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/official.h5"

    def answer(self, request: http.server.BaseHTTPRequestHandler) -> None:
        self.requests += 1
        content = self.content or b""
        request.send_response(self.status)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: int(len(content) * self.sent)])


@contextmanager
def serving_site() -> Iterator[Site]:
    """A site that answers, until the end."""
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.server.shutdown()
        thread.join()
        site.server.server_close()


class Bundle:
    """A folder of weights in the place of the one that comes with rbdm, and an empty cache."""

    def __init__(self, folder: Path, cache: Path, url: str) -> None:
        self.folder, self.cached = folder, cache / "rbdm" / "official.h5"
        folder.mkdir()
        (folder / "open.weights.h5").write_bytes(OPEN)
        (folder / "open.tflite").write_bytes(MODEL)
        self.entries: dict[str, dict[str, Any]] = {
            "open": {
                "name": "open-v0",
                "file": "open.weights.h5",
                "sha256": sha256(OPEN),
                "tflite": "open.tflite",
                "tflite_sha256": sha256(MODEL),
                "licence": "MIT",
                "crop_scale": 1.25,
                "color": "grey",
            },
            "official": {
                "name": "official-v0",
                "file": "official.h5",
                "sha256": sha256(OFFICIAL),
                "url": url,
                "licence": "CC BY-NC-ND 4.0",
            },
        }
        self.write()

    def write(self) -> None:
        (self.folder / "manifest.json").write_text(json.dumps(self.entries), encoding="utf-8")

    def put_into_cache(self, content: bytes) -> None:
        self.cached.parent.mkdir(parents=True)
        self.cached.write_bytes(content)

    def in_cache(self) -> list[Path]:
        return [path for path in self.cached.parents[1].rglob("*") if path.is_file()]


def replace_bundle(folder: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    """Replaces the weights that come with rbdm; `url` is where the official ones are said to be."""
    monkeypatch.setenv("CACHE_DIR", str(folder / "cache"))
    monkeypatch.setattr("rbdm.network.weights.BUNDLED", folder / "bundle")
    monkeypatch.setattr("rbdm.files.resources.BUNDLED", folder / "bundle")
    monkeypatch.setattr("rbdm.network.weights._TIMEOUT", (0.5, 0.5))
    return Bundle(folder / "bundle", folder / "cache", url)


def resolve_saying(name: str, download: bool = False) -> tuple[Weights, list[str]]:
    said: list[str] = []
    return find_weights(name, said.append, download), said


def refused(name: str, download: bool = False) -> str:
    """The one line with which `name` is refused."""
    with pytest.raises(WeightsError) as caught:
        find_weights(name, download=download)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message
