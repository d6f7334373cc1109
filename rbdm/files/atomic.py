"""Writes files completely or not at all: writes temporary files in the same folder, then renames them."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from rbdm.errors import OutputError
from rbdm.files.naming import data_path

Key = TypeVar("Key")

_PREFIX = ".rbdm-"
"""The start of the name of a temporary file. Servers and file managers do not list names that start with a dot."""
_KEPT_ENDING = 24
"""A temporary name ends with this many characters of the final name: many libraries choose the format by the ending."""
_MAX_AGE = 24 * 3600.0
"""Seconds. An older temporary file was left by a process that was killed."""
_OLD_ENDING = ".old"
"""The ending of the second name that a file has while it is replaced."""
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Yields a temporary path next to `path` to write to. At the end, its file replaces `path`; after an error, not.

    Raises:
        OutputError: the file cannot be written or renamed. The message names the final path.
    """
    with atomic_write_all({"": path}) as temporary:
        yield temporary[""]


@contextmanager
def atomic_write_all(paths: Mapping[Key, Path]) -> Iterator[dict[Key, Path]]:
    """Yields temporary paths next to `paths` to write to. At the end, all files replace those at `paths`.

    After an error, no file is replaced. A data file (the path with `~` at its end, where SSI stores data) is renamed
    together with its path. A temporary path where nothing was written replaces nothing. A signal that ends the program
    waits until all files have been replaced.

    Args:
        paths: the final paths, by keys of the caller's choice.

    Yields:
        The temporary paths, by the same keys.

    Raises:
        OutputError: a file cannot be written or replaced. The message names the final path.
    """
    token = uuid4().hex[:8]
    temporary = {
        name: path.with_name(f"{_PREFIX}{token}-{number}-{path.name[-_KEPT_ENDING:]}")
        for number, (name, path) in enumerate(paths.items())
    }
    for folder in {path.parent for path in paths.values() if not path.name.startswith(_PREFIX)}:
        _remove_old_leftovers(folder)
    try:
        yield temporary
        pairs = [(temporary[name], path) for name, path in paths.items()]
        with _uninterrupted():
            _rename_all([pair for new, path in pairs for pair in ((data_path(new), data_path(path)), (new, path))])
    except (OutputError, OSError) as error:
        raise OutputError(_message_with_final_paths(error, temporary, paths)) from None
    finally:
        for path in temporary.values():
            for file in (path, data_path(path)):
                _remove(file)


def check_writable(path: Path) -> None:
    """Create the folder of a file, and check that the file and its data file (the path with `~`) can be written.

    Called before any video is decoded, so that no work is lost.

    Raises:
        OutputError: one of them cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
        _try_name(data_path(path))
    except OSError as error:
        raise OutputError(f"{path}: cannot write to its folder: {error.strerror}") from None
    for file in (path, data_path(path)):
        if file.is_dir() or (file.exists() and not os.access(file, os.W_OK)):
            raise OutputError(f"{file}: cannot be replaced: it is a folder or read-only")


def _try_name(path: Path) -> None:
    """Check that the folder accepts a file name. The file system may refuse it, e.g. because it is too long."""
    if not os.path.lexists(path):
        path.touch()
        path.unlink()


@contextmanager
def atomic_replace_folder(target: Path) -> Iterator[Path]:
    """Yields a new folder next to `target` to write to. At the end it replaces `target`; after an error, it does not.

    Raises:
        OSError: the folder cannot be written, or `target` cannot be replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=target.parent, ignore_cleanup_errors=True) as temporary:
        new, older = Path(temporary) / "new", Path(temporary) / "older"
        new.mkdir()
        yield new
        with _uninterrupted():
            if target.exists():
                target.rename(older)
            try:
                new.rename(target)
            except BaseException:
                if older.exists():
                    older.rename(target)
                raise


def _rename_all(pairs: list[tuple[Path, Path]]) -> None:
    """Rename those of the files (temporary, final) that exist: all, or after an error none."""
    older: list[tuple[Path, Path]] = []
    done: list[Path] = []
    try:
        for new, target in pairs:
            if not new.exists():
                continue
            if target.is_file():
                old = new.with_name(f"{new.name}{_OLD_ENDING}")
                _add_second_name(target, old)
                older.append((old, target))
            new.replace(target)
            done.append(target)
    except BaseException:
        kept = {target for _, target in older}
        for target in done:
            if target not in kept:
                _remove(target)
        for old, target in older:
            with suppress(OSError):
                old.replace(target)
            _remove(old)  # replace() does nothing if both names still belong to one file
        raise
    for old, _ in older:
        _remove(old)


def _add_second_name(target: Path, old: Path) -> None:
    """Give a file a second name, so that its own name exists at every moment; without hard links, rename it."""
    try:
        os.link(target, old)
    except OSError:  # the file system has no hard links, or the file belongs to somebody else
        target.replace(old)


def _message_with_final_paths(error: Exception, temporary: Mapping[Key, Path], paths: Mapping[Key, Path]) -> str:
    """The message of an error, with the final paths in place of the temporary ones."""
    text = str(error)
    if isinstance(error, OSError):
        place = error.filename2 or error.filename or next(iter(paths.values()))
        text = f"{place}: cannot be written: {error.strerror or error}"
    for name, path in temporary.items():
        text = text.replace(str(path), str(paths[name])).replace(path.name, paths[name].name)
    return text


def _remove_old_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed process left. Newer ones may belong to a process that still runs.

    The second name of a replaced file stays: it has the age of that file, and may be its only copy.
    """
    for file in folder.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if file.suffix != _OLD_ENDING and time.time() - file.stat().st_mtime > _MAX_AGE:
                _remove(file)


def _remove(file: Path) -> None:
    # If the folder itself cannot be reached, another error already reports it.
    with suppress(OSError):
        file.unlink(missing_ok=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay the signals that end a program. Only the main thread needs this: Python runs no handlers in others."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    delayed: list[int] = []
    known = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    # A handler that was not installed from Python cannot be put back, so its signal is not delayed.
    numbers = [number for number in known if signal.getsignal(number) is not None]
    handlers = {number: signal.signal(number, lambda number, _: delayed.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if delayed:
        signal.raise_signal(delayed[0])
