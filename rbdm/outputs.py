"""The three annotation files of a video: their names, whether they can be written, writing them."""

import os
import tempfile
from pathlib import Path

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
    """Make the folder of an annotation, and see that its two files can be written, before any video is decoded.

    Raises:
        OutputError: when they cannot.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OutputError(f"{path}: its folder cannot be written: {error.strerror}") from None
    for file in (path, path.with_name(path.name + "~")):
        if file.is_dir() or (file.exists() and not os.access(file, os.W_OK)):
            raise OutputError(f"{file}: cannot be replaced: it is a folder or read-only")


def write_annotations(prediction: Prediction, options: Options, folder: Path, stem: str) -> dict[str, Path]:
    """Write expression, valence and arousal, each as a whole or not at all; returns `annotation_paths`.

    Args:
        prediction: of one video.
        options: `num_expressions`, `merge_segments` and `smoothing_ms` count here.
        folder: exists.
        stem: what the names begin with.

    Raises:
        OutputError: when one cannot be written.
    """
    paths = annotation_paths(folder, stem)
    write_annotation(paths["expression"], expression_annotation(prediction, options))
    write_annotation(paths["valence"], value_annotation(prediction, "valence", options))
    write_annotation(paths["arousal"], value_annotation(prediction, "arousal", options))
    return paths
