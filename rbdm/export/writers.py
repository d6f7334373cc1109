"""Lists everything that can be written about a video, with one writer for each kind of file.

To add a format, write a module in this folder with a function that takes a timeline and a path, and add a writer here.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from rbdm.export.annotations import write_annotation_file
from rbdm.export.elan import require_elan, write_elan
from rbdm.export.overlay.video import write_overlay
from rbdm.export.report import require_report, write_report
from rbdm.export.stream import write_probability_stream
from rbdm.export.table import write_csv
from rbdm.files.naming import IMAGE_ENDINGS, annotation_ending
from rbdm.progress import OnProgress
from rbdm.timeline.timeline import Timeline
from rbdm.types import ANNOTATIONS, AnnotationName

Write = Callable[[Sequence[Timeline], Path, OnProgress], None]


def _nothing_required() -> None:
    """Do nothing: for writers that need no optional package."""


@dataclass(frozen=True)
class Writer:
    """Writes one kind of file about a video.

    Attributes:
        name: the name of the result; for all but the annotations also the flag of `rbdm annotate`.
        ending: the part of the file name after the stem of the video.
        write: writes the file, completely or not at all. It is called with the timelines of all people in the file,
            the path and a function that it calls with its progress.
        per_person: whether there is a file for each person; else one file has all people.
        require: raises `RbdmError` if an optional package is missing. The message says what to install.
        image_ending: replaces `ending` if the video is an image; empty if `ending` is used for images, too.
    """

    name: str
    ending: str
    write: Write
    per_person: bool
    require: Callable[[], None] = _nothing_required
    image_ending: str = ""

    def path(self, folder: Path, stem: str, video: Path) -> Path:
        """The file to write about `video` in `folder`."""
        is_image = video.suffix.lower() in IMAGE_ENDINGS
        return folder / f"{stem}{self.image_ending if is_image and self.image_ending else self.ending}"


def _without_progress(write: Callable[[Sequence[Timeline], Path], None]) -> Write:
    return lambda people, path, _: write(people, path)


def _of_one(write: Callable[[Timeline, Path], None]) -> Write:
    return lambda people, path, _: write(people[0], path)


def _annotation_writer(name: AnnotationName) -> Writer:
    def write(timeline: Timeline, path: Path) -> None:
        write_annotation_file(name, timeline, timeline.options, path)

    return Writer(name, annotation_ending(name), _of_one(write), per_person=True)


def _explained_report(people: Sequence[Timeline], path: Path, progress: OnProgress) -> None:
    write_report(people, path, with_maps=True)


ANNOTATION_WRITERS = tuple(map(_annotation_writer, ANNOTATIONS))
EXTRA_WRITERS = (
    Writer("csv", ".expression.csv", _without_progress(write_csv), per_person=False),
    Writer("elan", ".expression.eaf", _of_one(write_elan), True, require_elan),
    Writer("stream", ".expression_probabilities.stream", _of_one(write_probability_stream), per_person=True),
    Writer("report", ".report.html", _without_progress(write_report), False, require_report),
    Writer("overlay", ".overlay.mp4", write_overlay, per_person=False, image_ending=".overlay.jpg"),
)
"""The results that are written besides the annotations if the user asks for them."""
EXPLAINED_REPORT = Writer("explained_report", ".report.html", _explained_report, False, require_report)
"""Writes a report whose pictures can show what their labels rest on, in place of the other report."""


def extra_writers(names: Collection[str]) -> list[Writer]:
    """The writers of these names, of `EXTRA_WRITERS` and `EXPLAINED_REPORT`, in this order."""
    return [writer for writer in (*EXTRA_WRITERS, EXPLAINED_REPORT) if writer.name in names]
