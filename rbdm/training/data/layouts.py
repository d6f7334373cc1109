"""Recognises the folder of a known data set, and reads its rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rbdm.training.data.affectnet import affectnet_rows, is_affectnet
from rbdm.training.data.ckplus import ckplus_rows, is_ckplus
from rbdm.training.data.class_folders import class_folder_rows, is_class_folders, is_rafdb, rafdb_rows
from rbdm.training.data.faces_database import faces_database_rows, is_faces_database
from rbdm.training.data.tables import Row


@dataclass(frozen=True)
class Layout:
    """How the folder of a data set is organised.

    Attributes:
        name: of the data set, for messages.
        fits: whether a folder is organised like this.
        rows: the rows of all splits of such a folder.
    """

    name: str
    fits: Callable[[Path], bool]
    rows: Callable[[Path], Iterator[Row]]


LAYOUTS = (
    Layout("AffectNet", is_affectnet, affectnet_rows),
    Layout("CK+", is_ckplus, ckplus_rows),
    Layout("RAF-DB", is_rafdb, rafdb_rows),
    Layout("folders named by expressions", is_class_folders, class_folder_rows),
    Layout("FACES", is_faces_database, faces_database_rows),
)


def find_layout(folder: Path) -> Layout | None:
    """The layout of a folder; None if it is not one of a known data set."""
    return next((layout for layout in LAYOUTS if layout.fits(folder)), None) if folder.is_dir() else None
