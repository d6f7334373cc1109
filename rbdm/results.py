"""Everything the command line makes of a video: annotations, tables, pictures; their names, and writing them."""

import importlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from rbdm.errors import InputError
from rbdm.outputs import NAMES, annotation_paths, check_writable, write_one
from rbdm.prediction import Prediction
from rbdm.progress import Report
from rbdm.ssi import read_annotation
from rbdm.timeline import printable
from rbdm.videos import Task
from rbdm.whole import all_or_none

EXTRAS = ("csv", "elan", "stream", "report", "overlay")
"""What is made besides the annotations, if asked for."""

_ENDINGS = {
    "csv": ".expression.csv",
    "elan": ".expression.eaf",
    "stream": ".expression_probabilities.stream",
    "report": ".report.html",
}


def result_paths(task: Task, wanted: Iterable[str]) -> dict[str, Path]:
    """The files of a video by what they are: the three annotations, and which of `EXTRAS` are wanted."""
    paths = annotation_paths(task.folder, task.stem)
    for name in wanted:
        if name == "overlay":
            paths[name] = _load("overlay").overlay_path(task.folder, task.stem, task.video)
        else:
            paths[name] = task.folder / f"{task.stem}{_ENDINGS[name]}"
    return paths


def other_video(task: Task, paths: dict[str, Path]) -> str:
    """Why the annotations that are there are not this video's, or nothing."""
    for path, meta in _made(paths):
        if "video_bytes" not in meta:
            continue
        made_of = meta.get("video"), meta["video_bytes"]
        if made_of != (printable(task.video.name), str(task.video.stat().st_size)):
            return f"{path} is there already, of another video ({made_of[0]}, {made_of[1]} bytes)"
    return ""


def other_making(paths: dict[str, Path], made: dict[str, str]) -> str:
    """Why further results would not fit the annotations that are there, or nothing.

    Args:
        paths: of `result_paths`.
        made: what would be written into an annotation's meta, or a part of it.
    """
    for path, meta in _made(paths):
        for name, value in made.items():
            if meta.get(name, value) != value:
                return f"{path} is there already, made with {name} {meta[name]!r} and not {value!r}"
    return ""


def _made(paths: dict[str, Path]) -> Iterator[tuple[Path, dict[str, str]]]:
    """The annotations that are there and can be read, with their meta."""
    for name in NAMES:
        if name in paths and os.path.isfile(paths[name]):
            with suppress(InputError):
                yield paths[name], read_annotation(paths[name]).meta


def missing(paths: dict[str, Path]) -> dict[str, Path]:
    """Those of `paths` where there is no file yet."""
    return {name: path for name, path in paths.items() if not os.path.isfile(path)}


def require(wanted: Iterable[str]) -> None:
    """See that the packages are there which some results need.

    Raises:
        RbdmError: one of them is not.
    """
    for name in wanted:
        if name == "report":
            _load("report").require_report()
        elif name == "elan":
            _load("export_elan").require_elan()


def check(paths: dict[str, Path]) -> None:
    """See that all files can be written, before any video is decoded.

    Raises:
        OutputError: one of them cannot.
    """
    for path in paths.values():
        check_writable(path)


def write(prediction: Prediction, paths: dict[str, Path], progress: Report) -> None:
    """Write the results that `paths` name, all or none, as the prediction's options say.

    Args:
        prediction: of one video.
        paths: of `result_paths`.
        progress: of the overlay, which takes a while.

    Raises:
        OutputError: one of them cannot be written.
        InputError: the video cannot be read again, for a report or an overlay.
    """
    with all_or_none(paths) as beside:
        for name, path in beside.items():
            _writer(name, progress)(prediction, path)


def _writer(name: str, progress: Report) -> Any:
    """What takes a prediction and a path, and writes."""
    if name in NAMES:
        return lambda prediction, path: write_one(name, prediction, prediction.options, path)
    if name == "csv":
        return _load("export").write_csv
    if name == "elan":
        return _load("export_elan").write_elan
    if name == "stream":
        return _write_stream
    if name == "report":
        return _load("report").write_report
    return partial(_load("overlay").write_overlay, progress=progress)


def _write_stream(prediction: Prediction, path: Path) -> None:
    _load("ssi").write_stream(path, _load("export").probability_stream(prediction))


def _load(module: str) -> Any:
    """A module that takes a while to import, or needs a package that few have."""
    return importlib.import_module(f"rbdm.{module}")
