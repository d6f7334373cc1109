"""The command `rbdm annotate`: its arguments, and what it prints."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rbdm.batch.run_log import add_entries
from rbdm.batch.runner import ProgressDisplay, Report, run_all
from rbdm.batch.videos import VideoTask, find_videos
from rbdm.cli.options import (
    BatchSize,
    Cluster,
    Device,
    EveryFrame,
    Explain,
    FaceConfidence,
    MergeSegments,
    Names,
    NumExpressions,
    Out,
    Overlay,
    Overwrite,
    PartOption,
    Recursive,
    RunLog,
    Sbatch,
    SmoothingMs,
    Stride,
    Summary,
    Videos,
    WeightsOption,
    Workers,
)
from rbdm.cli.progress_bars import ProgressBars, RunBar, error_console, print_already_done, print_warning
from rbdm.errors import OptionError, OutputError
from rbdm.files.naming import printable
from rbdm.options import Options

if TYPE_CHECKING:  # loading these takes time, or needs the packages of the extra `cluster`
    from rbdm.batch.annotate import VideoAnnotation
    from rbdm.batch.cluster.clusters import ClusterChoice
    from rbdm.network.weights import Weights

_DEFAULT = Options()


@dataclass(frozen=True)
class _Study:
    """How the videos of a command are divided, who annotates them, and where it is written down."""

    part: str | None
    cluster: str | None
    workers: int | None
    sbatch: str
    run_log: Path | None


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
            "the left; 1 is the leftmost. Or follow all: each person gets files of their own."
        ),
    ] = None,
    name: Names = None,
    out: Out = None,
    recursive: Recursive = False,
    overwrite: Overwrite = False,
    csv: Annotated[bool, typer.Option("--csv", help="Also write a table with one row per frame.")] = False,
    elan: Annotated[bool, typer.Option("--elan", help="Also write a file for ELAN.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="Also write the probabilities as an SSI stream.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Also write a report as a web page.")] = False,
    explain: Explain = False,
    overlay: Overlay = False,
    weights: WeightsOption = _DEFAULT.weights,
    num_expressions: NumExpressions = _DEFAULT.num_expressions,
    batch_size: BatchSize = _DEFAULT.batch_size,
    face_confidence: FaceConfidence = _DEFAULT.face_confidence,
    merge_segments: MergeSegments = _DEFAULT.merge_segments,
    smoothing_ms: SmoothingMs = _DEFAULT.smoothing_ms,
    device: Device = _DEFAULT.device,
    stride: Stride = _DEFAULT.stride,
    every_frame: EveryFrame = _DEFAULT.every_frame,
    part: PartOption = None,
    cluster: Cluster = None,
    workers: Workers = None,
    sbatch: Sbatch = "",
    run_log: RunLog = None,
    summary: Summary = None,
) -> int:
    """Write expression, valence and arousal of the face in each video, or of all faces."""
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
    flags = {"csv": csv, "elan": elan, "stream": stream, "report": report and not explain, "overlay": overlay}
    wanted = [name for name, is_wanted in flags.items() if is_wanted] + ["explained_report"] * explain
    study = _Study(part, cluster, workers, sbatch, run_log)
    return _annotate_all(options, videos, faces or [], face, name or [], out, recursive, overwrite, wanted, study)


def _annotate_all(
    options: Options,
    videos: list[Path],
    faces: list[Path],
    face: str | None,
    name: list[str],
    out: Path | None,
    recursive: bool,
    overwrite: bool,
    wanted: list[str],
    study: _Study,
) -> int:
    from rbdm.batch.part import parse_part, take_part
    from rbdm.batch.request import Request
    from rbdm.faces.people.names import parse_names
    from rbdm.files.leftovers import remove_leftovers

    part = None if study.part is None else parse_part(study.part)
    choice = _cluster_choice(study)
    request = Request(options, face, parse_names(name), faces, overwrite, wanted)
    request.require()
    everything = find_videos(videos, out, recursive)
    tasks = everything if part is None else take_part(everything, part)
    for folder in {task.folder for task in tasks}:
        remove_leftovers(folder)
    console = error_console()
    weights = _weights(options, wanted, console)
    work = request.work(everything, weights, partial(print_warning, console))
    todo = [task for task in tasks if work.is_needed(task)]
    print_already_done(len(tasks) - len(todo), len(tasks))
    needed = set(todo)
    add_entries(study.run_log, [work.skipped(task) for task in tasks if task not in needed])
    if choice is not None:
        return _annotate_on_cluster(work, todo, wanted, choice, study.run_log, console)
    return _annotate_here(work, todo, study.run_log, console)


def _weights(options: Options, wanted: list[str], console: Console) -> "Weights":
    """The weights. If they cannot do what is wanted, this is an error before any video is decoded."""
    from rbdm.explain.explainer import load_explainer
    from rbdm.export.writers import EXPLAINED_REPORT
    from rbdm.network.weights import find_weights

    weights = find_weights(options.weights, console.print)
    if EXPLAINED_REPORT.name in wanted:
        load_explainer(weights)
    return weights


def _annotate_here(work: "VideoAnnotation", todo: list[VideoTask], run_log: Path | None, console: Console) -> int:
    from rbdm.annotator import Annotator

    if not todo:
        return 0
    annotator = Annotator(work.options, found=work.weights)

    def annotate(task: VideoTask, display: ProgressDisplay) -> str:
        entry, line, error = work.account(task, annotator, display)
        add_entries(run_log, [entry])
        if error is not None:
            raise error
        return line

    return run_all(todo, annotate, ProgressBars(console, len(todo)))


def _cluster_choice(study: _Study) -> "ClusterChoice | None":
    if study.cluster is None:
        if study.workers is not None or study.sbatch:
            raise OptionError("--workers and --sbatch are only for --cluster")
        return None
    from rbdm.batch.cluster.clusters import ClusterChoice, require_cluster

    choice = ClusterChoice(study.cluster, study.workers, study.sbatch)
    require_cluster(choice)
    return choice


def _annotate_on_cluster(
    work: "VideoAnnotation",
    todo: list[VideoTask],
    wanted: list[str],
    choice: "ClusterChoice",
    run_log: Path | None,
    console: Console,
) -> int:
    from rbdm.batch.cluster.driver import annotate_on_workers
    from rbdm.batch.cluster.worker import JobResult

    report = Report(len(todo))

    def on_result(result: JobResult) -> None:
        for warning in result.entry.warnings:
            print_warning(console, warning)
        if result.trace:
            console.print(result.trace)
        if result.line:
            report.done(result.line)
        else:
            report.failed(result.entry.error)
        try:
            add_entries(run_log, [result.entry])
        except OutputError as error:
            report.failed(error)

    def say(text: str) -> None:
        console.print(printable(text))

    try:
        with RunBar(console, len(todo)) as bar:
            annotate_on_workers(work, todo, wanted, choice, on_result, bar, say)
    except KeyboardInterrupt:
        report.stopped("your request")
        raise
    return report.end()
