"""The temporary files of a write: their names, whose they are, and which ones a killed process left."""

import json
import os
import platform
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from rbdm.files.locks import Lock, acquire
from rbdm.files.naming import data_path

Key = TypeVar("Key")

PREFIX = ".rbdm-"
"""The start of the name of a temporary file. Servers and file managers do not list names that start with a dot."""
_TOKEN_LENGTH = 8
_KEPT_ENDING = 24
"""A temporary name ends with this many characters of the final name: many libraries choose the format by the ending."""
_CLAIM_ENDING = ".lock"
_OLD_ENDING = ".old"
_COMMIT_LOCK = f"{PREFIX}writing"
_MAX_AGE = 24 * 3600.0
"""Seconds. An older temporary file was left by a process that was killed, also where no lock can tell."""
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MOST_CLAIM_BYTES = 1 << 20
_CLAIM_TRIES = 100
_PAUSE = 0.01
"""Seconds between two tries to get a lock."""
_LONGEST_WAIT = 60.0
"""Seconds that a write waits for another one in the same folder. Renaming the files takes milliseconds."""


def temporary_paths(paths: Mapping[Key, Path]) -> dict[Key, Path]:
    """For each path a path for a temporary file in the same folder.

    A path that is temporary itself gets one with the same token: it is left and removed together with that file.
    """
    token, part = _new_token(), _new_token()
    return {
        key: path.with_name(f"{PREFIX}{_token(path.name) or token}-{part[:4]}{number}-{path.name[-_KEPT_ENDING:]}")
        for number, (key, path) in enumerate(paths.items())
    }


def is_temporary(path: Path) -> bool:
    """Whether this is the path of a temporary file."""
    return path.name.startswith(PREFIX)


def old_path(temporary: Path) -> Path:
    """The second name that the file has which is replaced by a temporary file, until all files have been replaced."""
    return temporary.with_name(f"{temporary.name}{_OLD_ENDING}")


@contextmanager
def claimed(targets: Mapping[Path, Path]) -> Iterator[None]:
    """Mark temporary files as those of a running process, until the context ends. Leftovers beside them are removed.

    The mark is a locked file `.rbdm-<token>.lock` in each folder. The operating system ends its lock with the process.

    Args:
        targets: for each temporary path the final path. Those of a temporary file are marked already.
    """
    folders: dict[Path, dict[str, str]] = {}
    for temporary, final in targets.items():
        if not is_temporary(final):
            folders.setdefault(final.parent, {})[temporary.name] = final.name
    with ExitStack() as locks:
        for folder, names in folders.items():
            remove_leftovers(folder)
            token = _token(next(iter(names)))
            # Without a mark (a file system without locks), the age of the files tells whether they were left.
            with suppress(OSError):
                lock = _acquire_claim(folder / f"{PREFIX}{token}{_CLAIM_ENDING}")
                if lock is not None:
                    locks.callback(lock.release)
                    os.write(lock.descriptor, json.dumps({"host": host(), "names": names}).encode())
        yield


@contextmanager
def one_at_a_time(folders: Iterable[Path]) -> Iterator[None]:
    """Wait until no other process renames files in these folders, and let others wait until the context ends.

    Where a folder cannot have locks, nobody waits.

    Raises:
        TimeoutError: another process has renamed files there for a minute: it hangs, or it has been stopped.
    """
    with ExitStack() as locks:
        for folder in sorted(folders):
            with suppress(_NoLocks):
                locks.callback(_wait_for(folder / _COMMIT_LOCK).release)
        yield


class _NoLocks(Exception):
    """The folder cannot have locks."""


def _wait_for(path: Path) -> Lock:
    until = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            lock = acquire(path)
        except OSError:
            raise _NoLocks from None
        if lock is not None:
            return lock
        if time.monotonic() > until:
            raise TimeoutError(None, "another program has been writing here for a minute", str(path.parent))
        time.sleep(_PAUSE)


def _acquire_claim(path: Path) -> Lock | None:
    """A lock on a new file. Somebody who looks for leftovers may hold it for a moment."""
    for _ in range(_CLAIM_TRIES):
        lock = acquire(path)
        if lock is not None:
            return lock
        time.sleep(_PAUSE)
    return None


def host() -> str:
    """Names this machine since its last start. Two machines of a cluster may both be called `localhost`."""
    try:
        return f"{platform.node()} {_BOOT_ID.read_text().strip()}"
    except OSError:  # not Linux
        return platform.node()


def _new_token() -> str:
    return uuid4().hex[:_TOKEN_LENGTH]


def _token(name: str) -> str:
    """The token in the name of a temporary file; empty if it is another file."""
    return name[len(PREFIX) :][:_TOKEN_LENGTH] if name.startswith(PREFIX) else ""


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files that a killed process left, and give replaced files back a name that they lost."""
    try:
        files = [Path(entry.path) for entry in os.scandir(folder) if entry.name.startswith(PREFIX)]
    except OSError:  # the write that follows reports it
        return
    claims = [file for file in files if file.name.endswith(_CLAIM_ENDING)]
    for claim in claims:
        _remove_if_left(claim, [file for file in files if _token(file.name) == _token(claim.name) and file != claim])
    with suppress(OSError):  # also if there is none
        commit_lock = acquire(folder / _COMMIT_LOCK, create=False)
        if commit_lock is not None:
            commit_lock.release()
    known = {_token(claim.name) for claim in claims}
    for file in files:
        # The second name of a replaced file stays: it has the age of that file, and may be its only copy.
        is_kept = file.name == _COMMIT_LOCK or file.suffix == _OLD_ENDING or _token(file.name) in known
        if not is_kept and _is_old(file):
            remove(file)


def _remove_if_left(claim: Path, files: list[Path]) -> None:
    """Remove a claim and its files if the process that made it does not run any more."""
    try:
        lock = acquire(claim, create=False)
    except OSError:
        return
    if lock is None:  # the process still runs
        return
    made_on, names = _read_claim(lock)
    if made_on != host() and not _is_old(claim):  # a lock may not reach from one machine to another
        lock.close()
        return
    for temporary, final in names.items():
        new, target = claim.with_name(temporary), claim.with_name(final)
        _restore(new, target)
        _restore(data_path(new), data_path(target))
    for file in files:
        remove(file)
    lock.release()


def _restore(temporary: Path, target: Path) -> None:
    """Give a file back its name if the process was killed between taking the name and giving it to the new file."""
    if not os.path.lexists(target):
        with suppress(OSError):
            old_path(temporary).replace(target)


def _read_claim(lock: Lock) -> tuple[str, dict[str, str]]:
    try:
        os.lseek(lock.descriptor, 0, os.SEEK_SET)
        content = json.loads(os.read(lock.descriptor, _MOST_CLAIM_BYTES))
        return str(content["host"]), {Path(new).name: Path(final).name for new, final in content["names"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return "", {}


def _is_old(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime > _MAX_AGE
    except OSError:
        return False


def remove(file: Path) -> None:
    """Remove a file if it exists and can be removed: if its folder cannot be reached, another error reports it."""
    with suppress(OSError):
        file.unlink(missing_ok=True)
