"""What is known about videos before they are annotated."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rbdm.batch.videos import VideoTask, find_videos
from rbdm.errors import InputError

_READERS = 8


@dataclass(frozen=True)
class Found:
    """A video that was found.

    Attributes:
        task: the video, and where its results go.
        size: bytes.
        seconds: its length as its file states it; 0 if unknown.
        frames: number of frames that its file states; 0 if unknown.
        stream: the box stream beside it, or None.
        results: how many of its three annotations exist.
        people: whether it has results of everybody.
        problem: why it cannot be annotated; else empty.
    """

    task: VideoTask
    size: int = 0
    seconds: float = 0.0
    frames: int = 0
    stream: Path | None = None
    results: int = 0
    people: bool = False
    problem: str = ""


def look(picked: Sequence[Path], out: Path | None, recursive: bool) -> list[Found]:
    """The videos of files and folders, and what is known about them.

    Args:
        picked: files and folders.
        out: the folder for the results; None for the folder of each video.
        recursive: whether to look in subfolders, too.
    """
    tasks = find_videos(list(picked), out, recursive)
    with ThreadPoolExecutor(_READERS) as readers:
        return list(readers.map(_look_at, tasks))


def _look_at(task: VideoTask) -> Found:
    from rbdm.batch.box_streams import find_stream
    from rbdm.batch.results import missing_results, result_paths
    from rbdm.faces.people.names import TOGETHER
    from rbdm.media.frame_count import stated_frames

    if task.problem:
        return Found(task, problem=task.problem)
    paths = result_paths(task, ())
    try:
        return Found(
            task,
            task.video.stat().st_size,
            _seconds(task.video),
            stated_frames(task.video),
            find_stream(task.video, None),
            len(paths) - len(missing_results(paths)),
            (task.folder / f"{task.stem}.{TOGETHER}.json").is_file(),
        )
    except OSError as error:
        return Found(task, problem=f"cannot be read: {error.strerror}")
    except InputError as error:
        return Found(task, problem=str(error).removeprefix(f"{task.video}: "))


def _seconds(video: Path) -> float:
    from rbdm.media.container import container_end, open_container, video_stream

    with open_container(video) as container:
        video_stream(video, container)
        start = (container.start_time or 0) / 1e6
        return max(container_end(container) - start, 0.0)
