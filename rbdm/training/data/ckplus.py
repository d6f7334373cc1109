"""Reads the Extended Cohn-Kanade data set, CK+ (Lucey et al. 2010), from its folder as it is distributed."""

from collections.abc import Iterator
from pathlib import Path

from rbdm.errors import InputError
from rbdm.training.data.tables import FIND, Row

CLASSES = ("Neutral", "Anger", "Contempt", "Disgust", "Fear", "Happy", "Sad", "Surprise")
"""The expressions in the order of the numbers in CK+."""
IMAGES = "cohn-kanade-images"
_LABELS = "Emotion"
_LABEL_ENDING = "_emotion"


def is_ckplus(folder: Path) -> bool:
    """Whether a folder is that of CK+."""
    return (folder / _LABELS).is_dir() and (folder / IMAGES).is_dir()


def ckplus_rows(folder: Path) -> Iterator[Row]:
    """Two rows for each labelled sequence: its last image with the label, and its first image as Neutral.

    The whole head is in the images: faces must be found. `person` is the subject, such as `S005`.

    Args:
        folder: the one with `Emotion` and `cohn-kanade-images`.

    Raises:
        InputError: a label cannot be read.
    """
    for label in sorted((folder / _LABELS).glob("*/*/*.txt")):
        last = label.stem.removesuffix(_LABEL_ENDING)
        first = f"{last.rsplit('_', 1)[0]}_00000001"
        for name, expression in ((first, CLASSES[0]), (last, _expression(label))):
            yield {
                "path": str(image_path(folder, name)),
                "expression": expression,
                "person": name.split("_")[0],
                FIND: True,
            }


def image_path(folder: Path, name: str) -> Path:
    """The path of an image in the folder of CK+, e.g. of `S005_001_00000011`."""
    subject, sequence, _ = name.split("_")
    return folder.absolute() / IMAGES / subject / sequence / f"{name}.png"


def _expression(label: Path) -> str:
    try:
        number = float(label.read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise InputError(f"{label}: not a label of CK+ ({error})") from error
    if number not in range(len(CLASSES)):
        raise InputError(f"{label}: the label is {number:g}: it must be a whole number from 0 to {len(CLASSES) - 1}")
    return CLASSES[int(number)]
