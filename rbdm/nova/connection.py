"""Connects to a NOVA database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rbdm.errors import RbdmError

_TLS = "DISCOVER_USE_TLS"
"""Environment variable of the server: whether the database has TLS."""
_TIMEOUT_MS = 3000


@contextmanager
def connect(host: str, port: int, user: str, password: str) -> Iterator[Any]:
    """Connect to a database as the server does: without TLS, and with TLS if that does not work.

    If the environment variable `DISCOVER_USE_TLS` is set, as for the server, only the one or the other is tried. As in
    NOVA and the server, the database's certificate is not checked.

    Args:
        host: its address.
        port: its port.
        user: a user of the database.
        password: of the user. It is not sent: the database and we each prove that we know it.

    Returns:
        A `MongoClient`, which is closed at the end of the `with` block.

    Raises:
        RbdmError: the database does not answer, or refuses the user or an operation in the block; pymongo is missing.
    """
    try:
        from pymongo import MongoClient
        from pymongo.errors import PyMongoError, ServerSelectionTimeoutError
    except ImportError:
        raise RbdmError("a NOVA database needs pymongo: pip install pymongo") from None

    def client(tls: bool) -> Any:
        security: dict[str, Any] = {"tls": True, "tlsAllowInvalidCertificates": True} if tls else {}
        login: dict[str, Any] = {"username": user, "password": password}
        return MongoClient(host, port, serverSelectionTimeoutMS=_TIMEOUT_MS, **login, **security)

    wanted = os.environ.get(_TLS, "").lower()
    attempts = {"true": (True,), "false": (False,)}.get(wanted, (False, True))
    try:
        for tls in attempts:
            with client(tls) as found:
                try:
                    found.admin.command("ping")
                except ServerSelectionTimeoutError:
                    if tls is attempts[-1]:
                        raise
                    continue
                yield found
                return
    except PyMongoError as error:
        raise RbdmError(f"the database at {host}:{port} cannot be used as {user!r}: {explain(error)}") from None


def explain(error: object) -> str:
    """Why the database cannot be used: the error's text without the state of the connection that pymongo adds."""
    text = str(error)
    for rest in (", Timeout:", " (configured timeouts:", ", full error:"):
        text = text.partition(rest)[0]
    return " ".join(text.split())
