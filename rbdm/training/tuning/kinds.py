"""The kinds of tuning, by their names."""

from collections.abc import Mapping
from typing import Any

from rbdm.errors import OptionError
from rbdm.training.tuning.base import Base
from rbdm.training.tuning.recipe import LEARNING_RATES, LayersRecipe
from rbdm.training.tuning.tuner import HeadsTuner, Tuner

KINDS = ("heads", *LEARNING_RATES)


def check_kind(kind: str, recipe: Mapping[str, Any]) -> None:
    """Check the name of a kind, and that the settings of the recipe can be used for it.

    Args:
        kind: `heads`, `last-block` or `all`.
        recipe: settings of `LayersRecipe`, as far as they are given.

    Raises:
        OptionError: there is no such kind, or it has no such settings, or one is out of its range.
    """
    if kind not in KINDS:
        raise OptionError(f"--tune is {kind!r}: it must be one of {', '.join(KINDS)}")
    if kind == "heads" and recipe:
        raise OptionError(f"--{next(iter(recipe)).replace('_', '-')} has no effect on --tune heads: leave it out")
    if kind != "heads":
        recipe_of(kind, recipe)


def tuner_of(kind: str, base: Base, recipe: Mapping[str, Any]) -> Tuner:
    """The tuner of a kind; arguments as in `check_kind`.

    Raises:
        RbdmError: it needs Keras, which is not installed.
    """
    if kind == "heads":
        return HeadsTuner(base)
    from rbdm.training.tuning.layers import LayersTuner

    return LayersTuner(base, kind == "all", recipe_of(kind, recipe))


def recipe_of(kind: str, recipe: Mapping[str, Any]) -> LayersRecipe:
    """The recipe of `last-block` or `all`, with some settings."""
    return LayersRecipe(**{"learning_rate": LEARNING_RATES[kind], **recipe})
