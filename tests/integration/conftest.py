"""Everything in this folder has the marker `integration`. Servers, environments and the database start once in a run.

A module that uses one of them says `pytestmark = pytest.mark.xdist_group("server")`: with several workers
(`pytest -n 2 --dist loadgroup`), one of them runs all these modules, so that there is one server, not one for each.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rbdm.annotator import Annotator
from rbdm.client.install import install
from rbdm.client.local_server import LocalServer
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import Stream, write_stream
from rbdm.timeline.annotations import expression_annotation
from tests.support import clips
from tests.support.jobs import RunningJob, add_another_module, moods, prepare_environment, seed_form
from tests.support.nova_database import Dataset, PlainServer, datasets
from tests.support.older_server import make_environment

FOLDER = Path(__file__).parent
Clip = tuple[Path, Path]


def pytest_configure(config: pytest.Config) -> None:
    """The marker is known without pytest-xdist, too."""
    config.addinivalue_line("markers", "xdist_group(name): tests that one worker of pytest-xdist runs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def in_background(request: pytest.FixtureRequest) -> None:
    """Start what takes longest before the first test that needs a server, if a test of this run needs it, too."""
    for name in ("first_venv_job", "older_environment"):
        if any(name in getattr(item, "fixturenames", ()) for item in request.session.items):
            request.getfixturevalue(name)


@pytest.fixture(scope="session")
def server(in_background: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """DISCOVER with our module and one of somebody else's; backend `debug`: jobs run inside the server.

    Leave it as you found it: no cancelled job may still run, and a module that you add has to go again.
    """
    pytest.importorskip("discover", reason="needs the extra server")
    running = PlainServer(tmp_path_factory.mktemp("server"))
    with on_one_core():
        running.__enter__()
    with running_until_the_end(running):
        install(running.cml_dir)
        add_another_module(running.cml_dir)
        yield running


@pytest.fixture(scope="session")
def venv_server(in_background: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """DISCOVER with our module; backend `venv`: each job runs in a process of its own, in this environment."""
    pytest.importorskip("discover", reason="needs the extra server")
    running = PlainServer(tmp_path_factory.mktemp("venv server"), "venv")
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        running.__enter__()
    with running_until_the_end(running):
        install(running.cml_dir)
        prepare_environment(running)
        yield running


@pytest.fixture(scope="module", params=["debug", "venv"])
def either_server(request: pytest.FixtureRequest) -> LocalServer:
    """First `server`, then `venv_server`."""
    found: LocalServer = request.getfixturevalue({"debug": "server", "venv": "venv_server"}[request.param])
    return found


@pytest.fixture(scope="session")
def make_dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Any], Dataset]]:
    """Makes an empty dataset of a new name in the one running database, for the server that is given."""
    with datasets(tmp_path_factory.mktemp("database"), Path()) as make:
        yield lambda server: make(server.folder / "data")


@pytest.fixture(scope="session")
def first_venv_job(face_clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningJob]:
    """The documented request to a new server with backend `venv`: it installs the module's requirements first.

    Python compiles what a job imports, and not, as pip would, all that it installs.
    """
    pytest.importorskip("discover", reason="needs the extra server")
    running, results = LocalServer(tmp_path_factory.mktemp("new server"), "venv"), tmp_path_factory.mktemp("results")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PIP_COMPILE", "0")
        environment.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        running.__enter__()
    with running_until_the_end(running):
        install(running.cml_dir)
        yield RunningJob(running, running.client.submit(seed_form(*face_clip, results / "new")), results / "new")


@pytest.fixture(scope="session")
def older_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Future[Path]]:
    """A virtual environment with the older server, which is being made; its result is the path of its Python."""
    with ThreadPoolExecutor(1) as background:
        yield background.submit(make_environment, tmp_path_factory.mktemp("older environment") / "venv")


@pytest.fixture(scope="session")
def moods_clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """104 frames at 29.97 frames a second, and their box stream: a happy face, a neutral one, none, a neutral one."""
    return moods(tmp_path_factory.mktemp("moods"))


@pytest.fixture(scope="session")
def moods_prediction(moods_clip: Clip, annotator: Annotator) -> Prediction:
    """What the module should say about the clip."""
    found = annotator.annotate(*moods_clip)
    assert len(expression_annotation(found, Options()).data) == 6, "the clip should have two moods and gaps"
    return found


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """6000 frames: a job that goes on for half a minute, unless it is cancelled."""
    folder, frames = tmp_path_factory.mktemp("long"), 6000
    video = clips.write_clip(folder / "long.mp4", clips.constant(frames))
    write_stream(folder / "long.stream", Stream(np.tile(np.float32([0.1, 0.1, 0.9, 0.9, 0.9]), (frames, 1)), 30.0))
    return video, folder / "long.stream"


@contextmanager
def on_one_core() -> Iterator[None]:
    """What is started meanwhile uses one core and no more, where the system can do that.

    A job on several cores first tries how many are fastest, which takes as long as a clip of 75 frames. Besides,
    other tests run at the same time.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@contextmanager
def running_until_the_end(server: LocalServer) -> Iterator[None]:
    try:
        yield
    finally:
        server.stop()
