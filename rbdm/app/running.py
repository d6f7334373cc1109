"""The app's own folder, and which process is running: there is one app for each user."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rbdm.errors import OutputError, RbdmError
from rbdm.files.atomic import atomic_write
from rbdm.files.locks import Lock, acquire

_LOCK, _FILE = "app.lock", "running.json"
_PATIENCE = 10.0
"""Seconds in which an app that is starting says where it is."""


@dataclass(frozen=True)
class Running:
    """A running app.

    Attributes:
        pid: the number of its process.
        port: of its server on 127.0.0.1.
        secret: see `rbdm.app.security.keys.Keys`.
    """

    pid: int
    port: int
    secret: str


def state_folder() -> Path:
    """The app's folder. It is made if it does not exist; only this user can read it.

    Raises:
        OutputError: it cannot be made.
    """
    import platformdirs

    folder = Path(platformdirs.user_state_path("rbdm", appauthor=False)) / "app"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        raise OutputError(f"{folder}: the app's folder cannot be made: {error.strerror}") from None
    return folder


def become_the_one(folder: Path) -> Lock | None:
    """The lock of the one app of this folder; None if another process has it.

    Raises:
        OutputError: the folder cannot be used.
    """
    try:
        return acquire(folder / _LOCK)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be used for the app: {error.strerror}") from None


def write_running(folder: Path, running: Running) -> None:
    """Write where this app is; only this user can read it.

    Raises:
        OutputError: the file cannot be written.
    """
    with atomic_write(folder / _FILE) as temporary:
        temporary.touch(0o600)
        temporary.chmod(0o600)
        temporary.write_text(json.dumps(asdict(running)), encoding="utf-8")


def forget_running(folder: Path) -> None:
    """Remove what `write_running` wrote."""
    (folder / _FILE).unlink(missing_ok=True)


def read_running(folder: Path, patience: float = _PATIENCE) -> Running:
    """Where the running app is. It may have started just now: this waits until it says so.

    Raises:
        RbdmError: it does not say so.
    """
    end = time.monotonic() + patience
    while True:
        try:
            found = Running(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
            os.kill(found.pid, 0) if os.name == "posix" else None
            return found
        except (OSError, ValueError, TypeError):
            if time.monotonic() > end:
                raise RbdmError(
                    f"{folder}: another rbdm app is starting or stopping, and does not answer: try again"
                ) from None
            time.sleep(0.05)
