"""`rbdm submit`: what it posts, field by field, and what it says about wrong arguments and passwords."""

import io
import json
import shutil
from pathlib import Path

import pytest

from tests.support.command_line import NAMES
from tests.support.fixture_types import Rbdm
from tests.support.recorder import Recorder

TRAINER = "modules\\rbdm\\rbdm.trainer"
PASSWORD = "Pa$$wörd \"1\" & 'two'"
DATABASE = ("--db", "lab:27018", "--db-user", "ann", "--dataset", "talks", "--role", "guest", "--annotator", "rbdm")


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RBDM_DB_PASSWORD", raising=False)


def test_the_form_of_a_job_on_files(
    recorder: Recorder, rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in face_clip[0].parent.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    name = face_clip[0].name
    assert rbdm("submit", "--server", recorder.url, name, "--out", "résults", "--smoothing-ms", 200)[0] == 0
    (form,) = recorder.forms
    assert recorder.kinds[0].startswith("multipart/form-data; boundary=")
    assert form.keys() == {"jobID", "trainerFilePath", "data", "options"}
    assert form["jobID"].startswith("rbdm-") and form["trainerFilePath"] == TRAINER
    assert json.loads(form["options"]) == {"smoothing_ms": "200.0"}
    place, stem = Path.cwd(), Path(name).stem
    boxes = str(place / face_clip[1].name)
    outputs = {id: str(place / "résults" / f"{stem}.{id}.annotation") for id in NAMES}
    assert json.loads(form["data"]) == [
        {"src": "file:stream:Video", "type": "input", "id": "input_data", "uri": str(place / name)},
        {"src": "file:stream:SSIStream:blazeface", "type": "input", "id": "face_bb", "uri": boxes},
        {"src": "file:annotation:Discrete", "type": "output", "id": "expression", "uri": outputs["expression"]},
        {"src": "file:annotation:Continuous", "type": "output", "id": "valence", "uri": outputs["valence"]},
        {"src": "file:annotation:Continuous", "type": "output", "id": "arousal", "uri": outputs["arousal"]},
    ]  # fmt: skip


def test_paths_of_another_machine(recorder: Recorder, rbdm: Rbdm) -> None:
    there = ("--server", recorder.url, "--faces", "D:\\talks\\a.stream")
    assert rbdm("submit", *there, "D:\\talks\\a.mp4", "--weights", "D:\\my.keras")[0] == 0
    assert rbdm("submit", *there, "--server-paths", "talks/a.mp4", "--out", "out", "--weights", "my.keras")[0] == 0
    uris = [[item["uri"] for item in json.loads(form["data"])] for form in recorder.forms]
    assert uris[0][:3] == ["D:\\talks\\a.mp4", "D:\\talks\\a.stream", "D:\\talks\\a.expression.annotation"]
    assert uris[1][:3] == ["talks/a.mp4", "D:\\talks\\a.stream", "out/a.expression.annotation"]
    assert [json.loads(form["options"])["weights"] for form in recorder.forms] == ["D:\\my.keras", "my.keras"]


def test_what_auto_means_in_the_first_job_holds_for_all(recorder: Recorder, rbdm: Rbdm) -> None:
    recorder.log = "session 1/1: weights: open (rbdm-official-v1 cannot be downloaded)\n"
    assert rbdm("submit", "--server", recorder.url, "D:\\a.mp4", "D:\\b.mp4", "--stride", 2)[0] == 0
    assert [json.loads(form["options"]) for form in recorder.forms] == [
        {"stride": "2"}, {"stride": "2", "weights": "open"},
    ]  # fmt: skip


def test_jobs_have_ids_of_their_own(recorder: Recorder, rbdm: Rbdm, face_clip: tuple[Path, Path]) -> None:
    arguments = ("submit", "--server", recorder.url, face_clip[0], "--no-wait")
    printed = [rbdm(*arguments)[1] for _ in range(2)]
    assert [[form["jobID"]] for form in recorder.forms] == printed
    assert printed[0] != printed[1]


def test_the_form_of_a_job_on_a_database(recorder: Recorder, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RBDM_DB_PASSWORD", PASSWORD)
    recorder.log = f"2030-01-01 00:00:00 INFO mongodb://ann:{PASSWORD}@lab\nINFO {{'dbPassword': {PASSWORD!r}}}\n"
    code, out, err = rbdm(
        "submit", "--server", recorder.url, *DATABASE, "--sessions", "anna, ben,anna", "--valence", "pleasure",
        "--weights", "open", "--merge-segments",
    )  # fmt: skip
    assert code == 0 and out == ["talks: anna, ben: finished -> expression, pleasure, arousal of guest by rbdm"]
    (form,) = recorder.forms
    assert recorder.kinds[0].startswith("multipart/form-data; boundary=")
    assert form.pop("jobID").startswith("rbdm-")
    role, who = {"role": "guest"}, {"annotator": "rbdm", "role": "guest"}
    boxes = "face_bounding_box"
    assert json.loads(form.pop("data")) == [
        {"src": "db:stream:Video", "type": "input", "id": "input_data", "name": "video", **role},
        {"src": "db:stream:SSIStream:blazeface", "type": "input", "id": "face_bb", "name": boxes, **role},
        {"src": "db:annotation:Discrete", "type": "output", "id": "expression", "scheme": "expression", **who},
        {"src": "db:annotation:Continuous", "type": "output", "id": "valence", "scheme": "pleasure", **who},
        {"src": "db:annotation:Continuous", "type": "output", "id": "arousal", "scheme": "arousal", **who},
    ]  # fmt: skip
    assert json.loads(form.pop("sessions")) == ["anna", "ben"]
    assert json.loads(form.pop("options")) == {"weights": "open", "merge_segments": "True"}
    assert form == {
        "trainerFilePath": TRAINER,
        "dbHost": "lab",
        "dbPort": "27018",
        "dbUser": "ann",
        "dbPassword": PASSWORD,
        "dataset": "talks",
        "leftContext": "0",
        "rightContext": "0",
        "frameSize": "0",
        "force": "False",
        "annoMinGap": "0",
        "annoMinDur": "0",
    }
    printed = "\n".join(out + err)
    assert "mongodb://ann:****@lab" in printed and "wörd" not in printed and "'two'" not in printed


def test_names_in_a_database(recorder: Recorder, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RBDM_DB_PASSWORD", PASSWORD)
    code, _, err = rbdm(
        "submit", "--server", recorder.url, *DATABASE, "--sessions", "anna", "--video", "camera", "--faces", "boxes",
        "--expression", "", "--no-merge-segments",
    )  # fmt: skip
    assert code == 0, err
    (form,) = recorder.forms
    data = json.loads(form["data"])
    assert [item["id"] for item in data] == ["input_data", "face_bb", "valence", "arousal"]
    assert [item["name"] for item in data[:2]] == ["camera", "boxes"]
    assert json.loads(form["options"]) == {"merge_segments": "False"}
    assert "annoMinGap" not in form, "the server would join segments that touch"


def test_a_password_that_the_server_repeats_is_hidden(
    recorder: Recorder, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RBDM_DB_PASSWORD", PASSWORD)
    recorder.log = f"session 1/1: error: cannot log in as ann with {PASSWORD}\n"
    recorder.answers["job_status"] = [(200, b'{"status": 3}')]
    code, out, err = rbdm("submit", "--server", recorder.url, *DATABASE, "--sessions", "anna")
    assert (code, out) == (1, [])
    assert err[-1] == "rbdm: talks: anna: the job has failed: cannot log in as ann with ****"
    recorder.answers["process"] = [(500, f"wrong password {PASSWORD}".encode())]
    code, out, err = rbdm("submit", "--server", recorder.url, *DATABASE, "--sessions", "anna")
    assert code == 1 and "the server failed at process" in err[0] and PASSWORD not in err[0]


def test_no_password_and_nobody_to_ask(recorder: Recorder, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("typed\n"))
    code, _, err = rbdm("submit", "--server", recorder.url, *DATABASE, "--sessions", "anna")
    assert code == 1 and err == [
        "rbdm: no password for ann at lab:27018: standard input is not a terminal; set RBDM_DB_PASSWORD"
    ]
    assert not recorder.forms


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--server", "http://127.0.0.1:9"),
        ("a.mp4",),
        ("--server", "http://127.0.0.1:9", "a.mp4", "--db", "lab"),
        ("--server", "http://127.0.0.1:9", "a.mp4", "--role", "guest"),
        ("--server", "http://127.0.0.1:9", "--db", "lab", "--dataset", "talks"),
        ("--server", "http://127.0.0.1:9", *DATABASE, "--sessions", "anna", "--out", "out"),
    ],
)
def test_wrong_usage_has_exit_code_2(rbdm: Rbdm, arguments: tuple[str, ...]) -> None:
    code, out, err = rbdm("submit", *arguments)
    assert (code, out) == (2, []) and err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.mp4", "--faces", "a.stream", "--batch-size", "0"), "option batch_size is 0"),
        (("a.mp4", "b.mp4", "--faces", "a.stream"), "2 videos but 1 --faces"),
        (("a.mp4", "--faces", "a", "--faces", "b", "--server-paths"), "with --server-paths give one for each"),
        (("x/a.mp4", "y/a.mp4", "--faces", "1", "--faces", "2", "--out", "o"), "two videos would write this file"),
        ((*DATABASE, "--sessions", " ,"), "--sessions contains no name"),
        ((*DATABASE, "--sessions", "a", "--expression", "", "--valence", "", "--arousal", ""), "are all empty"),
        ((*DATABASE, "--sessions", "a", "--faces", "x", "--faces", "y"), "the name of one stream"),
    ],
)
def test_wrong_values_are_one_line(
    recorder: Recorder, rbdm: Rbdm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RBDM_DB_PASSWORD", PASSWORD)
    code, out, err = rbdm("submit", "--server", recorder.url, *arguments)
    assert (code, out, len(err)) == (1, [], 1) and message in err[0]
    assert not recorder.forms


@pytest.mark.parametrize(
    ("password", "why"), [("-secret", "begins with '-'"), ("@secret", "begins with '@'"), ("sec\nret", "has control")]
)
def test_passwords_that_the_server_cannot_pass_on(
    recorder: Recorder, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch, password: str, why: str
) -> None:
    monkeypatch.setenv("RBDM_DB_PASSWORD", password)
    code, out, err = rbdm("submit", "--server", recorder.url, *DATABASE, "--sessions", "anna")
    assert (code, out, len(err)) == (1, [], 1) and not recorder.forms
    assert f"the password of ann {why}" in err[0] and "cannot pass it on" in err[0] and "sec" not in err[0]


def test_names_that_the_server_cannot_pass_on(recorder: Recorder, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RBDM_DB_PASSWORD", PASSWORD)
    code, _, err = rbdm("submit", "--server", recorder.url, *DATABASE, "--dataset", "@talks", "--sessions", "anna")
    assert code == 1 and err[0].startswith("rbdm: dataset '@talks' begins with '@'") and not recorder.forms
