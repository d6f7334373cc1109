"""Weights that are downloaded, as a server does it: once, whole, with a line about it, and never wrong ones."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rbdm.network.manifest import read_manifest
from rbdm.network.weights import fetch, find_weights
from tests.support.bundle import OFFICIAL, Bundle, Site, refused, replace_bundle, resolve_saying, serving_site, sha256


@pytest.fixture
def site() -> Iterator[Site]:
    with serving_site() as running:
        yield running


@pytest.fixture
def bundle(tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch) -> Bundle:
    return replace_bundle(tmp_path, site.url, monkeypatch)


# official


def test_official_weights_are_downloaded_once_into_the_cache(bundle, site):
    weights, _ = resolve_saying("official", download=True)
    assert weights.path == bundle.cached
    assert weights.path.read_bytes() == OFFICIAL
    assert (weights.entry.name, weights.sha256, weights.tflite) == ("official-v0", sha256(OFFICIAL), None)
    assert bundle.in_cache() == [bundle.cached]
    find_weights("official", download=True)
    assert site.requests == 1


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


def test_a_download_is_said_in_a_line_and_only_when_it_happens(bundle, site):
    _, said = resolve_saying("official", download=True)
    assert len(said) == 1
    assert site.url in said[0]
    assert resolve_saying("official", download=True)[1] == []


@pytest.mark.parametrize("asked", ["official", "auto"])
def test_a_download_with_another_hash_is_an_error_and_leaves_nothing(bundle, site, asked):
    site.content = OFFICIAL[:-1] + b"!"
    message = refused(asked, download=True)
    assert site.url in message
    assert "SHA-256" in message
    assert bundle.in_cache() == []


# a site that fails


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
    message = refused("official", download=True)
    assert bundle.entries["official"]["url"] in message
    assert str(bundle.cached.parent) in message
    assert bundle.in_cache() == []


@unreachable
def test_auto_falls_back_to_open_and_says_so_in_a_line(bundle, site, fail):
    fail(site, bundle)
    weights, said = resolve_saying("auto", download=True)
    assert weights == find_weights("open")
    assert [line for line in said if line.startswith("weights: open (")] == said[-1:]
    assert "official-v0 cannot be downloaded" in said[-1]
    assert not any("\n" in line for line in said)
    assert bundle.in_cache() == []


# auto


def test_auto_means_official_where_they_can_be_had_and_says_so_with_their_licence(bundle):
    weights, said = resolve_saying("auto", download=True)
    assert weights == find_weights("official")
    assert said[-1].startswith("weights: official")
    assert "CC BY-NC-ND 4.0" in said[-1]
    assert resolve_saying("auto", download=True)[1] == said[-1:]
