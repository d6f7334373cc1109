"""Writes files completely or not at all: writes temporary files in the same folder, then renames them."""

import errno
import os
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rbdm.errors import OutputError
from rbdm.files.leftovers import PREFIX, Key, claimed, is_temporary, old_path, one_at_a_time, remove, temporary_paths
from rbdm.files.naming import data_path

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_CANNOT_WRITE = {getattr(errno, name, 0) for name in ("ENOSPC", "EDQUOT", "EFBIG", "EROFS")}
"""Errors that only a write can have: the disk is full, a quota or a limit is reached, the disk is read-only."""


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
    temporary = temporary_paths(paths)
    targets = {temporary[name]: path for name, path in paths.items()}
    is_written = False
    try:
        with claimed(targets):
            try:
                yield temporary
                is_written = True
                folders = {path.parent for path in paths.values() if not is_temporary(path)}
                with one_at_a_time(folders), _uninterrupted():
                    _rename_all([pair for new, path in targets.items() for pair in _with_data(new, path)])
            finally:
                for path in temporary.values():
                    remove(path)
                    remove(data_path(path))
    except (OutputError, OSError) as error:
        if isinstance(error, OSError) and not is_written and not _is_ours(error, targets):
            raise  # the caller's own work failed, e.g. with a connection
        raise OutputError(_message_with_final_paths(error, targets)) from None


def _with_data(new: Path, path: Path) -> tuple[tuple[Path, Path], tuple[Path, Path]]:
    """The renames for a path, the data file first: a header without its data must not exist at any moment."""
    return (data_path(new), data_path(path)), (new, path)


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
def atomic_replace_folder(target: Path, aside: Path | None = None) -> Iterator[Path]:
    """Yields a new folder next to `target` to write to. At the end it replaces `target`; after an error, it does not.

    Args:
        target: the folder.
        aside: the new path of what was at `target`; None to delete it.

    Raises:
        OSError: the folder cannot be written, or `target` cannot be replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=target.parent, ignore_cleanup_errors=True) as temporary:
        new, older = Path(temporary) / "new", aside or Path(temporary) / "older"
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
                old = old_path(new)
                _add_second_name(target, old)
                older.append((old, target))
            new.replace(target)
            done.append(target)
    except BaseException:
        kept = {target for _, target in older}
        for target in done:
            if target not in kept:
                remove(target)
        for old, target in older:
            with suppress(OSError):
                old.replace(target)
            remove(old)  # replace() does nothing if both names still belong to one file
        raise
    for old, _ in older:
        remove(old)


def _add_second_name(target: Path, old: Path) -> None:
    """Give a file a second name, so that its own name exists at every moment; without hard links, rename it."""
    try:
        os.link(target, old)
    except OSError:  # the file system has no hard links, or the file belongs to somebody else
        target.replace(old)


def _is_ours(error: OSError, targets: Mapping[Path, Path]) -> bool:
    """Whether an error was raised because one of these files (temporary: final) could not be written."""
    named = {os.fspath(name) for name in (error.filename, error.filename2) if isinstance(name, str | Path)}
    if error.errno in _CANNOT_WRITE:
        return True
    if not named:  # many libraries do not name the file that they cannot write
        return not isinstance(error, ConnectionError | TimeoutError | ChildProcessError)
    both = [path for pair in targets.items() for path in pair]
    return not named.isdisjoint(str(file) for path in both for file in (path, data_path(path), path.parent))


def _message_with_final_paths(error: Exception, targets: Mapping[Path, Path]) -> str:
    """The message of an error, with the final paths in place of the temporary ones."""
    text = str(error)
    if isinstance(error, OSError):
        place = error.filename2 or error.filename or next(iter(targets.values()))
        text = f"{place}: cannot be written: {error.strerror or error}"
    for temporary, path in targets.items():
        text = text.replace(str(temporary), str(path)).replace(temporary.name, path.name)
    return text


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Delay the signals that end a program. Only the main thread needs this: Python runs no handlers in others."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    delayed: list[int] = []
    handlers: dict[int, Any] = {}
    try:
        for number in [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]:
            # A handler that was not installed from Python cannot be put back, so its signal is not delayed.
            handler = signal.getsignal(number)
            if handler is not None:
                with suppress(ValueError):  # in a sub-interpreter, signals cannot be handled
                    signal.signal(number, lambda number, _: delayed.append(number))
                    handlers[number] = handler
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if delayed:
            signal.raise_signal(delayed[0])
