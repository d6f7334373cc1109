"""The names that a user gives to the people of a video; they become a part of file names."""

import re
from collections.abc import Mapping

from rbdm.errors import OptionError
from rbdm.files.naming import folded

TOGETHER = "people"
"""Stands in place of a person's name in the files that are about everybody."""
_TAKEN = {TOGETHER, "expression", "valence", "arousal", "left", "right", "all"}
_LONGEST = 50


def check_names(names: Mapping[str, str]) -> dict[str, str]:
    """Check the names of people, and return them.

    Args:
        names: by the person that each name is for: `left`, `right`, or a number from 1, counted from the left.

    Raises:
        OptionError: a person does not exist, gets two names, or a name cannot be used. A name has at most 50 letters,
            digits, spaces, `_` and `-`, and is neither a number nor a word that file names already use.
    """
    seen: dict[str, str] = {}
    for target, name in names.items():
        if target not in ("left", "right") and not (target.isdecimal() and int(target) >= 1):
            raise OptionError(f"name {target}={name}: the part before = must be left, right or a number from 1")
        _check_name(name)
        if folded(name) in seen:
            raise OptionError(f"name {name!r} is given to two people, {seen[folded(name)]} and {target}")
        seen[folded(name)] = target
    if "left" in names and "1" in names:
        raise OptionError(f"left and 1 are the same person: {names['left']!r} and {names['1']!r} cannot both be used")
    return {target if target in ("left", "right") else str(int(target)): name for target, name in names.items()}


def parse_names(given: list[str]) -> dict[str, str]:
    """The names from texts such as `left=guest`, checked by `check_names`.

    Raises:
        OptionError: a text has another form, names a person twice, or `check_names` refuses it.
    """
    names: dict[str, str] = {}
    for text in given:
        target, equals, name = (part.strip() for part in text.partition("="))
        if not equals:
            raise OptionError(f"name {text!r}: write it as left=NAME, right=NAME or 2=NAME")
        if target in names:
            raise OptionError(f"name {target} is given twice: {names[target]!r} and {name!r}")
        names[target] = name
    return check_names(names)


def _check_name(name: str) -> None:
    if not re.fullmatch(r"[\w-]+( [\w-]+)*", name) or len(name) > _LONGEST:
        raise OptionError(
            f"name {name!r} cannot be a part of a file name: use up to {_LONGEST} letters, digits, spaces, _ and -"
        )
    if name.isdecimal() or folded(name) in _TAKEN:
        raise OptionError(f"name {name!r} would be confused with other parts of file names: choose another name")
