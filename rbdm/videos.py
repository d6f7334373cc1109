"""Which videos a command line means: files, patterns and folders."""

import glob
import os
from dataclasses import dataclass
from pathlib import Path

from rbdm.errors import OptionError

ENDINGS = frozenset(
    {".3gp", ".asf", ".avi", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4"}
    | {".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"}
)
"""What a file in a folder must end with to be taken for a video; a file that is named may end with anything."""


@dataclass(frozen=True)
class Task:
    """A video, and the folder for what is made of it; or a name that means no video, and why."""

    video: Path
    folder: Path
    problem: str = ""

    @property
    def stem(self) -> str:
        """What the names of all its files begin with."""
        return self.video.stem


def find_videos(named: list[Path], out: Path | None = None, recursive: bool = False) -> list[Task]:
    """The videos that are meant, each once, in the order named; those of a folder in the order of their names.

    A folder without videos and a pattern that fits nothing are tasks with a `problem`.

    Args:
        named: files, patterns such as `*.mp4` (for shells that do not know them), and folders. In a folder, files count
            whose ending is a video's, but for hidden ones and overlays.
        out: where results go, default beside each video; the subfolders of a named folder are kept there.
        recursive: whether the subfolders of a named folder count.

    Raises:
        OptionError: two videos would have the same names for their results.
    """
    tasks: dict[str, Task] = {}
    for path in named:
        for task in _expanded(path, out, recursive):
            tasks.setdefault(os.path.normcase(task.video.absolute()), task)
    _refuse_same_results([task for task in tasks.values() if not task.problem])
    return list(tasks.values())


def _expanded(path: Path, out: Path | None, recursive: bool) -> list[Task]:
    if path.is_dir():
        return _in_folder(path, out, recursive)
    if glob.has_magic(str(path)) and not path.exists():
        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
        tasks = [Task(file, out or file.parent) for file in found if file.is_file() and not _is_ours(file)]
        return tasks or [Task(path, path.parent, "there is no file like this")]
    return [Task(path, out or path.parent)]


def _in_folder(folder: Path, out: Path | None, recursive: bool) -> list[Task]:
    try:
        found = sorted(file for file in folder.glob("**/*" if recursive else "*") if _is_video(file, folder))
    except OSError as error:
        return [Task(folder, folder, f"cannot be read: {error.strerror}")]
    if not found:
        hint = "" if recursive else "; -r looks in its subfolders, too"
        return [Task(folder, folder, f"there is no video in this folder{hint}")]
    return [Task(file, out / file.parent.relative_to(folder) if out else file.parent) for file in found]


def _is_video(file: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in file.relative_to(folder).parts)
    return not hidden and file.suffix.lower() in ENDINGS and not _is_ours(file) and file.is_file()


def _is_ours(file: Path) -> bool:
    return file.stem.endswith(".overlay")


def _refuse_same_results(tasks: list[Task]) -> None:
    seen: dict[str, Task] = {}
    for task in tasks:
        place = os.path.normcase((task.folder / task.stem).resolve())
        first = seen.setdefault(place, task)
        if first is not task:
            both = f"{first.video} and {task.video}"
            raise OptionError(f"{both} would write the same files; annotate them into different folders")
