"""The result files of one video: finds their paths, checks the existing files, and writes new ones."""

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError
from rbdm.export.writers import ANNOTATION_WRITERS, EXTRA_WRITERS, Writer
from rbdm.files.atomic import atomic_write_all, check_writable
from rbdm.files.naming import printable
from rbdm.progress import OnProgress
from rbdm.ssi import read_annotation
from rbdm.timeline.timeline import Timeline

ResultPaths = Mapping[Writer, Path]


def result_paths(task: VideoTask, extra: Iterable[Writer]) -> dict[Writer, Path]:
    """The files to write for a video: its three annotations, and the files of the `extra` writers."""
    return {writer: writer.path(task.folder, task.stem, task.video) for writer in (*ANNOTATION_WRITERS, *extra)}


def left_results(task: VideoTask, paths: ResultPaths) -> list[Path]:
    """Results of an earlier run about the video, such as a table, that are not among those to write.

    Args:
        task: the video.
        paths: the results to write.
    """
    possible = (writer.path(task.folder, task.stem, task.video) for writer in EXTRA_WRITERS)
    return [path for path in possible if path not in paths.values() and path.is_file()]


def missing_results(paths: ResultPaths) -> dict[Writer, Path]:
    """The part of `paths` whose files do not exist."""
    return {writer: path for writer, path in paths.items() if not os.path.isfile(path)}


def conflict(task: VideoTask, paths: ResultPaths, expected: Mapping[str, str]) -> str:
    """Why the existing annotations cannot stay beside new results; empty if they can, or if no annotation exists.

    Args:
        task: the video.
        paths: its results.
        expected: the meta of a new annotation, or a part of it; see `rbdm.timeline.provenance`. Existing annotations
            must have the same values.
    """
    try:
        existing = list(_existing_meta(paths))
    except InputError as error:  # e.g. a run was killed between the header and the data
        return f"an existing annotation cannot be used ({error})"
    return _other_video(task, existing) or _other_origin(existing, expected)


def check_results(paths: Mapping[Any, Path]) -> None:
    """Check that all files can be written. This is done before the video is decoded.

    Raises:
        OutputError: one of them cannot be written.
    """
    for path in paths.values():
        check_writable(path)


def write_results(timeline: Timeline, paths: ResultPaths, progress: OnProgress) -> None:
    """Write the result files of a video with the options of the timeline: all of them, or after an error none.

    Args:
        timeline: of the video.
        paths: the files, see `result_paths`.
        progress: called with the progress of an overlay, which can take minutes.

    Raises:
        OutputError: a file cannot be written.
        InputError: the video cannot be read again, for a report or an overlay.
    """
    with atomic_write_all(paths) as temporary:
        for writer, path in temporary.items():
            writer.write([timeline], path, progress)


def _existing_meta(paths: ResultPaths) -> Iterator[tuple[Path, dict[str, str]]]:
    """Yields the existing annotations with their meta. Raises `InputError` if one cannot be read."""
    for writer in ANNOTATION_WRITERS:
        if writer in paths and os.path.isfile(paths[writer]):
            yield paths[writer], read_annotation(paths[writer]).meta


def _other_video(task: VideoTask, existing: Iterable[tuple[Path, Mapping[str, str]]]) -> str:
    for path, meta in existing:
        if "video_bytes" not in meta:
            continue
        made_of = meta.get("video"), meta["video_bytes"]
        if made_of != (printable(task.video.name), str(task.video.stat().st_size)):
            return f"{path} already exists and was made from another video ({made_of[0]}, {made_of[1]} bytes)"
    return ""


def _other_origin(existing: Iterable[tuple[Path, Mapping[str, str]]], expected: Mapping[str, str]) -> str:
    for path, meta in existing:
        for name, value in expected.items():
            if meta.get(name, value) == value:
                continue
            if name == "weights_sha256" and "weights" in meta:
                return f"{path} already exists and was made with other weights ({meta['weights']})"
            return f"{path} already exists and was made with {name} {meta[name]!r}, not {value!r}"
    return ""
