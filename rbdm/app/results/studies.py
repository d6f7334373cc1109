"""The studies that the app shows: folders with results, and what is in them."""

import glob
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rbdm.app.queue.runs import Run
from rbdm.app.results.shelf import Recorded, Shelf
from rbdm.errors import RbdmError
from rbdm.files.naming import annotation_ending, printable
from rbdm.types import AnnotationName

_INDEX = "rbdm-index.html"
_AGREEMENT = "rbdm-agreement.html"


@dataclass(frozen=True)
class Study:
    """Results that are shown together.

    Attributes:
        id: identifies the study in addresses.
        name: for people.
        root: the folder that is opened in the file manager. Addresses of pages start there.
        paths: annotation files, or folders with them.
        videos: files and folders with the videos that the person picked.
    """

    id: str
    name: str
    root: Path
    paths: tuple[Path, ...]
    videos: tuple[Path, ...] = ()

    @property
    def index(self) -> Path:
        """Where the index page would be if it were a file."""
        return self.root / _INDEX

    @property
    def agreement(self) -> Path:
        """Where the page of an agreement would be if it were a file."""
        return self.root / _AGREEMENT


@dataclass(frozen=True)
class Opened:
    """What is in a study.

    Attributes:
        rows: how many people in videos there are.
        notes: what the person should know; one line each.
        results: for each result its name, and a pattern for its annotation files.
        reports: for each report the name of the result, and its file.
    """

    rows: int
    notes: list[str] = field(default_factory=list)
    results: dict[str, Path] = field(default_factory=dict)
    reports: dict[str, Path] = field(default_factory=dict)


def study_of_folder(folder: Path) -> Study:
    """The results in a folder that the person picked."""
    return Study(f"folder-{folder}", printable(folder.name or str(folder)), folder, (folder,), (folder,))


def study_of_run(run: Run) -> Study:
    """The results of a run: those in its folders; if single videos were picked, only theirs."""
    folders = [root for root in run.roots if root.is_dir()]
    used: dict[Path, None] = {}
    single: dict[Path, None] = {}
    for task in (video.task for video in run.videos if not video.task.problem):
        root = next((root for root in folders if task.folder.is_relative_to(root)), None)
        if root is not None:
            used[root] = None
            continue
        for path in sorted(task.folder.glob(f"{glob.escape(task.stem)}.*annotation")):
            single[path] = None
    paths = (*used, *single)
    name = ", ".join(root.name or str(root) for root in run.roots[:2])
    more = f" and {len(run.roots) - 2} more" if len(run.roots) > 2 else ""
    root = next(iter(used), None) or (next(iter(single)).parent if single else run.roots[0])
    return Study(f"run-{run.id}", printable(f"{name}{more}"), root, paths, tuple(run.roots))


def open_study(study: Study, shelf: Shelf, failed: Callable[[RbdmError], None]) -> Opened:
    """Read a study, make its index page, and put it on the shelf with the reports, tables, overlays and videos.

    Args:
        study: what to open.
        shelf: where to put it.
        failed: called with the error of a result that cannot be read.

    Raises:
        InputError: there are no annotations.
        RbdmError: the extra `report` is not installed.
    """
    from rbdm.study import index_study
    from rbdm.study.index import index_page

    index = index_study(list(study.paths), warn=lambda text: None, failed=failed)
    results: dict[str, Path] = {}
    reports: dict[str, Path] = {}
    for entry in index.entries:
        name = str(entry.result)
        results[name] = _pattern(entry.result.paths)
        if "report" in entry.files:
            reports[name] = entry.files["report"]
    for path in study.paths:
        top = path if path.is_dir() else path.parent
        files = [file for entry in index.entries for file in entry.files.values()]
        shelf.add(top, files, [recorded for entry in index.entries for recorded in _recorded(entry.result.paths)])
    for video in study.videos:
        shelf.allow(video)
    shelf.put_page(study.index, index_page(index, study.index))
    return Opened(len(index.entries), [printable(note) for note in index.notes], results, reports)


def _pattern(paths: Mapping[AnnotationName, Path]) -> Path:
    """A pattern for all annotation files of a result."""
    value, path = next(iter(paths.items()))
    stem = path.name.removesuffix(annotation_ending(value))
    return path if stem == path.name else Path(f"{glob.escape(str(path.parent / stem))}.*.annotation")


def _recorded(paths: Mapping[AnnotationName, Path]) -> list[Recorded]:
    """What the annotations of a result say about their video."""
    from rbdm.ssi import read_annotation_header

    found = (read_annotation_header(path).meta for path in list(paths.values())[:1])
    return [
        (meta["video"], int(meta["video_bytes"]))
        for meta in found
        if "video" in meta and meta.get("video_bytes", "").isdecimal()
    ]
