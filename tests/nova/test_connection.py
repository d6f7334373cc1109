"""Connections to a database: with and without TLS, as the server's settings say, and errors in one line."""

from typing import Any

import pytest

from rbdm.errors import RbdmError
from rbdm.nova.connection import connect

pytest.importorskip("pymongo", reason="needs the extra server")
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError


class Database:
    """In place of `MongoClient`: a database with or without TLS, and a password."""

    tls = False
    tried: list[bool] = []  # noqa: RUF012

    def __init__(self, host: str, port: int, *, tls: bool = False, password: str, **more: Any) -> None:
        self.tried.append(tls)
        self.speaks, self.welcome, self.admin = tls == self.tls, password == "right", self

    def __enter__(self) -> "Database":
        return self

    def __exit__(self, *error: object) -> None:
        self.speaks = False

    def command(self, name: str) -> None:
        if not self.speaks:
            raise ServerSelectionTimeoutError("lab:27017: refused, Timeout: 3.0s, Topology Description: <long>")
        if not self.welcome:
            raise OperationFailure("Authentication failed., full error: {'ok': 0.0}")


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pymongo.MongoClient", Database)
    monkeypatch.setattr(Database, "tried", [])
    monkeypatch.delenv("DISCOVER_USE_TLS", raising=False)


@pytest.mark.parametrize(
    ("setting", "tls", "tried"),
    [("", False, [False]), ("", True, [False, True]), ("true", True, [True]), ("False", False, [False])],
)
def test_what_the_database_speaks(monkeypatch: pytest.MonkeyPatch, setting: str, tls: bool, tried: list[bool]) -> None:
    monkeypatch.setattr(Database, "tls", tls)
    monkeypatch.setenv("DISCOVER_USE_TLS", setting)
    with connect("lab", 27017, "ann", "right") as client:
        assert client.speaks
    assert Database.tried == tried and not client.speaks, "it is closed"


@pytest.mark.parametrize(
    ("setting", "password", "reason"),
    [("true", "right", "lab:27017: refused"), ("", "wrong", "Authentication failed.")],
)
def test_errors_are_one_line(monkeypatch: pytest.MonkeyPatch, setting: str, password: str, reason: str) -> None:
    monkeypatch.setattr(Database, "tls", False)
    monkeypatch.setenv("DISCOVER_USE_TLS", setting)
    with (
        pytest.raises(RbdmError, match=f"^the database at lab:27017 cannot be used as 'ann': {reason}$"),
        connect("lab", 27017, "ann", password),
    ):
        pass


def test_an_operation_that_is_refused_later() -> None:
    with (
        pytest.raises(RbdmError, match="cannot be used as 'ann': not authorized"),
        connect("lab", 27017, "ann", "right"),
    ):
        raise OperationFailure("not authorized")
