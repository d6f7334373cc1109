"""The three annotation files of a video: their names, whether they can be written, writing all or none of them."""

import os
import signal
import tempfile
import threading
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
    except OSError as error:
        raise OutputError(f"{path}: its folder cannot be written: {error.strerror}") from None
    for file in (path, _data(path)):
        if file.is_dir() or (file.exists() and not os.access(file, os.W_OK)):
            raise OutputError(f"{file}: cannot be replaced: it is a folder or read-only")


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
    mark = f".rbdm-{uuid4().hex[:12]}-"
    beside = {name: path.with_name(mark + path.name) for name, path in paths.items()}
    try:
        yield beside
        with _uninterrupted():
            for name, path in paths.items():
                for source, target in ((_data(beside[name]), _data(path)), (beside[name], path)):
                    if source.exists():
                        source.replace(target)
    except OutputError as error:
        raise OutputError(str(error).replace(mark, "")) from None
    except OSError as error:
        place = str(error.filename2 or error.filename).replace(mark, "")
        raise OutputError(f"{place}: cannot be written: {error.strerror}") from None
    finally:
        for path in beside.values():
            for file in (path, _data(path)):
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
