"""Annotation schemes: our own, and how our classes and values are converted to a scheme that somebody else made."""

import math
import warnings

import numpy as np
import numpy.typing as npt

from rbdm.errors import SchemeError
from rbdm.expressions import EXPRESSIONS, match_class
from rbdm.ssi import ContinuousScheme, DiscreteScheme, SchemeClass
from rbdm.types import Notify


def expression_scheme(num_expressions: int = 8) -> DiscreteScheme:
    """The scheme `expression`: the first 8 or 5 expressions; the id of each is its index."""
    classes = enumerate(EXPRESSIONS[:num_expressions])
    return DiscreteScheme("expression", tuple(SchemeClass(id, name, color) for id, (name, color) in classes))


def value_scheme(name: str, sample_rate: float) -> ContinuousScheme:
    """The scheme `valence` or `arousal` (`name`): -1…1 at a sample rate in Hz."""
    return ContinuousScheme(name, sample_rate, -1.0, 1.0, "#FF3B6FB6", "#FFF28322")


def match_classes(scheme: DiscreteScheme, num_expressions: int = 8, warn: Notify | None = None) -> dict[int, int]:
    """Find the id that each of our expressions has in a scheme, by the names of the scheme's classes.

    Args:
        scheme: any scheme. Classes that are not expressions (GARBAGE, talking, …) are not used.
        num_expressions: 8, or 5 for the first five only.
        warn: called with one line of text for two classes that mean the same expression (only the first is used), and
            for expressions that the scheme does not have; default: Python's `warnings`.

    Returns:
        Index of the expression → id in the scheme, in the order of the indices.

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
        scheme_names = ", ".join(item.name for item in scheme.classes) or "none"
        wanted = ", ".join(expression.name for expression in ours)
        raise SchemeError(f"scheme {scheme.name!r}: none of its classes ({scheme_names}) is an expression ({wanted})")
    missing = [expression.name for index, expression in enumerate(ours) if index not in chosen]
    if missing:
        names = ", ".join(missing)
        tell(warn, f"scheme {scheme.name!r} does not have {names}: their probability goes to the other classes")
    return {index: chosen[index].id for index in sorted(chosen)}


def check_range(scheme: ContinuousScheme, warn: Notify | None = None) -> None:
    """Check the sample rate and the range of a scheme; warn if the range is not our -1…1.

    Raises:
        SchemeError: the sample rate or the range is impossible.
    """
    low, high, rate = scheme.minimum, scheme.maximum, scheme.sample_rate
    if not 0 < rate < math.inf:
        raise SchemeError(f"scheme {scheme.name!r}: its sample rate is {rate:g} Hz: it must be greater than 0")
    if not -math.inf < low < high < math.inf:
        raise SchemeError(f"scheme {scheme.name!r}: its range is {low:g} to {high:g}: it must have a lower minimum")
    if (low, high) != (-1.0, 1.0):
        tell(warn, f"scheme {scheme.name!r} has the range {low:g} to {high:g}: values from -1 to 1 are scaled to it")


def to_range(values: npt.NDArray[np.float64], scheme: ContinuousScheme) -> npt.NDArray[np.float64]:
    """Convert values in [-1, 1] linearly to the scheme's range: -1 → minimum, 1 → maximum."""
    if (scheme.minimum, scheme.maximum) == (-1.0, 1.0):
        return values
    centre, half = (scheme.minimum + scheme.maximum) / 2, (scheme.maximum - scheme.minimum) / 2
    return np.clip(centre + half * values, scheme.minimum, scheme.maximum)


def from_range(values: npt.NDArray[np.float64], scheme: ContinuousScheme) -> npt.NDArray[np.float64]:
    """Convert values in the scheme's range linearly to [-1, 1]: minimum → -1, maximum → 1. Undoes `to_range`."""
    if (scheme.minimum, scheme.maximum) == (-1.0, 1.0):
        return values
    centre, half = (scheme.minimum + scheme.maximum) / 2, (scheme.maximum - scheme.minimum) / 2
    return np.asarray((values - centre) / half)


def tell(warn: Notify | None, text: str) -> None:
    """Call `warn` with a warning, or use Python's `warnings` if `warn` is None."""
    if warn is None:
        warnings.warn(text, stacklevel=2)
    else:
        warn(text)
