"""A picture with a box stream, a recorder in place of a server, and weights that are damaged."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rbdm.ssi import Stream, read_stream, write_stream
from tests.support.command_line import untuned_networks, write_picture
from tests.support.recorder import Recorder, serving


@pytest.fixture(scope="package", autouse=True)
def _untuned_networks() -> Iterator[None]:
    with untuned_networks():
        yield


@pytest.fixture(scope="session")
def picture(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> Path:
    """A picture of a face with its box stream beside it: the shortest video there is."""
    path = write_picture(tmp_path_factory.mktemp("picture") / "good.png", face_clip[0])
    write_stream(path.with_suffix(".stream"), Stream(read_stream(face_clip[1]).data[:1], 25))
    return path


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with serving(Recorder()) as running:
        yield running


@pytest.fixture
def damaged_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Open weights that are not what the manifest says."""
    folder = tmp_path / "weights"
    folder.mkdir()
    weights = folder / "open.weights.h5"
    weights.write_bytes(b"damaged")
    official = {"name": "official", "file": "official.h5", "sha256": "1" * 64, "url": "http://127.0.0.1:9/official.h5"}
    official["licence"] = "CC BY-NC-ND 4.0"
    entries = {"open": {"name": "open", "file": weights.name, "sha256": "0" * 64}, "official": official}
    (folder / "manifest.json").write_text(json.dumps(entries), encoding="utf-8")
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("rbdm.network.weights.BUNDLED", folder)
    monkeypatch.setattr("rbdm.files.resources.BUNDLED", folder)
    return weights
