"""Divides labelled faces into groups, such as women and men, to see whether weights are equally good for all."""

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.training.data.tables import EMPTY
from rbdm.training.labelled_faces import LabelledFaces

_MOST_GROUPS = 12
"""If a column has more different numbers than this, they are put together by tens."""

_MISSING = EMPTY | {"na", "n/a", "none"}


def groups_of(faces: LabelledFaces, column: str) -> dict[str, npt.NDArray[np.int64]]:
    """The indices of the faces of each group, by the text of the group; sorted.

    The groups are the different texts of the column. If there are more than 12 and all are numbers, each group is a
    range of ten, such as `20–29`. Faces without a text are the group `(none)`.

    Args:
        faces: the faces.
        column: the name of a column of their table.

    Raises:
        InputError: no face has the column, or there are more than 12 groups that are not numbers.
    """
    texts = ["" if text.lower() in _MISSING else text for text in faces.column(column)]
    if not any(texts):
        known = ", ".join(sorted({name for row in faces.rows for name in row})) or "no columns"
        raise InputError(f"the data has no column {column!r} to group by; it has {known}")
    names = set(texts) - {""}
    if len(names) > _MOST_GROUPS:
        if not all(name.replace(".", "", 1).isdecimal() for name in names):
            raise InputError(f"column {column!r} has {len(names)} different texts: at most {_MOST_GROUPS} are allowed")
        texts = [_tens(text) if text else text for text in texts]
    named = np.array([text or "(none)" for text in texts])
    return {str(name): np.flatnonzero(named == name) for name in np.unique(named)}


def _tens(number: str) -> str:
    first = int(float(number)) // 10 * 10
    return f"{first}–{first + 9}"
