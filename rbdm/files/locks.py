"""Locks between processes. The operating system ends a lock with the process that holds it, also after `kill -9`."""

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    _BYTE = 1 << 30
    """The byte to lock. It is behind the content, because Windows does not let others read a locked byte."""

    def _change(descriptor: int, mode: int) -> None:
        os.lseek(descriptor, _BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, mode, 1)

    def _lock(descriptor: int) -> None:
        _change(descriptor, msvcrt.LK_NBLCK)

    def _unlock(descriptor: int) -> None:
        _change(descriptor, msvcrt.LK_UNLCK)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        # Closing is not enough: a process that was forked meanwhile has the same open file.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@dataclass(frozen=True)
class Lock:
    """A lock that this process holds.

    Attributes:
        path: the lock file.
        descriptor: the open lock file.
    """

    path: Path
    descriptor: int

    def close(self) -> None:
        """End the lock and keep the lock file."""
        with suppress(OSError):
            _unlock(self.descriptor)
        os.close(self.descriptor)

    def release(self) -> None:
        """Remove the lock file, then end the lock. A process that waits sees that it is gone, and makes a new one."""
        with suppress(OSError):
            self.path.unlink()
        self.close()
        if sys.platform == "win32":  # an open file cannot be removed there
            with suppress(OSError):
                self.path.unlink()


def acquire(path: Path, *, create: bool = True) -> Lock | None:
    """Lock the file `path`; returns None if somebody else holds this lock, in another process or in this one.

    Args:
        path: the lock file.
        create: whether to create the file if it does not exist.

    Raises:
        OSError: the file cannot be opened or made, or its file system has no locks.
    """
    while True:
        descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o666)
        held = None
        try:
            _lock(descriptor)
            if _has_name(descriptor, path):
                held = Lock(path, descriptor)
                return held
        except (BlockingIOError, PermissionError):
            return None
        finally:
            if held is None:
                os.close(descriptor)


def _has_name(descriptor: int, path: Path) -> bool:
    """Whether the open file still has its name. Its last holder may have removed it before we got the lock."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(path))
    except FileNotFoundError:
        return False
