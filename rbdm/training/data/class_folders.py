"""Reads data sets of face crops whose labels are the names of folders, or RAF-DB's list.

FER2013 (Goodfellow et al. 2013) is distributed as `train/angry/*.jpg`; RAF-DB (Li, Deng and Du 2017) as aligned faces
with a list of labels, or in the same way as FER2013.
"""

from collections.abc import Iterator
from pathlib import Path

from rbdm.errors import InputError
from rbdm.expressions import match_class
from rbdm.files.naming import IMAGE_ENDINGS
from rbdm.training.data.tables import Row, split_of_name

RAFDB_CLASSES = ("Surprise", "Fear", "Disgust", "Happy", "Sad", "Anger", "Neutral")
"""The expressions in the order of RAF-DB's numbers, which begin with 1."""
_RAFDB_LIST = Path("EmoLabel", "list_patition_label.txt")
_RAFDB_IMAGES = Path("Image", "aligned")


def is_class_folders(folder: Path) -> bool:
    """Whether a folder has folders for splits, and these have folders with names of expressions."""
    return any(_class_folders(split) for split in _split_folders(folder))


def class_folder_rows(folder: Path) -> Iterator[Row]:
    """One row for each image in `<split>/<expression>/`. The images are crops of faces.

    Raises:
        InputError: a folder beside those of expressions has a name that is none.
    """
    for split in _split_folders(folder):
        for inner in sorted(path for path in split.iterdir() if path.is_dir()):
            if match_class(inner.name) is None:
                raise InputError(f"{inner}: the name of the folder is not an expression: rename it or move it away")
            for image in sorted(path for path in inner.iterdir() if path.suffix.lower() in IMAGE_ENDINGS):
                yield {"path": str(image.absolute()), "expression": inner.name, "split": split_of_name(split.name)}


def is_rafdb(folder: Path) -> bool:
    """Whether a folder is RAF-DB's folder `basic`, or the one above it."""
    return _rafdb_list(folder) is not None


def rafdb_rows(folder: Path) -> Iterator[Row]:
    """One row for each aligned face of RAF-DB's basic expressions.

    Raises:
        InputError: the list cannot be read, or a line is not `train_00001.jpg 5`.
    """
    path = _rafdb_list(folder)
    assert path is not None
    images = path.parents[1] / _RAFDB_IMAGES
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        name, _, label = line.strip().partition(" ")
        if not label.isdecimal() or not 1 <= int(label) <= len(RAFDB_CLASSES):
            raise InputError(f"{path}, line {number}: it must be the name of an image and a number from 1 to 7")
        image = images / f"{Path(name).stem}_aligned.jpg"
        split = split_of_name(name.split("_")[0])
        yield {"path": str(image.absolute()), "expression": RAFDB_CLASSES[int(label) - 1], "split": split}


def _rafdb_list(folder: Path) -> Path | None:
    places = (folder / _RAFDB_LIST, folder / "basic" / _RAFDB_LIST)
    return next((place for place in places if place.is_file()), None)


def _split_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and split_of_name(path.name))


def _class_folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir() and match_class(path.name) is not None]
