"""A tiny web server that answers as DISCOVER does, keeps what is posted, and finishes every job at once."""

import email
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.certificates import Certificate


class Recorder:
    """A server that has the module, notes what is posted, and finishes every job at once.

    Attributes:
        url: its address.
        forms: the fields of every `/process`, as an independent reader of e-mail's format sees them.
        kinds: their content types.
        answers: what it says instead, by route: a status code and a body, for as often as the list is long.
        log: the log of every job.

    Args:
        handler: what answers instead.
        certificate: of a server that speaks https; None for http.
    """

    def __init__(
        self, handler: type[BaseHTTPRequestHandler] | None = None, certificate: Certificate | None = None
    ) -> None:
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
        if certificate:
            self.server.socket = certificate.context().wrap_socket(self.server.socket, server_side=True)
            self.url = self.url.replace("http:", "https:")


def read_form(kind: str, body: bytes) -> dict[str, str]:
    """The fields of a form of the content type `kind`."""
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
    """Let the recorder answer while the context lasts."""
    thread = threading.Thread(target=recorder.server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield recorder
    finally:
        recorder.server.shutdown()
        recorder.server.server_close()
        thread.join()
