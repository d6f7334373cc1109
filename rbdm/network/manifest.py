"""What is known about a weights file besides its numbers: `manifest.json`, read and checked."""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rbdm.errors import WeightsError
from rbdm.expressions import EXPRESSIONS, match_class

OFFICIAL_CROP_SCALE = 2 / 1.1
"""What the official weights are trained on: a square of side (w + h) / 1.1 around a box of w by h pixels."""

_AFFECT = ("valence", "arousal")
_COLORS = ("rgb", "grey")


@dataclass(frozen=True)
class WeightsEntry:
    """One weights file, as `manifest.json` describes it.

    Attributes:
        name: what results say they were made with.
        file: its file name.
        sha256: of the file, 64 hexadecimal digits; empty where nobody has said.
        url: where to download it; empty for a file that lies beside the manifest.
        tflite: the file name of the LiteRT model derived from it, if one lies beside the manifest.
        tflite_sha256: of that.
        licence: under which it may be used.
        classes: the expressions in the order of the network's eight probabilities.
        valence_arousal: the order of the two columns of the head `valence_arousal`.
        crop_scale: side of the square that is cropped, over the mean side of the face's box.
        color: `rgb`, or `grey` for crops that are turned grey.
        input_size: height and width of the network's input in pixels.
        affect_is_derived: whether valence and arousal were learned from labels of expressions (MODEL_CARD.md).
    """

    name: str
    file: str
    sha256: str = ""
    url: str = ""
    tflite: str = ""
    tflite_sha256: str = ""
    licence: str = ""
    classes: tuple[str, ...] = tuple(expression.name for expression in EXPRESSIONS)
    valence_arousal: tuple[str, ...] = _AFFECT
    crop_scale: float = OFFICIAL_CROP_SCALE
    color: str = "rgb"
    input_size: int = 224
    affect_is_derived: bool = False

    @property
    def class_columns(self) -> list[int]:
        """Column of the network's probabilities for each of our eight expressions."""
        found = [match_class(name) for name in self.classes]
        return [found.index(index) for index in range(len(EXPRESSIONS))]

    @property
    def valence_arousal_columns(self) -> tuple[int, int]:
        """Column of valence and column of arousal."""
        return self.valence_arousal.index("valence"), self.valence_arousal.index("arousal")


def read_manifest(path: Path) -> dict[str, WeightsEntry]:
    """The entries of a manifest by what options call them (`open`, `official`).

    Raises:
        WeightsError: when the file cannot be read or an entry has an impossible value.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {key: _entry(path, key, values) for key, values in content.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path}: not a manifest of weights ({error})") from error


def write_manifest(path: Path, entries: dict[str, WeightsEntry]) -> None:
    """Write a manifest that `read_manifest` reads."""
    content = {key: asdict(entry) for key, entry in entries.items()}
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _entry(path: Path, key: str, values: dict[str, Any]) -> WeightsEntry:
    known = {field.name for field in fields(WeightsEntry)}
    if unknown := sorted(set(values) - known):
        raise WeightsError(f"{path}: {key} has an unknown field {unknown[0]!r}; there are {', '.join(sorted(known))}")
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    entry = WeightsEntry(**given)
    matched = [match_class(name) for name in entry.classes]
    problems = {
        "classes must be the eight expressions in some order": len(matched) == len(EXPRESSIONS)
        and set(matched) == set(range(len(EXPRESSIONS))),
        "valence_arousal must be valence and arousal in some order": sorted(entry.valence_arousal) == sorted(_AFFECT),
        "crop_scale must be a number from 0.1 to 10": 0.1 <= entry.crop_scale <= 10,
        "color must be rgb or grey": entry.color in _COLORS,
        "input_size must be a whole number from 32 to 1024": entry.input_size in range(32, 1025),
        "affect_is_derived must be true or false": isinstance(entry.affect_is_derived, bool),
    }
    for problem, fits in problems.items():
        if not fits:
            raise WeightsError(f"{path}: {key}: {problem}")
    return entry
