"""Translates what the iterables of the package `hcai-datasets` yield (0.1.14, its last version) into our rows."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from rbdm.errors import InputError
from rbdm.training.data import affectnet, ckplus, faces_database
from rbdm.training.data.tables import FIND, Row


def from_hcai(iterable: Iterable[Row], name: str, folder: str | Path | None = None) -> Iterator[Row]:
    """The rows of an iterable of `hcai-datasets`, as `rbdm.training.dataset.load_faces` accepts them.

    >>> train(load_faces(from_hcai(HcaiCkplusIterable(dataset_dir="CK+"), "ckplus")), …)  # doctest: +SKIP

    The numbers of the expressions, which each data set orders differently, become names. AffectNet's boxes, which the
    iterable leaves out, are read from AffectNet's tables; the paths of CK+, which the iterable makes relative to the
    working folder, are mended. So the faces and their crops are those of the same folder given to `load_faces`.

    Args:
        iterable: `HcaiAffectnetIterable`, `HcaiFacesIterable` or `HcaiCkplusIterable`.
        name: `affectnet`, `faces` or `ckplus`.
        folder: the folder of the data set; None for the `dataset_dir` of the iterable.

    Raises:
        InputError: the name is another one, the folder is needed and not known, or a row does not fit the data set.
    """
    if name not in _TRANSLATE:
        raise InputError(f"unknown data set {name!r}: the known ones are {', '.join(_TRANSLATE)}")
    place = folder if folder is not None else getattr(iterable, "dataset_dir", None)
    translate = _TRANSLATE[name](Path(place) if place is not None else None)
    for number, row in enumerate(iterable, start=1):
        try:
            yield translate(row)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise InputError(f"{name}, row {number}: not a row of hcai-datasets ({error!r})") from error


Translate = Callable[[Row], Row]


def _affectnet(folder: Path | None) -> Translate:
    boxes = affectnet.affectnet_boxes(_needed(folder, "AffectNet", "boxes are in its tables"))

    def translate(row: Row) -> Row:
        path = str(Path(str(row["rel_file_path"])))
        box, expression = boxes[path], _one_of(affectnet.CLASSES, row["expression"])
        return {**row, **box, "expression": expression}

    return translate


def _faces(folder: Path | None) -> Translate:
    def translate(row: Row) -> Row:
        return {
            **row,
            "expression": _one_of(tuple(faces_database.EXPRESSIONS.values()), row["emotion"]),
            "person": f"{int(row['id']):03}",
            "age": _one_of(tuple(faces_database.AGES.values()), row["age"]),
            "gender": _one_of(tuple(faces_database.GENDERS.values()), row["gender"]),
            FIND: True,
        }

    return translate


def _ckplus(folder: Path | None) -> Translate:
    place = _needed(folder, "CK+", "images are in it")

    def translate(row: Row) -> Row:
        stem = Path(str(row["index"])).stem
        return {
            **row,
            "image": str(ckplus.image_path(place, stem)),
            "expression": _one_of(ckplus.CLASSES, row["label"]),
            "person": stem.split("_")[0],
            FIND: True,
        }

    return translate


def _one_of(names: tuple[str, ...], number: Any) -> str:
    """The name that a number stands for. Python would take -1 for the last one."""
    index = int(number)
    if index != number or not 0 <= index < len(names):
        raise ValueError(f"{number!r} is not a whole number from 0 to {len(names) - 1}")
    return names[index]


def _needed(folder: Path | None, name: str, why: str) -> Path:
    if folder is None:
        raise InputError(f"{name} needs the argument folder, the folder of the data set: its {why}")
    return folder


_TRANSLATE: dict[str, Callable[[Path | None], Translate]] = {
    "affectnet": _affectnet,
    "faces": _faces,
    "ckplus": _ckplus,
}
