"""The eight expressions: their order, names, colours and synonyms."""

from typing import NamedTuple


class Expression(NamedTuple):
    """One class of the network: its name and its colour (`#AARRGGBB`, as NOVA writes colours)."""

    name: str
    color: str


EXPRESSIONS: tuple[Expression, ...] = (
    Expression("Neutral", "#FF9E9E9E"),
    Expression("Happy", "#FFF2B705"),
    Expression("Sad", "#FF3B6FB6"),
    Expression("Surprise", "#FFF28322"),
    Expression("Fear", "#FF7B4FA3"),
    Expression("Disgust", "#FF4C9F50"),
    Expression("Anger", "#FFD03A3A"),
    Expression("Contempt", "#FF8C6D46"),
)
"""Class order of the network: the index of an expression is its column in the probabilities and its id."""

_SYNONYMS = {
    "Neutral": ("neutrality", "normal", "calm"),
    "Happy": ("happiness", "joy", "joyful", "smile", "smiling", "hap"),
    "Sad": ("sadness", "sorrow", "unhappy"),
    "Surprise": ("surprised", "astonishment", "astonished"),
    "Fear": ("fearful", "afraid", "scared", "anxious"),
    "Disgust": ("disgusted", "digust"),
    "Anger": ("angry", "mad", "rage"),
    "Contempt": ("contemptuous", "contemptous", "scorn"),
}
_INDEX = {
    alias: index
    for index, expression in enumerate(EXPRESSIONS)
    for alias in (expression.name.lower(), *_SYNONYMS[expression.name])
}


def match_class(name: str) -> int | None:
    """The index (0…7) of the expression that `name` means, or None. Case does not matter, and synonyms are known.

    >>> match_class("Happiness"), match_class("ANGRY"), match_class("talking")
    (1, 6, None)
    """
    return _INDEX.get(name.strip().lower())
