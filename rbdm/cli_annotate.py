"""The commands `rbdm annotate` and `rbdm detect`: arguments, and what they print."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rbdm.bars import VideoBars, error_console
from rbdm.batch import run_all
from rbdm.box_streams import find_streams, pair_streams, stream_path
from rbdm.cli_options import (
    BatchSize,
    Device,
    FaceConfidence,
    MergeSegments,
    NumExpressions,
    SmoothingMs,
    Stride,
    WeightsOption,
)
from rbdm.errors import InputError, OptionError
from rbdm.options import Options
from rbdm.videos import Task, find_videos

if TYPE_CHECKING:
    from rbdm.pipeline import Annotator

_DEFAULT = Options()

Videos = Annotated[
    list[Path], typer.Argument(help="Videos, images, patterns such as '*.mp4', folders.", metavar="VIDEO…")
]
Out = Annotated[Path | None, typer.Option(help="Folder for the results; else the video's own.")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="Look for videos in the folders' subfolders, too.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace results that are there; else they stay.")]
Face = Annotated[str, typer.Option(help="Whom to follow: largest, leftmost, rightmost, or a number from the left.")]


def annotate_command(
    videos: Videos,
    faces: Annotated[
        list[Path] | None,
        typer.Option(
            help="Box stream (blazeface) of the video, one for each in turn, or a folder of them; else <video>.stream "
            "or <video>.face_bounding_box.stream beside it; else the face is found."
        ),
    ] = None,
    face: Annotated[
        str | None,
        typer.Option(
            help="Find the face, and follow the one that is largest (at first), leftmost, rightmost, or a number from "
            "the left, 1 being leftmost."
        ),
    ] = None,
    out: Out = None,
    recursive: Recursive = False,
    overwrite: Overwrite = False,
    csv: Annotated[bool, typer.Option("--csv", help="Write a table, too, one row per frame.")] = False,
    elan: Annotated[bool, typer.Option("--elan", help="Write a file for ELAN, too.")] = False,
    stream: Annotated[bool, typer.Option("--stream", help="Write the probabilities as an SSI stream, too.")] = False,
    report: Annotated[bool, typer.Option("--report", help="Write a web page to look at, too.")] = False,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Write a copy of the video with all this in it, too.")
    ] = False,
    weights: WeightsOption = _DEFAULT.weights,
    num_expressions: NumExpressions = _DEFAULT.num_expressions,
    batch_size: BatchSize = _DEFAULT.batch_size,
    face_confidence: FaceConfidence = _DEFAULT.face_confidence,
    merge_segments: MergeSegments = _DEFAULT.merge_segments,
    smoothing_ms: SmoothingMs = _DEFAULT.smoothing_ms,
    device: Device = _DEFAULT.device,
    stride: Stride = _DEFAULT.stride,
) -> int:
    """Write expression, valence and arousal of the face in each video."""
    from rbdm import results
    from rbdm.pipeline import Annotator
    from rbdm.tracking import check_face

    options = Options(
        weights, num_expressions, batch_size, face_confidence, merge_segments, smoothing_ms, device, stride
    )
    if face is not None:
        check_face(face)
        if faces:
            raise OptionError("--face chooses among the faces that are found; with --faces they are given")
    flags = {"csv": csv, "elan": elan, "stream": stream, "report": report, "overlay": overlay}
    wanted = [name for name, is_wanted in flags.items() if is_wanted]
    results.require(wanted)
    tasks = find_videos(videos, out, recursive)
    streams = dict(zip(tasks, pair_streams(tasks, faces or []), strict=True))
    paths = {task: results.result_paths(task, wanted) for task in tasks}
    boxes = {} if face else find_streams(streams)
    console = error_console()
    annotator = Annotator(options, console.print)
    work = _Annotating(annotator, face, bool(face or faces), overwrite, boxes, paths, VideoBars(console), console)
    todo = [task for task in tasks if work.is_needed(task)]
    _tell_done(len(tasks) - len(todo), len(tasks))
    work.bars = VideoBars(console, len(todo))
    return run_all(todo, work, work.bars)


@dataclass
class _Annotating:
    """What `annotate` does with a video.

    Attributes:
        annotator: does it.
        face: whom to follow, if that was said.
        boxes_chosen: whether it was said where the boxes are from.
        overwrite: whether results that are there are replaced.
        boxes: the videos' streams, or what is wrong with them.
        paths: the videos' results.
        bars: shown meanwhile.
        console: for warnings.
    """

    annotator: "Annotator"
    face: str | None
    boxes_chosen: bool
    overwrite: bool
    boxes: dict[Task, Path | InputError | None]
    paths: dict[Task, dict[str, Path]]
    bars: VideoBars
    console: Console

    def is_needed(self, task: Task) -> bool:
        """Whether there is something to do or to complain about."""
        if task.problem or not task.video.is_file():
            return True
        boxes = self.boxes.get(task)
        try:
            return bool(self._missing(task, None if isinstance(boxes, InputError) else boxes))
        except InputError:
            return True

    def __call__(self, task: Task) -> str:
        from rbdm import results

        _require(task.video)
        boxes = self.boxes.get(task)
        if isinstance(boxes, InputError):
            raise boxes
        paths = self._missing(task, boxes)
        if not paths:
            return f"{task.video}: its results are there by now"
        results.check(paths)
        prediction = self.annotator.annotate(
            task.video,
            boxes,
            face=self.face or "largest",
            progress=self.bars.show,
            warn=partial(_warn, self.console),
        )
        results.write(prediction, paths, self.bars.show_writing)
        count, faced = len(prediction.time), int(prediction.has_face.sum())
        where = f"boxes of {boxes.name}" if boxes else "found"
        rate = f"{self.bars.rate:.0f} frames/s"
        return f"{task.video}: {count} frames, {faced} with a face ({where}), {rate} -> {task.folder}"

    def _missing(self, task: Task, boxes: Path | None) -> dict[str, Path]:
        """The results to write; those that are there must be of the same making."""
        from rbdm import results
        from rbdm.pipeline import boxes_origin
        from rbdm.timeline import options_text

        paths = self.paths[task]
        if self.overwrite:
            return paths
        missing = results.missing(paths)
        making = {
            "weights_sha256": self.annotator.weights.sha256,
            "options": options_text(self.annotator.options),
        }
        if missing or self.boxes_chosen:
            making["boxes"] = boxes_origin(boxes, self.face or "largest")
        problem = results.other_video(task, paths) or results.other_making(paths, making)
        if problem:
            raise InputError(f"{task.video}: {problem}; --overwrite replaces it, --out writes elsewhere")
        return missing


def detect_command(
    videos: Videos,
    face: Face = "largest",
    out: Out = None,
    recursive: Recursive = False,
    overwrite: Overwrite = False,
    face_confidence: FaceConfidence = _DEFAULT.face_confidence,
) -> int:
    """Write the face's box in each frame as a stream, as the server's blazeface module does."""
    from rbdm.locate import detect
    from rbdm.outputs import check_writable
    from rbdm.pipeline import load_detector
    from rbdm.ssi import write_stream
    from rbdm.tracking import check_face

    check_face(face)
    options = Options(face_confidence=face_confidence)
    tasks = find_videos(videos, out, recursive)
    paths = {task: stream_path(task.folder, task.stem) for task in tasks}
    todo = [task for task in tasks if overwrite or task.problem or not paths[task].is_file()]
    _tell_done(len(tasks) - len(todo), len(tasks))
    if not todo:
        return 0
    console = error_console()
    bars, detector = VideoBars(console, len(todo)), load_detector(options)

    def work(task: Task) -> str:
        _require(task.video)
        check_writable(paths[task])
        stream = detect(task.video, detector, face, progress=bars.show, warn=partial(_warn, console))
        write_stream(paths[task], stream)
        count, faced = len(stream.data), int((stream.data[:, 4] > 0).sum())
        return f"{task.video}: {count} frames, {faced} with a face, {bars.rate:.0f} frames/s -> {paths[task]}"

    return run_all(todo, work, bars)


def _warn(console: Console, text: str) -> None:
    console.print(f"warning: {text}")


def _tell_done(done: int, total: int) -> None:
    if done:
        what = "its results are there already" if total == 1 else f"{done} of {total} videos are done already"
        error_console().print(f"{what}; --overwrite does it again")


def _require(video: Path) -> None:
    try:
        video.stat()
    except OSError as error:
        raise InputError(f"{video}: cannot be read: {error.strerror}") from None
