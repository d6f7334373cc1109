"""The three annotation files of a video: their names, whether they can be written, writing all or none of them."""

import os
import tempfile
from pathlib import Path

from rbdm.errors import OutputError
from rbdm.options import Options
from rbdm.prediction import Prediction
from rbdm.ssi import write_annotation
from rbdm.timeline import expression_annotation, value_annotation
from rbdm.whole import all_or_none, data_path

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
