"""Finds the videos that a command line names: by files, patterns and folders."""

import glob
import os
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from rbdm.errors import InputError
from rbdm.files.naming import IMAGE_ENDINGS, VIDEO_ENDINGS, folded, folds_names


@dataclass(frozen=True)
class VideoTask:
    """A video to process and the folder for its results, or a name for which there is no video to process.

    Attributes:
        video: the file, or the name.
        folder: the folder for the results.
        below: the subfolder of the video in the folder that the user named.
        problem: why the video cannot be processed; empty if it can.
    """

    video: Path
    folder: Path
    below: Path = Path()
    problem: str = ""

    @property
    def stem(self) -> str:
        """The beginning of the names of its result files: the name of the video without its ending."""
        return self.video.stem


def find_videos(named: list[Path], out: Path | None = None, recursive: bool = False) -> list[VideoTask]:
    """The videos to process, each once, in the given order. The videos of a folder are sorted by name.

    The result has a task with a `problem` for a folder without videos, for a pattern that matches no file, and for
    videos whose results would have the same names. Overlays are skipped if their video is beside them.

    Args:
        named: files, patterns such as `*.mp4` (for shells that do not expand them), and folders. Of a folder, the files
            with a video ending are taken, except hidden ones.
        out: folder for the results, with the same subfolders as a named folder; None for the folder of each video.
        recursive: whether to look in the subfolders of a named folder.
    """
    tasks: dict[str, VideoTask] = {}
    for path in named:
        for task in _expanded(path, out, recursive):
            if task.problem or not _is_overlay(task.video):
                tasks.setdefault(os.path.normcase(task.video.absolute()), task)
    return _with_conflicts(list(tasks.values()))


def _expanded(path: Path, out: Path | None, recursive: bool) -> list[VideoTask]:
    if path.is_dir():
        return _in_folder(path, out, recursive)
    if glob.has_magic(str(path)) and not path.exists():
        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
        tasks = [VideoTask(file, out or file.parent) for file in found if file.is_file()]
        return tasks or [VideoTask(path, path.parent, problem="no file matches this pattern")]
    return [VideoTask(path, out or path.parent)]


def _in_folder(named: Path, out: Path | None, recursive: bool) -> list[VideoTask]:
    tasks: list[VideoTask] = []

    def cannot_be_read(error: OSError) -> None:
        folder = Path(error.filename)
        tasks.append(VideoTask(folder, folder, problem=f"cannot be read: {error.strerror}"))

    for folder, folders, files in os.walk(named, onerror=cannot_be_read):
        folders[:] = sorted(name for name in folders if recursive and not name.startswith("."))
        below = Path(folder).relative_to(named)
        for file in sorted(Path(folder) / name for name in files if not name.startswith(".")):
            if file.suffix.lower() in VIDEO_ENDINGS:
                tasks.append(VideoTask(file, out / below if out else file.parent, below))
    if not tasks:
        hint = "" if recursive else "; -r also looks in its subfolders"
        tasks.append(VideoTask(named, named, problem=f"there is no video in this folder{hint}"))
    return tasks


def _is_overlay(file: Path) -> bool:
    stem = file.with_suffix("")
    if stem.suffix != ".overlay":
        return False
    names = {stem.stem, stem.stem.removesuffix(".people")}
    beside = (other for name in names for other in file.parent.glob(f"{glob.escape(name)}.*") if other.stem == name)
    return any(other.suffix.lower() in VIDEO_ENDINGS | IMAGE_ENDINGS for other in beside)


def _with_conflicts(tasks: list[VideoTask]) -> list[VideoTask]:
    def place(task: VideoTask) -> str:
        return os.path.normcase((task.folder / task.stem).resolve())

    exact = Counter(place(task) for task in tasks if not task.problem)
    # Two names that differ in capital letters only are one name in some folders: only these are tried out.
    alike = Counter(folded(name) for name in exact)
    return [
        task if task.problem else replace(task, problem=_conflict(task, exact[place(task)], alike[folded(place(task))]))
        for task in tasks
    ]


def _conflict(task: VideoTask, exact: int, alike: int) -> str:
    """The problem of a video, given how many have exactly its name, and how many one that differs in capitals only."""
    if exact > 1:
        return f"another video is also called {task.stem}: their results would have the same names; use different --out"
    if alike > 1 and folds_names(task.folder):
        return (
            f"another video's name differs from {task.stem} in capital letters only: in {task.folder}, their results "
            "would have the same names; use different --out"
        )
    return ""


def require_usable(task: VideoTask) -> None:
    """Raise `InputError` if a video has a problem, does not exist, or its folder cannot be read."""
    if task.problem:
        raise InputError(f"{task.video}: {task.problem}")
    try:
        task.video.stat()
    except OSError as error:
        raise InputError(f"{task.video}: cannot be read: {error.strerror}") from None
