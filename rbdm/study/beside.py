"""Finds what `rbdm annotate` has written beside the annotations: tables, reports, overlays."""

from pathlib import Path

from rbdm.export.writers import Writer
from rbdm.faces.people.names import TOGETHER
from rbdm.files.naming import annotation_ending
from rbdm.study.results import Result


def files_beside(result: Result, writer: Writer) -> list[Path]:
    """The places where a file of a kind may be that belongs to a result: the file need not exist.

    Args:
        result: its files are beside `<video>.expression.annotation`, or with `--face all` beside
            `<video>.<person>.expression.annotation`.
        writer: writes this kind of file.

    Returns:
        The file of this person, and then that of all people of the video, `<video>.people.…`; nothing if the
        annotations have NOVA's names.
    """
    value, path = next(iter(result.paths.items()))
    stem, end = path.name.removesuffix(annotation_ending(value)), f".{result.person}"
    if stem == path.name:
        return []
    stems = [stem]
    if result.person and stem.endswith(end):
        stems.append(f"{stem.removesuffix(end)}.{TOGETHER}")
    endings = [ending for ending in (writer.ending, writer.image_ending) if ending]
    return [result.folder / f"{stem}{ending}" for stem in stems for ending in endings]


def find_beside(result: Result, writer: Writer) -> Path | None:
    """The file of a kind that belongs to a result, or None if there is none; see `files_beside`."""
    return next((path for path in files_beside(result, writer) if path.is_file()), None)
