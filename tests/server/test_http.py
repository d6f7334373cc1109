"""The server's address is the one that it has told us, and what goes wrong on the way there is an OSError."""

import socket
import threading
from collections.abc import Iterator

import pytest

from rbdm.server.http import ask_server, server_address

VARIABLES = ("DISCOVER_HOST", "DISCOVER_PORT", "DISCOVER_USE_TLS")


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("told", "address"),
    [
        ((), None),
        (("lab",), None),
        (("lab", ""), None),
        (("lab", "8080"), "http://lab:8080"),
        (("0.0.0.0", "8080"), "http://127.0.0.1:8080"),
        (("::", "8080", "false"), "http://127.0.0.1:8080"),
        (("lab", "8080", "True"), "https://lab:8080"),
        (("fe80::1", "8080"), "http://[fe80::1]:8080"),
    ],
)
def test_address(monkeypatch: pytest.MonkeyPatch, told: tuple[str, ...], address: str | None) -> None:
    for name, value in zip(VARIABLES, told, strict=False):
        monkeypatch.setenv(name, value)
    assert server_address() == address


@pytest.fixture
def nonsense() -> Iterator[int]:
    """The port of something that does not speak HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"hello\r\n\r\n")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_answer_that_is_no_http(nonsense: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCOVER_HOST", "127.0.0.1")
    monkeypatch.setenv("DISCOVER_PORT", str(nonsense))
    with pytest.raises(OSError, match="no answer to job_status"):
        ask_server("job_status", b"jobID=1")
