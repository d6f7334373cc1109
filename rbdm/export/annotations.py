"""Writes the three annotation files of a video."""

from pathlib import Path

from rbdm.files.atomic import atomic_write_all
from rbdm.files.naming import annotation_paths
from rbdm.options import Options
from rbdm.ssi import write_annotation
from rbdm.timeline.annotations import expression_annotation, value_annotation
from rbdm.timeline.timeline import Timeline
from rbdm.types import ANNOTATIONS, AnnotationName


def write_annotations(timeline: Timeline, options: Options, folder: Path, stem: str) -> dict[AnnotationName, Path]:
    """Write expression, valence and arousal: all three files, or after an error none.

    Args:
        timeline: of one video.
        options: only `num_expressions`, `merge_segments` and `smoothing_ms` are used here.
        folder: an existing folder.
        stem: the beginning of the file names.

    Returns:
        The path of each header file, by the name of its annotation; see `rbdm.files.naming.annotation_paths`.

    Raises:
        OutputError: a file cannot be written.
    """
    paths = annotation_paths(folder, stem)
    with atomic_write_all(paths) as temporary:
        for name in ANNOTATIONS:
            write_annotation_file(name, timeline, options, temporary[name])
    return paths


def write_annotation_file(name: AnnotationName, timeline: Timeline, options: Options, path: Path) -> None:
    """Write one of the three annotations to the header file `path` and to the data file beside it (`path` with a `~`).

    Raises:
        OutputError: a file cannot be written.
    """
    if name == "expression":
        write_annotation(path, expression_annotation(timeline, options))
    else:
        write_annotation(path, value_annotation(timeline, name, options))
