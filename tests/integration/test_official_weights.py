"""The official weights on a real server: downloaded by the first job, kept, and replaced by the open ones in need only.

The weights themselves cannot be part of the tests: a file of Keras 2 with random weights stands for them.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rbdm.client.client import Status
from rbdm.client.local_server import LocalServer
from rbdm.network.weights import hash_of
from rbdm.ssi import read_annotation
from tests.support.bundle import Site, serving_site
from tests.support.jobs import run_job, seed_form

pytest.importorskip("discover", reason="needs the extra server")
pytestmark = pytest.mark.xdist_group("server")


@pytest.fixture
def site(either_server: LocalServer, keras2) -> Iterator[Site]:
    """Where the module of the server finds its official weights; the server's cache does not have them before."""
    manifest = either_server.cml_dir / "modules" / "rbdm" / "weights" / "manifest.json"
    original, cached = manifest.read_text(encoding="utf-8"), either_server.cache_dir / "rbdm" / "stand-in.h5"
    entries = json.loads(original)
    with serving_site() as running:
        file = keras2.folder / "whole nested.h5"
        running.content = file.read_bytes()
        entries["official"] |= {"file": cached.name, "sha256": hash_of(file), "url": running.url}
        try:
            manifest.write_text(json.dumps(entries), encoding="utf-8")
            yield running
        finally:
            manifest.write_text(original, encoding="utf-8")
            cached.unlink(missing_ok=True)


def weights_of(server: LocalServer, face_clip: tuple[Path, Path], folder: Path) -> tuple[str, str]:
    """The weights of the documented request, as the header of an annotation says it, and the log of the job."""
    end = run_job(server.client, seed_form(*face_clip, folder))
    assert end.status is Status.FINISHED, end.log
    return read_annotation(folder / "valence.annotation").meta["weights"], end.log


def test_auto_means_the_official_weights_downloaded_once(either_server, site, face_clip, tmp_path):
    name, log = weights_of(either_server, face_clip, tmp_path / "first")
    assert name == "rbdm-official-v1"
    assert f"weights: downloading {site.url}" in log
    assert "weights: official (CC BY-NC-ND 4.0)" in log
    name, log = weights_of(either_server, face_clip, tmp_path / "second")
    assert name == "rbdm-official-v1"
    assert "downloading" not in log
    assert site.requests == 1


def test_auto_means_the_open_weights_where_the_download_fails_and_the_log_says_so(
    either_server, site, face_clip, tmp_path
):
    site.status = 503
    name, log = weights_of(either_server, face_clip, tmp_path)
    assert name == "rbdm-open-v1"
    assert "weights: open (rbdm-official-v1 cannot be downloaded" in log
