"""`rbdm submit`: real jobs on a real DISCOVER, what is posted field by field, and everything that may be in the way."""

import email
import io
import json
import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePath, PurePosixPath, PureWindowsPath
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from rbdm.client.client import Client, JobState, Status, new_job_id
from rbdm.client.demo_clip import FRAMES
from rbdm.client.http import Refused, Unreachable
from rbdm.client.install import install
from rbdm.client.job_forms import file_jobs, parse_database, server_path
from rbdm.client.job_monitor import job_states, outcome, password_masker, watch_job
from rbdm.client.local_server import LocalServer
from rbdm.errors import InputError, OptionError
from rbdm.progress import job_percent
from rbdm.ssi import Stream, write_stream
from tests.support import clips
from tests.support.nova_database import ANNOTATOR, ROLE, datasets
from tests.support.nova_reader import open_in_nova
from tests.support.types import Rbdm

NAMES = ("expression", "valence", "arousal")
TRAINER = "modules\\rbdm\\rbdm.trainer"
PASSWORD = "Pa$$wörd \"1\" & 'two'"
DATABASE = ("--db", "lab:27018", "--db-user", "ann", "--dataset", "talks", "--role", "guest", "--annotator", "rbdm")

# A shell lets what it runs in the background ignore SIGINT, and that is inherited; a user's terminal does not.
RUN = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from rbdm.cli.main import main
main()
"""


class Recorder:
    """A server that has the module, notes what is posted, and finishes every job at once.

    Attributes:
        url: its address.
        forms: the fields of every `/process`, as an independent reader of e-mail's format sees them.
        kinds: their content types.
        answers: what it says instead, by route: a status code and a body, for as often as the list is long.
    """

    def __init__(self, handler: type[BaseHTTPRequestHandler] | None = None) -> None:
        self.forms: list[dict[str, str]] = []
        self.kinds: list[str] = []
        self.answers: dict[str, list[tuple[int, bytes]]] = {}
        self.log = ""
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                jobs = [{"job_key": form["jobID"], "progress": "1/1"} for form in recorder.forms]
                self._say(jobs)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                route = self.path.rsplit("/", 1)[1]
                if recorder.answers.get(route):
                    code, text = recorder.answers[route].pop(0)
                    self.send_response(code)
                    if 300 <= code < 400:
                        self.send_header("Location", "https://elsewhere.invalid/process")
                    self.end_headers()
                    self.wfile.write(text)
                    return
                if route == "process":
                    recorder.kinds.append(self.headers["Content-Type"])
                    recorder.forms.append(read_form(self.headers["Content-Type"], body))
                self._say(
                    {
                        "cml_info": {"trainer_ok": {"modules/rbdm/rbdm.trainer": "{}"}},
                        "process": {"success": "True"},
                        "job_status": {"status": 2},
                        "log": {"message": recorder.log},
                        "cancel": {"success": "true"},
                    }[route]
                )

            def _say(self, answer: object) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(answer).encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler or Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


def read_form(kind: str, body: bytes) -> dict[str, str]:
    message = email.message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts: list[Any] = message.get_payload()  # type: ignore[assignment]
    fields = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        fields[name] = part.get_payload(decode=True).decode("utf-8")
    assert len(fields) == len(parts)
    return fields


@contextmanager
def serving(recorder: Recorder) -> Iterator[Recorder]:
    thread = threading.Thread(target=recorder.server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield recorder
    finally:
        recorder.server.shutdown()
        recorder.server.server_close()
        thread.join()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with serving(Recorder()) as running:
        yield running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    with local_server(tmp_path_factory.mktemp("server")) as running:
        broken = running.cml_dir / "modules" / "broken"
        broken.mkdir()
        (broken / "broken.trainer").write_text("no XML", encoding="utf-8")
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[LocalServer]:
    """For a job that goes on until the server ends."""
    with local_server(tmp_path / "server") as running:
        yield running


@contextmanager
def local_server(folder: Path) -> Iterator[LocalServer]:
    pytest.importorskip("discover", reason="needs the extra server")
    with LocalServer(folder) as running:
        install(running.cml_dir)
        yield running


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A clip that takes a server half a minute."""
    folder = tmp_path_factory.mktemp("long")
    video = clips.write_clip(folder / "long.mp4", clips.constant(6000), size=(64, 48))
    boxes = np.tile(np.array([0.2, 0.2, 0.8, 0.8, 1], np.float32), (6000, 1))
    write_stream(folder / "long.stream", Stream(boxes, 30.0))
    return video, folder / "long.stream"


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RBDM_DB_PASSWORD", raising=False)


# --- jobs on files, on a real DISCOVER


def test_a_job_on_files(server: LocalServer, rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    video, faces = face_clip
    code, out, err = rbdm(
        "submit", "--server", f"{server.client.url}/", video, "--faces", faces, "--out", tmp_path / "new",
        "--weights", "open",
    )  # fmt: skip
    assert code == 0, err
    assert out == [f"{video}: finished -> {tmp_path / 'new'}"]
    for name in NAMES:
        assert open_in_nova(tmp_path / "new" / f"{video.stem}.{name}.annotation")["name"] == name
    assert err[0].startswith("job rbdm-") and err[0].endswith(server.client.url)
    assert f"session 1/1: {FRAMES} frames, {FRAMES} with a face" in err[-1]
    assert not any("trainerFilePath" in line for line in err), "the server's echo of the request"


def test_options_reach_the_module(
    server: LocalServer, rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    base = ("submit", "--server", server.client.url, face_clip[0], "--weights", "open")
    assert rbdm(*base, "--out", tmp_path / "a", "--no-merge-segments", "--num-expressions", 5)[0] == 0
    expression = open_in_nova(tmp_path / "a" / f"{face_clip[0].stem}.expression.annotation")
    assert len(expression["rows"]) == FRAMES


def test_a_broken_video_leaves_the_others_alone(
    server: LocalServer, rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    broken = clips.truncated(face_clip[0], tmp_path / "broken.mp4", 0.3)
    out = tmp_path / "out"
    code, printed, err = rbdm(
        "submit", "--server", server.client.url, broken, face_clip[0], "--faces", face_clip[1], "--faces", face_clip[1],
        "--out", out, "--weights", "open",
    )  # fmt: skip
    assert code == 1
    assert printed == [f"{face_clip[0]}: finished -> {out}"]
    (line,) = [line for line in err if line.startswith("rbdm: ")]
    assert line.startswith(f"rbdm: {broken}: the job has failed: ") and "session" not in line
    assert err[-1] == "1 of 2 videos failed"
    assert not list(out.glob("broken*"))


def test_a_job_that_nobody_waits_for(
    server: LocalServer, rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    code, out, err = rbdm(
        "submit", "--server", server.client.url, *face_clip[:1], "--out", tmp_path, "--weights", "open", "--no-wait"
    )  # fmt: skip
    assert code == 0 and not err
    *_, end = job_states(server.client, out[0])
    assert end.status is Status.FINISHED, end.log


def test_a_job_that_somebody_else_cancels(
    own_server: LocalServer, rbdm: Rbdm, long_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    url = own_server.client.url
    other = threading.Thread(target=lambda: own_server.client.cancel(running_job(own_server)))
    other.start()
    code, out, err = rbdm("submit", "--server", url, long_clip[0], "--out", tmp_path / "out", "--weights", "open")
    other.join()
    assert (code, out) == (1, [])
    assert err[-1] == f"rbdm: {long_clip[0]}: the job was cancelled"


def running_job(server: LocalServer) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for job in server.client.jobs():
            if job["status"] == "RUNNING" and "frames" in server.client.state(job["job_key"]).log:
                return str(job["job_key"])
        time.sleep(0.1)
    raise AssertionError("no job has started")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_ctrl_c_cancels_the_job(own_server: LocalServer, long_clip: tuple[Path, Path], tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUN, "submit", "--server", own_server.client.url, str(long_clip[0])]
    command += ["--out", str(tmp_path / "out"), "--weights", "open"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    job = running_job(own_server)
    # The second job waits for the first, and DISCOVER cannot cancel what waits.
    second = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert second.stderr
    lines = [second.stderr.readline(), second.stderr.readline()]
    assert lines[1] == "the job waits: the server is busy with another\n"
    second.send_signal(signal.SIGINT)
    _, err = second.communicate(timeout=20)
    assert second.returncode == 130
    assert "is not cancelled" in err and "it still waits for another job; it ends when it starts" in err

    first.send_signal(signal.SIGINT)
    _, err = first.communicate(timeout=20)
    assert first.returncode == 130
    assert err.splitlines()[-2:] == [f"job {job} is cancelled", "rbdm: interrupted"]
    assert own_server.client.state(job).status is Status.CANCELLED


def test_a_trainer_that_is_not_there(server: LocalServer, rbdm: Rbdm, face_clip: tuple[Path, Path]) -> None:
    before = len(server.client.jobs())
    for trainer, message in (
        ("modules\\none\\none.trainer", "has no modules\\none\\none.trainer: run `rbdm install CML_DIR` there"),
        ("rbdm\\rbdm.trainer", "name modules\\rbdm\\rbdm.trainer with --trainer"),
        ("modules/broken/broken.trainer", "cannot read its modules/broken/broken.trainer"),
    ):
        code, _, err = rbdm("submit", "--server", server.client.url, face_clip[0], "--trainer", trainer)
        assert code == 1 and message in err[0] and len(err) == 1
    assert len(server.client.jobs()) == before
    server.client.require("modules/rbdm/rbdm.trainer")


def test_a_job_that_the_server_does_not_know(server: LocalServer) -> None:
    with pytest.raises(Refused, match="does not know job nobody"):
        server.client.state("nobody")


def test_a_server_that_goes_away(
    own_server: LocalServer, rbdm: Rbdm, long_clip: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rbdm.client.job_monitor._PAUSES", (0.1, 0.1))
    url = own_server.client.url

    def stop() -> None:
        running_job(own_server)
        own_server.stop()

    other = threading.Thread(target=stop)
    other.start()
    code, out, err = rbdm("submit", "--server", url, long_clip[0], "--out", tmp_path / "out", "--weights", "open")
    other.join()
    assert (code, out) == (1, [])
    assert err[-1].startswith(f"rbdm: {url}: ") and err[-1].endswith(" may still run there")


def test_a_proxy_is_not_asked_for_a_server_on_this_machine(
    server: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    Client(server.client.url).jobs()
    Client(server.client.url.replace("127.0.0.1", "localhost")).jobs()
    with pytest.raises(Unreachable, match="by way of the proxy"):
        Client("http://lab.invalid:8080").jobs()


# --- a job on a database


def test_sessions_of_a_database(
    own_server: LocalServer, rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with datasets(tmp_path / "database", own_server.folder / "data") as make:
        dataset = make()
        dataset.add_discrete("mood", {0: "Happiness", 1: "Neutral"})
        dataset.add_continuous("valence", sr=10.0)
        dataset.add_session("anna", *face_clip)
        broken = dataset.add_session("ben", *face_clip)
        clips.truncated(face_clip[0], broken / f"{ROLE}.video.mp4", 0.3)
        monkeypatch.setenv("RBDM_DB_PASSWORD", dataset.password)
        host, port = dataset.address
        arguments = (
            "submit", "--server", own_server.client.url, "--db", f"{host}:{port}", "--db-user", dataset.user,
            "--dataset", dataset.name, "--role", ROLE, "--annotator", ANNOTATOR, "--expression", "mood",
            "--arousal", "", "--weights", "open",
        )  # fmt: skip
        code, out, err = rbdm(*arguments, "--sessions", "anna")
        assert code == 0, err
        assert out == [f"{dataset.name}: anna: finished -> mood, valence of {ROLE} by {ANNOTATOR}"]
        assert {label["id"] for label in dataset.labels("anna", "mood")} <= {0, 1}
        assert len(dataset.labels("anna", "valence")) == 30

        code, out, err = rbdm(*arguments, "--sessions", "ben,anna")
        assert (code, out) == (1, [])
        assert err[-1].startswith(f"rbdm: {dataset.name}: ben, anna: the job has failed: ") and ".video.mp4" in err[-1]
        assert dataset.annotation("ben", "mood") is None
        assert not [line for line in err if dataset.password in line]


# --- servers that are not there, or not what they seem


def test_no_server(rbdm: Rbdm, face_clip: tuple[Path, Path]) -> None:
    code, out, err = rbdm("submit", "--server", "http://127.0.0.1:9", face_clip[0])
    assert (code, out) == (1, [])
    assert err == ["rbdm: http://127.0.0.1:9: nothing listens there: is the server running, and is the port right?"]


def test_a_server_that_is_not_discover(rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    with serving(Recorder(Quiet)) as web:
        code, out, err = rbdm("submit", "--server", web.url, face_clip[0])
    assert (code, out, len(err)) == (1, [], 1)
    assert "this seems to be no DISCOVER server: it answers cml_info with 501" in err[0]


@pytest.mark.parametrize(
    ("code", "body", "message"),
    [
        (200, b"<html>hello</html>", "its answer to cml_info is no JSON"),
        (200, b'{"hello": 1}', "it cannot list its modules"),
        (404, b"", "it answers cml_info with 404"),
        (500, b"", "the server failed at cml_info (500"),
        (503, b"", "no answer from the server behind its proxy (503"),
        (302, b"", "points to https://elsewhere.invalid/process: give that one"),
        (426, b"HTTPS required", "the server wants https"),
        (400, b"only speaks HTTPS on this port", "the server wants https"),
    ],
)
def test_answers_that_are_not_discovers(
    recorder: Recorder, rbdm: Rbdm, face_clip: tuple[Path, Path], code: int, body: bytes, message: str
) -> None:
    recorder.answers["cml_info"] = [(code, body)]
    exit_code, out, err = rbdm("submit", "--server", recorder.url, face_clip[0])
    assert (exit_code, out, len(err)) == (1, [], 1)
    assert message in err[0] and recorder.url in err[0]
    assert not recorder.forms


def test_a_server_that_comes_back(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rbdm.client.job_monitor._PAUSES", (0.1, 0.1, 0.1))
    client = Client(recorder.url)
    job = client.submit({"jobID": new_job_id()})
    recorder.answers["job_status"] = [(503, b"")] * 3
    *_, end = job_states(client, job)
    assert end.status is Status.FINISHED
    recorder.answers["job_status"] = [(503, b"")] * 4
    with pytest.raises(Unreachable, match=f"job {job} may still run there"):
        list(job_states(client, job))


def test_https_with_a_certificate_of_its_own(rbdm: Rbdm, face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("needs the program openssl, which makes the certificate")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "1"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    recorder = Recorder()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    recorder.server.socket = context.wrap_socket(recorder.server.socket, server_side=True)
    url = recorder.url.replace("http:", "https:")
    with serving(recorder):
        code, _, err = rbdm("submit", "--server", url, face_clip[0])
        assert code == 1 and "its certificate is not trusted" in err[0] and "--insecure" in err[0]
        assert rbdm("submit", "--server", url, "--insecure", face_clip[0])[0] == 0
    assert len(recorder.forms) == 1


def test_http_and_https_mixed_up(recorder: Recorder) -> None:
    with pytest.raises(Unreachable, match="does not speak https: write http://"):
        Client(recorder.url.replace("http:", "https:")).jobs()


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("http://lab:8080", "http://lab:8080"),
        ("http://lab:8080///", "http://lab:8080"),
        ("lab:8080", "http://lab:8080"),
        ("lab", "http://lab"),
        ("https://lab/discover/", "https://lab/discover"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
    ],
)
def test_addresses(url: str, meant: str) -> None:
    assert Client(url).url == meant


@pytest.mark.parametrize("url", ["", "ftp://lab", "http://", "http://lab:port", "http://lab:99999", "http://lab/?a=b"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(OptionError, match="no address of a server"):
        Client(url)


def test_a_password_in_the_address_is_not_repeated() -> None:
    with pytest.raises(OptionError) as error:
        Client("http://ann:secret@lab:8080")
    assert "secret" not in str(error.value)


# --- what is posted


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
    assert form["annoMinGap"] == "0", "what NOVA sends; the module does not join over it: see test_database"


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


@pytest.mark.parametrize("password", [PASSWORD, "a/b c", "p%40", "\\", "ü" * 9])
def test_a_password_is_hidden_however_it_is_written(password: str) -> None:
    from urllib.parse import quote_plus

    for text in (password, repr(password), json.dumps(password), quote_plus(password), str({"dbPassword": password})):
        assert password not in password_masker(password)(text) and "****" in password_masker(password)(text)
    assert password_masker("")("as it was") == "as it was"


def test_no_password_and_nobody_to_ask(recorder: Recorder, rbdm: Rbdm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("typed\n"))
    code, _, err = rbdm("submit", "--server", recorder.url, *DATABASE, "--sessions", "anna")
    assert code == 1 and err == [
        "rbdm: no password for ann at lab:27018: there is no keyboard to ask at; set RBDM_DB_PASSWORD"
    ]
    assert not recorder.forms


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_password_that_is_typed_does_not_show(recorder: Recorder) -> None:
    import pty

    arguments = ["submit", "--server", recorder.url, *DATABASE, "--sessions", "anna"]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", RUN, *arguments])
    shown = read_terminal(terminal, until=b"Password of ann at lab:27018: ")
    os.write(terminal, b"hush hush\n")
    shown += read_terminal(terminal, until=None)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, shown
    assert b"finished" in shown and b"hush" not in shown
    assert recorder.forms[0]["dbPassword"] == "hush hush"


def read_terminal(terminal: int, until: bytes | None) -> bytes:
    shown = b""
    while until is None or until not in shown:
        try:
            shown += os.read(terminal, 1000)
        except OSError:  # the other end is closed
            break
    return shown


# --- arguments


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
def test_wrong_usage(rbdm: Rbdm, arguments: tuple[str, ...]) -> None:
    code, out, err = rbdm("submit", *arguments)
    assert (code, out) == (2, []) and err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("a.mp4", "--faces", "a.stream", "--batch-size", "0"), "option batch_size is 0"),
        (("a.mp4", "b.mp4", "--faces", "a.stream"), "2 videos but 1 --faces"),
        (("a.mp4",), "no box stream"),
        (("a.mp4", "--server-paths"), "with --server-paths give one for each"),
        (("x/a.mp4", "y/a.mp4", "--faces", "1", "--faces", "2", "--out", "o"), "two videos would write this file"),
        ((*DATABASE, "--sessions", " ,"), "--sessions names none"),
        ((*DATABASE, "--sessions", "a", "--expression", "", "--valence", "", "--arousal", ""), "are all empty"),
        ((*DATABASE, "--sessions", "a", "--faces", "x", "--faces", "y"), "the name of one stream"),
    ],
)
def test_values_that_do_not_fit(
    recorder: Recorder, rbdm: Rbdm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...], message: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RBDM_DB_PASSWORD", PASSWORD)
    code, out, err = rbdm("submit", "--server", recorder.url, *arguments)
    assert (code, out, len(err)) == (1, [], 1) and message in err[0]
    assert not recorder.forms


@pytest.mark.parametrize(
    ("text", "here", "as_written"),
    [
        ("/data/a.mp4", PurePosixPath("/data/a.mp4"), PurePosixPath("/data/a.mp4")),
        ("C:\\data\\a.mp4", PureWindowsPath("C:\\data\\a.mp4"), PureWindowsPath("C:\\data\\a.mp4")),
        ("\\\\nas\\lab\\a.mp4", PureWindowsPath("\\\\nas\\lab\\a.mp4"), PureWindowsPath("\\\\nas\\lab\\a.mp4")),
        ("a.mp4", Path.cwd() / "a.mp4", PurePosixPath("a.mp4")),
        ("../a.mp4", Path.cwd().parent / "a.mp4", PurePosixPath("../a.mp4")),
    ],
)
def test_paths_as_the_server_sees_them(text: str, here: PurePath, as_written: PurePath) -> None:
    assert server_path(text) == here and server_path(text, as_written=True) == as_written


def test_streams_are_found_as_annotate_finds_them(face_clip: tuple[Path, Path], tmp_path: Path) -> None:
    (job,) = file_jobs([str(face_clip[0])], [], None, as_written=False)
    assert job.faces == face_clip[1] and job.outputs["valence"].parent == face_clip[0].parent
    (job,) = file_jobs([str(face_clip[0])], [str(face_clip[1].parent)], str(tmp_path), as_written=False)
    assert job.faces == face_clip[1] and job.outputs["valence"].parent == tmp_path
    with pytest.raises(InputError, match="name it with --faces"):
        file_jobs(["D:\\a.mp4"], [], None, as_written=False)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [("lab:27018", "lab", 27018), ("lab", "lab", 27017), ("[::1]:5", "::1", 5), ("[::1]", "::1", 27017)],
)
def test_database_addresses(text: str, host: str, port: int) -> None:
    assert parse_database(text) == (host, port)


@pytest.mark.parametrize("text", ["", ":5", "lab:", "lab:x", "lab:0", "lab:65536", "mongodb://lab", "ann:pw@lab:5"])
def test_database_addresses_that_are_none(text: str) -> None:
    with pytest.raises(OptionError, match="--db must be HOST:PORT"):
        parse_database(text)


def test_it_needs_no_package_of_the_server() -> None:
    absent = "import sys; sys.modules.update(dict.fromkeys(['requests', 'psutil', 'discover', 'discover_utils']))"
    program = f"{absent}; from rbdm.cli.main import main; main()"
    arguments = ["submit", "--server", "http://127.0.0.1:9", "/a.mp4", "--faces", "/a.stream"]
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True)
    assert done.returncode == 1 and "nothing listens there" in done.stderr, done.stderr


# --- following


@pytest.mark.parametrize(
    ("progress", "done"),
    [("-", 0), ("", 0), ("1/1", 0), ("3/4", 50), ("session 1/1 40 %", 40), ("session 2/4 50 %", 37.5),
     ("session 4/4 100 %", 100), ("session 1/2 120 frames", 0), ("1/0", 0)],
)  # fmt: skip
def test_percent(progress: str, done: float) -> None:
    assert job_percent(progress) == done


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("2030-01-01 00:00:00 INFO session 1/1: error: a.mp4: no such file\nlast", "a.mp4: no such file"),
        ("session 1/3: error: a\nsession 2/3: error: b\n", "a (and 1 more)"),
        ("x\n2030-01-01 00:00:00 CRITICAL Job failed with exception no trainer\n\n", "no trainer"),
        ("", "its log is empty"),
    ],
)
def test_outcome(log: str, why: str) -> None:
    assert outcome(JobState(Status.FAILED, "", log)) == f"the job has failed: {why}"
    assert outcome(JobState(Status.CANCELLED, "", log)) == "the job was cancelled"


def test_a_bar_on_a_terminal(recorder: Recorder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    shown = io.StringIO()
    recorder.log = "2030-01-01 00:00:00 INFO session 1/1: 75 of 75 frames\n" + "x" * 300
    client = Client(recorder.url)
    watch_job(client, client.submit({"jobID": "a"}), Console(file=shown, force_terminal=True, width=80))
    assert "finished" in shown.getvalue() and "━" in shown.getvalue()
    assert "x" * 300 in shown.getvalue(), "a line of the log is never cut"
