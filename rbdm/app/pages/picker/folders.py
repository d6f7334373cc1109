"""What is in the folders of this machine."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

_HOME = ("Desktop", "Documents", "Movies", "Videos", "Downloads")


@dataclass(frozen=True)
class Item:
    """A file or folder.

    Attributes:
        path: its path.
        is_folder: whether it is a folder.
        size: bytes; 0 for a folder.
    """

    path: Path
    is_folder: bool
    size: int = 0


@dataclass(frozen=True)
class Listing:
    """What is in a folder.

    Attributes:
        folder: the folder.
        items: folders first, both sorted by name; without hidden ones.
        problem: why it cannot be read; else empty.
    """

    folder: Path
    items: tuple[Item, ...]
    problem: str = ""


def list_folder(folder: Path, accepts: Callable[[str], bool]) -> Listing:
    """List a folder: its folders, and the files whose names are accepted."""
    items: list[Item] = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                try:
                    is_folder = entry.is_dir()
                    if is_folder or (entry.is_file() and accepts(entry.name)):
                        items.append(Item(Path(entry.path), is_folder, 0 if is_folder else entry.stat().st_size))
                except OSError:  # a link that leads nowhere, or a disk that was taken out
                    continue
    except OSError as error:
        return Listing(folder, (), f"{folder} cannot be read: {error.strerror}")
    return Listing(folder, tuple(sorted(items, key=lambda item: (not item.is_folder, item.path.name.casefold()))))


def places() -> Iterator[tuple[str, Path]]:
    """Where people keep files: the name and the folder of each place that exists."""
    home = Path.home()
    yield "Home", home
    for name in _HOME:
        if (home / name).is_dir():
            yield name, home / name
    for drive in _drives():
        yield drive.name or str(drive), drive


def _drives() -> Iterator[Path]:
    if sys.platform == "win32":
        yield from (Path(drive) for drive in os.listdrives())
        return
    yield Path("/")
    for parent in (Path("/Volumes"), Path("/media") / Path.home().name, Path("/run/media") / Path.home().name):
        try:
            yield from sorted(entry for entry in parent.iterdir() if entry.is_dir())
        except OSError:
            continue
