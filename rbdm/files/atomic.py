"""Writes files completely or not at all: first to temporary files beside them, then by renaming."""

import os
import shutil
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

_MARK = ".rbdm-"
"""The dot keeps servers and file managers from listing temporary files."""
_END = 24
"""Characters of a name that the file beside keeps: libraries tell formats by its end; all of it may be too long."""
_OLD = 24 * 3600.0
"""Seconds."""
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to. At the end its file replaces `path`; after an error, nothing does.

    Raises:
        OutputError: the file cannot be written or cannot get its name.
    """
    with atomic_write_all({"": path}) as beside:
        yield beside[""]


@contextmanager
def atomic_write_all(paths: Mapping[Key, Path]) -> Iterator[dict[Key, Path]]:
    """Temporary paths beside `paths` to write to. At the end all files replace those of `paths`; after an error, none.

    With each path goes its data file, the path with `~` at its end, where SSI keeps its data. A signal that ends the
    program waits until all files are replaced.

    Args:
        paths: the final paths, by keys of the caller's choice.

    Returns:
        The temporary paths, by the same keys.

    Raises:
        OutputError: a file cannot be written or replaced. The message names the final path.
    """
    token = uuid4().hex[:8]
    beside = {
        name: path.with_name(f"{_MARK}{token}-{number}-{path.name[-_END:]}")
        for number, (name, path) in enumerate(paths.items())
    }
    for folder in {path.parent for path in paths.values() if not path.name.startswith(_MARK)}:
        _remove_old_leftovers(folder)
    try:
        yield beside
        pairs = [(beside[name], path) for name, path in paths.items()]
        with _uninterrupted():
            _rename_all([pair for new, path in pairs for pair in ((data_path(new), data_path(path)), (new, path))])
    except (OutputError, OSError) as error:
        raise OutputError(_by_final_names(error, beside, paths)) from None
    finally:
        for path in beside.values():
            for file in (path, data_path(path)):
                _remove(file)


def check_writable(path: Path) -> None:
    """Make the folder of a file, and see that it and its `~` can be written, before any video is decoded.

    Raises:
        OutputError: when they cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
        _try_name(data_path(path))
    except OSError as error:
        raise OutputError(f"{path}: its folder cannot be written: {error.strerror}") from None
    for file in (path, data_path(path)):
        if file.is_dir() or (file.exists() and not os.access(file, os.W_OK)):
            raise OutputError(f"{file}: cannot be replaced: it is a folder or read-only")


def _try_name(path: Path) -> None:
    """See that the folder takes a name, which may be too long for it."""
    if not os.path.lexists(path):
        path.touch()
        path.unlink()


@contextmanager
def atomic_replace_folder(target: Path) -> Iterator[Path]:
    """A new folder beside `target` to fill, which then replaces `target`; after an error `target` stays as it was.

    Raises:
        OSError: the folder cannot be written, or `target` cannot be replaced.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=_MARK, dir=target.parent, ignore_cleanup_errors=True) as temporary:
        new, older = Path(temporary) / "new", Path(temporary) / "older"
        new.mkdir()
        yield new
        if target.exists():
            target.rename(older)
        try:
            new.rename(target)
        except OSError:
            if older.exists():
                older.rename(target)
            raise


def _rename_all(pairs: list[tuple[Path, Path]]) -> None:
    """Rename all that are there, or none."""
    older: list[tuple[Path, Path]] = []
    done: list[Path] = []
    try:
        for new, target in pairs:
            if not new.exists():
                continue
            if target.is_file():
                old = new.with_name(f"{new.name}.old")
                _keep(target, old)
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
            _remove(old)  # where the target was not replaced, both names are one file's, and stay
        raise
    for old, _ in older:
        _remove(old)


def _keep(target: Path, old: Path) -> None:
    """Give a file a second name, so that it is never without its own."""
    try:
        os.link(target, old)
    except OSError:  # a file system without links
        shutil.copy2(target, old)


def _by_final_names(error: Exception, beside: Mapping[Key, Path], paths: Mapping[Key, Path]) -> str:
    text = str(error)
    if isinstance(error, OSError):
        place = error.filename2 or error.filename or next(iter(paths.values()))
        text = f"{place}: cannot be written: {error.strerror or error}"
    for name, path in beside.items():
        text = text.replace(str(path), str(paths[name])).replace(path.name, paths[name].name)
    return text


def _remove_old_leftovers(folder: Path) -> None:
    """Remove what a run has left that was ended by force; younger ones may be of a run at this moment."""
    with suppress(OSError):
        for file in folder.glob(f"{_MARK}*"):
            if time.time() - file.stat().st_mtime > _OLD:
                _remove(file)


def _remove(file: Path) -> None:
    # Where the folder itself is out of reach, the error that says so is already on its way.
    with suppress(OSError):
        file.unlink(missing_ok=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let what ends a program wait; a thread other than the first is never interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    numbers = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    before = {number: signal.signal(number, lambda number, _: waiting.append(number)) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if waiting:
        signal.raise_signal(waiting[0])
