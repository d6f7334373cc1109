"""Reads AffectNet (Mollahosseini, Hasani and Mahoor 2017, arXiv 1708.03985) from its folder as it is distributed."""

from collections.abc import Iterator
from pathlib import Path

from rbdm.errors import InputError
from rbdm.training.data.tables import Row, read_csv

CLASSES = (
    *("Neutral", "Happy", "Sad", "Surprise", "Fear", "Disgust", "Anger", "Contempt"),
    *("none", "uncertain", "non-face"),
)
"""The expressions in the order of AffectNet's numbers. The last three mean that a face has no expression."""
PATH = "subDirectory_filePath"
"""The column with the path of an image. Where a table has it, numbers are those of `CLASSES`."""
BOX = ("face_x", "face_y", "face_width", "face_height")
IMAGES = "Manually_Annotated_Images"
_LISTS = "Manually_Annotated_file_lists"
_AUTOMATIC_IMAGES = "Automatically_Annotated_Images"
_AUTOMATIC_LIST = Path("Automatically_Annotated_file_lists", "automatically_annotated.csv")
_SPLITS = {"training.csv": "train", "validation.csv": "valid"}


def is_affectnet(folder: Path) -> bool:
    """Whether a folder is AffectNet's: it has the folder of its tables."""
    return any((folder / _LISTS / table).is_file() for table in _SPLITS)


def affectnet_rows(folder: Path) -> Iterator[Row]:
    """The faces that people labelled, with their boxes. The automatically labelled ones are left out.

    AffectNet's test set was not published. Its validation set is the split `valid`.

    Args:
        folder: the one with `Manually_Annotated_file_lists` and `Manually_Annotated_Images`.

    Raises:
        InputError: a table cannot be read.
    """
    for table, split in _SPLITS.items():
        if (folder / _LISTS / table).is_file():
            for row in read_csv(folder / _LISTS / table):
                yield {**row, PATH: str(Path(IMAGES) / str(row.get(PATH))), "split": split}


def affectnet_boxes(folder: Path) -> dict[str, dict[str, str]]:
    """The box of each face, also of the automatically labelled ones, by the path of its image in AffectNet's folder.

    Args:
        folder: see `affectnet_rows`.

    Raises:
        InputError: there is no table, or one cannot be read.
    """
    tables = {folder / _LISTS / table: IMAGES for table in _SPLITS} | {folder / _AUTOMATIC_LIST: _AUTOMATIC_IMAGES}
    if not any(table.is_file() for table in tables):
        raise InputError(f"{folder}: not the folder of AffectNet: it has no {_LISTS}")
    return {
        str(Path(images) / str(row.get(PATH))): {name: row[name] for name in BOX}
        for table, images in tables.items()
        if table.is_file()
        for row in read_csv(table)
    }
