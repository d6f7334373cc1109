"""What `rbdm.weights` promises: the weights that an option means, downloaded if need be, and never wrong ones."""

import hashlib
import http.server
import json
import shutil
import socket
import threading
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pooch
import pytest

from rbdm.errors import WeightsError
from rbdm.files.resources import BUNDLED, cache_folder
from rbdm.network.manifest import WeightsEntry, read_manifest
from rbdm.network.weights import Weights, fetch, find_weights

OPEN = b"the open weights"
OFFICIAL = b"the official weights" * 5000
MODEL = b"a LiteRT model"
NAMES = ["Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "Contempt"]


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


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
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


@pytest.fixture
def bundle(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("rbdm.network.weights.BUNDLED", tmp_path / "bundle")
    monkeypatch.setattr("rbdm.files.resources.BUNDLED", tmp_path / "bundle")
    monkeypatch.setattr("rbdm.network.weights._TIMEOUT", (0.5, 0.5))
    return Bundle(tmp_path / "bundle", tmp_path / "cache", site.url)


def resolve_saying(name: str) -> tuple[Weights, list[str]]:
    said: list[str] = []
    return find_weights(name, said.append), said


def refused(name: str) -> str:
    """The one line with which `name` is refused."""
    with pytest.raises(WeightsError) as caught:
        find_weights(name)
    message = str(caught.value)
    assert message
    assert "\n" not in message
    return message


# open


def test_open_weights_come_with_the_package_and_need_no_network(bundle, site):
    weights, said = resolve_saying("open")
    assert weights.path == bundle.folder / "open.weights.h5"
    assert weights.tflite == bundle.folder / "open.tflite"
    assert (weights.entry.name, weights.sha256) == ("open-v0", sha256(OPEN))
    assert (said, site.requests, bundle.in_cache()) == ([], 0, [])


@pytest.mark.parametrize("name", ["open.weights.h5", "open.tflite"])
@pytest.mark.parametrize("asked", ["open", "auto"])
def test_damaged_open_weights_are_an_error_that_names_the_file(bundle, site, name, asked):
    site.status = 404
    (bundle.folder / name).write_bytes(OPEN + MODEL)
    message = refused(asked)
    assert str(bundle.folder / name) in message
    assert "SHA-256" in message


def test_missing_open_weights_are_an_error_that_names_the_file(bundle):
    (bundle.folder / "open.weights.h5").unlink()
    assert str(bundle.folder / "open.weights.h5") in refused("open")


# official


def test_official_weights_are_downloaded_once_into_the_cache(bundle, site):
    weights, _ = resolve_saying("official")
    assert weights.path == bundle.cached
    assert weights.path.read_bytes() == OFFICIAL
    assert (weights.entry.name, weights.sha256, weights.tflite) == ("official-v0", sha256(OFFICIAL), None)
    assert bundle.in_cache() == [bundle.cached]
    find_weights("official")
    assert site.requests == 1


def test_official_weights_put_into_the_cache_by_hand_are_not_downloaded(bundle, site):
    bundle.put_into_cache(OFFICIAL)
    assert find_weights("official").path == bundle.cached
    assert site.requests == 0


def test_a_download_shows_its_progress(bundle):
    class Progress:
        total = done = 0

        def update(self, count: int) -> None:
            self.done += count

        def reset(self) -> None:
            self.done = 0

        def close(self) -> None:
            pass

    progress = Progress()
    fetch(read_manifest(bundle.folder / "manifest.json")["official"], progress=progress)
    assert progress.total == progress.done == len(OFFICIAL)


def test_without_a_servers_folder_the_cache_is_the_users(monkeypatch):
    monkeypatch.delenv("CACHE_DIR", raising=False)
    assert cache_folder().is_relative_to(Path(pooch.os_cache("rbdm")))


@pytest.mark.parametrize("asked", ["official", "auto"])
def test_a_download_with_another_hash_is_an_error_and_leaves_nothing(bundle, site, asked):
    site.content = OFFICIAL[:-1] + b"!"
    message = refused(asked)
    assert site.url in message
    assert "hash" in message
    assert bundle.in_cache() == []


@pytest.mark.parametrize("asked", ["official", "auto"])
def test_a_cached_file_with_another_hash_is_an_error_and_not_replaced(bundle, site, asked):
    bundle.put_into_cache(b"tampered with")
    message = refused(asked)
    assert str(bundle.cached) in message
    assert "SHA-256" in message
    assert bundle.cached.read_bytes() == b"tampered with"
    assert site.requests == 0


def stop(site: Site, bundle: Bundle) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        bundle.entries["official"]["url"] = f"http://127.0.0.1:{closed.getsockname()[1]}/official.h5"
    bundle.write()


def say_nothing(site: Site, bundle: Bundle) -> None:
    def answer(_: object) -> None:
        threading.Event().wait(1.5)

    site.answer = answer  # type: ignore[method-assign,assignment]


def answer_with(status: int) -> Any:
    return lambda site, bundle: setattr(site, "status", status)


def cut_off(site: Site, bundle: Bundle) -> None:
    site.sent = 0.5


FAILURES = {
    "no server": stop,
    "no answer": say_nothing,
    "404": answer_with(404),
    "500": answer_with(500),
    "cut off": cut_off,
}
unreachable = pytest.mark.parametrize("fail", FAILURES.values(), ids=FAILURES.keys())


@unreachable
def test_official_weights_that_cannot_be_had_are_an_error_that_says_where_to_put_them(bundle, site, fail):
    fail(site, bundle)
    message = refused("official")
    assert bundle.entries["official"]["url"] in message
    assert str(bundle.cached.parent) in message
    assert bundle.in_cache() == []


@unreachable
def test_auto_falls_back_to_open_and_says_so_in_a_line(bundle, site, fail):
    fail(site, bundle)
    weights, said = resolve_saying("auto")
    assert weights == find_weights("open")
    assert [line for line in said if line.startswith("weights: open (")] == said[-1:]
    assert "official-v0 cannot be downloaded" in said[-1]
    assert not any("\n" in line for line in said)
    assert bundle.in_cache() == []


# auto


def test_auto_means_official_where_they_can_be_had_and_says_so_with_their_licence(bundle):
    weights, said = resolve_saying("auto")
    assert weights == find_weights("official")
    assert said[-1].startswith("weights: official")
    assert "CC BY-NC-ND 4.0" in said[-1]
    assert resolve_saying("auto")[1] == said[-1:]


def test_a_download_is_said_in_a_line_and_only_when_it_happens(bundle, site):
    _, said = resolve_saying("official")
    assert len(said) == 1
    assert site.url in said[0]
    assert resolve_saying("official")[1] == []


def test_auto_downloads_nothing_where_nothing_can_read_it(bundle, site, monkeypatch):
    monkeypatch.setattr("rbdm.network.weights._CONVERTER", "a_package_that_is_not_installed")
    weights, said = resolve_saying("auto")
    assert weights == find_weights("open")
    assert site.requests == 0
    assert len(said) == 1
    assert said[0].startswith("weights: open (")
    assert "TensorFlow" in said[0]


# a path


def test_a_file_nobody_has_described_is_taken_to_be_like_the_official_ones(bundle, tmp_path):
    path = tmp_path / "ours.h5"
    path.write_bytes(b"ours")
    weights, said = resolve_saying(str(path))
    assert len(said) == 1
    assert "ours.h5" in said[0]
    assert (weights.path, weights.sha256, weights.tflite) == (path, sha256(b"ours"), None)
    official = asdict(read_manifest(bundle.folder / "manifest.json")["official"])
    differing = {"name": "ours.h5", "file": "ours.h5", "sha256": sha256(b"ours"), "url": "", "licence": ""}
    assert asdict(weights.entry) == official | differing


def test_a_file_is_known_by_its_content_whatever_its_name(bundle, tmp_path):
    path = tmp_path / "downloaded (1).h5"
    path.write_bytes(OFFICIAL)
    weights = find_weights(str(path))
    assert (weights.path, weights.entry.name) == (path, "official-v0")


def test_open_weights_copied_without_their_model_are_known_too(bundle, tmp_path):
    path = tmp_path / "copy.weights.h5"
    shutil.copy(bundle.folder / "open.weights.h5", path)
    weights = find_weights(str(path))
    assert (weights.path, weights.entry.name, weights.entry.color) == (path, "open-v0", "grey")
    assert weights.tflite is None or weights.tflite.read_bytes() == MODEL


def test_the_manifest_in_a_files_own_folder_describes_it(bundle, tmp_path):
    path = tmp_path / "trained.weights.h5"
    path.write_bytes(b"trained")
    entry = {"name": "mine", "file": path.name, "sha256": sha256(b"trained"), "crop_scale": 1.5, "color": "grey"}
    (tmp_path / "manifest.json").write_text(json.dumps({"mine": entry}), encoding="utf-8")
    weights, said = resolve_saying(str(path))
    assert (weights.entry.name, weights.entry.crop_scale, weights.entry.color) == ("mine", 1.5, "grey")
    assert said == []
    path.write_bytes(b"trained again")
    message = refused(str(path))
    assert str(path) in message
    assert str(tmp_path / "manifest.json") in message


def test_a_litert_model_is_used_as_it_is_where_a_manifest_knows_it(bundle, tmp_path):
    path = tmp_path / "mine.tflite"
    path.write_bytes(MODEL)
    weights = find_weights(str(path))
    assert (weights.path, weights.tflite, weights.sha256) == (path, path, sha256(MODEL))
    assert (weights.entry.name, weights.is_keras) == ("open-v0", False)
    path.write_bytes(b"another model")
    assert str(path) in refused(str(path))


@pytest.mark.parametrize("name", ["opne", "missing.h5", "."])
def test_what_is_neither_a_name_nor_a_file_is_an_error_that_lists_the_names(bundle, name):
    message = refused(name)
    assert repr(name) in message
    assert "auto, open, official" in message


# the manifest


def test_what_the_project_says_about_the_official_weights():
    official = read_manifest(BUNDLED / "manifest.json")["official"]
    assert official.file == "MobileNetV2_RMSE_E060_L10.8965_RMSE0.3812.h5"
    assert official.sha256 == "83cf14709c7919ce97b181534342402e655b4e8b2a7e86261a08cced90e41576"
    assert official.url.startswith("https://")
    assert official.url.endswith(f"/hcmlab/discover-modules/releases/download/rbdm-weights-v1/{official.file}")
    assert official.licence == "CC BY-NC-ND 4.0"
    assert list(official.classes) == NAMES
    assert official.valence_arousal == ("valence", "arousal")
    assert official.crop_scale == pytest.approx(2 / 1.1)
    assert (official.color, official.input_size) == ("rgb", 224)


def test_the_weights_that_come_along_are_those_the_manifest_says():
    weights = find_weights("open")
    assert weights.path.parent == BUNDLED
    assert weights.tflite is not None
    assert weights.entry.licence


def test_columns_follow_the_order_that_the_manifest_gives():
    entry = WeightsEntry("mine", "mine.h5", classes=tuple(reversed(NAMES)), valence_arousal=("arousal", "valence"))
    assert entry.class_columns == [7, 6, 5, 4, 3, 2, 1, 0]
    assert entry.valence_arousal_columns == (1, 0)
    shifted = WeightsEntry("mine", "mine.h5", classes=("Angry", "Happiness", "sad", *NAMES[3:6], "neutral", "Contempt"))
    assert shifted.class_columns == [6, 1, 2, 3, 4, 5, 0, 7]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("classes", NAMES[:7]),
        ("classes", [*NAMES[:7], "Happiness"]),
        ("classes", [*NAMES, "Bored"]),
        ("valence_arousal", ["valence"]),
        ("valence_arousal", ["valence", "dominance"]),
        ("crop_scale", 0),
        ("crop_scale", float("nan")),
        ("color", "bgr"),
        ("input_size", 0),
        ("input_size", 224.5),
        ("colour", "grey"),
    ],
)
def test_an_impossible_field_is_an_error_that_names_the_manifest_and_the_field(bundle, field, value):
    bundle.entries["open"][field] = value
    bundle.write()
    message = refused("open")
    assert str(bundle.folder / "manifest.json") in message
    assert field in message


@pytest.mark.parametrize("text", ["", "not JSON", "[]", '{"open": 5}', '{"open": {}}', '{"open": {"classes": 8}}'])
def test_what_is_no_manifest_is_an_error_that_names_it(bundle, text):
    (bundle.folder / "manifest.json").write_text(text, encoding="utf-8")
    assert str(bundle.folder / "manifest.json") in refused("open")


def test_a_missing_manifest_is_an_error_that_names_it(bundle):
    (bundle.folder / "manifest.json").unlink()
    assert str(bundle.folder / "manifest.json") in refused("open")
