"""The client's view of a server: its modules, its jobs, and errors that say what to do."""

import json
import re

import pytest

from rbdm.client.client import Client, Status, new_job_id
from rbdm.client.http import Refused
from tests.support.recorder import Recorder

TRAINER = "modules\\rbdm\\rbdm.trainer"


def test_job_ids_differ() -> None:
    assert len({new_job_id() for _ in range(100)}) == 100


def test_a_job_is_sent_and_its_state_asked_for(recorder: Recorder) -> None:
    recorder.log = "session 1/1: 75 frames\n"
    client = Client(recorder.url)
    assert client.submit({"jobID": "a", "trainerFilePath": TRAINER}) == "a"
    assert recorder.forms == [{"jobID": "a", "trainerFilePath": TRAINER}]
    state = client.state("a")
    assert (state.status, state.progress, state.log, state.is_over) == (Status.FINISHED, "1/1", recorder.log, True)
    with pytest.raises(Refused, match="does not know job b"):
        client.state("b")


def test_a_module_is_found_with_slashes_of_either_kind(recorder: Recorder) -> None:
    Client(recorder.url).require(TRAINER)
    Client(recorder.url).require(TRAINER.replace("\\", "/"))


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"trainer_ok": {}}, "run `rbdm install CML_DIR` there"),
        ({"trainer_ok": {"modules/mine/rbdm.trainer": ""}}, "name modules\\mine\\rbdm.trainer with --trainer"),
        ({"trainer_ok": {}, "trainer_faulty": {"modules/rbdm/rbdm.trainer": "no XML"}}, "cannot read its"),
    ],
)
def test_a_module_that_the_server_lacks(recorder: Recorder, modules: dict[str, object], message: str) -> None:
    recorder.answers["cml_info"] = [(200, json.dumps(modules).encode())]
    with pytest.raises(Refused, match=re.escape(message)):
        Client(recorder.url).require(TRAINER)


def test_a_job_that_the_server_does_not_cancel(recorder: Recorder) -> None:
    client = Client(recorder.url)
    client.cancel(client.submit({"jobID": "a"}))
    recorder.answers["cancel"] = [(200, b'{"success": "false"}')]
    with pytest.raises(Refused, match="has not cancelled job a"):
        client.cancel("a")


@pytest.mark.parametrize("status", [b'{"status": 99}', b'{"status": "x"}', b'{"status": []}', b"[]", b"{}"])
def test_a_status_that_there_is_not(recorder: Recorder, status: bytes) -> None:
    client = Client(recorder.url)
    client.submit({"jobID": "a"})
    recorder.answers["job_status"] = [(200, status)]
    with pytest.raises(Refused, match="does not seem to be a DISCOVER server"):
        client.state("a")
