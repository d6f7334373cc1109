"""Reads labelled faces: from an FER+ archive, a CSV file, the folder of a known data set, or an iterable of dicts."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from rbdm.errors import InputError
from rbdm.training.data.rows import faces_of_rows
from rbdm.training.data.source import has_split, read_rows
from rbdm.training.data.tables import Row
from rbdm.training.data.votes import read_votes
from rbdm.training.found_boxes import with_found_boxes
from rbdm.training.labelled_faces import LabelledFaces


def load_faces(data: str | Path | Iterable[Row], split: str = "train", find_faces: bool = False) -> LabelledFaces:
    """One split of a data set.

    Args:
        data: one of these four:

            - An `.npz` file with `{split}_images` (n, 48, 48) uint8, `{split}_votes` (n, 10) and `columns`, the names
              of the votes as in FER+.
            - A CSV file, or a folder with one, with the columns `path` (relative to the CSV file), `expression` (a
              name), `valence`, `arousal`, and optionally `split`, `person` and the box `face_x`, `face_y`,
              `face_width`, `face_height` in pixels. A table with AffectNet's column `subDirectory_filePath` has
              AffectNet's numbers as expressions.
            - The folder of AffectNet, FACES, CK+, RAF-DB, or one with the folders `train/angry` and so on.
            - An iterable of dicts with the same keys, which may have `image` (a path or an array) instead of `path`,
              or the result of `rbdm.training.from_hcai`.
        split: `train`, `valid` or `test`. If the data have no splits, all faces are returned for any split.
        find_faces: whether the face is looked for in every image without a box. Otherwise, such an image is the face.
            In the images of FACES and CK+, which show the whole head, it is always looked for.

    Raises:
        InputError: the data cannot be read, contain no usable face, or have other splits only.
    """
    if isinstance(data, str | Path) and Path(data).suffix == ".npz":
        return read_votes(Path(data), split)
    return with_found_boxes(faces_of_rows(read_rows(data, split)), find_faces)


def split_off_valid(
    data: str | Path | Iterable[Row], seed: int, find_faces: bool = False
) -> tuple[LabelledFaces, LabelledFaces]:
    """Faces for training and faces for validation.

    They are the splits `train` and `valid` of the data. If the data do not have both, one tenth is drawn at random for
    validation: of the persons if every row says a `person`, so that nobody is in both, and else of the faces.

    Args:
        data: see `load_faces`.
        seed: of the random draw.
        find_faces: see `load_faces`.

    Raises:
        InputError: see `load_faces`; or all faces are of one person.
    """
    if not isinstance(data, str | Path):
        data = list(data)
    faces = load_faces(data, "train", find_faces)
    path = Path(data) if isinstance(data, str | Path) else None
    if (path and path.suffix == ".npz") or has_split(data, "valid"):
        return faces, load_faces(data, "valid", find_faces)
    persons = faces.column("person")
    units = np.array(persons) if all(persons) else np.arange(len(faces)).astype(str)
    names = np.unique(units)
    if len(names) < 2:
        what = "one face" if len(faces) < 2 else "faces of one person only"
        raise InputError(f"{path or 'the iterable'}: holds {what}, but training and validation both need some")
    drawn = names[np.random.default_rng(seed).permutation(len(names))[: max(len(names) // 10, 1)]]
    is_valid = np.isin(units, drawn)
    return faces.take(np.flatnonzero(~is_valid)), faces.take(np.flatnonzero(is_valid))
