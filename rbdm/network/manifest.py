"""Reads, checks and writes `manifest.json`, which describes weights files."""

import json
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import Any

from rbdm.errors import WeightsError
from rbdm.expressions import EXPRESSIONS, match_class
from rbdm.types import VALUES

OFFICIAL_CROP_SCALE = 2 / 1.1
"""The crop scale of the official weights: a square of side (w + h) / 1.1 around a box of w by h pixels."""

_COLORS = ("rgb", "grey")


@dataclass(frozen=True)
class WeightsEntry:
    """One weights file, as `manifest.json` describes it.

    Attributes:
        name: the name of the weights in results.
        file: the name of the weights file.
        sha256: SHA-256 of the file, 64 hexadecimal digits; empty if unknown.
        url: where to download the file; empty if the file is in the manifest's folder.
        tflite: the name of the LiteRT model that was converted from the file; empty if there is none in the manifest's
            folder.
        tflite_sha256: SHA-256 of that model.
        licence: the licence of the weights; empty if unknown.
        classes: the expressions in the order of the network's eight probabilities.
        valence_arousal: the order of the two columns of the output `valence_arousal`.
        crop_scale: the side of the crop, divided by the mean of the box's width and height.
        color: `rgb`, or `grey` if crops must be converted to grey.
        input_size: height and width of the network's input in pixels.
        affect_is_derived: whether the weights learned valence and arousal from labels of expressions (MODEL_CARD.md).
    """

    name: str
    file: str
    sha256: str = ""
    url: str = ""
    tflite: str = ""
    tflite_sha256: str = ""
    licence: str = ""
    classes: tuple[str, ...] = tuple(expression.name for expression in EXPRESSIONS)
    valence_arousal: tuple[str, ...] = VALUES
    crop_scale: float = OFFICIAL_CROP_SCALE
    color: str = "rgb"
    input_size: int = 224
    affect_is_derived: bool = False

    @property
    def class_columns(self) -> list[int]:
        """For each of our eight expressions, its column in the network's probabilities."""
        found = [match_class(name) for name in self.classes]
        return [found.index(index) for index in range(len(EXPRESSIONS))]

    @property
    def valence_arousal_columns(self) -> tuple[int, int]:
        """The columns of valence and of arousal in the network's output."""
        return self.valence_arousal.index("valence"), self.valence_arousal.index("arousal")


def read_manifest(path: Path) -> dict[str, WeightsEntry]:
    """The entries of a manifest, by their names in the option `weights` (`open`, `official`).

    Raises:
        WeightsError: the file cannot be read, or an entry has an unknown field or an impossible value.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: not a valid weights manifest ({error})") from error
    if not isinstance(content, dict) or not all(isinstance(values, dict) for values in content.values()):
        raise WeightsError(f"{path}: not a valid weights manifest: it must be an object of objects")
    return {key: _entry(path, key, values) for key, values in content.items()}


def write_manifest(path: Path, entries: dict[str, WeightsEntry]) -> None:
    """Write a manifest that `read_manifest` can read."""
    content = {key: asdict(entry) for key, entry in entries.items()}
    for values in content.values():
        if not values["affect_is_derived"]:  # rbdm 1.0 does not know the field
            del values["affect_is_derived"]
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def _entry(path: Path, key: str, values: dict[str, Any]) -> WeightsEntry:
    known = {field.name for field in fields(WeightsEntry)}
    if unknown := sorted(set(values) - known):
        names = ", ".join(sorted(known))
        raise WeightsError(f"{path}: {key} has an unknown field {unknown[0]!r}; the known fields are {names}")
    for field in fields(WeightsEntry):
        if field.name not in values and field.default is MISSING:
            raise WeightsError(f"{path}: {key} has no field {field.name!r}")
        value = values.get(field.name, field.default)
        if field.name in values and not _has_type(value, field.default):
            raise WeightsError(f"{path}: {key}: {field.name} is {value!r}: it must be {_wanted(field.default)}")
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    entry = WeightsEntry(**given)
    matched = [match_class(name) for name in entry.classes]
    problems = {
        "classes must be the eight expressions in some order": len(matched) == len(EXPRESSIONS)
        and set(matched) == set(range(len(EXPRESSIONS))),
        "valence_arousal must be valence and arousal in some order": sorted(entry.valence_arousal) == sorted(VALUES),
        "crop_scale must be a number from 0.1 to 10": 0.1 <= entry.crop_scale <= 10,
        "color must be rgb or grey": entry.color in _COLORS,
        "input_size must be a whole number from 32 to 1024": entry.input_size in range(32, 1025),
    }
    for problem, fits in problems.items():
        if not fits:
            raise WeightsError(f"{path}: {key}: {problem}")
    return entry


def _has_type(value: Any, default: Any) -> bool:
    """Whether a value from JSON has the type of a field with this default. A field without a default is a text."""
    if isinstance(default, tuple):
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(default, bool) and isinstance(value, bool)
    if isinstance(default, int):
        return isinstance(value, int)
    return isinstance(value, int | float) if isinstance(default, float) else isinstance(value, str)


def _wanted(default: Any) -> str:
    names = {tuple: "a list of texts", bool: "true or false", int: "a whole number", float: "a number"}
    return names.get(type(default), "a text")
