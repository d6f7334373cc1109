"""Annotation schemes: our own, and how our classes and values go into one that somebody else made."""

import math
import warnings

import numpy as np
import numpy.typing as npt

from rbdm.errors import SchemeError
from rbdm.expressions import EXPRESSIONS, match_class
from rbdm.ssi import ContinuousScheme, DiscreteScheme, SchemeClass
from rbdm.types import Notify


def expression_scheme(num_expressions: int = 8) -> DiscreteScheme:
    """The scheme `expression`: the first 8 or 5 expressions, each with its index as id."""
    classes = enumerate(EXPRESSIONS[:num_expressions])
    return DiscreteScheme("expression", tuple(SchemeClass(id, name, color) for id, (name, color) in classes))


def value_scheme(name: str, sample_rate: float) -> ContinuousScheme:
    """The scheme `valence` or `arousal`: -1…1 at a rate in Hz."""
    return ContinuousScheme(name, sample_rate, -1.0, 1.0, "#FF3B6FB6", "#FFF28322")


def match_classes(scheme: DiscreteScheme, num_expressions: int = 8, warn: Notify | None = None) -> dict[int, int]:
    """Which id each of our expressions has in a scheme, found by the names of its classes.

    Args:
        scheme: any scheme; its classes that are no expressions (GARBAGE, talking, …) stay unused.
        num_expressions: 8, or 5 for the first five only.
        warn: told of expressions that the scheme lacks, and of classes that mean the same one.

    Returns:
        Class index → id in the scheme, in the order of the indices.

    Raises:
        SchemeError: the scheme has none of our expressions.
    """
    chosen: dict[int, SchemeClass] = {}
    for item in scheme.classes:
        index = match_class(item.name)
        if index is None or index >= num_expressions or item.id < 0:
            continue
        first = chosen.setdefault(index, item)
        if first is not item:
            both = f"{first.name!r} and {item.name!r} both mean {EXPRESSIONS[index].name}"
            tell(warn, f"scheme {scheme.name!r}: {both}; only {first.name!r} is used")
    ours = EXPRESSIONS[:num_expressions]
    if not chosen:
        theirs = ", ".join(item.name for item in scheme.classes) or "none"
        wanted = ", ".join(expression.name for expression in ours)
        raise SchemeError(f"scheme {scheme.name!r}: none of its classes ({theirs}) is one of ours ({wanted})")
    lacking = [expression.name for index, expression in enumerate(ours) if index not in chosen]
    if lacking:
        names = ", ".join(lacking)
        tell(warn, f"scheme {scheme.name!r} has no {names}: their probability goes to the classes it has")
    return {index: chosen[index].id for index in sorted(chosen)}


def check_range(scheme: ContinuousScheme, warn: Notify | None = None) -> None:
    """Refuse a scheme that can hold no values; tell of one whose range is not our -1…1.

    Raises:
        SchemeError: its sample rate or its range is impossible.
    """
    low, high, rate = scheme.minimum, scheme.maximum, scheme.sample_rate
    if not 0 < rate < math.inf:
        raise SchemeError(f"scheme {scheme.name!r}: its sample rate is {rate:g} Hz: it must be greater than 0")
    if not -math.inf < low < high < math.inf:
        raise SchemeError(f"scheme {scheme.name!r}: its range is {low:g} to {high:g}: it must go upwards")
    if (low, high) != (-1.0, 1.0):
        tell(warn, f"scheme {scheme.name!r} is from {low:g} to {high:g}: our -1 to 1 is stretched to it")


def to_range(values: npt.NDArray[np.float64], scheme: ContinuousScheme) -> npt.NDArray[np.float64]:
    """Values in [-1, 1] on the scheme's own range, linearly: -1 → minimum, 1 → maximum."""
    if (scheme.minimum, scheme.maximum) == (-1.0, 1.0):
        return values
    centre, half = (scheme.minimum + scheme.maximum) / 2, (scheme.maximum - scheme.minimum) / 2
    return np.clip(centre + half * values, scheme.minimum, scheme.maximum)


def tell(warn: Notify | None, text: str) -> None:
    """Give a warning to whoever asked for them, else to Python's own `warnings`."""
    if warn is None:
        warnings.warn(text, stacklevel=2)
    else:
        warn(text)
