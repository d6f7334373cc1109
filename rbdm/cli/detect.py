"""The command `rbdm detect`: its arguments, and what it prints."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from rbdm.batch.runner import ProgressDisplay, run_all
from rbdm.batch.videos import VideoTask, find_videos, require_usable
from rbdm.cli.database import PASSWORD, Dataset, DbUser, open_dataset
from rbdm.cli.options import EveryFrame, Face, FaceConfidence, Out, Overwrite, Recursive, UsageError, Videos
from rbdm.cli.progress_bars import ProgressBars, error_console, print_already_done, print_warning
from rbdm.files.naming import box_stream_path
from rbdm.options import Options

_DEFAULT = Options()


def detect_command(
    videos: Videos,
    face: Face = "largest",
    out: Out = None,
    recursive: Recursive = False,
    overwrite: Overwrite = False,
    face_confidence: FaceConfidence = _DEFAULT.face_confidence,
    every_frame: EveryFrame = _DEFAULT.every_frame,
    db: Annotated[
        str | None,
        typer.Option(
            help="NOVA database to which the stream is added, so that NOVA and the server find it; needs --db-user and "
            f"--dataset. Its password is read from {PASSWORD} or asked for.",
            metavar="HOST:PORT",
        ),
    ] = None,
    db_user: DbUser = None,
    dataset: Dataset = None,
) -> int:
    """Write the face's box in each frame as a stream, as the server's blazeface module does."""
    given = (db, db_user, dataset)
    if not all(given) and any(given):
        raise UsageError("--db, --db-user and --dataset belong together.")
    tasks = find_videos(videos, out, recursive)
    paths = {task: box_stream_path(task.folder, task.stem) for task in tasks}
    options = Options(face_confidence=face_confidence, every_frame=every_frame)
    if not (db and db_user and dataset):
        return _detect_all(tasks, paths, face, overwrite, options)
    with open_dataset(db, db_user, dataset) as database:
        code = _detect_all(tasks, paths, face, overwrite, options)
        _register(database, [path for path in paths.values() if path.is_file()])
        return code


def _detect_all(
    tasks: list[VideoTask], paths: dict[VideoTask, Path], face: str, overwrite: bool, options: Options
) -> int:
    from rbdm.annotator import load_detector
    from rbdm.faces.locator import detect
    from rbdm.faces.tracker import check_face
    from rbdm.files.atomic import check_writable
    from rbdm.files.leftovers import remove_leftovers
    from rbdm.ssi import write_stream

    check_face(face)
    for folder in {task.folder for task in tasks}:
        remove_leftovers(folder)
    todo = [task for task in tasks if overwrite or task.problem or not paths[task].is_file()]
    print_already_done(len(tasks) - len(todo), len(tasks))
    if not todo:
        return 0
    console = error_console()
    detector, warn = load_detector(options), partial(print_warning, console)

    def work(task: VideoTask, display: ProgressDisplay) -> str:
        require_usable(task)
        check_writable(paths[task])
        every_frame = options.every_frame
        stream = detect(task.video, detector, face, every_frame=every_frame, progress=display.show, warn=warn)
        write_stream(paths[task], stream)
        count, faced = len(stream.data), int((stream.data[:, 4] > 0).sum())
        return f"{task.video}: {count} frames, {faced} with a face, {display.rate:.0f} frames/s -> {paths[task]}"

    return run_all(todo, work, ProgressBars(console, len(todo)))


def _register(database: Any, streams: list[Path]) -> None:
    """Add the box stream to the dataset, once for all sessions: its document has no file names."""
    from rbdm.nova.streams import BOXES, register_stream
    from rbdm.ssi import read_stream

    if not streams:
        return
    new = register_stream(database, BOXES, read_stream(streams[0]).sample_rate)
    print(f"stream {BOXES} {'added to' if new else 'is already in'} the dataset {database.name}", flush=True)
