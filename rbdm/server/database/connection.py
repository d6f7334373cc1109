"""Connects to the NOVA database, with or without TLS, and explains in one line why it cannot be used."""

import os
import socket
import ssl
from collections.abc import Callable
from typing import Any

from rbdm.errors import RbdmError
from rbdm.nova.connection import explain
from rbdm.server.library import library_name

_NO_TLS = ("false", "0", "no")
_TIMEOUT = 3.0
"""Seconds to wait for the database, as the server's library does."""


def connect(
    original: Callable[..., None], handler: Any, db_host: str, db_port: int, db_user: str, db_password: str
) -> str | None:
    """Connect a handler of the server's library to the database.

    With `DISCOVER_USE_TLS=true`, the library accepts only a database with TLS. The same setting turns on the server's
    own https, which NOVA needs. So that both go together, a database without TLS is accepted, too.

    Args:
        original: the library's function that connects the handler.
        handler: the handler.
        db_host: address of the database.
        db_port: port of the database.
        db_user: user of the database.
        db_password: password of the user.

    Returns:
        A warning if the setting asks for TLS and the database has none; else None.
    """
    setting = os.environ.get("DISCOVER_USE_TLS", "").lower()
    never_tries_tls = setting in _NO_TLS or library_name() != "discover_utils"
    if never_tries_tls or not _has_no_tls(db_host, db_port):
        original(handler, db_host, db_port, db_user, db_password)
        return None
    from pymongo import MongoClient
    from pymongo.errors import ConnectionFailure

    account: dict[str, Any] = {"username": db_user, "password": db_password}
    client: Any = MongoClient(db_host, db_port, **account, serverSelectionTimeoutMS=_TIMEOUT * 1000)
    try:
        client.admin.command("ping")
    except ConnectionFailure:
        client.close()
        original(handler, db_host, db_port, db_user, db_password)
        return None
    handler._client, handler._ip, handler._port, handler._user = client, f"mongodb://{db_host}", db_port, db_user
    return f"the database at {db_host}:{db_port} has no TLS: its data are sent unencrypted" if setting else None


def as_one_line(error: Exception) -> Exception:
    """An error of the database as an error for the user; any other error unchanged."""
    if type(error).__module__.partition(".")[0] not in ("pymongo", "bson"):
        return error
    return RbdmError(f"the database cannot be used any more: {explain(error)}")


def _has_no_tls(host: str, port: int) -> bool:
    """Whether there is a server that does not answer a TLS handshake. A list of hosts is not tried."""
    if any(letter in host for letter in "/,@"):
        return False
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        connection = socket.create_connection((host, port), _TIMEOUT)
    except OSError:
        return False
    with connection:
        try:
            context.wrap_socket(connection).close()
        except OSError:
            return True
    return False
