"""`rbdm submit` with a real DISCOVER: jobs on files and on a database, cancelled jobs, servers that end."""

import os
import shutil
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rbdm.client.client import Status
from rbdm.client.http import Refused
from rbdm.client.install import install
from rbdm.client.job_monitor import job_states
from rbdm.client.local_server import LocalServer
from tests.support import clips
from tests.support.command_line import NAMES, PROGRAM, SHORT, program, write_short_clip
from tests.support.fixture_types import Rbdm
from tests.support.nova_database import ANNOTATOR, ROLE, Dataset
from tests.support.nova_reader import open_in_nova
from tests.support.recorder import Recorder, serving

pytestmark = pytest.mark.xdist_group("server")

DATABASE = ("--db", "lab:27018", "--db-user", "ann", "--dataset", "talks", "--role", "guest", "--annotator", "rbdm")


@pytest.fixture(scope="module")
def short_clip(tmp_path_factory: pytest.TempPathFactory, face_clip: tuple[Path, Path]) -> tuple[Path, Path]:
    return write_short_clip(tmp_path_factory.mktemp("short"), face_clip)


@pytest.fixture
def broken_module(server: LocalServer) -> Iterator[None]:
    """A module whose trainer file is no XML."""
    broken = server.cml_dir / "modules" / "broken"
    broken.mkdir()
    (broken / "broken.trainer").write_text("no XML", encoding="utf-8")
    yield
    shutil.rmtree(broken)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[LocalServer]:
    """For a job that goes on until the server ends."""
    pytest.importorskip("discover", reason="needs the extra server")
    with LocalServer(tmp_path / "server") as running:
        install(running.cml_dir)
        yield running


@pytest.fixture(autouse=True)
def no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RBDM_DB_PASSWORD", raising=False)


def test_a_job_on_files(server: LocalServer, rbdm: Rbdm, short_clip: tuple[Path, Path], tmp_path: Path) -> None:
    video, faces = short_clip
    code, out, err = rbdm(
        "submit", "--server", f"{server.client.url}/", video, "--faces", faces, "--out", tmp_path / "new",
        "--weights", "open",
    )  # fmt: skip
    assert code == 0, err
    assert out == [f"{video}: finished -> {tmp_path / 'new'}"]
    for name in NAMES:
        assert open_in_nova(tmp_path / "new" / f"{video.stem}.{name}.annotation")["name"] == name
    assert err[0].startswith("job rbdm-") and err[0].endswith(server.client.url)
    assert f"session 1/1: {SHORT} frames, {SHORT} with a face" in err[-1]
    assert not any("trainerFilePath" in line for line in err), "the server's echo of the request"


def test_options_reach_the_module(
    server: LocalServer, rbdm: Rbdm, short_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    base = ("submit", "--server", server.client.url, short_clip[0], "--weights", "open")
    assert rbdm(*base, "--out", tmp_path / "a", "--no-merge-segments", "--num-expressions", 5)[0] == 0
    expression = open_in_nova(tmp_path / "a" / f"{short_clip[0].stem}.expression.annotation")
    assert len(expression["rows"]) == SHORT


def test_a_broken_video_leaves_the_others_alone(
    server: LocalServer, rbdm: Rbdm, short_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    broken = clips.truncated(short_clip[0], tmp_path / "broken.mp4", 0.3)
    out = tmp_path / "out"
    streams = ("--faces", short_clip[1], "--faces", short_clip[1])
    code, printed, err = rbdm(
        "submit", "--server", server.client.url, broken, short_clip[0], *streams, "--out", out, "--weights", "open"
    )
    assert code == 1
    assert printed == [f"{short_clip[0]}: finished -> {out}"]
    (line,) = [line for line in err if line.startswith("rbdm: ")]
    assert line.startswith(f"rbdm: {broken}: the job has failed: ") and "session" not in line
    assert err[-1] == "1 of 2 videos failed"
    assert not list(out.glob("broken*"))


def test_a_job_that_nobody_waits_for(
    server: LocalServer, rbdm: Rbdm, short_clip: tuple[Path, Path], tmp_path: Path
) -> None:
    code, out, err = rbdm(
        "submit", "--server", server.client.url, *short_clip[:1], "--out", tmp_path, "--weights", "open", "--no-wait"
    )  # fmt: skip
    assert code == 0 and not err
    *_, end = job_states(server.client, out[0])
    assert end.status is Status.FINISHED, end.log


def running_job(server: LocalServer) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for job in server.client.jobs():
            if job["status"] == "RUNNING" and "frames" in server.client.state(job["job_key"]).log:
                return str(job["job_key"])
        time.sleep(0.1)
    raise AssertionError("no job has started")


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_ctrl_c_cancels_the_job(own_server: LocalServer, long_clip: tuple[Path, Path], tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, "submit", "--server", own_server.client.url, str(long_clip[0])]
    command += ["--out", str(tmp_path / "out"), "--weights", "open"]
    first = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    job = running_job(own_server)
    # The second job waits for the first, and DISCOVER cannot cancel what waits.
    second = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert second.stderr
    lines = [second.stderr.readline(), second.stderr.readline()]
    assert lines[1] == "the job waits: the server is busy with another job\n"
    second.send_signal(signal.SIGINT)
    _, err = second.communicate(timeout=20)
    assert second.returncode == 130
    assert "is not cancelled" in err and "it still waits for another job; it ends when it starts" in err

    first.send_signal(signal.SIGINT)
    _, err = first.communicate(timeout=20)
    assert first.returncode == 130
    assert err.splitlines()[-2:] == [f"job {job} is cancelled", "rbdm: interrupted"]
    assert own_server.client.state(job).status is Status.CANCELLED


@pytest.mark.usefixtures("broken_module")
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


def test_sessions_of_a_database(
    server: LocalServer,
    make_dataset: Callable[[Any], Dataset],
    rbdm: Rbdm,
    face_clip: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dataset = make_dataset(server)
    dataset.add_discrete("mood", {0: "Happiness", 1: "Neutral"})
    dataset.add_continuous("valence", sr=10.0)
    dataset.add_session("anna", *face_clip)
    broken = dataset.add_session("ben", *face_clip)
    clips.truncated(face_clip[0], broken / f"{ROLE}.video.mp4", 0.3)
    monkeypatch.setenv("RBDM_DB_PASSWORD", dataset.password)
    host, port = dataset.address
    arguments = (
        "submit", "--server", server.client.url, "--db", f"{host}:{port}", "--db-user", dataset.user,
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_password_that_is_typed_does_not_show() -> None:
    import pty

    with serving(Recorder()) as recorder:
        arguments = ["submit", "--server", recorder.url, *DATABASE, "--sessions", "anna"]
        child, terminal = pty.fork()
        if child == 0:
            os.execv(sys.executable, [sys.executable, "-c", PROGRAM, *arguments])
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


def test_submit_needs_no_package_of_the_server() -> None:
    absent = "import sys; sys.modules.update(dict.fromkeys(['requests', 'psutil', 'discover', 'discover_utils']))"
    script = f"{absent}; from rbdm.cli.main import main; main()"
    done = program(script, "submit", "--server", "http://127.0.0.1:9", "/a.mp4", "--faces", "/a.stream")
    assert done.returncode == 1 and "nothing listens there" in done.stderr, done.stderr
