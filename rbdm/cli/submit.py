"""The command `rbdm submit`: its arguments, and what it prints."""

import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import PurePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rbdm.batch.runner import one_line
from rbdm.cli.database import PASSWORD, Dataset, DbUser, database_password
from rbdm.cli.options import (
    BatchSize,
    Ca,
    Device,
    EveryFrame,
    FaceConfidence,
    Insecure,
    MergeSegments,
    NumExpressions,
    OverwriteFinished,
    SmoothingMs,
    Stride,
    UsageError,
    WeightsOption,
)
from rbdm.client.job_forms import TRAINER
from rbdm.errors import OptionError
from rbdm.files.naming import printable
from rbdm.options import Options
from rbdm.progress import chosen_weights
from rbdm.types import ANNOTATIONS

if TYPE_CHECKING:
    from rbdm.client.client import Client, JobState
    from rbdm.client.job_forms import DatabaseJob, FileJob


_DEFAULT = Options()
_FILES_ONLY = ("out", "server_paths")
_DATABASE_NEEDS = ("db_user", "dataset", "sessions", "role", "annotator")
_DATABASE_ONLY = (*_DATABASE_NEEDS, "video", "expression", "valence", "arousal", "overwrite_finished")

_Faces = Annotated[
    list[str] | None,
    typer.Option(
        help="Box stream (blazeface) of the video, one for each video in the same order, or a folder of them; "
        "else <video>.stream or <video>.face_bounding_box.stream beside it, else the server finds the face. "
        "With --db the stream's name, else face_bounding_box."
    ),
]


def submit_command(
    context: typer.Context,
    server: Annotated[str, typer.Option(help="Address of the server, such as https://lab:8080.", metavar="URL")],
    videos: Annotated[
        list[str] | None, typer.Argument(help="Videos; one job each, one after the other.", metavar="VIDEO…")
    ] = None,
    faces: _Faces = None,
    out: Annotated[str | None, typer.Option(help="Folder for the annotations; else the folder of the video.")] = None,
    server_paths: Annotated[
        bool, typer.Option("--server-paths", help="Send paths unchanged; else they are taken from the current folder.")
    ] = False,
    db: Annotated[
        str | None,
        typer.Option(
            help=f"NOVA database to use instead of files; its password is read from {PASSWORD} or asked for.",
            metavar="HOST:PORT",
        ),
    ] = None,
    db_user: DbUser = None,
    dataset: Dataset = None,
    sessions: Annotated[str | None, typer.Option(help="Sessions, with commas between them; one job for all.")] = None,
    role: Annotated[str | None, typer.Option(help="Role of the streams and annotations.")] = None,
    annotator: Annotated[str | None, typer.Option(help="Annotator of the annotations.")] = None,
    video: Annotated[str, typer.Option(help="Name of the video stream in the database.")] = "video",
    expression: Annotated[str, typer.Option(help="Scheme of the expressions; '' to leave them out.")] = "expression",
    valence: Annotated[str, typer.Option(help="Scheme of valence; '' to leave it out.")] = "valence",
    arousal: Annotated[str, typer.Option(help="Scheme of arousal; '' to leave it out.")] = "arousal",
    trainer: Annotated[str, typer.Option(help="The module's trainer, below the server's CML_DIR.")] = TRAINER,
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Print the job's id and end.")] = False,
    ca: Ca = None,
    insecure: Insecure = False,
    weights: WeightsOption = _DEFAULT.weights,
    num_expressions: NumExpressions = _DEFAULT.num_expressions,
    batch_size: BatchSize = _DEFAULT.batch_size,
    face_confidence: FaceConfidence = _DEFAULT.face_confidence,
    merge_segments: MergeSegments = _DEFAULT.merge_segments,
    smoothing_ms: SmoothingMs = _DEFAULT.smoothing_ms,
    device: Device = _DEFAULT.device,
    stride: Stride = _DEFAULT.stride,
    every_frame: EveryFrame = _DEFAULT.every_frame,
    overwrite_finished: OverwriteFinished = _DEFAULT.overwrite_finished,
) -> int:
    """Let a DISCOVER server annotate videos or sessions of a NOVA database, and wait until it has finished.

    Options that are not given are left to the server.
    """
    from rbdm.client.client import Client
    from rbdm.client.job_forms import file_jobs

    _check_usage(context)
    client, options = Client(server, insecure, ca), _given_options(context)
    jobs: list[FileJob] | list[DatabaseJob]
    jobs = file_jobs(videos or [], faces or [], out, server_paths) if db is None else [_database_job(context.params)]
    client.require(trainer)
    return _submit_all(client, jobs, trainer, options, no_wait)


def _submit_all(
    client: "Client",
    jobs: "Sequence[FileJob | DatabaseJob]",
    trainer: str,
    options: dict[str, str],
    no_wait: bool,
) -> int:
    from rbdm.client.client import Status

    if no_wait:
        for job in jobs:
            print(client.submit(job.form(trainer, options)), flush=True)
        return 0
    failed = 0
    for job in jobs:
        end = _run(client, job, trainer, options)
        failed += end.status is not Status.FINISHED
        # What `auto` meant in the first job must also hold for the others, even if a download fails or succeeds then.
        if chosen := chosen_weights(end.log):
            options = options | {"weights": chosen}
    if failed and len(jobs) > 1:
        print(f"{failed} of {len(jobs)} videos failed", file=sys.stderr)
    return 1 if failed else 0


def _run(client: "Client", job: "FileJob | DatabaseJob", trainer: str, options: dict[str, str]) -> "JobState":
    from rbdm.cli.progress_bars import error_console
    from rbdm.client.client import Status
    from rbdm.client.job_monitor import outcome, run_job

    end = run_job(client, job.form(trainer, options), error_console())
    if end.status is Status.FINISHED:
        print(printable(f"{job}: finished -> {job.target}"), flush=True)
    else:
        print(one_line(f"{job}: {outcome(end)}"), file=sys.stderr)
    return end


def _given_options(context: typer.Context) -> dict[str, str]:
    """The annotation options from the command line, checked, and as strings like those that NOVA sends."""
    from rbdm.client.job_forms import server_path

    given = {option.name: context.params[option.name] for option in fields(Options) if _is_given(context, option.name)}
    if PurePath(given.get("weights", "")).suffix:
        given["weights"] = str(server_path(given["weights"], context.params["server_paths"]))
    options = Options.parse(given)
    return {name: str(getattr(options, name)) for name in given}


def _database_job(params: dict[str, Any]) -> "DatabaseJob":
    from rbdm.client.job_forms import DatabaseJob, parse_database

    faces = params["faces"] or ["face_bounding_box"]
    sessions = tuple(dict.fromkeys(name.strip() for name in params["sessions"].split(",") if name.strip()))
    schemes = {name: str(params[name]) for name in ANNOTATIONS if params[name]}
    if len(faces) > 1:
        raise OptionError(f"{len(faces)} --faces: with --db it is the name of one stream")
    if not sessions:
        raise OptionError("--sessions contains no name: write it like --sessions anna,ben")
    if not schemes:
        raise OptionError("--expression, --valence and --arousal are all empty: nothing would be written")
    host, port = parse_database(params["db"])
    user = params["db_user"]
    return DatabaseJob(
        host=host,
        port=port,
        user=user,
        password=database_password(f"{user} at {host}:{port}"),
        dataset=params["dataset"],
        sessions=sessions,
        role=params["role"],
        annotator=params["annotator"],
        video=params["video"],
        faces=faces[0],
        schemes=schemes,
    )


def _check_usage(context: typer.Context) -> None:
    """Refuse options that only the other form of the command (files or database) uses: they would be ignored."""
    videos, db = context.params["videos"], context.params["db"]
    if bool(videos) == (db is not None):
        raise UsageError("Name videos or --db, and not both.")
    missing = [name for name in _DATABASE_NEEDS if db is not None and not context.params[name]]
    if missing:
        raise UsageError(f"With --db there must be {' and '.join(map(_flag, missing))}.")
    for name in _FILES_ONLY if db is not None else _DATABASE_ONLY:
        if _is_given(context, name):
            raise UsageError(f"{_flag(name)} is {'not for' if db is not None else 'only for'} --db.")


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
