"""Writing files as a whole or not at all: beside their places first, then renamed."""

import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from rbdm.errors import OutputError

_MARK = ".rbdm-"
_END = 24
"""Characters of a name that the file beside keeps: libraries tell formats by its end; all of it may be too long."""
_OLD = 24 * 3600.0
"""Seconds."""
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: what is there at the end becomes `path`, or nothing does after an error.

    Raises:
        OutputError: the file cannot be written or cannot get its name.
    """
    with all_or_none({"": path}) as beside:
        yield beside[""]


@contextmanager
def all_or_none(paths: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    """Paths beside `paths` to write to: what is there at the end gets its name, or nothing does after an error.

    To each path belongs the one with `~` at its end, where SSI has its data. An interruption while the names change
    waits until they have.

    Args:
        paths: by names of the caller's choice, which the result has, too.

    Raises:
        OutputError: a file cannot be written or cannot get its name; it is named as `paths` do.
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


def data_path(header: Path) -> Path:
    """Where SSI has the data of a header: the file of the same name and `~`."""
    return header.with_name(header.name + "~")


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


def _by_final_names(error: Exception, beside: Mapping[str, Path], paths: Mapping[str, Path]) -> str:
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
