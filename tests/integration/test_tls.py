"""Servers and databases with TLS and without: jobs, progress, cancel, `rbdm submit` and `rbdm demo`."""

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import psutil
import pytest
from rich.console import Console

from rbdm.client.client import JobState, Status
from rbdm.client.demo import run_demo
from rbdm.client.http import Refused, Unreachable
from rbdm.client.install import install
from rbdm.client.job_monitor import job_states
from rbdm.client.local_server import LocalServer
from tests.support.certificates import Certificate, make_certificate
from tests.support.fixture_types import Rbdm
from tests.support.jobs import OUTPUTS, prepare_environment, run_job, seed_form
from tests.support.nova_database import ANNOTATOR, PASSWORD, ROLE, Dataset, TlsServer, datasets

pytest.importorskip("discover", reason="needs the extra server")

pytestmark = pytest.mark.xdist_group("server")

Clip = tuple[Path, Path]
EIGHT = dict(enumerate(("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "Contempt")))
OPTIONS = json.dumps({"weights": "open"})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@contextmanager
def started(running: LocalServer) -> Iterator[LocalServer]:
    with running:
        install(running.cml_dir)
        yield running


@pytest.fixture(scope="module", params=["debug", "venv"])
def tls_server(
    request: pytest.FixtureRequest, certificate: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalServer]:
    """DISCOVER with `DISCOVER_USE_TLS=true`."""
    backend: Literal["debug", "venv"] = request.param
    with started(TlsServer(tmp_path_factory.mktemp(f"tls {backend}"), backend, certificate)) as running:
        if backend == "venv":
            prepare_environment(running)
        yield running


@pytest.fixture(scope="module")
def tls_datasets(
    certificate: Certificate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Path], Dataset]]:
    """Datasets in a database that accepts connections with TLS only."""
    with datasets(tmp_path_factory.mktemp("tls database"), Path(), certificate) as make:
        yield make


def prepared(dataset: Dataset, clip: Clip) -> Dataset:
    dataset.add_discrete("expression", EIGHT)
    dataset.add_continuous("valence")
    dataset.add_continuous("arousal")
    dataset.add_session("one", *clip)
    return dataset


def assert_annotated(server: LocalServer, dataset: Dataset) -> JobState:
    end = run_job(server.client, dataset.form(["one"]))
    assert end.status is Status.FINISHED, end.log
    assert all(dataset.labels("one", name) for name in OUTPUTS)
    return end


def test_https_and_a_database_with_tls(
    tls_server: LocalServer, tls_datasets: Callable[[Path], Dataset], moods_clip: Clip
) -> None:
    end = assert_annotated(tls_server, prepared(tls_datasets(tls_server.folder / "data"), moods_clip))
    assert "has no TLS" not in end.log


def test_https_and_a_database_without_tls(
    tls_server: LocalServer, make_dataset: Callable[[LocalServer], Dataset], moods_clip: Clip
) -> None:
    """The server's one setting asks for both."""
    dataset = prepared(make_dataset(tls_server), moods_clip)
    end = assert_annotated(tls_server, dataset)
    host, port = dataset.address
    assert f"session 1/1: warning: the database at {host}:{port} has no TLS" in end.log
    assert end.log.count("has no TLS") == 1 and "attempt failed" not in end.log


@pytest.mark.parametrize("has_tls", [True, False])
def test_http_with_and_without_tls_on_the_database(
    certificate: Certificate, make_dataset: Any, tls_datasets: Any, moods_clip: Clip, tmp_path: Path, has_tls: bool
) -> None:
    """A server whose settings say nothing, as behind a proxy with TLS."""
    with started(LocalServer(tmp_path / "server")) as running:
        made = tls_datasets(running.folder / "data") if has_tls else make_dataset(running)
        end = assert_annotated(running, prepared(made, moods_clip))
    assert "has no TLS" not in end.log


def test_progress_and_cancel(tls_server: LocalServer, long_clip: Clip, tmp_path: Path) -> None:
    """In backend `venv` the job tells its progress over https, and asks over https whether it was cancelled."""
    form = seed_form(*long_clip, tmp_path / "out") | {"options": OPTIONS, "jobID": tmp_path.name}
    client = tls_server.client
    client.submit(form)
    deadline = time.monotonic() + 60
    while "session 1/1 " not in client.state(form["jobID"]).progress:
        assert time.monotonic() < deadline, "no progress reaches the server"
        time.sleep(0.05)
    client.cancel(form["jobID"])
    start = time.monotonic()
    while "cancelled\n" not in client.state(form["jobID"]).log:
        assert time.monotonic() - start < 3, "the job goes on"
        time.sleep(0.05)
    *_, end = job_states(client, form["jobID"])
    assert end.status is Status.CANCELLED
    while tls_server._backend == "venv" and psutil.Process(tls_server._process.pid).children():
        assert time.monotonic() - start < 10
        time.sleep(0.05)
    assert not list((tmp_path / "out").iterdir())


def test_submit(
    tls_server: LocalServer, certificate: Certificate, make_dataset: Any, moods_clip: Clip, tmp_path: Path, rbdm: Rbdm,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    server = ("submit", "--server", tls_server.client.url)
    files = (moods_clip[0], "--faces", moods_clip[1], "--out", tmp_path / "out", "--weights", "open")
    code, _, err = rbdm(*server, "--ca", certificate.ca, *files)
    assert code == 0 and len(list((tmp_path / "out").iterdir())) == 6, err
    code, _, err = rbdm(*server, *files)
    assert code == 1 and len(err) == 1 and "--ca" in err[0]
    dataset = prepared(make_dataset(tls_server), moods_clip)
    monkeypatch.setenv("RBDM_DB_PASSWORD", PASSWORD)
    host, port = dataset.address
    database = ("--db", f"{host}:{port}", "--db-user", dataset.user, "--dataset", dataset.name, "--sessions", "one")
    code, _, err = rbdm(*server, "--ca", certificate.ca, *database, "--role", ROLE, "--annotator", ANNOTATOR)
    assert code == 0 and dataset.labels("one", "valence"), err


def test_demo(tls_server: LocalServer, tmp_path: Path) -> None:
    printed = io.StringIO()
    outputs = run_demo(tmp_path / "demo", Console(file=printed, width=120), tls_server.client)
    assert all(path.is_file() for path in outputs.values())
    assert f"at {tls_server.client.url}" in printed.getvalue() and "DISCOVER runs at" not in printed.getvalue()


def test_http_is_answered_with_what_to_write(tls_server: LocalServer) -> None:
    from rbdm.client.client import Client

    with pytest.raises((Refused, Unreachable), match="https"):
        Client(tls_server.client.url.replace("https:", "http:")).jobs()
