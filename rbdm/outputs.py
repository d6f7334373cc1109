"""The three annotation files of a video: their names, whether they can be written, writing all or none of them."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from rbdm.errors import OutputError
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import write_annotation
from rbdm.timeline import expression_annotation, value_annotation

NAMES = ("expression", "valence", "arousal")

_MARK = ".rbdm-"
_OLD = 24 * 3600.0
"""Seconds."""


def annotation_paths(folder: Path, stem: str) -> dict[str, Path]:
    """The header files, `folder/<stem>.expression.annotation` and so on, by the annotation's name."""
    return {name: folder / f"{stem}.{name}.annotation" for name in NAMES}


def check_writable(path: Path) -> None:
    """Make the folder of a file, and see that it and its `~` can be written, before any video is decoded.

    Raises:
        OutputError: when they cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
        _try_name(_data(path))
    except OSError as error:
        raise OutputError(f"{path}: its folder cannot be written: {error.strerror}") from None
    for file in (path, _data(path)):
        if file.is_dir() or (file.exists() and not os.access(file, os.W_OK)):
            raise OutputError(f"{file}: cannot be replaced: it is a folder or read-only")


def _try_name(path: Path) -> None:
    """See that the folder takes a name, which may be too long for it."""
    if not os.path.lexists(path):
        path.touch()
        path.unlink()


def write_annotations(prediction: Prediction, options: Options, folder: Path, stem: str) -> dict[str, Path]:
    """Write expression, valence and arousal, all or none; returns `annotation_paths`.

    Args:
        prediction: of one video.
        options: `num_expressions`, `merge_segments` and `smoothing_ms` count here.
        folder: exists.
        stem: what the names begin with.

    Raises:
        OutputError: when one cannot be written.
    """
    paths = annotation_paths(folder, stem)
    with all_or_none(paths) as beside:
        for name in NAMES:
            write_one(name, prediction, options, beside[name])
    return paths


def write_one(name: str, prediction: Prediction, options: Options, path: Path) -> None:
    """Write the annotation `expression`, `valence` or `arousal`; arguments as of `write_annotations`."""
    if name == "expression":
        write_annotation(path, expression_annotation(prediction, options))
    elif name == "valence":
        write_annotation(path, value_annotation(prediction, "valence", options))
    else:
        write_annotation(path, value_annotation(prediction, "arousal", options))


@contextmanager
def all_or_none(paths: Mapping[str, Path]) -> Iterator[dict[str, Path]]:
    """Paths beside `paths` to write to: what is there at the end gets its name, or nothing does after an error.

    An interruption while the names change waits until they have.

    Raises:
        OutputError: a file cannot get its name.
    """
    token = uuid4().hex[:8]
    beside = {
        name: path.with_name(f"{_MARK}{token}-{number}{path.suffix}")
        for number, (name, path) in enumerate(paths.items())
    }
    for folder in {path.parent for path in paths.values()}:
        _remove_old_leftovers(folder)
    try:
        yield beside
        with _uninterrupted():
            pairs = [(beside[name], path) for name, path in paths.items()]
            _rename_all([pair for new, path in pairs for pair in ((_data(new), _data(path)), (new, path))])
    except (OutputError, OSError) as error:
        raise OutputError(_by_final_names(error, beside, paths)) from None
    finally:
        for path in beside.values():
            for file in (path, _data(path)):
                _remove(file)


def _rename_all(pairs: list[tuple[Path, Path]]) -> None:
    """Rename all that are there, or none."""
    older: list[tuple[Path, Path]] = []
    done: list[Path] = []
    try:
        for new, target in pairs:
            if not new.exists():
                continue
            if target.exists():
                old = new.with_name(f"{new.name}.old")
                target.replace(old)
                older.append((old, target))
            new.replace(target)
            done.append(target)
    except OSError:
        for target in done:
            _remove(target)
        for old, target in older:
            with suppress(OSError):
                old.replace(target)
        raise
    for old, _ in older:
        _remove(old)


def _by_final_names(error: Exception, beside: Mapping[str, Path], paths: Mapping[str, Path]) -> str:
    text = str(error)
    if isinstance(error, OSError):
        text = f"{error.filename2 or error.filename}: cannot be written: {error.strerror or error}"
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
    with suppress(OSError):
        file.unlink(missing_ok=True)


def _data(header: Path) -> Path:
    return header.with_name(header.name + "~")


@contextmanager
def _uninterrupted() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting = []
    before = signal.signal(signal.SIGINT, lambda *_: waiting.append(True))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt
