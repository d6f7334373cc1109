"""What the commands that use a NOVA database share: the options' help texts, and asking for the password."""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from rbdm.errors import OptionError

PASSWORD = "RBDM_DB_PASSWORD"
"""Environment variable with the password of the database."""

DbUser = Annotated[str | None, typer.Option(help="User of the database.")]
Dataset = Annotated[str | None, typer.Option(help="Dataset in the database.")]


def database_password(whose: str) -> str:
    """The password from the environment or the keyboard. Other users could see an argument in the list of processes.

    Args:
        whose: the user and the address, for the question.

    Raises:
        OptionError: the environment has none, and standard input is not a terminal.
    """
    if password := os.environ.get(PASSWORD):
        return password
    if not sys.stdin.isatty():
        raise OptionError(f"no password for {whose}: standard input is not a terminal; set {PASSWORD}")
    return getpass.getpass(f"Password of {whose}: ")


@contextmanager
def open_dataset(address: str, user: str, name: str) -> Iterator[Any]:
    """A dataset of a NOVA database, as a `Database` of pymongo; see `rbdm.nova.connection.connect`.

    Args:
        address: `HOST:PORT`.
        user: user of the database; the password is asked for.
        name: name of the dataset.

    Raises:
        OptionError: the address or the password cannot be used, or there is no such dataset.
        RbdmError: the database does not answer or refuses.
    """
    from rbdm.client.job_forms import parse_database
    from rbdm.nova.connection import connect

    host, port = parse_database(address)
    with connect(host, port, user, database_password(f"{user} at {host}:{port}")) as client:
        # Writing to a dataset that does not exist would create it.
        if "Sessions" not in client[name].list_collection_names():
            raise OptionError(f"--dataset: the database at {host}:{port} has no dataset {name!r}")
        yield client[name]
