"""A line to a database that is slow or breaks. It is between a client and the database and knows their messages."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from types import TracebackType
from typing import Self

_HEADER = struct.Struct("<iiii")
"""Length of the message with this header, its id, the id that it answers, and its kind."""
_OP_MSG = 2013
_HANDSHAKE = {"hello", "ismaster", "saslstart", "saslcontinue", "endsessions", "buildinfo"}
"""What the driver says on each connection, in lower case. It is neither counted nor disturbed."""


class Fault(Enum):
    """What can happen to a message: it never arrives, or its answer never does. The connection is closed then."""

    LOST = "the message is lost"
    ANSWER_LOST = "the answer is lost"
    LATE = "the message arrives after the connection is closed"


Disturb = Callable[[int, str], Fault | None]
"""Called with the number of a message, counted from 1, and its command. It may take its time, or return a fault."""


class DatabaseProxy:
    """Forwards connections to a database. A context manager.

    Args:
        target: host and port of the database.
        latency: seconds by which each message to the database is delayed.

    Attributes:
        commands: those of all messages so far, without the handshake of each connection.
        disturb: called for each message before it is forwarded; None forwards all.
        arrive: set when a message that is late may arrive.
    """

    def __init__(self, target: tuple[str, int], latency: float = 0.0) -> None:
        self.target, self.latency = target, latency
        self.commands: list[str] = []
        self.disturb: Disturb | None = None
        self.arrive = threading.Event()
        self._counting = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))

    @property
    def address(self) -> tuple[str, int]:
        """Host and port for the client."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        for each in (self._listener, *self._open):
            _close(each)

    def begin(self, disturb: Disturb | None = None) -> None:
        """Count from 1 again, and disturb like this from now on."""
        with self._counting:
            self.commands, self.disturb = [], disturb

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError), client, socket.create_connection(self.target) as server:
            for each in (client, server):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open |= {client, server}
            lost = threading.Event()  # set when the next answer is to be lost: then the other thread closes both
            threading.Thread(target=self._answer, args=(server, client, lost), daemon=True).start()
            try:
                self._forward(client, server, lost)
            finally:
                self._open -= {client, server}
                _close(client)
                _close(server)

    def _forward(self, client: socket.socket, server: socket.socket, lost: threading.Event) -> None:
        while True:
            message = _receive(client)
            command = _command(message)
            time.sleep(self.latency)
            if command.lower() in _HANDSHAKE:
                server.sendall(message)
                continue
            with self._counting:
                self.commands.append(command)
                number, disturb = len(self.commands), self.disturb
            fault = disturb(number, command) if disturb else None
            if fault is Fault.LOST:
                return
            if fault is not None:
                lost.set()
            if fault is Fault.LATE:
                _close(client)
                self.arrive.wait(30)
            server.sendall(message)

    def _answer(self, server: socket.socket, client: socket.socket, lost: threading.Event) -> None:
        with suppress(OSError, EOFError):
            while True:
                message = _receive(server)
                if lost.is_set():
                    break
                client.sendall(message)
        _close(client)
        _close(server)


def _receive(connection: socket.socket) -> bytes:
    header = _exactly(connection, _HEADER.size)
    return header + _exactly(connection, _HEADER.unpack(header)[0] - _HEADER.size)


def _exactly(connection: socket.socket, count: int) -> bytes:
    parts = []
    while count:
        part = connection.recv(min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _command(message: bytes) -> str:
    """The command of a message: the name of the first field of its document."""
    if _HEADER.unpack(message[: _HEADER.size])[3] != _OP_MSG:
        return "hello"  # only the first message of a connection has another kind
    # 16 bytes header, 4 of flags, 1 for the kind of section, 4 for the length of the document, 1 for the type of field
    return message[26 : message.index(b"\0", 26)].decode()


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    with suppress(OSError):
        connection.close()
