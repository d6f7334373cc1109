"""Who may not use the app: other pages, other browsers, other names of this machine, and pages in a picked folder."""

import http.client
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rbdm.annotator import Annotator
from rbdm.export.report import write_report
from tests.support.app import PATIENCE, RunningApp, command, opened, running_app, state_of
from tests.support.browser import started
from tests.support.command_line import write_picture

pytestmark = pytest.mark.xdist_group("app")

EVIL = """<!DOCTYPE html><html data-ready><meta charset="utf-8"><p id="said">starting</p><script>
const said = [];
const tried = async (name, attempt) => {
  try { said.push(`${name}: ${await attempt()}`); } catch (error) { said.push(`${name}: refused`); }
};
(async () => {
  const app = "ORIGIN";
  await tried("cookie", () => document.cookie || "none");
  await tried("storage", () => { localStorage.x = 1; return "written"; });
  await tried("parent", () => parent.document.title);
  await tried("page", async () => (await fetch(app + "/", {credentials: "include"})).status);
  await tried("post", async () => (await fetch(app + "/_nicegui/x", {method: "POST", credentials: "include"})).status);
  await tried("blind", async () => (await fetch(app + "/help", {mode: "no-cors", credentials: "include"})).type);
  const beside = location.href.replace(/[^/]*$/, "anna.expression.csv");
  await tried("other file", async () => (await fetch(beside)).status);
  await tried("far", async () => (await fetch("http://127.0.0.1:FAR/stolen")).status);
  await tried("socket", () => new Promise((open, fail) => {
    const socket = new WebSocket(app.replace("http", "ws") + "/_nicegui_ws/socket.io/?EIO=4&transport=websocket");
    socket.onopen = () => open("open");
    socket.onerror = fail;
  }));
  await tried("script", () => new Promise((open, fail) => {
    const script = document.createElement("script");
    script.src = app + "/_nicegui_ws/socket.io/?EIO=4&transport=polling";
    script.onload = () => open("loaded");
    script.onerror = fail;
    document.head.append(script);
  }));
  await tried("frame", () => new Promise((open) => {
    const frame = document.createElement("iframe");
    frame.src = app + "/";
    frame.onload = () => { try { open(frame.contentDocument.title); } catch { open("closed"); } };
    document.body.append(frame);
    setTimeout(() => open("nothing"), 3000);
  }));
  document.getElementById("said").textContent = said.join("\\n");
  document.documentElement.dataset.done = "";
  const form = document.createElement("form");
  form.action = app + "/";
  form.method = "post";
  document.body.append(form);
  window.send = () => form.submit();
})();
</script></html>"""


@contextmanager
def other_server(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Somebody else's server on this machine: its port, and what was asked from it."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers.get('Cookie', '')}")
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with started() as running:
        yield running.chromium


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    pytest.importorskip("nicegui", reason="needs the extra app")
    with running_app(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def study(app: RunningApp, face_clip: tuple[Path, Path], annotator: Annotator) -> Path:
    """A folder with results of one video, which somebody else has added to."""
    study = app.home / "study"
    study.mkdir()
    write_picture(study / "anna.png", face_clip[0]).rename(study / "anna.mp4")
    shutil.copy(face_clip[0], study / "other.mp4")
    (app.home / "secret.html").write_text("secret")
    prediction = annotator.annotate(study / "anna.mp4")
    prediction.save(study)
    write_report([prediction], study / "anna.report.html")
    return study


def ask(app: RunningApp, path: str, **headers: str) -> tuple[int, str]:
    """Ask as a program does, which can send any header and any path."""
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)
    connection.putrequest(headers.pop("method", "GET"), path, skip_host="host" in headers)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    response = connection.getresponse()
    text = response.read().decode("utf-8", "replace")
    connection.close()
    return response.status, text


def test_a_program_without_the_key_gets_a_sentence_and_nothing_else(app):
    cookie = f"rbdm-{app.port}={app.keys.cookie}"
    socket = {"connection": "Upgrade", "upgrade": "websocket", "sec_websocket_version": "13"}
    socket |= {"sec_websocket_key": "MDEyMzQ1Njc4OWFiY2RlZg=="}
    for path in ("/", "/help", "/results", "/_nicegui_ws/socket.io/?EIO=4&transport=polling", "/docs", "/openapi.json"):
        assert ask(app, path)[0] == 403
        assert ask(app, path, cookie=f"rbdm-{app.port}={'0' * 64}")[0] == 403
        assert ask(app, path, cookie=cookie, host=f"evil.example:{app.port}")[0] == 403
        assert ask(app, path, cookie=cookie, origin="http://evil.example")[0] == 403
    status, text = ask(app, "/?start=wrong")
    assert status == 403 and text.startswith("This page belongs to a running rbdm")
    path = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    assert ask(app, path, **socket)[0] == 403
    assert ask(app, path, cookie=cookie, **socket)[0] == 403
    assert ask(app, path, cookie=cookie, origin="http://evil.example", **socket)[0] == 403
    assert ask(app, "/", cookie=cookie)[0] == 200
    assert ask(app, "/docs", cookie=cookie)[0] == ask(app, "/openapi.json", cookie=cookie)[0] == 404


def test_no_address_leads_out_of_the_picked_folders(app, study, browser):
    with opened(browser, app, path="/results") as window:
        base = window.open_results(study).url.removeprefix(app.origin).rpartition("/")[0]
        assert ask(app, f"{base}/anna.report.html")[0] == 200
        assert ask(app, f"{base}/anna.mp4", range="bytes=10-19")[0] == 206
        ways = ("../secret.html", "..%2fsecret.html", "%2e%2e/secret.html", "%2e%2e%2fsecret.html", "./../secret.html")
        for way in (*ways, "anna.report.html/../../secret.html", "..%5csecret.html", "%00", "..;/secret.html"):
            assert ask(app, f"{base}/{way}")[0] == 404, way
        for name in ("other.mp4", "anna.expression.annotation", "", "."):
            assert ask(app, f"{base}/{name}")[0] == 404, name
        key = base.split("/")[2]
        for path in ("0/etc/passwd", "/etc/passwd", "0//etc/passwd", "1/etc/passwd", "-1/x", "0", "x", "0/%"):
            assert ask(app, f"/results/{key}/{path}")[0] == 404, path
        assert ask(app, f"/results/{'0' * 64}/0/etc/passwd")[0] == 403
        assert ask(app, f"{base}/anna.report.html", host="evil.example")[0] == 403
        assert ask(app, f"{base}/anna.report.html", method="POST")[0] == 403
        for run in ("../../etc", "run-../x", "%2e%2e%2f", "folder-/etc", "<script>"):
            window.page.goto(f"{app.origin}/results?run={run}")
            window.page.wait_for_timeout(200)
            assert window.page.locator("iframe").count() == 0


def test_a_second_browser_without_the_key_is_refused(app, browser):
    with opened(browser, app) as window:
        used = window.page.evaluate("location.href")
        assert used == f"{app.origin}/"
    context = browser.new_context()
    try:
        page = context.new_page()
        for address in (used, f"{used}?start=", app.first_line.split("once: ")[1].strip(), f"{app.origin}/results"):
            response = page.goto(address)
            if "start=" in address and response.status == 200:  # the first one who uses it
                context.clear_cookies()
                response = page.goto(address)
            assert response.status == 403
            assert "this browser has no key" in page.inner_text("body")
    finally:
        context.close()


def evil_page(app: RunningApp, far: int) -> str:
    return EVIL.replace("ORIGIN", app.origin).replace("FAR", str(far))


def check_that_nothing_worked(said: str, allowed: dict[str, str]) -> None:
    found = dict(line.split(": ", 1) for line in said.splitlines())
    assert len(found) == 11
    for name, what in found.items():
        assert what in (allowed.get(name, "refused"), "refused"), said


def test_a_page_in_a_picked_folder_cannot_use_the_app(app, study, browser):
    with other_server(b"") as (far, asked), opened(browser, app, path="/results") as window:
        (study / "anna.report.html").write_text(evil_page(app, far))
        frame = window.open_results(study)
        window.follow(frame, "Report of anna")
        frame.wait_for_selector("html[data-done]", state="attached", timeout=PATIENCE)
        said = frame.text_content("#said")
        check_that_nothing_worked(said, {"frame": "closed"})
        frame.evaluate("send()")
        window.page.wait_for_timeout(500)
        assert frame.locator("#said").count() == 1
        assert not asked
        assert window.page.url.startswith(app.origin) and window.page.locator("text=End rbdm").count() == 0
        assert not window.foreign
        window.press("Back to the list")  # the app itself goes on
        window.page.wait_for_selector("iframe.result[data-count='2']")


def test_a_page_of_another_server_cannot_use_the_app(app, study, browser):
    """Also on this machine, and also in the browser that has the key: a cookie does not belong to a port."""
    with other_server(b"") as (far, _), opened(browser, app) as window:
        page = evil_page(app, far)
        for name in ("127.0.0.1", "localhost"):
            with other_server(page.encode()) as (port, _):
                window.page.goto(f"http://{name}:{port}/")
                window.page.wait_for_selector("html[data-done]", state="attached", timeout=PATIENCE)
                said = window.page.text_content("#said")
                own = {"cookie": "none", "storage": "written", "parent": "", "other file": "200", "far": "refused"}
                check_that_nothing_worked(said, {**own, "frame": "closed", "blind": "opaque"})
                window.page.evaluate("setTimeout(send)")
                window.page.wait_for_url(f"{app.origin}/", timeout=PATIENCE)
                assert "this browser has no key" in window.page.inner_text("body")


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_an_app_that_was_killed_starts_again(tmp_path):
    with running_app(tmp_path) as app:
        first = app.running
        app.process.send_signal(signal.SIGKILL)
        app.process.wait()
    assert (state_of(tmp_path) / "running.json").exists()
    with running_app(tmp_path) as app:
        assert app.running["secret"] != first["secret"]
        assert ask(app, "/")[0] == 403


def test_a_port_that_is_in_use_is_one_line(app, tmp_path):
    process = command(tmp_path, "--port", str(app.port))
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 1
    assert said == f"rbdm: --port {app.port}: cannot be used: Address already in use; leave it out for a free one\n"
