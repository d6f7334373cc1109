"""Makes labelled faces from rows: dicts with an image, an expression, valence and arousal, and perhaps a box."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from rbdm.errors import InputError
from rbdm.expressions import EXPRESSIONS, match_class
from rbdm.training.data.affectnet import BOX, CLASSES, PATH
from rbdm.training.data.source import Rows
from rbdm.training.data.tables import EMPTY, Row
from rbdm.training.labelled_faces import LabelledFaces
from rbdm.types import VALUES

_AFFECTNET_MISSING = -2.0
_NO_EXPRESSION = {*EMPTY, "none", "uncertain", "non-face", "no-face"}


def faces_of_rows(found: Rows) -> LabelledFaces:
    """The faces of the rows that have an expression, valence or arousal.

    Raises:
        InputError: a row has no image, or a value that is not possible; or no row has a label.
    """
    parsed = [row for row in _parse_rows(found.rows, found.folder, found.source) if row is not None]
    if not parsed:
        raise InputError(f"{found.source}: holds no face with an expression, valence or arousal")
    images, probabilities, affect, boxes, rows = zip(*parsed, strict=True)
    return LabelledFaces(
        list(images),
        np.array(probabilities, np.float32),
        np.array(affect, np.float32),
        np.array(boxes, np.float32),
        divided=found.divided,
        rows=rows,
    )


def _parse_rows(rows: list[Row], folder: Path, source: str) -> Iterator[tuple[Any, ...] | None]:
    for number, row in enumerate(rows, start=1):
        try:
            yield _parse_row(row, folder)
        except (ValueError, TypeError) as error:
            raise InputError(f"{source}, row {number}: {error}") from error


def _parse_row(row: Row, folder: Path) -> tuple[Any, ...] | None:
    found = (row.get(key) for key in ("image", "path", PATH))
    image = next((value for value in found if value is not None and not (isinstance(value, str) and not value)), None)
    if image is None:
        raise ValueError(f"has no image, path or {PATH}")
    image = folder / image if isinstance(image, str | Path) else _check_image(np.asarray(image))
    label = _expression(row.get("expression"), CLASSES if PATH in row else ())
    affect = [_affect(row.get(key)) for key in VALUES]
    if label is None and all(math.isnan(value) for value in affect):
        return None
    distribution = np.eye(8, dtype=np.float32)[label] if label is not None else np.full(8, np.nan, np.float32)
    return image, distribution, affect, [_number(row.get(name)) for name in BOX], row


def _check_image(image: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    if image.dtype != np.uint8 or image.size == 0 or not (image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 3)):
        raise ValueError(
            f"image is {image.dtype} {image.shape}: it must be uint8 (height, width) or (height, width, 3)"
        )
    return image


def _number(value: Any) -> float:
    return math.nan if value is None or str(value).strip().lower() in EMPTY else float(value)


def _expression(value: Any, numbers: Sequence[str]) -> int | None:
    """The class of a name; None if it is no expression.

    Args:
        value: a name, or a number if the data set is known.
        numbers: the names that numbers stand for in this data set; empty if it is not known.
    """
    text = "" if value is None else str(value).strip()
    whole = text.removesuffix(".0")
    if whole.isdecimal():
        if not numbers:
            raise ValueError(
                f"expression {text} is a number, and data sets number expressions differently: write its name"
            )
        text = numbers[int(whole)] if int(whole) < len(numbers) else text
    if text.lower() in _NO_EXPRESSION:
        return None
    number = match_class(text)
    if number is None:
        raise ValueError(f"expression {text!r} is not one of {', '.join(e.name for e in EXPRESSIONS)}")
    return number


def _affect(value: Any) -> float:
    number = _number(value)
    if number == _AFFECTNET_MISSING:
        return math.nan
    if abs(number) > 1:
        raise ValueError(f"valence or arousal is {number}, outside [-1, 1]")
    return number
