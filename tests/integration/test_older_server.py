"""The module on a real NOVA-Server 1.6.2 with nova-utils 1.6.8: the same requests, files and database."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from rbdm.client.install import install
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import ContinuousScheme, DiscreteScheme, SchemeClass, read_annotation
from rbdm.timeline.annotations import expression_annotation, value_annotation
from tests.support import clips
from tests.support.jobs import OUTPUTS, changed, seed_form
from tests.support.nova_database import ROLE, Dataset
from tests.support.nova_reader import open_in_nova
from tests.support.older_server import OlderServer

pytestmark = pytest.mark.xdist_group("server")

Clip = tuple[Path, Path]
FINISHED, FAILED = 2, 3
OPTIONS = {"options": '{"weights": "open"}'}
USER, PASSWORD = "older", "plain-9c41"
"""The older server's backend `venv` puts the password through a shell, which takes `$` for its own."""


@pytest.fixture(scope="module", params=["debug", "venv"])
def server(
    request: pytest.FixtureRequest, older_environment: Future[Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OlderServer]:
    if request.param == "debug" and sys.version_info >= (3, 12):
        pytest.skip("the older server's backend debug calls what Python 3.12 has no more: entry_points().get")
    python = older_environment.result()
    with OlderServer(python, tmp_path_factory.mktemp(request.param) / "server", request.param) as running:
        install(running.cml_dir)
        yield running


@pytest.fixture
def dataset(server: OlderServer, make_dataset: Callable[[OlderServer], Dataset]) -> Dataset:
    made = make_dataset(server)
    if made.server and not made.client.admin.command("usersInfo", USER)["users"]:
        made.client.admin.command("createUser", USER, pwd=PASSWORD, roles=["root"])
    if made.server:
        made.user, made.password = USER, PASSWORD
    made.add_discrete("expression", {0: "Anger", 1: "Happiness", 2: "Neutral", 3: "Sadness", 4: "Surprise"})
    made.add_continuous("valence", 29.97002997)
    made.add_continuous("arousal", 10.0, 0.0, 1.0)
    return made


def rows(labels: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(label.values()) for label in labels]


def spans(prediction: Prediction, ids: dict[int, int]) -> list[tuple[Any, ...]]:
    """The prediction's segments, with other ids."""
    found = expression_annotation(prediction, Options()).data.tolist()
    return [(start, end, ids[id]) for start, end, id, _ in found]


def test_documented_request(
    server: OlderServer, moods_clip: Clip, moods_prediction: Prediction, tmp_path: Path
) -> None:
    status, log = server.run(seed_form(*moods_clip, tmp_path / "new folder") | OPTIONS)
    assert status == FINISHED, log
    wanted = {name: value_annotation(moods_prediction, name, Options()) for name in ("valence", "arousal")}  # type: ignore[arg-type]
    wanted["expression"] = expression_annotation(moods_prediction, Options())
    for name, annotation in wanted.items():
        path = tmp_path / "new folder" / f"{name}.annotation"
        found = read_annotation(path)
        assert found.scheme == annotation.scheme and found.meta == annotation.meta
        np.testing.assert_array_equal(found.data, annotation.data)
        assert len(open_in_nova(path)["rows"]) == len(annotation.data)
    assert "104 frames, 78 with a face, weights" in log


def test_request_gives_the_schemes(server: OlderServer, moods_clip: Clip, tmp_path: Path) -> None:
    classes = {"3": {"name": "happiness", "color": "#FF00FF00"}, "7": "NEUTRAL", "9": "talking"}
    form = changed(seed_form(*moods_clip, tmp_path) | OPTIONS, "expression", classes=classes)
    status, log = server.run(changed(form, "valence", sample_rate=5, min_val=0, max_val="10"))
    assert status == FINISHED, log
    scheme = read_annotation(tmp_path / "expression.annotation").scheme
    classes_kept = SchemeClass(3, "happiness", "#FF00FF00"), SchemeClass(7, "NEUTRAL"), SchemeClass(9, "talking")
    assert scheme == DiscreteScheme("expression", classes_kept)
    valence = read_annotation(tmp_path / "valence.annotation")
    assert isinstance(valence.scheme, ContinuousScheme)
    assert (valence.scheme.sample_rate, valence.scheme.minimum, valence.scheme.maximum) == (5, 0, 10)
    assert len(valence.data) == 18


def test_options_as_one_string_and_no_gap_in_the_request(server: OlderServer, moods_clip: Clip, tmp_path: Path) -> None:
    """The server's library joins what touches, unless it is told otherwise."""
    form = seed_form(*moods_clip, tmp_path) | {"optStr": "weights=open;merge_segments=False;batch_size=50"}
    status, log = server.run(form)
    assert status == FINISHED, log
    assert len(read_annotation(tmp_path / "expression.annotation").data) == 78


def test_bad_file(server: OlderServer, moods_clip: Clip, tmp_path: Path) -> None:
    status, log = server.run(seed_form(tmp_path / "none.mp4", moods_clip[1], tmp_path / "out") | OPTIONS)
    assert status == FAILED and "none.mp4: no such file" in log
    assert not list((tmp_path / "out").iterdir())


def test_three_sessions_of_which_one_is_broken(
    server: OlderServer, dataset: Dataset, moods_clip: Clip, moods_prediction: Prediction
) -> None:
    _, broken, _ = (dataset.add_session(name, *moods_clip) for name in ("first", "broken", "last"))
    clips.truncated(moods_clip[0], broken / f"{ROLE}.video.mp4", 0.3)
    status, log = server.run(dataset.form(["first", "broken", "missing", "last"]))
    assert status == FAILED
    assert str(broken / f"{ROLE}.video.mp4") in log and "has no session 'missing'" in log
    schemes = {"valence": (29.97002997, -1.0, 1.0), "arousal": (10.0, 0.0, 1.0)}
    for session in ("first", "last"):
        labels = dataset.labels(session, "expression")
        assert [row[:3] for row in rows(labels)] == spans(moods_prediction, {0: 2, 1: 1})
        for name, numbers in schemes.items():
            wanted = value_annotation(moods_prediction, name, Options(), ContinuousScheme(name, *numbers), print)  # type: ignore[arg-type]
            assert rows(dataset.labels(session, name)) == wanted.data.tolist()
    assert all(dataset.annotation("broken", name) is None for name in OUTPUTS)


def test_locked_annotation_and_box_that_is_not_ticked(server: OlderServer, dataset: Dataset, moods_clip: Clip) -> None:
    dataset.add_session("one", *moods_clip)
    dataset.add_annotation("one", "valence", [{"score": 0.5, "conf": 1.0}], isLocked=True)
    before = dataset.annotation("one", "valence")
    status, log = server.run(dataset.form(["one"]))
    assert status == FAILED and "annotation 'valence'" in log and "is locked" in log
    status, log = server.run(changed(dataset.form(["one"]), "valence", active="False"))
    assert status == FINISHED, log
    assert dataset.annotation("one", "valence") == before and dataset.labels("one", "arousal")


def test_password_is_in_no_log(server: OlderServer, dataset: Dataset, moods_clip: Clip) -> None:
    dataset.add_session("one", *moods_clip)
    for form in (dataset.form(["one"]), dataset.form(["one"], dbPassword=f"{dataset.password}-wrong")):
        _, log = server.run(form)
        assert dataset.password not in log
    assert dataset.password not in server.console


def test_cancel(server: OlderServer, long_clip: Clip, moods_clip: Clip, tmp_path: Path) -> None:
    job = server.submit(seed_form(*long_clip, tmp_path / "out") | OPTIONS)
    wait_for(lambda: " of 6000 frames" in server.ask("log", job)["message"], 60)
    is_thread = not server.processes()
    start = time.monotonic()
    requests.post(f"{server.url}/cancel", data={"jobID": job}, timeout=10)
    wait_for(
        lambda: not server.processes() and (not is_thread or "cancelled\n" in server.ask("log", job)["message"]), 10
    )
    assert time.monotonic() - start < 2
    assert not list((tmp_path / "out").iterdir())
    assert server.run(seed_form(*moods_clip, tmp_path / "then") | OPTIONS)[0] == FINISHED


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_server_lists_the_module(server: OlderServer) -> None:
    found = requests.post(f"{server.url}/cml_info", timeout=10).json()
    (ours,) = [json.loads(text) for text in found["trainer_ok"].values()]
    assert ours["model_create"] == "RBDM" and not found["trainer_faulty"]
