"""A database is found with TLS and without, whatever the server's one setting for TLS asks for."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from rbdm.errors import InputError, RbdmError
from rbdm.nova.connection import explain
from rbdm.server.database.connection import as_one_line, connect
from tests.support.certificates import make_certificate

pymongo = pytest.importorskip("pymongo", reason="needs the extra server")
pytest.importorskip("discover_utils", reason="needs the extra server")


class Client:
    """In place of pymongo's: it reaches a database without TLS, or none."""

    made: ClassVar[list[tuple[Any, ...]]] = []
    reachable = True

    def __init__(self, host: str, port: int, **more: Any) -> None:
        self.made.append((host, port, more["username"], more["password"]))
        assert "tls" not in more
        self.admin = SimpleNamespace(command=self._command)

    def _command(self, name: str) -> None:
        if not self.reachable:
            raise pymongo.errors.ServerSelectionTimeoutError("nobody answers")

    def close(self) -> None:
        pass


@pytest.fixture(autouse=True)
def client(monkeypatch: pytest.MonkeyPatch) -> type[Client]:
    monkeypatch.setattr(pymongo, "MongoClient", Client)
    monkeypatch.setattr(Client, "made", [])
    monkeypatch.setattr(Client, "reachable", True)
    monkeypatch.delenv("DISCOVER_USE_TLS", raising=False)
    return Client


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of a server that answers one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                answer(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def plain(connection: socket.socket) -> None:
    """Like a mongod without TLS: what it reads is no message of MongoDB, and it closes the connection."""
    connection.recv(1000)


def outcome(port: int, host: str = "127.0.0.1") -> tuple[bool, str | None, Any]:
    """Whether the library connects, the warning, and the handler."""
    called: list[tuple[Any, ...]] = []
    handler = SimpleNamespace()
    warning = connect(lambda *arguments: called.append(arguments), handler, host, port, "ann", "secret")
    assert not called or called == [(handler, host, port, "ann", "secret")]
    return bool(called), warning, handler


def test_a_database_without_tls_where_the_setting_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCOVER_USE_TLS", "true")
    with listening(plain) as port:
        by_library, warning, handler = outcome(port)
    assert not by_library and isinstance(handler._client, Client)
    assert (handler._ip, handler._port, handler._user) == ("mongodb://127.0.0.1", port, "ann")
    assert warning == f"the database at 127.0.0.1:{port} has no TLS: its data are sent unencrypted"
    assert Client.made == [("127.0.0.1", port, "ann", "secret")]


def test_no_setting_is_no_reason_to_warn() -> None:
    with listening(plain) as port:
        by_library, warning, _ = outcome(port)
    assert (by_library, warning) == (False, None)


def test_a_database_with_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISCOVER_USE_TLS", "true")
    context = make_certificate(tmp_path).context()

    def safe(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            wrapped.recv(1)

    with listening(safe) as port:
        assert outcome(port)[:2] == (True, None)
    assert not Client.made


def test_a_database_that_cannot_be_reached_is_left_to_the_library(
    monkeypatch: pytest.MonkeyPatch, client: type[Client]
) -> None:
    client.reachable = False
    with listening(plain) as port:
        assert outcome(port)[:2] == (True, None)
    client.made.clear()
    assert outcome(9)[:2] == (True, None), "nothing listens there"
    assert outcome(9, "one,two")[:2] == (True, None), "a list of hosts"
    monkeypatch.setenv("DISCOVER_USE_TLS", "False")
    assert outcome(9)[:2] == (True, None)
    assert not client.made


def test_errors_of_the_database_are_one_short_line() -> None:
    long = (
        "lab:27017: [Errno 104] reset (configured timeouts: connectTimeoutMS: 20000.0ms), Timeout: 3.0s, Topology: <>"
    )
    assert explain(pymongo.errors.AutoReconnect(long)) == "lab:27017: [Errno 104] reset"
    error = as_one_line(pymongo.errors.AutoReconnect(f"{long}\nmore"))
    assert type(error) is RbdmError
    assert str(error) == "the database cannot be used any more: lab:27017: [Errno 104] reset"
    ours = InputError("a")
    assert as_one_line(ours) is ours
