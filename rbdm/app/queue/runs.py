"""A run: the videos that a person started together, how they are annotated, and what became of each."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args
from uuid import uuid4

from rbdm.batch.videos import VideoTask
from rbdm.errors import InputError
from rbdm.options import Options

Status = Literal["waiting", "running", "done", "skipped", "failed", "cancelled"]
STATUSES: tuple[Status, ...] = get_args(Status)
OPEN: tuple[Status, ...] = ("waiting", "running")
"""The statuses of videos that the queue still works on."""
_TEXTS = ("id", "made", "weights", "weights_sha256")


@dataclass(frozen=True)
class Choices:
    """How the videos of a run are annotated.

    Attributes:
        options: see `Options`.
        face: see `rbdm.batch.request.Request`.
        names: see `rbdm.batch.request.Request`.
        wanted: see `rbdm.batch.request.Request`.
        overwrite: see `rbdm.batch.request.Request`.
    """

    options: Options = field(default_factory=Options)
    face: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    wanted: Sequence[str] = ()
    overwrite: bool = False


@dataclass(frozen=True)
class Video:
    """A video of a run, and what became of it.

    Attributes:
        task: the video and the folder of its results.
        expected: number of frames that its file states; 0 if unknown.
        status: see `Status`. `skipped`: its results existed.
        line: what a person reads about a video that is done.
        error: why it failed; else empty.
        warnings: the problems that did not stop the work.
        frames: number of frames that were annotated.
        seconds: how long that took.
    """

    task: VideoTask
    expected: int = 0
    status: Status = "waiting"
    line: str = ""
    error: str = ""
    warnings: Sequence[str] = ()
    frames: int = 0
    seconds: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the queue still works on it."""
        return self.status in OPEN


@dataclass
class Run:
    """Videos that a person started together.

    Attributes:
        choices: how they are annotated.
        videos: the videos.
        roots: the files and folders that the person picked, and the folder for the results if they picked one.
        id: identifies the run.
        made: when it was started, in UTC, as ISO 8601.
        weights: the name of the weights; empty until the first video was begun.
        weights_sha256: SHA-256 of their file: all videos of a run are annotated with the same weights.
    """

    choices: Choices
    videos: list[Video]
    roots: list[Path]
    id: str = field(default_factory=lambda: uuid4().hex)
    made: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    weights: str = ""
    weights_sha256: str = ""

    def count(self, *statuses: Status) -> int:
        """How many videos have one of these statuses."""
        return sum(video.status in statuses for video in self.videos)

    @property
    def is_open(self) -> bool:
        """Whether the queue still works on it."""
        return any(video.is_open for video in self.videos)


def to_json(run: Run) -> dict[str, Any]:
    """A run as values that JSON can hold."""
    return {
        **{name: getattr(run, name) for name in _TEXTS},
        "choices": asdict(run.choices),
        "roots": list(map(str, run.roots)),
        "videos": [{**vars(video), "task": _task_to_json(video.task)} for video in run.videos],
    }


def from_json(values: Any) -> Run:
    """A run from the values of `to_json`.

    Raises:
        InputError: the values are no run.
    """
    try:
        choices = values["choices"]
        return Run(
            Choices(**{**choices, "options": Options.parse(choices["options"])}),
            list(map(_video, values["videos"])),
            list(map(Path, values["roots"])),
            **{name: str(values[name]) for name in _TEXTS},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"is no run of the app ({type(error).__name__}: {error})") from None


def _video(values: Any) -> Video:
    if values["status"] not in STATUSES:
        raise ValueError(f"status {values['status']!r}")
    task = values["task"]
    paths = {name: Path(task[name]) for name in ("video", "folder", "below")}
    return Video(
        **{**values, "task": VideoTask(**paths, problem=task["problem"]), "warnings": tuple(values["warnings"])}
    )


def _task_to_json(task: VideoTask) -> dict[str, str]:
    return {name: str(value) for name, value in vars(task).items()}
