"""The command `rbdm annotate`: its arguments, and what it prints."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from rbdm.batch.box_streams import find_streams, pair_streams
from rbdm.batch.runner import run_all
from rbdm.batch.videos import find_videos
from rbdm.cli.options import (
    BatchSize,
    Device,
    EveryFrame,
    FaceConfidence,
    MergeSegments,
    NumExpressions,
    Out,
    Overwrite,
    Recursive,
    SmoothingMs,
    Stride,
    Videos,
    WeightsOption,
)
from rbdm.cli.progress_bars import ProgressBars, error_console, print_already_done, print_warning
from rbdm.errors import OptionError
from rbdm.options import Options

_DEFAULT = Options()


def annotate_command(
    videos: Videos,
    faces: Annotated[
        list[Path] | None,
        typer.Option(
            help="Box stream (blazeface) of the video, one for each video in the same order, or a folder of them; "
            "else <video>.stream "
            "or <video>.face_bounding_box.stream beside it; else the face is found."
        ),
    ] = None,
    face: Annotated[
        str | None,
        typer.Option(
            help="Detect the faces and follow one: largest (at first), leftmost, rightmost, or a number from "
            "the left; 1 is the leftmost."
        ),
    ] = None,
    out: Out = None,
    recursive: Recursive = False,
    overwrite: Overwrite = False,
    csv: Annotated[bool, typer.Option("--csv", help="Also write a table with one row per frame.")] = False,
    elan: Annotated[bool, typer.Option("--elan", help="Also write a file for ELAN.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="Also write the probabilities as an SSI stream.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Also write a report as a web page.")] = False,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write a copy of the video with the results drawn into it.")
    ] = False,
    weights: WeightsOption = _DEFAULT.weights,
    num_expressions: NumExpressions = _DEFAULT.num_expressions,
    batch_size: BatchSize = _DEFAULT.batch_size,
    face_confidence: FaceConfidence = _DEFAULT.face_confidence,
    merge_segments: MergeSegments = _DEFAULT.merge_segments,
    smoothing_ms: SmoothingMs = _DEFAULT.smoothing_ms,
    device: Device = _DEFAULT.device,
    stride: Stride = _DEFAULT.stride,
    every_frame: EveryFrame = _DEFAULT.every_frame,
) -> int:
    """Write expression, valence and arousal of the face in each video."""
    options = Options(
        weights=weights,
        num_expressions=num_expressions,
        batch_size=batch_size,
        face_confidence=face_confidence,
        merge_segments=merge_segments,
        smoothing_ms=smoothing_ms,
        device=device,
        stride=stride,
        every_frame=every_frame,
    )
    flags = {"csv": csv, "elan": elan, "stream": stream, "report": report, "overlay": overlay}
    wanted = [name for name, is_wanted in flags.items() if is_wanted]
    return _annotate_all(options, videos, faces or [], face, out, recursive, overwrite, wanted)


def _annotate_all(
    options: Options,
    videos: list[Path],
    faces: list[Path],
    face: str | None,
    out: Path | None,
    recursive: bool,
    overwrite: bool,
    wanted: list[str],
) -> int:
    from rbdm.annotator import Annotator
    from rbdm.batch.annotate import VideoAnnotation
    from rbdm.batch.results import result_paths
    from rbdm.export.writers import EXTRA_WRITERS
    from rbdm.faces.tracker import check_face
    from rbdm.files.leftovers import remove_leftovers

    if face is not None:
        check_face(face)
        if faces:
            raise OptionError("--face chooses among detected faces; it cannot be used with --faces")
    by_name = {writer.name: writer for writer in EXTRA_WRITERS}
    writers = [by_name[name] for name in wanted]
    for writer in writers:
        writer.require()
    tasks = find_videos(videos, out, recursive)
    for folder in {task.folder for task in tasks}:
        remove_leftovers(folder)
    streams = dict(zip(tasks, pair_streams(tasks, faces), strict=True))
    boxes = {} if face else find_streams(streams)
    console = error_console()
    work = VideoAnnotation(
        annotator=Annotator(options, console.print),
        face=face,
        boxes_are_chosen=bool(face or faces),
        overwrite=overwrite,
        boxes=boxes,
        paths={task: result_paths(task, writers) for task in tasks},
        warn=partial(print_warning, console),
    )
    todo = [task for task in tasks if work.is_needed(task)]
    print_already_done(len(tasks) - len(todo), len(tasks))
    return run_all(todo, work.annotate, ProgressBars(console, len(todo)))
