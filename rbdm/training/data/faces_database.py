"""Reads FACES (Ebner, Riediger and Lindenberger 2010, Behavior Research Methods 42) from its folder of images.

The name of an image says everything: `004_o_m_a_b.jpg` is person 4, old, male, anger, picture set b.
"""

from collections.abc import Iterator
from pathlib import Path

from rbdm.training.data.tables import FIND, Row

EXPRESSIONS = {"a": "Anger", "d": "Disgust", "f": "Fear", "h": "Happy", "n": "Neutral", "s": "Sad"}
"""In the order of the numbers in `hcai-datasets`."""
AGES = {"y": "young", "o": "old", "m": "middle-aged"}
GENDERS = {"m": "male", "f": "female"}
IMAGES = "bilder"


def is_faces_database(folder: Path) -> bool:
    """Whether a folder is that of FACES, or its folder of images."""
    return any(_described(path) for path in _images(folder))


def faces_database_rows(folder: Path) -> Iterator[Row]:
    """One row for each image, with `person`, `age` and `gender`. The whole head is in the images: faces must be found.

    Args:
        folder: the one with the folder `bilder`, or `bilder` itself.
    """
    for path in sorted(_images(folder)):
        if row := _described(path):
            yield row


def _images(folder: Path) -> list[Path]:
    inner = folder / IMAGES
    return [path for path in (inner if inner.is_dir() else folder).glob("*.*") if path.suffix.lower() == ".jpg"]


def _described(path: Path) -> Row | None:
    parts = path.stem.split("_")
    if len(parts) != 5 or not parts[0].isdecimal():
        return None
    person, age, gender, expression, _ = parts
    if age not in AGES or gender not in GENDERS or expression not in EXPRESSIONS:
        return None
    return {
        "path": str(path.absolute()),
        "expression": EXPRESSIONS[expression],
        "person": person,
        "age": AGES[age],
        "gender": GENDERS[gender],
        FIND: True,
    }
